package idp

import (
	"sync"
	"time"

	"polis/internal/platform/clock"
)

// shelf keeps values for a time, and not more than most of them: the oldest makes
// room for a new one. Anybody may fill it, nobody makes it grow.
type shelf[V any] struct {
	clk  clock.Clock
	most int
	life time.Duration

	mu    sync.Mutex
	kept  map[string]V
	order []due // oldest first; may name what was taken since
}

type due struct {
	key string
	at  time.Time
}

func newShelf[V any](clk clock.Clock, most int, life time.Duration) *shelf[V] {
	return &shelf[V]{clk: clk, most: most, life: life, kept: map[string]V{}}
}

// put keeps a value under a key that is new; false where the key is there.
func (s *shelf[V]) put(key string, v V) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clk.Now()
	for len(s.order) > 0 && (len(s.order) >= s.most || !now.Before(s.order[0].at)) {
		delete(s.kept, s.order[0].key)
		s.order = s.order[1:]
	}
	if _, there := s.kept[key]; there {
		return false
	}
	s.kept[key] = v
	s.order = append(s.order, due{key, now.Add(s.life)})
	return true
}

// get is the value of a key that is not over; take also removes it.
func (s *shelf[V]) get(key string, take bool) (v V, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clk.Now()
	for len(s.order) > 0 && !now.Before(s.order[0].at) {
		delete(s.kept, s.order[0].key)
		s.order = s.order[1:]
	}
	if v, ok = s.kept[key]; ok && take {
		delete(s.kept, key)
	}
	return v, ok
}
