// Package coworkingtest is a small world in which coworking can be tried: five
// spaces and an office, some people with their tokens, a clock that stands
// still, and the API behind a real server.
package coworkingtest

import (
	"context"
	"crypto/ed25519"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"polis/internal/coworking"
	"polis/internal/identity"
	"polis/internal/notify"
	"polis/internal/pass"
	"polis/internal/platform/api"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/jobs"
	"polis/internal/platform/letter"
	"polis/internal/platform/picture"
	"polis/internal/reserve"
	"polis/internal/site"
)

// Now is when a world begins: Monday 23 November 2026, 08:07 in Rome.
var Now = time.Date(2026, time.November, 23, 7, 7, 0, 0, time.UTC)

// Who is somebody of the world. The actor is as the token gives it.
type Who struct {
	identity.Actor
	Token string
}

// World is all that coworking stands on, on one database.
type World struct {
	DB      *db.DB
	Clock   *clock.Manual
	Store   *site.Store
	Live    *site.Live
	Engine  *reserve.Engine
	People  *identity.People
	Tokens  *identity.Tokens
	Notes   *notify.Service
	Post    *Post        // where messages go
	Worker  *jobs.Worker // sends them
	Service *coworking.Service
	Words   *i18n.Bundle
	API     *api.API
	Handler http.Handler     // the API
	Server  *httptest.Server // of Handler

	Maria    Who // a citizen
	Giuseppe Who // a citizen of the group soci
	Anna     Who // receptionist of Aurora
	Luca     Who // manager of the network
	Load     Who // without limits, for load tests
}

// Issuer is the public address of a world.
const Issuer = "https://polis.example.org"

// New lays a world out on an empty migrated database.
func New(t testing.TB, d *db.DB) *World {
	t.Helper()
	return NewWith(t, d, Network())
}

// NewWith lays out a world with another network.
func NewWith(t testing.TB, d *db.DB, network site.Data) *World {
	t.Helper()
	w := &World{DB: d, Clock: clock.NewManual(Now)}
	for _, step := range []func(context.Context, testing.TB) error{w.people, w.tokens} {
		if err := step(t.Context(), t); err != nil {
			t.Fatal(err)
		}
	}
	w.layOut(t, network)
	w.Engine = reserve.New(d, w.Live, w.Clock, clock.NewID)
	w.Store.OnAtoms(w.Engine.Cover)
	if err := w.Engine.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Engine.Stop)
	w.words(t)
	w.post(t)
	w.Service = coworking.New(coworking.Options{
		DB: d, Live: w.Live, Sites: w.Store, Engine: w.Engine, People: w.People, Grants: identity.NewGrants(d, w.Clock), Notes: w.Notes, Clock: w.Clock, Words: w.Words, Issuer: Issuer,
		PassKey: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), FeedKey: make([]byte, 32),
	})
	w.Service.ComposeMails()
	w.serve(t)
	return w
}

