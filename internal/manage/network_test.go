package manage_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"polis/internal/agenda"
	"polis/internal/coworking"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/identity"
	"polis/internal/manage"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/platform/web/webtest/browser"
	"polis/internal/site"
)

func overview(t testing.TB, k *world, who string, w manage.Wanted) manage.Overview {
	t.Helper()
	o, err := k.desk.Overview(t.Context(), k.people[who], w)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestOverview(t *testing.T) {
	t.Parallel()
	k := newWorld(t, dbtest.SQLite(t))
	k.problems = map[string]int{coworkingtest.SiteID("aurora"): 2, coworkingtest.SiteID("molo"): 1}
	for _, c := range []struct {
		who  string
		w    manage.Wanted
		want []string
	}{
		{"luca", manage.Wanted{}, []string{"aurora", "borgo", "cantiere", "faro", "molo", "ufficio"}},
		{"luca", manage.Wanted{Down: true}, []string{"ufficio", "molo", "faro", "cantiere", "borgo", "aurora"}},
		{"luca", manage.Wanted{Where: site.Filter{Kind: site.Office}}, []string{"ufficio"}},
		{"luca", manage.Wanted{Where: site.Filter{Region: "Sicilia"}}, []string{"faro", "molo"}},
		{"luca", manage.Wanted{Where: site.Filter{Query: "gavirate"}}, []string{"aurora", "ufficio"}},
		{"luca", manage.Wanted{Coming: true}, []string{"cantiere"}},
		{"luca", manage.Wanted{Late: true}, nil},
		{"luca", manage.Wanted{Problems: true, Sort: "segnalazioni", Down: true}, []string{"aurora", "molo"}},
		{"luca", manage.Wanted{Sort: "posti", Down: true}, []string{"aurora", "molo", "faro", "borgo", "cantiere", "ufficio"}},
		{"luca", manage.Wanted{Sort: "stato"}, []string{"cantiere", "aurora", "borgo", "faro", "molo", "ufficio"}},
		{"bruno", manage.Wanted{}, []string{"aurora"}},
		{"bruno", manage.Wanted{Where: site.Filter{Query: "molo"}}, nil},
	} {
		wantNames(t, fmt.Sprintf("%s %+v", c.who, c.w), names(overview(t, k, c.who, c.w).Rows), c.want...)
	}
	o := overview(t, k, "luca", manage.Wanted{Where: site.Filter{Query: "nowhere"}})
	if o.Houses != 6 || o.States[site.Open] != 5 || o.States[site.Works] != 1 || o.Problems != 3 || o.Troubled != 2 {
		t.Errorf("the figures are of all houses, whatever is wanted: %+v", o)
	}
	k.Clock.Set(time.Date(2027, 3, 2, 9, 0, 0, 0, time.UTC)) // cantiere was announced for the day before
	if o := overview(t, k, "luca", manage.Wanted{Late: true}); len(o.Rows) != 1 || o.Late != 1 {
		t.Errorf("late: %+v", o)
	}
	for who, kind := range map[string]errs.Kind{"maria": errs.Forbidden, "anna": errs.Forbidden, "": errs.Unauthenticated} {
		a, known := k.people[who]
		if !known {
			a = identity.Anonymous
		}
		if _, err := k.desk.Overview(t.Context(), a, manage.Wanted{}); !errs.Is(err, kind) {
			t.Errorf("%q: %v", who, err)
		}
	}
}

// How much is taken is what a naive count of quarter-hours says, in every zone
// and on the days of 23 and 25 hours.
func TestOverviewCountsAsTheNaiveModel(t *testing.T) {
	t.Parallel()
	k := newWorld(t, dbtest.SQLite(t))
	rapid.Check(t, func(rt *rapid.T) {
		// Days around the changes of the clocks, and any other.
		day := rapid.SampledFrom([]string{"2027-03-27", "2027-03-28", "2027-10-30", "2027-10-31", "2027-05-04"}).Draw(rt, "day")
		d, err := agenda.ParseDate(day)
		if err != nil {
			rt.Fatal(err)
		}
		now := time.Date(d.Year, d.Month, d.Day, rapid.IntRange(0, 23).Draw(rt, "hour"), rapid.IntRange(0, 59).Draw(rt, "minute"), 0, 0, agenda.Rome)
		k.Clock.Set(now)
		for range rapid.IntRange(0, 3).Draw(rt, "bookings") {
			house := rapid.SampledFrom([]string{"molo", "faro", "aurora"}).Draw(rt, "house")
			from := now.Truncate(agenda.Quarter).Add(time.Duration(rapid.IntRange(0, 60).Draw(rt, "from")) * agenda.Quarter)
			part := coworking.PartRequest{From: from, To: from.Add(time.Duration(rapid.IntRange(2, 24).Draw(rt, "length")) * agenda.Quarter), Resources: []string{k.ID(house, rapid.SampledFrom([]string{"D-01", "D-02", "M-1"}).Draw(rt, "place"))}}
			_, _ = k.Service.Book(rt.Context(), k.Load.Actor, coworking.Request{Parts: []coworking.PartRequest{part}}) // taken or closed: as well
		}
		o, err := k.desk.Overview(rt.Context(), k.Luca.Actor, manage.Wanted{})
		if err != nil {
			rt.Fatal(err)
		}
		net := k.Live.Network()
		for _, row := range o.Rows {
			wantNow, wantToday := naive(k, net, row.Site, now)
			if row.Now != wantNow || row.Today != wantToday {
				rt.Fatalf("%s at %s: now %v, today %v, want %v and %v", row.Site.Code, now, row.Now, row.Today, wantNow, wantToday)
			}
		}
	})
}

// naive counts quarter by quarter.
func naive(k *world, net *site.Network, st *site.Site, now time.Time) (at, day manage.Share) {
	if st.State != site.Open {
		return at, day
	}
	zone, opening := net.Zone(st), net.Opening(st.ID)
	today := agenda.DateOf(now.In(zone))
	count := func(t time.Time, s *manage.Share) {
		cells, err := agenda.Cells(t, t.Add(agenda.Quarter))
		if err != nil || !opening.Contains(cells) {
			return
		}
		for _, r := range net.Resources(st.ID) {
			if !r.Active || r.Composite() || !slices.Contains(site.Bookable, r.Kind) {
				continue
			}
			s.Of++
			if !k.Engine.Index.Free([]int64{r.Ordinal}, cells) {
				s.Taken++
			}
		}
	}
	count(now.Truncate(agenda.Quarter), &at)
	for t := time.Date(today.Year, today.Month, today.Day, 0, 0, 0, 0, zone); agenda.DateOf(t.In(zone)) == today; t = t.Add(agenda.Quarter) {
		count(t, &day)
	}
	return at, day
}

func TestNetworkPages(t *testing.T) {
	t.Parallel()
	k := newWorld(t, dbtest.SQLite(t))
	k.problems = map[string]int{coworkingtest.SiteID("aurora"): 2}
	for lang, found := range map[string]string{"it": "6 sedi", "en": "6 sites"} {
		res, page := k.look("luca", "/gestione", lang)
		if res.StatusCode != 200 || page.One(t, "#sedi").Text() != found {
			t.Errorf("%s: %d, %s", lang, res.StatusCode, page.One(t, "#sedi").Text())
		}
		if a := page.One(t, "[href=/segnalazioni/gestione?dove=Spazio+Aurora%2C+Gavirate+%28VA%29]"); !strings.Contains(a.Text(), "2") {
			t.Errorf("reports: %s", a.Text())
		}
		if len(page.All(".polis-map-place")) != 6 {
			t.Errorf("%d marks on the map", len(page.All(".polis-map-place")))
		}
	}
	_, page := k.look("luca", "/gestione?q=nulla+di+simile&stato=works", "it")
	if len(page.All(".polis-empty")) != 1 {
		t.Error("no picture of nothing found")
	}
	if res, page := k.look("luca", "/gestione?stato=nonesuch", "it"); res.StatusCode != 400 && res.StatusCode != 422 || len(page.All("#error-summary")) != 1 {
		t.Errorf("a state that is none: %d", res.StatusCode)
	}
	if w := k.send("bruno", "GET", "/gestione"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/gestione/sedi/aurora" {
		t.Errorf("who runs one house is led to %d %s", w.Code, w.Header().Get("Location"))
	}
	for who, code := range map[string]int{"maria": 403, "anna": 403, "": 303} {
		for _, path := range []string{"/gestione", "/gestione/lotti", "/gestione/lotti.csv"} {
			if w := k.send(who, "GET", path); w.Code != code {
				t.Errorf("%s for %q: %d", path, who, w.Code)
			}
		}
	}
	if w := k.send("bruno", "GET", "/gestione/lotti"); w.Code != 403 {
		t.Errorf("lots for who runs one house: %d", w.Code)
	}
	w := k.send("luca", "GET", "/gestione/rete.csv?tipo=office")
	rows, err := list(t, w).ReadAll()
	if err != nil || len(rows) != 2 || rows[1][0] != "ufficio" {
		t.Errorf("list: %v, %v", rows, err)
	}
}

// list reads a file that begins with the mark of spreadsheets.
func list(t *testing.T, w *httptest.ResponseRecorder) *csv.Reader {
	t.Helper()
	text, marked := strings.CutPrefix(w.Body.String(), "\uFEFF")
	if h := w.Header(); !marked || h.Get("Cache-Control") != "no-store" || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") {
		t.Errorf("%.20q with %v", text, h)
	}
	file := csv.NewReader(strings.NewReader(text))
	file.Comma = ';' // on Italian pages
	return file
}

