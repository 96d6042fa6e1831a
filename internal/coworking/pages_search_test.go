package coworking_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"polis/internal/coworking/coworkingtest"
	"polis/internal/platform/web/webtest/browser"
	"polis/internal/site"
)

// Without a question the page says what the spaces are: how many in each
// region, some of them, and what opens next.
func TestLanding(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	b := w.as("", "it")
	b.get("/spazi?lang=it").want(200, "Spazi per l’Italia", "4 spazi aperti", "6 scrivanie libere ora", "riservato ad alcuni gruppi", "in lavori", "1º marzo 2027", "Elenco per regione")
	marks := map[string]string{}
	for _, a := range b.page.All(".polis-map-place") {
		marks[a.Attr["href"]] = a.One(t, "text").Text()
		if _, skipped := a.Attr["tabindex"]; skipped {
			t.Errorf("%s cannot be reached by Tab", a.Attr["href"])
		}
	}
	if marks["/spazi?regione=Sicilia"] != "2" || marks["/spazi?regione=Lombardia"] != "1" || len(marks) != 4 {
		t.Errorf("marks %v", marks)
	}
	list := b.page.One(t, ".polis-regions").All("a")
	if len(list) != len(marks) {
		t.Errorf("%d regions in the list, %d on the map", len(list), len(marks))
	}
	b.get("/spazi?regione=Sicilia").want(200, "2 sedi con posti liberi", "Sicilia")
	w.as("giuseppe", "en").get("/spazi").want(200, "Spaces for Italy", "3 desks free now")
}

// The map shows what the list does: numbers for free places, other shapes for
// the rest, and the way to each.
func TestResultsOnTheMap(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	b := w.as("", "it")
	b.get("/spazi?q=Palermo&"+onTuesday).want(200, "2 sedi con posti liberi")
	cards := b.page.All("article.polis-spot")
	if len(cards) != 2 {
		t.Fatalf("%d cards", len(cards))
	}
	for i, c := range cards {
		mark := b.page.One(t, "#"+c.Attr["data-mark"])
		href := c.One(t, "a").Attr["href"]
		if mark.Attr["href"] != href || mark.One(t, "text").Text() != c.One(t, ".polis-spot-number").Text() {
			t.Errorf("card %d leads to %s, its mark to %s", i+1, href, mark.Attr["href"])
		}
		if !strings.Contains(mark.Attr["aria-label"], "scrivanie libere") {
			t.Errorf("mark %d says %q", i+1, mark.Attr["aria-label"])
		}
	}
	if label := b.page.One(t, ".polis-map-main").One(t, "[role=img]").Attr["aria-label"]; !strings.Contains(label, "2 sedi con posti liberi: Palermo (PA)") {
		t.Errorf("label %q", label)
	}
	b.get("/spazi?q=Roma&"+onTuesday).want(200, "Spazio Cantiere")
	works := b.page.One(t, "#m-cantiere")
	if !works.Has("polis-map-works") || works.Attr["tabindex"] != "-1" {
		t.Errorf("a house in works is marked %v", works.Attr)
	}
}

// Where nothing is free, what is free is one tap away; a closed day leads to
// the next open one.
func TestResultsOfferWhatIsFreeInstead(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	for lang, words := range map[string][]string{
		"it": {"Libero in un altro orario", "lunedì 30 novembre 2026, dalle 08:00 alle 12:00", "Libero a quest’ora, più lontano", "Spazio Faro"},
		"en": {"Free at another time", "Monday 30 November 2026", "Free at this time, further away", "Spazio Faro"},
	} {
		b := w.as("maria", lang)
		b.get("/spazi?q=Gavirate&giorno=2026-11-29&dalle=09:00&alle=13:00").want(200, words...)
		choices := b.page.All(".polis-choice")
		if len(choices) != 5 {
			t.Errorf("%d choices, want three times and two houses", len(choices))
		}
		path, body := b.form("/spazi/aurora/prenota")
		b.open("POST", path, body).want(200)
		if !strings.HasPrefix(b.at, "/prenotazioni/") {
			t.Errorf("one tap leads to %s", b.at)
		}
		b.send("/rinuncia")
		b.get("/spazi?q=Gavirate&giorno=2028-11-24").want(422, "90")
	}
}

