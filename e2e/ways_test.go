package e2e

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"polis/internal/platform/web/webtest/browser"
)

// form is how somebody goes a way: the width and language of their pages, and
// whether with the mouse, by keyboard alone or without scripts.
type form struct {
	width   int64
	lang    string
	scripts bool
	keys    bool
}

func (f form) String() string {
	how := "mouse"
	switch {
	case f.keys:
		how = "keyboard"
	case !f.scripts:
		how = "no-scripts"
	}
	return fmt.Sprintf("%d-%s-%s", f.width, f.lang, how)
}

// forms are what a way is gone in. The first four have both widths, both
// languages and every manner: at full scale each way is gone in those of them in
// which it is not gone every day.
var forms = []form{
	{1280, "it", true, false},
	{390, "en", true, false},
	{1280, "en", true, true},
	{390, "it", false, false},
	{1280, "en", true, false},
	{390, "it", true, false},
	{1280, "it", true, true},
	{390, "en", false, false},
}

// goWays goes a way in some forms every day and at full scale in the others of
// the first four, each on a network of its own.
func goWays(t *testing.T, way func(w *walker), everyDay ...int) {
	goWaysOn(t, func(*testing.T, *store) {}, way, everyDay...)
}

// goSlowWay goes a way in one form only, since it waits for what happens once a
// minute.
func goSlowWay(t *testing.T, way func(w *walker), form int) {
	everyDay(t)
	goWay(t, func(*testing.T, *store) {}, way, forms[form])
}

// goWaysOn is goWays where something has happened before.
func goWaysOn(t *testing.T, before func(t *testing.T, s *store), way func(w *walker), everyDay ...int) {
	for i, f := range forms {
		usual := slices.Contains(everyDay, i)
		if full && (usual || i >= 4) || !full && !usual {
			continue
		}
		goWay(t, before, way, f)
	}
}

func goWay(t *testing.T, before func(t *testing.T, s *store), way func(w *walker), f form) {
	t.Run(f.String(), func(t *testing.T) {
		s := newDemo(t, sqlite)
		before(t, s)
		w := newWalker(t, serve(t, s, "--demo"), f.width, f.lang, f.scripts)
		w.keys, w.store = f.keys, s
		way(w)
	})
}

// act uses a link, a button or a box as this person does.
func (w *walker) act(selector string) {
	w.t.Helper()
	if w.keys {
		w.key(selector)
		return
	}
	w.click(selector)
}

// key uses a link, a button or a box by keyboard.
func (w *walker) key(selector string) {
	w.t.Helper()
	w.tabTo(selector)
	if browser.Eval[bool](w.Tab, "document.activeElement.matches('input[type=checkbox], input[type=radio], summary')") {
		w.Press(" ")
		return
	}
	w.Press("\r")
}

// refused is arrived where a form is shown again, which the browser logs.
func (w *walker) refused(name, js string) {
	w.t.Helper()
	w.WaitFor("document.readyState === 'complete' && !!(" + js + ")")
	w.Faults()
	w.arrived(name, js)
}

// has tells whether the page has something.
func (w *walker) has(selector string) bool {
	w.t.Helper()
	return browser.Eval[bool](w.Tab, "!!"+one(selector))
}

// text is what something in the page says.
func (w *walker) text(selector string) string {
	w.t.Helper()
	return strings.Join(strings.Fields(browser.Eval[string](w.Tab, fmt.Sprintf("(document.querySelector(%q)?.textContent ?? '')", selector))), " ")
}

// count is how many of something the page has.
func (w *walker) count(selector string) int {
	w.t.Helper()
	return browser.Eval[int](w.Tab, fmt.Sprintf("document.querySelectorAll(%q).length", selector))
}

// path is where the person is.
func (w *walker) path() string {
	w.t.Helper()
	return browser.Eval[string](w.Tab, "location.pathname")
}

// enter signs in as a test person by the page of sign-in.
func (w *walker) enter(key string) {
	w.t.Helper()
	w.Go(w.srv.url + "/accedi")
	w.arrived("sign-in", at2("/accedi"))
	w.act("form:has(input[name=person][value=" + key + "]) button")
	w.arrived("signed in", "location.pathname !== '/accedi' && "+one(signOut))
}

// held asks for what is chosen, signing in on the way where need be, and is
// shown the hold.
func (w *walker) held() string {
	w.t.Helper()
	space := w.path()
	signed := w.has(signOut)
	w.act(book)
	if !signed {
		w.arrived("sign-in", at2("/accedi"))
		w.act(asMaria)
		w.arrived("space again", at2(space)+" && document.querySelectorAll('input[name=posto]:checked').length > 0")
		w.act(book)
	}
	w.arrived("hold", "location.pathname.startsWith('/prenotazioni/') && "+one(confirm))
	return w.path()
}

// confirms accepts the rules that are asked for and confirms.
func (w *walker) confirms(path string) {
	w.t.Helper()
	for w.has(accept + ":not(:checked)") {
		w.act(accept + ":not(:checked)")
	}
	w.act(confirm)
	w.arrived("pass", at2(path)+" && document.querySelector(\""+passImage+"\")?.naturalWidth > 0")
}

// when is the query of a time on the day of the walker.
func (w *walker) when(from, to string) string {
	return "giorno=" + w.day + "&dalle=" + from + "&alle=" + to
}

// wish is what the form of a house sends for one desk on the day of the walker.
func (w *walker) wish(from, to string) url.Values {
	return url.Values{"modo": {"auto"}, "posti": {"1"}, "tipo": {"desk"}, "giorno": {w.day}, "dalle": {from}, "alle": {to}}
}
