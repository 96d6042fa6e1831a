package manage

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
	"polis/internal/site"
)

// Terms are what the coming bookings of a house stand on. Whatever changes a
// house compares the terms before with those after: see InTheWay.
type Terms struct {
	Open   bool            // the house can be used
	Hours  *agenda.Opening // when
	Groups []string        // by whom; empty = everyone
}

// TermsOf are those of a house as it is written, or would be.
func TermsOf(st *site.Site) (Terms, error) {
	opening, err := site.OpeningOf(st)
	return Terms{Open: st.State == site.Open, Hours: opening, Groups: st.Groups}, err
}

// Why says why a booking would no longer stand.
type Why string

// The reasons.
const (
	WhyClosed Why = "closed" // the house is not open any more
	WhyHours  Why = "hours"  // it is not open at that time
	WhyGroups Why = "groups" // it is for others
	WhyPlaces Why = "places" // a place of it is out of use
	WhyRules  Why = "rules"  // it would not be taken any more
)

// Hindrance is a coming booking in the way of a change.
type Hindrance struct {
	reserve.Booking
	Why Why
}

// In are the parts of the booking that are in a house and have places.
func (x *Hindrance) In(siteID string) []reserve.Part { return partsIn(x.Parts, siteID) }

func partsIn(parts []reserve.Part, siteID string) (list []reserve.Part) {
	for _, p := range parts {
		if p.Site == siteID && len(p.Units)+len(p.Hidden) > 0 {
			list = append(list, p)
		}
	}
	return list
}

// InTheWay lists, by start, the coming bookings of a house that would no longer
// stand: of which something held under the terms before and would not under
// those after. What a booking lost earlier is not its fault now.
func (s *Service) InTheWay(ctx context.Context, siteID string, before, after Terms) ([]Hindrance, error) {
	if !worse(before, after) {
		return nil, nil
	}
	return s.coming(ctx, siteID, func(b *reserve.Booking, groups func() ([]string, error)) (Why, error) {
		now := s.Clock.Now()
		for _, part := range partsIn(b.Parts, siteID) {
			switch {
			case before.Open && !after.Open:
				return WhyClosed, nil
			case before.opens(part, now) && !after.opens(part, now):
				return WhyHours, nil
			}
		}
		if slices.Equal(before.Groups, after.Groups) || len(after.Groups) == 0 {
			return "", nil
		}
		has, err := groups()
		if err == nil && site.Admits(before.Groups, has) && !site.Admits(after.Groups, has) {
			return WhyGroups, nil
		}
		return "", err
	})
}

// Unsettled lists, by start, the coming bookings of a house that do not stand
// as it is now: somebody let them be when the house was changed, and they are
// still to be moved.
func (s *Service) Unsettled(ctx context.Context, siteID string) ([]Hindrance, error) {
	st, err := s.Live.Network().Site(siteID)
	if err != nil {
		return nil, err
	}
	terms, err := TermsOf(st)
	if err != nil {
		return nil, err
	}
	return s.coming(ctx, siteID, func(b *reserve.Booking, _ func() ([]string, error)) (Why, error) {
		now := s.Clock.Now()
		for _, part := range partsIn(b.Parts, siteID) {
			switch {
			case !terms.Open:
				return WhyClosed, nil
			case !terms.opens(part, now):
				return WhyHours, nil
			case outOfUse(s.Live.Network(), part):
				return WhyPlaces, nil
			}
		}
		return "", nil
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
// it. groups are those of the booking's person, asked for where they matter.
func (s *Service) coming(ctx context.Context, siteID string, why func(b *reserve.Booking, groups func() ([]string, error)) (Why, error)) (list []Hindrance, err error) {
	var units []int64
	for _, r := range s.Live.Network().Resources(siteID) {
		units = append(units, r.Ordinal)
	}
	all, err := s.Engine.Ahead(ctx, units)
	if err != nil {
		return nil, err
	}
	known := map[string][]string{}
	for i := range all {
		b := &all[i]
		reason, err := why(b, func() ([]string, error) {
			has, ok := known[b.Person]
			if ok {
				return has, nil
			}
			has, err := s.Groups(ctx, b.Person)
			known[b.Person] = has
			return has, err
		})
		if err != nil {
			return nil, err
		}
		if reason != "" {
			list = append(list, Hindrance{*b, reason})
		}
	}
	return list, nil
}

// worse tells whether a booking could stand before and not after; where it
// could not, none need be read.
func worse(before, after Terms) bool {
	sameHours := before.Hours.Hours.Equal(after.Hours.Hours) && before.Hours.Patron == after.Hours.Patron &&
		before.Hours.Zone.String() == after.Hours.Zone.String() && sameExceptions(before.Hours.Exceptions, after.Hours.Exceptions)
	return before.Open && !after.Open || !sameHours || !slices.Equal(before.Groups, after.Groups)
}

func sameExceptions(a, b map[agenda.Date][]agenda.Span) bool {
	if len(a) != len(b) {
		return false
	}
	for day, spans := range a {
		if other, ok := b[day]; !ok || !slices.Equal(spans, other) {
			return false
		}
	}
	return true
}

// opens tells whether the house has the hours for what is still to come of a
// part. How the house is, open or not, does not matter here.
func (t Terms) opens(part reserve.Part, now time.Time) bool {
	from := part.From
	if now = now.Truncate(agenda.Quarter); from.Before(now) {
		from = now
	}
	cells, err := agenda.Cells(from, part.To)
	return err != nil || t.Hours.Contains(cells) // an error: it is over
}

// Way are the bookings in the way of a change, as the details of its refusal.
type Way struct {
	Site     string
	Bookings []Hindrance
	At       time.Time // when they were looked for: Keep of who has seen them
}

// MarshalJSON tells programs how many there are, and of nobody.
func (w Way) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]int{"bookings": len(w.Bookings)})
}

// Refusal is the error that says so; nil where nothing is in the way that came
// or changed since keep: those that stood so then may stay as they are.
func (w Way) Refusal(keep time.Time) error {
	fresh := slices.ContainsFunc(w.Bookings, func(x Hindrance) bool { return x.Changed.After(keep) })
	if !fresh {
		return nil
	}
	return errs.New(errs.Rule, "manage.way", errs.Args{"count": len(w.Bookings)}).With(w)
}

// WayOf are the bookings that an error names as being in the way.
func WayOf(err error) (Way, bool) {
	if err == nil {
		return Way{}, false
	}
	w, ok := errs.As(err).Details.(Way)
	return w, ok
}

// check refuses a change of a house that has bookings in its way, but for those
// that may stay as they are.
func (s *Service) check(ctx context.Context, siteID string, before, after Terms, keep time.Time) error {
	at := s.Clock.Now()
	list, err := s.InTheWay(ctx, siteID, before, after)
	if err != nil || len(list) == 0 {
		return err
	}
	return Way{Site: siteID, Bookings: list, At: at}.Refusal(keep)
}
