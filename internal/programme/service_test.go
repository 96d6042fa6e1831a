package programme_test

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/programme"
	"polis/internal/programme/account"
	"polis/internal/site"
	"polis/internal/territory"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// now is Monday 23 November 2026, 08:07 in Rome.
var now = time.Date(2026, time.November, 23, 7, 7, 0, 0, time.UTC)

// The people around the account.
var (
	renata = identity.Actor{Person: "renata", Role: identity.ProgrammeOfficer, Scope: identity.Network}
	paola  = identity.Actor{Person: "paola", Role: identity.Administrator, Scope: identity.Network}
	aldo   = identity.Actor{Person: "aldo", Role: identity.Auditor, Scope: identity.Network}
	maria  = identity.Actor{Person: "maria", Role: identity.Citizen, Scope: identity.Of("maria")}
	marta  = identity.Actor{Person: "marta", Role: identity.SiteManager, Scope: identity.Site("s-1")}
)

func newService(t *testing.T, d *db.DB) *programme.Service {
	t.Helper()
	net, err := site.NewNetwork(site.Data{Territory: territory.Embedded(), Sites: []site.Site{
		{ID: "s-1", Code: "gavirate", Kind: site.Space, Name: "Spazio Aurora", Municipality: "012072", State: site.Open},
		{ID: "s-2", Code: "orvieto", Kind: site.Space, Name: "Spazio Duomo", Municipality: "055023", State: site.Works},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return programme.New(programme.Options{DB: d, Sites: site.Still(net), Clock: clock.NewManual(now), IDs: clock.NewID})
}

func kind(t *testing.T, name string) *account.Kind {
	t.Helper()
	k, ok := account.KindOf(name)
	if !ok {
		t.Fatalf("no kind %q", name)
	}
	return k
}

func declared(value string) account.Declaration {
	return account.Declaration{Target: "offices", Word: account.WordDone, AsOf: "2026-10-31", Source: "tgposte", Value: value, Unit: "offices"}
}

// A figure is proposed by one and published by another, and its history stays.
func TestTwoPersons(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx, s, k := t.Context(), newService(t, d), kind(t, "declarations")
		propose := func(value string) programme.Batch {
			t.Helper()
			b, err := s.Propose(ctx, renata, programme.Entry{Kind: k, Title: "Uffici", Source: "tgposte", Rows: []any{declared(value)}})
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		key := k.KeyOf(declared(""))
		first := propose("5000")
		if _, ok := s.Account().Row(k, key); ok {
			t.Error("what is only proposed is published")
		}
		rev, _ := s.Revision()
		if err := s.Publish(ctx, renata, first.ID, rev); !errs.HasKey(err, "programme.own") {
			t.Errorf("one's own: %v", err)
		}
		for _, who := range []identity.Actor{maria, marta, identity.Anonymous} {
			if err := s.Publish(ctx, who, first.ID, rev); !errs.Is(err, errs.NotFound) {
				t.Errorf("%s publishes: %v", who.Role, err)
			}
		}
		if err := s.Publish(ctx, aldo, first.ID, rev); !errs.Is(err, errs.Forbidden) {
			t.Errorf("an auditor publishes: %v", err)
		}
		if err := s.Publish(ctx, paola, first.ID, rev); err != nil {
			t.Fatal(err)
		}
		if err := s.Publish(ctx, paola, first.ID, rev); !errs.HasKey(err, "programme.decided") && !errs.HasKey(err, "programme.changed") {
			t.Errorf("twice: %v", err)
		}
		if row, _ := s.Account().Row(k, key); row != declared("5000") {
			t.Errorf("published: %v", row)
		}

		// Two proposals about one row: who looked before the other was published looks
		// again.
		second, third := propose("5100"), propose("5200")
		rev, _ = s.Revision()
		if err := s.Publish(ctx, paola, second.ID, rev); err != nil {
			t.Fatal(err)
		}
		if err := s.Publish(ctx, paola, third.ID, rev); !errs.HasKey(err, "programme.changed") {
			t.Errorf("beside an older account: %v", err)
		}
		if err := s.Refuse(ctx, paola, third.ID, "superata"); err != nil {
			t.Error(err)
		}
		list, err := s.History(ctx, maria, k, key)
		if err != nil || len(list) != 2 || list[0].Row != declared("5000") || list[1].Row != declared("5100") || list[1].EnteredBy != "" {
			t.Errorf("history: %v, %v", list, err)
		}
		if list, _ = s.History(ctx, aldo, k, key); list[0].EnteredBy != "renata" || list[0].DecidedBy != "paola" {
			t.Errorf("for who looks after others: %v", list)
		}
		fact := account.All[account.Declaration](account.FactsDraft().Account())[0]
		if list, err = s.History(ctx, maria, k, k.KeyOf(fact)); err != nil || len(list) != 1 || !list[0].At.IsZero() {
			t.Errorf("of a fact: %v, %v", list, err)
		}

		// What is there again after a start is the same.
		again := newService(t, d)
		if row, _ := again.Account().Row(k, key); row != declared("5100") {
			t.Errorf("after a start: %v", row)
		}
	})
}

// Rows that say what is published are no proposal; a fact can be taken away and
// comes not back by itself.
func TestProposals(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx, s := t.Context(), newService(t, d)
		milestones := kind(t, "milestones")
		same := s.Account().Milestones()[3]
		if _, err := s.Propose(ctx, renata, programme.Entry{Kind: milestones, Rows: []any{same}}); !errs.HasKey(err, "programme.nothing-new") {
			t.Errorf("nothing new: %v", err)
		}
		if _, err := s.Load(ctx, programme.Entry{Kind: milestones, Drop: []string{same.ID}}); err != nil {
			t.Fatal(err)
		}
		for _, x := range []*programme.Service{s, newService(t, d)} {
			if n := len(x.Account().Milestones()); n != 9 {
				t.Errorf("%d milestones after one was taken away", n)
			}
		}
		for _, c := range []struct {
			who identity.Actor
			row any
			key string
		}{
			{renata, account.Progress{Milestone: "PNC-F.1-999", Date: "2026", Stage: account.Near, Source: "s"}, "programme.unknown-milestone"},
			{renata, account.Step{Target: "rockets", Date: account.Date{}, Value: 3}, "programme.unknown-target"},
			{renata, account.Works{Site: "atlantis"}, "programme.unknown-site"},
			{marta, account.Works{Site: "orvieto"}, "identity.forbidden"},
			{marta, account.Works{Site: "atlantis"}, "identity.forbidden"},
			{marta, declared("1"), "identity.forbidden"},
			{maria, declared("1"), "identity.forbidden"},
			{aldo, declared("1"), "identity.forbidden"},
			{identity.Anonymous, declared("1"), "identity.sign-in"},
			{renata, account.Document{Site: "gavirate", ID: "1", Type: "permit", Title: "x", Href: "javascript:alert(1)"}, "programme.href"},
		} {
			k := kindOfRow(t, c.row)
			if _, err := s.Propose(ctx, c.who, programme.Entry{Kind: k, Rows: []any{c.row}}); !errs.HasKey(err, c.key) {
				t.Errorf("%s proposes %v: %v, want %s", c.who.Person, c.row, err, c.key)
			}
		}
		own, err := s.Propose(ctx, marta, programme.Entry{Kind: kind(t, "works"), Rows: []any{account.Works{Site: "gavirate", Contractor: "Edile Verbano"}}})
		if err != nil {
			t.Fatal(err)
		}
		if list, total, err := s.Batches(ctx, marta, programme.Proposed, 10, 0); err != nil || total != 1 || list[0].ID != own.ID {
			t.Errorf("her own: %v %d %v", list, total, err)
		}
		if _, err := s.Batch(ctx, maria, own.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("another's: %v", err)
		}
		if err := s.Withdraw(ctx, renata, own.ID); !errs.HasKey(err, "programme.not-yours") {
			t.Errorf("another withdraws: %v", err)
		}
		if err := s.Withdraw(ctx, marta, own.ID); err != nil {
			t.Error(err)
		}
		if _, err := s.Propose(ctx, renata, programme.Entry{Kind: kind(t, "declarations"), Title: strings.Repeat("x", 201), Rows: []any{declared("1")}}); !errs.HasKey(err, "programme.too-long") {
			t.Errorf("a long title: %v", err)
		}
	})
}

