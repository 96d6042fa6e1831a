package coworking

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"errors"
	"slices"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/pass"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
	"polis/internal/site"
	"polis/internal/territory"
)

// Arrival is a booking as the reception of a house sees it on a day.
type Arrival struct {
	Booking  reserve.Booking
	Name     string         // short form; empty until somebody asks for it
	Status   reserve.Status // confirmed, checked-in or completed
	From, To time.Time      // of what it has in this house that day
	Units    []*site.Resource
}

// Desk is the reception of a house on a day.
type Desk struct {
	Site     *site.Site
	Zone     *time.Location
	Day      agenda.Date
	Arrivals []Arrival // who is expected, then who is in, then who has left; each by start
	Expected int
	Present  int
}

// Receptions are the houses whose reception the actor may see, by name.
func (s *Service) Receptions(actor identity.Actor) (list []*site.Site) {
	for _, hit := range s.live.Network().Sites(site.Filter{State: site.Open}) {
		if actor.May(identity.BookingRead, identity.Site(hit.Site.ID)) && len(s.Kinds(hit.Site.ID)) > 0 {
			list = append(list, hit.Site)
		}
	}
	return list
}

// Reception is today at the reception of a house, found by its code. Names are
// not read yet: see Named. Errors: Unauthenticated, Forbidden, NotFound.
func (s *Service) Reception(ctx context.Context, actor identity.Actor, code string) (Desk, error) {
	net := s.live.Network()
	st, err := net.ByCode(code)
	if err != nil {
		return Desk{}, err
	}
	if err := actor.Check(identity.BookingRead, identity.Site(st.ID)); err != nil {
		return Desk{}, err
	}
	now, zone := s.clock.Now(), net.Zone(st)
	d := Desk{Site: st, Zone: zone, Day: agenda.DateOf(now.In(zone))}
	from := time.Date(d.Day.Year, d.Day.Month, d.Day.Day, 0, 0, 0, 0, zone)
	to := time.Date(d.Day.Year, d.Day.Month, d.Day.Day+1, 0, 0, 0, 0, zone)
	list, err := s.engine.Visits(ctx, ordinals(net.Resources(st.ID)), from, to)
	if err != nil {
		return Desk{}, err
	}
	for _, b := range list {
		b = b.Standing(now).Within(func(siteID string) bool { return siteID == st.ID })
		a := Arrival{Booking: b, Status: b.Status}
		switch a.Status {
		case reserve.Confirmed:
			d.Expected++
		case reserve.CheckedIn:
			d.Present++
		case reserve.Completed:
		default: // not confirmed yet, or released
			continue
		}
		for _, p := range b.Parts {
			if len(p.Units) > 0 && p.From.Before(to) && from.Before(p.To) {
				a.add(net, p, from, to)
			}
		}
		if len(a.Units) > 0 { // else only the cleaning after yesterday's visit
			d.Arrivals = append(d.Arrivals, a)
		}
	}
	rank := map[reserve.Status]int{reserve.Confirmed: 0, reserve.CheckedIn: 1, reserve.Completed: 2}
	slices.SortStableFunc(d.Arrivals, func(a, b Arrival) int {
		return cmp.Or(cmp.Compare(rank[a.Status], rank[b.Status]), a.From.Compare(b.From))
	})
	return d, nil
}

// add adds what of a part lies in a day.
func (a *Arrival) add(net *site.Network, p reserve.Part, from, to time.Time) {
	if p.From.After(from) {
		from = p.From
	}
	if p.To.Before(to) {
		to = p.To
	}
	if a.From.IsZero() || from.Before(a.From) {
		a.From = from
	}
	if to.After(a.To) {
		a.To = to
	}
	for _, o := range p.Units {
		if r, err := net.ByOrdinal(o); err == nil && !slices.Contains(a.Units, r) {
			a.Units = append(a.Units, r)
		}
	}
}

// Named reads the names of some arrivals at a house, in one query, and keeps those with
// all the words asked for in the name or the places. Names lie encrypted, so
// this is the only way to look for one; the whole name counts, the short form
// is shown. Whose names are shown is noted: of those found at most that many.
func (s *Service) Named(ctx context.Context, actor identity.Actor, st *site.Site, page string, list []Arrival, words string, most int) ([]Arrival, error) {
	var ids []string
	seen := map[string]bool{}
	for _, a := range list {
		if !seen[a.Booking.Person] {
			seen[a.Booking.Person] = true
			ids = append(ids, a.Booking.Person)
		}
	}
	people, err := s.people.Many(ctx, ids)
	if err != nil {
		return nil, err
	}
	wanted := strings.Fields(territory.Fold(words))
	var out []Arrival
	for _, a := range list {
		person := people[a.Booking.Person]
		a.Name = person.DisplayName()
		text := person.FullName()
		for _, u := range a.Units {
			text += " " + u.Code + " " + u.Name
		}
		text = territory.Fold(text)
		if !slices.ContainsFunc(wanted, func(w string) bool { return !strings.Contains(text, w) }) {
			out = append(out, a)
		}
	}
	read := identity.Reading{Page: page, Site: st.ID}
	for _, a := range out[:min(most, len(out))] {
		read.Of = append(read.Of, identity.Seen{Person: a.Booking.Person, About: identity.ForBooking(a.Booking.ID)})
	}
	return out, s.people.NoteRead(ctx, actor, read)
}

// door is the name of a house's doors on passes.
func door(st *site.Site) string { return "site:" + st.Code }

// ReadPass is the booking whose pass somebody shows at a house. Errors: what is
// wrong with the pass (Invalid, Forbidden, Rule); NotFound for an unknown house.
func (s *Service) ReadPass(actor identity.Actor, code, text string) (id string, err error) {
	st, err := s.live.Network().ByCode(code)
	if err != nil {
		return "", err
	}
	if err := actor.Check(identity.BookingCheck, identity.Site(st.ID)); err != nil {
		return "", err
	}
	p, err := pass.Verify([]ed25519.PublicKey{s.PassKey()}, text, s.clock.Now())
	switch {
	case errors.Is(err, pass.ErrForm): // beside the field it was typed into
		return "", errs.New(errs.Invalid, "pass.form", nil).On("pass")
	case err != nil && !errors.Is(err, pass.ErrNotYet) && !errors.Is(err, pass.ErrExpired):
		return "", err
	case !slices.Contains(p.Doors, door(st)):
		return "", errs.New(errs.Rule, "check-in.elsewhere", nil)
	case errors.Is(err, pass.ErrNotYet):
		return "", errs.New(errs.Rule, "check-in.early", errs.Args{"from": p.NotBefore.In(s.live.Network().Zone(st))})
	case err != nil: // it has expired
		return "", err
	}
	return p.ID, nil
}
