package site

import (
	"math"
	"slices"
	"strings"
	"sync"

	"polis/internal/territory"
)

// Filter says which sites are wanted; what is zero does not matter.
type Filter struct {
	Kind         Kind
	State        State
	Near         *Point  // nearest first; a point that is not on Earth finds nothing
	RadiusKm     float64 // no further than this from Near; 0 = however far
	Municipality string  // ISTAT code
	Province     string  // code or name in either language
	Region       string  // name in either language
	Query        string  // words with which words of the name, the municipality or the address begin
}

// Hit is a site that was found.
type Hit struct {
	Site       *Site
	DistanceKm float64 // from Near; 0 without
}

// row is what a search looks at of one site.
type row struct {
	kind         Kind
	state        State
	municipality string
	province     string
	region       string
	at           vector
	text         string // folded words, each with a space before it
	starts       uint64 // of the words of text
}

// starts is a set of the first two letters of words, folded onto 64 bits: a
// text whose set lacks a bit of the query's need not be read.
func starts(words ...string) (set uint64) {
	for _, w := range words {
		if len(w) >= 2 {
			set |= 1 << ((w[0]*31 + w[1]) % 64)
		}
	}
	return set
}

func newRow(h *house, t *territory.Table) row {
	s := h.site
	r := row{kind: s.Kind, state: s.State, municipality: s.Municipality, at: newVector(Point{s.Lat, s.Lon})}
	text := []string{"", h.name, territory.Fold(s.Address)}
	if m, ok := t.ByISTAT(s.Municipality); ok {
		r.province, r.region = m.Province, m.Region
		for _, name := range []string{m.Name, m.AltName} {
			folded := territory.Fold(name)
			text = append(text, folded, strings.ReplaceAll(folded, " ", "")) // also "laquila"
		}
	}
	r.text = strings.Join(text, " ")
	r.starts = starts(strings.Fields(r.text)...)
	return r
}

// Sites are the sites that a filter lets through, nearest first where Near is
// given, else by name; equals by name, then id.
func (n *Network) Sites(f Filter) []Hit {
	w, ok := n.want(f)
	if !ok {
		return nil
	}
	if f.Near != nil {
		return n.nearest(w)
	}
	passed := borrow(len(n.rows))
	defer giveBack(passed)
	for i := range n.rows {
		if w.has(&n.rows[i]) {
			*passed = append(*passed, uint64(i))
		}
	}
	hits := make([]Hit, len(*passed))
	for i, at := range *passed {
		hits[i].Site = n.houses[at].site
	}
	return hits
}

// scratch are lists that a search needs for a moment: as long as the network,
// they would be most of the garbage of a search.
var scratch = sync.Pool{New: func() any { return new([]uint64) }}

// borrow is an empty list for at least n numbers.
func borrow(n int) *[]uint64 {
	list := scratch.Get().(*[]uint64)
	*list = slices.Grow((*list)[:0], n)
	return list
}

func giveBack(list *[]uint64) { scratch.Put(list) }

// wanted is a filter made ready.
type wanted struct {
	Filter
	words  []string // folded, each with a space before it
	starts uint64   // of the words
	here   vector
	reach  float64 // square of the chord
}

// want makes a filter ready; false when nothing can pass it.
func (n *Network) want(f Filter) (wanted, bool) {
	w := wanted{Filter: f, reach: math.Inf(1)}
	if f.Province != "" {
		p, ok := n.territory.Province(f.Province)
		if !ok {
			return w, false
		}
		w.Province = p.Code
	}
	if f.Region != "" {
		region, ok := n.territory.Region(f.Region)
		if !ok {
			return w, false
		}
		w.Region = region
	}
	if len(f.Query) > 300 {
		return w, false
	}
	for word := range strings.FieldsSeq(territory.Fold(f.Query)) {
		w.words = append(w.words, " "+word)
		w.starts |= starts(word)
	}
	if len(w.words) == 0 && strings.TrimSpace(f.Query) != "" {
		return w, false
	}
	if f.Near != nil {
		if !f.Near.Valid() {
			return w, false
		}
		w.here = newVector(*f.Near)
		if f.RadiusKm > 0 && f.RadiusKm < math.Pi*earthRadius {
			w.reach = chord2(f.RadiusKm)
		}
	}
	return w, true
}

