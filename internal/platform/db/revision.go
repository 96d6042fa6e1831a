package db

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// A revision counts the changes of something. Its row is locked by who makes
// one, so that changes follow one another.
var (
	lockRevision = Q("db.revision-lock", `
	INSERT INTO revision (name, value) VALUES ($1, 0)
	ON CONFLICT (name) DO UPDATE SET value = revision.value RETURNING value`)
	bumpRevision = Q("db.revision-bump", `
	INSERT INTO revision (name, value) VALUES ($1, 1)
	ON CONFLICT (name) DO UPDATE SET value = revision.value + 1 RETURNING value`)
	readRevision = Q("db.revision-read", `SELECT value FROM revision WHERE name = $1`)
)

// LockRevision waits until nobody else is changing something, and keeps others
// from it until the transaction ends.
func (t *Tx) LockRevision(ctx context.Context, name string) error {
	var value int64
	return One(ctx, t, lockRevision, []any{name}, &value)
}

// Bump notes a change, in the transaction of which it is made, and locks as
// LockRevision does. It returns which one it was.
func (t *Tx) Bump(ctx context.Context, name string) (value int64, err error) {
	return value, One(ctx, t, bumpRevision, []any{name}, &value)
}

// Revision is how often something was changed.
func Revision(ctx context.Context, r Reader, name string) (value int64, err error) {
	err = One(ctx, r, readRevision, []any{name}, &value)
	if errors.Is(err, ErrNoRow) {
		return 0, nil
	}
	return value, err
}

// Watch calls changed whenever a revision is another than seen says, until ctx
// ends: it looks once every interval. It is for SQLite, which tells nobody of
// what another program on its file changed; with PostgreSQL there is Listen.
func (d *DB) Watch(ctx context.Context, name string, every time.Duration, seen func() int64, changed func(context.Context) error) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		value, err := Revision(ctx, d, name)
		if err == nil && value != seen() {
			err = changed(ctx)
		}
		if err != nil && ctx.Err() == nil {
			slog.Error("a change of another program could not be read; trying once more", "of", name, "err", err)
		}
	}
}
