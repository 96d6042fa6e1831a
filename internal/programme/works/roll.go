package works

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"strings"

	"polis/internal/agenda"
	"polis/internal/programme/account"
	"polis/internal/site"
	"polis/internal/territory"
)

// House is a house with its works.
type House struct {
	*site.Site
	Town  territory.Municipality // zero where the list has it not
	Works account.Works          // zero where nothing was published
	State
	Area     account.Area // zero where nobody says how far its municipality is
	Accepted []account.Document
	Ran      Operation // as the journal tells
}

// Verified tells whether the house is done by more than a word: it is open or
// being tested and there is a document of acceptance, or people use it.
func (h *House) Verified() bool {
	ready := h.Site.State == site.Open || h.Site.State == site.Testing
	return ready && len(h.Accepted) > 0 || h.Ran.Visits > 0
}

// Place is where the house is, in words: "Gavirate (VA)".
func (h *House) Place() string {
	if h.Town.Name == "" {
		return ""
	}
	return h.Town.Name + " (" + h.Town.Province + ")"
}

// Size is the class of a space by its area, of an office by the inhabitants of
// its municipality: both in one list, as no house has two.
func (h *House) Size() string {
	if h.Kind == site.Space {
		return string(h.Site.Size)
	}
	for _, c := range towns {
		if h.Town.Population < c.below {
			return c.name
		}
	}
	return "15000"
}

// towns are the classes of municipalities, by how many live there.
var towns = []struct {
	name  string
	below int
}{{"0", 1000}, {"1000", 3000}, {"3000", 5000}, {"5000", 10_000}, {"10000", 15_000}}

// Sizes are the classes of spaces, then those of offices.
var Sizes = []string{"small", "medium", "large", "0", "1000", "3000", "5000", "10000", "15000"}

// Areas are the classes of municipalities after the national strategy of inner
// areas; the last is of those of which nothing is known.
var Areas = []string{"A", "B", "C", "D", "E", "F", noArea}

const noArea = "-"

// class is the class of its municipality, noArea where nobody says.
func (h *House) class() string { return cmp.Or(h.Area.Class, noArea) }

// roll is all houses with their works at one moment.
type roll struct {
	net    *site.Network
	acc    *account.Account
	day    agenda.Date
	houses []*House // by name
	byCode map[string]*House
	areas  bool // whether anything is known of inner areas
	guess  bool // whether that is an estimate
	// version tells one state of the pictures from another, on all replicas.
	version string
}

// newRoll joins the network with the account, as it stands on a day.
func newRoll(net *site.Network, acc *account.Account, day agenda.Date) *roll {
	r := &roll{net: net, acc: acc, day: day, byCode: map[string]*House{}}
	areas := map[string]account.Area{}
	for _, a := range account.All[account.Area](acc) {
		areas[a.ISTAT] = a
		r.guess = r.guess || a.Estimate == account.Yes
	}
	r.areas = len(areas) > 0
	for _, hit := range net.Sites(site.Filter{}) {
		h := &House{Site: hit.Site, State: unfiled(hit.Site), Area: areas[hit.Site.Municipality]}
		h.Town, _ = net.Territory().ByISTAT(hit.Site.Municipality)
		r.houses = append(r.houses, h)
		r.byCode[hit.Site.Code] = h
	}
	for _, w := range account.All[account.Works](acc) {
		if h := r.byCode[w.Site]; h != nil {
			h.Works, h.State = w, StateAt(w, day)
		}
	}
	for _, d := range account.All[account.Document](acc) {
		if h := r.byCode[d.Site]; h != nil && d.Type == account.Acceptance && !day.Before(d.Date.Date) {
			h.Accepted = append(h.Accepted, d)
		}
	}
	seen := fnv.New64a()
	for _, h := range r.houses {
		_, _ = fmt.Fprint(seen, h.Code, h.Lat, h.Lon, h.Stage, h.Late)
	}
	r.version = strconv.FormatUint(seen.Sum64(), 36)
	return r
}

