package reserve

import (
	"cmp"
	"slices"

	"polis/internal/agenda"
)

// choice is a demand on its way to its units.
type choice struct {
	*Demand
	cells []agenda.Cell
	units []int64 // what it is given
	slack int     // how many units are free beyond those it needs; less than none by name
}

// take gives demands their units, writes what they take into alloc and returns
// their parts. Those that ask for units by name come first, then the pools, the
// one with the least choice first, so that no demand takes what only suits
// another of the same plan.
func (l *ledger) take(demands []Demand, alloc map[cellKey]agenda.Mask) ([]Part, error) {
	choices := make([]choice, len(demands))
	var pools []*choice
	for i := range demands {
		c := &choices[i]
		c.Demand = &demands[i]
		var err error
		if c.cells, err = c.Demand.cells(); err != nil {
			return nil, err
		}
		if c.Pool != nil {
			pools = append(pools, c)
			continue
		}
		c.units = c.Units
		if err := l.taken(c.units, c.cells); err != nil {
			return nil, err
		}
		for i := range c.units {
			if !l.occupy(c.units[i:i+1], c.cells, alloc) { // it shares an atom with another of this plan
				return nil, &Taken{Units: c.units[i : i+1], Kind: c.Kind, Site: c.Site}
			}
		}
	}
	if len(pools) > 1 {
		for _, c := range pools {
			c.slack = len(l.free(c)) - c.Count
		}
		slices.SortStableFunc(pools, func(a, b *choice) int { return cmp.Compare(a.slack, b.slack) })
	}
	if short := l.choose(pools, alloc, &search{atoms: l.atoms, steps: 100_000}); short != nil {
		return nil, &Taken{Kind: short.Kind, Site: short.Site}
	}
	parts := make([]Part, len(choices))
	for i := range choices {
		parts[i] = choices[i].part()
	}
	return parts, nil
}

// part is what a demand was given.
func (c *choice) part() Part {
	if c.Hidden {
		return Part{Site: c.Site, Kind: c.Kind, Hidden: c.units, From: c.From, To: c.To}
	}
	return Part{Site: c.Site, Kind: c.Kind, Units: c.units, From: c.From, To: c.To}
}

// taken lists the units that are not free; nil if all are.
func (l *ledger) taken(units []int64, cells []agenda.Cell) error {
	var t *Taken
	for _, u := range units {
		busy, shut := l.state(u, cells)
		if !busy && !shut {
			continue
		}
		if t == nil {
			t = &Taken{Shut: true}
		}
		t.Units = append(t.Units, u)
		t.Shut = t.Shut && shut
	}
	if t == nil {
		return nil
	}
	return t
}

// state tells whether any atom of a unit is busy or shut at some time.
func (l *ledger) state(unit int64, cells []agenda.Cell) (busy, shut bool) {
	for _, a := range l.atoms(unit) {
		for _, c := range cells {
			row := l.cells[cellKey{c.Day, a}]
			busy = busy || row.busy.Overlaps(c.Mask)
			shut = shut || row.shut.Overlaps(c.Mask)
		}
	}
	return busy, shut
}

// free are the units of a pool that are free, in the pool's order.
func (l *ledger) free(c *choice) (free []int64) {
	for _, u := range c.Pool {
		if busy, shut := l.state(u, c.cells); !busy && !shut {
			free = append(free, u)
		}
	}
	return free
}

// occupy marks the atoms of units as busy; false, and only some are marked, if
// one is busy already.
func (l *ledger) occupy(units []int64, cells []agenda.Cell, alloc map[cellKey]agenda.Mask) bool {
	for _, u := range units {
		for _, a := range l.atoms(u) {
			for _, c := range cells {
				k := cellKey{c.Day, a}
				row, before := l.cells[k], alloc[k]
				if row.busy.Overlaps(c.Mask) {
					return false
				}
				row = l.change(row)
				row.busy = row.busy.Or(c.Mask)
				alloc[k] = before.Or(c.Mask)
				l.undo = append(l.undo, func() {
					if alloc[k] = before; before.IsZero() {
						delete(alloc, k)
					}
				})
			}
		}
	}
	return true
}

// choose gives each of some pools Count free units; nil if it could, else the
// first demand that came out short.
func (l *ledger) choose(pools []*choice, alloc map[cellKey]agenda.Mask, s *search) (short *choice) {
	if len(pools) == 0 {
		return nil
	}
	c, rest := pools[0], pools[1:]
	found := s.disjoint(l.free(c), c.Count, len(rest) > 0, func(units []int64) bool {
		mark := len(l.undo)
		l.occupy(units, c.cells, alloc)
		for _, r := range rest {
			s.steps -= len(r.Pool)
		}
		if missing := l.choose(rest, alloc, s); missing != nil {
			l.rollback(mark)
			short = cmp.Or(short, missing)
			return false
		}
		c.units = slices.Clone(units)
		return true
	})
	if found {
		return nil
	}
	return cmp.Or(short, c)
}

// Disjoint picks n of the units so that no two share an atom, the earlier ones
// first; nil if that cannot be.
func Disjoint(units []int64, n int, atoms func(int64) []int64) (picked []int64) {
	s := search{atoms: atoms, steps: 100_000}
	s.disjoint(units, n, false, func(p []int64) bool { picked = p; return true })
	return picked
}

// search looks for units by trying and going back. Units that share atoms
// (halls of several rooms) and pools of one plan that overlap need that; else
// the first try is the answer. It gives up after a number of steps.
type search struct {
	atoms func(int64) []int64
	steps int
}

// disjoint calls accept with n of the units of which no two share an atom, the
// earlier ones first, until it accepts. contested: accept may refuse units for
// their own sake, not only because they are too few.
func (s *search) disjoint(units []int64, n int, contested bool, accept func([]int64) bool) bool {
	if n > len(units) {
		return false
	}
	used := map[int64]bool{}
	picked := make([]int64, 0, n)
	var pick func(from int) bool
	pick = func(from int) bool {
		if len(picked) == n {
			return accept(picked)
		}
		for i := from; len(units)-i >= n-len(picked) && s.steps > 0; i++ {
			s.steps--
			u := units[i]
			if slices.ContainsFunc(s.atoms(u), func(a int64) bool { return used[a] }) {
				continue
			}
			for _, a := range s.atoms(u) {
				used[a] = true
			}
			picked = append(picked, u)
			if pick(i + 1) {
				return true
			}
			picked = picked[:len(picked)-1]
			for _, a := range s.atoms(u) {
				used[a] = false
			}
			if !contested && len(s.atoms(u)) == 1 && !s.shared(units, u) {
				return false // leaving out a unit that is in nobody's way helps nothing
			}
		}
		return false
	}
	return pick(0)
}

// shared tells whether another of the units has an atom of u.
func (s *search) shared(units []int64, u int64) bool {
	return slices.ContainsFunc(units, func(o int64) bool {
		return o != u && slices.ContainsFunc(s.atoms(o), func(a int64) bool { return slices.Contains(s.atoms(u), a) })
	})
}
