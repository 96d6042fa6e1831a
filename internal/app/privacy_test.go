package app

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"polis/internal/fiscal"
	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
)

// marks are what a page tells of Maria.
func (m *matrix) marks() []string {
	p, err := m.p.people.Get(m.t.Context(), m.person("maria"))
	if err != nil {
		m.t.Fatal(err)
	}
	return []string{p.DisplayName(), p.FullName(), p.Email, p.FiscalNumber, reserve.Reference(m.booking)}
}

// reader signs somebody in who may see everything, and whom nobody knew before.
func (m *matrix) reader() (id, cookie string) {
	m.t.Helper()
	ctx := m.t.Context()
	p, err := m.p.people.Create(ctx, identity.Person{GivenName: "Prova", FamilyName: "Lettura"})
	if err == nil {
		err = m.p.grants.Give(ctx, identity.Grant{Person: p.ID, Role: identity.Administrator, Scope: identity.Network})
	}
	w := httptest.NewRecorder()
	if err == nil {
		err = m.p.sessions.Begin(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil), identity.Proof{Person: p.ID, Method: "demo", Level: identity.LevelLow})
	}
	if err != nil {
		m.t.Fatal(err)
	}
	for _, c := range w.Result().Cookies() {
		if strings.Contains(c.Name, "session") {
			return p.ID, c.Name + "=" + c.Value
		}
	}
	m.t.Fatal("no session")
	return "", ""
}

var (
	readsBy = db.Q("app.test-reads", `SELECT COUNT(*) FROM record_read WHERE reader = $1 AND subject = $2`)
	actsBy  = db.Q("app.test-read-acts", `SELECT COUNT(*) FROM act WHERE person = $1 AND kind = 'person.read'`)
)

func (m *matrix) count(q db.Query, args ...any) (n int) {
	m.t.Helper()
	if err := db.One(m.t.Context(), m.p.db, q, args, &n); err != nil {
		m.t.Fatal(err)
	}
	return n
}

// No page shows anything of somebody to who works here without an act that says
// so, and a page is one act, however much it shows.
func TestEveryLookIsAnAct(t *testing.T) {
	m := newMatrix(t)
	maria, marks := m.person("maria"), m.marks()
	asks := []struct {
		method, path string
		form         url.Values
	}{
		{"POST", "/gestione/cerca", url.Values{"cerca": {marks[4]}}},
		{"POST", "/gestione/persone/cerca", url.Values{"email": {marks[2]}}},
		{"GET", "/gestione/elenchi/persone/elenco.csv", nil},
	}
	day := m.dayOfBooking()
	for _, pattern := range m.patterns {
		if method, path, _ := strings.Cut(pattern, " "); method == "GET" && !slices.Contains(forAll, path) {
			form := m.form()
			form.Set("giorno", day)
			form.Del("cerca") // it would stand on the page
			asks = append(asks, struct {
				method, path string
				form         url.Values
			}{method, m.filled(path) + "?" + form.Encode(), nil})
		}
	}
	shown := 0
	for _, ask := range asks {
		id, cookie := m.reader()
		body, err := io.ReadAll(m.send(cookie, ask.method, ask.path, ask.form).Body)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(marks, func(mark string) bool { return strings.Contains(string(body), mark) }) {
			continue
		}
		shown++
		if m.count(readsBy, id, maria) == 0 {
			t.Errorf("%s %s shows Maria, and leaves nothing to say so", ask.method, ask.path)
		}
		if n := m.count(actsBy, id); n != 1 {
			t.Errorf("%s %s: %d acts", ask.method, ask.path, n)
		}
	}
	if shown < 6 {
		t.Errorf("%d pages show Maria: are all asked?", shown)
	}
	body, err := io.ReadAll(m.send(m.as("maria"), "GET", "/profilo/consultazioni", nil).Body)
	if text := string(body); err != nil || strings.Count(text, "Prova L.") < shown || !strings.Contains(text, marks[4]) || !strings.Contains(text, m.report) {
		t.Errorf("Maria does not read who looked, %v: %s", err, text)
	}
}

func (m *matrix) dayOfBooking() string {
	b, err := m.p.engine.Get(m.t.Context(), m.booking)
	if err != nil {
		m.t.Fatal(err)
	}
	return b.Starts.Format(time.DateOnly)
}

// counted are the counters and bookings that say in their keys whose they are.
var counted = db.Q("app.test-counted", `
	SELECT (SELECT COUNT(*) FROM counter WHERE key LIKE $1) + (SELECT COUNT(*) FROM booking WHERE uses LIKE $1)`)

var bookingsToCome = db.Q("app.test-to-come", `SELECT COUNT(*) FROM booking WHERE person = $1 AND due IS NOT NULL`)

