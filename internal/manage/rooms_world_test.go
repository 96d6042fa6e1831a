package manage_test

import (
	"context"
	"embed"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"polis/internal/coworking"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/identity"
	"polis/internal/manage"
	"polis/internal/pass"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/picture"
	"polis/internal/platform/web"
	"polis/internal/platform/web/webtest"
	"polis/internal/reserve"
	"polis/internal/site"
)

// rooms is a small world with the desk, whose pages are served beside those of
// everyone.
type rooms struct {
	*coworkingtest.World
	t      testing.TB
	desk   *manage.Service
	srv    *httptest.Server
	always string // who asks where no header says it
	built  bool   // whether the front end is
}

func newRooms(t testing.TB, d *db.DB) *rooms {
	t.Helper()
	return newRoomsWith(t, d, coworkingtest.Network())
}

func newRoomsWith(t testing.TB, d *db.DB, network site.Data) *rooms {
	t.Helper()
	w := &rooms{World: coworkingtest.NewWith(t, d, network), t: t}
	w.desk = manage.New(manage.Options{
		DB: d, Live: w.Live, Sites: w.Store, Engine: w.Engine, Clock: w.Clock, IDs: clock.NewID, Groups: identity.NewGrants(d, w.Clock).Groups,
		Links:    links,
		Problems: func(context.Context) (map[string]int, error) { return nil, nil },
	})
	return w
}

// serve shows the pages.
func (w *rooms) serve() *rooms {
	w.t.Helper()
	words := i18n.NewBundle()
	for _, files := range []embed.FS{picture.Words, pass.Words, identity.Words, site.Words, coworking.Words, manage.Words} {
		if err := words.Add(files); err != nil {
			w.t.Fatal(err)
		}
	}
	ui, err := web.New(words, web.Config{Nav: coworking.Nav, SignIn: identity.SignInPath})
	if err != nil {
		w.t.Fatal(err)
	}
	mux := http.NewServeMux()
	w.built = ui.Built()
	ui.Files(mux)
	if err := errors.Join(coworking.RegisterPages(mux, ui, w.Service), manage.RegisterPages(mux, ui, w.desk)); err != nil {
		w.t.Fatal(err)
	}
	people := map[string]coworkingtest.Who{"maria": w.Maria, "anna": w.Anna, "luca": w.Luca}
	w.srv = httptest.NewServer(web.Wrap(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		name := r.Header.Get("Test-Person")
		if name == "" {
			name = w.always
		}
		if who, ok := people[name]; ok {
			r = r.WithContext(identity.WithActor(r.Context(), who.Actor))
		}
		ui.Mux(mux).ServeHTTP(rw, r)
	}), ui.Chain()...))
	w.t.Cleanup(w.srv.Close)
	return w
}

// ask opens a page as somebody; a form is sent where there is one. What is
// followed leads to the page that is read.
func (w *rooms) ask(who, lang, method, path string, body url.Values) (*http.Response, *webtest.Node) {
	w.t.Helper()
	r, err := http.NewRequest(method, w.srv.URL+path, strings.NewReader(body.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept-Language", lang)
	r.Header.Set("Test-Person", who)
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	res, err := (&http.Client{Jar: jar}).Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return res, webtest.Page(w.t, string(text))
}

// place is a place of Aurora by its code.
func (w *rooms) place(code string) *site.Resource {
	w.t.Helper()
	r, err := w.Live.Network().Resource(w.ID("aurora", code))
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// book takes a place from so many hours from now on, for an hour.
func (w *rooms) book(hours int, place *site.Resource) reserve.Booking {
	w.t.Helper()
	return w.bookAs(w.Maria, hours, place)
}

func (w *rooms) bookAs(who coworkingtest.Who, hours int, place *site.Resource) reserve.Booking {
	w.t.Helper()
	from := w.Clock.Now().Truncate(time.Hour).Add(time.Duration(hours) * time.Hour)
	b, err := w.Engine.Do(w.t.Context(), reserve.Plan{
		Person: who.Person, To: reserve.Confirmed, Due: from.Add(time.Hour),
		Demands: []reserve.Demand{{Site: place.Site, Kind: string(place.Kind), From: from, To: from.Add(time.Hour), Units: []int64{place.Ordinal}}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

func (w *rooms) cancel(b reserve.Booking) {
	w.t.Helper()
	if _, err := w.Engine.Do(w.t.Context(), reserve.Plan{Booking: b.ID, To: reserve.Cancelled, When: []reserve.Status{reserve.Confirmed}}); err != nil {
		w.t.Fatal(err)
	}
}

// keys are the keys of an error and of its faults.
func keys(err error) string {
	if err == nil {
		return ""
	}
	e := errs.As(err)
	list := []string{e.Key}
	for _, f := range e.Fields {
		list = append(list, f.Key)
	}
	return strings.Join(list, " ")
}

var aurora = coworkingtest.SiteID("aurora")

// rowOf is a row of desks.
func rowOf(room, first string, count, lines int) manage.Row {
	return manage.Row{Room: room, Kind: site.Desk, First: first, Count: count, Seats: 1, Draw: true, Lines: lines, W: 160, H: 80}
}