func (w *World) layOut(t testing.TB, d site.Data) {
	t.Helper()
	w.Store = site.NewStore(w.DB, w.Clock, clock.NewID)
	for _, save := range []func() error{
		func() error { return w.Store.SaveSites(t.Context(), d.Sites) },
		func() error { return w.Store.SaveRooms(t.Context(), d.Rooms) },
		func() error { return w.Store.SaveResources(t.Context(), d.Resources) },
		func() error {
			for key, rules := range d.Rules {
				if err := w.Store.SaveRules(t.Context(), key.Site, key.Kind, rules, ""); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		if err := save(); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if w.Live, err = site.NewLive(t.Context(), w.Store); err != nil {
		t.Fatal(err)
	}
}

func (w *World) people(ctx context.Context, t testing.TB) error {
	keys, err := identity.OpenKeys(ctx, w.DB, identity.KeyFile{Path: filepath.Join(t.TempDir(), "kek.json")})
	if err != nil {
		return err
	}
	w.People = identity.NewPeople(w.DB, keys, w.Clock, clock.NewID)
	return nil
}

// tokens makes the people with their roles and tokens.
func (w *World) tokens(ctx context.Context, _ testing.TB) error {
	grants := identity.NewGrants(w.DB, w.Clock)
	w.Tokens = identity.NewTokens(w.People, grants, true)
	for _, x := range []struct {
		who    *Who
		person identity.Person
		spec   identity.TokenSpec
		grant  identity.Grant
	}{
		{&w.Maria, identity.Person{GivenName: "Maria", FamilyName: "Bianchi", Email: "maria@example.org"}, identity.TokenSpec{}, identity.Grant{}},
		{
			&w.Giuseppe,
			identity.Person{GivenName: "Giuseppe", FamilyName: "Verdi", Email: "giuseppe@example.org", Language: "en"},
			identity.TokenSpec{},
			identity.Grant{Role: identity.Member, Scope: identity.Group(Soci)},
		},
		{
			&w.Anna,
			identity.Person{GivenName: "Anna", FamilyName: "Rossi"},
			identity.TokenSpec{Role: identity.CounterOperator, Scope: identity.Site(SiteID("aurora"))},
			identity.Grant{Role: identity.CounterOperator, Scope: identity.Site(SiteID("aurora"))},
		},
		{
			&w.Luca,
			identity.Person{GivenName: "Luca", FamilyName: "Ferrari"},
			identity.TokenSpec{Role: identity.NetworkManager, Scope: identity.Network},
			identity.Grant{Role: identity.NetworkManager, Scope: identity.Network},
		},
		{&w.Load, identity.Person{GivenName: "Carico", FamilyName: "Prova"}, identity.TokenSpec{Unlimited: true}, identity.Grant{}},
	} {
		p, err := w.People.Create(ctx, x.person)
		if err != nil {
			return err
		}
		if x.spec.Person, x.spec.Name = p.ID, "test"; x.grant.Role != "" {
			x.grant.Person = p.ID
			if err := grants.Give(ctx, x.grant); err != nil {
				return err
			}
		}
		if x.who.Token, err = w.Tokens.Create(ctx, x.spec); err != nil {
			return err
		}
		if x.who.Actor, err = w.Tokens.Authenticate(ctx, x.who.Token); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) words(t testing.TB) {
	t.Helper()
	w.Words = i18n.NewBundle()
	for _, add := range []func() error{
		func() error { return w.Words.Add(api.Words) },
		func() error { return w.Words.Add(picture.Words) },
		func() error { return w.Words.Add(identity.Words) },
		func() error { return w.Words.Add(site.Words) },
		func() error { return w.Words.Add(pass.Words) },
		func() error { return w.Words.Add(notify.Words) },
		func() error { return w.Words.Add(letter.Words) },
		func() error { return w.Words.Add(coworking.Words) },
	} {
		if err := add(); err != nil {
			t.Fatal(err)
		}
	}
}

// serve puts the API behind a server, without the limit of requests.
func (w *World) serve(t testing.TB) {
	mux := http.NewServeMux()
	w.API = api.New(mux, "Polis", "1.0.0", api.Options{
		Translate: func(lang, key string, args errs.Args) string {
			return w.Words.Printer(i18n.Lang(lang), nil).T(key, args)
		},
		Authenticate: func(ctx context.Context, bearer string) (context.Context, error) {
			a, err := w.Tokens.Authenticate(ctx, bearer)
			return identity.WithActor(ctx, a), err
		},
		Unlimited: func(context.Context) bool { return true },
		Limit:     api.Quota{PerSecond: 1 << 20, Burst: 1 << 20},
		Log:       slog.New(slog.NewTextHandler(t.Output(), nil)),
		Clock:     w.Clock,
	})
	site.RegisterAPI(w.API, w.Live, w.Clock)
	identity.RegisterAPI(w.API, w.Tokens, identity.NewSessions(w.People, identity.NewGrants(w.DB, w.Clock), identity.SessionOptions{}))
	coworking.RegisterAPI(w.API, w.Service, w.Words)
	w.Handler = mux
	w.Server = httptest.NewServer(mux)
	t.Cleanup(w.Server.Close)
}

// Reload makes what was changed in the Store seen.
func (w *World) Reload(t testing.TB) {
	t.Helper()
	if err := w.Live.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Sweep does what has fallen due.
func (w *World) Sweep(t testing.TB) {
	t.Helper()
	if _, err := w.Engine.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Check fails the test where allocations and occupancy differ.
func (w *World) Check(t testing.TB) {
	t.Helper()
	if _, err := reserve.Check(context.WithoutCancel(t.Context()), w.DB, func(s string) { t.Error(s) }); err != nil {
		t.Error(err)
	}
}
