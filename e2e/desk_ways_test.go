package e2e

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"polis/internal/platform/web/webtest/browser"
	"polis/internal/reserve"
)

// done is the message after an act.
const done = ".polis-alert-success"

// always is a house that is open whenever the tests run.
func always(t *testing.T, s *store) {
	t.Helper()
	s.imports(t, "site,hours\ngavirate,24/7\n", "hours")
}

// sends uses the button of a form, by where it leads.
func (w *walker) sends(action string) {
	w.t.Helper()
	w.act("main form[method=post][action$='" + action + "'] button[type=submit]")
}

// picks chooses one of some buttons of which one is pressed.
func (w *walker) picks(name, value string) {
	w.t.Helper()
	chosen := "input[name=" + name + "][value=" + value + "]"
	if !w.keys {
		w.click(chosen)
		return
	}
	w.tabTo("input[name=" + name + "]")
	w.Press(" ")
	for range 20 {
		if w.has(chosen + ":checked") {
			return
		}
		w.Press(arrowDown)
	}
	w.t.Fatalf("no %s is %s", name, value)
}

// Who runs a house lets somebody in who has no booking, sees who is there,
// and finds the visit by its reference.
func TestWayOfAWalkIn(t *testing.T) {
	t.Parallel()
	goWaysOn(t, always, func(w *walker) {
		w.enter("luca")
		w.Go(w.srv.url + "/gestione/giorno?sede=gavirate")
		w.arrived("day", at2("/gestione/giorno")+" && "+one(".polis-daysheet"))
		w.act("main a[href^='/gestione/giorno/accogli']")
		w.arrived("walk-in", at2("/gestione/giorno/accogli")+" && "+one("#posto"))
		w.fill("#f-nome", "Teodolinda")
		w.fill("#f-cognome", strings.Repeat("Lunghi", 10))
		w.act("#posto + form button.btn-primary")
		w.arrived("let in", "location.pathname.startsWith('/gestione/giorno/prenotazioni/') && "+one(done))
		id := w.path()[strings.LastIndex(w.path(), "/")+1:]
		if !w.store.stands(w.t, id, "checked-in") {
			w.t.Error("nobody is in")
		}
		w.act("main a.btn-link[href^='/gestione/giorno?']")
		w.arrived("day again", at2("/gestione/giorno")+" && "+one(".polis-daysheet a[href$='"+id+"']"))
		w.Go(w.srv.url + "/gestione/cerca")
		w.arrived("search", at2("/gestione/cerca"))
		w.fill("#f-cerca", strings.ToLower(reserve.Reference(id)))
		w.act(".polis-find button")
		w.arrived("found", at2("/gestione/giorno/prenotazioni/"+id))
	}, 3)
}

// A house is closed for a day on which somebody comes: they are offered another
// place and told, and the house opens again.
func TestWayOfAClosure(t *testing.T) {
	t.Parallel()
	goWays(t, func(w *walker) {
		maria := w.srv.visitor()
		maria.signIn("maria")
		_, held := maria.page("POST", "/spazi/gavirate/prenota", w.wish("09:00", "11:00"))
		maria.confirmed(held)
		id := strings.TrimPrefix(held, "/prenotazioni/")
		w.enter("luca")
		w.Go(w.srv.url + "/gestione/giorno?sede=gavirate&giorno=" + w.day)
		w.arrived("day", one(".polis-daysheet"))
		w.act(".polis-actions a[href^='/gestione/giorno/chiudi']")
		w.arrived("closure", at2("/gestione/giorno/chiudi"))
		w.act("form[method=get][action='/gestione/giorno/chiudi'] button.btn-primary")
		w.arrived("in the way", "document.querySelectorAll('.polis-day-ways > li').length === 1")
		w.fill("#f-motivo", "Guasto al riscaldamento")
		w.sends("/gestione/giorno/chiudi")
		w.arrived("closed", "location.pathname.startsWith('/gestione/giorno/chiusure/') && "+one(done))
		if n := w.store.number(w.t, `SELECT COUNT(*) FROM allocation a JOIN resource r ON r.ordinal = a.resource JOIN site s ON s.id = r.site WHERE a.booking = $1 AND s.code = 'gavirate'`, id); n != 0 {
			w.t.Errorf("%d places of the closed house are still taken", n)
		}
		if !w.store.stands(w.t, id, "confirmed") {
			w.t.Error("the booking did not go elsewhere")
		}
		w.act("main a[href^='/gestione/giorno/chiusure?']")
		w.arrived("closures", at2("/gestione/giorno/chiusure"))
		w.sends("/riapri")
		w.arrived("open again", at2("/gestione/giorno/chiusure")+" && "+one(done))
	}, 7)
}

