package oidc_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"polis/internal/identity"
	"polis/internal/identity/oidc"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/web/webtest"
)

// In by a provider, on to the page that was asked for; then the profile shows what
// is proved and takes no other names.
func TestSignInPages(t *testing.T) {
	t.Parallel()
	w, o := spid(t)
	s := w.serve()()
	if p := s.get("/accedi?next=/spazi?q=1"); len(p.All(".polis-way-spid")) != 1 || !strings.Contains(p.Text(), "Entra con SPID") {
		t.Fatalf("no button: %s", p.Text())
	}
	if p := s.in(o, "spid", "next", "/spazi?q=1"); p.who != "Maria R." || p.at != "/spazi?q=1" || p.how != "oidc:spid" {
		t.Fatalf("in as %q by %q at %s: %s", p.who, p.how, p.at, p.Text())
	}
	p := s.get("/profilo/nome")
	if len(p.All("#f-nome")) != 0 || !strings.Contains(p.Text(), rossiNumber) {
		t.Errorf("the profile: %s", p.Text())
	}
	rev := p.One(t, "input[name=rev]").Attr["value"]
	if p = s.post("/profilo", "nome", "Mallory", "cognome", "Evil", "lingua", "en", "rev", rev); p.status != 200 || !strings.Contains(p.Text(), "Rossi") || strings.Contains(p.Text(), "Mallory") {
		t.Errorf("another name: %d %s", p.status, p.Text())
	}
}

// The way back is a page of ours, whatever is asked for.
func TestOpenRedirect(t *testing.T) {
	t.Parallel()
	w, o := generic(t)
	open := w.serve()
	for next, want := range map[string]string{
		"/spazi/x?posto=1": "/spazi/x?posto=1", "": "/", "//evil.example": "/", "https://evil.example/": "/", "/\\evil.example": "/", "\\/evil.example": "/",
		"javascript:alert(1)": "/", "/accedi?next=/x": "/", "/esci": "/", "/%09/evil.example": "/%09/evil.example", "/\t/evil.example": "/", " /x": "/", "data:text/html,x": "/",
		"/x\r\nSet-Cookie: a=b": "/", "http:evil.example": "/", "///evil.example": "/",
	} {
		s := open()
		if p := s.in(o, "one", "next", next); p.at != want {
			t.Errorf("next %q leads to %s, want %s", next, p.at, want)
		}
	}
}

// A session that somebody has planted before is worth nothing after.
func TestSessionFixation(t *testing.T) {
	t.Parallel()
	w, o := generic(t)
	open := w.serve()
	s, thief := open(), open()
	going := s.post("/accedi/oidc/one").refresh
	planted := s.cookie()
	if planted == "" {
		t.Fatal("no session before")
	}
	if p := s.get("/accedi/oidc/one/ritorno?" + o.authorize(going).Encode()); p.who == "" {
		t.Fatalf("not in: %s", p.Text())
	}
	if s.cookie() == planted {
		t.Error("the session is the one from before")
	}
	u, _ := url.Parse(thief.url)
	thief.Jar.SetCookies(u, []*http.Cookie{{Name: "polis_session", Value: planted}})
	if p := thief.get("/who"); p.who != "" {
		t.Errorf("the planted session is %q", p.who)
	}
}

// An answer counts in the browser that asked: nobody can be signed in as somebody
// else by a link (login CSRF), and a link that leaked is worth nothing.
func TestLoginCSRF(t *testing.T) {
	t.Parallel()
	w, o := generic(t)
	open := w.serve()
	attacker, victim := open(), open()
	answer := "/accedi/oidc/one/ritorno?" + o.authorize(attacker.post("/accedi/oidc/one").refresh).Encode()
	if p := victim.get(answer); p.status != 401 || !strings.Contains(p.Text(), "altro browser") || victim.get("/who").who != "" {
		t.Errorf("a fresh browser: %d %s", p.status, p.Text())
	}
	victim.post("/accedi/oidc/one") // one that has a sign-in of its own under way
	answer = "/accedi/oidc/one/ritorno?" + o.authorize(attacker.post("/accedi/oidc/one").refresh).Encode()
	if p := victim.get(answer); p.status != 401 || victim.get("/who").who != "" {
		t.Errorf("one under way: %d", p.status)
	}
	if p := attacker.get(answer); p.status != 401 {
		t.Errorf("and afterwards it counts where it began: %d", p.status)
	}
	if w.population() != 0 {
		t.Error("somebody was made")
	}
}

