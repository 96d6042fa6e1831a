package home_test

import (
	"context"
	"embed"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"polis/internal/agenda"
	"polis/internal/home"
	"polis/internal/platform/clock"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/i18n"
	"polis/internal/platform/i18n/i18ntest"
	"polis/internal/platform/web"
	"polis/internal/platform/web/webtest"
	"polis/internal/platform/web/webtest/browser"
	"polis/internal/reserve"
	"polis/internal/site"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestWords(t *testing.T) {
	bundle := i18n.NewBundle()
	if err := bundle.Add(home.Words); err != nil {
		t.Fatal(err)
	}
	i18ntest.Check(t, bundle, os.DirFS("."))
}

var now = time.Date(2026, time.November, 23, 7, 7, 0, 0, time.UTC)

// network is two open spaces with desks and a meeting room, one in works, and
// an office.
func network(madeUp bool) site.Data {
	var d site.Data
	add := func(code string, kind site.Kind, state site.State, places ...site.Resource) {
		s := site.Site{
			ID: "01900000-0000-7000-a000-" + code, Code: code, Kind: kind, State: state, Name: "Casa " + code, Address: "Via Roma 1",
			Municipality: "012072", Lat: 45.84, Lon: 8.71, Hours: agenda.MustHours("Mo-Fr 08:00-20:00"), Generated: madeUp,
		}
		if state == site.Works {
			s.OpensOn = "2027-03-01"
		}
		d.Sites = append(d.Sites, s)
		d.Rooms = append(d.Rooms, site.Room{ID: "room-" + code, Site: s.ID, Code: "R", Name: "Piano terra"})
		for i, r := range places {
			r.Ordinal = int64(len(d.Resources) + 1)
			r.ID, r.Code = fmt.Sprintf("%s-%d", code, i), fmt.Sprintf("P-%d", i)
			r.Site, r.Room, r.Name = s.ID, "room-"+code, r.Code
			d.Resources = append(d.Resources, r)
		}
	}
	desk := site.Resource{Kind: site.Desk, Seats: 1, Active: true}
	broken := site.Resource{Kind: site.Desk, Seats: 1}
	room := site.Resource{Kind: site.Meeting, Seats: 6, Active: true}
	add("aurora", site.Space, site.Open, desk, desk, broken, room)
	add("borgo", site.Space, site.Open, desk)
	add("cantiere", site.Space, site.Works, desk, desk)
	add("ufficio", site.Office, site.Open, site.Resource{Kind: site.Counter, Seats: 1, Active: true})
	return d
}

// pages are the pages over that network.
func pages(t *testing.T, madeUp bool) http.Handler {
	t.Helper()
	return pagesOf(t, network(madeUp), home.Options{})
}

// pagesOf are the pages over a network, with some options.
func pagesOf(t *testing.T, data site.Data, o home.Options) http.Handler {
	t.Helper()
	clk := clock.NewManual(now)
	store := site.NewStore(dbtest.SQLite(t), clk, clock.NewID)
	for _, save := range []func() error{
		func() error { return store.SaveSites(t.Context(), data.Sites) },
		func() error { return store.SaveRooms(t.Context(), data.Rooms) },
		func() error { return store.SaveResources(t.Context(), data.Resources) },
	} {
		if err := save(); err != nil {
			t.Fatal(err)
		}
	}
	live, err := site.NewLive(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	words := i18n.NewBundle()
	for _, files := range []embed.FS{home.Words, site.Words} {
		if err := words.Add(files); err != nil {
			t.Fatal(err)
		}
	}
	ui, err := web.New(words, web.Config{Footer: o.Owner.Footer(), Owner: o.Owner.Link(), Tagline: home.Tagline(words), Demo: home.Demo})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", ui.Assets())
	o.Live, o.Clock = live, clk
	if o.Closures == nil {
		o.Closures = func(context.Context, string) ([]reserve.Closure, error) { return nil, nil }
	}
	o.Kept = func(*i18n.Printer) *web.Table {
		return &web.Table{Caption: "Kept", Columns: []web.Column{{Text: "Long"}}}
	}
	o.Front = home.Front{
		Doors:   []web.Door{home.Door, home.Door, home.Door, home.Door, {Href: "/fifth"}},
		FreeNow: func(context.Context) (int, string, error) { return 7, "/spazi?tipo=desk", nil },
	}
	if err := home.Register(mux, ui, o); err != nil {
		t.Fatal(err)
	}
	return web.Wrap(ui.Mux(mux), ui.Chain()...)
}

func TestEveryPageInBothLanguages(t *testing.T) {
	t.Parallel()
	for _, madeUp := range []bool{true, false} {
		h := pages(t, madeUp)
		for _, path := range []string{
			"/", "/sedi", "/sedi?tipo=office&stato=open", "/sedi?q=zzz", "/accessibilita", "/privacy", "/licenze",
			"/aiuto", "/contatti", "/cookie", "/note-legali", "/sedi/aurora", "/sedi/cantiere", "/sedi/ufficio",
			"/problems/conflict", "/problems/uri-too-long",
		} {
			for _, lang := range []string{"it", "en"} {
				res, root := webtest.Get(t, h, path, "Accept-Language", lang)
				if res.StatusCode != http.StatusOK {
					t.Errorf("%s in %s: %d", path, lang, res.StatusCode)
				}
				if got := root.One(t, "html").Attr["lang"]; got != lang {
					t.Errorf("%s: language %s, want %s", path, got, lang)
				}
			}
		}
	}
}

// TestFiguresAreTheRows: each figure leads to a list whose rows make it up.
func TestFiguresAreTheRows(t *testing.T) {
	t.Parallel()
	h := pages(t, true)
	_, root := webtest.Get(t, h, "/")
	figures := root.One(t, ".polis-figures").All("a")
	var numbers []string
	for _, a := range figures {
		numbers = append(numbers, a.One(t, "strong").Text())
	}
	if got := strings.Join(numbers, " "); got != "2 9 7 1" {
		t.Errorf("figures %q, want 2 spaces, 9 places, 7 of them free, 1 office", got)
	}
	for i, want := range []int{2, 2, -1, 1} {
		if want < 0 {
			continue // of another room
		}
		_, list := webtest.Get(t, h, figures[i].Attr["href"])
		if rows := len(list.One(t, "tbody").All("tr")); rows != want {
			t.Errorf("figure %d leads to %d rows, want %d", i, rows, want)
		}
	}
	_, list := webtest.Get(t, h, figures[1].Attr["href"])
	sum := 0
	for _, row := range list.One(t, "tbody").All("tr") {
		cells := row.All("td")
		n, err := strconv.Atoi(cells[len(cells)-1].Text())
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	if sum != 9 {
		t.Errorf("the places of the rows are %d, want 9", sum)
	}
}

// TestDoors: each room that exists has a door, four at most.
func TestDoors(t *testing.T) {
	t.Parallel()
	_, root := webtest.Get(t, pages(t, true), "/", "Accept-Language", "it")
	doors := root.One(t, ".polis-doors").All("a")
	if len(doors) != 4 || doors[0].Attr["href"] != "/sedi" || doors[0].Text() != "Le sedi" {
		t.Errorf("%d doors, the first %q to %s", len(doors), doors[0].Text(), doors[0].Attr["href"])
	}
	if img := root.One(t, ".polis-map-plain"); len(img.All("circle")) != 2 {
		t.Errorf("%d dots on the map, want one for each open space", len(img.All("circle")))
	}
}

// The first page in a real browser, wide and narrow.
func TestFrontInABrowser(t *testing.T) {
	t.Parallel()
	h := pages(t, true)
	if _, root := webtest.Get(t, h, "/"); root.All("[rel=stylesheet]")[0].Attr["href"] == "/assets/plain.css" {
		t.Skip("SKIPPED: the front end is not built")
	}
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	tab := browser.Open(t)
	for _, view := range browser.Views {
		tab.Width(view.Width)
		tab.Go(srv.URL + "/?lang=" + view.Lang)
		tab.Check()
	}
}

func TestHousesInWorksSayWhen(t *testing.T) {
	t.Parallel()
	_, root := webtest.Get(t, pages(t, false), "/sedi?stato=works", "Accept-Language", "it")
	if text := root.One(t, "tbody").Text(); !strings.Contains(text, "in lavori") || !strings.Contains(text, "1º marzo 2027") {
		t.Errorf("the row does not say when it opens: %s", text)
	}
}

func TestHostileQueries(t *testing.T) {
	t.Parallel()
	h := pages(t, false)
	for _, query := range []string{
		"?tipo=x", "?stato=%3Cscript%3E", "?q=" + strings.Repeat("a", 5000), "?dopo=x", "?dopo=" + strings.Repeat("A", 3000), "?q=%00", "?q=%ff", "?q=%zz",
	} {
		r := httptest.NewRequest(http.MethodGet, "/sedi"+query, nil)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 500 || w.Code < 400 {
			t.Errorf("%.40s: %d", query, w.Code)
		}
	}
}
