package coworking

import (
	"cmp"
	"context"
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/reserve"
	"polis/internal/site"
)

// DaySheet is a house on a day: every place with what happens on it.
type DaySheet struct {
	Site     *site.Site
	Zone     *time.Location
	Day      agenda.Date
	Open     []Interval // opening hours
	From, To time.Time  // what there is to see, in whole hours
	Rows     []DayRow   // by floor, room, kind and code
	Expected int
	Present  int
	Over     int
	Arrivals []Arrival // who is still expected, by start; names as in Reception
	Missed   []Arrival // who did not come, by start; names as in Reception
}

// DayRow is a place with its day.
type DayRow struct {
	Place *site.Resource
	Room  *site.Room // nil where it stands in none
	Spans []DaySpan  // by start
	Free  bool       // now, or on another day all the time that the house is open
}

// DaySpan is a time over which a place stands the same.
type DaySpan struct {
	Interval
	State   SpanState
	Booking string // id; "" of a closure
}

// SpanState is how a place stands for the people of the house.
type SpanState string

// The states.
const (
	SpanHeld     SpanState = "held"     // somebody is about to confirm
	SpanExpected SpanState = "expected" // a person is awaited
	SpanLate     SpanState = "late"     // a person should be there
	SpanIn       SpanState = "in"       // a person is there
	SpanOver     SpanState = "over"     // the visit is over
	SpanMissed   SpanState = "missed"   // nobody came
	SpanShut     SpanState = "shut"     // closed
)

// usualHours are seen of a day on which a house neither opens nor has anybody.
var usualHours = [2]int{8, 20}

// DaySheet is a day of a house, found by its code, for who may see its bookings.
// Errors: Unauthenticated, Forbidden, NotFound.
func (s *Service) DaySheet(ctx context.Context, actor identity.Actor, code string, day agenda.Date) (DaySheet, error) {
	net := s.live.Network()
	st, err := net.ByCode(code)
	if err != nil {
		return DaySheet{}, err
	}
	if err := actor.Check(identity.BookingRead, identity.Site(st.ID)); err != nil {
		return DaySheet{}, err
	}
	now, zone := s.clock.Now(), net.Zone(st)
	from, to := startOf(day, zone), startOf(day.AddDays(1), zone)
	d := DaySheet{Site: st, Zone: zone, Day: day, Rows: dayRows(net, st)}
	for _, o := range net.Opening(st.ID).On(day) {
		d.Open = append(d.Open, Interval{o.From.In(zone), o.To.In(zone)})
	}
	list, err := s.engine.Visits(ctx, ordinals(net.Resources(st.ID)), from, to)
	if err != nil {
		return d, err
	}
	rows := d.rowsOf(net)
	for _, b := range list {
		s.addVisit(&d, net, rows, d.here(b.Standing(now)), from, to, now)
	}
	missed, err := s.engine.MissedBetween(ctx, from, to)
	if err != nil {
		return d, err
	}
	for _, b := range missed {
		d.addMissed(net, rows, d.here(b), from, to)
	}
	for _, list := range [][]Arrival{d.Arrivals, d.Missed} {
		slices.SortStableFunc(list, func(a, b Arrival) int { return a.From.Compare(b.From) })
	}
	d.bounds()
	s.addShut(&d, net, now)
	return d, nil
}

// here is what of a booking lies in the house.
func (d *DaySheet) here(b reserve.Booking) reserve.Booking {
	return b.Within(func(siteID string) bool { return siteID == d.Site.ID })
}

// dayRows are the places that people book, each in its room.
func dayRows(net *site.Network, st *site.Site) (rows []DayRow) {
	for _, r := range net.Resources(st.ID) {
		if r.Active && slices.Contains(site.Bookable, r.Kind) {
			row := DayRow{Place: r}
			if room, err := net.Room(r.Room); err == nil {
				row.Room = room
			}
			rows = append(rows, row)
		}
	}
	slices.SortStableFunc(rows, func(a, b DayRow) int { // by kind and code already
		if a.Room == nil || b.Room == nil || a.Room == b.Room {
			return cmp.Compare(kindRank(a.Place.Kind), kindRank(b.Place.Kind))
		}
		return cmp.Or(cmp.Compare(a.Room.Floor, b.Room.Floor), cmp.Compare(a.Room.Code, b.Room.Code))
	})
	return rows
}

func kindRank(k site.ResourceKind) int { return slices.Index(site.Bookable, k) }

// rowsOf are the rows that an atom is part of: a hall and its halves share some.
func (d *DaySheet) rowsOf(net *site.Network) map[int64][]int {
	out := map[int64][]int{}
	for i, row := range d.Rows {
		for _, a := range net.Atoms(row.Place.Ordinal) {
			out[a] = append(out[a], i)
		}
	}
	return out
}

// addVisit adds a booking to the rows of its places and to the counts.
func (s *Service) addVisit(d *DaySheet, net *site.Network, rows map[int64][]int, b reserve.Booking, from, to, now time.Time) {
	state := spanState(b, now)
	if state == "" {
		return
	}
	a := Arrival{Booking: b, Status: b.Status}
	for _, p := range b.Parts {
		if len(p.Units) == 0 || !p.From.Before(to) || !from.Before(p.To) {
			continue
		}
		a.add(net, p, from, to)
		d.addSpan(net, rows, p.Units, DaySpan{d.clip(p.From, p.To, from, to), state, b.ID})
	}
	switch {
	case len(a.Units) == 0: // only the cleaning after yesterday's visit
	case state == SpanExpected, state == SpanLate:
		d.Expected++
		d.Arrivals = append(d.Arrivals, a)
	case state == SpanIn:
		d.Present++
	case state == SpanOver:
		d.Over++
	}
}