// big is a network of many houses with long names, one of them like a formula.
func big(n int) site.Data {
	var d site.Data
	for i := range n {
		s := site.Site{
			ID: fmt.Sprintf("01900000-0000-7000-a000-%012d", i+1), Code: fmt.Sprintf("casa-%05d", i), Kind: site.Space, State: site.Open,
			Name: fmt.Sprintf("Spazio numero %d di un comune dal nome che non finisce mai e poi mai", i), Address: "Via Roma 1",
			Municipality: "012072", Lat: 36 + float64(i%1000)/100, Lon: 8 + float64(i%700)/100, Hours: agenda.MustHours("Mo-Fr 08:00-20:00"),
		}
		if i == 0 {
			s.Name = `=HYPERLINK("http://example.org")`
		}
		d.Sites = append(d.Sites, s)
		d.Rooms = append(d.Rooms, site.Room{ID: s.ID + "-0", Site: s.ID, Code: "R", Name: "Piano terra"})
		d.Resources = append(d.Resources, site.Resource{
			Ordinal: int64(i + 1), ID: fmt.Sprintf("01900000-0000-7000-b000-%012d", i+1), Site: s.ID, Room: s.ID + "-0", Kind: site.Desk,
			Code: "D-1", Name: "D-1", Seats: 1, Active: true,
		})
	}
	return d
}

