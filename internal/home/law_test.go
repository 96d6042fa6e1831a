package home_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"polis/internal/home"
	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/webtest"
	"polis/internal/platform/web/webtest/browser"
	"polis/internal/reserve"
	"polis/internal/site"
)

var owner = home.Owner{
	Name: "Ente di prova", URL: "https://www.ente.example", Email: "polis@ente.example", Phone: "+39 0332 123456",
	Statement: "https://form.agid.gov.it/view/prova",
}

// What the owner has said stands on the pages; where nothing is known they say
// so, and differently in a demonstration.
func TestOwnerIsNamed(t *testing.T) {
	t.Parallel()
	known := pagesOf(t, network(false), home.Options{Owner: owner, Mails: true})
	unknown, demo := pages(t, false), pages(t, true)
	for _, path := range []string{"/contatti", "/privacy", "/aiuto", "/note-legali", "/accessibilita"} {
		_, root := webtest.Get(t, known, path, "Accept-Language", "it")
		main := root.One(t, "main")
		if text := main.Text(); !strings.Contains(text, owner.Email) || strings.Contains(text, "non ha ancora indicato") {
			t.Errorf("%s does not name the owner: %s", path, text)
		}
		if len(main.All("a[href=tel:+390332123456]")) != 1 || len(main.All("a[href=mailto:polis@ente.example]")) != 1 {
			t.Errorf("%s: the owner cannot be called or written to", path)
		}
		if path == "/accessibilita" {
			continue // says it of the statement
		}
		_, root = webtest.Get(t, unknown, path, "Accept-Language", "it")
		if text := root.One(t, "main").Text(); !strings.Contains(text, "non ha ancora indicato nome e recapiti") {
			t.Errorf("%s: %s", path, text)
		}
		_, root = webtest.Get(t, demo, path, "Accept-Language", "it")
		if text := root.One(t, "main").Text(); !strings.Contains(text, "non ha un titolare") {
			t.Errorf("%s of a demonstration: %s", path, text)
		}
	}
	_, root := webtest.Get(t, known, "/")
	if got := root.One(t, ".polis-slim-owner"); got.Text() != owner.Name || got.Attr["href"] != owner.URL {
		t.Errorf("the slim header names %q at %q", got.Text(), got.Attr["href"])
	}
}

// Every page links what the law expects, marked for AgID's validator where that
// is true; each link of the footer leads to a page.
func TestFooter(t *testing.T) {
	t.Parallel()
	h := pagesOf(t, network(false), home.Options{Owner: owner})
	_, root := webtest.Get(t, h, "/sedi")
	footer := root.One(t, "footer")
	for mark, href := range map[string]string{"accessibility-link": owner.Statement, "privacy-policy-link": "/privacy", "legal-notes": "/note-legali"} {
		if got := footer.One(t, "a[data-element="+mark+"]").Attr["href"]; got != href {
			t.Errorf("%s leads to %s", mark, got)
		}
	}
	for _, a := range footer.All("a") {
		if href := a.Attr["href"]; href != owner.Statement {
			if res, _ := webtest.Get(t, h, href); res.StatusCode != http.StatusOK {
				t.Errorf("%s: %d", href, res.StatusCode)
			}
		}
	}
	_, root = webtest.Get(t, pages(t, false), "/sedi")
	if got := root.All("[data-element=accessibility-link]"); len(got) != 0 {
		t.Error("a statement is marked that nobody made")
	}
	_, root = webtest.Get(t, h, "/note-legali", "Accept-Language", "it")
	if text := root.One(t, "[data-element=legal-notes-body]").Text(); !strings.HasPrefix(text, "In applicazione del principio open by default ai sensi dell’articolo 52") {
		t.Errorf("the licence of the contents: %s", text)
	}
}

// The list of cookies is what the program sets: names and how long they last.
func TestCookies(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		set := map[string]*http.Cookie{}
		note := func(res *http.Response) {
			for _, c := range res.Cookies() {
				if c.MaxAge >= 0 { // not one that is taken away
					set[c.Name] = c
				}
			}
		}
		clk := clock.NewManual(now)
		d := dbtest.SQLite(t)
		keys, err := identity.OpenKeys(t.Context(), d, identity.KeyFile{Path: filepath.Join(t.TempDir(), "kek.json")})
		if err != nil {
			t.Fatal(err)
		}
		people := identity.NewPeople(d, keys, clk, clock.NewID)
		p, err := people.Create(t.Context(), identity.Person{GivenName: "Maria"})
		if err != nil {
			t.Fatal(err)
		}
		sessions := identity.NewSessions(people, identity.NewGrants(d, clk), identity.SessionOptions{Secure: secure})
		identity.NewAccess(identity.AccessOptions{People: people}).TellNew(sessions)
		ui, err := web.New(i18n.NewBundle(), web.Config{})
		if err != nil {
			t.Fatal(err)
		}
		h := web.Wrap(sessions.Middleware(ui.Handle(func(w http.ResponseWriter, r *http.Request) error {
			if err := sessions.SignIn(r.Context(), identity.Proof{Person: p.ID, Method: "code", Level: identity.LevelLow}); err != nil {
				return err
			}
			sessions.KeepMark(w, "mark")
			return ui.Done(w, r, "/", "web.home")
		})), ui.Chain()...)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/?lang=it", nil))
		note(w.Result())
		// On devices of a house alone; see identity/device.
		set[identity.DeviceCookie(secure)] = &http.Cookie{MaxAge: int(identity.DeviceLife.Seconds())}
		listed := home.Cookies(secure)
		if len(listed) != len(set) {
			t.Errorf("%d cookies are listed, %d are set: %v", len(listed), len(set), set)
		}
		for _, c := range listed {
			if got := set[c.Name]; got == nil || time.Duration(got.MaxAge)*time.Second != c.Lasts {
				t.Errorf("the list has %+v, the program sets %v", c, got)
			}
		}
	}
	_, root := webtest.Get(t, pages(t, false), "/cookie", "Accept-Language", "it")
	if text := root.One(t, "tbody").Text(); !strings.Contains(text, "polis_session") || !strings.Contains(text, "365 giorni") {
		t.Errorf("the page lists %s", text)
	}
}

