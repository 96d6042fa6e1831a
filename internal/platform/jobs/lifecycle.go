package jobs

import (
	"context"
	"sync"
	"time"
)

// run is the time between a Start and a Stop.
type run struct {
	seek    context.Context // ends when no new work is to be taken
	work    context.Context // ends when running work can be waited for no longer
	halt    context.CancelFunc
	abandon context.CancelFunc
	wg      sync.WaitGroup
	done    chan struct{}
}

// Start begins to work in the background. It does nothing while the worker
// runs, and waits for a stop that is under way.
func (w *Worker) Start() {
	for {
		w.mu.Lock()
		if w.current == nil {
			break
		}
		r := w.current
		w.mu.Unlock()
		if r.seek.Err() == nil {
			return
		}
		<-r.done
	}
	defer w.mu.Unlock()
	r := &run{done: make(chan struct{})}
	r.work, r.abandon = context.WithCancel(context.Background())
	r.seek, r.halt = context.WithCancel(r.work)
	started := w.started
	r.wg.Go(func() { w.seekTurns(r) })
	r.wg.Go(func() {
		close(started)
		w.seekJobs(r)
	})
	w.current = r
	go func() {
		r.wg.Wait()
		r.abandon()
		w.mu.Lock()
		w.current, w.started = nil, make(chan struct{})
		w.mu.Unlock()
		close(r.done)
	}()
}

// Started is closed once the worker works, of the current run or the next.
func (w *Worker) Started() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.started
}

// Stop takes no more work and waits for what runs. When ctx ends first, the
// context of the running work ends too, its jobs go back to be done again, and
// the error is that of ctx. It does nothing while the worker is stopped.
func (w *Worker) Stop(ctx context.Context) error {
	w.mu.Lock()
	r := w.current
	w.mu.Unlock()
	if r == nil {
		return nil
	}
	r.halt()
	select {
	case <-r.done:
		return nil
	case <-ctx.Done():
		r.abandon()
		<-r.done
		return ctx.Err()
	}
}

func (w *Worker) seekJobs(r *run) {
	slots := make(chan struct{}, w.cfg.Parallel)
	tick := time.NewTicker(w.cfg.Poll)
	defer tick.Stop()
	for {
		select {
		case <-r.seek.Done():
			return
		case slots <- struct{}{}:
		}
		// A claim that has begun is seen to its end, or its lease would be lost.
		c, err := w.claim(r.work)
		if c != nil {
			r.wg.Go(func() {
				defer func() { <-slots }()
				w.do(r.work, c)
			})
			continue
		}
		<-slots
		if err != nil && r.work.Err() == nil {
			w.cfg.Log.Error("jobs could not be read", "err", err)
		}
		select {
		case <-r.seek.Done():
			return
		case <-w.wake:
		case <-tick.C:
		}
	}
}

func (w *Worker) seekTurns(r *run) {
	tick := time.NewTicker(w.cfg.Poll)
	defer tick.Stop()
	for r.seek.Err() == nil {
		if _, err := w.runTurns(r.work, func(do func()) { r.wg.Go(do) }); err != nil && r.work.Err() == nil {
			w.cfg.Log.Error("turns could not be read", "err", err)
		}
		if _, err := w.runAppointments(r.work, func(do func()) { r.wg.Go(do) }); err != nil && r.work.Err() == nil {
			w.cfg.Log.Error("work that has its hours could not be read", "err", err)
		}
		select {
		case <-r.seek.Done():
		case <-tick.C:
		}
	}
}
