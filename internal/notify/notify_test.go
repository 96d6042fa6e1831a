package notify_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"polis/internal/identity"
	"polis/internal/notify"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/platform/jobs"
	"polis/internal/platform/mail"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var noon = time.Date(2026, 11, 16, 12, 0, 0, 0, time.UTC)

// town is who may get messages.
type town map[string]identity.Person

func (t town) Get(_ context.Context, id string) (identity.Person, error) {
	p, ok := t[id]
	if !ok {
		return p, errs.New(errs.NotFound, "identity.unknown", nil)
	}
	return p, nil
}

func (t town) Wants(_ context.Context, id, kind string) (bool, error) {
	return t[id].Language != "mute:"+kind, nil // of the people of these tests, who says so
}

// post is a transport that keeps what it is given, after the errors it has.
type post struct {
	mu     sync.Mutex
	errors []error
	got    []mail.Message
	tries  []mail.Message
}

func (p *post) Send(_ context.Context, m mail.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tries = append(p.tries, m)
	if len(p.errors) > 0 {
		err := p.errors[0]
		p.errors = p.errors[1:]
		if err != nil {
			return err
		}
	}
	p.got = append(p.got, m)
	return nil
}

// house is a service with its worker on a database.
type house struct {
	db     *db.DB
	clock  *clock.Manual
	post   *post
	notes  *notify.Service
	worker *jobs.Worker
}

func newHouse(d *db.DB) *house {
	h := &house{db: d, clock: clock.NewManual(noon), post: &post{}}
	h.notes = notify.New(notify.Options{
		DB: d, Clock: h.clock, IDs: clock.NewID, Log: slog.New(slog.DiscardHandler), Transport: h.post,
		From: mail.Sender{Name: "Polis", Address: "polis@example.it"},
		People: town{
			"maria": {ID: "maria", GivenName: "Maria", FamilyName: "Rossi", Email: "maria@example.org", Language: "it"},
			"mute":  {ID: "mute", Language: "it"},
			"john":  {ID: "john", Email: "john@example.org", Language: "en"},
		},
	})
	h.notes.Compose("test.hello", func(_ context.Context, n notify.Note, to identity.Person) (mail.Message, error) {
		if strings.Contains(n.Data, "moot") {
			return mail.Message{}, notify.ErrMoot
		}
		return mail.Message{Subject: "About " + n.About, Text: n.Data}, nil
	})
	h.worker = jobs.New(jobs.Config{DB: d, Clock: h.clock, Log: slog.New(slog.DiscardHandler), Attempts: 3, Lease: time.Minute})
	h.notes.Register(h.worker)
	return h
}

func (h *house) send(t testing.TB, at time.Time, n notify.Note) {
	t.Helper()
	if err := h.db.Write(t.Context(), func(tx *db.Tx) error { return h.notes.Send(t.Context(), tx, at, n) }); err != nil {
		t.Fatal(err)
	}
}

func (h *house) run(t testing.TB) {
	t.Helper()
	if _, err := h.worker.RunDue(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (h *house) about(t testing.TB, about string) notify.Sent {
	t.Helper()
	list, err := h.notes.About(t.Context(), about)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d messages about %s, %v", len(list), about, err)
	}
	return list[0]
}

func TestMessageIsSentOnceAtItsTime(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(d)
		h.send(t, noon.Add(time.Hour), notify.Note{Person: "maria", Kind: "test.hello", About: "b1", Data: `{"x":1}`})
		h.run(t)
		if m := h.about(t, "b1"); m.State != notify.StateWaiting || len(h.post.got) != 0 {
			t.Fatalf("too early: %+v", m)
		}
		h.clock.Advance(time.Hour)
		h.run(t)
		h.run(t)
		m := h.about(t, "b1")
		if m.State != notify.StateSent || !m.Changed.Equal(noon.Add(time.Hour)) || !m.Created.Equal(noon) || m.Kind != "test.hello" || m.Person != "maria" {
			t.Errorf("after: %+v", m)
		}
		if len(h.post.got) != 1 {
			t.Fatalf("sent %d times", len(h.post.got))
		}
		got := h.post.got[0]
		if got.ID != m.ID || got.To != "maria@example.org" || got.ToName != "Maria Rossi" || got.Lang != "it" ||
			got.Subject != "About b1" || got.Text != `{"x":1}` || !got.Date.Equal(noon.Add(time.Hour)) || got.From.Address != "polis@example.it" {
			t.Errorf("%+v", got)
		}
	})
}

func TestNothingToSay(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(d)
		h.send(t, noon, notify.Note{Person: "maria", Kind: "test.hello", About: "moot", Data: `"moot"`})
		h.send(t, noon, notify.Note{Person: "mute", Kind: "test.hello", About: "no address"})
		h.send(t, noon, notify.Note{Person: "nobody", Kind: "test.hello", About: "no person"})
		h.run(t)
		for _, about := range []string{"moot", "no address", "no person"} {
			if m := h.about(t, about); m.State != notify.StateMoot {
				t.Errorf("%+v", m)
			}
		}
		if len(h.post.tries) != 0 {
			t.Errorf("sent %+v", h.post.tries)
		}
	})
}

