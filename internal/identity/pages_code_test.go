package identity_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/web/webtest"
	"polis/internal/simulate/idp"
)

// surfer is somebody's browser before the pages of an installation.
type surfer struct {
	t   *testing.T
	url string
	*http.Client
}

func (w *wayIn) open(t *testing.T, demo bool) (newSurfer func() *surfer) {
	t.Helper()
	srv := httptest.NewServer(newPages(t, w, demo))
	t.Cleanup(srv.Close)
	return func() *surfer {
		return &surfer{t, srv.URL, &http.Client{Jar: must[*cookiejar.Jar](t)(cookiejar.New(nil))}}
	}
}

// page is what a page says: its status, where it is in the end, who is there.
type page struct {
	*webtest.Node

	status  int
	at, who string
	retry   string // when to come back
}

func (s *surfer) read(res *http.Response, err error) page {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body := must[[]byte](s.t)(io.ReadAll(res.Body))
	root := must[*webtest.Node](s.t)(webtest.Parse(string(body)))
	return page{root, res.StatusCode, res.Request.URL.RequestURI(), res.Header.Get("Who"), res.Header.Get("Retry-After")}
}

func (s *surfer) get(path string) page {
	s.t.Helper()
	return s.read(s.Get(s.url + path))
}

func (s *surfer) post(path string, form ...string) page {
	s.t.Helper()
	values := url.Values{}
	for i := 0; i < len(form); i += 2 {
		values.Add(form[i], form[i+1])
	}
	return s.read(s.PostForm(s.url+path, values))
}

func (s *surfer) cookie() string {
	u, _ := url.Parse(s.url)
	for _, c := range s.Jar.Cookies(u) {
		if strings.Contains(c.Name, "session") {
			return c.Value
		}
	}
	return ""
}

// in signs somebody in by a code.
func (s *surfer) in(w *wayIn, address, next string) page {
	s.t.Helper()
	s.post("/accedi", "email", address, "next", next)
	return s.post("/accedi/codice", "codice", w.code(s.t))
}

// The answer is one and the same for an address that is known and for one that
// is not; opening pages signs nobody in; the way back stays in the house.
func TestSignInByCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, rossi)
	browsers := w.open(t, false)
	known, unknown := browsers(), browsers()
	a, b := known.post("/accedi", "email", rossi.Email, "next", "/spazi?q=1"), unknown.post("/accedi", "email", "nuova@example.org", "next", "//evil.example")
	if plain := strings.NewReplacer("maria.rossi@example.org", "X", "nuova@example.org", "X"); a.status != 200 || a.at != "/accedi/codice" || plain.Replace(a.Text()) != plain.Replace(b.Text()) {
		t.Errorf("known: %d at %s\n%s\nunknown:\n%s", a.status, a.at, a.Text(), b.Text())
	}
	if w.population(t) != 1 {
		t.Error("asking makes people")
	}
	list := w.mails(t)
	codes := map[string]string{}
	for _, m := range list {
		codes[m.To] = sixDigits.FindString(m.Text)
	}
	code := codes["maria.rossi@example.org"]
	known.get("/accedi/codice")
	known.get("/accedi/codice?codice=" + code)
	if p := known.get("/who"); p.who != "" {
		t.Errorf("a page that was opened signs in %q", p.who)
	}
	if p := known.post("/accedi/codice", "codice", other(code)); p.status != 422 || len(p.All("#f-codice")) != 1 || p.One(t, "#f-codice").Attr["value"] != "" {
		t.Errorf("a wrong code: %d", p.status)
	}
	planted := known.cookie()
	if p := known.post("/accedi/codice", "codice", code); p.who != "Maria D." || p.at != "/spazi?q=1" {
		t.Errorf("in as %q at %s", p.who, p.at)
	}
	if known.cookie() == planted || planted == "" {
		t.Error("the session is the one from before")
	}
	// Whoever planted the session of before has nothing.
	thief := browsers()
	u, _ := url.Parse(thief.url)
	thief.Jar.SetCookies(u, []*http.Cookie{{Name: "polis_session", Value: planted}})
	if p := thief.get("/who"); p.who != "" {
		t.Errorf("a planted session is %q", p.who)
	}
	// A second tap, and the code in another browser.
	for name, s := range map[string]*surfer{"again": known, "elsewhere": browsers(), "by the thief": thief} {
		if p := s.post("/accedi/codice", "codice", code); p.status != 422 {
			t.Errorf("%s: %d at %s", name, p.status, p.at)
		}
	}
	// Somebody new says their name first, wherever they wanted to go.
	p := unknown.post("/accedi/codice", "codice", codes["nuova@example.org"])
	if p.at != "/profilo?next=%2F" || len(p.All("#f-nome")) != 1 {
		t.Fatalf("somebody new is at %s: %s", p.at, p.Text())
	}
	if p = unknown.post("/profilo", "next", "https://evil.example/", "nome", "Nuova", "cognome", "", "lingua", "it"); p.status != 400 {
		t.Errorf("no family name: %d", p.status)
	}
	if p = unknown.post("/profilo", "next", "https://evil.example/", "nome", "Nuova", "cognome", "Persona", "lingua", "en", "rev", p.One(t, "input[name=rev]").Attr["value"]); p.at != "/?lang=en" || p.who != "Nuova P." {
		t.Errorf("then at %s as %q", p.at, p.who)
	}
	for _, s := range []string{"", "x", "a@b@c", "nuova@example.org\nBcc: x@example.org"} {
		if p := browsers().post("/accedi", "email", s); p.status != 400 || len(p.All("#f-email-error")) != 1 {
			t.Errorf("%q: %d", s, p.status)
		}
	}
	if n := len(w.mails(t)); n != 2 {
		t.Errorf("%d messages", n)
	}
}

