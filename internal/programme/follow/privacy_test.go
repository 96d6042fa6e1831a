package follow_test

import (
	"bytes"
	"database/sql"
	"testing"

	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/programme/follow"
)

var sealed = db.Q("follow.test-sealed", `SELECT address, contact FROM programme_follower`)

// Whoever has proved an address takes what it follows with them, and when they are
// forgotten it goes too; who only says that it is theirs does neither.
func TestForgettingTakesTheFollows(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		w.follows("maria@example.org", measure, follow.Weekly, "it") // without signing in
		w.follows("other@example.org", measure, follow.Weekly, "it")
		w.must(w.Ask(ctx, follow.Asking{Address: "maria@example.org", Topic: measure, Rhythm: follow.Weekly, Language: "it"}))
		part := follow.Holder().Parts[0]
		held := func(person string) (n int) {
			w.must(db.Each(ctx, d, part.Rows, func(*sql.Rows) error { n++; return nil }, person))
			return n
		}
		forget := func(person string) {
			w.must(d.Write(ctx, func(tx *db.Tx) error {
				if _, err := tx.Exec(ctx, part.Forget, person); err != nil {
					return err
				}
				return follow.Holder().Forget(ctx, tx, person)
			}))
		}
		says, err := w.people.Create(ctx, identity.Person{Email: "maria@example.org"})
		w.must(err)
		forget(says.ID)
		if held(says.ID) != 0 || held(w.maria.Person) != 1 || w.count(measure) != 2 {
			t.Fatalf("%d and %d held, %d follow", held(says.ID), held(w.maria.Person), w.count(measure))
		}
		forget(w.maria.Person)
		if held(w.maria.Person) != 0 || w.count(measure) != 1 || rows(t, d) != 2 {
			t.Errorf("forgotten: %d follow, %d rows", w.count(measure), rows(t, d))
		}
		w.must(db.Each(ctx, d, sealed, func(rows *sql.Rows) error {
			var address, contact []byte
			err := rows.Scan(&address, &contact)
			if bytes.Contains(append(address, contact...), []byte("example")) {
				t.Error("an address lies open")
			}
			return err
		}))
	})
}
