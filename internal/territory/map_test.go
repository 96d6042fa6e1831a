package territory

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Whatever box is shown: it is seen whole, north is up, and no direction is
// stretched.
func TestProjection(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lat, lon := rapid.Float64Range(35, 47.5).Draw(t, "lat"), rapid.Float64Range(6, 19).Draw(t, "lon")
		b := Around(lat, lon, rapid.Float64Range(0.5, 400).Draw(t, "km"))
		width, height := rapid.Float64Range(100, 900).Draw(t, "width"), rapid.Float64Range(100, 900).Draw(t, "height")
		p := Project(b, width, height)
		for _, corner := range [][2]float64{{b.South, b.West}, {b.North, b.East}} {
			if x, y := p.XY(corner[0], corner[1]); x < -0.01 || x > width+0.01 || y < -0.01 || y > height+0.01 {
				t.Fatalf("the corner %v stands at %.2f, %.2f of %.0f × %.0f", corner, x, y, width, height)
			}
		}
		seen := p.Box()
		if seen.South > b.South+1e-6 || seen.North < b.North-1e-6 || seen.West > b.West+1e-6 || seen.East < b.East-1e-6 {
			t.Fatalf("%v is not in %v", b, seen)
		}
		x, y := p.XY(lat, lon)
		north, east := Around(lat, lon, 1).North, Around(lat, lon, 1).East
		_, up := p.XY(north, lon)
		right, _ := p.XY(lat, east)
		if dUp, dRight := y-up, right-x; dUp <= 0 || dRight <= 0 || math.Abs(dUp/dRight-1) > 0.01 {
			t.Fatalf("a km north is %.4f units, a km east %.4f", dUp, dRight)
		}
	})
}

// The bar of the scale: units of the middle of a picture against the great
// circle.
func TestKmPerUnit(t *testing.T) {
	t.Parallel()
	p := Project(Around(45.84, 8.71, 50), 440, 500)
	b := p.Box()
	middle := (b.South + b.North) / 2
	km := Distance(middle, b.West, middle, b.East)
	if got := p.KmPerUnit() * 440; math.Abs(got/km-1) > 0.001 {
		t.Errorf("the picture is %.2f km wide, its units say %.2f", km, got)
	}
}

// Each municipality stands on the land of the map, or next to its shore.
func TestOutlineHoldsTheMunicipalities(t *testing.T) {
	t.Parallel()
	p := Project(Italy, 2000, 2700)
	land, borders := p.Outline()
	if len(land) < 20 || len(borders) < 30 {
		t.Fatalf("%d rings and %d borders", len(land), len(borders))
	}
	const shore = 6 // km; the lagoon of Venice, small islands' harbours
	off := 0
	for _, m := range Embedded().All() {
		x, y := p.XY(m.Lat, m.Lon)
		inside := false
		nearest := math.Inf(1)
		for _, ring := range land {
			for i := range ring {
				a, b := ring[i], ring[(i+1)%len(ring)]
				if (a.Y > y) != (b.Y > y) && x < (b.X-a.X)*(y-a.Y)/(b.Y-a.Y)+a.X {
					inside = !inside
				}
				nearest = math.Min(nearest, math.Hypot(a.X-x, a.Y-y))
			}
		}
		if !inside && nearest*p.KmPerUnit() > shore {
			if off++; off > 6 { // islands too small for 1:10 million
				t.Errorf("%s is %.0f km off the land", m.Name, nearest*p.KmPerUnit())
			}
		}
	}
}

// The nearer one looks, the more is drawn; nothing lies far outside.
func TestOutlineFitsTheWindow(t *testing.T) {
	t.Parallel()
	perKm := func(b Box) (points float64) {
		p := Project(b, 440, 500)
		land, borders := p.Outline()
		for _, line := range append(land, borders...) {
			points += float64(len(line))
			for _, s := range line {
				if s.X < -9 || s.X > 449 || s.Y < -9 || s.Y > 509 {
					t.Errorf("%v lies outside", s)
				}
			}
		}
		return points
	}
	country, region := perKm(Italy), perKm(Around(40, 9, 150))
	if country > 2000 || region > 900 || region < 100 {
		t.Errorf("%.0f points of the country, %.0f of Sardinia", country, region)
	}
	land, borders := Project(Around(45.1, 10.0, 15), 440, 500).Outline()
	if len(land) != 1 || len(land[0]) < 4 || len(borders) == 0 {
		t.Errorf("inland: %d rings, %d borders; want the land all over, and the Po", len(land), len(borders))
	}
	if land, _ := Project(Around(39.5, 11.5, 20), 440, 500).Outline(); len(land) != 0 {
		t.Errorf("%d rings in the open sea", len(land))
	}
}

func TestSimplify(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 40).Draw(t, "points")
		line := make([][2]float64, n)
		for i := range line {
			line[i] = [2]float64{rapid.Float64Range(8, 9).Draw(t, "lon"), rapid.Float64Range(44, 45).Draw(t, "lat")}
		}
		km := rapid.Float64Range(0.1, 30).Draw(t, "km")
		short := simplify(line, km)
		if short[0] != line[0] || short[len(short)-1] != line[n-1] {
			t.Fatal("an end is gone")
		}
		for _, p := range line {
			best := math.Inf(1)
			for i := 1; i < len(short); i++ {
				best = math.Min(best, apart(p, short[i-1], short[i]))
			}
			if best > km*1.02 { // each stretch has a plane of its own
				t.Fatalf("a point lies %.2f km off, %.2f allowed", best, km)
			}
		}
	})
}

func TestAreas(t *testing.T) {
	t.Parallel()
	table := Embedded()
	lat, lon, ok := table.Middle("", "Umbria")
	if !ok || Distance(lat, lon, 42.95, 12.5) > 30 {
		t.Errorf("the middle of Umbria is %.2f, %.2f", lat, lon)
	}
	if b, ok := table.Extent("va", ""); !ok || !b.Has(45.84, 8.71) || b.Has(45.46, 9.19) {
		t.Errorf("Varese reaches %v", b)
	}
	if b, ok := table.Extent("", "sicilia"); !ok || !b.Has(38.1, 13.36) || b.Has(41.9, 12.5) {
		t.Errorf("Sicily reaches %v", b)
	}
	for _, ask := range [][2]string{{"", ""}, {"xx", ""}, {"", "Atlantide"}} {
		if _, ok := table.Extent(ask[0], ask[1]); ok {
			t.Errorf("%q is somewhere", ask)
		}
		if _, _, ok := table.Middle(ask[0], ask[1]); ok {
			t.Errorf("%q has a middle", ask)
		}
	}
	if got := table.Largest(Around(45.46, 9.19, 30), 2); len(got) != 2 || got[0].Name != "Milano" {
		t.Errorf("around Milan: %v", got)
	}
}
