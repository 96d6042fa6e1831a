package app

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"polis/internal/fiscal"
	"polis/internal/identity"
	"polis/internal/platform/backup"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/schema"
)

// aboutNobody are the tables that hold nothing of people: what houses are, how
// places stand, what the program keeps of its own work.
var aboutNobody = strings.Fields(`site room resource composite_part site_exception occupancy allocation waiting closure closure_cell bookmark job job_turn blob site_photo house_rules report_number setting secret revision
	house_change clearing_booking lot lot_site figure_offer figure_day figure_sum journal_log leaf leaf_tree checkpoint sealer passkey_challenge kept_form device_code device_proof device_session retention_run municipality rule programme_operation programme_news
	forecast_time forecast_margin forecast_told forecast_held`)

// Every table is answered for: by a room that says what it holds of people, or
// here. A new one without an answer fails.
func TestEveryTableIsAnsweredFor(t *testing.T) {
	tables, err := backup.Tables(schema.Files)
	if err != nil {
		t.Fatal(err)
	}
	claimed := map[string]bool{}
	for _, h := range privacyWithout(&env{clock: clock.System{}}).Holders {
		for _, table := range h.Tables {
			if claimed[table] || slices.Contains(aboutNobody, table) {
				t.Errorf("%s is answered for twice", table)
			}
			claimed[table] = true
		}
	}
	for _, table := range aboutNobody {
		if !slices.Contains(tables, table) {
			t.Errorf("there is no table %s", table)
		}
	}
	for _, table := range tables {
		if !claimed[table] && !slices.Contains(aboutNobody, table) {
			t.Errorf("nobody says what of people is in the table %s: claim it in a privacy.Holder, and say what is told of it and what is left when its person is forgotten", table)
		}
	}
}

// heard is a log that is kept.
type heard struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(p)
}

// spellings are the forms in which a text could stand somewhere.
func spellings(text string) map[string]string {
	out := map[string]string{
		"plain": text, "lower": strings.ToLower(text), "upper": strings.ToUpper(text), "hex": hex.EncodeToString([]byte(text)), "address": url.QueryEscape(text),
	}
	for skip := range 3 { // however it lies among others
		whole := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\x00", skip) + text))
		out["base64"+strings.Repeat("+", skip)] = strings.TrimRight(whole, "=")[(skip*4+2)/3:][:len(text)*4/3-2]
	}
	return out
}

var inBytes = regexp.MustCompile(`\{"b":"([A-Za-z0-9+/=]*)"\}`)

// everything is all that lies in the database, column by column, bytes as they
// are.
func everything(t *testing.T, d *db.DB) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "all.gz")
	whole := backup.Source{DB: d, Schema: schema.Files}
	if _, err := whole.WriteFile(t.Context(), time.Now(), file, backup.Pace{}, func(string, int64) {}); err != nil {
		t.Fatal(err)
	}
	text := unzipped(t, file)
	var out bytes.Buffer
	out.WriteString(text)
	for _, x := range inBytes.FindAllStringSubmatch(text, -1) {
		raw, err := base64.StdEncoding.DecodeString(x[1])
		if err != nil {
			t.Fatal(err)
		}
		out.Write(raw)
		out.WriteByte('\n')
	}
	return out.Bytes()
}

// witnessed is all that lies in the folder from which outside witnesses fetch.
func (m *matrix) witnessed() (all []byte) {
	m.t.Helper()
	files, err := filepath.Glob(filepath.Join(filepath.Dir(m.p.db.URL), "checkpoints", "*"))
	if err != nil {
		m.t.Fatal(err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			m.t.Fatal(err)
		}
		all = append(append(all, path...), text...)
	}
	return all
}

// file is the database as it lies on the disk.
func (m *matrix) file() (all []byte) {
	m.t.Helper()
	if err := m.p.db.Scrub(m.t.Context()); err != nil {
		m.t.Fatal(err)
	}
	for _, end := range []string{"", "-wal"} {
		text, err := os.ReadFile(m.p.db.URL + end)
		if err != nil && !os.IsNotExist(err) {
			m.t.Fatal(err)
		}
		all = append(all, text...)
	}
	return all
}

var keysOf = db.Q("app.test-keys-of", `SELECT key, fiscal, contact, data FROM person WHERE id = $1`)

