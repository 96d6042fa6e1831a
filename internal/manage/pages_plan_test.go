package manage_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/web/webtest/browser"
	"polis/internal/site"
)

const planOfAurora = "/gestione/sedi/aurora/pianta?piano=0"

// drawing is the plan of Aurora in a real browser.
type drawing struct {
	*world
	tab *browser.Tab
}

func newDrawing(t *testing.T, width int64, lang string) *drawing {
	t.Helper()
	w := newWorld(t, dbtest.SQLite(t)).serve()
	w.always = "luca"
	if !w.built {
		t.Skip("SKIPPED: the front end is not built")
	}
	d := &drawing{w, browser.Open(t)}
	d.tab.Width(width)
	d.tab.Go(w.srv.URL + planOfAurora + "&lang=" + lang)
	d.ready()
	return d
}

func (d *drawing) ready() {
	d.t.Helper()
	d.tab.WaitFor(`document.querySelector("form[data-ready]") !== null`)
}

// key is the key of a place in the form.
func (d *drawing) key(code string) string { return fmt.Sprint(d.place(code).Ordinal) }

// wants waits until the numbers of a row are these.
func (d *drawing) wants(key, x, y, w, h string) {
	d.t.Helper()
	for i, name := range []string{"x", "y", "w", "h"} {
		want := []string{x, y, w, h}[i]
		d.tab.WaitFor(fmt.Sprintf(`document.querySelector('[name="%s.%s"]').value === %q`, name, key, want))
	}
}

// at is where a point of the floor is in the window, which is scrolled there.
func (d *drawing) at(x, y float64) (float64, float64) {
	d.t.Helper()
	p := browser.Eval[[]float64](d.tab, fmt.Sprintf(`(() => {
		const svg = document.querySelector("[data-canvas]"), at = () => { const m = svg.getScreenCTM(); return [m.a * %[1]v + m.e, m.d * %[2]v + m.f] };
		const view = document.querySelector("[data-view]").getBoundingClientRect();
		if (view.top < 0 || view.bottom > innerHeight) document.querySelector("[data-view]").scrollIntoView({ block: "start", behavior: "instant" });
		return at();
	})()`, x, y))
	return p[0], p[1]
}

// drag moves the mouse from one point of the floor to another with the button
// down.
func (d *drawing) drag(x0, y0, x1, y1 float64, keys ...chromedp.Modifier) {
	d.t.Helper()
	fx, fy := d.at(x0, y0)
	tx, ty := d.at(x1, y1)
	d.mouse(input.DispatchMouseEventTypeMousePressed, fx, fy, keys...)
	for _, part := range []float64{0.3, 0.7, 1} {
		d.mouse(input.DispatchMouseEventTypeMouseMoved, fx+(tx-fx)*part, fy+(ty-fy)*part, keys...)
	}
	d.mouse(input.DispatchMouseEventTypeMouseReleased, tx, ty, keys...)
}

func (d *drawing) click(x, y float64, keys ...chromedp.Modifier) {
	d.t.Helper()
	px, py := d.at(x, y)
	d.mouse(input.DispatchMouseEventTypeMousePressed, px, py, keys...)
	d.mouse(input.DispatchMouseEventTypeMouseReleased, px, py, keys...)
}

func (d *drawing) mouse(kind input.DispatchMouseEventType, x, y float64, keys ...chromedp.Modifier) {
	d.t.Helper()
	d.tab.Do(chromedp.MouseEvent(kind, math.Round(x), math.Round(y), chromedp.ButtonLeft, chromedp.ClickCount(1), chromedp.ButtonModifiers(keys...)))
}

// press presses a key with others held.
func (d *drawing) press(key string, with ...chromedp.Modifier) {
	d.t.Helper()
	d.tab.Do(chromedp.KeyEvent(key, chromedp.KeyModifiers(with...)))
}

// says waits until the page has said something.
func (d *drawing) says(text string) {
	d.t.Helper()
	d.tab.WaitFor(fmt.Sprintf(`document.querySelector("[data-now]").textContent.includes(%q)`, text))
}

func (d *drawing) save() {
	d.t.Helper()
	d.tab.Do(chromedp.Click(".polis-editor-save button"))
	d.tab.WaitFor(`document.querySelector(".polis-alert-success") !== null`)
	d.ready()
}

