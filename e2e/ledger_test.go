package e2e

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// ledger is what the callers of a test know: who was given what, and who was
// refused, each with the moments between which it happened. From that alone it
// tells whether something was sold twice, or refused though it was free.
type ledger struct {
	mu       sync.Mutex
	takes    []*take
	refusals []refusal
}

// take is one atom given to a booking for a time, turnover included.
type take struct {
	booking  string
	atom     string
	from, to time.Time

	asked, given      time.Time // it was taken between these
	returned, settled time.Time // and given back between these; zero: not asked for, not known
}

// refusal is an answer "taken".
type refusal struct {
	asked, answered time.Time
	booking         string     // that wanted to move: its own places do not stand in its way
	units           [][]string // atoms of each of the places that were said to be taken
	pool            [][]string // or those of all places of a kind
	count           int        // of the pool
	from, to        time.Time
	text            string
}

func (l *ledger) give(list []*take) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.takes = append(l.takes, list...)
}

func (l *ledger) refuse(r refusal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refusals = append(l.refusals, r)
}

// giveBack notes that the takes of a booking up to now were given back between
// two moments; settled is zero where nobody knows whether and when.
func (l *ledger) giveBack(id string, returned, settled time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range l.takes {
		if t.booking == id && t.settled.IsZero() && t.given.Before(returned) {
			if t.returned.IsZero() {
				t.returned = returned
			}
			t.settled = settled
		}
	}
}

func overlap(from1, to1, from2, to2 time.Time) bool { return from1.Before(to2) && from2.Before(to1) }

// soldTwice tells of places that two bookings had for certain at the same moment.
func (l *ledger) soldTwice() (faults []string) {
	byAtom := map[string][]*take{}
	for _, k := range l.takes {
		byAtom[k.atom] = append(byAtom[k.atom], k)
	}
	for atom, list := range byAtom {
		for i, a := range list {
			for _, b := range list[:i] {
				if a.booking == b.booking || !overlap(a.from, a.to, b.from, b.to) {
					continue
				}
				endA, endB := end(a.returned), end(b.returned)
				if a.given.Before(endB) && b.given.Before(endA) {
					faults = append(faults, fmt.Sprintf("%s was given to %s and to %s from %s to %s", atom, a.booking, b.booking, a.from, a.to))
				}
			}
		}
	}
	return faults
}

func end(t time.Time) time.Time {
	if t.IsZero() {
		return t.AddDate(9000, 0, 0)
	}
	return t
}

// falselyRefused tells of refusals of what cannot have been taken at any moment
// between question and answer.
func (l *ledger) falselyRefused() (faults []string) {
	byAtom := map[string][]*take{}
	for _, k := range l.takes {
		byAtom[k.atom] = append(byAtom[k.atom], k)
	}
	for _, r := range l.refusals {
		busy := func(unit []string) bool {
			return slices.ContainsFunc(unit, func(atom string) bool {
				return slices.ContainsFunc(byAtom[atom], func(k *take) bool {
					return k.booking != r.booking && overlap(k.from, k.to, r.from, r.to) &&
						k.asked.Before(r.answered) && end(k.settled).After(r.asked)
				})
			})
		}
		taken := 0
		for _, unit := range r.pool {
			if busy(unit) {
				taken++
			}
		}
		if r.pool != nil && len(r.pool)-taken >= r.count {
			faults = append(faults, fmt.Sprintf("refused though %d of %d were free: %s", len(r.pool)-taken, len(r.pool), r.text))
		}
		for _, unit := range r.units {
			if !busy(unit) {
				faults = append(faults, fmt.Sprintf("refused though free: %v from %s to %s: %s", unit, r.from, r.to, r.text))
			}
		}
	}
	return faults
}

// The judge is judged: it sees what it must, and nothing else.
func TestLedger(t *testing.T) {
	everyDay(t)
	t.Parallel()
	minute := func(n int) time.Time { return time.Date(2027, 1, 12, 9, n, 0, 0, time.UTC) }
	takeOf := func(booking string, asked, given, returned, settled int) *take {
		k := &take{booking: booking, atom: "a", from: minute(0), to: minute(30), asked: minute(asked), given: minute(given)}
		if returned > 0 {
			k.returned, k.settled = minute(returned), minute(settled)
		}
		return k
	}
	refused := func(asked, answered, from, to int) refusal {
		return refusal{asked: minute(asked), answered: minute(answered), units: [][]string{{"a"}}, from: minute(from), to: minute(to)}
	}
	for _, c := range []struct {
		what         string
		takes        []*take
		refusals     []refusal
		twice, false int
	}{
		{what: "nothing"},
		{"two at once", []*take{takeOf("x", 1, 2, 0, 0), takeOf("y", 3, 4, 0, 0)}, nil, 1, 0},
		{"one after the other", []*take{takeOf("x", 1, 2, 5, 6), takeOf("y", 5, 7, 0, 0)}, nil, 0, 0},
		{"refused in between", []*take{takeOf("x", 1, 2, 5, 6)}, []refusal{refused(3, 4, 0, 15)}, 0, 0},
		{"refused at the edge", []*take{takeOf("x", 1, 2, 5, 6)}, []refusal{refused(5, 7, 0, 15)}, 0, 0},
		{"refused before", []*take{takeOf("x", 3, 4, 5, 6)}, []refusal{refused(1, 2, 0, 15)}, 0, 1},
		{"refused after", []*take{takeOf("x", 3, 4, 5, 6)}, []refusal{refused(7, 8, 0, 15)}, 0, 1},
		{"refused at another time", []*take{takeOf("x", 1, 2, 0, 0)}, []refusal{refused(3, 4, 30, 45)}, 0, 1},
		{"refused the last of a pool", []*take{takeOf("x", 1, 2, 0, 0)}, []refusal{{asked: minute(3), answered: minute(4), pool: [][]string{{"a"}, {"b"}}, count: 2, from: minute(0), to: minute(15)}}, 0, 0},
		{"refused one of two in a pool", []*take{takeOf("x", 1, 2, 0, 0)}, []refusal{{asked: minute(3), answered: minute(4), pool: [][]string{{"a"}, {"b"}}, count: 1, from: minute(0), to: minute(15)}}, 0, 1},
	} {
		l := &ledger{takes: c.takes, refusals: c.refusals}
		if twice, refused := l.soldTwice(), l.falselyRefused(); len(twice) != c.twice || len(refused) != c.false {
			t.Errorf("%s: sold twice %v, falsely refused %v", c.what, twice, refused)
		}
	}
}
