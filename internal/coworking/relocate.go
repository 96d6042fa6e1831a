package coworking

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
	"polis/internal/site"
)

// Relocation is where parts of a booking could go that must leave their places.
type Relocation struct {
	Kind  RelocationKind
	Spots []Spot
	Km    float64 // to another house
}

// RelocationKind is how far a relocation leads, the nearest first.
type RelocationKind string

// The kinds of relocation.
const (
	OtherPlace RelocationKind = "place" // other places of the house, at the same time
	OtherTime  RelocationKind = "time"  // the same house and day, at another time
	OtherHouse RelocationKind = "house" // another house, at the same time
)

// Spot is places for one part of a booking.
type Spot struct {
	Part     int // its place in the list of parts
	Units    []*site.Resource
	From, To time.Time
}

// String is a relocation as forms carry it: "place:0@FROM-TO=12,13;1@…".
func (w Relocation) String() string {
	var b strings.Builder
	b.WriteString(string(w.Kind) + ":")
	for i, x := range w.Spots {
		if i > 0 {
			b.WriteByte(';')
		}
		fmt.Fprintf(&b, "%d@%d-%d=", x.Part, x.From.Unix(), x.To.Unix())
		for j, u := range x.Units {
			if j > 0 {
				b.WriteByte(',')
			}
			b.WriteString(strconv.FormatInt(u.Ordinal, 10))
		}
	}
	return b.String()
}

// parseRelocation reads a relocation; Invalid where it is none, NotFound where its places are
// gone.
func (s *Service) parseRelocation(text string) (w Relocation, err error) {
	bad := errs.New(errs.Invalid, "day.bad-choice", nil)
	kind, rest, ok := strings.Cut(text, ":")
	if w.Kind = RelocationKind(kind); !ok || w.Kind != OtherPlace && w.Kind != OtherTime && w.Kind != OtherHouse {
		return w, bad
	}
	for spot := range strings.SplitSeq(rest, ";") {
		var part int
		var from, to int64
		head, units, ok := strings.Cut(spot, "=")
		if n, err := fmt.Sscanf(head, "%d@%d-%d", &part, &from, &to); err != nil || n != 3 || !ok {
			return w, bad
		}
		x := Spot{Part: part, From: time.Unix(from, 0).UTC(), To: time.Unix(to, 0).UTC()}
		for text := range strings.SplitSeq(units, ",") {
			o, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return w, bad
			}
			u, err := s.live.Network().ByOrdinal(o)
			if err != nil {
				return w, err
			}
			x.Units = append(x.Units, u)
		}
		w.Spots = append(w.Spots, x)
	}
	return w, nil
}

// How much is offered, and how far is looked.
const (
	relocationTimes   = 2
	relocationHouses  = 2
	relocationFarKm   = 50
	relocationsApart  = 30 * time.Minute // of two times that are offered
	relocationsLooked = 40               // houses
)

// finder looks for relocations for bookings that must leave their places. It keeps in
// mind what it gave away, so that all that it takes can be had together.
type finder struct {
	*catalog
	s     *Service
	now   time.Time
	given map[cellOf]agenda.Mask
}

type cellOf struct {
	atom int64
	day  agenda.Day
}

func (s *Service) newFinder() *finder {
	return &finder{catalog: s.catalog(), s: s, now: s.clock.Now(), given: map[cellOf]agenda.Mask{}}
}

// close keeps units from being offered over a time.
func (f *finder) close(units []int64, from, to time.Time) {
	cells, err := agenda.Cells(from, to)
	if err != nil {
		return
	}
	for _, u := range units {
		f.give(f.net.Atoms(u), cells)
	}
}

func (f *finder) give(atoms []int64, cells []agenda.Cell) {
	for _, a := range atoms {
		for _, c := range cells {
			k := cellOf{a, c.Day}
			f.given[k] = f.given[k].Or(c.Mask)
		}
	}
}

// take keeps what a relocation needs from being offered again.
func (f *finder) take(w Relocation) {
	for _, x := range w.Spots {
		rules := f.net.Rules(x.Units[0].Site, x.Units[0].Kind)
		f.close(ordinals(x.Units), x.From, x.To.Add(time.Duration(rules.Turnover)*time.Minute))
	}
}

