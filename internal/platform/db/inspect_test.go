package db_test

import (
	"errors"
	"os"
	"testing"

	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
)

// A database that takes no changes says so: PostgreSQL that was set so, an SQLite
// file that cannot be written.
func TestTakesChanges(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		if err := d.TakesChanges(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d.Engine == db.SQLite {
			if err := os.Rename(d.URL, d.URL+".gone"); err != nil {
				t.Fatal(err)
			}
		} else {
			if err := d.Write(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(t.Context(), readOnly); return err }); err != nil {
				t.Fatal(err)
			}
			again, err := db.Open(t.Context(), d.URL)
			if err != nil {
				t.Fatal(err)
			}
			defer again.Close()
			d = again
		}
		if err := d.TakesChanges(t.Context()); !errors.Is(err, db.ErrReadOnly) {
			t.Errorf("%v", err)
		}
		if d.Engine == db.SQLite { // to look further would make a new file
			return
		}
		if f, err := d.Inspect(t.Context()); err != nil || !f.ReadOnly {
			t.Errorf("%+v, %v", f, err)
		}
	})
}

var readOnly = db.Q("db-test.read-only", `
	DO $do$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $do$`)
