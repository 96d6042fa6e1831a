package appointment

import (
	"context"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter"
	"polis/internal/counter/catalog"
	"polis/internal/counter/queue"
	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/site"
)

// RosterOf is the Roster of the counters: the desks of an office with what they are
// equipped for, who sits there in the week, and when they are closed.
func RosterOf(core *counter.Service) Roster {
	return func(ctx context.Context, r db.Reader, st *site.Site, from, _ agenda.Date) (func(agenda.Date) []Desk, error) {
		net := core.Live.Network()
		zone := net.Zone(st)
		plan, err := core.RosterOf(ctx, r, st.ID, from.UTC().Add(-24*time.Hour))
		if err != nil {
			return nil, err
		}
		offers, err := core.Offers(ctx, identity.Anonymous, st.ID)
		if err != nil {
			return nil, err
		}
		x := roster{plan: plan, offers: map[string]counter.Offer{}, zone: zone, opening: net.Opening(st.ID)}
		for _, o := range offers {
			x.offers[o.Service.ID] = o
		}
		for _, place := range net.OfKind(st.ID, site.Counter) {
			if place.Active {
				x.desks = append(x.desks, counter.Desk{ID: place.ID, Equipment: place.Features})
			}
		}
		return x.on, nil
	}
}

// roster is how an office is staffed, as it was read.
type roster struct {
	plan    counter.Roster
	offers  map[string]counter.Offer
	desks   []counter.Desk
	zone    *time.Location
	opening *agenda.Opening
}

// on are the desks of a day. An office without shifts has all its desks staffed while
// it is open.
func (x *roster) on(day agenda.Date) (list []Desk) {
	for i := range x.desks {
		desk := &x.desks[i]
		d := Desk{ID: desk.ID}
		if len(x.plan.Shifts) == 0 {
			for _, open := range x.opening.On(day) {
				d.Shifts = append(d.Shifts, Shift{open, x.can(desk, nil, day)})
			}
		}
		for _, s := range x.plan.Shifts {
			if s.Desk != desk.ID || s.Weekday != day.Weekday() {
				continue
			}
			from, _, errFrom := agenda.Instant(day, s.From, x.zone)
			to, _, errTo := agenda.Instant(day, s.To, x.zone)
			if errFrom == nil && errTo == nil {
				d.Shifts = append(d.Shifts, Shift{agenda.Interval{From: from, To: to}, x.can(desk, x.plan.Staff[s.Person], day)})
			}
		}
		for _, c := range x.plan.Closures {
			if c.Desk == desk.ID {
				d.Closed = append(d.Closed, agenda.Interval{From: c.From, To: c.To})
			}
		}
		list = append(list, d)
	}
	return list
}

// can tells what is done at a desk by who sits there: active in the office that day,
// equipped for, and within what they are trained in and permitted.
func (x *roster) can(desk *counter.Desk, staff *counter.Staff, day agenda.Date) func(string) bool {
	return func(service string) bool {
		sv, ok := catalog.Find(service)
		o := x.offers[service]
		started := o.Active && (!o.Since.Valid() || !day.Before(o.Since)) ||
			o.State == counter.OfferActive && o.Since.Valid() && !day.Before(o.Since)
		return ok && started && desk.Equipped(sv) && counter.Able(staff, sv)
	}
}

// OfferedBy tells what the counters of an office have to be booked.
func OfferedBy(core *counter.Service) Offered {
	return func(ctx context.Context, office string) (map[string]bool, error) {
		list, err := core.Offers(ctx, identity.Anonymous, office)
		has := map[string]bool{}
		for _, o := range list {
			has[o.Service.ID] = o.Active || o.State == counter.OfferActive && o.Since.Valid()
		}
		return has, err
	}
}

// AdmitTo gives who comes for an appointment a number of the counters.
func AdmitTo(core *counter.Service) Admit {
	return func(ctx context.Context, actor identity.Actor, a Appointment) (string, error) {
		req := counter.TakeRequest{
			Office: a.Office, Services: a.services(), Origin: counter.ByAppointment, Language: a.Language, Appointment: a.ID, Due: a.From,
		}
		if actor.Person == a.Person || actor.May(identity.QueueWork, identity.Site(a.Office)) {
			req.Person = a.Person
		}
		t, err := core.Take(ctx, actor, req)
		if err != nil {
			return "", err
		}
		return t.ID, nil
	}
}

// Expecting tells the counters who is expected, as their own transaction sees it.
func Expecting(live *site.Live) counter.Expect {
	return func(ctx context.Context, r db.Reader, office string, from time.Time) ([]queue.Entry, error) {
		return expected(ctx, r, live, office, from)
	}
}
