package e2e

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"polis/internal/platform/web/webtest/browser"
)

// A family at home finds an office, takes one appointment for three of them as who
// has no account, moves it and gives it back; then takes a number from the telephone,
// and sees it called without doing anything.
func TestTheCounterFromHome(t *testing.T) {
	t.Parallel()
	goSlowWay(t, func(w *walker) {
		w.Go(w.srv.url + "/sportello")
		w.arrived("find", one("#f-q"))
		w.fill("#f-q", "Gavirate")
		w.act("form.polis-search button")
		w.arrived("found", one(".polis-card a[href^='/sportello/"+office+"']"))
		w.act(".polis-card a[href^='/sportello/" + office + "']")
		w.arrived("office", at2("/sportello/"+office)+" && "+one("#certificati"))
		w.act("#certificati a[href*='/appuntamento']")
		take := "/sportello/" + office + "/appuntamento"
		w.arrived("times", at2(take)+" && "+one("button[name=ora]"))
		w.fill("#f-persone", "3")
		w.act("form.polis-search button")
		w.arrived("times for three", "location.search.includes('persone=3') && "+one("button[name=ora]"))
		w.act("details[open] button[name=ora]")
		w.arrived("kept", one("#f-email"))
		w.fill("#f-nome", "Rosa")
		w.fill("#f-cognome", "Di Famiglia")
		w.fill("#f-email", "rosa@example.org")
		w.act("form:has(#f-email) button.btn-primary")
		w.arrived("taken", "location.pathname.startsWith('/appuntamenti/') && "+one(".polis-pass img"))
		before := w.text(".polis-split dl, .polis-split table")
		w.act("a[href*='/cambia']")
		w.arrived("other times", one("button[name=ora]"))
		w.act("details[open] li:last-child button[name=ora]")
		w.arrived("moved", "location.pathname.startsWith('/appuntamenti/') && "+one(".polis-pass img"))
		if now := w.text(".polis-split dl, .polis-split table"); now == before {
			w.t.Errorf("the appointment did not move: %s", now)
		}
		w.act("details.polis-other-time summary")
		w.act("details.polis-other-time button")
		w.arrived("given back", "!"+one(".polis-pass img"))
		if n := w.store.number(w.t, "SELECT COUNT(*) FROM appointment WHERE state = 'cancelled' AND people = 3"); n != 1 {
			w.t.Errorf("%d appointments of three were given back", n)
		}
		w.watches()
	}, 1)
}

// watches takes a number from the telephone, which changes by itself when it is called.
func (w *walker) watches() {
	w.t.Helper()
	w.Go(w.srv.url + "/sportello/" + office)
	w.arrived("office", one("#s-spedizioni"))
	w.act("#s-spedizioni")
	w.act("form[action$='/numero'] button[type=submit]")
	w.arrived("number", "location.pathname.startsWith('/numero/')")
	number := w.last(w.text("h1"))
	anna := w.srv.visitor()
	anna.signIn("anna")
	id := w.path()[strings.LastIndex(w.path(), "/")+1:]
	anna.page("POST", "/operatore/"+office+"/1/chiama", url.Values{"biglietto": {id}})
	called := "document.getElementById('numero')?.dataset.state === 'called'"
	if w.scripts {
		w.WaitFor(called)
	} else {
		eventually(w.t, 20*time.Second, number+" is called", func() bool {
			w.Go(w.srv.url + "/numero/" + id)
			return browser.Eval[bool](w.Tab, called)
		})
	}
	w.arrived("called", called)
}