// relocations are those for some parts of a booking, the nearest first. Several parts go
// to other places of their houses, or each to the nearest there is. Who is in the
// house already can only change places.
func (f *finder) relocations(b reserve.Booking, parts []int, groups []string) (out []Relocation) {
	place := Relocation{Kind: OtherPlace}
	for _, i := range parts {
		p := b.Parts[i]
		if units := f.places(f.shelves[site.ResourceKind(p.Kind)][p.Site], p, groups, p.From, p.To, place.Spots); units != nil {
			place.Spots = append(place.Spots, Spot{i, units, p.From, p.To})
		}
	}
	if len(place.Spots) == len(parts) {
		out = append(out, place)
	}
	switch {
	case b.Status == reserve.CheckedIn:
	case len(parts) == 1:
		p := b.Parts[parts[0]]
		if sh := f.shelves[site.ResourceKind(p.Kind)][p.Site]; sh != nil {
			out = append(out, f.times(sh, p, parts[0], groups)...)
		}
		out = append(out, f.houses(p, parts[0], groups)...)
	case len(out) == 0:
		if each, ok := f.each(b, parts, groups); ok {
			out = append(out, each)
		}
	}
	return out
}

// each is the relocation by which each of several parts goes to the nearest there is.
func (f *finder) each(b reserve.Booking, parts []int, groups []string) (all Relocation, ok bool) {
	before := f.given
	f.given = maps.Clone(before) // so that no two go to one place
	defer func() { f.given = before }()
	all.Kind = OtherPlace
	for _, n := range parts {
		relocations := f.relocations(b, []int{n}, groups)
		if len(relocations) == 0 {
			return all, false
		}
		f.take(relocations[0])
		all.Spots = append(all.Spots, relocations[0].Spots...)
		all.Km = max(all.Km, relocations[0].Km)
		if all.Kind == OtherPlace || relocations[0].Kind == OtherHouse {
			all.Kind = relocations[0].Kind
		}
	}
	return all, true
}

// places are free ones of a shelf for a part over a time, each the nearest to
// one that it has; nil where there are too few.
func (f *finder) places(sh *shelf, p reserve.Part, groups []string, from, to time.Time, besides []Spot) (out []*site.Resource) {
	if sh == nil || sh.site.State != site.Open {
		return nil
	}
	open, err := checkTimes(from, to)
	if err != nil || !f.isOpen(sh, open) {
		return nil
	}
	cells, err := agenda.Cells(from, to.Add(time.Duration(sh.rules.Turnover)*time.Minute))
	if err != nil {
		return nil
	}
	view := f.s.engine.Index.View
	var free []*site.Resource
	f.s.engine.Index.Read(func() {
		v := view(cells)
		for _, u := range sh.units {
			if atoms := f.net.Atoms(u.Ordinal); admits(sh.site, u, groups) && v.Free(atoms) && !f.isGiven(atoms, cells) {
				free = append(free, u)
			}
		}
	})
	if len(free) < len(p.Units) {
		return nil
	}
	used := map[int64]bool{}
	for _, x := range besides {
		if x.From.Before(to) && from.Before(x.To) {
			f.use(used, x.Units)
		}
	}
	seats := 0
	for _, o := range p.Units {
		had, err := f.net.ByOrdinal(o)
		if err != nil {
			return nil
		}
		best := f.nearest(free, had, used)
		if best == nil {
			return nil
		}
		f.use(used, []*site.Resource{best})
		out = append(out, best)
		seats += best.Seats
	}
	if sh.site.ID == p.Site && from.Equal(p.From) && to.Equal(p.To) { // it is let in already
		for _, o := range p.Units {
			if had, err := f.net.ByOrdinal(o); err == nil {
				seats -= had.Seats
			}
		}
	}
	if seats > 0 && !f.letsIn(sh, open, seats) {
		return nil
	}
	return out
}

// letsIn tells whether a house with a limit of people lets in so many more.
func (f *finder) letsIn(sh *shelf, cells []agenda.Cell, seats int) (ok bool) {
	if sh.admission == nil {
		return true
	}
	f.s.engine.Index.Read(func() {
		v := f.s.engine.Index.View(cells)
		for _, a := range sh.admission {
			if v.Free([]int64{a}) && !f.isGiven([]int64{a}, cells) {
				seats--
			}
		}
	})
	return seats <= 0
}

func (f *finder) isGiven(atoms []int64, cells []agenda.Cell) bool {
	for _, a := range atoms {
		for _, c := range cells {
			if f.given[cellOf{a, c.Day}].Overlaps(c.Mask) {
				return true
			}
		}
	}
	return false
}

