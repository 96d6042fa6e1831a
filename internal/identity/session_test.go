package identity_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"polis/internal/demo"
	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// browser is somebody's browser before the pages of a server.
type browser struct {
	t    *testing.T
	http *http.Client
	url  string
}

func newServer(t *testing.T, s *identity.Sessions) *httptest.Server {
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, err error) {
		if err != nil {
			http.Error(w, err.Error(), errs.Status(errs.As(err).Kind))
		}
	}
	mux.HandleFunc("/in", func(w http.ResponseWriter, r *http.Request) {
		answer(w, s.SignIn(r.Context(), identity.Proof{Person: r.FormValue("person"), Method: "code", Level: identity.LevelLow}))
	})
	mux.HandleFunc("/prove", func(w http.ResponseWriter, r *http.Request) {
		answer(w, s.Prove(r.Context(), identity.Proof{Person: r.FormValue("person"), Method: "passkey", Level: identity.LevelSubstantial}))
	})
	mux.HandleFunc("/out", func(w http.ResponseWriter, r *http.Request) { answer(w, s.SignOut(r.Context())) })
	mux.HandleFunc("/who", func(w http.ResponseWriter, r *http.Request) {
		a := identity.ActorFrom(r.Context())
		w.Write([]byte(string(a.Role) + " " + a.Name + " " + a.Scope.ID + " " + string(a.Channel)))
	})
	mux.HandleFunc("/keep", func(w http.ResponseWriter, r *http.Request) { s.Keep(r.Context(), "state", "42") })
	mux.HandleFunc("/kept", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(s.Kept(r.Context(), "state"))) })
	mux.HandleFunc("/list", func(w http.ResponseWriter, r *http.Request) {
		list, err := s.List(r.Context(), r.FormValue("person"))
		answer(w, err)
		for _, x := range list {
			line := x.ID
			if x.Current {
				line += " current"
			}
			w.Write([]byte(line + "\n"))
		}
	})
	mux.HandleFunc("/revoke", func(w http.ResponseWriter, r *http.Request) {
		answer(w, s.End(r.Context(), identity.Actor{Person: r.FormValue("person"), Role: identity.Citizen}, r.FormValue("id")))
	})
	srv := httptest.NewServer(s.Middleware(mux))
	t.Cleanup(srv.Close)
	return srv
}

func newBrowser(t *testing.T, srv *httptest.Server) *browser {
	jar := must[*cookiejar.Jar](t)(cookiejar.New(nil))
	return &browser{t, &http.Client{Jar: jar}, srv.URL}
}

func (b *browser) get(path string) string {
	b.t.Helper()
	status, body, _ := b.try(path)
	if status != 200 {
		b.t.Fatalf("%s: %d %s", path, status, body)
	}
	return body
}

func (b *browser) try(path string) (int, string, http.Header) {
	b.t.Helper()
	res, err := b.http.Get(b.url + path)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body := new(strings.Builder)
	if err := res.Write(body); err != nil {
		b.t.Fatal(err)
	}
	_, text, _ := strings.Cut(body.String(), "\r\n\r\n")
	return res.StatusCode, text, res.Header
}

func (b *browser) token() string {
	u, _ := url.Parse(b.url)
	for _, c := range b.http.Jar.Cookies(u) {
		return c.Value
	}
	return ""
}

