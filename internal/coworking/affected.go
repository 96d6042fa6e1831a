package coworking

import (
	"context"
	"slices"
	"time"

	"polis/internal/identity"
	"polis/internal/reserve"
	"polis/internal/site"
)

// AffectedBooking is a booking that a closure affects.
type AffectedBooking struct {
	Booking
	Parts       []int        // of it that are affected
	Relocations []Relocation // for them, the nearest first; none for a hold, which is given back
	Name        string
}

// Preview lists what a closure would affect, each booking with where it
// could go; what is offered first to each can be had together. Errors as Close,
// without those of the reason.
func (s *Service) Preview(ctx context.Context, actor identity.Actor, req ClosureRequest) ([]AffectedBooking, error) {
	st, units, err := s.closing(actor, req)
	if err != nil {
		return nil, err
	}
	list, err := s.engine.Affected(ctx, units, req.From, req.To)
	if err != nil {
		return nil, err
	}
	f := s.newFinder()
	f.close(units, req.From, req.To)
	out := make([]AffectedBooking, 0, len(list))
	for _, b := range list {
		x, err := s.affected(ctx, f, b, st, units, req.From, req.To)
		if err != nil {
			return nil, err
		}
		if len(x.Parts) > 0 {
			out = append(out, x)
		}
	}
	return out, s.nameThem(ctx, actor, st, out)
}

// closing checks who closes what when.
func (s *Service) closing(actor identity.Actor, req ClosureRequest) (*site.Site, []int64, error) {
	if err := actor.Check(identity.ClosureWrite, identity.Site(req.Site)); err != nil {
		return nil, nil, err
	}
	net := s.live.Network()
	st, err := net.Site(req.Site)
	if err != nil {
		return nil, nil, err
	}
	if _, err := checkTimes(req.From, req.To); err != nil {
		return nil, nil, err
	}
	units, err := unitsOf(net, st, req.Resources)
	return st, units, err
}

// affected is a booking with the relocations of those of its parts that lie in what
// is closed; the first one is taken.
func (s *Service) affected(ctx context.Context, f *finder, b reserve.Booking, st *site.Site, units []int64, from, to time.Time) (AffectedBooking, error) {
	b = b.Standing(f.now)
	x := AffectedBooking{Booking: s.view(b)}
	if !b.Status.Alive() {
		return x, nil
	}
	x.Parts = f.partsIn(b, units, from, to)
	if len(x.Parts) == 0 || b.Status == reserve.Held {
		return x, nil
	}
	groups, err := s.grants.Groups(ctx, b.Person)
	if err != nil {
		return x, err
	}
	if x.Relocations = f.relocations(b, x.Parts, groups); len(x.Relocations) > 0 {
		f.take(x.Relocations[0])
	}
	return x, nil
}

// partsIn are the parts of a booking that have anything of some units in a time,
// turnover included.
func (f *finder) partsIn(b reserve.Booking, units []int64, from, to time.Time) (out []int) {
	shut := map[int64]bool{}
	for _, u := range units {
		for _, a := range f.net.Atoms(u) {
			shut[a] = true
		}
	}
	for i, p := range b.Parts {
		rules := f.net.Rules(p.Site, site.ResourceKind(p.Kind))
		end := p.To.Add(time.Duration(rules.Turnover) * time.Minute)
		if len(p.Units) == 0 || !p.From.Before(to) || !from.Before(end) {
			continue
		}
		if slices.ContainsFunc(p.Units, func(u int64) bool {
			return slices.ContainsFunc(f.net.Atoms(u), func(a int64) bool { return shut[a] })
		}) {
			out = append(out, i)
		}
	}
	return out
}

// nameThem adds the names of whose bookings are shown for a house, and notes it.
func (s *Service) nameThem(ctx context.Context, actor identity.Actor, st *site.Site, list []AffectedBooking) error {
	ids := make([]string, len(list))
	read := identity.Reading{Page: "affected", Site: st.ID}
	for i, x := range list {
		ids[i] = x.Person
		read.Of = append(read.Of, identity.Seen{Person: x.Person, About: identity.ForBooking(x.ID)})
	}
	people, err := s.people.Many(ctx, ids)
	if err != nil {
		return err
	}
	for i, x := range list {
		list[i].Name = people[x.Person].DisplayName()
	}
	return s.people.NoteRead(ctx, actor, read)
}
