package demo

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"polis/internal/agenda"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/site"
	"polis/internal/territory"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var today = agenda.Date{Year: 2026, Month: time.November, Day: 21}

func national(t testing.TB) site.Data {
	t.Helper()
	return Network(territory.Embedded(), Seed, today)
}

func TestTheNumbersOfTheProgramme(t *testing.T) {
	t.Parallel()
	d := national(t)
	count := map[string]int{}
	siteOf := map[string]*site.Site{}
	for i := range d.Sites {
		s := &d.Sites[i]
		siteOf[s.ID] = s
		m, ok := d.Territory.ByISTAT(s.Municipality)
		if !ok {
			t.Fatalf("%s is in no municipality", s.Code)
		}
		count[string(s.Kind)]++
		if s.Kind == site.Space {
			count["space "+string(s.State)]++
			count["space "+string(s.Size)]++
			if m.Population < smallTown {
				count["space in a small town"]++
			}
			if s.State == site.Works && s.OpensOn <= today.String() {
				t.Errorf("%s is in works and opens on %q", s.Code, s.OpensOn)
			}
		} else if m.Population >= smallTown {
			t.Errorf("office in %s with %d inhabitants", m.Name, m.Population)
		}
		if !s.Generated {
			t.Errorf("%s is not marked as generated", s.Code)
		}
		if km := territory.Distance(s.Lat, s.Lon, m.Lat, m.Lon); km > 0.7 {
			t.Errorf("%s is %.1f km from its town", s.Code, km)
		}
	}
	for _, r := range d.Resources {
		kind := siteOf[r.Site].Kind
		if r.Kind == site.Desk || r.Kind == site.Meeting {
			if kind != site.Space {
				t.Errorf("%s in an office", r.Kind)
			}
			count["places"] += r.Seats
		}
		if r.Kind == site.Outdoor {
			count["outdoor"]++
		}
		if r.Composite() {
			count["composite "+string(r.Kind)]++
		}
	}
	want := map[string]int{
		"space": 250, "office": 6910, "space in a small town": 80,
		"space open": 160, "space works": 40, "space planned": 50,
		"space small": 110, "space medium": 110, "space large": 30,
		"places": 10_000, "outdoor": 1000,
		"composite private": 110 + 3*30, "composite hall": count["composite hall"],
	}
	if diff := cmp.Diff(want, count); diff != "" {
		t.Error(diff)
	}
	if count["composite hall"] < 2*30 {
		t.Errorf("%d halls in parts", count["composite hall"])
	}
	t.Logf("%d sites, %d rooms, %d resources", len(d.Sites), len(d.Rooms), len(d.Resources))
}

func TestEveryProvinceHasASpace(t *testing.T) {
	t.Parallel()
	d := national(t)
	has := map[string]bool{}
	for _, s := range d.Sites {
		if s.Kind == site.Space {
			m, _ := d.Territory.ByISTAT(s.Municipality)
			has[m.Province] = true
		}
	}
	for _, p := range d.Territory.Provinces() {
		if !has[p.Code] {
			t.Errorf("no space in %s", p.Name)
		}
	}
}

func TestNamedSpacesAreThereAndOpen(t *testing.T) {
	t.Parallel()
	d := national(t)
	byCode := map[string]site.Site{}
	for _, s := range d.Sites {
		byCode[s.Code] = s
	}
	rows := named()
	towns := map[string]int{}
	for _, row := range rows {
		m, ok := d.Territory.ByBelfiore(row.belfiore)
		if !ok {
			t.Errorf("no municipality %s", row.belfiore)
		}
		towns[m.ISTAT]++
	}
	if len(rows) != 36 || len(towns) != 33 {
		t.Errorf("%d spaces in %d municipalities", len(rows), len(towns))
	}
	for _, s := range d.Sites[:len(rows)] {
		if towns[s.Municipality] == 0 || s.State != site.Open {
			t.Errorf("%s is %s", s.Code, s.State)
		}
	}
	for code, name := range map[string]string{
		"gavirate": "Spazio Gavirate", "roma-piazza-bologna": "Spazio Roma Piazza Bologna", "cortina-d-ampezzo": "Spazio Cortina d'Ampezzo",
	} {
		if byCode[code].Name != name {
			t.Errorf("%s is %q", code, byCode[code].Name)
		}
	}
}

func TestCapacityFollowsSize(t *testing.T) {
	t.Parallel()
	d := national(t)
	places := map[string]int{}
	for _, r := range d.Resources {
		if r.Kind == site.Desk || r.Kind == site.Meeting {
			places[r.Site] += r.Seats
		}
	}
	for _, s := range d.Sites {
		if s.Kind != site.Space {
			continue
		}
		c := capacity[s.Size]
		if n := places[s.ID]; n < c.min || n > c.max {
			t.Errorf("%s, %s, has %d places", s.Code, s.Size, n)
		}
	}
}

