package manage_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"polis/internal/agenda"
	"polis/internal/coworking/coworkingtest"
	"polis/internal/platform/db/dbtest"
	"polis/internal/reserve"
	"polis/internal/site"
)

const auroraDesk = "/gestione/sedi/aurora"

func TestPagesOfWhatAHouseIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t)).serve()
	w.get(auroraDesk).want(200, "Spazio Aurora", "Aperto", "Pagina pubblica", "Dove si trova", "+39 0332 123456", "Dalla stazione a piedi.", "Caffè, Wi-Fi", "tutti")
	w.open("luca", "en", "GET", auroraDesk, nil).want(200, "Where it is", "Coffee, Wi-Fi")
	for _, c := range []struct {
		part    string
		changes []string
		says    []string
		holds   func(site.Site) bool
	}{
		{
			"dove",
			[]string{"nome", "Spazio Alba", "comune", "Varese (VA)", "indirizzo", "Via Nuova 3", "lat", "45,82", "lon", "8,82", "taglia", "large"},
			[]string{"Spazio Alba", "Varese (VA)", "45.82, 8.82", "Grande"},
			func(st site.Site) bool {
				return st.Municipality == "012133" && st.Size == site.Large && st.Zone == "" && st.Code == "aurora"
			},
		},
		{
			"contatti",
			[]string{"telefono", "+39 0332 654321", "email", "alba@example.org", "strada", "A destra.\r\n\r\nPoi dritto.", "directions", ""},
			[]string{"+39 0332 654321", "A destra. Poi dritto.", "non indicato"},
			func(st site.Site) bool { return st.Profile.Directions == site.Text{IT: "A destra.\n\nPoi dritto."} },
		},
		{
			"servizi",
			[]string{"parcheggio", "street", "riservati", "", "superficie", "470", "edificio", "modern", "servizi", "garden"},
			[]string{"Giardino", "Parcheggio pubblico nelle vicinanze", "Edificio moderno", "470"},
			func(st site.Site) bool { return st.Profile.AccessibleBays == 0 && st.Profile.StepFree == site.Yes },
		},
		{"gruppi", []string{"gruppi", "soci, amici  soci"}, []string{"amici, soci"}, func(st site.Site) bool { return len(st.Groups) == 2 }},
		{
			"stato",
			[]string{"stato", "suspended", "dal", "2026-11-20", "apre", "2027-01-07"},
			[]string{"Chiuso al momento", "giovedì 7 gennaio 2027"},
			func(st site.Site) bool { return st.State == site.Suspended && st.StateSince == "2026-11-20" },
		},
	} {
		path := auroraDesk + "/scheda/" + c.part
		w.open("luca", "en", "GET", path, nil).want(200)
		if w.get(path).want(200).send(path, c.changes...).want(200, append(c.says, "Salvato.")...); !c.holds(w.aurora()) {
			t.Errorf("%s: %+v", c.part, w.aurora())
		}
	}
	w.get(auroraDesk + "/scheda/altro").want(404)
	w.get("/gestione/sedi/nessuna").want(404)
}

func TestPagesRefuseWhatIsWrong(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t)).serve()
	was := w.aurora().Rev
	for _, c := range []struct {
		part, name, value, says string
	}{
		{"dove", "nome", "", "Nome: campo da compilare"},
		{"dove", "comune", "Atlantide", "Scegliere un comune dall’elenco"},
		{"dove", "comune", "San", "Scegliere un comune dall’elenco"},
		{"dove", "lat", "95", "Latitudine"},
		{"dove", "lon", "", "sia la latitudine sia la longitudine"},
		{"dove", "fuso", "Europe/Atlantide", "Fuso orario: Questo valore non è ammesso."},
		{"dove", "tipo", "castle", "Tipo"},
		{"contatti", "telefono", "chiamare", "Telefono: Questo valore non è ammesso."},
		{"contatti", "email", "alba", "E-mail: Questo valore non è ammesso."},
		{"contatti", "strada", strings.Repeat("x", 2001), "Come si arriva, in italiano"},
		{"servizi", "superficie", "-1", "Superficie"},
		{"servizi", "servizi", "pool", "Servizi per tutti: Questo valore non è ammesso."},
		{"stato", "dal", "domani", "Dal"},
		{"stato", "stato", "", "Stato"},
	} {
		path := auroraDesk + "/scheda/" + c.part
		got := w.get(path).send(path, c.name, c.value).want(400, "Qualcosa è da correggere", c.says)
		if got.One(t, "#error-summary"); c.name == "nome" && got.value("nome") != "" {
			t.Error("what was typed is lost")
		}
	}
	if w.aurora().Rev != was {
		t.Error("something was saved")
	}
}

