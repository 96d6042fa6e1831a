package kiosk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter"
	"polis/internal/counter/forecast"
	"polis/internal/counter/kiosk"
	"polis/internal/counter/queue"
	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/webtest"
	"polis/internal/site"
	"polis/internal/territory"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const (
	office = "01999999-0000-7000-8000-000000000001"
	here   = "/totem/ufficio-gavirate"
)

// totem is the device that the kiosk is.
var totem = identity.Actor{
	Role: identity.Device, Scope: identity.Site(office), Device: "01999999-0000-7000-8000-0000000000aa",
	Held: []identity.Held{{Role: identity.Device, Scope: identity.Site(office)}}, Channel: identity.ChannelWeb,
}

// hall is an office with its kiosk and board.
type hall struct {
	*counter.Service
	t     *testing.T
	clock *clock.Manual
	h     http.Handler
	actor identity.Actor
}

func newHall(t *testing.T, d *db.DB) *hall {
	t.Helper()
	data := site.Data{Territory: territory.Embedded(), Sites: []site.Site{{
		ID: office, Code: "ufficio-gavirate", Kind: site.Office, Name: "Ufficio postale di Gavirate", Municipality: "012072", State: site.Open,
		Hours: agenda.MustHours("Mo-Fr 08:20-19:05; PH off"),
	}}, Resources: []site.Resource{{
		Ordinal: 1, ID: "01999999-0000-7000-8000-000000000010", Site: office, Kind: site.Counter, Code: "S-1", Name: "Sportello 1", Seats: 1, Active: true,
	}}}
	net, err := site.NewNetwork(data)
	if err != nil {
		t.Fatal(err)
	}
	w := &hall{t: t, actor: totem, clock: clock.NewManual(time.Date(2026, time.November, 23, 8, 0, 0, 0, time.UTC))} // Monday, 09:00 in Rome
	w.Service = counter.New(counter.Options{DB: d, Live: site.Still(net), Clock: w.clock, IDs: clock.NewID, Forecast: forecast.New(d, w.clock)})
	words := i18n.NewBundle()
	ui, err := web.New(words, web.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, files := range []fs.FS{site.Words, counter.Words, kiosk.Words} {
		if err := words.Add(files); err != nil {
			t.Fatal(err)
		}
	}
	mux := http.NewServeMux()
	err = kiosk.RegisterPages(mux, ui, kiosk.Options{
		Counter: w.Service, Watch: counter.NumberPath,
		Arrive: func(ctx context.Context, actor identity.Actor, office, code string) (string, error) {
			if code != "K7P4Q-2MXQR" {
				return "", errs.New(errs.NotFound, "counter.ticket.unknown", nil)
			}
			k, err := w.Take(ctx, actor, counter.TakeRequest{Office: office, Services: []string{"certificati"}, Origin: counter.ByAppointment, Appointment: "a", Due: w.clock.Now()})
			if err != nil {
				return "", err
			}
			return k.ID, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	acting := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(rw, r.WithContext(identity.WithActor(r.Context(), w.actor)))
	})
	w.h = web.Wrap(acting, ui.Chain()...)
	return w
}

// send posts a form or JSON, and returns the status and the answer.
func (w *hall) send(path, kind, body string) (int, string) {
	w.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	rec := httptest.NewRecorder()
	w.h.ServeHTTP(rec, r)
	return rec.Code, rec.Body.String()
}

// take takes a number as the form of the kiosk does.
func (w *hall) take(lang, key string, services ...string) (int, *webtest.Node) {
	w.t.Helper()
	status, page := w.send(here, "application/x-www-form-urlencoded", url.Values{"lingua": {lang}, "chiave": {key}, "servizio": services, "precedenza": {"frail"}}.Encode())
	return status, webtest.Page(w.t, page)
}

func TestKioskInFiveLanguages(t *testing.T) {
	w := newHall(t, dbtest.SQLite(t))
	for lang, want := range map[string]string{"it": "Prendere un numero", "en": "Take a number", "de": "Nummer ziehen", "fr": "Prendre un numéro", "sl": "Vzeti številko", "xx": "Prendere un numero"} {
		res, page := webtest.Get(t, w.h, here+"?lingua="+lang)
		if res.StatusCode != 200 || page.One(t, "h1").Text() != want {
			t.Errorf("%s: %d %q", lang, res.StatusCode, page.One(t, "h1").Text())
		}
		if got := page.One(t, "html").Attr["lang"]; got != lang && lang != "xx" {
			t.Errorf("%s: lang %q", lang, got)
		}
		if len(page.All(".kiosk-wait")) == 0 || len(page.One(t, "#s-certificati").All("li")) < 3 {
			t.Errorf("%s: it does not say what to bring, or how long the wait is", lang)
		}
		if len(page.All("#s-passaporto")) > 0 {
			t.Errorf("%s: what the office does not do is offered", lang)
		}
	}
}

func TestNumberAtTheKiosk(t *testing.T) {
	w := newHall(t, dbtest.SQLite(t))
	status, page := w.take("de", "k1", "certificati", "spedizioni")
	if status != 200 || page.One(t, ".kiosk-number").One(t, "strong").Text() != "C001" || page.One(t, "html").Attr["lang"] != "de" {
		t.Fatalf("%d: %s", status, page.Text())
	}
	if got := page.One(t, "meta[http-equiv=refresh]").Attr["content"]; got != "30;url="+here {
		t.Errorf("it ends by itself: %q", got)
	}
	if img := page.One(t, ".kiosk-code").One(t, "img"); !strings.HasPrefix(img.Attr["src"], "data:image/svg+xml;base64,") {
		t.Error("no code to follow the wait")
	}
	if _, again := w.take("de", "k1", "certificati", "spedizioni"); again.One(t, ".kiosk-number").One(t, "strong").Text() != "C001" {
		t.Errorf("touched twice: %s", again.One(t, ".kiosk-number").One(t, "strong").Text())
	}
	list := w.line()
	if len(list) != 1 || list[0].Person != "" || list[0].Language != "de" || list[0].Priority != queue.Frail || list[0].Origin != counter.ByKiosk {
		t.Errorf("in line: %+v", list)
	}
	// Somebody signed in at the kiosk by chance is not meant.
	w.actor = identity.Actor{Person: "01999999-0000-7000-8000-0000000000bb", Role: identity.Citizen}
	w.take("it", "k2", "ritiri")
	if list := w.line(); len(list) != 2 || list[1].Person != "" {
		t.Errorf("in line: %+v", list)
	}
}

// line is who waits, as the operator sees it.
func (w *hall) line() []*counter.Ticket {
	w.t.Helper()
	anna := identity.Actor{
		Person: "anna", Role: identity.CounterOperator, Scope: identity.Site(office),
		Held: []identity.Held{{Role: identity.CounterOperator, Scope: identity.Site(office)}},
	}
	work, err := w.Work(w.t.Context(), anna, office)
	if err != nil {
		w.t.Fatal(err)
	}
	slices.SortFunc(work.Line, func(a, b *counter.Ticket) int { return a.Taken.Compare(b.Taken) })
	return work.Line
}

func TestNoNumberAtTheKiosk(t *testing.T) {
	w := newHall(t, dbtest.SQLite(t))
	told := func(status, want int, page *webtest.Node, text string) {
		t.Helper()
		if got := page.One(t, ".kiosk-told").Text(); status != want || !strings.Contains(got, text) {
			t.Errorf("%d %q, not %d %q", status, got, want, text)
		}
	}
	status, page := w.take("en", "k", "passaporto")
	told(status, 422, page, "not available here today")
	status, page = w.take("en", "k")
	told(status, 400, page, "at least one service")
	status, page = w.take("fr", "k", "nulla")
	told(status, 400, page, "n’est pas disponible")
	status, text := w.send(here+"/appuntamento", "application/x-www-form-urlencoded", "lingua=en&codice=AAAAA-AAAAA")
	told(status, 422, webtest.Page(t, text), "not of an appointment here today")
	w.clock.Advance(20 * time.Hour) // at night
	status, page = w.take("sl", "k", "ritiri")
	told(status, 422, page, "Urad je zaprt")
	if _, closed := webtest.Get(t, w.h, here+"?lingua=en"); !strings.Contains(closed.One(t, ".kiosk-closed").Text(), "closed") || len(closed.All("form[data-take]")) > 0 {
		t.Error("a closed office offers numbers")
	}
	if status, _ := w.send("/totem/nulla", "application/x-www-form-urlencoded", "servizio=ritiri"); status != 404 {
		t.Errorf("no such office: %d", status)
	}
	if n := len(w.line()); n != 0 {
		t.Errorf("%d in line", n)
	}
}

func TestArrivalAtTheKiosk(t *testing.T) {
	w := newHall(t, dbtest.SQLite(t))
	for range 2 {
		status, text := w.send(here+"/appuntamento", "application/x-www-form-urlencoded", "lingua=it&codice=+K7P4Q-2MXQR+")
		if page := webtest.Page(t, text); status != 200 || page.One(t, ".kiosk-number").One(t, "strong").Text() != "C001" {
			t.Errorf("%d %s", status, page.Text())
		}
	}
}

func TestBoard(t *testing.T) {
	w := newHall(t, dbtest.SQLite(t))
	_, empty := webtest.Get(t, w.h, "/tabellone/ufficio-gavirate?lingua=en")
	if !strings.Contains(empty.Text(), "Nobody is being called") || len(empty.All("[data-mark]")) > 0 {
		t.Errorf("an empty board: %s", empty.Text())
	}
	w.take("it", "k1", "ritiri")
	w.take("it", "k2", "certificati")
	anna := identity.Actor{
		Person: "anna", Role: identity.CounterOperator, Scope: identity.Site(office),
		Held: []identity.Held{{Role: identity.CounterOperator, Scope: identity.Site(office)}},
	}
	called, err := w.CallNext(t.Context(), anna, office, 1)
	if err != nil {
		t.Fatal(err)
	}
	mark := func() string {
		_, page := webtest.Get(t, w.h, "/tabellone/ufficio-gavirate")
		if got := page.One(t, ".board-next").One(t, "li").Text(); got != "C002" {
			t.Errorf("next %q", got)
		}
		call := page.One(t, ".board-called").One(t, "li")
		if call.Attr["data-number"] != called.Name() || call.Attr["data-desk"] != "1" || !strings.Contains(call.Text(), "Sportello 1") {
			t.Errorf("called %q", call.Text())
		}
		return call.Attr["data-mark"]
	}
	first := mark()
	if _, err := w.Recall(t.Context(), anna, called.ID); err != nil {
		t.Fatal(err)
	}
	if mark() == first {
		t.Error("a second call is not announced")
	}
}

// What a kiosk did alone is taken over once, however often it is handed over, and
// in place of the request that nobody answered.
func TestHandOver(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newHall(t, d)
		status, text := w.send(here+"/numeri", "application/x-www-form-urlencoded", "")
		var block struct {
			Day       string
			Low, High int
		}
		if err := json.Unmarshal([]byte(text), &block); err != nil || status != 200 || block.Day != "2026-11-23" || block.High-block.Low != 59 {
			t.Fatalf("%d %s", status, text)
		}
		w.take("it", "lost", "ritiri") // and the answer does not come back
		at := w.clock.Now().Add(time.Minute)
		w.clock.Advance(2 * time.Hour)
		one := func(key string, number int, service, more string) string {
			return fmt.Sprintf(`{"key":%q,"number":%d,"at":%q,"services":[%q],"priority":"","language":"de"%s}`, key, number, at.Format(time.RFC3339), service, more)
		}
		list := "[" + one("a", block.Low, "ritiri", `,"instead":"lost"`) + "," + one("b", block.Low+1, "certificati", "") + "," + one("c", 500, "ritiri", "") + "]"
		for range 3 {
			status, text := w.send(here+"/consegna", "application/json", list)
			if status != 200 || strings.Count(text, `"number"`) != 2 || strings.Count(text, `"refused":"counter.number.not-given"`) != 1 {
				t.Fatalf("%d %s", status, text)
			}
		}
		line := w.line()
		if len(line) != 2 || line[0].Number != block.Low || !line[0].Taken.Equal(at) || line[0].Origin != counter.ByKioskAlone || line[1].Letter != "C" {
			t.Errorf("in line: %+v", line)
		}
		w.actor = identity.Anonymous
		for path, body := range map[string]string{"/numeri": "", "/consegna": "[" + one("d", block.Low+2, "ritiri", "") + "]"} {
			if status, text := w.send(here+path, "application/json", body); path == "/numeri" && status != 403 || path == "/consegna" && !strings.Contains(text, "refused") {
				t.Errorf("who is no device: %s %d %s", path, status, text)
			}
		}
		if status, _ := w.send(here+"/consegna", "application/json", "{"); status != 400 {
			t.Errorf("no JSON: %d", status)
		}
		if len(w.line()) != 2 {
			t.Error("a stranger handed over numbers")
		}
	})
}
