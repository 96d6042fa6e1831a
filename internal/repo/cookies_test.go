package repo

import (
	"slices"
	"strings"
	"testing"
)

// Cookies are set in four places alone, whose names the page about cookies
// takes; and scripts set none.
func TestCookiesAreSetWhereThePageKnows(t *testing.T) {
	t.Parallel()
	known := []string{"internal/platform/web/flash.go", "internal/platform/web/chain.go", "internal/identity/session.go", "internal/identity/browser.go", "internal/identity/known.go", "internal/identity/pages_sessions.go", "internal/identity/device/browser.go"}
	for _, s := range sources(t) {
		if !s.test && (strings.Contains(s.text, "http.Cookie{") || strings.Contains(s.text, ".Cookie.Name")) && !slices.Contains(known, s.name) {
			t.Errorf("%s sets a cookie that /cookie does not list: add it to home.Cookies", s.name)
		}
	}
	for _, name := range files(t) {
		if strings.HasPrefix(name, "web/src/") && strings.HasSuffix(name, ".js") && strings.Contains(read(t, name), "document.cookie") {
			t.Errorf("%s works on cookies", name)
		}
	}
}
