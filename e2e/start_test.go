package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"polis/internal/platform/web/webtest"
)

// A start on a store that is laid out is quick and changes nothing; a store
// without a demonstration starts too, with nothing in it.
func TestStart(t *testing.T) {
	everyDay(t)
	t.Parallel()
	onEach(t, func(t *testing.T, e engine) {
		s := newDemo(t, e)
		before := s.number(t, "SELECT count(*) FROM booking")
		begin := time.Now()
		srv := serve(t, s, "--demo")
		took := time.Since(begin)
		if strings.Contains(srv.said, "laid out") {
			t.Errorf("laid out again: %s", srv.said)
		}
		if !strings.Contains(srv.said, "ready "+srv.url+"\n") {
			t.Errorf("it says %q", srv.said)
		}
		srv.stop()
		if after := s.number(t, "SELECT count(*) FROM booking"); after != before {
			t.Errorf("%d bookings, %d before", after, before)
		}
		t.Logf("ready after %v", took.Round(time.Millisecond))

		bare := newEmpty(t, e)
		first := serve(t, bare)
		first.want(t, http.StatusOK, "GET", "/readyz", "", nil)
		first.want(t, http.StatusSeeOther, "GET", "/spazi", "", nil) // nobody has set it up
		first.stop()
		// A real installation lets nobody sign in as a test person.
		bare.token(t, "--person", person(0), "--role", "administrator")
		real := serve(t, bare).visitor()
		real.page("GET", "/spazi", nil)
		if a, _ := real.visit("POST", "/accedi", url.Values{"person": {"maria"}}); strings.Contains(string(a.body), "polis-person") {
			t.Errorf("signing in as a test person: %d", a.status)
		}
	})
}

// What monitors ask for has the shape that they expect.
func TestMonitors(t *testing.T) {
	everyDay(t)
	s := newDemo(t, sqlite)
	srv := serve(t, s, "--demo")
	if got := get[map[string]bool](t, srv.process, "/healthz", ""); !got["ok"] {
		t.Errorf("/healthz %v", got)
	}
	ready := get[struct {
		Ready  bool
		Checks map[string]struct {
			OK        bool
			Fact, Why string
		}
	}](t, srv.process, "/readyz", "")
	if !ready.Ready || !ready.Checks["database"].OK || !ready.Checks["schema"].OK || !ready.Checks["clock"].OK {
		t.Errorf("/readyz %+v", ready)
	}
	status := srv.want(t, http.StatusOK, "GET", "/status", "", nil)
	if status.header.Get("Content-Type") != "application/problem+json" || decode[problem](t, status).Status != 200 {
		t.Errorf("/status %s %s", status.header.Get("Content-Type"), status.body)
	}
	srv.want(t, http.StatusOK, "GET", "/spazi", "", nil)
	metrics := srv.want(t, http.StatusOK, "GET", "/metrics", "", nil)
	for _, series := range []string{
		"polis_build_info{", `polis_http_requests_total{method="GET",route="/spazi",status="200"}`, "polis_http_request_seconds_bucket{", "go_goroutines ", "process_resident_memory_bytes ",
	} {
		if !strings.Contains(string(metrics.body), series) {
			t.Errorf("/metrics has no %s", series)
		}
	}
	if strings.Contains(string(metrics.body), "gavirate") {
		t.Error("/metrics has an address of one page")
	}
}

// An unknown address has a page in the language of who asks, and for programs a
// problem.
func TestUnknownAddress(t *testing.T) {
	everyDay(t)
	srv := serve(t, newDemo(t, sqlite), "--demo")
	for _, c := range []struct{ path, lang, title string }{
		{"/niente", "it", "Pagina non trovata"},
		{"/niente", "en", "Page not found"},
		{"/spazi/atlantide", "it", ""},
		{"/spazi/gavirate/niente", "en", ""},
		{"/prenotazioni/00000000-0000-0000-0000-000000000000/x", "it", ""},
		{"/assets/niente.css", "it", ""},
	} {
		a := srv.want(t, http.StatusNotFound, "GET", c.path, "", nil, "Accept-Language", c.lang, "Accept", "text/html")
		if err := sound("GET", a); err != nil {
			t.Errorf("%s: %v", c.path, err)
		}
		root, err := webtest.Parse(string(a.body))
		if err != nil {
			t.Errorf("%s: %v: %.200s", c.path, err, a.body)
			continue
		}
		if got := root.One(t, "html").Attr["lang"]; got != c.lang {
			t.Errorf("%s speaks %q to who reads %q", c.path, got, c.lang)
		}
		if h := root.One(t, "h1").Text(); c.title != "" && h != c.title {
			t.Errorf("%s: heading %q", c.path, h)
		}
	}
	for _, path := range []string{"/niente", "/api/v1/niente"} {
		a := srv.want(t, http.StatusNotFound, "GET", path, "", nil, "Accept", "application/json", "Accept-Language", "en")
		if err := sound("GET", a); err != nil || a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %v %s %s", path, err, a.header.Get("Content-Type"), a.body)
		}
	}
	a := srv.want(t, http.StatusMethodNotAllowed, "POST", "/spazi", "", nil)
	if a.header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST /spazi allows %q", a.header.Get("Allow"))
	}
}

