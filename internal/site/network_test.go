package site

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"polis/internal/agenda"
	"polis/internal/platform/errs"
	"polis/internal/territory"
)

// someTowns is a small country with all that makes names hard.
var someTowns = func() *territory.Table {
	var ms []territory.Municipality
	for i, istat := range []string{"012072", "066049", "021008", "058091", "015146", "063049"} {
		m, ok := territory.Embedded().ByISTAT(istat)
		if !ok {
			panic(istat)
		}
		m.PopulationYear = 2000 + i
		ms = append(ms, m)
	}
	t, err := territory.New(ms)
	if err != nil {
		panic(err)
	}
	return t
}()

func drawSites(t *rapid.T) []Site {
	towns := someTowns.All()
	return rapid.Custom(func(t *rapid.T) []Site {
		sites := make([]Site, rapid.IntRange(0, 40).Draw(t, "n"))
		for i := range sites {
			town := rapid.SampledFrom(towns).Draw(t, "town")
			grid := func(at float64) float64 { return at + float64(rapid.IntRange(-2, 2).Draw(t, "grid"))/100 }
			sites[i] = Site{
				ID: fmt.Sprintf("id-%02d", 97*i%41), Code: fmt.Sprintf("c%d", i),
				Kind:         rapid.SampledFrom([]Kind{Office, Space}).Draw(t, "kind"),
				State:        rapid.SampledFrom(States).Draw(t, "state"),
				Name:         rapid.SampledFrom([]string{"Spazio ", "Ufficio di "}).Draw(t, "name") + town.Name,
				Address:      rapid.SampledFrom([]string{"Via Roma 1", "Piazza dell’Unità 2", ""}).Draw(t, "address"),
				Municipality: town.ISTAT, Lat: grid(town.Lat), Lon: grid(town.Lon),
			}
		}
		return sites
	}).Draw(t, "sites")
}

func drawFilter(t *rapid.T) Filter {
	f := Filter{
		Kind:         rapid.SampledFrom([]Kind{"", "", Office, Space}).Draw(t, "kind"),
		State:        rapid.SampledFrom([]State{"", "", Open, Works}).Draw(t, "state"),
		Municipality: rapid.SampledFrom([]string{"", "", "", "058091", "000000"}).Draw(t, "municipality"),
		Province:     rapid.SampledFrom([]string{"", "", "", "VA", "aquila", "bolzano", "rm", "XX"}).Draw(t, "province"),
		Region:       rapid.SampledFrom([]string{"", "", "", "lazio", "Südtirol", "Atlantide"}).Draw(t, "region"),
		Query: rapid.SampledFrom([]string{
			"", "", "", "gav", "L'AQUILA", "laquila", "bozen", "spazio roma", "roma spazio",
			"unita", "via rom", "avirate", "'", "zz",
		}).Draw(t, "query"),
		RadiusKm: rapid.SampledFrom([]float64{0, 1, 3, 100, 400, 30_000}).Draw(t, "radius"),
	}
	if rapid.Bool().Draw(t, "near") {
		f.Near = &Point{41.9 + float64(rapid.IntRange(-3, 3).Draw(t, "lat"))/100, 12.5}
	}
	return f
}

// naive answers a filter in the most obvious way.
func naive(sites []Site, towns *territory.Table, f Filter) (hits []Hit) {
	for i := range sites {
		s := &sites[i]
		m, _ := towns.ByISTAT(s.Municipality)
		h := Hit{Site: s}
		if f.Near != nil {
			h.DistanceKm = territory.Distance(f.Near.Lat, f.Near.Lon, s.Lat, s.Lon)
			if f.RadiusKm > 0 && h.DistanceKm > f.RadiusKm {
				continue
			}
		}
		province, provinceOK := towns.Province(f.Province)
		region, regionOK := towns.Region(f.Region)
		if f.Kind != "" && f.Kind != s.Kind || f.State != "" && f.State != s.State ||
			f.Municipality != "" && f.Municipality != s.Municipality ||
			f.Province != "" && (!provinceOK || province.Code != m.Province) ||
			f.Region != "" && (!regionOK || region != m.Region) {
			continue
		}
		var have []string
		for _, text := range []string{s.Name, s.Address, m.Name, m.AltName} {
			have = append(have, strings.Fields(territory.Fold(text))...)
		}
		have = append(have, strings.ReplaceAll(territory.Fold(m.Name), " ", ""), strings.ReplaceAll(territory.Fold(m.AltName), " ", ""))
		asked := strings.Fields(territory.Fold(f.Query))
		if len(asked) == 0 && f.Query != "" || slices.ContainsFunc(asked, func(word string) bool {
			return !slices.ContainsFunc(have, func(h string) bool { return strings.HasPrefix(h, word) })
		}) {
			continue
		}
		hits = append(hits, h)
	}
	slices.SortFunc(hits, func(a, b Hit) int {
		near := 0
		if math.Abs(a.DistanceKm-b.DistanceKm) > 1e-4 {
			near = cmp.Compare(a.DistanceKm, b.DistanceKm)
		}
		return cmp.Or(near, cmp.Compare(territory.Fold(a.Site.Name), territory.Fold(b.Site.Name)), cmp.Compare(a.Site.ID, b.Site.ID))
	})
	return hits
}

