package e2e

import (
	"testing"
)

// Who works at a desk calls, identifies and serves somebody: with keys alone and a
// reader that types wherever the focus is, or with buttons where scripts do not run.
func TestWayOfATicket(t *testing.T) {
	t.Parallel()
	goWays(t, func(w *walker) {
		const desk = "/operatore/ufficio-gavirate/1"
		press := func(key, what string) {
			if w.scripts {
				w.WaitFor("document.documentElement.classList.contains('polis-keys')")
				w.Press(key)
				return
			}
			w.act("form[action='" + desk + "/" + what + "'] button")
		}
		w.enter("anna")
		w.Go(w.srv.url + "/operatore")
		w.arrived("desks", at2("/operatore/ufficio-gavirate"))
		w.act("form[action='" + desk + "/apri'] button")
		w.arrived("console", at2(desk)+" && "+one("form[action='"+desk+"/prossimo']"))
		press("c", "prossimo")
		w.arrived("called", one(".polis-console-number")+" && "+one("form[action='"+desk+"/inizia']"))
		number := w.text(".polis-console-number")
		press("s", "inizia")
		w.arrived("serving", one("form[action='"+desk+"/fine']"))
		if w.scripts { // the reader of the desk
			w.Press("*RSSMRA85T10A562S*\r")
		} else {
			w.fill("#lettura", "*RSSMRA85T10A562S*")
			w.act("form[action='" + desk + "/cittadino'] button")
		}
		w.arrived("nobody known yet", at2(desk+"/cittadino")+" && "+one("#f-nome"))
		w.fill("#f-nome", "Mario")
		w.fill("#f-cognome", "Rossi")
		w.act("#f-documento-0")
		w.fill("#f-numero", "CA12345AB")
		w.act("form[action='" + desk + "/riconosci'] button")
		w.arrived("identified", at2(desk)+" && document.querySelector('.polis-console-citizen')?.textContent.includes('Mario Rossi')")
		press("1", "passo")
		w.arrived("a step is ticked", one("#passo-1[aria-pressed=true]"))
		press("f", "fine")
		w.arrived("finished", one("form[action='"+desk+"/prossimo']"))
		if w.store.number(w.t, "SELECT COUNT(*) FROM ticket WHERE state = 'finished' AND person <> '' AND letter || substr('000' || number, -3) = $1", w.last(number)) != 1 {
			w.t.Errorf("%s is not finished", number)
		}
	}, 0)
}

// last is the last word of a text.
func (w *walker) last(text string) string {
	if len(text) < 4 {
		return text
	}
	return text[len(text)-4:]
}
