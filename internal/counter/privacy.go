package counter

import (
	"context"
	"time"

	"polis/internal/identity/privacy"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

// nameless is how many months a number tells whose it was.
const namelessMonths = 3

var (
	numbersOf = db.Q("counter.numbers-of", `
		SELECT CASE WHEN number < 10 THEN letter || '00' || number WHEN number < 100 THEN letter || '0' || number ELSE letter || number END,
			office, state, taken, closed FROM ticket WHERE person = $1 ORDER BY taken, id`)
	forgetNumbers = db.Q("counter.numbers-forget", `UPDATE ticket SET person = '', appointment = '' WHERE person = $1`)
	forgetShifts  = db.Q("counter.shifts-forget", `DELETE FROM desk_shift WHERE person = $1`)
	forgetStaff   = db.Q("counter.staff-forget", `DELETE FROM desk_staff WHERE person = $1`)
	forgetSeat    = db.Q("counter.seat-forget", `DELETE FROM desk_session WHERE person = $1`)
	sweepNumbers  = db.Q("counter.numbers-sweep", `
		UPDATE ticket SET person = '', appointment = '' WHERE id IN (
			SELECT id FROM ticket WHERE person <> '' AND closed > 0 AND closed < $1 ORDER BY closed, id LIMIT $2)`)
)

// Holder says what of people is at the counters. Which desk took how long stays, for
// the forecast and the reports, with the opaque id of who worked there.
func (s *Service) Holder() privacy.Holder {
	return privacy.Holder{
		Name: "counter",
		Tables: []string{
			"ticket", "ticket_item", "ticket_period", "queue_office", "queue_day", "queue_event", "number_block", "office_service",
			"desk_session", "desk_staff", "desk_shift", "desk_closure",
		},
		Parts: []privacy.Part{{Name: "numbers", Columns: []string{"number", "site-id", "state", "starts@", "ends@"}, Rows: numbersOf, Forget: forgetNumbers}},
		Forget: func(ctx context.Context, tx *db.Tx, person string) error {
			for _, q := range []db.Query{forgetShifts, forgetStaff, forgetSeat} {
				if _, err := tx.Exec(ctx, q, person); err != nil {
					return err
				}
			}
			return nil
		},
		Keeps: []privacy.Retention{{Kind: "numbers", Term: privacy.Term{Months: namelessMonths}, Fate: privacy.Nameless, Sweep: s.sweepNumbers}},
	}
}

func (s *Service) sweepNumbers(ctx context.Context, before time.Time, most int) (ended int, err error) {
	return ended, s.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, sweepNumbers, clock.Micros(before), most)
		ended = int(n)
		return err
	})
}
