package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/chromedp/chromedp"

	"polis/internal/platform/web/webtest/browser"
)

// visitID is the booking of a visit that a test makes.
const visitID = "018f0000-0000-7000-8000-0000000000aa"

// visited gives a test person a visit of yesterday to the house of the tests,
// and the house the ratings of so many others.
func visited(t *testing.T, s *store, ratings int) {
	t.Helper()
	const micros = 1_000_000
	ends := time.Now().Add(-24 * time.Hour).Truncate(15 * time.Minute)
	starts := ends.Add(-2 * time.Hour)
	s.exec(t, `INSERT INTO booking (id, person, status, starts, ends, parts, uses, created, changed, rev)
		SELECT $1, $2, 'completed', $3, $4, json_array(json_object('site', r.site, 'kind', 'desk', 'units', json_array(r.ordinal), 'from', $5, 'to', $6)), '[]', $3, $4, 3
		FROM resource r JOIN site s ON s.id = r.site WHERE s.code = 'gavirate' AND r.kind = 'desk' ORDER BY r.code LIMIT 1`,
		visitID, mariaID, starts.Unix()*micros, ends.Unix()*micros, starts.Format(time.RFC3339), ends.Format(time.RFC3339))
	s.exec(t, `DELETE FROM rating WHERE site IN (SELECT id FROM site WHERE code = 'gavirate')`)
	for n := range ratings {
		s.exec(t, `INSERT INTO rating (booking, site, score, at) SELECT $1, id, 5, $2 FROM site WHERE code = 'gavirate'`,
			fmt.Sprintf("018f0000-0000-7000-8000-00000000b%03d", n), ends.Unix()*micros)
	}
}

// After a visit one tap says how it was, another changes it, and the fifth
// rating of a house makes its average known.
func TestWayOfARating(t *testing.T) {
	t.Parallel()
	goWaysOn(t, func(t *testing.T, s *store) { visited(t, s, 4) }, func(w *walker) {
		if a := w.srv.want(w.t, http.StatusOK, "GET", "/spazi/"+w.code, "", nil); strings.Contains(string(a.body), "it-star-full") {
			w.t.Error("four ratings are told already")
		}
		w.enter("maria")
		w.act("nav a[href='/prenotazioni']")
		w.arrived("to rate", at2("/prenotazioni")+" && "+one(".polis-score"))
		w.act(".polis-score[value='4']")
		w.arrived("rated", at2("/prenotazioni")+" && !"+one(".polis-score"))
		w.Do(chromedp.NavigateBack())
		w.WaitFor("document.readyState === 'complete'")
		w.Go(w.srv.url + "/prenotazioni")
		w.act("main a[href='/prenotazioni/" + visitID + "']")
		w.arrived("visit", at2("/prenotazioni/"+visitID)+" && "+one(".polis-score[value='4'][aria-pressed=true]"))
		w.act(".polis-score[value='5']")
		w.arrived("rated anew", at2("/prenotazioni/"+visitID)+" && "+one(".polis-score[value='5'][aria-pressed=true]"))
		w.Go(w.srv.url + "/spazi/" + w.code)
		w.arrived("average", at2("/spazi/"+w.code)+" && "+one(".polis-badges"))
		if a := w.srv.want(w.t, http.StatusOK, "GET", "/spazi/"+w.code, "", nil); !strings.Contains(string(a.body), "it-star-full") {
			w.t.Error("five ratings are not told")
		}
	}, 3)
}

// A problem of a place, reported without an account, has a number and a day;
// the answer comes by mail and stands behind the link that was kept.
func TestWayOfAReport(t *testing.T) {
	t.Parallel()
	goWays(t, func(w *walker) {
		place := w.srv.placesOf(w.code, "desk")[0]
		w.Go(w.srv.url + "/spazi/" + w.code + "/posti/" + place.Code)
		w.arrived("week", one("a[href^='/segnala?']"))
		w.act("main a[href^='/segnala?']")
		w.arrived("report", at2("/segnala"))
		if !strings.Contains(w.text(".polis-feedback-where"), place.Code) {
			w.t.Errorf("it is about %q", w.text(".polis-feedback-where"))
		}
		send := "form[action='/segnala'] button[type=submit]"
		w.act(send) // nothing written: what is missing is said, what was chosen stays
		w.refused("report refused", one("#error-summary"))
		w.act("input[name=tema]")
		w.fill("#f-testo", "La presa accanto alla finestra non dà corrente.")
		w.fill("#f-email", "chi.segnala@example.org")
		w.act(send)
		w.arrived("reported", "location.pathname.startsWith('/segnalazioni/') && "+one(".polis-feedback-link"))
		link := browser.Eval[string](w.Tab, one(".polis-feedback-link")+".href")
		if w.text("main .lead") == "" {
			w.t.Error("nobody says by when an answer comes")
		}
		w.act("form[action='/esci'] button, header a[href^='/accedi']")
		w.arrived("sign-in", at2("/accedi"))
		w.act("form:has(input[name=person][value=luca]) button")
		w.arrived("luca", "location.pathname !== '/accedi' && "+one(signOut))
		w.Go(w.srv.url + "/segnalazioni/gestione")
		w.arrived("management", one(".polis-table a"))
		w.act(".polis-table a[href^='/segnalazioni/']")
		w.arrived("to answer", one("#f-risposta"))
		w.fill("#f-risposta", "La presa è stata riparata questa mattina.")
		w.act("form:has(#f-risposta) button")
		w.arrived("answered", "!"+one("#f-risposta"))
		w.act(signOut)
		w.arrived("signed out", at2("/"))
		w.Go(link)
		w.arrived("kept link", one(".polis-feedback-text"))
		if !strings.Contains(w.text("main"), "riparata questa mattina") {
			w.t.Error("the kept link does not show the answer")
		}
		reader := w.srv.visitor()
		eventually(w.t, 40*time.Second, "the answer comes by mail", func() bool {
			page, _ := reader.page("GET", "/demo/posta", nil)
			for _, a := range page.All("a") {
				if href := a.Attr["href"]; strings.HasPrefix(href, "/demo/posta/") {
					if letter, _ := reader.visit("GET", href, nil); strings.Contains(string(letter.body), "riparata questa mattina") {
						return true
					}
				}
			}
			return false
		})
	}, 2)
}

