package e2e

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"polis/internal/platform/web/webtest/browser"
)

// walker is somebody at a browser.
type walker struct {
	*browser.Tab
	t       *testing.T
	srv     *server
	width   int64
	scripts bool
	day     string
	code    string // of the house where they want to work
	keys    bool   // whether they use the keyboard alone
	store   *store
	step    func(name string)
}

// newWalker opens a browser of a width in a language.
func newWalker(t *testing.T, srv *server, width int64, lang string, scripts bool) *walker {
	t.Helper()
	w := &walker{Tab: browser.Open(t, chromedp.Flag("force-prefers-reduced-motion", true)), t: t, srv: srv, width: width, scripts: scripts, code: "gavirate"}
	w.step = func(string) {}
	w.day = srv.quietDays(srv.placesOf(w.code, "desk")[0].ID, 1)[0].Format(time.DateOnly)
	w.Width(width)
	w.Scripts(scripts)
	w.Go(srv.url + "/?lang=" + lang)
	if got := browser.Eval[string](w.Tab, "document.documentElement.lang"); got != lang {
		t.Fatalf("the page speaks %q, asked for %q", got, lang)
	}
	return w
}

// arrived waits until the page of an address is there, and looks at it as the
// tests look at every page: axe, width, complaints of the browser.
func (w *walker) arrived(name, js string) {
	w.t.Helper()
	w.WaitFor("document.readyState === 'complete' && !document.querySelector('.htmx-request') && !!(" + js + ")")
	if w.scripts {
		w.Check()
	} else {
		for _, f := range w.Faults() {
			w.t.Errorf("%s: %s", name, f)
		}
	}
	if w.width < 400 {
		for _, width := range []int64{320, w.width} {
			w.Width(width)
			if !browser.Eval[bool](w.Tab, "document.documentElement.scrollWidth <= innerWidth") {
				w.t.Errorf("%s scrolls sideways at %d", name, width)
			}
		}
	}
	if browser.Eval[int](w.Tab, "document.querySelectorAll('h1').length") != 1 {
		w.t.Errorf("%s has no single heading", name)
	}
	w.step(name)
}

func one(selector string) string { return fmt.Sprintf("document.querySelector(%q)", selector) }

func at2(path string) string { return fmt.Sprintf("location.pathname === %q", path) }

// The forms that the journey sends, wherever in the page they stand.
const (
	goSearch   = "#search-go"
	firstHouse = "#results .polis-card a"
	freePlace  = "input[name=posto]:not(:checked)"
	book       = ".polis-places-form button[type=submit]"
	asMaria    = "form:has(input[name=person][value=maria]) button"
	confirm    = "form[action$='/conferma'] button"
	accept     = "input[name=regolamento]"
	otherDays  = "details:has(form[action$='/giorni']) > summary"
	freeDay    = "input[name=giorni]:not(:checked)"
	addDays    = "form[action$='/giorni'] button"
	dropPart   = "form[action$='/togli'] button"
	moveLink   = "a[href$='/sposta']"
	freeStart  = "button[name=inizio]"
	cancelLink = "a[href$='/annulla']"
	cancelYes  = "form[action$='/annulla'] button"
	signOut    = "form[action='/esci'] button"
	passImage  = "img[src$='/pass.svg']"
)

