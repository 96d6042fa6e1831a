package stepup_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime/multipart"
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

	"polis/internal/identity"
	"polis/internal/identity/passkey"
	"polis/internal/identity/passkey/passkeytest"
	"polis/internal/identity/stepup"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/i18n"
	"polis/internal/platform/jobs"
	"polis/internal/platform/letter"
	"polis/internal/platform/mail"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/platform/web/webtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// outbox keeps messages instead of sending them.
type outbox struct {
	mu   sync.Mutex
	last string
}

func (o *outbox) Send(_ context.Context, m mail.Message) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last = m.Text
	return nil
}

// world is the pages of an installation on two servers.
type world struct {
	t       *testing.T
	clk     *clock.Manual
	keys    *identity.Keys
	people  *identity.People
	grants  *identity.Grants
	out     *outbox
	worker  *jobs.Worker
	origin  string
	servers []*httptest.Server
	access  *identity.Access
}

// newWorld serves pages at a name that passkeys can have.
func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	w := &world{t: t, clk: clock.NewManual(noon), out: &outbox{}, origin: "http://localhost:4180"}
	w.keys = must[*identity.Keys](t)(identity.OpenKeys(t.Context(), d, identity.KeyFile{Path: filepath.Join(t.TempDir(), "kek.json")}))
	w.people, w.grants = identity.NewPeople(d, w.keys, w.clk, clock.NewID), identity.NewGrants(d, w.clk)
	w.worker = jobs.New(jobs.Config{DB: d, Clock: w.clk, Log: slog.New(slog.DiscardHandler)})
	for i := range 2 {
		w.servers = append(w.servers, w.serve(d, i == 0))
	}
	return w
}

func (w *world) serve(d *db.DB, mails bool) *httptest.Server {
	words := i18n.NewBundle()
	if err := errors.Join(words.Add(identity.Words), words.Add(letter.Words), words.Add(passkey.Words), words.Add(stepup.Words)); err != nil {
		w.t.Fatal(err)
	}
	sessions := identity.NewSessions(w.people, w.grants, identity.SessionOptions{Passkeys: "localhost"})
	log := slog.New(slog.DiscardHandler)
	access := identity.NewAccess(identity.AccessOptions{
		People: w.people, Grants: w.grants, Tokens: identity.NewTokens(w.people, w.grants, false), Words: words, Scopes: nowhere{}, Log: log,
		Transport: w.out, From: mail.Sender{Name: "Polis", Address: "polis@polis.example"}, URL: w.origin,
	})
	if mails {
		access.Register(w.worker)
		w.access = access
	}
	keys := must[*passkey.Service](w.t)(passkey.New(passkey.Options{
		DB: d, People: w.people, Limits: access.Limits, Clock: w.clk, IDs: clock.NewID, Log: log, Name: "Polis", URL: w.origin,
	}))
	forms := stepup.NewForms(d, w.keys, w.clk)
	ui := must[*web.Renderer](w.t)(web.New(words, web.Config{Instead: stepup.Instead(sessions, forms), FlashKey: []byte("k")}))
	mux := http.NewServeMux()
	o := identity.PageOptions{Sessions: sessions, Access: access, Work: func(identity.Role) string { return "/gestione" }, Ways: keys.Way, OfferPasskey: keys.Offer}
	if err := errors.Join(identity.RegisterPages(mux, ui, o), passkey.RegisterPages(mux, ui, passkey.PageOptions{PageOptions: o, Service: keys}),
		stepup.RegisterPages(mux, ui, stepup.PageOptions{PageOptions: o, Passkeys: keys, Forms: forms})); err != nil {
		w.t.Fatal(err)
	}
	mux.Handle("POST /carica", ui.Handle(func(res http.ResponseWriter, r *http.Request) error { // a delicate form with a file
		if _, err := form.NewUpload(res, r, 1<<20); err != nil {
			return err
		}
		return identity.ActorFrom(r.Context()).CheckDanger(identity.DangerSettings, w.clk.Now())
	}))
	mux.HandleFunc("/", func(res http.ResponseWriter, r *http.Request) {
		res.Header().Set("Who", identity.ActorFrom(r.Context()).Person)
	})
	srv := httptest.NewServer(sessions.Middleware(web.Wrap(ui.Mux(mux), ui.Chain()...)))
	w.t.Cleanup(srv.Close)
	return srv
}

type nowhere struct{}

func (nowhere) ScopeName(s identity.Scope) string { return s.ID }

func (nowhere) FindScopes(_, _ string) ([]identity.NamedScope, bool) { return nil, false }

