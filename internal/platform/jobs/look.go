package jobs

import (
	"context"
	"database/sql"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

// Overview is how the work stands.
type Overview struct {
	Dead   int       // given up
	Late   int       // due before the instant asked for, and not done
	Oldest time.Time // of the late ones, when it was due
}

var overview = db.Q("jobs.overview", `
	SELECT state, COUNT(*), MIN(run_at) FROM job WHERE state = 'dead' OR state = 'ready' AND run_at < $1 GROUP BY state`)

// Look tells how the work stands; late is what was due before an instant.
func Look(ctx context.Context, r db.Reader, before time.Time) (o Overview, err error) {
	err = db.Each(ctx, r, overview, func(rows *sql.Rows) error {
		var state string
		var n int
		var oldest int64
		err := rows.Scan(&state, &n, &oldest)
		if state == dead {
			o.Dead = n
		} else {
			o.Late, o.Oldest = n, clock.FromMicros(oldest)
		}
		return err
	}, clock.Micros(before))
	return o, err
}

var selectWork = db.Q("jobs.work", `SELECT MAX(next) FROM job_turn WHERE name = $1`)

// Next is when a turn or an appointment is due next; false where nobody has ever
// done it. A time long past says that no program is running.
func Next(ctx context.Context, r db.Reader, name string) (next time.Time, ok bool, err error) {
	var us *int64
	if err := db.One(ctx, r, selectWork, []any{name}, &us); err != nil || us == nil {
		return next, false, err
	}
	return clock.FromMicros(*us), true, nil
}

var (
	selectBegun = db.Q("jobs.begun", `SELECT id, args FROM job WHERE kind = $1 AND state = 'ready' AND (run_at <= $2 OR attempts > 0) ORDER BY id`)
	deleteJob   = db.Q("jobs.drop", `DELETE FROM job WHERE id = $1`)
)

// Drop removes the jobs of a kind that were due by an instant or had been tried,
// and returns their arguments: in a copy of a database, what another may have
// done since.
func Drop(ctx context.Context, tx *db.Tx, kind string, due time.Time) (args []string, err error) {
	type job struct{ id, args string }
	found, err := db.All(ctx, tx, selectBegun, func(rows *sql.Rows) (j job, err error) {
		err = rows.Scan(&j.id, &j.args)
		return j, err
	}, kind, clock.Micros(due))
	for _, j := range found {
		if _, err := tx.Exec(ctx, deleteJob, j.id); err != nil {
			return nil, err
		}
		args = append(args, j.args)
	}
	return args, err
}
