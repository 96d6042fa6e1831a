package coworking_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"polis/internal/coworking/coworkingtest"
	"polis/internal/platform/web/webtest/browser"
	"polis/internal/reserve"
)

const dayOfAurora = "/gestione/giorno?sede=aurora&giorno=2026-11-23"

// Without a script: the day, somebody taken in with two taps, a booking moved,
// missed, let in, cancelled with a reason.
func TestDayPages(t *testing.T) {
	t.Parallel()
	for _, words := range []map[string]string{
		{
			"lang": "it", "title": "Il giorno: Spazio Aurora", "walk": "È arrivato qualcuno", "given": "Il posto è assegnato e l’arrivo è registrato.", "moved": "La prenotazione è spostata.",
			"missed": "L’assenza è registrata", "in": "L’arrivo è registrato.", "gone": "La prenotazione è annullata.", "reason": "Motivo", "unnamed": "Senza nome", "kind": "Nessun posto con questi filtri",
		},
		{
			"lang": "en", "title": "The day: Spazio Aurora", "walk": "Somebody is here", "given": "The place is given and the arrival is recorded.", "moved": "The booking has been moved.",
			"missed": "The missed visit is noted", "in": "The arrival is recorded.", "gone": "The booking is cancelled.", "reason": "Reason", "unnamed": "No name", "kind": "No place with these filters",
		},
	} {
		w := newPaged(t)
		late := book(t, w.World, w.Maria, places(w.World, "aurora", 0, 3, "D-01"))
		next := book(t, w.World, w.Giuseppe, places(w.World, "aurora", 5, 6, "D-02"))
		b := w.as("luca", words["lang"])
		b.get(dayOfAurora).want(200, words["title"], "Maria B.", "Giuseppe V.", "D-06")
		b.get(b.page.One(t, "a[href=/gestione/giorno/accogli?sede=aurora]").Attr["href"]).want(200, words["walk"])
		path, body := b.form("/accogli")
		b.open(http.MethodPost, path, body).want(200, words["given"], words["unnamed"])
		taken := b.at
		if b.open(http.MethodPost, path, body); b.at != taken {
			t.Errorf("a second tap led to %s, then %s", taken, b.at)
		}
		b.get("/gestione/giorno/accogli?sede=aurora")
		b.send("/accogli", "nome", "Zenobia", "tipo", "meeting", "guarda", "1").want(200, "M-1")
		if strings.Contains(b.at, "Zenobia") || b.page.One(t, "#f-nome").Attr["value"] != "Zenobia" {
			t.Errorf("a name in the address %s, or lost", b.at)
		}
		b.get("/gestione/giorno/accogli?sede=aurora")
		b.send("/accogli", "noto", "nobody@example.org").want(400)
		b.send("/accogli", "noto", "giuseppe@example.org", "tipo", "meeting").want(200, words["given"], "Giuseppe V.")

		visit := "/gestione/giorno/prenotazioni/" + next.ID
		b.get(visit).want(200, "Giuseppe V.", reserve.Reference(next.ID))
		b.get(visit+"/sposta").want(200, "D-03")
		b.send("/sposta", "motivo", "Rumore").want(200, words["moved"])
		b.get(visit + "/sposta")
		b.open(http.MethodPost, visit+"/sposta", url.Values{
			"rev":    {b.page.All("input[name=rev]")[0].Attr["value"]},
			"libero": {"1"}, "posto": {w.ID("aurora", "D-06")}, "giorno": {"2026-11-23"}, "dalle": {"15:00"}, "alle": {"16:30"},
		}).want(200, words["moved"], "D-06")
		b.open(http.MethodPost, visit+"/sposta", url.Values{
			"libero": {"1"}, "posto": {w.ID("aurora", "D-06")}, "giorno": {"2026-11-23"}, "dalle": {"15:05"}, "alle": {""},
		}).want(400)
		b.open(http.MethodPost, visit+"/sposta", url.Values{"dove": {"nowhere"}}).want(400)
		b.get(visit)
		b.send("/annulla").want(400, words["reason"])
		b.send("/annulla", "motivo", "Guasto").want(200, words["gone"])

		w.Clock.Set(at(0.1))
		b.get("/gestione/giorno/prenotazioni/" + late.ID)
		b.send("/assenza").want(200, words["missed"])
		b.get(dayOfAurora).page.One(t, "#assenti")
		b.get("/gestione/giorno/prenotazioni/" + late.ID)
		b.send("/rientro").want(200, words["in"])
		b.get(dayOfAurora+"&tipo=meeting").want(200, "M-1")
		if text := b.page.Text(); strings.Contains(text, "D-06") {
			t.Error("desks among the meeting rooms")
		}
		b.get(dayOfAurora+"&tipo=meeting&liberi=1").want(200, words["kind"])
		w.Check(t)
	}
}

