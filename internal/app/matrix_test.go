package app

import (
	"database/sql"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"polis/internal/coworking"
	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/web"
	"polis/internal/reserve"
	"polis/internal/site"
)

// forAll are the pages that are for everybody, or for everybody who signs in
// (their own lists). A page that is not here is somebody's own: see the test.
var forAll = strings.Fields(`/accedi/conferma /accedi/conferma/sfida /accedi/passkey /accedi/passkey/sfida /riprendi /.well-known/webauthn
	/profilo/passkey /profilo/passkey/nuova /profilo/passkey/nuova/sfida /profilo/passkey/{id}/nome /profilo/passkey/{id}/togli
	/accedi /accedi/chi /accedi/codice /accedi/link /accedi/oidc/jwks.json /accedi/oidc/resolve /accedi/oidc/{name} /accedi/oidc/{name}/ritorno /accedi/riconosci /accedi/uscita /.well-known/openid-federation /accedi/ancora /accedi/condiviso /accedi/fine /esci /profilo/sessioni /profilo/sessioni/altri/fine /profilo/sessioni/{id}/fine /accessibilita /accoglienza/lettore /aiuto /deleghe /deleghe/nuova /deleghe/torna /calendario/{name} /contatti /cookie /dispositivo /dispositivo/sessione
	/demo/posta /demo/posta/{name} /demo/posta/{name}/calendario/{n} /demo/posta/{name}/messaggio.eml /invito /licenze /note-legali
	/prenotazioni /prenotazioni/calendario /prenotazioni/calendario/nuovo-indirizzo /prenotazioni/ricerche /privacy /problems/{kind} /profilo /profilo/accessi /profilo/accessi/{name} /profilo/consultazioni /profilo/dati /profilo/dati/archivio /profilo/dati/cancella /profilo/indirizzo /profilo/indirizzo/codice
	/sedi /sedi/{code} /segnala /segnala/sedi /segnalazioni /spazi /spazi/comuni /spazi/{code} /spazi/{code}/posti/{place}
	/spazi/{code}/prenota /registro /registro/sigillo /{$} /organizzazioni /organizzazioni/nuova
	/profilo/contatti /profilo/contatti/email /profilo/contatti/telefono /profilo/contatti/principale /profilo/contatti/togli /profilo/esigenze /profilo/messaggi /profilo/nascita /profilo/nome /profilo/programmi /profilo/programmi/nuovo /profilo/programmi/{id}/fine
	/programma/feed.atom /programma/segui /programma/segui/case /programma/segui/inviata /programma/segui/mie
	/appuntamenti /sportello /demo/sportello /demo/postamat /totem/{office}/consegna`)

// public tells whether a page is one of them. The account of the programme is for
// everybody, but for what somebody follows of it.
func public(path string) bool {
	account := strings.HasPrefix(path, "/programma") && !strings.HasPrefix(path, "/programma/segui") || strings.HasPrefix(path, "/opendata/")
	return account || slices.Contains(forAll, path)
}

// What is somebody's own is nobody else's: a visitor is asked to sign in or led
// on, another citizen is refused or led on, and neither is ever shown anything.
func TestNobodySeesWhatIsAnothers(t *testing.T) {
	m := newMatrix(t)
	giuseppe, private := m.as("giuseppe"), 0
	for _, pattern := range m.patterns {
		method, path, _ := strings.Cut(pattern, " ")
		if public(path) {
			continue
		}
		private++
		for name, cookie := range map[string]string{"a visitor": "", "another citizen": giuseppe} {
			status := m.send(cookie, method, m.filled(path), nil).StatusCode
			good := status == 401 || status == 403 || status == 404 || status == 303 && (method == "GET" || cookie == "")
			if !good {
				t.Errorf("%s: %s gets %d", pattern, name, status)
			}
		}
	}
	if len(m.patterns) < 70 || private < 40 {
		t.Errorf("%d patterns, %d private: are all found?", len(m.patterns), private)
	}
}