// The address of somebody's calendar has their bookings, and is worth nothing
// once they have another.
func TestWayOfTheCalendar(t *testing.T) {
	t.Parallel()
	goWays(t, func(w *walker) {
		maria := w.srv.visitor()
		maria.signIn("maria")
		_, path := maria.page("POST", "/spazi/"+w.code+"/prenota", w.wish("09:00", "11:00"))
		maria.confirmed(path)
		w.enter("maria")
		w.act("nav a[href='/prenotazioni']")
		w.arrived("list", at2("/prenotazioni"))
		w.act("main a[href='/prenotazioni/calendario']")
		w.arrived("calendar", at2("/prenotazioni/calendario")+" && "+one("#address"))
		first := w.subscribed(1)
		w.act("a[href$='/nuovo-indirizzo']")
		w.arrived("renew", one("form[action$='/nuovo-indirizzo']"))
		w.act("form[action$='/nuovo-indirizzo'] button")
		w.arrived("renewed", at2("/prenotazioni/calendario")+" && "+one("#address"))
		if w.subscribed(1) == first {
			w.t.Error("the new address is the old one")
		}
		w.srv.want(w.t, http.StatusNotFound, "GET", strings.TrimPrefix(first, w.srv.url), "", nil)
	}, 7)
}

// subscribed reads the calendar at the address that the page shows.
func (w *walker) subscribed(events int) string {
	w.t.Helper()
	address := browser.Eval[string](w.Tab, "document.querySelector('#address').value")
	a := w.srv.want(w.t, http.StatusOK, "GET", strings.TrimPrefix(address, w.srv.url), "", nil)
	cal, err := ics.ParseCalendar(bytes.NewReader(a.body))
	if err != nil {
		w.t.Fatalf("%v\n%s", err, a.body)
	}
	if n := len(cal.Events()); n != events {
		w.t.Errorf("the calendar has %d events, want %d", n, events)
	}
	return address
}

// snap makes a photo.
func snap(t *testing.T) string {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 1200, 800))
	for y := range 800 {
		for x := range 1200 {
			img.Set(x, y, color.RGBA{uint8(x / 5), uint8(y / 4), 140, 255})
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, nil); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "sala.jpg")
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Who manages the houses gives one a photo with words, which its page and the
// search show, and takes it away again.
func TestWayOfAPhoto(t *testing.T) {
	t.Parallel()
	const words = "Sala luminosa con otto tavoli davanti alla finestra"
	goWays(t, func(w *walker) {
		w.enter("luca")
		w.Go(w.srv.url + "/spazi/" + w.code)
		w.arrived("space", one("a[href$='/foto']"))
		w.act("a[href$='/foto']")
		w.arrived("album", at2("/spazi/"+w.code+"/foto"))
		before := w.count(".polis-album > li")
		send := "form[enctype] button[type=submit]"
		w.act(send)
		w.refused("no photo", one("#error-summary"))
		w.Do(chromedp.SetUploadFiles("#f-foto", []string{snap(w.t)}))
		w.fill("#f-descrizione", words)
		w.fill("#f-description", words)
		w.act(send)
		w.arrived("photo", fmt.Sprintf("document.querySelectorAll('.polis-album > li').length === %d", before+1))
		mine := "article:has(img[alt='" + words + "'])"
		for n := before; n > 0; n-- { // to the front, where the search looks
			w.act(mine + " form[action$='/su'] button")
			w.arrived("moved", one(fmt.Sprintf(".polis-album > li:nth-child(%d) > %s", n, mine)))
		}
		w.Go(w.srv.url + "/spazi/" + w.code)
		w.arrived("space with photo", one(".polis-photos li:first-child img[alt='"+words+"']"))
		w.Go(w.srv.url + "/spazi?q=Gavirate&" + w.when("09:00", "11:00"))
		w.arrived("search with photo", one("#results img[alt='"+words+"']"))
		w.Go(w.srv.url + "/spazi/" + w.code + "/foto")
		w.act(mine + " a[href$='/togli']")
		w.arrived("to remove", one("form[action$='/togli']"))
		w.act("form[action$='/togli'] button")
		w.arrived("removed", fmt.Sprintf("document.querySelectorAll('.polis-album > li').length === %d", before))
	}, 4)
}