func TestNetworkOfManyHouses(t *testing.T) {
	t.Parallel()
	k := newWorldWith(t, dbtest.SQLite(t), big(7160))
	_, page := k.look("luca", "/gestione?pagina=144", "it") // weighs it too
	if rows := page.One(t, "tbody").All("tr"); len(rows) != 10 {
		t.Errorf("%d rows on the last page", len(rows))
	}
	if len(page.All("[rel=prev]")) != 1 || len(page.All("[rel=next]")) != 0 {
		t.Error("no way back from the last page")
	}
	w := k.send("luca", "GET", "/gestione/rete.csv")
	rows, err := list(t, w).ReadAll()
	if err != nil || len(rows) != 7161 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows[1:] {
		if strings.HasPrefix(row[1], "=") {
			t.Errorf("a formula: %q", row[1])
		}
	}
}

func TestNetworkInTheBrowser(t *testing.T) {
	t.Parallel()
	built(t)
	k := newWorld(t, dbtest.SQLite(t))
	k.problems = map[string]int{coworkingtest.SiteID("aurora"): 2}
	addLots(t, k)
	url := k.browse("luca").URL
	tab := browser.Open(t)
	for _, width := range []int64{1280, 390} {
		tab.Width(width)
		for _, path := range []string{
			"/gestione?lang=it", "/gestione?lang=en&stato=works&q=x", "/gestione/lotti?lang=en", "/gestione/lotti/L-1?lang=it", "/gestione/lotti/nuovo?lang=en",
			"/gestione/lotti/L-1/cambia?lang=it", "/gestione/cerca?lang=it",
		} {
			tab.Go(url + path)
			tab.Check()
		}
	}
}

func TestOverviewOnBothEngines(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		k := newWorld(t, d)
		addLots(t, k)
		wantNames(t, "in the lot", names(overview(t, k, "luca", manage.Wanted{Lot: "L-1"}).Rows), "faro", "molo")
		wantNames(t, "in none", names(overview(t, k, "luca", manage.Wanted{Lot: manage.NoLot}).Rows), "aurora", "borgo", "ufficio")
	})
}
