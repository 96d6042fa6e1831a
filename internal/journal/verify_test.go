package journal

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"polis/internal/journal/sealed"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
)

// manyActs appends acts of a second each and seals them in batches, so that
// there are several checkpoints and kept subtrees.
func manyActs(t testing.TB, d *db.DB, n int) (ids []string) {
	t.Helper()
	for from := 0; from < n; from += 300 {
		var acts []Act
		for i := from; i < min(n, from+300); i++ {
			a := actAt(past.Add(time.Duration(i)*time.Second), i, "a")
			a.Role, a.Desk, a.Channel, a.Level, a.For = "counter", "desk", "web", 2, "other"
			a.Person = fmt.Sprint("p", i%5)
			acts = append(acts, a)
			ids = append(ids, a.ID)
		}
		write(t, d, acts...)
		s := newSealer(t, d)
		s.Clock = at(past.Add(time.Duration(from) * 24 * time.Hour)) // each keeps its checkpoint
		for m := 1; m > 0; {
			var err error
			if m, err = s.Turn(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		s.release(t.Context())
	}
	return ids
}

type fixed struct{ now time.Time }

func at(now time.Time) fixed   { return fixed{now} }
func (f fixed) Now() time.Time { return f.now }
func verify(t testing.TB, d *db.DB, by Check) Verified {
	t.Helper()
	v, err := Verify(t.Context(), d, by)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func latest(t testing.TB, d *db.DB) Published {
	t.Helper()
	p, err := Latest(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// exec runs statements that no part of the program would.
func exec(t testing.TB, d *db.DB, statements ...string) {
	t.Helper()
	driver := map[db.Engine]string{db.SQLite: "sqlite", db.Postgres: "pgx"}[d.Engine]
	h, err := sql.Open(driver, d.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	for _, text := range statements {
		if _, err := h.ExecContext(t.Context(), text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
}

// Whatever somebody with the database in their hands changes is named, by the
// act and its place.
func TestVerifyNamesWhatWasChanged(t *testing.T) {
	const n = 700
	for _, c := range []struct {
		name string
		do   func(ids []string) []string
		want []string // in the faults
	}{
		{"a kind", set("act", "kind", "'b'"), []string{"position 350: act {350} was changed"}},
		{"a time", set("act", "at", "at + 1"), []string{"position 350: act {350} was changed"}},
		{"a subject", set("act", "subject", "'x'"), []string{"position 350: act {350} was changed"}},
		{"a person", set("act", "person", "'x'"), []string{"position 350: act {350} was changed"}},
		{"data", set("act", "data", "'{\"n\":2}'"), []string{"position 350: act {350} was changed"}},
		{"a role", set("act", "role", "'x'"), []string{"position 350: act {350} was changed"}},
		{"a desk", set("act", "desk", "'x'"), []string{"position 350: act {350} was changed"}},
		{"a channel", set("act", "channel", "'x'"), []string{"position 350: act {350} was changed"}},
		{"a field into the next", set("act", "role", "role || char(31) || desk"), []string{"position 350: act {350} was changed"}},
		{"a level", set("act", "level", "3"), []string{"position 350: act {350} was changed"}},
		{"for whom", set("act", "for_whom", "''"), []string{"position 350: act {350} was changed"}},
		{"an id", set("act", "id", "id || 'x'"), []string{"position 350: act {350} was removed", "act {350}x has no place"}},
		{"a leaf's hash", leaf("hash", "(SELECT hash FROM leaf WHERE seq = 5)"), []string{"position 350: act {350} was changed", "positions 256 to 511"}},
		{"a salt", leaf("who_salt", "(SELECT who_salt FROM leaf WHERE seq = 5)"), []string{"position 350: act {350} was changed"}},
		{"another salt", leaf("subject_salt", "(SELECT who_salt FROM leaf WHERE seq = 5)"), []string{"position 350: act {350} was changed"}},
		{"an entry", leaf("entry", "'zz'"), []string{"position 350: act zz was removed", "act {350} has no place"}},
		{"a place", leaf("seq", "9000"), []string{"position 350: was removed: there is no leaf", "positions 700 to 8999: was removed"}},
		{"a place far away", leaf("seq", "1000000000000000"), []string{"a leaf has place 1000000000000000 of 700"}},
		{"two swapped", func([]string) []string {
			return []string{
				"UPDATE leaf SET seq = 100000 WHERE seq = 350", "UPDATE leaf SET seq = 350 WHERE seq = 351", "UPDATE leaf SET seq = 351 WHERE seq = 100000",
			}
		}, []string{"positions 256 to 511: a leaf here is not the one that was sealed"}},
		{"acts swapped", func(ids []string) []string {
			return []string{
				"UPDATE leaf SET entry = '-' WHERE seq = 350", "UPDATE leaf SET entry = '" + ids[350] + "' WHERE seq = 351", "UPDATE leaf SET entry = '" + ids[351] + "' WHERE seq = 350",
			}
		}, []string{"position 350: act {351} was changed", "position 351: act {350} was changed"}},
		{"an act removed", func(ids []string) []string { return []string{"DELETE FROM act WHERE id = '" + ids[350] + "'"} }, []string{"position 350: act {350} was removed"}},
		{"act and leaf removed", func(ids []string) []string {
			return []string{"DELETE FROM act WHERE id = '" + ids[350] + "'", "DELETE FROM leaf WHERE seq = 350"}
		}, []string{"position 350: was removed"}},
		{"all closed up behind a removed one", func(ids []string) []string {
			return []string{
				"DELETE FROM act WHERE id = '" + ids[350] + "'", "DELETE FROM leaf WHERE seq = 350",
				"UPDATE leaf SET seq = -seq WHERE seq > 350", "UPDATE leaf SET seq = -seq - 1 WHERE seq < 0",
			}
		}, []string{"positions 256 to 511", "the log ends before"}},
		{"the last removed", func(ids []string) []string {
			return []string{"DELETE FROM act WHERE id = '" + ids[n-1] + "'", "DELETE FROM leaf WHERE seq = 699"}
		}, []string{"removed: a checkpoint of 700 entries was signed"}},
		{"the last removed, its place left", func(ids []string) []string {
			return []string{"DELETE FROM act WHERE id = '" + ids[n-1] + "'"}
		}, []string{"position 699: act {699} was removed"}},
		{"an act slipped in", func(ids []string) []string {
			return []string{"INSERT INTO act (id, at, kind, subject, person, data) VALUES ('" + ids[350] + "+', 1, 'a', '', '', '{}')"}
		}, []string{"act {350}+ has no place in the log"}},
		{"act and leaf slipped in behind", func([]string) []string {
			return []string{
				"INSERT INTO act (id, at, kind, subject, person, data) VALUES ('zz', 1, 'a', '', '', '{}')",
				"INSERT INTO leaf (seq, entry, hash, subject_salt, who_salt) SELECT 700, 'zz', hash, subject_salt, who_salt FROM leaf WHERE seq = 1",
			}
		}, []string{"position 700: act zz was changed", "no checkpoint"}},
		{"a checkpoint's root", func([]string) []string {
			return []string{"UPDATE checkpoint SET root = (SELECT hash FROM leaf WHERE seq = 1) WHERE size = 600"}
		}, []string{"the checkpoint of this size was changed", "positions 300 to 599"}},
		{"a checkpoint's note", func([]string) []string {
			return []string{"UPDATE checkpoint SET note = REPLACE(note, '600', '601') WHERE size = 600"}
		}, []string{"position 600: the checkpoint of this size is not signed"}},
		{"the newest checkpoint removed", func([]string) []string { return []string{"DELETE FROM checkpoint WHERE size = 700"} }, []string{"no checkpoint covers the last leaves"}},
		{"where a log begins", func([]string) []string { return []string{"UPDATE journal_log SET first = -9000000000000000000"} }, []string{"a log is said to begin at place -9000000000000000000 of 700"}},
		{"a kept subtree", func([]string) []string { return []string{"DELETE FROM leaf_tree WHERE n = 1"} }, []string{"positions 256 to 511"}},
		{"emptied as if forgotten", func(ids []string) []string {
			return []string{
				"UPDATE act SET person = '', role = '', desk = '', channel = '', level = 0, for_whom = '', data = '{}' WHERE id = '" + ids[350] + "'",
				"UPDATE leaf SET who_salt = hash WHERE seq = 350",
			}
		}, []string{"position 350: act {350} was changed", "1 parts of acts are empty as if forgotten, 0 were forgotten"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := dbtest.SQLite(t)
			ids := manyActs(t, d, n)
			if v := verify(t, d, Check{}); len(v.Faults) > 0 || v.Acts != n || v.Checkpoints != 3 || v.Waiting != 0 {
				t.Fatalf("untouched: %+v", v)
			}
			exec(t, d, c.do(ids)...)
			v := verify(t, d, Check{})
			for _, want := range c.want {
				for i, id := range ids {
					want = strings.ReplaceAll(want, fmt.Sprintf("{%d}", i), id)
				}
				if !slices.ContainsFunc(v.Faults, func(f Fault) bool { return strings.HasPrefix(f.String(), want) || strings.Contains(f.String(), want) }) {
					t.Errorf("no fault %q in %v", want, v.Faults)
				}
			}
			if len(v.Faults) > 5 {
				t.Errorf("%d faults: %v …", len(v.Faults), v.Faults[:5])
			}
		})
	}
}

func set(table, column, to string) func([]string) []string {
	return func(ids []string) []string {
		return []string{fmt.Sprintf("UPDATE %s SET %s = %s WHERE id = '%s'", table, column, to, ids[350])}
	}
}

func leaf(column, to string) func([]string) []string {
	return func([]string) []string {
		return []string{fmt.Sprintf("UPDATE leaf SET %s = %s WHERE seq = 350", column, to)}
	}
}

// Who has the key of another installation, or none, cannot make a log that holds
// against a checkpoint that somebody kept.
func TestVerifyAgainstOldCheckpoints(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		manyActs(t, d, 300)
		old := latest(t, d)
		ids := manyActs(t, d, 0)
		write(t, d, actAt(past.Add(time.Hour*24), 0, "b"))
		sealAll(t, d)
		own := func(origin string) (string, error) {
			return sealed.PublicKey(origin, testKey.Public().(ed25519.PublicKey))
		}
		v := verify(t, d, Check{Old: []OldCheckpoint{{Text: old.Note}}, Own: own})
		if len(v.Faults) > 0 || len(v.Extended) != 1 || v.Extended[0].Size != 300 || len(ids) != 0 {
			t.Errorf("%+v", v)
		}
		// All is made anew with another key, behind a cut.
		other := ed25519.NewKeyFromSeed(slices.Repeat([]byte{7}, 32))
		public, err := sealed.PublicKey(old.Origin, other.Public().(ed25519.PublicKey))
		if err != nil {
			t.Fatal(err)
		}
		exec(t, d, "DELETE FROM checkpoint", "DELETE FROM leaf", "DELETE FROM leaf_tree", "DELETE FROM act WHERE subject = 's7'", "UPDATE journal_log SET public = '"+public+"'")
		s := newSealer(t, d)
		s.Key = other
		for n := 1; n > 0; {
			if n, err = s.Turn(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if v := verify(t, d, Check{}); len(v.Faults) != 0 {
			t.Errorf("by itself it holds: %v", v.Faults)
		}
		for what, by := range map[string]Check{
			"is not signed by the key":   {Old: []OldCheckpoint{{Text: old.Note}}},
			"names another public key":   {Own: own},
			"of this size is not signed": {Keys: []string{old.Key}},
			"does not extend the given":  {Keys: []string{old.Key, public}, Old: []OldCheckpoint{{Text: old.Note}}},
		} {
			v := verify(t, d, by)
			if !slices.ContainsFunc(v.Faults, func(f Fault) bool { return strings.Contains(f.String(), what) }) {
				t.Errorf("no fault %q in %v", what, v.Faults)
			}
		}
		// A sealer never goes on on top of what is not its own.
		if _, _, _, err := newSealer(t, d).seal(context.Background(), "", ""); err == nil {
			t.Error("sealed without the lease")
		}
	})
}

// What an act says may be any text, also the mark by which fields are told apart
// while they are read.
func TestVerifyActsOfAnyText(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		for i, text := range []string{mark, mark + mark, "a" + mark, "\u00e8\u2028\n\t'\"", strings.Repeat("long", 50_000)} {
			a := actAt(past, i, "a")
			a.Subject, a.Data = text, text
			write(t, d, a)
		}
		sealAll(t, d)
		if v := verify(t, d, Check{}); len(v.Faults) > 0 || v.Acts != 5 {
			t.Error(v.Acts, v.Faults)
		}
	})
}
