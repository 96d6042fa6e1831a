package territory

import (
	"math"
	"strconv"
	"strings"
	"sync"
)

// Box is a part of the Earth between two parallels and two meridians, in degrees.
type Box struct{ South, West, North, East float64 }

// Italy is the box of the whole country.
var Italy = Box{35.45, 6.55, 47.15, 18.6}

// Around is the box of all that lies within km of a place.
func Around(lat, lon, km float64) Box {
	dLat := km / earthRadius * 180 / math.Pi
	dLon := dLat / math.Max(math.Cos(lat*math.Pi/180), 0.01)
	return Box{lat - dLat, lon - dLon, lat + dLat, lon + dLon}
}

// With is the smallest box that also holds a place.
func (b Box) With(lat, lon float64) Box {
	return Box{math.Min(b.South, lat), math.Min(b.West, lon), math.Max(b.North, lat), math.Max(b.East, lon)}
}

// Has tells whether a place lies in the box.
func (b Box) Has(lat, lon float64) bool {
	return b.South <= lat && lat <= b.North && b.West <= lon && lon <= b.East
}

// mostNorth is the end of Mercator's projection, far beyond any house.
const mostNorth = 85

// Projection puts places onto a picture whose y grows downwards, after Mercator: north is up and shapes are right,
// over a country as long as Italy within a sixth of the scale. The zero value puts all places onto one point.
type Projection struct {
	width, height float64
	west, north   float64 // of the picture's upper left corner, in degrees and degrees of Mercator
	perDegree     float64 // units of the picture
}

// Project shows a whole box in the middle of a picture of a width and a height.
func Project(b Box, width, height float64) Projection {
	south, north := mercator(b.South), mercator(b.North)
	perDegree := math.Min(width/math.Max(b.East-b.West, 1e-6), height/math.Max(north-south, 1e-6))
	return Projection{
		width: width, height: height, perDegree: perDegree,
		west:  (b.West+b.East)/2 - width/2/perDegree,
		north: (south+north)/2 + height/2/perDegree,
	}
}

func mercator(lat float64) float64 {
	lat = math.Max(-mostNorth, math.Min(mostNorth, lat))
	return math.Log(math.Tan(math.Pi/4+lat*math.Pi/360)) * 180 / math.Pi
}

// XY is where a place comes to stand on the picture.
func (p Projection) XY(lat, lon float64) (x, y float64) {
	return (lon - p.west) * p.perDegree, (p.north - mercator(lat)) * p.perDegree
}

// Box is what the picture shows.
func (p Projection) Box() Box {
	lat := func(y float64) float64 {
		return 2*math.Atan(math.Exp((p.north-y/p.perDegree)*math.Pi/180))*180/math.Pi - 90
	}
	return Box{lat(p.height), p.west, lat(0), p.west + p.width/p.perDegree}
}

// KmPerUnit is the length of a unit of the picture, in its middle.
func (p Projection) KmPerUnit() float64 {
	b := p.Box()
	lat := (b.South + b.North) / 2
	return earthRadius * math.Pi / 180 * math.Cos(lat*math.Pi/180) / p.perDegree
}

// Spot is a point of a picture.
type Spot struct{ X, Y float64 }

// Outline are the lines of the country on a picture: rings of land, some of which are holes in others, and borders
// between regions. They are as detailed as the picture can show, and end a little outside it.
func (p Projection) Outline() (land, borders [][]Spot) {
	const beyond = 8
	frame := rect{-beyond, -beyond, p.width + beyond, p.height + beyond}
	lines := outlines()
	at := lines[0]
	for _, finer := range lines[1:] {
		if at.km <= p.KmPerUnit()*0.7 {
			break
		}
		at = finer
	}
	for _, l := range at.lines {
		spots := make([]Spot, len(l.points))
		for i, q := range l.points {
			spots[i].X, spots[i].Y = p.XY(q[1], q[0])
		}
		if l.border {
			borders = append(borders, frame.cut(spots)...)
		} else if ring := frame.clip(spots); len(ring) > 2 {
			land = append(land, ring)
		}
	}
	return land, borders
}

// line is a border, or else a ring, of longitudes and latitudes.
type line struct {
	border bool
	points [][2]float64
}

// detail is the outline simplified by some km.
type detail struct {
	km    float64
	lines []line
}