// Somebody of a lot of new houses makes the lot and a house, gives it hours and
// places, changes it, opens it, brings its telephone in by a list, and sees it
// as the public does.
func TestWayOfANewHouse(t *testing.T) {
	t.Parallel()
	goWays(t, func(w *walker) {
		const code, house = "spazio-prova", "/gestione/sedi/spazio-prova"
		w.enter("luca")
		w.Go(w.srv.url + "/gestione/sedi/nuova")
		w.arrived("new house", at2("/gestione/sedi/nuova"))
		w.act("main button.btn-primary")
		w.refused("house refused", one("#error-summary a[href='#f-nome']"))
		w.picks("tipo", "space")
		w.fill("#f-nome", "Spazio Prova")
		w.fill("#f-comune", "Gavirate (VA)")
		w.fill("#f-indirizzo", "Via Nuova 1")
		w.act("main button.btn-primary")
		w.arrived("code and point proposed", at2("/gestione/sedi/nuova")+" && "+one("aside .polis-map")+" && document.querySelector('#f-codice-sede').value === '"+code+"'")
		w.act("main button.btn-primary")
		w.arrived("made", at2(house)+" && "+one(done))

		w.Go(w.srv.url + house + "/stanze/nuova")
		w.arrived("new room", at2(house+"/stanze/nuova"))
		w.fill("#f-nome", "Sala grande")
		w.fill("#f-codice", "S-1")
		w.act(".polis-rooms-form button")
		w.arrived("room", at2(house+"/posti")+" && "+one(done))
		w.act(".polis-rooms-room a[href*='/posti/serie']")
		w.arrived("row", at2(house+"/posti/serie"))
		w.fill("#f-quanti", "6")
		w.act(".polis-rooms-form button")
		w.arrived("places", at2(house+"/posti")+" && document.querySelectorAll('.polis-rooms tr[id^=p-]').length === 6")
		w.act(".polis-rooms tr[id^=p-] th a")
		w.arrived("place", "location.pathname.startsWith('"+house+"/posti/') && "+one("#f-nome"))
		w.fill("#f-nome", "Accanto alla finestra")
		w.act(".polis-rooms-form button.btn-primary")
		w.arrived("place named", at2(house+"/posti")+" && "+one(done)+" && document.querySelector('.polis-rooms').textContent.includes('Accanto alla finestra')")
		w.act(".polis-rooms tr[id^=p-]:last-child button")
		w.arrived("out of use", at2(house+"/posti")+" && "+one(".polis-rooms-out"))

		w.Go(w.srv.url + house + "/orari")
		w.arrived("hours", at2(house+"/orari"))
		for _, day := range []string{"lun", "mar", "mer", "gio", "ven", "sab", "dom"} {
			w.fill("#f-"+day+"-dalle-1", "08:00")
			w.fill("#f-"+day+"-alle-1", "20:00")
		}
		w.act(".polis-actions button.btn-primary")
		w.arrived("hours saved", at2(house+"/orari")+" && "+one(done))
		w.Go(w.srv.url + house + "/scheda/stato")
		w.arrived("state", at2(house+"/scheda/stato"))
		w.picks("stato", "open")
		w.act(".polis-actions button.btn-primary")
		w.arrived("open", at2(house)+" && "+one(done))

		w.imports("sedi", code)
		w.lot(code)

		w.Go(w.srv.url + "/spazi/" + code + "?" + w.when("09:00", "11:00"))
		w.arrived("public page", at2("/spazi/"+code)+" && document.querySelectorAll('"+freePlace+"').length === 5")
	}, 3)
}

// imports brings a list in by page: one with a fault, one that is right.
func (w *walker) imports(list, code string) {
	w.t.Helper()
	send := func(text string) {
		w.t.Helper()
		w.Go(w.srv.url + "/gestione/elenchi/" + list)
		w.arrived("list", at2("/gestione/elenchi/"+list))
		w.Do(chromedp.SetUploadFiles("#f-file", []string{listFile(w.t, text)}))
		w.act(".polis-list-file button")
		for range 200 { // without scripts one asks again
			w.WaitFor("document.readyState === 'complete' && location.pathname.includes('/file/')")
			if w.scripts || !w.has("progress") {
				break
			}
			w.act(".polis-actions a")
		}
	}
	send("code,phone,state\n" + code + ",+39 000 000111,aperrta\n")
	w.arrived("faults", one(".polis-list-faults table"))
	if text := w.text(".polis-list-faults"); !strings.Contains(text, "aperrta") && !strings.Contains(text, "state") {
		w.t.Errorf("the fault is not named: %s", text)
	}
	send("code,phone\n" + code + ",+39 000 000111\n")
	w.arrived("preview", one(".polis-list-confirm"))
	if n := w.store.number(w.t, "SELECT COUNT(*) FROM site WHERE code = $1 AND profile LIKE '%000111%'", code); n != 0 {
		w.t.Error("a preview changes something")
	}
	w.act(".polis-list-confirm button.btn-primary")
	for range 200 {
		w.WaitFor("document.readyState === 'complete' && !" + one(".polis-list-confirm"))
		if w.scripts || !w.has("progress") {
			break
		}
		w.act(".polis-actions a")
	}
	w.arrived("imported", one(done))
	if n := w.store.number(w.t, "SELECT COUNT(*) FROM site WHERE code = $1 AND profile LIKE '%000111%'", code); n != 1 {
		w.t.Error("the list changed nothing")
	}
}

