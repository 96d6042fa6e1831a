package notify

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/jobs"
)

var outcomes = db.Q("notify.outcomes", `SELECT state, COUNT(*) FROM message WHERE changed >= $1 GROUP BY state`)

// Outcomes counts the messages by state whose state has changed since an instant.
func Outcomes(ctx context.Context, r db.Reader, since time.Time) (map[State]int, error) {
	count := map[State]int{}
	return count, db.Each(ctx, r, outcomes, func(rows *sql.Rows) error {
		var state State
		var n int
		err := rows.Scan(&state, &n)
		count[state] = n
		return err
	}, clock.Micros(since))
}

// Forget gives up, in a copy of an installation, the messages that were due by
// now or had been tried: the installation that it is a copy of has sent them
// since, or may have. Those of later stay. It returns how many it gave up.
func Forget(ctx context.Context, tx *db.Tx, now time.Time) (int, error) {
	dropped, err := jobs.Drop(ctx, tx, delivery{}.Kind(), now)
	if err != nil {
		return 0, err
	}
	for _, args := range dropped {
		var d delivery
		if err := json.Unmarshal([]byte(args), &d); err != nil {
			return 0, err
		}
		if _, err := tx.Exec(ctx, endMessage, d.ID, StateMoot, "", clock.Micros(now)); err != nil {
			return 0, err
		}
	}
	return len(dropped), nil
}