func TestSessionLife(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		p := h.create(t, rossi)
		if err := h.grants.Give(ctx,
			identity.Grant{Person: p.ID, Role: identity.CounterOperator, Scope: identity.Site("a")},
			identity.Grant{Person: p.ID, Role: identity.SiteManager, Scope: identity.Site("b")},
			identity.Grant{Person: p.ID, Role: identity.Member, Scope: identity.Group("g")}); err != nil {
			t.Fatal(err)
		}
		o := identity.SessionOptions{People: identity.Span{Idle: time.Hour, Life: 3 * time.Hour}}
		// Two replicas: signed in on one, gone on with on the other.
		srv := newServer(t, identity.NewSessions(h.people, h.grants, o))
		other := newServer(t, identity.NewSessions(h.people, h.grants, o))

		b := newBrowser(t, srv)
		const visitor, maria = "visitor   web", "site-manager Maria D. b web"
		expect := func(b *browser, want string) {
			t.Helper()
			if got := b.get("/who"); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		expect(b, visitor)
		if b.token() != "" {
			t.Error("a visitor got a cookie")
		}
		if status, _, _ := b.try("/in?person=nobody"); status != 404 {
			t.Errorf("nobody signed in: %d", status)
		}
		b.get("/keep")
		planted := b.token()
		_, _, header := b.try("/in?person=" + p.ID)
		cookie := header.Get("Set-Cookie")
		if !strings.HasPrefix(cookie, "polis_session=") || !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Lax") ||
			strings.Contains(cookie, "Secure") || strings.Contains(cookie, "Expires") {
			t.Errorf("cookie %q", cookie)
		}
		if b.token() == planted {
			t.Error("signing in kept the token from before")
		}
		if b.get("/kept") != "" {
			t.Error("signing in kept what was there before")
		}
		expect(b, maria)
		b.url = other.URL // the jar does not tell ports apart
		expect(b, maria)
		if strings.Contains(string(dump(t, h.db)), b.token()) {
			t.Error("the database holds the token")
		}

		// A token from before signing in is worth nothing.
		thief := newBrowser(t, srv)
		u, _ := url.Parse(srv.URL)
		thief.http.Jar.SetCookies(u, []*http.Cookie{{Name: "polis_session", Value: planted}})
		expect(thief, visitor)

		// Idle: used in time it goes on, otherwise it ends.
		for range 3 {
			h.clk.Advance(50 * time.Minute)
			expect(b, maria)
		}
		// Absolute: 150 minutes are gone; however much it is used, 180 end it.
		h.clk.Advance(29 * time.Minute)
		expect(b, maria)
		h.clk.Advance(time.Minute)
		expect(b, visitor)

		b = newBrowser(t, srv)
		b.get("/in?person=" + p.ID)
		h.clk.Advance(time.Hour)
		expect(b, visitor)

		// Out.
		b.get("/in?person=" + p.ID)
		expect(b, maria)
		token := b.token()
		b.get("/out")
		expect(b, visitor)
		thief.http.Jar.SetCookies(u, []*http.Cookie{{Name: "polis_session", Value: token}})
		expect(thief, visitor)
	})
}

var sessionActs = db.Q("identity.test-session-acts", `
	SELECT COUNT(*) FROM act WHERE kind = 'person.session-ended' AND subject = $1 AND person = $1 AND data LIKE $2`)

// Proving anew gives another token and no more time: the last end counts from the
// first signing in.
func TestProvingAnewIsNoNewBeginning(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		p := h.create(t, rossi)
		b := newBrowser(t, newServer(t, identity.NewSessions(h.people, h.grants, identity.SessionOptions{People: identity.Span{Idle: time.Hour, Life: 3 * time.Hour}})))
		b.get("/in?person=" + p.ID)
		for range 3 {
			h.clk.Advance(50 * time.Minute)
			before := b.token()
			if b.get("/prove?person=" + p.ID); b.token() == before {
				t.Error("the same token")
			}
		}
		h.clk.Advance(30*time.Minute - time.Second)
		if got := b.get("/who"); !strings.HasPrefix(got, "citizen") {
			t.Errorf("before three hours: %q", got)
		}
		h.clk.Advance(time.Second)
		if got := b.get("/who"); !strings.HasPrefix(got, "visitor") {
			t.Errorf("after three hours: %q", got)
		}
	})
}

// Who is given a role while signed in has from then on a session of those who have
// one: it ends earlier, at once where its time would be over.
func TestARoleShortensTheSession(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		p := h.create(t, rossi)
		b := newBrowser(t, newServer(t, identity.NewSessions(h.people, h.grants, identity.SessionOptions{
			People: identity.Span{Idle: 2 * time.Hour, Life: 12 * time.Hour}, Staff: identity.Span{Idle: 10 * time.Minute, Life: time.Hour},
		})))
		give := func() {
			t.Helper()
			if err := h.grants.Give(t.Context(), identity.Grant{Person: p.ID, Role: identity.SiteManager, Scope: identity.Site("a")}); err != nil {
				t.Fatal(err)
			}
			h.clk.Advance(5 * time.Second) // what is in memory
		}
		expect := func(what, want string) {
			t.Helper()
			if got := b.get("/who"); !strings.HasPrefix(got, want) {
				t.Errorf("%s: %q", what, got)
			}
		}
		b.get("/in?person=" + p.ID)
		expect("at first", "citizen")
		give()
		expect("with a role", "site-manager")
		h.clk.Advance(10*time.Minute - time.Second)
		expect("in time", "site-manager")
		h.clk.Advance(10 * time.Minute)
		expect("idle", "visitor")
		if err := h.grants.Take(t.Context(), p.ID, identity.SiteManager, identity.Site("a")); err != nil {
			t.Fatal(err)
		}
		h.clk.Advance(5 * time.Second)
		b.get("/in?person=" + p.ID)
		h.clk.Advance(time.Hour)
		expect("an hour later", "citizen")
		give()
		expect("with a role after an hour", "visitor")
	})
}