// journey is search → space → book → sign in → two days, then one of them →
// accept the house rules → confirm → pass → another time → list → cancel → sign
// out, with act to use a link or a button.
func (w *walker) journey(act func(selector string)) {
	w.t.Helper()
	w.arrived("home", at2("/"))
	act("nav a[href='/spazi']")
	w.arrived("search", at2("/spazi"))
	w.fill("#f-q", "Gavirate")
	w.fill("#f-giorno", w.day)
	w.fill("#f-dalle", "09:00")
	w.fill("#f-alle", "11:00")
	act(goSearch)
	w.arrived("results", at2("/spazi")+" && location.search.includes('Gavirate') && document.querySelector('"+firstHouse+"')")
	act(firstHouse)
	w.arrived("space", at2("/spazi/"+w.code))
	act(freePlace)
	act(book)
	w.arrived("sign-in", at2("/accedi"))
	act(asMaria)
	w.arrived("space again", at2("/spazi/"+w.code)+" && document.querySelectorAll('input[name=posto]:checked').length === 1")
	act(book)
	w.arrived("hold", "location.pathname.startsWith('/prenotazioni/') && "+one(confirm))
	path := browser.Eval[string](w.Tab, "location.pathname")
	act(otherDays)
	act(freeDay)
	act(addDays)
	w.arrived("two days", at2(path)+" && document.querySelectorAll(\""+dropPart+"\").length === 2")
	act("section li:last-child " + dropPart)
	w.arrived("one day again", at2(path)+" && !"+one(dropPart))
	if browser.Eval[bool](w.Tab, "!!"+one(accept)) { // once for each version of the rules
		act(confirm)
		w.arrived("rules not accepted", at2(path+"/conferma")+" && "+one(".polis-summary a[href^='#f-regolamento']"))
		act(accept)
	}
	act(confirm)
	w.arrived("pass", at2(path)+" && document.querySelector(\""+passImage+"\")?.naturalWidth > 0")
	w.verifyPass()
	act(moveLink)
	w.arrived("move", at2(path+"/sposta"))
	act(freeStart)
	w.arrived("moved", at2(path)+" && document.querySelector(\""+passImage+"\")?.naturalWidth > 0")
	act("nav a[href='/prenotazioni']")
	w.arrived("list", at2("/prenotazioni")+fmt.Sprintf(" && document.querySelector(\"main a[href='%s']\")", path))
	act("main a[href='" + path + "']")
	w.arrived("booking", at2(path))
	act(cancelLink)
	w.arrived("cancel", at2(path+"/annulla"))
	act(cancelYes)
	w.arrived("cancelled", at2(path)+" && !document.querySelector(\""+passImage+"\")")
	act(signOut)
	w.arrived("signed out", at2("/"))
}

// verifyPass checks the pass of the page as a door does.
func (w *walker) verifyPass() {
	w.t.Helper()
	text := browser.Eval[string](w.Tab, "document.querySelector('.polis-pass code').textContent")
	key := w.srv.want(w.t, 200, "GET", "/api/v1/pass-key", "", nil)
	if !verifies(w.t, key.body, text, w.day+"T10:00:00+01:00") {
		w.t.Errorf("the pass of the page opens no door: %.80s", text)
	}
}

// fill sets a field as if it had been typed, whatever the browser makes of
// dates.
func (w *walker) fill(selector, value string) {
	w.t.Helper()
	w.Do(chromedp.SetValue(selector, value))
}

// click uses a link or a button with the mouse.
func (w *walker) click(selector string) {
	w.t.Helper()
	w.Do(chromedp.ScrollIntoView(selector), chromedp.Click(selector))
}

// views are a wide window in Italian and a telephone in English; at full scale,
// and where pictures are taken, both at both.
func views() []view {
	all := []view{{1280, "it"}, {390, "en"}, {390, "it"}, {1280, "en"}}
	if full || os.Getenv("POLIS_SCREENSHOTS") != "" {
		return all
	}
	return all[:2]
}

// view is how wide a window is, and which language is asked for in it.
type view struct {
	width int64
	lang  string
}

// The journey with the mouse.
func TestJourneyWithAMouse(t *testing.T) {
	t.Parallel()
	srv := serve(t, newDemo(t, sqlite), "--demo")
	for _, c := range views() {
		t.Run(fmt.Sprintf("%d-%s", c.width, c.lang), func(t *testing.T) {
			w := newWalker(t, srv, c.width, c.lang, true)
			if dir := os.Getenv("POLIS_SCREENSHOTS"); dir != "" && c.lang == "it" {
				w.step = func(name string) {
					if file := pictured[name]; file != "" {
						w.picture(dir, file, "")
					}
				}
			}
			w.journey(w.click)
		})
	}
}

// The journey without a single script, on a telephone.
func TestJourneyWithoutScripts(t *testing.T) {
	everyDay(t)
	t.Parallel()
	srv := serve(t, newDemo(t, sqlite), "--demo")
	w := newWalker(t, srv, 390, "it", false)
	w.journey(w.click)
}

