package app

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"polis/internal/identity"
	"polis/internal/manage"
	"polis/internal/platform/db"
)

// rightsFile says of every route who gets past its door.
const rightsFile = "testdata/rights.txt"

// TestRights asks every page and every operation of the API in every role, for
// what is the caller's own and for what is not, and holds it against a table.
func TestRights(t *testing.T) {
	m := newMatrix(t)
	actors := m.actors()
	m.nothingIsWritten()
	routes := slices.Concat(m.patterns, m.operations())
	got := make([][]byte, len(routes)) // answers by route and actor
	for i := range got {
		got[i] = make([]byte, len(actors))
	}
	open := make([]bool, len(routes)) // to everybody: there is nothing to ask then
	for i, route := range routes {
		open[i] = m.door(rightsActor{}, route, "") == '+'
	}
	var wait sync.WaitGroup
	for half := range 2 {
		wait.Go(func() {
			for n := half; n < len(actors); n += 2 {
				session := m.cookie(actors[n].person)
				for i, route := range routes {
					if got[i][n] = '+'; !open[i] {
						got[i][n] = m.door(actors[n], route, session)
					}
				}
			}
		})
	}
	wait.Wait()
	lines := map[string]string{}
	for i, route := range routes {
		lines[route] = columns(actors, got[i])
	}
	if f := flag.Lookup("update"); f != nil && f.Value.String() == "true" {
		writeRights(t, routes, lines)
	}
	want := readRights(t)
	for _, route := range routes {
		switch answer, known := want[route]; {
		case !known:
			t.Errorf("%s has no answer: say in internal/app/%s who may; the program lets in\n%s\n%s", route, rightsFile, rightsHead, lines[route])
		case answer != lines[route]:
			t.Errorf("%s is other than internal/app/%s says (go test ./internal/app -run TestRights -update writes it):\n%s\nis   %s\nsays %s", route, rightsFile, rightsHead, lines[route], answer)
		}
		delete(want, route)
	}
	for route := range want {
		t.Errorf("%s stands in internal/app/%s and is no route", route, rightsFile)
	}
}

// role is somebody in a role for what is their own, or for what is not.
type rightsActor struct {
	column int
	own    bool
	person string
	token  string
}

// rightsRoles head the columns.
var rightsRoles = slices.Concat([]identity.Role{identity.Visitor}, identity.Roles)

// rightsHead names them, each in four letters.
var rightsHead = func() string {
	short := map[identity.Role]string{
		identity.Visitor: "visi", identity.Citizen: "citi", identity.OrganisationAdmin: "orga", identity.AuthorityClerk: "cler", identity.Contractor: "cont",
		identity.Maintainer: "main", identity.Auditor: "audi", identity.ProgrammeOfficer: "prog", identity.ContactOperator: "call", identity.CounterOperator: "desk",
		identity.SiteManager: "site", identity.NetworkManager: "netw", identity.Administrator: "admi",
	}
	var names []string
	for _, r := range rightsRoles {
		names = append(names, short[r])
	}
	return strings.Join(names, " ")
}()

// columns are the answers to one route: * in any case, o for one's own, s sent to
// sign in, - refused, x the other's but not one's own (which is a fault).
func columns(actors []rightsActor, got []byte) string {
	var own, other [32]byte
	for n, a := range actors {
		if a.own {
			own[a.column] = got[n]
		} else {
			other[a.column] = got[n]
		}
	}
	var out []string
	for c := range rightsRoles {
		answer := own[c]
		switch {
		case other[c] == 0 || own[c] == other[c]:
			if answer == '+' {
				answer = '*'
			}
		case own[c] == '+':
			answer = 'o'
		default:
			answer = 'x'
		}
		out = append(out, string(answer)+"   ")
	}
	return strings.TrimRight(strings.Join(out, " "), " ")
}