// Every answer carries the headers that protect it; HEAD is GET without a body;
// what is large is compressed for who can read it.
func TestEveryAnswer(t *testing.T) {
	everyDay(t)
	t.Parallel()
	s := newDemo(t, sqlite)
	srv := serve(t, s, "--demo")
	style := ""
	page, err := srv.call("GET", "/", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if root, err := webtest.Parse(string(page.body)); err == nil {
		style = root.All("link[rel=stylesheet]")[0].Attr["href"]
	}
	for _, c := range []struct {
		path   string
		status int
		packed bool // is worth compressing
	}{
		{"/", 200, true},
		{"/spazi", 200, true},
		{"/spazi/gavirate", 200, true},
		{"/accedi", 200, true},
		{"/prenotazioni", 303, false},
		{"/niente", 404, true},
		{style, 200, true},
		{"/api/v1/sites", 200, false},
		{"/api/v1/bookings", 401, false},
		{"/api/v1/openapi.json", 200, false},
		{"/healthz", 200, false},
		{"/readyz", 200, false},
		{"/status", 200, false},
		{"/metrics", 200, false},
	} {
		a := srv.want(t, c.status, "GET", c.path, "", nil)
		for name, part := range map[string]string{
			"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
			"Permissions-Policy": "camera=(self)", "Cross-Origin-Opener-Policy": "same-origin", "X-Request-Id": "-",
		} {
			if !strings.Contains(a.header.Get(name), part) {
				t.Errorf("%s: %s: %q", c.path, name, a.header.Get(name))
			}
		}
		if strings.Contains(a.header.Get("Content-Security-Policy"), "unsafe") || a.header.Get("Server") != "" {
			t.Errorf("%s: %v", c.path, a.header)
		}
		if c.path != "/metrics" {
			head := srv.want(t, c.status, "HEAD", c.path, "", nil)
			if len(head.body) > 0 || head.header.Get("Content-Type") != a.header.Get("Content-Type") {
				t.Errorf("HEAD %s: %d bytes, %q, GET has %q", c.path, len(head.body), head.header.Get("Content-Type"), a.header.Get("Content-Type"))
			}
		}
		packed := srv.want(t, c.status, "GET", c.path, "", nil, "Accept-Encoding", "gzip")
		if c.packed != (packed.header.Get("Content-Encoding") == "gzip") && c.path != "/metrics" {
			t.Errorf("%s: compressed %q, %d bytes", c.path, packed.header.Get("Content-Encoding"), len(packed.body))
		}
		if packed.header.Get("Content-Encoding") == "gzip" && c.path != "/metrics" {
			z, err := gzip.NewReader(bytes.NewReader(packed.body))
			if err != nil {
				t.Fatal(err)
			}
			if text, err := io.ReadAll(z); err != nil || len(text) < len(packed.body) {
				t.Errorf("%s: %v, %d bytes of %d", c.path, err, len(text), len(packed.body))
			}
			if !strings.Contains(strings.Join(packed.header.Values("Vary"), ","), "Accept-Encoding") {
				t.Errorf("%s: Vary %q", c.path, packed.header.Values("Vary"))
			}
		}
	}
	cached := srv.want(t, http.StatusOK, "GET", "/api/v1/openapi.json", "", nil)
	srv.want(t, http.StatusNotModified, "GET", "/api/v1/openapi.json", "", nil, "If-None-Match", cached.header.Get("ETag"))
	if !json.Valid(cached.body) {
		t.Error("the description is not JSON")
	}
	// What is personal stays out of caches.
	for _, path := range []string{"/api/v1/bookings", "/api/v1/me"} {
		if got := srv.want(t, http.StatusOK, "GET", path, s.tokens[0], nil).header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: Cache-Control %q", path, got)
		}
	}
	// A form that another site sends is refused.
	a := srv.want(t, http.StatusForbidden, "POST", "/accedi", "", nil, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example")
	if err := sound("POST", a); err != nil {
		t.Error(err)
	}
}