// Reception looks and checks in; others see nothing.
func TestDayPagesAreForWhoMay(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	b := book(t, w.World, w.Maria, places(w.World, "aurora", 0.25, 3, "D-01"))
	away := book(t, w.World, w.Maria, places(w.World, "molo", 1, 3, "D-01"))
	visit := "/gestione/giorno/prenotazioni/" + b.ID
	anna := w.as("anna", "it")
	if anna.get("/gestione/giorno"); anna.at != "/gestione/giorno?sede=aurora" { // one house: straight to it
		t.Errorf("led to %s", anna.at)
	}
	links := ""
	for _, a := range anna.want(200, "Maria B.").page.All("a") {
		links += a.Attr["href"] + " "
	}
	if strings.Contains(links, "/chiudi") || !strings.Contains(links, "/accogli") {
		t.Error("reception is led to what it may not do, or not to taking people in")
	}
	anna.get(visit).want(200, "Maria B.")
	anna.open(http.MethodPost, visit+"/arrivo", nil).want(200, "L’arrivo è registrato.")
	anna.open(http.MethodPost, visit+"/annulla", url.Values{"motivo": {"x"}}).want(403)
	anna.open(http.MethodPost, visit+"/sposta", url.Values{"dove": {"x"}}).want(200, "D-01") // led back
	anna.get(visit+"/sposta").want(200, "Maria B.")                                          // led back
	anna.get("/gestione/giorno/prenotazioni/" + away.ID).want(404)
	anna.get("/gestione/giorno?sede=molo").want(403)
	anna.get("/gestione/giorno/accogli?sede=aurora").want(200)
	anna.get("/gestione/giorno/accogli?sede=molo").want(403)
	anna.get("/gestione/giorno/chiudi?sede=aurora").want(403)
	anna.get("/gestione/giorno/chiusure?sede=aurora").want(200, "Nessuna chiusura")
	maria := w.as("maria", "it")
	for path, want := range map[string]int{
		"/gestione/giorno": 403, dayOfAurora: 403, visit: 404, "/gestione/giorno/chiusure?sede=aurora": 403, "/gestione/giorno/accogli?sede=aurora": 403,
		"/gestione/giorno/chiudi?sede=aurora": 403, "/gestione/giorno/chiusure/" + b.ID: 404,
	} {
		maria.get(path).want(want)
	}
	maria.open(http.MethodPost, "/gestione/giorno/chiudi", url.Values{"sede": {"aurora"}}).want(403)
	maria.open(http.MethodPost, "/gestione/giorno/accogli", url.Values{"sede": {"aurora"}}).want(403)
	w.as("luca", "it").get("/gestione/giorno").want(200, "Spazio Molo").page.One(t, "a[href=/gestione/giorno?sede=molo]")
	w.as("luca", "it").get("/gestione/giorno?cerca=zz").want(200, "Nessuna sede con queste parole")
	w.as("luca", "it").get("/gestione/giorno?sede=aurora&giorno=x").want(400)
}