func TestOrdinalsAreDenseAndInOrder(t *testing.T) {
	t.Parallel()
	d := national(t)
	at := map[string]int{}
	for i, s := range d.Sites {
		at[s.ID] = i
	}
	rank := map[site.ResourceKind]int{}
	for i, k := range site.Kinds {
		rank[k] = i
	}
	kind := map[int64]site.ResourceKind{}
	for i, r := range d.Resources {
		if r.Ordinal != int64(i+1) {
			t.Fatalf("resource %d has the ordinal %d", i, r.Ordinal)
		}
		kind[r.Ordinal] = r.Kind
		if i == 0 {
			continue
		}
		p := d.Resources[i-1]
		if a, b := [3]any{at[p.Site], rank[p.Kind], p.Code}, [3]any{at[r.Site], rank[r.Kind], r.Code}; a == b || at[p.Site] > at[r.Site] ||
			at[p.Site] == at[r.Site] && (rank[p.Kind] > rank[r.Kind] || rank[p.Kind] == rank[r.Kind] && p.Code >= r.Code) {
			t.Errorf("%v before %v", a, b)
		}
	}
	for _, r := range d.Resources {
		for _, atom := range r.Atoms {
			a := d.Resources[atom-1]
			if a.Composite() || a.Site != r.Site || a.Room != r.Room {
				t.Errorf("%s of %s cannot be a part of %s", a.Code, a.Site, r.Code)
			}
		}
	}
}

func TestOfficesKeepTheirHours(t *testing.T) {
	t.Parallel()
	d := national(t)
	hours := map[string]int{}
	for _, s := range d.Sites {
		if s.Kind == site.Office {
			hours[s.Hours.String()]++
		}
	}
	for _, h := range []agenda.Hours{evenDays, oddDays, morning, wholeDay} {
		if hours[h.String()] < 300 {
			t.Errorf("%d offices open %s", hours[h.String()], h)
		}
	}
	if len(hours) != 5 || hours[Always.String()] != 1 { // the one that is shown never closes
		t.Errorf("unheard-of hours: %v", hours)
	}
}

func TestTwoRunsAreEqual(t *testing.T) {
	t.Parallel()
	a, b := national(t), national(t)
	if diff := cmp.Diff(a, b, cmpopts.IgnoreFields(site.Data{}, "Territory"), cmp.AllowUnexported(agenda.Hours{})); diff != "" {
		t.Error(diff)
	}
	ids := map[string]bool{}
	var last string
	for _, s := range a.Sites {
		u, err := uuid.Parse(s.ID)
		if err != nil || u.Version() != 7 || u.Variant() != uuid.RFC4122 || ids[s.ID] || s.ID <= last {
			t.Fatalf("the id %s after %s: %v", s.ID, last, err)
		}
		ids[s.ID], last = true, s.ID
	}
}

func TestLayOut(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		now := clock.NewManual(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC))
		store := site.NewStore(d, now, clock.NewID)
		for range 2 { // the second finds all of it there
			started := time.Now()
			sum, err := LayOut(t.Context(), store, territory.Embedded(), now.Now(), func(string, int, int) {})
			if err != nil {
				t.Fatal(err)
			}
			if sum.Spaces != Spaces || sum.Offices != Offices || sum.WorkPlaces != WorkPlaces {
				t.Errorf("%+v", sum)
			}
			t.Logf("%+v in %v", sum, time.Since(started).Round(time.Millisecond))
		}
		started := time.Now()
		n, err := store.LoadNetwork(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("loaded in %v", time.Since(started).Round(time.Millisecond))
		want := national(t)
		if n.Len() != len(want.Sites) || n.LastOrdinal() != int64(len(want.Resources)) {
			t.Fatalf("%d sites, ordinals to %d", n.Len(), n.LastOrdinal())
		}
		if r, ok := n.HouseRules(want.Sites[0].ID); !ok || r.Version != 1 || r.Text != houseRules {
			t.Errorf("house rules of version %d", r.Version)
		}
		if s, err := n.Site(want.Sites[0].ID); err != nil || len(s.Photos) != 3 || s.Profile.Phone == "" {
			t.Errorf("%+v, %v", s, err)
		}
		for _, i := range []int{0, 1, 12, 13, 600, len(want.Resources) - 1} {
			got, err := n.ByOrdinal(int64(i + 1))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&want.Resources[i], got); diff != "" {
				t.Error(diff)
			}
		}
	})
}
