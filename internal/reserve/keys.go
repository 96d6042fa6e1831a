package reserve

import (
	"context"
	"errors"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

// keepKeys is how long a request may be sent again with its key.
const keepKeys = 7 * 24 * time.Hour

var granted = db.Q("reserve.granted", `SELECT hash, booking FROM request_key WHERE person = $1 AND key = $2 AND booking <> ''`)

// Granted is the booking that a request with this key was granted before; the
// zero Booking if there is none, ErrKeyReuse if it was another request.
func (e *Engine) Granted(ctx context.Context, key Key) (Booking, error) {
	var hash, id string
	switch err := db.One(ctx, e.db, granted, []any{key.Person, key.Key}, &hash, &id); {
	case errors.Is(err, db.ErrNoRow):
		return Booking{}, nil
	case err != nil:
		return Booking{}, err
	case hash != key.Hash:
		return Booking{}, ErrKeyReuse
	}
	return e.Get(ctx, id)
}

var forgetKeys = db.Q("reserve.forget-keys", `DELETE FROM request_key WHERE created < $1`)

// ForgetKeys drops the keys of old requests.
func (e *Engine) ForgetKeys(ctx context.Context) error {
	return e.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, forgetKeys, clock.Micros(e.clock.Now().Add(-keepKeys)))
		return err
	})
}
