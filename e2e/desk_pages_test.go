package e2e

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"polis/internal/platform/web/webtest"
)

// deskPages are the pages of who runs the installation, by the test person with
// the smallest role that sees them. What stands in braces is made by newDesk.
var deskPages = []struct {
	who   string
	pages []string
}{
	{"anna", []string{ // at the reception of one house
		"/gestione/giorno?sede=gavirate", "/gestione/giorno?sede=gavirate&giorno={busy}", "/gestione/giorno?sede=gavirate&giorno={closed}", "/gestione/giorno?sede=gavirate&giorno=2020-02-31",
		"/gestione/giorno/prenotazioni/{visit}", "/gestione/cifre?sede=gavirate", "/gestione/cerca", "/profilo", "/profilo/indirizzo", "/profilo/sessioni", "/registro",
		"/profilo/contatti", "/profilo/esigenze", "/profilo/messaggi", "/profilo/nascita", "/profilo/nome", "/profilo/accessi", "/profilo/passkey", "/profilo/passkey/nuova",
		"/profilo/programmi", "/profilo/programmi/nuovo", "/profilo/programmi/nuovo?ruolo=citizen&tipo=&ambito=", "/profilo/consultazioni", "/profilo/dati", "/profilo/dati/cancella", "/deleghe", "/deleghe/nuova", "/organizzazioni", "/organizzazioni/nuova",
		"/accoglienza/assistenza", "/accoglienza/tutela", "/sportello", "/sportello?q=Gavirate&servizio=certificati", "/sportello?q=zzzz", "/sportello/{office}", "/sportello/ufficio-gavirate", "{number}", "/totem/ufficio-gavirate", "/tabellone/ufficio-gavirate", "/demo/sportello", "/operatore/ufficio-gavirate", "/operatore/ufficio-gavirate/1", "/appuntamenti", "/sportello/{office}/appuntamento", "/sportello/{office}/appuntamento?servizio=cedolino&persone=2",
		"/programma", "/programma/scadenze?stato=late&p239=3", "/programma/quantita", "/programma/quantita/offices", "/programma/fondi", "/programma/fondi/gare", "/programma/fondi/gare?linea=zzz", "/programma/fondi/pagamenti", "/programma/mappa", "/programma/mappa?regione=Lombardia", "/programma/mappa?provincia=TO", "/programma/mappa?stato=zzz", "/programma/case?ordine=ritardo&verso=giu", "/programma/case?q=zzzz",
		"/programma/case/gavirate", "/programma/case/{office}",
		"/programma/novita", "/programma/novita?case=tutte&pagina=3", "/programma/novita?casa={office}", "/programma/segui", "/programma/segui?casa=gavirate", "/programma/segui/mie", "/programma/segui/inviata", "{confirm}", "{follows}",
	}},
	{"luca", []string{ // manager of the network
		"/operatore", "/operatore?sede=zzzz", "/gestione/sportelli", "/gestione/sportelli?sede=zzzz", "/gestione/sportelli/ufficio-gavirate", "/gestione/sportelli/ufficio-gavirate/servizi", "/gestione/sportelli/ufficio-gavirate/appuntamenti",
		"/gestione/sportelli/ufficio-gavirate/servizi/passaporto", "/gestione/sportelli/ufficio-gavirate/persone", "/gestione/sportelli/ufficio-gavirate/persone/{operator}",
		"/gestione/sportelli/ufficio-gavirate/appuntamenti", "/gestione/sportelli/ufficio-gavirate/turni/1", "/gestione/sportelli/ufficio-gavirate/chiudi/1", "/gestione/sportelli/ufficio-gavirate/resoconti", "/gestione/sportelli/ufficio-gavirate/resoconti?dal=2020-01-01&al=2020-01-02",
		"/gestione", "/gestione?q=zzzz", "/gestione?stato=works&vista=mappa", "/gestione?q=Gavirate", "/gestione?pagina=140", "/gestione/sedi/nuova",
		"/gestione/sedi/{house}", "/gestione/sedi/{house}/scheda/dove", "/gestione/sedi/{house}/scheda/stato", "/gestione/sedi/{house}/scheda/contatti",
		"/gestione/sedi/{house}/scheda/servizi", "/gestione/sedi/{house}/scheda/gruppi", "/gestione/sedi/{house}/orari", "/gestione/sedi/{house}/orari/giorni",
		"/gestione/sedi/{house}/orari/giorni/{different}", "/gestione/sedi/{house}/orari/giorni/{different}/togli", "/gestione/sedi/{house}/da-sistemare",
		"/gestione/sedi/{house}/regole", "/gestione/sedi/{house}/regole/desk", "/gestione/sedi/{house}/regolamento", "/gestione/sedi/{house}/posti",
		"/gestione/sedi/{house}/pianta?piano=0", "/gestione/sedi/{house}/pianta?piano=1", "/gestione/sedi/{house}/stanze/nuova", "/gestione/sedi/{house}/stanze/{room}",
		"/gestione/sedi/{house}/posti/nuovo", "/gestione/sedi/{house}/posti/nuovo?insieme=1", "/gestione/sedi/{house}/posti/serie?stanza={room}", "/gestione/sedi/{house}/posti/{place}",
		"/gestione/sedi/{office}", "/gestione/sedi/{office}/posti", "/gestione/sedi/{office}/pianta?piano=0", "/gestione/sedi/{office}/orari", "/spazi/{house}/foto",
		"/gestione/sportelli", "/gestione/sportelli?q=zzzz", "/gestione/sportelli/ufficio-gavirate", "/gestione/sportelli/ufficio-gavirate/servizi", "/gestione/sportelli/ufficio-gavirate/appuntamenti", "/gestione/sportelli/ufficio-gavirate/servizi/passaporto", "/gestione/sportelli/ufficio-gavirate/persone", "/gestione/sportelli/ufficio-gavirate/turni/1", "/gestione/sportelli/ufficio-gavirate/chiudi/1", "/gestione/sportelli/ufficio-gavirate/resoconti",
		"/operatore/ufficio-gavirate/1/numero", "/operatore/ufficio-gavirate/1/cittadino", "/operatore/telefono", "/operatore/telefono?ufficio={office}&servizio=cedolino&persone=1",
		"/gestione/dispositivi", "/gestione/dispositivi?tipo=atm", "/gestione/dispositivi/nuovo", "/gestione/giorno", "/gestione/giorno?q=zzzz", "/gestione/giorno/chiudi?sede={house}", "/gestione/giorno/chiudi?sede={house}&guarda=1&cosa=sede&giorno={busy}",
		"/gestione/giorno/accogli?sede={house}", "/gestione/giorno/prenotazioni/{visit}", "/gestione/giorno/prenotazioni/{visit}/sposta",
		"/gestione/giorno/chiusure?sede={house}", "/gestione/giorno/chiusure/{closure}",
		"/gestione/cifre", "/gestione/cifre?sede=gavirate", "/gestione/cifre?periodo=zzz", "/gestione/regole", "/gestione/regole/desk", "/gestione/regolamento", "/gestione/regolamento/1",
		"/gestione/lotti", "/gestione/lotti/nuovo", "/gestione/lotti/L-06", "/gestione/lotti/L-06/cambia",
		"/gestione/elenchi", "/gestione/elenchi/sedi", "/gestione/elenchi/posti", "/gestione/elenchi/orari", "/gestione/elenchi/chiusure", "{good}", "{bad}", "/segnalazioni/gestione", "/gestione/organizzazioni",
		"/organizzazioni/{firm}", "/gestione/dispositivi/{device}", "/gestione/dispositivi/{device}/revoca",
	}},
	{"maria", []string{"/programma/dati", "/demo/postamat"}},
	{"renata", []string{ // programme officer
		"/gestione/programma", "/gestione/programma/proposte", "/gestione/programma/proposte?stato=refused", "{proposal}", "/gestione/programma/importa", "/gestione/programma/importa/tenders",
		"{rows}", "{badrows}", "/gestione/programma/inserisci/declarations?target=offices&word=conclusi", "/gestione/programma/inserisci/progress?milestone=PNC-F.1-240&date=2022",
		"/gestione/programma/inserisci/works", "/gestione/programma/inserisci/works?site=gavirate", "/gestione/programma/inserisci/documents?site=gavirate", "/gestione/programma/inserisci/payments", "/gestione/programma/inserisci/costs",
		"/programma/sintesi", "/programma/storia?tipo=milestones&riga=PNC-F.1-240",
	}},
	{"carla", []string{"/organizzazioni", "/organizzazioni/{firm}", "/organizzazioni/{firm}/modifica", "/prenotazioni"}}, // administrator of a company
	{"paola", []string{ // administrator
		"/gestione/elenchi/persone", "/gestione/persone", "/gestione/persone?ruolo=gestore", "/gestione/persone/invita", "/gestione/persone/inviti", "/gestione/persone/cerca",
		"/gestione/persone/{person}", "/gestione/persone/{person}/ruolo", "{proposal}",
		"/gestione/conservazione", "/gestione/impostazioni", "/gestione/impostazioni/nome", "/gestione/impostazioni/lingue", "/gestione/impostazioni/aspetto", "/gestione/impostazioni/indirizzo", "/gestione/impostazioni/titolare",
		"/gestione/impostazioni/posta", "/gestione/impostazioni/privacy", "/gestione/impostazioni/cookie", "/gestione/impostazioni/note-legali", "/gestione/impostazioni/accessibilita",
	}},
}