// person is somebody with a role, or a citizen.
func (w *world) person(name string, role identity.Role) string {
	w.t.Helper()
	p := must[identity.Person](w.t)(w.people.Create(w.t.Context(), identity.Person{GivenName: name, FamilyName: "Rossi", Email: strings.ToLower(name) + "@example.org"}))
	if role != identity.Citizen {
		if err := w.grants.Give(w.t.Context(), identity.Grant{Person: p.ID, Role: role, Scope: identity.Network}); err != nil {
			w.t.Fatal(err)
		}
	}
	return p.ID
}

// surfer is somebody's browser; its requests go to the two servers in turn.
type surfer struct {
	*http.Client

	w *world
	n int
}

// page is where a surfer is.
type page struct {
	*webtest.Node

	status int
	at     string
}

func (w *world) surfer() *surfer {
	return &surfer{Client: &http.Client{Jar: must[*cookiejar.Jar](w.t)(cookiejar.New(nil))}, w: w}
}

func (s *surfer) raw(method, path string, form url.Values) (*http.Response, []byte) {
	s.w.t.Helper()
	s.n++
	r := must[*http.Request](s.w.t)(http.NewRequestWithContext(s.w.t.Context(), method, s.w.servers[s.n%2].URL+path, strings.NewReader(form.Encode())))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept-Language", "it")
	r.Header.Set("Referer", s.w.servers[s.n%2].URL+"/da-qui")
	res := must[*http.Response](s.w.t)(s.Do(r))
	defer res.Body.Close()
	return res, must[[]byte](s.w.t)(io.ReadAll(res.Body))
}

func (s *surfer) get(path string) page { s.w.t.Helper(); return s.read(s.raw("GET", path, nil)) }

func (s *surfer) post(path string, form ...string) page {
	s.w.t.Helper()
	values := url.Values{}
	for i := 0; i < len(form); i += 2 {
		values.Add(form[i], form[i+1])
	}
	return s.read(s.raw("POST", path, values))
}

func (s *surfer) read(res *http.Response, body []byte) page {
	return page{must[*webtest.Node](s.w.t)(webtest.Parse(string(body))), res.StatusCode, res.Request.URL.RequestURI()}
}

func (w *world) code() string {
	w.t.Helper()
	if _, err := w.worker.RunDue(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.out.mu.Lock()
	defer w.out.mu.Unlock()
	return regexp.MustCompile(`\b\d{6}\b`).FindString(w.out.last)
}

// in signs somebody in by a mailed code.
func (s *surfer) in(name string) {
	s.w.t.Helper()
	s.post("/accedi", "email", name+"@example.org", "next", "/qui")
	if p := s.post("/accedi/codice", "codice", s.w.code()); p.at != "/qui" {
		s.w.t.Fatalf("in at %s", p.at)
	}
}

// ask is what an authenticator is to sign.
func (s *surfer) ask(path string) []byte {
	s.w.t.Helper()
	res, body := s.raw("POST", path+"/sfida", nil)
	if res.StatusCode != http.StatusOK {
		s.w.t.Fatalf("%s: %d %s", path, res.StatusCode, body)
	}
	return body
}

// resend sends the form that a page holds, as a script or somebody's finger does.
func (s *surfer) resend(p page) page {
	s.w.t.Helper()
	form := p.One(s.w.t, "form[data-resume]")
	var fields []string
	for _, input := range form.All("input") {
		fields = append(fields, input.Attr["name"], input.Attr["value"])
	}
	return s.post(form.Attr["action"], fields...)
}

var inviting = []string{"email", "nuovo@example.org", "nome", "Nuovo", "cognome", "D’Arrivo & “figli”", "ruolo", "gestore-rete", "ambito", "rete", "lingua", "it"}

// Who works here and has not proved for ten minutes who they are does so by a
// code, and the invitation that they had written goes out as it was.
func TestAFormWaits(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.person("Paola", identity.Administrator)
		s := w.surfer()
		s.in("paola")
		w.clk.Advance(10 * time.Minute)
		if p := s.post("/gestione/persone/invita", inviting...); p.at != "/gestione/persone/inviti" {
			t.Fatalf("ten minutes later: %s", p.at)
		}
		w.clk.Advance(time.Second)
		again := append([]string{}, inviting...)
		again[1] = "altro@example.org"
		p := s.post("/gestione/persone/invita", again...)
		if p.at != "/accedi/conferma" || p.status != 200 || len(p.All("[data-passkey]")) != 0 {
			t.Fatalf("a second more: %d at %s", p.status, p.at)
		}
		if p = s.post("/accedi/conferma", "come", "messaggio"); p.at != "/accedi/conferma" || len(p.All("#f-codice")) != 1 {
			t.Fatalf("no code is asked for: %s", p.Text())
		}
		code := w.code()
		if p = s.post("/accedi/conferma", "codice", "000000"); p.status != 422 && code != "000000" {
			t.Errorf("a wrong code: %d at %s", p.status, p.at)
		}
		if p = s.post("/accedi/conferma", "codice", code); p.at != "/riprendi" {
			t.Fatalf("at %s: %s", p.at, p.Text())
		}
		if p = s.resend(p); p.at != "/gestione/persone/inviti" || !strings.Contains(p.Text(), "altro@example.org") || !strings.Contains(p.Text(), "D’Arrivo & “figli”") {
			t.Errorf("at %s: %s", p.at, p.Text())
		}
		if p = s.get("/riprendi"); p.at != "/" {
			t.Errorf("it waits twice: %s", p.at)
		}
	})
}