// Without a script: three affected bookings of a closure, one of them chosen to
// be cancelled; what is left, and the places opened again.
func TestClosePages(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	first := book(t, w.World, w.Maria, places(w.World, "aurora", 24, 28, "D-01"))
	second := book(t, w.World, w.Giuseppe, places(w.World, "aurora", 25, 27, "D-02"))
	book(t, w.World, w.Giuseppe, places(w.World, "aurora", 25, 27, "T-1"))
	b := w.as("luca", "it")
	b.get("/gestione/giorno/chiudi?sede=aurora&giorno=2026-11-24").want(200, "Prima si vedono le prenotazioni interessate")
	b.get("/gestione/giorno/chiudi?guarda=1&sede=aurora&giorno=2026-11-24&cosa=posti").want(400, "scegliere almeno un posto")
	b.get("/gestione/giorno/chiudi?guarda=1&sede=aurora&giorno=2026-11-20&cosa=sede").want(400)
	b.get("/gestione/giorno/chiudi?guarda=1&sede=aurora&giorno=2026-11-24&cosa=tipo:hall").want(200, "Nessuna prenotazione da spostare.")
	look := "/gestione/giorno/chiudi?guarda=1&sede=aurora&giorno=2026-11-24&dalle=08:00&alle=12:00&cosa=posti&posto=D-01&posto=D-02&posto=T-1"
	b.get(look).want(200, "3 prenotazioni interessate", "D-03, stesso orario", "Maria B.")
	path, body := b.form("/chiudi", "scelta-"+second.ID, "cancel")
	b.open(http.MethodPost, path, body).want(400, "Motivo", "3 prenotazioni interessate") // nothing that was chosen is lost
	if chosen := chosenIn(t, b, second.ID); chosen != "cancel" {
		t.Errorf("chosen %q, shown %q", "cancel", chosen)
	}
	path, body = b.form("/chiudi", "motivo", "Guasto", "scelta-"+second.ID, "cancel")
	b.open(http.MethodPost, path, body).want(200, "La chiusura è registrata.", "2 spostate", "1 annullata", "Non resta nulla da fare")
	at1 := b.at
	if b.open(http.MethodPost, path, body); b.at != at1 {
		t.Errorf("a second tap led to %s, then %s", at1, b.at)
	}
	if got := has(t, w.World, first.ID); got != "aurora D-03 24 08:00-12:00, confirmed" {
		t.Error(got)
	}
	b.get("/gestione/giorno/chiusure?sede=aurora").want(200, "Guasto", "D-01, D-02, T-1", "in programma")
	b.get("/gestione/giorno?sede=aurora&giorno=2026-11-24").want(200, "chiuso")
	b.get("/gestione/giorno/chiusure?sede=aurora")
	b.send("/riapri").want(200, "La chiusura è finita", "Nessuna chiusura")
	b.get("/gestione/giorno/chiudi?guarda=1&sede=aurora&giorno=2026-11-24&cosa=sede&motivo=Sciopero").want(200, "2 prenotazioni interessate", "Lascia com’è")
	if strings.Contains(b.page.Text(), "Sciopero") {
		t.Error("a reason is read from an address")
	}
	b.send("/chiudi", "motivo", "Sciopero").want(200, "2 rimaste", "Da sistemare a mano")
	b.get("/gestione/giorno/chiusure?sede=aurora").want(200, "Tutta la sede")
	w.Check(t)
}

// chosenIn is what a page of a closure has chosen for a booking.
func chosenIn(t *testing.T, b *surfer, id string) string {
	t.Helper()
	for _, o := range b.page.One(t, "#s-"+id).All("option") {
		if _, chosen := o.Attr["selected"]; chosen {
			return o.Attr["value"]
		}
	}
	t.Fatalf("nothing is chosen for %s", id)
	return ""
}

