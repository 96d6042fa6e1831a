package app

import (
	"context"

	"polis/internal/counter/appointment"
	"polis/internal/identity"
)

// startAppointments readies the appointments at the counters.
func (p *program) startAppointments(ctx context.Context) error {
	key, err := p.keys.Secret(ctx, "appointment-link", random32)
	if err != nil {
		return err
	}
	p.appointments = appointment.New(appointment.Options{
		DB: p.db, Live: p.live, People: p.people, Limits: identity.NewLimits(p.db, p.keys, p.env.clock), Clock: p.env.clock, IDs: p.env.ids,
		Notes: p.notes, Words: p.words, URL: p.public, From: p.notes.From, Key: key,
		Roster: appointment.RosterOf(p.counter), Admit: appointment.AdmitTo(p.counter), Offers: appointment.OfferedBy(p.counter),
	})
	return nil
}
