package app

import (
	"bytes"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/web/webtest"
	"polis/internal/reserve"
	"polis/internal/site"
)

// served is a program that serves, as Run starts it.
type served struct {
	*door
	t   *testing.T
	url string
	out *bytes.Buffer // what it prints in the terminal
	log *bytes.Buffer

	clock *lateClock
}

// lateClock is the clock of the machine, put forward by a test.
type lateClock struct{ by atomic.Int64 }

func (c *lateClock) Now() time.Time { return clock.System{}.Now().Add(time.Duration(c.by.Load())) }

func (c *lateClock) Advance(d time.Duration) { c.by.Add(int64(d)) }

// serve starts a program; change may change its command.
func serve(t *testing.T, data string, change ...func(*serveCmd)) *served {
	t.Helper()
	s := &served{t: t, out: &bytes.Buffer{}, log: &bytes.Buffer{}, clock: &lateClock{}}
	e := &env{Process: Process{Stdout: s.out, Stderr: io.Discard, Lang: "it_IT"}, clock: s.clock, ids: clock.NewID, log: slog.New(slog.NewTextHandler(s.log, nil))}
	c := &serveCmd{storeFlags: storeFlags{Data: data, KEKFile: filepath.Join(data, "kek.json")}, Listen: "127.0.0.1:1"}
	for _, f := range change {
		f(c)
	}
	st, err := c.openStore(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.found(t.Context(), e, st)
	if err != nil {
		t.Fatal(err)
	}
	if s.door, err = b.openDoor(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := b.tellSecret(t.Context()); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s.door)
	s.url = srv.URL
	t.Cleanup(func() {
		srv.Close()
		s.door.stop()
		b.stop()
		st.close()
	})
	return s
}

// secret is the one printed last.
func (s *served) secret() string {
	s.t.Helper()
	_, after, found := strings.Cut(s.out.String(), "Segreto di avvio (vale solo l’ultimo scritto): ")
	if !found {
		s.t.Fatalf("no secret in the terminal: %q", s.out)
	}
	return strings.TrimSpace(after)
}

// visitor is a browser without scripts.
type visitor struct {
	*served
	client *http.Client
	page   *webtest.Node
	path   string
	status int
	host   string // by which they know the server; "" where it is
}

func (s *served) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &visitor{served: s, client: &http.Client{Jar: jar}}
}

