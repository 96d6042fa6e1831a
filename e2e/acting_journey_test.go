package e2e

import (
	"fmt"
	"net/url"
	"testing"

	"polis/internal/platform/web/webtest/browser"
)

// The forms and the band of who acts for another.
const (
	actingBand = ".polis-acting"
	actAsSelf  = ".polis-acting button"
	actAsChild = "form[action$='000000000902/agisci'] button"
	actForFirm = "form[action='/deleghe/organizzazione'] button"
	findPerson = "form[action='/accoglienza/assistenza'] button"
	enrol      = "form[action='/accoglienza/assistenza/inizia'] button"
)

// In a browser, with and without scripts: a father books for his child and is
// herself again; who works at a counter books for the citizen in front of them,
// who was never here; a member books for a company.
func TestActingForOthersInABrowser(t *testing.T) {
	t.Parallel()
	srv := serve(t, newDemo(t, sqlite), "--demo")
	giuseppe, luca := srv.visitor(), srv.visitor()
	giuseppe.signIn("giuseppe")
	luca.signIn("luca")
	_, firm := giuseppe.page("POST", "/organizzazioni/nuova", url.Values{"tipo": {"company"}, "nome": {"Verdi Arredi S.r.l."}, "codice_fiscale": {"00743110157"}})
	luca.page("POST", "/gestione"+firm+"/approva", nil)
	for i, c := range views() {
		t.Run(fmt.Sprintf("%d-%s", c.width, c.lang), func(t *testing.T) {
			w := newWalker(t, srv, c.width, c.lang, i%2 == 0)
			from, to := fmt.Sprintf("%02d:00", 9+2*i), fmt.Sprintf("%02d:00", 11+2*i)

			w.comeIn("tullio")
			w.Go(srv.url + "/deleghe")
			w.arrived("mandates", at2("/deleghe"))
			w.click(actAsChild)
			w.arrived("search for a child", at2("/spazi")+" && "+one(actingBand))
			path := w.booksHere(from, to)
			w.click(actAsSelf)
			w.arrived("oneself again", at2("/deleghe")+" && !"+one(actingBand))
			w.Go(srv.url + "/prenotazioni")
			w.arrived("one's own bookings", at2("/prenotazioni"))
			if browser.Eval[bool](w.Tab, "!!"+one("a[href='"+path+"']")) {
				t.Error("the booking of the child is the father's")
			}

			w.comeIn("anna")
			w.Go(srv.url + "/accoglienza/assistenza")
			w.arrived("counter", at2("/accoglienza/assistenza"))
			w.fill("#f-codice_fiscale", []string{"RSSMRA85T10A562S", "BNCGNN70A41H501V", "RSSGFR60C31F205Q", "FOXGUO99B28L219V"}[i])
			w.click(findPerson)
			w.arrived("nobody yet", at2("/accoglienza/assistenza")+" && "+one("#f-nome"))
			w.fill("#f-nome", []string{"Mario", "Giovanna", "Gianfranco", "Ugo"}[i])
			w.fill("#f-cognome", []string{"Rossi", "Bianchi", "Rossi", "Fo"}[i])
			w.click("#f-documento-0")
			w.fill("#f-numero", "CA12345AB")
			w.click(enrol)
			w.arrived("house for a citizen", at2("/spazi/gavirate")+" && "+one(actingBand))
			w.booksHere(from, to)
			w.click("main a[href$='/pass']")
			w.arrived("pass to hand over", "location.pathname.endsWith('/pass')")
			w.Go(srv.url + "/prenotazioni")
			w.click(actAsSelf)
			w.arrived("counter again", at2("/accoglienza/assistenza")+" && !"+one(actingBand))

			w.comeIn("giuseppe")
			w.Go(srv.url + "/deleghe")
			w.click(actForFirm)
			w.arrived("search for a company", at2("/spazi")+" && "+one(actingBand))
			path = w.booksHere(from, to)
			w.click(actAsSelf)
			w.arrived("oneself again", at2("/deleghe")+" && !"+one(actingBand))
			w.Go(srv.url + firm)
			w.click(actForFirm)
			w.arrived("bookings of a company", at2("/prenotazioni")+" && "+one("a[href='"+path+"']")+" && "+one(actingBand))
		})
	}
}

// comeIn signs in as a test person.
func (w *walker) comeIn(key string) {
	w.t.Helper()
	w.Go(w.srv.url + "/accedi")
	w.click("form:has(input[name=person][value=" + key + "]) button")
	w.WaitFor("document.readyState === 'complete' && " + at2("/"))
}

// booksHere books a free place of the house and returns the address of the
// booking.
func (w *walker) booksHere(from, to string) (path string) {
	w.t.Helper()
	w.Go(w.srv.url + "/spazi/" + w.code + "?" + url.Values{"giorno": {w.day}, "dalle": {from}, "alle": {to}}.Encode())
	w.arrived("house", at2("/spazi/"+w.code)+" && "+one(freePlace))
	w.click(freePlace)
	w.click(book)
	w.arrived("held", "location.pathname.startsWith('/prenotazioni/') && "+one(confirm))
	if browser.Eval[bool](w.Tab, "!!"+one(accept)) {
		w.click(accept)
	}
	path = browser.Eval[string](w.Tab, "location.pathname")
	w.click(confirm)
	w.arrived("booked", at2(path)+" && "+one(passImage)+" && "+one(actingBand))
	return path
}
