package journal

import (
	"database/sql"
	"testing"

	"github.com/google/go-cmp/cmp"

	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
)

var testContexts = db.Q("journal.test-contexts", `SELECT person, role, desk, channel, level, for_whom FROM act ORDER BY id`)

type stamped struct {
	Person, Role, Desk, Channel string
	Level                       int
	For                         string
}

// Every act says who did it in which context: also one that names nobody, or
// whom they act for. One that names another person keeps that.
func TestActsRecordWhoActs(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		by := By{Person: "operator", Role: "counter", Desk: "desk-3", Channel: "counter", Level: 2, For: "citizen"}
		ctx := WithBy(t.Context(), by)
		if err := d.Write(ctx, func(tx *db.Tx) error {
			for i, person := range []string{"operator", "citizen", "", "another"} {
				a := actAt(past, i, "a")
				a.Person = person
				if err := Append(ctx, tx, a); err != nil {
					return err
				}
			}
			return Append(t.Context(), tx, actAt(past, 9, "a"))
		}); err != nil {
			t.Fatal(err)
		}
		got, err := db.All(t.Context(), d, testContexts, func(rows *sql.Rows) (s stamped, err error) {
			return s, rows.Scan(&s.Person, &s.Role, &s.Desk, &s.Channel, &s.Level, &s.For)
		})
		if err != nil {
			t.Fatal(err)
		}
		theirs := stamped{"operator", "counter", "desk-3", "counter", 2, "citizen"}
		want := []stamped{theirs, theirs, theirs, {Person: "another", Desk: "desk-3", Channel: "counter"}, {Person: "p"}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}
