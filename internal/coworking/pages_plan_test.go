package coworking_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"polis/internal/agenda"
	"polis/internal/coworking"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/demo"
	"polis/internal/platform/db"
	"polis/internal/platform/web/webtest"
	"polis/internal/platform/web/webtest/browser"
	"polis/internal/site"
	"polis/internal/territory"
)

// seat is the place of a name on the plan of the page.
func (b *surfer) seat(name string) *webtest.Node {
	b.t.Helper()
	for _, s := range b.page.All(".polis-seat") {
		if title := s.One(b.t, "title").Text(); title == name || strings.HasPrefix(title, name+",") {
			return s
		}
	}
	b.t.Fatalf("%s: no %s on the plan", b.at, name)
	return nil
}

func TestPlanTellsHowPlacesStand(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	maria := w.as("maria", "it")
	maria.kept("D-01").send("/conferma")
	w.as("giuseppe", "it").kept("D-02").send("/conferma")
	from, to := coworkingtest.Now.Add(24*time.Hour).Truncate(time.Hour), coworkingtest.Now.Add(34*time.Hour).Truncate(time.Hour)
	if _, _, err := w.Service.Close(t.Context(), w.Luca.Actor, coworking.ClosureRequest{
		Site: coworkingtest.SiteID("aurora"), Resources: []string{w.ID("aurora", "D-03")}, Reason: "Lampada rotta", From: from, To: to,
	}); err != nil {
		t.Fatal(err)
	}
	maria.get("/spazi/aurora?"+onTuesday).want(200, "chiusa in questo orario", "prenotata da me", "occupata", "riservata ad altri")
	for name, want := range map[string]struct{ state, label string }{
		"D-01": {"mine", "D-01, prenotata da me, schermo: vedi la settimana"},
		"D-02": {"taken", "D-02, occupata, schermo: vedi la settimana"},
		"D-03": {"closed", "D-03, chiusa in questo orario, schermo: vedi la settimana"},
		"D-04": {"free", "D-04, libera, schermo"},
		"D-07": {"closed", "D-07, riservata ad altri, schermo: vedi la settimana"},
	} {
		s := maria.seat(name)
		if got := s.One(t, "title").Text(); !s.Has("polis-seat-"+want.state) || got != want.label {
			t.Errorf("%s is %q %q, want %+v", name, s.Attr["class"], got, want)
		}
		_, canBeChosen := s.Attr["data-place"]
		if canBeChosen != (want.state == "free") || !canBeChosen && !strings.HasPrefix(s.Attr["href"], "/spazi/aurora/posti/"+name+"?settimana=2026-11-24") {
			t.Errorf("%s leads to %s", name, s.Attr["href"])
		}
	}
	legend := maria.page.One(t, ".polis-plan-key").Text()
	if legend != "libera occupata prenotata da me riservata ad altri chiusa in questo orario scelto" {
		t.Errorf("legend: %s", legend)
	}
	maria.get("/spazi/aurora?giorno=2026-11-25&dalle=09:00&alle=10:00").want(200)
	if !maria.seat("D-03").Has("polis-seat-free") {
		t.Error("D-03 is closed on the day after its closure")
	}
}

