package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"polis/internal/platform/web/webtest/browser"
)

// pictured are the steps of the journey of which the documentation has
// pictures, and their names.
var pictured = map[string]string{
	"home": "home", "search": "landing", "results": "results", "space": "space", "two days": "hold", "pass": "pass", "list": "list",
}

// largestPicture is how large a picture of the documentation may be, in bytes.
const largestPicture = 200 << 10

// picture writes what the window shows, from its top or from a place in the
// page on.
func (w *walker) picture(dir, name, from string) {
	w.t.Helper()
	top := "0"
	if from != "" {
		top = one(from) + ".getBoundingClientRect().top + scrollY - 16"
	}
	browser.Eval[bool](w.Tab, "(document.activeElement.blur(), window.scrollTo({top: "+top+", behavior: 'instant'}), true)")
	shown, err := png.Decode(bytes.NewReader(w.View()))
	if err != nil {
		w.t.Fatal(err)
	}
	var small bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, shown); err != nil {
		w.t.Fatal(err)
	}
	if small.Len() > largestPicture {
		w.t.Errorf("the picture of %s at %d has %d bytes", name, w.width, small.Len())
	}
	file := filepath.Join(dir, fmt.Sprintf("%s-%d.png", name, w.width))
	if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(file, small.Bytes(), 0o644)); err != nil {
		w.t.Fatal(err)
	}
}

// Pictures of pages beside the journey, for the documentation.
func TestPictures(t *testing.T) {
	dir := os.Getenv("POLIS_SCREENSHOTS")
	if dir == "" {
		t.Skip("`make screenshots` takes them")
	}
	s := newDemo(t, sqlite)
	srv := serve(t, s, "--demo")
	day := srv.quietDay()
	for _, who := range []string{"maria", "giuseppe", "ines"} {
		v := srv.visitor()
		v.signIn(who)
		v.expected(s, day)
	}
	reader := srv.visitor()
	eventually(t, 40*time.Second, "mails are there", func() bool {
		root, _ := reader.page("GET", "/demo/posta", nil)
		return len(root.All("article")) > 1
	})
	for _, width := range []int64{1280, 390} {
		w := newWalker(t, srv, width, "it", true)
		who := ""
		for _, p := range []struct{ who, name, page, from string }{
			{"anna", "plan", "/spazi/gavirate?" + w.when("09:00", "13:00"), "#posti"},
			{"anna", "week", "/spazi/gavirate/posti/D-001", "#settimana"},
			{"anna", "reception", "/accoglienza", ""},
			{"anna", "report", "/segnala?sede=gavirate", ""},
			{"anna", "mail", "/demo/posta", ""},
			{"anna", "accessibility", "/accessibilita", ""},
			{"luca", "network", "/gestione", "#main"},
			{"luca", "day", "/gestione/giorno?sede=gavirate&giorno=" + workingDay(), "#main"},
			{"luca", "editor", "/gestione/sedi/gavirate/pianta?piano=0", ".polis-plan-head"},
			{"luca", "figures", "/gestione/cifre", "#occupazione"},
		} {
			if p.who != who {
				who = p.who
				w.signIn(who)
				w.Width(width)
			}
			w.Go(srv.url + p.page)
			w.arrived(p.name, "true")
			w.picture(dir, p.name, p.from)
		}
	}
}

// workingDay is the next day from Monday to Friday, which has bookings.
func workingDay() string {
	day := time.Now().In(rome).AddDate(0, 0, 1)
	for day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
		day = day.AddDate(0, 0, 1)
	}
	return day.Format(time.DateOnly)
}
