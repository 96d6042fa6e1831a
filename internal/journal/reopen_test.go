package journal

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
)

func reopen(t testing.TB, d *db.DB) {
	t.Helper()
	if err := d.Write(t.Context(), func(tx *db.Tx) error { return Reopen(t.Context(), tx, time.Now().Add(-time.Minute)) }); err != nil {
		t.Fatal(err)
	}
}

// A restored copy goes on in a log of its own, whose first entry is the newest
// checkpoint that it has. What its origin does meanwhile is no part of it, and
// every receipt holds by the key of its log.
func TestRestoredCopyOpensALog(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ids := manyActs(t, d, 20)
		old := latest(t, d)
		e, err := Find(t.Context(), d, ids[3])
		if err != nil {
			t.Fatal(err)
		}
		receipt, err := ReceiptOf(t.Context(), d, e)
		if err != nil {
			t.Fatal(err)
		}
		write(t, d, actAt(past.Add(24*time.Hour), 0, "waiting")) // in the backup, not sealed
		reopen(t, d)
		reopen(t, d) // a copy of the copy, before it sealed anything
		exec(t, d, "UPDATE act SET id = '"+actAt(past.Add(30*time.Hour), 0, "").ID+"' WHERE kind = '"+KindContinued+"' AND id NOT IN (SELECT opening FROM journal_log)")
		age(t, d)
		sealAll(t, d)
		now := latest(t, d)
		if now.Origin == old.Origin || now.Size < 3 {
			t.Fatalf("%+v after %+v", now, old)
		}
		logs, err := readLogs(t.Context(), d)
		if err != nil || len(logs) != 2 || logs[1].First != 20 {
			t.Fatalf("%+v, %v", logs, err)
		}
		first, err := Find(t.Context(), d, texts(t, d, testEntries)[20])
		if err != nil {
			t.Fatal(err)
		}
		var c Continued
		if err := json.Unmarshal([]byte(first.Act.Data), &c); err != nil || first.Act.Kind != KindContinued || c.Origin != old.Origin || c.Size != 20 || string(c.Root) != string(old.Root) {
			t.Errorf("the first entry: %+v, %v", first.Act, err)
		}
		v := verify(t, d, Check{Old: []OldCheckpoint{{Text: old.Note}, {Text: now.Note}}})
		if len(v.Faults) > 0 || len(v.Logs) != 2 || len(v.Extended) != 2 {
			t.Errorf("%+v", v)
		}
		keys, err := PublicKeys(t.Context(), d)
		if err != nil || len(keys) != 2 {
			t.Fatal(keys, err)
		}
		if _, err := receipt.Verify(keys...); err != nil {
			t.Error(err)
		}
		in, err := receipt.Verify(old.Key)
		if err != nil {
			t.Error(err)
		}
		if here, err := Extends(t.Context(), d, in); err != nil || !here {
			t.Errorf("the old log is not here: %v", err)
		}
		p, err := Prove(t.Context(), d, e, 0)
		if err != nil || p.In.Origin != old.Origin || p.Size != 20 {
			t.Errorf("%+v, %v", p, err)
		}
	})
}

var opened = db.Q("journal.test-age", `UPDATE act SET id = $1 WHERE id IN (SELECT opening FROM journal_log)`)

var openedLog = db.Q("journal.test-age-log", `UPDATE journal_log SET opening = $1 WHERE opening <> ''`)

// age makes the opening act one of long ago, so that no horizon holds it back,
// and yet newer than all others.
func age(t testing.TB, d *db.DB) {
	t.Helper()
	if err := d.Write(t.Context(), func(tx *db.Tx) error {
		id := actAt(past.Add(48*time.Hour), 0, "").ID
		if _, err := tx.Exec(t.Context(), opened, id); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), openedLog, id)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

var oldMove = db.Q("journal.test-old-move", `UPDATE bookmark SET act = $2 WHERE consumer = $1`)

// While programs of before and of now take turns, which know nothing of places
// and of ids only, nothing is taken twice and nothing is left out.
func TestBookmarksOfTheProgramBefore(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		var got []string
		c := Consumer{Name: "test", Kinds: []string{"a"}, Do: func(_ context.Context, _ *db.Tx, acts []Act) error {
			for _, a := range acts {
				got = append(got, a.Subject)
			}
			return nil
		}}
		take := func(want string) {
			t.Helper()
			if err := allOf(t, d, c); err != nil {
				t.Fatal(err)
			}
			if text := strings.Join(got, " "); text != want {
				t.Errorf("took %q, want %q", text, want)
			}
			got = nil
		}
		act := func(n int) Act { return actAt(past.Add(time.Duration(n)*time.Second), n, "a") }
		oldTook := func(n int) {
			t.Helper()
			if err := d.Write(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(t.Context(), oldMove, c.Name, act(n).ID)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		// The store of before: acts and a bookmark, nothing sealed.
		for n := range 4 {
			write(t, d, act(n))
		}
		if err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), seen, c.Name)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		oldTook(1)
		take("s2 s3")
		write(t, d, act(4))
		take("s4")
		write(t, d, act(5), act(6))
		oldTook(5) // a replica of before is still there
		take("s6")
		take("")
		// It goes on from where we are.
		var at string
		if err := db.One(t.Context(), d, testBookmark, []any{c.Name}, &at); err != nil || at != act(6).ID {
			t.Errorf("the program before would go on behind %s, %v", at, err)
		}
		// One whose id is too old is taken when it is sealed.
		late := act(5)
		late.ID, late.Subject = strings.Replace(late.ID, "-8000-", "-9000-", 1), "late"
		write(t, d, late)
		if _, err := sealBehind(t, d); err != nil {
			t.Fatal(err)
		}
		take("late")
	})
}

var testBookmark = db.Q("journal.test-bookmark", `SELECT act FROM bookmark WHERE consumer = $1`)

// sealBehind seals as a sweep does.
func sealBehind(t testing.TB, d *db.DB) (int, error) {
	t.Helper()
	s := newSealer(t, d)
	defer s.release(t.Context())
	if ours, err := s.mine(t.Context()); err != nil || !ours {
		t.Fatal(ours, err)
	}
	n, _, _, err := s.seal(t.Context(), "", "")
	return n, err
}
