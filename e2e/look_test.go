package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"polis/internal/platform/web/webtest/browser"
)

// zooms are the widths in CSS pixels of a window of 1280 at 100, 200 and 400
// per cent, and of a telephone.
var zooms = []int64{1280, 640, 390, 320}

// controls names what a person can see and use in a page, by what it is and
// says: links, buttons, fields, headings, pictures with words. What lies in a
// closed details counts: one tap shows it.
const controls = `[...document.querySelectorAll("main a[href], main button, main input:not([type=hidden]), main select, main textarea, main h1, main h2, main h3, main img[alt], main summary, header a, footer a")]
	.filter(e => e.closest("details:not([open])") || e.checkVisibility({opacityProperty: true, visibilityProperty: true}))
	.filter(e => !e.closest("[data-only-wide], [data-only-narrow]"))
	.map(e => [e.tagName, e.name || "", (e.getAttribute("href") || "").split("?")[0], (e.alt || e.textContent || e.labels?.[0]?.textContent || "").trim().replace(/\s+/g, " ").slice(0, 60)].join("|"))`

// cutOff are texts that a box hides a part of.
const cutOff = `[...document.querySelectorAll("main *, header *, footer *")].filter(e => {
	if (e.closest(".visually-hidden, .visually-hidden-focusable, svg, select, [role=region], .polis-person-name") || !e.checkVisibility()) return false;
	const s = getComputedStyle(e);
	return ["hidden", "clip"].includes(s.overflowX) && s.clipPath === "none" && e.scrollWidth > e.clientWidth + 2 && e.clientWidth > 0 && e.textContent.trim() !== "";
}).map(e => e.outerHTML.slice(0, 160))`

// overlaps are controls that lie on each other, so that one of them cannot be
// used.
const overlaps = `(() => {
	const list = [...document.querySelectorAll("main button, main a.btn, main input:not([type=hidden]), main select, main textarea")].filter(e => e.checkVisibility() && getComputedStyle(e).position !== "sticky" && !e.closest(".polis-submit"));
	const boxes = list.map(e => e.getBoundingClientRect());
	const out = [];
	for (let i = 0; i < list.length; i++) for (let j = i + 1; j < list.length && j < i + 12; j++) {
		const a = boxes[i], b = boxes[j];
		if (list[i].contains(list[j]) || list[j].contains(list[i])) continue;
		if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 3 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3)
			out.push(list[i].outerHTML.slice(0, 90) + " and " + list[j].outerHTML.slice(0, 90));
	}
	return out.slice(0, 3);
})()`

// unseen are what can have the focus and looks the same with it.
const unseen = `(() => {
	const look = n => { const s = getComputedStyle(n); return [s.outlineStyle, s.outlineWidth, s.outlineColor, s.boxShadow, s.borderColor, s.backgroundColor, s.textDecorationLine, s.stroke, s.strokeWidth, s.fill].join() };
	const had = document.activeElement;
	const list = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")].filter(e => e.checkVisibility() && !e.disabled && !e.closest(".skiplinks")).slice(0, 250);
	const out = list.filter(e => {
		const parts = [e, e.closest("label") ?? e, ...(e.closest("svg") ? e.querySelectorAll("*") : [])]; // of a drawing the shape shows it
		e.blur();
		const without = parts.map(look).join();
		e.focus({preventScroll: true, focusVisible: true});
		return document.activeElement === e && parts.map(look).join() === without;
	}).map(e => e.outerHTML.slice(0, 160));
	had?.focus({preventScroll: true});
	return out;
})()`

// looks opens a page and goes through all zooms, in English the two ends, and says
// what is lost, cut off or in the way.
func (w *walker) looks(page, lang string) {
	w.t.Helper()
	var wide []string
	for _, width := range zooms {
		if lang == "en" && width != zooms[0] && width != zooms[len(zooms)-1] {
			continue
		}
		if width == zooms[0] {
			w.open(page, lang, width)
		}
		name := w.see(page, lang, width, width == 1280 || width == 390 && lang == "it")
		here := browser.Eval[[]string](w.Tab, controls)
		if width == 1280 {
			wide = here
		}
		for _, e := range wide {
			if !slices.Contains(here, e) {
				w.t.Errorf("%s has lost %s", name, e)
			}
		}
	}
}

// look opens a page in a language and a width, and says what is wrong with it.
func (w *walker) look(page, lang string, width int64, closely bool) (name string) {
	w.t.Helper()
	w.open(page, lang, width)
	return w.see(page, lang, width, closely)
}

func (w *walker) open(page, lang string, width int64) {
	w.t.Helper()
	u, err := url.Parse(page)
	if err != nil {
		w.t.Fatal(err)
	}
	q := u.Query()
	q.Set("lang", lang)
	u.RawQuery = q.Encode()
	w.Width(width)
	w.Go(w.srv.url + u.String())
}

