package jobs

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

// turn is work done again and again.
type turn struct {
	name     string
	interval time.Duration
	do       func(context.Context) error
	next     atomic.Int64 // not due before, as last seen; µs
	busy     atomic.Bool  // it runs here now
}

// Every does work once per interval for all replicas together: a turn begins at
// each multiple of the interval since midnight UTC, and the replica that moves
// the row on does it. A turn that fails or is missed is not made up for, the
// next one comes. A turn that takes longer than the interval is left to end
// here, but may meet the next one on another replica: what it changes is
// decided by conditional updates, as everywhere.
func (w *Worker) Every(name string, interval time.Duration, do func(context.Context) error) {
	w.turns = append(w.turns, &turn{name: name, interval: interval, do: do})
}

var (
	selectTurn = db.Q("jobs.turn", `SELECT next FROM job_turn WHERE name = $1`)
	firstTurn  = db.Q("jobs.turn_first", `INSERT INTO job_turn (name, next) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`)
	moveTurn   = db.Q("jobs.turn_move", `UPDATE job_turn SET next = $2 WHERE name = $1 AND next = $3`)
)

// runTurns hands the turns that are due, and ours, to start.
func (w *Worker) runTurns(ctx context.Context, start func(do func())) (n int, err error) {
	for _, t := range w.turns {
		ours, terr := w.takeTurn(ctx, t)
		if terr != nil {
			err = errors.Join(err, terr)
		}
		if !ours {
			continue
		}
		n++
		t.busy.Store(true)
		start(func() {
			defer t.busy.Store(false)
			if err := safely(func() error { return t.do(ctx) }); err != nil && ctx.Err() == nil {
				w.cfg.Log.Warn("a turn failed", "turn", t.name, "err", err)
			}
		})
	}
	return n, err
}

// takeTurn tells whether the turn is due and this replica is the one to do it.
func (w *Worker) takeTurn(ctx context.Context, t *turn) (ours bool, err error) {
	now := w.cfg.Clock.Now()
	if t.busy.Load() || t.next.Load() > clock.Micros(now) {
		return false, nil
	}
	after := clock.Micros(now.Truncate(t.interval).Add(t.interval))
	due, found, err := w.readTurn(ctx, t.name)
	if err != nil {
		return false, err
	}
	if found && due > clock.Micros(now) {
		t.next.Store(due)
		return false, nil
	}
	var n int64
	err = w.cfg.DB.Write(ctx, func(tx *db.Tx) (err error) {
		if found {
			n, err = tx.Exec(ctx, moveTurn, t.name, after, due)
		} else {
			n, err = tx.Exec(ctx, firstTurn, t.name, after)
		}
		return err
	})
	if err == nil && n == 1 {
		t.next.Store(after)
	}
	return err == nil && n == 1, err
}

func (w *Worker) readTurn(ctx context.Context, name string) (next int64, found bool, err error) {
	err = db.One(ctx, w.cfg.DB, selectTurn, []any{name}, &next)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return next, err == nil, err
}
