package identity_test

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/jobs"
	"polis/internal/platform/letter"
	"polis/internal/platform/mail"
	"polis/internal/simulate/idp"
)

// outbox keeps messages instead of sending them.
type outbox struct {
	mu   sync.Mutex
	list []mail.Message
	err  error // of every attempt
}

func (o *outbox) Send(_ context.Context, m mail.Message) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		o.list = append(o.list, m)
	}
	return o.err
}

// wayIn is an installation with its mail and the worker that sends it.
type wayIn struct {
	*house
	*identity.Access

	out      *outbox
	worker   *jobs.Worker
	sessions *identity.Sessions
	words    *i18n.Bundle
}

// someHouses are the houses of the tests.
type someHouses map[string]string

func (h someHouses) ScopeName(s identity.Scope) string {
	switch s.Kind {
	case identity.KindSite:
		return h[s.ID]
	case identity.KindTerritory, identity.KindLot:
		return s.ID
	}
	return ""
}

func (h someHouses) FindScopes(kind, words string) (found []identity.NamedScope, more bool) {
	if kind == identity.KindTerritory && words == "Toscana" {
		return []identity.NamedScope{{ID: "Toscana", Name: "Toscana"}}, false
	}
	if kind != identity.KindSite {
		return nil, false
	}
	for _, id := range []string{"aurora", "borgo", "brezza"} {
		if strings.HasPrefix(strings.ToLower(h[id]), strings.ToLower(words)) {
			found = append(found, identity.NamedScope{ID: id, Name: h[id], About: "Via Roma 1"})
		}
	}
	return found, false
}

var testHouses = someHouses{"aurora": "Aurora, Gavirate (VA)", "borgo": "Borgo, Barga (LU)", "brezza": "Brezza, Imperia (IM)"}

func newWayIn(t testing.TB, h *house) *wayIn {
	t.Helper()
	w := &wayIn{house: h, out: &outbox{}, words: i18n.NewBundle()}
	if err := errors.Join(w.words.Add(identity.Words), w.words.Add(letter.Words), w.words.Add(idp.Words)); err != nil {
		t.Fatal(err)
	}
	w.sessions = identity.NewSessions(h.people, h.grants, identity.SessionOptions{})
	w.Access = identity.NewAccess(identity.AccessOptions{
		People: h.people, Grants: h.grants, Tokens: identity.NewTokens(h.people, h.grants, false), Words: w.words, Scopes: testHouses, Log: slog.New(slog.DiscardHandler),
		Transport: w.out, From: mail.Sender{Name: "Polis", Address: "polis@polis.example"}, URL: "https://polis.example",
	})
	w.worker = jobs.New(jobs.Config{DB: h.db, Clock: h.clk, Log: slog.New(slog.DiscardHandler)})
	w.Register(w.worker)
	return w
}

// mails sends what waits and returns all messages so far.
func (w *wayIn) mails(t testing.TB) []mail.Message {
	t.Helper()
	if _, err := w.worker.RunDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.out.mu.Lock()
	defer w.out.mu.Unlock()
	return w.out.list
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// code is the code of the last message.
func (w *wayIn) code(t testing.TB) string {
	t.Helper()
	list := w.mails(t)
	if len(list) == 0 {
		t.Fatal("no message")
	}
	return sixDigits.FindString(list[len(list)-1].Text)
}

var here = netip.MustParseAddr("192.0.2.1")

// runWayIn runs the test on both engines.
func runWayIn(t *testing.T, test func(t *testing.T, w *wayIn)) {
	run(t, func(t *testing.T, h *house) { test(t, newWayIn(t, h)) })
}

var countPeople = db.Q("identity.test.people", `SELECT COUNT(*) FROM person`)

func (w *wayIn) population(t testing.TB) (n int) {
	t.Helper()
	if err := db.One(t.Context(), w.db, countPeople, nil, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// A role that was taken away works no longer than five seconds on any replica, by
// page and by token, whatever it remembers.
func TestATakenRoleWorksNoLonger(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		ctx, at := t.Context(), identity.Site("a")
		p := h.create(t, rossi)
		give := identity.Grant{Person: p.ID, Role: identity.SiteManager, Scope: at}
		if err := h.grants.Give(ctx, give); err != nil {
			t.Fatal(err)
		}
		other := identity.NewGrants(h.db, h.clk)
		b := newBrowser(t, newServer(t, identity.NewSessions(h.people, other, identity.SessionOptions{})))
		tokens := identity.NewTokens(h.people, other, false)
		text := must[string](t)(tokens.Create(ctx, identity.TokenSpec{Person: p.ID, Name: "x", Role: identity.SiteManager, Scope: at}))
		b.get("/in?person=" + p.ID)
		if got := b.get("/who"); !strings.HasPrefix(got, "site-manager") {
			t.Fatalf("is %q", got)
		}
		must[identity.Actor](t)(tokens.Authenticate(ctx, text))
		if err := h.grants.Take(ctx, p.ID, identity.SiteManager, at); err != nil {
			t.Fatal(err)
		}
		h.clk.Advance(5 * time.Second)
		if got := b.get("/who"); !strings.HasPrefix(got, "citizen") {
			t.Errorf("five seconds later %q", got)
		}
		if _, err := tokens.Authenticate(ctx, text); !errs.HasKey(err, "identity.token") {
			t.Errorf("and by token: %v", err)
		}
	})
}
