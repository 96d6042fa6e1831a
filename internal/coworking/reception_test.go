package coworking_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"polis/internal/coworking"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/platform/web/webtest/browser"
	"polis/internal/reserve"
)

// arrivals are the people of a reception, with how they stand.
func arrivals(t *testing.T, w *coworkingtest.World, who coworkingtest.Who, code, words string) (out []string) {
	t.Helper()
	desk, err := w.Service.Reception(t.Context(), who.Actor, code)
	if err != nil {
		t.Fatal(err)
	}
	list, err := w.Service.Named(t.Context(), who.Actor, desk.Site, "reception", desk.Arrivals, words, 50)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		out = append(out, fmt.Sprintf("%s %s %s", a.Name, a.Units[0].Code, a.Status))
	}
	return out
}

func TestReception(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := coworkingtest.New(t, d)
		came := book(t, w, w.Maria, places(w, "aurora", 0.25, 2, "D-01"))
		book(t, w, w.Giuseppe, places(w, "aurora", 3, 4, "D-07", "M-1"))
		given := book(t, w, w.Maria, places(w, "aurora", 5, 6, "D-02"))
		book(t, w, w.Maria, places(w, "aurora", 24, 26, "D-03")) // tomorrow
		book(t, w, w.Maria, places(w, "molo", 6, 8, "D-01"))     // elsewhere
		book(t, w, w.Giuseppe, places(w, "faro", 6, 7, "D-01"), places(w, "aurora", 9, 10, "D-04"))
		if _, err := w.Service.Hold(t.Context(), w.Maria.Actor, coworking.Request{Parts: []coworking.PartRequest{places(w, "aurora", 7, 8, "D-05")}}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Service.Cancel(t.Context(), w.Maria.Actor, given.ID, 0); err != nil {
			t.Fatal(err)
		}
		want := func(words string, rows ...string) {
			t.Helper()
			if got := arrivals(t, w, w.Anna, "aurora", words); !slices.Equal(got, rows) {
				t.Errorf("arrivals with %q: %q, want %q", words, got, rows)
			}
		}
		want("", "Maria B. D-01 confirmed", "Giuseppe V. D-07 confirmed", "Giuseppe V. D-04 confirmed")
		if _, err := w.Service.CheckIn(t.Context(), w.Anna.Actor, came.ID); err != nil {
			t.Fatal(err)
		}
		want("", "Giuseppe V. D-07 confirmed", "Giuseppe V. D-04 confirmed", "Maria B. D-01 checked-in")
		want("vèrdi m-1", "Giuseppe V. D-07 confirmed") // the whole name counts, and places
		want("bianchi", "Maria B. D-01 checked-in")
		want("rossi")
		desk, err := w.Service.Reception(t.Context(), w.Anna.Actor, "aurora")
		if err != nil || desk.Expected != 2 || desk.Present != 1 || desk.Day.String() != "2026-11-23" {
			t.Errorf("reception %+v, %v", desk, err)
		}
		w.Clock.Set(at(3.5)) // the first visit is over, the second person is late for too long
		want("", "Giuseppe V. D-04 confirmed", "Maria B. D-01 completed")
		w.Sweep(t)
		want("", "Giuseppe V. D-04 confirmed", "Maria B. D-01 completed")

		for _, c := range []struct {
			who  identity.Actor
			code string
			want errs.Kind
		}{
			{identity.Anonymous, "aurora", errs.Unauthenticated},
			{w.Maria.Actor, "aurora", errs.Forbidden},
			{w.Anna.Actor, "molo", errs.Forbidden},
			{w.Anna.Actor, "nowhere", errs.NotFound},
			{w.Luca.Actor, "molo", ""},
		} {
			_, err := w.Service.Reception(t.Context(), c.who, c.code)
			if (c.want == "") != (err == nil) || err != nil && !errs.Is(err, c.want) {
				t.Errorf("%s at %s: %v, want %s", c.who.Name, c.code, err, c.want)
			}
		}
		codes := func(who coworkingtest.Who) (list []string) {
			for _, st := range w.Service.Receptions(who.Actor) {
				list = append(list, st.Code)
			}
			return list
		}
		if a, m, l := codes(w.Anna), codes(w.Maria), codes(w.Luca); !slices.Equal(a, []string{"aurora"}) || m != nil || len(l) != 4 {
			t.Errorf("receptions of Anna %v, Maria %v, Luca %v", a, m, l)
		}
		w.Check(t)
	})
}

