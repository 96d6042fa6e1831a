package forecast

import "math"

// Ranges that were told are held against what came (adaptive conformal prediction):
// each miss moves the side that was missed outwards, each hit moves it inwards by so
// much less that both balance when one wait of twenty ends beyond it. That holds
// whatever is wrong with the forecast, as long as tomorrow is somewhat like
// yesterday. It is done for short, middling and long waits apart, because their
// forecasts fail for different reasons.

const (
	bands = 3
	// Margins act on the logarithm of a wait and so much, so that they matter little
	// where the wait is nearly nothing.
	soft = 60.0
	// A step of a margin that has seen nothing, what it shrinks to, and how soon.
	firstStep, lastStep, stepsUntil = 0.12, 0.03, 40.0
	widest                          = 2.0 // e to this: a range that wide says nothing anyway
)

// bandOf says how long a wait is: up to 5 minutes, up to 20, longer.
func bandOf(g guess) int {
	switch {
	case g.high <= 5*60:
		return 0
	case g.high <= 20*60:
		return 1
	}
	return 2
}

// Margin is how much ranges of some kind are widened.
type Margin struct {
	low, high float64 // on the logarithm; negative narrows
	seen      float64 // how many waits it rests on
}

// beginning are the margins before any wait was seen: what is not known yet makes
// long waits longer sooner than shorter.
var beginning = [bands]Margin{{}, {high: 0.1}, {high: 0.2}}

func (t *Times) margin(g guess) Margin {
	band := bandOf(g)
	if m := t.margins[band]; m.seen > 0 {
		return m
	}
	return beginning[band]
}

// apply moves the ends of a range.
func (m Margin) apply(g guess) guess {
	low := 0.0
	if g.low > 0 {
		low = max(0, (g.low+soft)*math.Exp(-m.low)-soft)
	}
	return guess{low, max(0, (g.high+soft)*math.Exp(m.high)-soft, low)}
}

// learn holds the margin against what came of a range, in seconds.
func (m *Margin) learn(g guess, waited float64) {
	told := m.apply(g)
	step := max(lastStep, firstStep/(1+m.seen/stepsUntil))
	beyond := above
	if g.low == 0 {
		beyond += below
	} else {
		m.low = limited(m.low + step*(hit(waited < told.low)-below))
	}
	m.high = limited(m.high + step*(hit(waited > told.high)-beyond))
	m.seen++
}

func hit(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

func limited(x float64) float64 { return max(-widest, min(x, widest)) }
