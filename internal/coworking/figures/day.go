package figures

import (
	"context"
	"database/sql"
	"math/bits"
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/db"
	"polis/internal/reserve"
	"polis/internal/site"
)

// number counts civil days since 1970-01-01: a day of each house's own clocks.
type number int64

func numberOf(d agenda.Date) number {
	return number(agenda.DayOf(time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)))
}

func (n number) date() agenda.Date { return agenda.DateOf(agenda.Day(n).Start()) }

// startOf is the first instant of a day on the clocks of a zone.
func startOf(n number, zone *time.Location) time.Time {
	d := n.date()
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, zone)
}

// sum is what some day comes to.
type sum struct {
	Load                                 // of the day
	hours                       [24]Load // of the same, by the hour that the clocks show
	bookings, cancelled, visits int
	missed, ratings, score      int
	lead                        [len(LeadDays)]int
	length                      [len(LengthHours)]int
}

func (s *sum) add(o *sum) {
	s.Load.add(o.Load)
	for i := range s.hours {
		s.hours[i].add(o.hours[i])
	}
	s.bookings, s.cancelled, s.visits = s.bookings+o.bookings, s.cancelled+o.cancelled, s.visits+o.visits
	s.missed, s.ratings, s.score = s.missed+o.missed, s.ratings+o.ratings, s.score+o.score
	for i, n := range o.lead {
		s.lead[i] += n
	}
	for i, n := range o.length {
		s.length[i] += n
	}
}

// part names a sum: a kind of place, "" for all; a house, "" for all.
type part struct{ kind, site string }

// day counts what a day comes to, for all houses or for one.
type day struct {
	number
	offers *offers
	only   string // a house
	houses []*house
	sums   map[part]*sum
	atoms  map[int64][]*piece
	clocks map[zoneDay]*[agenda.QuartersPerDay]uint8
}

type zoneDay struct {
	zone *time.Location
	day  agenda.Day
}

// piece is what an atom belongs to: a kind of place of a house.
type piece struct {
	house *house
	sum   *sum
	open  map[agenda.Day]agenda.Mask // of the house
}

// count counts a day from what is booked, taken, rated and was offered.
func (o *offers) count(ctx context.Context, r db.Reader, n number, only string) (map[part]*sum, error) {
	d := &day{number: n, offers: o, only: only, sums: map[part]*sum{}, atoms: map[int64][]*piece{}, clocks: map[zoneDay]*[agenda.QuartersPerDay]uint8{}}
	var err error
	if d.houses, err = o.on(n, only); err != nil {
		return nil, err
	}
	for _, h := range d.houses {
		d.offer(h)
	}
	for _, step := range []func(context.Context, db.Reader) error{d.taken, d.booked} {
		if err := step(ctx, r); err != nil {
			return nil, err
		}
	}
	if only == "" {
		for p, s := range d.sums {
			if p.site != "" {
				d.sum(part{p.kind, ""}).add(s)
			}
		}
	}
	return d.sums, nil
}

func (d *day) sum(p part) *sum {
	s := d.sums[p]
	if s == nil {
		s = &sum{}
		d.sums[p] = s
	}
	return s
}

// offer adds what a house had open.
func (d *day) offer(h *house) {
	from, until := startOf(d.number, h.zone), startOf(d.number+1, h.zone)
	open := map[agenda.Day]agenda.Mask{}
	for day := agenda.DayOf(from); day.Start().Before(until); day++ {
		open[day] = h.opening.Mask(day).And(quartersBetween(day, from, until))
	}
	for kind, atoms := range h.places {
		p := &piece{h, d.sum(part{kind, h.id}), open}
		for day, mask := range open {
			d.spread(p, day, mask, func(l *Load) { l.Open += len(atoms) })
		}
		for _, a := range atoms {
			d.atoms[a] = append(d.atoms[a], p)
		}
	}
}

// quartersBetween are the quarter-hours of a UTC day from and until an instant.
func quartersBetween(day agenda.Day, from, until time.Time) agenda.Mask {
	quarter := func(t time.Time) int {
		n := t.Sub(day.Start()) / agenda.Quarter
		return int(max(0, min(n, agenda.QuartersPerDay)))
	}
	return agenda.Quarters(quarter(from), quarter(until))
}

