package bench

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"polis/internal/platform/db/pgserver"
)

// postgres is a private server whose commits are on the disk when they return.
type postgres struct {
	*pgserver.Server
	floors map[string]bool // tables that are there
}

func startPostgres() (*postgres, error) {
	s, err := pgserver.Start("fsync = on", "synchronous_commit = on", "full_page_writes = on")
	if err != nil {
		return nil, err
	}
	return &postgres{Server: s, floors: map[string]bool{}}, nil
}

// describe is the version and the settings that matter.
func (p *postgres) describe(ctx context.Context) (text string, err error) {
	err = p.with(ctx, p.URL, func(c *pgx.Conn) error {
		for _, name := range []string{"server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers", "wal_sync_method"} {
			var value string
			if err := c.QueryRow(ctx, "SELECT current_setting($1)", name).Scan(&value); err != nil {
				return err
			}
			if name == "server_version" {
				text = value
				continue
			}
			text += fmt.Sprintf(", %s = %s", name, value)
		}
		return nil
	})
	return text, err
}

func (p *postgres) with(ctx context.Context, url string, fn func(*pgx.Conn) error) error {
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	return fn(c)
}

// address is the host and port of the server.
func (p *postgres) address() string {
	u, err := url.Parse(p.URL)
	if err != nil {
		return ""
	}
	return u.Host
}

// at is the URL of a database of the server by way of another address.
func (p *postgres) at(address, database string) string {
	return fmt.Sprintf("postgres://postgres@%s/%s?sslmode=disable", address, database)
}

func (p *postgres) deadlocks(ctx context.Context) (n int64, err error) {
	return n, p.with(ctx, p.URL, func(c *pgx.Conn) error {
		return c.QueryRow(ctx, "SELECT COALESCE(SUM(deadlocks), 0) FROM pg_stat_database").Scan(&n)
	})
}

// floor is one row, inserted and committed by itself: what a booking is
// measured against.
type floor struct{ database, table, script string }

// bareFloor is the least that can be: a narrow row in a table that has nothing
// but its key.
var bareFloor = floor{
	"postgres",
	`CREATE TABLE floor (id BIGSERIAL PRIMARY KEY, person TEXT NOT NULL, resource BIGINT NOT NULL,
		starts BIGINT NOT NULL, ends BIGINT NOT NULL, status TEXT NOT NULL)`,
	`\set resource random(1, 10000)
\set starts random(1, 1000000000)
INSERT INTO floor (person, resource, starts, ends, status)
VALUES ('01900000-0000-7000-9000-000000000001', :resource, :starts, :starts + 3600, 'confirmed');
`,
}

// bookingFloor is a row as wide as a booking in a table with the same indexes.
var bookingFloor = floor{
	"polis",
	`CREATE TABLE floor_booking (LIKE booking INCLUDING ALL); CREATE SEQUENCE floor_number`,
	`\set person random(1, 5000)
\set starts random(1, 1000000000)
INSERT INTO floor_booking (id, person, status, starts, ends, due, parts, uses, created, changed, rev)
VALUES ('01900000-0000-7000-8000-' || lpad(nextval('floor_number')::TEXT, 12, '0'),
	'01900000-0000-7000-9000-' || lpad((:person)::TEXT, 12, '0'), 'confirmed', :starts, :starts + 3600, :starts + 900,
	'[{"site":"01900000-0000-7000-8000-000000000001","kind":"desk","units":[4711],"from":"2026-12-01T08:00:00Z","to":"2026-12-01T09:00:00Z"}]',
	'[]', :starts, :starts, 1);
`,
}

var (
	transactionRate  = regexp.MustCompile(`tps = ([0-9.]+)`)
	transactionCount = regexp.MustCompile(`actually processed: ([0-9]+)`)
)

// inserted is what pgbench measured.
type inserted struct {
	rate float64       // per second
	cpu  time.Duration // of one
}

// inserts lets pgbench insert rows, each a transaction of its own, by prepared
// statement.
func (p *postgres) inserts(ctx context.Context, f floor, clients int, length time.Duration) (done inserted, err error) {
	if !p.floors[f.table] {
		if err := p.with(ctx, p.at(p.address(), f.database), func(c *pgx.Conn) error {
			_, err := c.Exec(ctx, f.table)
			return err
		}); err != nil {
			return done, err
		}
		p.floors[f.table] = true
	}
	script, err := os.CreateTemp("", "floor-*.sql")
	if err != nil {
		return done, err
	}
	defer os.Remove(script.Name())
	if _, err := script.WriteString(f.script); err != nil {
		return done, err
	}
	if err := script.Close(); err != nil {
		return done, err
	}
	host, port, err := net.SplitHostPort(p.address())
	if err != nil {
		return done, err
	}
	cmd := exec.CommandContext(ctx, p.pgbench(), "-n", "-M", "prepared", "-f", script.Name(), "-h", host, "-p", port, "-U", "postgres",
		"-c", strconv.Itoa(clients), "-j", strconv.Itoa(min(clients, 2)), "-T", strconv.Itoa(max(1, int(length.Seconds()))), f.database)
	before := cpuOf(self()) + cpuOfFamily(p.Pid()) // a child that was waited for counts as ours
	out, err := cmd.CombinedOutput()
	if err != nil {
		return done, fmt.Errorf("pgbench: %w: %s", err, out)
	}
	cpu := cpuOf(self()) + cpuOfFamily(p.Pid()) - before
	rate, count := transactionRate.FindSubmatch(out), transactionCount.FindSubmatch(out)
	if rate == nil || count == nil {
		return done, fmt.Errorf("pgbench said: %s", bytes.TrimSpace(out))
	}
	if done.rate, err = strconv.ParseFloat(string(rate[1]), 64); err != nil {
		return done, err
	}
	n, err := strconv.ParseInt(string(count[1]), 10, 64)
	if err == nil && n > 0 {
		done.cpu = cpu / time.Duration(n)
	}
	return done, err
}

func (p *postgres) pgbench() string {
	if path := filepath.Join(p.Bin, "pgbench"); exists(path) {
		return path
	}
	return "pgbench"
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// roundTrip is the middle time of SELECT 1.
func roundTrip(ctx context.Context, url string) (time.Duration, error) {
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return 0, err
	}
	defer c.Close(ctx)
	var took []time.Duration
	for range 201 {
		begin := time.Now()
		if _, err := c.Exec(ctx, "SELECT 1"); err != nil {
			return 0, err
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}
