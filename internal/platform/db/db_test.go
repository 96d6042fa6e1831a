package db_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/schema"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// The guard of the driver: another SQLite driver gives "a,b" here, silently.
var order = db.Q("test.order", "SELECT CAST($2 AS TEXT), CAST($1 AS TEXT)")

func TestParametersAreNumbered(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		var x, y string
		if err := db.One(t.Context(), d, order, []any{"a", "b"}, &x, &y); err != nil {
			t.Fatal(err)
		}
		if x != "b" || y != "a" {
			t.Errorf("got %s,%s, want b,a", x, y)
		}
	})
}

var (
	bump  = db.Rows("test.bump", `INSERT INTO counter (key, value) SELECT column1, column2 FROM {rows} WHERE column1 IS NOT NULL ORDER BY column1 ON CONFLICT (key) DO UPDATE SET value = counter.value + excluded.value RETURNING key, value`, "TEXT", "BIGINT")
	total = db.Q("test.total", "SELECT CAST(COALESCE(SUM(value), 0) AS BIGINT) FROM counter")
)

func TestRowsArePaddedAndCut(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		for _, n := range []int{1, 2, 3, 5, 1024, 2500} {
			var seen int
			err := d.Write(t.Context(), func(tx *db.Tx) error {
				var args []any
				for i := range n {
					args = append(args, string(rune('a'+i%26))+string(rune('0'+i/26)), int64(1))
				}
				return bump.Each(t.Context(), tx, args, func(*sql.Rows) error { seen++; return nil })
			})
			if err != nil {
				t.Fatal(err)
			}
			if seen != n {
				t.Errorf("%d rows given, %d came back", n, seen)
			}
		}
		var sum int64
		if err := db.One(t.Context(), d, total, nil, &sum); err != nil {
			t.Fatal(err)
		}
		if want := int64(1 + 2 + 3 + 5 + 1024 + 2500); sum != want {
			t.Errorf("sum %d, want %d", sum, want)
		}
	})
}

func TestWriteRollsBackAndRunsAfterCommit(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		put := func(tx *db.Tx) error {
			return bump.Each(t.Context(), tx, []any{"k", int64(7)}, func(*sql.Rows) error { return nil })
		}
		ran := 0
		boom := errors.New("boom")
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			tx.After(func() { ran++ })
			if err := put(tx); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) || ran != 0 {
			t.Fatalf("got %v, after ran %d times", err, ran)
		}
		if err := d.Write(t.Context(), func(tx *db.Tx) error {
			tx.After(func() { ran++ })
			return put(tx)
		}); err != nil || ran != 1 {
			t.Fatalf("got %v, after ran %d times", err, ran)
		}
		var sum int64
		if err := db.One(t.Context(), d, total, nil, &sum); err != nil || sum != 7 {
			t.Fatalf("sum %d, %v", sum, err)
		}
	})
}

func TestSnapshotCannotWriteAndStandsStill(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		err := d.Snapshot(ctx, func(tx *db.Tx) error {
			var before, after int64
			if err := db.One(ctx, tx, total, nil, &before); err != nil {
				return err
			}
			if err := d.Write(ctx, func(w *db.Tx) error {
				return bump.Each(ctx, w, []any{"k", int64(5)}, func(*sql.Rows) error { return nil })
			}); err != nil {
				return err
			}
			if err := db.One(ctx, tx, total, nil, &after); err != nil {
				return err
			}
			if before != after {
				t.Errorf("snapshot moved from %d to %d", before, after)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Snapshot(ctx, func(tx *db.Tx) error {
			return bump.Each(ctx, tx, []any{"k", int64(5)}, func(*sql.Rows) error { return nil })
		}); err == nil {
			t.Error("a snapshot could write")
		}
	})
}

func TestMigrateTogether(t *testing.T) {
	url := dbtest.PostgresURL(t)
	errs := make(chan error)
	for range 3 {
		go func() {
			d, err := db.Open(context.Background(), url)
			if err == nil {
				defer d.Close()
				_, err = d.Migrate(context.Background(), schema.Files)
			}
			errs <- err
		}()
	}
	for range 3 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestListenHearsInOrderOfCommit(t *testing.T) {
	d := dbtest.Postgres(t)
	ctx, cancel := context.WithCancel(t.Context())
	ready, heard, done := make(chan struct{}), make(chan string, 10), make(chan struct{})
	go func() {
		defer close(done)
		d.Listen(ctx, "test", func(context.Context) error { close(ready); return nil }, func(s string) { heard <- s })
	}()
	<-ready
	for _, s := range []string{"one", "two"} {
		if err := d.Write(ctx, func(tx *db.Tx) error { return tx.Notify(ctx, "test", s) }); err != nil {
			t.Fatal(err)
		}
	}
	if a, b := <-heard, <-heard; a != "one" || b != "two" {
		t.Errorf("heard %s, %s", a, b)
	}
	cancel()
	<-done
}
