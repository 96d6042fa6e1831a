// Package figures counts: how full the houses are, by weekday and hour; what
// becomes of bookings, how long before they are made and how long they are; how
// visits are rated. Days that are over are counted once (keep.go), from what was
// booked and taken (day.go) and from what the houses offered then (offers.go).
package figures

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"polis/internal/agenda"
	"polis/internal/coworking"
	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/reserve"
	"polis/internal/site"
)

// Service counts. Its methods check who asks.
type Service struct {
	db     *db.DB
	live   *site.Live
	engine *reserve.Engine
	clock  clock.Clock

	prepared atomic.Pointer[prepared]
}

// Options are what a Service stands on.
type Options struct {
	DB     *db.DB
	Live   *site.Live
	Engine *reserve.Engine
	Clock  clock.Clock
}

// New makes the service.
func New(o Options) *Service {
	return &Service{db: o.DB, live: o.Live, engine: o.Engine, clock: o.Clock}
}

// today is the day in Rome.
func (s *Service) today() number { return numberOf(agenda.DateOf(s.clock.Now().In(i18n.Rome))) }

// Query asks for the figures of a house, or of the network, over some days.
type Query struct {
	Site     string            // id; "" is the network
	Kind     site.ResourceKind // "" are all that people book
	From, To agenda.Date       // both included
}

// maxDays is the longest period: a year and a day.
const maxDays = 366

// Figures are what the bookings of a period come to. A booking counts once: on
// the day of its first start, at the house and by the kind of its first part. Days
// and weeks are those of each house.
type Figures struct {
	Query
	Since     agenda.Date // from when on there is something to count; From or later
	Houses    int         // open, with such places
	Places    int         // of them, in use; a private office is its desks, a hall its rooms
	Heat      Heat
	Load      Load
	Weeks     []Week
	Bookings  int // made, whatever became of them
	Cancelled int
	Visits    int // that took place or should have
	NoShows   int
	Lead      [len(LeadDays)]int    // bookings by how many days before they were made
	Length    [len(LengthHours)]int // by how long they are
	Rating    Rating                // of these visits
	ByHouse   []House               // of the network, the fullest first
}

// LeadDays are the bounds of the groups of Figures.Lead: the same day, the day
// before, 2-3, 4-7, 8-14 days, more.
var LeadDays = [6]int{0, 1, 3, 7, 14, 1 << 20}

// LengthHours are the bounds of the groups of Figures.Length: up to one hour,
// two, four, eight, a day, longer.
var LengthHours = [6]int{1, 2, 4, 8, 24, 1 << 20}

// Load is how many quarter-hours of places are taken, of those open: the hours
// of the house without what closures shut. What is kept free after a booking
// counts as taken. The places of a kind are its atoms: of private offices their
// desks, whoever booked them.
type Load struct{ Taken, Open int }

func (l *Load) add(o Load) { l.Taken, l.Open = l.Taken+o.Taken, l.Open+o.Open }

// Percent is the load in whole percent; -1 where nothing is open.
func (l Load) Percent() int {
	if l.Open <= 0 {
		return -1
	}
	return (l.Taken*100 + l.Open/2) / l.Open
}

// Heat is the load by weekday, Monday first, and hour.
type Heat [7][24]Load

// Week are the bookings of a week by what became of them.
type Week struct {
	Monday    agenda.Date
	Part      bool // not all of its days are in the period
	Kept      int  // neither cancelled nor missed, also those to come
	Cancelled int
	NoShows   int
}

// Rating is how visits were rated; Average and Count are 0 where there are fewer
// than five, which would tell who rated.
type Rating struct {
	Average float64
	Count   int
}

// House are the figures of one house of a network.
type House struct {
	Site      *site.Site
	Load      Load
	Bookings  int
	Cancelled int
	Visits    int
	NoShows   int
	Rating    Rating
}

var (
	readSums = db.Q("figures.sums", `
		SELECT day, taken, open, bookings, cancelled, visits, missed, ratings, score, parts FROM figure_sum
		WHERE kind = $1 AND site = $2 AND day >= $3 AND day <= $4`)
	readHouses = db.Q("figures.houses", `
		SELECT site, CAST(SUM(taken) AS BIGINT), CAST(SUM(open) AS BIGINT), CAST(SUM(bookings) AS BIGINT), CAST(SUM(cancelled) AS BIGINT),
			CAST(SUM(visits) AS BIGINT), CAST(SUM(missed) AS BIGINT), CAST(SUM(ratings) AS BIGINT), CAST(SUM(score) AS BIGINT)
		FROM figure_sum WHERE kind = $1 AND site > '' AND day >= $2 AND day <= $3 GROUP BY site`)
)

