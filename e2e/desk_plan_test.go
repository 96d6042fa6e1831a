package e2e

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"polis/internal/platform/web/webtest/browser"
)

// A place is added to the plan of a house, moved and turned, and another one
// taken away again, by keyboard alone, with the mouse, or by the numbers where
// there are no scripts; then the page that everybody sees shows it.
func TestWayOfAPlan(t *testing.T) {
	goWays(t, func(w *walker) {
		const house = "/gestione/sedi/gavirate"
		w.enter("luca")
		w.Go(w.srv.url + house + "/posti")
		w.arrived("places", at2(house+"/posti"))
		switch {
		case !w.scripts:
			w.numbers(house)
		case w.keys:
			w.drawsByKeys(house)
		default:
			w.draws(house)
		}
		w.arrived("saved", at2(house+"/pianta")+" && "+one(done))
		if n := w.store.number(w.t, `SELECT COUNT(*) FROM resource r JOIN site s ON s.id = r.site WHERE s.code = 'gavirate' AND r.code = 'D-015' AND r.w > 0 AND r.w < r.h AND r.active`); n != 1 {
			w.t.Error("the new place is not turned")
		}
		if n := w.store.number(w.t, "SELECT COUNT(*) FROM resource r JOIN site s ON s.id = r.site WHERE s.code = 'gavirate' AND r.code = 'D-016' AND r.active"); n != 0 {
			w.t.Error("the other is still there")
		}
		w.Go(w.srv.url + "/spazi/gavirate?" + w.when("09:00", "10:00"))
		w.arrived("public plan", at2("/spazi/gavirate")+" && "+one(".polis-plan-svg"))
		if seats := w.text(".polis-plan-svg"); !strings.Contains(seats, "D-015") || strings.Contains(seats, "D-016") {
			w.t.Errorf("the public plan shows %s", seats)
		}
	}, 2, 3)
}

// fresh is what a field of the first new place says.
func fresh(name string) string {
	return `Number(document.querySelector('[name="` + name + `.n1"]').value)`
}

// opensPlan comes from the list of places to the drawing.
func (w *walker) opensPlan(house string) {
	w.t.Helper()
	w.act(".polis-rooms-acts a[href*='/pianta']")
	w.arrived("plan", at2(house+"/pianta")+" && "+one("form[data-ready]"))
}

func (w *walker) drawsByKeys(house string) {
	w.t.Helper()
	w.opensPlan(house)
	w.tabTo(".polis-shape-place ~ .polis-shape-place ~ .polis-shape-place")
	w.Press("n")
	w.WaitFor("document.activeElement.dataset.shape === 'n1'")
	x := browser.Eval[float64](w.Tab, fresh("x"))
	w.Press(arrowRight)
	w.WaitFor(fmt.Sprintf("%s !== %v", fresh("x"), x))
	w.Press("r")
	w.WaitFor(fresh("w") + " < " + fresh("h"))
	for range 60 { // to where nothing is in its way
		if w.text("[data-wrong]") == "" {
			break
		}
		w.Press(arrowDown)
	}
	w.Press("n")
	w.WaitFor("document.activeElement.dataset.shape === 'n2'")
	w.Check()
	w.Press(kb.Delete)
	w.WaitFor("!" + one("[data-shape=n2]"))
	w.tabTo(".polis-editor-save button")
	w.Press("\r")
}

func (w *walker) draws(house string) {
	w.t.Helper()
	w.opensPlan(house)
	for i, down := range []float64{0.5, 2} { // metres above the lower wall
		w.click("[data-do=place]")
		spot := browser.Eval[[]float64](w.Tab, fmt.Sprintf(`(() => {
			document.querySelector("[data-view]").scrollIntoView({block: "start", behavior: "instant"});
			const m = document.querySelector("[data-canvas]").getScreenCTM(), room = document.querySelector(".polis-shape-room:has(+ .polis-shape-place + .polis-shape-place) rect");
			return [m.a * (room.x.baseVal.value + 150) + m.e, m.d * (room.y.baseVal.value + room.height.baseVal.value - %v) + m.f];
		})()`, 100*down))
		w.clickAt(spot[0], spot[1])
		w.WaitFor("!!" + one(fmt.Sprintf("[data-shape=n%d]", i+1)))
	}
	w.click("[data-do=drop]")
	w.WaitFor("!" + one("[data-shape=n2]"))
	w.click("[data-shape=n1]")
	w.click("[data-do=turn]")
	w.WaitFor(fresh("w") + " < " + fresh("h"))
	for range 20 { // with the numbers where the hand was not steady
		if w.text("[data-wrong]") == "" {
			break
		}
		w.fill(`[name="y.n1"]`, fmt.Sprint(browser.Eval[float64](w.Tab, fresh("y"))-0.25))
		browser.Eval[bool](w.Tab, `document.querySelector('[name="y.n1"]').dispatchEvent(new Event("input", {bubbles: true}))`)
	}
	w.click(".polis-editor-save button")
}

// numbers does the same in the forms.
func (w *walker) numbers(house string) {
	w.t.Helper()
	w.act(".polis-rooms-room:has(+ tr + tr) a[href*='/posti/serie']")
	w.arrived("places at once", at2(house+"/posti/serie"))
	w.fill("#f-quanti", "2")
	w.fill("#f-primo", "D-015")
	w.act("#f-disegna")
	w.act(".polis-rooms-form button.btn-primary")
	w.arrived("added", at2(house+"/posti")+" && "+one(done))
	w.act(".polis-rooms-bar a[href*='/pianta']")
	w.arrived("plan", at2(house+"/pianta"))
	w.act("details:has([data-code=D-015]) > summary")
	w.act("[data-code=D-016] [type=checkbox]")
	area := browser.Eval[[]float64](w.Tab, `(() => { const v = n => Number(document.querySelector('[data-row]:not([data-seats]):has(~ [data-code=D-015]) [name^="' + n + '."]').value); return [v('x'), v('y'), v('w'), v('h')] })()`)
	for name, v := range map[string]float64{"x": area[0] + 0.5, "y": area[1] + area[3] - 1.75, "w": 0.8, "h": 1.6} {
		w.fill("[data-code=D-015] [name^='"+name+".']", fmt.Sprint(v))
	}
	w.act(".polis-editor-save button")
}

// clickAt clicks a point of the window.
func (w *walker) clickAt(x, y float64) {
	w.t.Helper()
	for _, kind := range []input.DispatchMouseEventType{input.DispatchMouseEventTypeMousePressed, input.DispatchMouseEventTypeMouseReleased} {
		w.Do(chromedp.MouseEvent(kind, math.Round(x), math.Round(y), chromedp.ButtonLeft, chromedp.ClickCount(1)))
	}
}