// A floor is drawn with the mouse: moved, resized, drawn anew, copied, aligned,
// undone, saved, and seen by everyone.
func TestThePlanByPointer(t *testing.T) {
	t.Parallel()
	d := newDrawing(t, 1280, "it")
	one, two := d.key("D-01"), d.key("D-02")
	d.wants(one, "1", "1", "1.6", "0.8")
	d.tab.Check()
	d.drag(180, 140, 108, 688) // onto the grid
	d.wants(one, "0.25", "6.5", "1.6", "0.8")
	d.says("D-01: 0,25 m da sinistra")
	d.drag(180, 600, 380, 600) // nothing there: a band
	d.click(380, 140)
	d.tab.Check()
	d.drag(460, 180, 475, 150) // its lower right corner
	d.wants(two, "3", "1", "1.75", "0.5")
	d.tab.Do(chromedp.Click(`[data-do="undo"]`))
	d.wants(two, "3", "1", "1.6", "0.8")
	d.tab.Do(chromedp.Click(`[data-do="redo"]`))
	d.wants(two, "3", "1", "1.75", "0.5")

	d.drag(380, 125, 560, 125) // over D-03
	d.tab.WaitFor(`document.querySelector("[data-wrong]").textContent.includes("D-02")`)
	d.tab.Check()
	d.tab.Do(chromedp.Click(`[data-do="undo"]`))
	d.tab.WaitFor(`document.querySelector("[data-wrong]").textContent === ""`)

	d.tab.Do(chromedp.Click(`[data-do="room"]`))
	d.drag(1000, 0, 1400, 300)
	d.tab.WaitFor(`document.querySelectorAll(".polis-shape-room").length === 2`)
	d.tab.Do(chromedp.Click(`[data-do="place"]`))
	d.click(1100, 100)
	d.tab.WaitFor(`document.querySelectorAll('[name="tipo.n2"]').length === 1`)
	d.click(108, 688)
	d.click(380, 125, chromedp.ModifierShift)
	d.says("Scelti: 2")
	d.tab.Do(chromedp.Click(`[data-do="top"]`))
	d.wants(one, "0.25", "1", "1.6", "0.8")
	d.click(380, 125)
	d.says("D-02: 3 m")
	d.tab.Do(chromedp.Click(`[data-do="copy"]`))
	d.says("Nuovi: 1")
	d.tab.Check()
	d.save()
	d.tab.Check()

	if got := d.place("D-01").Area; got != (site.Rect{X: 25, Y: 100, W: 160, H: 80}) {
		t.Errorf("D-01 lies at %v", got)
	}
	for _, code := range []string{"D-09", "D-10"} {
		if p := d.place(code); !p.Active || p.Kind != site.Desk || !p.Area.Drawn() {
			t.Errorf("%s is %+v", code, p)
		}
	}
	if p := d.place("D-10"); len(p.Features) == 0 {
		t.Error("a copy has not the equipment of what it is a copy of")
	}
	l := d.Live.Network().Layout(aurora)
	if faults := l.Misfits(); len(faults) > 0 || len(l.Rooms) != 2 {
		t.Errorf("%d rooms, misfits %v", len(l.Rooms), faults)
	}
	_, page := d.ask("maria", "it", "GET", "/spazi/aurora?tipo=desk&piano=0", nil)
	if !strings.Contains(page.Text(), "D-10") || len(page.All(".polis-plan-room")) != 2 {
		t.Error("the public plan does not show what was saved")
	}
}

