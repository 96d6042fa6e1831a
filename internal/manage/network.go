package manage

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/site"
	"polis/internal/territory"
)

// Wanted says which houses of the network are looked at, and in which order.
type Wanted struct {
	Where    site.Filter // words, kind, state, province, region
	Lot      string      // code of a lot; NoLot are the houses in none
	Problems bool        // only those with open reports
	Coming   bool        // only those that are not open yet
	Late     bool        // only those whose announced opening has passed
	Sort     string      // one of Sorts; the first where empty
	Down     bool        // the greatest first
}

// NoLot stands for the houses that are in no lot.
const NoLot = "-"

// Sorts are the orders of the list: by name, municipality, state, places, how
// much of them is taken now and today, open reports.
var Sorts = []string{"nome", "comune", "stato", "posti", "adesso", "oggi", "segnalazioni"}

// Share is how much of something is taken; Of is 0 where there is nothing to
// take.
type Share struct{ Taken, Of int }

// Percent is the share in whole percent; -1 where there is nothing to take.
func (s Share) Percent() int {
	if s.Of == 0 {
		return -1
	}
	return (s.Taken*100 + s.Of/2) / s.Of
}

func (s *Share) add(o Share) { s.Taken, s.Of = s.Taken+o.Taken, s.Of+o.Of }

// HouseRow is a house of the network as it stands.
type HouseRow struct {
	Site     *site.Site
	Place    string // "Gavirate (VA)"
	Places   int    // in use, that people book
	Now      Share  // places taken in this quarter-hour, of those open and not closed
	Today    Share  // quarter-hours of places taken today, of those of the opening hours
	Problems int    // open reports
	Late     bool   // its announced opening has passed
}

// Overview is the network as the actor may see it.
type Overview struct {
	Rows     []HouseRow // as wanted
	Houses   int        // all of the actor, as the figures below
	States   map[site.State]int
	Now      Share
	Today    Share
	Problems int // open reports
	Troubled int // houses with open reports
	Late     int // announced openings that have passed
}

// Overview is the houses whose state the actor may see, as wanted, and figures of
// all of them. How much is taken is read from the index of the engine: what
// search looks at. Errors: Unauthenticated, Forbidden.
func (s *Service) Overview(ctx context.Context, actor identity.Actor, w Wanted) (o Overview, err error) {
	if err := actor.CheckSomewhere(identity.SiteRead); err != nil {
		return o, err
	}
	problems, err := s.Problems(ctx)
	if err != nil {
		return o, err
	}
	inLot, err := s.lotFilter(ctx, w.Lot)
	if err != nil {
		return o, err
	}
	roll, all := s.roll(), actor.May(identity.SiteRead, identity.Network)
	wanted := map[*site.Site]bool{}
	for _, hit := range roll.net.Sites(w.Where) {
		wanted[hit.Site] = inLot == nil || inLot(hit.Site.ID)
	}
	o.States = map[site.State]int{}
	m := meterAt(s.Clock.Now())
	s.Engine.Index.Read(func() {
		for i := range roll.houses {
			e := &roll.houses[i]
			if !all && !actor.May(identity.SiteRead, identity.Site(e.site.ID)) {
				continue
			}
			row := HouseRow{Site: e.site, Place: e.place, Places: len(e.atoms), Problems: problems[e.site.ID], Late: m.late(e)}
			row.Now, row.Today = m.measure(s.Engine.Index, e)
			o.count(row)
			if wanted[e.site] && w.takes(row) {
				o.Rows = append(o.Rows, row)
			}
		}
	})
	w.sort(o.Rows)
	return o, nil
}

func (o *Overview) count(r HouseRow) {
	o.Houses++
	o.States[r.Site.State]++
	o.Now.add(r.Now)
	o.Today.add(r.Today)
	o.Problems += r.Problems
	if r.Problems > 0 {
		o.Troubled++
	}
	if r.Late {
		o.Late++
	}
}

// comes tells whether a house is not open yet.
func comes(st *site.Site) bool {
	return st.State == site.Planned || st.State == site.Works || st.State == site.Testing
}

