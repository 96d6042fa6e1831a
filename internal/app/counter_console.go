package app

import (
	"context"
	"net/http"

	"polis/internal/agenda"
	"polis/internal/counter"
	"polis/internal/counter/appointment"
	"polis/internal/counter/console"
	"polis/internal/counter/desks"
	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/web"
	"polis/internal/site"
)

// consolePages are the desks of the offices, and what their managers say of them.
func (p *program) consolePages(personal *http.ServeMux, ui *web.Renderer) error {
	err := console.RegisterPages(personal, ui, console.Options{
		Counter: p.counter, People: p.people, Mandates: p.mandates, Sessions: p.sessions, Houses: p.officesOf(identity.QueueWork),
		Events: func(office string) string { return "/api/v1/offices/" + office + "/events" }, Start: p.startOf,
		Board: func(office string) string { return "/tabellone/" + office }, Manage: desks.Path,
	})
	if err != nil {
		return err
	}
	return desks.RegisterPages(personal, ui, desks.Options{
		Counter: p.counter, People: p.people, Access: p.access, Forecast: p.counter.Forecast, Houses: p.officesOf(identity.QueueRead), Console: console.DeskPath,
		Staff:    func(string) string { return identity.DeskEntry.Href },
		IfClosed: p.ifClosed, Settle: p.settleClosed,
	})
}

// closureOf is a closing of a desk as the appointments know it.
func closureOf(office string, x counter.Closure) appointment.Closure {
	return appointment.Closure{Office: office, Desk: x.Desk, Interval: agenda.Interval{From: x.From, To: x.To}}
}

// ifClosed tells what would become of the appointments of a desk.
func (p *program) ifClosed(ctx context.Context, actor identity.Actor, office string, x counter.Closure) (list []desks.Fate, err error) {
	fates, err := p.appointments.IfClosed(ctx, actor, closureOf(office, x))
	for _, f := range fates {
		fate := desks.Fate{From: f.Appointment.From, Service: f.Appointment.Service, Desk: p.counter.DeskNumber(office, f.Desk)}
		for _, slot := range f.Next {
			fate.Next = append(fate.Next, slot.From)
		}
		list = append(list, fate)
	}
	return list, err
}

// settleClosed does it, in the transaction that closes the desk.
func (p *program) settleClosed(ctx context.Context, tx *db.Tx, office string, x counter.Closure) error {
	_, err := p.appointments.CloseIn(ctx, tx, closureOf(office, x))
	return err
}

// officesOf are the open offices at which somebody may do something.
func (p *program) officesOf(may identity.Permission) func(identity.Actor) []*site.Site {
	return func(actor identity.Actor) (list []*site.Site) {
		for _, x := range p.live.Network().Sites(site.Filter{Kind: site.Office, State: site.Open}) {
			if actor.May(may, identity.Site(x.Site.ID)) {
				list = append(list, x.Site)
			}
		}
		return list
	}
}
