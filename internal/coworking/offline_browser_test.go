package coworking_test

import (
	"crypto/ed25519"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"polis/internal/coworking"
	"polis/internal/pass"
	"polis/internal/platform/clock"
	"polis/internal/platform/web"
	"polis/internal/platform/web/webtest/browser"
)

// newInstallable is a world whose pages can be installed, at the time that the
// browser's clock shows: that of a service worker cannot be set.
func newInstallable(t *testing.T, who string) *paged {
	t.Helper()
	w := newPaged(t, func(c *web.Config) { c.Start = "/prenotazioni" })
	if !w.built {
		t.Skip("SKIPPED: the front end is not built")
	}
	w.always = who
	w.Clock.Set(clock.System{}.Now())
	return w
}

// now books a place of a house for two hours from this quarter-hour.
func (w *paged) now(code, place string) coworking.Booking {
	w.t.Helper()
	from := w.Clock.Now().Truncate(15 * time.Minute)
	return book(w.t, w.World, w.Maria, coworking.PartRequest{Resources: []string{w.ID(code, place)}, From: from, To: from.Add(2 * time.Hour)})
}

func (w *paged) passOf(b coworking.Booking) string {
	w.t.Helper()
	text, err := w.Service.Pass(w.t.Context(), w.Maria.Actor, b.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return text
}

const keptPasses = `caches.open("polis-kept").then((c) => c.keys()).then((all) => all.map((r) => new URL(r.url).pathname).join())`

func TestPassWithoutANetwork(t *testing.T) {
	t.Parallel()
	w := newInstallable(t, "maria")
	b := w.now("faro", "D-01")
	booking := w.srv.URL + "/prenotazioni/" + b.ID
	tab := browser.Open(t)
	tab.Go(booking)
	tab.WaitFor(`document.querySelector("[data-keep]")?.hidden === false`) // says that it is kept, and it is
	if got := browser.Eval[string](tab, keptPasses); got != "/prenotazioni/"+b.ID+"/pass" {
		t.Fatalf("kept: %s", got)
	}
	for _, width := range []int64{1280, 390} {
		tab.Width(width)
		tab.Go(booking + "/pass")
		tab.WaitFor(`document.querySelector("[data-keep]")?.hidden === false`)
		tab.Check()
		shoot(t, tab, "pass")
	}
	if got := browser.Eval[string](tab, `caches.open("polis-kept").then((c) => c.match(location.href)).then((r) => r.text())`); strings.Contains(got, "Esci") || strings.Contains(got, "polis-person") {
		t.Error("the kept page knows who is signed in")
	}

	w.down.Store(true)
	for _, query := range []string{"", "?lang=en"} {
		tab.Go(booking + "/pass" + query)
		tab.WaitFor(`document.querySelector(".polis-pass-page img")?.naturalWidth > 0 && document.fonts.status === "loaded"`)
		if got := browser.Eval[string](tab, `getComputedStyle(document.querySelector(".polis-pass-valid")).fontWeight`); got != "600" {
			t.Errorf("without a network the pass has no style: %s", got)
		}
	}
	for _, width := range []int64{1280, 390} {
		tab.Width(width)
		tab.Go(w.srv.URL + "/spazi?q=Gavirate")
		tab.WaitFor(`document.querySelectorAll("[data-kept-list] a").length === 1`)
		tab.Faults() // the network is missed, and that is on purpose
		tab.Check()
		shoot(t, tab, "offline")
	}
	tab.Do(chromedp.Click("[data-kept-list] a"))
	tab.WaitFor(`document.querySelector(".polis-pass-page img")?.naturalWidth > 0`)
	// an act is not answered from what is kept
	if got := browser.Eval[string](tab, `fetch("/prenotazioni/x/annulla", {method: "POST"}).then(() => "answered", () => "failed")`); got != "failed" {
		t.Error("a POST was answered without a network")
	}
	w.down.Store(false)

	// parts of pages are never kept, and the language changes
	tab.Go(w.srv.URL + "/spazi?lang=en")
	tab.WaitFor(`document.documentElement.lang === "en"`)
	tab.WaitFor(`navigator.serviceWorker.controller !== null`)
	tab.WaitFor(`caches.match("/offline", {ignoreVary: true}).then((r) => r.headers.get("Content-Language") === "en")`)
	if got := browser.Eval[string](tab, `fetch("/spazi/comuni?q=Gavi").then((r) => r.text()).then(() => caches.keys()).then((names) => names.join())`); strings.Count(got, ",") != 1 {
		t.Errorf("caches: %s", got)
	}
	all := browser.Eval[string](tab, `caches.keys().then((n) => Promise.all(n.map((k) => caches.open(k).then((c) => c.keys())))).then((l) => l.flat().map((r) => new URL(r.url).pathname).join())`)
	for path := range strings.SplitSeq(all, ",") {
		if !strings.HasPrefix(path, "/assets/") && path != "/offline" && !strings.HasSuffix(path, "/pass") {
			t.Errorf("%s is kept", path)
		}
	}

	// what was cancelled elsewhere goes once the network is back; here, as if some time had passed
	old := w.now("faro", "D-02")
	tab.Go(w.srv.URL + "/prenotazioni/" + old.ID)
	tab.WaitFor(`document.querySelector("[data-keep]")?.hidden === false`)
	if _, err := w.Service.Cancel(t.Context(), w.Maria.Actor, old.ID, old.Rev); err != nil {
		t.Fatal(err)
	}
	browser.Eval[bool](tab, fmt.Sprintf(`caches.open("polis-kept").then(async (c) => {
		const key = "/prenotazioni/%s/pass", kept = await c.match(key);
		const headers = new Headers(kept.headers);
		headers.set("Date", "Mon, 01 Jan 2024 00:00:00 GMT");
		await c.put(key, new Response(await kept.text(), {headers}));
		return true;
	})`, old.ID))
	tab.Go(w.srv.URL + "/prenotazioni")
	gone := func() { // only the first is left
		t.Helper()
		tab.WaitFor(keptPasses + `.then((all) => all === "/prenotazioni/` + b.ID + `/pass")`)
	}
	gone()

	// what the person cancels goes at once
	again := w.now("faro", "D-03")
	tab.Go(w.srv.URL + "/prenotazioni/" + again.ID)
	tab.WaitFor(`document.querySelector("[data-keep]")?.hidden === false`)
	tab.Go(w.srv.URL + "/prenotazioni/" + again.ID + "/annulla")
	tab.Do(chromedp.Click("form[action$=annulla] button"))
	tab.WaitFor(`document.querySelector(".polis-pass") === null && location.pathname.endsWith("` + again.ID + `")`)
	gone()

	// a new version drops the files of the old one; that one has to be gone, and
	// with it every page that it serves, before another is a new one
	browser.Eval[bool](tab, `caches.open("polis-assets-old").then(() => navigator.serviceWorker.getRegistration()).then((r) => r.unregister())`)
	tab.Go(w.srv.URL + "/sw.js") // a page that registers nothing
	tab.WaitFor(`navigator.serviceWorker.getRegistration().then((r) => r === undefined)`)
	tab.Go(w.srv.URL + "/prenotazioni")
	tab.WaitFor(`caches.has("polis-assets-old").then((has) => !has)`)

	// nothing is left of who signs out
	browser.Eval[bool](tab, `(() => { const f = document.createElement("form"); f.method = "post"; f.action = "/esci"; document.body.append(f); f.submit(); return true })()`)
	tab.WaitFor(`location.pathname === "/esci" && ` + keptPasses + `.then((all) => all === "")`)
}

// shoot writes a picture of the page where somebody wants to look at it.
func shoot(t *testing.T, tab *browser.Tab, name string) {
	t.Helper()
	if dir := os.Getenv("POLIS_LOOK"); dir != "" {
		tab.Picture(filepath.Join(dir, fmt.Sprintf("%s-%d.png", name, browser.Eval[int](tab, "innerWidth"))))
	}
}

// variant is a pass like another, changed and signed with a key.
func (w *paged) variant(b coworking.Booking, key byte, change func(*pass.Pass)) string {
	w.t.Helper()
	p, err := pass.Verify([]ed25519.PublicKey{w.Service.PassKey()}, w.passOf(b), b.Starts)
	if err != nil {
		w.t.Fatal(err)
	}
	change(&p)
	seed := make([]byte, ed25519.SeedSize) // as coworkingtest has it
	seed[0] = key
	text, err := pass.Sign(ed25519.NewKeyFromSeed(seed), p)
	if err != nil {
		w.t.Fatal(err)
	}
	return text
}

func TestReceptionReadsPasses(t *testing.T) {
	t.Parallel()
	w := newInstallable(t, "luca")
	b, elsewhere := w.now("faro", "D-01"), w.now("molo", "D-01")
	now := w.Clock.Now()
	texts := []string{
		w.passOf(b),
		w.variant(b, 1, func(*pass.Pass) {}),
		w.variant(b, 0, func(p *pass.Pass) { p.NotBefore, p.Expires = now.Add(-3*time.Hour), now.Add(-time.Hour) }),
		w.variant(b, 0, func(p *pass.Pass) { p.NotBefore = now.Add(time.Hour) }),
		w.passOf(elsewhere),
	}
	tab := browser.Open(t, chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-fake-ui-for-media-stream", true),
		chromedp.Flag("use-file-for-fake-video-capture", browser.Film(t, texts...)))
	tab.Go(w.srv.URL + "/accoglienza?casa=faro")
	tab.WaitFor(`document.querySelector("[data-reader-camera]")?.hidden === false`)
	// The film goes on while the test looks, so every verdict is noted.
	browser.Eval[bool](tab, `(() => {
		window.polisVerdicts = new Set();
		const box = document.querySelector("[data-reader-result]");
		new MutationObserver(() => box.querySelectorAll("[class*=polis-verdict-]").forEach((e) => e.classList.forEach((c) => polisVerdicts.add(c))))
			.observe(box, {childList: true, subtree: true});
		return true;
	})()`)
	shown := func(kind string) {
		t.Helper()
		tab.WaitFor(`polisVerdicts.has("polis-verdict-` + kind + `")`)
	}
	tab.Do(chromedp.Click("[data-reader-start]"))
	shown("in")
	tab.WaitFor(`document.querySelector("#arrivi .polis-state-mine") !== null`) // and the list tells it
	shoot(t, tab, "reception-camera")
	if got, err := w.Service.Get(t.Context(), w.Luca.Actor, b.ID); err != nil || got.Status != "checked-in" {
		t.Errorf("after the scan the booking is %s, %v", got.Status, err)
	}
	for _, kind := range []string{"false", "expired", "early", "elsewhere", "already"} {
		shown(kind)
	}
	tab.Do(chromedp.Click("[data-reader-stop]"))
	tab.WaitFor(`document.querySelector("[data-reader-view]").hidden && document.querySelector("video").srcObject.getTracks().every((t) => t.readyState === "ended")`)
	if got, err := w.Service.Get(t.Context(), w.Luca.Actor, elsewhere.ID); err != nil || got.Status != "confirmed" {
		t.Errorf("a pass for another house: %s, %v", got.Status, err)
	}
	for i, kind := range []string{"already", "false", "expired", "early", "elsewhere"} { // typed
		for _, width := range []int64{1280, 390} {
			tab.Width(width)
			tab.Do(chromedp.SetValue("#f-pass", texts[i]))
			browser.Eval[bool](tab, `(document.querySelector("[data-reader-result]").replaceChildren(), document.querySelector("[data-reader-form]").requestSubmit(), true)`)
			shown(kind)
			tab.Check()
			shoot(t, tab, "reception-"+kind)
		}
	}
}

func TestReceptionWithoutANetwork(t *testing.T) {
	t.Parallel()
	w := newInstallable(t, "luca")
	b, cancelled := w.now("faro", "D-01"), w.now("faro", "D-02")
	good, late := w.passOf(b), w.passOf(cancelled)
	if _, err := w.Service.Cancel(t.Context(), w.Maria.Actor, cancelled.ID, cancelled.Rev); err != nil {
		t.Fatal(err)
	}
	tab := browser.Open(t)
	tab.Go(w.srv.URL + "/accoglienza?casa=faro")
	tab.WaitFor(`document.querySelector("[data-keep]")?.hidden === false`)
	tab.Do(chromedp.Click("[data-reader-start]")) // which this browser does not have
	tab.WaitFor(`document.querySelector("[data-reader-fault]").textContent.includes(".") && document.querySelector("[data-reader-view]").hidden`)
	tab.Check()
	shoot(t, tab, "reception-no-camera")
	w.down.Store(true)
	tab.Go(w.srv.URL + "/accoglienza?casa=faro")
	tab.WaitFor(`document.querySelector("[data-reader]") !== null && document.querySelector("#arrivi") === null`)
	if text := browser.Eval[string](tab, `document.body.textContent`); strings.Contains(text, "Maria") || strings.Contains(text, "Luca") {
		t.Error("what is kept of the reception names people")
	}
	read := func(text, kind string) {
		t.Helper()
		browser.Eval[bool](tab, fmt.Sprintf(`(document.querySelector("#f-pass").value = %q, document.querySelector("[data-reader-form]").requestSubmit(), true)`, text))
		tab.WaitFor(`document.querySelector("[data-reader-result] .polis-verdict-` + kind + `") !== null`)
	}
	read(good, "queued")
	read(w.variant(b, 1, func(*pass.Pass) {}), "false")
	read(late, "queued")
	read(good, "queued") // again
	tab.WaitFor(`document.querySelector("[data-reader-queue] p").textContent.endsWith(": 2")`)
	if got := browser.Eval[string](tab, `JSON.stringify(JSON.parse(localStorage["polis.arrivals"]).map((a) => Object.keys(a)))`); got != `[["id","at"],["id","at"]]` {
		t.Errorf("the device keeps %s", got)
	}
	for _, width := range []int64{1280, 390} {
		tab.Width(width)
		tab.Faults()
		tab.Check()
		shoot(t, tab, "reception-offline")
	}
	w.down.Store(false)
	tab.Go(w.srv.URL + "/accoglienza?casa=faro")
	tab.WaitFor(`document.querySelectorAll("[data-reader-queue] li").length === 2 && document.querySelector("[data-reader-queue] p").textContent === ""`)
	if got, err := w.Service.Get(t.Context(), w.Luca.Actor, b.ID); err != nil || got.Status != "checked-in" {
		t.Errorf("after the network came back the booking is %s, %v", got.Status, err)
	}
	if got := browser.Eval[string](tab, `localStorage["polis.arrivals"]`); got != "[]" {
		t.Errorf("answered arrivals stay: %s", got)
	}
	tab.Faults()
	tab.Check()
	shoot(t, tab, "reception-synced")
}
