package idp_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	chromium "polis/internal/platform/web/webtest/browser"
)

// The pages as people see them: on a desk and on a telephone, in both languages,
// and by one tap.
func TestPagesInBrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tab := chromium.Open(t)
	q := plain()
	q.Set("redirect_uri", w.srv.URL+"/back")
	choose := "/authorize?" + q.Encode()
	for i, x := range []struct {
		path, lang string
		width      int64
	}{
		{choose, "it", 1280},
		{choose, "en", 390},
		{"/?", "en", 1280},
		{"/?", "it", 390},
		{"/authorize?client_id=x", "it", 390},
		{"/logout?", "en", 390},
	} {
		tab.Width(x.width)
		tab.Go(w.issuer + x.path + "&lang=" + x.lang)
		tab.WaitFor("document.readyState === 'complete' && document.querySelector('.polis-idp-mark') !== null")
		if i == 4 { // the browser complains of the 400
			tab.Faults()
		}
		chromium.Eval[bool](tab, "document.querySelectorAll('details').forEach(d => { d.open = true }), true")
		tab.Check()
		if dir := os.Getenv("PICTURES"); dir != "" {
			tab.Picture(filepath.Join(dir, fmt.Sprintf("idp-%d-%s-%d.png", i, x.lang, x.width)))
		}
	}
	tab.Go(w.issuer + "/authorize?" + q.Encode())
	tab.WaitFor("document.readyState === 'complete' && document.querySelector('button[value=luca]') !== null")
	chromium.Eval[bool](tab, "document.querySelector('button[value=luca]').click(), true")
	tab.WaitFor("location.pathname === '/back'")
	if at := chromium.Eval[string](tab, "location.search"); !strings.Contains(at, "code=") || !strings.Contains(at, "state=s") {
		t.Errorf("led back with %s", at)
	}
	_ = tab.Faults() // there is no page to come back to
}
