package oidc_test

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"polis/internal/fiscal"
	"polis/internal/identity"
	"polis/internal/identity/oidc"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/i18n"
	"polis/internal/platform/jobs"
	"polis/internal/platform/letter"
	"polis/internal/platform/mail"
	"polis/internal/platform/web"
	"polis/internal/platform/web/webtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var noon = time.Date(2026, 11, 16, 12, 0, 0, 0, time.UTC)

var verdiNumber, _ = fiscal.Make("Verdi", "Giuseppe", fiscal.Date{Year: 1956, Month: 3, Day: 19}, fiscal.Male, "A345")

var rossiNumber, _ = fiscal.Make("Rossi", "Maria", fiscal.Date{Year: 1980, Month: 1, Day: 1}, fiscal.Female, "H501")

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// outbox takes what is mailed.
type outbox struct {
	mu   sync.Mutex
	list []mail.Message
}

func (o *outbox) Send(_ context.Context, m mail.Message) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.list = append(o.list, m)
	return nil
}

// world is an installation on one database, with its providers.
type world struct {
	*oidc.Service

	t        *testing.T
	db       *db.DB
	clk      *clock.Manual
	public   string
	kin      *oidc.Federation
	keys     *identity.Keys
	people   *identity.People
	access   *identity.Access
	sessions *identity.Sessions
	words    *i18n.Bundle
	out      *outbox
	worker   *jobs.Worker
	log      *strings.Builder
}

const (
	public   = "https://polis.example"
	clientID = "https://polis.example/"
)

func newWorld(t *testing.T, d *db.DB, clk *clock.Manual, providers ...oidc.Settings) *world {
	t.Helper()
	w := &world{t: t, db: d, clk: clk, public: public, kin: &oidc.Federation{
		Name: "Polis", Contacts: []string{"ente@pec.example"}, AuthorityHints: []string{"https://registry.example"},
	}}
	w.prepare(clk, providers)
	return w
}

// prepare readies keys and all on a new database.
func (w *world) prepare(clk clock.Clock, providers []oidc.Settings) {
	t := w.t
	t.Helper()
	w.out = &outbox{}
	w.keys = must[*identity.Keys](t)(identity.OpenKeys(t.Context(), w.db, identity.KeyFile{Path: filepath.Join(t.TempDir(), "kek.json")}))
	for i, name := range []string{"oidc-sign", "oidc-encrypt", "oidc-federation"} {
		must[[]byte](t)(w.keys.Secret(t.Context(), name, func() ([]byte, error) { return x509.MarshalPKCS8PrivateKey(testKeys()[i]) }))
	}
	w.open(clk, providers)
}

// replica is another program on the same database.
func (w *world) replica(providers ...oidc.Settings) *world {
	o := &world{t: w.t, db: w.db, clk: w.clk, out: w.out, keys: w.keys, public: w.public, kin: w.kin}
	o.open(w.clk, providers)
	return o
}

func (w *world) open(clk clock.Clock, providers []oidc.Settings) {
	t := w.t
	t.Helper()
	w.people = identity.NewPeople(w.db, w.keys, clk, clock.NewID)
	grants := identity.NewGrants(w.db, clk)
	w.words = i18n.NewBundle()
	if err := errors.Join(w.words.Add(identity.Words), w.words.Add(letter.Words), w.words.Add(oidc.Words)); err != nil {
		t.Fatal(err)
	}
	w.sessions = identity.NewSessions(w.people, grants, identity.SessionOptions{})
	w.access = identity.NewAccess(identity.AccessOptions{
		People: w.people, Grants: grants, Tokens: identity.NewTokens(w.people, grants, false), Words: w.words, Log: slog.New(slog.DiscardHandler),
		Transport: w.out, From: mail.Sender{Name: "Polis", Address: "polis@polis.example"}, URL: w.public,
	})
	config, err := oidc.Config{Providers: providers, Federation: w.kin}.Check(w.public)
	if err != nil {
		t.Fatal(err)
	}
	w.log = &strings.Builder{}
	w.Service = must[*oidc.Service](t)(oidc.New(oidc.Options{
		DB: w.db, Keys: w.keys, People: w.people, Access: w.access, Clock: clk, IDs: clock.NewID,
		Log: slog.New(slog.NewTextHandler(w.log, nil)), URL: w.public, Config: config,
	}))
	w.worker = jobs.New(jobs.Config{DB: w.db, Clock: clk, Log: slog.New(slog.DiscardHandler)})
	w.access.Register(w.worker)
	w.Register(w.worker)
}

// settings of the two kinds of providers at an op.
func (o *op) settings(name string) oidc.Settings {
	s := oidc.Settings{Name: name, Issuer: o.url, ClientID: "polis"}
	if o.spid {
		s.Profile, s.ClientID, s.Button = oidc.SpidCIE, clientID, "spid"
		o.encryptTo = jose.JSONWebKey{Key: testKeys()[1].Public()}
	}
	return s
}

