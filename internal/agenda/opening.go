package agenda

import (
	"cmp"
	"slices"
	"time"
)

// Opening says when a place is open: weekly hours, the holidays of Italy and
// of its town, and single dates on which all that is replaced.
//
// Hours are civil time. Each end of a span becomes the first instant at which
// the clocks of the place show it or later: where an hour is skipped, the end
// of the gap; where one is repeated, its first pass. So 00:00-24:00 lasts 23,
// 24 or 25 hours, and spans that touch stay touching. A span past midnight
// belongs to the date it begins on, whatever holds on the next.
type Opening struct {
	Hours      Hours
	Patron     MonthDay        // holiday of the town, if it has one
	Zone       *time.Location  // nil is Rome
	Exceptions map[Date][]Span // the spans that begin on a date instead of its Hours; none means closed
}

// span of instants in Unix seconds, half-open.
type stretch struct{ from, to int64 }

// Mask is the quarters of a UTC day that lie wholly inside opening: 08:20-13:35
// gives those from 08:30 to 13:30.
func (o *Opening) Mask(day Day) Mask {
	midnight := int64(day) * daySeconds
	zone := o.zone()
	first := DateOf(time.Unix(midnight, 0).In(zone)).AddDays(-1) // its hours may pass midnight
	last := DateOf(time.Unix(midnight+daySeconds-1, 0).In(zone))

	var space [16]stretch
	open := space[:0]
	for d := first; !last.Before(d); d = d.AddDays(1) {
		open = o.appendOpen(open, d, zone)
	}
	var m Mask
	for _, s := range join(open) {
		from := floorDiv(s.from-midnight+quarterSeconds-1, quarterSeconds)
		to := floorDiv(s.to-midnight, quarterSeconds)
		m = m.Or(Quarters(int(from), int(to)))
	}
	return m
}

// On are the exact times of the opening that begins on a civil date, in order
// and in the zone of the place; the last may end on the next date.
func (o *Opening) On(d Date) []Interval {
	zone := o.zone()
	var list []Interval
	for _, s := range join(o.appendOpen(nil, d, zone)) {
		list = append(list, Interval{time.Unix(s.from, 0).In(zone), time.Unix(s.to, 0).In(zone)})
	}
	return list
}

// Contains tells whether the place is open in every quarter of cells.
func (o *Opening) Contains(cells []Cell) bool {
	for _, c := range cells {
		if !o.Mask(c.Day).Contains(c.Mask) {
			return false
		}
	}
	return true
}

func (o *Opening) zone() *time.Location {
	if o.Zone == nil {
		return Rome
	}
	return o.Zone
}

// spans are those that begin on d.
func (o *Opening) spans(d Date) []Span {
	if spans, ok := o.Exceptions[d]; ok {
		return spans
	}
	return o.Hours.On(d.Weekday(), IsHoliday(d, o.Patron))
}

func (o *Opening) appendOpen(dst []stretch, d Date, zone *time.Location) []stretch {
	for _, span := range o.spans(d) {
		s := stretch{reach(wallOf(d, span.From), zone), reach(wallOf(d, span.To), zone)}
		if s.from < s.to { // a span inside the skipped hour is none
			dst = append(dst, s)
		}
	}
	return dst
}

// join sorts list and makes one of those that touch or overlap, in place.
func join(list []stretch) []stretch {
	slices.SortFunc(list, func(a, b stretch) int { return cmp.Compare(a.from, b.from) })
	joined := list[:0]
	for _, s := range list {
		if n := len(joined); n > 0 && s.from <= joined[n-1].to {
			joined[n-1].to = max(joined[n-1].to, s.to)
		} else {
			joined = append(joined, s)
		}
	}
	return joined
}
