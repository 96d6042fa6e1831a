package main

import (
	"bufio"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The packages of the outline: the coast and the borders of the country from Natural Earth, in degrees, and the regions
// as a drawing in the projection of Mercator, which is fitted to it.
var (
	countriesPackage = source{"world-atlas@2.0.2", "package/countries-10m.json"}
	regionsPackage   = source{"@svg-maps/italy@2.0.0", "package/italy.svg"}
)

// worstFit is how far, in degrees of longitude, half of the drawing's coast may lie from the other.
const worstFit = 0.012

// vec is a point: longitude and latitude in degrees, or x and y.
type vec struct{ x, y float64 }

func (a vec) to(b vec) float64 { return math.Hypot(a.x-b.x, a.y-b.y) }

// outline makes the lines of the map: the rings of the country, and the borders between its regions.
func outline(countries, regions []byte) (coast, borders [][]vec, report string, err error) {
	if coast, err = readCountry(countries, "Italy"); err != nil {
		return nil, nil, "", fmt.Errorf("%s: %w", countriesPackage.name, err)
	}
	shapes, err := readRegions(regions)
	if err != nil {
		return nil, nil, "", fmt.Errorf("%s: %w", regionsPackage.name, err)
	}
	fitted, median, worst, err := fit(shapes, coast)
	if err != nil {
		return nil, nil, "", fmt.Errorf("%s: %w", regionsPackage.name, err)
	}
	borders = common(fitted)
	for _, line := range borders {
		for i, p := range line {
			line[i] = vec{p.x, unmercator(p.y)}
		}
	}
	const km = 111.2 * 0.743 // of a degree of longitude in the middle of the country
	return coast, borders, fmt.Sprintf("%d rings of the country, %d borders of regions; the drawing's coast lies %.1f km from the other at the median, %.1f km at 90 %%\n",
		len(coast), len(borders), median*km, worst*km), nil
}

// readCountry reads the rings of a country out of a TopoJSON of countries.
func readCountry(text []byte, name string) (rings [][]vec, err error) {
	var topology struct {
		Transform struct{ Scale, Translate [2]float64 }
		Arcs      [][][2]float64
		Objects   struct {
			Countries struct {
				Geometries []struct {
					Type       string
					Arcs       json.RawMessage
					Properties struct{ Name string }
				}
			}
		}
	}
	if err := json.Unmarshal(text, &topology); err != nil {
		return nil, err
	}
	arc := func(i int) (line []vec) {
		at := i
		if i < 0 {
			at = ^i
		}
		var x, y float64
		for _, step := range topology.Arcs[at] {
			x, y = x+step[0], y+step[1]
			line = append(line, vec{
				x*topology.Transform.Scale[0] + topology.Transform.Translate[0],
				y*topology.Transform.Scale[1] + topology.Transform.Translate[1],
			})
		}
		if i < 0 {
			slices.Reverse(line)
		}
		return line
	}
	for _, g := range topology.Objects.Countries.Geometries {
		if g.Properties.Name != name || g.Type != "MultiPolygon" {
			continue
		}
		var polygons [][][]int
		if err := json.Unmarshal(g.Arcs, &polygons); err != nil {
			return nil, err
		}
		for _, polygon := range polygons {
			for _, arcs := range polygon {
				var ring []vec
				for _, i := range arcs {
					line := arc(i)
					if len(ring) > 0 {
						line = line[1:]
					}
					ring = append(ring, line...)
				}
				rings = append(rings, ring)
			}
		}
		return rings, nil
	}
	return nil, fmt.Errorf("no country %q", name)
}

// readRegions reads the rings of each path of a drawing.
func readRegions(text []byte) (shapes [][][]vec, err error) {
	var drawing struct {
		Paths []struct {
			D string `xml:"d,attr"`
		} `xml:"path"`
	}
	if err := xml.Unmarshal(text, &drawing); err != nil {
		return nil, err
	}
	for _, p := range drawing.Paths {
		rings, err := readPath(p.D)
		if err != nil {
			return nil, err
		}
		shapes = append(shapes, rings)
	}
	if len(shapes) != 20 {
		return nil, fmt.Errorf("%d regions", len(shapes))
	}
	return shapes, nil
}

var pathPiece = regexp.MustCompile(`[A-Za-z]|-?[0-9.]+(?:e-?[0-9]+)?`)

// readPath reads straight paths: the commands M, L and Z, absolute or not.
func readPath(d string) (rings [][]vec, err error) {
	var at vec
	var ring []vec
	end := func() {
		if len(ring) > 0 {
			rings, ring = append(rings, ring), nil
		}
	}
	command, pieces := "", pathPiece.FindAllString(d, -1)
	for i := 0; i < len(pieces); {
		if c := pieces[i]; strings.ContainsAny(c[:1], "MmLlZz") {
			if command = c; strings.ToLower(c) == "z" && len(ring) > 0 {
				at = ring[0]
			}
			i++
			if strings.ToLower(c) != "l" {
				end()
			}
			continue
		}
		if command == "" || i+1 >= len(pieces) {
			return nil, fmt.Errorf("path with %q", pieces[i])
		}
		x, errX := strconv.ParseFloat(pieces[i], 64)
		y, errY := strconv.ParseFloat(pieces[i+1], 64)
		if errX != nil || errY != nil {
			return nil, fmt.Errorf("path with %q", pieces[i:i+2])
		}
		if i += 2; strings.ToLower(command) == command {
			x, y = at.x+x, at.y+y
		}
		at = vec{x, y}
		ring = append(ring, at)
	}
	end()
	return rings, nil
}

func mercator(lat float64) float64 {
	return math.Log(math.Tan(math.Pi/4+lat*math.Pi/360)) * 180 / math.Pi
}

func unmercator(y float64) float64 {
	return (2*math.Atan(math.Exp(y*math.Pi/180)) - math.Pi/2) * 180 / math.Pi
}

// fit lays the drawing over the country: x and y each by a scale and a shift, first so that both reach as far, then by
// least squares over the points of the drawing near a point of the country, again and again. It returns the shapes in
// longitude and Mercator's y, and how far its coast then lies from the other, at the median and at nine tenths.
func fit(shapes [][][]vec, coast [][]vec) (fitted [][][]vec, median, worst float64, err error) {
	cells := map[[2]int][]vec{}
	var land bounds
	for _, ring := range coast {
		for i := range ring[1:] {
			a, b := vec{ring[i].x, mercator(ring[i].y)}, vec{ring[i+1].x, mercator(ring[i+1].y)}
			land.add(a)
			n := math.Ceil(a.to(b)/0.01) + 1
			for k := range int(n) {
				p := vec{a.x + (b.x-a.x)*float64(k)/n, a.y + (b.y-a.y)*float64(k)/n}
				cells[cellOf(p)] = append(cells[cellOf(p)], p)
			}
		}
	}
	var drawn bounds
	for _, rings := range shapes {
		for _, p := range slices.Concat(rings...) {
			drawn.add(p)
		}
	}
	x := scale{(land.max.x - land.min.x) / (drawn.max.x - drawn.min.x), 0}
	y := scale{-(land.max.y - land.min.y) / (drawn.max.y - drawn.min.y), 0}
	x.shift, y.shift = land.min.x-drawn.min.x*x.times, land.max.y-drawn.min.y*y.times
	var off []float64
	for round := range 20 {
		reach := 0.06
		if round < 5 {
			reach = 0.15
		}
		var xs, ys []vec // what is drawn, and what it should be
		off = off[:0]
		for _, rings := range shapes {
			for _, p := range slices.Concat(rings...) {
				at := vec{x.of(p.x), y.of(p.y)}
				if q, ok := nearest(cells, at); ok && at.to(q) < reach {
					xs, ys = append(xs, vec{p.x, q.x}), append(ys, vec{p.y, q.y})
					off = append(off, at.to(q))
				}
			}
		}
		x, y = leastSquares(xs), leastSquares(ys)
	}
	slices.Sort(off)
	median, worst = off[len(off)/2], off[len(off)*9/10]
	if median > worstFit || math.Abs(x.times+y.times) > 0.01*x.times {
		return nil, 0, 0, fmt.Errorf("the regions do not fit the country: %.3f° off at the median, scales %.5f and %.5f", median, x.times, y.times)
	}
	for _, rings := range shapes {
		var out [][]vec
		for _, ring := range rings {
			var line []vec
			for _, p := range ring {
				line = append(line, vec{x.of(p.x), y.of(p.y)})
			}
			out = append(out, line)
		}
		fitted = append(fitted, out)
	}
	return fitted, median, worst, nil
}

type bounds struct {
	min, max vec
	any      bool
}

func (b *bounds) add(p vec) {
	if !b.any {
		*b = bounds{p, p, true}
	}
	b.min, b.max = vec{min(b.min.x, p.x), min(b.min.y, p.y)}, vec{max(b.max.x, p.x), max(b.max.y, p.y)}
}

type scale struct{ times, shift float64 }

func (s scale) of(v float64) float64 { return v*s.times + s.shift }

func leastSquares(pairs []vec) scale {
	var mean vec
	for _, p := range pairs {
		mean.x += p.x / float64(len(pairs))
		mean.y += p.y / float64(len(pairs))
	}
	var xy, xx float64
	for _, p := range pairs {
		xy += (p.x - mean.x) * (p.y - mean.y)
		xx += (p.x - mean.x) * (p.x - mean.x)
	}
	return scale{xy / xx, mean.y - xy/xx*mean.x}
}

func cellOf(p vec) [2]int { return [2]int{int(math.Floor(p.x * 6)), int(math.Floor(p.y * 6))} }

func nearest(cells map[[2]int][]vec, p vec) (best vec, ok bool) {
	c := cellOf(p)
	for i := c[0] - 1; i <= c[0]+1; i++ {
		for j := c[1] - 1; j <= c[1]+1; j++ {
			for _, q := range cells[[2]int{i, j}] {
				if !ok || p.to(q) < p.to(best) {
					best, ok = q, true
				}
			}
		}
	}
	return best, ok
}

// common are the lines that two shapes share.
func common(shapes [][][]vec) (lines [][]vec) {
	const same = 0.008 // degrees: two corners so near are one
	var corners []vec
	cells := map[[2]int][]int{}
	cornerOf := func(p vec) int {
		c := [2]int{int(math.Floor(p.x / same)), int(math.Floor(p.y / same))}
		for i := c[0] - 1; i <= c[0]+1; i++ {
			for j := c[1] - 1; j <= c[1]+1; j++ {
				for _, k := range cells[[2]int{i, j}] {
					if corners[k].to(p) < same {
						return k
					}
				}
			}
		}
		corners = append(corners, p)
		cells[c] = append(cells[c], len(corners)-1)
		return len(corners) - 1
	}
	type edge [2]int
	seen := map[edge]int{} // shape, or -1 where two have it
	for shape, rings := range shapes {
		for _, ring := range rings {
			for i := range ring {
				a, b := cornerOf(ring[i]), cornerOf(ring[(i+1)%len(ring)])
				e := edge{min(a, b), max(a, b)}
				if first, ok := seen[e]; a != b && (!ok || first != shape) {
					if seen[e] = shape; ok {
						seen[e] = -1
					}
				}
			}
		}
	}
	next := map[int][]int{}
	for e, shape := range seen {
		if shape < 0 {
			next[e[0]], next[e[1]] = append(next[e[0]], e[1]), append(next[e[1]], e[0])
		}
	}
	take := func(a, b int) {
		next[a] = slices.DeleteFunc(next[a], func(c int) bool { return c == b })
		next[b] = slices.DeleteFunc(next[b], func(c int) bool { return c == a })
	}
	ends := map[int]bool{}
	for c, others := range next {
		slices.Sort(others)
		ends[c] = len(others) != 2
	}
	walk := func(from int) {
		for len(next[from]) > 0 {
			line, at := []vec{corners[from]}, from
			for len(next[at]) > 0 {
				to := next[at][0]
				take(at, to)
				line, at = append(line, corners[to]), to
				if ends[at] {
					break
				}
			}
			lines = append(lines, line)
		}
	}
	for c := range corners { // from where borders end or meet, then those that go round
		if ends[c] {
			walk(c)
		}
	}
	for c := range corners {
		walk(c)
	}
	return slices.DeleteFunc(lines, func(line []vec) bool { return len(line) < 3 })
}

// writeOutline writes a line of the map a line: what it is, then longitudes and latitudes in thousandths of a degree.
func writeOutline(name string, coast, borders [][]vec) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "kind,points")
	for _, set := range []struct {
		kind  string
		lines [][]vec
	}{{"coast", coast}, {"border", borders}} {
		for _, line := range set.lines {
			var last [2]int64
			fmt.Fprintf(w, "%s,", set.kind)
			for i, p := range line {
				q := [2]int64{int64(math.Round(p.x * 1000)), int64(math.Round(p.y * 1000))}
				if i > 0 && q == last {
					continue
				}
				if last = q; i > 0 {
					fmt.Fprint(w, " ")
				}
				fmt.Fprintf(w, "%d %d", q[0], q[1])
			}
			fmt.Fprintln(w)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}