// Who works at one house neither sees nor changes what is another's: refused,
// or shown a page that says nothing of it.
func TestAHouseIsNotAnothers(t *testing.T) {
	m := newMatrix(t)
	other := m.other()
	shared := m.shared(other)
	for _, role := range []identity.Role{identity.CounterOperator, identity.SiteManager} {
		if err := m.p.grants.Give(t.Context(), identity.Grant{Person: m.person("ines"), Role: role, Scope: identity.Site(other.ID)}); err != nil {
			t.Fatal(err)
		}
		ines, shown := m.as("ines"), 0
		before := m.acts()
		for _, pattern := range m.patterns {
			method, path, _ := strings.Cut(pattern, " ")
			open := public(path)
			if open && method != "GET" || strings.HasPrefix(path, "/demo/") || path == "/accedi" { // they name the test people
				continue
			}
			form := m.form()
			full := m.filled(path)
			if method == "GET" {
				full += "?" + form.Encode()
			}
			res := m.send(ines, method, full, form)
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			said := m.says(string(body))
			switch status := res.StatusCode; {
			case status == 401, status == 403, status == 404, status == 303 && method == "GET":
			case status == 303 && role == identity.SiteManager && strings.HasPrefix(path, "/gestione/persone/"): // looks for whom they gave roles
			case open: // the house is everybody's, the people are not
				if said != "" && said != m.house.Name && said != secretReason {
					t.Errorf("%s: a %s of another house reads %q", pattern, role, said)
				}
			case status == 200, status == 400, status == 409, status == 412, status == 422:
				shown++
				if said != "" || status == 200 && ofAnother.MatchString(path) {
					t.Errorf("%s: a %s of another house gets %d and reads %q", pattern, role, status, said)
				}
			default:
				t.Errorf("%s: a %s of another house gets %d and is led to %s", pattern, role, status, res.Header.Get("Location"))
			}
		}
		for _, pattern := range m.patterns { // of a booking in both houses they see the part in theirs
			if method, path, _ := strings.Cut(pattern, " "); method == "GET" && strings.Contains(path, "{id}") {
				body, err := io.ReadAll(m.send(ines, method, strings.ReplaceAll(m.filled(path), m.booking, shared), nil).Body)
				if text := string(body); err != nil || strings.Contains(text, m.house.Name) {
					t.Errorf("%s: a %s of another house reads of %s, %v", pattern, role, m.house.Name, err)
				}
			}
		}
		if body, err := io.ReadAll(m.send(ines, "GET", "/gestione/giorno/prenotazioni/"+shared, nil).Body); err != nil || !strings.Contains(string(body), other.Name) {
			t.Errorf("a %s does not see their own part of a booking: %v", role, err)
		}
		if after := m.acts(); !slices.Equal(before, after) {
			t.Errorf("a %s of another house did %v", role, after[len(before):])
		}
		if here := m.send(ines, "GET", "/gestione/giorno?sede="+other.Code, nil); shown < 3 || here.StatusCode != 200 {
			t.Errorf("a %s sees %d pages, and the day of their own house as %d: are they who they should be?", role, shown, here.StatusCode)
		}
	}
}

// ofAnother is in a pattern what stands for a thing of the house or of Maria.
var ofAnother = regexp.MustCompile(`\{(id|number|saved|code|place|room|lot)\}`)

// matrix is a demonstration with a booking, a report and a closure of a house, to
// be sought by whom they do not concern.
type matrix struct {
	t                             *testing.T
	p                             *program
	handler                       http.Handler
	patterns                      []string
	house                         *site.Site
	booking, report, closure, lot string
	place                         *site.Resource
	room                          *site.Room
	things
}

func newMatrix(t *testing.T) *matrix {
	t.Helper()
	return matrixOf(t, demonstration(t, slog.DiscardHandler))
}