func network(t interface{ Fatal(...any) }, d Data) *Network {
	n, err := NewNetwork(d)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSitesAnswerLikeTheNaiveSearch(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sites := drawSites(t)
		n := network(t, Data{Territory: someTowns, Sites: sites})
		f := drawFilter(t)
		got, want := n.Sites(f), naive(sites, someTowns, f)
		if len(got) != len(want) {
			t.Fatalf("%+v: %d sites, want %d", f, len(got), len(want))
		}
		for i := range got {
			if got[i].Site.ID != want[i].Site.ID && math.Abs(got[i].DistanceKm-want[i].DistanceKm) > 1e-4 {
				t.Fatalf("%+v: at %d %s, want %s", f, i, got[i].Site.ID, want[i].Site.ID)
			}
			if math.Abs(got[i].DistanceKm-want[i].DistanceKm) > 1e-3 {
				t.Fatalf("%s is %v km away, want %v", got[i].Site.ID, got[i].DistanceKm, want[i].DistanceKm)
			}
		}
		pagesAreTheWhole(t, n, got)
	})
}

// pagesAreTheWhole turns page after page.
func pagesAreTheWhole(t *rapid.T, n *Network, hits []Hit) {
	limit := rapid.IntRange(1, 7).Draw(t, "limit")
	var seen []Hit
	for cursor := ""; ; {
		page, next, err := n.Page(hits, cursor, limit)
		if err != nil || len(page) > limit {
			t.Fatalf("%d hits, %v", len(page), err)
		}
		seen = append(seen, page...)
		if next == "" {
			break
		}
		cursor = next
	}
	if !slices.Equal(seen, hits) {
		t.Fatalf("the pages show %d of %d", len(seen), len(hits))
	}
}

func FuzzPage(f *testing.F) {
	n := network(f, Data{Territory: someTowns, Sites: []Site{{ID: "a", Code: "a", Name: "A"}, {ID: "b", Code: "b", Name: "B"}}})
	hits := n.Sites(Filter{})
	_, next, _ := n.Page(hits, "", 1)
	f.Add(next)
	f.Add("")
	f.Add("f_gAAAAAAAE")
	f.Fuzz(func(t *testing.T, cursor string) {
		page, _, err := n.Page(hits, cursor, 10)
		if err != nil && !errs.Is(err, errs.Invalid) || len(page) > 2 {
			t.Fatalf("%q: %v", cursor, err)
		}
	})
}

func TestPageSurvivesChange(t *testing.T) {
	t.Parallel()
	sites := []Site{{ID: "a", Code: "a", Name: "A"}, {ID: "b", Code: "b", Name: "B"}, {ID: "c", Code: "c", Name: "C"}}
	before := network(t, Data{Territory: someTowns, Sites: slices.Clone(sites)})
	_, next, err := before.Page(before.Sites(Filter{}), "", 2)
	if err != nil {
		t.Fatal(err)
	}
	after := network(t, Data{Territory: someTowns, Sites: []Site{sites[0], sites[2]}}) // b went away
	page, _, err := after.Page(after.Sites(Filter{}), next, 2)
	if err != nil || len(page) != 1 || page[0].Site.ID != "c" {
		t.Errorf("got %v, %v", page, err)
	}
}

func TestDistanceIsThatOfTheTerritory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		draw := func() Point {
			return Point{rapid.Float64Range(-90, 90).Draw(t, "lat"), rapid.Float64Range(-180, 180).Draw(t, "lon")}
		}
		p, q := draw(), draw()
		a := newVector(p)
		got, want := arcKm(a.squaredTo(newVector(q))), territory.Distance(p.Lat, p.Lon, q.Lat, q.Lon)
		if math.Abs(got-want) > 1e-3+1e-6*want {
			t.Fatalf("%v to %v: %v km, want %v", p, q, got, want)
		}
	})
}

func TestRadixSortIsStable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOf(rapid.Uint32Range(0, math.MaxUint32)).Draw(t, "keys")
		var packed []uint64
		for i, k := range keys {
			packed = append(packed, uint64(k)<<32|uint64(len(keys)-i))
		}
		want := slices.Clone(packed)
		slices.SortStableFunc(want, func(a, b uint64) int { return cmp.Compare(a>>32, b>>32) })
		sortByUpperHalf(packed)
		if !slices.Equal(packed, want) {
			t.Fatalf("got %x, want %x", packed, want)
		}
	})
}