// Who sends a form that was shown before somebody else changed the house sees
// what changed, and loses nothing that they typed.
func TestPagesOfTwoAtOneTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t)).serve()
	path := auroraDesk + "/scheda/dove"
	first, second, third := w.get(path), w.get(path), w.get(path)
	first.send(path, "nome", "Primo", "indirizzo", "Via Prima 1").want(200, "Primo")
	again := second.send(path, "indirizzo", "Via Seconda 2").want(409, "Nel frattempo qualcuno ha cambiato questa sede", "Primo", "Via Prima 1")
	if again.value("nome") != "Primo" || again.value("indirizzo") != "Via Seconda 2" {
		t.Errorf("the form shows %q and %q", again.value("nome"), again.value("indirizzo"))
	}
	again.send(path).want(200, "Primo", "Via Seconda 2")
	hours := auroraDesk + "/orari"
	w.get(hours).send(hours, "lun-dalle-1", "07:00").want(200) // elsewhere: affects nobody
	third.send(path, "nome", "Primo", "indirizzo", "Via Seconda 2", "lat", "45.9").want(200, "45.9")
	if st := w.aurora(); st.Name != "Primo" || st.Address != "Via Seconda 2" || st.Lat != 45.9 {
		t.Errorf("Aurora is %q at %q, %v", st.Name, st.Address, st.Lat)
	}
}

