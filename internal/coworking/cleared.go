package coworking

import (
	"context"
	"slices"

	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
)

// Cleared is how far a clearing is, with the bookings that somebody must look
// after.
type Cleared struct {
	Clearing
	Moved, Cancelled, Waiting int
	Left                      []InWay // they are where they were
	Call                      []InWay // changed, and nobody can write to the person, or the person is in the house
}

// Clearing reads a clearing, without names, for who may close places of its house. NotFound for
// others.
func (s *Service) Clearing(ctx context.Context, actor identity.Actor, id string) (Cleared, error) {
	var out Cleared
	c, err := s.clearing(ctx, id)
	if err == nil && !actor.May(identity.ClosureWrite, identity.Site(c.Site)) {
		err = errs.New(errs.NotFound, "closure.unknown", nil)
	}
	if out.Clearing = c; err != nil {
		return out, err
	}
	ids := make([]string, len(c.Items))
	for i, x := range c.Items {
		ids[i] = x.Booking
	}
	found, err := s.engine.GetMany(ctx, s.db, ids)
	if err != nil {
		return out, err
	}
	people := make([]string, 0, len(found))
	for _, b := range found {
		people = append(people, b.Person)
	}
	reached, err := s.people.WithContact(ctx, s.db, people)
	if err != nil {
		return out, err
	}
	for _, x := range c.Items {
		b, known := found[x.Booking]
		if !known {
			continue
		}
		changed := x.Outcome == OutcomeMoved || x.Outcome == OutcomeCancelled
		switch x.Outcome {
		case "":
			out.Waiting++
		case OutcomeMoved:
			out.Moved++
		case OutcomeCancelled:
			out.Cancelled++
		case OutcomeLeft:
			out.Left = append(out.Left, InWay{Booking: s.view(b)})
		}
		if changed && (!reached[b.Person] || b.Status == reserve.CheckedIn || b.Status == reserve.Completed) {
			out.Call = append(out.Call, InWay{Booking: s.view(b)})
		}
	}
	for _, list := range [][]InWay{out.Left, out.Call} {
		slices.SortStableFunc(list, func(a, b InWay) int { return a.Starts.Compare(b.Starts) })
	}
	return out, nil
}
