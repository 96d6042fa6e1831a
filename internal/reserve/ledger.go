package reserve

import (
	"maps"
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/journal"
	"polis/internal/platform/clock"
)

// ledger is the locked state of a batch: what the database has, changed in
// memory plan by plan and written back once.
type ledger struct {
	now      time.Time
	ids      clock.IDs
	atoms    func(unit int64) []int64
	keys     map[keyName]*keyRow
	bookings map[string]*bookingRow
	counters map[string]*counterRow
	cells    map[cellKey]*cellRow
	acts     []journal.Act
	undo     []func()
}

type keyName struct{ person, key string }

type keyRow struct {
	hash, booking string
	dirty         bool
}

type bookingRow struct {
	Booking
	alloc   map[cellKey]agenda.Mask
	stored  bool // allocations are in the database
	dirty   bool // the row is to be written
	replace bool // the allocations are to be written
}

type counterRow struct {
	value int64
	dirty bool
}

type cellRow struct {
	busy, shut agenda.Mask
	rev        int64
	dirty      bool
}

// decide applies one plan, or leaves everything as it was and says why not.
func (l *ledger) decide(p *Plan) (Booking, error) {
	if p.Key != (Key{}) {
		k := l.keys[keyName{p.Key.Person, p.Key.Key}]
		switch {
		case k.booking != "" && k.hash == p.Key.Hash:
			return l.bookings[k.booking].Booking, nil
		case k.booking != "":
			return Booking{}, ErrKeyReuse
		}
	}
	b, err := l.subject(p)
	if err != nil {
		return Booking{}, err
	}
	l.undo = l.undo[:0]
	if err := l.apply(p, b); err != nil {
		for _, f := range slices.Backward(l.undo) {
			f()
		}
		return Booking{}, err
	}
	l.bookings[b.ID] = b
	if p.Key != (Key{}) {
		*l.keys[keyName{p.Key.Person, p.Key.Key}] = keyRow{hash: p.Key.Hash, booking: b.ID, dirty: true}
	}
	l.acts = append(l.acts, journal.Act{
		ID: l.ids(), At: l.now, Kind: "booking." + string(p.To), Subject: b.ID, Person: p.By,
	})
	return b.Booking, nil
}

// subject is the booking a plan is about, in the state that the plan needs.
func (l *ledger) subject(p *Plan) (*bookingRow, error) {
	if len(p.When) == 0 {
		return &bookingRow{Booking: Booking{ID: p.Booking, Person: p.Person, Created: l.now}}, nil
	}
	b := l.bookings[p.Booking]
	switch {
	case b == nil || (p.Person != "" && p.Person != b.Person):
		return nil, ErrUnknown
	case p.Rev != 0 && p.Rev != b.Rev:
		return nil, ErrStale
	case !slices.Contains(p.When, b.Status):
		return nil, &WrongStatus{b.Status}
	case !p.DueBy.IsZero() && (b.Due.IsZero() || b.Due.After(p.DueBy)):
		return nil, ErrNotSoon
	case !p.NotDue.IsZero() && !b.Due.IsZero() && !b.Due.After(p.NotDue):
		return nil, &WrongStatus{dueStatus(&b.Booking)}
	}
	return b, nil
}

// apply changes the booking, its places and its counters.
func (l *ledger) apply(p *Plan, b *bookingRow) error {
	before := *b
	l.undo = append(l.undo, func() { *b = before })

	wanted := before.Uses
	if p.Uses != nil {
		wanted = p.Uses
	}
	if err := l.count(usesOf(before.Uses, before.Status), usesOf(wanted, p.To)); err != nil {
		return err
	}
	if len(p.Demands) > 0 || !p.To.Holds() {
		l.release(b)
		b.replace = true
	}
	if len(p.Demands) > 0 {
		b.Parts = nil
		b.alloc = map[cellKey]agenda.Mask{}
		for i := range p.Demands {
			if err := l.take(&p.Demands[i], b); err != nil {
				return err
			}
		}
		b.Starts, b.Ends = span(b.Parts)
	}
	b.Uses = usesOf(wanted, p.To)
	b.Status, b.Due, b.Changed = p.To, p.Due, l.now
	b.Rev++
	b.dirty = true
	return nil
}

// release gives back what a booking has.
func (l *ledger) release(b *bookingRow) {
	for k, m := range b.alloc {
		c := l.change(l.cells[k])
		c.busy = c.busy.AndNot(m)
	}
	b.alloc = nil
}