func (f *finder) use(used map[int64]bool, units []*site.Resource) {
	for _, u := range units {
		for _, a := range f.net.Atoms(u.Ordinal) {
			used[a] = true
		}
	}
}

// nearest is the free unit most like one that is left: with as many seats, in
// the same room, then on the same floor, with no more seats than needed.
func (f *finder) nearest(free []*site.Resource, had *site.Resource, used map[int64]bool) (best *site.Resource) {
	floor := func(u *site.Resource) int {
		if rm, err := f.net.Room(u.Room); err == nil {
			return rm.Floor
		}
		return 0
	}
	far := func(u *site.Resource) int {
		steps := 2 * max(floor(u)-floor(had), floor(had)-floor(u))
		if u.Room != had.Room || u.Site != had.Site {
			steps++
		}
		return steps
	}
	for _, u := range free {
		if u.Seats < had.Seats || slices.ContainsFunc(f.net.Atoms(u.Ordinal), func(a int64) bool { return used[a] }) {
			continue
		}
		if best == nil || cmp.Or(cmp.Compare(far(u), far(best)), cmp.Compare(u.Seats, best.Seats), cmp.Compare(missing(u, had), missing(best, had))) < 0 {
			best = u
		}
	}
	return best
}

// missing is how much of the equipment of a place another one lacks.
func missing(u, had *site.Resource) (n int) {
	for _, x := range had.Features {
		if !slices.Contains(u.Features, x) {
			n++
		}
	}
	return n
}

// times are the nearest other times of the same day at which a part fits.
func (f *finder) times(sh *shelf, p reserve.Part, n int, groups []string) (out []Relocation) {
	length, day := p.To.Sub(p.From), agenda.DateOf(p.From.In(sh.zone))
	var starts []time.Time
	for at := startOf(day, sh.zone); at.Before(startOf(day.AddDays(1), sh.zone)); at = at.Add(agenda.Quarter) {
		if !at.Equal(p.From) && !at.Before(f.now) && sh.rules.Check(f.now, at, at.Add(length), sh.zone) == nil {
			starts = append(starts, at)
		}
	}
	slices.SortStableFunc(starts, func(a, b time.Time) int {
		return cmp.Compare(a.Sub(p.From).Abs(), b.Sub(p.From).Abs())
	})
	for _, at := range starts {
		if len(out) == relocationTimes {
			break
		}
		if slices.ContainsFunc(out, func(w Relocation) bool { return w.Spots[0].From.Sub(at).Abs() < relocationsApart }) {
			continue
		}
		if units := f.places(sh, p, groups, at, at.Add(length), nil); units != nil {
			out = append(out, Relocation{Kind: OtherTime, Spots: []Spot{{n, units, at.UTC(), at.Add(length).UTC()}}})
		}
	}
	return out
}

// houses are the nearest other houses in which a part fits at its time.
func (f *finder) houses(p reserve.Part, n int, groups []string) (out []Relocation) {
	st, err := f.net.Site(p.Site)
	if err != nil {
		return nil
	}
	kind, looked := site.ResourceKind(p.Kind), 0
	for _, hit := range f.net.Sites(site.Filter{Near: &site.Point{Lat: st.Lat, Lon: st.Lon}, State: site.Open}) {
		sh := f.shelves[kind][hit.Site.ID]
		if sh == nil || hit.Site.ID == st.ID {
			continue
		}
		if looked++; looked > relocationsLooked || hit.DistanceKm > relocationFarKm || len(out) == relocationHouses {
			break
		}
		if sh.rules.Check(f.now, p.From, p.To, sh.zone) != nil {
			continue
		}
		if units := f.places(sh, p, groups, p.From, p.To, nil); units != nil {
			out = append(out, Relocation{Kind: OtherHouse, Km: round1(hit.DistanceKm), Spots: []Spot{{n, units, p.From, p.To}}})
		}
	}
	return out
}

// Relocations are those for some parts of a booking, for who may move it. Errors:
// NotFound, Forbidden.
func (s *Service) Relocations(ctx context.Context, actor identity.Actor, id string, parts []int) ([]Relocation, error) {
	b, err := s.forHouse(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	may := s.partsAt(actor, b)
	for _, n := range parts {
		if !slices.Contains(may, n) {
			return nil, errs.New(errs.NotFound, "booking.unknown-part", nil)
		}
	}
	groups, err := s.grants.Groups(ctx, b.Person)
	if err != nil {
		return nil, err
	}
	return s.newFinder().relocations(b, parts, groups), nil
}