// Signed in on one replica, gone on with on the other.
func TestCodeOnTwoReplicas(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWayIn(t, newHouse(t, d))
		w.create(t, rossi)
		s := w.open(t, false)()
		s.post("/accedi", "email", rossi.Email, "next", "/who")
		first := s.url
		s.url = newWayIn(t, w.house).open(t, false)().url
		s.carry(first)
		if p := s.post("/accedi/codice", "codice", w.code(t)); p.who != "Maria D." || p.at != "/who" {
			t.Errorf("in as %q at %s", p.who, p.at)
		}
	})
}

// carry takes the cookies of another address along.
func (s *surfer) carry(from string) {
	a, _ := url.Parse(from)
	b, _ := url.Parse(s.url)
	s.Jar.SetCookies(b, s.Jar.Cookies(a))
}

func TestFamilyChooses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, identity.Person{GivenName: "Eva", FamilyName: "Neri", Email: "neri@example.org"})
	ugo := w.create(t, identity.Person{GivenName: "Ugo", FamilyName: "Neri", Email: "neri@example.org"})
	other := w.create(t, rossi)
	s := w.open(t, false)()
	if p := s.get("/accedi/chi"); p.at != "/accedi/codice" {
		t.Errorf("choices before the code at %s", p.at)
	}
	s.post("/accedi", "email", "neri@example.org", "next", "/spazi")
	planted := s.cookie()
	p := s.post("/accedi/codice", "codice", w.code(t))
	if p.at != "/accedi/chi" || len(p.All("button.polis-choice")) != 3 || p.who != "" {
		t.Fatalf("at %s: %s", p.at, p.Text())
	}
	if s.cookie() == planted {
		t.Error("the session that may choose is the one from before")
	}
	if p = s.post("/accedi/chi", "chi", other.ID); p.status != 404 {
		t.Errorf("as somebody else: %d", p.status)
	}
	if p = s.post("/accedi/chi"); p.at != "/accedi/chi" {
		t.Errorf("nobody chosen: at %s", p.at)
	}
	if p = s.post("/accedi/chi", "chi", ugo.ID); p.who != "Ugo N." || p.at != "/spazi" {
		t.Errorf("in as %q at %s", p.who, p.at)
	}
	if p = s.post("/accedi/chi", "chi", ugo.ID); p.who != "Ugo N." || p.at != "/" {
		t.Errorf("a second tap: at %s", p.at)
	}
}

