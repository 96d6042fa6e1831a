package passkey

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

// The document that names our origins names those of ours and no other, whatever
// host somebody asks by; where there is but one there is none.
func TestRelatedOrigins(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		url   string
		hosts []string
		want  []string
	}{
		"two names":  {"https://polis.example", []string{"spazi.example:8443"}, []string{"https://polis.example", "https://spazi.example:8443"}},
		"one name":   {"https://polis.example", nil, nil},
		"no passkey": {"http://polis.example", []string{"spazi.example"}, nil},
	} {
		s, err := New(Options{URL: c.url, Hosts: c.hosts})
		if err != nil {
			t.Fatal(err)
		}
		w, r := httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://evil.example/.well-known/webauthn", nil)
		(&pages{PageOptions: PageOptions{Service: s}}).related(w, r)
		var got struct{ Origins []string }
		if c.want == nil {
			if w.Code != http.StatusNotFound {
				t.Errorf("%s: %d %s", name, w.Code, w.Body)
			}
			continue
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || !slices.Equal(got.Origins, c.want) || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: %s, %v", name, w.Body, err)
		}
	}
}