func TestPagesOfHours(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t)).serve()
	path := auroraDesk + "/orari"
	page := w.get(path).want(200, "lunedì 23 novembre 2026", "08:00–20:00")
	w.open("luca", "en", "GET", path, nil).want(200, "Monday 23 November 2026")
	if page.value("sab-alle-1") != "13:00" || page.value("dom-dalle-1") != "" || page.value("testo") != w.aurora().Hours.String() {
		t.Error("the form does not show the hours")
	}
	for _, c := range []struct {
		name    string
		changes []string
		want    string
	}{
		{"a break", []string{"lun-alle-1", "13:00", "lun-dalle-2", "14:00", "lun-alle-2", "18:00"}, "Mo 08:00-13:00,14:00-18:00; Tu-Fr 08:00-20:00; Sa 09:00-13:00; PH off"},
		{"by text", []string{"testo", "Mo-Fr 08:00-20:00; Sa 20:00-02:00; PH off"}, "Mo-Fr 08:00-20:00; Sa 20:00-02:00; PH off"},
		{"midnight", []string{"sab-dalle-1", "10:00", "sab-alle-1", "00:00"}, "Mo-Fr 08:00-20:00; Sa 10:00-24:00; PH off"},
		{"all day", []string{"dom-dalle-1", "00:00", "dom-alle-1", "00:00"}, "Mo-Fr 08:00-20:00; Sa 10:00-24:00; Su 00:00-24:00; PH off"},
		{"holidays as usual", []string{"festivi", "solito"}, "Mo-Fr 08:00-20:00; Sa 10:00-24:00; Su 00:00-24:00"},
		{"holidays of their own", []string{"festivi", "orario", "fest-dalle-1", "9", "fest-alle-1", "12.30"}, "Mo-Fr 08:00-20:00; Sa 10:00-24:00; Su 00:00-24:00; PH 09:00-12:30"},
		{"three spans, by text", []string{"testo", "Tu 08:00-09:00,10:00-11:00,12:00-13:00"}, "Tu 08:00-09:00,10:00-11:00,12:00-13:00"},
		{"the third, in the table", []string{"mar-alle-3", "13:30"}, "Tu 08:00-09:00,10:00-11:00,12:00-13:30"},
		{"both, alike", []string{"mar-alle-3", "14:00", "testo", "Tu 08:00-09:00,10:00-11:00,12:00-14:00"}, "Tu 08:00-09:00,10:00-11:00,12:00-14:00"},
		{"never", []string{"testo", "off"}, "off"},
		{"weekdays again", []string{"testo", "Mo-Fr 08:00-20:00; PH off"}, "Mo-Fr 08:00-20:00; PH off"},
	} {
		if w.get(path).send(path, c.changes...).want(200, "L’orario è stato salvato."); w.aurora().Hours.String() != c.want {
			t.Errorf("%s: %s, want %s", c.name, w.aurora().Hours, c.want)
		}
	}
	if w.get(path).send(path, "patrono-giorno", "26", "patrono-mese", "11").want(200, "festa patronale"); w.aurora().Patron != (agenda.MonthDay{Month: 11, Day: 26}) {
		t.Errorf("the patron is %s", w.aurora().Patron)
	}
	was := w.aurora()
	for _, c := range []struct {
		changes []string
		says    string
	}{
		{[]string{"lun-alle-1", ""}, "Lunedì: Indicare sia l’inizio sia la fine."},
		{[]string{"lun-dalle-1", "25:00"}, "Lunedì"},
		{[]string{"lun-dalle-2", "19:00", "lun-alle-2", "21:00"}, "si sovrappone"},
		{[]string{"testo", "Mo-Fr"}, "Mancano i giorni o le ore"},
		{[]string{"testo", "Xx 08:00-09:00"}, "non è un giorno"},
		{[]string{"testo", "Mo 8-9"}, "non è una fascia"},
		{[]string{"testo", "Mo 08:00-09:00", "mar-dalle-1", "09:00"}, "dicono orari diversi"},
		{[]string{"patrono-giorno", "30", "patrono-mese", "2"}, "Questo giorno non esiste"},
		{[]string{"patrono-giorno", "30", "patrono-mese", ""}, "Questo giorno non esiste"},
		{[]string{"festivi", "mai"}, "Nei giorni festivi"},
	} {
		w.get(path).send(path, c.changes...).want(400, c.says)
	}
	look := w.get(path).send(path, "lun-dalle-1", "07:30", "vedi", "1").want(200, "Anteprima: non ancora salvata", "07:30–20:00")
	if look.value("lun-dalle-1") != "07:30" || look.value("testo") != "Mo 07:30-20:00; Tu-Fr 08:00-20:00; PH off" {
		t.Errorf("the preview shows %q and %q", look.value("lun-dalle-1"), look.value("testo"))
	}
	if now := w.aurora(); now.Rev != was.Rev {
		t.Error("something was saved")
	}
	if look.send(path).want(200, "L’orario è stato salvato."); w.aurora().Hours.String() != "Mo 07:30-20:00; Tu-Fr 08:00-20:00; PH off" {
		t.Errorf("saved after a look: %s", w.aurora().Hours)
	}
}

