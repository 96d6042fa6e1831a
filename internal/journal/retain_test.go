package journal

import (
	"context"
	"slices"
	"testing"
	"time"

	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
)

// Of acts that are old enough nothing is left but that there was one of a kind,
// and all that was sealed, proved and given out before goes on holding.
func TestRetain(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ids := manyActs(t, d, 700)
		old, err := Find(t.Context(), d, ids[5])
		if err != nil {
			t.Fatal(err)
		}
		receipt, err := ReceiptOf(t.Context(), d, old)
		if err != nil {
			t.Fatal(err)
		}
		checkpoint := latest(t, d)
		forget(t, d, "p3")
		sealAll(t, d)
		retain := func(want ...int) {
			t.Helper()
			for _, want := range want {
				if n, err := Retain(t.Context(), d, past.Add(400*time.Second), 300); err != nil || n != want {
					t.Errorf("%d acts, %v", n, err)
				}
			}
			sealAll(t, d)
			v := verify(t, d, Check{Old: []OldCheckpoint{{Text: checkpoint.Note}}})
			if len(v.Faults) > 0 || len(v.Extended) != 1 || v.Waiting > 0 {
				t.Error(v.Faults, v.Extended, v.Waiting)
			}
		}
		retain(300, 100, 0)
		for i, id := range []string{ids[0], ids[399], ids[400]} {
			e, err := Find(t.Context(), d, id)
			if err != nil {
				t.Fatal(err)
			}
			empty := e.Act.Person == "" && e.Act.Subject == "" && e.Act.Data == "{}" && e.Act.Role == "" && e.Act.Desk == "" && e.Act.For == "" && e.Act.Level == 0
			if empty != (i < 2) || e.Act.Kind != "a" || e.Act.At == 0 {
				t.Errorf("act %d: %+v", i, e.Act)
			}
			if _, err := Prove(t.Context(), d, e, 0); err != nil {
				t.Error(err)
			}
			if _, err := ReceiptOf(t.Context(), d, e); errs.Is(err, errs.NotFound) != empty {
				t.Errorf("receipt of act %d: %v", i, err)
			}
		}
		if _, err := receipt.Verify(checkpoint.Key); err != nil {
			t.Errorf("a receipt of before: %v", err)
		}
		// It says itself how much it emptied, and never empties that.
		if n, err := Retain(t.Context(), d, time.Now().Add(time.Hour), 1000); err != nil || n != 300 {
			t.Errorf("%d acts, %v", n, err)
		}
		retain(0)
		got := 0
		c := Consumer{Name: "test", Kinds: []string{"a"}, All: true, Do: func(_ context.Context, _ *db.Tx, acts []Act) error {
			got += len(acts)
			return nil
		}}
		if err := allOf(t, d, c); err != nil || got != 700 {
			t.Errorf("a consumer gets %d acts, %v", got, err)
		}
		x := &Archiver{DB: d, Dir: t.TempDir(), Before: past.Add(time.Hour), Told: func(string, uint64, int64) {}, level: 5}
		if _, err := x.Write(t.Context()); err != nil {
			t.Error(err)
		}
		if acts, err := readAll(x.Dir, checkpoint.Key); err != nil || !slices.Equal(acts, ids[:672]) {
			t.Errorf("%d archived, %v", len(acts), err)
		}
	})
}
