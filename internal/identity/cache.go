package identity

import (
	"sync"
	"time"

	"polis/internal/platform/clock"
)

// Actors are looked up on every request, thousands of times a second, and
// change rarely: they are kept in memory for a moment. A revoked token or role
// works for at most that long, on every replica.
const (
	actorAge  = 5 * time.Second
	maxActors = 20_000 // bounds the memory at some 10 MB
)

type cachedActor struct {
	Actor
	until time.Time
}

// actorCache keeps actors by token hash or person id.
type actorCache[K comparable] struct {
	clk clock.Clock
	mu  sync.RWMutex
	all map[K]cachedActor
}

func newActorCache[K comparable](clk clock.Clock) *actorCache[K] {
	return &actorCache[K]{clk: clk, all: map[K]cachedActor{}}
}

func (c *actorCache[K]) get(key K) (Actor, bool) {
	c.mu.RLock()
	a, ok := c.all[key]
	c.mu.RUnlock()
	if !ok || !c.clk.Now().Before(a.until) {
		return Actor{}, false
	}
	return a.Actor, true
}

// put keeps an actor that was read from the database at an instant, at most
// until ends (zero = no end). A full cache starts anew: filling it again costs
// one look-up each.
func (c *actorCache[K]) put(key K, a Actor, read, ends time.Time) {
	until := read.Add(actorAge)
	if !ends.IsZero() && ends.Before(until) {
		until = ends
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.all) >= maxActors {
		clear(c.all)
	}
	c.all[key] = cachedActor{a, until}
}

func (c *actorCache[K]) forget(match func(Actor) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, a := range c.all {
		if match(a.Actor) {
			delete(c.all, key)
		}
	}
}
