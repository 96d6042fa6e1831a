package identity_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
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

// look waits for the page where scripts do not run, and takes a picture where
// somebody wants to look.
func (v *visit) look(path, shows string) {
	v.t.Helper()
	v.WaitFor(fmt.Sprintf("document.readyState === 'complete' && location.pathname === %q && document.querySelector(%q) !== null", path, shows))
	v.picture(path)
}

// see checks the page, and takes a picture where somebody wants to look.
func (v *visit) see(path string) {
	v.t.Helper()
	v.WaitFor(fmt.Sprintf("document.readyState === 'complete' && location.pathname === %q", path))
	v.Check()
	v.picture(path)
}

func (v *visit) picture(path string) {
	v.t.Helper()
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

// A network of 5,000 people with roles and as many invitations: pages stay short,
// and a name is found among all.
func TestThousandsOfPeople(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.clk.Set(time.Now())
	ctx := t.Context()
	paola := w.actor(t, identity.Administrator, identity.Network, "Paola")
	crowd := identity.Crowd(5000)
	crowd[17].GivenName, crowd[17].FamilyName = "Massimiliana Ermenegilda", strings.Repeat("Abbondanzieri-", 5)+"Zuccherofilato"
	crowd = must[[]identity.Person](t)(w.people.CreateMany(ctx, crowd))
	var grants []identity.Grant
	for i, p := range crowd {
		grants = append(grants, identity.Grant{Person: p.ID, Role: identity.CounterOperator, Scope: identity.Site([]string{"aurora", "borgo", "brezza"}[i%3])})
	}
	if err := w.grants.Give(ctx, grants...); err != nil {
		t.Fatal(err)
	}
	for i := range 500 * pictures() {
		must[identity.Invitation](t)(w.InviteByProgram(ctx, identity.Invitation{
			Email: fmt.Sprintf("invitato.numero%04d@example.org", i), GivenName: "Ugo", FamilyName: fmt.Sprintf("Neri%04d", i), Role: identity.SiteManager, Scope: identity.Site("borgo"),
		}))
	}
	srv := httptest.NewServer(newPages(t, w, false))
	defer srv.Close()
	v := &visit{Tab: chromium.Open(t), t: t, w: w, url: srv.URL, name: "many"}
	v.Width(390)
	v.in(paola.Person)
	v.Go(srv.URL + "/gestione/persone")
	v.see("/gestione/persone")
	if n := chromium.Eval[int](v.Tab, "document.querySelectorAll('.polis-people > li').length"); n != 50 {
		t.Errorf("%d people on a page", n)
	}
	v.fill("nome", "ermene zucchero")
	v.press("main form[method=post] button[type=submit]")
	v.WaitFor("location.pathname !== '/gestione/persone'")
	v.see("/gestione/persone/" + crowd[17].ID)
	v.Go(srv.URL + "/gestione/persone?sede=Borgo&ruolo=accoglienza")
	v.see("/gestione/persone")
	v.Go(srv.URL + "/gestione/persone/inviti")
	v.see("/gestione/persone/inviti")
	v.fill("chi", "neri0007")
	v.press("main form.polis-search button[type=submit]")
	v.WaitFor("document.querySelectorAll('.polis-people > li').length === 1")
	v.see("/gestione/persone/inviti")
}

// pictures is how much more there is where somebody looks.
func pictures() int {
	if os.Getenv("PICTURES") != "" {
		return 10
	}
	return 1
}

// Without scripts, on a telephone: the code of an invitation is pasted and the
// role accepted; five wrong codes end a code; invitations that are over say so.
func TestWithoutScriptsInABrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.clk.Set(time.Now())
	ctx := t.Context()
	paola := w.actor(t, identity.Administrator, identity.Network, "Paola")
	srv := httptest.NewServer(newPages(t, w, false))
	defer srv.Close()
	v := &visit{Tab: chromium.Open(t), t: t, w: w, url: srv.URL, name: "plain"}
	v.Width(390)
	v.Scripts(false)
	// Clicked from outside: the way that clicks with the mouse waits for scripts.
	click := func(selector string) {
		chromium.Eval[bool](v.Tab, fmt.Sprintf("(document.querySelector(%q).click(), true)", selector))
	}
	open := func(code string) {
		v.Go(srv.URL + "/invito")
		v.fill("chiave", code)
		click("form[data-opens] button[type=submit]")
	}
	send := func() { click("main form button[type=submit]") }
	code := func() (m string) {
		list := w.mails(t)
		return regexp.MustCompile(`[a-z2-7]{4}(-[a-z2-7]{4}){7}`).FindString(list[len(list)-1].Text)
	}
	invite := func(email string) identity.Invitation {
		return must[identity.Invitation](t)(w.Invite(ctx, paola, identity.Invitation{
			Email: email, GivenName: "Maria Ermenegilda", FamilyName: strings.Repeat("Abbondanzieri-", 4) + "Zuccherofilato", Role: identity.SiteManager, Scope: identity.Site("borgo"), Language: "it",
		}))
	}
	invite("maria@example.org")
	v.Go(srv.URL + "/invito?lang=it")
	v.look("/invito", "[name=chiave]")
	v.fill("chiave", code())
	send()
	v.look("/invito", "[name=accetta]")
	send()
	v.WaitFor("location.pathname === '/gestione'")
	v.Go(srv.URL + "/profilo")
	v.look("/profilo", ".polis-hub")
	v.Go(srv.URL + "/profilo/nome")
	v.look("/profilo/nome", "#f-cognome")
	click("header form button")
	v.WaitFor("location.pathname === '/'")

	// Another invitation to the same address: she signs in to accept it.
	must[identity.Invitation](t)(w.Invite(ctx, paola, identity.Invitation{Email: "maria@example.org", Role: identity.CounterOperator, Scope: identity.Site("aurora")}))
	open(code())
	v.look("/invito", "main .btn-primary[href]")
	click("main .btn-primary[href]")
	v.look("/accedi", "[name=email]")
	v.fill("email", "maria@example.org")
	send()
	v.look("/accedi/codice", "[name=codice]")
	right := w.code(t)
	for _, says := range []string{"Restano 4", "Restano 3", "Restano 2", "Resta 1", "non vale più"} {
		v.fill("codice", other(right))
		send()
		v.WaitFor(fmt.Sprintf("document.querySelector('#error-summary')?.innerText.includes(%q) ?? false", says))
	}
	v.look("/accedi/codice", "#error-summary")
	if chromium.Eval[bool](v.Tab, "document.querySelector('[name=codice]') !== null") {
		t.Error("a code that is over is asked for")
	}
	click("main a.btn-primary")
	v.look("/accedi", "[name=email]")
	v.fill("email", "maria@example.org")
	send()
	v.look("/accedi/codice", "[name=codice]")
	v.fill("codice", w.code(t))
	send()
	v.look("/invito", "[name=accetta]")
	send()
	v.WaitFor("location.pathname === '/gestione'")
	if got := w.roles(t, must[[]identity.Person](t)(w.people.ByContact(ctx, "maria@example.org"))[0].ID); len(got) != 2 || w.population(t) != 2 {
		t.Errorf("roles %v of %d people", got, w.population(t))
	}
	v.Go(srv.URL + "/profilo")
	click("header form button")
	v.WaitFor("location.pathname === '/'")

	late, gone := invite("tardi@example.org"), invite("ritirato@example.org")
	for _, in := range []identity.Invitation{late, gone} {
		open(w.secret(t, in))
		v.WaitFor(fmt.Sprintf("document.querySelector('.polis-details')?.innerText.includes(%q) ?? false", in.Email))
		if in.ID == gone.ID {
			if err := w.Revoke(ctx, paola, in.ID); err != nil {
				t.Fatal(err)
			}
		} else {
			w.clk.Advance(7 * 24 * time.Hour)
		}
		send()
		v.WaitFor("document.querySelector('main')?.innerText.includes('Questo invito non vale più') ?? false")
		v.look("/invito", "h1")
		w.clk.Set(time.Now())
	}
}
