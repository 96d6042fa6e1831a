package journal

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/jobs"
)

// Consumer does what acts of some kinds ask for. Do gets them in the order of
// their ids, in the transaction that moves the consumer's bookmark on: what it
// writes there happens exactly once for each act. After an error the same acts
// come again at the next turn, and no others before them.
//
// No committed act is passed over: a consumer reads only what is older than
// every open transaction (db.Tx.Horizon), so an act comes a few seconds after
// its commit.
type Consumer struct {
	Name  string   // never changes: it is the bookmark's
	Kinds []string // of acts; kinds may be added, for acts to come
	Do    func(ctx context.Context, tx *db.Tx, acts []Act) error
	// All makes a new consumer begin with the first act ever; without it a new
	// one begins now.
	All bool
}

// Follow lets a worker run the consumer's turns.
func Follow(w *jobs.Worker, d *db.DB, c Consumer) {
	w.Every("journal."+c.Name, time.Second, func(ctx context.Context) error { return c.Turn(ctx, d) })
}

// page is how many acts one transaction takes; a turn takes pages for a tenth of
// its second, so that consumers fall behind rather than stand in the way when
// thousands of acts come each second.
const (
	page  = 200
	share = 100 * time.Millisecond
)

var (
	// lockBookmark makes another replica wait until this one is done.
	lockBookmark  = db.Q("journal.bookmark-lock", `UPDATE bookmark SET act = act WHERE consumer = $1 RETURNING act`)
	firstBookmark = db.Q("journal.bookmark-first", `INSERT INTO bookmark (consumer, act) VALUES ($1, $2) ON CONFLICT (consumer) DO NOTHING`)
	moveBookmark  = db.Q("journal.bookmark-move", `UPDATE bookmark SET act = $2 WHERE consumer = $1`)
	nextActs      = db.Rows("journal.next", `
		SELECT id, at, kind, subject, person, data FROM act
		WHERE kind IN (SELECT column1 FROM {rows} WHERE column1 IS NOT NULL) AND id > {1} AND id < {2}
		ORDER BY id LIMIT {3}`, "TEXT")
)

// Turn takes the acts that are there.
func (c Consumer) Turn(ctx context.Context, d *db.DB) error {
	for begin := time.Now(); time.Since(begin) < share; {
		more := false
		err := d.Write(ctx, func(tx *db.Tx) (err error) {
			more, err = c.take(ctx, tx)
			return err
		})
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// take takes one page of acts; more tells that there may be another.
func (c Consumer) take(ctx context.Context, tx *db.Tx) (more bool, err error) {
	var from string
	err = db.One(ctx, tx, lockBookmark, []any{c.Name}, &from)
	if errors.Is(err, db.ErrNoRow) {
		return c.begin(ctx, tx)
	}
	if err != nil {
		return false, err
	}
	horizon, err := tx.Horizon(ctx)
	if err != nil {
		return false, err
	}
	until := firstID(horizon)
	kinds := make([]any, len(c.Kinds))
	for i, k := range c.Kinds {
		kinds[i] = k
	}
	q, args := nextActs.For(kinds, from, until, page)
	acts, err := db.All(ctx, tx, q, scanAct, args...)
	if err != nil {
		return false, err
	}
	if len(acts) > 0 {
		if err := c.Do(ctx, tx, acts); err != nil {
			return false, fmt.Errorf("consumer %s: %w", c.Name, err)
		}
	}
	if more = len(acts) == page; more {
		until = acts[page-1].ID
	}
	if until > from {
		_, err = tx.Exec(ctx, moveBookmark, c.Name, until)
	}
	return more, err
}

// begin puts a new consumer's bookmark.
func (c Consumer) begin(ctx context.Context, tx *db.Tx) (more bool, err error) {
	from := ""
	if !c.All {
		now, err := tx.Horizon(ctx)
		if err != nil {
			return false, err
		}
		from = firstID(now)
	}
	_, err = tx.Exec(ctx, firstBookmark, c.Name, from)
	return c.All, err
}

// firstID is the smallest UUIDv7 of an instant.
func firstID(t time.Time) string {
	h := hex.EncodeToString([]byte{
		byte(t.UnixMilli() >> 40), byte(t.UnixMilli() >> 32), byte(t.UnixMilli() >> 24),
		byte(t.UnixMilli() >> 16), byte(t.UnixMilli() >> 8), byte(t.UnixMilli()),
	})
	return h[:8] + "-" + h[8:] + "-7000-8000-000000000000"
}

func scanAct(rows *sql.Rows) (a Act, err error) {
	var at int64
	err = rows.Scan(&a.ID, &at, &a.Kind, &a.Subject, &a.Person, &a.Data)
	a.At = clock.FromMicros(at)
	return a, err
}
