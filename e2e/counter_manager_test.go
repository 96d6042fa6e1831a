package e2e

import (
	"strings"
	"testing"
	"time"
)

// Who answers the telephone takes an appointment for somebody and finds it again by
// their address; who manages the office closes its desk, sees first what becomes of the
// appointment, and after it stands at another desk at the same time.
func TestTheTelephoneAndTheClosedDesk(t *testing.T) {
	t.Parallel()
	goWays(t, func(w *walker) {
		const phone = "/operatore/telefono"
		w.enter("luca")
		day := time.Now().AddDate(0, 0, 3)
		w.Go(w.srv.url + phone + "?ufficio=" + office + "&servizio=certificati&persone=2&dal=" + day.Format(time.DateOnly))
		w.arrived("times", one("button[name=ora]"))
		w.act("details[open] li:last-child button[name=ora]")
		w.arrived("for whom", one("#f-cognome"))
		w.fill("#f-nome", "Piero")
		w.fill("#f-cognome", "Gialli")
		w.fill("#f-email", "piero@example.org")
		w.act("form:has(#f-cognome) button.btn-primary")
		w.arrived("taken", "document.querySelector('main').innerText.includes('Piero Gialli') || location.pathname.startsWith('/appuntamenti/')")
		w.Go(w.srv.url + phone)
		w.arrived("telephone", one("#f-cerca"))
		w.fill("#f-cerca", "piero@example.org")
		w.act("form[action$='/cerca'] button")
		w.arrived("found", one(".polis-cards .polis-card")+" && !location.search")

		desk := w.store.text(w.t, "SELECT desk FROM appointment WHERE people = 2 AND state = 'booked' ORDER BY created DESC LIMIT 1")
		n := w.store.text(w.t, "SELECT substr(code, 3) FROM resource WHERE id = '"+desk+"'")
		path := "/gestione/sportelli/" + office + "/chiudi/" + n
		w.Go(w.srv.url + "/gestione/sportelli/" + office)
		w.arrived("desks", one("a[href='"+path+"']"))
		w.act("a[href='" + path + "']")
		w.arrived("close", at2(path)+" && "+one("#f-motivo"))
		for field, value := range map[string]string{"dal": day.Format(time.DateOnly), "al": day.Format(time.DateOnly), "dalle": "00:00", "alle": "23:45"} {
			w.fill("#f-"+field, value)
		}
		w.fill("#f-motivo", strings.Repeat("Guasto ", 4))
		w.act("form[action='" + path + "'] button.btn-primary")
		w.arrived("what becomes of it", one("#esito")+" && "+one("button[name=visto]"))
		if w.count("section[aria-labelledby=esito] tbody tr") != 1 {
			w.t.Errorf("the closing shows %q", w.text("section[aria-labelledby=esito]"))
		}
		w.act("button[name=visto]")
		w.arrived("closed", at2("/gestione/sportelli/"+office))
		if now := w.store.text(w.t, "SELECT desk FROM appointment WHERE people = 2 AND state = 'booked' ORDER BY created DESC LIMIT 1"); now == desk {
			w.t.Errorf("the appointment stands at the closed desk")
		}
	})
}
