package installation

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// Live holds the settings as they are now.
type Live struct {
	store   *Store
	flags   Flags
	current atomic.Pointer[state]
	reload  sync.Mutex
	changed func(context.Context) error // nil: nobody is told
}

// state is what is saved and what holds: the flags over it.
type state struct {
	*saved
	now Settings
	bad []Fault
}

// same tells whether two states make no difference but to who is in the set-up.
func (s *state) same(o *state) bool {
	return maps.Equal(s.revs, o.revs) && (s.setUp.Done == 0) == (o.setUp.Done == 0)
}

// NewLive reads the settings.
func NewLive(ctx context.Context, store *Store, flags Flags) (*Live, error) {
	l := &Live{store: store, flags: flags}
	return l, l.Reload(ctx)
}

// Now are the settings that hold now; whoever asks twice may get two.
func (l *Live) Now() Settings { return l.current.Load().now }

// Faults are the parts that are saved and do not hold.
func (l *Live) Faults() []Fault { return l.current.Load().bad }

// Tell calls changed after each change, before Reload returns; it is said once,
// before Run.
func (l *Live) Tell(changed func(context.Context) error) { l.changed = changed }

// Reload reads the settings anew and tells of what has changed.
func (l *Live) Reload(ctx context.Context) error {
	l.reload.Lock()
	defer l.reload.Unlock()
	read, err := l.store.load(ctx)
	if err != nil {
		return err
	}
	next := &state{saved: read}
	next.now, next.bad = l.flags.hold(read)
	before := l.current.Swap(next)
	if before == nil || l.changed == nil || before.same(next) {
		return nil
	}
	if err := l.changed(context.WithoutCancel(ctx)); err != nil {
		l.current.Store(before) // it does not hold: the next reading tells of it again
		return err
	}
	return nil
}

// Run reloads whenever another program on the database has changed something,
// until ctx ends. It returns at once on SQLite, which has no other programs.
func (l *Live) Run(ctx context.Context) {
	heard := make(chan struct{}, 1)
	hear := func() {
		select {
		case heard <- struct{}{}:
		default:
		}
	}
	ctx, stop := context.WithCancel(ctx)
	go func() {
		defer stop()
		l.store.db.Listen(ctx, channel,
			func(context.Context) error { hear(); return nil },
			func(string) { hear() })
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case <-heard:
		}
		if err := l.Reload(ctx); err != nil && ctx.Err() == nil {
			slog.Error("the settings could not be read again; trying once more", "err", err)
			time.AfterFunc(time.Second, hear)
		}
	}
}
