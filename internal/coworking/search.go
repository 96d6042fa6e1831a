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

// Query asks which sites have places free.
type Query struct {
	Where    site.Filter // Kind and State are set by the search
	Kind     site.ResourceKind
	From, To time.Time
	Count    int // places at least, 1 if 0
	Limit    int // sites at most
	Needs    Needs
}

// Found is what a search found.
type Found struct {
	Hits     []Hit
	Searched int // places looked at
}

// Hit is a site with enough free places.
type Hit struct {
	Site       *site.Site
	Place      string  // "Gavirate (VA)"
	DistanceKm float64 // from the point asked for, 0 without
	Free       int     // places free over the whole time
	Units      []*site.Resource
}

// maxUnits is how many free places a hit names, unless more are asked for.
const maxUnits = 10

// Search finds the sites that have enough places of a kind free over the whole
// time, nearest first where a point is given, else by name. It offers what
// Book accepts from the same actor: rights, hours and rules are those of
// booking. Errors: Invalid for times and kinds that cannot be, Rule where the
// rules of no site allow the time.
func (s *Service) Search(_ context.Context, actor identity.Actor, q Query) (Found, error) {
	l, err := s.look(actor, &q)
	if err != nil {
		return Found{}, err
	}
	return l.find(q)
}

// look makes a query ready.
func (s *Service) look(actor identity.Actor, q *Query) (*look, error) {
	cells, err := checkTimes(q.From, q.To)
	if err != nil {
		return nil, err
	}
	if err := checkKind(q.Kind); err != nil {
		return nil, err
	}
	if err := checkCount(max(q.Count, 1)); err != nil {
		return nil, err
	}
	return &look{
		catalog: s.catalog(), engine: s.engine, actor: actor, now: s.clock.Now(),
		from: q.From, to: q.To, count: max(q.Count, 1), cells: cells,
		allowed: map[ruleZone]error{}, opened: map[*agenda.Opening]bool{}, padded: map[int][]agenda.Cell{},
	}, nil
}

// look is one search.
type look struct {
	*catalog
	engine   *reserve.Engine
	actor    identity.Actor
	now      time.Time
	from, to time.Time
	count    int
	cells    []agenda.Cell
	allowed  map[ruleZone]error // answer of the rules, asked once per zone
	opened   map[*agenda.Opening]bool
	padded   map[int][]agenda.Cell // cells with a turnover of so many minutes
	views    map[int]*reserve.View // the same in the index
}

// at is the same look at another time as long. What was found out for the first
// does not hold for it.
func (l *look) at(from time.Time) (moved look, err error) {
	moved = *l
	moved.from, moved.to = from, from.Add(l.to.Sub(l.from))
	moved.allowed, moved.opened = map[ruleZone]error{}, map[*agenda.Opening]bool{}
	moved.padded, moved.views = map[int][]agenda.Cell{}, nil
	moved.cells, err = checkTimes(moved.from, moved.to)
	return moved, err
}

type ruleZone struct {
	rules *site.Rules
	zone  *time.Location
}

func (l *look) find(q Query) (found Found, err error) {
	shelves := l.found[q.Kind]
	var refused error
	asked, allowed := 0, 0
	hits := l.net.Sites(l.where(&q))
	found.Hits = make([]Hit, 0, min(q.Limit, len(hits)))
	l.engine.Index.Read(func() {
		for _, h := range hits {
			sh := shelves[h.Site]
			if sh == nil || !q.Needs.met(h.Site) {
				continue
			}
			asked++
			found.Searched += len(sh.units)
			if err := l.allows(sh); err != nil {
				refused = err
				continue
			}
			allowed++
			if len(found.Hits) >= q.Limit || !l.opens(sh) {
				continue
			}
			if hit, ok := l.on(sh); ok {
				hit.DistanceKm = h.DistanceKm
				found.Hits = append(found.Hits, hit)
			}
		}
	})
	if asked > 0 && allowed == 0 {
		return found, refused
	}
	return found, nil
}

// where is the filter of the houses that a query can find.
func (l *look) where(q *Query) site.Filter {
	f := q.Where
	f.State, f.Kind = site.Open, ""
	if homes := l.homes[q.Kind]; len(homes) == 1 {
		f.Kind = homes[0]
	}
	return f
}