// A file does not wait: who sends one is told so before and after they prove who
// they are, and is back where they chose it. Nothing is sent in its place.
func TestAFileIsChosenAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	w.person("Paola", identity.Administrator)
	s := w.surfer()
	s.in("paola")
	w.clk.Advance(11 * time.Minute)
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	file := must[io.Writer](t)(parts.CreateFormFile("file", "logo.png"))
	_, err := io.WriteString(file, "a picture")
	if err := errors.Join(err, parts.WriteField("nome", "Polis"), parts.Close()); err != nil {
		t.Fatal(err)
	}
	r := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), "POST", w.servers[0].URL+"/carica", &body))
	r.Header.Set("Content-Type", parts.FormDataContentType())
	r.Header.Set("Accept-Language", "it")
	r.Header.Set("Referer", w.servers[0].URL+"/da-qui")
	res := must[*http.Response](t)(s.Do(r))
	defer res.Body.Close()
	if p := s.read(res, must[[]byte](t)(io.ReadAll(res.Body))); p.at != "/accedi/conferma" || !strings.Contains(p.Text(), "il file va scelto di nuovo") {
		t.Fatalf("at %s: %s", p.at, p.Text())
	}
	s.post("/accedi/conferma", "come", "messaggio")
	if p := s.post("/accedi/conferma", "codice", w.code()); p.at != "/da-qui" {
		t.Errorf("at %s: %s", p.at, p.Text())
	}
	if p := s.get("/accedi/conferma"); !strings.Contains(p.Text(), "scegliere di nuovo il file") || strings.Contains(p.Text(), "il file va scelto") {
		t.Errorf("not told: %s", p.Text())
	}
}

// Who works here and has a passkey proves it by that: a mailed code signs them in,
// and gives no roles.
func TestAPasskeyIsNotGoneAround(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.person("Paola", identity.Administrator)
		s, a := w.surfer(), passkeytest.New(t, false)
		s.in("paola")
		if p := s.post("/profilo/passkey/nuova", "nome", "Telefono", "risposta", a.Make(s.ask("/profilo/passkey/nuova"), w.origin)); p.at != "/profilo/passkey" || !strings.Contains(p.Text(), "Telefono") {
			t.Fatalf("at %s: %s", p.at, p.Text())
		}
		thief := w.surfer() // who reads her mail
		thief.in("paola")
		w.clk.Advance(6 * time.Second) // so long a server may remember who somebody was
		p := thief.post("/gestione/persone/invita", inviting...)
		if p.at != "/accedi/conferma" || len(p.All("[data-passkey]")) != 1 || strings.Contains(p.Text(), "codice a") {
			t.Fatalf("at %s: %s", p.at, p.Text())
		}
		for _, way := range [][]string{{"come", "messaggio"}, {"come", "demo"}, {"codice", "123456"}, {"come", "passkey", "risposta", "{}"}, {"come", "passkey", "errore", "NotAllowedError"}} {
			if p := thief.post("/accedi/conferma", way...); p.at == "/riprendi" || p.at == "/" {
				t.Errorf("%v leads to %s", way, p.at)
			}
		}
		thief.post("/accedi/conferma", "codice", w.code())
		if p := thief.post("/gestione/persone/invita", inviting...); p.at != "/accedi/conferma" {
			t.Errorf("after a code: %s", p.at)
		}
		if p := thief.post("/profilo/passkey/" + passkeyOf(s) + "/togli"); p.at != "/accedi/conferma" {
			t.Errorf("the passkey is taken away: %s", p.at)
		}
		w.clk.Advance(time.Hour)
		p = s.post("/gestione/persone/invita", inviting...)
		if p.at != "/accedi/conferma" {
			t.Fatalf("an hour later: %s", p.at)
		}
		theirs := passkeytest.New(t, true) // of nobody
		theirs.Handle = a.Handle
		if p := s.post("/accedi/conferma", "come", "passkey", "risposta", theirs.Prove(s.ask("/accedi/conferma"), w.origin)); p.status != 422 {
			t.Errorf("an unknown passkey: %d at %s", p.status, p.at)
		}
		answer := a.Prove(s.ask("/accedi/conferma"), w.origin)
		if p := thief.post("/accedi/conferma", "come", "passkey", "risposta", answer); p.status != 422 {
			t.Errorf("an answer to another session: %d at %s", p.status, p.at)
		}
		if p = s.post("/accedi/conferma", "come", "passkey", "risposta", answer); p.at != "/riprendi" {
			t.Fatalf("at %s: %s", p.at, p.Text())
		}
		if p = s.resend(p); p.at != "/gestione/persone/inviti" {
			t.Errorf("at %s", p.at)
		}
	})
}

