package oidc

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// The client of a provider reaches its hosts alone, by HTTPS but on this machine,
// follows nobody elsewhere, and reads no more than it must.
func TestClientIsNarrow(t *testing.T) {
	t.Parallel()
	called := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	defer other.Close()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/lead" {
			http.Redirect(w, r, other.URL, http.StatusFound)
			return
		}
		io.WriteString(w, strings.Repeat("a", mostAnswer+1))
	}))
	defer srv.Close()
	host := strings.TrimPrefix(srv.URL, "http://")
	client := newClient([]string{host, "login.example"})
	for _, address := range []string{other.URL, "http://login.example/", "https://login.example:8443/", "https://login.example.evil.example/", "https://u:p@login.example/"} {
		if res, err := client.Get(address); !errors.Is(err, errElsewhere) {
			t.Errorf("%s: %v, %v", address, res, err)
		}
	}
	res, err := client.Get(srv.URL + "/lead")
	if err != nil || res.StatusCode != http.StatusFound || called {
		t.Errorf("led on: %v, %v", res, err)
	}
	res.Body.Close()
	if res, err = client.Get(srv.URL); err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.ReadAll(res.Body); !errors.Is(err, errTooMuch) {
		t.Errorf("read it all: %v", err)
	}
}