// TestPlanWithoutScripts: the places of the plan are links that choose them.
func TestPlanWithoutScripts(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	b := w.as("maria", "it")
	chosen := func(want ...string) {
		t.Helper()
		var got, seen []string
		for _, in := range b.page.All("input[name=posto][checked]") {
			got = append(got, in.Parent.One(t, ".polis-place-name").Text())
		}
		for _, s := range b.page.All(".polis-seat-chosen") {
			name, _, _ := strings.Cut(s.One(t, "title").Text(), ",")
			seen = append(seen, name)
		}
		slices.Sort(seen)
		if !slices.Equal(got, want) || !strings.Contains(want[0], "H-") && !slices.Equal(seen, want) {
			t.Fatalf("%s: chosen %v in the list and %v on the plan, want %v", b.at, got, seen, want)
		}
		if sum := b.page.One(t, ".polis-chosen").Text(); !strings.Contains(sum, strings.Join(want, ", ")) {
			t.Fatalf("the sum says %s", sum)
		}
	}
	b.get("/spazi/aurora?" + onTuesday)
	b.get(b.seat("D-02").Attr["href"])
	chosen("D-02")
	b.get(b.seat("D-04").Attr["href"])
	chosen("D-02", "D-04")
	b.get(b.seat("D-02").Attr["href"])
	chosen("D-04")
	b.get(b.seat("D-05").Attr["href"])
	path, body := b.form("/prenota", "modo", "scelti")
	for _, f := range b.page.All("form[method=post]") { // the second form for this address
		for _, in := range f.All("input[name=posto][checked]") {
			body.Add("posto", in.Attr["value"])
		}
	}
	b.open(http.MethodPost, path, body).want(200, "D-04, D-05")

	// another time: what is not free then is told, the rest stays chosen
	b = w.as("giuseppe", "it")
	q := "&posto=" + w.ID("aurora", "D-04") + "&posto=" + w.ID("aurora", "D-06")
	b.get("/spazi/aurora?"+onTuesday+q).want(200, "A quest’ora non sono liberi: D-04.")
	chosen("D-06")
	if hidden := b.page.One(t, ".polis-search").All("input[name=posto]"); len(hidden) != 1 || hidden[0].Attr["value"] != w.ID("aurora", "D-06") {
		t.Error("looking at another time forgets what is chosen")
	}

	// a hall of several parts is seen as its parts
	b.get("/spazi/aurora?tipo=hall&" + onTuesday + "&posto=" + w.ID("aurora", "H-AB")).want(200)
	chosen("H-AB")
	for part, want := range map[string]bool{"H-A": true, "H-B": true, "H-C": false} {
		if b.seat(part).Has("polis-seat-chosen") != want {
			t.Errorf("%s marked: %t, want %t", part, !want, want)
		}
	}
	if n := len(b.page.All(".polis-seat")); n != 3 {
		t.Errorf("%d parts of the hall on the plan, want 3", n)
	}
	b.get("/spazi/molo?" + onTuesday)
	if len(b.page.All(".polis-plan")) != 0 {
		t.Error("a house without a plan has one drawn")
	}
}

// TestPlanIsTheList: in every house of the demonstration, of every kind and on
// every floor, the plan has what the list has, and all floors together have
// all places. Each page keeps to its weight.
func TestPlanIsTheList(t *testing.T) {
	t.Parallel()
	d := demo.Network(territory.Embedded(), demo.Seed, agenda.DateOf(coworkingtest.Now))
	w := newPagedWith(t, d)
	net := w.Live.Network()
	for i, hit := range net.Sites(site.Filter{Kind: site.Space, State: site.Open}) {
		st := hit.Site
		if st.Size != site.Large && i%3 != 0 || testing.Short() && i%10 != 0 {
			continue
		}
		if len(w.Live.Network().Opening(st.ID).On(agenda.Date{Year: 2026, Month: 11, Day: 24})) == 0 {
			continue // the feast of its patron
		}
		for _, kind := range w.Service.Kinds(st.ID) {
			listed := map[string]bool{}
			floors := []string{""}
			for n := 0; n < len(floors); n++ {
				_, page := webtest.Get(t, w.pages, "/spazi/"+st.Code+"?"+url.Values{"tipo": {string(kind)}, "piano": {floors[n]}}.Encode()+
					"&giorno=2026-11-24&dalle=09:00&alle=11:00")
				if n == 0 {
					for _, a := range page.All("a[data-keep]") {
						if u, _ := url.Parse(a.Attr["href"]); u.Query().Get("stanza") == "" && u.Query().Get("piano") != "" && a.Attr["aria-current"] == "" {
							floors = append(floors, u.Query().Get("piano"))
						}
					}
				}
				samePlaces(t, net, st, kind, page, listed)
			}
			for _, r := range net.OfKind(st.ID, kind) {
				if r.Active && !listed[r.Name] {
					t.Errorf("%s: %s is on no floor's list", st.Code, r.Name)
				}
			}
		}
	}
}

// samePlaces compares the list of a page with its plan.
func samePlaces(t *testing.T, net *site.Network, st *site.Site, kind site.ResourceKind, page *webtest.Node, listed map[string]bool) {
	t.Helper()
	want, got := map[string]string{}, map[string]string{}
	for _, li := range page.All(".polis-places") {
		for _, name := range li.All(".polis-place-name") {
			listed[name.Text()] = true
			want[name.Text()] = name.Parent.One(t, ".polis-place-state").Text()
		}
	}
	for _, r := range net.OfKind(st.ID, kind) {
		drawn := r.Area.Drawn()
		if r.Composite() {
			drawn = false
			for _, o := range r.Atoms {
				a, err := net.ByOrdinal(o)
				drawn = drawn || err == nil && a.Kind != kind && a.Area.Drawn()
			}
		}
		if !drawn {
			delete(want, r.Name)
		}
	}
	for _, s := range page.All(".polis-seat") {
		parts := strings.SplitN(strings.Split(s.One(t, "title").Text(), ": ")[0], ", ", 3)
		got[parts[0]] = parts[1]
	}
	if !maps.Equal(got, want) {
		t.Errorf("%s %s: the list has %v, the plan %v", st.Code, kind, want, got)
	}
}

