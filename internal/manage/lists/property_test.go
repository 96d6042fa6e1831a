package lists_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/manage/lists"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/reserve"
	"polis/internal/sheet"
	"polis/internal/site"
)

// What is written out makes the same network in an empty database, byte by
// byte, and changes nothing where it came from.
func TestWrittenListsMakeTheSameNetwork(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		for seed := range 3 {
			from, to := d, dbtest.SQLite(t)
			if seed > 0 {
				from = dbtest.SQLite(t)
			}
			a, b := newWorld(t, from), newWorld(t, to)
			a.lay(anyNetwork().Example(seed))
			for _, l := range lists.Lists {
				text := a.written(l)
				if strings.Count(text, "\n") < 3 {
					t.Fatalf("%s of seed %d is empty", l, seed)
				}
				out := a.load(l, text)
				if out.New+out.Changed != 0 {
					t.Errorf("%s changes where it came from: %s %+v", l, count(out), out.Changes[0])
				}
				var italian strings.Builder
				if err := a.Export(t.Context(), a.ada, l, &italian, sheet.Italian); err != nil {
					t.Fatal(err)
				}
				if out := a.load(l, italian.String()); out.New+out.Changed != 0 {
					t.Errorf("%s changes with semicolons: %s %+v", l, count(out), out.Changes[0])
				}
				if out := b.load(l, text); l != lists.Hours && out.Changed+out.Same != 0 {
					t.Errorf("%s in an empty database: %s", l, count(out))
				}
				if diff := cmp.Diff(text, b.written(l)); diff != "" {
					t.Fatalf("%s of seed %d comes out otherwise: %s", l, seed, diff)
				}
			}
			if t.Failed() {
				return
			}
		}
	})
}

// drawn is a network that somebody might have.
type drawn struct {
	sites      []site.Site
	rooms      []site.Room
	resources  []site.Resource
	exceptions []site.Exception
	closures   []reserve.Closure
	people     []identity.Person
	grants     []identity.Grant // of the person of the same place
}

// lay lays a network out.
func (w *world) lay(n drawn) {
	w.t.Helper()
	ctx := w.t.Context()
	must := func(err error) {
		w.t.Helper()
		if err != nil {
			w.t.Fatal(err)
		}
	}
	must(w.Sites.SaveSites(ctx, n.sites))
	must(w.Sites.SaveRooms(ctx, n.rooms))
	must(w.Sites.SaveResources(ctx, n.resources))
	for _, e := range n.exceptions {
		must(w.Sites.SaveExceptions(ctx, e.Site, e.On, e.On, e.Spans, ""))
	}
	must(w.live.Reload(ctx))
	for _, c := range n.closures {
		_, _, err := w.engine.Close(ctx, c, "")
		must(err)
	}
	made, err := w.people.CreateMany(ctx, n.people)
	must(err)
	for i, g := range n.grants {
		if g.Role != "" {
			g.Person = made[i].ID
			must(w.grants.Give(ctx, g))
		}
	}
}

// words are texts that people write, with what CSV makes trouble with.
func words(most int) *rapid.Generator[string] {
	sign := rapid.SampledFrom([]rune("abcdeàèìòùßé ,;\"'=+-@|\t0123456789.–“”日"))
	return rapid.Custom(func(t *rapid.T) string {
		text := string(rapid.SliceOfN(sign, 1, most).Draw(t, "text"))
		text = strings.Map(func(r rune) rune {
			if unicode.IsControl(r) {
				return -1
			}
			return r
		}, strings.TrimSpace(text))
		if text = strings.TrimSpace(text); text == "" {
			return "x"
		}
		return text
	})
}

var (
	someHours = rapid.SampledFrom([]string{
		"off", "24/7", "Mo-Fr 08:20-13:35; Sa 08:20-12:35", "Mo,We 09:00-13:00,14:00-18:00; PH off", "Fr,Sa 20:00-02:00; PH 10:00-12:00", "24/7; PH off",
	})
	someTowns = []string{"012072", "066049", "082053", "058091", "016065"}
)

// some draws some of a list, each at most once, in any order.
func some[T any](t *rapid.T, label string, list []T) []T {
	return rapid.Permutation(list).Draw(t, label)[:rapid.IntRange(0, min(len(list), 3)).Draw(t, label+" n")]
}

func maybe(t *rapid.T, label string, s string) string {
	if rapid.Bool().Draw(t, label) {
		return s
	}
	return ""
}

func anyNetwork() *rapid.Generator[drawn] {
	return rapid.Custom(func(t *rapid.T) (n drawn) {
		for i := range 8 {
			n.house(t, i)
		}
		for i := range 6 {
			q := identity.Person{
				GivenName: fmt.Sprint("Nome ", i), FamilyName: words(20).Draw(t, "family"), Email: fmt.Sprintf("p%d@example.org", i),
				Language: rapid.SampledFrom([]string{"it", "en"}).Draw(t, "language"), BirthDate: maybe(t, "born", "1980-02-29"),
			}
			var g identity.Grant
			if rapid.Bool().Draw(t, "granted") {
				g.Scope = rapid.SampledFrom([]identity.Scope{identity.Network, identity.Site(n.sites[0].ID), identity.Site(n.sites[3].ID)}).Draw(t, "scope")
				g.Role = identity.ReadRole(rapid.SampledFrom([]string{"counter-operator", "manager"}).Draw(t, "role"), g.Scope)
			}
			n.people, n.grants = append(n.people, q), append(n.grants, g)
		}
		return n
	})
}