// Only our own pages begin a sign-in, change what is connected, or sign out.
func TestCrossSitePostIsRefused(t *testing.T) {
	t.Parallel()
	w, o := generic(t)
	s := w.serve()()
	for _, path := range []string{"/accedi/oidc/one", "/accedi/riconosci", "/profilo/accessi/one", "/esci"} {
		for name, header := range map[string][2]string{"origin": {"Origin", "https://evil.example"}, "site": {"Sec-Fetch-Site", "cross-site"}} {
			r := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+path, strings.NewReader("azione=collega")))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set(header[0], header[1])
			if p := s.read(s.Do(r)); p.status != 403 || p.refresh != "" {
				t.Errorf("%s by %s: %d", path, name, p.status)
			}
		}
	}
	for from, begins := range map[string]bool{"cross-site": false, "same-site": false, "same-origin": true, "none": true, "": true} {
		r := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/accedi/oidc/one?next=/spazi", nil))
		if from != "" {
			r.Header.Set("Sec-Fetch-Site", from)
		}
		res := must[*http.Response](t)(s.still().Do(r))
		res.Body.Close()
		if at := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther || begins == (at == "/accedi") || begins && !strings.HasPrefix(at, o.url) {
			t.Errorf("a link of %q leads to %s", from, at)
		}
	}
}

// still is the browser of a surfer, which stays where it is sent on.
func (s *surfer) still() *http.Client {
	c := *s.Client
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

// Begun on one replica, ended on the other.
func TestTwoReplicas(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(noon)
		o := newOP(t, clk, true)
		w := newWorld(t, d, clk, o.settings("spid"))
		s := w.serve()()
		answer := o.authorize(s.post("/accedi/oidc/spid", "next", "/who").refresh)
		first := s.url
		s.url = w.replica(o.settings("spid")).serve()().url
		s.carry(first)
		if p := s.get("/accedi/oidc/spid/ritorno?" + answer.Encode()); p.who != "Maria R." || p.at != "/who" {
			t.Errorf("in as %q at %s: %s", p.who, p.at, p.Text())
		}
	})
}

