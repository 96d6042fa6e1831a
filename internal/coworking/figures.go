package coworking

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/reserve"
	"polis/internal/site"
)

// FigureQuery asks for the figures of a house, or of the network, over some days.
type FigureQuery struct {
	Site     string            // id; "" is the network
	Kind     site.ResourceKind // "" are all that people book
	From, To agenda.Date       // both included
}

// maxFigureDays is the longest period: a year and a day.
const maxFigureDays = 366

// Figures are what the bookings of a period come to. A booking counts once: on
// the day of its first start, at the house and by the kind of its first part.
// Days and weeks are those of the house; of the network, those of Rome.
type Figures struct {
	FigureQuery
	Since     agenda.Date // from when on there is something to count; From or later
	Houses    int         // open, with such places
	Places    int         // of them, in use; a private office is its desks, a hall its rooms
	Heat      Heat
	Load      Load
	Weeks     []WeekFigures
	Bookings  int // made, whatever became of them
	Cancelled int
	Visits    int // that took place or should have
	NoShows   int
	Lead      [len(LeadDays)]int    // bookings by how many days before they were made
	Length    [len(LengthHours)]int // by how long they are
	Rating    RatingFigures
	ByHouse   []HouseFigures // of the network, the fullest first
}

// LeadDays are the bounds of the groups of Figures.Lead: the same day, the day
// before, 2-3, 4-7, 8-14 days, more.
var LeadDays = [6]int{0, 1, 3, 7, 14, 1 << 30}

// LengthHours are the bounds of the groups of Figures.Length: up to one hour,
// two, four, eight, a day, longer.
var LengthHours = [6]int{1, 2, 4, 8, 24, 1 << 30}

// Load is how many quarter-hours of places are taken, of those open: the hours
// of the house without what closures shut. What is kept free after a booking
// counts as taken.
type Load struct{ Taken, Open int }

// Percent is the load in whole percent; -1 where nothing is open.
func (l Load) Percent() int {
	if l.Open <= 0 {
		return -1
	}
	return (l.Taken*100 + l.Open/2) / l.Open
}

// Heat is the load by weekday, Monday first, and hour.
type Heat [7][24]Load

// WeekFigures are the bookings of a week by what became of them.
type WeekFigures struct {
	Monday    agenda.Date
	Part      bool // not all of its days are in the period
	Kept      int  // neither cancelled nor missed, also those to come
	Cancelled int
	NoShows   int
}

// RatingFigures are how visits were rated; Average and Count are 0 where there
// are fewer than five, which would tell who rated.
type RatingFigures struct {
	Average float64
	Count   int
}

// HouseFigures are the figures of one house of a network.
type HouseFigures struct {
	Site      *site.Site
	Load      Load
	Bookings  int
	Cancelled int
	Visits    int
	NoShows   int
	Rating    RatingFigures
}

// The house and the kind of a booking stand at the beginning of the text of its
// parts, [{"site":"<36 letters>","kind":"desk",…: the figures are tested against a naive count of bookings, so that another
// order of these fields shows.
// Figures are of bookings, not of holds that came to nothing.
const (
	figureSite  = `SUBSTR(parts, 11, 36)`
	figureWhere = ` FROM booking WHERE starts >= $1 AND starts < $2 AND status NOT IN ('held', 'expired', 'waiting')
		AND (CAST($3 AS TEXT) = '' OR SUBSTR(parts, 57, LENGTH($3) + 1) = $3 || '"')
		AND (CAST($4 AS TEXT) = '' OR ` + figureSite + ` = $4)`
)

var (
	firstOccupied = db.Q("coworking.figures-since", `SELECT MIN(day) FROM occupancy`)

	// The clocks of a zone change at most five times in a period: before each
	// change they are so far ahead of UTC. Days before the start are counted by
	// the clocks of the start.
	figureCounts = db.Q("coworking.figures-counts", `
		SELECT status, (day + 3) / 7,
			CASE WHEN day - made <= 0 THEN 0 WHEN day - made <= 1 THEN 1 WHEN day - made <= 3 THEN 2
				WHEN day - made <= 7 THEN 3 WHEN day - made <= 14 THEN 4 ELSE 5 END,
			CASE WHEN length <= 3600000000 THEN 0 WHEN length <= 7200000000 THEN 1 WHEN length <= 14400000000 THEN 2
				WHEN length <= 28800000000 THEN 3 WHEN length <= 86400000000 THEN 4 ELSE 5 END,
			COUNT(*)
		FROM (
			SELECT status, (starts + ahead) / 86400000000 AS day, (created + ahead) / 86400000000 AS made, ends - starts AS length
			FROM (
				SELECT status, starts, ends, created,
					CASE WHEN starts < $5 THEN CAST($6 AS BIGINT) WHEN starts < $7 THEN CAST($8 AS BIGINT)
						WHEN starts < $9 THEN CAST($10 AS BIGINT) WHEN starts < $11 THEN CAST($12 AS BIGINT)
						WHEN starts < $13 THEN CAST($14 AS BIGINT) ELSE CAST($15 AS BIGINT) END AS ahead
				`+figureWhere+`
			) AS zoned
		) AS dated
		GROUP BY 1, 2, 3, 4`)
	figureHouses = db.Q("coworking.figures-houses", `
		SELECT `+figureSite+`, status, COUNT(*) `+figureWhere+` GROUP BY 1, 2`)
	figureRatings = db.Q("coworking.figures-ratings", `
		SELECT r.site, COUNT(*), CAST(SUM(r.score) AS BIGINT)
		FROM rating r JOIN booking b ON b.id = r.booking
		WHERE r.at >= $1 AND r.at < $2
			AND (CAST($3 AS TEXT) = '' OR SUBSTR(b.parts, 57, LENGTH($3) + 1) = $3 || '"')
			AND (CAST($4 AS TEXT) = '' OR r.site = $4)
		GROUP BY r.site`)
)

