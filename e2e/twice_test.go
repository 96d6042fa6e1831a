package e2e

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"polis/internal/platform/web/webtest"
	"polis/internal/platform/web/webtest/browser"
)

// formOf is the form of a page that sends to an address with an ending.
func (v *visitor) formOf(page, ending string) pageForm {
	v.t.Helper()
	root, at := v.page("GET", page, nil)
	for _, f := range formsOf(at, root) {
		if f.method == "POST" && strings.HasSuffix(f.action, ending) {
			return f
		}
	}
	v.t.Fatalf("%s has no form for %s", page, ending)
	return pageForm{}
}

// twice sends a form of a page twice at the same moment, as an impatient finger
// does where no script holds it back. Both must end at a page; it returns where one of them did.
func (v *visitor) twice(page, ending string, fill url.Values) (at string) {
	v.t.Helper()
	f := v.formOf(page, ending)
	maps.Copy(f.fields, fill)
	var (
		wait sync.WaitGroup
		lock sync.Mutex
	)
	for range 2 {
		twin := &visitor{v.server, maps.Clone(v.cookies)}
		wait.Go(func() {
			a, end := twin.visit("POST", f.action, f.fields)
			late := []int{http.StatusOK, http.StatusConflict, http.StatusPreconditionFailed, http.StatusNotFound} // the page says how it stands
			if ending == "/conferma" || ending == "/prenota" {
				late = late[:1]
			}
			if !slices.Contains(late, a.status) {
				v.t.Errorf("%s, twice: %d", f.action, a.status)
			}
			if _, err := webtest.Parse(string(a.body)); err != nil {
				v.t.Errorf("%s, twice: %v", f.action, err)
			}
			if a.status == http.StatusOK {
				lock.Lock()
				at = end
				lock.Unlock()
			}
		})
	}
	wait.Wait()
	return at
}

// Every button of the journeys, pressed twice without a script to hold it back,
// has one effect.
func TestButtonsPressedTwice(t *testing.T) {
	everyDay(t)
	s := newDemo(t, sqlite)
	visited(t, s, 0)
	srv := serve(t, s, "--demo")
	one := func(what, query string, args ...any) {
		t.Helper()
		if n := s.number(t, query, args...); n != 1 {
			t.Errorf("%s: %d effects", what, n)
		}
	}
	day := srv.quietDay()
	maria := srv.visitor()
	maria.signIn("maria")
	when := "giorno=" + day + "&dalle=09:00&alle=11:00"

	const alive = "SELECT COUNT(*) FROM booking WHERE person = $1 AND status IN ('held', 'confirmed')"
	maria.twice("/spazi/gavirate?tipo=desk&"+when, "/prenota", url.Values{"modo": {"auto"}, "posti": {"1"}})
	one("holding", alive, mariaID)
	list, _ := maria.page("GET", "/prenotazioni", nil)
	path := ""
	for _, a := range list.All("a") {
		if href := a.Attr["href"]; strings.HasPrefix(href, "/prenotazioni/0") && !strings.Contains(href, visitID) {
			path = strings.TrimSuffix(href, "/pass")
		}
	}
	id := strings.TrimPrefix(path, "/prenotazioni/")
	maria.twice(path, "/giorni", nil) // the first day that is free
	one("another day", "SELECT COUNT(*) FROM booking WHERE id = $1 AND json_array_length(parts) = 2", id)
	maria.twice(path, "/togli", nil)
	one("a day less", "SELECT COUNT(*) FROM booking WHERE id = $1 AND json_array_length(parts) = 1", id)
	maria.twice(path, "/conferma", nil)
	one("confirming", "SELECT COUNT(*) FROM act WHERE subject = $1 AND kind = 'booking.confirmed'", id)
	maria.twice(path+"/sposta", "/sposta", url.Values{"dalle": {"14:00"}, "alle": {"16:00"}})
	one("moving", "SELECT COUNT(*) - 1 FROM act WHERE subject = $1 AND kind = 'booking.confirmed'", id)
	maria.twice(path+"/annulla", "/annulla", nil)
	one("cancelling", "SELECT COUNT(*) FROM act WHERE subject = $1 AND kind = 'booking.cancelled'", id)
	maria.twice("/prenotazioni", "/voto", nil)
	one("rating", "SELECT COUNT(*) FROM rating WHERE booking = $1", visitID)
	maria.twice("/spazi?q=Gavirate&"+when, "/prenotazioni/ricerche", nil)
	one("saving", "SELECT COUNT(*) FROM saved_search")
	maria.twice("/prenotazioni/ricerche", "/avviso", nil)
	one("waiting", "SELECT COUNT(*) FROM saved_search WHERE alert = 1")
	maria.twice("/prenotazioni/ricerche", "/rimuovi", nil)
	if n := s.number(t, "SELECT COUNT(*) FROM saved_search"); n != 0 {
		t.Errorf("%d searches are left", n)
	}
	report := maria.twice("/segnala?sede=gavirate", "/segnala", url.Values{"testo": {"Una lampada non si accende."}})
	one("reporting", "SELECT COUNT(*) FROM report")

	luca := srv.visitor()
	luca.signIn("luca")
	luca.twice(strings.SplitN(report, "?", 2)[0], "/risposta", url.Values{"risposta": {"La lampada è stata cambiata."}})
	one("answering", "SELECT COUNT(*) FROM act WHERE kind = 'report.answered'")
	srv.stop()
	s.check(t)
}