// desk is a network on which something has happened, for who runs it.
type desk struct {
	*store
	*server
	made *strings.Replacer // of names in braces
}

// newDesk has a guest in the house of the tests, a booking in the way of a
// closure, one out of the hours, lists to confirm and an invitation.
func newDesk(t *testing.T) *desk {
	t.Helper()
	s := newDemo(t, sqlite)
	srv := serve(t, s, "--demo")
	longNames(t, s, srv)
	srv.stop()
	srv = serve(t, s, "--demo")
	maria, luca, paola, renata := srv.visitor(), srv.visitor(), srv.visitor(), srv.visitor()
	renata.signIn("renata")
	maria.signIn("maria")
	luca.signIn("luca")
	paola.signIn("paola")

	var days []string
	for _, d := range srv.quietDays(srv.placesOf("gavirate", "desk")[0].ID, 4) {
		days = append(days, d.Format(time.DateOnly))
	}
	visit := maria.expected(s, days[0])
	for _, day := range days[:3] {
		_, held := maria.page("POST", "/spazi/gavirate/prenota", url.Values{
			"modo": {"auto"}, "posti": {"1"}, "tipo": {"desk"}, "giorno": {day}, "dalle": {"14:00"}, "alle": {"16:00"},
		})
		maria.confirmed(held)
	}
	closing := "/gestione/giorno/chiudi?sede=gavirate&guarda=1&cosa=sede&giorno="
	closure := luca.send(closing+days[1], url.Values{"motivo": {strings.Repeat("Lavori", 12)}})
	luca.insists("/gestione/sedi/gavirate/orari/giorni", url.Values{"come": {"chiuso"}, "dal": {days[2]}})
	luca.send("/gestione/sedi/gavirate/orari/giorni", url.Values{"come": {"chiuso"}, "dal": {days[3]}})
	paola.send("/gestione/persone/invita", url.Values{
		"email": {strings.Repeat("lunga", 12) + "@example.org"}, "ruolo": {"gestore"}, "ambito": {"sede"}, "sede": {longName}, "lingua": {"it"},
	})
	follow := func(what, name string) string {
		maria.send("/programma/segui", url.Values{"cosa": {"territorio"}, "territorio": {what}, "email": {"ada@example.org"}})
		found := maria.letter(regexp.MustCompile(`(?s)` + name + `.*?/programma/segui/conferma/[\w.-]+`))
		return found[strings.LastIndex(found, "/programma/"):]
	}
	anna := srv.visitor()
	anna.signIn("anna")
	anna.page("POST", "/operatore/ufficio-gavirate/1/prossimo", nil)
	luca.page("POST", "/gestione/sportelli/ufficio-gavirate/chiudi/3", url.Values{
		"dal": {days[0]}, "dalle": {"08:00"}, "al": {days[0]}, "alle": {"12:00"}, "motivo": {strings.Repeat("Guasto", 20)}, "visto": {"1"},
	})
	follows := maria.send(follow("province:VA", "Provincia di Varese"), nil)
	id := func(query string) string { return s.text(t, query) }
	return &desk{s, srv, strings.NewReplacer(
		"{house}", "gavirate", "{busy}", days[0], "{closed}", days[1], "{different}", days[3], "{visit}", visit,
		"{closure}", lastPart(closure), "{person}", "01900000-0000-7000-8000-000000000005", "{operator}", "01900000-0000-7000-8000-000000000004",
		"{office}", id("SELECT code FROM site WHERE kind = 'office' ORDER BY code LIMIT 1"),
		"{room}", id("SELECT r.id FROM room r JOIN site s ON s.id = r.site WHERE s.code = 'gavirate' ORDER BY r.code LIMIT 1"),
		"{place}", srv.placesOf("gavirate", "desk")[0].ID,
		"{firm}", id("SELECT id FROM organisation WHERE state = 'active'"),
		"{device}", lastPart(luca.send("/gestione/dispositivi/nuovo", url.Values{"tipo": {"kiosk"}, "sede": {longName}, "nome": {strings.Repeat("Totem", 12)}})),
		"{number}", maria.send("/sportello/ufficio-gavirate/numero", url.Values{"servizio": {"spedizioni", "certificati"}}),
		"{follows}", follows, "{confirm}", follow("region:Umbria", "Regione Umbria"),
		"{proposal}", renata.send("/gestione/programma/inserisci/declarations", url.Values{
			"target": {"offices"}, "word": {"conclusi"}, "as_of": {"2026-10"}, "value": {"5100"}, "source": {strings.Repeat("Relazione", 12)}, "note": {strings.Repeat("nota ", 80)},
		}),
		"{rows}", renata.uploads("/gestione/programma/importa/tenders", "cig;cup;importo_base_dasta_cig;oggetto\n9999900001;J59J21014170008;1250,5;"+strings.Repeat("Totem", 30)+"\n"),
		"{badrows}", renata.uploads("/gestione/programma/importa/tenders", "cig;base_eur\n9999900001;=1+1\n1;2\n"),
		"{good}", luca.uploads("/gestione/elenchi/sedi", "code,phone,name\ngavirate,+39 000 000111,\n"),
		"{bad}", luca.uploads("/gestione/elenchi/sedi", "code,phone,state\ngavirate,+39 000 000111,aperta\nnessuna,,\n"),
	)}
}

