package db

import "context"

// Scrub takes what was deleted out of what lies beside the tables: on SQLite the
// log of writes is emptied into the file, in which deleted rows are overwritten
// (secure_delete). While others read it does what it can, and the next time the
// rest. PostgreSQL's own vacuum does it there.
func (d *DB) Scrub(ctx context.Context) error {
	if d.Engine != SQLite {
		return nil
	}
	rows, err := d.write.QueryContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() { // busy, and how many pages
	}
	return rows.Err()
}
