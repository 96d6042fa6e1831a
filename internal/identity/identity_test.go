package identity_test

import (
	"path/filepath"
	"testing"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// house is everything of identity on one database, with a clock of the test's.
type house struct {
	db     *db.DB
	clk    *clock.Manual
	kek    string
	keys   *identity.Keys
	people *identity.People
	grants *identity.Grants
}

var noon = time.Date(2026, 11, 16, 12, 0, 0, 0, time.UTC)

func newHouse(t testing.TB, d *db.DB) *house {
	t.Helper()
	h := &house{db: d, clk: clock.NewManual(noon), kek: filepath.Join(t.TempDir(), "kek.json")}
	var err error
	if h.keys, err = identity.OpenKeys(t.Context(), d, identity.KeyFile{Path: h.kek}); err != nil {
		t.Fatal(err)
	}
	h.people = identity.NewPeople(d, h.keys, h.clk, clock.NewID)
	h.grants = identity.NewGrants(d, h.clk)
	return h
}

// run runs the test on both engines.
func run(t *testing.T, test func(t *testing.T, h *house)) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) { test(t, newHouse(t, d)) })
}

func (h *house) create(t testing.TB, p identity.Person) identity.Person {
	t.Helper()
	p, err := h.people.Create(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