// change marks a cell as changed and remembers how it was.
func (l *ledger) change(c *cellRow) *cellRow {
	before := *c
	l.undo = append(l.undo, func() { *c = before })
	c.dirty = true
	return c
}

// take gives the units of a demand to a booking.
func (l *ledger) take(d *Demand, b *bookingRow) error {
	cells, err := d.cells()
	if err != nil {
		return err
	}
	units := d.Units
	if d.Pool != nil {
		units = l.choose(d, cells)
		if units == nil {
			return &Taken{Kind: d.Kind, Site: d.Site}
		}
	} else if taken := l.taken(units, cells); taken != nil {
		return taken
	}
	for _, u := range units {
		for _, a := range l.atoms(u) {
			for _, c := range cells {
				k := cellKey{c.Day, a}
				row := l.cells[k]
				if row.busy.Overlaps(c.Mask) { // two units of this plan share an atom
					return &Taken{Units: []int64{u}, Kind: d.Kind, Site: d.Site}
				}
				row = l.change(row)
				row.busy = row.busy.Or(c.Mask)
				b.alloc[k] = b.alloc[k].Or(c.Mask)
			}
		}
	}
	b.Parts = addPart(b.Parts, d, units)
	return nil
}

// addPart writes down what a demand was given.
func addPart(parts []Part, d *Demand, units []int64) []Part {
	if d.Hidden {
		return append(parts, Part{Site: d.Site, Kind: d.Kind, Hidden: units, From: d.From, To: d.To})
	}
	return append(parts, Part{Site: d.Site, Kind: d.Kind, Units: units, From: d.From, To: d.To})
}

// taken lists the units that are not free, nil if all are.
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

// choose finds Count free units of a pool that share no atom, in the pool's
// order; nil if there are none. Units that share atoms (halls of several
// rooms) need a search; for atoms the first try is the answer.
func (l *ledger) choose(d *Demand, cells []agenda.Cell) []int64 {
	var free []int64
	for _, u := range d.Pool {
		if busy, shut := l.state(u, cells); !busy && !shut {
			free = append(free, u)
		}
	}
	return disjoint(free, d.Count, l.atoms)
}

// disjoint picks n of the units so that no two share an atom, the earlier ones
// first; nil if that cannot be.
func disjoint(units []int64, n int, atoms func(int64) []int64) []int64 {
	used := map[int64]bool{}
	picked := make([]int64, 0, n)
	steps := 0
	var search func(from int) bool
	search = func(from int) bool {
		if len(picked) == n {
			return true
		}
		for i := from; len(units)-i >= n-len(picked) && steps < 100_000; i++ {
			steps++
			u := units[i]
			if slices.ContainsFunc(atoms(u), func(a int64) bool { return used[a] }) {
				continue
			}
			for _, a := range atoms(u) {
				used[a] = true
			}
			picked = append(picked, u)
			if search(i + 1) {
				return true
			}
			picked = picked[:len(picked)-1]
			for _, a := range atoms(u) {
				used[a] = false
			}
			if len(atoms(u)) == 1 && !shared(units, u, atoms) {
				return false // leaving out a unit that is in nobody's way helps nothing
			}
		}
		return false
	}
	if !search(0) {
		return nil
	}
	return picked
}

// shared tells whether another of the units has an atom of u.
func shared(units []int64, u int64, atoms func(int64) []int64) bool {
	return slices.ContainsFunc(units, func(o int64) bool {
		return o != u && slices.ContainsFunc(atoms(o), func(a int64) bool { return slices.Contains(atoms(u), a) })
	})
}

// count moves the counters from the uses before to those after; a counter may
// fall at any time, but rises only up to its limit.
func (l *ledger) count(before, after []Use) error {
	delta := map[string]int64{}
	for _, u := range before {
		delta[u.Key] -= u.Amount
	}
	limit := map[string]int64{}
	for _, u := range after {
		delta[u.Key] += u.Amount
		limit[u.Key] = u.Limit
	}
	for _, key := range slices.Sorted(maps.Keys(delta)) {
		d, row := delta[key], l.counters[key]
		if d == 0 {
			continue
		}
		if max := limit[key]; d > 0 && max > 0 && row.value+d > max {
			return &Limit{Key: key, Value: row.value, Limit: max}
		}
		old := *row
		l.undo = append(l.undo, func() { *row = old })
		row.value += d
		row.dirty = true
	}
	return nil
}

// dueStatus is what a booking becomes by itself when it falls due.
func dueStatus(b *Booking) Status {
	switch {
	case b.Status == Held:
		return Expired
	case b.Status == Confirmed && b.Due.Before(b.Ends):
		return NoShow
	}
	return Completed
}
