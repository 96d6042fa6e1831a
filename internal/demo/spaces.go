package demo

import (
	"cmp"
	_ "embed"
	"encoding/csv"
	"math"
	"slices"
	"strings"

	"polis/internal/site"
	"polis/internal/territory"
)

// namedCSV are the spaces that public sources name, with their source: facts.
// All else about them is made up.
//
//go:embed named_spaces.csv
var namedCSV string

// planned is a space before it is furnished.
type planned struct {
	town   territory.Municipality
	place  string // square or quarter, where a town has several
	weight float64
	size   site.Size
	state  site.State
	places int // desks and meeting seats
}

// quarters name the further spaces of a city.
var quarters = []string{"Centro", "Stazione", "Università", "Mercato", "Teatro", "Fiera", "Tribunale", "Giardini", "Porta Nuova", "Municipio"}

// chooser chooses towns until there are enough.
type chooser struct {
	spaces []planned
	count  map[string]int // spaces by ISTAT code
	small  int            // spaces in small towns
}

func (c *chooser) add(m territory.Municipality, place string) {
	k := c.count[m.ISTAT]
	if place == "" && k > 0 {
		place = quarters[(k-1)%len(quarters)]
	}
	c.count[m.ISTAT] = k + 1
	if m.Population < smallTown {
		c.small++
	}
	c.spaces = append(c.spaces, planned{town: m, place: place, weight: weight(m, k+1)})
}

// weight is how much a town asks for its kth space: the larger the town the
// more, but a city of a hundred times the people has ten times the spaces.
func weight(m territory.Municipality, k int) float64 {
	return math.Sqrt(float64(m.Population)) / float64(k)
}

// chooseSpaces takes the named ones first, then the largest town of each
// province that has none yet, then small towns far from the others, then
// cities by weight.
func (m *maker) chooseSpaces() []planned {
	c := chooser{count: map[string]int{}}
	for _, row := range named() {
		if town, ok := m.terr.ByBelfiore(row.belfiore); ok {
			c.add(town, row.place)
		}
	}
	namedOnes := len(c.spaces)
	m.oneInEachProvince(&c)
	m.smallTowns(&c)
	m.inCities(&c)

	m.states(c.spaces, namedOnes)
	sizes(c.spaces)
	return c.spaces
}

type namedSpace struct{ belfiore, place string }

func named() []namedSpace {
	rows, err := csv.NewReader(strings.NewReader(namedCSV)).ReadAll()
	if err != nil {
		panic(err) // the file is part of the program and a test reads it
	}
	var out []namedSpace
	for _, row := range rows[1:] {
		out = append(out, namedSpace{belfiore: row[0], place: row[2]})
	}
	return out
}

func (m *maker) oneInEachProvince(c *chooser) {
	has := map[string]bool{}
	for _, s := range c.spaces {
		has[s.town.Province] = true
	}
	for _, town := range sorted(m.terr, func(territory.Municipality) bool { return true }) {
		if !has[town.Province] {
			has[town.Province] = true
			c.add(town, "")
		}
	}
}

// smallTowns fills up the spaces in small towns, at first 25 km from all
// others, then nearer.
func (m *maker) smallTowns(c *chooser) {
	towns := sorted(m.terr, func(t territory.Municipality) bool { return t.Population < smallTown && t.Population >= 3000 })
	m.rng.Shuffle(len(towns), func(i, j int) { towns[i], towns[j] = towns[j], towns[i] })
	for apart := 25.0; apart >= 1 && c.small < SmallTowns; apart /= 2 {
		for _, town := range towns {
			if c.small == SmallTowns {
				return
			}
			if c.count[town.ISTAT] == 0 && !slices.ContainsFunc(c.spaces, func(s planned) bool {
				return territory.Distance(s.town.Lat, s.town.Lon, town.Lat, town.Lon) < apart
			}) {
				c.add(town, "")
			}
		}
	}
}

// inCities gives each further space to the city that asks for it most.
func (m *maker) inCities(c *chooser) {
	towns := sorted(m.terr, func(t territory.Municipality) bool { return t.Population >= smallTown })
	for len(c.spaces) < Spaces && len(towns) > 0 {
		c.add(slices.MaxFunc(towns, func(a, b territory.Municipality) int {
			return cmp.Or(
				cmp.Compare(weight(a, c.count[a.ISTAT]+1), weight(b, c.count[b.ISTAT]+1)),
				cmp.Compare(b.ISTAT, a.ISTAT))
		}), "")
	}
}

// states: the named ones are open; which of the others are is drawn.
func (m *maker) states(spaces []planned, namedOnes int) {
	order := m.rng.Perm(len(spaces) - namedOnes)
	for i := range spaces[:namedOnes] {
		spaces[i].state = site.Open
	}
	for i, at := range order {
		s := &spaces[namedOnes+at]
		switch {
		case i < OpenSpaces-namedOnes:
			s.state = site.Open
		case i < OpenSpaces-namedOnes+SpaceWorks:
			s.state = site.Works
		default:
			s.state = site.Planned
		}
	}
}

// sizes: the larger the town, the larger the space.
func sizes(spaces []planned) {
	order := make([]int, len(spaces))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(spaces[b].weight, spaces[a].weight) })
	for i, at := range order {
		switch {
		case i < largeSpaces:
			spaces[at].size = site.Large
		case i < largeSpaces+mediumSpace:
			spaces[at].size = site.Medium
		default:
			spaces[at].size = site.Small
		}
	}
}

// capacity is how many desks and meeting seats fit into a size.
var capacity = map[site.Size]struct{ min, max int }{
	site.Small:  {10, 18},   // about 100 m²
	site.Medium: {32, 48},   // about 450 m²
	site.Large:  {115, 155}, // about 1,500 m²
}

// capacities draws how many places each space has and then moves single places
// until the sum is right, as far as the sizes allow.
func (m *maker) capacities(spaces []planned) {
	sum := 0
	for i := range spaces {
		c := capacity[spaces[i].size]
		spaces[i].places = c.min + m.rng.IntN(c.max-c.min+1)
		sum += spaces[i].places
	}
	for moved := true; moved && sum != WorkPlaces; {
		moved = false
		for i := range spaces {
			s := &spaces[i]
			c := capacity[s.size]
			switch {
			case sum < WorkPlaces && s.places < c.max:
				s.places, sum, moved = s.places+1, sum+1, true
			case sum > WorkPlaces && s.places > c.min:
				s.places, sum, moved = s.places-1, sum-1, true
			}
		}
	}
}
