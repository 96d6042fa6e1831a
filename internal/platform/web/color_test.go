package web_test

import (
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/webtest"
)

func TestParseColor(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"#0066cc": "#0066cc", "0066CC": "#0066cc", " #06c ": "#0066cc", "#fff": "#ffffff",
		"": "", "#": "", "#12": "", "#12345": "", "#1234567": "", "#gggggg": "", "red": "", "#+12345": "", "è6c": "", "#0066cc;": "",
	} {
		c, ok := web.ParseColor(text)
		if got := c.String(); ok != (want != "") || ok && got != want {
			t.Errorf("%q is %s, %v; want %q", text, got, ok, want)
		}
	}
}

// The figures are those of the examples of WCAG and of others' calculators.
func TestContrast(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"#ffffff": 1, "#000000": 21, "#767676": 4.54, "#777777": 4.48, "#0066cc": 5.57, "#ff0000": 4.00, "#00ff00": 1.37, "#0000ff": 8.59} {
		c, _ := web.ParseColor(text)
		if got := c.OnWhite(); math.Abs(got-want) > 0.005 {
			t.Errorf("%s on white: %.3f, want %.2f", text, got, want)
		}
	}
}

// The proposal can be read, is no lighter than needed, and of the same hue; a
// colour that can be read stays.
func TestDarkenedIsTheNearest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := web.Color{rapid.Byte().Draw(t, "r"), rapid.Byte().Draw(t, "g"), rapid.Byte().Draw(t, "b")}
		d := c.Darkened(web.White, web.Readable)
		if d.OnWhite() < web.Readable {
			t.Fatalf("%s becomes %s, with %.2f", c, d, d.OnWhite())
		}
		if c.OnWhite() >= web.Readable && d != c {
			t.Fatalf("%s could be read and becomes %s", c, d)
		}
		if d.R > c.R || d.G > c.G || d.B > c.B {
			t.Fatalf("%s becomes lighter: %s", c, d)
		}
		if c != d && d.OnWhite() > web.Readable+0.25 {
			t.Fatalf("%s becomes %s, darker than needed: %.2f", c, d, d.OnWhite())
		}
	})
}

func fetch(t *testing.T, h http.Handler, path string) (*http.Response, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return w.Result(), w.Body.String()
}

var property = regexp.MustCompile(`--([a-z-]+):(#[0-9a-f]{6})`)

// Whatever colour that can be read on white is chosen, everything made of it
// can be read where it stands.
func TestThemeCanBeRead(t *testing.T) {
	t.Parallel()
	_, site := newUI(t)
	grey, _ := web.ParseColor("#f4f6f9")
	rapid.Check(t, func(rt *rapid.T) {
		c := web.Color{rapid.Byte().Draw(rt, "r"), rapid.Byte().Draw(rt, "g"), rapid.Byte().Draw(rt, "b")}.Darkened(web.White, web.Readable)
		if c == web.Accent || c == (web.Color{}) { // those have no theme of their own
			return
		}
		res, text := fetch(t, site, web.Theme(c))
		if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/css") || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
			rt.Fatalf("%s: %d %v", web.Theme(c), res.StatusCode, res.Header)
		}
		shade := map[string]web.Color{}
		for _, m := range property.FindAllStringSubmatch(text, -1) {
			shade[m[1]], _ = web.ParseColor(m[2])
		}
		if len(shade) != 5 || shade["brand"] != c {
			rt.Fatalf("%s has %s", c, text)
		}
		for name, on := range map[string]web.Color{"brand": web.White, "accent": web.White, "accent-dark": web.White, "accent-deep": web.White} {
			if r := shade[name].Contrast(on); r < web.Readable {
				rt.Fatalf("%s: --%s on white is %.2f", c, name, r)
			}
		}
		for _, ground := range []web.Color{shade["accent-pale"], grey} {
			for _, name := range []string{"accent", "accent-dark"} {
				if r := shade[name].Contrast(ground); r < web.Readable {
					rt.Fatalf("%s: --%s on %s is %.2f", c, name, ground, r)
				}
			}
		}
	})
	if res, _ := fetch(t, site, strings.Replace(web.Theme(web.Color{1, 2, 3}), ".", ".0", 1)); res.StatusCode != http.StatusNotFound {
		t.Errorf("a theme of another hash: %d", res.StatusCode)
	}
	if web.Theme(web.Accent) != "" || web.Theme(web.Color{}) != "" {
		t.Error("the colour of polis.css has a style sheet of its own")
	}
}

// Name, logo and colour stand on every page.
func TestLookOfAnInstallation(t *testing.T) {
	t.Parallel()
	green := web.Color{0, 0x76, 0x4a}
	_, site := newUI(t, func(c *web.Config) {
		c.Name, c.Color, c.Start = "Spazi del Verbano", green, "/gallery"
		c.Logo = web.Logo{Href: "/media/x", Width: 200, Height: 100, Alt: map[i18n.Lang]string{i18n.IT: "Onda"}}
	})
	_, root := webtest.Get(t, site, "/gallery", "Accept-Language", "it")
	img := root.One(t, "img.polis-logo")
	if img.Attr["alt"] != "Onda" || img.Attr["src"] != "/media/x" || root.One(t, ".polis-name").Text() != "Spazi del Verbano" {
		t.Errorf("%v", img.Attr)
	}
	if root.One(t, "meta[name=theme-color]").Attr["content"] != green.String() || len(root.All("link[href="+web.Theme(green)+"]")) != 1 {
		t.Error("the colour is not that of the installation")
	}
	_, root = webtest.Get(t, site, "/gallery", "Accept-Language", "en")
	if alt, there := root.One(t, "img.polis-logo").Attr["alt"]; !there || alt != "" {
		t.Errorf("in English the logo is %q", alt)
	}
	if res, text := fetch(t, site, "/manifest.webmanifest"); res.StatusCode == http.StatusOK &&
		(!strings.Contains(text, `"theme_color":"`+green.String()) || !strings.Contains(text, `"short_name":"Spazi del Verbano"`)) {
		t.Errorf("the manifest: %s", text)
	}
}