func TestPagesOfAffectedBookings(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t)).serve()
	for i := range 6 {
		for _, code := range []string{"D-01", "D-02", "D-03", "D-04", "H-AB"} {
			w.book(w.Maria, code, tuesday(18, 7*i), tuesday(20, 7*i))
		}
	}
	w.book(w.Giuseppe, "M-1", tuesday(10, 0), tuesday(11, 0))
	path := auroraDesk + "/orari"
	affected := w.get(path).send(path, "mar-alle-1", "19:00").
		want(422, "30 prenotazioni interessate", "Nulla è stato salvato", "D-01", "H-AB", "fino a 60 persone", "Fuori dall’orario", "1–25 di 30")
	if n := len(affected.All("tbody")[0].All("tr")) + len(affected.One(t, ".polis-affected").All("tr")); n < 26 || strings.Contains(affected.Text(), "M-1") || strings.Contains(affected.Text(), "Maria") {
		t.Errorf("the list has %d rows: %s", n, affected.Text())
	}
	form := affected.One(t, "form[action="+path+"]")
	next := w.open("luca", "it", http.MethodPost, path, affected.fields(form, "pagina", "2")).want(422, "26–30 di 30")
	if next.value("mar-alle-1") != "19:00" {
		t.Error("what was typed is lost")
	}
	if next.send(path).want(422); w.aurora().Hours.On(time.Tuesday, false)[0].To != 20*60 {
		t.Error("saved without the box")
	}
	keep := next.One(t, "input[name=tieni]").Attr["value"]
	w.Clock.Advance(time.Minute)
	w.book(w.Maria, "D-05", tuesday(19, 0), tuesday(20, 0)) // after the list was shown
	again := next.send(path, "tieni", keep).want(422, "31 prenotazioni interessate")
	w.Clock.Advance(time.Minute)
	again.send(path, "tieni", again.One(t, "input[name=tieni]").Attr["value"]).want(200, "L’orario è stato salvato.")
	if w.aurora().Hours.On(time.Tuesday, false)[0].To != 19*60 {
		t.Error("not saved with the box")
	}
	for _, page := range []string{auroraDesk, path} {
		w.get(page).want(200, "31 prenotazioni in arrivo non sono più nell’orario della sede.", "Vedi e sistema")
	}
	settle := auroraDesk + "/da-sistemare"
	first := w.get(settle).want(200, "1–25 di 31", "Fuori dall’orario")
	w.get(settle+"?pagina=2").want(200, "26–31 di 31")
	if href := first.One(t, ".polis-affected-table").All("a")[0].Attr["href"]; href != "/gestione/giorno?giorno=2026-11-24&sede=aurora" {
		t.Errorf("the first leads to %s", href)
	}
	for _, b := range mustAhead(t, w) {
		w.cancel(b)
	}
	w.get(settle).want(200, "Nessuna prenotazione da sistemare")
	w.Check(t)
}

// mustAhead are the coming bookings of Aurora.
func mustAhead(t *testing.T, w *world) []reserve.Booking {
	t.Helper()
	var units []int64
	for _, r := range w.Live.Network().Resources(coworkingtest.SiteID("aurora")) {
		units = append(units, r.Ordinal)
	}
	list, err := w.Engine.Ahead(t.Context(), units)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// A state without a date holds from today on; the same state goes on.
func TestPagesOfTheStateOfAHouse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t)).serve()
	path := auroraDesk + "/scheda/stato"
	for _, c := range []struct{ state, from, want string }{
		{"suspended", "2026-11-02", "2026-11-02"}, {"suspended", "", "2026-11-02"}, {"open", "", "2026-11-23"}, {"open", "3/11/2026", "2026-11-03"},
	} {
		w.get(path).send(path, "stato", c.state, "dal", c.from).want(200)
		if st := w.aurora(); string(st.State) != c.state || st.StateSince != c.want {
			t.Errorf("%s from %q: %s since %s", c.state, c.from, st.State, st.StateSince)
		}
	}
}