func TestBadPlacesFindNothing(t *testing.T) {
	t.Parallel()
	n := network(t, Data{Territory: someTowns, Sites: []Site{{ID: "a", Code: "a", Name: "A"}}})
	for _, p := range []Point{{math.NaN(), 0}, {0, math.Inf(1)}, {91, 0}, {0, -181}} {
		if hits := n.Sites(Filter{Near: &p}); hits != nil {
			t.Errorf("%v: %v", p, hits)
		}
	}
	if hits := n.Sites(Filter{Query: strings.Repeat("a ", 500)}); hits != nil {
		t.Error("a query of any length")
	}
}

func TestNetworkKnowsItsHouses(t *testing.T) {
	t.Parallel()
	usual := agenda.MustHours("Mo-Fr 08:00-20:00; PH off")
	n := network(t, Data{
		Territory: someTowns,
		Sites: []Site{
			{ID: "1", Code: "gavirate", Name: "Spazio Gavirate", Municipality: "012072", Hours: usual},
			{ID: "2", Code: "roma", Name: "Spazio Roma", Municipality: "058091", Hours: usual},
			{ID: "3", Code: "tokyo", Name: "Tokyo", Hours: usual, Zone: "Asia/Tokyo"},
			{ID: "4", Code: "chiuso", Name: "Chiuso", Hours: usual, Exceptions: map[agenda.Date][]agenda.Span{{Year: 2026, Month: 12, Day: 24}: nil}},
		},
		Rooms: []Room{{ID: "r2", Site: "1", Code: "B", Floor: 1}, {ID: "r1", Site: "1", Code: "A"}, {ID: "lost", Site: "9", Code: "A"}},
		Resources: []Resource{
			{Ordinal: 1, ID: "d2", Site: "1", Kind: Desk, Code: "D-2"},
			{Ordinal: 2, ID: "d1", Site: "1", Kind: Desk, Code: "D-1"},
			{Ordinal: 4, ID: "p", Site: "1", Kind: Private, Code: "P", Atoms: []int64{1, 2}},
			{Ordinal: 3, ID: "m", Site: "1", Kind: Meeting, Code: "A"},
		},
		Rules: map[RuleKey]Rules{{Desk, ""}: {MinLength: 45}, {Desk, "1"}: {MinLength: 60}},
	})
	ids := func(list []*Resource) (out []string) {
		for _, r := range list {
			out = append(out, r.ID)
		}
		return out
	}
	if got := ids(n.Resources("1")); !slices.Equal(got, []string{"d1", "d2", "m", "p"}) {
		t.Errorf("resources %v", got)
	}
	if got := ids(n.OfKind("1", Desk)); !slices.Equal(got, []string{"d1", "d2"}) {
		t.Errorf("desks %v", got)
	}
	if n.OfKind("1", Hall) != nil && len(n.OfKind("1", Hall)) > 0 || len(n.OfKind("9", Desk)) > 0 {
		t.Error("places that are not there")
	}
	if rooms := n.Rooms("1"); len(rooms) != 2 || rooms[0].ID != "r1" {
		t.Errorf("rooms %v", rooms)
	}
	// 18: a site without a zone takes the default.
	s1, _ := n.Site("1")
	s3, err := n.ByCode("tokyo")
	if err != nil || n.Zone(s1) != agenda.Rome || n.Zone(s3).String() != "Asia/Tokyo" {
		t.Errorf("zones %v, %v: %v", n.Zone(s1), n.Zone(s3), err)
	}
	if n.Opening("1") != n.Opening("2") || n.Opening("1") == n.Opening("3") || n.Opening("1") == n.Opening("4") {
		t.Error("openings are not shared as they should be")
	}
	if n.Rules("1", Desk).MinLength != 60 || n.Rules("2", Desk).MinLength != 45 || n.Rules("1", Hall) != DefaultRules(Hall) {
		t.Error("the wrong rules")
	}
	if n.Place(s1) != "Gavirate (VA)" || n.Place(s3) != "" {
		t.Errorf("%q, %q", n.Place(s1), n.Place(s3))
	}
	for _, ordinal := range []int64{-1, 0, 5, math.MaxInt64} {
		if _, err := n.ByOrdinal(ordinal); !errs.Is(err, errs.NotFound) {
			t.Errorf("ordinal %d: %v", ordinal, err)
		}
	}
	if _, err := n.Resource("x"); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
	if _, err := n.Site(""); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
}
