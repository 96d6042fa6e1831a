package site

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/errs"
	"polis/internal/territory"
)

// Network is all the houses with their places at one moment. It never changes,
// so any number of goroutines may use one; what its methods return must not be
// changed either.
type Network struct {
	territory  *territory.Table
	houses     []house // by name, then id
	rows       []row   // what a search looks at, as houses
	byID       map[string]int32
	byCode     map[string]int32
	rooms      map[string]*Room
	resources  map[string]*Resource
	ordinals   []*Resource // at [ordinal]; nil where there is none
	itself     []int64     // at [ordinal] the ordinal; atoms are pieces of it
	rules      map[RuleKey]Rules
	houseRules map[string]HouseRules
	revision   int64
}

// house is a site with what belongs to it.
type house struct {
	site      *Site
	name      string // folded, the key by which sites are sorted
	zone      *time.Location
	opening   *agenda.Opening
	rooms     []*Room     // by floor, then code
	resources []*Resource // by kind, then code
}

// RuleKey is where rules apply: to a kind of place in one site, or in all that
// have no own rules where Site is "".
type RuleKey struct {
	Kind ResourceKind
	Site string
}

// Data is what a Network is made of. Rooms and resources of unknown sites are
// passed over.
type Data struct {
	Territory  *territory.Table
	Sites      []Site
	Rooms      []Room
	Resources  []Resource
	Rules      map[RuleKey]Rules
	HouseRules map[string]HouseRules // the version that holds, by site; "" is the network
	Revision   int64                 // how often the network was changed
}

// NewNetwork makes a Network and keeps d's slices. Two sites or resources with
// one key, or a zone that does not exist, are errors.
func NewNetwork(d Data) (*Network, error) {
	n := &Network{
		territory:  d.Territory,
		houses:     make([]house, len(d.Sites)),
		rows:       make([]row, len(d.Sites)),
		byID:       make(map[string]int32, len(d.Sites)),
		byCode:     make(map[string]int32, len(d.Sites)),
		rooms:      make(map[string]*Room, len(d.Rooms)),
		resources:  make(map[string]*Resource, len(d.Resources)),
		rules:      d.Rules,
		houseRules: d.HouseRules,
		revision:   d.Revision,
	}
	if err := n.addSites(d.Sites); err != nil {
		return nil, err
	}
	n.addRooms(d.Rooms)
	return n, n.addResources(d.Resources)
}

func (n *Network) addSites(sites []Site) error {
	for i := range sites {
		n.houses[i] = house{site: &sites[i], name: territory.Fold(sites[i].Name)}
	}
	slices.SortFunc(n.houses, func(a, b house) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.site.ID, b.site.ID))
	})
	patterns := map[pattern]*agenda.Opening{}
	for i := range n.houses {
		h := &n.houses[i]
		if _, twice := n.byID[h.site.ID]; twice {
			return fmt.Errorf("site: two sites %s", h.site.ID)
		}
		if _, twice := n.byCode[h.site.Code]; twice {
			return fmt.Errorf("site: two sites %q", h.site.Code)
		}
		n.byID[h.site.ID], n.byCode[h.site.Code] = int32(i), int32(i)
		var err error
		if h.zone, err = zoneOf(h.site.Zone); err != nil {
			return fmt.Errorf("site %s: %w", h.site.ID, err)
		}
		h.opening = openingOf(h.site, h.zone, patterns)
		n.rows[i] = newRow(h, n.territory)
	}
	return nil
}

// pattern tells openings apart.
type pattern struct {
	hours  string
	patron agenda.MonthDay
	zone   *time.Location
}

// openingOf shares one Opening among the sites that open alike, so that what is
// worked out for one serves all; a site with exceptions has its own.
func openingOf(s *Site, zone *time.Location, patterns map[pattern]*agenda.Opening) *agenda.Opening {
	o := &agenda.Opening{Hours: s.Hours, Patron: s.Patron, Zone: zone, Exceptions: s.Exceptions}
	if len(s.Exceptions) > 0 {
		return o
	}
	key := pattern{s.Hours.String(), s.Patron, zone}
	if shared := patterns[key]; shared != nil {
		return shared
	}
	patterns[key] = o
	return o
}

// OpeningOf says when a site that is not in a Network yet would be open. The
// error is Invalid.
func OpeningOf(s *Site) (*agenda.Opening, error) {
	zone, err := zoneOf(s.Zone)
	if err != nil {
		return nil, invalid("zone")
	}
	return openingOf(s, zone, map[pattern]*agenda.Opening{}), nil
}

func zoneOf(name string) (*time.Location, error) {
	if name == "" || name == "Europe/Rome" {
		return agenda.Rome, nil
	}
	return time.LoadLocation(name)
}

func (n *Network) addRooms(rooms []Room) {
	for i := range rooms {
		r := &rooms[i]
		if at, ok := n.byID[r.Site]; ok {
			n.houses[at].rooms = append(n.houses[at].rooms, r)
			n.rooms[r.ID] = r
		}
	}
	for i := range n.houses {
		slices.SortFunc(n.houses[i].rooms, func(a, b *Room) int {
			return cmp.Or(cmp.Compare(a.Floor, b.Floor), cmp.Compare(a.Code, b.Code))
		})
	}
}