// lastPart is what stands behind the last slash of a path.
func lastPart(path string) string { return path[strings.LastIndex(path, "/")+1:] }

// insists sends a form of a house, is shown the affected bookings, and lets
// them stay.
func (v *visitor) insists(page string, fill url.Values) {
	v.t.Helper()
	a, _ := v.visit("POST", page, fill)
	root, err := webtest.Parse(string(a.body))
	if err != nil {
		v.t.Fatalf("%s: %v", page, err)
	}
	for _, f := range formsOf(page, root.One(v.t, "main")) {
		if f.fields.Has("tieni") {
			f.fields.Del("pagina")
			v.page("POST", page, f.fields)
			return
		}
	}
	v.t.Fatalf("%s: nothing is affected: %d %s", page, a.status, mainText(a.body))
}

// uploads sends a list to a page and waits until it is read.
func (v *visitor) uploads(to, text string) (at string) {
	v.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile("file", "elenco.csv")
	if err != nil {
		v.t.Fatal(err)
	}
	_, _ = part.Write([]byte(text)) // a buffer takes everything
	_ = w.Close()
	a, at := v.follow("POST", to, w.FormDataContentType(), b.Bytes())
	if a.status != http.StatusOK || !strings.Contains(at, "/file/") {
		v.t.Fatalf("a list sent is at %s: %d %s", at, a.status, mainText(a.body))
	}
	v.until(at, func(body string) bool { return !strings.Contains(body, "<progress") })
	return at
}