func TestSessionsAreListedAndRevoked(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		p := h.create(t, rossi)
		s := identity.NewSessions(h.people, h.grants, identity.SessionOptions{})
		srv := newServer(t, s)
		home, phone := newBrowser(t, srv), newBrowser(t, srv)
		home.get("/in?person=" + p.ID)
		h.clk.Advance(time.Minute)
		phone.get("/in?person=" + p.ID)
		lines := strings.Fields(phone.get("/list?person=" + p.ID))
		if len(lines) != 3 || lines[1] != "current" {
			t.Fatalf("listed %q", lines)
		}
		of := lines[2]
		if status, _, _ := phone.try("/revoke?person=other&id=" + of); status != 404 {
			t.Errorf("revoked by somebody else: %d", status)
		}
		phone.get("/revoke?person=" + p.ID + "&id=" + of)
		acts := 0
		if err := db.One(t.Context(), h.db, sessionActs, []any{p.ID, `%"` + of + `"%`}, &acts); err != nil || acts != 1 {
			t.Errorf("%d acts say that it was ended, %v", acts, err)
		}
		if status, _, _ := phone.try("/revoke?person=" + p.ID + "&id=" + of); status != 404 {
			t.Errorf("revoked twice: %d", status)
		}
		if got := home.get("/who"); !strings.HasPrefix(got, "visitor") {
			t.Errorf("revoked, but %q", got)
		}
		if got := phone.get("/who"); !strings.HasPrefix(got, "citizen Maria D.") {
			t.Errorf("not revoked, but %q", got)
		}
		h.clk.Advance(12 * time.Hour)
		if err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(phone.get("/list?person="+p.ID), of) {
			t.Error("still listed")
		}
	})
}

// A request that began before its session was revoked must not bring it back.
func TestRevokedSessionStaysRevoked(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		p := h.create(t, rossi)
		s := identity.NewSessions(h.people, h.grants, identity.SessionOptions{})
		mux := http.NewServeMux()
		inside, goOn := make(chan struct{}), make(chan struct{})
		mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
			close(inside)
			<-goOn
			s.Keep(r.Context(), "a", "b") // makes scs write the session
		})
		mux.Handle("/", newServer(t, s).Config.Handler)
		srv := httptest.NewServer(s.Middleware(mux))
		defer srv.Close()
		b := newBrowser(t, srv)
		b.get("/in?person=" + p.ID)
		done := make(chan struct{})
		go func() {
			defer close(done)
			if res, err := b.http.Get(srv.URL + "/slow"); err == nil {
				res.Body.Close()
			}
		}()
		<-inside
		id, _, _ := strings.Cut(strings.TrimSpace(b.get("/list?person="+p.ID)), " ")
		if err := s.End(t.Context(), identity.Actor{Person: p.ID, Role: identity.Citizen}, id); err != nil {
			t.Error(err)
		}
		close(goOn)
		<-done
		if got := b.get("/who"); !strings.HasPrefix(got, "visitor") {
			t.Errorf("the session came back: %q", got)
		}
	})
}

func TestSecureCookie(t *testing.T) {
	h := newHouse(t, sqlite(t))
	p := h.create(t, rossi)
	srv := newServer(t, identity.NewSessions(h.people, h.grants, identity.SessionOptions{Secure: true}))
	_, _, header := newBrowser(t, srv).try("/in?person=" + p.ID)
	if c := header.Get("Set-Cookie"); !strings.HasPrefix(c, "__Host-polis_session=") || !strings.Contains(c, "; Secure") || !strings.Contains(c, "Path=/;") || strings.Contains(c, "Domain") {
		t.Errorf("cookie %q", c)
	}
}

func TestDemoSignIn(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		demo := identity.NewDemo(h.people, h.grants, demo.TestPeople("site-1"))
		for range 2 { // the second time everything is there
			if err := demo.Prepare(ctx); err != nil {
				t.Fatal(err)
			}
		}
		s := identity.NewSessions(h.people, h.grants, identity.SessionOptions{})
		srv := newServer(t, s)
		for _, x := range demo.People() {
			id := must[string](t)(demo.SignInAs(x.Key))
			b := newBrowser(t, srv)
			b.get("/in?person=" + id)
			want := string(x.Role) + " " + x.Person.DisplayName() + " " + x.Scope.ID + " web"
			if got := b.get("/who"); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		if _, err := demo.SignInAs("nobody"); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("nobody: %v", err)
		}
	})
}
