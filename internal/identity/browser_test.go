package identity_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"polis/internal/identity"
	chromium "polis/internal/platform/web/webtest/browser"
)

// visit is somebody's way through the pages of an installation.
type visit struct {
	*chromium.Tab

	t    *testing.T
	w    *wayIn
	url  string
	name string // of pictures
	n    int
}

// see checks the page, and takes a picture where somebody wants to look.
func (v *visit) see(path string) {
	v.t.Helper()
	v.WaitFor(fmt.Sprintf("document.readyState === 'complete' && location.pathname === %q", path))
	v.Check()
	if dir := os.Getenv("PICTURES"); dir != "" {
		v.n++
		v.Picture(filepath.Join(dir, fmt.Sprintf("%s-%02d%s.png", v.name, v.n, strings.ReplaceAll(path[:min(len(path), 30)], "/", "-"))))
	}
}

func (v *visit) fill(field, text string) {
	v.t.Helper()
	chromium.Eval[bool](v.Tab, fmt.Sprintf("(e => { e.value = %q; return true })(document.querySelector('main [name=%s]'))", text, field))
}

func (v *visit) pick(field, value string) {
	v.t.Helper()
	v.press(fmt.Sprintf("main input[name=%s][value=%q]", field, value))
}

func (v *visit) press(selector string) {
	v.t.Helper()
	v.Do(chromedp.ScrollIntoView(selector), chromedp.Click(selector))
}

func (v *visit) in(person string) {
	v.t.Helper()
	link := must[string](v.t)(v.w.Link(v.t.Context(), person))
	v.Go(v.url + strings.TrimPrefix(link, "https://polis.example"))
	v.WaitFor("location.hash === '' && !!document.querySelector('[name=entra]')")
	v.see("/accedi/link")
	v.press("main button[type=submit]")
	v.WaitFor("location.pathname === '/'")
}