// house draws a site with all that belongs to it.
func (n *drawn) house(t *rapid.T, i int) {
	s := site.Site{
		ID: clock.NewID(), Code: fmt.Sprintf("casa-%d", i), Kind: rapid.SampledFrom([]site.Kind{site.Office, site.Space}).Draw(t, "kind"),
		Name: words(40).Draw(t, "name"), Address: words(40).Draw(t, "address"), Municipality: rapid.SampledFrom(someTowns).Draw(t, "town"),
		Lat: rapid.Float64Range(36, 47).Draw(t, "lat"), Lon: rapid.Float64Range(7, 18).Draw(t, "lon"), Zone: maybe(t, "zone", "Europe/Rome"),
		Size: rapid.SampledFrom([]site.Size{"", site.Small, site.Large}).Draw(t, "size"), State: rapid.SampledFrom(site.States).Draw(t, "state"),
		StateSince: maybe(t, "since", "2026-01-07"), OpensOn: maybe(t, "opens", "2027-03-01"), Hours: hours(someHours.Draw(t, "hours")),
		Groups: some(t, "groups", []string{"soci", "studenti"}),
	}
	if rapid.Bool().Draw(t, "patron") {
		s.Patron = agenda.MonthDay{Month: time.December, Day: 7}
	}
	s.Profile = site.Profile{
		Phone: maybe(t, "phone", "+39 0332 123456"), Email: maybe(t, "email", "casa@example.org"), AccessibleBays: rapid.IntRange(0, 3).Draw(t, "bays"),
		Area: rapid.IntRange(0, 900).Draw(t, "area"), Amenities: some(t, "amenities", site.Amenities), Territory: some(t, "territory", site.Territories),
		Parking: rapid.SampledFrom([]site.Parking{"", site.ParkingNone, site.ParkingOwn}).Draw(t, "parking"), StepFree: rapid.SampledFrom([]site.Answer{"", site.Yes, site.No}).Draw(t, "steps"),
		Building: rapid.SampledFrom(append(slices.Clone(site.Buildings), "")).Draw(t, "building"),
	}
	if rapid.Bool().Draw(t, "directions") {
		s.Profile.Directions = site.Text{IT: words(30).Draw(t, "it") + "\n\n" + words(30).Draw(t, "it"), EN: words(30).Draw(t, "en")}
	}
	n.sites = append(n.sites, s)
	n.rooms = append(n.rooms,
		site.Room{ID: clock.NewID(), Site: s.ID, Code: "R0", Name: "Grande " + words(10).Draw(t, "room"), Floor: rapid.IntRange(-2, 5).Draw(t, "floor"), Area: site.Rect{W: 2000, H: 1000}},
		site.Room{ID: clock.NewID(), Site: s.ID, Code: "WC", Name: "Servizi", Purpose: rapid.SampledFrom(site.Purposes).Draw(t, "purpose"), Floor: 1},
	)
	room, first := n.rooms[len(n.rooms)-2].ID, int64(len(n.resources)+1)
	for j := range 4 {
		r := site.Resource{
			Ordinal: first + int64(j), ID: clock.NewID(), Site: s.ID, Room: room, Kind: rapid.SampledFrom(site.Kinds).Draw(t, "of"), Code: fmt.Sprintf("P.%d", j),
			Name: words(20).Draw(t, "place"), Seats: rapid.IntRange(1, 40).Draw(t, "seats"), Active: rapid.Bool().Draw(t, "active"),
			Features: some(t, "features", site.Features), Groups: some(t, "kept", []string{"soci", "studenti"}),
		}
		if j == 1 || j == 3 { // parts of the set
			r.Kind, r.Active = site.Hall, true
		}
		if rapid.Bool().Draw(t, "drawn") {
			r.Area = site.Rect{X: 150 * j, Y: 20, W: 100, H: 50}
		}
		n.resources = append(n.resources, r)
	}
	n.resources = append(n.resources, site.Resource{
		Ordinal: first + 4, ID: clock.NewID(), Site: s.ID, Room: room, Kind: site.Hall, Code: "H-AB", Name: "Insieme", Seats: 9, Active: true, Atoms: []int64{first + 1, first + 3},
	})
	for k := range rapid.IntRange(1, 3).Draw(t, "exceptions") {
		e := site.Exception{Site: s.ID, On: agenda.Date{Year: 2026, Month: 12, Day: 20 + k}}
		if rapid.Bool().Draw(t, "open") {
			e.Spans = []agenda.Span{{From: 9 * 60, To: 12 * 60}, {From: 14 * 60, To: 18*60 + 30}}
		}
		n.exceptions = append(n.exceptions, e)
	}
	start := time.Date(2026, time.November, 24, 6, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 4*400).Draw(t, "from")) * 15 * time.Minute)
	units := rapid.SampledFrom([][]int64{{first}, {first + 1, first + 2}, {first, first + 1, first + 2, first + 3}}).Draw(t, "closed")
	n.closures = append(n.closures, reserve.Closure{
		Site: s.ID, Reason: words(30).Draw(t, "reason"), Starts: start, Ends: start.Add(time.Duration(rapid.IntRange(1, 200).Draw(t, "long")) * 15 * time.Minute), Units: units,
	})
}