func (n *Network) addResources(resources []Resource) error {
	var last int64
	for i := range resources {
		last = max(last, resources[i].Ordinal)
	}
	if last > 4*int64(len(resources))+1_000_000 {
		return fmt.Errorf("site: the ordinal %d is not dense", last)
	}
	n.ordinals, n.itself = make([]*Resource, last+1), numbers(last)
	for i := range resources {
		r := &resources[i]
		at, ok := n.byID[r.Site]
		if !ok {
			continue
		}
		if n.ordinals[r.Ordinal] != nil || n.resources[r.ID] != nil {
			return fmt.Errorf("site: two resources %d or %s", r.Ordinal, r.ID)
		}
		n.ordinals[r.Ordinal], n.resources[r.ID] = r, r
		n.houses[at].resources = append(n.houses[at].resources, r)
	}
	for i := range n.houses {
		slices.SortFunc(n.houses[i].resources, byKindAndCode)
	}
	return nil
}

func byKindAndCode(a, b *Resource) int {
	return cmp.Or(cmp.Compare(rank(a.Kind), rank(b.Kind)), cmp.Compare(a.Code, b.Code))
}

// Territory is the list of municipalities of the same moment.
func (n *Network) Territory() *territory.Table { return n.territory }

// Len is the number of sites.
func (n *Network) Len() int { return len(n.houses) }

// LastOrdinal is the highest ordinal of a resource; 0 if there is none.
func (n *Network) LastOrdinal() int64 { return int64(len(n.ordinals)) - 1 }

func unknown(key string) error { return errs.New(errs.NotFound, key, nil) }

// Site finds a site by its id; NotFound if there is none.
func (n *Network) Site(id string) (*Site, error) {
	at, ok := n.byID[id]
	if !ok {
		return nil, unknown("site.unknown")
	}
	return n.houses[at].site, nil
}

// ByCode finds a site by its code, or by its id; NotFound if there is none.
func (n *Network) ByCode(code string) (*Site, error) {
	at, ok := n.byCode[code]
	if !ok {
		return n.Site(code)
	}
	return n.houses[at].site, nil
}

// Room finds a room by its id; NotFound if there is none.
func (n *Network) Room(id string) (*Room, error) {
	if r := n.rooms[id]; r != nil {
		return r, nil
	}
	return nil, unknown("room.unknown")
}

// Resource finds a resource by its id; NotFound if there is none.
func (n *Network) Resource(id string) (*Resource, error) {
	if r := n.resources[id]; r != nil {
		return r, nil
	}
	return nil, unknown("resource.unknown")
}

// ByOrdinal finds a resource by its ordinal; NotFound if there is none.
func (n *Network) ByOrdinal(ordinal int64) (*Resource, error) {
	if ordinal >= 0 && ordinal < int64(len(n.ordinals)) && n.ordinals[ordinal] != nil {
		return n.ordinals[ordinal], nil
	}
	return nil, unknown("resource.unknown")
}

// house finds a site's belongings; an empty house where there is no such site.
func (n *Network) house(siteID string) *house {
	at, ok := n.byID[siteID]
	if !ok {
		return &house{zone: agenda.Rome, opening: &agenda.Opening{}}
	}
	return &n.houses[at]
}

// Rooms are the rooms of a site by floor, then code.
func (n *Network) Rooms(siteID string) []*Room { return n.house(siteID).rooms }

// Resources are the places of a site by kind (in the order of Kinds), then code.
func (n *Network) Resources(siteID string) []*Resource { return n.house(siteID).resources }

// OfKind are the places of one kind of a site by code.
func (n *Network) OfKind(siteID string, kind ResourceKind) []*Resource {
	all := n.house(siteID).resources
	byRank := func(r *Resource, k int) int { return cmp.Compare(rank(r.Kind), k) }
	from, _ := slices.BinarySearchFunc(all, rank(kind), byRank)
	to, _ := slices.BinarySearchFunc(all, rank(kind)+1, byRank)
	return all[from:to]
}

// Opening says when a site is open. Sites that open alike share one, so its
// pointer can be the key of what is worked out from it. A site that does not
// exist is never open.
func (n *Network) Opening(siteID string) *agenda.Opening { return n.house(siteID).opening }

// Zone is the time zone of a site; Rome where it names none.
func (n *Network) Zone(s *Site) *time.Location { return n.house(s.ID).zone }

// Rules are those of a kind of place in a site: its own, else the network's,
// else the defaults.
func (n *Network) Rules(siteID string, kind ResourceKind) Rules {
	if r, ok := n.rules[RuleKey{kind, siteID}]; ok {
		return r
	}
	if r, ok := n.rules[RuleKey{kind, ""}]; ok {
		return r
	}
	return DefaultRules(kind)
}

// OwnRules are the rules of a kind of place that somebody has set for one site,
// or, where siteID is "", for the network; false where nobody has.
func (n *Network) OwnRules(siteID string, kind ResourceKind) (Rules, bool) {
	r, ok := n.rules[RuleKey{kind, siteID}]
	return r, ok
}

// HouseRules are what one agrees to when booking at a site: its own, else the
// network's; false where there are none.
func (n *Network) HouseRules(siteID string) (HouseRules, bool) {
	if r, ok := n.houseRules[siteID]; ok {
		return r, true
	}
	r, ok := n.houseRules[""]
	return r, ok
}

// Place is where a site is, in words: "Gavirate (VA)"; "" where its
// municipality is not in the list.
func (n *Network) Place(s *Site) string {
	m, ok := n.territory.ByISTAT(s.Municipality)
	if !ok {
		return ""
	}
	return m.Name + " (" + m.Province + ")"
}