// Who is signed in stays so while the new address is proved, and only the
// browser that asked can prove it.
func TestNewAddressPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, rossi)
	browsers := w.open(t, false)
	s := browsers()
	s.in(w, rossi.Email, "/who")
	if p := s.post("/profilo/indirizzo", "email", "x"); p.status != 400 {
		t.Errorf("no address: %d", p.status)
	}
	if p := s.post("/profilo/indirizzo", "email", "maria@example.net"); p.at != "/profilo/indirizzo/codice" || !strings.Contains(p.Text(), "maria@example.net") {
		t.Fatalf("at %s: %s", p.at, p.Text())
	}
	codes := w.codesIn(t)
	code, leaving := codes["maria@example.net"], codes[strings.ToLower(rossi.Email)]
	elsewhere := browsers()
	elsewhere.in(w, rossi.Email, "/who")
	if p := elsewhere.post("/profilo/indirizzo/codice", "codice", code, "vecchio", leaving); p.status != 422 {
		t.Errorf("in another browser of hers: %d", p.status)
	}
	if p := s.post("/profilo/indirizzo/codice", "codice", other(code)); p.status != 422 || len(p.All("#f-codice-error")) != 1 || len(p.All("#f-vecchio-error")) != 1 {
		t.Errorf("a wrong code: %d", p.status)
	}
	if p := s.post("/profilo/indirizzo/codice", "codice", code, "vecchio", other(leaving)); p.status != 422 || len(p.All("#f-codice")) != 0 || len(p.All("#f-vecchio-error")) != 1 {
		t.Errorf("the code of the new address alone: %d: %s", p.status, p.Text())
	}
	if p := s.post("/profilo/indirizzo/codice", "vecchio", leaving); p.at != "/profilo" || !strings.Contains(p.Text(), "maria@example.net") || len(p.All(".polis-state-free")) != 1 {
		t.Errorf("at %s: %s", p.at, p.Text())
	}
	if p := browsers().get("/profilo/indirizzo"); p.at != "/accedi?next=%2Fprofilo%2Findirizzo" {
		t.Errorf("a visitor at %s", p.at)
	}
	rev := s.get("/profilo/nome").One(t, "input[name=rev]").Attr["value"]
	if p := s.post("/profilo", "nome", "Maria", "cognome", "Rossi", "lingua", "en", "rev", rev); p.at != "/profilo?lang=en" || !strings.Contains(p.Text(), "Profile saved.") {
		t.Errorf("at %s: %s", p.at, p.Text())
	}
	if p := s.post("/profilo", "nome", "Mary", "cognome", "Rossi", "lingua", "en", "rev", rev); p.status != 409 || !strings.Contains(p.Text(), "Maria Rossi") || p.One(t, "#f-nome").Attr["value"] != "Mary" {
		t.Errorf("from a page of before: %d: %s", p.status, p.Text())
	}
	if p := s.post("/profilo", "nome", strings.Repeat("x", 121), "cognome", "Rossi"); p.status != 400 {
		t.Errorf("a name too long: %d", p.status)
	}
}

// Too many tries are told so, with when to come back.
func TestTooManyTries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.open(t, false)()
	var p page
	for range 6 {
		p = s.post("/accedi", "email", "maria@example.org")
	}
	if p.status != 429 || p.retry != "1800" || !strings.Contains(p.Text(), "Riprovare tra 30 minuti.") {
		t.Errorf("%d: %s", p.status, p.Text())
	}
}

