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

// Day is when a place can be booked on one civil date of its site.
type Day struct {
	Date      agenda.Date
	Open      []Interval // opening hours
	Free      []Interval // open and not taken, in whole quarter-hours
	Stretches []Stretch  // the opening hours in whole quarter-hours, by how the place stands
}

// Stretch is a time over which a place stands the same.
type Stretch struct {
	Interval
	State PlaceState
}

// maxDays is how many days one look at a timetable covers.
const maxDays = 62

// Timetable says when a place is open and free on the dates from and to, both
// included. It never tells who took it. Errors: NotFound, Invalid.
func (s *Service) Timetable(resource string, from, to agenda.Date) ([]Day, error) {
	net := s.live.Network()
	r, err := net.Resource(resource)
	if err != nil {
		return nil, err
	}
	st, err := net.Site(r.Site)
	if err != nil {
		return nil, err
	}
	switch {
	case to.Before(from):
		return nil, errs.New(errs.Invalid, "time.reversed", nil).On("to")
	case from.AddDays(maxDays - 1).Before(to):
		return nil, errs.New(errs.Invalid, "time.too-many-days", errs.Args{"max": maxDays}).On("to")
	}
	zone, opening, atoms := net.Zone(st), net.Opening(st.ID), net.Atoms(r.Ordinal)
	var days []Day
	for d := from; !to.Before(d); d = d.AddDays(1) {
		day := Day{Date: d, Open: []Interval{}, Free: []Interval{}}
		for _, o := range opening.On(d) {
			day.Open = append(day.Open, Interval{o.From.In(zone), o.To.In(zone)})
			if st.State == site.Open && r.Active {
				day.Stretches = append(day.Stretches, s.stretches(atoms, o, zone)...)
			}
		}
		for _, x := range day.Stretches {
			if x.State == PlaceFree {
				day.Free = append(day.Free, x.Interval)
			}
		}
		days = append(days, day)
	}
	return days, nil
}

// stretches divide the whole quarter-hours of an interval by how some atoms
// stand: free, taken, or closed by a closure.
func (s *Service) stretches(atoms []int64, o agenda.Interval, zone *time.Location) (out []Stretch) {
	from, to := o.From.Add(agenda.Quarter-1).Truncate(agenda.Quarter), o.To.Truncate(agenda.Quarter)
	cells, err := agenda.Cells(from, to)
	if err != nil {
		return nil // shorter than a quarter-hour
	}
	taken, shut := make([]agenda.Mask, len(cells)), make([]agenda.Mask, len(cells))
	s.engine.Index.Read(func() {
		for i, c := range cells {
			taken[i] = s.engine.Index.TakenLocked(atoms, c.Day)
			shut[i] = s.engine.Index.ShutLocked(atoms, c.Day)
		}
	})
	for at := from; at.Before(to); at = at.Add(agenda.Quarter) {
		day := agenda.DayOf(at)
		i, q := day-cells[0].Day, int(at.Sub(day.Start())/agenda.Quarter)
		state := PlaceFree
		switch mask := agenda.Quarters(q, q+1); {
		case shut[i].Overlaps(mask):
			state = PlaceClosed
		case taken[i].Overlaps(mask):
			state = PlaceTaken
		}
		out = extend(out, Interval{at.In(zone), at.Add(agenda.Quarter).In(zone)}, state)
	}
	return out
}

// extend adds a time to stretches; one that goes on as the last is made longer.
func extend(list []Stretch, i Interval, state PlaceState) []Stretch {
	if n := len(list); n > 0 && list[n-1].State == state && list[n-1].To.Equal(i.From) {
		list[n-1].To = i.To
		return list
	}
	return append(list, Stretch{i, state})
}

// TimetableOf is the timetable of a place as somebody may use it: what they
// took themselves is theirs, what is kept for others is reserved, and
// what is past is over. Errors: as Timetable.
func (s *Service) TimetableOf(ctx context.Context, actor identity.Actor, resource string, from, to agenda.Date) ([]Day, error) {
	days, err := s.Timetable(resource, from, to)
	if err != nil {
		return nil, err
	}
	c := s.catalog()
	r, err := c.net.Resource(resource)
	if err != nil {
		return nil, err
	}
	st, err := c.net.Site(r.Site)
	if err != nil {
		return nil, err
	}
	zone := c.net.Zone(st)
	parts, err := s.ownParts(ctx, actor, startOf(from, zone), startOf(to.AddDays(1), zone))
	if err != nil {
		return nil, err
	}
	var mine []Interval
	for _, p := range parts {
		if all(c.atomsOfParts([]reserve.Part{p}), c.net.Atoms(r.Ordinal)) {
			mine = append(mine, Interval{p.From, p.To})
		}
	}
	now, allowed := s.clock.Now(), admits(st, r, actor.Groups)
	for i := range days {
		var list []Stretch
		days[i].Free = []Interval{}
		for _, x := range days[i].Stretches {
			for at := x.From; at.Before(x.To); at = at.Add(agenda.Quarter) {
				list = extend(list, Interval{at, at.Add(agenda.Quarter)}, stateFor(x.State, at, mine, allowed, now))
			}
		}
		for _, x := range list {
			if x.State == PlaceFree {
				days[i].Free = append(days[i].Free, x.Interval)
			}
		}
		days[i].Stretches = list
	}
	return days, nil
}

// stateFor is how a quarter-hour that stands so for everybody stands for one
// person.
func stateFor(state PlaceState, at time.Time, mine []Interval, allowed bool, now time.Time) PlaceState {
	for _, m := range mine {
		if !at.Before(m.From) && at.Before(m.To) {
			return PlaceMine
		}
	}
	switch {
	case at.Before(now):
		return PlaceOver
	case state != PlaceFree:
		return state
	case !allowed:
		return PlaceReserved
	}
	return PlaceFree
}

// startOf is the first instant of a date.
func startOf(d agenda.Date, zone *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, zone)
}
