package identity_test

import (
	"errors"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/schema"
)

var threeAMinute = identity.Limit{Name: "test", Burst: 3, Each: time.Minute}

func TestLimitsCount(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		l := identity.NewLimits(h.db, h.keys, h.clk)
		taken := func(who string, tries int) (n int) { // how many of them are allowed
			t.Helper()
			for range tries {
				err := l.Take(t.Context(), threeAMinute, who)
				if err != nil && !errs.HasKey(err, "identity.too-many") {
					t.Fatal(err)
				}
				if err == nil {
					n++
				}
			}
			return n
		}
		if taken("a", 5) != 3 || taken("b", 1) != 1 {
			t.Error("three at once, of each")
		}
		h.clk.Advance(time.Minute - time.Second)
		if taken("a", 1) != 0 {
			t.Error("too early")
		}
		h.clk.Advance(time.Second)
		if taken("a", 2) != 1 {
			t.Error("one each minute")
		}
		if wait, err := l.Count(t.Context(), threeAMinute, "a"); err != nil || wait != time.Minute {
			t.Errorf("wait %v, %v", wait, err)
		}
		h.clk.Advance(time.Hour)
		if taken("a", 4) != 3 {
			t.Error("an hour later all are free, and no more")
		}
	})
}

// Who tries many at once has no more attempts than who tries one after the other;
// what is right uses up none.
func TestAttemptsAtOnce(t *testing.T) {
	run(t, func(t *testing.T, h *house) {
		l := identity.NewLimits(h.db, h.keys, h.clk)
		wrong := errors.New("wrong")
		var tried, refused atomic.Int64
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				switch err := l.Attempt(t.Context(), threeAMinute, "a", func() error { tried.Add(1); return wrong }); {
				case errs.HasKey(err, "identity.too-many"):
					refused.Add(1)
				case !errors.Is(err, wrong):
					t.Error(err)
				}
			})
		}
		all.Wait()
		if tried.Load() != 3 || refused.Load() != 17 {
			t.Errorf("%d tried, %d refused", tried.Load(), refused.Load())
		}
		for range 10 {
			if err := l.Attempt(t.Context(), threeAMinute, "b", func() error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Two servers on one database count together, and a server that starts again
// goes on counting where it was.
func TestLimitsAreSharedAndLast(t *testing.T) {
	t.Parallel()
	at := map[string]string{"sqlite": filepath.Join(t.TempDir(), "polis.db"), "postgres": ""}
	for engine, location := range at {
		t.Run(engine, func(t *testing.T) {
			if location == "" {
				location = dbtest.PostgresURL(t)
			}
			kek, clk := filepath.Join(t.TempDir(), "kek.json"), clock.NewManual(noon)
			server := func() (*db.DB, *identity.Limits) {
				d := must[*db.DB](t)(db.Open(t.Context(), location))
				t.Cleanup(func() { d.Close() })
				must[int](t)(d.Migrate(t.Context(), schema.Files))
				return d, identity.NewLimits(d, must[*identity.Keys](t)(identity.OpenKeys(t.Context(), d, identity.KeyFile{Path: kek})), clk)
			}
			d, first := server()
			for range 2 {
				if err := first.Take(t.Context(), threeAMinute, "a"); err != nil {
					t.Fatal(err)
				}
			}
			if engine == "sqlite" {
				d.Close() // it ends, and starts again
			}
			_, second := server()
			if err := second.Take(t.Context(), threeAMinute, "a"); err != nil {
				t.Fatal(err)
			}
			if err := second.Take(t.Context(), threeAMinute, "a"); !errs.Is(err, errs.TooMany) {
				t.Errorf("the fourth, on the other: %v", err)
			}
			if err := first.Take(t.Context(), threeAMinute, "a"); engine == "postgres" && !errs.Is(err, errs.TooMany) {
				t.Errorf("the fifth, on the first: %v", err)
			}
		})
	}
}

// Wrong secrets, codes and tokens are counted for the client that sends them.
func TestWrongProofsAreCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.open(t, false)()
	status := 0
	for range 40 {
		p := s.post("/invito", "chiave", strings.Repeat("a", 32))
		if status = p.status; status == 429 {
			break
		}
	}
	if status != 429 {
		t.Errorf("after 40 wrong codes of invitations: %d", status)
	}
	if p := s.post("/accedi/link", "chiave", strings.Repeat("a", 32)); p.status != 429 || p.retry == "" {
		t.Errorf("links count with them: %d, back after %q", p.status, p.retry)
	}
	link := must[string](t)(w.Link(t.Context(), w.create(t, rossi).ID))
	if _, secret, _ := strings.Cut(link, "#"); s.post("/accedi/link", "chiave", secret).status != 200 {
		t.Error("a right link is refused where wrong ones are too many")
	}
	w.clk.Advance(time.Hour)
	if p := s.post("/accedi/link", "chiave", strings.Repeat("a", 32)); p.status != 422 {
		t.Errorf("an hour later: %d", p.status)
	}
	var err error
	for range 61 {
		err = w.GuessedToken(t.Context(), here)
	}
	if !errs.Is(err, errs.TooMany) {
		t.Errorf("the 61st token: %v", err)
	}
	if err := w.GuessedToken(t.Context(), netip.MustParseAddr("192.0.2.77")); err != nil {
		t.Errorf("of somebody else: %v", err)
	}
}
