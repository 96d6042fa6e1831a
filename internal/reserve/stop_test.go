package reserve

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
)

// TestStopWhileBusy stops the engine while plans wait and holds fall due: each
// caller is answered, what was answered with a booking is there, and what was
// refused because of the stop is not.
func TestStopWhileBusy(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ignore := goleak.IgnoreCurrent()
		ctx := context.Background()
		c := clock.NewManual(nine.Add(-time.Hour))
		for round := range scale(25, 300) {
			e := New(d, layout{}, c, clock.NewID)
			if err := e.Start(ctx); err != nil {
				t.Fatal(err)
			}
			var mu sync.Mutex
			answers := map[string]error{}
			var wg sync.WaitGroup
			begun := make(chan struct{}, 64)
			for i := range 32 {
				wg.Go(func() {
					for n := 0; ; n++ {
						id := fmt.Sprintf("%d-%d-%d", round, i, n)
						p := want("a", float64(round), float64(round)+1, int64(1000+40*i+n%40))
						p.Booking, p.To, p.Due = id, Held, c.Now()
						_, err := e.Do(ctx, p)
						mu.Lock()
						answers[id] = err
						mu.Unlock()
						if n == 0 {
							begun <- struct{}{}
						}
						if errors.Is(err, ErrClosed) {
							return
						}
					}
				})
			}
			for range 2 {
				wg.Go(func() {
					for {
						if _, err := e.Sweep(ctx); errors.Is(err, ErrClosed) {
							return
						} else if err != nil {
							t.Error(err)
							return
						}
						select {
						case <-e.stop:
							return
						default:
						}
					}
				})
			}
			for range 32 {
				<-begun
			}
			e.Stop()
			answered := make(chan struct{})
			go func() { wg.Wait(); close(answered) }()
			select {
			case <-answered:
			case <-time.After(20 * time.Second):
				t.Fatal("somebody was never answered")
			}
			for id, err := range answers {
				_, missing := e.Get(ctx, id)
				switch {
				case err == nil && missing != nil:
					t.Fatalf("round %d: booking %s was promised and is not there: %v", round, id, missing)
				case errors.Is(err, ErrClosed) && missing == nil:
					t.Fatalf("round %d: booking %s is there and its caller was told that it is not", round, id)
				case err != nil && !errors.Is(err, ErrClosed) && !IsRefusal(err):
					t.Fatal(err)
				}
			}
			if _, err := e.Do(ctx, want("b", 0, 1, 5)); !errors.Is(err, ErrClosed) {
				t.Errorf("after the stop: %v", err)
			}
		}
		if _, err := Check(ctx, d, func(s string) { t.Error(s) }); err != nil {
			t.Fatal(err)
		}
		d.Close()
		goleak.VerifyNone(t, ignore)
	})
}

func TestStartThatFailsLeavesNothingBehind(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		raw(t, d, `ALTER TABLE occupancy RENAME TO elsewhere`)
		ignore := goleak.IgnoreCurrent()
		e := New(d, layout{}, clock.NewManual(nine), clock.NewID)
		if err := e.Start(context.Background()); err == nil {
			t.Fatal("started without its table")
		}
		d.Close()
		goleak.VerifyNone(t, ignore)
	})
}

// slow is a caller who gets to waiting for an answer only after the engine has
// ended.
type slow struct {
	context.Context
	looks int
	gone  chan struct{}
}

func (c *slow) Done() <-chan struct{} {
	if c.looks++; c.looks == 2 {
		<-c.gone
	}
	return nil
}

// An answer that is there is heard, also when the engine has stopped since.
func TestAnswerOfTheLastBatchIsHeard(t *testing.T) {
	for range 50 {
		e := New(nil, layout{}, clock.NewManual(nine), clock.NewID)
		go func() {
			r := <-e.queue
			r.result <- result{booking: Booking{ID: "mine"}}
			close(e.gone)
		}()
		if got, err := e.submit(&slow{Context: context.Background(), gone: e.gone}, &Plan{}); err != nil || got.ID != "mine" {
			t.Fatalf("got %v, %v", got, err)
		}
	}
}

func TestSweepOfAStoppedEngineEnds(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		c := clock.NewManual(nine.Add(-time.Hour))
		e := New(d, layout{}, c, clock.NewID)
		if err := e.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Do(t.Context(), hold("a", 0, 1, at(-0.5), 5)); err != nil {
			t.Fatal(err)
		}
		e.Stop()
		c.Set(at(0))
		for range 50 {
			done := make(chan error)
			go func() { _, err := e.Sweep(context.Background()); done <- err }()
			select {
			case err := <-done:
				if !errors.Is(err, ErrClosed) {
					t.Fatalf("got %v", err)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("the sweep hangs")
			}
		}
	})
}