// Figures counts the bookings of a period, in the database and from one state of
// it. Who may read the bookings of a house may see its figures. Errors:
// Unauthenticated, Forbidden, NotFound, Invalid.
func (s *Service) Figures(ctx context.Context, actor identity.Actor, q FigureQuery) (f Figures, err error) {
	zone, err := s.figureZone(actor, q)
	if err != nil {
		return f, err
	}
	f.FigureQuery, f.Since = q, q.From
	net := s.live.Network()
	err = s.db.Snapshot(ctx, func(tx *db.Tx) error {
		c := counting{Figures: &f, net: net, zone: zone, now: s.clock.Now(), houses: map[string]*HouseFigures{}}
		known, err := c.since(ctx, tx)
		if err != nil || !known {
			return err
		}
		for _, step := range []func(context.Context, *db.Tx) error{c.counts, c.byHouse, c.ratings, c.loads} {
			if err := step(ctx, tx); err != nil {
				return err
			}
		}
		c.sort()
		return nil
	})
	return f, err
}

// figureZone checks a query and who asks it, and returns whose days it counts.
func (s *Service) figureZone(actor identity.Actor, q FigureQuery) (*time.Location, error) {
	scope, zone := identity.Network, i18n.Rome
	if q.Site != "" {
		st, err := s.live.Network().Site(q.Site)
		if err != nil {
			return nil, err
		}
		scope, zone = identity.Site(st.ID), s.live.Network().Zone(st)
	}
	if err := actor.Check(identity.BookingRead, scope); err != nil {
		return nil, err
	}
	switch {
	case q.Kind != "" && checkKind(q.Kind) != nil:
		return nil, checkKind(q.Kind)
	case q.To.Before(q.From):
		return nil, errs.New(errs.Invalid, "time.reversed", nil).On("to")
	case q.From.AddDays(maxFigureDays - 1).Before(q.To):
		return nil, errs.New(errs.Invalid, "time.too-many-days", errs.Args{"max": maxFigureDays}).On("to")
	case q.From.Year < 2000 || q.To.Year > 2200:
		return nil, errs.New(errs.Invalid, "time.far", nil).On("from")
	}
	return zone, nil
}

// counting fills in Figures.
type counting struct {
	*Figures
	net    *site.Network
	zone   *time.Location
	now    time.Time
	houses map[string]*HouseFigures
}

// since finds from when on there is something to count: what was before the
// first booking of all says nothing. It is false where there is nothing.
func (c *counting) since(ctx context.Context, tx *db.Tx) (known bool, err error) {
	var day sql.NullInt64
	if err := db.One(ctx, tx, firstOccupied, nil, &day); err != nil || !day.Valid {
		return false, err
	}
	first := agenda.DateOf(agenda.Day(day.Int64).Start().In(c.zone))
	if c.Since.Before(first) {
		c.Since = first
	}
	return !c.To.Before(c.Since), nil
}

// from and until bound the period: the first instant, and the first after it.
func (c *counting) from() time.Time  { return startOf(c.Since, c.zone) }
func (c *counting) until() time.Time { return startOf(c.To.AddDays(1), c.zone) }

func (c *counting) where() []any {
	return []any{clock.Micros(c.from()), clock.Micros(c.until()), string(c.Kind), c.Site}
}

