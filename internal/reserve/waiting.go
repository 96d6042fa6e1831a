package reserve

import (
	"context"
	"errors"
	"time"

	"polis/internal/platform/db"
)

var waitingFor = db.Q("reserve.waiting-for", `
	SELECT `+bookingColumns+` FROM booking
	WHERE id IN (SELECT booking FROM waiting WHERE counter = $1) ORDER BY id`)

// Promote confirms those who wait for a counter, first come first served,
// until one does not fit under the limit: nobody is passed over. Each is
// promoted once, however many call at the same time. due is when their
// bookings move on by themselves.
func (e *Engine) Promote(ctx context.Context, counter string, limit int64, due time.Time) (promoted []Booking, err error) {
	list, err := db.All(ctx, e.db, waitingFor, scanBooking, counter)
	if err != nil {
		return nil, err
	}
	for _, w := range list {
		for i := range w.Uses {
			if w.Uses[i].Key == counter {
				w.Uses[i].Limit = limit
			}
		}
		b, err := e.Do(ctx, Plan{Booking: w.ID, When: []Status{Waiting}, To: Confirmed, Due: due, Uses: w.Uses})
		var elsewhere *WrongStatus
		var full *Limit
		switch {
		case err == nil:
			promoted = append(promoted, b)
		case errors.As(err, &full):
			return promoted, nil
		case !errors.As(err, &elsewhere): // else somebody else promoted or cancelled it
			return promoted, err
		}
	}
	return promoted, nil
}
