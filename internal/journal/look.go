package journal

import (
	"context"
	"database/sql"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

var (
	newestAct = db.Q("journal.newest", `SELECT at FROM act ORDER BY id DESC LIMIT 1`)
	skipActs  = db.Q("journal.bookmark-skip", `UPDATE bookmark SET act = $2 WHERE consumer = $1 AND act < $2`)
)

// Newest is when the last act was; false where there is none.
func Newest(ctx context.Context, r db.Reader) (at time.Time, ok bool, err error) {
	err = db.Each(ctx, r, newestAct, func(rows *sql.Rows) error {
		var us int64
		ok = true
		err := rows.Scan(&us)
		at = clock.FromMicros(us)
		return err
	})
	return at, ok, err
}

// Skip moves a consumer's bookmark on past all acts of before now: in a copy of
// an installation, what another has done since.
func Skip(ctx context.Context, tx *db.Tx, consumer string, now time.Time) error {
	_, err := tx.Exec(ctx, skipActs, consumer, firstID(now))
	return err
}