func matrixOf(t *testing.T, p *program) *matrix {
	t.Helper()
	m := &matrix{t: t, p: p}
	var err error
	if m.handler, err = m.p.handler(); err != nil {
		t.Fatal(err)
	}
	m.patterns = patternsOf(t, m.p.everyPage(t))
	net := m.p.live.Network()
	if m.house, err = net.ByCode("gavirate"); err != nil {
		t.Fatal(err)
	}
	m.place, m.room = net.OfKind(m.house.ID, site.Desk)[0], net.Rooms(m.house.ID)[0]
	maria := m.as("maria")
	day := time.Now().AddDate(0, 0, 21)
	for day.Weekday() != time.Wednesday {
		day = day.AddDate(0, 0, 1)
	}
	held := m.send(maria, "POST", "/spazi/gavirate/prenota", url.Values{
		"modo": {"auto"}, "posti": {"1"}, "giorno": {day.Format(time.DateOnly)}, "dalle": {"10:00"}, "alle": {"12:00"}, "tipo": {"desk"},
	}).Header.Get("Location")
	m.booking = strings.TrimPrefix(held, "/prenotazioni/")
	made := m.send(maria, "POST", "/segnala", url.Values{"tema": {"altro"}, "testo": {"Qualcosa non va per niente."}}).Header.Get("Location")
	m.report = strings.TrimPrefix(made, "/segnalazioni/")
	if m.booking == held || m.report == made || m.send(maria, "GET", held, nil).StatusCode != 200 || m.send(maria, "GET", made, nil).StatusCode != 200 {
		t.Fatalf("booking at %q, report at %q", held, made)
	}
	luca := identity.Actor{Person: m.person("luca"), Role: identity.NetworkManager, Scope: identity.Network}
	if m.closure, err = m.p.coworking.CloseAndTell(t.Context(), luca, coworking.ClosureRequest{
		Site: m.house.ID, Resources: []string{m.place.ID}, Reason: secretReason, From: day.Truncate(time.Hour), To: day.Truncate(time.Hour).Add(2 * time.Hour),
	}, nil, "matrix"); err != nil {
		t.Fatal(err)
	}
	lots := regexp.MustCompile(`/gestione/lotti/([^"/?]+)"`)
	body, err := io.ReadAll(m.send(m.as("luca"), "GET", "/gestione/lotti", nil).Body)
	if found := lots.FindAllStringSubmatch(string(body), -1); err == nil {
		for _, x := range found {
			if x[1] != "nuovo" {
				m.lot = x[1]
			}
		}
	}
	if m.lot == "" {
		t.Fatal("no lot")
	}
	m.makeThings()
	return m
}

// secretReason is what only those read whom a closure concerns.
const secretReason = "Zanzariera rotta"