// see says what is wrong with the page that is open, at a width; closely also what
// axe finds, and where the focus does not show.
func (w *walker) see(page, lang string, width int64, closely bool) (name string) {
	w.t.Helper()
	w.Width(width)
	w.width = width
	for _, fault := range w.Faults() { // the status of a page on purpose in error is an entry of the log
		if !strings.Contains(fault, "the server responded with a status of 4") {
			w.t.Errorf("%s: %s", page, fault)
		}
	}
	name = fmt.Sprintf("%s at %d in %s", page, width, lang)
	w.WaitFor("document.readyState === 'complete'")
	if closely {
		w.arrived(name, "true")
		for _, e := range browser.Eval[[]string](w.Tab, unseen) {
			w.t.Errorf("%s does not show the focus on %s", name, e)
		}
	} else if !browser.Eval[bool](w.Tab, "document.documentElement.scrollWidth <= innerWidth") {
		w.t.Errorf("%s scrolls sideways", name)
	}
	if got := browser.Eval[string](w.Tab, "document.documentElement.lang"); got != lang {
		w.t.Errorf("%s speaks %q", name, got)
	}
	for _, e := range browser.Eval[[]string](w.Tab, cutOff) {
		w.t.Errorf("%s cuts off %s", name, e)
	}
	for _, e := range browser.Eval[[]string](w.Tab, overlaps) {
		w.t.Errorf("%s: one on the other: %s", name, e)
	}
	return name
}

// longName is as long as names of houses get, in Italian and German.
const longName = "Casa dei servizi di cittadinanza digitale – Haus der digitalen Bürgerdienste «Ex Palazzo delle Poste e dei Telegrafi» di San Candido"