// outlines are the outline in several details, the coarsest first.
var outlines = sync.OnceValue(func() []detail {
	var whole []line
	for _, f := range factLines(outlineCSV) {
		numbers := strings.Fields(f[1])
		l := line{border: f[0] == "border", points: make([][2]float64, len(numbers)/2)}
		for i := range l.points {
			for k := range 2 {
				n, err := strconv.Atoi(numbers[2*i+k])
				if err != nil {
					panic(err) // the file is part of the program and a test reads it
				}
				l.points[i][k] = float64(n) / 1000
			}
		}
		whole = append(whole, l)
	}
	out := []detail{{km: 1.2}, {km: 0.3}, {km: 0}}
	for i := range out {
		for _, l := range whole {
			l.points = simplify(l.points, out[i].km)
			if l.border || len(l.points) > 3 {
				out[i].lines = append(out[i].lines, l)
			}
		}
	}
	return out
})

// simplify leaves out points that lie within km of the line through the others, by Douglas and Peucker's way. The ends
// stay, and of a ring the point farthest from them.
func simplify(points [][2]float64, km float64) [][2]float64 {
	if km == 0 || len(points) < 3 {
		return points
	}
	keep := make([]bool, len(points))
	keep[0], keep[len(points)-1] = true, true
	var split func(a, b int)
	split = func(a, b int) {
		far, at := km, -1
		for i := a + 1; i < b; i++ {
			if d := apart(points[i], points[a], points[b]); d > far {
				far, at = d, i
			}
		}
		if at >= 0 {
			keep[at] = true
			split(a, at)
			split(at, b)
		}
	}
	split(0, len(points)-1)
	var out [][2]float64
	for i, p := range points {
		if keep[i] {
			out = append(out, p)
		}
	}
	return out
}

// apart is how far, in km, a point lies from the stretch between two others, on the plane.
func apart(p, a, b [2]float64) float64 {
	const perDegree = earthRadius * math.Pi / 180
	cos := math.Cos(a[1] * math.Pi / 180)
	px, py := (p[0]-a[0])*cos, p[1]-a[1]
	bx, by := (b[0]-a[0])*cos, b[1]-a[1]
	if square := bx*bx + by*by; square > 0 {
		t := math.Max(0, math.Min(1, (px*bx+py*by)/square))
		px, py = px-t*bx, py-t*by
	}
	return math.Hypot(px, py) * perDegree
}

// rect is a part of a picture.
type rect struct{ left, top, right, bottom float64 }

// sides are the tests of the four sides: how far inside one a point lies.
func (r rect) sides() [4]func(Spot) float64 {
	return [4]func(Spot) float64{
		func(s Spot) float64 { return s.X - r.left },
		func(s Spot) float64 { return r.right - s.X },
		func(s Spot) float64 { return s.Y - r.top },
		func(s Spot) float64 { return r.bottom - s.Y },
	}
}

// clip is the part of a ring inside, by Sutherland and Hodgman's way: what lies outside is drawn along the sides.
func (r rect) clip(ring []Spot) []Spot {
	for _, inside := range r.sides() {
		if len(ring) == 0 {
			return nil
		}
		var out []Spot
		last := ring[len(ring)-1]
		for _, s := range ring {
			a, b := inside(last), inside(s)
			if (a < 0) != (b < 0) {
				out = append(out, between(last, s, a/(a-b)))
			}
			if b >= 0 {
				out = append(out, s)
			}
			last = s
		}
		ring = out
	}
	return ring
}

// cut are the parts of a line inside.
func (r rect) cut(points []Spot) (parts [][]Spot) {
	var part []Spot
	for i := 1; i < len(points); i++ {
		from, to := 0.0, 1.0
		for _, inside := range r.sides() {
			switch a, b := inside(points[i-1]), inside(points[i]); {
			case a < 0 && b < 0:
				from = 2
			case a < 0:
				from = math.Max(from, a/(a-b))
			case b < 0:
				to = math.Min(to, a/(a-b))
			}
		}
		if from >= to {
			continue
		}
		if a := between(points[i-1], points[i], from); len(part) == 0 || from > 0 {
			if len(part) > 1 {
				parts = append(parts, part)
			}
			part = []Spot{a}
		}
		part = append(part, between(points[i-1], points[i], to))
		if to < 1 {
			parts, part = append(parts, part), nil
		}
	}
	if len(part) > 1 {
		parts = append(parts, part)
	}
	return parts
}

func between(a, b Spot, t float64) Spot { return Spot{a.X + (b.X-a.X)*t, a.Y + (b.Y-a.Y)*t} }