// A browser in which somebody was in before asks for a code though others have
// used up what strangers may ask; the code of one browser outlives the asking of
// another.
func TestBrowserThatWasInBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, rossi)
	browsers := w.open(t, false)
	hers, waits := browsers(), browsers()
	hers.in(w, rossi.Email, "/who")
	waits.post("/accedi", "email", rossi.Email)
	code := w.code(t)
	var p page
	for range 6 {
		p = browsers().post("/accedi", "email", rossi.Email)
	}
	if p.status != 429 {
		t.Fatalf("strangers ask without end: %d", p.status)
	}
	if p = waits.post("/accedi/codice", "codice", code); p.who != "Maria D." {
		t.Errorf("a code from before: %d at %s", p.status, p.at)
	}
	hers.post("/esci")
	if p = hers.in(w, rossi.Email, "/who"); p.who != "Maria D." || p.at != "/who" {
		t.Errorf("the browser that was in before: at %s as %q: %s", p.at, p.who, p.Text())
	}
}

// Without a mail server there is no field, but whom to ask.
func TestSignInWithoutMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Transport = nil
	s := w.open(t, false)()
	p := s.get("/accedi")
	if len(p.All("#f-email")) != 0 || len(p.All("a[href=/contatti]")) != 1 {
		t.Error(p.Text())
	}
	if p = s.post("/accedi", "email", "maria@example.org"); p.status != 422 || len(p.All("#error-summary")) != 1 {
		t.Errorf("%d: %s", p.status, p.Text())
	}
	// An administrator hands the link over: it is shown once.
	paola := w.actor(t, identity.Administrator, identity.Network, "Paola")
	w.signIn(t, s, paola.Person)
	p = s.post("/gestione/persone/invita", "email", "luca@example.org", "ruolo", "gestore-rete", "ambito", "rete", "lingua", "it")
	link := p.One(t, "#invitation-link").Attr["value"]
	if p.at != "/gestione/persone/inviti" || !strings.HasPrefix(link, "https://polis.example/invito#") {
		t.Fatalf("at %s: %s", p.at, link)
	}
	if p = s.get("/gestione/persone/inviti"); len(p.All("#invitation-link")) != 0 || len(p.All(".polis-people")) != 1 {
		t.Error("the link is shown twice, or the invitation not at all")
	}
	if n := len(w.mails(t)); n != 0 {
		t.Errorf("%d messages", n)
	}
	if p = s.post("/invito", "chiave", link); len(p.All("input[name=accetta]")) != 0 || len(p.All(".polis-details")) != 1 {
		t.Error("who invites may accept")
	}
	if p = s.post("/invito", "accetta", "1"); p.status != 403 {
		t.Errorf("accepted by who invites: %d", p.status)
	}
}

// signIn lets somebody in by a link.
func (w *wayIn) signIn(t testing.TB, s *surfer, person string) {
	t.Helper()
	link := must[string](t)(w.Link(t.Context(), person))
	s.post("/accedi/link", "chiave", link)
	if p := s.post("/accedi/link", "entra", "1"); p.who == "" {
		t.Fatalf("not in: at %s", p.at)
	}
}

