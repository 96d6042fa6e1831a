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

	"polis/internal/agenda"
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

// houses is the desk of a small world, where houses are changed.
type houses struct {
	*coworkingtest.World
	t    testing.TB
	desk *manage.Service
	srv  *httptest.Server

	luca, bruno, anna, maria identity.Actor // of the network, of Aurora, at its door, a citizen
	always                   string         // who asks where no header says it
}

func newHouses(t testing.TB, d *db.DB) *houses {
	t.Helper()
	w := &houses{World: coworkingtest.New(t, d), t: t}
	w.desk = manage.New(manage.Options{
		DB: d, Live: w.Live, Sites: w.Store, Engine: w.Engine, Clock: w.Clock, IDs: clock.NewID,
		Groups:   identity.NewGrants(d, w.Clock).Groups,
		Links:    links,
		Problems: func(context.Context) (map[string]int, error) { return nil, nil },
	})
	w.luca, w.anna, w.maria = w.Luca.Actor, w.Anna.Actor, w.Maria.Actor
	w.bruno = identity.Actor{Person: "bruno", Name: "Bruno", Role: identity.Manager, Scope: identity.Site(coworkingtest.SiteID("aurora"))}
	return w
}

// aurora is the house as it is now.
func (w *houses) aurora() site.Site {
	w.t.Helper()
	st, err := w.Live.Network().ByCode("aurora")
	if err != nil {
		w.t.Fatal(err)
	}
	return *st
}

// tuesday is tomorrow at an hour in Rome, some weeks later.
func tuesday(hour, weeks int) time.Time {
	return time.Date(2026, time.November, 24+7*weeks, hour, 0, 0, 0, agenda.Rome)
}

// book takes a desk of Aurora from an hour of Tuesday to another.
func (w *houses) book(who coworkingtest.Who, code string, from, to time.Time) reserve.Booking {
	w.t.Helper()
	b, err := w.tryBook(who, code, from, to)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

func (w *houses) tryBook(who coworkingtest.Who, code string, from, to time.Time) (reserve.Booking, error) {
	r, err := w.Live.Network().Resource(w.ID("aurora", code))
	if err != nil {
		return reserve.Booking{}, err
	}
	return w.Engine.Do(w.t.Context(), reserve.Plan{
		Person: who.Person, To: reserve.Confirmed, Due: to,
		Demands: []reserve.Demand{{Site: r.Site, Kind: string(r.Kind), From: from, To: to, Units: []int64{r.Ordinal}}},
	})
}

func (w *houses) cancel(b reserve.Booking) {
	w.t.Helper()
	if _, err := w.Engine.Do(w.t.Context(), reserve.Plan{Booking: b.ID, To: reserve.Cancelled, When: []reserve.Status{reserve.Confirmed}}); err != nil {
		w.t.Fatal(err)
	}
}

// way are the bookings that an error names.
func (w *houses) way(err error) []manage.Hindrance {
	w.t.Helper()
	way, ok := manage.WayOf(err)
	if !ok {
		w.t.Fatalf("%v names no bookings in the way", err)
	}
	if !errs.Is(err, errs.Rule) {
		w.t.Errorf("%v is no rule", err)
	}
	return way.Bookings
}

// serve shows the pages of the desk beside those of everyone.
func (w *houses) serve() *houses {
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
	ui.Files(mux)
	if err := errors.Join(coworking.RegisterPages(mux, ui, w.Service), manage.RegisterPages(mux, ui, w.desk)); err != nil {
		w.t.Fatal(err)
	}
	people := map[string]identity.Actor{"maria": w.maria, "anna": w.anna, "luca": w.luca, "bruno": w.bruno}
	w.srv = httptest.NewServer(web.Wrap(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		name := r.Header.Get("Test-Person")
		if name == "" {
			name = w.always
		}
		if actor, ok := people[name]; ok {
			r = r.WithContext(identity.WithActor(r.Context(), actor))
		}
		ui.Mux(mux).ServeHTTP(rw, r)
	}), ui.Chain()...))
	w.t.Cleanup(w.srv.Close)
	return w
}

// seen is a page as somebody sees it.
type seen struct {
	*houses
	status int
	at     string
	*webtest.Node
}

// open asks for a page as somebody, or sends a form; what is followed leads to
// the page that is read.
func (w *houses) open(who, lang, method, path string, body url.Values) seen {
	w.t.Helper()
	r, err := http.NewRequest(method, w.srv.URL+path, strings.NewReader(body.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept-Language", lang)
	r.Header.Set("Test-Person", who)
	jar, err := cookiejar.New(nil) // what was done is told once
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
	return seen{w, res.StatusCode, res.Request.URL.Path, webtest.Page(w.t, string(text))}
}

func (w *houses) get(path string) seen { return w.open("luca", "it", http.MethodGet, path, nil) }

// send sends the only form of a page that leads to a path, with changes.
func (s seen) send(action string, changes ...string) seen {
	s.t.Helper()
	form := s.One(s.t, "form[action="+action+"]")
	return s.open("luca", "it", http.MethodPost, action, s.fields(form, changes...))
}

// fields are what a form sends, its selects too.
func (s seen) fields(form *webtest.Node, changes ...string) url.Values {
	body := webtest.Fields(form)
	for _, sel := range form.All("select") {
		for _, o := range sel.All("option") {
			if _, chosen := o.Attr["selected"]; chosen {
				body.Set(sel.Attr["name"], o.Attr["value"])
			}
		}
	}
	for i := 0; i+1 < len(changes); i += 2 {
		body.Set(changes[i], changes[i+1])
	}
	return body
}

// want checks the status of a page and that it says some things.
func (s seen) want(status int, says ...string) seen {
	s.t.Helper()
	text := s.One(s.t, "#main").Text()
	if s.status != status {
		s.t.Fatalf("%s answers %d, want %d: %.600s", s.at, s.status, status, text)
	}
	for _, words := range says {
		if !strings.Contains(text, words) {
			s.t.Errorf("%s does not say %q: %.600s", s.at, words, text)
		}
	}
	return s
}

// value is what an input of the page shows.
func (s seen) value(name string) string {
	s.t.Helper()
	n := s.One(s.t, "[name="+name+"]")
	if n.Tag == "textarea" {
		return strings.TrimPrefix(n.Raw(), "\n")
	}
	return n.Attr["value"]
}
