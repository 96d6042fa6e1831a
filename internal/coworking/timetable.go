package coworking

import (
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/errs"
	"polis/internal/site"
)

// Day is when a place can be booked on one civil date of its site.
type Day struct {
	Date agenda.Date
	Open []Interval // opening hours
	Free []Interval // open and not taken, in whole quarter-hours
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
				day.Free = append(day.Free, s.freeWithin(atoms, o, zone)...)
			}
		}
		days = append(days, day)
	}
	return days, nil
}

// freeWithin are the stretches of whole quarter-hours of an interval in which
// none of some atoms is taken.
func (s *Service) freeWithin(atoms []int64, o agenda.Interval, zone *time.Location) (out []Interval) {
	from, to := o.From.Add(agenda.Quarter-1).Truncate(agenda.Quarter), o.To.Truncate(agenda.Quarter)
	cells, err := agenda.Cells(from, to)
	if err != nil {
		return nil // shorter than a quarter-hour
	}
	first := cells[0].Day
	free := make([]agenda.Mask, len(cells))
	for i, c := range cells {
		free[i] = c.Mask.AndNot(s.engine.Index.Taken(atoms, c.Day))
	}
	at := func(q int) time.Time { return first.Start().Add(time.Duration(q) * agenda.Quarter).In(zone) }
	for q := agenda.FirstRun(free, 0, 1); q >= 0; {
		n := agenda.Gap(free, q, 1)
		out = append(out, Interval{at(q), at(q + n)})
		q = agenda.FirstRun(free, q+n, 1)
	}
	return out
}
