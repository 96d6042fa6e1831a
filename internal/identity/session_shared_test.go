package identity_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"polis/internal/identity"
)

// enter signs a surfer in by a code that is mailed.
func (s *surfer) enter(w *wayIn, email string) {
	s.t.Helper()
	s.post("/accedi", "email", email)
	s.post("/accedi/codice", "codice", w.code(s.t))
	if who := s.get("/").who; who == "" {
		s.t.Fatal("nobody is signed in")
	}
}

// as lets a surfer say which browser it is.
func (s *surfer) as(agent string) *surfer {
	s.Transport = agentOf(agent)
	return s
}

type agentOf string

func (a agentOf) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("User-Agent", string(a))
	return http.DefaultTransport.RoundTrip(r)
}

const (
	firefoxOnWindows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
	safariOnPhone    = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)

func TestOnesOwnSessions(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		maria := w.create(t, rossi)
		surfers := w.open(t, false)
		// The other replica has sessions of its own, on the same database.
		here, there := surfers().as(firefoxOnWindows), surfers().as(safariOnPhone)
		here.enter(w, rossi.Email)
		w.clk.Advance(time.Minute)
		there.enter(w, rossi.Email)
		text := here.get("/profilo/sessioni").One(t, "main").Text()
		for _, want := range []string{"Firefox su Windows", "Safari su iPhone", "Questo accesso", "Codice per e-mail", "Normale"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in %s", want, text)
			}
		}
		if strings.Contains(string(dump(t, w.db)), "Firefox|Windows") {
			t.Error("the database tells which browser somebody uses")
		}
		actor := identity.Actor{Person: maria.ID, Role: identity.Citizen}
		list := must[[]identity.Session](t)(w.sessions.Own(t.Context(), actor))
		if len(list) != 2 || list[0].Browser != "Safari|iPhone" || list[0].Method != "code" || list[0].Level != identity.LevelLow || list[0].Current {
			t.Fatalf("listed %+v", list)
		}
		// Ended on one, over on the other at once; a second tap is no error.
		for range 2 {
			if got := here.post("/profilo/sessioni/" + list[0].ID + "/fine"); got.status != 200 {
				t.Errorf("ended: %d", got.status)
			}
		}
		if who := there.get("/").who; who != "" {
			t.Errorf("ended, and still %q", who)
		}
		// Not another's.
		if err := w.sessions.End(t.Context(), identity.Actor{Person: "other", Role: identity.Citizen}, list[1].ID); err == nil {
			t.Error("ended another's session")
		}
		if _, err := w.sessions.Own(t.Context(), identity.Anonymous); err == nil {
			t.Error("nobody lists sessions")
		}
		there.enter(w, rossi.Email)
		here.post("/profilo/sessioni/altri/fine")
		if a, b := here.get("/").who, there.get("/").who; a == "" || b != "" {
			t.Errorf("after ending all others: %q and %q", a, b)
		}
		if got := here.post("/profilo/sessioni/" + list[1].ID + "/fine"); got.who != "" || here.get("/").who != "" {
			t.Error("one's own session goes on after its end")
		}
	})
}

func (s *surfer) cookies() (names []string) {
	u, _ := url.Parse(s.url)
	for _, c := range s.Jar.Cookies(u) {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	return names
}

func TestSharedDevice(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		w.create(t, rossi)
		s := w.open(t, false)()
		s.get("/accedi?lang=en")
		s.post("/accedi/condiviso", "condiviso", "si", "next", "/profilo")
		if page := s.get("/accedi"); page.One(t, "input[name=email]").Attr["autocomplete"] != "off" || len(page.All(".polis-shared-on")) != 1 {
			t.Error("the page to sign in does not know that the device is shared")
		}
		s.enter(w, rossi.Email)
		page := s.get("/profilo")
		ending := page.One(t, "[data-ending]")
		if ending.Attr["data-ending"] != "120" || page.One(t, "meta[http-equiv=refresh]").Attr["content"] != "121;url=/accedi/fine" {
			t.Errorf("the page ends at %q", ending.Attr["data-ending"])
		}
		expect := func(what string, in bool) {
			t.Helper()
			if who := s.get("/").who; (who != "") != in {
				t.Fatalf("%s: %q", what, who)
			}
		}
		// Used or prolonged it goes on, up to a quarter of an hour.
		for range 7 {
			w.clk.Advance(115 * time.Second)
			if got := s.post("/accedi/ancora", "next", "/profilo"); got.at != "/profilo" {
				t.Fatalf("prolonged: at %s", got.at)
			}
		}
		if left := s.get("/profilo").One(t, "[data-ending]"); left.Attr["data-ending"] != "95" || len(s.get("/profilo").All("[data-last]")) == 0 {
			t.Errorf("near the end: %s", left.Attr["data-ending"])
		}
		w.clk.Advance(94 * time.Second)
		expect("before the end", true)
		w.clk.Advance(time.Second)
		if got := s.post("/accedi/ancora"); got.at != "/accedi/fine" {
			t.Errorf("prolonged after the end: at %s", got.at)
		}
		expect("after a quarter of an hour", false)

		// Two minutes without use.
		s.post("/accedi/condiviso", "condiviso", "si")
		s.enter(w, rossi.Email)
		w.clk.Advance(2*time.Minute - time.Second)
		expect("in time", true)
		w.clk.Advance(2 * time.Minute)
		expect("idle", false)

		// Signing out leaves nothing.
		s.post("/accedi/condiviso", "condiviso", "si")
		s.enter(w, rossi.Email)
		u, _ := url.Parse(s.url)
		stolen := s.Jar.Cookies(u)
		res := must[*http.Response](t)(s.PostForm(s.url+"/esci", nil))
		res.Body.Close()
		if res.Request.URL.Path != "/accedi/fine" || res.Header.Get("Clear-Site-Data") != `"cache", "storage"` || res.Header.Get("Refresh") == "" {
			t.Errorf("signed out at %s with %q", res.Request.URL.Path, res.Header)
		}
		if left := s.cookies(); len(left) > 0 {
			t.Errorf("left behind: %q", left)
		}
		s.Jar.SetCookies(u, stolen)
		expect("a stolen cookie", false)
	})
}

