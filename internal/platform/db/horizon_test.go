package db_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"polis/internal/journal"
	"polis/internal/journal/journaltest"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
)

func horizon(t testing.TB, d *db.DB) (at time.Time) {
	t.Helper()
	if err := d.Write(t.Context(), func(tx *db.Tx) (err error) {
		at, err = tx.Horizon(t.Context())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return at
}

// held begins a transaction that runs fn and stays open until the returned
// function is called, which waits for its commit.
func held(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) (commit func()) {
	t.Helper()
	begun, end, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		done <- d.Write(context.WithoutCancel(t.Context()), func(tx *db.Tx) error {
			err := fn(tx)
			close(begun)
			<-end
			return err
		})
	}()
	<-begun
	return func() {
		t.Helper()
		close(end)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
}

func nothing(*db.Tx) error { return nil }

func TestHorizonIsNearNow(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		before := time.Now().Add(-3 * time.Second)
		at := horizon(t, d)
		if at.Before(before) || at.After(time.Now()) {
			t.Errorf("%v", at)
		}
	})
}

// While a transaction is open the horizon stands at its beginning.
func TestHorizonStandsWhileATransactionIsOpen(t *testing.T) {
	url := dbtest.PostgresURL(t)
	d, err := db.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	first := held(t, d, nothing)
	second := held(t, d, nothing)
	at := horizon(t, d)
	if again := horizon(t, d); !again.Equal(at) {
		t.Errorf("moved from %v to %v", at, again)
	}
	first()
	later := horizon(t, d)
	if again := horizon(t, d); !later.After(at) || !again.Equal(later) {
		t.Errorf("%v, then %v and %v", at, later, again)
	}
	second()
	if last := horizon(t, d); !last.After(later) {
		t.Errorf("%v, then %v", later, last)
	}
}

// An act of a transaction that commits after newer acts were taken is taken too;
// these do not wait for it.
func TestNoActIsPassedOver(t *testing.T) {
	d := dbtest.Postgres(t)
	var got []string
	c := journal.Consumer{Name: "test", Kinds: []string{"a"}, All: true, Do: func(_ context.Context, _ *db.Tx, acts []journal.Act) error {
		for _, a := range acts {
			got = append(got, a.Subject)
		}
		return nil
	}}
	sealer := journaltest.Sealer(t, d)
	turn := func() {
		t.Helper()
		if _, err := sealer.Turn(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := c.Turn(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	write := func(subject string) func(tx *db.Tx) error {
		return func(tx *db.Tx) error {
			return journal.Append(t.Context(), tx, journal.Act{At: time.Now(), Kind: "a", Subject: subject})
		}
	}
	slow := held(t, d, write("slow"))
	if err := d.Write(t.Context(), write("quick")); err != nil {
		t.Fatal(err)
	}
	for len(got) < 1 && t.Context().Err() == nil {
		turn()
	}
	slow()
	for len(got) < 2 && t.Context().Err() == nil {
		turn()
	}
	if len(got) != 2 || got[0] != "quick" || got[1] != "slow" {
		t.Errorf("took %q", got)
	}
}

// A report that runs for long does not hold the horizon back for long; a
// transaction that has written does.
func TestHorizonOfReadersAndWriters(t *testing.T) {
	db.WithoutSkew(t)
	db.WithoutPatience(t)
	d := dbtest.Postgres(t)
	reader := held(t, d, func(tx *db.Tx) error { return horizonOf(t, tx) })
	at := horizon(t, d)
	if again := horizon(t, d); !again.After(at) {
		t.Errorf("a reader holds it at %v", at)
	}
	reader()
	writer := held(t, d, func(tx *db.Tx) error {
		return errors.Join(journal.Append(t.Context(), tx, journal.Act{ID: clock.NewID(), Kind: "a"}), horizonOf(t, tx))
	})
	at = horizon(t, d)
	if again := horizon(t, d); !again.Equal(at) {
		t.Errorf("a writer does not hold it: %v, then %v", at, again)
	}
	writer()
}

// horizonOf asks for it, which sends what waits.
func horizonOf(t testing.TB, tx *db.Tx) error {
	_, err := tx.Horizon(t.Context())
	return err
}