// longNames gives the house of the tests the longest names, and a test person a
// long past.
func longNames(t *testing.T, s *store, srv *server) {
	t.Helper()
	units := srv.placesOf("gavirate", "desk")
	s.exec(t, "UPDATE site SET name = $1, address = $2 WHERE code = 'gavirate'", longName,
		"Piazza Granatieri di Sardegna angolo via Monsignor Giovanni Battista Scalabrini vescovo, 118/bis interno 14")
	s.exec(t, "UPDATE resource SET name = $1 WHERE id = $2", "Postazione regolabile in altezza con doppio schermo accanto alla finestra grande", units[0].ID)
	// A past of 5,000 visits, an hour each.
	s.exec(t, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
		INSERT INTO booking (id, person, status, starts, ends, parts, uses, created, changed, rev)
		SELECT printf('018f0000-0000-7000-8000-%012d', i), $1, CASE i % 7 WHEN 0 THEN 'no-show' WHEN 1 THEN 'cancelled' ELSE 'completed' END,
			1700000000000000 + i * 7200000000, 1700000000000000 + i * 7200000000 + 3600000000,
			(SELECT json_array(json_object('site', site, 'kind', 'desk', 'units', json_array(ordinal),
				'from', strftime('%Y-%m-%dT%H:%M:%SZ', 1700000000 + i * 7200, 'unixepoch'), 'to', strftime('%Y-%m-%dT%H:%M:%SZ', 1700000000 + i * 7200 + 3600, 'unixepoch')))
				FROM resource WHERE id = $2), '[]', 0, 0, 1 FROM n`, mariaID, units[0].ID)
}

// mariaID is the id of a test person, the same on every machine.
const mariaID = "01900000-0000-7000-8000-000000000001"

// Pages keep what they have at 200 and 400 per cent, on a telephone, in both
// languages, with names as long as they get and lists of thousands.
func TestPagesAtEveryZoom(t *testing.T) {
	t.Parallel()
	s := newDemo(t, sqlite)
	srv := serve(t, s, "--demo")
	longNames(t, s, srv)
	srv.stop()
	srv = serve(t, s, "--demo")
	w := newWalker(t, srv, 1280, "it", true)
	when := "giorno=" + w.day + "&dalle=09:00&alle=13:00"
	place := "/spazi/gavirate/posti/" + srv.placesOf("gavirate", "desk")[0].Code
	w.glance(
		"/", "/spazi", "/spazi?q=Gavirate&"+when, "/spazi?q=Atlantide", "/spazi?q=Milano&posti=150&"+when, "/spazi/gavirate?"+when, "/spazi/bologna?tipo=hall&"+when,
		place, place+"?settimana="+w.day, "/sedi", "/sedi?q=zzzz", "/sedi/gavirate", "/accedi", "/niente",
		"/segnala?sede=gavirate", "/aiuto", "/contatti", "/note-legali", "/cookie", "/demo/posta",
	)

	w = newWalker(t, srv, 1280, "it", true)
	w.signIn("maria")
	maria := srv.visitor()
	maria.signIn("maria")
	hold := url.Values{"modo": {"auto"}, "posti": {"3"}, "tipo": {"desk"}, "giorno": {w.day}, "dalle": {"09:00"}, "alle": {"13:00"}}
	_, booked := maria.page("POST", "/spazi/gavirate/prenota", hold)
	maria.confirmed(booked)
	hold.Set("dalle", "14:00")
	hold.Set("alle", "18:00")
	_, held := maria.page("POST", "/spazi/gavirate/prenota", hold)
	past := "/prenotazioni/018f0000-0000-7000-8000-000000000002"
	w.glance("/prenotazioni", held, booked, booked+"/sposta", booked+"/annulla", booked+"/pass", past,
		"/prenotazioni/calendario", "/prenotazioni/ricerche", "/segnalazioni")

	w = newWalker(t, srv, 1280, "it", true)
	w.signIn("luca")
	w.glance("/accoglienza", "/accoglienza?casa=bologna", "/spazi/gavirate/foto", "/segnalazioni/gestione")
}

// glance looks at pages. Every day at each once, at the width of a desk or of a
// telephone; at full scale at all zooms in both languages.
func (w *walker) glance(pages ...string) {
	w.t.Helper()
	for i, page := range pages {
		if full {
			w.looks(page, "it")
			w.looks(page, "en")
			continue
		}
		v := views()[i%2]
		name := w.look(page, v.lang, v.width, true)
		w.Width(320)
		if !browser.Eval[bool](w.Tab, "document.documentElement.scrollWidth <= innerWidth") {
			w.t.Errorf("%s scrolls sideways at 320", name)
		}
	}
}

// signIn signs in as a test person.
func (w *walker) signIn(key string) {
	w.t.Helper()
	w.Width(1280)
	w.Go(w.srv.url + "/accedi")
	w.click("form:has(input[name=person][value=" + key + "]) button")
	w.WaitFor("document.readyState === 'complete' && location.pathname !== '/accedi' && !!" + one(signOut))
}

// budgets of a page as the browser loads it, in bytes as sent.
var budgets = map[string]int{"html": 30 << 10, "css": 25 << 10, "js": 45 << 10}

// loaded are the bytes that the browser received for a page: of the page, of
// style sheets, of scripts, and of all with fonts and pictures; and when it had
// loaded, in milliseconds.
const loaded = `(() => {
	const sum = list => list.reduce((n, e) => n + e.encodedBodySize, 0);
	const all = performance.getEntriesByType("resource");
	const of = ext => all.filter(e => new URL(e.name).pathname.endsWith(ext));
	const page = performance.getEntriesByType("navigation")[0];
	return {html: page.encodedBodySize, css: sum(of(".css")), js: sum(of(".js")), all: page.encodedBodySize + sum(all), ms: Math.round(page.loadEventEnd)};
})()`

// theMap is the page with all houses, and how many bytes it may be in all.
const (
	theMap     = "/programma/mappa"
	theMapMost = 300 << 10
)

// The first load of each page is within its budget of bytes, as the browser
// counts them, nothing in its cache.
func TestPageSizes(t *testing.T) {
	everyDay(t)
	t.Parallel()
	srv := serve(t, newDemo(t, sqlite), "--demo")
	day := srv.quietDays(srv.placesOf("gavirate", "desk")[0].ID, 1)[0].Format(time.DateOnly)
	when := "giorno=" + day + "&dalle=09:00&alle=13:00"
	for _, page := range []string{
		"/", "/spazi", "/spazi?q=Gavirate&" + when, "/spazi?raggio=0&" + when, "/spazi/gavirate?" + when, "/spazi/bologna?" + when, "/sedi", "/accedi", theMap,
	} {
		a := srv.want(t, http.StatusOK, "GET", page, "", nil)
		if a.header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Fatalf("%s is %s", page, a.header.Get("Content-Type"))
		}
		tab := browser.Open(t)
		tab.Go(srv.url + page)
		tab.WaitFor("document.readyState === 'complete' && performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
		got := browser.Eval[map[string]int](tab, loaded)
		t.Logf("%-60s html %6d  css %6d  js %6d  all %6d  loaded after %d ms", page, got["html"], got["css"], got["js"], got["all"], got["ms"])
		if page == theMap && (got["all"] > theMapMost || got["all"] < 50<<10) {
			t.Errorf("%s: %d bytes in all, at most %d", page, got["all"], theMapMost)
		}
		for part, most := range budgets {
			if got[part] > most || part == "html" && got[part] == 0 {
				t.Errorf("%s: %d bytes of %s, at most %d", page, got[part], part, most)
			}
		}
	}
}