// An invitation is opened by its code, in any way that people paste it; who has
// an access signs in and finds it again; the secret is in no address.
func TestInvitationPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	paola := w.actor(t, identity.Administrator, identity.Network, "Paola")
	luca := w.actor(t, identity.Citizen, identity.Scope{}, "Luca")
	browsers := w.open(t, false)
	invite := func(email string) (link, secret string) {
		in := must[identity.Invitation](t)(w.Invite(t.Context(), paola, identity.Invitation{Email: email, Role: identity.NetworkManager, Scope: identity.Network}))
		link = must[string](t)(w.InvitationLink(t.Context(), in))
		return link, w.secret(t, in)
	}
	link, secret := invite("luca@example.org")
	s := browsers()
	if p := s.get("/invito"); p.status != 200 || len(p.All("#f-chiave")) != 1 {
		t.Errorf("%d: %s", p.status, p.Text())
	}
	for text, status := range map[string]int{"": 422, "x": 422, strings.Repeat("a", 32): 422, strings.Repeat("a", 600): 422} {
		if p := s.post("/invito", "chiave", text); p.status != status && p.status != 400 || len(p.All("#f-chiave-error")) != 1 {
			t.Errorf("%.10q: %d", text, p.status)
		}
	}
	groups := strings.ToUpper(secret[:4] + "-" + secret[4:16] + " " + secret[16:])
	for _, text := range []string{link, secret, groups, " " + secret + "\n", "https://polis.example/invito/" + secret} {
		if p := browsers().post("/invito", "chiave", text); p.at != "/invito" || p.status != 200 || len(p.All(".polis-details")) != 1 {
			t.Errorf("%q: %d at %s", text, p.status, p.at)
		}
	}
	// One that was mailed when the secret stood in the path.
	if p := s.get("/invito/" + secret); p.at != "/invito" || len(p.All("input[name=accetta]")) != 0 || p.One(t, "a.btn-primary").Attr["href"] != "/accedi?next=%2Finvito" {
		t.Fatalf("an old link leads to %s: %s", p.at, p.Text())
	}
	if p := s.get("/invito/none"); p.status != 404 {
		t.Errorf("an old link of nothing: %d", p.status)
	}
	if p := s.post("/invito", "accetta", "1"); p.at != "/invito" || p.who != "" || w.population(t) != 2 {
		t.Errorf("accepted without signing in: at %s as %q", p.at, p.who)
	}
	if data := dump(t, w.db); bytes.Contains(data, []byte(secret)) {
		t.Error("the session holds the secret")
	}
	p := s.in(w, "luca@example.org", "/invito")
	if p.at != "/invito" || len(p.All("input[name=accetta]")) != 1 || !strings.Contains(p.Text(), "Luca Prova") {
		t.Fatalf("signed in at %s: %s", p.at, p.Text())
	}
	if p = s.post("/invito", "accetta", "1"); p.at != "/gestione" || strings.Join(w.roles(t, luca.Person), "") != "network-manager network " {
		t.Errorf("accepted at %s: %v", p.at, w.roles(t, luca.Person))
	}
	if p = s.get("/invito"); len(p.All("#f-chiave")) != 1 || len(p.All(".polis-details")) != 0 {
		t.Errorf("afterwards: %s", p.Text())
	}
	if p = s.post("/invito", "accetta", "1"); p.status != 404 {
		t.Errorf("a second tap: %d", p.status)
	}
	// One that ends while its page is open says so, and then makes room for another.
	link, _ = invite("eva@example.org")
	e := browsers()
	e.post("/invito", "chiave", link)
	list := must[[]identity.Invitation](t)(w.Invitations(t.Context(), paola, "", 10))
	if err := w.Revoke(t.Context(), paola, list[0].ID); err != nil {
		t.Fatal(err)
	}
	if p = e.get("/invito"); p.status != 404 || len(p.All("#f-chiave")) != 1 || !strings.Contains(p.Text(), "non vale più") {
		t.Errorf("a revoked one: %d: %s", p.status, p.Text())
	}
	if p = e.get("/invito"); p.status != 200 || len(p.All("#f-chiave")) != 1 {
		t.Errorf("then: %d", p.status)
	}
	// Links to sign in, old and new.
	old := must[string](t)(w.Link(t.Context(), luca.Person))
	if p = browsers().get(strings.Replace(strings.TrimPrefix(old, "https://polis.example"), "#", "/", 1)); p.at != "/accedi/link" || len(p.All("input[name=entra]")) != 1 {
		t.Errorf("an old link leads to %s", p.at)
	}
	if p = browsers().post("/accedi/link", "chiave", "x"); p.status != 422 || len(p.All("#f-chiave-error")) != 1 {
		t.Errorf("no link: %d", p.status)
	}
	if p = browsers().post("/accedi/link", "entra", "1"); p.status != 404 {
		t.Errorf("nothing opened: %d", p.status)
	}
}

// In a demonstration a code is the second choice.
func TestCodeInADemonstration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.open(t, true)()
	if p := s.get("/accedi"); len(p.All("button.polis-choice")) != len(idp.People()) || len(p.All("#f-email")) != 1 {
		t.Error(p.Text())
	}
	if p := s.in(w, "maria@example.org", "/who"); p.who != "Maria B." || p.at != "/who" {
		t.Errorf("in as %q at %s", p.who, p.at)
	}
}

