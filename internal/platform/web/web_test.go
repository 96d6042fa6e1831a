package web_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"polis/internal/platform/i18n"
	"polis/internal/platform/i18n/i18ntest"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/platform/web/webtest"
)

func TestGallery(t *testing.T) {
	t.Parallel()
	_, h := newUI(t)
	for _, lang := range []string{"it", "en"} {
		for _, path := range []string{"/gallery", "/gallery?q=&day=x&seats=900", "/gallery?q=%3Cscript%3E&extras=screen&extras=board&quiet=1"} {
			res, page := webtest.Get(t, h, path, "Accept-Language", lang)
			if got := page.One(t, "html").Attr["lang"]; got != lang || res.Header.Get("Content-Language") != lang {
				t.Errorf("%s: language %q, want %q", path, got, lang)
			}
		}
	}
}

func TestLayout(t *testing.T) {
	t.Parallel()
	_, h := newUI(t)
	res, page := webtest.Get(t, h, "/gallery?q=a%26b&day=2026-11-21")
	if got := page.All("title")[0].Text(); got != "Trova un posto – Polis" {
		t.Errorf("title %q", got)
	}
	if got := page.One(t, "meta[name=description]").Attr["content"]; got == "" {
		t.Error("no description")
	}
	if n := len(page.All("meta[name=robots]")); n != 0 || res.Header.Get("Cache-Control") != "private, no-cache" {
		t.Error("a public page is kept from search engines or from caches")
	}
	var skips []string
	for _, a := range page.One(t, ".skiplinks").All("a") {
		skips = append(skips, a.Attr["href"])
	}
	if strings.Join(skips, " ") != "#main #footer" {
		t.Errorf("skip links %v", skips)
	}
	for _, want := range []string{
		"a[hreflang=en][href=/gallery?day=2026-11-21&lang=en&q=a%26b]", // the switch keeps the search
		"a[hreflang=it][aria-current=true]",
		"a.polis-sign-in[href=/sign-in?next=%2Fgallery%3Fq%3Da%2526b%26day%3D2026-11-21]",
		"section.polis-demo", "main#main", "a[href=/legal]", "a[href=/privacy]",
		"a[href=/gallery][aria-current=page]", "li[aria-current=page]", "li[aria-current=step]",
	} {
		page.One(t, want)
	}
}

func TestSignedIn(t *testing.T) {
	t.Parallel()
	_, h := newUI(t, func(c *web.Config) {
		c.Demo = ""
		c.Person = func(*http.Request) *web.Person { return &web.Person{Name: "Ada <3", Home: "/me"} }
	})
	res, page := webtest.Get(t, h, "/gallery")
	if got := page.One(t, "a.polis-person").Text(); got != "Area personale: Ada <3" {
		t.Errorf("person %q", got)
	}
	page.One(t, "form[action=/sign-out][method=post]")
	if len(page.All(".polis-sign-in"))+len(page.All(".polis-demo")) != 0 {
		t.Error("asks to sign in again, or calls itself a demonstration")
	}
	if got := res.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("a page with a person's name is kept: %q", got)
	}
}

func TestErrorsBesideTheirFields(t *testing.T) {
	t.Parallel()
	_, h := newUI(t)
	res, page := webtest.Get(t, h, "/gallery?q=&day=x&seats=900&name=Ada")
	if res.StatusCode != 400 {
		t.Errorf("status %d", res.StatusCode)
	}
	var links []string
	for _, a := range page.One(t, "#error-summary").All("a") {
		links = append(links, a.Attr["href"]+" "+a.Text())
	}
	want := "#f-q Comune o indirizzo: campo da compilare|#f-day Giorno: scrivere una data, per esempio 21/11/2026|" +
		"#f-seats Posti: un numero tra 1 e 500|#f-size Dimensione: campo da compilare"
	if got := strings.Join(links, "|"); got != want {
		t.Errorf("summary %s\nwant    %s", got, want)
	}
	q := page.One(t, "#f-q")
	if q.Attr["aria-invalid"] != "true" || q.Attr["aria-describedby"] != "f-q-hint f-q-error" {
		t.Errorf("field at fault: %v", q.Attr)
	}
	if name := page.One(t, "#f-name"); name.Attr["value"] != "Ada" || name.Attr["aria-invalid"] != "" {
		t.Errorf("what was typed is lost or at fault: %v", name.Attr)
	}
}

func TestChoicesAreShownAgain(t *testing.T) {
	t.Parallel()
	_, h := newUI(t)
	_, page := webtest.Get(t, h, "/gallery?kind=room&size=large&extras=screen&extras=board&quiet=1&q=%22%3Cb%3E")
	for _, want := range []string{
		"option[value=room][selected]", "input[type=radio][value=large][checked]",
		"input[name=extras][value=screen][checked]", "input[name=extras][value=board][checked]", "input[name=quiet][checked]", `input[name=q][value="<b>]`,
	} {
		page.One(t, want)
	}
	if n := len(page.All("[checked]")) + len(page.All("[selected]")); n != 5 {
		t.Errorf("%d choices made, want 5", n)
	}
}

