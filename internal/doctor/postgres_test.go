package doctor

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
)

// onPostgres moves a patient to a new PostgreSQL database.
func (x *patientOf) onPostgres() {
	x.Helper()
	x.Database, x.KeyFile.Path = dbtest.PostgresURL(x.T), filepath.Join(x.TempDir(), "kek.json")
	x.start()
	x.copyKeys()
}

func (x *patientOf) connect(url string) *pgx.Conn {
	x.Helper()
	c, err := pgx.Connect(context.Background(), url)
	if err != nil {
		x.Fatal(err)
	}
	x.Cleanup(func() { c.Close(context.Background()) })
	return c
}

// name is the database of a URL.
func (x *patientOf) name() string {
	u, err := url.Parse(x.Database)
	x.must(err)
	return strings.TrimPrefix(u.Path, "/")
}

func TestDoctorOnPostgres(t *testing.T) {
	for _, c := range []struct {
		name  string
		level level
		spoil func(x *patientOf)
	}{
		{"work.nobody", fine, func(*patientOf) {}},
		{"database.setting", wrong, func(x *patientOf) { x.exec(fmt.Sprintf("ALTER DATABASE %q SET synchronous_commit = off", x.name())) }},
		{"database.connections", wrong, func(x *patientOf) { x.exec(fmt.Sprintf("ALTER DATABASE %q CONNECTION LIMIT 10", x.name())) }},
		{"database.foreign", wrong, func(x *patientOf) {
			role := "r_" + strings.ReplaceAll(clock.NewID(), "-", "")
			x.exec(fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD 'x'", role))
			x.exec(fmt.Sprintf("GRANT ALL ON ALL TABLES IN SCHEMA public TO %s", role))
			owner := x.Database
			x.Cleanup(func() {
				x.Database = owner
				x.exec("DROP OWNED BY " + role)
				x.exec("DROP ROLE " + role)
			})
			u, err := url.Parse(x.Database)
			x.must(err)
			u.User = url.UserPassword(role, "x")
			x.Database = u.String()
		}},
		{"database.open", wrong, func(x *patientOf) {
			tx, err := x.connect(x.Database).Begin(context.Background())
			x.must(err)
			_, err = tx.Exec(context.Background(), "INSERT INTO job_turn (name, next) VALUES ('mine', 1)")
			x.must(err)
			x.doctor.patience = 0
		}},
		{"database.deadlocks", warning, func(x *patientOf) { x.deadlock() }},
		{"database.read-only", wrong, func(x *patientOf) {
			x.exec("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$")
		}},
		{"clock.skew", wrong, func(x *patientOf) { x.doctor.clock = func() time.Time { return time.Now().Add(-3 * time.Second) } }},
		{"clock.skew", warning, func(x *patientOf) { x.doctor.clock = func() time.Time { return time.Now().Add(time.Second) } }},
		{"database.away", wrong, func(x *patientOf) { x.Database = "postgres://postgres@127.0.0.1:1/nobody" }},
		{"reservations.differ", wrong, func(x *patientOf) { x.exec("INSERT INTO occupancy (day, resource, am, pm) VALUES (20000, 1, 1, 0)") }},
	} {
		t.Run(c.name+"-"+string(c.level), func(t *testing.T) {
			x := newPatient(t)
			x.onPostgres()
			c.spoil(x)
			x.findsHasty(c.level, c.name)
		})
	}
}

// findsHasty is finds on the PostgreSQL of the tests, which does not wait for
// its disk: the doctor says so, and it is left out here.
func (x *patientOf) findsHasty(l level, name string) {
	x.Helper()
	x.doctor.examine(x.Context())
	found := false
	for _, f := range x.doctor.found {
		switch {
		case f.name == "database.setting" && !strings.Contains(f.Text, "synchronous_commit"):
		case f.name == name && f.Level == l:
			found = true
		case f.Level == wrong:
			x.Errorf("%s: %s %s", f.Check, f.Level, f.Text)
		}
	}
	if !found {
		x.Errorf("%s (%s) is not among %+v", name, l, x.doctor.found)
	}
}

// deadlock lets two transactions wait for each other until PostgreSQL breaks one.
func (x *patientOf) deadlock() {
	x.Helper()
	ctx := context.Background()
	x.exec("INSERT INTO counter (key, value) VALUES ('a', 0), ('b', 0)")
	var conns [2]*pgx.Conn
	for i := range conns {
		conns[i] = x.connect(x.Database)
		for _, text := range []string{"SET deadlock_timeout = '10ms'", "BEGIN", fmt.Sprintf("UPDATE counter SET value = 1 WHERE key = '%c'", 'a'+i)} {
			_, err := conns[i].Exec(ctx, text)
			x.must(err)
		}
	}
	broken := make(chan error, 2)
	for i, c := range conns {
		go func() {
			_, err := c.Exec(ctx, fmt.Sprintf("UPDATE counter SET value = 1 WHERE key = '%c'", 'b'-i))
			_, _ = c.Exec(ctx, "ROLLBACK")
			_, _ = c.Exec(ctx, "SELECT pg_stat_force_next_flush()")
			broken <- err
		}()
	}
	if a, b := <-broken, <-broken; a == nil && b == nil {
		x.Fatal("no deadlock came about")
	}
	for _, c := range conns {
		x.must(c.Close(ctx))
	}
}

// What no test can bring about on a server that others use is judged from facts.
func TestDoctorJudgesPostgres(t *testing.T) {
	good := db.Facts{
		Version: "15.4", Number: 150004, Encoding: "UTF8", Allowed: 97, Connections: 20,
		Settings: map[string]string{"synchronous_commit": "on", "fsync": "on", "full_page_writes": "on"},
	}
	for name, c := range map[string]struct {
		level  level
		change func(f *db.Facts)
	}{
		"database.postgres":    {fine, func(*db.Facts) {}},
		"database.old":         {wrong, func(f *db.Facts) { f.Number, f.Version = 140009, "14.9" }},
		"database.encoding":    {wrong, func(f *db.Facts) { f.Encoding = "SQL_ASCII" }},
		"database.standby":     {wrong, func(f *db.Facts) { f.Standby = true }},
		"database.connections": {warning, func(f *db.Facts) { f.Connections = 90 }},
		"database.slot":        {warning, func(f *db.Facts) { f.Log = 2 << 30 }},
		"database.setting":     {wrong, func(f *db.Facts) { f.Settings = map[string]string{"fsync": "off"} }},
	} {
		x := newPatient(t)
		f := good
		c.change(&f)
		x.doctor.judgePostgres(f)
		if len(x.doctor.found) != 1 || x.doctor.found[0].name != name || x.doctor.found[0].Level != c.level {
			t.Errorf("%s: %+v", name, x.doctor.found)
		}
	}
}