// Who is left where they are stays there, though a way appears before the form is
// sent.
func TestLeftIsLeft(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	left := book(t, w.World, w.Maria, places(w.World, "aurora", 25, 27, "M-1"))
	other := book(t, w.World, w.Giuseppe, places(w.World, "aurora", 28, 36, "M-1"))
	b := w.as("luca", "it")
	b.get("/gestione/giorno/chiudi?guarda=1&sede=aurora&giorno=2026-11-24&dalle=08:00&alle=12:00&cosa=posti&posto=M-1").want(200, "1 prenotazione interessata", "Lascia com’è")
	path, body := b.form("/chiudi", "motivo", "Guasto", "scelta-"+left.ID, chosenIn(t, b, left.ID))
	if _, err := w.Service.Cancel(t.Context(), w.Giuseppe.Actor, other.ID, 0); err != nil {
		t.Fatal(err)
	}
	b.open(http.MethodPost, path, body).want(200, "1 rimasta")
	if got := has(t, w.World, left.ID); got != "aurora M-1 24 09:00-11:00, confirmed" {
		t.Error(got)
	}
}

// What is to become of all that can go nowhere is said once; each may be another
// exception.
func TestWhatCanGoNowhereIsSaidOnce(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	one := book(t, w.World, w.Maria, places(w.World, "aurora", 25, 27, "D-01"))
	two := book(t, w.World, w.Giuseppe, places(w.World, "aurora", 26, 28, "D-02"))
	three := book(t, w.World, w.Giuseppe, places(w.World, "aurora", 29, 30, "T-1"))
	b := w.as("luca", "it")
	b.get("/gestione/giorno/chiudi?guarda=1&sede=aurora&giorno=2026-11-24&cosa=sede").want(200, "Per 3 prenotazioni non c’è un altro posto.")
	if strings.Contains(b.page.Text(), "già scelto il più vicino") {
		t.Error("it says that other places are chosen")
	}
	if chosen := chosenIn(t, b, two.ID); chosen != chosenIn(t, b, one.ID) {
		t.Errorf("one is as the others, the other %q", chosen)
	}
	// The second one is not asked about, as if there were hundreds before it.
	b.send("/chiudi", "motivo", "Guasto", "senza", "cancel", "scelta-"+one.ID, chosenIn(t, b, one.ID), "scelta-"+three.ID, "leave").want(200, "2 annullate", "1 rimasta")
	if got := has(t, w.World, three.ID); !strings.HasSuffix(got, "confirmed") {
		t.Errorf("the exception: %s", got)
	}
	b.get("/gestione/giorno/chiudi?guarda=1&sede=aurora&giorno=2026-11-24&cosa=posti&posto=T-1").want(200, "Per 1 prenotazione non c’è un altro posto.")
}

// In the night in which an hour comes twice, who closes or moves says which.
func TestTheHourThatComesTwice(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	b := w.as("luca", "it")
	night := "/gestione/giorno/chiudi?guarda=1&sede=aurora&giorno=2027-10-31&dalle=02:30&alle=04:00&cosa=sede"
	b.get(night).want(400).page.One(t, "#f-dalle-ora")
	b.get(night + "&dalle-ora=%2B01:00").want(200)
	b.send("/chiudi", "motivo", "Guasto").want(200)
	list, err := w.Service.Closures(t.Context(), coworkingtest.SiteID("aurora"))
	if second := time.Date(2027, 10, 31, 1, 30, 0, 0, time.UTC); err != nil || len(list) != 1 || !list[0].Starts.Equal(second) {
		t.Errorf("%+v, %v", list, err)
	}
	b.get("/gestione/giorno/chiudi?guarda=1&sede=aurora&giorno=2027-03-28&dalle=02:30&alle=04:00&cosa=sede").want(400)

	visit := book(t, w.World, w.Maria, places(w.World, "molo", 24, 25, "D-01"))
	path := "/gestione/giorno/prenotazioni/" + visit.ID + "/sposta"
	form := url.Values{"rev": {"1"}, "libero": {"1"}, "posto": {w.ID("molo", "D-01")}, "giorno": {"2027-10-31"}, "dalle": {"02:30"}, "alle": {"04:00"}}
	b.open(http.MethodPost, path, form).want(400).page.One(t, "#f-dalle-ora")
	form.Set("dalle-ora", "+01:00")
	b.open(http.MethodPost, path, form).want(200, "La prenotazione è spostata.")
	if got, err := w.Service.Get(t.Context(), w.Luca.Actor, visit.ID); err != nil || got.Starts.UTC().Hour() != 1 {
		t.Errorf("%v, %v", got.Starts, err)
	}
}

