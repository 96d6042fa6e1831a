package coworking

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
	"polis/internal/site"
)

// Request is a booking that somebody asks for: all of its parts or nothing.
type Request struct {
	Parts []PartRequest
	Key   string // of the request, so that it may be sent again; "" without
	Hash  string // of what was sent with the key
}

// PartRequest is places at one time: either these Resources, or Count places
// of a Kind in a Site, which Polis chooses.
type PartRequest struct {
	Resources []string // ids; they may be of several sites and kinds
	Site      string   // id
	Kind      site.ResourceKind
	Count     int // 1 if 0
	From, To  time.Time
}

// maxParts is how many parts one booking may have.
const maxParts = 20

// wish is a part made ready: places of one shelf at one time.
type wish struct {
	*shelf
	units    []*site.Resource // exactly these
	pool     []*site.Resource // or count of these
	count    int
	from, to time.Time
}

// seats are the places that count for fair use: a room counts as one.
func (w *wish) places() int {
	if w.pool != nil {
		return w.count
	}
	return len(w.units)
}

// wishes understands a request and checks it against all rules but those that
// need the state of the bookings. Errors: Invalid, NotFound, Forbidden, Rule;
// the field of an error names the part.
func (s *Service) wishes(actor identity.Actor, req Request) ([]wish, error) {
	if len(req.Parts) == 0 || len(req.Parts) > maxParts {
		return nil, errs.New(errs.Invalid, "booking.parts", errs.Args{"max": maxParts}).On("parts")
	}
	c := s.catalog()
	var all []wish
	for i, p := range req.Parts {
		ws, err := c.wishes(actor, p)
		for _, w := range ws {
			err = cmp.Or(err, actor.CheckWithin(w.shelf.site.ID))
		}
		if err == nil {
			err = s.allow(c, actor, ws)
		}
		if err != nil {
			return nil, inPart(err, i, len(req.Parts))
		}
		all = append(all, ws...)
	}
	return all, nil
}

// inPart puts the number of the part before the field of an error.
func inPart(err error, i, parts int) error {
	e := errs.As(err)
	if parts == 1 {
		return e
	}
	named := *e
	named.Field = fmt.Sprintf("parts[%d]", i)
	if e.Field != "" {
		named.Field += "." + e.Field
	}
	return &named
}

// wishes finds the places of a part.
func (c *catalog) wishes(actor identity.Actor, p PartRequest) ([]wish, error) {
	if _, err := checkTimes(p.From, p.To); err != nil {
		return nil, err
	}
	if len(p.Resources) > 0 {
		if p.Site != "" || p.Kind != "" || p.Count != 0 {
			return nil, errs.New(errs.Invalid, "booking.either", nil).On("resources")
		}
		return c.named(actor, p)
	}
	if p.Count == 0 {
		p.Count = 1
	}
	if err := checkKind(p.Kind); err != nil {
		return nil, err
	}
	if err := checkCount(p.Count); err != nil {
		return nil, err
	}
	st, err := c.net.Site(p.Site)
	if err != nil {
		return nil, err
	}
	sh := c.shelves[p.Kind][st.ID]
	if sh == nil {
		return nil, errs.New(errs.Rule, "booking.no-such-kind", errs.Args{"site": st.Name}).On("kind")
	}
	w := wish{shelf: sh, count: p.Count, from: p.From, to: p.To}
	for _, u := range sh.units {
		if admits(st, u, actor.Groups) {
			w.pool = append(w.pool, u)
		}
	}
	if len(w.pool) == 0 {
		return nil, site.CheckGroups(st, sh.units[0], actor.Groups)
	}
	if p.Count > len(w.pool) {
		return nil, errs.New(errs.Rule, "booking.too-many-places", errs.Args{"site": st.Name, "count": len(w.pool)}).On("count")
	}
	return []wish{w}, nil
}

