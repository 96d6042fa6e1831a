// Package forecast says how long people will wait, as a range in which nine waits
// of ten end, and keeps account of how often that was true.
//
// How long services take is learned for each service, office and hour of the day
// from what was recorded; where an office has seen little, it leans on the network,
// and where the network has, on what was planned. The line is then served many times
// over in the mind, each time with other times, and the range is what nearly all of
// these come to. Last, the range is widened or narrowed by how often the ranges told
// before held (calibrate.go).
package forecast

import (
	"math"
	"slices"
	"time"

	"polis/internal/counter/queue"
)

// Situation is an office at an instant: all that a forecast rests on.
type Situation struct {
	Office   string
	Now      time.Time
	Waiting  []queue.Entry // who is there and not yet called
	Expected []queue.Entry // appointments of the day that have not come
	Desks    []Desk
	Closes   time.Time // who has a number by then is still served; zero: not known
	Times    Times
	Seed     uint64 // of the chance in the forecast; the same seed gives the same range
}

// Desk is a desk with somebody at it, now or later. One with a break is in the list
// twice, before and after it.
type Desk struct {
	ID       string
	Can      func(service string) bool // nil: everything
	Busy     []string                  // services under way; none: nobody is at the desk
	Since    time.Time                 // when the first of them was begun
	From, To time.Time                 // it calls from and until; zero: at once, and without end
}

// Range is a wait of which nine of ten end between Low and High.
type Range struct {
	Low, High time.Duration
	// Today is the chance, from 0 to 1, that the turn comes before the desks end.
	Today float64

	raw guess // before calibration
}

// Minutes is the range in whole minutes, as it is told: never narrower.
func (r Range) Minutes() (low, high int) {
	return int(r.Low / time.Minute), int((r.High + time.Minute - 1) / time.Minute)
}

// Holds tells whether a wait ended within the range.
func (r Range) Holds(waited time.Duration) bool { return r.Low <= waited && waited <= r.High }

// guess is what the forecast says by itself, in seconds.
type guess struct{ low, high float64 }

const (
	below = 0.05 // of the waits end before Low
	above = 0.05 // and as many after High
	// A Low so near to nothing cannot be missed: it is 0, and all misses are above.
	nothing = 30.0
)

// Foresee is how long an entry of the situation, waiting or expected, will wait from
// now until it is called. Of an entry that is not there it is the zero Range.
func Foresee(s Situation, id string) Range {
	r := newRun(&s)
	target := slices.IndexFunc(r.line, func(p person) bool { return p.id == id })
	if target < 0 {
		return Range{}
	}
	return s.rangeOf(r, r.waits(target))
}

// rangeOf makes a range of the waits of an entry in all samples, in seconds.
func (s *Situation) rangeOf(r *run, waits []float64) Range {
	slices.Sort(waits)
	called, _ := slices.BinarySearch(waits, never)
	at := func(q float64) float64 {
		if w := waits[min(int(q*float64(len(waits))), len(waits)-1)]; w != never {
			return w
		}
		return r.horizon
	}
	if called == 0 {
		return Range{Low: seconds(r.horizon), High: seconds(r.horizon)}
	}
	g := guess{at(below), at(1 - above)}
	if g.low < nothing {
		g = guess{0, at(1 - below - above)}
	}
	told := s.Times.margin(g).apply(g)
	return Range{
		Low: seconds(told.low), High: max(seconds(told.high), seconds(told.low)),
		Today: float64(called) / float64(len(waits)), raw: g,
	}
}

func seconds(s float64) time.Duration {
	return time.Duration(math.Round(s)) * time.Second
}
