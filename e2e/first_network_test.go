package e2e

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"polis/internal/platform/web/webtest"
)

var (
	setUpSecret = regexp.MustCompile(`[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3,}`)
	mailedLink  = regexp.MustCompile(`http://[^\s"<>]+/invito#[^\s"<>]+`)
	mailedCode  = regexp.MustCompile(`Codice: (\d{6})\b`)
)

// send sends the form of a page, filled in, and follows to where it leads.
func (v *visitor) send(page string, fill url.Values) (at string) {
	v.t.Helper()
	root, at := v.page("GET", page, nil)
	for _, f := range formsOf(at, root.One(v.t, "main")) {
		if f.method != "POST" || !f.asks(fill) {
			continue
		}
		maps.Copy(f.fields, fill)
		action := f.action
		if action == "" {
			action = at
		}
		kind, body := "application/x-www-form-urlencoded", []byte(f.fields.Encode())
		if f.upload {
			kind, body = multiparts(f.fields)
		}
		a, at := v.follow("POST", action, kind, body)
		if a.status != http.StatusOK {
			v.t.Fatalf("%s: %d: %s", action, a.status, strings.Join(strings.Fields(mainText(a.body)), " "))
		}
		return at
	}
	v.t.Fatalf("%s has no form", page)
	return ""
}

// asks tells whether a form has a field for something of what is filled in: a
// page may have others.
func (f pageForm) asks(fill url.Values) bool {
	for name := range fill {
		if _, is := f.fields[name]; is {
			return true
		}
	}
	return len(fill) == 0
}

// mainText is what a page says.
func mainText(body []byte) string {
	root, err := webtest.Parse(string(body))
	if err != nil || len(root.All("main")) == 0 {
		return string(body)
	}
	return root.All("main")[0].Text()
}

// multiparts are the fields of a form as one that takes files sends them, with
// none chosen.
func multiparts(fields url.Values) (contentType string, body []byte) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, list := range fields {
		for _, v := range list {
			_ = w.WriteField(name, v) // a buffer takes everything
		}
	}
	_ = w.Close()
	return w.FormDataContentType(), b.Bytes()
}