func (m *matrix) send(cookie, method, path string, form url.Values) *http.Response {
	r := httptest.NewRequestWithContext(m.t.Context(), method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Cookie", cookie)
	w := httptest.NewRecorder()
	m.handler.ServeHTTP(w, r)
	return w.Result()
}

// as signs a test person in.
func (m *matrix) as(who string) string {
	for _, c := range m.send("", "POST", "/accedi", url.Values{"person": {who}}).Cookies() {
		if strings.Contains(c.Name, "session") {
			return c.Name + "=" + c.Value
		}
	}
	m.t.Fatal("no session for", who)
	return ""
}

func (m *matrix) person(key string) string {
	id, err := m.p.testers.SignInAs(key)
	if err != nil {
		m.t.Fatal(err)
	}
	return id
}

// other is an open space that is not the house.
func (m *matrix) other() *site.Site {
	for _, hit := range m.p.live.Network().Sites(site.Filter{Kind: site.Space, State: site.Open}) {
		if hit.Site.ID != m.house.ID {
			return hit.Site
		}
	}
	m.t.Fatal("no other house")
	return nil
}

// shared is a booking of Maria in the house and in another.
func (m *matrix) shared(other *site.Site) string {
	from := time.Now().UTC().AddDate(0, 0, 14).Truncate(24 * time.Hour).Add(10 * time.Hour)
	for from.Weekday() != time.Wednesday {
		from = from.AddDate(0, 0, 1)
	}
	var req coworking.Request
	for i, st := range []*site.Site{m.house, other} {
		start := from.Add(time.Duration(i) * 2 * time.Hour)
		req.Parts = append(req.Parts, coworking.PartRequest{Site: st.ID, Kind: site.Desk, Count: 1, From: start, To: start.Add(time.Hour)})
	}
	b, err := m.p.coworking.Book(m.t.Context(), identity.Actor{Person: m.person("maria"), Role: identity.Citizen}, req)
	if err != nil {
		m.t.Fatal(err)
	}
	return b.ID
}

// filled is a path of a pattern with what belongs to the house or to Maria.
func (m *matrix) filled(path string) string {
	name := "nessuno"
	if strings.HasPrefix(path, "/calendario/") {
		name = m.diary
	}
	return strings.NewReplacer("{id}", m.thingOf(path), "{number}", m.report, "{saved}", m.search, "{subject}", m.booking, "{entry}", m.entry, "{name}", name, "{code}", m.house.Code, "{place}", m.place.Code, "{room}", m.room.ID,
		"{lot}", m.lot, "{giorno}", "2030-01-01", "{tipo}", "desk", "{parte}", "stato", "{edition}", "1", "{slug}", "nome", "{list}", "sedi", "{table}", "occupazione.csv", "{file}", "scheda.json", "{kind}", "works").Replace(path)
}

// form is what somebody may send who knows the ids of others.
func (m *matrix) form() url.Values {
	return url.Values{
		"sede": {m.house.Code}, "casa": {m.house.Code}, "site": {m.house.ID}, "prenotazione": {m.booking}, "persona": {m.person("maria")},
		"cerca": {reserve.Reference(m.booking)}, "motivo": {"x"}, "chiave": {"k"}, "tipo": {"desk"}, "posti": {"1"}, "guarda": {"1"}, "rev": {"1"},
		"invito": {m.member}, "organizzazione": {m.party}, "posto": {m.place.Code}, "cosa": {"sede"}, "nome": {"x"}, "testo": {"Una risposta abbastanza lunga."}, "stato": {"chiusa"},
	}
}

// says is what a page tells of the house or of Maria; "" where it tells nothing.
func (m *matrix) says(body string) string {
	for _, secret := range []string{"Maria B", m.report, secretReason, m.house.Name} { // the house last: all may read of it
		if strings.Contains(body, secret) {
			return secret
		}
	}
	return ""
}

// acts are all acts but those of signing in, of what happens by itself, and of
// reading what is theirs to read.
func (m *matrix) acts() []string {
	list, err := db.All(m.t.Context(), m.p.db, allActs, func(rows *sql.Rows) (s string, err error) { return s, rows.Scan(&s) }, m.person("ines"))
	if err != nil {
		m.t.Fatal(err)
	}
	return list
}

var allActs = db.Q("app.test-acts", `SELECT kind FROM act WHERE person = $1 AND kind <> 'person.read' ORDER BY id`)

// everyPage has the pages of all rooms once more, to list them.
func (p *program) everyPage(t *testing.T) *http.ServeMux {
	t.Helper()
	var err error
	if p.words, err = allWords(); err != nil {
		t.Fatal(err)
	}
	ui, err := web.New(p.words, p.webConfig(p.api(http.NewServeMux(), p.words)))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	if err := p.pages(mux, ui); err != nil {
		t.Fatal(err)
	}
	return mux
}

// patternsOf lists what is registered in a mux, which does not tell by itself.
func patternsOf(t *testing.T, mux *http.ServeMux) (list []string) {
	t.Helper()
	index := reflect.ValueOf(mux).Elem().FieldByName("index")
	add := func(patterns reflect.Value) {
		for i := range patterns.Len() {
			list = append(list, patterns.Index(i).Elem().FieldByName("str").String())
		}
	}
	add(index.FieldByName("multis"))
	for each := index.FieldByName("segments").MapRange(); each.Next(); {
		add(each.Value())
	}
	slices.Sort(list)
	return slices.Compact(list)
}
