package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"polis/internal/platform/web/webtest/browser"
)

// freeSeat is a place of the plan that can be chosen.
const freeSeat = ".polis-seat[data-place]:not(.polis-seat-chosen)"

// takes chooses a place on the plan: with a click, with the arrows and Space,
// or by its link.
func (w *walker) takes() {
	w.t.Helper()
	if !w.keys {
		w.click(freeSeat)
		return
	}
	w.tabTo(".polis-seat[data-place]")
	first := browser.Eval[string](w.Tab, "document.activeElement.dataset.place")
	for _, arrow := range []string{arrowRight, arrowDown, arrowLeft, arrowUp} {
		w.Press(arrow)
		if browser.Eval[string](w.Tab, "document.activeElement.dataset.place ?? ''") != first {
			break
		}
	}
	free := func() bool { return browser.Eval[bool](w.Tab, "document.activeElement.matches('"+freeSeat+"')") }
	for _, arrow := range []string{arrowLeft, arrowDown, arrowRight, arrowUp, arrowLeft} { // to one that is free
		for range 20 {
			if free() {
				break
			}
			w.Press(arrow)
		}
	}
	if !browser.Eval[bool](w.Tab, focusShows) {
		w.t.Error("the focus does not show on the plan")
	}
	w.Press(" ")
}

// Keys as chromedp writes them.
const (
	arrowDown  = "\u0301"
	arrowLeft  = "\u0302"
	arrowRight = "\u0303"
	arrowUp    = "\u0304"
)

// agree tells whether plan and list show the same places chosen, and how many.
const agree = `(() => {
	const sorted = list => list.sort().join();
	const list = [...document.querySelectorAll("input[name=posto][type=checkbox]:checked")].map(e => e.value);
	const plan = [...document.querySelectorAll(".polis-seat-chosen")].map(e => e.dataset.place ?? new URL(e.href.baseVal, location).search);
	return list.length === %d && plan.length === list.length && (sorted(plan) === sorted(list) || !document.querySelector(".polis-seat[role]"));
})()`

// Who knows only the region comes by the map to a house, and by its plan to a
// place.
func TestWayByMapAndPlan(t *testing.T) {
	t.Parallel()
	goWays(t, func(w *walker) {
		w.Go(w.srv.url + "/spazi")
		w.arrived("landing", at2("/spazi")+" && "+one(".polis-landing-map a.polis-map-place"))
		w.act(".polis-landing-map a.polis-map-place[href*='Lombardia']")
		w.arrived("region", at2("/spazi")+" && location.search.includes('Lombardia') && "+one(firstHouse))
		w.act(firstHouse)
		w.arrived("space", "location.pathname.startsWith("+"'/spazi/'"+") && "+one(freeSeat))
		w.takes()
		w.WaitFor(fmt.Sprintf(agree, 1))
		w.takes()
		w.arrived("two places", fmt.Sprintf(agree, 2))
		w.act("input[name=posto]:checked") // in the list, and the plan follows
		if w.scripts {
			w.arrived("one place", fmt.Sprintf(agree, 1))
		}
		w.confirms(w.held())
		if n := w.store.number(t, "SELECT COUNT(*) FROM allocation WHERE booking IN (SELECT id FROM booking WHERE person = $1)", mariaID); n != 1 {
			w.t.Errorf("%d places are booked", n)
		}
	}, 0)
}

// A free stretch of a place's week leads to the place chosen for that time; a
// hold grows by a place in another house and is confirmed as one booking.
func TestWayByWeekToTwoHouses(t *testing.T) {
	t.Parallel()
	goWays(t, func(w *walker) {
		place := w.srv.placesOf(w.code, "desk")[0]
		w.Go(w.srv.url + "/spazi/" + w.code + "/posti/" + place.Code + "?settimana=" + w.day)
		w.arrived("week", one(".polis-week-list"))
		free := ".polis-week-table .polis-week-free a"
		if w.width < 400 {
			free = ".polis-week-list .polis-week-free a"
		}
		w.act(free)
		w.arrived("space for a stretch", at2("/spazi/"+w.code)+" && "+one("input[name=posto][value='"+place.ID+"']:checked"))
		path := w.held()
		w.act(".polis-more-links li:nth-child(2) a")
		w.arrived("another site", at2("/spazi")+" && location.search.includes('con=') && "+one(".polis-adding"))
		w.fill("#f-q", "Varese")
		w.act(goSearch)
		other := "#results .polis-card a:not([href*='/" + w.code + "'])"
		w.arrived("houses for more", "location.search.includes('Varese') && "+one(".polis-adding")+" && "+one(other))
		w.act(other)
		w.arrived("the other house", "location.pathname.startsWith('/spazi/') && "+one(".polis-adding")+" && "+one(freePlace))
		w.act(freePlace)
		w.act(book)
		w.arrived("two houses", at2(path)+" && document.querySelectorAll('.polis-part').length === 2")
		w.confirms(path)
		if w.count(".polis-part") != 2 {
			w.t.Error("the pass is not for both houses")
		}
		if n := w.store.number(w.t, "SELECT COUNT(*) FROM booking WHERE person = $1", mariaID); n != 1 {
			w.t.Errorf("%d bookings", n)
		}
	}, 1)
}

