package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"polis/internal/platform/web"
	"polis/internal/platform/web/webtest"
)

// screenPage has the screen for itself.
type screenPage struct{ web.Head }

func (screenPage) Template() string { return "screen/screen" }

func showScreen(t *testing.T, head web.Head, change ...func(*web.Config)) (*web.Renderer, *http.Response, *webtest.Node) {
	t.Helper()
	ui, _ := newUI(t, change...)
	pages := fstest.MapFS{"screen.gohtml": {Data: []byte(`{{define "main"}}<main id="main"><h1>{{.Title}}</h1></main>{{end}}`)}}
	if err := ui.Add("screen", pages); err != nil {
		t.Fatal(err)
	}
	h := web.Wrap(ui.Handle(func(w http.ResponseWriter, r *http.Request) error {
		return ui.Render(w, r, http.StatusOK, screenPage{head})
	}), ui.Chain()...)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/screen", nil))
	root, err := webtest.Parse(w.Body.String())
	if err != nil {
		t.Fatal(err)
	}
	return ui, w.Result(), root
}

func TestAPageWithTheScreenForItself(t *testing.T) {
	t.Parallel()
	ui, _, root := showScreen(t, web.Head{Title: "Biglietti", Bare: true, Styles: "counter.css", Speaks: "de"})
	if got := root.One(t, "html").Attr["lang"]; got != "de" {
		t.Errorf("lang %q", got)
	}
	for _, tag := range []string{"header", "footer", "nav", "script"} {
		if len(root.All(tag)) > 0 {
			t.Errorf("a bare page has a %s", tag)
		}
	}
	root.One(t, "main")
	if ui.Built() && (ui.Asset("counter.css") == "" || len(root.All("link[href="+ui.Asset("counter.css")+"]")) != 1) {
		t.Error("its style sheet is missing")
	}
	if _, _, usual := showScreen(t, web.Head{}); len(usual.All("header")) != 1 || ui.Built() && len(usual.All("link[href="+ui.Asset("counter.css")+"]")) != 0 {
		t.Error("the usual page has lost its header, or loads what it does not need")
	}
}

// Only a demonstration shows a page inside another, and only one of ours.
func TestFraming(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		head web.Head
		demo string
		want string
		not  string
	}{
		{web.Head{}, "gallery.demo", "frame-ancestors 'none'", "frame-src"},
		{web.Head{Framed: true}, "", "frame-ancestors 'none'", "frame-src"},
		{web.Head{Framed: true}, "gallery.demo", "frame-ancestors 'self'", "frame-ancestors 'none'"},
		{web.Head{Frames: true}, "gallery.demo", "frame-src 'self'", "frame-ancestors 'self'"},
	} {
		_, res, _ := showScreen(t, c.head, func(cfg *web.Config) { cfg.Demo = c.demo })
		if got := res.Header.Get("Content-Security-Policy"); !strings.Contains(got, c.want) || strings.Contains(got, c.not) {
			t.Errorf("%+v, demonstration %q: %s", c.head, c.demo, got)
		}
	}
}
