package web

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"polis/internal/platform/i18n"
	"polis/internal/territory"
)

// Map is a picture of places on the outline of the country, for the component
// map. Beside it stands the same as a list: who does not see the map misses
// nothing. NewMap draws one.
type Map struct {
	Label         string // what it shows, for who does not see it
	Width, Height int
	Land, Borders string // paths
	Circle        *Spot  // of the area searched, with its Radius
	Towns         []Spot
	Places        []Spot
	Bar           int     // length of the scale's bar
	BarText       string  // "20 km"
	BarKm         float64 // the same as a number, for the script
	Legend        []State // the kinds of its places, in words
	Plain         bool
}

// Place is what a map shows at a place on Earth.
type Place struct {
	Lat, Lon float64
	Kind     string // free, taken, works, pending, closed, mine, count, dot: told by shape and colour
	ID       string // of the mark, so that a card can point it out; may be empty
	Href     string // where it leads; may be empty
	Title    string // what it is, in words
	Mark     string // number in it; a mark without one is small, and no stop of the Tab key
	Alarm    bool   // with a ring around: something is wrong there
	Radius   float64
}

// Spot is something on a map, in its units.
type Spot struct {
	Place
	X, Y         float64
	FromX, FromY float64 // where it is, if the mark had to move aside
	Moved        bool
	Anchor       string // of a town's name: start, end, middle
	DX, DY       float64
}

// MapOptions are what a map shows.
type MapOptions struct {
	Label         string
	Box           territory.Box // all of it is seen
	Width, Height int
	Places        []Place // the first are the most important
	Towns         []territory.Municipality
	Around        *Place  // the middle of the area searched
	Km            float64 // its radius; 0 without
	Plain         bool    // a picture alone: no borders, scale, legend or buttons
}

// Radii of marks, in units: about as many pixels.
const (
	smallMark = 6
	bigMark   = 12
	hereMark  = 8
)

// mostNames is how many towns a map names: for orientation, no more.
const mostNames = 10

// NewMap draws a map.
func NewMap(p *i18n.Printer, o MapOptions) *Map {
	at := territory.Project(o.Box, float64(o.Width), float64(o.Height))
	land, borders := at.Outline()
	m := &Map{Label: o.Label, Width: o.Width, Height: o.Height, Plain: o.Plain, Land: pathOf(land, true)}
	if !o.Plain {
		m.Borders = pathOf(borders, false)
	}
	spot := func(pl Place) Spot {
		s := Spot{Place: pl}
		s.X, s.Y = at.XY(pl.Lat, pl.Lon)
		s.X, s.Y = tenth(s.X), tenth(s.Y)
		s.FromX, s.FromY = s.X, s.Y
		return s
	}
	if o.Around != nil {
		c := spot(*o.Around)
		c.Radius = tenth(o.Km / at.KmPerUnit())
		m.Circle = &c
	}
	l := room{width: float64(o.Width), height: float64(o.Height)}
	if m.Circle != nil {
		l.take(m.Circle.X, m.Circle.Y, hereMark)
	}
	for _, pl := range o.Places {
		s := spot(pl)
		if s.Radius == 0 {
			if s.Radius = smallMark; s.Mark != "" {
				s.Radius = bigMark
			}
		}
		m.Places = append(m.Places, s)
	}
	l.marks(m.Places)
	m.bar(p, at.KmPerUnit())
	l.taken = append(l.taken,
		box{0, l.height - 36, float64(m.Bar) + 24, l.height}, // the scale
		box{l.width - 60, 0, l.width, 108},                   // the buttons
	)
	for _, t := range o.Towns {
		s := spot(Place{Lat: t.Lat, Lon: t.Lon, Title: t.Name})
		if len(m.Towns) < mostNames && l.name(&s) {
			m.Towns = append(m.Towns, s)
		}
	}
	// What is drawn later lies above: the important ones last.
	slices.Reverse(m.Places)
	slices.SortStableFunc(m.Places, func(a, b Spot) int { return cmp.Compare(len(a.Mark), 0) - cmp.Compare(len(b.Mark), 0) })
	for _, kind := range mapKinds {
		if slices.ContainsFunc(m.Places, func(s Spot) bool { return s.Kind == kind }) {
			m.Legend = append(m.Legend, State{kind, p.T("web.map.kind." + kind)})
		}
	}
	return m
}

// mapKinds are the kinds of place that a legend explains.
var mapKinds = []string{"free", "mine", "taken", "works", "pending", "closed", "count"}

