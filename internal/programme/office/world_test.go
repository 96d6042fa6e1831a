package office

import (
	"bytes"
	"context"
	"embed"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/webtest"
	"polis/internal/programme"
	"polis/internal/site"
	"polis/internal/territory"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// now is Monday 23 November 2026, 08:07 in Rome.
var now = time.Date(2026, time.November, 23, 7, 7, 0, 0, time.UTC)

// people are who visits the office.
var people = map[string]identity.Actor{
	"renata": {Person: "renata", Name: "Renata P.", Role: identity.ProgrammeOfficer, Scope: identity.Network},
	"paola":  {Person: "paola", Name: "Paola A.", Role: identity.Administrator, Scope: identity.Network},
	"aldo":   {Person: "aldo", Name: "Aldo R.", Role: identity.Auditor, Scope: identity.Network},
	"marta":  {Person: "marta", Name: "Marta S.", Role: identity.SiteManager, Scope: identity.Site("s-1")},
	"maria":  {Person: "maria", Name: "Maria B.", Role: identity.Citizen, Scope: identity.Of("maria")},
	"":       identity.Anonymous,
}

// office is a programme office of two houses on a database.
type office struct {
	*Service
	t    testing.TB
	http http.Handler
}

func newOffice(t testing.TB, d *db.DB) *office {
	t.Helper()
	net, err := site.NewNetwork(site.Data{Territory: territory.Embedded(), Sites: []site.Site{
		{ID: "s-1", Code: "gavirate", Kind: site.Space, Name: "Spazio Aurora", Municipality: "012072", State: site.Open},
		{ID: "s-2", Code: "orvieto", Kind: site.Space, Name: "Spazio Duomo", Municipality: "055023", State: site.Works},
	}})
	if err != nil {
		t.Fatal(err)
	}
	sites, manual := site.Still(net), clock.NewManual(now)
	service := programme.New(programme.Options{DB: d, Sites: sites, Clock: manual, IDs: clock.NewID})
	s := New(Options{
		Programme: service, DB: d, Sites: sites, Public: "https://polis.example", Clock: manual, IDs: clock.NewID,
		Names: func(_ context.Context, ids []string) (map[string]string, error) {
			names := map[string]string{}
			for _, id := range ids {
				names[id] = people[id].Name
			}
			return names, nil
		},
		Verified: func(context.Context) (map[string]int, error) { return map[string]int{"offices": 3, "spaces": 1}, nil },
	})
	words := i18n.NewBundle()
	for _, files := range []embed.FS{identity.Words, site.Words, programme.Words, Words} {
		if err := words.Add(files); err != nil {
			t.Fatal(err)
		}
	}
	ui, err := web.New(words, web.Config{FlashKey: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	if err := RegisterPages(mux, ui, s); err != nil {
		t.Fatal(err)
	}
	return &office{s, t, web.Wrap(ui.Mux(mux), ui.Chain()...)}
}

// answer is what somebody is shown.
type answer struct {
	status int
	to     string // where a redirect leads
	body   string
}

// text is what the page says.
func (a answer) text(t testing.TB) string { return webtest.Page(t, a.body).Text() }

// ask sends a request as somebody.
func (o *office) ask(who, method, path, kind string, body io.Reader) answer {
	o.t.Helper()
	r := httptest.NewRequest(method, path, body).WithContext(identity.WithActor(o.t.Context(), people[who]))
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Accept-Language", "it")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	w := httptest.NewRecorder()
	o.http.ServeHTTP(w, r)
	a := answer{w.Code, w.Header().Get("Location"), w.Body.String()}
	if strings.Contains(w.Header().Get("Content-Type"), "text/html") && strings.Contains(a.body, "office.") {
		o.t.Errorf("%s: a message has no words: %.80s", path, a.body[strings.Index(a.body, "office."):])
	}
	return a
}

func (o *office) get(who, path string) answer {
	o.t.Helper()
	return o.ask(who, http.MethodGet, path, "", nil)
}

func (o *office) post(who, path string, fill url.Values) answer {
	o.t.Helper()
	return o.ask(who, http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(fill.Encode()))
}

// upload sends a file in a form.
func (o *office) sends(who, path string, file []byte, fill map[string]string) answer {
	o.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, text := range fill {
		_ = w.WriteField(name, text) // a buffer takes everything
	}
	part, err := w.CreateFormFile(fileField, "file")
	if err != nil {
		o.t.Fatal(err)
	}
	_, _ = part.Write(file)
	_ = w.Close()
	return o.ask(who, http.MethodPost, path, w.FormDataContentType(), &b)
}

// seen is the revision that the page of a proposal was made beside.
func (a answer) seen(t testing.TB) string {
	t.Helper()
	_, rest, _ := strings.Cut(a.body, `name="visto" value="`)
	seen, _, ok := strings.Cut(rest, `"`)
	if !ok {
		t.Fatalf("nothing to publish on the page: %s", a.text(t))
	}
	return seen
}
