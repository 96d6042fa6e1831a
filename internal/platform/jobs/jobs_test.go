package jobs

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

type greet struct{ Name string }

func (greet) Kind() string { return "test.greet" }

type other struct{}

func (other) Kind() string { return "test.other" }

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func newWorker(d *db.DB, c clock.Clock) *Worker {
	return New(Config{DB: d, Clock: c, Log: slog.New(slog.DiscardHandler), Attempts: 3, Lease: time.Minute})
}

func enqueue(t testing.TB, d *db.DB, at time.Time, args ...Args) {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for _, a := range args {
			if err := Enqueue(t.Context(), tx, a, at); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func runDue(t testing.TB, w *Worker, want int) {
	t.Helper()
	if n, err := w.RunDue(t.Context()); err != nil || n != want {
		t.Fatalf("%d done, %v; want %d", n, err, want)
	}
}

func deadList(t testing.TB, d *db.DB) []Dead {
	t.Helper()
	list, err := DeadList(t.Context(), d, 10)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

var countJobs = db.Q("jobs.test_count", `SELECT COUNT(*) FROM job`)

func count(t testing.TB, d *db.DB) (n int) {
	t.Helper()
	if err := db.One(t.Context(), d, countJobs, nil, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestJobIsDoneOnceAtItsTime(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		c := clock.NewManual(noon)
		w := newWorker(d, c)
		var did []string
		Register(w, func(_ context.Context, g greet) error { did = append(did, g.Name); return nil })
		enqueue(t, d, noon.Add(time.Hour), greet{"later"})
		enqueue(t, d, noon, greet{"now è ' \" \n"})
		runDue(t, w, 1)
		c.Advance(time.Hour - time.Microsecond)
		runDue(t, w, 0)
		c.Advance(time.Microsecond)
		runDue(t, w, 1)
		runDue(t, w, 0)
		if len(did) != 2 || did[0] != "now è ' \" \n" || did[1] != "later" || count(t, d) != 0 {
			t.Errorf("did %q, %d left", did, count(t, d))
		}
	})
}

func TestJobOfARolledBackTransactionDoesNotExist(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		boom := errors.New("boom")
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if err := Enqueue(t.Context(), tx, greet{}, noon); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) || count(t, d) != 0 {
			t.Errorf("%v, %d jobs", err, count(t, d))
		}
	})
}

func TestJobOfAnotherKindIsLeftAlone(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorker(d, clock.NewManual(noon))
		runDue(t, w, 0)
		Register(w, func(context.Context, greet) error { return nil })
		for range candidates + 1 { // a newer replica's jobs must not stand in the way
			enqueue(t, d, noon.Add(-time.Hour), other{})
		}
		enqueue(t, d, noon, greet{})
		runDue(t, w, 1)
	})
}

func TestFailedJobComesBackAndIsGivenUp(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		c := clock.NewManual(noon)
		w := newWorker(d, c)
		fail := true
		Register(w, func(context.Context, greet) error {
			if fail {
				return errors.New("no \x00 way \xff\nsecond line")
			}
			return nil
		})
		enqueue(t, d, noon, greet{"x"})
		runDue(t, w, 1)
		runDue(t, w, 0)
		c.Advance(firstPause * 5 / 4)
		runDue(t, w, 1)
		c.Advance(firstPause * 5 / 4)
		runDue(t, w, 0)
		c.Advance(firstPause * 5 / 4)
		runDue(t, w, 1)
		c.Advance(maxPause * 2)
		runDue(t, w, 0)
		list := deadList(t, d)
		if len(list) != 1 || list[0].Error != "no ? way ?" || list[0].Attempts != 3 || string(list[0].Args) != `{"Name":"x"}` {
			t.Fatalf("dead: %+v", list)
		}
		fail = false
		revive := func() error {
			return d.Write(t.Context(), func(tx *db.Tx) error { return Revive(t.Context(), tx, list[0].ID, c.Now()) })
		}
		if err := revive(); err != nil {
			t.Fatal(err)
		}
		if err := revive(); !errs.Is(err, errs.NotFound) {
			t.Errorf("revived twice: %v", err)
		}
		runDue(t, w, 1)
		if count(t, d) != 0 {
			t.Error("a job is left")
		}
	})
}

