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

// Lock lets one transaction at a time go on that asks for the same name, until
// it ends. On SQLite one transaction at a time writes anyhow.
func (t *Tx) Lock(ctx context.Context, name string) error {
	if t.eng != Postgres {
		return nil
	}
	_, err := t.Exec(ctx, Query{name: "lock " + name, text: "SELECT pg_advisory_xact_lock(hashtext($1))"}, name)
	return err
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