// From an empty folder to the first guest of one's own network, and to
// PostgreSQL with all that happened: what somebody does who installs the
// program on a Friday afternoon.
func TestFirstNetwork(t *testing.T) {
	everyDay(t)
	t.Parallel()
	post := newMailServer(t)
	s := newEmpty(t, sqlite)
	srv := serve(t, s)
	paola := srv.visitor()
	paola.setUp(post)

	// Their houses, of which one line is wrong at first.
	sites, wrong := firstSites()
	s.refuses(t, wrong, "sites", "line 12", "Gavirrate")
	if n := s.number(t, "SELECT COUNT(*) FROM site"); n != 0 {
		t.Fatalf("%d sites of a list with a bad row", n)
	}
	s.imports(t, sites, "sites")
	s.imports(t, firstPlaces, "resources")
	s.imports(t, sites, "sites") // twice changes nothing
	if n := s.number(t, "SELECT SUM(rev) FROM site"); n != 32 {
		t.Errorf("the revisions of 32 sites add up to %d", n)
	}
	paola.until("/api/v1/sites?limit=250&kind=office", func(body string) bool { return strings.Count(body, `"code"`) == 30 })
	paola.until("/api/v1/sites/lago/resources", func(body string) bool { return strings.Contains(body, "M-01") })

	// A manager for one of them, by invitation.
	paola.send("/gestione/persone/invita", url.Values{
		"email": {"luca@example.org"}, "nome": {"Luca"}, "cognome": {"Ferrari"}, "ruolo": {"gestore"}, "ambito": {"sede"}, "sede": {"Spazio Lago"},
	})
	luca := srv.visitor()
	luca.invited(post.find(t, "luca@example.org", mailedLink))
	luca.accepts()
	luca.page("GET", "/gestione/giorno?sede=lago", nil)
	if a, _ := luca.visit("GET", "/gestione/persone", nil); a.status != http.StatusOK || !strings.Contains(string(a.body), "Ferrari") || strings.Contains(string(a.body), "Greco") {
		t.Errorf("a manager at the list of people sees others than those of the house: %d", a.status)
	}

	// The first guest.
	maria := srv.visitor()
	maria.send("/accedi?next=/spazi/lago", url.Values{"email": {"maria@example.org"}})
	maria.send("/accedi/codice", url.Values{"codice": {strings.ReplaceAll(post.find(t, "maria@example.org", mailedCode), " ", "")}})
	maria.send("/profilo?next=/spazi/lago", url.Values{"nome": {"Maria"}, "cognome": {"Bianchi"}})
	from := nextStart()
	got, held := maria.visit("POST", "/spazi/lago/prenota", url.Values{
		"modo": {"auto"}, "posti": {"1"}, "tipo": {"desk"},
		"giorno": {from.Format(time.DateOnly)}, "dalle": {from.Format("15:04")}, "alle": {clockAfter(from, 30*time.Minute)},
	})
	if !strings.HasPrefix(held, "/prenotazioni/") {
		t.Fatalf("a hold leads to %s: %d %s", held, got.status, mainText(got.body))
	}
	maria.confirmed(held)
	id := strings.TrimPrefix(held, "/prenotazioni/")
	post.find(t, "maria@example.org", regexp.MustCompile(`Spazio Lago`))
	luca.page("POST", "/accoglienza/arrivo", url.Values{"casa": {"lago"}, "prenotazione": {id}})
	if !s.stands(t, id, "checked-in") {
		t.Fatal("the guest is not in")
	}

	// To PostgreSQL.
	file := filepath.Join(t.TempDir(), "polis.backup")
	s.do(t, "backup", file)
	srv.stop()
	to := newEmpty(t, postgres)
	copyFile(t, s.kek, to.kek)
	to.do(t, "restore", file)
	to.check(t)
	again := filepath.Join(t.TempDir(), "again.backup")
	to.do(t, "backup", again)
	was, is := rowsOf(t, file), rowsOf(t, again)
	for table, rows := range was {
		onTheirWay := []string{"message", "job", "job_turn", "bookmark"} // a copy tells nobody again
		if table == "act" || table == "journal_log" {                    // and opens a log of its own, whose first entry is where the other stood
			if len(is[table]) != len(rows)+1 || !slices.Equal(rows, is[table][:len(rows)]) {
				t.Errorf("%s: %d rows, %d after:\n%s", table, len(rows), len(is[table]), firstDifference(rows, is[table]))
			}
			continue
		}
		if !slices.Contains(onTheirWay, table) && !slices.Equal(rows, is[table]) {
			t.Errorf("%s: %d rows, %d after; they differ:\n%s", table, len(rows), len(is[table]), firstDifference(rows, is[table]))
		}
	}
	for _, table := range []string{"session", "signin_code", "signin_limit", "signin_link", "oidc_ticket", "oidc_seen", "invitation", "list_upload"} {
		if rows, there := was[table]; there { // what admits somebody for a while stays behind
			t.Errorf("%s: the backup has %d rows", table, len(rows))
		}
	}
	moved := serve(t, to)
	luca.server, maria.server = moved, moved
	if _, at := maria.visit("GET", held, nil); !strings.HasPrefix(at, "/accedi") {
		t.Errorf("a session of before the restore is at %s", at)
	}
	luca.page("POST", "/accedi/link", url.Values{"chiave": {strings.TrimSpace(to.do(t, "person", "link", "luca@example.org"))}})
	luca.page("POST", "/accedi/link", url.Values{"entra": {"1"}})
	luca.page("GET", "/gestione/giorno?sede=lago", nil)
	a, _ := moved.visitor().visit("GET", "/avvio", nil)
	if a.status != http.StatusNotFound {
		t.Errorf("a store that is in use shows the set-up: %d", a.status)
	}
}

// setUp goes through the pages of the first run, as its administrator.
func (v *visitor) setUp(post *mailServer) {
	v.t.Helper()
	secret := setUpSecret.FindString(v.said)
	if secret == "" {
		v.t.Fatalf("no secret: %s", v.said)
	}
	if _, at := v.page("GET", "/spazi", nil); at != "/avvio" {
		v.t.Fatalf("a page before the set-up is at %s", at)
	}
	host, port, _ := strings.Cut(post.address, ":")
	at := v.send("/avvio", url.Values{"segreto": {secret}})
	for _, step := range []url.Values{
		{"lingue": {"it,en"}},
		{"nome": {"Spazi del Lago"}},
		{"colore": {"#00695c"}},
		{"indirizzo": {v.url}},
		{"titolare": {"Unione dei Comuni del Lago"}, "email": {"info@lago.example.org"}},
		{"server": {host}, "porta": {port}, "sicurezza": {"none"}, "mittente": {"noreply@lago.example.org"}},
	} {
		at = v.send(at, step)
	}
	v.send(at, url.Values{"a": {"paola@example.org"}})
	post.find(v.t, "paola@example.org", regexp.MustCompile(`Spazi del Lago`))
	v.send("/avvio/testi", nil)
	v.send("/avvio/amministratore", url.Values{"nome": {"Paola"}, "cognome": {"Greco"}, "email": {"paola@example.org"}})
	if at = v.send("/avvio/fine", nil); !strings.HasPrefix(at, "/gestione") {
		v.t.Fatalf("after the set-up: %s", at)
	}
}

