package db

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
)

// MaxNotice is the longest text one notice carries, in bytes (PostgreSQL's
// limit is 8,000).
const MaxNotice = 7900

// notify is PostgreSQL's own: the feed between replicas has nobody to speak to
// on SQLite, where one program owns the file.
const notify = "SELECT pg_notify($1, $2)"

// Notify sends a text to all listeners of a channel when the transaction
// commits, in the order of the commits. It does nothing on SQLite.
func (t *Tx) Notify(ctx context.Context, channel, text string) error {
	if t.eng != Postgres {
		return nil
	}
	return t.Later(ctx, Query{name: "notify " + channel, text: notify}, channel, text)
}

// Listen calls hear for each notice on a channel until ctx ends. Whenever the
// connection is new (at the start too) it calls fresh first: notices sent
// while nobody listened are lost, so the listener must read the state anew.
// It returns at once on SQLite.
func (d *DB) Listen(ctx context.Context, channel string, fresh func(context.Context) error, hear func(string)) {
	for wait := 50 * time.Millisecond; d.Engine == Postgres && ctx.Err() == nil; wait = min(2*wait, 5*time.Second) {
		err := d.listen(ctx, channel, func(ctx context.Context) error {
			wait = 50 * time.Millisecond
			return fresh(ctx)
		}, hear)
		if ctx.Err() != nil {
			return
		}
		slog.Warn("the feed between replicas broke; trying again", "channel", channel, "err", err)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

func (d *DB) listen(ctx context.Context, channel string, fresh func(context.Context) error, hear func(string)) error {
	c, err := pgx.Connect(ctx, d.URL)
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	if _, err := c.Exec(ctx, "LISTEN "+pgx.Identifier{channel}.Sanitize()); err != nil {
		return err
	}
	if err := fresh(ctx); err != nil {
		return err
	}
	for {
		n, err := c.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		hear(n.Payload)
	}
}