// Who comes with the address of somebody known proves it by a code, or is somebody
// new: an address that a provider claims opens nobody's account.
func TestKnownAddressIsProvedByACode(t *testing.T) {
	t.Parallel()
	w, o := generic(t)
	open := w.serve()
	known := must[identity.Person](t)(w.people.Create(t.Context(), identity.Person{GivenName: "Maria", FamilyName: "Neri", Email: "maria@example.org"}))
	s := open()
	p := s.in(o, "one", "next", "/spazi")
	if p.at != "/accedi/riconosci" || p.who != "" || !strings.Contains(p.Text(), "maria@example.org") || w.population() != 1 {
		t.Fatalf("at %s as %q: %s", p.at, p.who, p.Text())
	}
	if p = s.post("/accedi/riconosci", "codice", "123456"); p.status != 422 {
		t.Errorf("a code before one was mailed: %d", p.status)
	}
	if p = s.post("/accedi/riconosci", "chi", known.ID); p.status != 422 || s.get("/who").who != "" {
		t.Errorf("somebody chosen before a code: %d at %s", p.status, p.at)
	}
	s.post("/accedi/riconosci", "manda", "si")
	code := w.code()
	if p = s.post("/accedi/riconosci", "codice", strings.Repeat("0", 6)); p.status != 422 && code != "000000" {
		t.Errorf("a wrong code: %d", p.status)
	}
	if p = open().post("/accedi/riconosci", "codice", code); p.who != "" {
		t.Errorf("in another browser as %q", p.who)
	}
	if p = s.post("/accedi/riconosci", "codice", code); p.who != "Maria N." || p.at != "/spazi" || p.how != "oidc:one" {
		t.Fatalf("in as %q by %q at %s: %s", p.who, p.how, p.at, p.Text())
	}
	if p = open().in(o, "one"); p.who != "Maria N." || w.population() != 1 {
		t.Errorf("the next time %q of %d", p.who, w.population())
	}
	// Somebody else with that address goes on as somebody new, without it.
	o.set(func() { o.sub = "s-2" })
	s = open()
	s.in(o, "one")
	if p = s.post("/accedi/riconosci", "nuovo", "si"); p.who != "Maria R." || w.population() != 2 {
		t.Errorf("somebody new is %q of %d", p.who, w.population())
	}
	if list := must[[]identity.Person](t)(w.people.ByContact(t.Context(), "maria@example.org")); len(list) != 1 {
		t.Errorf("%d have the address", len(list))
	}
	if p = s.post("/accedi/riconosci", "nuovo", "si"); !strings.Contains(p.Text(), "finito") {
		t.Errorf("once more: %s", p.Text())
	}
	// An address that nobody vouches for asks nothing and opens nothing.
	o.set(func() { o.sub = "s-3"; o.about["email_verified"] = false })
	if p = open().in(o, "one"); p.who != "Maria R." || w.population() != 3 {
		t.Errorf("an address that is not verified: %q at %s", p.who, p.at)
	}
}

// A family shares an address: the code does not say who of them comes.
func TestFamilyChooses(t *testing.T) {
	t.Parallel()
	w, o := generic(t)
	w.people.Create(t.Context(), identity.Person{GivenName: "Eva", FamilyName: "Neri", Email: "maria@example.org"})
	ugo := must[identity.Person](t)(w.people.Create(t.Context(), identity.Person{GivenName: "Ugo", FamilyName: "Neri", Email: "maria@example.org"}))
	s := w.serve()()
	s.in(o, "one")
	s.post("/accedi/riconosci", "manda", "si")
	if p := s.post("/accedi/riconosci", "codice", w.code()); len(p.All("button.polis-choice")) != 2 || p.who != "" {
		t.Fatalf("at %s: %s", p.at, p.Text())
	}
	if p := s.post("/accedi/riconosci", "chi", ugo.ID); p.who != "Ugo N." {
		t.Errorf("in as %q: %s", p.who, p.Text())
	}
}

// Who is signed in connects a provider and disconnects it; one that is somebody
// else's stays theirs.
func TestConnect(t *testing.T) {
	t.Parallel()
	w, o := generic(t)
	other := newOP(t, w.clk, true)
	w = w.replica(o.settings("one"), other.settings("spid"))
	open := w.serve()
	s := open()
	s.in(o, "one")
	connect := func(s *surfer) page {
		return s.get("/accedi/oidc/spid/ritorno?" + other.authorize(s.post("/profilo/accessi/spid", "azione", "collega").refresh).Encode())
	}
	if p := connect(s); p.at != "/profilo/accessi" || !strings.Contains(p.Text(), "Identità collegata") {
		t.Fatalf("at %s: %s", p.at, p.Text())
	}
	if p := open().in(other, "spid"); p.who != "Maria R." || w.population() != 1 {
		t.Errorf("by the other as %q of %d", p.who, w.population())
	}
	o.set(func() { o.sub = "s-2"; o.about["email"] = "ugo@example.org" })
	ugo := open()
	ugo.in(o, "one")
	if p := connect(ugo); p.status != 409 || !strings.Contains(p.Text(), "altra persona") {
		t.Errorf("somebody else's: %d %s", p.status, p.Text())
	}
	other.set(func() { other.sub = "s-9"; delete(other.about, "https://attributes.eid.gov.it/fiscal_number") })
	if p := s.post("/profilo/accessi/one", "azione", "scollega"); p.at != "/profilo/accessi" || !strings.Contains(p.Text(), "scollegata") {
		t.Errorf("at %s: %s", p.at, p.Text())
	}
	w.clk.Advance(11 * time.Minute)
	for _, act := range []string{"collega", "scollega"} { // which is a way in for who finds the browser
		if p := s.post("/profilo/accessi/spid", "azione", act); p.status != http.StatusUnauthorized || p.refresh != "" {
			t.Errorf("%s without a proof: %d, led to %q", act, p.status, p.refresh)
		}
	}
	if p := open().get("/profilo/accessi"); p.at != "/accedi?next=%2Fprofilo%2Faccessi" {
		t.Errorf("a visitor at %s", p.at)
	}
}

