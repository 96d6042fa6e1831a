// Package db is the one way to the database. The same SQL runs on SQLite (the
// default: one file, one writer connection, several readers) and on PostgreSQL
// (production: several programs on one database). Statements stand beside the
// code that uses them, registered with Q or Rows, so that a test can prepare
// each of them on both engines.
package db

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"sync"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"
)

// Engine is the kind of database.
type Engine string

// The two engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// DB is an open database.
type DB struct {
	Engine Engine
	URL    string
	write  *pool
	read   *pool
}

// pool is a connection pool that keeps prepared statements where the driver
// does not (pgx does).
type pool struct {
	*sql.DB
	keep  bool
	mu    sync.RWMutex
	stmts map[string]*sql.Stmt
}

// Open opens the database of a URL: "postgres://…", or the path of an SQLite
// file. It does not migrate.
func Open(ctx context.Context, location string) (*DB, error) {
	if IsPostgres(location) {
		return openPostgres(ctx, location)
	}
	return openSQLite(ctx, location, "FULL")
}

// OpenScratch is Open for what need not outlive a power cut, such as the databases
// of tests.
func OpenScratch(ctx context.Context, location string) (*DB, error) {
	if IsPostgres(location) {
		return openPostgres(ctx, location)
	}
	return openSQLite(ctx, location, "OFF")
}

// IsPostgres tells whether a location names a PostgreSQL database.
func IsPostgres(location string) bool {
	return strings.HasPrefix(location, "postgres://") || strings.HasPrefix(location, "postgresql://")
}

// maxConns is how many connections a program keeps to PostgreSQL.
const maxConns = 16

func openPostgres(ctx context.Context, location string) (*DB, error) {
	h, err := sql.Open("pgx", location)
	if err != nil {
		return nil, fmt.Errorf("open PostgreSQL: %w", err)
	}
	h.SetMaxOpenConns(maxConns)
	h.SetMaxIdleConns(maxConns)
	if err := h.PingContext(ctx); err != nil {
		h.Close()
		return nil, fmt.Errorf("reach PostgreSQL: %w", err)
	}
	p := &pool{DB: h}
	return &DB{Engine: Postgres, URL: location, write: p, read: p}, nil
}

// openSQLite: busy_timeout stands first, so that the other pragmas wait too.
// With synchronous FULL a commit is on the disk when it returns.
func openSQLite(ctx context.Context, path, synchronous string) (*DB, error) {
	dsn := func(extra ...string) string {
		v := url.Values{"_pragma": append([]string{
			"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(" + synchronous + ")", "foreign_keys(1)",
			"cache_size(-8000)", "journal_size_limit(67108864)", "secure_delete(1)",
		}, extra...)}
		return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + v.Encode()
	}
	w, err := sql.Open("sqlite", dsn()+"&_txlock=immediate&_defensive=1")
	if err != nil {
		return nil, fmt.Errorf("open SQLite: %w", err)
	}
	w.SetMaxOpenConns(1)
	if err := w.PingContext(ctx); err != nil {
		w.Close()
		return nil, fmt.Errorf("open SQLite %s: %w", path, err)
	}
	r, err := sql.Open("sqlite", dsn("query_only(1)")+"&_defensive=1")
	if err != nil {
		w.Close()
		return nil, fmt.Errorf("open SQLite: %w", err)
	}
	r.SetMaxOpenConns(4)
	r.SetMaxIdleConns(4)
	keep := func(h *sql.DB) *pool { return &pool{DB: h, keep: true, stmts: map[string]*sql.Stmt{}} }
	return &DB{Engine: SQLite, URL: path, write: keep(w), read: keep(r)}, nil
}

// Close closes the connections.
func (d *DB) Close() error {
	err := d.write.Close()
	if d.read != d.write {
		if e := d.read.Close(); err == nil {
			err = e
		}
	}
	return err
}

// Ping tells whether the database answers.
func (d *DB) Ping(ctx context.Context) error { return d.read.PingContext(ctx) }