// door is how a route answers: + past its door, - refused, s sent to sign in.
// What a form does may end the session, so each has one of its own.
func (m *matrix) door(a rightsActor, route, session string) byte {
	method, path, _ := strings.Cut(route, " ")
	var r *http.Request
	if strings.HasPrefix(path, "/api/") {
		path, body, _ := strings.Cut(m.operation(route), " ")
		r = httptest.NewRequestWithContext(m.t.Context(), method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		if a.token != "" {
			r.Header.Set("Authorization", "Bearer "+a.token)
		}
	} else {
		form := m.form().Encode()
		full := m.filled(path)
		if method == http.MethodGet {
			full += "?" + form
		}
		r = httptest.NewRequestWithContext(m.t.Context(), method, full, strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if a.person != "" {
			if method != http.MethodGet {
				session = m.cookie(a.person)
			}
			r.Header.Set("Cookie", session)
		}
	}
	w := httptest.NewRecorder()
	m.handler.ServeHTTP(w, r)
	switch to := w.Header().Get("Location"); {
	case w.Code == http.StatusUnauthorized, w.Code == http.StatusSeeOther && strings.HasPrefix(to, "/accedi?"):
		return 's'
	case w.Code == http.StatusForbidden, w.Code == http.StatusNotFound:
		return '-'
	}
	return '+'
}

// cookie is a new session of a person.
func (m *matrix) cookie(person string) string {
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(m.t.Context(), http.MethodGet, "/", nil)
	if person == "" {
		return ""
	}
	if err := m.p.sessions.Begin(w, r, identity.Proof{Person: person, Method: "passkey", Level: identity.LevelHigh}); err != nil {
		m.t.Error(err)
	}
	return strings.SplitN(w.Header().Get("Set-Cookie"), ";", 2)[0]
}

// actors are somebody for every role: at the house or for what it lies in, and
// elsewhere. A citizen's own is the booking of Maria.
func (m *matrix) actors() (list []rightsActor) {
	other, ctx := m.other(), m.t.Context()
	book, err := manage.ReadLots(ctx, m.p.db)
	if err != nil || len(book.Lots) < 2 {
		m.t.Fatal(len(book.Lots), err)
	}
	region := func(id string) identity.Scope {
		st, err := m.p.live.Network().Site(id)
		if err != nil {
			m.t.Fatal(err)
		}
		town, _ := m.p.live.Network().Territory().ByISTAT(st.Municipality)
		return identity.Territory(town.Region)
	}
	far := region(other.ID)
	if far == region(m.house.ID) {
		far = identity.Territory("Sardegna")
	}
	lot := m.ownLot(book)
	farLot := lot
	for id := range book.Lots {
		if id != lot {
			farLot = id
		}
	}
	scopes := map[string][2]identity.Scope{ // one's own, and not
		identity.KindSite: {identity.Site(m.house.ID), identity.Site(other.ID)}, identity.KindTerritory: {region(m.house.ID), far},
		identity.KindLot: {identity.Lot(lot), identity.Lot(farLot)}, identity.KindNetwork: {identity.Network},
		identity.KindOrganisation: {identity.Organisation(m.party), identity.Organisation("organisation")},
	}
	for c, role := range rightsRoles {
		switch role {
		case identity.Visitor:
			list = append(list, rightsActor{column: c, own: true})
		case identity.Citizen:
			list = append(list, m.actor(c, true, m.person("maria"), identity.Grant{}), m.actor(c, false, m.somebody(), identity.Grant{}))
		default:
			kinds := role.Kinds()
			kind := kinds[0]
			if slices.Contains(kinds, identity.KindTerritory) && role != identity.CounterOperator && role != identity.SiteManager {
				kind = identity.KindTerritory
			}
			for i, scope := range scopes[kind] {
				if scope != (identity.Scope{}) {
					list = append(list, m.actor(c, i == 0, m.somebody(), identity.Grant{Role: role, Scope: scope}))
				}
			}
		}
	}
	return list
}

// somebody is a new person.
func (m *matrix) somebody() string {
	p, err := m.p.people.Create(m.t.Context(), identity.Person{GivenName: "Prova", FamilyName: "Ruoli"})
	if err != nil {
		m.t.Fatal(err)
	}
	return p.ID
}

func (m *matrix) actor(column int, own bool, person string, g identity.Grant) rightsActor {
	ctx := m.t.Context()
	if g.Role != "" {
		g.Person = person
		if err := m.p.grants.Give(ctx, g); err != nil {
			m.t.Fatal(err)
		}
	}
	token, err := m.p.tokens.Create(ctx, identity.TokenSpec{Person: person, Role: g.Role, Scope: g.Scope})
	if err != nil {
		m.t.Fatal(err)
	}
	return rightsActor{column, own, person, token}
}

var putInLot = db.Q("app.test-put-in-lot", `INSERT INTO lot_site (site, lot) VALUES ($1, $2) ON CONFLICT (site) DO UPDATE SET lot = excluded.lot`)

// ownLot is the lot of the house, which is put into one where it is in none.
func (m *matrix) ownLot(book manage.LotBook) string {
	lot := book.Of[m.house.ID]
	for id := range book.Lots {
		if lot == "" || lot > id && book.Of[m.house.ID] == "" {
			lot = id
		}
	}
	m.write(func(tx *db.Tx) error {
		_, err := tx.Exec(m.t.Context(), putInLot, m.house.ID, lot)
		return err
	})
	return lot
}

func (m *matrix) write(do func(*db.Tx) error) {
	m.t.Helper()
	if err := m.p.db.Write(m.t.Context(), do); err != nil {
		m.t.Fatal(err)
	}
}

// nothingIsWritten makes what is past a door fail where it would change something,
// so that everybody finds the same. Only sessions begin and end, and tokens are
// used; tries are not counted.
func (m *matrix) nothingIsWritten() {
	d, err := sql.Open("sqlite", m.p.cmd.location())
	if err != nil {
		m.t.Fatal(err)
	}
	defer d.Close()
	do := func(text string) {
		if _, err := d.ExecContext(m.t.Context(), text); err != nil {
			m.t.Fatal(text, err)
		}
	}
	do(`PRAGMA busy_timeout = 10000`)
	rows, err := d.QueryContext(m.t.Context(), `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT IN ('session', 'signin_limit', 'job_turn')`)
	if err != nil {
		m.t.Fatal(err)
	}
	defer rows.Close()
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			m.t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if err := rows.Err(); err != nil {
		m.t.Fatal(err)
	}
	do(`CREATE TRIGGER test_limits BEFORE INSERT ON signin_limit BEGIN SELECT RAISE(IGNORE); END`)
	for _, table := range tables {
		for _, what := range []string{"INSERT", "UPDATE", "DELETE"} {
			if table != "token" || what != "UPDATE" {
				do(fmt.Sprintf(`CREATE TRIGGER test_%s_%s BEFORE %s ON %s BEGIN SELECT RAISE(ABORT, 'nothing is written'); END`, table, what, what, table))
			}
		}
	}
}

// operations are those of the API.
func (m *matrix) operations() (list []string) {
	for path, item := range m.spec().Paths {
		for method, op := range map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PUT": item.Put, "PATCH": item.Patch, "DELETE": item.Delete} {
			if op != nil {
				list = append(list, method+" "+path)
			}
		}
	}
	slices.Sort(list)
	return list
}

var specification = sync.OnceValue(func() *huma.OpenAPI {
	words, err := allWords()
	if err != nil {
		panic(err)
	}
	return (&program{base: &base{env: &env{}}}).api(http.NewServeMux(), words).OpenAPI()
})

func (m *matrix) spec() *huma.OpenAPI { return specification() }

// operation is the address of an operation with the house and what belongs to
// Maria in it, and a body that its schema takes.
func (m *matrix) operation(route string) string {
	method, path, _ := strings.Cut(route, " ")
	item := m.spec().Paths[path]
	op := map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PUT": item.Put, "PATCH": item.Patch, "DELETE": item.Delete}[method]
	path = strings.NewReplacer("{id}", m.thingOf(path), "{number}", m.report, "{closure}", m.closure, "{entry}", m.entry).Replace(path)
	query := []string{}
	for _, p := range op.Parameters {
		if p.In == "query" && p.Required {
			query = append(query, p.Name+"="+strings.Trim(string(m.json(p.Name, p.Schema)), `"`))
		}
	}
	if len(query) > 0 {
		path += "?" + strings.Join(query, "&")
	}
	if op.RequestBody == nil {
		return path
	}
	for _, content := range op.RequestBody.Content {
		return path + " " + string(m.json("", content.Schema))
	}
	return path
}

// json is a value that a schema takes, with what belongs to the house where its
// name says so.
func (m *matrix) json(name string, s *huma.Schema) []byte {
	if s.Ref != "" {
		s = m.spec().Components.Schemas.SchemaFromRef(s.Ref)
	}
	var v any
	switch {
	case name == "site" || name == "site_id":
		v = m.house.ID
	case name == "resource" || name == "place":
		v = m.place.ID
	case len(s.Enum) > 0:
		v = s.Enum[0]
	case s.Type == huma.TypeObject:
		fields := map[string]json.RawMessage{}
		for _, key := range s.Required {
			fields[key] = m.json(key, s.Properties[key])
		}
		v = fields
	case s.Type == huma.TypeArray:
		v = []json.RawMessage{m.json(name, s.Items)}
	case s.Type == huma.TypeInteger || s.Type == huma.TypeNumber:
		v = 1
	case s.Type == huma.TypeBoolean:
		v = true
	case s.Format == "date-time" && (name == "to" || name == "until"):
		v = "2027-03-03T11:00:00Z"
	case s.Format == "date-time":
		v = "2027-03-03T10:00:00Z"
	case s.Format == "date":
		v = "2027-03-03"
	default:
		v = "twenty letters or so"
	}
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}

const rightsIntro = `# Who gets past the door of every route, asked of the running program (internal/app/rights_test.go).
#   *  in any case    o  for what is their own: their house, their booking    s  is sent to sign in    -  refused, or told that it does not exist
# "Past the door" may still be a form that is filled in wrongly. A new route needs a line here.
`

func writeRights(t *testing.T, routes []string, lines map[string]string) {
	var b bytes.Buffer
	b.WriteString(rightsIntro)
	fmt.Fprintf(&b, "%-62s %s\n", "", rightsHead)
	for _, route := range routes {
		fmt.Fprintf(&b, "%-62s %s\n", route, lines[route])
	}
	if err := os.WriteFile(rightsFile, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// readRights reads the table: the answers of a route, as columns writes them.
func readRights(t *testing.T) map[string]string {
	text, err := os.ReadFile(rightsFile)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) == len(rightsRoles)+2 && !strings.HasPrefix(line, "#") {
			out[words[0]+" "+words[1]] = strings.TrimRight(strings.Join(words[2:], "    "), " ")
		}
	}
	return out
}
