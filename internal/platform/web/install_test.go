package web_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"polis/internal/platform/web"
	"polis/internal/platform/web/webtest"
)

func get(h http.Handler, path, lang string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Accept-Language", lang)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestInstallable(t *testing.T) {
	t.Parallel()
	ui, h := newUI(t, func(c *web.Config) { c.Start = "/bookings" })
	if !ui.Built() {
		t.Skip("SKIPPED: the front end is not built")
	}
	_, page := webtest.Get(t, h, "/gallery", "Accept-Language", "en")
	href := page.One(t, "link[rel=manifest]").Attr["href"]
	w := get(h, href, "it") // the page's language, not the browser's
	var m struct {
		Name, Lang string
		Start      string `json:"start_url"`
		Icons      []struct{ Src, Sizes, Type, Purpose string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil || w.Header().Get("Content-Type") != "application/manifest+json" {
		t.Fatalf("manifest: %v %v", err, w.Header())
	}
	if m.Lang != "en" || !strings.HasPrefix(m.Name, "Polis: ") || m.Start != "/bookings" || len(m.Icons) != 4 {
		t.Errorf("manifest %+v", m)
	}
	icons := []string{page.One(t, "link[rel=apple-touch-icon]").Attr["href"]}
	for _, icon := range m.Icons {
		icons = append(icons, icon.Src)
	}
	for _, src := range icons {
		if w := get(h, src, "it"); w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "image/") {
			t.Errorf("icon %s: %d %v", src, w.Code, w.Header())
		}
	}
	w = get(h, "/sw.js", "it")
	if w.Code != 200 || w.Header().Get("Cache-Control") != "no-cache" || w.Header().Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Errorf("worker: %d %v", w.Code, w.Header())
	}
	for _, file := range []string{"polis.css", "polis.js", "sprite.svg"} {
		if !strings.Contains(w.Body.String(), ui.Asset(file)) {
			t.Errorf("the worker does not keep %s", file)
		}
	}
	for _, file := range []string{"reception.js", "counter.css"} {
		if strings.Contains(w.Body.String(), ui.Asset(file)) {
			t.Errorf("the worker gives everybody %s, which one page needs", file)
		}
	}
}

// What is kept on a device says nothing of who is signed in.
func TestOfflinePageIsNobodys(t *testing.T) {
	t.Parallel()
	ui, h := newUI(t, func(c *web.Config) {
		c.Start = "/bookings"
		c.Person = func(*http.Request) *web.Person { return &web.Person{Name: "Ada L.", Home: "/me"} }
	})
	if !ui.Built() {
		t.Skip("SKIPPED: the front end is not built")
	}
	for lang, want := range map[string]string{"it": "Senza connessione", "en": "No connection"} {
		_, page := webtest.Get(t, h, "/offline", "Accept-Language", lang)
		if got := page.One(t, "h1").Text(); got != want {
			t.Errorf("%s: %q", lang, got)
		}
		if n := len(page.All(".polis-person")) + len(page.All("form[action=/sign-out]")) + len(page.All(".polis-sign-in")); n != 0 {
			t.Errorf("%s: it knows somebody", lang)
		}
	}
}

func TestNotInstallable(t *testing.T) {
	t.Parallel()
	_, h := newUI(t)
	_, page := webtest.Get(t, h, "/gallery")
	if len(page.All("link[rel=manifest]")) != 0 {
		t.Error("a manifest is named that is not there")
	}
	for _, path := range []string{"/sw.js", "/manifest.webmanifest", "/offline"} {
		if w := get(h, path, "it"); w.Code != 404 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}
