package app

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
)

// door is what the listener serves: the rooms as the settings now are. When
// these change, the rooms are made anew beside those that work, and take their
// place at once. Requests that are under way finish in the rooms in which they
// began; nothing waits. The engine, the network and the feeds between replicas
// know nothing of the settings and go on.
type door struct {
	*base
	renewing sync.Mutex
	now      atomic.Pointer[open]
	leaving  sync.WaitGroup
}

// open are rooms with their handler.
type open struct {
	*program
	handler http.Handler
}

// openDoor makes the first rooms and follows the settings from then on.
func (b *base) openDoor(ctx context.Context) (*door, error) {
	d := &door{base: b}
	b.door = d
	b.settings.Tell(d.renew)
	if err := d.renew(ctx); err != nil {
		return nil, err
	}
	b.background(func(ctx context.Context) { b.settings.Run(ctx) })
	return d, nil
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.now.Load().handler.ServeHTTP(w, r)
}

// renew makes the rooms anew. Two workers may meet for a moment, as those of
// two replicas do; the old one finishes what it has begun, as long as the
// program has time.
func (d *door) renew(ctx context.Context) error {
	d.renewing.Lock()
	defer d.renewing.Unlock()
	if d.ending.Err() != nil { // too late to matter
		return nil
	}
	p, err := d.program(ctx)
	if err != nil {
		return err
	}
	h, err := p.handler()
	if err != nil {
		p.stop()
		return err
	}
	if before := d.now.Swap(&open{p, h}); before != nil {
		d.env.log.Info("the settings have changed; the rooms are made anew")
		d.leaving.Go(before.stop)
	}
	return nil
}

func (d *door) stop() {
	d.hurry()
	d.renewing.Lock() // from now on nothing is made anew
	defer d.renewing.Unlock()
	d.now.Load().stop()
	d.leaving.Wait()
}
