package device_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"polis/internal/demo"
	"polis/internal/identity"
	"polis/internal/identity/device"
	"polis/internal/platform/clock"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/webtest"
	chromium "polis/internal/platform/web/webtest/browser"
)

// site is the pages of devices and of signing in, as an installation has them.
type site struct {
	*yard
	people   *identity.People
	sessions *identity.Sessions
	handler  http.Handler
	as       *identity.Actor // who looks at the desk; nil: who is signed in
}

func newSite(t testing.TB, o identity.SessionOptions, address string) *site {
	t.Helper()
	d := dbtest.SQLite(t)
	s := &site{yard: newYard(t, d)}
	s.URL = address
	keys := s.Keys
	s.people = identity.NewPeople(d, keys, s.clk, clock.NewID)
	grants := identity.NewGrants(d, s.clk)
	s.sessions = identity.NewSessions(s.people, grants, o)
	words := i18n.NewBundle()
	for _, err := range []error{words.Add(identity.Words), words.Add(device.Words)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	ui, err := web.New(words, web.Config{
		SignIn: identity.SignInPath, SignOut: identity.SignOutPath, Ending: s.sessions.EndingOf, Shared: s.sessions.Shared,
		Desk: func(*http.Request) []web.Entry { return []web.Entry{device.DeskEntry} },
		Problem: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, `{"detail":"`+err.Error()+`"}`, http.StatusUnauthorized)
		},
		Person: func(r *http.Request) *web.Person {
			if a := identity.ActorFrom(r.Context()); a.SignedIn() {
				return &web.Person{Name: a.Name}
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	testers := identity.NewDemo(s.people, grants, demo.TestPeople(ours))
	if err := testers.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", ui.Assets())
	access := identity.NewAccess(identity.AccessOptions{People: s.people, Grants: grants, Words: words, Scopes: houses{}, Log: slog.New(slog.DiscardHandler)})
	if err := identity.RegisterPages(mux, ui, identity.PageOptions{Sessions: s.sessions, Access: access, Demo: testers}); err != nil {
		t.Fatal(err)
	}
	if err := device.RegisterPages(mux, ui, device.PageOptions{Service: s.Service, People: s.people}); err != nil {
		t.Fatal(err)
	}
	mux.Handle("GET /{$}", ui.Handle(func(w http.ResponseWriter, r *http.Request) error {
		a := identity.ActorFrom(r.Context())
		w.Header().Set("Who", fmt.Sprintf("%s %s %s", a.Role, a.Name, a.Device))
		return ui.Render(w, r, 200, home{web.Head{Title: "Inizio"}})
	}))
	if err := ui.Add("test", os.DirFS("testdata")); err != nil {
		t.Fatal(err)
	}
	inside := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.as != nil {
			r = r.WithContext(identity.WithActor(r.Context(), *s.as))
		}
		mux.ServeHTTP(w, r)
	})
	s.handler = web.Wrap(s.Middleware(false, s.sessions.Middleware(inside), ui.Error), ui.Chain()...)
	return s
}

type home struct{ web.Head }

func (home) Template() string { return "test/home" }

var twelveDigits = regexp.MustCompile(`\d{4} \d{4} \d{4}`)

func TestDeskPages(t *testing.T) {
	t.Parallel()
	s := newSite(t, identity.SessionOptions{}, public)
	send := func(who identity.Actor, method, path string, form ...string) (*http.Response, *webtest.Node) {
		t.Helper()
		s.as = &who
		values := url.Values{}
		for i := 0; i+1 < len(form); i += 2 {
			values.Set(form[i], form[i+1])
		}
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(values.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		root, err := webtest.Parse(w.Body.String())
		if err != nil {
			t.Fatal(err)
		}
		return w.Result(), root
	}
	boss := manager(ours)
	if _, root := send(boss, "GET", "/gestione/dispositivi"); !strings.Contains(root.One(t, "main").Text(), "Ancora nessun dispositivo") {
		t.Error("no empty page")
	}
	if res, root := send(boss, "POST", "/gestione/dispositivi/nuovo", "tipo", "kiosk", "sede", "zzz", "nome", ""); res.StatusCode != 422 || len(root.One(t, "#error-summary").All("a")) != 2 {
		t.Errorf("a form with faults: %d", res.StatusCode)
	}
	res, _ := send(boss, "POST", "/gestione/dispositivi/nuovo", "tipo", "kiosk", "sede", "Spazio aurora", "nome", "All’ingresso")
	at := res.Header.Get("Location")
	if res.StatusCode != 303 || !strings.HasPrefix(at, "/gestione/dispositivi/") {
		t.Fatalf("added: %d %q", res.StatusCode, at)
	}
	if _, root := send(boss, "GET", at); twelveDigits.MatchString(root.One(t, "main").Text()) {
		t.Error("the page shows a code that nobody asked for")
	}
	_, root := send(boss, "POST", at+"/codice")
	if code := root.One(t, ".polis-code-text").Text(); !twelveDigits.MatchString(code) || !strings.Contains(root.One(t, "main").Text(), public+"/dispositivo") {
		t.Errorf("the code is %q", code)
	}
	if _, root := send(boss, "GET", "/gestione/dispositivi?stato=atteso"); len(root.All("li.polis-session")) != 1 {
		t.Error("not listed")
	}
	if _, root := send(boss, "GET", "/gestione/dispositivi?tipo=atm"); !strings.Contains(root.One(t, "main").Text(), "Nessun dispositivo così") {
		t.Error("what is not there is listed")
	}
	for who, want := range map[*identity.Actor]int{{Role: identity.Visitor}: 401, {Person: "c", Role: identity.Citizen}: 403} {
		for _, path := range []string{"/gestione/dispositivi", "/gestione/dispositivi/nuovo", at, at + "/revoca"} {
			if res, _ := send(*who, "GET", path); res.StatusCode != want {
				t.Errorf("%s as %s: %d", path, who.Role, res.StatusCode)
			}
		}
	}
	if res, _ := send(manager(theirs), "GET", at); res.StatusCode != 404 {
		t.Errorf("another house's manager: %d", res.StatusCode)
	}
	if res, _ := send(boss, "POST", at+"/revoca"); res.StatusCode != 303 {
		t.Errorf("revoked: %d", res.StatusCode)
	}
	if _, root := send(boss, "GET", at); len(root.All("main form")) != 0 || !strings.Contains(root.One(t, "main").Text(), "Revocato") {
		t.Error("a revoked device has something to press")
	}
}

// Five thousand devices are shown a page at a time.
func TestManyDevices(t *testing.T) {
	t.Parallel()
	s := newSite(t, identity.SessionOptions{}, public)
	fill(t, s.db, 5000)
	boss := identity.Actor{Person: "n", Role: identity.Administrator, Scope: identity.Network}
	s.as = &boss
	seen, path := 0, "/gestione/dispositivi"
	for pages := 0; path != "" && pages < 3; pages++ {
		_, root := webtest.Get(t, s.handler, path, "Accept-Language", "it")
		seen += len(root.All("li.polis-session"))
		path = ""
		for _, a := range root.All("a[rel=next]") {
			path = a.Attr["href"]
		}
	}
	if seen != 60 {
		t.Errorf("three pages show %d", seen)
	}
	one := manager(ours) // of few among many
	s.as = &one
	if _, root := webtest.Get(t, s.handler, "/gestione/dispositivi", "Accept-Language", "it"); len(root.All("li.polis-session")) != 5 {
		t.Errorf("a house shows %d", len(root.All("li.polis-session")))
	}
}

// A browser becomes a kiosk by its own key; somebody signs in at it, is told of the
// end, goes on with one key, and leaves nothing behind.
func TestAKioskInABrowser(t *testing.T) {
	t.Parallel()
	tab := chromium.Open(t)
	srv := httptest.NewUnstartedServer(nil)
	srv.Start()
	defer srv.Close()
	s := newSite(t, identity.SessionOptions{Shared: identity.Span{Idle: 32 * time.Second, Life: 10 * time.Minute}}, srv.URL)
	s.clk.Set(time.Now())
	srv.Config.Handler = s.handler
	look := func(name string) {
		t.Helper()
		tab.Check()
		if dir := os.Getenv("PICTURES"); dir != "" {
			tab.Picture(filepath.Join(dir, "device-"+name+".png"))
		}
	}
	press := func(selector string) { t.Helper(); tab.Do(chromedp.Click(selector)) }
	tab.Width(390)
	tab.Go(srv.URL + "/dispositivo?lang=it")
	look("enrol")
	_, code := s.make(t, device.Kiosk, ours)
	fill := func(text string) {
		chromium.Eval[bool](tab, fmt.Sprintf("(document.querySelector('[name=codice]').value = %q, true)", text))
	}
	fill("0000 0000 0000")
	press("main button[type=submit]")
	tab.WaitFor("!document.querySelector('[data-device-fault]').hidden")
	tab.Faults() // the refusal of a wrong code
	fill(code)
	press("main button[type=submit]")
	tab.WaitFor("!document.querySelector('[data-device-form]') && document.body.textContent.includes('Spazio aurora')")
	look("enrolled")
	if got := chromium.Eval[string](tab, "fetch('/').then(r => r.headers.get('Who'))"); !strings.HasPrefix(got, "device  0") {
		t.Errorf("the browser is %q", got)
	}
	if !chromium.Eval[bool](tab, `new Promise(done => indexedDB.open("polis-device").onsuccess = (e) =>
		e.target.result.transaction("device").objectStore("device").get("own").onsuccess = (e) => done(e.target.result.key.extractable === false))`) {
		t.Error("the key can be read out")
	}

	tab.Width(1280)
	tab.Go(srv.URL + "/accedi")
	look("sign-in")
	press("main form button.polis-choice")
	tab.WaitFor("location.pathname === '/' && !!document.querySelector('[data-ending]')")
	look("signed-in")
	const told = "document.querySelector('[data-ending-box]').open"
	tab.WaitFor(told)
	look("ending")
	if at := chromium.Eval[string](tab, "document.activeElement.hasAttribute('data-ending-stay') + document.querySelector('[data-ending-said]').textContent"); !strings.HasPrefix(at, "trueL’accesso finisce") {
		t.Errorf("the focus and what is said: %q", at)
	}
	tab.Press("\r")
	tab.WaitFor("!" + told)
	tab.Do(chromedp.EmulateViewport(1080, 1920))
	tab.WaitFor(told)
	look("ending-kiosk")
	chromium.Eval[bool](tab, "(localStorage.setItem('left', 'x'), true)")
	s.clk.Advance(33 * time.Second) // the server's clock says that it is over
	press("[data-ending-stay]")
	tab.WaitFor("location.pathname === '/accedi/fine'")
	tab.Faults() // the session is over
	tab.WaitFor("localStorage.length === 0")
	look("over")
	if got := chromium.Eval[string](tab, "fetch('/').then(r => r.headers.get('Who'))"); !strings.HasPrefix(got, "device  0") {
		t.Errorf("afterwards the browser is %q", got)
	}
	// Back shows nothing of who was here.
	chromium.Eval[bool](tab, "(history.back(), true)")
	tab.WaitFor("location.pathname === '/accedi' && document.readyState === 'complete' && !document.querySelector('.polis-person')")

	// Who looks after the house, at the desk.
	boss := manager(ours)
	s.as = &boss
	d, _ := s.make(t, device.Door, ours)
	for lang, width := range map[string]int64{"it": 1280, "en": 390} {
		tab.Width(width)
		for name, path := range map[string]string{"list": "", "new": "/nuovo", "one": "/" + d.ID, "revoke": "/" + d.ID + "/revoca"} {
			tab.Go(srv.URL + "/gestione/dispositivi" + path + "?lang=" + lang)
			look(name + "-" + lang)
		}
		tab.Go(srv.URL + "/gestione/dispositivi/" + d.ID)
		press("main form button")
		tab.WaitFor("!!document.querySelector('.polis-code-text')")
		look("code-" + lang)
	}
}
