package app

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
)

// The stand-in of an identity provider is in a demonstration, and nowhere else.
func TestNoStandInWithoutDemonstration(t *testing.T) {
	t.Parallel()
	c := serveCmd{storeFlags: storeFlags{Data: t.TempDir()}, Listen: "127.0.0.1:1"}
	p := started(t, c, quiet(slog.DiscardHandler))
	for _, isDemo := range []bool{false, true} {
		p.demo = isDemo
		p.idp = p.standIn()
		var err error
		if p.words, err = allWords(); err != nil {
			t.Fatal(err)
		}
		h, err := p.handler()
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/", "/authorize", "/jwks", "/.well-known/openid-configuration", "/.well-known/openid-federation", "/anchor/list", "/logout"} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, standInPath+path, nil))
			if here := w.Code < 300 || path == "/authorize" && w.Code == http.StatusBadRequest; here != isDemo {
				t.Errorf("demonstration %v: %s answers %d", isDemo, path, w.Code)
			}
		}
	}
}
