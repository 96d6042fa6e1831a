package web_test

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/webtest"
)

func mapFS(files map[string]string) fstest.MapFS {
	m := fstest.MapFS{}
	for name, text := range files {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}

func do(h http.Handler, method, target string, headers ...string) *http.Response {
	r := httptest.NewRequest(method, "/", nil)
	r.URL.Path, r.URL.RawQuery, _ = strings.Cut(target, "?")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestErrorPages(t *testing.T) {
	t.Parallel()
	_, h := newUI(t)
	seen := map[string]bool{}
	for name, err := range failures {
		for _, lang := range []string{"it", "en"} {
			res, page := webtest.Get(t, h, "/fail/"+name, "Accept-Language", lang)
			want := errs.Status(errs.As(err).Kind)
			if res.StatusCode != want || res.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %d, want %d", name, res.StatusCode, want)
			}
			title := page.One(t, "h1").Text()
			if seen[title] || strings.Contains(title, ".") {
				t.Errorf("%s in %s: title %q is another's, or has no words", name, lang, title)
			}
			seen[title] = true
			text := page.One(t, "main").Text()
			if strings.Contains(text, "secret") || strings.Contains(text, "<no value>") {
				t.Errorf("%s: says too much or too little: %s", name, text)
			}
			id := page.All("code")
			if (res.StatusCode >= 500) != (len(id) == 1) || len(id) == 1 && id[0].Text() != res.Header.Get("X-Request-Id") {
				t.Errorf("%s: ids %v", name, id)
			}
		}
	}
}

func TestProgramsGetProblems(t *testing.T) {
	t.Parallel()
	_, h := newUI(t)
	for _, c := range []struct{ path, accept, kind string }{
		{"/fail/rule", "", "text/html"},
		{"/fail/rule", "*/*", "text/html"},
		{"/fail/rule", "text/html,application/json;q=0.1", "text/html"},
		{"/fail/rule", "application/json", "application/problem+json"},
		{"/api/fail/rule", "", "application/problem+json"},
		{"/api/nothing", "text/html", "application/problem+json"},
		{"/apiary", "", "text/html"},
		{"/panic", "application/problem+json", "application/problem+json"},
	} {
		res := do(h, "GET", c.path, "Accept", c.accept)
		if got := res.Header.Get("Content-Type"); !strings.HasPrefix(got, c.kind) || res.StatusCode < 400 || res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%+v: %d %s", c, res.StatusCode, got)
		}
	}
	if got := do(h, "GET", "/fail/too-many").Header.Get("Retry-After"); got == "" {
		t.Error("too many requests without Retry-After")
	}
}

func TestUnknownErrorIsLoggedUnderItsID(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	_, h := newUI(t, func(c *web.Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	for _, path := range []string{"/fail/internal", "/panic"} {
		log.Reset()
		res := do(h, "GET", path)
		id := res.Header.Get("X-Request-Id")
		if res.StatusCode != 500 || id == "" || !strings.Contains(log.String(), id) || !strings.Contains(log.String(), "secret detail") {
			t.Errorf("%s: %d, id %q, log %s", path, res.StatusCode, id, &log)
		}
	}
}

func TestUnknownPathsAndMethods(t *testing.T) {
	t.Parallel()
	_, h := newUI(t)
	for _, c := range []struct {
		method, path string
		status       int
		kind, allow  string
	}{
		{"GET", "/nothing", 404, "text/html", ""},
		{"GET", "/api/nothing", 404, "application/problem+json", ""},
		{"DELETE", "/gallery", 405, "text/html", "GET, HEAD, POST"},
		{"POST", "/fail/rule", 405, "text/html", "GET, HEAD"},
		{"HEAD", "/gallery", 200, "text/html", ""},
		{"GET", "//gallery", 307, "text/html", ""},
	} {
		res := do(h, c.method, c.path)
		if res.StatusCode != c.status || !strings.HasPrefix(res.Header.Get("Content-Type"), c.kind) || res.Header.Get("Allow") != c.allow {
			t.Errorf("%s %s: %d %s allow %q", c.method, c.path, res.StatusCode, res.Header.Get("Content-Type"), res.Header.Get("Allow"))
		}
	}
}

func TestHeadersOnEveryAnswer(t *testing.T) {
	t.Parallel()
	_, h := newUI(t)
	for _, path := range []string{"/gallery", "/nothing", "/panic", "/fail/rule", "/api/fail/internal", "/assets/plain.css", "/assets/none", "/gallery?q=%00"} {
		res := do(h, "GET", path)
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
			"Permissions-Policy": "camera=(self)", "Cross-Origin-Opener-Policy": "same-origin", "Strict-Transport-Security": "max-age=", "X-Request-Id": "",
		} {
			if got := res.Header.Get(name); got == "" || !strings.HasPrefix(got, want) {
				t.Errorf("%s: %s = %q", path, name, got)
			}
		}
		if csp := res.Header.Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") {
			t.Errorf("%s: %s", path, csp)
		}
	}
	_, plain := newUI(t, func(c *web.Config) { c.PublicURL = nil })
	if got := do(plain, "GET", "/gallery").Header.Get("Strict-Transport-Security"); got != "" {
		t.Errorf("HSTS without https: %q", got)
	}
}