// spanState is how a booking that has its places stands; "" of one that gave
// them back by now.
func spanState(b reserve.Booking, now time.Time) SpanState {
	switch b.Status {
	case reserve.Held:
		return SpanHeld
	case reserve.CheckedIn:
		return SpanIn
	case reserve.Completed:
		return SpanOver
	case reserve.Confirmed:
		if now.After(b.Starts) && b.Due.Before(b.Ends) {
			return SpanLate
		}
		return SpanExpected
	}
	return ""
}

func (d *DaySheet) addSpan(net *site.Network, rows map[int64][]int, units []int64, span DaySpan) {
	done := map[int]bool{}
	for _, u := range units {
		for _, a := range net.Atoms(u) {
			for _, i := range rows[a] {
				if !done[i] {
					done[i] = true
					d.Rows[i].Spans = append(d.Rows[i].Spans, span)
				}
			}
		}
	}
}

// addMissed adds a visit to which nobody came: its place was kept until it was
// released.
func (d *DaySheet) addMissed(net *site.Network, rows map[int64][]int, b reserve.Booking, from, to time.Time) {
	a := Arrival{Booking: b, Status: b.Status}
	for _, p := range b.Parts {
		if len(p.Units) == 0 || !p.From.Before(to) || !from.Before(p.To) {
			continue
		}
		a.add(net, p, from, to)
		until := b.Changed.Add(agenda.Quarter - 1).Truncate(agenda.Quarter)
		if !until.After(p.From) {
			until = p.From.Add(agenda.Quarter)
		}
		if until.After(p.To) {
			until = p.To
		}
		d.addSpan(net, rows, p.Units, DaySpan{d.clip(p.From, until, from, to), SpanMissed, b.ID})
	}
	if len(a.Units) > 0 {
		d.Missed = append(d.Missed, a)
	}
}

func (d *DaySheet) clip(from, to, first, last time.Time) Interval {
	if from.Before(first) {
		from = first
	}
	if to.After(last) {
		to = last
	}
	return Interval{from.In(d.Zone), to.In(d.Zone)}
}

// bounds are the hours between which there is something to see.
func (d *DaySheet) bounds() {
	see := func(i Interval) {
		if d.From.IsZero() || i.From.Before(d.From) {
			d.From = i.From
		}
		if i.To.After(d.To) {
			d.To = i.To
		}
	}
	for _, o := range d.Open {
		see(o)
	}
	for _, row := range d.Rows {
		for _, x := range row.Spans {
			see(x.Interval)
		}
	}
	if d.From.IsZero() {
		at := func(hour int) time.Time { return time.Date(d.Day.Year, d.Day.Month, d.Day.Day, hour, 0, 0, 0, d.Zone) }
		d.From, d.To = at(usualHours[0]), at(usualHours[1])
	}
	last := startOf(d.Day.AddDays(1), d.Zone)
	d.From = d.From.Add(-time.Duration(d.From.Minute()) * time.Minute)
	if m := d.To.Minute(); m > 0 {
		d.To = d.To.Add(time.Duration(60-m) * time.Minute)
	}
	if d.To.After(last) {
		d.To = last
	}
}

// addShut adds the closures, puts all in order, and says what is free.
func (s *Service) addShut(d *DaySheet, net *site.Network, now time.Time) {
	today := agenda.DateOf(now.In(d.Zone)) == d.Day
	for i := range d.Rows {
		row := &d.Rows[i]
		atoms := net.Atoms(row.Place.Ordinal)
		for _, x := range s.stretches(atoms, agenda.Interval{From: d.From, To: d.To}, d.Zone) {
			if x.State == PlaceClosed {
				row.Spans = append(row.Spans, DaySpan{Interval: x.Interval, State: SpanShut})
			}
		}
		slices.SortStableFunc(row.Spans, func(a, b DaySpan) int { return a.From.Compare(b.From) })
		if today {
			row.Free = s.freeOver(atoms, now.Truncate(agenda.Quarter), now.Truncate(agenda.Quarter).Add(agenda.Quarter)) && d.openAt(now)
			continue
		}
		row.Free = len(d.Open) > 0
		for _, o := range d.Open {
			row.Free = row.Free && s.freeOver(atoms, o.From.Add(agenda.Quarter-1).Truncate(agenda.Quarter), o.To.Truncate(agenda.Quarter))
		}
	}
}

// freeOver tells whether atoms are free over a time, as the index knows it.
func (s *Service) freeOver(atoms []int64, from, to time.Time) bool {
	cells, err := agenda.Cells(from, to)
	return err == nil && s.engine.Index.Free(atoms, cells)
}

func (d *DaySheet) openAt(t time.Time) bool {
	return slices.ContainsFunc(d.Open, func(o Interval) bool { return !t.Before(o.From) && t.Before(o.To) })
}

// quarterOf is the quarter-hour that an instant lies in.
func quarterOf(t time.Time) time.Time { return t.Truncate(agenda.Quarter) }