// The pages of people: a role is given and taken, sessions are ended at once.
func TestStaffPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	paola := w.actor(t, identity.Administrator, identity.Network, "Paola")
	eva := w.actor(t, identity.Citizen, identity.Scope{}, "Eva")
	browsers := w.open(t, false)
	admin, hers := browsers(), browsers()
	w.signIn(t, admin, paola.Person)
	hers.in(w, "eva@example.org", "/who")
	if p := admin.post("/gestione/persone/cerca", "email", "Eva@Example.org"); p.at != "/gestione/persone/"+eva.Person {
		t.Errorf("found at %s", p.at)
	}
	if p := admin.post("/gestione/persone/cerca", "cognome", "Prova"); p.status != 400 {
		t.Errorf("half a search: %d", p.status)
	}
	path := "/gestione/persone/" + eva.Person
	if p := admin.post(path+"/ruolo", "ruolo", "accoglienza", "ambito", "sede", "sede", "b"); p.status != 422 || len(p.All("input[name=casa]")) != 2 {
		t.Errorf("several houses: %d", p.status)
	}
	if p := admin.post(path+"/ruolo", "ruolo", "accoglienza", "ambito", "sede", "sede", "b", "casa", "aurora"); p.status != 422 {
		t.Errorf("a house that was not offered: %d", p.status)
	}
	if p := admin.post(path+"/ruolo", "ruolo", "amministratore", "ambito", "sede", "sede", "Aurora"); p.status != 400 || len(p.All("#f-ambito-error")) != 1 {
		t.Errorf("an administrator of one house: %d", p.status)
	}
	p := admin.post(path+"/ruolo", "ruolo", "accoglienza", "ambito", "sede", "sede", "b", "casa", "borgo", "al", "2026-12-31")
	if p.at != path || !strings.Contains(p.Text(), "Borgo, Barga (LU), fino a giovedì 31 dicembre 2026") {
		t.Errorf("at %s: %s", p.at, p.Text())
	}
	if p = admin.get("/gestione/persone?ruolo=accoglienza"); !strings.Contains(p.Text(), "Eva Prova") || strings.Contains(p.Text(), "Paola Prova") {
		t.Errorf("the list: %s", p.Text())
	}
	if p = hers.get("/gestione/persone"); p.status != 403 {
		t.Errorf("a receptionist at the list: %d", p.status)
	}
	if p = admin.post(path + "/sessioni"); p.at != path {
		t.Errorf("at %s", p.at)
	}
	if p = hers.get("/who"); p.who != "" {
		t.Errorf("still in as %q", p.who)
	}
	for range 2 { // the second tap finds it taken
		if p = admin.post(path+"/togli", "ruolo", "receptionist", "tipo", "site", "ambito", "borgo"); p.at != path || p.status != 200 {
			t.Errorf("taken: %d at %s", p.status, p.at)
		}
	}
	// Whose role ends is signed out, everywhere.
	hers.in(w, "eva@example.org", "/who")
	admin.post(path+"/ruolo", "ruolo", "accoglienza", "ambito", "sede", "sede", "Aurora")
	admin.post(path+"/togli", "ruolo", "receptionist", "tipo", "site", "ambito", "aurora")
	if p = hers.get("/who"); p.who != "" {
		t.Errorf("in as %q after her role has ended", p.who)
	}
	text := must[string](t)(w.Tokens.Create(t.Context(), identity.TokenSpec{Person: eva.Person, Name: "Calendario"}))
	if p = admin.get(path); !strings.Contains(p.Text(), "Calendario") || strings.Contains(p.Text(), text) {
		t.Errorf("her tokens: %s", p.Text())
	}
	token := p.One(t, "input[name=token]").Attr["value"]
	for range 2 { // the second tap finds it revoked
		if p = admin.post(path+"/token", "token", token); p.at != path || p.status != 200 || len(p.All("input[name=token]")) != 0 {
			t.Errorf("ended: %d at %s", p.status, p.at)
		}
	}
	if p = admin.post("/gestione/persone/cerca", "nome", "prova"); len(p.All("a[href="+path+"]")) != 0 || !strings.Contains(p.Text(), "Paola Prova") {
		t.Errorf("found by name: %s", p.Text())
	}
	own := "/gestione/persone/" + paola.Person
	if p = admin.get(own); len(p.All("a[href="+own+"/ruolo]")) != 0 {
		t.Error("she is led to give herself a role")
	}
	if p = admin.post(own+"/ruolo", "ruolo", "gestore-rete", "ambito", "rete"); p.status != 403 {
		t.Errorf("she gives herself a role: %d", p.status)
	}
	if p = admin.post(own+"/togli", "ruolo", "administrator", "tipo", "network"); p.status != 422 {
		t.Errorf("the last administrator: %d", p.status)
	}
	if p = admin.get("/gestione/persone/sedi?sede=aur"); len(p.All("option")) != 1 {
		t.Error("no house is suggested")
	}
}