// Figures counts the bookings of a period, from one state of the database. Who
// may read the bookings of a house may see its figures. Errors: Unauthenticated,
// Forbidden, NotFound, Invalid.
func (s *Service) Figures(ctx context.Context, actor identity.Actor, q Query) (f Figures, err error) {
	zone, err := s.check(actor, q)
	if err != nil {
		return f, err
	}
	f.Query, f.Since = q, q.From
	f.Houses, f.Places = s.places(q)
	err = s.db.Snapshot(ctx, func(tx *db.Tx) error {
		first, some, err := reserve.FirstOccupied(ctx, tx)
		if err != nil || !some {
			return err
		}
		if known := agenda.DateOf(first.Start().In(zone)); f.Since.Before(known) {
			f.Since = known
		}
		if f.To.Before(f.Since) {
			return nil
		}
		t := &totals{Service: s, f: &f, byHouse: map[string]*sum{}}
		return t.count(ctx, tx)
	})
	return f, err
}

// check checks a query and who asks it, and returns the zone of the house.
func (s *Service) check(actor identity.Actor, q Query) (*time.Location, error) {
	scope, zone := identity.Network, i18n.Rome
	if q.Site != "" {
		st, err := s.live.Network().Site(q.Site)
		if err != nil {
			return nil, err
		}
		scope, zone = identity.Site(st.ID), s.live.Network().Zone(st)
	}
	if err := actor.Check(identity.FiguresRead, scope); err != nil {
		return nil, err
	}
	switch {
	case q.Kind != "" && !slices.Contains(site.Bookable, q.Kind):
		return nil, errs.New(errs.Invalid, "kind.unknown", nil).On("kind")
	case q.To.Before(q.From):
		return nil, errs.New(errs.Invalid, "time.reversed", nil).On("to")
	case q.From.AddDays(maxDays - 1).Before(q.To):
		return nil, errs.New(errs.Invalid, "time.too-many-days", errs.Args{"max": maxDays}).On("to")
	case q.From.Year < 2000 || q.To.Year > 2200:
		return nil, errs.New(errs.Invalid, "time.far", nil).On("from")
	}
	return zone, nil
}

// totals fill in Figures, day by day.
type totals struct {
	*Service
	f       *Figures
	all     sum
	byHouse map[string]*sum
}

func (t *totals) count(ctx context.Context, tx *db.Tx) error {
	last := mondayOf(t.f.To)
	for monday := mondayOf(t.f.Since); !last.Before(monday); monday = monday.AddDays(7) {
		t.f.Weeks = append(t.f.Weeks, Week{Monday: monday, Part: monday.Before(t.f.Since) || t.f.To.Before(monday.AddDays(6))})
	}
	known, err := t.kept(ctx, tx)
	if err == nil {
		err = t.others(ctx, tx, known)
	}
	if err != nil {
		return err
	}
	t.finish()
	return nil
}

// bounds are the days of the period.
func (t *totals) bounds() (from, to number) { return numberOf(t.f.Since), numberOf(t.f.To) }

// kept adds the days whose sums are kept, and tells which these are.
func (t *totals) kept(ctx context.Context, tx *db.Tx) (known map[number]bool, err error) {
	from, to := t.bounds()
	list, err := db.All(ctx, tx, daysKept, func(rows *sql.Rows) (n number, err error) { return n, rows.Scan(&n) }, int64(from), int64(to))
	if err != nil {
		return nil, err
	}
	known = map[number]bool{}
	for _, n := range list {
		known[n] = true
	}
	if err := db.Each(ctx, tx, readSums, func(rows *sql.Rows) error {
		var n number
		var s sum
		var parts string
		if err := rows.Scan(&n, &s.Taken, &s.Open, &s.bookings, &s.cancelled, &s.visits, &s.missed, &s.ratings, &s.score, &parts); err != nil || !known[n] {
			return err
		}
		if err := s.read(parts); err != nil {
			return err
		}
		t.add(n, &s)
		return nil
	}, string(t.f.Kind), t.f.Site, int64(from), int64(to)); err != nil || t.f.Site != "" {
		return known, err
	}
	for len(list) > 0 { // days on end
		n := 1
		for n < len(list) && list[n] == list[n-1]+1 {
			n++
		}
		if err := t.houses(ctx, tx, list[0], list[n-1]); err != nil {
			return nil, err
		}
		list = list[n:]
	}
	return known, nil
}

