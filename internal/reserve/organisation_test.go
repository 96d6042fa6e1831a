package reserve

import (
	"database/sql"
	"testing"

	"github.com/google/go-cmp/cmp"

	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/schema"
)

var (
	oldBooking = db.Q("reserve.test-old-booking", `
		INSERT INTO booking (id, person, status, starts, ends, parts, uses, created, changed, rev) VALUES ($1, 'p', 'confirmed', 1, 2, '[]', '[]', 1, 1, 1)`)
	oldAct = db.Q("reserve.test-old-act", `
		INSERT INTO act (id, at, kind, subject, person, data, for_whom) VALUES ($1, 1, $2, $3, 'p', $4, $5)`)
	oldParty = db.Q("reserve.test-old-party", `
		INSERT INTO organisation (id, kind, name, folded, code, data, state, asked_by, created, changed, rev) VALUES ('o', 'company', 'x', 'x', '', $1, 'active', '', 1, 1, 1)`)
	organisationsNow = db.Q("reserve.test-organisations", `SELECT id, organisation FROM booking ORDER BY id`)
)

// Of the bookings of an older version the acts say for whom they were made: for an
// organisation, and not for a person, and not what was only done with them later.
func TestOldBookingsKnowTheirOrganisation(t *testing.T) {
	dbtest.RunAt(t, 23, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		if err := d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, oldParty, []byte{})
			for _, x := range []struct{ id, kind, data, whom string }{
				{"a", "booking.confirmed", newFacts, "o"},
				{"b", "booking.held", newFacts, "o"},
				{"c", "booking.confirmed", newFacts, ""},
				{"d", "booking.held", newFacts, "child"},
				{"e", "booking.confirmed", `{"rev":2,"from":"confirmed"}`, "o"},
			} {
				if err == nil {
					_, err = tx.Exec(ctx, oldBooking, x.id)
				}
				if err == nil {
					_, err = tx.Exec(ctx, oldAct, "act-"+x.id, x.kind, x.id, x.data, x.whom)
				}
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Migrate(ctx, schema.Files); err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		if err := db.Each(ctx, d, organisationsNow, func(rows *sql.Rows) error {
			var id, organisation string
			err := rows.Scan(&id, &organisation)
			got[id] = organisation
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]string{"a": "o", "b": "o", "c": "", "d": "", "e": ""}, got); diff != "" {
			t.Error(diff)
		}
	})
}
