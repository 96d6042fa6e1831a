package territory

import (
	"cmp"
	"math"
	"slices"
)

// earthRadius is the mean radius of the Earth in km (IUGG).
const earthRadius = 6371.0088

// Distance returns the km between two places given in degrees, along the great circle of a sphere, by the haversine
// formula; against the ellipsoid it is within 0.5 %.
func Distance(lat1, lon1, lat2, lon2 float64) float64 {
	const rad = math.Pi / 180
	sinLat := math.Sin((lat2 - lat1) * rad / 2)
	sinLon := math.Sin((lon2 - lon1) * rad / 2)
	h := sinLat*sinLat + math.Cos(lat1*rad)*math.Cos(lat2*rad)*sinLon*sinLon
	return 2 * earthRadius * math.Asin(math.Sqrt(min(h, 1)))
}

// point is a place as a unit vector: the straight line between two grows with their distance, at a tenth of its cost.
type point [3]float64

func newPoint(lat, lon float64) point {
	sinLat, cosLat := math.Sincos(lat * math.Pi / 180)
	sinLon, cosLon := math.Sincos(lon * math.Pi / 180)
	return point{cosLat * cosLon, cosLat * sinLon, sinLat}
}

func (p point) squaredTo(q point) float64 {
	x, y, z := p[0]-q[0], p[1]-q[1], p[2]-q[2]
	return x*x + y*y + z*z
}

func (t *Table) indexPlaces() {
	t.points = make([]point, len(t.all))
	for i, m := range t.all {
		t.points[i] = newPoint(m.Lat, m.Lon)
	}
}

// Nearest returns the n municipalities nearest to a place given in degrees, nearest first; of two at one distance,
// the lower ISTAT code first. It returns none for a place that is not on Earth or n below 1.
func (t *Table) Nearest(lat, lon float64, n int) []Municipality {
	if n < 1 || !(math.Abs(lat) <= 90 && math.Abs(lon) <= 180) {
		return nil
	}
	n = min(n, len(t.all))
	type found struct {
		at      int
		squared float64
	}
	byDistance := func(a, b found) int { return cmp.Or(cmp.Compare(a.squared, b.squared), a.at-b.at) }
	here := newPoint(lat, lon)
	best := make([]found, 0, min(n, 64)+1)
	for i, p := range t.points {
		f := found{i, here.squaredTo(p)}
		if len(best) == n && f.squared >= best[n-1].squared {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, f, byDistance)
		best = slices.Insert(best[:min(len(best), n-1)], at, f)
	}
	out := make([]Municipality, len(best))
	for i, f := range best {
		out[i] = t.all[f.at]
	}
	return out
}
