package journal

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
)

func forget(t testing.TB, d *db.DB, person string) (acts int64) {
	t.Helper()
	if err := d.Write(t.Context(), func(tx *db.Tx) (err error) {
		acts, err = Forget(t.Context(), tx, person)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return acts
}

// A person goes out of all acts by, for or about them; nothing that is left
// names them, and the log is still proved, with what was proved before.
func TestForget(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		const gone = "01a20367-0000-7000-8000-00000000dead"
		var acts []Act
		for i := range 12 {
			a := actAt(past.Add(time.Duration(i)*time.Second), i, "a")
			switch i {
			case 2:
				a.Person = gone
			case 3:
				a.Subject = gone
			case 4:
				a.For = gone
			case 5:
				a.Data = `{"person":"` + gone + `"}`
			case 6:
				a.Person, a.Subject, a.For, a.Role, a.Channel, a.Level = gone, gone, gone, "citizen", "web", 2
			}
			acts = append(acts, a)
		}
		write(t, d, acts[:10]...)
		sealAll(t, d)
		before := latest(t, d)
		acts[10].Person = gone
		write(t, d, acts[10:]...) // not sealed yet
		if n := forget(t, d, gone); n != 6 {
			t.Errorf("%d acts", n)
		}
		if n := forget(t, d, gone); n != 0 {
			t.Errorf("again: %d acts", n)
		}
		if n := forget(t, d, ""); n != 0 {
			t.Errorf("nobody: %d acts", n)
		}
		rows, err := db.All(t.Context(), d, allActs, scanSealed)
		if err != nil {
			t.Fatal(err)
		}
		if text := fmt.Sprint(rows); strings.Contains(text, gone) || !strings.Contains(text, "s2") {
			t.Errorf("left: %s", text)
		}
		sealAll(t, d)
		v := verify(t, d, Check{Old: []OldCheckpoint{{Text: before.Note}}})
		if len(v.Faults) > 0 || v.Forgotten != 5 || len(v.Extended) != 1 {
			t.Errorf("%+v", v)
		}
		e, err := Find(t.Context(), d, acts[2].ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ReceiptOf(t.Context(), d, e); !errs.Is(err, errs.NotFound) {
			t.Errorf("a receipt of what is forgotten: %v", err)
		}
		if _, err := Prove(t.Context(), d, e, 0); err != nil {
			t.Error(err)
		}
		// Somebody fills in what was forgotten, or empties one more.
		exec(t, d, "UPDATE act SET person = 'x' WHERE id = '"+acts[2].ID+"'")
		if v := verify(t, d, Check{}); len(v.Faults) != 1 || !strings.Contains(v.Faults[0].String(), "something is left") {
			t.Errorf("%v", v.Faults)
		}
	})
}

// While it is being sealed nobody is half forgotten.
func TestForgetWhileSealing(t *testing.T) {
	d := dbtest.Postgres(t)
	for i := range 30 {
		a := actAt(past, i, "a")
		a.Person = fmt.Sprint("gone", i)
		write(t, d, a)
	}
	sealed := make(chan int)
	go func() { sealed <- sealAll(t, d) }()
	for i := range 30 {
		forget(t, d, fmt.Sprint("gone", i))
	}
	<-sealed
	sealAll(t, d)
	if v := verify(t, d, Check{}); len(v.Faults) > 0 {
		t.Error(v.Faults)
	}
}
