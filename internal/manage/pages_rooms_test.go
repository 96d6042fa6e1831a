package manage_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"polis/internal/coworking/coworkingtest"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/web/webtest"
	"polis/internal/platform/web/webtest/browser"
	"polis/internal/site"
)

const houseOfAurora = "/gestione/sedi/aurora"

// fields are what a form sends as it stands, its lists among them.
func fields(form *webtest.Node, changes ...string) url.Values {
	chosen := []string{}
	for _, list := range form.All("select") {
		for i, o := range list.All("option") {
			if _, ok := o.Attr["selected"]; ok || i == 0 {
				chosen = append(chosen, list.Attr["name"], o.Attr["value"])
			}
		}
	}
	return webtest.Fields(form, append(chosen, changes...)...)
}

// want tells of an answer that is another, or lacks some texts.
func want(t *testing.T, what string, res *http.Response, page *webtest.Node, status int, texts ...string) {
	t.Helper()
	if res.StatusCode != status {
		t.Errorf("%s: status %d, want %d: %.900s", what, res.StatusCode, status, page.Text())
	}
	for _, text := range texts {
		if page != nil && !strings.Contains(page.Text(), text) {
			t.Errorf("%s: no %q in %.1500s", what, text, page.Text())
		}
	}
}

// Rooms and places are added, changed and taken out of use without a script.
func TestRoomsByForms(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t)).serve()
	get := func(path string, status int, texts ...string) *webtest.Node {
		t.Helper()
		res, page := w.ask("luca", "it", "GET", houseOfAurora+path, nil)
		want(t, path, res, page, status, texts...)
		return page
	}
	// send fills in the form of a page and sends it back to where it came from.
	send := func(path string, status int, texts []string, pairs ...string) *webtest.Node {
		t.Helper()
		form := get(path, 200).One(t, ".polis-rooms-form")
		res, page := w.ask("luca", "it", "POST", houseOfAurora+path, fields(form, pairs...))
		want(t, path, res, page, status, texts...)
		return page
	}
	room := aurora + "-0"
	listed := get("/posti", 200, "1 stanza, 15 posti, 14 in uso", "Piano terra", "D-01", "Postazione", "Fatto di H-A, H-B", "Solo soci", "Fuori uso", "1,3 m²")
	if n := len(listed.All("tr")); n != 17 {
		t.Errorf("the list has %d rows", n)
	}
	send("/stanze/nuova", 400, []string{"Nome: campo da compilare"}, "nome", "", "codice", "")
	send("/stanze/nuova", 422, []string{"Il codice R0 è già di un’altra stanza"}, "nome", "Cucina", "codice", "R0")
	send("/stanze/nuova", 200, []string{"La stanza è stata aggiunta", "Cucina"}, "nome", "Cucina", "codice", "K", "scopo", "kitchen")
	send("/posti/nuovo?stanza="+room, 422, []string{"Il codice D-01 è già"}, "codice", "D-01", "tipo", "desk")
	send("/posti/nuovo?stanza="+room, 200, []string{"Il posto è stato aggiunto", "D-20"}, "codice", "D-20", "tipo", "desk", "dotazioni", "monitor", "gruppi", "soci, staff")
	if p := w.place("D-20"); !p.Active || p.Name != "D-20" || strings.Join(p.Groups, " ") != "soci staff" || strings.Join(p.Features, " ") != "monitor" {
		t.Errorf("the new place is %+v", p)
	}
	send("/posti/nuovo?insieme=1&stanza="+room, 400, []string{"Servono almeno due posti"}, "codice", "U-1", "tipo", "private", "posti", "2")
	whole := get("/posti/nuovo?insieme=1&stanza="+room, 200, "Di quali posti è fatto").One(t, ".polis-rooms-form")
	body := fields(whole, "codice", "U-1", "nome", "Ufficio 1", "tipo", "private", "posti", "2")
	body["parti"] = []string{w.place("D-01").ID, w.place("D-02").ID}
	res, page := w.ask("luca", "it", "POST", houseOfAurora+"/posti/nuovo?insieme=1&stanza="+room, body)
	want(t, "a set", res, page, 200, "Ufficio 1", "Fatto di D-01, D-02")
	if p := w.place("U-1"); len(p.Atoms) != 2 {
		t.Errorf("the set is %+v", p)
	}
	send("/posti/serie?stanza="+room, 200, []string{"I posti sono stati aggiunti", "D-21", "D-26"}, "tipo", "desk", "file", "2", "l", "1", "p", "0.5")
	send("/posti/serie?stanza="+room, 422, []string{"è già di un’altra stanza o di un altro posto"}, "tipo", "desk", "primo", "D-01")
	send("/posti/serie?stanza="+room, 400, []string{"Quanti"}, "tipo", "desk", "quanti", "1000")

	booked := w.bookIn(24, w.place("D-01"))
	out := url.Values{"fuori": {w.place("D-01").ID}}
	res, page = w.ask("luca", "it", "POST", houseOfAurora+"/posti/uso", out)
	want(t, "out of use", res, page, 422, "Ci sono prenotazioni interessate", "D-01 ha 1 prenotazione da spostare prima", "Ufficio 1 è fatto anche di questo posto", "24 novembre 2026")
	if link := page.One(t, "section.polis-alert").One(t, "a").Attr["href"]; link != "/gestione/giorno?giorno=2026-11-24&sede=aurora" {
		t.Errorf("the day is at %s", link)
	}
	res, page = w.ask("luca", "en", "POST", houseOfAurora+"/posti/uso", out)
	want(t, "in English", res, page, 422, "There are affected bookings", "D-01 has 1 booking that must be moved first")
	id := "/posti/" + w.place("D-01").ID
	send(id, 422, []string{"Ci sono prenotazioni interessate", "D-01 ha 1 prenotazione"}, "tipo", "meeting")
	w.cancel(booked)
	w.ask("luca", "it", "POST", houseOfAurora+"/posti/uso", url.Values{"fuori": {w.place("U-1").ID}})
	res, page = w.ask("luca", "it", "POST", houseOfAurora+"/posti/uso", out)
	want(t, "out of use", res, page, 200, "Il posto è fuori uso")
	res, page = w.ask("luca", "it", "POST", houseOfAurora+"/posti/uso", url.Values{"dentro": out["fuori"]})
	want(t, "in use", res, page, 200, "Il posto è di nuovo in uso")
	if !w.place("D-01").Active {
		t.Error("it is not in use again")
	}
	kitchen := ""
	for _, r := range w.Live.Network().Rooms(aurora) {
		if r.Code == "K" {
			kitchen = r.ID
		}
	}
	get("/stanze/"+kitchen, 200, "Togliere la stanza")
	for range 2 { // a second tap
		res, page = w.ask("luca", "it", "POST", houseOfAurora+"/stanze/"+kitchen+"/togli", nil)
		want(t, "away", res, page, 200, "La stanza è stata tolta")
	}
	if page = get("/stanze/"+room, 200); len(page.All(".polis-rooms-drop")) != 0 {
		t.Error("a room with places is offered to go")
	}
	for _, path := range []string{"/stanze/x", "/posti/x", "/pianta?piano=x", "/stanze/" + coworkingtest.SiteID("borgo") + "-0", "/posti/" + w.ID("borgo", "D-01")} {
		get(path, 404)
	}
	w.Check(t)
}

