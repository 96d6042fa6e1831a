package coworking_test

import (
	"embed"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"polis/internal/coworking"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/identity"
	"polis/internal/pass"
	"polis/internal/platform/blob"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/i18n"
	"polis/internal/platform/picture"
	"polis/internal/platform/web"
	"polis/internal/platform/web/webtest"
	"polis/internal/site"
)

// paged is a world with its pages, served; surfers look at them.
type paged struct {
	*coworkingtest.World
	t      testing.TB
	pages  http.Handler
	srv    *httptest.Server
	always string      // who asks where no header says it
	down   atomic.Bool // whether every connection is cut
	built  bool        // whether the front end is
}

// whoHeader says who asks; sessions are tested where they are.
const whoHeader = "Test-Person"

func newPaged(t testing.TB, set ...func(*web.Config)) *paged {
	t.Helper()
	return newPagedWith(t, coworkingtest.Network(), set...)
}

func newPagedWith(t testing.TB, network site.Data, set ...func(*web.Config)) *paged {
	t.Helper()
	w := &paged{World: coworkingtest.NewWith(t, dbtest.SQLite(t), network), t: t}
	words := i18n.NewBundle()
	for _, files := range []embed.FS{picture.Words, pass.Words, identity.Words, site.Words, coworking.Words} {
		if err := words.Add(files); err != nil {
			t.Fatal(err)
		}
	}
	cfg := web.Config{Nav: coworking.Nav, SignIn: identity.SignInPath}
	for _, f := range set {
		f(&cfg)
	}
	ui, err := web.New(words, cfg)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	w.built = ui.Built()
	ui.Files(mux)
	mux.Handle(blob.Pattern, ui.Handle(blob.Serve(w.DB)))
	if err := coworking.RegisterPages(mux, ui, w.Service); err != nil {
		t.Fatal(err)
	}
	people := map[string]coworkingtest.Who{"maria": w.Maria, "giuseppe": w.Giuseppe, "anna": w.Anna, "luca": w.Luca}
	known := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if w.down.Load() {
			panic(http.ErrAbortHandler)
		}
		if r.Header.Get(whoHeader) == "" && w.always != "" {
			r.Header.Set(whoHeader, w.always)
		}
		if who, ok := people[r.Header.Get(whoHeader)]; ok {
			r = r.WithContext(identity.WithActor(r.Context(), who.Actor))
		}
		ui.Mux(mux).ServeHTTP(rw, r)
	})
	w.pages = web.Wrap(known, ui.Chain()...)
	w.srv = httptest.NewServer(w.pages)
	t.Cleanup(w.srv.Close)
	return w
}

// surfer is somebody's browser without scripts.
type surfer struct {
	*paged
	who, lang string
	http      *http.Client
	at        string // path of the page
	status    int
	page      *webtest.Node
}

func (w *paged) as(who, lang string) *surfer {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return &surfer{paged: w, who: who, lang: lang, http: &http.Client{Jar: jar}}
}

func (b *surfer) do(method, path string, body url.Values) *http.Response {
	b.t.Helper()
	r, err := http.NewRequest(method, b.srv.URL+path, strings.NewReader(body.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return b.ask(r)
}

func (b *surfer) ask(r *http.Request) *http.Response {
	b.t.Helper()
	r.Header.Set("Accept-Language", b.lang)
	r.Header.Set(whoHeader, b.who)
	res, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { res.Body.Close() })
	return res
}

// open reads a page and checks it as every page is checked.
func (b *surfer) open(method, path string, body url.Values) *surfer {
	b.t.Helper()
	return b.read(b.do(method, path, body))
}

func (b *surfer) read(res *http.Response) *surfer {
	b.t.Helper()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if kind := res.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/html") {
		b.t.Fatalf("%s %s: %s %s", res.Request.Method, res.Request.URL, res.Status, kind)
	}
	b.at, b.status, b.page = res.Request.URL.RequestURI(), res.StatusCode, webtest.Page(b.t, string(text))
	if raw := b.page.Text(); strings.Contains(raw, "coworking.") || strings.Contains(raw, "booking.") {
		b.t.Errorf("%s: a message has no words: %s", b.at, raw)
	}
	return b
}

func (b *surfer) get(path string) *surfer {
	b.t.Helper()
	return b.open(http.MethodGet, path, nil)
}

// want fails the test unless the page has a status and all of some texts.
func (b *surfer) want(status int, texts ...string) *surfer {
	b.t.Helper()
	if b.status != status {
		b.t.Fatalf("%s: %d, want %d: %s", b.at, b.status, status, b.page.One(b.t, "main").Text())
	}
	for _, text := range texts {
		if !strings.Contains(b.page.One(b.t, "main").Text(), text) {
			b.t.Fatalf("%s does not say %q: %s", b.at, text, b.page.One(b.t, "main").Text())
		}
	}
	return b
}

// form is the form of the page that is sent to an address ending so, filled in
// as it stands; changes are pairs.
func (b *surfer) form(action string, changes ...string) (path string, body url.Values) {
	b.t.Helper()
	for _, f := range b.page.All("form[method=post]") {
		if !strings.HasSuffix(f.Attr["action"], action) {
			continue
		}
		return f.Attr["action"], webtest.Fields(f, changes...)
	}
	b.t.Fatalf("%s has no form for %s", b.at, action)
	return "", nil
}

// send fills in the form for an address and sends it.
func (b *surfer) send(action string, changes ...string) *surfer {
	b.t.Helper()
	path, body := b.form(action, changes...)
	return b.open(http.MethodPost, path, body)
}

const onTuesday = "giorno=2026-11-24&dalle=09:00&alle=13:00"

// kept holds D-01 of Aurora on Tuesday morning and stands before its page.
func (b *surfer) kept(place string) *surfer {
	b.t.Helper()
	b.get("/spazi/aurora?" + onTuesday).want(200)
	path, body := b.form("/prenota", "modo", "scelti", "posto", b.ID("aurora", place))
	return b.open(http.MethodPost, path, body)
}
