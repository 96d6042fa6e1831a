package app

import (
	"net/http"
	"time"

	"polis/internal/counter"
	"polis/internal/counter/appointment"
	"polis/internal/counter/forecast"
	"polis/internal/identity"
	"polis/internal/platform/web"
	"polis/internal/site"
)

// startCounter brings up the counters of the offices.
func (b *base) startCounter() {
	b.counter = counter.New(counter.Options{
		DB: b.db, Live: b.live, Clock: b.env.clock, IDs: b.env.ids, Forecast: forecast.New(b.db, b.env.clock),
		Limits: identity.NewLimits(b.db, b.keys, b.env.clock), Expected: appointment.Expecting(b.live),
	})
	b.background(b.counter.Hub.Run)
}

// counterChores are what the counters do by themselves, once for all replicas.
func (b *base) counterChores() {
	b.chores.Every("counter.lapse", 5*time.Minute, b.counter.Lapse)
	b.chores.Every("counter.forget-events", time.Hour, b.counter.ForgetEvents)
}

// counterPages are the public pages of the counters.
func (p *program) counterPages(personal *http.ServeMux, ui *web.Renderer) error {
	return counter.RegisterPages(personal, ui, counter.PageOptions{
		Service:     p.counter,
		Appointment: func(st *site.Site, service string) string { return appointment.TakePath(st.Code, service) },
	})
}