// Wanted says which houses are looked at; what is empty does not matter.
type Wanted struct {
	Words    string
	Region   string
	Province string // code
	Kind     site.Kind
	Stage    Stage
	Late     bool
	Verified bool
	Area     string // one of Areas
	Size     string // one of Sizes
	Sort     string // one of Sorts; the first where empty
	Down     bool   // the greatest first
}

// Sorts are the orders of the list: by name, municipality, state, delay, planned
// opening.
var Sorts = []string{"nome", "comune", "stato", "ritardo", "apertura"}

// find are the houses that are wanted, in the order that is wanted.
func (r *roll) find(w Wanted) []*House {
	var named map[string]bool
	if strings.TrimSpace(w.Words) != "" {
		named = map[string]bool{}
		for _, hit := range r.net.Sites(site.Filter{Query: w.Words}) {
			named[hit.Site.ID] = true
		}
	}
	var out []*House
	for _, h := range r.houses {
		if (named == nil || named[h.ID]) && w.has(h) {
			out = append(out, h)
		}
	}
	if order := orders[w.Sort]; order != nil {
		slices.SortStableFunc(out, order)
	}
	if w.Down {
		slices.Reverse(out)
	}
	return out
}

func (w Wanted) has(h *House) bool {
	return (w.Region == "" || h.Town.Region == w.Region) && (w.Province == "" || h.Town.Province == w.Province) &&
		(w.Kind == "" || h.Kind == w.Kind) && (w.Stage == "" || h.Stage == w.Stage) && (!w.Late || h.Late) &&
		(!w.Verified || h.Verified()) && (w.Area == "" || h.class() == w.Area) && (w.Size == "" || h.Size() == w.Size)
}

var orders = map[string]func(a, b *House) int{
	"comune": func(a, b *House) int { return strings.Compare(a.Town.Name, b.Town.Name) },
	"stato":  func(a, b *House) int { return cmp.Compare(a.Stage.number(), b.Stage.number()) },
	"ritardo": func(a, b *House) int {
		return cmp.Compare(a.late(), b.late())
	},
	"apertura": func(a, b *House) int { return strings.Compare(opening(a), opening(b)) },
}

// late are the days by which the house is late now; 0 where it is not.
func (h *House) late() int {
	if !h.Late {
		return 0
	}
	return h.Delay
}

// opening is when the house is planned to open, or has opened.
func opening(h *House) string {
	if d, ok := h.Opening(); ok {
		return d.String()
	}
	return "9999"
}

// Opening is the day on which the house opened, or is planned to; false where
// nobody says.
func (h *House) Opening() (agenda.Date, bool) {
	if len(h.Works.Dates) == 0 {
		return agenda.Date{}, false
	}
	d := h.Works.Dates[len(h.Works.Dates)-1]
	if !d.Actual.IsZero() {
		return d.Actual.Date, true
	}
	return d.Planned.Date, !d.Planned.IsZero()
}

// Tally counts houses.
type Tally struct {
	Houses   int
	Stages   map[Stage]int
	Late     int
	Verified int
}

func (t *Tally) add(h *House) {
	if t.Stages == nil {
		t.Stages = map[Stage]int{}
	}
	t.Houses++
	t.Stages[h.Stage]++
	if h.Late {
		t.Late++
	}
	if h.Verified() {
		t.Verified++
	}
}

func count(list []*House) (t Tally) {
	for _, h := range list {
		t.add(h)
	}
	return t
}

// part is a part of the houses, by something that each of them has.
type part struct {
	Key, Name string
	Tally
}

// split counts the houses by a key, in the order of the keys.
func split(list []*House, key func(*House) string) []part {
	at := map[string]int{}
	var out []part
	for _, h := range list {
		k := key(h)
		i, met := at[k]
		if !met {
			i = len(out)
			at[k] = i
			out = append(out, part{Key: k})
		}
		out[i].add(h)
	}
	slices.SortFunc(out, func(a, b part) int { return strings.Compare(a.Key, b.Key) })
	return out
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
