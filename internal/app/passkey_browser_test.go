package app

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"polis/internal/identity"
	"polis/internal/platform/web/webtest/browser"
)

// In a real browser with an authenticator of its own: the first administrator is
// asked to make a passkey and invites somebody; who accepts makes one too, signs
// out, comes in by it, and proves anew who they are before a role is given, without
// typing anything twice. Every page is fit for everybody.
func TestPasskeysInABrowser(t *testing.T) {
	const origin = "http://localhost:4180"
	s := serve(t, t.TempDir(), func(c *serveCmd) { c.PublicURL = origin })
	at, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	tab := browser.Open(t, chromedp.Flag("host-resolver-rules", "MAP localhost:4180 "+at.Host))
	n := 0
	see := func(path string) {
		t.Helper()
		tab.WaitFor(fmt.Sprintf("document.readyState === 'complete' && location.pathname === %q", path))
		tab.Check()
		if dir := os.Getenv("POLIS_SCREENSHOTS"); dir != "" {
			n++
			tab.Picture(filepath.Join(dir, fmt.Sprintf("passkey-%02d.png", n)))
		}
	}
	fill := func(selector, value string) { t.Helper(); tab.Do(chromedp.SetValue(selector, value)) }
	click := func(selector string) {
		t.Helper()
		tab.Do(chromedp.ScrollIntoView(selector), chromedp.Click(selector))
	}
	goOn := func() { t.Helper(); click("main button.btn-primary") }
	out := func() { t.Helper(); click("header form button"); tab.WaitFor("location.pathname === '/'") }
	// The first administrator, by an invitation from the terminal.
	access := s.now.Load().access
	first, err := access.InviteByProgram(t.Context(), identity.Invitation{
		Email: "ada@example.it", GivenName: "Ada", FamilyName: "Rossi", Role: identity.Administrator, Scope: identity.Network, Language: "it",
	})
	if err != nil {
		t.Fatal(err)
	}
	link, err := access.InvitationLink(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	tab.Width(1280)
	tab.Go(origin + "/avvio?lang=it")
	tab.Go(link)
	tab.WaitFor("location.hash === '' && !!document.querySelector('[name=accetta]')")
	goOn()
	see("/profilo/passkey/nuova")
	tab.Passkeys()
	goOn()
	see("/gestione")

	// An invitation, handed over likewise.
	tab.Go(origin + "/gestione/persone/invita")
	fill("#f-email", "luca@example.it")
	fill("#f-nome", "Luca")
	fill("#f-cognome", "Ferrari")
	click("input[name=ruolo][value=amministratore]")
	click("input[name=ambito][value=rete]")
	goOn()
	tab.WaitFor("location.pathname === '/gestione/persone/inviti'")
	link = browser.Eval[string](tab, "[...document.querySelectorAll('main input, main textarea')].map(e => e.value).find(v => v.includes('/invito#'))")
	out()
	tab.Go(link)
	tab.WaitFor("location.hash === '' && !!document.querySelector('[name=accetta]')")
	goOn()
	see("/profilo/passkey/nuova")
	fill("#f-nome", "Telefono di Luca")
	goOn()
	see("/gestione")
	tab.Go(origin + "/profilo")
	see("/profilo")
	tab.Go(origin + "/profilo/passkey")
	see("/profilo/passkey")
	out()

	// The two keys are on one device, which takes either.
	tab.Go(origin + "/accedi")
	see("/accedi")
	click("form[action='/accedi/passkey'] button")
	tab.WaitFor("location.pathname === '/' && /Ada R|Luca F/.test(document.querySelector('header').innerText)")

	// Eleven minutes later a role that is given needs another proof.
	tab.Go(origin + "/gestione/persone/invita")
	fill("#f-email", "anna@example.it")
	fill("#f-nome", "Anna")
	click("input[name=ruolo][value=accoglienza]")
	click("input[name=ambito][value=rete]")
	s.clock.Advance(11 * time.Minute)
	goOn()
	see("/accedi/conferma")
	goOn()
	tab.WaitFor("location.pathname === '/gestione/persone/inviti'")
	see("/gestione/persone/inviti")
	if text := browser.Eval[string](tab, "document.querySelector('main').innerText"); !strings.Contains(text, "anna@example.it") {
		t.Errorf("the invitation is not there: %s", text)
	}

	// What goes wrong is said in words.
	tab.Width(390)
	id := browser.Eval[string](tab, "fetch('/profilo/passkey').then(r => r.text()).then(t => t.match(/\\/profilo\\/passkey\\/([0-9a-f-]{36})\\/togli/)[1])")
	tab.Go(origin + "/profilo/passkey/" + id + "/togli")
	see("/profilo/passkey/" + id + "/togli")
	tab.Scripts(false)
	tab.Go(origin + "/accedi/passkey")
	browser.Eval[bool](tab, "(document.querySelector('main form button').click(), true)")
	tab.WaitFor("(document.querySelector('#error-summary')?.innerText ?? '').includes('JavaScript')")
	tab.Faults()
}