func TestWithoutTransportNothingIsKept(t *testing.T) {
	d := dbtest.SQLite(t)
	h := newHouse(d)
	h.notes.Transport = nil
	h.send(t, noon, notify.Note{Person: "maria", Kind: "test.hello", About: "b1"})
	if list, err := h.notes.About(t.Context(), "b1"); err != nil || len(list) != 0 || h.notes.Enabled() {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestFailureIsTriedAgainAndGivenUp(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(d)
		away := errors.New("away")
		h.post.errors = []error{away, away, nil, away, away, away}
		h.send(t, noon, notify.Note{Person: "maria", Kind: "test.hello", About: "b1"})
		for range 3 {
			h.run(t)
			h.clock.Advance(time.Hour)
		}
		if m := h.about(t, "b1"); m.State != notify.StateSent {
			t.Fatalf("%+v", m)
		}
		for _, m := range h.post.tries {
			if m.ID != h.post.tries[0].ID {
				t.Error("another id at another attempt")
			}
		}
		h.send(t, h.clock.Now(), notify.Note{Person: "maria", Kind: "test.hello", About: "b2"})
		for i := range 3 {
			if m := h.about(t, "b2"); m.State != notify.StateWaiting {
				t.Fatalf("attempt %d: %+v", i, m)
			}
			h.run(t)
			h.clock.Advance(time.Hour)
		}
		if m := h.about(t, "b2"); m.State != notify.StateFailed {
			t.Fatalf("%+v", m)
		}
		dead, err := jobs.DeadList(t.Context(), d, 10)
		if err != nil || len(dead) != 1 {
			t.Fatal(dead, err)
		}
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return jobs.Revive(t.Context(), tx, dead[0].ID, h.clock.Now()) }); err != nil {
			t.Fatal(err)
		}
		h.run(t)
		if m := h.about(t, "b2"); m.State != notify.StateSent {
			t.Errorf("after reviving: %+v", m)
		}
	})
}

func TestBounces(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(d)
		reachable := func(want bool) {
			t.Helper()
			ok, since, err := h.notes.Reachable(t.Context(), "maria")
			if err != nil || ok != want || since.IsZero() != want {
				t.Errorf("reachable %v since %v, %v", ok, since, err)
			}
		}
		reachable(true)
		h.post.errors = []error{&mail.Rejected{Code: 550, Status: "5.1.1"}}
		h.send(t, noon, notify.Note{Person: "maria", Kind: "test.hello", About: "b1"})
		h.run(t)
		if m := h.about(t, "b1"); m.State != notify.StateBounced || m.Reason != "5.1.1" {
			t.Errorf("%+v", m)
		}
		reachable(false)
		h.clock.Advance(time.Hour)
		h.send(t, noon, notify.Note{Person: "maria", Kind: "test.hello", About: "b2"})
		h.run(t)
		reachable(true)
		h.clock.Advance(time.Hour)
		if err := h.notes.Bounced(t.Context(), h.about(t, "b2").ID, "5.2.2"); err != nil {
			t.Fatal(err)
		}
		if m := h.about(t, "b2"); m.State != notify.StateBounced || m.Reason != "5.2.2" {
			t.Errorf("%+v", m)
		}
		reachable(false)
		if err := h.notes.Bounced(t.Context(), h.about(t, "b2").ID, "what\nis this"); err != nil {
			t.Error("a second report:", err)
		}
		if m := h.about(t, "b2"); m.Reason != "5.2.2" {
			t.Errorf("a second report changed the reason: %+v", m)
		}
		if err := h.notes.Bounced(t.Context(), "nothing", "5.1.1"); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
	})
}

// In a copy, what was due or had been tried is given up; what is for later
// stays, and is sent when its time comes.
func TestForgetInACopy(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(d)
		h.post.errors = []error{errors.New("the server is away")}
		send := func(at time.Time, about string) {
			t.Helper()
			if err := d.Write(t.Context(), func(tx *db.Tx) error {
				return h.notes.Send(t.Context(), tx, at, notify.Note{Person: "maria", Kind: "test.hello", About: about})
			}); err != nil {
				t.Fatal(err)
			}
		}
		send(noon, "tried")
		if _, err := h.worker.RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		send(noon, "due")
		send(noon.Add(24*time.Hour), "later")
		var n int
		if err := d.Write(t.Context(), func(tx *db.Tx) (err error) {
			n, err = notify.Forget(t.Context(), tx, noon)
			return err
		}); err != nil || n != 2 {
			t.Fatalf("%d given up, %v", n, err)
		}
		h.clock.Advance(48 * time.Hour)
		if _, err := h.worker.RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(h.post.got) != 1 || h.post.got[0].Subject != "About later" {
			t.Errorf("sent: %+v", h.post.got)
		}
		count, err := notify.Outcomes(t.Context(), d, noon)
		if err != nil || count[notify.StateMoot] != 2 || count[notify.StateSent] != 1 {
			t.Errorf("%v, %v", count, err)
		}
	})
}
