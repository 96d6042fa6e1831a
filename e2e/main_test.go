package e2e

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"polis/internal/platform/clock"
	"polis/internal/platform/db/pgserver"
)

// full asks for the numbers that the project promises rather than those of
// every day.
var full = os.Getenv("POLIS_TEST_FULL") == "1"

// scaled is a number for every day, or the full one.
func scaled(everyDay, promised int) int {
	if full {
		return promised
	}
	return everyDay
}

// everyDay is for tests without a larger scale: the full run comes after theirs
// and does not repeat them.
func everyDay(t *testing.T) {
	t.Helper()
	if full {
		t.Skip("has no larger scale")
	}
}

// scratch is a folder that goes when the tests end.
var scratch string

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "polis-e2e-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	// Who waits for a browser or a program leaves the processor to others.
	flag.Parse()
	if err := flag.Set("test.parallel", strconv.Itoa(1+runtime.GOMAXPROCS(0))); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if url := os.Getenv("POLIS_TEST_POSTGRES"); url != "" && models[postgres] != nil {
		dropModel(url)
	}
	if private != nil {
		private.Stop()
	}
	os.RemoveAll(scratch)
	os.Exit(code)
}

// dropModel removes the database that others were copies of from a server that
// outlives the tests.
func dropModel(url string) {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, url)
	if err == nil {
		_, err = c.Exec(ctx, fmt.Sprintf("DROP DATABASE IF EXISTS %q WITH (FORCE)", models[postgres].name))
		c.Close(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// program is the path of the program under test, built once.
var program = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("POLIS_TEST_BINARY"); path != "" {
		return filepath.Abs(path)
	}
	path := filepath.Join(scratch, "bin", "polis")
	build := exec.Command("go", "build", "-o", path, "./cmd/polis")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

func binary(t testing.TB) string {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// engine is a kind of database.
type engine string

const (
	sqlite   engine = "sqlite"
	postgres engine = "postgres"
)

// onEach runs a test on both engines.
func onEach(t *testing.T, test func(t *testing.T, e engine)) {
	for _, e := range []engine{sqlite, postgres} {
		t.Run(string(e), func(t *testing.T) { test(t, e) })
	}
}

var private *pgserver.Server

var pgURL = sync.OnceValues(func() (string, error) {
	if url := os.Getenv("POLIS_TEST_POSTGRES"); url != "" {
		return url, nil
	}
	var err error
	if private, err = pgserver.Scratch(); err != nil {
		return "", err
	}
	return private.URL, nil
})

// pg is the URL of the PostgreSQL of the tests. Where there is none the test is
// skipped, loudly; where CI is "true" that is a failure.
func pg(t testing.TB) string {
	t.Helper()
	url, err := pgURL()
	switch {
	case errors.Is(err, pgserver.ErrNoServer) && os.Getenv("CI") != "true":
		t.Skip("NOT TESTED ON POSTGRESQL: " + err.Error())
	case err != nil:
		t.Fatal(err)
	}
	return url
}

// newDatabase makes a PostgreSQL database, empty or like another, that is
// dropped when the test ends.
func newDatabase(t testing.TB, like string) string {
	t.Helper()
	server, name := pg(t), "e2e_"+clock.NewID()
	how := ""
	if like != "" {
		how = fmt.Sprintf(" TEMPLATE %q STRATEGY FILE_COPY", like)
	}
	sql(t, server, fmt.Sprintf("CREATE DATABASE %q%s", name, how))
	t.Cleanup(func() { sql(t, server, fmt.Sprintf("DROP DATABASE IF EXISTS %q WITH (FORCE)", name)) })
	return pgserver.WithDatabase(server, name)
}

// sql runs a statement on a PostgreSQL database.
func sql(t testing.TB, url, statement string, args ...any) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	if _, err := c.Exec(ctx, statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// sqlValue is the only value that a query on a PostgreSQL database returns.
func sqlValue[T any](t testing.TB, url, query string, args ...any) (v T) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	if err := c.QueryRow(ctx, query, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}
