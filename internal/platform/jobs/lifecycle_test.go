package jobs

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
)

func TestStartAndStopUnderStress(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorker(d, clock.System{})
		Register(w, func(context.Context, greet) error { return nil })
		w.Every("test.turn", time.Hour, func(context.Context) error { return nil })
		if err := w.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.Start() // the pool's connections are made before leaks are looked for
		<-w.Started()
		if err := w.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 10 {
					w.Start()
					w.Wake()
					if err := w.Stop(t.Context()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		w.Start()
		w.Start()
		<-w.Started()
		if err := w.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestStopFinishesWhatRuns(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorker(d, clock.System{})
		begun, end := make(chan struct{}), make(chan struct{})
		Register(w, func(context.Context, greet) error { close(begun); <-end; return nil })
		w.Start()
		<-w.Started()
		enqueue(t, d, time.Unix(0, 0), greet{})
		w.Wake()
		<-begun
		stopped := make(chan error)
		go func() { stopped <- w.Stop(context.Background()) }()
		select {
		case <-stopped:
			t.Fatal("did not wait")
		default:
		}
		close(end)
		if err := <-stopped; err != nil || count(t, d) != 0 {
			t.Errorf("%v, %d left", err, count(t, d))
		}
	})
}

func TestStopThatCannotWaitGivesTheJobBack(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorker(d, clock.System{})
		begun := make(chan struct{}, 1)
		Register(w, func(ctx context.Context, _ greet) error { begun <- struct{}{}; <-ctx.Done(); return ctx.Err() })
		enqueue(t, d, time.Unix(0, 0), greet{})
		w.Start()
		<-begun
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if err := w.Stop(ended); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		again, err := w.claim(t.Context())
		if err != nil || again == nil || again.attempts != 1 {
			t.Errorf("%+v, %v", again, err)
		}
	})
}

// Two programs on one PostgreSQL go for the same thousand jobs.
func TestReplicasDoEachJobOnce(t *testing.T) {
	url := dbtest.PostgresURL(t)
	const all = 1000
	var mu sync.Mutex
	did, by := map[string]int{}, [2]int{}
	done := make(chan struct{})
	var workers []*Worker
	for i := range 2 {
		d, err := db.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		w := newWorker(d, clock.System{})
		Register(w, func(_ context.Context, g greet) error {
			mu.Lock()
			defer mu.Unlock()
			did[g.Name]++
			by[i]++
			if len(did) == all {
				close(done)
			}
			return nil
		})
		workers = append(workers, w)
	}
	d := workers[0].cfg.DB
	var list []Args
	for i := range all {
		list = append(list, greet{strconv.Itoa(i)})
	}
	enqueue(t, d, time.Unix(0, 0), list...)
	for _, w := range workers {
		w.Start()
	}
	<-done
	for _, w := range workers {
		if err := w.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}
	for name, n := range did {
		if n != 1 {
			t.Errorf("job %s was done %d times", name, n)
		}
	}
	if count(t, d) != 0 || by[0] == 0 || by[1] == 0 {
		t.Errorf("%d left; done by each: %v", count(t, d), by)
	}
}