// What is asked beyond where and when stands as chips, each of which can be
// taken away; the houses that lack it are gone.
func TestNeeds(t *testing.T) {
	t.Parallel()
	data := coworkingtest.Network()
	for i := range data.Sites {
		switch data.Sites[i].Code {
		case "aurora":
			data.Sites[i].Profile = site.Profile{StepFree: site.Yes, AccessibleToilet: site.No, Parking: site.ParkingStreet, Amenities: []site.Amenity{"wifi", "shower"}}
		case "molo":
			data.Sites[i].Profile = site.Profile{StepFree: site.Yes, AccessibleToilet: site.Yes, Parking: site.ParkingNone, Amenities: []site.Amenity{"wifi"}}
		}
	}
	w := newPagedWith(t, data)
	b := w.as("", "it")
	for query, want := range map[string]string{
		"senza-gradini=1":                        "2 sedi con posti liberi",
		"senza-gradini=1&bagno-accessibile=1":    "1 sede con posti liberi",
		"parcheggio=1":                           "Spazio Aurora",
		"dotazioni=wifi":                         "2 sedi",
		"dotazioni=wifi&dotazioni=shower":        "1 sede",
		"dotazioni=sauna":                        "3 sedi", // nobody has such a need
		"dimensione=small":                       "2 sedi",
		"dimensione=huge":                        "corregg",
		"senza-gradini=1&dotazioni=garden":       "Nessuna sede",
		"senza-gradini=1&tipo=meeting&q=Palermo": "Sala riunioni",
	} {
		b.get("/spazi?" + query + "&" + onTuesday)
		if text := b.page.One(t, "main").Text(); !strings.Contains(strings.ToLower(text), strings.ToLower(want)) {
			t.Errorf("%s does not say %q: %s", query, want, text)
		}
	}
	b.get("/spazi?q=Palermo&posti=2&dotazioni=wifi&dotazioni=shower&senza-gradini=1&raggio=10&" + onTuesday)
	chips := b.page.One(t, ".polis-chips").All("a")
	if len(chips) != 5 {
		t.Fatalf("%d chips", len(chips))
	}
	for _, c := range chips {
		b.get(c.Attr["href"])
		if left := len(b.page.One(t, ".polis-chips").All("a")); left != 4 {
			t.Errorf("%q leaves %d chips", c.Text(), left)
		}
	}
}

// The landing page and the results in a real browser: axe, widths, the map that
// folds away, zooms and points out.
func TestSearchInABrowser(t *testing.T) {
	t.Parallel()
	w := newPaged(t)
	if !w.built {
		t.Skip("SKIPPED: the front end is not built")
	}
	tab := browser.Open(t)
	for _, width := range []int64{1280, 390} {
		tab.Width(width)
		for _, path := range []string{
			"/spazi", "/spazi?lang=en", "/spazi?q=Palermo&lang=it&" + onTuesday, "/spazi?q=Roma&" + onTuesday, "/spazi?q=Gavirate&giorno=2026-11-29", "/spazi?q=Gavirate&giorno=2020-11-29", "/spazi?q=Xyzzy&raggio=x",
			"/spazi?senza-gradini=1&posti=3&" + onTuesday,
		} {
			tab.Go(w.srv.URL + path)
			if strings.Contains(path, "Xyzzy") || strings.Contains(path, "2020") {
				tab.Faults() // the browser tells of the 400 or 422 that this is to be
			}
			tab.Check()
		}
		tab.Go(w.srv.URL + "/spazi?q=Palermo&" + onTuesday)
		shown := browser.Eval[bool](tab, `document.querySelector(".polis-map-main").checkVisibility()`)
		if wide := width > 991; shown != wide {
			t.Errorf("at %d the map is shown: %t", width, shown)
		}
		if !shown {
			tab.Do(chromedp.Click(".polis-map-fold summary"))
			tab.WaitFor(`document.querySelector(".polis-map-main").checkVisibility()`)
			tab.Check()
		}
		browser.Eval[bool](tab, `document.querySelector("article.polis-spot a").dispatchEvent(new FocusEvent("focusin", {bubbles: true}))`)
		tab.WaitFor(`document.querySelector(".polis-map-on")?.id === document.querySelector("article.polis-spot").dataset.mark`)
		before := browser.Eval[string](tab, `document.querySelector(".polis-map-scale text").textContent`)
		tab.Do(chromedp.Click("[data-zoom=in]"))
		tab.WaitFor(`document.querySelector(".polis-map-near .polis-map-main").viewBox.baseVal.width === 220`)
		if after := browser.Eval[string](tab, `document.querySelector(".polis-map-scale text").textContent`); after == before {
			t.Errorf("nearer, the scale still says %s", after)
		}
		tab.Do(chromedp.Click("[data-zoom=out]"))
		tab.WaitFor(`document.querySelector(".polis-map-near") === null`)
		if faults := tab.Faults(); len(faults) > 0 {
			t.Errorf("at %d: %v", width, faults)
		}
	}
}
