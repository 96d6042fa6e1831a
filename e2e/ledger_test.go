package e2e

import (
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

// soldTwice reports places that two bookings had for certain at the same moment.
func (l *ledger) soldTwice(t *testing.T) {
	t.Helper()
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
					t.Errorf("%s was given to %s and to %s from %s to %s", atom, a.booking, b.booking, a.from, a.to)
				}
			}
		}
	}
}

func end(t time.Time) time.Time {
	if t.IsZero() {
		return t.AddDate(9000, 0, 0)
	}
	return t
}

// falselyRefused reports refusals of what cannot have been taken at any moment
// between question and answer.
func (l *ledger) falselyRefused(t *testing.T) {
	t.Helper()
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
			t.Errorf("refused though %d of %d were free: %s", len(r.pool)-taken, len(r.pool), r.text)
		}
		for _, unit := range r.units {
			if !busy(unit) {
				t.Errorf("refused though free: %v from %s to %s: %s", unit, r.from, r.to, r.text)
			}
		}
	}
}
