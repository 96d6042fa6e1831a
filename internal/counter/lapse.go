package counter

import (
	"context"
	"database/sql"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/db"
)

// fetchDays is how many days somebody who went for a paper need not queue again.
const fetchDays = 30

var officesWithOld = db.Q("counter.offices-with-old", `
	SELECT DISTINCT office FROM ticket WHERE state IN ('waiting', 'called', 'serving', 'parked', 'missed') AND day < $1`)

// Lapse ends what is still open of days that are over: who waited and was never
// called, who was missed, what an operator forgot to finish. Who went for a paper has
// thirty days. To be run now and then.
func (s *Service) Lapse(ctx context.Context) error {
	tomorrow := agenda.DateOf(s.Clock.Now().In(agenda.Rome)).AddDays(1)
	offices, err := db.All(ctx, s.DB, officesWithOld, func(rows *sql.Rows) (id string, err error) {
		return id, rows.Scan(&id)
	}, tomorrow.String())
	if err != nil {
		return err
	}
	for _, office := range offices {
		if err := s.lapse(ctx, office); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) lapse(ctx context.Context, office string) error {
	st, err := s.Live.Network().Site(office)
	if err != nil {
		return err
	}
	return s.change(ctx, st, func(c *change) (string, EventFacts, error) {
		n := 0
		for _, t := range c.alive {
			last := t.Day
			if t.Fetches() {
				last = last.AddDays(fetchDays)
			}
			if !last.Before(c.day) {
				continue
			}
			n++
			ended := c.endOf(t.Day)
			state := Lapsed
			if t.State == Serving { // they were served; nobody said that it was over
				state = Finished
			}
			if t.FirstCall.IsZero() { // who was told a wait and never called
				if err := c.Forecast.Left(c.ctx, c.tx, t.Office, t.ID, ended.Sub(t.Taken)); err != nil {
					return "", EventFacts{}, err
				}
			}
			now := c.now
			if c.now = ended; ended.Before(t.Since) {
				c.now = t.Since
			}
			err := c.to(t, state, nil)
			c.now = now
			if err != nil {
				return "", EventFacts{}, err
			}
		}
		if n == 0 {
			return "", EventFacts{}, errNothing
		}
		return "office", EventFacts{}, nil
	})
}

// endOf is when an office closed on a day.
func (c *change) endOf(day agenda.Date) (at time.Time) {
	for _, i := range c.Live.Network().Opening(c.office.ID).On(day) {
		at = i.To
	}
	if at.IsZero() {
		at = c.now
	}
	return at.UTC()
}
