package repo

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/schema"

	// All that registers statements; TestAllStatementsAreHere says if one is missing.
	_ "polis/internal/counter"
	_ "polis/internal/counter/appointment"
	_ "polis/internal/feedback"
	_ "polis/internal/identity"
	_ "polis/internal/identity/device"
	_ "polis/internal/identity/privacy"
	_ "polis/internal/journal"
	_ "polis/internal/manage"
	_ "polis/internal/manage/lists"
	_ "polis/internal/notify"
	_ "polis/internal/platform/jobs"
	_ "polis/internal/programme"
	_ "polis/internal/programme/follow"
	_ "polis/internal/programme/works"
	_ "polis/internal/reserve"
	_ "polis/internal/site"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var statement = regexp.MustCompile(`\bdb\.(?:Q|Rows)\("([^"]+)"`)

func TestAllStatementsAreHere(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, q := range db.Registered() {
		known[q.Name()] = true
	}
	for _, s := range sources(t) {
		if s.test || strings.HasPrefix(s.name, "internal/repo/") || strings.HasSuffix(s.folder(), "test") {
			continue
		}
		for _, m := range statement.FindAllStringSubmatch(s.text, -1) {
			if !known[m[1]] {
				t.Errorf("%s: the statement %s is not proved: import its package in internal/repo/sql_test.go", s.name, m[1])
			}
		}
	}
}

// Every registered statement can be prepared on both engines.
func TestStatementsPrepare(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		h, err := sql.Open("sqlite", dbtest.SQLite(t).URL)
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close()
		for _, q := range db.Registered() {
			if err := prepare(t.Context(), h, q.Text(db.SQLite)); err != nil {
				t.Errorf("%s: %v\n%s", q.Name(), err, q.Text(db.SQLite))
			}
		}
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		c, err := pgx.Connect(t.Context(), dbtest.PostgresURL(t))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close(context.WithoutCancel(t.Context()))
		for _, q := range db.Registered() {
			if _, err := c.Prepare(t.Context(), q.Name(), q.Text(db.Postgres)); err != nil {
				t.Errorf("%s: %v\n%s", q.Name(), err, q.Text(db.Postgres))
			}
		}
	})
}

func prepare(ctx context.Context, h *sql.DB, text string) error {
	s, err := h.PrepareContext(ctx, text)
	if err != nil {
		return err
	}
	defer s.Close()
	return nil
}

// bannedSQL is what one of the engines does not know, or understands otherwise
// (docs/adr/0003-question-marks-for-long-lists.md).
var bannedSQL = map[string]*regexp.Regexp{
	"::":                regexp.MustCompile(`::`),
	"ILIKE":             regexp.MustCompile(`(?i)\bilike\b`),
	"LIKE":              regexp.MustCompile(`(?i)\blike\b`),
	"FOR UPDATE":        regexp.MustCompile(`(?i)\bfor\s+(?:no\s+key\s+)?(?:update|share)\b|\bskip\s+locked\b`),
	"= ANY(":            regexp.MustCompile(`(?i)=\s*(?:any|all)\s*\(`),
	"arrays":            regexp.MustCompile(`(?i)\barray\s*\[|\bunnest\b|array_agg`),
	"now()":             regexp.MustCompile(`(?i)\bnow\s*\(|\bcurrent_(?:timestamp|date|time)\b|\binterval\b`),
	"generate_series":   regexp.MustCompile(`(?i)\bgenerate_series\b`),
	"MERGE":             regexp.MustCompile(`(?i)\bmerge\b`),
	"greatest, least":   regexp.MustCompile(`(?i)\b(?:greatest|least)\s*\(`),
	"& ~ without CAST":  regexp.MustCompile(`~\s*\$`),
	"SELECT *":          regexp.MustCompile(`(?i)\bselect\s+(?:\w+\.)?\*`),
	"json of parameter": regexp.MustCompile(`\$\d+\s*->`),
	"OR REPLACE":        regexp.MustCompile(`(?i)\bor\s+(?:replace|ignore)\b|\breplace\s+into\b`),
	"rowid, ctid":       regexp.MustCompile(`(?i)\b(?:rowid|ctid)\b`),
	"random()":          regexp.MustCompile(`(?i)\brandom\s*\(`),
	"iif, ifnull":       regexp.MustCompile(`(?i)\b(?:iif|ifnull|nvl)\s*\(`),
}

func TestBannedSQL(t *testing.T) {
	t.Parallel()
	for _, q := range db.Registered() {
		for name, pattern := range bannedSQL {
			if pattern.MatchString(q.Written()) {
				t.Errorf("%s: %s is not the same on both engines:\n%s", q.Name(), name, q.Written())
			}
		}
	}
}

