package app

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"polis/internal/coworking"
	"polis/internal/identity"
	"polis/internal/identity/mandate"
	"polis/internal/identity/organisation"
	"polis/internal/platform/errs"
	"polis/internal/platform/web"
)

// startMandates readies acting for others.
func (p *program) startMandates(ctx context.Context) error {
	p.mandates = mandate.New(mandate.Options{
		DB: p.db, People: p.people, Grants: p.grants, Access: p.access, Clock: p.env.clock, IDs: p.env.ids, ByPass: p.personOfPass,
	})
	p.parties = organisation.New(organisation.Options{
		DB: p.db, Keys: p.keys, People: p.people, Grants: p.grants, Access: p.access, Clock: p.env.clock, IDs: p.env.ids,
	})
	p.sessions.ActThrough(p.mandates, openToAgents)
	if p.testers == nil {
		return nil
	}
	if err := p.demoCompany(ctx); err != nil {
		return err
	}
	parent, err := p.testers.Person("tullio")
	if err != nil {
		return err
	}
	child, err := p.testers.Person("nina")
	if err != nil {
		return err
	}
	return p.mandates.PrepareDemo(ctx, parent, child)
}

// demoCompany makes the company of a demonstration, where it is not there yet:
// one of the test people asked for it, another approved.
func (p *program) demoCompany(ctx context.Context) error {
	carla, err := p.testers.Person("carla")
	if err != nil {
		return err
	}
	made, err := p.parties.Create(ctx, identity.Actor{Person: carla.ID, Role: identity.Citizen}, organisation.Organisation{
		Kind: organisation.Kinds[0], Name: "Impresa Prova s.r.l. (inventata)", Fiscal: "12345678903", Email: carla.Email,
	})
	if errs.Is(err, errs.Conflict) {
		return nil
	}
	if err != nil {
		return err
	}
	paola, err := p.testers.Person("paola")
	if err != nil {
		return err
	}
	return p.parties.Approve(ctx, identity.Actor{Person: paola.ID, Role: identity.Administrator, Scope: identity.Network}, made.ID)
}

// mandatePages are the pages of acting for others.
func (p *program) mandatePages(personal *http.ServeMux, ui *web.Renderer) error {
	if err := organisation.RegisterPages(personal, ui, p.parties, p.sessions); err != nil {
		return err
	}
	return mandate.RegisterPages(personal, ui, mandate.PageOptions{
		Service: p.mandates, Sessions: p.sessions, Houses: p.housesOf, Start: p.startOf,
		Organisations: p.partiesOf,
	})
}

// partiesOf are the organisations for which somebody may act.
func (p *program) partiesOf(ctx context.Context, actor identity.Actor) (list []mandate.Party, err error) {
	mine, err := p.parties.Mine(ctx, actor)
	for _, o := range mine {
		list = append(list, mandate.Party{ID: o.ID, Name: o.Name})
	}
	return list, err
}

// namesOfParties are the names of organisations by their ids.
func (p *program) namesOfParties(ctx context.Context, ids []string) (map[string]string, error) {
	return p.parties.Names(ctx, ids)
}

// agentsOpen are the pages for who acts for another person; those below them too,
// unless they are in agentsClosed. What is not said is closed: a page with what is only
// the person's own need not be thought of.
var (
	agentsOpen   = []string{"/spazi", "/sedi", "/prenotazioni", "/segnala", "/segnalazioni", "/programma", "/opendata", "/deleghe/torna", "/esci", "/accedi/ancora", "/accedi/fine", "/media", "/aiuto", "/contatti", "/privacy", "/cookie", "/note-legali", "/accessibilita", "/licenze", "/problems", "/demo"}
	agentsClosed = []string{"/prenotazioni/calendario", "/prenotazioni/ricerche", "/programma/segui"}
)

// openToAgents tells whether a page is for who acts for another person too.
func openToAgents(path string) bool {
	within := func(root string) bool { return path == root || strings.HasPrefix(path, root+"/") }
	return path == "/" || slices.ContainsFunc(agentsOpen, within) && !slices.ContainsFunc(agentsClosed, within)
}

// personOfPass is whose pass a text is that somebody reads at a house.
func (p *program) personOfPass(ctx context.Context, actor identity.Actor, site, text string) (string, error) {
	st, err := p.live.Network().Site(site)
	if err != nil {
		return "", err
	}
	booking, err := p.coworking.ReadPass(actor, st.Code, text)
	if err != nil {
		return "", err
	}
	b, err := p.engine.Get(ctx, booking)
	if err == nil && b.Person == "" {
		err = errs.New(errs.NotFound, "identity.unknown", nil)
	}
	return b.Person, err
}

// housesOf are the houses at which somebody acts for who is in front of them.
func (p *program) housesOf(actor identity.Actor) (list []web.Option) {
	if !actor.MaySomewhere(identity.PersonAssist) {
		return nil
	}
	net := p.live.Network()
	for _, st := range p.coworking.Receptions(actor) {
		if actor.May(identity.PersonAssist, identity.Site(st.ID)) {
			list = append(list, web.Option{Value: st.ID, Text: houseName(net, st)})
		}
	}
	return list
}

// startOf is the page with which somebody begins who acts for another: the house
// where they are, or the search.
func (p *program) startOf(site string) string {
	if st, err := p.live.Network().Site(site); err == nil {
		return coworking.SpacesDoor.Href + "/" + url.PathEscape(st.Code)
	}
	return coworking.SpacesDoor.Href
}
