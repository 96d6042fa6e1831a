package app

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// No page of another origin acts in somebody's place: whatever a form of ours
// can do, a form of theirs is refused, also for who may do everything.
func TestActsOnlyFromOurPages(t *testing.T) {
	m := newMatrix(t)
	paola, acts := m.as("paola"), 0
	for _, pattern := range m.patterns {
		method, path, _ := strings.Cut(pattern, " ")
		if method == http.MethodGet {
			continue
		}
		acts++
		if path == "/programma/segui/stop/{key}" { // mail programs post there; what it may do stands in its address
			continue
		}
		for _, theirs := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
			r := httptest.NewRequestWithContext(t.Context(), method, m.filled(path), http.NoBody)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Cookie", paola)
			r.Header.Set(theirs[0], theirs[1])
			w := httptest.NewRecorder()
			m.handler.ServeHTTP(w, r)
			if w.Code != http.StatusForbidden || w.Header().Get("Set-Cookie") != "" && strings.Contains(w.Header().Get("Set-Cookie"), "session") {
				t.Errorf("%s with %s: %d", pattern, theirs, w.Code)
			}
		}
	}
	if acts < 40 {
		t.Errorf("%d acts: are all found?", acts)
	}
}