// The same by keyboard alone, on a screen and on a phone.
func TestThePlanByKeyboard(t *testing.T) {
	t.Parallel()
	for _, width := range []int64{1280, 390} {
		d := newDrawing(t, width, "en")
		one := d.key("D-01")
		d.tab.Check()
		d.tab.Do(chromedp.Focus(`[data-do="fit"]`))
		d.tab.Press("\t") // the room
		d.says("Piano terra: 0 m from left")
		d.tab.Press("\t")
		d.says("D-01: 1 m from left")
		d.press(kb.ArrowRight)
		d.press(kb.ArrowDown)
		d.wants(one, "1.25", "1.25", "1.6", "0.8")
		d.press(kb.ArrowLeft, chromedp.ModifierShift)
		d.wants(one, "1.25", "1.25", "1.5", "0.8")
		d.press(kb.ArrowLeft, chromedp.ModifierAlt)
		d.wants(one, "1.2", "1.25", "1.5", "0.8")
		d.says("1.2 m from left, 1.25 m from top, 1.5 × 0.8 m")
		d.press("z", chromedp.ModifierCtrl)
		d.says("Undone")
		d.wants(one, "1.25", "1.25", "1.5", "0.8")
		d.tab.Press("\r")
		d.tab.WaitFor(`document.activeElement.name === "x.` + one + `"`)
		d.tab.Do(chromedp.SetValue(`[name="x.`+one+`"]`, ""), chromedp.SendKeys(`[name="x.`+one+`"]`, "1.3"))
		d.wants(one, "1.3", "1.25", "1.5", "0.8")
		d.tab.Check()

		d.tab.Do(chromedp.Focus(`[data-shape="` + one + `"]`))
		d.press("d", chromedp.ModifierCtrl)
		d.says("New: 1")
		d.tab.WaitFor(`document.activeElement.dataset.shape === "n1"`)
		d.press("n")
		d.tab.WaitFor(`document.activeElement.dataset.shape === "n2"`)
		d.press(kb.Delete)
		d.says("is taken away")
		d.tab.Do(chromedp.Focus(`[data-shape="` + d.key("D-05") + `"]`))
		d.press(kb.Delete)
		d.says("Delete once more takes it off the plan")
		d.press(kb.Delete)
		d.says("D-05 is off the plan")
		d.wants(d.key("D-05"), "", "", "", "")
		d.tab.Check()
		d.tab.Do(chromedp.Focus(`[data-shape="` + one + `"]`))
		d.tab.Press(kb.Escape)
		d.tab.WaitFor(`document.activeElement.type === "submit"`)
		d.tab.Press("\r")
		d.tab.WaitFor(`document.querySelector(".polis-alert-success") !== null`)
		d.tab.Check()
		if got := d.place("D-01").Area; got != (site.Rect{X: 130, Y: 125, W: 150, H: 80}) {
			t.Errorf("at %d: D-01 lies at %v", width, got)
		}
		if p := d.place("D-05"); p.Active || p.Area.Drawn() {
			t.Errorf("at %d: D-05 is %+v", width, p)
		}
		if p := d.place("D-09"); !p.Active || p.Area.W != 150 {
			t.Errorf("at %d: the copy is %+v", width, p)
		}
	}
}

// touch puts a finger down, moves it over some points of the floor and lifts it.
func (d *drawing) touch(points ...[2]float64) {
	d.t.Helper()
	send := func(kind input.DispatchTouchEventType, points ...*input.TouchPoint) {
		d.tab.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: points})
			return err
		}))
	}
	for i, p := range points {
		x, y := d.at(p[0], p[1])
		kind := input.DispatchTouchEventTypeTouchMove
		if i == 0 {
			kind = input.DispatchTouchEventTypeTouchStart
		}
		send(kind, &input.TouchPoint{X: x, Y: y})
	}
	send(input.DispatchTouchEventTypeTouchEnd)
}

// On a phone a tap chooses, and a finger moves what is chosen.
func TestThePlanByTouch(t *testing.T) {
	t.Parallel()
	d := newDrawing(t, 390, "it")
	one := d.key("D-01")
	d.touch([2]float64{180, 140}, [2]float64{250, 140}) // not chosen yet: it scrolls
	d.wants(one, "1", "1", "1.6", "0.8")
	d.touch([2]float64{180, 140})
	d.says("D-01: 1 m da sinistra")
	d.touch([2]float64{180, 140}, [2]float64{160, 300}, [2]float64{120, 500}, [2]float64{108, 688})
	d.wants(one, "0.25", "6.5", "1.6", "0.8")
	d.tab.Check()
	d.save()
	if got := d.place("D-01").Area; got != (site.Rect{X: 25, Y: 650, W: 160, H: 80}) {
		t.Errorf("D-01 lies at %v", got)
	}
}
