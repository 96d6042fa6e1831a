package journal

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
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

var (
	sealerNow   = db.Q("journal.sealer-now", `SELECT holder, until, floor FROM sealer WHERE name = 'journal'`)
	waitingFrom = db.Q("journal.waiting-from", `
		SELECT COUNT(*), COALESCE(MIN(a.at), 0) FROM act a LEFT JOIN leaf l ON l.entry = a.id AND l.entry > $1 WHERE a.id > $1 AND l.seq IS NULL`)
)

// Sealing is how sealing goes.
type Sealing struct {
	Waiting int       // acts without a place
	Since   time.Time // the oldest of them
	Newest  time.Time // when the newest checkpoint was made; zero where there is none
	Holder  string    // the program that seals or did last: its host and process
	Until   time.Time // when its lease ends; on SQLite, where one seals, it is not prolonged
}

// LookSealing tells how sealing goes.
func LookSealing(ctx context.Context, r db.Reader) (s Sealing, err error) {
	var until, since int64
	var floor string
	if err := db.One(ctx, r, sealerNow, nil, &s.Holder, &until, &floor); err != nil && !errors.Is(err, db.ErrNoRow) {
		return s, err
	}
	if err := db.One(ctx, r, waitingFrom, []any{floor}, &s.Waiting, &since); err != nil {
		return s, err
	}
	p, err := Latest(ctx, r)
	if errs.Is(err, errs.NotFound) {
		err = nil
	}
	s.Since, s.Until, s.Newest = clock.FromMicros(since), clock.FromMicros(until), p.At
	return s, err
}

// Skip moves a consumer's bookmark on past all acts of before now: in a copy of
// an installation, what another has done since.
func Skip(ctx context.Context, tx *db.Tx, consumer string, now time.Time) error {
	_, err := tx.Exec(ctx, skipActs, consumer, firstID(now))
	return err
}