// ahead is how far the clocks are ahead of UTC before up to five instants, and
// after them, as pairs and a last number.
func (c *counting) ahead() (args []any) {
	until, last := c.until(), int64(0)
	for at := c.from(); at.Before(until); {
		t := at.In(c.zone)
		_, seconds := t.Zone()
		if offset := int64(seconds) * 1e6; at.Equal(c.from()) {
			last = offset
		} else if offset != last && len(args) < aheadChanges*2 {
			args, last = append(args, clock.Micros(at), last), offset
		}
		if _, next := t.ZoneBounds(); next.After(at) {
			at = next
		} else if next.IsZero() {
			at = until
		} else { // past the table of a zone an end may lie before
			at = at.Add(24 * time.Hour)
		}
	}
	for len(args) < aheadChanges*2 {
		args = append(args, clock.Micros(until), last)
	}
	return append(args, last)
}

// aheadChanges is how many changes of the clocks the statement takes.
const aheadChanges = 5

func (c *counting) counts(ctx context.Context, tx *db.Tx) error {
	weeks := map[int]*WeekFigures{}
	last := mondayOf(c.To)
	for monday := mondayOf(c.Since); !last.Before(monday); monday = monday.AddDays(7) {
		c.Weeks = append(c.Weeks, WeekFigures{Monday: monday, Part: monday.Before(c.Since) || c.To.Before(monday.AddDays(6))})
	}
	for i := range c.Weeks {
		weeks[weekOf(c.Weeks[i].Monday)] = &c.Weeks[i]
	}
	return db.Each(ctx, tx, figureCounts, func(rows *sql.Rows) error {
		var status reserve.Status
		var week, lead, length, n int
		if err := rows.Scan(&status, &week, &lead, &length, &n); err != nil {
			return err
		}
		c.Bookings += n
		c.Lead[lead] += n
		c.Length[length] += n
		w := weeks[week]
		if w == nil { // cannot be: starts lie in the period
			w = &WeekFigures{}
		}
		switch status {
		case reserve.Cancelled:
			c.Cancelled += n
			w.Cancelled += n
		case reserve.NoShow:
			c.NoShows += n
			w.NoShows += n
		default:
			w.Kept += n
		}
		if visited(status) {
			c.Visits += n
		}
		return nil
	}, append(c.where(), c.ahead()...)...)
}

// weekOf numbers weeks from Monday as the statement does.
func weekOf(d agenda.Date) int {
	return (int(agenda.DayOf(time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC))) + 3) / 7
}

// visited tells whether somebody came, or should have.
func visited(s reserve.Status) bool {
	return s == reserve.CheckedIn || s == reserve.Completed || s == reserve.NoShow
}

// house is the entry of a house in the list, made where it is missing; nil where
// there is no such house any more.
func (c *counting) house(id string) *HouseFigures {
	if h := c.houses[id]; h != nil {
		return h
	}
	st, err := c.net.Site(id)
	if err != nil {
		return nil
	}
	h := &HouseFigures{Site: st}
	c.houses[id] = h
	return h
}

func (c *counting) byHouse(ctx context.Context, tx *db.Tx) error {
	if c.Site != "" {
		return nil
	}
	return db.Each(ctx, tx, figureHouses, func(rows *sql.Rows) error {
		var id string
		var status reserve.Status
		var n int
		if err := rows.Scan(&id, &status, &n); err != nil {
			return err
		}
		h := c.house(id)
		if h == nil {
			return nil
		}
		h.Bookings += n
		switch status {
		case reserve.Cancelled:
			h.Cancelled += n
		case reserve.NoShow:
			h.NoShows += n
		}
		if visited(status) {
			h.Visits += n
		}
		return nil
	}, c.where()...)
}

func (c *counting) ratings(ctx context.Context, tx *db.Tx) error {
	var count, sum int
	err := db.Each(ctx, tx, figureRatings, func(rows *sql.Rows) error {
		var id string
		var n, total int
		if err := rows.Scan(&id, &n, &total); err != nil {
			return err
		}
		count, sum = count+n, sum+total
		if h := c.house(id); h != nil {
			h.Rating = meanOf(n, total)
		}
		return nil
	}, c.where()...)
	c.Rating = meanOf(count, sum)
	return err
}

func meanOf(n, sum int) RatingFigures {
	if n < fewest {
		return RatingFigures{}
	}
	return RatingFigures{float64(sum) / float64(n), n}
}

// sort lists the houses, the fullest first; those that were not open last.
func (c *counting) sort() {
	if c.Site != "" {
		return
	}
	for _, h := range c.houses {
		c.ByHouse = append(c.ByHouse, *h)
	}
	slices.SortFunc(c.ByHouse, func(a, b HouseFigures) int {
		switch {
		case a.Load.Open == 0 || b.Load.Open == 0:
			return cmp.Or(cmp.Compare(b.Load.Open, a.Load.Open), strings.Compare(a.Site.Name, b.Site.Name))
		default:
			return cmp.Or(cmp.Compare(b.Load.Taken*a.Load.Open, a.Load.Taken*b.Load.Open), strings.Compare(a.Site.Name, b.Site.Name), strings.Compare(a.Site.ID, b.Site.ID))
		}
	})
}
