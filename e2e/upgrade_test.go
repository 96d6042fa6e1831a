package e2e

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

// facts are what the program of a release knew of the store that it wrote, which
// testdata/releases keeps: see its README.
type facts struct {
	Tokens   map[string]string // by person
	Bookings []struct {
		ID, Person, Status, Resource string
		From, To                     time.Time
	}
	Names   map[string]string // by id of the person
	Pass    string            // of the confirmed booking
	PassKey string
	Site    string
	Tables  map[string]int64  // rows of some tables, before anything ages
	Says    map[string]string // of pages, by address
}

// oldStore is a copy of the store that a release wrote.
func oldStore(t *testing.T, release string) (*store, facts) {
	t.Helper()
	s := newEmpty(t, sqlite)
	from := filepath.Join("testdata", "releases", release)
	copyFile(t, filepath.Join(from, "kek.json"), s.kek)
	f, err := os.Open(filepath.Join(from, "polis.db.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	zip, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	file, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.data, "polis.db"), file, 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(from, "facts.json"))
	if err != nil {
		t.Fatal(err)
	}
	var known facts
	if err := json.Unmarshal(text, &known); err != nil {
		t.Fatal(err)
	}
	return s, known
}

// The store that each release wrote is opened by this program and holds all that
// it held; so does its backup, restored on PostgreSQL.
func TestUpgradeFromEachRelease(t *testing.T) {
	everyDay(t)
	t.Parallel()
	for _, release := range []string{"1", "2", "3", "4", "5"} {
		t.Run(release, func(t *testing.T) {
			s, known := oldStore(t, release)
			backup := filepath.Join(t.TempDir(), "before.jsonl.gz")
			s.do(t, "backup", backup) // as it is, before it is brought to this version
			s.do(t, "migrate")
			for table, n := range known.Tables {
				if got := s.number(t, "SELECT count(*) FROM "+table); got != n {
					t.Errorf("%s has %d rows, want %d", table, got, n)
				}
			}
			known.hold(t, s)
			tables := s.tables(t)
			t.Run("postgres", func(t *testing.T) {
				to := newEmpty(t, postgres)
				copyFile(t, s.kek, to.kek)
				to.do(t, "restore", backup)
				known.hold(t, to)
				for table, n := range to.tables(t) {
					switch table {
					case "goose_db_version", "job", "job_turn", "message", "bookmark", "secret", "act", "leaf", "leaf_tree", "checkpoint", "journal_log", "sealer", "figure_day", "figure_sum", "figure_offer", "programme_operation", "programme_news", "revision", "retention_run": // go on by themselves
					case "session", "signin_code", "signin_limit", "signin_link", "oidc_ticket", "oidc_seen", "invitation", "list_upload": // stay behind
						if n != 0 {
							t.Errorf("%s: %d rows are brought back", table, n)
						}
					default:
						if n != tables[table] {
							t.Errorf("%s: %d rows on PostgreSQL, %d on SQLite", table, n, tables[table])
						}
					}
				}
			})
		})
	}
}

// hold looks whether a store holds what is known of it, and is alive: somebody
// can book.
func (known *facts) hold(t *testing.T, s *store) {
	t.Helper()
	srv := serve(t, s)
	srv.want(t, http.StatusOK, "GET", "/readyz", "", nil)
	srv.want(t, http.StatusOK, "GET", "/spazi/gavirate", "", nil)
	for path, text := range known.Says {
		if a := srv.want(t, http.StatusOK, "GET", path, "", nil); !strings.Contains(string(a.body), text) {
			t.Errorf("%s does not say %q", path, text)
		}
	}
	desk := ""
	for _, k := range known.Bookings {
		got := decode[booking](t, srv.want(t, http.StatusOK, "GET", "/api/v1/bookings/"+k.ID, known.Tokens[k.Person], nil))
		ended := k.Status != "held" && k.Status != "confirmed" && k.Status != "checked-in"
		if !got.From.Equal(k.From) || !got.To.Equal(k.To) || got.Resources[0] != k.Resource || ended && got.Status != k.Status {
			t.Errorf("the booking %+v is now %+v", k, got)
		}
		if k.Status == "confirmed" && desk == "" { // the one of the pass
			desk = k.Resource
			if now := srv.want(t, http.StatusOK, "GET", "/api/v1/pass-key", "", nil); string(now.body) != known.PassKey {
				t.Error("the key of the passes is another")
			}
			if !verifies(t, []byte(known.PassKey), known.Pass, k.From.Add(time.Minute).Format(time.RFC3339)) {
				t.Error("the pass of before is worth nothing")
			}
		}
	}
	if got := get[list[json.RawMessage]](t, srv.process, "/api/v1/sites/"+known.Site+"/closures", ""); len(got.Items) > 1 {
		t.Errorf("closures: %s", got.Items)
	}
	day := srv.quietDays(desk, 1)[0]
	made := decode[booking](t, srv.want(t, http.StatusCreated, "POST", "/api/v1/bookings", known.Tokens["maria"],
		wanted{Resources: []string{desk}, From: at(day, 9, 0), To: at(day, 10, 0)}))
	srv.want(t, http.StatusOK, "GET", "/api/v1/bookings/"+made.ID+"/pass", known.Tokens["maria"], nil)
	srv.stop()
	s.check(t)
	wrong, _ := s.doctor(t)
	for _, f := range wrong {
		if f.Check != "work" { // the mails that waited, which nobody sends here
			t.Errorf("polis doctor: %+v", f)
		}
	}

	location := s.database
	if s.engine == sqlite {
		location = filepath.Join(s.data, "polis.db")
	}
	d, err := db.Open(t.Context(), location)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	keys, err := identity.LookKeys(t.Context(), d, identity.KeyFile{Path: s.kek})
	if err != nil {
		t.Fatal(err)
	}
	people := identity.NewPeople(d, keys, clock.System{}, clock.NewID)
	for id, name := range known.Names {
		if p, err := people.Get(t.Context(), id); err != nil || p.GivenName+" "+p.FamilyName != name {
			t.Errorf("%s is now %s %s, %v", name, p.GivenName, p.FamilyName, err)
		}
	}
}

// tables counts the rows of every table.
func (s *store) tables(t *testing.T) map[string]int64 {
	t.Helper()
	count := map[string]int64{}
	for _, name := range strings.Fields(s.tableNames(t)) {
		count[name] = s.number(t, "SELECT count(*) FROM "+name)
	}
	return count
}

func (s *store) tableNames(t *testing.T) (names string) {
	t.Helper()
	if s.engine == postgres {
		return sqlValue[string](t, s.database, "SELECT string_agg(tablename, ' ') FROM pg_tables WHERE schemaname = current_schema()")
	}
	d := s.file(t)
	defer d.Close()
	if err := d.QueryRow("SELECT group_concat(name, ' ') FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").Scan(&names); err != nil {
		t.Fatal(err)
	}
	return names
}

// finding is a line of polis doctor.
type finding struct{ Check, Level, Text, Mend string }

// doctor is what polis doctor finds wrong and warns of. What the PostgreSQL of
// the tests is on purpose, hasty, is left out.
func (s *store) doctor(t *testing.T, args ...string) (wrong, warnings []finding) {
	t.Helper()
	out, errOut, err := run(t, binary(t), append(append([]string{"doctor", "--json"}, s.flags()...), args...)...)
	var said struct {
		OK     bool
		Checks []finding
	}
	if jerr := json.Unmarshal([]byte(out), &said); jerr != nil || len(said.Checks) == 0 {
		t.Fatalf("polis doctor: %v, %v\n%s%s", err, jerr, out, errOut)
	}
	any := false
	for _, f := range said.Checks {
		any = any || f.Level == "wrong"
		switch hasty := strings.HasPrefix(f.Text, "fsync ") || strings.HasPrefix(f.Text, "full_page_writes "); {
		case strings.Contains(f.Text+f.Mend, "doctor."), f.Text == "", (f.Level == "ok") != (f.Mend == ""):
			t.Errorf("words are missing: %+v", f)
		case hasty && s.engine == postgres:
		case f.Level == "wrong":
			wrong = append(wrong, f)
		case f.Level == "warning":
			warnings = append(warnings, f)
		}
	}
	if said.OK == any || (exitCode(err) == 1) != any {
		t.Errorf("polis doctor says ok = %v, exit %d, with something wrong: %v", said.OK, exitCode(err), any)
	}
	return wrong, warnings
}

// healthy wants a doctor who finds nothing wrong.
func (s *store) healthy(t *testing.T, args ...string) {
	t.Helper()
	wrong, _ := s.doctor(t, args...)
	for _, f := range wrong {
		t.Errorf("polis doctor: %+v", f)
	}
}
