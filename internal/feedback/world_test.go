package feedback_test

import (
	"bytes"
	"context"
	"embed"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"polis/internal/agenda"
	"polis/internal/feedback"
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
	"polis/internal/platform/web"
	"polis/internal/site"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestWords(t *testing.T) {
	t.Parallel()
	bundle := i18n.NewBundle()
	if err := bundle.Add(feedback.Words); err != nil {
		t.Fatal(err)
	}
	i18ntest.Check(t, bundle, os.DirFS("."))
}

// now is Monday 23 November 2026, 08:07 in Rome.
var now = time.Date(2026, time.November, 23, 7, 7, 0, 0, time.UTC)

// post keeps what is mailed.
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

// world is feedback on two houses, with people around it.
type world struct {
	*feedback.Service
	t      testing.TB
	db     *db.DB
	clock  *clock.Manual
	live   *site.Live
	people *identity.People
	keys   *identity.Keys
	grants *identity.Grants
	post   *post
	worker *jobs.Worker
	words  *i18n.Bundle
	log    *bytes.Buffer

	maria identity.Actor // a citizen with an e-mail address
	anna  identity.Actor // receptionist of aurora
	bruno identity.Actor // manager of aurora
	luca  identity.Actor // manager of the network
}

const publicURL = "https://polis.example.org"

func siteID(code string) string { return "01900000-0000-7000-a000-" + code }

// network is two houses with a desk; the patron of aurora is 7 December.
func network() site.Data {
	var d site.Data
	for _, code := range []string{"aurora", "borgo"} {
		s := site.Site{
			ID: siteID(code), Code: code, Kind: site.Space, State: site.Open, Name: "Spazio " + code, Address: "Via Roma 1",
			Municipality: "012072", Lat: 45.84, Lon: 8.71, Hours: agenda.MustHours("Mo-Fr 08:00-20:00"),
		}
		if code == "aurora" {
			s.Patron = agenda.MonthDay{Month: time.December, Day: 7}
		}
		d.Sites = append(d.Sites, s)
		d.Rooms = append(d.Rooms, site.Room{ID: "room-" + code, Site: s.ID, Code: "R", Name: "Piano terra"})
		d.Resources = append(d.Resources, site.Resource{
			Ordinal: int64(len(d.Resources) + 1), ID: "desk-" + code, Site: s.ID, Room: "room-" + code, Kind: site.Desk,
			Code: "D-1", Name: "Scrivania 1", Seats: 1, Active: true,
		})
	}
	return d
}

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	w := &world{t: t, db: d, clock: clock.NewManual(now), post: &post{}, words: i18n.NewBundle(), log: &bytes.Buffer{}}
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	store, data := site.NewStore(d, w.clock, clock.NewID), network()
	must(store.SaveSites(ctx, data.Sites))
	must(store.SaveRooms(ctx, data.Rooms))
	must(store.SaveResources(ctx, data.Resources))
	var err error
	w.live, err = site.NewLive(ctx, store)
	must(err)
	w.keys, err = identity.OpenKeys(ctx, d, identity.KeyFile{Path: filepath.Join(t.TempDir(), "kek.json")})
	must(err)
	w.people, w.grants = identity.NewPeople(d, w.keys, w.clock, clock.NewID), identity.NewGrants(d, w.clock)
	for _, files := range []embed.FS{identity.Words, site.Words, letter.Words, notify.Words, feedback.Words} {
		must(w.words.Add(files))
	}
	log := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	notes := notify.New(notify.Options{
		DB: d, People: w.people, Transport: w.post, From: mail.Sender{Address: "polis@example.it"}, Clock: w.clock, IDs: clock.NewID, Log: log,
	})
	w.worker = jobs.New(jobs.Config{DB: d, Clock: w.clock, Log: log})
	notes.Register(w.worker)
	w.Service = feedback.New(feedback.Options{
		DB: d, Live: w.live, People: w.people, Notes: notes, Clock: w.clock, IDs: clock.NewID, Words: w.words, URL: publicURL, Key: []byte("key"),
	})
	for _, x := range []struct {
		who    *identity.Actor
		person identity.Person
		role   identity.Role
		scope  identity.Scope
	}{
		{&w.maria, identity.Person{GivenName: "Maria", FamilyName: "Bianchi", Email: "maria@example.org"}, identity.Citizen, identity.Scope{}},
		{&w.anna, identity.Person{GivenName: "Anna", FamilyName: "Rossi"}, identity.CounterOperator, identity.Site(siteID("aurora"))},
		{&w.bruno, identity.Person{GivenName: "Bruno", FamilyName: "Neri"}, identity.SiteManager, identity.Site(siteID("aurora"))},
		{&w.luca, identity.Person{GivenName: "Luca", FamilyName: "Ferrari"}, identity.NetworkManager, identity.Network},
	} {
		p, err := w.people.Create(ctx, x.person)
		must(err)
		*x.who = identity.Actor{Person: p.ID, Name: p.DisplayName(), Role: x.role, Scope: x.scope}
	}
	return w
}

// make makes a report that must come about.
func (w *world) make(actor identity.Actor, req feedback.Request) feedback.Report {
	w.t.Helper()
	if req.Text == "" {
		req.Text = "La porta del bagno non si chiude"
	}
	r, err := w.Make(w.t.Context(), actor, req)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// mails sends what waits and returns it, the first first.
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

// whoHeader says who asks; sessions are tested where they are.
const whoHeader = "Test-Person"

// pages are the pages of the world.
func (w *world) pages() (h http.Handler, built bool) {
	w.t.Helper()
	ui, err := web.New(w.words, web.Config{Footer: feedback.Footer, SignIn: identity.SignInPath})
	if err != nil {
		w.t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", ui.Assets())
	if err := feedback.RegisterPages(mux, ui, w.Service); err != nil {
		w.t.Fatal(err)
	}
	people := map[string]identity.Actor{"maria": w.maria, "anna": w.anna, "bruno": w.bruno, "luca": w.luca}
	return web.Wrap(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if who, ok := people[r.Header.Get(whoHeader)]; ok {
			r = r.WithContext(identity.WithActor(r.Context(), who))
		}
		ui.Mux(mux).ServeHTTP(rw, r)
	}), ui.Chain()...), ui.Built()
}
