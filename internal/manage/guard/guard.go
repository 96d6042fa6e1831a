// Package guard says which coming bookings a change of a house affects. Whoever
// changes one asks here, on a page or by a list: what a house stands on is
// compared as it is and as it would be, and what a booking lost earlier is not
// the fault of this change.
package guard

import (
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/reserve"
	"polis/internal/site"
)

// Terms are what the coming bookings of a house stand on, beside its places.
type Terms struct {
	Open   bool            // the house can be used
	Hours  *agenda.Opening // when
	Groups []string        // by whom; empty = everyone
}

// TermsOf are those of a house as it is written, or would be. The error is
// Invalid.
func TermsOf(st *site.Site) (Terms, error) {
	opening, err := site.OpeningOf(st)
	return Terms{Open: st.State == site.Open, Hours: opening, Groups: st.Groups}, err
}

// Why says why a booking would no longer stand.
type Why string

// The reasons.
const (
	Closed Why = "closed" // the house is not open any more
	Hours  Why = "hours"  // it is not open at that time
	Groups Why = "groups" // it, or the place, is for others
	Places Why = "places" // a place of it is out of use
	Rules  Why = "rules"  // it would not be taken any more
)

// Worse tells whether a booking could stand before and not after; where none
// could, none need be read.
func Worse(before, after Terms) bool {
	return before.Open && !after.Open || !sameHours(before.Hours, after.Hours) || !slices.Equal(before.Groups, after.Groups)
}

func sameHours(a, b *agenda.Opening) bool {
	if !a.Hours.Equal(b.Hours) || a.Patron != b.Patron || a.Zone.String() != b.Zone.String() || len(a.Exceptions) != len(b.Exceptions) {
		return false
	}
	for day, spans := range a.Exceptions {
		if other, ok := b.Exceptions[day]; !ok || !slices.Equal(spans, other) {
			return false
		}
	}
	return true
}

// Lost says why a part of a booking would no longer stand; "" where it would, or
// did not before. Whom the house admits is for ShutOut to say.
func Lost(before, after Terms, part *reserve.Part, now time.Time) Why {
	switch {
	case before.Open && !after.Open:
		return Closed
	case before.Opens(part, now) && !after.Opens(part, now):
		return Hours
	}
	return ""
}

// Opens tells whether the house has the hours for what is still to come of a
// part. How the house is, open or not, does not matter here.
func (t Terms) Opens(part *reserve.Part, now time.Time) bool {
	from := part.From
	if now = now.Truncate(agenda.Quarter); from.Before(now) {
		from = now
	}
	cells, err := agenda.Cells(from, part.To)
	return err != nil || t.Hours.Contains(cells) // an error: it is over
}

// ShutOut tells whether somebody of some groups was admitted before and is not
// after.
func ShutOut(before, after, groups []string) bool {
	return site.Admits(before, groups) && !site.Admits(after, groups)
}

// Narrower tells whether anybody at all could be shut out.
func Narrower(before, after []string) bool {
	if len(after) == 0 {
		return false
	}
	return len(before) == 0 || slices.ContainsFunc(before, func(g string) bool { return !slices.Contains(after, g) })
}

// Strain is what a change takes from a place that bookings may rely on.
type Strain struct {
	Before, After *site.Resource
	On            string // input that it is about, as of site.Fault
}

// Strained tells what a change takes from a place: it goes out of use, turns
// into another kind, becomes smaller, is made of other parts, or is kept for
// other groups. More seats let nobody down.
func Strained(before, after *site.Resource) (s Strain, ok bool) {
	switch {
	case before.Active && !after.Active:
		s.On = site.OnUse
	case before.Kind != after.Kind:
		s.On = site.OnKind
	case after.Seats < before.Seats:
		s.On = site.OnSeats
	case !slices.Equal(before.Atoms, after.Atoms):
		s.On = site.OnParts
	case Narrower(before.Groups, after.Groups):
		s.On = site.OnGroups
	}
	s.Before, s.After = before, after
	return s, s.On != ""
}

// Meets tells whether a part of a booking has the place, or something made of
// it. Whom a place admits concerns who booked that place itself, if the groups
// of the person are not enough: see ShutsOut.
func (s *Strain) Meets(part *reserve.Part, atoms func(unit int64) []int64) bool {
	o := s.Before.Ordinal
	if s.On == site.OnGroups {
		return slices.Contains(part.Units, o)
	}
	has := func(u int64) bool { return u == o || slices.Contains(atoms(u), o) }
	return slices.ContainsFunc(part.Units, has) || slices.ContainsFunc(part.Hidden, has)
}

// ShutsOut tells whether it is only who of some groups booked the place that is
// let down: nil where it is everyone.
func (s *Strain) ShutsOut() func(groups []string) bool {
	if s.On != site.OnGroups {
		return nil
	}
	return func(groups []string) bool { return ShutOut(s.Before.Groups, s.After.Groups, groups) }
}
