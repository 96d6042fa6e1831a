package installation_test

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"polis/internal/identity"
	"polis/internal/installation"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/i18n"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func words(t *testing.T) *i18n.Bundle {
	t.Helper()
	bundle := i18n.NewBundle()
	if err := bundle.Add(installation.Words); err != nil {
		t.Fatal(err)
	}
	return bundle
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// world is an installation without the rest of the program.
type world struct {
	*installation.Service
	t     *testing.T
	clock *clock.Manual
	log   *bytes.Buffer
	admin identity.Actor
	told  int // how often Live told of a change
}

func newWorld(t *testing.T, d *db.DB, flags installation.Flags, demo ...bool) *world {
	t.Helper()
	return worldIn(t, d, filepath.Join(t.TempDir(), "kek.json"), flags, demo...)
}

func worldIn(t *testing.T, d *db.DB, kek string, flags installation.Flags, demo ...bool) *world {
	t.Helper()
	keys, err := identity.OpenKeys(t.Context(), d, identity.KeyFile{Path: kek})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, clock: clock.NewManual(noon), log: &bytes.Buffer{}}
	live, err := installation.NewLive(t.Context(), installation.NewStore(d, keys, w.clock), flags)
	if err != nil {
		t.Fatal(err)
	}
	live.Tell(func(context.Context) error { w.told++; return nil })
	w.Service = installation.New(installation.Options{
		DB: d, Keys: keys, People: identity.NewPeople(d, keys, w.clock, clock.NewID), Grants: identity.NewGrants(d, w.clock),
		Live: live, Clock: w.clock, IDs: clock.NewID, Log: slog.New(slog.NewTextHandler(w.log, nil)), Demo: len(demo) > 0,
	})
	w.admin = identity.Actor{Person: "ada", Role: identity.Administrator, Scope: identity.Network}
	return w
}

// save changes a part as the administrator.
func (w *world) save(part installation.Part, change func(*installation.Settings)) error {
	next, rev := w.Seen(part)
	change(&next)
	return w.Save(w.t.Context(), w.admin, installation.Change{Part: part, Next: next, Rev: rev})
}