func TestReadPass(t *testing.T) {
	t.Parallel()
	w := coworkingtest.New(t, dbtest.SQLite(t))
	b := book(t, w, w.Maria, places(w, "aurora", 1, 3, "D-01"))
	text, err := w.Service.Pass(t.Context(), w.Maria.Actor, b.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		at   time.Time
		code string
		who  identity.Actor
		text string
		key  string
	}{
		{at(1), "aurora", w.Anna.Actor, text, ""},
		{at(1), "aurora", w.Anna.Actor, text + "\n", ""},
		{at(0.25), "aurora", w.Anna.Actor, text, "check-in.early"},
		{at(3), "aurora", w.Anna.Actor, text, "pass.expired"},
		{at(1), "molo", w.Luca.Actor, text, "check-in.elsewhere"},
		{at(9), "molo", w.Luca.Actor, text, "check-in.elsewhere"}, // which matters more
		{at(1), "aurora", w.Anna.Actor, "", "pass.form"},
		{at(1), "aurora", w.Anna.Actor, text[:len(text)-4] + "0000", "pass.signature"},
		{at(1), "molo", w.Anna.Actor, text, "identity.forbidden"},
		{at(1), "aurora", w.Maria.Actor, text, "identity.forbidden"},
		{at(1), "nowhere", w.Luca.Actor, text, "site.unknown"},
	} {
		w.Clock.Set(c.at)
		id, err := w.Service.ReadPass(c.who, c.code, c.text)
		if c.key == "" && (err != nil || id != b.ID) || c.key != "" && (!errs.HasKey(err, c.key) || id != "") {
			t.Errorf("%s reads at %s, %v: %q, %v, want %s", c.who.Name, c.code, c.at, id, err, c.key)
		}
	}
}

// Without a script: the list, a search, an arrival from the list and one by
// the code of a pass, each told on the next page.
func TestReceptionPages(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	first := book(t, w.World, w.Maria, places(w.World, "aurora", 0.25, 2, "D-01"))
	second := book(t, w.World, w.Giuseppe, places(w.World, "aurora", 0.5, 3, "D-02"))
	book(t, w.World, w.Giuseppe, places(w.World, "aurora", 6, 7, "D-03"))
	for _, words := range []struct{ lang, expected, late, none, done, already string }{
		{"it", "3 persone attese", "Arrivo dalle 13:30", "Nessun arrivo con queste parole", "L’arrivo è registrato.", "L’arrivo era già registrato."},
		{"en", "1 person expected", "Check-in from 13:30", "No arrival with these words", "The arrival is recorded.", "The arrival was recorded before."},
	} {
		b := w.as("anna", words.lang)
		b.get("/accoglienza") // one house: straight to it
		if b.at != "/accoglienza?casa=aurora" {
			t.Fatalf("led to %s", b.at)
		}
		b.want(200, "Spazio Aurora", words.expected, "Maria B.", words.late)
		b.send("/accoglienza", "cerca", "bianchi").want(200, "Maria B.")
		if text := b.page.One(t, "#arrivi").Text(); strings.Contains(text, "Giuseppe") || b.at != "/accoglienza" {
			t.Errorf("%s after a search: %s", b.at, text)
		}
		b.send("/accoglienza", "cerca", "zz").want(200, words.none)
		b.get("/accoglienza?casa=aurora")
		if words.lang == "it" {
			b.send("/arrivo", "pass", "POLIS1:00").want(400, "Questo non è un pass di Polis")
			b.send("/arrivo", "pass", w.passOf(first)).want(200, words.done, "presente")
			b.open(http.MethodPost, "/accoglienza/arrivo", url.Values{"casa": {"aurora"}, "prenotazione": {second.ID}}).want(200, words.done)
		}
		b.open(http.MethodPost, "/accoglienza/arrivo", url.Values{"casa": {"aurora"}, "prenotazione": {second.ID}}).want(200, words.already)
		b.open(http.MethodPost, "/accoglienza/arrivo", url.Values{"casa": {"aurora"}, "prenotazione": {"unknown"}}).want(404)
	}
	w.as("maria", "it").get("/accoglienza").want(404)
	w.as("maria", "it").get("/accoglienza?casa=aurora").want(403)
	w.as("maria", "it").open(http.MethodPost, "/accoglienza", url.Values{"casa": {"aurora"}, "cerca": {"verdi"}}).want(403)
	w.as("anna", "it").get("/accoglienza?casa=molo").want(403)
	w.as("luca", "it").get("/accoglienza").want(200, "Spazio Aurora", "Spazio Molo")
	w.as("luca", "it").get("/accoglienza?sede=PALERMO+molo").want(200, "Spazio Molo").page.One(t, "a[href=/accoglienza?casa=molo]")
	w.as("luca", "it").get("/accoglienza?sede=zz").want(200, "Nessuna sede con queste parole")
	w.as("luca", "en").get("/accoglienza?casa=molo").want(200, "Nobody is expected today")
	shell := w.as("anna", "it").get("/accoglienza/lettore?casa=aurora").want(200, "Senza connessione")
	if text := shell.page.Text(); strings.Contains(text, "Maria") || strings.Contains(text, "Anna") {
		t.Errorf("what a device keeps names people: %s", text)
	}
	w.Check(t)
}

