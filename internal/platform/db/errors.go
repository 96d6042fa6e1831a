package db

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// PostgreSQL's names for what went wrong.
const (
	pgUnique        = "23505"
	pgSerialization = "40001"
	pgDeadlock      = "40P01"
)

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
