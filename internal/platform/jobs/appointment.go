package jobs

import (
	"context"
	"sync/atomic"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

// appointment is long work that has its hours.
type appointment struct {
	name string
	next func(after time.Time) time.Time
	do   func(context.Context) error
	busy atomic.Bool // it runs here now
}

// At does long work, such as a backup, at the instants that next gives, by one
// replica at a time, however long it takes: while it runs its lease is prolonged
// in the row where others look. What was missed while no program ran is done
// once, at the start; so is the very first. Work that failed is tried again
// after a pause, and work that a stop cut short at the next start.
func (w *Worker) At(name string, next func(after time.Time) time.Time, do func(context.Context) error) {
	w.appointments = append(w.appointments, &appointment{name: name, next: next, do: do})
}

// retryAfter is the pause after a failure.
const retryAfter = 10 * time.Minute

// runAppointments hands those that are due, and ours, to start.
func (w *Worker) runAppointments(ctx context.Context, start func(do func())) (n int, err error) {
	for _, a := range w.appointments {
		if a.busy.Load() {
			continue
		}
		lease, ours, err := w.takeAppointment(ctx, a)
		if err != nil {
			return n, err
		}
		if !ours {
			continue
		}
		n++
		a.busy.Store(true)
		start(func() {
			defer a.busy.Store(false)
			w.keepAppointment(ctx, a, lease)
		})
	}
	return n, nil
}

// takeAppointment moves the row on to the end of a lease, if the work is due and
// no other replica was first. lease is what then stands there.
func (w *Worker) takeAppointment(ctx context.Context, a *appointment) (lease int64, ours bool, err error) {
	now := w.cfg.Clock.Now()
	due, found, err := w.readTurn(ctx, a.name)
	if err != nil {
		return 0, false, err
	}
	lease = clock.Micros(now.Add(w.cfg.Lease))
	if found && due > clock.Micros(now) {
		// The hours may have been changed since.
		if next := clock.Micros(a.next(now)); due > max(next, lease) {
			_, err = w.moveOn(ctx, a.name, due, next)
		}
		return 0, false, err
	}
	if found {
		ours, err = w.moveOn(ctx, a.name, due, lease)
		return lease, ours, err
	}
	err = w.cfg.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, firstTurn, a.name, lease)
		ours = n == 1
		return err
	})
	return lease, ours && err == nil, err
}

// keepAppointment does the work under its lease and says when it is next.
func (w *Worker) keepAppointment(ctx context.Context, a *appointment, lease int64) {
	work, cancel := context.WithCancel(ctx)
	kept := make(chan int64)
	go func() { kept <- w.prolong(work, a.name, lease, cancel) }()
	err := safely(func() error { return a.do(work) })
	cancel()
	lease = <-kept
	now := w.cfg.Clock.Now()
	next := a.next(now)
	switch {
	case ctx.Err() != nil && err != nil: // our stop, not its failure
		next = now
	case err != nil:
		next = now.Add(retryAfter)
		w.cfg.Log.Error("work that has its hours failed", "work", a.name, "err", err, "again", next)
	}
	end := context.WithoutCancel(ctx)
	if ours, err := w.moveOn(end, a.name, lease, clock.Micros(next)); err != nil || !ours {
		w.cfg.Log.Warn("the end of work that has its hours could not be noted; it will be done again", "work", a.name, "err", err)
	}
}

// prolong prolongs a lease until ctx ends, and returns what stands in the row.
// Where another has it meanwhile, as after a long sleep of the machine, it calls
// lost.
func (w *Worker) prolong(ctx context.Context, name string, lease int64, lost func()) int64 {
	tick := time.NewTicker(w.cfg.Lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return lease
		case <-tick.C:
		}
		longer := clock.Micros(w.cfg.Clock.Now().Add(w.cfg.Lease))
		// One that has begun is seen to its end, or nobody would know where the row stands.
		switch ours, err := w.moveOn(context.WithoutCancel(ctx), name, lease, longer); {
		case err == nil && !ours:
			lost()
			return lease
		case err == nil:
			lease = longer
		}
	}
}

// moveOn moves a row on, if it still stands where it was seen.
func (w *Worker) moveOn(ctx context.Context, name string, seen, next int64) (moved bool, err error) {
	err = w.cfg.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, moveTurn, name, next, seen)
		moved = n == 1
		return err
	})
	return moved && err == nil, err
}
