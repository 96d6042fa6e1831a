package web_test

import (
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"

	"polis/internal/platform/web"
	"polis/internal/platform/web/webtest/browser"
)

// The gallery in a real browser: axe, widths, focus, suggestions, and nothing
// that our own policy has to stop.
func TestGalleryInABrowser(t *testing.T) {
	t.Parallel()
	ui, h := newUI(t, func(c *web.Config) { c.PublicURL = nil })
	if !ui.Built() {
		t.Skip("SKIPPED: the front end is not built")
	}
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	tab := browser.Open(t)
	for _, width := range []int64{1280, 390, 320} {
		tab.Width(width)
		tab.Go(srv.URL + "/gallery")
		tab.Check()
	}
	small := browser.Eval[[]string](tab, `[...document.querySelectorAll("a, button, input, select")].filter(e => !e.closest("p, dd, td, .polis-crumbs, .polis-summary, .skiplinks, h3"))
		.map(e => [e, (e.closest(".polis-check") ?? e).getBoundingClientRect()]).filter(([, r]) => r.height < 44).map(([e, r]) => e.outerHTML.slice(0, 80) + " " + r.height)`)
	for _, s := range small {
		t.Errorf("target under 44 px: %s", s)
	}

	tab.Do(chromedp.SendKeys("#f-q", "Gavi"))
	tab.WaitFor(`document.querySelector("#f-q-list").options.length === 1 && document.querySelector("#f-q-list").options[0].text.startsWith("Gavirate <")`)
	if faults := tab.Faults(); len(faults) > 0 {
		t.Errorf("suggestions: %v", faults)
	}
	tab.Do(chromedp.Click("button[type=submit].btn"))
	tab.WaitFor(`document.activeElement.id === "error-summary"`)
	tab.Faults() // the 400 of the page itself is an entry of the log
	tab.Check()

	tab.Scripts(false)
	tab.Go(srv.URL + "/gallery")
	tab.Do(chromedp.SendKeys("#f-q", "Gavirate"), chromedp.Click("#f-size-0"), chromedp.Click("button[type=submit].btn"), chromedp.WaitReady("#error-summary"))
	if got := browser.Eval[string](tab, `document.querySelector("#f-q").value`); got != "Gavirate" {
		t.Errorf("without scripts the form came back with %q", got)
	}
}