// The plan is changed by its numbers alone.
func TestThePlanByNumbers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t)).serve()
	one := fmt.Sprint(w.place("D-01").Ordinal)
	read := func(lang string) url.Values {
		t.Helper()
		res, page := w.ask("luca", lang, "GET", planOfAurora, nil)
		want(t, "plan", res, page, 200, "D-01")
		return fields(page.One(t, ".polis-editor"))
	}
	send := func(lang string, body url.Values, status int, texts ...string) *webtest.Node {
		t.Helper()
		res, page := w.ask("luca", lang, "POST", planOfAurora, body)
		want(t, "sent", res, page, status, texts...)
		return page
	}
	body := read("it")
	body.Set("x."+one, "3,1") // onto D-02
	page := send("it", body, 422, "D-01: Si sovrappone a D-02", "D-02: Si sovrappone a D-01")
	if got := page.One(t, `[name=x.`+one+`]`).Attr["value"]; got != "3,1" {
		t.Errorf("what was typed is %q", got)
	}
	body.Set("x."+one, "9")
	send("it", body, 422, "D-01: Esce dalla sua stanza, Piano terra")
	body.Set("w."+one, "")
	send("en", body, 400, "D-01: All four measures are needed, or none.")
	body.Set("w."+one, "x")
	send("en", body, 400, "Width")
	room := aurora + "-0"
	body = read("en")
	body.Set("w."+room, "2")
	send("en", body, 422, "D-02: It lies outside of its room")

	stale := read("it")
	body = read("it")
	body.Set("x."+one, "1.1")
	send("it", body, 200, "La pianta è salvata")
	if got := w.place("D-01").Area.X; got != 110 {
		t.Errorf("it lies at %d", got)
	}
	two := fmt.Sprint(w.place("D-02").Ordinal)
	stale.Set("x."+one, "1.2")
	stale.Set("x."+two, "3.1")
	page = send("it", stale, 409, "Intanto qualcun altro ha cambiato questo piano", "Intanto è stato salvato così: 1,1 m da sinistra")
	form := fields(page.One(t, ".polis-editor"))
	if form.Get("x."+one) != "1.2" || form.Get("x."+two) != "3.1" {
		t.Errorf("after a conflict: %s, %s", form.Get("x."+one), form.Get("x."+two))
	}
	send("it", form, 200, "La pianta è salvata")
	if a, b := w.place("D-01").Area.X, w.place("D-02").Area.X; a != 120 || b != 310 {
		t.Errorf("they lie at %d and %d", a, b)
	}
	w.bookIn(24, w.place("D-01"))
	body = read("it")
	body.Set("fuori."+one, "1")
	send("it", body, 422, "Ci sono prenotazioni interessate", "D-01 ha 1 prenotazione")

	// What the script adds.
	body = read("it")
	for key, value := range map[string]string{
		"riga": "", "cosa.n1": "stanza", "codice.n1": "S-9", "scopo.n1": "", "x.n1": "10", "y.n1": "0", "w.n1": "4", "h.n1": "3",
		"cosa.n2": "posto", "codice.n2": "D-90", "tipo.n2": "desk", "posti.n2": "1", "stanza.n2": "n1", "come.n2": one, "x.n2": "10", "y.n2": "0", "w.n2": "1.6", "h.n2": "0.8",
	} {
		if key == "riga" {
			body["riga"] = append(body["riga"], "n1", "n2")
		} else {
			body.Set(key, value)
		}
	}
	bad := url.Values{}
	for k, v := range body {
		bad[k] = v
	}
	bad.Set("codice.n2", "D-01")
	send("it", bad, 422, "D-01: Il codice D-01 è già")
	send("it", body, 200, "La pianta è salvata")
	if p := w.place("D-90"); !p.Active || len(p.Features) == 0 || p.Area != (site.Rect{X: 1000, W: 160, H: 80}) {
		t.Errorf("the new place is %+v", p)
	}
	res, page := w.ask("luca", "it", "GET", houseOfAurora+"/pianta?piano=1", nil)
	want(t, "an empty floor", res, page, 200, "Questo piano è vuoto")
	w.Check(t)
}