// named sorts resources asked for by name onto their shelves.
func (c *catalog) named(actor identity.Actor, p PartRequest) ([]wish, error) {
	if len(p.Resources) > maxCount {
		return nil, errs.New(errs.Invalid, "count.out-of-range", errs.Args{"max": maxCount}).On("resources")
	}
	var ws []wish
	seen := map[string]bool{}
	for i, id := range p.Resources {
		field := fmt.Sprintf("resources[%d]", i)
		r, err := c.net.Resource(id)
		if err != nil {
			return nil, errs.As(err).On(field)
		}
		if seen[id] {
			return nil, errs.New(errs.Invalid, "booking.same-place-twice", nil).On(field)
		}
		seen[id] = true
		st, err := c.net.Site(r.Site)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(site.Bookable, r.Kind) {
			return nil, errs.New(errs.NotFound, "resource.unknown", nil).On(field)
		}
		if err := site.CheckSite(st, r); err != nil {
			return nil, errs.As(err).On(field)
		}
		if err := site.CheckGroups(st, r, actor.Groups); err != nil {
			return nil, errs.As(err).On(field)
		}
		sh := c.shelves[r.Kind][r.Site]
		at := slices.IndexFunc(ws, func(w wish) bool { return w.shelf == sh })
		if at < 0 {
			at = len(ws)
			ws = append(ws, wish{shelf: sh, from: p.From, to: p.To})
		}
		ws[at].units = append(ws[at].units, r)
	}
	return ws, nil
}

// allow checks wishes against the state of the site, its hours and its rules.
func (s *Service) allow(c *catalog, actor identity.Actor, ws []wish) error {
	now := s.clock.Now()
	for i := range ws {
		w := &ws[i]
		if w.pool != nil {
			if err := site.CheckSite(w.site, w.pool[0]); err != nil {
				return err
			}
		}
		if err := w.rules.Check(now, w.from, w.to, w.zone); err != nil {
			return err
		}
		cells, err := agenda.Cells(w.from, w.to)
		if err != nil {
			return timeError(err)
		}
		if !c.isOpen(w.shelf, cells) {
			return errs.New(errs.Rule, "booking.closed", errs.Args{"site": w.site.Name}).
				With(Hours{"opening_hours", openOn(w.opening, w.from, w.to, w.zone)})
		}
	}
	return nil
}

// Hours are the opening hours of a site, as facts of an error.
type Hours struct {
	Rule string     `json:"rule"`
	Open []Interval `json:"open"`
}

// Interval is a time from, to.
type Interval struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// openOn lists when a site is open on the days of a time, a week at most.
func openOn(o *agenda.Opening, from, to time.Time, zone *time.Location) (out []Interval) {
	last := agenda.DateOf(to.Add(-1).In(zone))
	for d, n := agenda.DateOf(from.In(zone)), 0; !last.Before(d) && n < 7; d, n = d.AddDays(1), n+1 {
		for _, i := range o.On(d) {
			out = append(out, Interval{i.From.In(zone), i.To.In(zone)})
		}
	}
	return out
}

// demands are what the engine is asked for.
func demands(ws []wish) []reserve.Demand {
	var out []reserve.Demand
	for i := range ws {
		w := &ws[i]
		d := reserve.Demand{
			Site: w.site.ID, Kind: string(w.kind), From: w.from, To: w.to,
			Turnover: w.rules.Turnover / 15, Units: ordinals(w.units),
		}
		if w.pool != nil {
			d.Pool, d.Count = ordinals(w.pool), w.count
		}
		out = append(out, d)
		if w.admission != nil {
			out = append(out, reserve.Demand{
				Site: w.site.ID, Kind: string(site.Admission), From: w.from, To: w.to,
				Pool: w.admission, Count: w.seats(), Hidden: true,
			})
		}
	}
	return out
}

// seats are how many people a wish brings into the house.
func (w *wish) seats() (n int) {
	if w.pool != nil {
		return w.count * mostSeats(w.pool)
	}
	for _, u := range w.units {
		n += u.Seats
	}
	return n
}

// mostSeats are those of the largest unit: which ones of a pool a booking gets
// is known only when it has them.
func mostSeats(units []*site.Resource) (n int) {
	for _, u := range units {
		n = max(n, u.Seats)
	}
	return n
}

func ordinals(units []*site.Resource) []int64 {
	if units == nil {
		return nil
	}
	out := make([]int64, len(units))
	for i, u := range units {
		out[i] = u.Ordinal
	}
	return out
}
