package e2e

import (
	"strings"
	"testing"
	"time"

	"polis/internal/platform/web/webtest/browser"
)

const office = "ufficio-gavirate" // never closes

// enrolKiosk makes a browser a kiosk of the office.
func (w *walker) enrolKiosk(s *store) {
	w.t.Helper()
	code := lastLine(s.do(w.t, "device", "enrol", "--site", office, "--kind", "kiosk", "--name", "Totem"))
	w.Go(w.srv.url + "/dispositivo")
	w.fill("#f-codice", code)
	browser.Eval[bool](w.Tab, "(document.querySelector('[data-device-form]').requestSubmit(), true)")
	w.WaitFor("document.readyState === 'complete' && !" + one("[data-device-form]"))
	w.Go(w.srv.url + "/totem/" + office)
	w.WaitFor("Number(document.querySelector('main').dataset.numbers) > 50")         // given beforehand
	w.WaitFor("[...document.querySelectorAll('[data-keep]')].every(k => !k.hidden)") // for when it starts without a server
}

// takeNumber takes a number for a service by touch, and returns what is shown.
func (w *walker) takeNumber(service string) string {
	w.t.Helper()
	w.WaitFor("!!" + one("a[href='#s-"+service+"']"))
	w.click("a[href='#s-" + service + "']")
	w.WaitFor("getComputedStyle(document.querySelector('#s-" + service + "')).display === 'block'")
	w.Faults() // the server may be missed, and that is on purpose
	w.Check()
	w.click("#s-" + service + " .kiosk-go")
	w.WaitFor("!!" + one(".kiosk-number strong"))
	return browser.Eval[string](w.Tab, "document.querySelector('.kiosk-number strong').textContent")
}

// A kiosk gives numbers in another language, goes on while the server is away, also
// when it is started anew, and hands over each number once; the board shows and
// calls them as it happens.
func TestNumbersWhileTheServerIsAway(t *testing.T) {
	everyDay(t)
	t.Parallel()
	s := newDemo(t, sqlite)
	srv := serve(t, s, "--demo")
	s.exec(t, "DELETE FROM ticket_item")
	s.exec(t, "DELETE FROM ticket_period")
	s.exec(t, "DELETE FROM ticket")
	kiosk, board := newWalker(t, srv, 1280, "it", true), newWalker(t, srv, 1280, "it", true)
	kiosk.enrolKiosk(s)
	kiosk.Check()
	board.Go(srv.url + "/tabellone/" + office)
	board.WaitFor("'live' in document.querySelector('main').dataset")
	board.Check()

	kiosk.click("[data-lang=de]")
	kiosk.WaitFor("document.documentElement.lang === 'de'")
	first := kiosk.takeNumber("spedizioni")
	kiosk.Check()
	board.WaitFor("document.querySelector('.board-next').innerText.includes('" + first + "')")
	anna := srv.visitor()
	anna.signIn("anna")
	anna.page("POST", "/operatore/"+office+"/1/prossimo", nil)
	board.WaitFor("document.querySelector('.board-new')?.dataset.number === '" + first + "'")
	board.Check()

	srv.stop()
	kiosk.click("[data-leave]")
	kiosk.WaitFor("document.documentElement.lang === 'it'") // who comes next begins anew
	alone := []string{kiosk.takeNumber("bollettini")}
	kiosk.WaitFor("!" + one(".kiosk-code"))
	kiosk.Go(srv.url + "/totem/" + office)
	alone = append(alone, kiosk.takeNumber("carta-identita"))
	kiosk.click(".kiosk-done [data-leave]")
	for _, number := range alone {
		kiosk.WaitFor("!document.querySelector('[data-pending]').hidden && document.querySelector('[data-pending]').textContent.includes('" + number + "')")
	}
	kiosk.Faults()
	board.Faults()
	kiosk.Check()

	serveAt(t, strings.TrimPrefix(srv.url, "http://"), s, "--demo")
	eventually(t, 40*time.Second, "what was given while the server was away is handed over, each once", func() bool {
		return s.number(t, "SELECT COUNT(*) FROM ticket WHERE origin = 'kiosk-alone' AND state = 'waiting'") == 2
	})
	kiosk.WaitFor("document.querySelector('[data-pending]').hidden")
	board.WaitFor("document.querySelector('.board-next').innerText.includes('" + alone[1] + "')")
	if n := s.number(t, "SELECT COUNT(*) FROM ticket"); n != 3 {
		t.Errorf("%d numbers, of 3 that were given", n)
	}
	kiosk.Faults()
	board.Faults()
}
