package app

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
)

// By the name of the spaces, their page comes first; acts of pages under that
// name are taken, those of others not.
func TestSpacesHost(t *testing.T) {
	t.Parallel()
	ui, err := web.New(i18n.NewBundle(), web.Config{
		PublicURL: &url.URL{Scheme: "https", Host: "polis.example.it"}, Hosts: []string{"spazi.example.it"},
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "x", Value: "y"})
		w.Header().Set("Page", r.URL.RequestURI())
	})
	h := spacesFirst("spazi.example.it", web.Wrap(ui.Mux(mux), ui.Chain()...))
	for _, c := range []struct {
		method, host, path, origin, page string
		status                           int
	}{
		{"GET", "spazi.example.it", "/", "", "/spazi", 200},
		{"GET", "SPAZI.example.it", "/?lang=en", "", "/spazi?lang=en", 200},
		{"GET", "spazi.example.it", "/prenotazioni", "", "/prenotazioni", 200},
		{"GET", "polis.example.it", "/", "", "/", 200},
		{"GET", "", "/", "", "/", 200},
		{"POST", "spazi.example.it", "/esci", "https://spazi.example.it", "/esci", 200},
		{"POST", "127.0.0.1:8080", "/esci", "https://spazi.example.it", "/esci", 200}, // a proxy that changes Host
		{"POST", "127.0.0.1:8080", "/esci", "https://polis.example.it", "/esci", 200},
		{"POST", "spazi.example.it", "/esci", "https://evil.example", "", 403},
		{"POST", "127.0.0.1:8080", "/esci", "http://spazi.example.it", "", 403},
	} {
		r := httptest.NewRequest(c.method, c.path, strings.NewReader(""))
		r.Host = c.host
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
			r.Header.Set("Sec-Fetch-Site", "cross-site")
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.status || w.Header().Get("Page") != c.page {
			t.Errorf("%s %s %s from %q: %d %q, want %d %q", c.method, c.host, c.path, c.origin, w.Code, w.Header().Get("Page"), c.status, c.page)
		}
	}
	for host, good := range map[string]bool{
		"": true, "spazi.example.it": true, "localhost:8080": true, "https://spazi.example.it": false, "spazi.example.it/x": false, "a b": false, "x@y": false, ":80": false,
	} {
		if err := checkHost(host); (err == nil) != good {
			t.Errorf("%q: %v", host, err)
		}
	}
}
