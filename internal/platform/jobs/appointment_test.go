package jobs

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
)

// daily is next at six in the morning, UTC.
func daily(after time.Time) time.Time {
	day := after.Truncate(24 * time.Hour).Add(6 * time.Hour)
	if !day.After(after) {
		day = day.Add(24 * time.Hour)
	}
	return day
}

var selectNext = db.Q("jobs.test_next", `SELECT next FROM job_turn WHERE name = $1`)

func nextOf(t *testing.T, d *db.DB, name string) time.Time {
	t.Helper()
	var us int64
	if err := db.One(t.Context(), d, selectNext, []any{name}, &us); err != nil {
		t.Fatal(err)
	}
	return clock.FromMicros(us)
}

// The first comes at once, the others at their hours, by one replica; what was
// missed is done once; hours that change hold from then on.
func TestAppointmentsAreKept(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		c := clock.NewManual(noon)
		done, next := 0, daily
		worker := func() *Worker {
			w := newWorker(d, c)
			w.At("test.daily", func(after time.Time) time.Time { return next(after) }, func(context.Context) error { done++; return nil })
			return w
		}
		first, second := worker(), worker()
		runDue(t, first, 1)
		runDue(t, first, 0)
		runDue(t, second, 0)
		c.Set(noon.Add(18*time.Hour - time.Microsecond))
		runDue(t, second, 0)
		c.Set(noon.Add(18 * time.Hour))
		runDue(t, second, 1)
		runDue(t, first, 0)
		c.Advance(5 * 24 * time.Hour) // nobody was there
		runDue(t, worker(), 1)
		runDue(t, first, 0)
		next = func(after time.Time) time.Time { return after.Truncate(time.Hour).Add(time.Hour) }
		runDue(t, first, 0)
		c.Advance(time.Hour)
		runDue(t, second, 1)
		if done != 4 {
			t.Errorf("done %d times", done)
		}
	})
}

// What failed is tried again after a pause.
func TestAppointmentThatFails(t *testing.T) {
	c := clock.NewManual(noon)
	w := newWorker(dbtest.SQLite(t), c)
	fails := true
	w.At("test.daily", daily, func(context.Context) error {
		if fails {
			return errors.New("the disk is full")
		}
		return nil
	})
	runDue(t, w, 1)
	c.Advance(retryAfter - time.Microsecond)
	runDue(t, w, 0)
	fails = false
	c.Advance(time.Microsecond)
	runDue(t, w, 1)
	c.Advance(retryAfter)
	runDue(t, w, 0)
}

// While it runs, another replica leaves it alone, however long it takes; when
// the lease of one that was killed has ended, another begins.
func TestAppointmentIsLeased(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		c := clock.NewManual(noon)
		lease := 60 * time.Millisecond
		slow := New(Config{DB: d, Clock: c, Log: slog.New(slog.DiscardHandler), Lease: lease})
		begun, end := make(chan bool), make(chan bool)
		slow.At("test.daily", daily, func(context.Context) error {
			begun <- true
			<-end
			return nil
		})
		var wg sync.WaitGroup
		wg.Go(func() { runDue(t, slow, 1) })
		<-begun
		other := New(Config{DB: d, Clock: c, Log: slog.New(slog.DiscardHandler), Lease: lease})
		other.At("test.daily", daily, func(context.Context) error { return nil })
		for range 3 { // each time the lease would be over, but is prolonged
			before := nextOf(t, d, "test.daily")
			c.Advance(lease / 2)
			for nextOf(t, d, "test.daily").Equal(before) {
				runDue(t, other, 0)
			}
		}
		close(end)
		wg.Wait()
		if got := nextOf(t, d, "test.daily"); !got.Equal(daily(c.Now())) {
			t.Errorf("next is %v", got)
		}
		// A worker takes it and is killed: nothing moves the row on any more.
		c.Set(daily(c.Now()))
		if _, ours, err := slow.takeAppointment(t.Context(), slow.appointments[0]); err != nil || !ours {
			t.Fatal(ours, err)
		}
		runDue(t, other, 0)
		c.Advance(lease)
		runDue(t, other, 1)
	})
}

// A stop cuts long work short, and the next start does it.
func TestAppointmentThatAStopCuts(t *testing.T) {
	d, c := dbtest.SQLite(t), clock.NewManual(noon)
	w := newWorker(d, c)
	begun := make(chan bool)
	w.At("test.daily", daily, func(ctx context.Context) error {
		close(begun)
		<-ctx.Done()
		return ctx.Err()
	})
	w.Start()
	<-begun
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Stop(over); err == nil {
		t.Error("the stop did not wait in vain")
	}
	again := newWorker(d, c)
	done := 0
	again.At("test.daily", daily, func(context.Context) error { done++; return nil })
	runDue(t, again, 1)
	if done != 1 {
		t.Error("not done after the start")
	}
}