// What is on a personal telephone stays there; a link of elsewhere signs nobody out.
func TestSignOutOnAPersonalDevice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, rossi)
	s := w.open(t, false)()
	s.enter(w, rossi.Email)
	if page := s.get("/profilo"); len(page.All("[data-ending]")) > 0 || len(page.All("body[data-shared]")) > 0 {
		t.Error("a personal device is taken for a shared one")
	}
	for _, path := range []string{"/esci", "/accedi/fine"} {
		if got := s.get(path); got.status != 200 || s.get("/").who == "" {
			t.Errorf("%s signs out: %d", path, got.status)
		}
	}
	// Two at once.
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if res, err := s.PostForm(s.url+"/esci", nil); err != nil || res.StatusCode != 200 || res.Header.Get("Clear-Site-Data") != "" {
				t.Errorf("signed out with %v, %v", res, err)
			}
		})
	}
	wg.Wait()
	if who := s.get("/").who; who != "" {
		t.Errorf("signed out twice, and %q", who)
	}
}

func TestWhoHasARoleIsSignedInForAsLongAsStaff(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		p := h.create(t, rossi)
		if err := h.grants.Give(t.Context(), identity.Grant{Person: p.ID, Role: identity.Administrator, Scope: identity.Network}); err != nil {
			t.Fatal(err)
		}
		citizen := h.create(t, identity.Person{GivenName: "Ugo"})
		srv := newServer(t, identity.NewSessions(h.people, h.grants, identity.SessionOptions{Staff: identity.Span{Idle: 10 * time.Minute, Life: time.Hour}}))
		staff, other := newBrowser(t, srv), newBrowser(t, srv)
		staff.get("/in?person=" + p.ID)
		other.get("/in?person=" + citizen.ID)
		h.clk.Advance(10 * time.Minute)
		if a, b := staff.get("/who"), other.get("/who"); !strings.HasPrefix(a, "visitor") || !strings.HasPrefix(b, "citizen") {
			t.Errorf("after ten minutes %q and %q", a, b)
		}
	})
}

func TestANewBrowserIsTold(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		w.TellNew(w.sessions)
		p := w.create(t, rossi)
		w.clk.Advance(2 * time.Hour)
		w.create(t, identity.Person{GivenName: "Ugo", FamilyName: "Verdi", Email: "ugo@example.org"})
		surfers := w.open(t, false)
		told := func() (n int) {
			for _, m := range w.mails(t) {
				if m.To == p.Email && m.Subject == "Nuovo accesso" {
					n++
					if !strings.Contains(m.Text, "Firefox su Windows") || !strings.Contains(m.Text, "/profilo/sessioni") {
						t.Errorf("told %s", m.Text)
					}
				}
			}
			return n
		}
		home := surfers().as(firefoxOnWindows)
		for i, want := range []int{1, 1} { // the browser is new once
			home.enter(w, rossi.Email)
			if n := told(); n != want {
				t.Errorf("time %d: told %d times", i, n)
			}
			home.post("/esci")
		}
		home.enter(w, "ugo@example.org") // somebody new of the family
		home.post("/esci")
		home.enter(w, rossi.Email)
		if n := told(); n != 1 {
			t.Errorf("after the family: %d", n)
		}
		elsewhere := surfers().as(firefoxOnWindows)
		elsewhere.enter(w, rossi.Email)
		if n := told(); n != 2 {
			t.Errorf("elsewhere: %d", n)
		}
		// A shared device remembers nobody: there they are told once a day.
		for i, want := range []int{3, 3, 4} {
			w.clk.Advance(13 * time.Hour)
			kiosk := surfers().as(firefoxOnWindows)
			kiosk.post("/accedi/condiviso", "condiviso", "si")
			kiosk.enter(w, rossi.Email)
			if n := told(); n != want {
				t.Errorf("time %d on a shared device: told %d times", i, n)
			}
		}
	})
}

func TestKindsOfBrowsers(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		firefoxOnWindows: "Firefox|Windows",
		safariOnPhone:    "Safari|iPhone",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0":          "Edge|Windows",
		"Mozilla/5.0 (Linux; Android 15; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/27.0 Chrome/125.0 Mobile Safari/537.36": "Samsung Internet|Android",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15":                  "Safari|Mac",
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36":                                  "Chrome|Linux",
		"Mozilla/5.0 (X11; CrOS x86_64 15917) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36":                             "Chrome|Chromebook",
		"curl/8.5.0": "|", "": "|", strings.Repeat("<script>", 1000): "|",
	} {
		if got := identity.BrowserOf(agent); got != want {
			t.Errorf("%.60q is %q, not %q", agent, got, want)
		}
	}
}
