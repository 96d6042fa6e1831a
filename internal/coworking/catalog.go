package coworking

import (
	"sync"
	"time"

	"polis/internal/agenda"
	"polis/internal/site"
)

// catalog is the network as a search wants it: for each kind of place, the
// shelf of each site that has any. It is made once per network.
type catalog struct {
	net     *site.Network
	shelves map[site.ResourceKind]map[string]*shelf     // by site id
	found   map[site.ResourceKind]map[*site.Site]*shelf // the same by the network's own sites, which costs a search less
	homes   map[site.ResourceKind][]site.Kind           // kinds of site that have such places
	open    sync.Map                                    // openDay → agenda.Mask
}

// shelf is the places of one kind in one site.
type shelf struct {
	site      *site.Site
	kind      site.ResourceKind
	rules     *site.Rules // shared among shelves with the same rules
	zone      *time.Location
	opening   *agenda.Opening
	units     []*site.Resource // in use, by code
	atoms     []int64          // of the units where each is one atom, else nil
	admission []int64          // atoms of the site's limit of people; nil without
}

type openDay struct {
	opening *agenda.Opening
	day     agenda.Day
}

// catalog is that of the network as it is now.
func (s *Service) catalog() *catalog {
	net := s.live.Network()
	c := s.shelves.Load()
	if c == nil || c.net != net {
		c = newCatalog(net)
		s.shelves.Store(c)
	}
	return c
}

func newCatalog(net *site.Network) *catalog {
	c := &catalog{
		net: net, shelves: map[site.ResourceKind]map[string]*shelf{}, found: map[site.ResourceKind]map[*site.Site]*shelf{},
		homes: map[site.ResourceKind][]site.Kind{},
	}
	shared := map[site.Rules]*site.Rules{}
	for _, hit := range net.Sites(site.Filter{}) {
		st := hit.Site
		var admission []int64
		for _, r := range net.OfKind(st.ID, site.Admission) {
			admission = append(admission, r.Ordinal)
		}
		for _, kind := range site.Bookable {
			var units []*site.Resource
			for _, r := range net.OfKind(st.ID, kind) {
				if r.Active {
					units = append(units, r)
				}
			}
			if len(units) == 0 {
				continue
			}
			rules := net.Rules(st.ID, kind)
			if shared[rules] == nil {
				shared[rules] = &rules
			}
			c.put(&shelf{
				site: st, kind: kind, rules: shared[rules], zone: net.Zone(st),
				opening: net.Opening(st.ID), units: units, atoms: atomsOf(units), admission: admission,
			})
		}
	}
	return c
}

// atomsOf are the ordinals of units that are atoms, nil if one is not.
func atomsOf(units []*site.Resource) []int64 {
	atoms := make([]int64, len(units))
	for i, u := range units {
		if u.Composite() {
			return nil
		}
		atoms[i] = u.Ordinal
	}
	return atoms
}

func (c *catalog) put(sh *shelf) {
	if c.shelves[sh.kind] == nil {
		c.shelves[sh.kind], c.found[sh.kind] = map[string]*shelf{}, map[*site.Site]*shelf{}
	}
	c.shelves[sh.kind][sh.site.ID], c.found[sh.kind][sh.site] = sh, sh
	for _, k := range c.homes[sh.kind] {
		if k == sh.site.Kind {
			return
		}
	}
	c.homes[sh.kind] = append(c.homes[sh.kind], sh.site.Kind)
}

// isOpen tells whether a site is open over all cells.
func (c *catalog) isOpen(sh *shelf, cells []agenda.Cell) bool {
	for _, cell := range cells {
		if !c.openOn(sh, cell.Day).Contains(cell.Mask) {
			return false
		}
	}
	return true
}

// openOn is when a site is open on a UTC day.
func (c *catalog) openOn(sh *shelf, day agenda.Day) agenda.Mask {
	key := openDay{sh.opening, day}
	if m, ok := c.open.Load(key); ok {
		return m.(agenda.Mask)
	}
	m := sh.opening.Mask(day)
	c.open.Store(key, m)
	return m
}

// admits tells whether somebody of these groups may use a place.
func admits(st *site.Site, r *site.Resource, groups []string) bool {
	return site.Admits(st.Groups, groups) && site.Admits(r.Groups, groups)
}
