package app

import (
	"net/http"

	"polis/internal/counter/console"
	"polis/internal/counter/desks"
	"polis/internal/identity"
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
	})
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
