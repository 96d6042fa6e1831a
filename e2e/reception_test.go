package e2e

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"polis/internal/platform/web/webtest/browser"
)

// expected books a place at the house of the tests as a test person and has the
// visit be now, at whatever hour the tests run; it returns the booking.
func (v *visitor) expected(s *store, day string) (id string) {
	v.t.Helper()
	_, path := v.page("POST", "/spazi/gavirate/prenota", url.Values{
		"modo": {"auto"}, "posti": {"1"}, "tipo": {"desk"}, "giorno": {day}, "dalle": {"09:00"}, "alle": {"11:00"},
	})
	v.confirmed(path)
	id = strings.TrimPrefix(path, "/prenotazioni/")
	const micros = 1_000_000
	starts := time.Now().Truncate(15 * time.Minute)
	ends := starts.Add(2 * time.Hour)
	s.exec(v.t, `UPDATE booking SET starts = $2, ends = $3, due = $3, parts = json_set(parts, '$[0].from', $4, '$[0].to', $5) WHERE id = $1`,
		id, starts.Unix()*micros, ends.Unix()*micros, starts.Format(time.RFC3339), ends.Format(time.RFC3339))
	s.exec(v.t, `UPDATE allocation SET day = $2, am = 281474976710655, pm = 281474976710655 WHERE booking = $1`, id, time.Now().Unix()/86400)
	return id
}

// stands is the status of a booking.
func (s *store) stands(t *testing.T, id, status string) bool {
	t.Helper()
	return s.number(t, "SELECT COUNT(*) FROM booking WHERE id = $1 AND status = $2", id, status) == 1
}

var passText = regexp.MustCompile(`<code>(POLIS1:[^<]+)</code>`)

// passOf is the pass of a booking as its page spells it.
func (v *visitor) passOf(id string) string {
	v.t.Helper()
	a, _ := v.visit("GET", "/prenotazioni/"+id+"/pass", nil)
	m := passText.FindSubmatch(a.body)
	if m == nil {
		v.t.Fatalf("no pass: %d", a.status)
	}
	return strings.ReplaceAll(string(m[1]), "&#43;", "+")
}

// quietDay is a day on which a desk of the house of the tests is free.
func (s *server) quietDay() string {
	s.t.Helper()
	return s.quietDays(s.placesOf("gavirate", "desk")[0].ID, 1)[0].Format(time.DateOnly)
}

// Who works at the reception finds a person by name and lets them in.
func TestWayOfAnArrival(t *testing.T) {
	t.Parallel()
	goWays(t, func(w *walker) {
		maria := w.srv.visitor()
		maria.signIn("maria")
		id := maria.expected(w.store, w.day)
		w.enter("anna")
		w.act("header a[href='/accoglienza']")
		w.arrived("reception", at2("/accoglienza")+" && "+one("#arrivi"))
		w.fill("#f-cerca", "bianchi")
		w.act("form:has(#f-cerca) button")
		mine := "form:has(input[value='" + id + "']) button"
		w.arrived("found", one(mine)+" && "+one("#arrivi > p[role=status]"))
		w.act(mine)
		w.arrived("in", "!"+one(mine)+" && "+one("#arrivi .polis-state-mine"))
		if !w.store.stands(w.t, id, "checked-in") {
			w.t.Error("the person is not in")
		}
	}, 3)
}

// The camera of the reception reads a pass, and the server knows.
func TestReceptionByCamera(t *testing.T) {
	everyDay(t)
	s := newDemo(t, sqlite)
	srv := serve(t, s, "--demo")
	maria := srv.visitor()
	maria.signIn("maria")
	id := maria.expected(s, srv.quietDay())
	w := &walker{t: t, srv: srv, width: 1280, scripts: true, step: func(string) {}}
	w.Tab = browser.Open(t, chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-fake-ui-for-media-stream", true),
		chromedp.Flag("use-file-for-fake-video-capture", browser.Film(t, maria.passOf(id))))
	w.signIn("anna")
	w.Go(srv.url + "/accoglienza")
	w.WaitFor("document.querySelector('[data-reader-camera]')?.hidden === false")
	w.act("[data-reader-start]")
	w.arrived("camera", one("[data-reader-result] .polis-verdict-in, [data-reader-result] .polis-verdict-already")) // the film goes on
	if !s.stands(t, id, "checked-in") {
		t.Error("the person is not in")
	}
}

