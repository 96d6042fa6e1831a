package identity_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"polis/internal/demo"
	"polis/internal/identity"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/web"
	"polis/internal/platform/web/webtest"
)

// newPages are the pages of an installation, and one that says who is there.
func newPages(t *testing.T, w *wayIn, isDemo bool) http.Handler {
	t.Helper()
	ui, err := web.New(w.words, web.Config{
		SignIn: identity.SignInPath, SignOut: identity.SignOutPath, Ending: w.sessions.EndingOf, Shared: w.sessions.Shared,
		Desk: func(*http.Request) []web.Entry { return []web.Entry{identity.DeskEntry} },
		Person: func(r *http.Request) *web.Person {
			if a := identity.ActorFrom(r.Context()); a.SignedIn() {
				return &web.Person{Name: a.Name, Home: "/profilo"}
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	o := identity.PageOptions{Sessions: w.sessions, Access: w.Access, Contacts: "/contatti", Work: func(identity.Role) string { return "/gestione" }}
	if isDemo {
		o.Demo = identity.NewDemo(w.people, w.grants, demo.TestPeople("aurora"))
		if err := o.Demo.Prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", ui.Assets())
	if err := identity.RegisterPages(mux, ui, o); err != nil {
		t.Fatal(err)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Who", identity.ActorFrom(r.Context()).Name)
	})
	return web.Wrap(w.sessions.Middleware(mux), ui.Chain()...)
}

// newWorld is a way in on SQLite.
func newWorld(t *testing.T) *wayIn { return newWayIn(t, newHouse(t, dbtest.SQLite(t))) }

func TestSignInPages(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"it", "en"} {
		for _, demo := range []bool{true, false} {
			_, root := webtest.Get(t, newPages(t, newWorld(t), demo), "/accedi?next=/prenotazioni", "Accept-Language", lang)
			if got, want := len(root.All("button.polis-choice")) > 0, demo; got != want {
				t.Errorf("%s, demonstration %v: test people %v", lang, demo, got)
			}
		}
	}
}

func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(newPages(t, newWorld(t), true))
	t.Cleanup(srv.Close)
	jar := must[*cookiejar.Jar](t)(cookiejar.New(nil))
	browser := &http.Client{Jar: jar}
	for next, want := range map[string]string{
		"/spazi/aurora?posto=1&posto=2": "/spazi/aurora?posto=1&posto=2",
		"":                              "/",
		"//evil.example":                "/",
		"https://evil.example/":         "/",
		"/\\evil.example":               "/",
		"/accedi?next=/accedi":          "/",
		"/esci":                         "/",
		"/" + strings.Repeat("x", 9000): "/",
	} {
		res := must[*http.Response](t)(browser.PostForm(srv.URL+"/accedi", url.Values{"person": {"maria"}, "next": {next}}))
		res.Body.Close()
		if got := res.Request.URL.RequestURI(); got != want || res.Request.URL.Host != strings.TrimPrefix(srv.URL, "http://") || res.Header.Get("Who") != "Maria B." {
			t.Errorf("next %.40q leads to %s as %q, want %s as Maria B.", next, res.Request.URL, res.Header.Get("Who"), want)
		}
	}
	res := must[*http.Response](t)(browser.PostForm(srv.URL+"/esci", nil))
	res.Body.Close()
	if res.Request.URL.Path != "/" || res.Header.Get("Who") != "" {
		t.Errorf("after signing out at %s as %q", res.Request.URL, res.Header.Get("Who"))
	}
	for person, want := range map[string]int{"": 401, "nobody": 401, strings.Repeat("x", 1000): 401} {
		res := must[*http.Response](t)(browser.PostForm(srv.URL+"/accedi", url.Values{"person": {person}}))
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("person %.20q: %d", person, res.StatusCode)
		}
	}
}