// The desk on which something has happened.
func TestDesk(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	t.Run("every page at every zoom", d.atEveryZoom)
	if !full {
		t.Run("no page is left out", d.noneLeftOut)
		t.Run("bytes", d.bytes)
	}
}

// Every page of the desk at every zoom, in both languages, with the names and
// the past that houses get; at full scale the same pages without scripts.
func (d *desk) atEveryZoom(t *testing.T) {
	for _, role := range deskPages {
		w := newWalker(t, d.server, 1280, "it", true)
		w.signIn(role.who)
		var pages []string
		for _, page := range role.pages {
			pages = append(pages, d.made.Replace(page))
		}
		if !full {
			w.glance(pages...)
			if role.who == "renata" {
				w.oneSheet("/programma/sintesi")
			}
			continue
		}
		w.Scripts(false)
		w.scripts = false
		for _, page := range pages {
			w.look(page, "it", 320, false)
		}
	}
}

// pageOfPDF is where a page of a PDF begins.
var pageOfPDF = regexp.MustCompile(`/Type /Page\b`)

// oneSheet wants a page to be printed on one sheet, A4 or the letter of America.
func (w *walker) oneSheet(at string) {
	w.t.Helper()
	for _, lang := range []string{"it", "en"} {
		w.Go(w.srv.url + at + "?lang=" + lang)
		for _, paper := range [][2]float64{{}, {8.27, 11.69}, {8.5, 11}} {
			if n := len(pageOfPDF.FindAll(w.Print(paper[0], paper[1]), -1)); n != 1 {
				w.t.Errorf("%s in %s is printed on %d sheets of %v inches", at, lang, n, paper)
			}
		}
	}
}