func TestBannedSQLIsFound(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"::": `SELECT id::text FROM t`, "ILIKE": `WHERE a ILIKE $1`, "LIKE": `WHERE a like $1`,
		"FOR UPDATE": "SELECT id FROM t\nFOR  UPDATE", "= ANY(": `WHERE id = ANY ($1)`, "arrays": `SELECT ARRAY[1]`,
		"now()": `VALUES (now())`, "generate_series": `FROM generate_series(1, 2)`, "MERGE": `MERGE INTO t`,
		"greatest, least": `SET a = greatest(a, $1)`, "& ~ without CAST": `SET am = am & ~$1`, "SELECT *": `SELECT t.* FROM t`,
		"json of parameter": `SELECT $1 ->> 'x'`, "OR REPLACE": `INSERT OR REPLACE INTO t`, "rowid, ctid": `WHERE rowid = $1`,
		"random()": `ORDER BY random()`, "iif, ifnull": `SELECT ifnull(a, b)`,
	} {
		if !bannedSQL[name].MatchString(text) {
			t.Errorf("%s is not found in %s", name, text)
		}
	}
	for name, pattern := range bannedSQL {
		if text := `UPDATE t SET am = am & ~CAST($1 AS BIGINT), updated = $2 WHERE id IN (SELECT id FROM t) RETURNING id`; pattern.MatchString(text) {
			t.Errorf("%s is found in %s", name, text)
		}
	}
}

// Numbered parameters go by their number on SQLite too: with this driver, and
// not with others.
func TestParametersGoByNumber(t *testing.T) {
	t.Parallel()
	h, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	var got string
	row := h.QueryRowContext(t.Context(), `SELECT CAST($2 AS TEXT) || ',' || CAST($1 AS TEXT) || ',' || CAST($2 AS TEXT)`, "a", "b")
	if err := row.Scan(&got); err != nil || got != "b,a,b" {
		t.Errorf("got %q, %v; want b,a,b", got, err)
	}
}

// Both folders of the schema have the same steps.
func TestSchemaFolders(t *testing.T) {
	t.Parallel()
	names := func(engine db.Engine) (list []string) {
		entries, err := fs.ReadDir(schema.Files, string(engine))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			list = append(list, e.Name())
		}
		return list
	}
	if d := cmp.Diff(names(db.SQLite), names(db.Postgres)); d != "" {
		t.Errorf("files (-sqlite +postgres):\n%s", d)
	}
}

// Both engines end with the same tables, columns and indexes.
func TestSchemaIsOne(t *testing.T) {
	t.Parallel()
	lite, post := dbtest.SQLite(t), dbtest.Postgres(t)
	if d := cmp.Diff(strings.Join(liteSchema(t, lite.URL), "\n"), strings.Join(postSchema(t, post.URL), "\n")); d != "" {
		t.Errorf("schema (-sqlite +postgres):\n%s", d)
	}
}

// sameType are PostgreSQL's types as SQLite keeps them.
var sameType = map[string]string{
	"bigint": "INTEGER", "boolean": "INTEGER", "text": "TEXT", "bytea": "BLOB", "double precision": "REAL",
}

func liteSchema(t *testing.T, file string) []string {
	h, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	list := lines(t, h, `SELECT m.name || '.' || c.name || ' ' || c.type || CASE WHEN c."notnull" = 1 THEN ' NOT NULL' ELSE '' END
		FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'goose%'`)
	list = append(list, lines(t, h, `SELECT 'index ' || name || ' on ' || tbl_name || CASE WHEN sql LIKE '%WHERE%' THEN ' partial' ELSE '' END
		FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name NOT LIKE 'goose%'`)...)
	slices.Sort(list)
	return list
}

func postSchema(t *testing.T, url string) []string {
	h, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	list := lines(t, h, `SELECT table_name || '.' || column_name || ' <' || data_type || '>' || CASE WHEN is_nullable = 'NO' THEN ' NOT NULL' ELSE '' END
		FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE 'goose%'`)
	typ := regexp.MustCompile(`<(.*)>`)
	for i, line := range list {
		list[i] = typ.ReplaceAllStringFunc(line, func(name string) string {
			if same, ok := sameType[strings.Trim(name, "<>")]; ok {
				return same
			}
			return fmt.Sprintf("%s, of which SQLite has none", name)
		})
	}
	list = append(list, lines(t, h, `SELECT 'index ' || indexname || ' on ' || tablename || CASE WHEN indexdef LIKE '%WHERE%' THEN ' partial' ELSE '' END
		FROM pg_indexes WHERE schemaname = 'public' AND tablename NOT LIKE 'goose%'
		AND indexname NOT LIKE '%\_pkey' AND indexname NOT LIKE '%\_key'`)...)
	slices.Sort(list)
	return list
}

func lines(t *testing.T, h *sql.DB, query string) (list []string) {
	t.Helper()
	rows, err := h.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		list = append(list, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}
