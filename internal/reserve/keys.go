package reserve

import (
	"context"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

// keepKeys is how long a request may be sent again with its key.
const keepKeys = 7 * 24 * time.Hour

var forgetKeys = db.Q("reserve.forget-keys", `DELETE FROM request_key WHERE created < $1`)

// ForgetKeys drops the keys of old requests.
func (e *Engine) ForgetKeys(ctx context.Context) error {
	return e.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, forgetKeys, clock.Micros(e.clock.Now().Add(-keepKeys)))
		return err
	})
}
