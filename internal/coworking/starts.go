package coworking

import (
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
)

// FreeStarts are the starts on a date at which some parts of a booking, which
// have one time, can begin anew for as long as they last: the index and the
// rules allow it, and what the parts take now is given back.
func (s *Service) FreeStarts(actor identity.Actor, b Booking, moved []PlacePart, date agenda.Date) (starts []time.Time) {
	first := moved[0]
	length := first.To.Sub(first.From)
	l := &shift{catalog: s.catalog(), Service: s, actor: actor, own: map[atomDay]agenda.Mask{}}
	l.giveBack(b, moved)
	for t := agenda.Clock(0); t < agenda.Midnight24; t += 15 {
		start, _, err := agenda.Instant(date, t, first.Zone)
		if err == nil && !start.Equal(first.From) && l.fits(moved, start, start.Add(length)) {
			starts = append(starts, start.In(first.Zone))
		}
	}
	return starts
}

// shift looks for other times of what somebody has.
type shift struct {
	*catalog
	*Service
	actor identity.Actor
	own   map[atomDay]agenda.Mask // what is taken now and would be given back
}

// atomDay is an atom on a UTC day.
type atomDay struct {
	atom int64
	day  agenda.Day
}

// giveBack notes what some parts of a booking take, turnover and admissions
// included.
func (l *shift) giveBack(b Booking, moved []PlacePart) {
	note := func(atoms []int64, from, to time.Time) {
		cells, err := agenda.Cells(from, to)
		if err != nil {
			return // what is booked has cells
		}
		for _, a := range atoms {
			for _, c := range cells {
				key := atomDay{a, c.Day}
				l.own[key] = l.own[key].Or(c.Mask)
			}
		}
	}
	for _, part := range moved {
		if sh := l.catalog.shelves[part.Kind][part.Site.ID]; sh != nil {
			for _, u := range part.Units {
				note(l.net.Atoms(u.Ordinal), part.From, part.To.Add(time.Duration(sh.rules.Turnover)*time.Minute))
			}
		}
	}
	for _, p := range b.Parts {
		if p.From.Equal(moved[0].From) && p.To.Equal(moved[0].To) {
			note(p.Hidden, p.From, p.To)
		}
	}
}

// fits tells whether parts can have another time.
func (l *shift) fits(moved []PlacePart, from, to time.Time) bool {
	for _, part := range moved {
		w := wish{shelf: l.catalog.shelves[part.Kind][part.Site.ID], units: part.Units, from: from, to: to}
		if w.shelf == nil || l.allow(l.catalog, l.actor, []wish{w}) != nil {
			return false
		}
		for _, u := range part.Units {
			if !l.free(l.net.Atoms(u.Ordinal), from, to.Add(time.Duration(w.rules.Turnover)*time.Minute)) {
				return false
			}
		}
		seats := 0
		for _, a := range w.admission {
			if l.free([]int64{a}, from, to) {
				seats++
			}
		}
		if w.admission != nil && seats < w.seats() {
			return false
		}
	}
	return true
}

// free tells whether atoms are free of all but what is given back.
func (l *shift) free(atoms []int64, from, to time.Time) bool {
	cells, err := agenda.Cells(from, to)
	if err != nil {
		return false
	}
	for _, a := range atoms {
		for _, c := range cells {
			if busy := l.engine.Index.Taken([]int64{a}, c.Day).AndNot(l.own[atomDay{a, c.Day}]); busy.Overlaps(c.Mask) {
				return false
			}
		}
	}
	return true
}
