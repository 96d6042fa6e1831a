package reserve

import (
	"context"
	"sync"
	"testing"
	"time"

	"polis/internal/platform/clock"
)

func TestOverdueHoldOfAnotherCountsNoMore(t *testing.T) {
	each(t, func(b *bench) {
		seat := func(person string) Plan {
			return Plan{Person: person, To: Held, Due: at(-0.5), Uses: []Use{{Key: "event", Amount: 1, While: WhileAlive, Limit: 1}}}
		}
		b.ok(seat("a"))
		b.clock.Set(at(-0.5))
		late := seat("b") // nobody swept
		late.Due = at(0)
		b.ok(late)
	})
}

// hooked is a clock that does something when it is looked at.
type hooked struct {
	*clock.Manual
	mu   sync.Mutex
	look []func() // one per look
}

func (c *hooked) Now() time.Time {
	c.mu.Lock()
	var f func()
	if len(c.look) > 0 {
		f, c.look = c.look[0], c.look[1:]
	}
	c.mu.Unlock()
	if f != nil {
		f()
	}
	return c.Manual.Now()
}

// An overdue hold is ended by the other replica just after it stood in the way
// of a plan and before anybody looked for it: the plan must not be refused.
func TestOverdueHoldEndedByAnotherMeanwhile(t *testing.T) {
	h := replicas(t, 1)
	sweeper := h.engines[0]
	held := func(from, to float64) {
		if _, err := sweeper.Do(context.Background(), hold("a", from, to, at(-0.5), 5)); err != nil {
			t.Fatal(err)
		}
	}
	held(0, 1)
	c := &hooked{Manual: h.clock}
	e := New(openURL(t, h.url), layout{}, c, clock.NewID)
	if err := e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer e.Stop()
	h.clock.Set(at(-0.5))
	sweep := func() {
		if _, err := sweeper.Sweep(context.Background()); err != nil {
			t.Error(err)
		}
	}
	c.look = []func(){nil, sweep}
	if _, err := e.Do(t.Context(), want("b", 0, 1, 5)); err != nil {
		t.Errorf("refused: %v", err)
	}
}