func kindOfRow(t *testing.T, row any) *account.Kind {
	t.Helper()
	switch row.(type) {
	case account.Progress:
		return kind(t, "progress")
	case account.Step:
		return kind(t, "steps")
	case account.Works:
		return kind(t, "works")
	case account.Document:
		return kind(t, "documents")
	}
	return kind(t, "declarations")
}

// Many publish one proposal at once: it is published once. Another program on
// the database learns of it.
func TestPublishedOnce(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx, s, other, k := t.Context(), newService(t, d), newService(t, d), kind(t, "declarations")
		other.Account()
		running, stop := context.WithCancel(ctx)
		var done sync.WaitGroup
		done.Go(func() { other.Run(running) })
		defer done.Wait()
		defer stop()
		b, err := s.Propose(ctx, renata, programme.Entry{Kind: k, Rows: []any{declared("6000")}})
		if err != nil {
			t.Fatal(err)
		}
		rev, _ := s.Revision()
		var wg sync.WaitGroup
		var mu sync.Mutex
		published := 0
		for range 8 {
			wg.Go(func() {
				if err := s.Publish(ctx, paola, b.ID, rev); err == nil {
					mu.Lock()
					published++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if published != 1 {
			t.Errorf("published %d times", published)
		}
		deadline := time.Now().Add(20 * time.Second)
		for {
			if row, _ := other.Account().Row(k, k.KeyOf(declared(""))); row == declared("6000") {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("the other program has not heard of it")
			}
			select {
			case <-ctx.Done():
			case <-time.After(10 * time.Millisecond):
			}
		}
	})
}

// All the tenders of the extraction come in by a command, without loss.
func TestExtraction(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("../../../shared/data/polis_pnc_tenders.csv")
	if err != nil {
		t.Skip("the extraction is not at hand")
	}
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, k := newService(t, d), kind(t, "tenders")
		var rows []any
		if faults, err := account.Read(k, strings.NewReader(string(file)), func(row any) { rows = append(rows, row) }); err != nil || len(faults) > 0 {
			t.Fatal(err, faults)
		}
		if _, err := s.Load(t.Context(), programme.Entry{Kind: k, Title: "Gare", Source: "Italia Domani", Rows: rows}); err != nil {
			t.Fatal(err)
		}
		tenders := account.All[account.Tender](s.Account())
		base := account.Sum(tenders, func(x account.Tender) account.Cents { return x.Base })
		award := account.Sum(tenders, func(x account.Tender) account.Cents { return x.Award })
		if len(tenders) != 244 || base/10_000_000 != 6696 || award/10_000_000 != 5830 {
			t.Errorf("%d tenders, base %d, awarded %d", len(tenders), base, award)
		}
	})
}
