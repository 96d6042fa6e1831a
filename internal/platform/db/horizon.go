package db

import (
	"context"
	"fmt"
	"time"
)

// readersWait is how long a transaction that has written nothing can hold the
// horizon back: it is a report or a backup.
var readersWait = 60 * time.Second

// skew is how far the clocks of programs and database may be apart; /readyz
// complains of more. A test with one clock sets it to 0.
var skew = 2 * time.Second

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
		WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND xact_start IS NOT NULL`,
		readersWait.Seconds()).Scan(&us)
	if err != nil {
		return time.Time{}, fmt.Errorf("horizon: %w", err)
	}
	return time.UnixMicro(us).UTC().Add(-skew), nil
}
