package site

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"polis/internal/platform/db"
)

// Live holds the network as it is now.
type Live struct {
	store   *Store
	current atomic.Pointer[Network]
	reload  sync.Mutex

	reloaded func() // for tests; nil otherwise
}

// NewLive reads the network.
func NewLive(ctx context.Context, store *Store) (*Live, error) {
	l := &Live{store: store}
	return l, l.Reload(ctx)
}

// Still is a network that never changes, for benchmarks and trials without a
// database; it is not to be reloaded.
func Still(n *Network) *Live {
	l := &Live{}
	l.current.Store(n)
	return l
}

// Network is the network as it is now. Whoever asks twice may get two; a
// request asks once.
func (l *Live) Network() *Network { return l.current.Load() }

// Reload reads the network anew; after it the caller's own changes show.
// Reloads follow one another, so that an older state never replaces a newer.
func (l *Live) Reload(ctx context.Context) error {
	l.reload.Lock()
	defer l.reload.Unlock()
	n, err := l.store.LoadNetwork(ctx)
	if err != nil {
		return err
	}
	l.current.Store(n)
	if l.reloaded != nil {
		l.reloaded()
	}
	return nil
}

// look is how often a program on SQLite looks whether another one, such as
// polis import, changed the network.
const look = time.Second

// Run reloads whenever another program on the database changed something,
// until ctx ends. Changes that come while it reads are answered by one more
// reading.
func (l *Live) Run(ctx context.Context) {
	if l.store.db.Engine == db.SQLite {
		l.store.db.Watch(ctx, channel, look, func() int64 { return l.Network().revision }, l.Reload)
		return
	}
	changed := make(chan struct{}, 1)
	change := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	ctx, stop := context.WithCancel(ctx)
	go func() {
		defer stop()
		l.store.db.Listen(ctx, channel,
			func(context.Context) error { change(); return nil },
			func(string) { change() })
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
		if err := l.Reload(ctx); err != nil && ctx.Err() == nil {
			slog.Error("the network could not be read again; trying once more", "err", err)
			time.AfterFunc(time.Second, change)
		}
	}
}