func passkeyOf(s *surfer) string {
	s.w.t.Helper()
	_, body := s.raw("GET", "/profilo/passkey", nil)
	found := regexp.MustCompile(`/profilo/passkey/([0-9a-f-]{36})/togli`).FindSubmatch(body)
	if found == nil {
		s.w.t.Fatalf("no passkey: %s", body)
	}
	return string(found[1])
}

// A passkey signs in without a name that is typed, with a new session; what was
// planted before shares in nothing.
func TestSignInByPasskey(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		maria := w.person("Maria", identity.Citizen)
		s, a := w.surfer(), passkeytest.New(t, true)
		s.in("maria")
		s.post("/profilo/passkey/nuova", "nome", "Computer", "risposta", a.Make(s.ask("/profilo/passkey/nuova"), w.origin))
		b := w.surfer()
		if p := b.post("/accedi/passkey", "next", "/qui"); p.status != 422 || !strings.Contains(p.Text(), "JavaScript") {
			t.Errorf("without scripts: %d, %s", p.status, p.Text())
		}
		options := b.ask("/accedi/passkey")
		planted := b.session()
		if p := b.post("/accedi/passkey", "next", "//evil.example/qui", "risposta", a.Prove(options, w.origin)); p.at != "/" || p.status != 200 {
			t.Errorf("at %s with %d", p.at, p.status)
		}
		if res, _ := b.raw("GET", "/x", nil); res.Header.Get("Who") != maria {
			t.Errorf("in as %q", res.Header.Get("Who"))
		}
		if b.session() == planted || planted == "" {
			t.Error("the session is the one from before")
		}
		for fault, says := range map[string]string{"NotAllowedError": "annullata", "NotSupportedError": "non può usare", "SecurityError": "localhost:4180", "x": "non ha risposto"} {
			if p := w.surfer().post("/accedi/passkey", "errore", fault); p.status != 422 || !strings.Contains(p.Text(), says) {
				t.Errorf("%s: %d, %s", fault, p.status, p.Text())
			}
		}
	})
}

func (s *surfer) session() string {
	u := must[*url.URL](s.w.t)(url.Parse(s.w.servers[0].URL))
	for _, c := range s.Jar.Cookies(u) {
		if strings.Contains(c.Name, "session") {
			return c.Value
		}
	}
	return ""
}

// A form waits for who sent it alone, and not for long; it lies sealed.
func TestFormsAreOfTheirSender(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.person("Paola", identity.Administrator)
		w.person("Maria", identity.Citizen)
		s := w.surfer()
		s.in("paola")
		w.clk.Advance(11 * time.Minute)
		s.post("/gestione/persone/invita", inviting...)
		var lies []byte
		if err := db.One(t.Context(), d, keptForm, nil, &lies); err != nil || strings.Contains(string(lies), "nuovo@example.org") {
			t.Errorf("it lies open: %q, %v", lies, err)
		}
		s.in("maria") // in the same browser
		if p := s.get("/riprendi"); p.at != "/" {
			t.Errorf("somebody else gets it at %s: %s", p.at, p.Text())
		}
		s.in("paola")
		w.clk.Advance(11 * time.Minute)
		s.post("/gestione/persone/invita", inviting...)
		w.clk.Advance(15 * time.Minute)
		if p := s.get("/riprendi"); p.at != "/da-qui" {
			t.Errorf("after a quarter of an hour at %s", p.at)
		}
	})
}

var keptForm = db.Q("stepup.test.kept", `SELECT data FROM kept_form`)