func TestHostileRequests(t *testing.T) {
	t.Parallel()
	_, h := newUI(t)
	for _, c := range [][]string{
		{"/gallery?q=%00"},
		{"/gallery?q=%ff%fe"},
		{"/gallery?%ff=1"},
		{"/gallery?q=%zz"},
		{"/gallery?a;b"},
		{"/galle\x00ry"},
		{"/galle\xffry"},
		{"/gallery", "X-Anything", "\xff"},
		{"/gallery", "Cookie", "lang=\xff"},
		{"/api/x?q=%00"},
	} {
		if res := do(h, "GET", c[0], c[1:]...); res.StatusCode != 400 {
			t.Errorf("%q: %d", c, res.StatusCode)
		}
	}
	for _, c := range [][]string{
		{"/gallery", "Accept-Language", strings.Repeat("x-", 5000)},
		{"/gallery", "X-Forwarded-For", strings.Repeat(",", 5000)},
		{"/gallery?lang=%F0%9F%8F%A0&q=" + strings.Repeat("a", 5000)},
		{"/gallery", "Accept-Encoding", "gzip;q=zzz, *;q=-"},
		{"/" + strings.Repeat("a/", 2000)},
	} {
		if res := do(h, "GET", c[0], c[1:]...); res.StatusCode >= 500 {
			t.Errorf("%.60q: %d", c, res.StatusCode)
		}
	}
	r := httptest.NewRequest("POST", "/gallery", strings.NewReader(strings.Repeat("a", 3<<20)))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, known := range []bool{true, false} {
		if !known {
			r.ContentLength = -1
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("3 MB, length known %t: %d", known, w.Code)
		}
	}
}

func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	_, h := newUI(t)
	for _, c := range []struct {
		headers []string
		refused bool
	}{
		{nil, false}, // a program, not a browser
		{[]string{"Sec-Fetch-Site", "same-origin"}, false},
		{[]string{"Sec-Fetch-Site", "cross-site"}, true},
		{[]string{"Sec-Fetch-Site", "same-site"}, true},
		{[]string{"Origin", "https://evil.example"}, true},
		{[]string{"Origin", "https://polis.example"}, false},
		{[]string{"Sec-Fetch-Site", "cross-site", "Authorization", "Bearer x"}, false},
		{[]string{"Sec-Fetch-Site", "cross-site", "Authorization", "Basic x"}, true},
	} {
		res := do(h, "POST", "/gallery", c.headers...)
		if (res.StatusCode == http.StatusForbidden) != c.refused {
			t.Errorf("%v: %d", c.headers, res.StatusCode)
		}
	}
	if res := do(h, "GET", "/gallery", "Sec-Fetch-Site", "cross-site"); res.StatusCode != 200 {
		t.Errorf("a link from elsewhere: %d", res.StatusCode)
	}
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	_, h := newUI(t)
	for _, c := range []struct{ path, cookie, accept, want, sets string }{
		{"/gallery", "", "", "it", ""},
		{"/gallery", "", "en-GB", "en", ""},
		{"/gallery", "lang=it", "en-GB", "it", ""},
		{"/gallery?lang=en", "lang=it", "it", "en", "en"},
		{"/gallery?lang=de", "lang=en", "it", "en", ""},
	} {
		res := do(h, "GET", c.path, "Cookie", c.cookie, "Accept-Language", c.accept)
		var sets string
		for _, cookie := range res.Cookies() {
			sets = cookie.Value
		}
		if got := res.Header.Get("Content-Language"); got != c.want || sets != c.sets {
			t.Errorf("%+v: %s, sets %q", c, got, sets)
		}
	}
}

func TestGzip(t *testing.T) {
	t.Parallel()
	_, h := newUI(t)
	plain := do(h, "GET", "/gallery")
	want, _ := io.ReadAll(plain.Body)
	res := do(h, "GET", "/gallery", "Accept-Encoding", "br, gzip;q=0.8")
	z, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(z)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("unpacked page differs: %v", err)
	}
	if res.Header.Get("Content-Encoding") != "gzip" || res.Header.Get("Content-Length") != "" || !strings.Contains(strings.Join(res.Header.Values("Vary"), ","), "Accept-Encoding") {
		t.Errorf("headers %v", res.Header)
	}
	for _, c := range [][]string{{"/gallery", "identity"}, {"/gallery", "gzip;q=0"}, {"/gallery/suggest", "gzip"}} {
		if got := do(h, "GET", c[0], "Accept-Encoding", c[1]).Header.Get("Content-Encoding"); got != "" {
			t.Errorf("%v: %s", c, got)
		}
	}
	if got := do(h, "HEAD", "/gallery", "Accept-Encoding", "gzip"); got.Header.Get("Content-Encoding") != "" {
		t.Error("HEAD is packed")
	}
}