// crowdedDay is Aurora with 400 more places and 5,000 visits on a day.
func crowdedDay(t testing.TB) *paged {
	network := coworkingtest.Network()
	n := len(network.Resources)
	for i := range 400 {
		r := network.Resources[0] // a desk of Aurora
		r.Ordinal, r.ID, r.Code = int64(n+i+1), fmt.Sprintf("01900000-0000-7000-b000-%012d", n+i+1), fmt.Sprintf("X-%03d", i)
		r.Name = r.Code
		network.Resources = append(network.Resources, r)
	}
	w := newPagedWith(t, network)
	fill := reserve.NewFiller(w.DB, w.Live)
	for i := range 5000 {
		from := at(float64(i/400)*0.75 + 1)
		if err := fill.Add(reserve.Booking{
			ID: fmt.Sprintf("01890a5d-ac96-774b-bcce-%012d", i), Person: w.Maria.Person, Status: reserve.Confirmed, Due: from, Rev: 1, Created: at(0), Changed: at(0),
			Parts: []reserve.Part{{
				Site: coworkingtest.SiteID("aurora"), Kind: "desk", Units: []int64{int64(n + i%400 + 1)}, From: from, To: from.Add(45 * time.Minute),
			}},
		}, 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := fill.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

// 400 places with 5,000 visits stay within a page.
func TestDayWithTooMuch(t *testing.T) {
	t.Parallel()
	w := crowdedDay(t)
	b := w.as("luca", "it").get(dayOfAurora).want(200, "5.000 persone attese", "E altre 4.992 persone.", "1–100 di 414")
	if rows := len(b.page.All(".polis-day-span")); rows < 800 || rows > 1400 {
		t.Errorf("%d visits on a page", rows)
	}
	b.get(dayOfAurora+"&pagina=5").want(200, "401–414 di 414")
	b.get(dayOfAurora+"&pagina=99").want(200, "401–414 di 414")
}

func BenchmarkDayPage(b *testing.B) {
	w := crowdedDay(b)
	r := httptest.NewRequest(http.MethodGet, dayOfAurora, nil)
	r.Header.Set(whoHeader, "luca")
	for b.Loop() {
		rec := httptest.NewRecorder()
		w.pages.ServeHTTP(rec, r.Clone(b.Context()))
		if rec.Code != http.StatusOK {
			b.Fatal(rec.Code)
		}
		b.ReportMetric(float64(rec.Body.Len())/1024, "KB")
	}
}

func TestDayInABrowser(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	w.always = "luca"
	if !w.built {
		t.Skip("SKIPPED: the front end is not built")
	}
	came := book(t, w.World, w.Maria, places(w.World, "aurora", 0.25, 2, "D-01"))
	book(t, w.World, w.Giuseppe, places(w.World, "aurora", 0.5, 3, "D-02"))
	book(t, w.World, w.Maria, places(w.World, "aurora", 0.25, 1, "D-03"))
	book(t, w.World, w.Giuseppe, places(w.World, "aurora", 5, 6, "H-AB"))
	book(t, w.World, w.Giuseppe, places(w.World, "aurora", 25, 27, "D-01"), places(w.World, "aurora", 30, 32, "D-02"))
	book(t, w.World, w.Maria, places(w.World, "aurora", 24, 28, "D-02"))
	several := book(t, w.World, w.Maria, places(w.World, "aurora", 26, 28, "M-1"))
	if _, err := w.Service.CheckIn(t.Context(), w.Anna.Actor, came.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Service.CloseAndTell(t.Context(), w.Luca.Actor, closing(w.World, "aurora", 4, 60, "D-04"), nil, "before"); err != nil {
		t.Fatal(err)
	}
	w.Clock.Set(at(0.6))
	w.Sweep(t)
	hold(t, w.World, w.Maria, places(w.World, "aurora", 6, 7, "D-05"))
	tab := browser.Open(t)
	for _, view := range browser.Views {
		tab.Width(view.Width)
		for name, path := range map[string]string{
			"choose": "/gestione/giorno", "day": dayOfAurora, "none": dayOfAurora + "&tipo=meeting&liberi=1", "empty": "/gestione/giorno?sede=aurora&giorno=2026-11-29",
			"visit": "/gestione/giorno/prenotazioni/" + several.ID, "move": "/gestione/giorno/prenotazioni/" + several.ID + "/sposta",
			"walk-in": "/gestione/giorno/accogli?sede=aurora", "walk-in-full": "/gestione/giorno/accogli?sede=aurora&posti=9",
			"close": "/gestione/giorno/chiudi?sede=aurora&cosa=posti&posto=D-01", "close-error": "/gestione/giorno/chiudi?sede=aurora&guarda=1&cosa=posti",
			"way": "/gestione/giorno/chiudi?sede=aurora&guarda=1&cosa=sede&giorno=2026-11-24&alle=14:00", "blocks": "/gestione/giorno/chiusure?sede=aurora", "no-blocks": "/gestione/giorno/chiusure?sede=molo",
		} {
			tab.Go(w.srv.URL + path + map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")] + "lang=" + view.Lang)
			tab.WaitFor(`document.readyState === "complete"`)
			if name == "close-error" {
				tab.Faults() // the browser notes that the answer is a 400
			}
			tab.Check()
			shoot(t, tab, "day-"+name+"-"+view.Lang)
		}
	}
	// Two taps, then a place blocked and a house closed, by keyboard.
	tab.Width(1280)
	tab.Go(w.srv.URL + dayOfAurora)
	tab.Do(chromedp.Click(`a[href="/gestione/giorno/accogli?sede=aurora"]`))
	tab.WaitFor(`document.querySelector("#posto") !== null`)
	tab.Do(chromedp.Click(`form[action="/gestione/giorno/accogli"] button`))
	tab.WaitFor(`location.pathname.startsWith("/gestione/giorno/prenotazioni/") && document.querySelector(".polis-alert-success") !== null`)
	tab.Check()
	shoot(t, tab, "day-walked-in")
	tab.Go(w.srv.URL + "/gestione/giorno/chiudi?sede=aurora&giorno=2026-11-24")
	tab.Do(chromedp.SendKeys("#f-cosa", kb.Enter), chromedp.Click(`form[method="get"] button[type="submit"]`))
	tab.WaitFor(`document.querySelectorAll(".polis-day-ways li").length === 3`)
	tab.Check()
	tab.Do(chromedp.SendKeys(".polis-day-ways li:nth-child(1) select", kb.ArrowDown), chromedp.SendKeys("#f-motivo", "Guasto"+kb.Enter))
	tab.WaitFor(`location.pathname.startsWith("/gestione/giorno/chiusure/") && document.querySelector("#avanzamento") !== null`)
	tab.Check()
	shoot(t, tab, "day-cleared")
	w.progress(tab)
}

// progress closes a place with so many visits that the page shows how far it is,
// by itself.
func (w *paged) progress(tab *browser.Tab) {
	w.t.Helper()
	w.crowd("faro", "D-01", 50)
	id, err := w.Service.CloseAndTell(w.t.Context(), w.Luca.Actor, closing(w.World, "faro", 6, 7, "D-01"), nil, "many")
	if err != nil {
		w.t.Fatal(err)
	}
	tab.Go(w.srv.URL + "/gestione/giorno/chiusure/" + id)
	tab.WaitFor(`document.querySelector("#avanzamento progress")?.max === 50`)
	tab.Check()
	if err := w.Service.Carry(w.t.Context(), id); err != nil {
		w.t.Fatal(err)
	}
	tab.WaitFor(`document.querySelector("#avanzamento progress") === null && document.querySelector("#avanzamento .polis-alert-success") !== null`)
	tab.Check()
}