// firstSites are 30 offices and two spaces, and the same with a bad row.
func firstSites() (good, bad string) {
	var b strings.Builder
	b.WriteString("frazionario;nomePunto;indirizzoPunto;citta;lat;lon;kind;state;hours\n")
	for i := range 30 {
		city := []string{"Gavirate", "Luino", "Laveno-Mombello"}[i%3]
		fmt.Fprintf(&b, "86%03d;Ufficio postale %s %d;Via Roma %d;%s;%.4f;%.4f;office;open;Mo-Fr 08:20-13:35\n", i, city, i, i+1, city, 45.84+float64(i)/1000, 8.71)
	}
	b.WriteString("lago;Spazio Lago;Via del Lago 1;Gavirate;45.8437;8.7177;space;open;24/7\n")
	b.WriteString("monte;Spazio Monte;Via del Monte 2;Varese;45.8206;8.8251;space;works;Mo-Fr 09:00-18:00\n")
	good = b.String()
	lines := strings.Split(good, "\n")
	lines[11] = strings.Replace(lines[11], ";Luino;", ";Gavirrate;", 1)
	return good, strings.Join(lines, "\n")
}

const firstPlaces = `site,code,kind,room,name,seats
lago,D-01,desk,Sala grande,Scrivania 1,1
lago,D-02,desk,Sala grande,Scrivania 2,1
lago,M-01,meeting,Sala piccola,Sala piccola,6
`

// imports reads a list from a file that must be right.
func (s *store) imports(t *testing.T, list, kind string) {
	t.Helper()
	s.do(t, "import", kind, listFile(t, list))
}

// refuses reads a list with a fault, which must be named.
func (s *store) refuses(t *testing.T, list, kind string, says ...string) {
	t.Helper()
	_, errOut, err := run(t, binary(t), append([]string{"import", kind, listFile(t, list)}, s.flags()...)...)
	if exitCode(err) != 1 {
		t.Fatalf("a wrong list of %s: exit %d\n%s", kind, exitCode(err), errOut)
	}
	for _, text := range says {
		if !strings.Contains(errOut, text) {
			t.Errorf("%q is not said: %s", text, errOut)
		}
	}
}

func listFile(t *testing.T, list string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "list.csv")
	if err := os.WriteFile(file, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// until asks for a page again until it says what is waited for: what another
// program changed shows within a second or two.
func (v *visitor) until(target string, ok func(body string) bool) {
	v.t.Helper()
	eventually(v.t, 30*time.Second, target+" says so", func() bool {
		a, _ := v.visit("GET", target, nil)
		return ok(string(a.body))
	})
}

// find waits for a mail to somebody that fits, and returns what does.
func (m *mailServer) find(t testing.TB, to string, what *regexp.Regexp) string {
	t.Helper()
	for n := 1; ; n++ {
		e := m.next(t, n)
		if found := what.FindStringSubmatch(e.GetHeader("Subject") + "\n" + e.Text); found != nil && strings.Contains(e.GetHeader("To"), to) {
			return found[len(found)-1]
		}
	}
}

// nextStart is the next quarter of an hour at which half an hour fits into the
// day: check-in for it is open.
func nextStart() time.Time {
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		panic(err) // embedded
	}
	start := time.Now().In(rome).Truncate(15 * time.Minute).Add(15 * time.Minute)
	if start.Hour() == 23 && start.Minute() == 45 {
		start = start.Add(15 * time.Minute)
	}
	return start
}

// clockAfter is the clock so long after a start, 24:00 at the end of its day.
func clockAfter(start time.Time, d time.Duration) string {
	if text := start.Add(d).Format("15:04"); text != "00:00" {
		return text
	}
	return "24:00"
}

func firstDifference(was, is []string) string {
	for i, row := range was {
		if i >= len(is) || is[i] != row {
			return row + is[min(i, len(is)-1)]
		}
	}
	return ""
}

// truth writes what is true or not as SQLite keeps it.
var truth = strings.NewReplacer(",true", ",1", ",false", ",0")

// rowsOf are the rows of each table of a backup, in an order of their own.
func rowsOf(t *testing.T, file string) map[string][]string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	zip, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rows, table := map[string][]string{}, ""
	lines := bufio.NewReader(zip)
	for {
		line, err := lines.ReadString('\n')
		if name, ok := strings.CutPrefix(line, `{"table":"`); ok {
			table, _, _ = strings.Cut(name, `"`)
			rows[table] = nil
		} else if strings.HasPrefix(line, "[") {
			rows[table] = append(rows[table], truth.Replace(line))
		}
		if err != nil {
			break
		}
	}
	for _, list := range rows {
		slices.Sort(list)
	}
	return rows
}
