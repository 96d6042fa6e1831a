package coworking_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	ics "github.com/arran4/golang-ical"

	"polis/internal/coworking"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/webtest/browser"
	"polis/internal/reserve"
	"polis/internal/site"
)

// at is so many hours after a world begins, at 8:00 in Rome.
func at(hours float64) time.Time {
	return coworkingtest.Now.Truncate(time.Hour).Add(time.Duration(hours * float64(time.Hour)))
}

// places asks for places of a site from and to hours after the beginning.
func places(w *coworkingtest.World, site string, from, to float64, codes ...string) coworking.PartRequest {
	p := coworking.PartRequest{From: at(from), To: at(to)}
	for _, code := range codes {
		p.Resources = append(p.Resources, w.ID(site, code))
	}
	return p
}

func book(t testing.TB, w *coworkingtest.World, who coworkingtest.Who, parts ...coworking.PartRequest) coworking.Booking {
	t.Helper()
	b, err := w.Service.Book(t.Context(), who.Actor, coworking.Request{Parts: parts})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// feedName is the last part of an address, which is what Feed takes.
func feedName(t testing.TB, address string, err error) string {
	t.Helper()
	name, ok := strings.CutPrefix(address, coworkingtest.Issuer+"/calendario/")
	if err != nil || !ok {
		t.Fatalf("%q, %v", address, err)
	}
	return name
}

// entry is what a calendar program makes of an event.
type entry struct {
	uid, status, summary, location string
	start, end                     time.Time
	sequence                       string
}

// entries reads a calendar as a program of somebody else's does.
func entries(t testing.TB, file []byte, method ics.Method) (list []entry) {
	t.Helper()
	cal, err := ics.ParseCalendar(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range cal.CalendarProperties {
		if p.IANAToken == string(ics.PropertyMethod) && p.Value != string(method) {
			t.Errorf("method %s, want %s", p.Value, method)
		}
	}
	text := func(e *ics.VEvent, p ics.ComponentProperty) string {
		if v := e.GetProperty(p); v != nil {
			return v.Value
		}
		return ""
	}
	for _, e := range cal.Events() {
		start, err1 := e.GetStartAt()
		end, err2 := e.GetEndAt()
		if err1 != nil || err2 != nil {
			t.Fatalf("%v %v", err1, err2)
		}
		list = append(list, entry{
			e.Id(), text(e, ics.ComponentPropertyStatus), text(e, ics.ComponentPropertySummary), text(e, ics.ComponentPropertyLocation),
			start, end, text(e, ics.ComponentPropertySequence),
		})
	}
	return list
}

func feed(t testing.TB, w *coworkingtest.World, who coworkingtest.Who) []entry {
	t.Helper()
	address, err := w.Service.CalendarAddress(t.Context(), who.Actor)
	file, err := w.Service.Feed(t.Context(), feedName(t, address, err))
	if err != nil {
		t.Fatal(err)
	}
	return entries(t, file, ics.MethodPublish)
}

var (
	allFeeds  = db.Q("coworking.test-feeds", `SELECT id FROM calendar_feed`)
	renewals  = db.Q("coworking.test-renewals", `SELECT COUNT(*) FROM act WHERE kind = 'calendar.renewed'`)
	scanValue = func(rows *sql.Rows) (s string, err error) { return s, rows.Scan(&s) }
)

// An address works until it is renewed, and only as a whole: nothing in the
// database and nothing that looks like one opens a calendar.
func TestFeedAddresses(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := coworkingtest.New(t, d), t.Context()
		address, err := w.Service.CalendarAddress(ctx, w.Maria.Actor)
		first := feedName(t, address, err)
		address, err = w.Service.CalendarAddress(ctx, w.Maria.Actor)
		if again := feedName(t, address, err); again != first {
			t.Errorf("two addresses: %s %s", first, again)
		}
		address, err = w.Service.CalendarAddress(ctx, w.Giuseppe.Actor)
		other := feedName(t, address, err)
		unknown := func(name string) {
			t.Helper()
			if _, err := w.Service.Feed(ctx, name); !errs.Is(err, errs.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := w.Service.Feed(ctx, first); err != nil || other == first {
			t.Error(err, other == first)
		}
		ids, err := db.All(ctx, d, allFeeds, scanValue)
		if err != nil || len(ids) != 2 {
			t.Fatal(ids, err)
		}
		for _, id := range ids {
			unknown(id + ".ics")
		}
		for _, name := range []string{
			"", ".ics", strings.TrimSuffix(first, ".ics"), first + ".ics", "A" + first[1:], first[:20] + "A" + first[21:], first[:40] + "AAA.ics",
			first[:21] + other[21:], strings.Repeat("A", 43) + ".ics", first[:42] + "=.ics", strings.ToLower(first), "../" + first,
		} {
			if name != first {
				unknown(name)
			}
		}
		elsewhere := coworking.New(coworking.Options{
			DB: d, Live: w.Live, Engine: w.Engine, People: w.People, Notes: w.Notes, Clock: w.Clock, Words: w.Words,
			FeedKey: []byte("another secret"), Issuer: coworkingtest.Issuer,
		})
		if _, err := elsewhere.Feed(ctx, first); !errs.Is(err, errs.NotFound) {
			t.Errorf("opened with another secret: %v", err)
		}

		address, err = w.Service.RenewCalendarAddress(ctx, w.Maria.Actor)
		second := feedName(t, address, err)
		unknown(first)
		if _, err := w.Service.Feed(ctx, second); err != nil {
			t.Error(err)
		}
		if _, err := w.Service.Feed(ctx, other); err != nil {
			t.Errorf("the address of somebody else has gone too: %v", err)
		}
		var n int
		if err := db.One(ctx, d, renewals, nil, &n); err != nil || n != 1 {
			t.Errorf("%d acts, %v", n, err)
		}
		for _, do := range []func() (string, error){
			func() (string, error) { return w.Service.CalendarAddress(ctx, coworkingtest.Who{}.Actor) },
			func() (string, error) { return w.Service.RenewCalendarAddress(ctx, coworkingtest.Who{}.Actor) },
		} {
			if _, err := do(); err == nil {
				t.Error("an address for nobody")
			}
		}
	})
}

// A feed has what was booked, as it stands: never holds, the cancelled as such.
func TestFeedContent(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := coworkingtest.New(t, d), t.Context()
		if got := feed(t, w, w.Maria); len(got) != 0 {
			t.Errorf("before all: %v", got)
		}
		two := book(t, w, w.Maria, places(w, "aurora", 24, 28, "D-01", "D-02"), places(w, "molo", 48, 50, "M-1"))
		leave := book(t, w, w.Maria, places(w, "aurora", 30, 31, "D-01"))
		moved := book(t, w, w.Maria, places(w, "faro", 72, 73, "D-01"))
		if _, err := w.Service.Move(ctx, w.Maria.Actor, moved.ID, at(74), at(76), 0); err != nil {
			t.Fatal(err)
		}
		missed := book(t, w, w.Maria, places(w, "aurora", 1, 3, "M-1"))
		hasty := book(t, w, w.Maria, places(w, "molo", 5, 6, "D-01"))
		if _, err := w.Service.Cancel(ctx, w.Maria.Actor, hasty.ID, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Service.Hold(ctx, w.Maria.Actor, coworking.Request{Parts: []coworking.PartRequest{places(w, "aurora", 6, 7, "D-03")}}); err != nil {
			t.Fatal(err)
		}
		book(t, w, w.Giuseppe, places(w, "borgo", 24, 25, "D-01"))
		w.Clock.Set(at(2.5))
		w.Sweep(t) // the hold expires, nobody came to the meeting room
		if _, err := w.Service.Hold(ctx, w.Maria.Actor, coworking.Request{Parts: []coworking.PartRequest{places(w, "aurora", 8, 9, "D-03")}}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Service.Cancel(ctx, w.Maria.Actor, leave.ID, 0); err != nil {
			t.Fatal(err)
		}
		want := []entry{
			{missed.ID + "-1@polis", "CANCELLED", "Posto prenotato: Spazio Aurora", "Spazio Aurora, Via del Lago 1, Gavirate (VA)", at(1), at(3), "2"},
			{two.ID + "-1@polis", "CONFIRMED", "Posto prenotato: Spazio Aurora", "Spazio Aurora, Via del Lago 1, Gavirate (VA)", at(24), at(28), "1"},
			// molo counts who is inside: the second part of the list is not for eyes
			{two.ID + "-2@polis", "CONFIRMED", "Posto prenotato: Spazio Molo", "Spazio Molo, Via Cala 5, Palermo (PA)", at(48), at(50), "1"},
			{leave.ID + "-1@polis", "CANCELLED", "Posto prenotato: Spazio Aurora", "Spazio Aurora, Via del Lago 1, Gavirate (VA)", at(30), at(31), "2"},
			{moved.ID + "-1@polis", "CONFIRMED", "Posto prenotato: Spazio Faro", "Spazio Faro, Via Lanterna 4, Palermo (PA)", at(74), at(76), "2"},
		}
		got := feed(t, w, w.Maria)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got\n%v\nwant\n%v", got, want)
		}
		if got := feed(t, w, w.Giuseppe); len(got) != 1 || got[0].summary != "Place booked: Spazio Borgo" {
			t.Errorf("in English: %v", got)
		}
		file, err := w.Service.Calendar(ctx, w.Maria.Actor, two.ID, w.Words.Printer(i18n.IT, nil))
		if err != nil {
			t.Fatal(err)
		}
		if list := entries(t, file, ics.MethodPublish); fmt.Sprint(list) != fmt.Sprint(want[1:3]) {
			t.Errorf("the file of the booking has other entries: %v", list)
		}

		w.Clock.Set(at(30*24 + 30)) // 30 days after
		w.Sweep(t)
		if got := feed(t, w, w.Maria); len(got) != 4 || got[0].uid != two.ID+"-1@polis" {
			t.Errorf("after a month: %v", got)
		}
		w.Clock.Set(at(40 * 24))
		if got := feed(t, w, w.Maria); len(got) != 0 {
			t.Errorf("after 40 days: %v", got)
		}
	})
}

// The night in which the clocks go back has its second 02:30 where it belongs,
// and a long list is whole.
func TestFeedOfManyAndOfTheLongNight(t *testing.T) {
	t.Parallel()
	w := coworkingtest.New(t, dbtest.SQLite(t))
	fill := reserve.NewFiller(w.DB, w.Live)
	desk, err := w.Live.Network().Resource(w.ID("molo", "D-01"))
	if err != nil {
		t.Fatal(err)
	}
	first := time.Date(2026, time.October, 25, 0, 30, 0, 0, time.UTC) // 02:30 in summer time; an hour later again
	now := time.Date(2026, time.October, 24, 12, 0, 0, 0, time.UTC)
	const n = 500
	for i := range n {
		from := first.Add(time.Duration(i) * time.Hour)
		if err := fill.Add(reserve.Booking{
			ID: clock.NewID(), Person: w.Maria.Person, Status: reserve.Confirmed, Due: from.Add(time.Hour), Created: now, Changed: now, Rev: 1,
			Parts: []reserve.Part{{Site: desk.Site, Kind: string(site.Desk), Units: []int64{desk.Ordinal}, From: from, To: from.Add(time.Hour)}},
		}, 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := fill.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.Clock.Set(now)
	got := feed(t, w, w.Maria)
	if len(got) != n {
		t.Fatalf("%d entries", len(got))
	}
	for i, e := range got {
		if want := first.Add(time.Duration(i) * time.Hour); !e.start.Equal(want) || e.end.Sub(e.start) != time.Hour {
			t.Fatalf("%d from %v to %v, want %v", i, e.start, e.end, want)
		}
	}
}

func (b *surfer) raw(method, path string, header ...string) (*http.Response, string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.srv.URL+path, http.NoBody)
	if err != nil {
		b.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res, string(body)
}

func TestCalendarPages(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"it", "en"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			w := newPaged(t)
			say := func(key string) string { return w.Words.Printer(i18n.Lang(lang), nil).T(key) }
			nobody, maria := w.as("", lang), w.as("maria", lang)
			if res, _ := nobody.raw(http.MethodPost, "/prenotazioni/calendario/nuovo-indirizzo"); res.StatusCode == http.StatusOK && strings.Contains(res.Request.URL.Path, "calendario") {
				t.Error("renewed by nobody")
			}
			b := book(t, w.World, w.Maria, places(w.World, "aurora", 24, 28, "D-01"))
			maria.get("/prenotazioni/calendario").want(200, say("coworking.calendar.title"), say("coworking.calendar.how-apple"))
			address := maria.page.One(t, "#address").Attr["value"]
			if href := maria.page.One(t, "a.btn-primary").Attr["href"]; href != strings.Replace(address, "https:", "webcal:", 1) {
				t.Errorf("subscribe at %s", href)
			}
			u, err := url.Parse(address)
			if err != nil || !strings.HasPrefix(address, coworkingtest.Issuer) {
				t.Fatal(address, err)
			}

			res, body := nobody.raw(http.MethodGet, u.Path)
			etag := res.Header.Get("ETag")
			if res.StatusCode != 200 || len(entries(t, []byte(body), ics.MethodPublish)) != 1 || etag == "" || len(res.Cookies()) > 0 {
				t.Errorf("%s %v %s", res.Status, res.Header, body)
			}
			for name, want := range map[string]string{
				"Content-Type": "text/calendar; charset=utf-8", "Cache-Control": "private, no-cache", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex",
			} {
				if got := res.Header.Get(name); got != want {
					t.Errorf("%s: %q", name, got)
				}
			}
			for _, line := range []string{"X-WR-CALNAME:Polis: le mie prenotazioni", "X-PUBLISHED-TTL:PT60M", "REFRESH-INTERVAL;VALUE=DURATION:PT60M"} {
				if !strings.Contains(body, line+"\r\n") {
					t.Errorf("no %s in %s", line, body)
				}
			}
			if res, body := nobody.raw(http.MethodHead, u.Path); res.StatusCode != 200 || body != "" || res.Header.Get("ETag") != etag {
				t.Errorf("HEAD: %s", res.Status)
			}
			if res, body := nobody.raw(http.MethodGet, u.Path, "If-None-Match", etag); res.StatusCode != 304 || body != "" {
				t.Errorf("not changed, but %s", res.Status)
			}
			if _, err := w.Service.Move(t.Context(), w.Maria.Actor, b.ID, at(25), at(28), 0); err != nil {
				t.Fatal(err)
			}
			if res, _ := nobody.raw(http.MethodGet, u.Path, "If-None-Match", etag); res.StatusCode != 200 {
				t.Errorf("changed, but %s", res.Status)
			}

			maria.get("/prenotazioni/calendario/nuovo-indirizzo").want(200, say("coworking.calendar.renew-lead"))
			if res, _ := nobody.raw(http.MethodGet, u.Path); res.StatusCode != 200 {
				t.Error("the question alone ended the address")
			}
			maria.open(http.MethodPost, "/prenotazioni/calendario/nuovo-indirizzo", nil).want(200, say("coworking.calendar.renewed"))
			if now := maria.page.One(t, "#address").Attr["value"]; now == address {
				t.Error("the address is the same")
			}
			if res, _ := nobody.raw(http.MethodGet, u.Path); res.StatusCode != 404 {
				t.Errorf("the old address: %s", res.Status)
			}
		})
	}
}