// doubleClick presses a button twice, as fast as a finger does.
func (w *walker) doubleClick(selector string) {
	w.t.Helper()
	w.Do(chromedp.ScrollIntoView(selector))
	at := browser.Eval[[]float64](w.Tab, "(r => [r.left + r.width / 2, r.top + r.height / 2])("+one(selector)+".getBoundingClientRect())")
	w.Do(chromedp.MouseClickXY(at[0], at[1]), chromedp.MouseClickXY(at[0], at[1], chromedp.ClickCount(2)))
}

// Who clicks twice, goes back, changes the language or comes too late sees how
// things stand, and nothing happens twice.
func TestWayBackAndForth(t *testing.T) {
	t.Parallel()
	goWays(t, func(w *walker) {
		w.enter("maria")
		w.Go(w.srv.url + "/spazi/" + w.code + "?" + w.when("09:00", "11:00"))
		w.arrived("space", one(freePlace))
		w.act(freePlace)
		if w.scripts { // the address keeps what was chosen
			other := map[string]string{"it": "en", "en": "it"}[browser.Eval[string](w.Tab, "document.documentElement.lang")]
			w.act(".polis-langs a[hreflang=" + other + "]")
			w.arrived("other language", "document.documentElement.lang === '"+other+"' && document.querySelectorAll('input[name=posto]:checked').length === 1")
		}
		press := w.doubleClick
		if w.keys {
			press = w.key
		}
		press(book)
		w.arrived("hold", "location.pathname.startsWith('/prenotazioni/') && "+one(confirm))
		path := w.path()
		if w.has(accept) {
			press(confirm)
			w.arrived("rules not accepted", at2(path+"/conferma")+" && "+one("#error-summary"))
			w.Go(w.srv.url + path + "/conferma") // the refused form, loaded again
			w.arrived("hold again", at2(path)+" && "+one(confirm))
		}
		for w.has(accept + ":not(:checked)") {
			w.act(accept + ":not(:checked)")
		}
		press(confirm)
		w.arrived("pass", at2(path)+" && "+one(passImage))
		w.Do(chromedp.NavigateBack())
		w.WaitFor("document.readyState === 'complete'")
		if w.has(confirm) { // the page as it was: its button changes nothing any more
			for w.has(accept + ":not(:checked)") {
				w.act(accept + ":not(:checked)")
			}
			w.act(confirm)
		}
		w.Go(w.srv.url + path)
		w.arrived("still booked", at2(path)+" && "+one(passImage))
		w.act(cancelLink)
		w.arrived("cancel", at2(path+"/annulla"))
		press(cancelYes)
		w.arrived("cancelled", at2(path)+" && !"+one(passImage))
		w.Go(w.srv.url + path + "/annulla")
		if w.has(cancelYes) {
			w.act(cancelYes)
			w.arrived("cancelled already", "!"+one(passImage))
		}
		if n := w.store.number(w.t, "SELECT COUNT(*) FROM booking WHERE person = $1", mariaID); n != 1 {
			w.t.Errorf("%d bookings", n)
		}

		// A hold that expired in an old tab.
		w.Go(w.srv.url + "/spazi/" + w.code + "?" + w.when("14:00", "16:00"))
		w.act(freePlace)
		w.act(book)
		w.arrived("second hold", "location.pathname.startsWith('/prenotazioni/') && location.pathname !== '"+path+"' && "+one(confirm))
		second := w.path()
		w.store.exec(w.t, "UPDATE booking SET due = 1 WHERE id = $1", strings.TrimPrefix(second, "/prenotazioni/"))
		w.act(confirm)
		retry := "form[action$='/riprova'] button"
		w.refused("expired", "location.pathname.startsWith('"+second+"') && "+one(retry))
		press(retry)
		w.arrived("held again", "location.pathname.startsWith('/prenotazioni/') && "+one(confirm))
		if third := w.path(); slices.Contains([]string{path, second}, third) {
			w.t.Errorf("held again is %s", third)
		}
	}, 1)
}