func TestHopelessJobIsGivenUpAtOnce(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorker(d, clock.NewManual(noon))
		Register(w, func(context.Context, greet) error { return Fatal(errors.New("never")) })
		Register(w, func(context.Context, other) error { panic("ouch") })
		enqueue(t, d, noon, greet{}, other{})
		runDue(t, w, 2)
		if list := deadList(t, d); len(list) != 1 || list[0].Kind != "test.greet" {
			t.Errorf("dead: %+v", list)
		}
		if count(t, d) != 2 { // a panic is an error like any other: tried again
			t.Errorf("%d jobs", count(t, d))
		}
	})
}

// A worker that is killed has claimed and never says how it ended.
func TestKilledWorkersJobIsTakenAgain(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		c := clock.NewManual(noon)
		killed, w := newWorker(d, c), newWorker(d, c)
		did := 0
		for _, w := range []*Worker{killed, w} {
			Register(w, func(context.Context, greet) error { did++; return nil })
		}
		enqueue(t, d, noon, greet{})
		lost, err := killed.claim(t.Context())
		if err != nil || lost == nil {
			t.Fatal(lost, err)
		}
		c.Advance(time.Minute - time.Microsecond)
		runDue(t, w, 0)
		c.Advance(time.Microsecond)
		second, err := w.claim(t.Context())
		if err != nil || second == nil {
			t.Fatal(second, err)
		}
		killed.do(t.Context(), lost) // it was only slow: its end must not touch the other's claim
		if count(t, d) != 1 {
			t.Fatal("the end of a lost lease took the job away")
		}
		w.do(t.Context(), second)
		if count(t, d) != 0 || did != 2 {
			t.Errorf("%d left, done %d times", count(t, d), did)
		}
	})
}

func TestJobThatKillsItsWorkersIsGivenUp(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		c := clock.NewManual(noon)
		w := newWorker(d, c)
		Register(w, func(context.Context, greet) error { t.Error("run a fourth time"); return nil })
		enqueue(t, d, noon, greet{})
		for range 3 {
			if got, err := w.claim(t.Context()); err != nil || got == nil {
				t.Fatal(got, err)
			}
			c.Advance(time.Minute)
		}
		runDue(t, w, 1)
		if list := deadList(t, d); len(list) != 1 {
			t.Errorf("dead: %+v", list)
		}
	})
}

func TestTurnIsDoneOnceByAllReplicas(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		c := clock.NewManual(noon.Add(17 * time.Second))
		var did atomic.Int64
		replicas := make([]*Worker, 3)
		for i := range replicas {
			replicas[i] = newWorker(d, c)
			replicas[i].Every("test.turn", time.Minute, func(context.Context) error { did.Add(1); return errors.New("x") })
		}
		for turn, at := range []time.Duration{0, 42 * time.Second, 0, 59 * time.Second, time.Second, time.Hour} {
			c.Advance(at)
			var wg sync.WaitGroup
			for _, w := range replicas {
				wg.Go(func() {
					if _, err := w.RunDue(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			// 12:00:17 first, 12:00:59 and again nothing, 12:01:58, 12:01:59 nothing, 13:01:59
			want := []int64{1, 1, 1, 2, 2, 3}[turn]
			if did.Load() != want {
				t.Errorf("step %d at %s: done %d times, want %d", turn, c.Now().Format(time.TimeOnly), did.Load(), want)
			}
		}
	})
}

func TestPauseGrowsToItsCap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.String().Draw(t, "id")
		n := rapid.IntRange(1, 100).Draw(t, "n")
		p, base := pause(id, n), maxPause
		if n <= 12 {
			base = min(maxPause, firstPause<<(n-1))
		}
		if p < base || p > base*5/4 || p != pause(id, n) {
			t.Fatalf("pause %v at attempt %d", p, n)
		}
	})
	if s := storable(errors.New(strings.Repeat("è", 400))); len(s) != 500 || !strings.HasSuffix(s, "è") {
		t.Errorf("%d bytes: %q", len(s), s[len(s)-4:])
	}
}