// Too many invitations to one address are told beside it; those that wait are
// searched.
func TestInvitingTooOften(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	paola := w.actor(t, identity.Administrator, identity.Network, "Paola")
	s := w.open(t, false)()
	w.signIn(t, s, paola.Person)
	invite := func(role string) page {
		return s.post("/gestione/persone/invita", "email", "luca@example.org", "nome", "Luca", "ruolo", role, "ambito", "sede", "sede", "Aurora", "lingua", "it")
	}
	invite("gestore")
	if p := invite("gestore"); p.at != "/gestione/persone/inviti" || !strings.Contains(p.Text(), "già in attesa") || len(p.All(".polis-people")) != 1 {
		t.Errorf("the same twice: %s", p.Text())
	}
	invite("accoglienza")
	p := s.get("/gestione/persone/inviti")
	again := p.All("form")
	for _, f := range again {
		if strings.HasSuffix(f.Attr["action"], "/link") {
			p = s.post(f.Attr["action"])
		}
	}
	if p.status != 429 || !strings.Contains(p.Text(), "tre inviti") {
		t.Errorf("a fourth message: %d: %s", p.status, p.Text())
	}
	if p = s.post("/gestione/persone/invita", "email", "luca@example.org", "ruolo", "gestore-rete", "ambito", "rete", "lingua", "it"); p.status != 422 || len(p.All("#f-email-error")) != 1 {
		t.Errorf("a fourth: %d: %s", p.status, p.Text())
	}
	for text, want := range map[string]int{"luc": 2, "LUCA@": 2, "zzz": 0} {
		if p = s.post("/gestione/persone/inviti", "chi", text); p.status != 200 || len(p.All("h2.h5")) != want {
			t.Errorf("%q: %d: %s", text, p.status, p.Text())
		}
	}
	if p = s.post("/gestione/persone/inviti", "chi", ""); p.status != 200 || len(p.All("h2.h5")) != 2 {
		t.Errorf("all: %s", p.Text())
	}
}

// Who has no name is asked for it before other pages.
func TestNamelessSayTheirName(t *testing.T) {
	t.Parallel()
	show := func(http.ResponseWriter, *http.Request) error { return nil }
	for name, c := range map[string]struct{ actor, method, want string }{
		"with a name": {"Maria R.", "GET", ""}, "without": {"—", "GET", "/profilo?next=%2Fmine%3Fa%3D1"}, "sends a form": {"—", "POST", ""},
	} {
		r := httptest.NewRequestWithContext(t.Context(), c.method, "/mine?a=1", nil)
		r = r.WithContext(identity.WithActor(r.Context(), identity.Actor{Person: "p", Name: c.actor, Role: identity.Citizen}))
		rec := httptest.NewRecorder()
		if err := identity.SignedIn(show, func(*http.Request) string { return "/" })(rec, r); err != nil || rec.Header().Get("Location") != c.want {
			t.Errorf("%s: led to %q, %v", name, rec.Header().Get("Location"), err)
		}
	}
}