func (t *totals) houses(ctx context.Context, tx *db.Tx, from, to number) error {
	return db.Each(ctx, tx, readHouses, func(rows *sql.Rows) error {
		var id string
		var s sum
		if err := rows.Scan(&id, &s.Taken, &s.Open, &s.bookings, &s.cancelled, &s.visits, &s.missed, &s.ratings, &s.score); err != nil {
			return err
		}
		t.house(id).add(&s)
		return nil
	}, string(t.f.Kind), int64(from), int64(to))
}

// others counts the days whose sums are not kept: today and those to come, and
// what has changed since.
func (t *totals) others(ctx context.Context, tx *db.Tx, known map[number]bool) error {
	var o *offers
	for n, to := t.bounds(); n <= to; n++ {
		if known[n] {
			continue
		}
		if o == nil {
			var err error
			if o, err = t.offers(ctx, tx); err != nil {
				return err
			}
		}
		sums, err := o.count(ctx, tx, n, t.f.Site)
		if err != nil {
			return err
		}
		for p, s := range sums {
			if p.kind != string(t.f.Kind) {
				continue
			}
			if p.site == t.f.Site {
				t.add(n, s)
			} else if t.f.Site == "" {
				t.house(p.site).add(s)
			}
		}
	}
	return nil
}

func (t *totals) house(id string) *sum {
	s := t.byHouse[id]
	if s == nil {
		s = &sum{}
		t.byHouse[id] = s
	}
	return s
}

// add adds a day.
func (t *totals) add(n number, s *sum) {
	t.all.add(s)
	weekday := (int(n.date().Weekday()) + 6) % 7
	for hour, l := range s.hours {
		t.f.Heat[weekday][hour].add(l)
	}
	w := &t.f.Weeks[int(n-numberOf(t.f.Weeks[0].Monday))/7]
	w.Kept += s.bookings - s.cancelled - s.missed
	w.Cancelled += s.cancelled
	w.NoShows += s.missed
}

// places counts what there is now.
func (s *Service) places(q Query) (houses, places int) {
	net := s.live.Network()
	for _, hit := range net.Sites(site.Filter{State: site.Open}) {
		if q.Site != "" && hit.Site.ID != q.Site {
			continue
		}
		if n := len(placesOf(net, hit.Site.ID)[string(q.Kind)]); n > 0 {
			houses, places = houses+1, places+n
		}
	}
	return houses, places
}

func (t *totals) finish() {
	f, a := t.f, &t.all
	f.Load, f.Lead, f.Length, f.Rating = a.Load, a.lead, a.length, meanOf(a.ratings, a.score)
	f.Bookings, f.Cancelled, f.Visits, f.NoShows = a.bookings, a.cancelled, a.visits, a.missed
	if f.Site != "" {
		return
	}
	for id, s := range t.byHouse {
		st, err := t.live.Network().Site(id)
		if err != nil {
			continue // the house is gone
		}
		if h := (House{st, s.Load, s.bookings, s.cancelled, s.visits, s.missed, meanOf(s.ratings, s.score)}); h != (House{Site: st}) {
			f.ByHouse = append(f.ByHouse, h)
		}
	}
	slices.SortFunc(f.ByHouse, func(a, b House) int { // the fullest first, those that were not open last
		order := cmp.Compare(b.Load.Taken*a.Load.Open, a.Load.Taken*b.Load.Open)
		if a.Load.Open == 0 || b.Load.Open == 0 {
			order = cmp.Compare(b.Load.Open, a.Load.Open)
		}
		return cmp.Or(order, strings.Compare(a.Site.Name, b.Site.Name), strings.Compare(a.Site.ID, b.Site.ID))
	})
}

func meanOf(n, score int) Rating {
	if n < coworking.Fewest {
		return Rating{}
	}
	return Rating{float64(score) / float64(n), n}
}

func mondayOf(d agenda.Date) agenda.Date { return d.AddDays(-(int(d.Weekday()) + 6) % 7) }