// lot makes a lot and gives it a house.
func (w *walker) lot(code string) {
	w.t.Helper()
	w.Go(w.srv.url + "/gestione/lotti")
	w.arrived("lots", at2("/gestione/lotti"))
	w.act("a[href='/gestione/lotti/nuovo']")
	w.arrived("new lot", at2("/gestione/lotti/nuovo"))
	w.fill("#f-codice", "L-99")
	w.fill("#f-nome", "Lotto di prova")
	w.fill("#f-ditta", "Impresa inventata")
	w.act("main button.btn-primary")
	w.arrived("lot", at2("/gestione/lotti/L-99")+" && "+one(done))
	w.fill("#f-q", "Spazio Prova")
	w.act(".polis-net-filters button")
	w.arrived("houses of the lot", one(".polis-lot-preview button[name=conferma]"))
	w.act(".polis-lot-preview button[name=conferma]")
	w.arrived("given", at2("/gestione/lotti/L-99")+" && "+one(".polis-lot-houses a[href$='/"+code+"']"))
}

// letter waits for a mail of the demonstration that has something, and returns
// it with the address of this server.
func (v *visitor) letter(what *regexp.Regexp) (found string) {
	v.t.Helper()
	eventually(v.t, 40*time.Second, "a mail has "+what.String(), func() bool {
		list, _ := v.page("GET", "/demo/posta", nil)
		for _, a := range list.All("a") {
			if !strings.HasPrefix(a.Attr["href"], "/demo/posta/") {
				continue
			}
			mail, _ := v.visit("GET", a.Attr["href"], nil)
			if found = what.FindString(string(mail.body)); found != "" {
				return true
			}
		}
		return false
	})
	return found
}

// An administrator invites somebody by mail, and they come in at
// the house that is theirs; the figures of it are read and taken along.
func TestWayOfAnInvitation(t *testing.T) {
	t.Parallel()
	goWays(t, func(w *walker) {
		w.enter("paola")
		w.Go(w.srv.url + "/gestione/persone")
		w.arrived("people", at2("/gestione/persone"))
		w.act("main a[href='/gestione/persone/invita']")
		w.arrived("invite", at2("/gestione/persone/invita"))
		w.fill("#f-email", "nuova@example.org")
		w.picks("ruolo", "gestore")
		w.picks("ambito", "sede")
		w.fill("#f-sede", "Spazio Gavirate")
		w.act("main form button.btn-primary")
		w.arrived("invited", at2("/gestione/persone/inviti")+" && "+one(done))
		w.act(signOut)
		w.arrived("signed out", at2("/"))
		link := w.srv.visitor().letter(mailedLink)
		w.Go(link)
		if !w.scripts { // which would take the secret out of the address
			w.arrived("link", at2("/invito")+" && "+one("#f-chiave"))
			w.fill("#f-chiave", link)
			w.act("main form:has(#f-chiave) button")
		}
		w.arrived("invitation", "location.pathname.startsWith('/invito') && "+one("input[name=accetta]"))
		w.act("main form:has(input[name=accetta]) button")
		w.arrived("name", at2("/profilo"))
		w.fill("#f-nome", "Nuova")
		w.fill("#f-cognome", strings.Repeat("Responsabili", 7))
		w.act("main form button.btn-primary")
		w.arrived("desk", "location.pathname.startsWith('/gestione') && "+one(".polis-desk"))
		w.Go(w.srv.url + "/gestione/cifre")
		w.arrived("figures", at2("/gestione/cifre")+" && "+one(".polis-heat"))
		v := w.srv.visitor()
		v.signIn("luca")
		for _, href := range browser.Eval[[]string](w.Tab, "[...document.querySelectorAll('main a[download]')].map(a => a.getAttribute('href'))") {
			a, _ := v.visit("GET", href, nil)
			if a.status != http.StatusOK || !strings.HasPrefix(a.header.Get("Content-Type"), "text/csv") || !strings.Contains(a.header.Get("Content-Disposition"), "attachment") {
				w.t.Errorf("%s: %d %v", href, a.status, a.header)
			}
		}
		if n := w.store.number(w.t, "SELECT COUNT(*) FROM role_grant WHERE role = 'site-manager'"); n < 2 {
			w.t.Errorf("%d managers", n)
		}
	}, 3)
}