// has tells whether a site passes all but the radius.
func (w *wanted) has(r *row) bool {
	if w.Kind != "" && w.Kind != r.kind || w.State != "" && w.State != r.state ||
		w.Municipality != "" && w.Municipality != r.municipality ||
		w.Province != "" && w.Province != r.province || w.Region != "" && w.Region != r.region || w.starts&^r.starts != 0 {
		return false
	}
	for _, word := range w.words {
		if !strings.Contains(r.text, word) {
			return false
		}
	}
	return true
}

// nearest sorts by the square of the chord, rounded to 24 bits (centimetres at
// the length of Italy), which with the place in n.houses makes one number.
func (n *Network) nearest(w wanted) []Hit {
	list := borrow(len(n.rows))
	defer giveBack(list)
	keys := *list
	for i := range n.rows {
		r := &n.rows[i]
		if !w.has(r) {
			continue
		}
		if square := w.here.squaredTo(r.at); square <= w.reach {
			keys = append(keys, uint64(math.Float32bits(float32(square)))<<32|uint64(i))
		}
	}
	sortByUpperHalf(keys)
	hits := make([]Hit, len(keys))
	for i, key := range keys {
		square := float64(math.Float32frombits(uint32(key >> 32)))
		hits[i] = Hit{n.houses[uint32(key)].site, arcKm(square)}
	}
	return hits
}

// earthRadius is the mean radius in km (IUGG), as in territory.Distance.
const earthRadius = 6371.0088

// vector is a place as a point of the unit sphere: the straight line between
// two, the chord, grows with their distance and costs a tenth of it.
type vector [3]float64

func newVector(p Point) vector {
	sinLat, cosLat := math.Sincos(p.Lat * math.Pi / 180)
	sinLon, cosLon := math.Sincos(p.Lon * math.Pi / 180)
	return vector{cosLat * cosLon, cosLat * sinLon, sinLat}
}

func (v *vector) squaredTo(u vector) float64 {
	x, y, z := v[0]-u[0], v[1]-u[1], v[2]-u[2]
	return x*x + y*y + z*z
}

// chord2 is the square of the chord of a distance in km.
func chord2(km float64) float64 {
	chord := 2 * math.Sin(km/(2*earthRadius))
	return chord * chord
}

// arcKm is the distance in km of the square of a chord. Up to the length of
// Italy the series of the arcsine is exact to a millimetre.
func arcKm(square float64) float64 {
	half := math.Sqrt(square) / 2
	if q := square / 4; half < 0.1 {
		return 2 * earthRadius * half * (1 + q*(1./6+q*(3./40+q*(15./336))))
	}
	return 2 * earthRadius * math.Asin(min(half, 1))
}

// sortByUpperHalf sorts by the upper 32 bits and leaves equals in their order:
// a radix sort in three passes, a quarter of the time of a comparing one.
func sortByUpperHalf(keys []uint64) {
	const bits, buckets = 11, 1 << 11
	list := borrow(len(keys))
	defer giveBack(list)
	from, to := keys, (*list)[:len(keys)]
	for shift := 32; shift < 64; shift += bits {
		var start [buckets]int32
		for _, k := range from {
			start[k>>shift&(buckets-1)]++
		}
		var sum int32
		for i, c := range start {
			start[i] = sum
			sum += c
		}
		for _, k := range from {
			b := k >> shift & (buckets - 1)
			to[start[b]] = k
			start[b]++
		}
		from, to = to, from
	}
	copy(keys, from)
}