// Somebody takes all that is held about them, and is forgotten; the last
// administrator is still needed.
func TestTakeAllAndBeForgotten(t *testing.T) {
	m := newMatrix(t)
	ctx, id, marks := t.Context(), m.person("maria"), m.marks()
	maria := m.as("maria")
	m.lastStays()
	if _, cookie := m.reader(); m.send(cookie, "GET", "/gestione/giorno/prenotazioni/"+m.booking, nil).StatusCode != 200 {
		t.Fatal("the booking is not shown")
	}
	if res := m.send(maria, "POST", "/profilo/dati", nil); res.StatusCode != 303 || res.Header.Get("Location") != "/profilo/dati" {
		t.Fatalf("asked: %d %v", res.StatusCode, res.Header)
	}
	if _, err := m.p.worker.RunDue(ctx); err != nil {
		t.Fatal(err)
	}
	var file []byte
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); <-time.After(20 * time.Millisecond) { // the program's own worker may have it
		res := m.send(maria, "GET", "/profilo/dati/archivio", nil)
		if file, _ = io.ReadAll(res.Body); res.StatusCode == 200 {
			break
		}
	}
	all := unpacked(t, file)
	for name, wants := range map[string][]string{
		"dati.html":    {marks[1], marks[2], marks[3], marks[4], "Gavirate", "Qualcosa non va per niente.", "Prova L."},
		"dati.json":    {marks[3], m.booking},
		"bookings.csv": {marks[4]},
	} {
		for _, want := range wants {
			if !strings.Contains(all[name], want) {
				t.Errorf("%s does not say %q", name, want)
			}
		}
	}
	if res := m.send(maria, "POST", "/profilo/dati/cancella", nil); res.StatusCode != 400 {
		t.Errorf("not confirmed: %d", res.StatusCode)
	}
	program := m.plant(id)
	if m.count(counted, "%"+id+"%") == 0 {
		t.Error("nothing is counted of her")
	}
	if m.count(bookingsToCome, id) == 0 {
		t.Error("there is nothing to cancel")
	}
	if res := m.send(maria, "POST", "/profilo/dati/cancella", url.Values{"capito": {"1"}}); res.StatusCode != 303 {
		body, _ := io.ReadAll(res.Body)
		t.Fatalf("confirmed: %d %s", res.StatusCode, body)
	}
	if _, err := m.p.people.Get(ctx, id); !errs.Is(err, errs.NotFound) {
		t.Errorf("then %v", err)
	}
	if _, err := m.p.people.ByFiscalNumber(ctx, fiscal.Normalize(marks[3])); !errs.Is(err, errs.NotFound) {
		t.Errorf("found by her number: %v", err)
	}
	if n := m.count(counted, "%"+id+"%"); n != 0 {
		t.Errorf("%d counters and bookings still name her", n)
	}
	if n := m.count(bookingsToCome, id); n != 0 {
		t.Errorf("%d bookings to come", n)
	}
	if res := m.send(maria, "GET", "/profilo/dati", nil); res.StatusCode != 303 {
		t.Errorf("still signed in: %d", res.StatusCode)
	}
	m.nothingAdmits(id, program)
	if res := m.send(m.as("luca"), "GET", "/segnalazioni/"+m.report, nil); res.StatusCode != 200 {
		t.Errorf("her report, by who answers it: %d", res.StatusCode)
	}
	if _, err := reserve.Check(ctx, m.p.db, func(text string) { t.Error(text) }); err != nil {
		t.Error(err)
	}
}

// lastStays sees that the last administrator is told to name another first.
func (m *matrix) lastStays() {
	paola := m.as("paola")
	for _, res := range []*http.Response{m.send(paola, "GET", "/profilo/dati/cancella", nil), m.send(paola, "POST", "/profilo/dati/cancella", url.Values{"capito": {"1"}})} {
		if body, err := io.ReadAll(res.Body); err != nil || !strings.Contains(string(body), "amministratore") || strings.Contains(string(body), `name="capito"`) {
			m.t.Errorf("%d %s", res.StatusCode, body)
		}
	}
	if _, err := m.p.people.Get(m.t.Context(), m.person("paola")); err != nil {
		m.t.Error(err)
	}
}

func unpacked(t *testing.T, file []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all[f.Name] = string(text)
	}
	return all
}

// asProgram sends a request of a program that has the token of somebody who may
// see everything, and whom nobody knew before.
func (m *matrix) asProgram(method, path string) (reader, body string) {
	m.t.Helper()
	reader, _ = m.reader()
	token, err := m.p.tokens.Create(m.t.Context(), identity.TokenSpec{Person: reader, Name: "prova", Role: identity.Administrator, Scope: identity.Network, MadeBy: reader})
	if err != nil {
		m.t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(m.t.Context(), method, path, nil)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	m.handler.ServeHTTP(w, r)
	return reader, w.Body.String()
}

// What holds for pages holds for the answers of the API: lists of bookings among
// them, though they name them by ids alone.
func TestEveryLookOfAProgramIsAnAct(t *testing.T) {
	m := newMatrix(t)
	maria := m.person("maria")
	marks := append(m.marks(), maria, m.booking, "Qualcosa non va") // the list of reports has neither person nor text
	from, err := time.Parse(time.DateOnly, m.dayOfBooking())
	if err != nil {
		t.Fatal(err)
	}
	query := url.Values{"from": {from.Format(time.RFC3339)}, "to": {from.AddDate(0, 0, 1).Format(time.RFC3339)}}.Encode()
	shown := 0
	for path, item := range m.p.api(http.NewServeMux(), m.p.words).OpenAPI().Paths {
		if item.Get == nil || strings.HasPrefix(path, "/api/v1/journal/") { // which says ids alone, of an act that one must know
			continue
		}
		full := m.filled(path)
		if strings.HasPrefix(path, "/api/v1/sites/") {
			full = strings.Replace(path, "{id}", m.house.ID, 1) + "?" + query
		}
		reader, body := m.asProgram("GET", full)
		if !slices.ContainsFunc(marks, func(mark string) bool { return strings.Contains(body, mark) }) || strings.Contains(body, `"status":4`) {
			continue
		}
		shown++
		if reads, acts := m.count(readsBy, reader, maria), m.count(actsBy, reader); reads == 0 || acts != 1 {
			t.Errorf("GET %s shows something of Maria: %d notes, %d acts", path, reads, acts)
		}
	}
	if shown < 3 {
		t.Errorf("%d answers show something of Maria: are all asked?", shown)
	}
}