func TestPagesOfDaysThatAreDifferent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t)).serve()
	path := auroraDesk + "/orari"
	add := path + "/giorni"
	w.get(path).want(200, "Nessun giorno diverso in arrivo")
	w.open("luca", "en", "GET", add, nil).want(200, "A day with different hours")
	w.get(add).send(add, "dal", "2026-12-24", "al", "2026-12-31").want(200, "Il giorno è stato salvato.", "giovedì 24 dicembre 2026: chiuso", "giovedì 31 dicembre 2026: chiuso")
	w.get(add).send(add, "dal", "29/11/2026", "come", "orario", "orario-dalle-1", "10:00", "orario-alle-1", "12:00").
		want(200, "domenica 29 novembre 2026: 10:00–12:00", "orario diverso")
	one := path + "/giorni/2026-12-24"
	w.get(one).want(200, "Di solito: 08:00–20:00.").send(one, "come", "orario", "orario-dalle-1", "09:00", "orario-alle-1", "13:00").want(200, "giovedì 24 dicembre 2026: 09:00–13:00")
	for _, c := range [][]string{
		{"dal", ""},
		{"dal", "2026-12-24", "al", "2026-12-01"},
		{"dal", "2026-12-24", "al", "2028-12-24"},
		{"dal", "2026-12-24", "come", "orario"},
		{"dal", "2026-12-24", "come", "orario", "orario-dalle-1", "10:00"},
		{"dal", "2026-12-24", "come", "forse"},
	} {
		w.get(add).send(add, c...).want(400, "Qualcosa è da correggere")
	}
	w.get(path + "/giorni/domani").want(404)
	w.get(path + "/giorni/2026-12-06/togli").want(404)
	if n := len(w.aurora().Exceptions); n != 9 {
		t.Fatalf("%d exceptions", n)
	}
	w.book(w.Maria, "D-01", tuesday(10, 0).AddDate(0, 0, 5), tuesday(11, 0).AddDate(0, 0, 5)) // the Sunday that opens
	drop := path + "/giorni/2026-11-29/togli"
	asked := w.get(drop).want(200, "Togliere l’orario diverso di domenica 29 novembre 2026?", "Tornerebbe l’orario solito: chiuso.")
	affected := asked.send(drop).want(422, "1 prenotazione interessata")
	affected.send(drop, "tieni", affected.One(t, "input[name=tieni]").Attr["value"]).want(200, "Il giorno ha di nuovo l’orario solito.")
	w.open("luca", "it", http.MethodPost, drop, nil).want(200, "Il giorno ha di nuovo l’orario solito.") // a second tap
	for i := range 30 {
		if err := w.Store.SaveExceptions(t.Context(), coworkingtest.SiteID("aurora"), tomorrow.AddDays(60+i), tomorrow.AddDays(60+i), nil, ""); err != nil {
			t.Fatal(err)
		}
	}
	w.Reload(t)
	many := w.get(path).want(200, "1–20 di 38")
	w.get(path+"?pagina=2").want(200, "21–38 di 38")
	if n := len(many.One(t, ".polis-rows").All("li")); n != 20 {
		t.Errorf("%d days on a page", n)
	}
}

func TestPagesOfANewHouse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t)).serve()
	const path = "/gestione/sedi/nuova"
	w.open("luca", "en", "GET", path, nil).want(200, "New site")
	w.get(path).want(200, "Nuova sede").send(path).want(400, "Nome: campo da compilare")
	proposed := w.get(path).send(path, "nome", "Spazio Città d’Ampezzo", "comune", "Cortina d’Ampezzo (BL)", "indirizzo", "Corso Italia 1").
		want(200, "sono stati proposti")
	if code := proposed.value("codice-sede"); code != "spazio-citta-d-ampezzo" {
		t.Errorf("the code proposed is %q", code)
	}
	if len(proposed.All(".polis-map")) != 1 || !strings.HasPrefix(proposed.value("lat"), "46.5") {
		t.Errorf("the point proposed is %q", proposed.value("lat"))
	}
	if moved := proposed.send(path, "comune", "Varese").want(200, "sono stati proposti"); !strings.HasPrefix(moved.value("lat"), "45.8") || moved.value("comune") != "Varese (VA)" {
		t.Errorf("for another municipality the point is still %q", moved.value("lat"))
	}
	proposed.send(path).want(200, "La sede è stata creata.", "Spazio Città d’Ampezzo", "In programma")
	proposed.send(path).want(409, "Un’altra sede ha già questo codice.") // a second tap
	st, err := w.Live.Network().ByCode("spazio-citta-d-ampezzo")
	if err != nil || st.State != site.Planned || st.Kind != site.Space || len(st.Hours.On(time.Monday, false)) != 1 {
		t.Errorf("%+v, %v", st, err)
	}
	if code := w.get(path).send(path, "nome", "Spazio città d’Ampezzo", "comune", "Roma", "indirizzo", "Via 1").want(200).value("codice-sede"); code != "spazio-citta-d-ampezzo-2" {
		t.Errorf("the code proposed is %q", code)
	}
	for _, c := range []struct{ name, value, says string }{
		{"codice-sede", "nuova", "ha già questo codice"},
		{"codice-sede", "due parole", "Codice"},
		{"comune", "Atlantide", "Scegliere un comune"},
		{"tipo", "", "Tipo"},
	} {
		got := w.get(path).send(path, "nome", "X", "comune", "Roma", "indirizzo", "Via 1", "codice-sede", "x-1", "lat", "41.9", "lon", "12.5", c.name, c.value)
		if got.status != 400 && got.status != 409 || !strings.Contains(got.Text(), c.says) {
			t.Errorf("%s %q: %d %.300s", c.name, c.value, got.status, got.Text())
		}
	}
	if got := w.do("luca", "/gestione/comuni?comune=gavi"); !strings.Contains(got, `<option value="Gavirate (VA)">`) {
		t.Errorf("suggestions: %s", got)
	}
}