// A new person comes in by a code, says their name and goes where they wanted;
// an administrator invites somebody, who accepts. Every page on the way is fit
// for everybody, in both languages and widths.
func TestJourneyInABrowser(t *testing.T) {
	t.Parallel()
	tab := chromium.Open(t)
	for _, c := range []struct {
		lang  string
		width int64
	}{{"it", 1280}, {"en", 390}} {
		w := newWorld(t)
		w.clk.Set(time.Now())
		admin := w.create(t, identity.Person{GivenName: "Paola", FamilyName: "Greco", Email: "paola@example.org"})
		if err := w.grants.Give(t.Context(), identity.Grant{Person: admin.ID, Role: identity.Administrator, Scope: identity.Network}); err != nil {
			t.Fatal(err)
		}
		srv := httptest.NewServer(newPages(t, w, false))
		defer srv.Close()
		tab.Width(c.width)
		v := &visit{Tab: tab, t: t, w: w, url: srv.URL, name: fmt.Sprintf("%s-%d", c.lang, c.width)}

		v.Go(srv.URL + "/accedi?next=/privata&lang=" + c.lang)
		v.see("/accedi")
		v.fill("email", "nuova@example.org")
		v.press("main button[type=submit]")
		v.see("/accedi/codice")
		code := w.code(t)
		v.fill("codice", other(code))
		v.press("main button[type=submit]")
		v.WaitFor("document.querySelector('#error-summary') !== null")
		v.see("/accedi/codice")
		// The link of the message fills the code in, and leaves no trace of it.
		v.Go(srv.URL + "/accedi/codice#" + code)
		v.WaitFor(fmt.Sprintf("document.querySelector('[name=codice]').value === %q && location.hash === ''", code))
		v.Press("\r")
		v.see("/profilo")
		v.fill("nome", "Nuova")
		v.fill("cognome", "Persona")
		v.press("main button[type=submit]")
		v.WaitFor("location.pathname === '/privata'")
		v.Go(srv.URL + "/profilo")
		v.see("/profilo")
		v.Go(srv.URL + "/profilo/indirizzo")
		v.see("/profilo/indirizzo")
		v.fill("email", "altra@example.org")
		v.press("main button[type=submit]")
		v.see("/profilo/indirizzo/codice")
		codes := w.codesIn(t)
		v.fill("codice", codes["altra@example.org"])
		v.fill("vecchio", other(codes["nuova@example.org"]))
		v.press("main button[type=submit]")
		v.WaitFor("document.querySelector('#error-summary') !== null")
		v.see("/profilo/indirizzo/codice")
		v.fill("vecchio", codes["nuova@example.org"])
		v.press("main button[type=submit]")
		v.see("/profilo")

		v.in(admin.ID)
		v.Go(srv.URL + "/gestione/persone")
		v.see("/gestione/persone")
		v.Go(srv.URL + "/gestione/persone/inviti")
		v.see("/gestione/persone/inviti")
		v.Go(srv.URL + "/gestione/persone/invita")
		v.see("/gestione/persone/invita")
		v.fill("email", "gestore@example.org")
		v.fill("nome", "Luca")
		v.pick("ruolo", "gestore")
		v.pick("ambito", "sede")
		v.fill("sede", "b")
		v.press("main form button[type=submit]")
		v.WaitFor("document.querySelector('#error-summary') !== null")
		v.see("/gestione/persone/invita")
		v.pick("casa", "borgo")
		v.press("main form button[type=submit]")
		v.see("/gestione/persone/inviti")
		v.Go(srv.URL + "/gestione/persone/cerca")
		v.see("/gestione/persone/cerca")
		v.fill("email", "niemand@example.org")
		v.press("main form button[type=submit]")
		v.WaitFor("document.querySelector('.polis-empty') !== null")
		v.see("/gestione/persone/cerca")
		v.fill("email", "ALTRA@example.org")
		v.press("main form button[type=submit]")
		id := must[[]identity.Person](t)(w.people.ByContact(t.Context(), "altra@example.org"))[0].ID
		v.see("/gestione/persone/" + id)
		v.press("main a.btn-primary")
		v.see("/gestione/persone/" + id + "/ruolo")
		v.pick("ruolo", "accoglienza")
		v.pick("ambito", "sede")
		v.fill("sede", "Aurora")
		v.press("main form button[type=submit]")
		v.see("/gestione/persone/" + id)

		// The invitation is opened in the browser of who is invited.
		list := w.mails(t)
		text := list[len(list)-1].Text
		path := text[strings.Index(text, "https://polis.example/invito#")+len("https://polis.example"):]
		path = strings.Fields(path)[0]
		v.Go(srv.URL + path) // by who made it: it is not theirs
		v.WaitFor("location.hash === '' && !!document.querySelector('.polis-details')")
		v.see("/invito")
		v.press("header form button")
		v.WaitFor("location.pathname === '/'")
		v.Go(srv.URL + "/invito") // without scripts the code is pasted
		v.see("/invito")
		v.fill("chiave", "x")
		v.press("main form button[type=submit]")
		v.WaitFor("document.querySelector('#error-summary') !== null")
		v.see("/invito")
		v.Go(srv.URL + "/")
		v.Go(srv.URL + path)
		v.WaitFor("location.hash === '' && !!document.querySelector('[name=accetta]')")
		v.see("/invito")
		v.press("main form button[type=submit]")
		v.see("/profilo")
		v.fill("cognome", "Ferrari")
		v.press("main form button[type=submit]")
		v.WaitFor("location.pathname === '/gestione'")
		v.Go(srv.URL + "/profilo")
		v.see("/profilo")
		if text := chromium.Eval[string](tab, "document.querySelector('main').innerText"); !strings.Contains(text, "Borgo, Barga (LU)") {
			t.Errorf("the role is not shown: %s", text)
		}
		w.Transport = nil
		v.Go(srv.URL + "/accedi")
		v.see("/accedi")
		v.press("header form button")
	}
}