// spread calls fn for the hour and for the day of every quarter-hour of a mask.
func (d *day) spread(p *piece, day agenda.Day, m agenda.Mask, fn func(*Load)) {
	if m.IsZero() {
		return
	}
	key := zoneDay{p.house.zone, day}
	hours := d.clocks[key]
	if hours == nil {
		hours = new([agenda.QuartersPerDay]uint8)
		for q := range hours {
			hours[q] = uint8(day.Start().Add(time.Duration(q) * agenda.Quarter).In(p.house.zone).Hour())
		}
		d.clocks[key] = hours
	}
	for half, word := range []uint64{m.AM, m.PM} {
		for ; word != 0; word &= word - 1 {
			fn(&p.sum.hours[hours[half*agenda.QuartersPerDay/2+bits.TrailingZeros64(word)]])
			fn(&p.sum.Load)
		}
	}
}

// taken adds what was taken of what was open, and takes away what was shut.
func (d *day) taken(ctx context.Context, r db.Reader) error {
	var atoms []int64 // nil is all
	if d.only != "" {
		atoms = []int64{}
		for a := range d.atoms {
			atoms = append(atoms, a)
		}
		slices.Sort(atoms)
	}
	from, until := d.bounds()
	for day := agenda.DayOf(from); day.Start().Before(until); day++ {
		if err := reserve.Occupied(ctx, r, day, atoms, func(atom int64, busy, shut agenda.Mask) {
			for _, p := range d.atoms[atom] {
				shut := shut.And(p.open[day])
				d.spread(p, day, shut, func(l *Load) { l.Open-- })
				d.spread(p, day, busy.And(p.open[day]).AndNot(shut), func(l *Load) { l.Taken++ })
			}
		}); err != nil {
			return err
		}
	}
	return nil
}

// bounds are the first and the last instant of the day in all houses.
func (d *day) bounds() (from, until time.Time) {
	for _, z := range d.offers.zones {
		if t := startOf(d.number, z); from.IsZero() || t.Before(from) {
			from = t
		}
		if t := startOf(d.number+1, z); t.After(until) {
			until = t
		}
	}
	return from, until
}

// starting calls fn for the bookings that start on the day, by start.
func (d *day) starting(ctx context.Context, r db.Reader, fn func(b *reserve.Booking, zone *time.Location)) error {
	from, until := d.bounds()
	list, err := reserve.Starting(ctx, r, d.only, from, until)
	for i := range list {
		b := &list[i]
		zone := d.offers.zone(b.Parts[0].Site)
		if slices.Contains(site.Bookable, site.ResourceKind(b.Parts[0].Kind)) && numberOf(agenda.DateOf(b.Starts.In(zone))) == d.number {
			fn(b, zone)
		}
	}
	return err
}

var ratingsOf = db.Rows("figures.ratings", `
	SELECT booking, site, score FROM {rows} JOIN rating ON booking = column1 WHERE column1 IS NOT NULL`, "TEXT")

// booked adds the bookings that start on the day, with the ratings of their
// visits. A booking counts at the house and by the kind of its first part.
func (d *day) booked(ctx context.Context, r db.Reader) error {
	var ids []any
	kinds := map[string]string{}
	if err := d.starting(ctx, r, func(b *reserve.Booking, zone *time.Location) {
		first := b.Parts[0]
		ids, kinds[b.ID] = append(ids, b.ID), first.Kind
		for _, kind := range []string{first.Kind, ""} {
			d.sum(part{kind, first.Site}).book(b, zone)
		}
	}); err != nil {
		return err
	}
	return ratingsOf.Each(ctx, r, ids, func(rows *sql.Rows) error {
		var id, house string
		var score int
		if err := rows.Scan(&id, &house, &score); err != nil {
			return err
		}
		for _, kind := range []string{kinds[id], ""} {
			s := d.sum(part{kind, house})
			s.ratings, s.score = s.ratings+1, s.score+score
		}
		return nil
	})
}

// book adds a booking.
func (s *sum) book(b *reserve.Booking, zone *time.Location) {
	s.bookings++
	days := int(numberOf(agenda.DateOf(b.Starts.In(zone))) - numberOf(agenda.DateOf(b.Created.In(zone))))
	s.lead[slices.IndexFunc(LeadDays[:], func(most int) bool { return days <= most })]++
	s.length[slices.IndexFunc(LengthHours[:], func(most int) bool { return b.Ends.Sub(b.Starts) <= time.Duration(most)*time.Hour })]++
	switch b.Status {
	case reserve.Cancelled:
		s.cancelled++
	case reserve.NoShow:
		s.missed++
		s.visits++
	case reserve.CheckedIn, reserve.Completed:
		s.visits++
	}
}