// Nobody else sees these pages.
func TestWhoSeesRooms(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t)).serve()
	for _, path := range []string{"/posti", "/pianta", "/posti/nuovo", "/posti/serie", "/stanze/nuova", "/posti/" + w.place("D-01").ID} {
		for _, who := range []string{"maria", "anna"} {
			for _, method := range []string{"GET", "POST"} {
				if path == "/posti" && method == "POST" {
					continue
				}
				if res, _ := w.ask(who, "it", method, houseOfAurora+path, nil); res.StatusCode != 403 {
					t.Errorf("%s %s by %s: %d", method, path, who, res.StatusCode)
				}
			}
		}
	}
	if res, _ := w.ask("luca", "it", "GET", "/gestione/sedi/nessuna/pianta", nil); res.StatusCode != 404 {
		t.Errorf("a house that is not there: %d", res.StatusCode)
	}
}

// A house of 400 places on one floor is still one page of a bearable size.
func TestALargeFloor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t)).serve()
	room := site.Room{Code: "L", Name: "Sala molto grande con un nome così lungo che non finisce mai", Floor: 1, Area: site.Rect{W: 5000, H: 3000}}
	id, err := w.desk.SaveRoom(t.Context(), w.Luca.Actor, aurora, room)
	if err != nil {
		t.Fatal(err)
	}
	for _, first := range []string{"A-001", "B-001"} {
		row := rowOf(id, first, 200, 10)
		if err := w.desk.AddRow(t.Context(), w.Luca.Actor, aurora, row); err != nil {
			t.Fatal(err)
		}
	}
	res, page := w.ask("luca", "it", "GET", houseOfAurora+"/pianta?piano=1", nil)
	want(t, "the plan", res, page, 200, "B-200")
	body := fields(page.One(t, ".polis-editor"))
	body.Set("x."+fmt.Sprint(w.place("B-200").Ordinal), "48")
	body.Set("y."+fmt.Sprint(w.place("B-200").Ordinal), "29")
	t.Logf("the form of 400 places is %d bytes", len(body.Encode()))
	res, page = w.ask("luca", "it", "POST", houseOfAurora+"/pianta?piano=1", body)
	want(t, "all rows sent", res, page, 200, "La pianta è salvata")
	res, page = w.ask("luca", "it", "GET", houseOfAurora+"/posti", nil)
	want(t, "the list", res, page, 200, "415 posti")
}

// The list and its forms in a real browser, on a screen and on a phone.
func TestRoomsInABrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t)).serve()
	w.always = "luca"
	if !w.built {
		t.Skip("SKIPPED: the front end is not built")
	}
	w.bookIn(24, w.place("D-01"))
	tab := browser.Open(t)
	for i, lang := range []string{"it", "en"} {
		tab.Width([]int64{1280, 390}[i])
		for _, path := range []string{
			"/posti", "/posti/nuovo", "/posti/nuovo?insieme=1&stanza=" + aurora + "-0", "/posti/serie", "/stanze/nuova", "/posti/" + w.place("H-AB").ID, "/stanze/" + aurora + "-0", "/pianta?piano=-1",
		} {
			sep := "?"
			if strings.Contains(path, "?") {
				sep = "&"
			}
			tab.Go(w.srv.URL + houseOfAurora + path + sep + "lang=" + lang)
			tab.Check()
		}
		tab.Go(w.srv.URL + houseOfAurora + "/posti")
		browser.Eval[bool](tab, `document.querySelector('button[value="`+w.place("D-01").ID+`"]').click(), true`)
		tab.WaitFor(`document.querySelector("#affected-places") !== null`)
		tab.Check()
	}
}