// shape is an address without which house, person or day it is of.
var shape = regexp.MustCompile(`/(turni|chiudi|servizi|sportelli|operatore|sedi|lotti|giorni|posti|stanze|regole|regolamento|prenotazioni|chiusure|persone|spazi|file|segnalazioni|proposte|importa|inserisci)/[^/]+`)

// No page of the desk that a link leads to is missing above.
func (d *desk) noneLeftOut(t *testing.T) {
	kind := func(at string) string {
		at, _, _ = strings.Cut(at, "?")
		return shape.ReplaceAllStringFunc(at, func(part string) string {
			name := part[strings.LastIndex(part, "/")+1:]
			if slices.Contains([]string{"nuova", "nuovo", "serie", "gestione", "invita", "inviti", "cerca"}, name) {
				return part
			}
			return strings.TrimSuffix(part, name) + "*"
		})
	}
	known := map[string]bool{}
	for _, role := range deskPages {
		for _, page := range role.pages {
			known[kind(d.made.Replace(page))] = true
		}
	}
	for _, role := range deskPages {
		v := d.visitor()
		v.signIn(role.who)
		for _, page := range role.pages {
			a, _ := v.visit("GET", d.made.Replace(page), nil)
			if a.status != http.StatusOK && !strings.Contains(page, "02-31") && !strings.Contains(page, "zzz") {
				t.Errorf("%s by %s: %d", page, role.who, a.status)
			}
			for _, m := range deskLink.FindAllSubmatch(a.body, -1) {
				if at := kind(string(m[1])); !known[at] {
					known[at] = true
					t.Errorf("%s leads to %s, at which nobody looks", page, m[1])
				}
			}
		}
	}
}

// deskLink is a link to a page of the desk, not to a file.
var deskLink = regexp.MustCompile(`<a [^>]*?href="(/gestione[^".#]*)["#]`)

// ofPage are the style sheets and scripts of a page.
var ofPage = regexp.MustCompile(`(?:<link rel="stylesheet" href|<script src)="([^"]+)"`)

// ownStyles is how many bytes a style sheet may have that only some pages load.
const ownStyles = 8 << 10

// Each page of the desk is within the budget of bytes, as they are sent.
func (d *desk) bytes(t *testing.T) {
	for _, role := range deskPages {
		v := d.visitor()
		v.signIn(role.who)
		for _, page := range role.pages {
			page = d.made.Replace(page)
			got := map[string]int{"html": len(v.squeezed(page).body)}
			a, _ := v.visit("GET", page, nil)
			for _, m := range ofPage.FindAllSubmatch(a.body, -1) {
				part, n := string(m[1]), len(v.squeezed(string(m[1])).body)
				if strings.HasSuffix(part, ".css") && !strings.Contains(part, "/polis.") { // of this page alone
					if n > ownStyles {
						t.Errorf("%s: %d bytes of %s, at most %d", page, n, part, ownStyles)
					}
					continue
				}
				got[part[strings.LastIndex(part, ".")+1:]] += n
			}
			for part, most := range budgets {
				if got[part] > most || got[part] == 0 {
					t.Errorf("%s: %d bytes of %s, at most %d", page, got[part], part, most)
				}
			}
		}
	}
}

// squeezed is an answer as a browser gets it that takes gzip.
func (v *visitor) squeezed(target string) answer {
	v.t.Helper()
	var cookies []string
	for name, value := range v.cookies {
		cookies = append(cookies, name+"="+value)
	}
	a, err := v.call("GET", target, "", nil, "Accept-Encoding", "gzip", "Accept", "text/html", "Cookie", strings.Join(cookies, "; "))
	if err != nil {
		v.t.Fatal(err)
	}
	return a
}