// do asks for what is no page.
func (w *world) do(who, path string) string {
	w.t.Helper()
	r, err := http.NewRequest(http.MethodGet, w.srv.URL+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Test-Person", who)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	text := new(strings.Builder)
	if err := res.Write(text); err != nil {
		w.t.Fatal(err)
	}
	return text.String()
}

func TestPagesOfRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t)).serve()
	id, path := coworkingtest.SiteID("aurora"), auroraDesk+"/regole"
	w.get(path).want(200, "Postazioni", "Come la rete.", "Regole della rete")
	w.open("luca", "en", "GET", path, nil).want(200, "Desks", "As the network.")
	w.get("/gestione/sedi/cantiere/regole").want(200, "Postazioni")
	desk := path + "/desk"
	page := w.get(desk).want(200, "Ora valgono le regole della rete.")
	if page.value("max_length") != "12" || page.value("min_length") != "30" {
		t.Error("the form does not show the rules")
	}
	w.book(w.Maria, "D-01", tuesday(9, 0), tuesday(17, 0))
	page.send(desk, "max_length", "6", "max_length-unita", "ore", "horizon_days", "30", "lead", "1", "lead-unita", "giorni", "late_start", "0").
		want(200, "Le regole sono state salvate.", "1 prenotazione in arrivo fu fatta con altre regole", "Diverso dalla rete, dove vale: 12 ore.")
	if r := w.Live.Network().Rules(id, site.Desk); r.MaxLength != 360 || r.Lead != 1440 || r.HorizonDays != 30 || r.MinLength != 30 {
		t.Errorf("%+v", r)
	}
	w.get(path).want(200, "4 regole diverse dalla rete.", "6 ore (invece di 12 ore)")
	for _, c := range []struct{ name, value, says string }{
		{"min_length", "20", "multiplo di 15 minuti"},
		{"max_length", "", "Durata massima: campo da compilare"},
		{"grain", "20", "multiplo di 15 minuti"},
		{"late_start", "60", "Con un anticipo minimo"},
		{"horizon_days", "900", "Il valore massimo è 800"},
		{"no_shows", "0", "Il valore minimo è 1"},
		{"coming", "x", "Prenotazioni in arrivo"},
		{"max_length-unita", "anni", "Unità"},
	} {
		w.get(desk).send(desk, c.name, c.value).want(400, c.says)
	}
	w.get(desk+"/togli").want(200, "Questi posti avranno di nuovo le regole della rete").send(desk+"/togli").want(200, "Le regole sono di nuovo quelle comuni.")
	w.open("luca", "it", http.MethodPost, desk+"/togli", nil).want(200) // a second tap
	if _, own := w.Live.Network().OwnRules(id, site.Desk); own {
		t.Error("the rules are still its own")
	}
	const network = "/gestione/regole"
	w.get(network).want(200, "Regole della rete", "Sale eventi", "Come di partenza.")
	w.get(network+"/hall").send(network+"/hall", "coming", "9").want(200)
	if got := w.Live.Network().Rules(id, site.Hall).Coming; got != 9 {
		t.Errorf("the hall of Aurora allows %d", got)
	}
	w.get(network+"/hall/togli").send(network+"/hall/togli").want(200, "Come di partenza.")
	w.get(network + "/admission").want(404)
	w.get("/gestione/sedi/nessuna/regole").want(404)
}

func TestPagesOfHouseRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t)).serve()
	network, path := "/gestione/regolamento", auroraDesk+"/regolamento"
	w.get(network).want(200, "Non c’è un regolamento da accettare.").send(network).want(400, "campo da compilare")
	first := w.get(network).send(network, "testo", "Silenzio.\r\n\r\nOrdine.", "text", "Silence.").want(200, "Che cosa cambia", "in 6 sedi")
	if _, ok := w.Live.Network().HouseRules(""); ok {
		t.Fatal("published without a look")
	}
	first.send(network).want(200, "La nuova versione è pubblicata", "Vale la versione 1", "Versione 1")
	w.get(path).want(200, "Vale il regolamento della rete, versione 1")
	other := w.get(path)
	second := w.get(path).send(path, "testo", "Silenzio.\n\nPulizia.\n\nOrdine.").want(200, "La accetterà chi conferma la prossima prenotazione in Spazio Aurora.")
	if added := second.All("ins"); len(added) != 1 || added[0].Text() != "Pulizia." || len(second.All("del")) != 0 {
		t.Errorf("added: %v", added)
	}
	second.send(path, "testo", "Silenzio.").want(200, "Che cosa cambia") // another text than the one that was looked at
	second.send(path).want(200, "La nuova versione è pubblicata")
	other.send(path, "testo", "Altro.").want(409, "Nel frattempo", "Pulizia.")
	w.get(path).send(path).want(400, "Il testo è uguale")
	w.get(path+"/1").want(200, "Versione 1", "Pulizia.", "Silence.")
	w.get(path + "/2").want(404)
	w.get(path + "/x").want(404)
	w.open("luca", "en", "GET", path, nil).want(200, "House rules", "Version 1 holds")
	id := coworkingtest.SiteID("aurora")
	for i := range 25 {
		if _, err := w.Store.PublishHouseRules(t.Context(), id, site.Text{IT: fmt.Sprint("Testo ", i)}, ""); err != nil {
			t.Fatal(err)
		}
	}
	w.Reload(t)
	w.get(path).want(200, "Versione 26", "Successivi")
	w.get(path+"?dopo=7").want(200, "Versione 6", "Versione 1", "Dall’inizio")
}

// The pages of a house are for who runs it; those of the network for who runs
// the network.
func TestWhoSeesThePagesOfAHouse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t)).serve()
	house := []string{"", "/scheda/dove", "/scheda/stato", "/orari", "/orari/giorni", "/regole", "/regole/desk", "/regole/desk/togli", "/regolamento"}
	network := []string{"/gestione/regole", "/gestione/regole/desk", "/gestione/regolamento", "/gestione/sedi/nuova"}
	for _, path := range house {
		for who, want := range map[string][2]int{"luca": {200, 200}, "bruno": {200, 403}, "anna": {403, 403}, "maria": {403, 403}} {
			w.open(who, "it", "GET", auroraDesk+path, nil).want(want[0])
			w.open(who, "it", "GET", "/gestione/sedi/borgo"+path, nil).want(want[1])
			if want[1] == 403 && path != "" && path != "/regole" {
				w.open(who, "it", "POST", "/gestione/sedi/borgo"+path, url.Values{"x": {"1"}}).want(403)
			}
		}
	}
	for _, path := range network {
		for who, want := range map[string]int{"luca": 200, "bruno": 403, "anna": 403, "maria": 403} {
			w.open(who, "it", "GET", path, nil).want(want)
			if want == 403 && path != "/gestione/regole" {
				w.open(who, "it", "POST", path, url.Values{"x": {"1"}}).want(403)
			}
		}
	}
}
