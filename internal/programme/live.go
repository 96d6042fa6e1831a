package programme

import (
	"context"
	"database/sql"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/programme/account"
)

// channel is where programs on one database tell each other of what was
// published, and the name of its revision.
const channel = "programme"

// look is how often a program on SQLite looks whether another one published
// something.
const look = time.Second

var readCurrent = db.Q("programme.current", `
	SELECT r.kind, r.key, r.body, c.batch, c.at, c.rev
	FROM programme_current c JOIN programme_row r ON r.batch = c.batch AND r.line = c.line
	WHERE c.rev > $1 ORDER BY c.rev, r.line`)

// Live holds what is published, as it is now.
type Live struct {
	db      *db.DB
	current atomic.Pointer[published]
	reload  sync.Mutex
}

// published is what is published at a revision.
type published struct {
	rev     int64
	account *account.Account
	meta    map[metaKey]Meta
	last    time.Time // of the last publication; zero where there is none
}

type metaKey struct {
	kind *account.Kind
	key  string
}

// Now is what is published now, read where it has not been yet.
func (l *Live) now() *published {
	if p := l.current.Load(); p != nil {
		return p
	}
	if err := l.Reload(context.Background()); err != nil {
		slog.Error("the account of the programme could not be read; the facts of the program stand in", "err", err)
		return factsAlone()
	}
	return l.current.Load()
}

// factsAlone is the account without a database.
var factsAlone = sync.OnceValue(func() *published {
	return &published{account: account.FactsDraft().Account(), meta: map[metaKey]Meta{}}
})

// Account is what is published. Whoever asks twice may get two; a request asks
// once.
func (l *Live) Account() *account.Account { return l.now().account }

// Revision counts what was published; with the Account of the same moment.
func (l *Live) Revision() (int64, *account.Account) {
	p := l.now()
	return p.rev, p.account
}

// Updated is when something was published last; zero where nothing was.
func (l *Live) Updated() time.Time { return l.now().last }

// MetaOf says when a row was published, and with what.
func (l *Live) MetaOf(kind *account.Kind, key string) Meta { return l.now().meta[metaKey{kind, key}] }

// Reload reads what was published since the last time.
func (l *Live) Reload(ctx context.Context) error {
	l.reload.Lock()
	defer l.reload.Unlock()
	before := l.current.Load()
	if before == nil {
		before = factsAlone()
	}
	after := &published{rev: before.rev, meta: make(map[metaKey]Meta, len(before.meta)), last: before.last}
	for k, m := range before.meta {
		after.meta[k] = m
	}
	draft := account.NewDraft(before.account)
	err := l.db.Snapshot(ctx, func(tx *db.Tx) error {
		return db.Each(ctx, tx, readCurrent, func(rows *sql.Rows) error { return after.take(draft, rows) }, before.rev)
	})
	if err != nil {
		return err
	}
	after.account = draft.Account()
	l.current.Store(after)
	return nil
}

// take lays one published row over the draft.
func (p *published) take(draft *account.Draft, rows *sql.Rows) error {
	var name, key, text string
	var m Meta
	var at int64
	if err := rows.Scan(&name, &key, &text, &m.Batch, &at, &m.Rev); err != nil {
		return err
	}
	kind, ok := account.KindOf(name)
	if !ok {
		return nil // of a newer program
	}
	m.At = clock.FromMicros(at)
	p.meta[metaKey{kind, key}] = m
	p.rev, p.last = max(p.rev, m.Rev), m.At
	if text == "" {
		draft.Drop(kind, key)
		return nil
	}
	row, err := kind.FromText(text)
	if err != nil {
		return err
	}
	draft.Put(kind, row)
	return nil
}

// Run reads anew whenever another program on the database publishes something,
// until ctx ends. It reads what is there first, so that no visitor waits for it.
func (l *Live) Run(ctx context.Context) {
	l.now()
	if l.db.Engine == db.SQLite {
		l.db.Watch(ctx, channel, look, func() int64 { return l.now().rev }, l.Reload)
		return
	}
	l.db.Listen(ctx, channel, l.Reload, func(string) {
		if err := l.Reload(ctx); err != nil && ctx.Err() == nil {
			slog.Error("what was published could not be read", "err", err)
		}
	})
}
