package demo

import (
	"math/rand/v2"
	"testing"

	"polis/internal/agenda"
	"polis/internal/programme/account"
	"polis/internal/site"
)

// madeWorks are the works of the whole network.
func madeWorks(t *testing.T) (*builder, *site.Network) {
	t.Helper()
	net, err := site.NewNetwork(national(t))
	if err != nil {
		t.Fatal(err)
	}
	m := &builder{net: net, rng: rand.New(rand.NewPCG(Seed, 337)), today: today}
	m.all()
	return m, net
}

// The works are as many as the houses, and about as far as was declared of the
// real ones; what a space says of itself and its works agree.
func TestWorksOfTheProgramme(t *testing.T) {
	t.Parallel()
	m, net := madeWorks(t)
	if len(m.works) != Offices+Spaces {
		t.Fatalf("works of %d houses", len(m.works))
	}
	done, accepted := map[site.Kind]int{}, map[string]bool{}
	for _, row := range m.documents {
		d := row.(account.Document)
		accepted[d.Site] = accepted[d.Site] || d.Type == account.Acceptance
		if d.Date.IsZero() || today.Before(d.Date.Date) || d.Source != Made {
			t.Errorf("document %+v", d)
		}
	}
	if len(m.files) != SpaceWorks {
		t.Errorf("%d photos of works", len(m.files))
	}
	for _, f := range m.files {
		harmless(t, f.Data)
	}
	late, proven := 0, 0
	for _, row := range m.works {
		w := row.(account.Works)
		st, err := net.ByCode(w.Site)
		if err != nil || w.Source != Made || w.Contractor == "" {
			t.Fatalf("works %+v: %v", w, err)
		}
		inOrder(t, w)
		ends := w.Dates[opened]
		if !ends.Actual.IsZero() {
			done[st.Kind]++
			if accepted[w.Site] {
				proven++
			}
			if w.Dates[opened].Planned.Before(ends.Actual.AddDays(-60)) {
				late++
			}
		}
		if st.Kind == site.Space && (st.State == site.Open) != !ends.Actual.IsZero() {
			t.Errorf("%s is %s and opened on %s", w.Site, st.State, ends.Actual)
		}
		if st.Kind == site.Office && st.State != site.Open {
			t.Errorf("%s is %s", w.Site, st.State)
		}
	}
	if done[site.Office] != officesDone || done[site.Space] != OpenSpaces {
		t.Errorf("%v are done", done)
	}
	if all := officesDone + OpenSpaces; proven < all*93/100 || proven == all || late < all/5 || late > all/2 {
		t.Errorf("of %d, %d with a document and %d more than two months late", all, proven, late)
	}
}

// inOrder: no phase ends, or is planned to, before the one before it, and nothing
// ended after today.
func inOrder(t *testing.T, w account.Works) {
	t.Helper()
	var planned, actual agenda.Date
	for _, d := range w.Dates {
		if d.Planned.IsZero() || d.Planned.Before(planned) || !d.Actual.IsZero() && (d.Actual.Before(actual) || today.Before(d.Actual.Date)) {
			t.Errorf("%s: %v", w.Site, w.Dates)
			return
		}
		planned, actual = d.Planned.Date, d.Actual.Date
	}
}

// Classes of inner areas are those of the strategy, and most municipalities
// stand where those of the country do: in a belt.
func TestAreas(t *testing.T) {
	t.Parallel()
	m, net := madeWorks(t)
	count, has := map[string]int{}, map[string]bool{}
	for _, row := range m.areas() {
		a := row.(account.Area)
		count[a.Class]++
		has[a.ISTAT] = true
		if a.Estimate != account.Yes {
			t.Errorf("%+v is no estimate", a)
		}
	}
	for _, hit := range net.Sites(site.Filter{}) {
		if !has[hit.Site.Municipality] {
			t.Fatalf("%s has no class", hit.Site.Municipality)
		}
	}
	if count["C"] < count["D"] || count["D"] < count["E"] || count["E"] < count["F"] || count["F"] == 0 || count["A"] == 0 {
		t.Errorf("%v", count)
	}
	t.Log(count)
}
