package counter

import (
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter/forecast"
	"polis/internal/site"
)

// absentAfter is how late an operator may be who is expected all the same.
const absentAfter = 15 * time.Minute

// working are the desks that will call people today, for the forecast: each once for
// every stretch of the day in which somebody is at it. Who sits at a desk stays until
// the shift or the opening ends; at the others somebody comes as the roster says. An
// office without a roster has all its desks staffed, but once somebody sits at some of
// them only these.
func (s *Service) working(st *site.Site, now time.Time, desks []Desk, roster *Roster, busy map[string]*Ticket) (list []forecast.Desk) {
	open := slices.ContainsFunc(desks, func(d Desk) bool { return d.Open() })
	for k := range desks {
		d := &desks[k]
		for _, i := range s.staffed(st, now, d, roster, open) {
			f := forecast.Desk{ID: d.ID, Can: d.Can, From: i.From, To: i.To}
			if t := busy[d.ID]; t != nil {
				f.Busy, f.Since = t.Open(), t.Since
			}
			list = append(list, f)
		}
	}
	return list
}

// staffed are the stretches of what is left of the day in which a desk calls people.
func (s *Service) staffed(st *site.Site, now time.Time, d *Desk, roster *Roster, open bool) (list []agenda.Interval) {
	for _, o := range s.Live.Network().Opening(st.ID).On(s.today(st, now)) {
		if !o.To.After(now) {
			continue
		}
		started := !now.Before(o.From)
		if len(roster.Shifts) == 0 {
			if d.Open() || !open {
				list = append(list, o)
			}
			continue
		}
		seated := false // the shift in which they sit is in the list
		for _, i := range s.shiftsOf(st, now, d, roster) {
			i.From, i.To = later(i.From, o.From), earlier(i.To, o.To)
			under := !now.Before(i.From) && now.Before(i.To)
			switch {
			case !i.To.After(i.From) || !i.To.After(now):
			case under && d.Open():
				seated = true
				list = append(list, i)
			case !under || now.Before(i.From.Add(absentAfter)):
				list = append(list, i)
			}
		}
		if started && d.Open() && !seated { // nobody planned it: as long as the office is open
			list = append(list, agenda.Interval{From: now, To: o.To})
		}
	}
	if list = without(list, d.ID, roster.Closures); len(list) == 0 && d.Open() { // they serve who is still there
		list = append(list, agenda.Interval{From: now})
	}
	return list
}

// shiftsOf are the shifts of a desk on the day of an instant.
func (s *Service) shiftsOf(st *site.Site, now time.Time, d *Desk, roster *Roster) (list []agenda.Interval) {
	zone, day := s.Live.Network().Zone(st), s.today(st, now)
	for _, x := range roster.Shifts {
		if x.Desk != d.ID || x.Weekday != day.Weekday() {
			continue
		}
		from, _, err := agenda.Instant(day, x.From, zone)
		if err != nil {
			continue
		}
		if to, _, err := agenda.Instant(day, x.To, zone); err == nil {
			list = append(list, agenda.Interval{From: from, To: to})
		}
	}
	return list
}

// without takes the closures of a desk out of stretches of time.
func without(list []agenda.Interval, desk string, closures []Closure) []agenda.Interval {
	for _, c := range closures {
		if c.Desk != desk {
			continue
		}
		var left []agenda.Interval
		for _, i := range list {
			if before := (agenda.Interval{From: i.From, To: earlier(i.To, c.From)}); before.To.After(before.From) {
				left = append(left, before)
			}
			if after := (agenda.Interval{From: later(i.From, c.To), To: i.To}); after.To.After(after.From) {
				left = append(left, after)
			}
		}
		list = left
	}
	return list
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
