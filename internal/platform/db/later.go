package db

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// later is a statement that was asked for and not sent yet.
type later struct {
	name, text string
	args       []any
}

// Later runs a statement of which only matters that it succeeds: in its turn,
// at the latest with the commit. On PostgreSQL such statements wait and travel
// together, so that a transaction of many of them costs one round trip. The
// error may come with a later statement or with the commit. args are kept.
func (t *Tx) Later(ctx context.Context, q Query, args ...any) error {
	if t.conn == nil {
		_, err := t.Exec(ctx, q, args...)
		return err
	}
	args, err := q.bind(args)
	t.waiting = append(t.waiting, later{q.name, q.text, args})
	return err
}

// Later is Exec by way of Tx.Later. On SQLite it goes in pieces whose statements
// are prepared: to parse hundreds of rows costs more than to write them.
func (m MultiRow) Later(ctx context.Context, tx *Tx, args []any) error {
	most := MaxRows()
	if tx.eng == SQLite {
		most = preparedRows
	}
	for piece := range slices.Chunk(args, most*m.cols) {
		q, padded := m.For(slices.Clip(piece))
		if err := tx.Later(ctx, q, padded...); err != nil {
			return err
		}
	}
	return nil
}

// send runs the statements that wait.
func (t *Tx) send(ctx context.Context) error {
	if len(t.waiting) == 0 {
		return nil
	}
	list := t.waiting
	t.waiting = nil
	return t.conn.Raw(func(c any) (err error) {
		var b pgx.Batch
		for _, l := range list {
			b.Queue(l.text, l.args...)
		}
		r := c.(*stdlib.Conn).Conn().SendBatch(ctx, &b)
		defer func() {
			if e := r.Close(); err == nil {
				err = e
			}
		}()
		for _, l := range list {
			if _, err := r.Exec(); err != nil {
				return fmt.Errorf("%s: %w", l.name, err)
			}
		}
		return nil
	})
}
