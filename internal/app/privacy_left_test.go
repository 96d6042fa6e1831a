package app

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/backup"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/schema"
)

// plants are rows of all by which somebody can be let in or acted for.
var plants = map[string]db.Query{
	"passkey": plantPasskey,
	"oidc_link": db.Q("app.test-plant-link", `
		INSERT INTO oidc_link (issuer, subject, person, provider, created, used) VALUES ($1, $3, $2, 'one', 0, 0)`),
	"signin_link": db.Q("app.test-plant-signin", `
		INSERT INTO signin_link (hash, person, expires) VALUES ($3, $2, CASE WHEN $1 = '' THEN 0 ELSE 9000000000000000 END)`),
	"mandate of theirs": db.Q("app.test-plant-mandate", `
		INSERT INTO mandate (id, kind, principal, agent, site, state, data, given_by, created, starts, ends, ended_by)
		VALUES ($1, 'delegate', $2, 'somebody', '', 'active', $3, $2, 0, 0, 9000000000000000, '')`),
	"invitation to act": db.Q("app.test-plant-agent", `
		INSERT INTO mandate (id, kind, principal, agent, site, state, data, given_by, created, starts, ends, ended_by)
		SELECT $1, 'delegate', id, $2, '', 'active', $3, id, 0, 0, 9000000000000000, '' FROM person WHERE id <> $2 ORDER BY id LIMIT 1`),
	"contact_way": db.Q("app.test-plant-way", `
		INSERT INTO contact_way (id, person, kind, value, data, verified, created) VALUES ($1, $2, 'email', $3, $3, 1, 0)`),
}

// plant gives somebody all of these, a session more and a program's token.
func (m *matrix) plant(person string) (token string) {
	m.t.Helper()
	ctx := m.t.Context()
	for name, q := range plants {
		if err := m.p.db.Write(ctx, func(tx *db.Tx) error {
			n, err := tx.Exec(ctx, q, "plant-"+name, person, []byte(name))
			if err == nil && n != 1 {
				m.t.Errorf("%s: %d planted", name, n)
			}
			return err
		}); err != nil {
			m.t.Fatal(name, err)
		}
	}
	token, err := m.p.tokens.Create(ctx, identity.TokenSpec{Person: person, Name: "prova"})
	if err != nil {
		m.t.Fatal(err)
	}
	if _, err := m.p.tokens.Authenticate(ctx, token); err != nil {
		m.t.Fatal(err)
	}
	m.as("maria")
	return token
}

// staysInPlaces are the tables in which the opaque id of who was forgotten may
// stand: what they did stays in the journal and in the books, without a name.
var staysInPlaces = strings.Fields("act booking report mandate")

// nothingAdmits proves that nothing is left by which who was forgotten is let in, and
// that their id stands where records stay and nowhere else.
func (m *matrix) nothingAdmits(person, token string) {
	m.t.Helper()
	if _, err := m.p.tokens.Authenticate(m.t.Context(), token); !errs.HasKey(err, "identity.token") {
		m.t.Errorf("their program is let in: %v", err)
	}
	file := filepath.Join(m.t.TempDir(), "left.gz")
	whole := backup.Source{DB: m.p.db, Schema: schema.Files}
	if _, err := whole.WriteFile(m.t.Context(), time.Now(), file, backup.Pace{}, func(string, int64) {}); err != nil {
		m.t.Fatal(err)
	}
	table, tables := "", 0
	for line := range strings.Lines(unzipped(m.t, file)) {
		var head struct{ Table string }
		if json.Unmarshal([]byte(line), &head) == nil && head.Table != "" {
			table, tables = head.Table, tables+1
		}
		if strings.Contains(line, person) && !slices.Contains(staysInPlaces, table) {
			m.t.Errorf("%s still has %.300s", table, line)
		}
		if table == "mandate" && strings.Contains(line, person) && strings.Contains(line, `"active"`) {
			m.t.Errorf("they may still act: %s", line)
		}
	}
	if tables < 60 {
		m.t.Errorf("%d tables: are all looked through?", tables)
	}
}