// bar makes the scale: the longest round number of km in a quarter of the
// width.
func (m *Map) bar(p *i18n.Printer, kmPerUnit float64) {
	most := float64(m.Width) / 4 * kmPerUnit
	for power := math.Pow(10, math.Floor(math.Log10(most))); ; power /= 10 {
		for _, n := range []float64{5, 2, 1} {
			if km := n * power; km <= most {
				m.BarKm, m.Bar = km, int(math.Round(km/kmPerUnit))
				m.BarText = p.Distance(km)
				return
			}
		}
	}
}

func tenth(v float64) float64 { return math.Round(v*10) / 10 }

// pathOf writes lines as the path of an SVG, in tenths of a unit, each point from
// the one before.
func pathOf(lines [][]territory.Spot, closed bool) string {
	var b strings.Builder
	var buf []byte
	number := func(n int, first bool) {
		if !first && n >= 0 {
			b.WriteByte(' ')
		}
		buf = strconv.AppendFloat(buf[:0], float64(n)/10, 'f', -1, 64)
		b.Write(buf)
	}
	for _, line := range lines {
		x, y := 0, 0
		for i, s := range line {
			toX, toY := int(math.Round(s.X*10)), int(math.Round(s.Y*10))
			switch {
			case i == 0:
				b.WriteByte('M')
			case toX == x && toY == y:
				continue
			case i == 1:
				b.WriteByte('l')
			}
			if i == 0 {
				number(toX, true)
				number(toY, false)
			} else {
				number(toX-x, i == 1)
				number(toY-y, false)
			}
			x, y = toX, toY
		}
		if closed {
			b.WriteByte('z')
		}
	}
	return b.String()
}

// room finds space on a map for what would else lie one above the other.
type room struct {
	width, height float64
	taken         []box
}

// box is a rectangle from one corner to the other.
type box struct{ x1, y1, x2, y2 float64 }

func (l *room) free(b box) bool {
	if b.x1 < 0 || b.y1 < 0 || b.x2 > l.width || b.y2 > l.height {
		return false
	}
	return !slices.ContainsFunc(l.taken, func(t box) bool {
		return b.x1 < t.x2 && t.x1 < b.x2 && b.y1 < t.y2 && t.y1 < b.y2
	})
}

// marks moves the marks with a number aside, where they would hide another.
func (l *room) marks(spots []Spot) {
	for i := range spots {
		s := &spots[i]
		if s.Mark == "" {
			continue
		}
		place := func() bool {
			for _, away := range []float64{0, 1.6, 2.4, 3.4, 4.6, 6} {
				for turn := range 8 {
					sin, cos := math.Sincos(float64(turn) * math.Pi / 4)
					x, y := tenth(s.FromX+away*s.Radius*sin), tenth(s.FromY-away*s.Radius*cos)
					if b := around(x, y, s.Radius); l.free(b) {
						s.X, s.Y, s.Moved = x, y, away > 0
						return true
					}
				}
			}
			return false
		}
		place() // where there is no room at all, it stays where it is
		l.take(s.X, s.Y, s.Radius)
	}
	for _, s := range spots {
		if s.Mark == "" {
			l.take(s.X, s.Y, s.Radius)
		}
	}
}

func (l *room) take(x, y, r float64) { l.taken = append(l.taken, around(x, y, r)) }

func around(x, y, r float64) box { return box{x - r, y - r, x + r, y + r} }

// Sizes of a town's name, in units.
const (
	letterWidth  = 7.2
	letterHeight = 14
	townGap      = 6
	nameGap      = 10 // between two names
)

// name finds room for the name of a town beside its point; false where there is
// none.
func (l *room) name(s *Spot) bool {
	w := float64(utf8.RuneCountInString(s.Title)) * letterWidth
	if !l.free(around(s.X, s.Y, 2)) {
		return false
	}
	for _, try := range []struct {
		anchor         string
		dx, dy, x1, y1 float64 // of the text, and of its box
	}{
		{"start", townGap, 4.5, townGap, -letterHeight / 2},
		{"end", -townGap, 4.5, -townGap - w, -letterHeight / 2},
		{"middle", 0, -townGap, -w / 2, -townGap - letterHeight},
		{"middle", 0, townGap + letterHeight - 3, -w / 2, townGap},
	} {
		b := box{s.X + try.x1, s.Y + try.y1, s.X + try.x1 + w, s.Y + try.y1 + letterHeight}
		if l.free(b) {
			s.Anchor, s.DX, s.DY = try.anchor, try.dx, try.dy
			l.taken = append(l.taken, box{b.x1 - nameGap, b.y1 - nameGap, b.x2 + nameGap, b.y2 + nameGap}, around(s.X, s.Y, 3))
			return true
		}
	}
	return false
}
