package e2e

import (
	"bytes"
	"context"
	stdsql "database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the tests damage rows of its files

	"polis/internal/fiscal"
	"polis/internal/platform/db/pgserver"
)

// store is where a program keeps everything.
type store struct {
	engine   engine
	data     string // folder
	database string // URL; "" on SQLite
	kek      string
	tokens   []string // of people whom fair use does not bind, in a demonstration
}

// flags say to a command where the store is.
func (s *store) flags() []string {
	if s.engine == sqlite {
		return []string{"--data", s.data}
	}
	return []string{"--data", s.data, "--database", s.database, "--kek-file", s.kek}
}

// newEmpty is a store with nothing in it.
func newEmpty(t testing.TB, e engine) *store {
	t.Helper()
	s := &store{engine: e, data: t.TempDir()}
	s.kek = filepath.Join(s.data, "kek.json")
	if e == postgres {
		s.database = newDatabase(t, "")
	}
	return s
}

// newDemo is a store with the demonstration network, laid out once for all
// tests and copied for each.
func newDemo(t testing.TB, e engine) *store {
	t.Helper()
	model := demoModel(t, e)
	s := &store{engine: e, data: t.TempDir(), tokens: model.tokens}
	s.kek = filepath.Join(s.data, "kek.json")
	if err := os.CopyFS(s.data, os.DirFS(model.data)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(s.kek, 0o600); err != nil { // CopyFS widens modes
		t.Fatal(err)
	}
	if e == postgres {
		s.database = newDatabase(t, model.name)
	}
	return s
}

// model is a demonstration that others are copies of.
type model struct {
	data   string
	name   string // of the PostgreSQL database
	tokens []string
	err    error
}

var (
	modelLock sync.Mutex
	models    = map[engine]*model{}
)

// callers is how many people have a token in the demonstration.
const callers = 16

func demoModel(t testing.TB, e engine) *model {
	t.Helper()
	url := ""
	if e == postgres {
		url = pg(t)
	}
	modelLock.Lock()
	defer modelLock.Unlock()
	m := models[e]
	if m == nil {
		m = &model{data: filepath.Join(scratch, "model-"+string(e)), name: fmt.Sprintf("e2e_model_%d", os.Getpid())}
		m.err = m.make(t, e, url)
		models[e] = m
	}
	if m.err != nil {
		t.Fatal(m.err)
	}
	return m
}

func (m *model) make(t testing.TB, e engine, server string) error {
	s := &store{engine: e, data: m.data, kek: filepath.Join(m.data, "kek.json")}
	if e == postgres {
		sql(t, server, fmt.Sprintf("DROP DATABASE IF EXISTS %q", m.name))
		sql(t, server, fmt.Sprintf("CREATE DATABASE %q", m.name))
		s.database = pgserver.WithDatabase(server, m.name)
	}
	p, err := launch(binary(t), s, "--demo")
	if err != nil {
		return err
	}
	// Else every copy would count them.
	eventually(t, time.Minute, "the figures of all days are counted", func() bool {
		s.exec(t, "UPDATE job_turn SET next = 0 WHERE name = 'coworking.figures'") // it need not rest in between
		return s.number(t, "SELECT COUNT(*) FROM figure_day") > 0 && s.number(t, "SELECT COUNT(*) FROM figure_day WHERE counted < rev") == 0
	})
	if err := p.terminate(); err != nil {
		return err
	}
	for i := range callers {
		out, errOut, err := run(t, binary(t), append([]string{"token", "create", "--unlimited", "--person", person(i)}, s.flags()...)...)
		if err != nil {
			return fmt.Errorf("token create: %w\n%s", err, errOut)
		}
		m.tokens = append(m.tokens, lastLine(out))
	}
	return nil
}

// person is the fiscal number of the nth made-up person.
func person(n int) string {
	family := "Prova" + strings.Repeat("a", n%3)
	number, err := fiscal.Make(family, "Caso", fiscal.Date{Year: 1950 + n/28, Month: 1 + n/3%12, Day: 1 + n%28}, fiscal.Female, "H501")
	if err != nil {
		panic(err) // the names are ours
	}
	return number
}

func lastLine(out string) string {
	lines := strings.Split(strings.TrimRight(out, "\n"), "\n")
	return lines[len(lines)-1]
}

// run runs a command of the program.
func run(t testing.TB, binary string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Minute)
	defer stop()
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Env = cleanEnv()
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err = cmd.Run()
	return out.String(), errOut.String(), err
}

// cleanEnv is the environment without settings of the program.
func cleanEnv() (env []string) {
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "POLIS_") {
			env = append(env, v)
		}
	}
	return append(env, "TZ=UTC")
}

// do runs a command on the store; any failure of it fails the test.
func (s *store) do(t testing.TB, args ...string) string {
	t.Helper()
	out, errOut, err := run(t, binary(t), append(args, s.flags()...)...)
	if err != nil {
		t.Fatalf("polis %s: %v\n%s%s", strings.Join(args, " "), err, out, errOut)
	}
	return out
}

// token makes a token.
func (s *store) token(t testing.TB, args ...string) string {
	t.Helper()
	return lastLine(s.do(t, append([]string{"token", "create"}, args...)...))
}

// check runs `polis check`, which must find nothing and say nothing.
func (s *store) check(t testing.TB) {
	t.Helper()
	out, errOut, err := run(t, binary(t), append([]string{"check"}, s.flags()...)...)
	if err != nil || out != "" {
		t.Errorf("polis check: %v\n%.4000s%.1000s", err, out, errOut)
	}
}

// exec changes rows behind the program's back.
func (s *store) exec(t testing.TB, statement string, args ...any) {
	t.Helper()
	if s.engine == postgres {
		sql(t, s.database, statement, args...)
		return
	}
	d := s.file(t)
	defer d.Close()
	if _, err := d.Exec(statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// number is the only number that a query returns.
func (s *store) number(t testing.TB, query string, args ...any) (n int64) {
	t.Helper()
	if s.engine == postgres {
		return sqlValue[int64](t, s.database, query, args...)
	}
	d := s.file(t)
	defer d.Close()
	if err := d.QueryRow(query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// text is the only text that a query returns, on SQLite.
func (s *store) text(t testing.TB, query string) (text string) {
	t.Helper()
	d := s.file(t)
	defer d.Close()
	if err := d.QueryRow(query).Scan(&text); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return text
}

func (s *store) file(t testing.TB) *stdsql.DB {
	t.Helper()
	d, err := stdsql.Open("sqlite", "file:"+filepath.Join(s.data, "polis.db")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// noDeadlocks fails the test if PostgreSQL had to break one. The count is
// complete once the programs have closed their connections.
func (s *store) noDeadlocks(t testing.TB) {
	t.Helper()
	if s.engine != postgres {
		return
	}
	if n := s.number(t, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"); n != 0 {
		t.Errorf("%d deadlocks", n)
	}
}

// exitCode is the status with which a command ended.
func exitCode(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	if err != nil {
		return -1
	}
	return 0
}

// verifies tells whether the program finds a pass valid at an instant, with a
// public key and nothing else.
func verifies(t testing.TB, key []byte, pass, at string) bool {
	t.Helper()
	file := filepath.Join(t.TempDir(), "pass.pub")
	if err := os.WriteFile(file, key, 0o644); err != nil {
		t.Fatal(err)
	}
	out, errOut, err := run(t, binary(t), "pass", "verify", "--key", file, "--at", at, pass)
	if code := exitCode(err); code != 0 && code != 1 {
		t.Fatalf("pass verify: %v\n%s", err, errOut)
	}
	return err == nil && strings.HasPrefix(out, "valid\n")
}