var rated = db.Q("coworking-test.rated", `INSERT INTO rating (booking, site, score, at) VALUES ($1, $2, $3, 0)`)

func TestPageOfAHouseSaysWhatPeopleAsk(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	b := w.as("", "it")
	b.get("/spazi/aurora?"+onTuesday).want(200, "Oggi: 08:00–20:00", "Senza gradini", "Sede media, 450 m²", "Dalla stazione a piedi.", "Poi a destra.",
		"Coordinate: 45.84350, 8.71550", "non indicato", "Wi-Fi", "Palazzo storico", "Interesse paesaggistico",
		"Spazio Borgo", "nessun posto libero", "Segnala un problema")
	for _, href := range []string{"geo:45.84350,8.71550", "tel:+390332123456", "mailto:aurora@example.org", "/segnala?sede=aurora"} {
		if len(b.page.All("a[href="+href+"]")) != 1 {
			t.Errorf("no link to %s", href)
		}
	}
	if len(b.page.All("img")) != 0 || strings.Contains(b.page.Text(), "su 5") {
		t.Error("a house without photos and ratings shows some")
	}
	photos := []site.Photo{
		{ID: "1", Site: coworkingtest.SiteID("aurora"), Alt: site.Text{IT: "La facciata", EN: "The front"}, Picture: "large", Thumb: "thumb", Width: 1600, Height: 900},
		{ID: "2", Site: coworkingtest.SiteID("aurora"), Alt: site.Text{IT: "La terrazza"}, Picture: "large2", Thumb: "thumb2", Width: 300, Height: 200},
	}
	if err := w.Store.SavePhotos(t.Context(), photos, nil); err != nil {
		t.Fatal(err)
	}
	if err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		for i := range int64(5) {
			if _, err := tx.Exec(t.Context(), rated, fmt.Sprint(i), coworkingtest.SiteID("aurora"), 3+i%3); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(5 * time.Minute)
	w.Reload(t)
	b.get("/spazi/aurora?"+onTuesday).want(200, "3,8 su 5 (5 voti)")
	for i, want := range []struct{ alt, src, set, loading string }{
		{"La facciata", "/media/large", "/media/thumb 480w, /media/large 1600w", ""},
		{"La terrazza", "/media/thumb2", "/media/thumb2 300w, /media/large2 300w", "lazy"},
	} {
		img := b.page.One(t, ".polis-photos").All("img")[i].Attr
		if img["alt"] != want.alt || img["src"] != want.src || img["srcset"] != want.set || img["loading"] != want.loading || img["width"] == "" || img["height"] == "" {
			t.Errorf("photo %d: %v", i, img)
		}
	}
	en := w.as("", "en")
	en.get("/spazi/aurora?"+onTuesday).want(200, "On foot from the station.", "not stated", "Medium space, 450 m²")
	en.get("/spazi/cantiere").want(200, "There will be: 2 desks.", "Spazio Molo") // where one can go meanwhile
}

// The plan by keyboard in a real browser: one stop of Tab, arrows, Space; what
// is sent is what is chosen. At 320 pixels, which is 400 % of 1280, nothing
// scrolls sideways but the plan itself.
func TestPlanInABrowser(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	w.always = "maria"
	if !w.built {
		t.Skip("SKIPPED: the front end is not built")
	}
	tab := browser.Open(t)
	for _, way := range []struct {
		width int64
		lang  string
	}{{1280, "en"}, {390, "it"}, {320, "en"}} {
		tab.Width(way.width)
		for _, page := range []string{"/spazi/aurora?", "/spazi/aurora?tipo=hall&", "/spazi/aurora/posti/D-01?", "/spazi/cantiere?"} {
			tab.Go(w.srv.URL + page + onTuesday + "&lang=" + way.lang)
			tab.Check()
		}
	}
	tab.Width(1280)
	tab.Go(w.srv.URL + "/spazi/aurora?" + onTuesday + "&lang=it")
	at := func(name string) {
		t.Helper()
		if got := browser.Eval[string](tab, `document.activeElement.querySelector("title")?.textContent ?? document.activeElement.outerHTML`); !strings.HasPrefix(got, name+",") {
			t.Fatalf("the focus is on %s, want %s", got, name)
		}
	}
	if n := browser.Eval[int](tab, `document.querySelectorAll(".polis-seat[tabindex='0']").length`); n != 1 {
		t.Fatalf("%d places of the plan are stops of Tab", n)
	}
	tab.Do(chromedp.Focus(".polis-auto button"))
	tab.Press("\t") // into the plan, at its first free place
	at("D-01")
	if ring := browser.Eval[string](tab, `getComputedStyle(document.activeElement.querySelector("rect")).stroke`); ring != "rgb(17, 17, 17)" {
		t.Errorf("the focus is seen as %s", ring)
	}
	tab.Press(" ")
	tab.Press(kb.ArrowRight)
	at("D-02")
	tab.Press(kb.ArrowDown)
	at("D-06")
	tab.Press(" ")
	tab.Press(kb.ArrowRight)
	at("D-07") // kept for others: reached, not chosen
	tab.Press(" ")
	tab.Press(kb.ArrowUp)
	at("D-03")
	tab.Press(kb.Enter)
	tab.Press(" ") // and away again
	const sum = `document.querySelector(".polis-chosen").innerText.replace(/\s+/g, " ")`
	if got := browser.Eval[string](tab, sum); !strings.Contains(got, "Posti scelti: 2 D-01, D-06 09:00–13:00") {
		t.Errorf("the sum says %q", got)
	}
	for box, want := range map[string]bool{"D-01": true, "D-03": false, "D-06": true} {
		id := w.ID("aurora", box)
		if browser.Eval[bool](tab, `document.getElementById("p-`+id+`").checked`) != want ||
			browser.Eval[string](tab, `document.querySelector("[data-place='`+id+`']").getAttribute("aria-checked")`) != map[bool]string{true: "true", false: "false"}[want] ||
			browser.Eval[bool](tab, `location.search.includes("`+id+`")`) != want {
			t.Errorf("%s chosen in list, plan and address: not all %t", box, want)
		}
	}
	tab.Check()
	// the list changes the plan
	tab.Do(chromedp.Click("#p-" + w.ID("aurora", "D-04")))
	tab.WaitFor(`document.querySelectorAll(".polis-seat-chosen").length === 3`)
	tab.Do(chromedp.Click("[data-place='" + w.ID("aurora", "D-01") + "']"))
	tab.WaitFor(`document.querySelectorAll(".polis-seat-chosen").length === 2`)
	// another time keeps the choice, coming back too
	tab.Do(chromedp.SetValue("#f-alle", "12:00"), chromedp.Click("#space-go"))
	tab.WaitFor(`location.search.includes("alle=12%3A00") && document.querySelectorAll(".polis-seat-chosen").length === 2`)
	tab.Do(chromedp.Focus(".polis-submit button"), chromedp.SendKeys(".polis-submit button", kb.Enter))
	tab.WaitFor(`location.pathname.startsWith("/prenotazioni/")`)
	if text := browser.Eval[string](tab, `document.querySelector("main").innerText`); !strings.Contains(text, "D-04, D-06") {
		t.Errorf("held: %s", text)
	}
	if faults := tab.Faults(); len(faults) > 0 {
		t.Error(faults)
	}
}

// BenchmarkSpacePage renders the page of the largest house, with the chain but
// without a connection, and that of a place's week.
func BenchmarkSpacePage(b *testing.B) {
	w := newPagedWith(b, demo.Network(territory.Embedded(), demo.Seed, agenda.DateOf(coworkingtest.Now)))
	net := w.Live.Network()
	var largest *site.Site
	for _, hit := range net.Sites(site.Filter{Kind: site.Space, State: site.Open}) {
		if len(net.Opening(hit.Site.ID).On(agenda.Date{Year: 2026, Month: 11, Day: 24})) == 0 {
			continue // the feast of its patron
		}
		if largest == nil || len(net.Resources(hit.Site.ID)) > len(net.Resources(largest.ID)) {
			largest = hit.Site
		}
	}
	desk := net.OfKind(largest.ID, site.Desk)[0]
	for _, c := range []struct{ name, path string }{
		{"house", "/spazi/" + largest.Code + "?" + onTuesday},
		{"week", "/spazi/" + largest.Code + "/posti/" + desk.Code},
	} {
		b.Run(c.name, func(b *testing.B) {
			var took []time.Duration
			b.ReportAllocs()
			for b.Loop() {
				start, rec := time.Now(), httptest.NewRecorder()
				if w.pages.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, c.path, nil)); rec.Code != http.StatusOK {
					b.Fatal(rec.Code)
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}
