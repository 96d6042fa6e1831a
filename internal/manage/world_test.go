package manage_test

import (
	"context"
	"embed"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"polis/internal/coworking"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/coworking/figures"
	"polis/internal/feedback"
	"polis/internal/home"
	"polis/internal/identity"
	"polis/internal/manage"
	"polis/internal/pass"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/i18n"
	"polis/internal/platform/picture"
	"polis/internal/platform/web"
	"polis/internal/platform/web/webtest"
	"polis/internal/site"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// world is a small network with its desk, the pages of both, and some people at
// them.
type world struct {
	*coworkingtest.World
	t        testing.TB
	desk     *manage.Service
	problems map[string]int
	reports  map[string]string // number → who may see it
	people   map[string]identity.Actor
	pages    http.Handler // nil before handler
	srv      *httptest.Server
	always   string // who asks where no header says it
	built    bool   // whether the front end is

	luca, bruno, anna, maria identity.Actor // of the network, of Aurora, at its door, a citizen
}

// links lead where the program's do.
var links = manage.Links{
	House: home.HousePath, Photos: coworking.PhotosPath, Reception: coworking.ReceptionPath, Today: coworking.TodayPath, Day: coworking.DayPath,
	Figures: figures.Path, Booking: coworking.VisitPath, Place: coworking.PlacePath, Reports: feedback.OpenPath,
}

const whoHeader = "Test-Person"

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	return newWorldWith(t, d, coworkingtest.Network())
}

func newWorldWith(t testing.TB, d *db.DB, network site.Data) *world {
	t.Helper()
	w := &world{World: coworkingtest.NewWith(t, d, network), t: t, problems: map[string]int{}, reports: map[string]string{}}
	w.luca, w.anna, w.maria = w.Luca.Actor, w.Anna.Actor, w.Maria.Actor
	w.bruno = identity.Actor{Person: "bruno", Name: "Bruno N.", Role: identity.SiteManager, Scope: identity.Site(coworkingtest.SiteID("aurora"))}
	w.people = map[string]identity.Actor{"maria": w.maria, "luca": w.luca, "anna": w.anna, "bruno": w.bruno}
	w.desk = manage.New(manage.Options{
		DB: d, Live: w.Live, Sites: w.Store, Engine: w.Engine, Clock: w.Clock, IDs: clock.NewID, Groups: identity.NewGrants(d, w.Clock).Groups, Read: w.People.NoteRead,
		Links:    links,
		Problems: func(context.Context) (map[string]int, error) { return maps.Clone(w.problems), nil },
		Report: func(_ context.Context, a identity.Actor, number string) (web.Link, error) {
			if w.reports[number] != a.Name {
				return web.Link{}, nil
			}
			return web.Link{Href: "/segnalazioni/" + number, Text: number}, nil
		},
	})
	return w
}

// handler is the pages of the desk beside those of everyone.
func (w *world) handler() http.Handler {
	w.t.Helper()
	if w.pages != nil {
		return w.pages
	}
	words := i18n.NewBundle()
	for _, files := range []embed.FS{picture.Words, pass.Words, identity.Words, site.Words, coworking.Words, manage.Words} {
		if err := words.Add(files); err != nil {
			w.t.Fatal(err)
		}
	}
	ui, err := web.New(words, web.Config{
		Nav: coworking.Nav, SignIn: identity.SignInPath, DeskFind: manage.FindPath,
		Desk: func(*http.Request) []web.Entry { return []web.Entry{manage.Entry, manage.FindEntry} },
	})
	if err != nil {
		w.t.Fatal(err)
	}
	mux := http.NewServeMux()
	w.built = ui.Built()
	ui.Files(mux)
	if err := errors.Join(coworking.RegisterPages(mux, ui, w.Service), manage.RegisterPages(mux, ui, w.desk)); err != nil {
		w.t.Fatal(err)
	}
	w.pages = web.Wrap(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		name := r.Header.Get(whoHeader)
		if name == "" {
			name = w.always
		}
		if a, ok := w.people[name]; ok {
			r = r.WithContext(identity.WithActor(r.Context(), a))
		}
		ui.Mux(mux).ServeHTTP(rw, r)
	}), ui.Chain()...)
	return w.pages
}

// serve shows the pages at an address.
func (w *world) serve() *world {
	w.t.Helper()
	w.srv = httptest.NewServer(w.handler())
	w.t.Cleanup(w.srv.Close)
	return w
}

// look asks for a page as somebody, in a language.
func (w *world) look(who, path, lang string) (*http.Response, *webtest.Node) {
	w.t.Helper()
	return webtest.Get(w.t, w.handler(), path, whoHeader, who, "Accept-Language", lang)
}

// send sends a form as somebody; changes are pairs.
func (w *world) send(who, method, path string, pairs ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	body := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		body.Add(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest(method, path, strings.NewReader(body.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set(whoHeader, who)
	r.Header.Set("Accept-Language", "it")
	rec := httptest.NewRecorder()
	w.handler().ServeHTTP(rec, r)
	return rec
}

// browse serves the pages to a browser, always as somebody.
func (w *world) browse(who string) *httptest.Server {
	pages := w.handler()
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		r.Header.Set(whoHeader, who)
		pages.ServeHTTP(rw, r)
	}))
	w.t.Cleanup(s.Close)
	return s
}

// names are the codes of rows.
func names(rows []manage.HouseRow) (out []string) {
	for _, r := range rows {
		out = append(out, r.Site.Code)
	}
	return out
}

func wantNames(t testing.TB, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func built(t testing.TB) {
	t.Helper()
	if _, err := os.Stat("../platform/web/dist/manifest.json"); err != nil {
		t.Skip("SKIPPED: the front end is not built")
	}
}