// send opens a page, or sends a form where there are fields: pairs of name and
// value.
func (v *visitor) send(path string, fields ...string) *visitor {
	v.t.Helper()
	if len(fields) == 0 {
		return v.do("GET", path, "", nil)
	}
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return v.do("POST", path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

func (v *visitor) do(method, path, kind string, body io.Reader) *visitor {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.url+path, body)
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Accept-Language", "it")
	r.Host = v.host
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	res, err := v.client.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	v.status, v.path, v.page = res.StatusCode, res.Request.URL.Path, webtest.Page(v.t, string(text))
	return v
}

// at is where the visitor must be, with which status.
func (v *visitor) at(status int, path string) *visitor {
	v.t.Helper()
	if v.status != status || v.path != path {
		v.t.Fatalf("at %s with %d, want %s with %d: %s", v.path, v.status, path, status, v.page.One(v.t, "main").Text())
	}
	return v
}

// says wants words on the page.
func (v *visitor) says(words string) *visitor {
	v.t.Helper()
	if text := v.page.Text(); !strings.Contains(text, words) {
		v.t.Fatalf("%s does not say %q: %s", v.path, words, text)
	}
	return v
}

// upload sends a form with a file.
func (v *visitor) upload(path string, fields map[string]string, logo []byte) *visitor {
	v.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range fields {
		if err := w.WriteField(name, value); err != nil {
			v.t.Fatal(err)
		}
	}
	if logo != nil {
		part, err := w.CreateFormFile("logo", "logo.png")
		if err == nil {
			_, err = part.Write(logo)
		}
		if err != nil {
			v.t.Fatal(err)
		}
	}
	w.Close()
	return v.do("POST", path, w.FormDataContentType(), &body)
}

// steps go through the set-up from the first step to the summary.
func (v *visitor) steps() *visitor {
	v.t.Helper()
	v.send("/avvio/lingue", "lingue", "it,en").at(200, "/avvio/nome")
	v.send("/avvio/nome", "nome", "Spazi del Verbano", "motto_it", "Lavorare vicino a casa").at(200, "/avvio/aspetto")
	v.upload("/avvio/aspetto", map[string]string{"colore": "#00764a"}, nil).at(200, "/avvio/indirizzo")
	v.send("/avvio/indirizzo", "indirizzo", v.url).at(200, "/avvio/titolare")
	v.send("/avvio/titolare", "titolare", "Comune di Prova").at(200, "/avvio/posta")
	v.send("/avvio/posta", "server", "").at(200, "/avvio/testi")
	v.send("/avvio/testi", "x", "").at(200, "/avvio/amministratore")
	return v.send("/avvio/amministratore", "nome", "Ada", "cognome", "Rossi", "email", "ada@example.it").at(200, "/avvio/fine")
}

func TestEmptyStoreIsSetUp(t *testing.T) {
	s := serve(t, t.TempDir())
	v, other := s.visitor(), s.visitor()
	for _, path := range []string{"/", "/spazi", "/accedi", "/gestione", "/avvio/nome", "/avvio/fine", "/nowhere"} {
		v.send(path).at(200, "/avvio")
	}
	for _, path := range []string{"/programma", "/programma/scadenze", "/programma/fondi", "/programma/mappa", "/programma/dati"} { // the public account is there from the first minute
		v.send(path).at(200, path)
	}
	v.send("/programma/fondi").says("162.620.000")
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/api/v1/sites": 200, "/opendata/milestones.csv": 200, "/api/v1/programme": 200} {
		res, err := http.Get(s.url + path) //nolint:noctx // a test
		if err != nil || res.StatusCode != want {
			t.Errorf("%s: %v, %v", path, res.StatusCode, err)
		}
		res.Body.Close()
	}
	v.send("/avvio", "segreto", "AAAA-AAAA-AAAA-AAAA-AAAA").at(400, "/avvio").says("non è il segreto")
	v.send("/avvio/nome", "nome", "Rubato").at(200, "/avvio") // without the secret nothing is taken
	typed := strings.ToLower(strings.ReplaceAll(s.secret(), "-", " "))
	v.send("/avvio", "segreto", typed).at(200, "/avvio/lingue")
	v.steps().says("Spazi del Verbano").says("Ada Rossi")
	v.send("/avvio/amministratore", "nome", "Ada", "cognome", "Rossi", "email", "ada@example.it").at(200, "/avvio/fine") // twice the same step

	// Two browsers at once: one ends it.
	other.send("/avvio", "segreto", s.secret()).at(200, "/avvio/fine")
	v.send("/avvio/fine", "x", "").at(200, "/gestione").says("L’installazione è pronta")
	other.send("/avvio/fine", "x", "").at(404, "/avvio/fine")
	other.send("/gestione/impostazioni").at(200, "/accedi")
	for _, path := range []string{"/avvio", "/avvio/nome", "/avvio/fine"} {
		v.send(path).at(404, path)
	}
	v.send("/gestione/impostazioni").at(200, "/gestione/impostazioni").says("Spazi del Verbano")
	if title := v.page.One(t, "title").Text(); !strings.HasSuffix(title, "– Spazi del Verbano") {
		t.Errorf("the title is %q", title)
	}
	for what, q := range map[string]db.Query{"administrators": countAdmins, "acts of the set-up": countSetUps} {
		var n int
		if err := db.One(t.Context(), s.store.db, q, nil, &n); err != nil || n != 1 {
			t.Errorf("%d %s, %v", n, what, err)
		}
	}
}

// Behind a proxy with HTTPS the address that is proposed begins with https.
func TestProposedAddressBehindAProxy(t *testing.T) {
	t.Parallel()
	for _, trusted := range []bool{true, false} {
		s := serve(t, t.TempDir(), func(c *serveCmd) {
			if trusted {
				c.TrustedProxy = []string{"127.0.0.1/32"}
			}
		})
		v := s.visitor()
		v.send("/avvio", "segreto", s.secret()).at(200, "/avvio/lingue")
		v.client.Transport = proxied{}
		want := map[bool]string{true: "https://", false: "http://"}[trusted] + strings.TrimPrefix(s.url, "http://")
		if got := v.send("/avvio/indirizzo").page.One(t, "#f-indirizzo").Attr["value"]; got != want {
			t.Errorf("trusted %v: %s is proposed, want %s", trusted, got, want)
		}
	}
}

// proxied passes requests on as a proxy with HTTPS does.
type proxied struct{}

func (proxied) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Forwarded-Proto", "https")
	return http.DefaultTransport.RoundTrip(r)
}

func TestGuessesAreCounted(t *testing.T) {
	v := serve(t, t.TempDir()).visitor()
	for range 5 {
		v.send("/avvio", "segreto", "no").at(400, "/avvio")
	}
	v.send("/avvio", "segreto", v.secret()).at(429, "/avvio").says("Si può riprovare tra 20 secondi")
}