// While the server is away a phone shows its pass and the reception goes on
// reading; what it read arrives once the server is back.
func TestReceptionWhileTheServerIsAway(t *testing.T) {
	everyDay(t)
	t.Parallel()
	s := newDemo(t, sqlite)
	srv := serve(t, s, "--demo")
	maria := srv.visitor()
	maria.signIn("maria")
	id := maria.expected(s, srv.quietDay())
	pass := maria.passOf(id)

	phone := newWalker(t, srv, 390, "it", true)
	phone.signIn("maria")
	phone.Width(390)
	phone.Go(srv.url + "/prenotazioni/" + id)
	phone.WaitFor("document.querySelector('[data-keep]')?.hidden === false")
	desk := newWalker(t, srv, 1280, "it", true)
	desk.signIn("anna")
	desk.Go(srv.url + "/accoglienza")
	desk.WaitFor("document.querySelector('.polis-reader [data-keep]')?.hidden === false")
	reception := browser.Eval[string](desk.Tab, "location.href")

	srv.stop()
	phone.Go(srv.url + "/prenotazioni/" + id + "/pass")
	phone.WaitFor("document.querySelector('.polis-pass-page img')?.naturalWidth > 0")
	phone.Faults() // the server is missed, and that is on purpose
	phone.Check()
	desk.Go(reception)
	desk.WaitFor("document.querySelector('[data-reader-camera]')?.hidden === false && !" + one("#arrivi"))
	desk.fill("#f-pass", pass)
	browser.Eval[bool](desk.Tab, "(document.querySelector('[data-reader-form]').requestSubmit(), true)")
	desk.WaitFor("!!" + one("[data-reader-result] .polis-verdict-queued"))
	desk.Faults()
	desk.Check()

	serveAt(t, strings.TrimPrefix(srv.url, "http://"), s, "--demo")
	desk.Go(reception)
	eventually(t, 30*time.Second, "what was read while the server was away arrives", func() bool { return s.stands(t, id, "checked-in") })
	desk.WaitFor(fmt.Sprintf("(localStorage['polis.arrivals'] ?? '[]') === '[]' && !!%s", one("#arrivi")))
}

// The page of the spaces comes first under the name that is theirs, and only
// there.
func TestSpacesByTheirOwnName(t *testing.T) {
	everyDay(t)
	address, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := strings.Cut(address, ":")
	name := "spazi.example.org:" + port
	srv := serveAt(t, address, newDemo(t, sqlite), "--demo", "--spaces-host", name)
	w := &walker{t: t, srv: srv, width: 1280, scripts: true, step: func(string) {}}
	w.Tab = browser.Open(t, chromedp.Flag("host-resolver-rules", "MAP spazi.example.org 127.0.0.1"))
	w.Go("http://" + name + "/?lang=it")
	w.WaitFor("document.readyState === 'complete'")
	w.Faults() // a name without HTTPS is not to a browser's liking
	w.arrived("spaces", at2("/")+" && "+one(".polis-landing"))
	w.Do(chromedp.Click(".polis-landing-map a.polis-map-place[href*='Lombardia']"))
	w.WaitFor(at2("/spazi") + " && document.readyState === 'complete'")
	w.Faults()
	w.arrived("region", at2("/spazi")+" && location.host === '"+name+"' && "+one(firstHouse))
	w.Go(srv.url + "/?lang=it")
	w.arrived("first page", at2("/")+" && !"+one(".polis-landing"))
}
