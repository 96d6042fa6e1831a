package app

import (
	"context"
	"sync"
	"time"

	"polis/internal/platform/clock"
)

// glance is what is found out of the database for monitors: once for all who ask
// within some seconds, so that asking costs nothing.
type glance[T any] struct {
	clock clock.Clock
	look  func(ctx context.Context) T

	mu   sync.Mutex
	at   time.Time
	last T
}

// How long what was found holds, and how long finding it may take.
const (
	glanceHolds = 5 * time.Second
	glanceTakes = 2 * time.Second
)

// now is what was found last. Who comes while somebody looks waits for that.
func (g *glance[T]) now() T {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now := g.clock.Now(); g.at.IsZero() || now.Sub(g.at).Abs() >= glanceHolds {
		ctx, cancel := context.WithTimeout(context.Background(), glanceTakes)
		defer cancel()
		g.last, g.at = g.look(ctx), now
	}
	return g.last
}
