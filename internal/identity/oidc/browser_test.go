package oidc_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	chromium "polis/internal/platform/web/webtest/browser"
)

// In a browser: from the page to sign in by SPID and back, refused once, then on to
// the page that was asked for; what is connected; out again. At the widths of a desk
// and of a telephone.
func TestSignInByProviderInABrowser(t *testing.T) {
	_, s := standIn(t, "spid", "cie")
	tab, shot := chromium.Open(t), 0
	see := func(path string) {
		t.Helper()
		tab.WaitFor(fmt.Sprintf("document.readyState === 'complete' && location.pathname === %q", path))
		for _, width := range []int64{1280, 390} {
			tab.Width(width)
			tab.Check()
			if dir := os.Getenv("PICTURES"); dir != "" {
				shot++
				tab.Picture(filepath.Join(dir, fmt.Sprintf("oidc-%02d%s-%d.png", shot, strings.ReplaceAll(path, "/", "-"), width)))
			}
		}
	}
	press := func(selector string) {
		t.Helper()
		tab.Do(chromedp.ScrollIntoView(selector), chromedp.Click(selector))
	}
	tab.Go(s.url + "/accedi?next=/spazi")
	see("/accedi")
	press("main .polis-way-spid")
	tab.WaitFor("location.pathname === '/demo/idp/authorize'")
	press("main button[name=annulla]")
	tab.WaitFor("document.readyState === 'complete' && location.pathname === '/accedi/oidc/spid/ritorno'")
	tab.Faults() // that the answer is a refusal is no fault of the page
	see("/accedi/oidc/spid/ritorno")
	press("main .btn-primary") // once more
	tab.WaitFor("location.pathname === '/demo/idp/authorize'")
	press("main button[name=persona]")
	tab.WaitFor("location.pathname === '/spazi'")
	tab.Go(s.url + "/profilo")
	see("/profilo")
	tab.Go(s.url + "/profilo/accessi")
	see("/profilo/accessi")
	if at := chromium.Eval[string](tab, "document.querySelector('main').innerText"); !strings.Contains(at, "SPID") {
		t.Errorf("connected: %s", at)
	}
	tab.Do(chromedp.Click("form[action='/esci'] button"))
	see("/accedi/uscita")
	tab.Go(s.url + "/accedi/riconosci")
	see("/accedi/riconosci")
}
