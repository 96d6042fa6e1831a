package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"polis/internal/platform/machine"
)

// Facts are what an engine says of itself and of this database, for whoever
// looks after it.
type Facts struct {
	Version  string // "15.4", "3.46.1"
	Number   int    // of PostgreSQL: 150004
	Encoding string
	Settings map[string]string // those that decide what a commit is worth
	Size     int64             // of the database, bytes
	Log      int64             // of what is written before it: the WAL file, or what PostgreSQL keeps for a slot that nobody reads
	ReadOnly bool              // it takes no changes from this program

	// Of PostgreSQL alone:

	Standby     bool          // it follows another and takes no changes
	Foreign     int           // tables that are another role's
	Connections int           // of all programs
	Allowed     int           // for this role in this database
	Oldest      time.Duration // age of the oldest transaction that has changed something and is open still
	OldestID    int           // of its process
	Deadlocks   int64         // since statistics began
}

// Inspect asks an engine what it says of itself.
func (d *DB) Inspect(ctx context.Context) (f Facts, err error) {
	f.Settings = map[string]string{}
	if d.Engine == Postgres {
		err = d.inspectPostgres(ctx, &f)
	} else {
		err = d.inspectSQLite(ctx, &f)
	}
	if err != nil {
		return f, meant(fmt.Errorf("inspect the database: %w", err))
	}
	f.ReadOnly = errors.Is(d.TakesChanges(ctx), ErrReadOnly)
	return f, nil
}

// ErrReadOnly says that a database takes no changes from this program.
var ErrReadOnly = errors.New("the database takes no changes")

// TakesChanges is ErrReadOnly where the database is a standby, was set to be
// read only, or is a file that belongs to somebody else. It changes nothing.
func (d *DB) TakesChanges(ctx context.Context) error {
	if d.Engine == SQLite {
		// Never by opening the file: to close it would end the locks that SQLite
		// holds on it in this process.
		if err := machine.Writable(d.URL); err != nil {
			return fmt.Errorf("%w: %w", ErrReadOnly, err)
		}
		return nil
	}
	var readOnly bool
	err := d.read.QueryRowContext(ctx, "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on'").Scan(&readOnly)
	if err == nil && readOnly {
		err = ErrReadOnly
	}
	return meant(err)
}

func (d *DB) inspectSQLite(ctx context.Context, f *Facts) error {
	for _, q := range []struct {
		text string
		into *string
	}{
		{"SELECT sqlite_version()", &f.Version},
		{"PRAGMA encoding", &f.Encoding},
	} {
		if err := d.read.QueryRowContext(ctx, q.text).Scan(q.into); err != nil {
			return err
		}
	}
	var mode string
	if err := d.read.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return err
	}
	f.Settings["journal_mode"] = mode
	for path, into := range map[string]*int64{d.URL: &f.Size, d.URL + "-wal": &f.Log} {
		if info, err := os.Stat(path); err == nil {
			*into = info.Size()
		}
	}
	return nil
}

// What a role may open is the least of three limits, of which -1 means none.
const inspectPostgres = `
	SELECT current_setting('server_version'), CAST(current_setting('server_version_num') AS INTEGER), current_setting('server_encoding'),
		pg_database_size(current_database()), pg_is_in_recovery(),
		(SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND NOT pg_has_role(tableowner, 'USAGE')),
		(SELECT sum(numbackends) FROM pg_stat_database),
		least(CAST(current_setting('max_connections') AS INTEGER) - CAST(current_setting('superuser_reserved_connections') AS INTEGER),
			(SELECT CASE WHEN datconnlimit < 0 THEN 1000000 ELSE datconnlimit END FROM pg_database WHERE datname = current_database()),
			(SELECT CASE WHEN rolconnlimit < 0 THEN 1000000 ELSE rolconnlimit END FROM pg_roles WHERE rolname = current_user)),
		(SELECT deadlocks FROM pg_stat_database WHERE datname = current_database())`

// Positions in the log are kept of the server that writes it.
const inspectSlots = `
	SELECT CASE WHEN pg_is_in_recovery() THEN 0 ELSE
		COALESCE((SELECT max(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)) FROM pg_replication_slots WHERE NOT active), 0) END`

const inspectOldest = `
	SELECT pid, extract(epoch FROM clock_timestamp() - xact_start) FROM pg_stat_activity
	WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND backend_xid IS NOT NULL
	ORDER BY xact_start LIMIT 1`

func (d *DB) inspectPostgres(ctx context.Context, f *Facts) error {
	row := d.read.QueryRowContext(ctx, inspectPostgres)
	if err := row.Scan(&f.Version, &f.Number, &f.Encoding, &f.Size, &f.Standby, &f.Foreign, &f.Connections, &f.Allowed, &f.Deadlocks); err != nil {
		return err
	}
	for _, name := range []string{"synchronous_commit", "fsync", "full_page_writes"} {
		var value string
		if err := d.read.QueryRowContext(ctx, "SELECT current_setting($1)", name).Scan(&value); err != nil {
			return err
		}
		f.Settings[name] = value
	}
	if err := d.read.QueryRowContext(ctx, inspectSlots).Scan(&f.Log); err != nil {
		return err
	}
	var seconds float64
	err := d.read.QueryRowContext(ctx, inspectOldest).Scan(&f.OldestID, &seconds)
	if err == sql.ErrNoRows {
		return nil
	}
	f.Oldest = time.Duration(seconds * float64(time.Second))
	return err
}

// Damage reads an SQLite file and says what in it cannot be; "" where all is
// well, and on PostgreSQL, which looks at its pages itself.
func (d *DB) Damage(ctx context.Context) (string, error) {
	if d.Engine != SQLite {
		return "", nil
	}
	rows, err := d.read.QueryContext(ctx, "PRAGMA quick_check(3)")
	if err != nil {
		return err.Error(), ctx.Err() // a file so damaged that it cannot even be read
	}
	defer rows.Close()
	var found []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return "", err
		}
		if text != "ok" {
			found = append(found, text)
		}
	}
	if err := rows.Err(); err != nil {
		return err.Error(), ctx.Err()
	}
	return strings.Join(found, "; "), nil
}