// allows is what the rules of a shelf say about the time.
func (l *look) allows(sh *shelf) error {
	key := ruleZone{sh.rules, sh.zone}
	err, known := l.allowed[key]
	if !known {
		err = sh.rules.Check(l.now, l.from, l.to, sh.zone)
		l.allowed[key] = err
	}
	return err
}

// opens tells whether the site of a shelf is open over the whole time.
func (l *look) opens(sh *shelf) bool {
	open, known := l.opened[sh.opening]
	if !known {
		open = l.isOpen(sh, l.cells)
		l.opened[sh.opening] = open
	}
	return open
}

// withTurnover are the cells of the time and what is kept free after it.
func (l *look) withTurnover(minutes int) []agenda.Cell {
	if minutes == 0 {
		return l.cells
	}
	if c, ok := l.padded[minutes]; ok {
		return c
	}
	c, err := agenda.Cells(l.from, l.to.Add(time.Duration(minutes)*time.Minute))
	if err != nil { // past the last year there is: nothing there is taken
		c = l.cells
	}
	l.padded[minutes] = c
	return c
}

// view is the index at the time with a turnover of so many minutes. The index
// must stand still from the first look on.
func (l *look) view(turnover int) *reserve.View {
	v, ok := l.views[turnover]
	if !ok {
		made := l.engine.Index.View(l.withTurnover(turnover))
		v = &made
		if l.views == nil {
			l.views = map[int]*reserve.View{}
		}
		l.views[turnover] = v
	}
	return v
}

// on looks at the places of a shelf. The index must stand still.
func (l *look) on(sh *shelf) (Hit, bool) {
	view := l.view(sh.rules.Turnover)
	if sh.atoms != nil && !view.Enough(sh.atoms, l.count) {
		return Hit{}, false // most often the end: few bytes were looked at
	}
	hit := Hit{Site: sh.site}
	var overlapping []int64
	seats := 0 // of the largest, as a booking counts them
	for _, u := range sh.units {
		if !admits(sh.site, u, l.actor.Groups) {
			continue
		}
		seats = max(seats, u.Seats)
		if !view.Free(l.net.Atoms(u.Ordinal)) {
			continue
		}
		hit.Free++
		if len(hit.Units) < max(maxUnits, l.count) {
			hit.Units = append(hit.Units, u)
		}
		if u.Composite() || overlapping != nil {
			overlapping = append(overlapping, u.Ordinal)
		}
	}
	if hit.Free < l.count || !l.admitsSeats(sh, l.count*seats) {
		return hit, false
	}
	if len(overlapping) > 0 && l.count > 1 && l.disjoint(sh) == nil {
		return hit, false
	}
	hit.Place = l.net.Place(sh.site)
	return hit, true
}

// admitsSeats tells whether a site with a limit of people lets in so many.
func (l *look) admitsSeats(sh *shelf, seats int) bool {
	if sh.admission == nil {
		return true
	}
	view, free := l.engine.Index.View(l.cells), 0
	for _, a := range sh.admission {
		if view.Free([]int64{a}) {
			free++
		}
	}
	return free >= seats
}

// disjoint are as many of the free places as are wanted that share no part; nil
// where there are not enough.
func (l *look) disjoint(sh *shelf) []int64 {
	view := l.view(sh.rules.Turnover)
	var free []int64
	for _, u := range sh.units {
		if view.Free(l.net.Atoms(u.Ordinal)) && admits(sh.site, u, l.actor.Groups) {
			free = append(free, u.Ordinal)
		}
	}
	return reserve.Disjoint(free, l.count, l.net.Atoms)
}

// checkTimes turns impossible times into errors that name the input.
func checkTimes(from, to time.Time) ([]agenda.Cell, error) {
	if to.Sub(from) > 366*24*time.Hour { // before asking for the cells of centuries
		return nil, errs.New(errs.Invalid, "time.too-long", nil).On("to")
	}
	cells, err := agenda.Cells(from, to)
	if err != nil {
		return nil, timeError(err)
	}
	return cells, nil
}

func checkKind(kind site.ResourceKind) error {
	for _, k := range site.Bookable {
		if k == kind {
			return nil
		}
	}
	return errs.New(errs.Invalid, "kind.unknown", nil).On("kind")
}

// maxCount is how many places one part of a booking may ask for.
const maxCount = 200

func checkCount(n int) error {
	if n < 1 || n > maxCount {
		return errs.New(errs.Invalid, "count.out-of-range", errs.Args{"max": maxCount}).On("count")
	}
	return nil
}