// takes tells whether a house passes what is asked beside the place.
func (w Wanted) takes(r HouseRow) bool {
	return (!w.Problems || r.Problems > 0) && (!w.Coming || comes(r.Site)) && (!w.Late || r.Late)
}

// stateRank is the order of the states on the way to an open house.
var stateRank = map[site.State]int{site.Planned: 0, site.Works: 1, site.Testing: 2, site.Open: 3, site.Suspended: 4}

// sort puts rows, which come by name, into the order that is wanted.
func (w Wanted) sort(rows []HouseRow) {
	var by func(a, b HouseRow) int
	switch w.Sort {
	case "comune":
		by = func(a, b HouseRow) int { return strings.Compare(a.Place, b.Place) }
	case "stato":
		by = func(a, b HouseRow) int { return cmp.Compare(stateRank[a.Site.State], stateRank[b.Site.State]) }
	case "posti":
		by = func(a, b HouseRow) int { return cmp.Compare(a.Places, b.Places) }
	case "adesso":
		by = func(a, b HouseRow) int { return compareShares(a.Now, b.Now) }
	case "oggi":
		by = func(a, b HouseRow) int { return compareShares(a.Today, b.Today) }
	case "segnalazioni":
		by = func(a, b HouseRow) int { return cmp.Compare(a.Problems, b.Problems) }
	default:
		if w.Down {
			slices.Reverse(rows)
		}
		return
	}
	if up := by; w.Down {
		by = func(a, b HouseRow) int { return up(b, a) }
	}
	slices.SortStableFunc(rows, by)
}

// compareShares puts what has nothing to take before the emptiest.
func compareShares(a, b Share) int {
	if a.Of == 0 || b.Of == 0 {
		return cmp.Compare(a.Of, b.Of)
	}
	return cmp.Compare(a.Taken*b.Of, b.Taken*a.Of)
}

// roll is the houses of one network with what an overview looks at, by name;
// made once for each network.
type roll struct {
	net    *site.Network
	houses []entry
	byID   map[string]*entry
}

type entry struct {
	site    *site.Site
	place   string
	region  string
	opening *agenda.Opening
	zone    *time.Location
	atoms   []int64 // of the places in use that people book
}

// rollKeeper keeps the roll of the network as it is now.
type rollKeeper struct {
	sync.Mutex
	last *roll
}

func (s *Service) roll() *roll {
	net := s.Live.Network()
	s.rolls.Lock()
	defer s.rolls.Unlock()
	if s.rolls.last == nil || s.rolls.last.net != net {
		s.rolls.last = newRoll(net)
	}
	return s.rolls.last
}

func newRoll(net *site.Network) *roll {
	hits := net.Sites(site.Filter{})
	r := &roll{net: net, houses: make([]entry, len(hits)), byID: make(map[string]*entry, len(hits))}
	for i, hit := range hits {
		e := entry{site: hit.Site, place: net.Place(hit.Site), opening: net.Opening(hit.Site.ID), zone: net.Zone(hit.Site)}
		if m, ok := net.Territory().ByISTAT(hit.Site.Municipality); ok {
			e.region = m.Region
		}
		for _, p := range net.Resources(hit.Site.ID) {
			if p.Active && !p.Composite() && slices.Contains(site.Bookable, p.Kind) {
				e.atoms = append(e.atoms, p.Ordinal)
			}
		}
		r.houses[i] = e
		r.byID[hit.Site.ID] = &r.houses[i]
	}
	return r
}

// regions are the regions in which there are houses, by name.
func (r *roll) regions() []string {
	seen := map[string]bool{}
	for _, e := range r.houses {
		seen[e.region] = true
	}
	var list []string
	for _, name := range r.net.Territory().Regions() {
		if seen[name] {
			list = append(list, name)
		}
	}
	return list
}

// provinces are the provinces of a region, or all, by name.
func (r *roll) provinces(region string) (list []territory.Province) {
	for _, p := range r.net.Territory().Provinces() {
		if region == "" || p.Region == region {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b territory.Province) int { return strings.Compare(a.Name, b.Name) })
	return list
}
