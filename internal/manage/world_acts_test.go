package manage_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/manage"
	"polis/internal/platform/errs"
	"polis/internal/platform/web/webtest"
	"polis/internal/reserve"
	"polis/internal/site"
)

// aurora is the house as it is now.
func (w *world) aurora() site.Site {
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
func (w *world) book(who coworkingtest.Who, code string, from, to time.Time) reserve.Booking {
	w.t.Helper()
	b, err := w.tryBook(who, code, from, to)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

func (w *world) tryBook(who coworkingtest.Who, code string, from, to time.Time) (reserve.Booking, error) {
	r, err := w.Live.Network().Resource(w.ID("aurora", code))
	if err != nil {
		return reserve.Booking{}, err
	}
	return w.Engine.Do(w.t.Context(), reserve.Plan{
		Person: who.Person, To: reserve.Confirmed, Due: to,
		Demands: []reserve.Demand{{Site: r.Site, Kind: string(r.Kind), From: from, To: to, Units: []int64{r.Ordinal}}},
	})
}

func (w *world) cancel(b reserve.Booking) {
	w.t.Helper()
	if _, err := w.Engine.Do(w.t.Context(), reserve.Plan{Booking: b.ID, To: reserve.Cancelled, When: []reserve.Status{reserve.Confirmed}}); err != nil {
		w.t.Fatal(err)
	}
}

// affected are the bookings that an error names.
func (w *world) affected(err error) []manage.AffectedBooking {
	w.t.Helper()
	affected, ok := manage.AffectedOf(err)
	if !ok {
		w.t.Fatalf("%v names no affected bookings", err)
	}
	if !errs.Is(err, errs.Rule) {
		w.t.Errorf("%v is no rule", err)
	}
	return affected.Bookings
}

// seen is a page as somebody sees it.
type seen struct {
	*world
	status int
	at     string
	*webtest.Node
}

// open is ask, for a page that is looked at more closely.
func (w *world) open(who, lang, method, path string, body url.Values) seen {
	w.t.Helper()
	res, page := w.ask(who, lang, method, path, body)
	return seen{w, res.StatusCode, res.Request.URL.Path, page}
}

func (w *world) get(path string) seen { return w.open("luca", "it", http.MethodGet, path, nil) }

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

// ask opens a page as somebody; a form is sent where there is one. What is
// followed leads to the page that is read.
func (w *world) ask(who, lang, method, path string, body url.Values) (*http.Response, *webtest.Node) {
	w.t.Helper()
	r, err := http.NewRequest(method, w.srv.URL+path, strings.NewReader(body.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept-Language", lang)
	r.Header.Set(whoHeader, who)
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
	return res, webtest.Page(w.t, string(text))
}

// place is a place of Aurora by its code.
func (w *world) place(code string) *site.Resource {
	w.t.Helper()
	r, err := w.Live.Network().Resource(w.ID("aurora", code))
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// bookIn takes a place from so many hours from now on, for an hour.
func (w *world) bookIn(hours int, place *site.Resource) reserve.Booking {
	w.t.Helper()
	return w.bookAs(w.Maria, hours, place)
}

func (w *world) bookAs(who coworkingtest.Who, hours int, place *site.Resource) reserve.Booking {
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