// A page of every house: an office has no places to book, one in works says
// when it opens, coming closures and holidays are told.
func TestHouse(t *testing.T) {
	t.Parallel()
	h := pagesOf(t, network(true), home.Options{Closures: func(_ context.Context, id string) ([]reserve.Closure, error) {
		if id != "01900000-0000-7000-a000-aurora" {
			return nil, nil
		}
		at := now.Add(48 * time.Hour)
		return []reserve.Closure{{Site: id, Reason: "Disinfestazione", Starts: at, Ends: at.Add(3 * time.Hour)}}, nil
	}})
	for _, c := range []struct {
		code     string
		book     int
		has, not []string
	}{
		{"aurora", 1, []string{"Spazio di lavoro", "da lunedì a venerdì", "08:00–20:00", "Disinfestazione", "45.84000, 8.71000", "Via Roma 1", "inventata"}, nil},
		{"ufficio", 0, []string{"Ufficio postale", "aperto", "non indicato"}, []string{"Posti di lavoro"}},
		{"cantiere", 1, []string{"in lavori", "Apertura prevista: 1º marzo 2027."}, []string{"Chiusure in arrivo"}},
	} {
		_, root := webtest.Get(t, h, "/sedi/"+c.code, "Accept-Language", "it")
		main := root.One(t, "main")
		for _, text := range c.has {
			if !strings.Contains(main.Text(), text) {
				t.Errorf("%s: no %q in %s", c.code, text, main.Text())
			}
		}
		for _, text := range c.not {
			if strings.Contains(main.Text(), text) {
				t.Errorf("%s: %q in %s", c.code, text, main.Text())
			}
		}
		if got := len(main.All("a[href=/spazi/" + c.code + "]")); got != c.book {
			t.Errorf("%s: %d links to book", c.code, got)
		}
		main.One(t, "a[href=/segnala?sede="+c.code+"]")
	}
	if res, _ := webtest.Get(t, h, "/sedi/nessuna"); res.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown house: %d", res.StatusCode)
	}
}

// Five thousand houses: every page of the list is light, each house comes once
// and has its page.
func TestManyHouses(t *testing.T) {
	t.Parallel()
	const n = 5000
	var d site.Data
	for i := range n {
		s := network(true).Sites[3]
		s.ID, s.Code, s.Name = fmt.Sprintf("01900000-0000-7000-a000-%012d", i), fmt.Sprintf("u-%d", i), fmt.Sprintf("Ufficio postale di Santa Maria a Monte %d", i%700)
		d.Sites = append(d.Sites, s)
	}
	h := pagesOf(t, d, home.Options{})
	seen := map[string]bool{}
	for path := "/sedi"; path != ""; {
		_, root := webtest.Get(t, h, path)
		for _, row := range root.One(t, "tbody").All("tr") {
			seen[row.All("a")[0].Attr["href"]] = true
		}
		path = ""
		if next := root.All("a[rel=next]"); len(next) == 1 {
			path = next[0].Attr["href"]
		}
	}
	if len(seen) != n || !seen["/sedi/u-4999"] {
		t.Errorf("%d houses over all pages, want %d", len(seen), n)
	}
}

func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	h := pagesOf(t, network(true), home.Options{Mails: true})
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	tab := browser.Open(t)
	for _, width := range []int64{1280, 390} {
		tab.Width(width)
		for _, path := range []string{"/aiuto", "/contatti", "/privacy", "/cookie", "/accessibilita", "/note-legali", "/licenze", "/sedi", "/sedi/aurora", "/sedi/ufficio"} {
			tab.Go(srv.URL + path)
			tab.Check()
		}
	}
	tab.Go(srv.URL + "/aiuto#pass") // a link to an answer opens it
	tab.WaitFor(`document.querySelector("#pass").closest("details").open`)
	tab.Check()
}