// The journey by keyboard alone: Tab, Space, Enter, and the focus always to be
// seen.
func TestJourneyByKeyboard(t *testing.T) {
	everyDay(t)
	t.Parallel()
	srv := serve(t, newDemo(t, sqlite), "--demo")
	w := newWalker(t, srv, 1280, "it", true)
	w.journey(w.key)
}

// focusShows tells whether the focused element looks other than without focus.
// It looks at each once: a date has several stops of Tab inside.
const focusShows = `(() => {
	const e = document.activeElement, box = e.closest("label") ?? e;
	if (window.seenFocus === e) return true;
	window.seenFocus = e;
	const look = n => { const s = getComputedStyle(n); return [s.outlineStyle, s.outlineWidth, s.outlineColor, s.boxShadow, s.borderColor, s.backgroundColor, s.textDecorationLine, s.stroke, s.strokeWidth, s.fill].join() };
	const parts = [e, box, ...(e.closest("svg") ? e.querySelectorAll("*") : [])]; // of a drawing the shape shows it
	const with_ = parts.map(look).join();
	e.blur();
	const without = parts.map(look).join();
	e.focus({preventScroll: true, focusVisible: true});
	return with_ !== without;
})()`

// focusInView tells whether the focused element can be seen at all; scrolling
// to it may take a moment.
const focusInView = `(() => {
	const r = document.activeElement.getBoundingClientRect();
	return r.width > 0 && r.height > 0 && r.bottom > 0 && r.top < innerHeight;
})()`

// tabTo presses Tab until an element has the focus; all on the way must show
// theirs.
func (w *walker) tabTo(selector string) {
	w.t.Helper()
	matches := fmt.Sprintf("document.activeElement.matches(%q)", selector)
	for range 300 {
		w.Press("\t")
		if browser.Eval[bool](w.Tab, "document.activeElement === document.body") {
			continue // round through the browser's own
		}
		if !browser.Eval[bool](w.Tab, focusShows) {
			w.t.Errorf("at %s the focus does not show on %s", browser.Eval[string](w.Tab, "location.pathname"),
				browser.Eval[string](w.Tab, "document.activeElement.outerHTML.slice(0, 200)"))
		}
		if browser.Eval[bool](w.Tab, matches) {
			w.WaitFor(focusInView)
			return
		}
	}
	w.t.Fatalf("Tab never comes to %s at %s", selector, browser.Eval[string](w.Tab, "location.href"))
}

// Pages that no journey passes: every page that links lead to, and the states
// of error, emptiness and too much.
func TestPagesBesideTheJourney(t *testing.T) {
	t.Parallel()
	srv := serve(t, newDemo(t, sqlite), "--demo")
	w := newWalker(t, srv, 1280, "it", true)
	pages := []string{
		"/", "/spazi?q=Atlantide", "/spazi?q=Roma&posti=200", "/spazi?giorno=2020-01-01&dalle=09:00&alle=10:00", "/spazi?giorno=" + w.day + "&dalle=11:00&alle=10:00",
		"/spazi?q=Lombardia", "/spazi?q=Varese&tipo=hall", "/spazi/gavirate?giorno=" + w.day + "&dalle=03:00&alle=04:00", "/spazi/bologna?tipo=hall&giorno=" + w.day + "&dalle=09:00&alle=12:00",
		"/accedi", "/niente", "/spazi/niente", "/sedi", "/sedi?stato=works", "/sedi?q=zzzz",
	}
	footer := browser.Eval[[]string](w.Tab, `[...document.querySelectorAll("footer a, main a")].map(a => a.getAttribute("href")).filter(h => h.startsWith("/"))`)
	for _, c := range views()[scaled(1, 0):] { // TestPagesAtEveryZoom has the wide ones
		w.Width(c.width)
		w.width = c.width
		for _, page := range append(footer, pages...) {
			u, err := url.Parse(page)
			if err != nil {
				t.Fatal(err)
			}
			q := u.Query()
			q.Set("lang", c.lang)
			u.RawQuery = q.Encode()
			w.Go(srv.url + u.String())
			for _, fault := range w.Faults() { // the status of a page on purpose in error is an entry of the log
				if !strings.Contains(fault, "the server responded with a status of 4") {
					t.Errorf("%s: %s", page, fault)
				}
			}
			w.arrived(page, "true")
		}
	}
}