// takeAll books all that a search would find, as people whom fair use does not
// bind, and returns the bookings.
func (w *walker) takeAll(kind, place, from, to string) (ids []string) {
	w.t.Helper()
	town := get[list[struct {
		Code string `json:"code"`
		Lat  float64
		Lon  float64
	}]](w.t, w.srv.process, "/api/v1/municipalities?q="+query(place), "").Items[0]
	day, err := time.ParseInLocation(time.DateOnly, w.day, rome)
	if err != nil {
		w.t.Fatal(err)
	}
	hour := func(text string) string {
		d, err := time.Parse("15:04", text)
		if err != nil {
			w.t.Fatal(err)
		}
		return at(day, d.Hour(), d.Minute())
	}
	for range 400 {
		found := get[list[struct {
			Site struct{ ID string } `json:"site"`
			Free int                 `json:"free"`
		}]](w.t, w.srv.process, fmt.Sprintf("/api/v1/availability?kind=%s&near=%f,%f&radius_km=10&limit=1&from=%s&to=%s",
			kind, town.Lat, town.Lon, query(hour(from)), query(hour(to))), "").Items
		if len(found) == 0 {
			return ids
		}
		a := w.srv.want(w.t, http.StatusCreated, "POST", "/api/v1/bookings", w.store.tokens[0],
			wanted{Site: found[0].Site.ID, Kind: kind, Count: 1, From: hour(from), To: hour(to)})
		var b struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(a.body, &b); err != nil {
			w.t.Fatal(err)
		}
		ids = append(ids, b.ID)
	}
	w.t.Fatal("there is always something free")
	return nil
}

// Where nothing is free one tap holds what is offered instead; the search is
// kept, made again, waited for until somebody gives a place back, told by mail,
// and removed.
func TestWayWhereNothingIsFree(t *testing.T) {
	everyDay(t)
	t.Parallel()
	const saved = "/prenotazioni/ricerche"
	goSlowWay(t, func(w *walker) {
		taken := w.takeAll("meeting", "Gavirate", "09:00", "11:00")
		w.Go(w.srv.url + "/spazi?q=Gavirate&tipo=meeting&raggio=10&" + w.when("09:00", "11:00"))
		w.arrived("nothing free", one(".polis-choice"))
		w.enter("maria")
		w.Go(w.srv.url + "/spazi?q=Gavirate&tipo=meeting&raggio=10&" + w.when("09:00", "11:00"))
		w.arrived("instead", one(".polis-choice"))
		save := "form[action='" + saved + "'] button"
		if !w.has(save) {
			w.t.Error("a search that finds nothing cannot be saved")
		} else {
			w.act(save)
			w.arrived("saved", at2(saved)+" && document.querySelectorAll('.polis-saved li').length === 1")
			w.act("form[action$='/avviso'] button")
			w.arrived("waited for", at2(saved)+" && "+one(".polis-saved .polis-state-pending"))
			w.act(".polis-saved h2 a")
			w.arrived("searched again", at2("/spazi")+" && "+one(".polis-choice"))
		}
		w.act(".polis-choice")
		w.arrived("held instead", "location.pathname.startsWith('/prenotazioni/') && "+one(confirm))

		w.srv.want(w.t, http.StatusOK, "DELETE", "/api/v1/bookings/"+taken[0], w.store.tokens[0], nil)
		w.store.exec(w.t, "UPDATE job_turn SET next = 0 WHERE name = 'coworking.alerts'")
		reader := w.srv.visitor()
		letter := ""
		eventually(w.t, 80*time.Second, "a mail tells that something is free", func() bool {
			page, _ := reader.page("GET", "/demo/posta", nil)
			for _, a := range page.All("a") {
				if strings.HasPrefix(a.Attr["href"], "/demo/posta/") {
					letter = a.Attr["href"]
				}
			}
			return letter != ""
		})
		w.Go(w.srv.url + letter)
		w.arrived("letter", one(".polis-letter a[href*='/spazi?']"))
		link, err := url.Parse(browser.Eval[string](w.Tab, "document.querySelector(\".polis-letter a[href*='/spazi?']\").href"))
		if err != nil || !strings.HasSuffix(w.srv.url, link.Host) {
			w.t.Fatalf("the mail leads to %v, %v", link, err)
		}
		w.act(".polis-letter a[href*='/spazi?']")
		w.arrived("free again", at2("/spazi")+" && "+one(firstHouse))
		w.Go(w.srv.url + saved)
		w.arrived("told", at2(saved)+" && "+one(".polis-saved .polis-state-free"))
		w.act("form[action$='/rimuovi'] button")
		w.arrived("removed", at2(saved)+" && !"+one(".polis-saved"))
	}, 1)
}
