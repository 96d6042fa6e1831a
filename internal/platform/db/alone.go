package db

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Alone runs fn while no other program on this database runs one of the same
// name; the others wait. On SQLite there is one program.
func (d *DB) Alone(ctx context.Context, name string, fn func() error) error {
	if d.Engine != Postgres {
		return fn()
	}
	c, err := pgx.Connect(ctx, d.URL)
	if err != nil {
		return fmt.Errorf("lock %q: %w", name, err)
	}
	defer c.Close(context.WithoutCancel(ctx)) // which gives the lock back
	if _, err := c.Exec(ctx, "SELECT pg_advisory_lock(hashtext($1))", name); err != nil {
		return fmt.Errorf("lock %q: %w", name, err)
	}
	return fn()
}

// Skew is how far the clock of the database is from now; 0 on SQLite, which
// has the clock of this machine.
func (d *DB) Skew(ctx context.Context, now func() time.Time) (time.Duration, error) {
	if d.Engine != Postgres {
		return 0, nil
	}
	var us int64
	row := d.read.QueryRowContext(ctx, "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)")
	if err := row.Scan(&us); err != nil {
		return 0, fmt.Errorf("clock of the database: %w", err)
	}
	return time.UnixMicro(us).Sub(now()), nil
}

// readersWait is how long a transaction that has written nothing can hold the
// horizon back: it is a report or a backup.
const readersWait = 60 * time.Second

// skew is how far the clocks of programs and database may be apart; /readyz
// complains of more.
const skew = 2 * time.Second

// Horizon is an instant before which nothing can be added any more: whatever a
// transaction that is open now, or begins later, dates or names by the time at
// which it does so, is later. What is older and committed is seen by the next
// statement of t. It must come before the first look at what is so dated.
//
// On SQLite t is the only writer. On PostgreSQL it is the beginning of the
// oldest other transaction, less what clocks may differ. The server shows it to
// the role that runs the transaction: all programs use the same one.
func (t *Tx) Horizon(ctx context.Context) (time.Time, error) {
	if t.eng != Postgres {
		return time.Now().UTC(), nil
	}
	if err := t.send(ctx); err != nil {
		return time.Time{}, err
	}
	var us int64
	err := t.tx.QueryRowContext(ctx, `
		SELECT CAST(extract(epoch FROM least(statement_timestamp(), min(
			CASE WHEN backend_xid IS NULL THEN greatest(xact_start, statement_timestamp() - make_interval(secs => $1)) ELSE xact_start END
		))) * 1000000 AS BIGINT)
		FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`,
		readersWait.Seconds()).Scan(&us)
	if err != nil {
		return time.Time{}, fmt.Errorf("horizon: %w", err)
	}
	return time.UnixMicro(us).UTC().Add(-skew), nil
}
