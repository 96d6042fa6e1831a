package installation

import (
	"net/netip"
	"sync"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/errs"
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

// Test messages of one person, likewise: the mail server is not there for more.
const (
	trialsAtOnce = 5
	trialEvery   = 2 * time.Minute
)

// guesses counts what each caller does, as wrong secrets: the instant at which
// all is forgiven grows with each.
type guesses struct {
	clk    clock.Clock
	atOnce int
	every  time.Duration
	mu     sync.Mutex
	free   map[string]time.Time
}

func newGuesses(clk clock.Clock, atOnce int, every time.Duration) *guesses {
	return &guesses{clk: clk, atOnce: atOnce, every: every, free: map[string]time.Time{}}
}

// caller is one household: of IPv6 a whole /64.
func caller(a netip.Addr) string {
	if a.Is6() {
		if p, err := a.WithZone("").Prefix(64); err == nil {
			a = p.Addr()
		}
	}
	return a.String()
}

// wait is how long a caller has to wait for the next try; 0 for none.
func (g *guesses) wait(who string) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return max(0, g.free[who].Add(-time.Duration(g.atOnce-1)*g.every).Sub(g.clk.Now()))
}

func (g *guesses) note(who string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.free) >= maxGuessers {
		clear(g.free)
	}
	now, from := g.clk.Now(), g.free[who]
	if from.Before(now) {
		from = now
	}
	g.free[who] = from.Add(g.every)
}

// tooMany is the error for who has to wait; nil where nobody has.
func tooMany(key string, wait time.Duration) error {
	if wait == 0 {
		return nil
	}
	return errs.New(errs.TooMany, key, errs.Args{"count": int((wait + time.Second - 1) / time.Second)})
}