// generic is an installation with one generic provider, "one"; spid with one of
// SPID, "spid". Both on SQLite.
func generic(t *testing.T) (*world, *op) {
	t.Helper()
	clk := clock.NewManual(noon)
	o := newOP(t, clk, false)
	return newWorld(t, dbtest.SQLite(t), clk, o.settings("one")), o
}

func spid(t *testing.T) (*world, *op) {
	t.Helper()
	clk := clock.NewManual(noon)
	o := newOP(t, clk, true)
	return newWorld(t, dbtest.SQLite(t), clk, o.settings("spid")), o
}

// begin starts a sign-in and lets the person agree to it.
func (w *world) begin(o *op, name string, wish oidc.Wish) url.Values {
	w.t.Helper()
	if wish.Browser == "" {
		wish.Browser = "browser"
	}
	return o.authorize(must[string](w.t)(w.Start(w.t.Context(), name, wish)))
}

// in signs in whole.
func (w *world) in(o *op, name string) (oidc.Outcome, error) {
	w.t.Helper()
	return w.Finish(w.t.Context(), name, "browser", w.begin(o, name, oidc.Wish{}))
}

func (w *world) person(id string) identity.Person {
	w.t.Helper()
	return must[identity.Person](w.t)(w.people.Get(w.t.Context(), id))
}

var population = db.Q("oidc.test-population", `SELECT COUNT(*) FROM person`)

func (w *world) population() (n int) {
	w.t.Helper()
	if err := db.One(w.t.Context(), w.db, population, nil, &n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// code is the code of the last message.
func (w *world) code() string {
	w.t.Helper()
	must[int](w.t)(w.worker.RunDue(w.t.Context()))
	w.out.mu.Lock()
	defer w.out.mu.Unlock()
	if len(w.out.list) == 0 {
		w.t.Fatal("no message")
	}
	return sixDigits.FindString(w.out.list[len(w.out.list)-1].Text)
}

// handler are the pages of an installation, and one that says who is there.
func (w *world) handler() http.Handler {
	t := w.t
	t.Helper()
	ui := must[*web.Renderer](t)(web.New(w.words, web.Config{
		SignIn: identity.SignInPath, SignOut: identity.SignOutPath,
		Person: func(r *http.Request) *web.Person {
			if a := identity.ActorFrom(r.Context()); a.SignedIn() {
				return &web.Person{Name: a.Name, Home: "/profilo"}
			}
			return nil
		},
	}))
	o := identity.PageOptions{
		Sessions: w.sessions, Access: w.access, Contacts: "/contatti", Work: func(identity.Role) string { return "/" },
		Parts: []identity.ProfilePart{w.Part()}, Ways: w.Ways, Left: w.Left(w.sessions, func(err error) { t.Error(err) }),
	}
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", ui.Assets())
	if err := errors.Join(identity.RegisterPages(mux, ui, o), oidc.RegisterPages(mux, ui, w.Service, o)); err != nil {
		t.Fatal(err)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		a := identity.ActorFrom(r.Context())
		w.Header().Set("Who", a.Name)
		w.Header().Set("How", a.Method)
	})
	return web.Wrap(w.sessions.Middleware(mux), ui.Chain()...)
}

// surfer is somebody's browser.
type surfer struct {
	t   *testing.T
	url string
	*http.Client
}

func (w *world) serve() (open func() *surfer) {
	srv := httptest.NewServer(w.handler())
	w.t.Cleanup(srv.Close)
	return func() *surfer {
		return newSurfer(w.t, srv.URL)
	}
}

func newSurfer(t *testing.T, url string) *surfer {
	return &surfer{t, url, &http.Client{Jar: must[*cookiejar.Jar](t)(cookiejar.New(nil))}}
}

// page is what a page says.
type page struct {
	*webtest.Node

	status       int
	at, who, how string
	refresh      string
}

func (s *surfer) read(res *http.Response, err error) page {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body := must[[]byte](s.t)(io.ReadAll(res.Body))
	root := must[*webtest.Node](s.t)(webtest.Parse(string(body)))
	return page{root, res.StatusCode, res.Request.URL.RequestURI(), res.Header.Get("Who"), res.Header.Get("How"), strings.TrimPrefix(res.Header.Get("Refresh"), "0; url=")}
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

// carry takes the cookies of another address along.
func (s *surfer) carry(from string) {
	a, _ := url.Parse(from)
	b, _ := url.Parse(s.url)
	s.Jar.SetCookies(b, s.Jar.Cookies(a))
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

// in goes through the provider and comes back.
func (s *surfer) in(o *op, name string, form ...string) page {
	s.t.Helper()
	return s.get("/accedi/oidc/" + name + "/ritorno?" + o.authorize(s.post("/accedi/oidc/"+name, form...).refresh).Encode())
}
