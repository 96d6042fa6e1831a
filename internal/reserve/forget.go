package reserve

import (
	"context"
	"database/sql"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

var (
	// booking_past has these alone. They are written to lock them: what they count
	// is read behind the lock.
	lockPast = db.Q("reserve.lock-past", `
		UPDATE booking SET rev = rev WHERE id IN (
			SELECT id FROM booking WHERE due IS NULL AND person <> '' AND ends < $1 ORDER BY ends LIMIT $2) RETURNING id, uses`)
	nameless = db.Rows("reserve.nameless", `
		UPDATE booking SET person = '', uses = '[]' WHERE id IN (SELECT column1 FROM {rows} WHERE column1 IS NOT NULL)`, "TEXT")
	lockPastOf = db.Q("reserve.lock-past-of", `
		UPDATE booking SET rev = rev WHERE person = $1 AND due IS NULL AND uses <> '[]' RETURNING id, uses`)
	uncount = db.Rows("reserve.uncount", `
		UPDATE booking SET uses = '[]' WHERE id IN (SELECT column1 FROM {rows} WHERE column1 IS NOT NULL)`, "TEXT")
	dropCounters = db.Rows("reserve.drop-counters", `
		DELETE FROM counter WHERE key IN (SELECT column1 FROM {rows} WHERE column1 IS NOT NULL)`, "TEXT")
	forgetKeysOf = db.Q("reserve.forget-keys-of", `DELETE FROM request_key WHERE person = $1`)
)

// MakeNameless takes the person from at most so many bookings that ended before
// an instant, and what they count. What they took of the places stays, for the
// figures.
func (e *Engine) MakeNameless(ctx context.Context, before time.Time, most int) (n int, err error) {
	return n, e.db.Write(ctx, func(tx *db.Tx) (err error) {
		n, err = letGo(ctx, tx, nameless, lockPast, clock.Micros(before), most)
		return err
	})
}

// Forget drops what is kept of the requests of a person, and what their past
// bookings count: the keys of counters name them.
func Forget(ctx context.Context, tx *db.Tx, person string) error {
	if _, err := tx.Exec(ctx, forgetKeysOf, person); err != nil {
		return err
	}
	_, err := letGo(ctx, tx, uncount, lockPastOf, person)
	return err
}

// letGo changes the bookings that a statement locks, none of which counts
// afterwards, and takes what they counted out of the counters.
func letGo(ctx context.Context, tx *db.Tx, change db.MultiRow, lock db.Query, args ...any) (n int, err error) {
	var ids []any
	counted := map[string]int64{}
	if err := db.Each(ctx, tx, lock, func(rows *sql.Rows) error {
		var id, text string
		if err := rows.Scan(&id, &text); err != nil {
			return err
		}
		ids = append(ids, id)
		var uses []Use
		err := json.Unmarshal([]byte(text), &uses)
		for _, u := range uses {
			counted[u.Key] += u.Amount
		}
		return err
	}, args...); err != nil || len(ids) == 0 {
		return 0, err
	}
	if err := change.Exec(ctx, tx, ids); err != nil {
		return 0, err
	}
	return len(ids), takeFrom(ctx, tx, counted)
}

// takeFrom lowers counters; one that counts nothing any more is dropped.
func takeFrom(ctx context.Context, tx *db.Tx, counted map[string]int64) error {
	if len(counted) == 0 {
		return nil
	}
	var keys, left, empty []any
	for _, key := range slices.Sorted(maps.Keys(counted)) {
		keys = append(keys, key)
	}
	if err := lockCounters.Each(ctx, tx, keys, func(rows *sql.Rows) error {
		var key string
		var value int64
		err := rows.Scan(&key, &value)
		if value -= counted[key]; value <= 0 {
			empty = append(empty, key)
		} else {
			left = append(left, key, value)
		}
		return err
	}); err != nil {
		return err
	}
	if err := writeCounters.Exec(ctx, tx, left); err != nil {
		return err
	}
	return dropCounters.Exec(ctx, tx, empty)
}
