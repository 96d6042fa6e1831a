package db

import (
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"polis/internal/platform/errs"
)

// PostgreSQL's names for what went wrong.
const (
	pgUnique        = "23505"
	pgSerialization = "40001"
	pgDeadlock      = "40P01"
)

// What it says when it takes a connection away or cannot give one.
var pgGone = []string{"57P01", "57P02", "57P03", "53300"}

// Broken tells whether the connection was lost or could not be had, so that
// nothing is known of the statement but that it is worth another try.
func Broken(err error) bool {
	if code, ok := pgCode(err); ok {
		return strings.HasPrefix(code, "08") || slices.Contains(pgGone, code)
	}
	var network *net.OpError
	var connect *pgconn.ConnectError
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.As(err, &network) || errors.As(err, &connect)
}

// commitError is an error of the commit: whether it happened is not known when
// the connection broke.
type commitError struct{ error }

func (e *commitError) Unwrap() error { return e.error }

// again tells whether a transaction may be run once more.
func again(err error) bool {
	var commit *commitError
	return Retryable(err) || Broken(err) && !errors.As(err, &commit)
}

// meant gives an error of a broken connection its meaning for people: try
// again later.
func meant(err error) error {
	var known *errs.Error
	if err == nil || errors.As(err, &known) || !Broken(err) {
		return err
	}
	return errs.New(errs.Unavailable, "error.unavailable", nil).Because(err)
}

// Retryable tells whether the transaction may succeed when it is run again.
func Retryable(err error) bool {
	if code, ok := pgCode(err); ok {
		return code == pgSerialization || code == pgDeadlock
	}
	code, ok := sqliteCode(err)
	return ok && code&0xff == sqlite3.SQLITE_BUSY
}

// IsUnique tells whether err says that a row with this key is there already.
func IsUnique(err error) bool {
	if code, ok := pgCode(err); ok {
		return code == pgUnique
	}
	code, ok := sqliteCode(err)
	return ok && (code == sqlite3.SQLITE_CONSTRAINT_UNIQUE || code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}

// IsDeadlock tells whether PostgreSQL broke a deadlock; it is counted, because
// the order of locks is meant to leave none.
func IsDeadlock(err error) bool {
	code, ok := pgCode(err)
	return ok && code == pgDeadlock
}

func pgCode(err error) (string, bool) {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code, true
	}
	return "", false
}

func sqliteCode(err error) (int, bool) {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code(), true
	}
	return 0, false
}
