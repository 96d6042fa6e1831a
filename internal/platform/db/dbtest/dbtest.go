// Package dbtest runs one test on both engines, each time on a new migrated
// database.
//
// A package that uses it has
//
//	func TestMain(m *testing.M) { dbtest.Main(m) }
//
// A private PostgreSQL is started for the tests, unless POLIS_TEST_POSTGRES
// names one that may be used. Where no server program is found the PostgreSQL
// half is skipped loudly; under CI=true that is a failure.
package dbtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/pgserver"
	"polis/internal/schema"
)

// Main runs the tests and stops the private PostgreSQL afterwards; after are what
// else is to be done then.
func Main(m *testing.M, after ...func()) {
	code := m.Run()
	for _, tidy := range after {
		tidy()
	}
	if private != nil {
		private.Stop()
	}
	if lite != "" {
		os.RemoveAll(filepath.Dir(lite))
	}
	os.Exit(code)
}

// Run runs the test on SQLite and on PostgreSQL.
func Run(t *testing.T, test func(t *testing.T, d *db.DB)) {
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t)) })
}

// SQLite returns a new migrated SQLite database; the test closes it by ending.
func SQLite(t testing.TB) *db.DB {
	t.Helper()
	path := filepath.Join(t.TempDir(), "polis.db")
	if err := copyFile(liteTemplate(t), path); err != nil {
		t.Fatal(err)
	}
	return open(t, path)
}

// Postgres returns a new migrated PostgreSQL database, dropped at the end.
func Postgres(t testing.TB) *db.DB {
	t.Helper()
	return open(t, PostgresURL(t))
}

// RunAt runs the test on both engines, on a database that stands at an earlier
// version of the schema.
func RunAt(t *testing.T, version int64, test func(t *testing.T, d *db.DB)) {
	upTo := func(t *testing.T, d *db.DB) {
		if _, err := d.Migrate(t.Context(), before(t, version)); err != nil {
			t.Fatal(err)
		}
		test(t, d)
	}
	t.Run("sqlite", func(t *testing.T) { upTo(t, open(t, filepath.Join(t.TempDir(), "polis.db"))) })
	t.Run("postgres", func(t *testing.T) { upTo(t, open(t, newPostgres(t, "template0"))) })
}

// before are the migrations up to a version.
func before(t testing.TB, version int64) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(schema.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if n, err := goose.NumericComponent(name); err != nil || n > version {
			return err
		}
		data, err := schema.Files.ReadFile(name)
		files[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// PostgresURL makes a new migrated PostgreSQL database for the test and
// returns its URL, for tests that open it several times.
func PostgresURL(t testing.TB) string {
	t.Helper()
	return newPostgres(t, pgTemplate(t, serverURL(t)))
}

// newPostgres copies a database of the server.
func newPostgres(t testing.TB, template string) string {
	t.Helper()
	server := serverURL(t)
	name := "t_" + dbName()
	admin(t, server, fmt.Sprintf(`CREATE DATABASE "%s" TEMPLATE "%s" STRATEGY FILE_COPY`, name, template))
	t.Cleanup(func() { admin(t, server, fmt.Sprintf(`DROP DATABASE IF EXISTS "%s" WITH (FORCE)`, name)) })
	return pgserver.WithDatabase(server, name)
}

func open(t testing.TB, url string) *db.DB {
	t.Helper()
	d, err := db.OpenScratch(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

var (
	mu       sync.Mutex
	private  *pgserver.Server
	template string // name of the migrated PostgreSQL database that others copy
	lite     string // path of the migrated SQLite file that others copy
)

func serverURL(t testing.TB) string {
	t.Helper()
	if url := os.Getenv("POLIS_TEST_POSTGRES"); url != "" {
		return url
	}
	mu.Lock()
	defer mu.Unlock()
	if private != nil {
		return private.URL
	}
	s, err := pgserver.Scratch()
	switch {
	case errors.Is(err, pgserver.ErrNoServer) && os.Getenv("CI") != "true":
		t.Skip("NOT TESTED ON POSTGRESQL: " + err.Error())
	case err != nil:
		t.Fatal(err)
	}
	private = s
	return s.URL
}

// pgTemplate is a migrated database of the server, made by the first of all
// packages that tests these migrations on it.
func pgTemplate(t testing.TB, server string) string {
	t.Helper()
	mu.Lock()
	defer mu.Unlock()
	if template != "" {
		return template
	}
	name := "template_" + migrations(t)
	ctx := context.Background()
	c, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx) // gives the lock back
	if _, err := c.Exec(ctx, "SELECT pg_advisory_lock(hashtext($1))", name); err != nil {
		t.Fatal(err)
	}
	var made bool
	if err := c.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&made); err != nil {
		t.Fatal(err)
	}
	if !made {
		half := "template_" + dbName()
		admin(t, server, fmt.Sprintf(`CREATE DATABASE "%s"`, half))
		migrate(t, pgserver.WithDatabase(server, half))
		admin(t, server, fmt.Sprintf(`ALTER DATABASE "%s" RENAME TO "%s"`, half, name))
	}
	template = name
	return template
}

// migrations tells these migrations from all others.
func migrations(t testing.TB) string {
	t.Helper()
	sum := sha256.New()
	err := fs.WalkDir(schema.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := schema.Files.ReadFile(name)
		fmt.Fprintf(sum, "%s %d\n%s", name, len(data), data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

func liteTemplate(t testing.TB) string {
	t.Helper()
	mu.Lock()
	defer mu.Unlock()
	if lite != "" {
		return lite
	}
	dir, err := os.MkdirTemp("", "polis-lite-")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "polis.db")
	migrate(t, path)
	lite = path
	return lite
}

func migrate(t testing.TB, url string) {
	t.Helper()
	d, err := db.OpenScratch(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Migrate(context.Background(), schema.Files); err != nil {
		t.Fatal(err)
	}
}

func admin(t testing.TB, server, stmt string) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	if _, err := c.Exec(ctx, stmt); err != nil {
		t.Fatal(err)
	}
}

func dbName() string { return clock.NewID() }

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer out.Close()
	_, err = io.Copy(out, in)
	return err
}