// Nothing by which somebody can be known lies open anywhere: not in the log, the
// journal, the tables, the file or the backups; and once they are forgotten, not
// even what was encrypted.
func TestNobodyIsFoundByLooking(t *testing.T) {
	log := &heard{}
	m := matrixOf(t, demonstration(t, slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	ctx := t.Context()
	number, err := fiscal.Make("Quarktonius", "Zylvester", fiscal.Date{Year: 1961, Month: 2, Day: 27}, fiscal.Male, "H501")
	if err != nil {
		t.Fatal(err)
	}
	who, err := m.p.people.Create(ctx, identity.Person{FiscalNumber: number, GivenName: "Zylvester", FamilyName: "Quarktonius", BirthDate: "1961-02-27", Email: "zylvester.quarktonius@example.net"})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if err := m.p.sessions.Begin(w, httptest.NewRequestWithContext(ctx, "GET", "/", nil), identity.Proof{Person: who.ID, Method: "demo", Level: identity.LevelLow}); err != nil {
		t.Fatal(err)
	}
	own := w.Header().Get("Set-Cookie")
	own, _, _ = strings.Cut(own, ";")
	held := m.send(own, "POST", "/spazi/gavirate/prenota", url.Values{
		"modo": {"auto"}, "posti": {"1"}, "giorno": {m.dayOfBooking()}, "dalle": {"14:00"}, "alle": {"15:00"}, "tipo": {"desk"},
	}).Header.Get("Location")
	const said = "Il rubinetto Perlimpinpin gocciola da ieri."
	made := m.send(own, "POST", "/segnala", url.Values{"tema": {"altro"}, "testo": {said}}).Header.Get("Location")
	_, desk := m.reader()
	steps := []struct {
		cookie, method, path string
		form                 url.Values
		status               int
	}{
		{"", "POST", "/accedi", url.Values{"email": {who.Email}}, 303},
		{desk, "GET", "/gestione/giorno" + held, nil, 200},
		{desk, "GET", made, nil, 200},
		{desk, "POST", made + "/risposta", url.Values{"risposta": {"Perlimpinpin sarà riparato domani mattina."}, "rev": {"1"}}, 303},
		{desk, "POST", "/gestione/persone/cerca", url.Values{"email": {who.Email}}, 303},
		{desk, "GET", "/gestione/persone/" + who.ID, nil, 200},
		{own, "GET", "/profilo", nil, 200},
		{own, "POST", "/profilo/dati", nil, 303},
	}
	for _, x := range steps {
		if res := m.send(x.cookie, x.method, x.path, x.form); res.StatusCode != x.status {
			t.Errorf("%s %s: %d", x.method, x.path, res.StatusCode)
		}
	}
	if _, err := m.p.worker.RunDue(ctx); err != nil {
		t.Fatal(err)
	}
	m.seek("while known", log, who, said)

	var key, found, contact, data []byte
	if err := db.One(ctx, m.p.db, keysOf, []any{who.ID}, &key, &found, &contact, &data); err != nil {
		t.Fatal(err)
	}
	if file := m.file(); !bytes.Contains(file, key) || !bytes.Contains(file, found) {
		t.Fatal("the file is not the one that is looked through")
	}
	if res := m.send(own, "POST", "/profilo/dati/cancella", url.Values{"capito": {"1"}}); res.StatusCode != 303 {
		t.Fatalf("forgotten: %d", res.StatusCode)
	}
	file, rows := m.seek("once forgotten", log, who, said)
	for name, secret := range map[string][]byte{"key": key, "index of the number": found, "index of the address": contact, "data": data} {
		if bytes.Contains(file, secret) || bytes.Contains(rows, secret) {
			t.Errorf("their %s is still there", name)
		}
	}
}

// seek looks for a person in all that is kept: a backup is a part of the tables.
func (m *matrix) seek(when string, log *heard, who identity.Person, said string) (file, tables []byte) {
	m.t.Helper()
	log.mu.Lock()
	places := map[string][]byte{"log": bytes.Clone(log.text.Bytes())}
	log.mu.Unlock()
	places["tables"], places["file"], places["witnesses"] = everything(m.t, m.p.db), m.file(), m.witnessed()
	if len(places["witnesses"]) == 0 {
		m.t.Error("nothing lies in the folder of the witnesses")
	}
	nowhere(m.t, when, places, who.FiscalNumber, who.GivenName, who.FamilyName, who.Email, who.BirthDate, said, "Perlimpinpin")
	return places["file"], places["tables"]
}

// nowhere reports where a secret stands, however it is written.
func nowhere(t *testing.T, when string, places map[string][]byte, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		for form, text := range spellings(secret) {
			for place, all := range places {
				if i := bytes.Index(all, []byte(text)); i >= 0 {
					t.Errorf("%s, %q is in the %s (%s): …%q…", when, secret, place, form, all[max(0, i-80):min(len(all), i+80)])
				}
			}
		}
	}
}
