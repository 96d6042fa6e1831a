package appointment_test

import (
	"context"
	"embed"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter/appointment"
	"polis/internal/identity"
	"polis/internal/notify"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/i18n"
	"polis/internal/platform/i18n/i18ntest"
	"polis/internal/platform/jobs"
	"polis/internal/platform/letter"
	"polis/internal/platform/mail"
	"polis/internal/site"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestWords(t *testing.T) {
	t.Parallel()
	bundle := i18n.NewBundle()
	if err := bundle.Add(appointment.Words); err != nil {
		t.Fatal(err)
	}
	i18ntest.Check(t, bundle, os.DirFS("."))
}

// now is Monday 23 November 2026, 08:07 in Rome.
var now = time.Date(2026, time.November, 23, 7, 7, 0, 0, time.UTC)

// tomorrow is a time of the day after in Rome.
func tomorrow(clock string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", "2026-11-24 "+clock, agenda.Rome)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

type post struct {
	mu  sync.Mutex
	got []mail.Message
}

func (p *post) Send(_ context.Context, m mail.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = append(p.got, m)
	return nil
}

// world is an office with two desks, of which the second makes no identity cards,
// and people around it.
type world struct {
	*appointment.Service
	t       testing.TB
	db      *db.DB
	clock   *clock.Manual
	people  *identity.People
	post    *post
	worker  *jobs.Worker
	words   *i18n.Bundle
	closed  map[string][]agenda.Interval // by desk
	tickets map[string]string            // by appointment
	slow    int                          // reads of the roster

	maria, carlo, anna, bruno, elsewhere identity.Actor
}

const (
	office = "01900000-0000-7000-a000-gavirate"
	desk1  = "desk-1"
	desk2  = "desk-2"
)

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	w := &world{t: t, db: d, clock: clock.NewManual(now), post: &post{}, words: i18n.NewBundle(), closed: map[string][]agenda.Interval{}, tickets: map[string]string{}}
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	store := site.NewStore(d, w.clock, clock.NewID)
	must(store.SaveSites(ctx, []site.Site{{
		ID: office, Code: "gavirate", Kind: site.Office, State: site.Open, Name: "Gavirate", Address: "Via Roma 1",
		Municipality: "012072", Lat: 45.84, Lon: 8.71, Hours: agenda.MustHours("Mo-Fr 08:20-13:35; Sa 08:20-12:35"),
	}, {
		ID: office + "-2", Code: "luino", Kind: site.Office, State: site.Open, Name: "Luino", Address: "Via Roma 1",
		Municipality: "012092", Lat: 45.99, Lon: 8.74, Hours: agenda.MustHours("Mo-Fr 08:20-13:35"),
	}}))
	live, err := site.NewLive(ctx, store)
	must(err)
	keys, err := identity.OpenKeys(ctx, d, identity.KeyFile{Path: filepath.Join(t.TempDir(), "kek.json")})
	must(err)
	w.people = identity.NewPeople(d, keys, w.clock, clock.NewID)
	for _, files := range []embed.FS{identity.Words, site.Words, letter.Words, notify.Words, appointment.Words} {
		must(w.words.Add(files))
	}
	log := slog.New(slog.DiscardHandler)
	notes := notify.New(notify.Options{
		DB: d, People: w.people, Transport: w.post, From: mail.Sender{Address: "polis@example.it"}, Clock: w.clock, IDs: clock.NewID, Log: log,
	})
	w.worker = jobs.New(jobs.Config{DB: d, Clock: w.clock, Log: log})
	notes.Register(w.worker)
	w.Service = appointment.New(appointment.Options{
		DB: d, Live: live, People: w.people, Notes: notes, Clock: w.clock, IDs: clock.NewID, Words: w.words, URL: "https://polis.example.org",
		Limits: identity.NewLimits(d, keys, w.clock), From: mail.Sender{Address: "polis@example.it"}, Key: []byte("key"), Roster: w.roster, Admit: w.admit,
		Offers: func(context.Context, string) (map[string]bool, error) { return nil, nil },
	})
	for _, x := range []struct {
		who    *identity.Actor
		person identity.Person
		role   identity.Role
		scope  identity.Scope
	}{
		{&w.maria, identity.Person{GivenName: "Maria", FamilyName: "Bianchi", Email: "maria@example.org"}, identity.Citizen, identity.Scope{}},
		{&w.carlo, identity.Person{GivenName: "Carlo", FamilyName: "Verdi"}, identity.Citizen, identity.Scope{}},
		{&w.anna, identity.Person{GivenName: "Anna", FamilyName: "Rossi"}, identity.CounterOperator, identity.Site(office)},
		{&w.bruno, identity.Person{GivenName: "Bruno", FamilyName: "Neri"}, identity.SiteManager, identity.Site(office)},
		{&w.elsewhere, identity.Person{GivenName: "Elsa", FamilyName: "Neri"}, identity.CounterOperator, identity.Site(office + "-2")},
	} {
		p, err := w.people.Create(ctx, x.person)
		must(err)
		*x.who = identity.Actor{Person: p.ID, Name: p.DisplayName(), Role: x.role, Scope: x.scope}
	}
	return w
}

func (w *world) roster(ctx context.Context, r db.Reader, _ *site.Site, _, _ agenda.Date) (func(agenda.Date) []appointment.Desk, error) {
	for range w.slow { // so long does it take to read what a decision rests on
		if _, err := w.people.GetIn(ctx, r, w.maria.Person); err != nil {
			return nil, err
		}
	}
	return func(day agenda.Date) []appointment.Desk {
		all := agenda.Interval{From: day.UTC(), To: day.AddDays(1).UTC()}
		return []appointment.Desk{
			{ID: desk1, Closed: w.closed[desk1], Shifts: []appointment.Shift{{Interval: all, Can: func(string) bool { return true }}}},
			{ID: desk2, Closed: w.closed[desk2], Shifts: []appointment.Shift{{Interval: all, Can: func(s string) bool { return s != "carta-identita" }}}},
		}
	}, nil
}

func (w *world) admit(_ context.Context, _ identity.Actor, a appointment.Appointment) (string, error) {
	w.tickets[a.ID] = "ticket of " + a.ID
	return w.tickets[a.ID], nil
}

// card is an identity card for one at a time of tomorrow.
func card(at string) appointment.Wanted {
	return appointment.Wanted{Office: "gavirate", Service: "carta-identita", People: 1, From: tomorrow(at), Origin: appointment.ByWeb, Lang: i18n.IT}
}

// book books what must come about.
func (w *world) book(actor identity.Actor, want appointment.Wanted) appointment.Appointment {
	w.t.Helper()
	a, err := w.Book(w.t.Context(), actor, want)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// free are the free times of tomorrow for a service.
func (w *world) free(service string) (list []string) {
	w.t.Helper()
	day := agenda.Date{Year: 2026, Month: time.November, Day: 24}
	f, err := w.Slots(w.t.Context(), identity.Anonymous, appointment.Ask{Office: "gavirate", Service: service, People: 1, From: day, To: day})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range f.Slots {
		list = append(list, s.From.In(agenda.Rome).Format("15:04"))
	}
	return list
}

// mails sends what is due and returns it.
func (w *world) mails() []mail.Message {
	w.t.Helper()
	if _, err := w.worker.RunDue(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.post.mu.Lock()
	defer w.post.mu.Unlock()
	got := w.post.got
	w.post.got = nil
	return got
}
