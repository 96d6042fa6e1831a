package appointment

import (
	"context"
	"time"

	"polis/internal/identity/privacy"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

var (
	forgetPerson = db.Q("appointment.forget", `UPDATE appointment SET person = '' WHERE person = $1`)
	heldOf       = db.Q("appointment.held", `SELECT COUNT(*) FROM appointment WHERE person = $1`)
	sweepOld     = db.Q("appointment.sweep", `
		DELETE FROM appointment WHERE id IN (SELECT id FROM appointment WHERE starts < $1 ORDER BY starts, id LIMIT $2)`)
	sweepFreed = db.Q("appointment.sweep-freed", `DELETE FROM appointment_freed WHERE until < $1`)
	sweepDays  = db.Q("appointment.sweep-days", `DELETE FROM appointment_day WHERE day < $1`)
)

// Holder says what of people is in the appointments.
func (s *Service) Holder() privacy.Holder {
	return privacy.Holder{
		Name: "appointment", Tables: []string{"appointment", "appointment_freed", "appointment_day", "appointment_rule"},
		Export: s.export,
		Holds: func(ctx context.Context, person string) (bool, error) {
			n := 0
			err := db.One(ctx, s.DB, heldOf, []any{person}, &n)
			return n > 0, err
		},
		Forget: func(ctx context.Context, tx *db.Tx, person string) error {
			_, err := tx.Exec(ctx, forgetPerson, person)
			return err
		},
		Keeps: []privacy.Retention{{Kind: "appointments", Term: privacy.Term{Months: 12}, Fate: privacy.Deleted, Sweep: s.sweep}},
	}
}

func (s *Service) sweep(ctx context.Context, before time.Time, most int) (ended int, err error) {
	return ended, s.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, sweepOld, clock.Micros(before), most)
		if err != nil {
			return err
		}
		ended = int(n)
		if _, err := tx.Exec(ctx, sweepFreed, clock.Micros(before)); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, sweepDays, before.Format(time.DateOnly))
		return err
	})
}

func (s *Service) export(ctx context.Context, person string) ([]privacy.Sheet, error) {
	out := privacy.Sheet{Name: "appointments", Columns: []string{"site", "subject", "starts", "ends", "state", "created"}}
	for before, id := Last, "~"; ; {
		list, err := db.All(ctx, s.DB, ofPerson, scan, person, clock.Micros(before), id, 200)
		if err != nil {
			return nil, err
		}
		for _, a := range list {
			before, id = a.From, a.ID
			house := ""
			if st, err := s.Live.Network().Site(a.Office); err == nil {
				house = st.Name
			}
			out.Rows = append(out.Rows, []any{house, textOf(a.Service, "it").Name, a.From, a.To(), string(a.StateAt(s.Clock.Now())), a.Created})
		}
		if len(list) < 200 {
			return []privacy.Sheet{out}, nil
		}
	}
}
