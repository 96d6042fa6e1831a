package coworkingtest

import (
	"context"
	"database/sql"
	"log/slog"
	"slices"
	"sync"
	"testing"

	"polis/internal/journal"
	"polis/internal/notify"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/jobs"
	"polis/internal/platform/mail"
)

// MailFrom is the address that messages come from.
const MailFrom = "polis@polis.example.org"

// Post is a mail server that keeps what it is given.
type Post struct {
	mu    sync.Mutex
	got   []mail.Message
	after string // last act that was followed
}

// Send keeps a message.
func (p *Post) Send(_ context.Context, m mail.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = append(p.got, m)
	return nil
}

func (p *Post) take() []mail.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	got := p.got
	p.got = nil
	return got
}

func (w *World) post(t testing.TB) {
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	w.Post = &Post{}
	w.Notes = notify.New(notify.Options{
		DB: w.DB, People: w.People, Transport: w.Post, From: mail.Sender{Name: "Polis", Address: MailFrom},
		Clock: w.Clock, IDs: clock.NewID, Log: log,
	})
	w.Worker = jobs.New(jobs.Config{DB: w.DB, Clock: w.Clock, Log: log, Attempts: 1})
	w.Notes.Register(w.Worker)
}

var actsAfter = db.Q("coworkingtest.acts", `SELECT id, at, kind, subject, person, data FROM act WHERE id > $1 ORDER BY id`)

// Follow lets a consumer have the acts since the last time, as the journal
// would; it does not wait for the clock of the database.
func (w *World) Follow(t testing.TB, c journal.Consumer) {
	t.Helper()
	if err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		all, err := db.All(t.Context(), tx, actsAfter, func(rows *sql.Rows) (a journal.Act, err error) {
			var at int64
			err = rows.Scan(&a.ID, &at, &a.Kind, &a.Subject, &a.Person, &a.Data)
			a.At = clock.FromMicros(at)
			return a, err
		}, w.Post.after)
		if err != nil || len(all) == 0 {
			return err
		}
		w.Post.after = all[len(all)-1].ID
		acts := slices.DeleteFunc(all, func(a journal.Act) bool { return !slices.Contains(c.Kinds, a.Kind) })
		return c.Do(t.Context(), tx, acts)
	}); err != nil {
		t.Fatal(err)
	}
}

// Mails asks for the mails about what has happened, and sends those that are
// due.
func (w *World) Mails(t testing.TB) []mail.Message {
	t.Helper()
	w.Follow(t, w.Service.MailConsumer())
	return w.Deliver(t)
}

// Deliver sends the mails that are due.
func (w *World) Deliver(t testing.TB) []mail.Message {
	t.Helper()
	if _, err := w.Worker.RunDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	dead, err := jobs.DeadList(t.Context(), w.DB, 1)
	if err != nil || len(dead) > 0 {
		t.Fatalf("a message was given up: %v %v", dead, err)
	}
	return w.Post.take()
}
