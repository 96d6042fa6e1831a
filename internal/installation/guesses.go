package installation

import (
	"net/netip"
	"sync"
	"time"

	"polis/internal/platform/clock"
)

// How many wrong secrets one caller may type at once, and after how long they
// get another try.
const (
	guessesAtOnce = 5
	guessEvery    = 20 * time.Second
)

// maxGuessers is how many callers are remembered; beyond it all are forgotten:
// with 100 bits nobody guesses, however often.
const maxGuessers = 4096

// guesses counts wrong secrets of each caller: the instant at which all is
// forgiven grows with each.
type guesses struct {
	clk  clock.Clock
	mu   sync.Mutex
	free map[netip.Addr]time.Time
}

func newGuesses(clk clock.Clock) *guesses {
	return &guesses{clk: clk, free: map[netip.Addr]time.Time{}}
}

// caller is one household: of IPv6 a whole /64.
func caller(a netip.Addr) netip.Addr {
	if a.Is6() {
		if p, err := a.WithZone("").Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return a
}

// wait is how long a caller has to wait for the next try; 0 for none.
func (g *guesses) wait(a netip.Addr) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return max(0, g.free[caller(a)].Add(-(guessesAtOnce-1)*guessEvery).Sub(g.clk.Now()))
}

func (g *guesses) note(a netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.free) >= maxGuessers {
		clear(g.free)
	}
	now, from := g.clk.Now(), g.free[caller(a)]
	if from.Before(now) {
		from = now
	}
	g.free[caller(a)] = from.Add(guessEvery)
}
