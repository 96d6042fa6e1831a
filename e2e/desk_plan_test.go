package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"polis/internal/platform/web/webtest/browser"
)

// A place is added to the plan of a house, moved and turned, and another one
// taken away again, by keyboard alone, or by the numbers where there are no
// scripts (pointer and finger: internal/manage); then the page that everybody sees shows it.
func TestWayOfAPlan(t *testing.T) {
	everyDay(t)
	t.Parallel()
	way := func(w *walker) {
		const house = "/gestione/sedi/gavirate"
		w.enter("luca")
		w.Go(w.srv.url + house + "/posti")
		w.arrived("places", at2(house+"/posti"))
		if w.keys {
			w.draws(house)
		} else {
			w.numbers(house)
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
	}
	for _, f := range []int{2, 3} {
		goWay(t, func(*testing.T, *store) {}, way, forms[f])
	}
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

func (w *walker) draws(house string) {
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