func TestRestartInTheMiddle(t *testing.T) {
	data := t.TempDir()
	var before string
	t.Run("first", func(t *testing.T) {
		s := serve(t, data)
		before = s.secret()
		v := s.visitor()
		v.send("/avvio", "segreto", before).at(200, "/avvio/lingue")
		v.send("/avvio/lingue", "lingue", "it").at(200, "/avvio/nome")
		v.send("/avvio/nome", "nome", "Spazi").at(200, "/avvio/aspetto")
	})
	s := serve(t, data)
	v := s.visitor()
	v.send("/avvio", "segreto", before).at(400, "/avvio") // each start prints a new one
	v.send("/avvio", "segreto", s.secret()).at(200, "/avvio/aspetto")
	v.send("/avvio/nome").at(200, "/avvio/nome")
	if got := v.page.One(t, "#f-nome").Attr["value"]; got != "Spazi" {
		t.Errorf("the name is %q", got)
	}
	if n := len(v.page.All(".polis-langs")); n != 0 {
		t.Error("a choice of languages where there is one")
	}
}

func TestWhoIsNeverAskedToSetUp(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, data string){
		"a demonstration": func(t *testing.T, data string) {
			demo := serve(t, data, func(c *serveCmd) { c.Demo = true; layOutIn(t, c.Data) })
			demo.visitor().send("/avvio").at(404, "/avvio")
		},
		"houses": func(t *testing.T, data string) {
			s := serve(t, data)
			house := site.Site{
				ID: "s1", Code: "gavirate", Kind: site.Space, Name: "Gavirate", Municipality: "012072", Address: "Via Roma 1",
				Lat: 45.84, Lon: 8.72, Size: "small", State: site.Planned, StateSince: "2026-01-07",
			}
			if err := s.sites.SaveSites(t.Context(), []site.Site{house}); err != nil {
				t.Fatal(err)
			}
		},
		"an administrator": func(t *testing.T, data string) {
			s := serve(t, data)
			p, err := s.people.Create(t.Context(), identity.Person{FamilyName: "Rossi"})
			if err == nil {
				err = s.grants.Give(t.Context(), identity.Grant{Person: p.ID, Role: identity.Administrator, Scope: identity.Network})
			}
			if err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			data := t.TempDir()
			t.Run("before", func(t *testing.T) { change(t, data) })
			s := serve(t, data)
			if s.out.Len() > 0 {
				t.Errorf("the terminal says %q", s.out)
			}
			s.visitor().send("/avvio").at(404, "/avvio")
			s.visitor().send("/").at(200, "/")
		})
	}
}

// An administrator who is made by a command ends the set-up, though it had begun:
// at once where the server runs, and at the next start.
func TestCommandEndsTheSetUp(t *testing.T) {
	data := t.TempDir()
	t.Run("running", func(t *testing.T) {
		s := serve(t, data)
		v := s.visitor()
		v.send("/avvio", "segreto", s.secret()).at(200, "/avvio/lingue")
		v.send("/avvio/lingue", "lingue", "it").at(200, "/avvio/nome")
		c := personInviteCmd{accessFlags: accessFlags{storeFlags: s.cmd.storeFlags, Listen: s.cmd.Listen}, Email: "ada@example.it", Name: "Ada", Surname: "Rossi", Role: "administrator", Language: "it"}
		var out bytes.Buffer
		e := *s.base.env
		e.Stdout = &out
		if err := c.Run(t.Context(), &e); err != nil {
			t.Fatal(err)
		}
		v.send("/avvio/nome").at(200, "/avvio/nome") // nobody has come in yet
		ada := s.visitor()
		ada.send("/invito", "chiave", strings.TrimSpace(out.String())).at(200, "/invito").says("Amministra")
		ada.send("/invito", "accetta", "1").at(200, "/gestione")
		for _, path := range []string{"/avvio", "/avvio/nome", "/avvio/fine"} {
			v.send(path)
			if v.path == path && v.status == 200 {
				t.Errorf("the set-up is still at %s", path)
			}
		}
		v.send("/gestione/impostazioni").at(200, "/accedi")
	})
	s := serve(t, data)
	if s.out.Len() > 0 {
		t.Errorf("the terminal says %q", s.out)
	}
	s.visitor().send("/avvio").at(404, "/avvio")
	s.visitor().send("/").at(200, "/")
}

