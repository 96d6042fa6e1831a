package manage_test

import (
	"context"
	"embed"
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

// links lead where the program's do.
var links = manage.Links{
	House: home.HousePath, Photos: coworking.PhotosPath, Reception: coworking.ReceptionPath, Today: coworking.TodayPath, Day: coworking.DayPath,
	Figures: figures.Path, Booking: coworking.VisitPath, Place: coworking.PlacePath, Reports: feedback.OpenPath,
}

// desk is the desk of a small world, its pages and some people at it.
type desk struct {
	*coworkingtest.World
	t        testing.TB
	manage   *manage.Service
	pages    http.Handler
	problems map[string]int
	reports  map[string]string // number → who may see it
	people   map[string]identity.Actor
}

const whoHeader = "Test-Person"

func newDesk(t testing.TB, d *db.DB) *desk {
	t.Helper()
	return newDeskWith(t, d, coworkingtest.Network())
}

func newDeskWith(t testing.TB, d *db.DB, network site.Data) *desk {
	t.Helper()
	k := &desk{World: coworkingtest.NewWith(t, d, network), t: t, problems: map[string]int{}, reports: map[string]string{}}
	aurora := identity.Site(coworkingtest.SiteID("aurora"))
	k.people = map[string]identity.Actor{
		"maria": k.Maria.Actor, "luca": k.Luca.Actor, "anna": k.Anna.Actor,
		"bruno": {Person: k.Luca.Person, Name: "Bruno N.", Role: identity.Manager, Scope: aurora}, // runs one house
	}
	k.manage = manage.New(manage.Options{
		DB: d, Live: k.Live, Sites: k.Store, Engine: k.Engine, Clock: k.Clock, IDs: clock.NewID,
		Links:    links,
		Problems: func(context.Context) (map[string]int, error) { return maps.Clone(k.problems), nil },
		Report: func(_ context.Context, a identity.Actor, number string) (web.Link, error) {
			if k.reports[number] != a.Name {
				return web.Link{}, nil
			}
			return web.Link{Href: "/segnalazioni/" + number, Text: number}, nil
		},
	})
	k.serve()
	return k
}

func (k *desk) serve() {
	k.t.Helper()
	words := i18n.NewBundle()
	for _, files := range []embed.FS{picture.Words, pass.Words, identity.Words, site.Words, coworking.Words, manage.Words} {
		if err := words.Add(files); err != nil {
			k.t.Fatal(err)
		}
	}
	ui, err := web.New(words, web.Config{
		SignIn: identity.SignInPath, DeskFind: manage.FindPath,
		Desk: func(*http.Request) []web.Entry { return []web.Entry{manage.Entry, manage.FindEntry} },
	})
	if err != nil {
		k.t.Fatal(err)
	}
	mux := http.NewServeMux()
	ui.Files(mux)
	if err := manage.RegisterPages(mux, ui, k.manage); err != nil {
		k.t.Fatal(err)
	}
	known := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a, ok := k.people[r.Header.Get(whoHeader)]; ok {
			r = r.WithContext(identity.WithActor(r.Context(), a))
		}
		ui.Mux(mux).ServeHTTP(w, r)
	})
	k.pages = web.Wrap(known, ui.Chain()...)
}

// get asks for a page as somebody, in a language.
func (k *desk) get(who, path, lang string) (*http.Response, *webtest.Node) {
	k.t.Helper()
	return webtest.Get(k.t, k.pages, path, whoHeader, who, "Accept-Language", lang)
}

// send sends a form as somebody; changes are pairs.
func (k *desk) send(who, method, path string, pairs ...string) *httptest.ResponseRecorder {
	k.t.Helper()
	body := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		body.Add(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest(method, path, strings.NewReader(body.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set(whoHeader, who)
	r.Header.Set("Accept-Language", "it")
	w := httptest.NewRecorder()
	k.pages.ServeHTTP(w, r)
	return w
}

// browse serves the pages to a browser, always as somebody.
func (k *desk) browse(who string) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set(whoHeader, who)
		k.pages.ServeHTTP(w, r)
	}))
	k.t.Cleanup(s.Close)
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