func TestFieldRefusesMistakes(t *testing.T) {
	t.Parallel()
	for _, call := range []string{`field .Form "q" "hnt" "x"`, `field .Form "q" "hint"`, `field .Form "unlabelled"`, `field .Form "q" "options" "x"`} {
		ui, _ := newUI(t)
		pages := map[string]string{"bad.gohtml": `{{define "main"}}{{template "input" (` + call + `)}}{{end}}`}
		if err := ui.Add("bad", mapFS(pages)); err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("GET", "/", nil)
		f, err := form.New(nil, r)
		if err != nil {
			t.Fatal(err)
		}
		f.String("q", "gallery.where")
		w := httptest.NewRecorder()
		if err := ui.Render(w, r, 200, badPage{Form: f}); err == nil || w.Body.Len() > 0 {
			t.Errorf("%s: error %v, sent %d bytes", call, err, w.Body.Len())
		}
	}
}

type badPage struct {
	web.Head
	Form *form.Form
}

func (badPage) Template() string { return "bad/bad" }

func TestAddRefuses(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]map[string]string{
		"no pages":     {"_part.gohtml": `{{define "part"}}{{end}}`},
		"no main":      {"a.gohtml": `<p>`},
		"no such func": {"a.gohtml": `{{define "main"}}{{nope}}{{end}}`},
		"bad partial":  {"a.gohtml": `{{define "main"}}{{end}}`, "_p.gohtml": `{{if}}`},
	} {
		ui, _ := newUI(t)
		if err := ui.Add("x", mapFS(files)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestPartials(t *testing.T) {
	t.Parallel()
	ui, _ := newUI(t)
	err := ui.Add("bad", mapFS(map[string]string{
		"bad.gohtml":   `{{define "main"}}<h1>x</h1>{{template "list" .}}{{end}}`,
		"_list.gohtml": `{{define "list"}}<ul id="list"><li>{{.Title}}</li></ul>{{end}}`,
	}))
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if err := ui.Render(w, httptest.NewRequest("GET", "/", nil), http.StatusOK, badPage{Head: web.Head{Title: "a<b"}}); err != nil {
		t.Fatal(err)
	}
	if got := w.Body.String(); !strings.Contains(got, `<h1>x</h1><ul id="list"><li>a&lt;b</li></ul>`) {
		t.Errorf("page %s", got)
	}
}

func TestSuggestions(t *testing.T) {
	t.Parallel()
	_, h := newUI(t)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/gallery/suggest?q=gav", nil))
	root, err := webtest.Parse(w.Body.String())
	if err != nil {
		t.Fatal(err)
	}
	if o := root.One(t, "option"); o.Attr["value"] != `Gavi"rate` || o.Text() != "Gavirate <VA>" {
		t.Errorf("option %v %q", o.Attr, o.Text())
	}
}

func TestDone(t *testing.T) {
	t.Parallel()
	_, h := newUI(t)
	post := func(body string) *http.Response {
		r := httptest.NewRequest("POST", "/gallery", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result()
	}
	res := post("q=Gavirate&day=2026-11-21&size=small")
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/gallery" || len(res.Cookies()) != 1 {
		t.Fatalf("%d to %q with %v", res.StatusCode, res.Header.Get("Location"), res.Cookies())
	}
	cookie := res.Cookies()[0]
	if !cookie.HttpOnly || !cookie.Secure || cookie.SameSite != http.SameSiteLaxMode {
		t.Errorf("cookie %v", cookie)
	}
	res, page := webtest.Get(t, h, "/gallery", "Cookie", cookie.Name+"="+cookie.Value)
	if got := page.All(".polis-alert")[0].Text(); !strings.HasPrefix(got, "Prenotazione confermata.") {
		t.Errorf("message %q", got)
	}
	if c := res.Cookies(); len(c) != 1 || c[0].MaxAge >= 0 {
		t.Errorf("the message would be shown again: %v", c)
	}
	_, page = webtest.Get(t, h, "/gallery", "Cookie", cookie.Name+"=gallery.done~forged")
	if got := page.All(".polis-alert")[0].Text(); strings.HasPrefix(got, "Prenotazione") {
		t.Error("a forged message is shown")
	}
	if res := post("q=taken&day=2026-11-21&size=small"); res.StatusCode != http.StatusConflict {
		t.Errorf("refused by the service: %d", res.StatusCode)
	}
}

func TestLocalPath(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"/prenotazioni?x=1": "/prenotazioni?x=1", "": "/", "spazi": "/", "https://evil.example/": "/", "//evil.example": "/",
		`/\evil.example`: "/", "javascript:alert(1)": "/", "/a\r\nSet-Cookie: x": "/", "/%zz": "/",
	} {
		if got := web.LocalPath(in); got != want {
			t.Errorf("LocalPath(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	bundle := i18n.NewBundle()
	if _, err := web.New(bundle, web.Config{}); err != nil {
		t.Fatal(err)
	}
	i18ntest.Check(t, bundle, os.DirFS("."), os.DirFS("../errs"))
}

func BenchmarkRender(b *testing.B) {
	_, h := newUI(b)
	r := httptest.NewRequest("GET", "/gallery", nil)
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
	}
}
