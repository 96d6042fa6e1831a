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

// Consumer does what acts of some kinds ask for. Do gets them in the order in
// which they were sealed, in the transaction that moves the consumer's bookmark
// on: what it writes there happens exactly once for each act. After an error the
// same acts come again at the next turn, and no others before them.
//
// No committed act is passed over: every one is sealed, soon after its commit,
// and what is sealed later has a later place. Acts of one program come in the
// order of their ids.
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

// window is how many places of the log one transaction looks at: where kinds are
// rare it goes on in steps.
const window = 5000

var (
	// lockBookmark makes another replica wait until this one is done.
	lockBookmark  = db.Q("journal.bookmark-lock", `UPDATE bookmark SET act = act WHERE consumer = $1 RETURNING act, COALESCE(seq, -1), since, seen`)
	firstBookmark = db.Q("journal.bookmark-first", `
		INSERT INTO bookmark (consumer, act, seq, since, seen) VALUES ($1, $2, $3, $2, $2) ON CONFLICT (consumer) DO NOTHING`)
	moveBookmark = db.Q("journal.bookmark-move", `UPDATE bookmark SET act = $2, seq = $3, since = $4, seen = $2 WHERE consumer = $1`)
	nextActs     = db.Rows("journal.next", `
		SELECT l.seq, a.id, a.at, a.kind, a.subject, a.person, a.data, a.role, a.desk, a.channel, a.level, a.for_whom
		FROM leaf l JOIN act a ON a.id = l.entry
		WHERE a.kind IN (SELECT column1 FROM {rows} WHERE column1 IS NOT NULL) AND l.seq > {1} AND l.seq <= {2} AND l.entry > {3}
		ORDER BY l.seq LIMIT {4}`, "TEXT")
	entryAt = db.Q("journal.leaf-entry", `SELECT entry FROM leaf WHERE seq = $1`)
)

// bookmark is how far a consumer has come. Programs of before read by ids: act is
// still the newest id that was taken, so that they can go on from there, and
// where one has moved it since seen, what is not behind it was taken by that one.
type bookmark struct {
	act   string
	seq   int64  // everything up to here was taken
	since string // nothing up to this id is taken any more
	seen  string
}

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
	var b bookmark
	err = db.One(ctx, tx, lockBookmark, []any{c.Name}, &b.act, &b.seq, &b.since, &b.seen)
	if errors.Is(err, db.ErrNoRow) {
		return c.begin(ctx, tx)
	}
	if err != nil {
		return false, err
	}
	was := b
	if b.act != b.seen {
		b.since = max(b.since, b.act)
	}
	last, err := sealedSeq(ctx, tx)
	if err != nil {
		return false, err
	}
	last = min(last-1, b.seq+window)
	if last <= b.seq {
		return false, nil
	}
	acts, err := b.read(ctx, tx, c.Kinds, last)
	if err != nil {
		return false, err
	}
	if len(acts) > 0 {
		if err := c.Do(ctx, tx, acts); err != nil {
			return false, fmt.Errorf("consumer %s: %w", c.Name, err)
		}
	}
	_, err = tx.Exec(ctx, moveBookmark, c.Name, b.act, b.seq, b.since)
	return b.seq == was.seq+window || len(acts) == page, err
}

// read reads a page of acts up to a place and moves the bookmark behind it.
func (b *bookmark) read(ctx context.Context, tx *db.Tx, of []string, last int64) (acts []Act, err error) {
	kinds := make([]any, len(of))
	for i, k := range of {
		kinds[i] = k
	}
	var seqs []int64
	q, args := nextActs.For(kinds, b.seq, last, b.since, page)
	if acts, err = db.All(ctx, tx, q, func(rows *sql.Rows) (Act, error) {
		a, seq, err := scanAct(rows)
		seqs = append(seqs, seq)
		return a, err
	}, args...); err != nil {
		return nil, err
	}
	b.seq = last
	if len(acts) == page {
		b.seq = seqs[page-1]
	}
	var entry string
	if err = db.One(ctx, tx, entryAt, []any{b.seq}, &entry); errors.Is(err, db.ErrNoRow) {
		err = nil // somebody took a row out of the log; who verifies it is told
	}
	b.act = max(b.act, entry)
	return acts, err
}

// begin puts a new consumer's bookmark.
func (c Consumer) begin(ctx context.Context, tx *db.Tx) (more bool, err error) {
	from, seq := "", int64(-1)
	if !c.All {
		now, err := tx.Horizon(ctx)
		if err != nil {
			return false, err
		}
		from = firstID(now)
		if seq, err = sealedSeq(ctx, tx); err != nil {
			return false, err
		}
		seq--
	}
	_, err = tx.Exec(ctx, firstBookmark, c.Name, from, seq)
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

func scanAct(rows *sql.Rows) (a Act, seq int64, err error) {
	var at int64
	err = rows.Scan(&seq, &a.ID, &at, &a.Kind, &a.Subject, &a.Person, &a.Data, &a.Role, &a.Desk, &a.Channel, &a.Level, &a.For)
	a.At = clock.FromMicros(at)
	return a, seq, err
}
