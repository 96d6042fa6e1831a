package web_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/webtest"
)

type formPage struct{ web.Head }

func (formPage) Template() string { return "party/form" }

// forms serves a page with forms to whoever the header Who names; what was sent
// comes back.
func forms(t *testing.T) http.Handler {
	t.Helper()
	who := func(r *http.Request) string { return r.Header.Get("Who") }
	ui, err := web.New(i18n.NewBundle(), web.Config{
		SignIn: "/in", SignOut: "/out", Party: who,
		Person: func(r *http.Request) *web.Person {
			if who(r) == "" {
				return nil
			}
			return &web.Person{Name: "Ada", For: strings.TrimPrefix(who(r), "ada"), Back: "/back", Choose: "/choose"}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := ui.Add("party", fstest.MapFS{"form.gohtml": {Data: []byte(`{{define "main"}}<h1>x</h1>
<form class="a" method="post" action="/x"><button>x</button></form><form method="get" action="/x"><button>y</button></form>
<form method="post" action="/y"><input type="hidden" name="_per" value="earlier"><button>z</button></form>{{end}}`)}}); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /x", ui.Handle(func(w http.ResponseWriter, r *http.Request) error {
		return ui.Render(w, r, http.StatusOK, formPage{web.Head{Title: "x"}})
	}))
	mux.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	return web.Wrap(ui.SameParty(ui.Mux(mux)), ui.Chain()...)
}

// A form that was opened for one party and is sent while the session acts for
// another is not sent: it says what happened. All else is.
func TestAFormIsOfItsParty(t *testing.T) {
	t.Parallel()
	h := forms(t)
	send := func(who, path, kind, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), "POST", path, strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Who", who)
		r.Header.Set("Referer", "http://"+r.Host+"/x?da=qui")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	_, page := webtest.Get(t, h, "/x", "Who", "ada&co")
	if got := page.One(t, "form.a").All("input")[0]; got.Attr["name"] != "_per" || got.Attr["value"] != "ada%26co" {
		t.Errorf("the form begins with %v", got.Attr)
	}
	if n := len(page.One(t, "main").All("[name=_per]")); n != 2 || len(page.One(t, "header").All("[name=_per]")) != 0 {
		t.Errorf("%d forms say whose they are", n)
	}
	if _, page := webtest.Get(t, h, "/x"); len(page.One(t, "form.a").All("[name=_per]")) != 0 {
		t.Error("a form of nobody says whose it is")
	}
	long := strings.Repeat("à", 4000)
	urlencoded := func(party string) (kind, body string) {
		return "application/x-www-form-urlencoded", "_per=" + party + "&q=" + url.QueryEscape(long)
	}
	withFile := func(party string) (kind, body string) {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		_ = w.WriteField("_per", party) // a buffer takes everything
		part, _ := w.CreateFormFile("file", "x")
		_, _ = part.Write([]byte(long))
		_ = w.Close()
		return w.FormDataContentType(), b.String()
	}
	for name, form := range map[string]func(string) (string, string){"a form": urlencoded, "a form with a file": withFile} {
		for _, x := range []struct {
			who, party, path string
			status           int
		}{
			{"ada", "ada", "/x", 200},
			{"ada", "adaACME", "/x", 409},
			{"adaACME", "ada", "/x", 409},
			{"ada", "", "/x", 200},          // of no page of ours
			{"", "ada", "/x", 200},          // is asked to sign in
			{"ada", "adaACME", "/out", 200}, // nobody is kept from signing out
			{"ada", "adaACME", "/in/passkey", 200},
		} {
			kind, body := form(x.party)
			w := send(x.who, x.path, kind, body)
			if w.Code != x.status || w.Code == 200 && w.Body.String() != body {
				t.Errorf("%s of %q sent to %s as %q: %d", name, x.party, x.path, x.who, w.Code)
			}
		}
	}
	kind, body := urlencoded("ada")
	page = webtest.Page(t, send("adaACME", "/x", kind, body).Body.String())
	page.One(t, "a[href=/x?da=qui]")
	page.One(t, "main").One(t, "form[action=/back]")
	if text := page.One(t, "main").Text(); !strings.Contains(text, "ACME") {
		t.Errorf("it does not say for whom they act: %s", text)
	}
	webtest.Page(t, send("ada", "/x", "application/x-www-form-urlencoded", "_per=adaACME").Body.String()).One(t, "main").One(t, "a[href=/choose]")
}
