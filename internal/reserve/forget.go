package reserve

import (
	"context"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

var (
	// booking_past has these alone.
	nameless = db.Q("reserve.nameless", `
		UPDATE booking SET person = '' WHERE id IN (
			SELECT id FROM booking WHERE due IS NULL AND person <> '' AND ends < $1 ORDER BY ends LIMIT $2)`)
	forgetKeysOf = db.Q("reserve.forget-keys-of", `DELETE FROM request_key WHERE person = $1`)
)

// MakeNameless takes the person from at most so many bookings that ended before
// an instant. What they took of the places stays, for the figures.
func (e *Engine) MakeNameless(ctx context.Context, before time.Time, most int) (n int, err error) {
	return n, e.db.Write(ctx, func(tx *db.Tx) error {
		changed, err := tx.Exec(ctx, nameless, clock.Micros(before), most)
		n = int(changed)
		return err
	})
}

// Forget drops what is kept of the requests of a person.
func Forget(ctx context.Context, tx *db.Tx, person string) error {
	_, err := tx.Exec(ctx, forgetKeysOf, person)
	return err
}