func TestClientAddr(t *testing.T) {
	t.Parallel()
	ui, _ := newUI(t, func(c *web.Config) { c.Trusted = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} })
	for _, c := range []struct{ remote, forwarded, want string }{
		{"192.0.2.1:1", "", "192.0.2.1"},
		{"192.0.2.1:1", "198.51.100.7", "192.0.2.1"}, // not a proxy of ours: not believed
		{"10.0.0.1:1", "198.51.100.7", "198.51.100.7"},
		{"10.0.0.1:1", "1.1.1.1, 198.51.100.7, 10.2.2.2", "198.51.100.7"},
		{"10.0.0.1:1", "198.51.100.7, junk", "10.0.0.1"},
		{"[::ffff:10.0.0.1]:1", "2001:db8::1", "2001:db8::1"},
		{"10.0.0.1:1", "", "10.0.0.1"},
	} {
		var got netip.Addr
		h := web.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = web.ClientAddr(r.Context()) }), ui.Chain()...)
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		h.ServeHTTP(httptest.NewRecorder(), r)
		if got.String() != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestSecure(t *testing.T) {
	t.Parallel()
	ui, _ := newUI(t, func(c *web.Config) { c.Trusted = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} })
	for _, c := range []struct {
		remote, proto string
		tls, want     bool
	}{
		{"192.0.2.1:1", "", false, false},
		{"192.0.2.1:1", "", true, true},
		{"192.0.2.1:1", "https", false, false}, // not a proxy of ours: not believed
		{"10.0.0.1:1", "https", false, true},
		{"[::ffff:10.0.0.1]:1", "HTTPS", false, true},
		{"10.0.0.1:1", "http", false, false},
		{"10.0.0.1:1", "", false, false},
	} {
		var got bool
		h := web.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = web.Secure(r.Context()) }), ui.Chain()...)
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		if c.tls {
			r.TLS = &tls.ConnectionState{}
		}
		if c.proto != "" {
			r.Header.Set("X-Forwarded-Proto", c.proto)
		}
		h.ServeHTTP(httptest.NewRecorder(), r)
		if got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestAssets(t *testing.T) {
	t.Parallel()
	ui, h := newUI(t)
	if res := do(h, "GET", "/assets/plain.css"); res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("plain.css: %d %v", res.StatusCode, res.Header)
	}
	for _, path := range []string{"/assets/", "/assets/.keep", "/assets/manifest.json", "/assets/../renderer.go", "/assets/none.js"} {
		if res := do(h, "GET", path); res.StatusCode == 200 {
			t.Errorf("%s is served", path)
		}
	}
	if !ui.Built() {
		t.Log("the front end is not built: its files are not checked")
		return
	}
	for name, limit := range map[string]int64{"polis.css": 25 << 10, "polis.js": 45 << 10} {
		href, err := url.Parse(ui.Asset(name))
		if err != nil {
			t.Fatal(err)
		}
		res := do(h, "GET", href.Path, "Accept-Encoding", "gzip")
		if res.StatusCode != 200 || res.Header.Get("Content-Encoding") != "gzip" || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", href, res.StatusCode, res.Header)
		}
		if n, _ := io.Copy(io.Discard, res.Body); n > limit {
			t.Errorf("%s is %d bytes packed, its budget %d", name, n, limit)
		}
		if res := do(h, "GET", href.Path); res.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s is packed for who cannot read it", href)
		}
	}
}

func TestLargerBodiesOfSomeRoutes(t *testing.T) {
	t.Parallel()
	ui, err := web.New(i18n.NewBundle(), web.Config{MaxBody: 10})
	if err != nil {
		t.Fatal(err)
	}
	ui.AllowBody("POST /houses/{code}/photos", 100)
	h := web.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
	}), ui.Chain()...)
	for _, c := range []struct {
		method, path string
		size, want   int
		unknown      bool // how long it is
	}{
		{"POST", "/houses/x/photos", 100, 200, false},
		{"POST", "/houses/x/photos", 101, 413, false},
		{"POST", "/houses/x/photos", 101, 413, true},
		{"PUT", "/houses/x/photos", 11, 413, false},
		{"POST", "/houses/x/photos/y", 11, 413, false},
		{"POST", "/houses", 10, 200, false},
		{"POST", "/houses", 11, 413, true},
	} {
		r := httptest.NewRequest(c.method, c.path, strings.NewReader(strings.Repeat("x", c.size)))
		if c.unknown {
			r.ContentLength = -1
		}
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != c.want {
			t.Errorf("%s %s with %d bytes: %d, want %d", c.method, c.path, c.size, w.Code, c.want)
		}
	}
}