// The page of a pass: only for whom it belongs to, and only while it opens a
// door.
func TestPassPage(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	b := book(t, w.World, w.Maria, places(w.World, "aurora", 1, 2, "D-01"))
	path := "/prenotazioni/" + b.ID + "/pass"
	maria := w.as("maria", "it")
	res := maria.do(http.MethodGet, path, nil)
	if got, want := res.Header.Get("Polis-Keep-Until"), fmt.Sprint(b.Ends.UnixMilli()); got != want || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("kept until %q, want %q: %v", got, want, res.Header)
	}
	maria.get(path).want(200, "Pass per Spazio Aurora", "D-01")
	w.as("giuseppe", "it").get(path).want(404)
	w.as("anna", "it").get(path).want(404) // reception sees the booking, not the pass
	if _, err := w.Service.Cancel(t.Context(), w.Maria.Actor, b.ID, 0); err != nil {
		t.Fatal(err)
	}
	maria.get(path).want(200, "Prenotazione annullata")
	if maria.at != "/prenotazioni/"+b.ID {
		t.Errorf("a cancelled pass leads to %s", maria.at)
	}
}

func TestReceptionWithManyRows(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	w.crowd("faro", "D-01", 5000)
	b := w.as("luca", "it").get("/accoglienza?casa=faro").want(200, "5.000 persone attese", "1–50 di 5.000")
	if n := len(b.page.One(t, ".polis-arrivals").All("li")); n != 50 {
		t.Errorf("%d rows", n)
	}
	b.get("/accoglienza?casa=faro&pagina=100").want(200, "4.951–5.000 di 5.000")
	b.get("/accoglienza?casa=faro&pagina=9999").want(200, "4.951–5.000 di 5.000")
	b.get("/accoglienza?casa=faro&pagina=x").want(200, "1–50 di 5.000")
	b.send("/accoglienza", "cerca", "bianchi").want(200, "5.000 arrivi trovati", "primi 50")
}

// crowd gives a place n visits at one time, written as rows: nobody asks
// whether it can be had twice.
func (w *paged) crowd(code, place string, n int) {
	w.t.Helper()
	r, err := w.Live.Network().Resource(w.ID(code, place))
	if err != nil {
		w.t.Fatal(err)
	}
	fill := reserve.NewFiller(w.DB, w.Live)
	for i := range n {
		if err := fill.Add(reserve.Booking{
			ID: fmt.Sprintf("01890a5d-ac96-774b-bcce-%012d", i), Person: w.Maria.Person, Status: reserve.Confirmed, Due: at(7), Rev: 1,
			Created: at(0), Changed: at(0),
			Parts: []reserve.Part{{Site: r.Site, Kind: string(r.Kind), Units: []int64{r.Ordinal}, From: at(6), To: at(7)}},
		}, 0); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := fill.Flush(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// The list as it looks: expected, late, in, over; empty; too much; found.
func TestReceptionInABrowser(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	w.always = "luca"
	if !w.built {
		t.Skip("SKIPPED: the front end is not built")
	}
	w.crowd("faro", "D-01", 120)
	for i, place := range []string{"D-01", "D-02", "D-03"} {
		b := book(t, w.World, w.Maria, places(w.World, "aurora", 0.25, float64(i)+1, place))
		if i == 0 {
			if _, err := w.Service.CheckIn(t.Context(), w.Anna.Actor, b.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	book(t, w.World, w.Giuseppe, places(w.World, "aurora", 0.5, 4, "D-07", "M-1", "T-1", "H-ABC"))
	book(t, w.World, w.Giuseppe, places(w.World, "aurora", 6, 7, "D-04"))
	w.Clock.Set(at(0.4))
	tab := browser.Open(t)
	for _, view := range browser.Views {
		tab.Width(view.Width)
		for name, path := range map[string]string{
			"choose": "/accoglienza", "rows": "/accoglienza?casa=aurora", "empty": "/accoglienza?casa=molo", "many": "/accoglienza?casa=faro&pagina=2",
		} {
			tab.Go(w.srv.URL + path + map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")] + "lang=" + view.Lang)
			tab.WaitFor(`document.readyState === "complete"`)
			tab.Check()
			shoot(t, tab, "reception-"+name+"-"+view.Lang)
		}
	}
	tab.Go(w.srv.URL + "/accoglienza?casa=aurora")
	tab.Do(chromedp.SendKeys("#f-cerca", "verdi"+kb.Enter))
	tab.WaitFor(`document.querySelectorAll(".polis-arrivals li").length === 2`)
	tab.Check()
	shoot(t, tab, "reception-found")
	tab.Do(chromedp.Click(".polis-arrivals li button"))
	tab.WaitFor(`document.querySelector(".polis-alert-success") !== null && document.querySelectorAll(".polis-state-mine").length === 2`)
	tab.Check()
}
