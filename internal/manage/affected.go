package manage

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"polis/internal/manage/guard"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
	"polis/internal/site"
)

// AffectedBooking is a coming booking that a change of a house would let down.
type AffectedBooking struct {
	reserve.Booking
	Why guard.Why
}

// In are the parts of the booking that are in a house and have places.
func (x *AffectedBooking) In(siteID string) []reserve.Part { return partsIn(x.Parts, siteID) }

func partsIn(parts []reserve.Part, siteID string) (list []reserve.Part) {
	for _, p := range parts {
		if p.Site == siteID && len(p.Units)+len(p.Hidden) > 0 {
			list = append(list, p)
		}
	}
	return list
}

// AffectedBookings lists, by start, the coming bookings of a house that would no longer
// stand: of which something held under the terms before and would not under
// those after. What a booking lost earlier is not its fault now.
func (s *Service) AffectedBookings(ctx context.Context, siteID string, before, after guard.Terms) ([]AffectedBooking, error) {
	if !guard.Worse(before, after) {
		return nil, nil
	}
	return s.coming(ctx, siteID, func(_ *reserve.Booking, parts []reserve.Part, groups func() ([]string, error)) (guard.Why, error) {
		now := s.Clock.Now()
		for _, part := range parts {
			if why := guard.Lost(before, after, &part, now); why != "" {
				return why, nil
			}
		}
		if !guard.Narrower(before.Groups, after.Groups) {
			return "", nil
		}
		has, err := groups()
		if err == nil && guard.ShutOut(before.Groups, after.Groups, has) {
			return guard.Groups, nil
		}
		return "", err
	})
}

// Unsettled lists, by start, the coming bookings of a house that do not stand
// as it is now: somebody let them be when the house was changed, and they are
// still to be moved.
func (s *Service) Unsettled(ctx context.Context, siteID string) ([]AffectedBooking, error) {
	st, err := s.Live.Network().Site(siteID)
	if err != nil {
		return nil, err
	}
	terms, err := guard.TermsOf(st)
	if err != nil {
		return nil, err
	}
	return s.coming(ctx, siteID, func(_ *reserve.Booking, parts []reserve.Part, groups func() ([]string, error)) (guard.Why, error) {
		now, kept := s.Clock.Now(), [][]string{terms.Groups}
		for _, part := range parts {
			switch {
			case !terms.Open:
				return guard.Closed, nil
			case !terms.Opens(&part, now):
				return guard.Hours, nil
			case outOfUse(s.Live.Network(), part):
				return guard.Places, nil
			}
			for _, unit := range part.Units {
				if r, err := s.Live.Network().ByOrdinal(unit); err == nil {
					kept = append(kept, r.Groups)
				}
			}
		}
		if !slices.ContainsFunc(kept, func(whom []string) bool { return len(whom) > 0 }) {
			return "", nil
		}
		has, err := groups()
		if err == nil && slices.ContainsFunc(kept, func(whom []string) bool { return !site.Admits(whom, has) }) {
			return guard.Groups, nil
		}
		return "", err
	})
}

// outOfUse tells whether a part has a place that is out of use, as a whole or in
// a part of it: somebody booked it in the moment in which it was taken out.
func outOfUse(net *site.Network, part reserve.Part) bool {
	for _, unit := range part.Units {
		if slices.ContainsFunc(slices.Concat(net.Atoms(unit), []int64{unit}), func(o int64) bool {
			r, err := net.ByOrdinal(o)
			return err == nil && !r.Active
		}) {
			return true
		}
	}
	return false
}

// coming are the coming bookings of a house for which there is a reason, with
// it. parts are those that are still to come there, groups those of the booking's
// person, asked for where they matter.
func (s *Service) coming(ctx context.Context, siteID string, why func(b *reserve.Booking, parts []reserve.Part, groups func() ([]string, error)) (guard.Why, error)) (list []AffectedBooking, err error) {
	var units []int64
	for _, r := range s.Live.Network().Resources(siteID) {
		units = append(units, r.Ordinal)
	}
	all, err := s.Engine.Ahead(ctx, units)
	if err != nil {
		return nil, err
	}
	groups := s.groupsOnce(ctx)
	for i := range all {
		b := &all[i]
		parts := slices.DeleteFunc(partsIn(b.Parts, siteID), func(p reserve.Part) bool { return !p.To.After(s.Clock.Now()) })
		if len(parts) == 0 {
			continue // it goes on elsewhere
		}
		reason, err := why(b, parts, func() ([]string, error) { return groups(b.Person) })
		if err != nil {
			return nil, err
		}
		if reason != "" {
			list = append(list, AffectedBooking{*b, reason})
		}
	}
	return list, nil
}

// groupsOnce asks for the groups of each person once.
func (s *Service) groupsOnce(ctx context.Context) func(person string) ([]string, error) {
	known := map[string][]string{}
	return func(person string) ([]string, error) {
		has, ok := known[person]
		if ok {
			return has, nil
		}
		has, err := s.Groups(ctx, person)
		known[person] = has
		return has, err
	}
}

// Affected are the bookings that a change affects, as the details of its refusal.
type Affected struct {
	Site     string
	Bookings []AffectedBooking
	At       time.Time // when they were looked for: Keep of who has seen them
}

// MarshalJSON tells programs how many there are, and of nobody.
func (a Affected) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]int{"bookings": len(a.Bookings)})
}

// Refusal is the error that says so; nil where none is affected that came
// or changed since keep: those that stood so then may stay as they are.
func (a Affected) Refusal(keep time.Time) error {
	fresh := slices.ContainsFunc(a.Bookings, func(x AffectedBooking) bool { return x.Changed.After(keep) })
	if !fresh {
		return nil
	}
	return errs.New(errs.Rule, "manage.affected", errs.Args{"count": len(a.Bookings)}).With(a)
}

// AffectedOf are the bookings that an error names as affected.
func AffectedOf(err error) (Affected, bool) {
	if err == nil {
		return Affected{}, false
	}
	a, ok := errs.As(err).Details.(Affected)
	return a, ok
}

// check refuses a change of a house that affects bookings, but for those that may
// stay as they are.
func (s *Service) check(ctx context.Context, siteID string, before, after guard.Terms, keep time.Time) error {
	at := s.Clock.Now()
	list, err := s.AffectedBookings(ctx, siteID, before, after)
	if err != nil || len(list) == 0 {
		return err
	}
	return Affected{Site: siteID, Bookings: list, At: at}.Refusal(keep)
}
