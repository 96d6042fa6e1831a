package e2e

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// In a browser, with messages over real SMTP: somebody new asks for a code,
// opens the link of the message, says their name and is where they wanted; then
// somebody invited accepts and opens the desk.
func TestSignInInABrowser(t *testing.T) {
	t.Parallel()
	post := newMailServer(t)
	s := newDemo(t, sqlite)
	srv := serve(t, s, "--smtp", "smtp://"+post.address+"?starttls=never", "--mail-from", "Polis <noreply@polis.example.org>")
	made := s.do(t, append([]string{"person", "invite", "--email", "amministra@example.org", "--role", "administrator", "--name", "Ada", "--surname", "Prima"}, s.flags()...)...)
	admin := srv.visitor()
	admin.invited(invitationIn(made))
	admin.accepts()
	mails := 0
	next := func() string {
		mails++
		return post.next(t, mails).Text
	}
	for _, c := range views() {
		t.Run(fmt.Sprintf("%d-%s", c.width, c.lang), func(t *testing.T) {
			w := newWalker(t, srv, c.width, c.lang, true)
			w.Go(srv.url + "/prenotazioni")
			w.arrived("sign-in", at2("/accedi"))
			w.fill("#f-email", fmt.Sprintf("nuova%d.%s@example.org", c.width, c.lang))
			w.click("main form:has(#f-email) button")
			w.arrived("code", at2("/accedi/codice"))
			code := sixDigits.FindString(next())
			w.Go(srv.url + "/accedi/codice#" + code)
			w.WaitFor(fmt.Sprintf("document.querySelector('#f-codice').value === %q && location.hash === ''", code))
			w.click("main form button")
			w.arrived("name", at2("/profilo"))
			w.fill("#f-nome", "Nuova")
			w.fill("#f-cognome", "Persona")
			w.click("main form button")
			w.arrived("bookings", at2("/prenotazioni"))
			w.click(signOut)
			w.WaitFor(at2("/"))

			admin.page("POST", "/gestione/persone/invita", url.Values{
				"email": {fmt.Sprintf("gestore%d.%s@example.org", c.width, c.lang)}, "ruolo": {"gestore"}, "ambito": {"sede"}, "sede": {"Spazio Gavirate"}, "lingua": {c.lang},
			})
			w.Go(srv.url + "/invito#" + invitationIn(next()))
			w.arrived("invitation", at2("/invito")+" && "+one("[name=accetta]")+" !== null")
			w.click("main form button")
			w.arrived("name of who is invited", at2("/profilo"))
			w.fill("#f-nome", "Luca")
			w.fill("#f-cognome", strings.Repeat("Ferrari-", 12)+"Bianchi")
			w.click("main form button")
			w.arrived("desk", "location.pathname.startsWith('/gestione') && "+one(".polis-desk")+" !== null")
			w.click(signOut)
		})
	}
}