// Of several identity providers behind the official button none comes first.
func TestOfficialButtons(t *testing.T) {
	t.Parallel()
	w, o := spid(t)
	var settings []oidc.Settings
	for _, name := range []string{"a", "b", "c", "d"} {
		x := newOP(t, w.clk, true).settings(name)
		x.Label = strings.ToUpper(name)
		settings = append(settings, x)
	}
	cie := o.settings("cie")
	cie.Button = "cie"
	w = w.replica(append(settings, cie)...)
	orders := map[string]bool{}
	for range 50 {
		ways := w.Ways(w.words.Printer("it", nil))
		if len(ways) != 2 || ways[0].Label != "Entra con SPID" || ways[1].Label != "Entra con CIE" || len(ways[0].Several) != 4 {
			t.Fatalf("%+v", ways)
		}
		order := ""
		for _, x := range ways[0].Several {
			order += x.Label
		}
		orders[order] = true
	}
	if len(orders) < 5 {
		t.Errorf("the orders are %v", orders)
	}
	p := w.serve()().get("/accedi")
	if len(p.All("details a")) != 0 && len(p.All("details")) != 1 {
		t.Errorf("%s", p.Text())
	}
	if !slices.ContainsFunc(p.All("a.polis-way"), func(n *webtest.Node) bool { return n.Attr["href"] == "/accedi/oidc/cie?next=%2f" }) {
		t.Error("no button of CIE")
	}
}

// A page that asks for more offers what can prove it, and the provider is asked for
// as much.
func TestStrongerSignIn(t *testing.T) {
	t.Parallel()
	w, o := generic(t)
	strong := newOP(t, w.clk, true)
	w = w.replica(o.settings("one"), strong.settings("spid"))
	s := w.serve()()
	s.in(o, "one")
	p := s.get("/accedi?livello=3&next=/spazi")
	if !strings.Contains(p.Text(), "più sicuro") || p.One(t, "a.polis-way-spid").Attr["href"] != "/accedi/oidc/spid?next=%2fspazi&livello=3" {
		t.Fatalf("%s", p.Text())
	}
	strong.set(func() { strong.acr = "https://www.spid.gov.it/SpidL3" })
	if p = s.in(strong, "spid", "next", "/spazi", "livello", "3"); p.at != "/spazi" || p.how != "oidc:spid" || strong.last["acr_values"] != strong.acr || strong.last["prompt"] != "consent login" {
		t.Errorf("at %s by %q, asked %v", p.at, p.how, strong.last)
	}
	only := o.settings("one")
	only.Best = identity.LevelLow
	weak := w.replica(only)
	s = weak.serve()()
	p = s.get("/accedi?livello=2")
	if len(p.All(".polis-way")) != 0 || !strings.Contains(p.Text(), "non c’è ancora") {
		t.Errorf("nothing is strong enough: %s", p.Text())
	}
	if p = s.post("/accedi/oidc/one", "livello", "2"); p.status != 403 {
		t.Errorf("asked for what it cannot: %d", p.status)
	}
}