// The secret of an address is in no line of the log, whatever goes wrong.
func TestFeedAddressIsNotLogged(t *testing.T) {
	t.Parallel()
	w := coworkingtest.New(t, dbtest.SQLite(t))
	address, err := w.Service.CalendarAddress(t.Context(), w.Maria.Actor)
	name := feedName(t, address, err)
	var log bytes.Buffer
	ui, err := web.New(i18n.NewBundle(), web.Config{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	if err := coworking.RegisterPages(mux, ui, w.Service); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/calendario/"+name, http.NoBody)
	ctx, cancel := context.WithDeadline(r.Context(), time.Now().Add(-time.Second)) // the database does not answer in time
	defer cancel()
	rec := httptest.NewRecorder()
	web.Wrap(ui.Mux(mux), ui.Chain()...).ServeHTTP(rec, r.WithContext(ctx))
	if rec.Code < 500 || log.Len() == 0 {
		t.Fatalf("%d, log %q", rec.Code, log.String())
	}
	if strings.Contains(log.String(), name[:8]) {
		t.Errorf("logged: %s", log.String())
	}
}

func TestCalendarPagesInABrowser(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	w.always = "maria"
	if !w.built {
		t.Skip("SKIPPED: the front end is not built")
	}
	tab := browser.Open(t)
	for _, width := range []int64{1280, 390} {
		tab.Width(width)
		tab.Go(w.srv.URL + "/prenotazioni/calendario")
		tab.Check()
		tab.Do(chromedp.Click("a[href$=nuovo-indirizzo]"))
		tab.WaitFor(`document.querySelector(".btn-danger") !== null`)
		tab.Check()
		tab.Do(chromedp.Click(".btn-danger"))
		tab.WaitFor(`document.querySelector("#address") !== null`)
		tab.Check()
	}
	if faults := tab.Faults(); len(faults) > 0 {
		t.Error(faults)
	}
}

// The list of bookings says that mails come back, until one arrives again.
func TestMailNotice(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	maria := w.as("maria", "it")
	notice := "I messaggi non arrivano"
	has := func(want bool) {
		t.Helper()
		maria.get("/prenotazioni").want(200, "Aggiungi al calendario")
		if got := strings.Contains(maria.page.Text(), notice); got != want {
			t.Errorf("notice: %v", got)
		}
	}
	has(false)
	b := book(t, w.World, w.Maria, places(w.World, "molo", 49, 53, "D-01"))
	sent := w.Mails(t)
	has(false)
	if err := w.Notes.Bounced(t.Context(), sent[0].ID, "5.1.1"); err != nil {
		t.Fatal(err)
	}
	has(true)
	w.Clock.Advance(time.Minute)
	if _, err := w.Service.Move(t.Context(), w.Maria.Actor, b.ID, at(50), at(53), 0); err != nil {
		t.Fatal(err)
	}
	w.Mails(t)
	has(false)
}

func TestCalendarFeedOverTheAPI(t *testing.T) {
	kept := map[string]bool{}
	remember := func(t *testing.T, w *coworkingtest.World) {
		address, err := w.Service.CalendarAddress(t.Context(), w.Maria.Actor)
		kept[feedName(t, address, err)] = true
	}
	play(
		t,
		step{as: "maria", do: "GET /calendar-feed", want: 200, has: `{"address": "*"}`, then: remember},
		step{as: "maria", do: "GET /calendar-feed", want: 200, has: `{"address": "*"}`, then: remember},
		step{as: "maria", do: "POST /calendar-feed", want: 200, has: `{"address": "*"}`, then: func(t *testing.T, w *coworkingtest.World) {
			remember(t, w)
			if len(kept) != 2 {
				t.Errorf("%d addresses", len(kept))
			}
		}},
		step{do: "GET /calendar-feed", want: 401},
		step{do: "POST /calendar-feed", want: 401},
	)
}
