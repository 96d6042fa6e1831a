package manage_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"polis/internal/agenda"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/web/webtest/browser"
	"polis/internal/site"
)

// A house is changed at the width of a desk and of a telephone, in both
// languages, with the keyboard alone, and without scripts.
func TestAHouseInABrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t)).serve()
	w.always = "luca"
	aurora := coworkingtest.SiteID("aurora")
	for i, text := range []string{"Silenzio.\n\nOrdine.", "Silenzio.\n\nPulizia."} {
		if _, err := w.Store.PublishNext(t.Context(), aurora, i, site.Text{IT: text, EN: "Silence."}, ""); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 35 { // of which five on a holiday, when it is closed anyhow
		w.book(w.Maria, fmt.Sprintf("D-0%d", i%5+1), tuesday(18, i/5), tuesday(20, i/5))
	}
	w.Reload(t)
	usual := w.aurora()
	tab := browser.Open(t)
	for _, way := range []struct {
		width   int64
		lang    string
		scripts bool
	}{{1280, "it", true}, {390, "en", true}, {1280, "it", false}} {
		check := func() {
			t.Helper()
			tab.Faults() // the console complains of every answer 400 and 409
			if way.scripts {
				tab.Check()
			}
		}
		if err := w.Store.SaveExceptions(t.Context(), aurora, agenda.Date{Year: 2026, Month: time.December, Day: 24}, agenda.Date{Year: 2026, Month: time.December, Day: 24}, nil, ""); err != nil {
			t.Fatal(err)
		}
		w.Reload(t)
		tab.Scripts(way.scripts)
		tab.Width(way.width)
		tab.Go(w.srv.URL + auroraDesk + "/regole/hall/togli?lang=" + way.lang)
		check()
		tab.Go(w.srv.URL + auroraDesk + "/scheda/dove")
		w.tabTo(tab, "f-nome")
		tab.Press("Casa ")
		tab.Press("\r")
		tab.WaitFor(`document.querySelector(".polis-alert-success") !== null && /Casa/.test(document.querySelector("h1").textContent)`)
		check()
		tab.Go(w.srv.URL + auroraDesk + "/orari")
		tab.Do(chromedp.SetValue("#f-mar-alle-1", "19:00"))
		w.tabTo(tab, "f-patrono-giorno")
		tab.Press("\r")
		tab.WaitFor(`document.querySelector(".polis-affected") !== null && document.querySelector("#f-mar-alle-1").value === "19:00"`)
		if way.scripts && !browser.Eval[bool](tab, `document.activeElement.id === "affected-title"`) {
			t.Error("the affected bookings do not take the focus")
		}
		check()
		tab.Do(chromedp.Focus(`button[name="pagina"][value="2"]`))
		tab.Press("\r")
		tab.WaitFor(`document.querySelectorAll(".polis-affected tbody tr").length === 5`)
		w.tabTo(tab, "f-tieni")
		tab.Press(" ")
		w.tabTo(tab, "")
		tab.WaitFor(`document.activeElement.matches(".polis-actions .btn-primary")`)
		tab.Press("\r")
		tab.WaitFor(`document.querySelector(".polis-alert-success") !== null && document.querySelector(".polis-affected") === null`)
		check()
		if got := w.aurora().Hours.On(time.Tuesday, false)[0].To; got != 19*60 {
			t.Errorf("Tuesday ends at %s", got)
		}
		for _, page := range []string{"", "/da-sistemare"} {
			tab.Go(w.srv.URL + auroraDesk + page)
			check()
		}
		tab.Go(w.srv.URL + auroraDesk + "/scheda/contatti")
		st := w.aurora()
		st.Profile.Phone = "+39 000 000009"
		if err := w.desk.SaveHouse(t.Context(), w.luca, st, w.Clock.Now(), "contatti"); err != nil {
			t.Fatal(err)
		}
		tab.Do(chromedp.SetValue("#f-email", "nuova@example.org"), chromedp.Focus(".polis-actions .btn-primary"))
		tab.Press("\r")
		tab.WaitFor(`document.querySelector("#changed-since") !== null && document.querySelector("#f-telefono").value === "+39 000 000009" &&
			document.querySelector("#f-email").value === "nuova@example.org"`)
		check()
		tab.Go(w.srv.URL + auroraDesk + "/regolamento")
		tab.Do(chromedp.SetValue("#f-testo", "Silenzio.\n\nGentilezza."), chromedp.Focus(".polis-actions .btn-primary"))
		tab.Press("\r")
		tab.WaitFor(`document.querySelectorAll("ins").length === 1 && document.querySelectorAll("del").length === 1`)
		check()
		w.reset(usual)
	}
	w.Check(t)
}

// tabTo presses the Tab key until an element has the focus; once where no id is
// given.
func (w *world) tabTo(tab *browser.Tab, id string) {
	w.t.Helper()
	for range 300 { // an input for a time has several stops
		tab.Press(kb.Tab)
		if id == "" || browser.Eval[bool](tab, fmt.Sprintf(`document.activeElement.id === %q`, id)) {
			return
		}
	}
	w.t.Fatalf("the Tab key does not lead to %s", id)
}
