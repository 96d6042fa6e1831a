package coworking

import (
	"context"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
	"polis/internal/site"
)

// PlaceState is how a place stands at a time, for one person.
type PlaceState string

// The states.
const (
	PlaceFree     PlaceState = "free"
	PlaceTaken    PlaceState = "taken"    // by somebody
	PlaceMine     PlaceState = "mine"     // by the person who looks
	PlaceClosed   PlaceState = "closed"   // a closure, the hours or the rules do not let it be booked at this time
	PlaceReserved PlaceState = "reserved" // kept for others
	PlaceOver     PlaceState = "over"     // the time is past
)

// Place is a place of a site at a time.
type Place struct {
	*site.Resource
	State PlaceState
}

// Offer is what a site has of one kind at a time.
type Offer struct {
	Places       []Place // by code
	Free         int
	Rules        *site.Rules
	Refused      error         // why nothing can be booked at this time; nil if it can
	Alternatives []Alternative // where nothing is free
}

// Offer lists the places of a kind of a site with their state from up to to. It
// offers what Book accepts from the same actor. Errors: NotFound; Invalid for
// times that cannot be.
func (s *Service) Offer(ctx context.Context, actor identity.Actor, siteID string, kind site.ResourceKind, from, to time.Time) (Offer, error) {
	cells, err := checkTimes(from, to)
	if err != nil {
		return Offer{}, err
	}
	c := s.catalog()
	st, err := c.net.Site(siteID)
	if err != nil {
		return Offer{}, err
	}
	sh := c.shelves[kind][st.ID]
	if sh == nil {
		return Offer{}, errs.New(errs.Rule, "booking.no-such-kind", errs.Args{"site": st.Name}).On("kind")
	}
	w := wish{shelf: sh, pool: sh.units, count: 1, from: from, to: to}
	out := Offer{Rules: sh.rules, Refused: s.allow(c, actor, []wish{w})}
	parts, err := s.ownParts(ctx, actor, from, to)
	if err != nil {
		return Offer{}, err
	}
	mine := c.atomsOfParts(parts)
	l := &look{catalog: c, engine: s.engine, cells: cells, from: from, to: to, count: 1, padded: map[int][]agenda.Cell{}}
	s.engine.Index.Read(func() {
		view := s.engine.Index.View(l.withTurnover(sh.rules.Turnover))
		for _, u := range sh.units {
			p, atoms := Place{u, PlaceTaken}, c.net.Atoms(u.Ordinal)
			switch {
			case all(mine, atoms):
				p.State = PlaceMine
			case out.Refused != nil:
				p.State = PlaceClosed
			case !admits(st, u, actor.Groups):
				p.State = PlaceReserved
			case view.Free(atoms) && l.admitsSeats(sh, u.Seats):
				p.State = PlaceFree
				out.Free++
			case view.Shut(atoms):
				p.State = PlaceClosed
			}
			out.Places = append(out.Places, p)
		}
	})
	if out.Free == 0 && st.State == site.Open {
		for _, a := range s.alternatives(actor, &w) {
			if a.Site != st.ID || !a.From.Equal(from) { // here, now, there is nothing
				out.Alternatives = append(out.Alternatives, a)
			}
		}
	}
	return out, nil
}

// most is how many coming bookings of a person are looked at.
const most = 200

// ownParts are the parts of a person's coming bookings that fall within a time.
func (s *Service) ownParts(ctx context.Context, actor identity.Actor, from, to time.Time) (parts []reserve.Part, err error) {
	if !actor.SignedIn() {
		return nil, nil
	}
	list, err := s.engine.Coming(ctx, actor.Person, most)
	if err != nil {
		return nil, err
	}
	now := s.clock.Now()
	for _, was := range list {
		b := was.Standing(now)
		if b.Status != was.Status {
			continue // a hold that is over
		}
		for _, p := range b.Parts {
			if p.From.Before(to) && from.Before(p.To) {
				parts = append(parts, p)
			}
		}
	}
	return parts, nil
}

// atomsOfParts are the atoms that parts of bookings take.
func (c *catalog) atomsOfParts(parts []reserve.Part) map[int64]bool {
	atoms := map[int64]bool{}
	for _, p := range parts {
		for _, u := range p.Units {
			for _, a := range c.net.Atoms(u) {
				atoms[a] = true
			}
		}
	}
	return atoms
}

// all tells whether a set has all of some atoms.
func all(set map[int64]bool, atoms []int64) bool {
	for _, a := range atoms {
		if !set[a] {
			return false
		}
	}
	return len(atoms) > 0
}

// Kinds are the kinds of place that a site has and people book themselves.
func (s *Service) Kinds(siteID string) (kinds []site.ResourceKind) {
	c := s.catalog()
	for _, k := range site.Bookable {
		if c.shelves[k][siteID] != nil {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// Coming lists what somebody has still to come, or the organisation for which they
// act, the next first.
func (s *Service) Coming(ctx context.Context, actor identity.Actor) ([]Booking, error) {
	if err := actor.Check(identity.BookingOwn, identity.Of(actor.Person)); err != nil {
		return nil, err
	}
	list, err := s.comingOf(ctx, actor)
	if err != nil {
		return nil, err
	}
	return s.views(actor, list), s.notePartyRead(ctx, actor, list)
}

// standing is how a booking stands at an instant: what has fallen due counts,
// though nobody has come by yet to write it down.
func standing(b reserve.Booking, now time.Time) reserve.Status {
	return b.Standing(now).Status
}