// stmt is the prepared statement of a text, where the pool keeps them.
func (p *pool) stmt(ctx context.Context, text string) (*sql.Stmt, error) {
	p.mu.RLock()
	s := p.stmts[text]
	p.mu.RUnlock()
	if s != nil {
		return s, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.stmts[text]; s != nil {
		return s, nil
	}
	s, err := p.PrepareContext(ctx, text)
	if err == nil {
		p.stmts[text] = s
	}
	return s, err
}

// Reader runs statements that return rows; a DB and a Tx are Readers.
type Reader interface {
	Query(ctx context.Context, q Query, args ...any) (*sql.Rows, error)
}

// Query runs a reading statement outside any transaction.
func (d *DB) Query(ctx context.Context, q Query, args ...any) (*sql.Rows, error) {
	if !d.read.keep {
		args, err := q.bind(args)
		if err != nil {
			return nil, err
		}
		rows, err := d.read.QueryContext(ctx, q.text, args...)
		for try := 0; Broken(err) && try < maxConns; try++ { // each try drops a broken one from the pool
			rows, err = d.read.QueryContext(ctx, q.text, args...)
		}
		return rows, meant(q.wrap(err))
	}
	s, err := d.read.stmt(ctx, q.Text(d.Engine))
	if err != nil {
		return nil, q.wrap(err)
	}
	rows, err := s.QueryContext(ctx, args...)
	return rows, q.wrap(err)
}

// Tx is a transaction.
type Tx struct {
	tx      *sql.Tx
	conn    *sql.Conn // of the transaction, on PostgreSQL
	pool    *pool
	eng     Engine
	waiting []later
	after   []func()
}

// Engine is the kind of database of the transaction.
func (t *Tx) Engine() Engine { return t.eng }

// Query runs a statement that returns rows.
func (t *Tx) Query(ctx context.Context, q Query, args ...any) (*sql.Rows, error) {
	if err := t.send(ctx); err != nil {
		return nil, err
	}
	if s := t.kept(q); s != nil {
		rows, err := t.tx.StmtContext(ctx, s).QueryContext(ctx, args...)
		return rows, q.wrap(err)
	}
	args, err := t.bind(q, args)
	if err != nil {
		return nil, err
	}
	rows, err := t.tx.QueryContext(ctx, q.Text(t.eng), args...)
	return rows, q.wrap(err)
}

// Exec runs a statement and returns how many rows it changed.
func (t *Tx) Exec(ctx context.Context, q Query, args ...any) (int64, error) {
	var res sql.Result
	err := t.send(ctx)
	if err != nil {
		return 0, err
	}
	if s := t.kept(q); s != nil {
		res, err = t.tx.StmtContext(ctx, s).ExecContext(ctx, args...)
	} else if args, err = t.bind(q, args); err == nil {
		res, err = t.tx.ExecContext(ctx, q.Text(t.eng), args...)
	}
	if err != nil {
		return 0, q.wrap(err)
	}
	return res.RowsAffected()
}

func (t *Tx) bind(q Query, args []any) ([]any, error) {
	if t.eng != Postgres {
		return args, nil
	}
	return q.bind(args)
}

// kept looks for a statement prepared before; it never prepares, since the
// only writer connection is ours now.
func (t *Tx) kept(q Query) *sql.Stmt {
	if !t.pool.keep {
		return nil
	}
	t.pool.mu.RLock()
	defer t.pool.mu.RUnlock()
	return t.pool.stmts[q.Text(t.eng)]
}

// After calls fn once the transaction has committed; the way out for all that
// is not the database.
func (t *Tx) After(fn func()) { t.after = append(t.after, fn) }

// Write runs fn in a READ COMMITTED transaction and commits it. fn may run
// again after a deadlock, a busy database or a broken connection, so it must not change anything
// outside the transaction: that belongs in tx.After.
func (d *DB) Write(ctx context.Context, fn func(tx *Tx) error) error {
	for try := 0; ; try++ {
		err := d.once(ctx, d.write, &sql.TxOptions{Isolation: sql.LevelDefault}, fn)
		if err == nil || try == 8 || !again(err) {
			return meant(err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(1+rand.IntN(5<<try)) * time.Millisecond):
		}
	}
}

// Snapshot runs fn in a read-only transaction that sees one state of the whole
// database; for reports, checks and backups.
func (d *DB) Snapshot(ctx context.Context, fn func(tx *Tx) error) error {
	opts := &sql.TxOptions{ReadOnly: true}
	if d.Engine == Postgres {
		opts.Isolation = sql.LevelRepeatableRead
	}
	return meant(d.once(ctx, d.read, opts, fn))
}

func (d *DB) once(ctx context.Context, p *pool, opts *sql.TxOptions, fn func(tx *Tx) error) error {
	t := &Tx{pool: p, eng: d.Engine}
	begin := p.BeginTx
	if d.Engine == Postgres {
		conn, err := p.Conn(ctx)
		if err != nil {
			return fmt.Errorf("begin: %w", err)
		}
		defer conn.Close() //nolint:errcheck // back to the pool, whatever its state
		t.conn, begin = conn, conn.BeginTx
	}
	var err error
	if t.tx, err = begin(ctx, opts); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer t.tx.Rollback() //nolint:errcheck // after a commit it does nothing
	if err := fn(t); err != nil {
		return err
	}
	if err := t.send(ctx); err != nil {
		return err
	}
	if err := t.tx.Commit(); err != nil {
		return &commitError{fmt.Errorf("commit: %w", err)}
	}
	for _, f := range t.after {
		f()
	}
	return nil
}

// Prepare readies statements on the writer, where preparing inside a
// transaction is not possible; it has nothing to do on PostgreSQL.
func (d *DB) Prepare(ctx context.Context, qs ...Query) error {
	if !d.write.keep {
		return nil
	}
	for _, q := range qs {
		if _, err := d.write.stmt(ctx, q.Text(d.Engine)); err != nil {
			return q.wrap(err)
		}
	}
	return nil
}