// A server that is started twice by mistake does no work the second time.
func TestServerThatCannotListenDoesNoWork(t *testing.T) {
	t.Parallel()
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	c := &serveCmd{storeFlags: storeFlags{Data: t.TempDir()}, Listen: busy.Addr().String()}
	c.BackupDir, c.BackupAt, c.BackupKeep = filepath.Join(c.Data, "backups"), "02:30", 1
	e := &env{Process: Process{Stdout: io.Discard, Stderr: io.Discard, Lang: "it"}, clock: clock.System{}, ids: clock.NewID, log: slog.New(slog.DiscardHandler)}
	if err := c.Run(t.Context(), e); err == nil {
		t.Fatal("two servers at one address")
	}
	d, err := c.openExisting(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if serves, err := reserve.Serving(t.Context(), d, time.Now()); serves || err != nil {
		t.Errorf("it worked, %v", err)
	}
	if _, err := os.Stat(c.BackupDir); err == nil {
		t.Error("it wrote a backup")
	}
}

// until waits until something holds.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick, end := time.NewTicker(10*time.Millisecond), time.After(time.Minute)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("not so: %s", what)
		}
	}
}

// Who is set up under one address and is to be found at another gets a link that
// signs in there.
func TestEndElsewhere(t *testing.T) {
	s := serve(t, t.TempDir())
	v := s.visitor()
	v.send("/avvio", "segreto", s.secret()).at(200, "/avvio/lingue")
	v.steps()
	v.send("/avvio/indirizzo", "rev", "1", "indirizzo", "http://spazi.example.it").at(200, "/avvio/fine").says("http://spazi.example.it")
	v.send("/avvio/fine", "x", "").at(200, "/avvio/fine").says("L’installazione è pronta")
	link := v.page.One(t, "main").One(t, "a.btn-primary").Attr["href"]
	path, there := strings.CutPrefix(link, "http://spazi.example.it/")
	if !there {
		t.Fatalf("the link leads to %s", link)
	}
	v.send("/gestione/impostazioni").at(200, "/gestione/impostazioni") // from here it goes on too
	other := s.visitor()
	path, code, _ := strings.Cut(path, "#")
	other.send("/"+path, "chiave", code)
	other.send("/"+path, "entra", "1")
	other.send("/gestione/impostazioni").at(200, "/gestione/impostazioni")
}

// Where a flag says the address, its step says so and goes on; at the end the first
// administrator is asked to make a passkey, which works there.
func TestAddressSaidByAFlag(t *testing.T) {
	s := serve(t, t.TempDir(), func(c *serveCmd) { c.PublicURL = "http://localhost:4180" })
	v := s.visitor()
	v.host = "localhost:4180"
	v.send("/avvio", "segreto", s.secret()).at(200, "/avvio/lingue")
	v.send("/avvio/indirizzo").at(200, "/avvio/indirizzo").says("--public-url")
	v.send("/avvio/lingue", "lingue", "it,en").at(200, "/avvio/nome")
	v.send("/avvio/nome", "nome", "Spazi del Verbano").at(200, "/avvio/aspetto")
	v.upload("/avvio/aspetto", map[string]string{"colore": "#00764a"}, nil).at(200, "/avvio/indirizzo")
	v.send("/avvio/indirizzo", "rev", "0").at(200, "/avvio/titolare")
	v.send("/avvio/titolare", "titolare", "Comune di Prova").at(200, "/avvio/posta")
	v.send("/avvio/posta", "server", "").at(200, "/avvio/testi")
	v.send("/avvio/testi", "x", "").at(200, "/avvio/amministratore")
	v.send("/avvio/amministratore", "nome", "Ada", "cognome", "Rossi", "email", "ada@example.it").at(200, "/avvio/fine")
	v.send("/avvio/fine", "x", "").at(200, "/profilo/passkey/nuova")
	v.page.One(t, "form[data-passkey]")
	v.page.One(t, "main").One(t, "a[href=/gestione]")
	v.send("/gestione").at(200, "/gestione")
}

// Two servers on one PostgreSQL: the last secret printed holds on both, and so
// does what is said, at once.
func TestReplicasAgree(t *testing.T) {
	data, database := t.TempDir(), dbtest.PostgresURL(t)
	on := func(c *serveCmd) { c.Database = database }
	a, b := serve(t, data, on), serve(t, data, on)
	v := b.visitor()
	v.send("/avvio", "segreto", a.secret()).at(400, "/avvio")
	v = a.visitor()
	v.send("/avvio", "segreto", b.secret()).at(200, "/avvio/lingue")
	v.steps().send("/avvio/fine", "x", "").at(200, "/gestione")
	until(t, "the other server asks no more", func() bool { return b.door.now.Load().setUp == nil }) // the notice is on its way
	w := b.visitor()
	w.send("/avvio").at(404, "/avvio")
	w.send("/").at(200, "/").says("Spazi del Verbano")
}

var (
	countAdmins = db.Q("app-test.admins", `SELECT COUNT(*) FROM role_grant WHERE role = 'administrator'`)
	countSetUps = db.Q("app-test.set-ups", `SELECT COUNT(*) FROM act WHERE kind = 'installation.set-up'`)
)
