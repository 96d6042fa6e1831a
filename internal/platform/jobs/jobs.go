// Package jobs does work later: outside the request, again after a failure,
// once for all replicas.
//
// A job is enqueued in the transaction that wants it done, so it exists if and
// only if that transaction commits. Workers of all replicas share the table.
// A job runs at least once: a worker that is killed loses its lease and another
// takes the job again, so what a job does must bear being done twice. A job
// that fails is tried again after a growing pause, and after its last attempt
// is put on the dead list, where it waits for a person.
//
//	type Remind struct{ Booking string }
//
//	func (Remind) Kind() string { return "coworking.remind" }
//
//	jobs.Register(worker, func(ctx context.Context, r Remind) error { … })
//	worker.Every("coworking.no-show", time.Minute, releaseNoShows)
//	worker.At("backup.daily", daily.Next, daily.Make)
//
//	err := jobs.Enqueue(ctx, tx, Remind{id}, at) // inside db.Write
package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// Args are the arguments of one kind of job. They are kept as JSON; ids only,
// never personal data. Kind is a constant, "room.verb".
type Args interface{ Kind() string }

// The states of a job. While it runs it is ready, with a lease.
const (
	ready = "ready"
	dead  = "dead"
)

var (
	insertJob  = db.Q("jobs.insert", `INSERT INTO job (id, kind, args, state, run_at) VALUES ($1, $2, $3, $4, $5)`)
	selectDead = db.Q("jobs.dead", `
		SELECT id, kind, args, attempts, error, run_at FROM job WHERE state = 'dead' ORDER BY run_at, id LIMIT $1`)
	updateRevive = db.Q("jobs.revive", `
		UPDATE job SET state = 'ready', run_at = $2, attempts = 0, lease = '' WHERE id = $1 AND state = 'dead'`)
)

// Enqueue asks for a job, not before runAt, when the transaction commits.
func Enqueue(ctx context.Context, tx *db.Tx, args Args, runAt time.Time) error {
	text, err := json.Marshal(args)
	if err != nil {
		return fmt.Errorf("enqueue %s: %w", args.Kind(), err)
	}
	_, err = tx.Exec(ctx, insertJob, clock.NewID(), args.Kind(), string(text), ready, clock.Micros(runAt))
	return err
}

// Dead is a job that was given up.
type Dead struct {
	ID, Kind string
	Args     json.RawMessage
	Attempts int
	Error    string    // of the last attempt
	At       time.Time // of the last attempt
}

// DeadList lists the jobs that were given up, oldest first.
func DeadList(ctx context.Context, r db.Reader, limit int) ([]Dead, error) {
	return db.All(ctx, r, selectDead, func(rows *sql.Rows) (d Dead, err error) {
		var args string
		var at int64
		err = rows.Scan(&d.ID, &d.Kind, &args, &d.Attempts, &d.Error, &at)
		d.Args, d.At = json.RawMessage(args), clock.FromMicros(at)
		return d, err
	}, limit)
}

// Revive gives a dead job all its attempts again; NotFound if it is not dead.
func Revive(ctx context.Context, tx *db.Tx, id string, runAt time.Time) error {
	n, err := tx.Exec(ctx, updateRevive, id, clock.Micros(runAt))
	if err == nil && n == 0 {
		err = errs.New(errs.NotFound, "error.not_found", nil)
	}
	return err
}

// Fatal marks an error after which trying again is of no use: the job goes to
// the dead list at once.
func Fatal(err error) error { return &fatal{err} }

type fatal struct{ error }

func (f *fatal) Unwrap() error { return f.error }

func isFatal(err error) bool {
	var f *fatal
	return errors.As(err, &f)
}

const (
	firstPause = time.Second
	maxPause   = time.Hour
)

// pause is how long a job waits after its n-th failed attempt: 1 s, 2 s, 4 s, …
// an hour, plus up to a quarter, so that jobs that failed together do not come
// back together. The part added depends on the job alone.
func pause(id string, n int) time.Duration {
	p := maxPause
	if n < 13 {
		p = min(firstPause<<(n-1), maxPause)
	}
	spread := uint64(n)
	for i := range len(id) {
		spread = spread*1099511628211 ^ uint64(id[i]) // FNV-1
	}
	return p + time.Duration(spread%1000)*p/4000
}
