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
	keyed
	written keyed // what the database has
}

// keyed is the request that a key stands for and the booking it was granted, ""
// while it was not.
type keyed struct{ hash, booking string }

type bookingRow struct {
	Booking
	alloc   map[cellKey]agenda.Mask
	stored  bool   // allocations are in the database
	fresh   bool   // the row is not in the database
	dirty   bool   // the row is to be written
	replace bool   // the allocations are to be written
	waits   string // on the counter
	waited  bool   // before this batch
}

type counterRow struct {
	value int64
	dirty bool
}

type cellRow struct {
	busy, shut agenda.Mask
	rev        int64
	dirty      bool
	written    agenda.Mask // what the database has for busy
}

// decide applies one plan, or leaves everything as it was and says why not.
func (l *ledger) decide(p *Plan) (Booking, error) {
	if p.Key != (Key{}) {
		k := l.keys[keyName{p.Key.Person, p.Key.Key}]
		switch {
		case k.booking == "":
		case k.hash != p.Key.Hash:
			return Booking{}, ErrKeyReuse
		case l.bookings[k.booking] == nil:
			return Booking{}, ErrUnknown
		default:
			return l.bookings[k.booking].Booking, nil
		}
	}
	if b := l.bookings[p.Booking]; b != nil && len(p.When) == 0 {
		return b.Booking, nil // made before, though the answer was lost
	}
	b, err := l.subject(p)
	if err != nil {
		return Booking{}, err
	}
	l.undo = l.undo[:0]
	before, kind := b.Booking, "booking."+string(p.To)
	left, goesOn := Booking{}, false
	switch {
	case p.To == NoShow && !p.DueBy.IsZero():
		left, goesOn = b.missed(p.DueBy)
	case p.To == NoShow && len(p.Missed) > 0:
		left, goesOn = b.without(func(i int) bool { return slices.Contains(p.Missed, i) })
	}
	if goesOn {
		l.release(b, left)
		kind = Released
	} else if err := l.apply(p, b); err != nil {
		l.rollback(0)
		return Booking{}, err
	}
	l.bookings[b.ID] = b
	if p.Key != (Key{}) {
		l.keys[keyName{p.Key.Person, p.Key.Key}].keyed = keyed{p.Key.Hash, b.ID}
	}
	act := journal.Act{
		ID: l.ids(), At: l.now, Kind: kind, Subject: b.ID, Person: p.By,
		Data: facts(kind, p.Why, &before, &b.Booking),
	}
	p.by.Stamp(&act)
	l.acts = append(l.acts, act)
	return b.Booking, nil
}

// subject is the booking a plan is about, in the state that the plan needs.
func (l *ledger) subject(p *Plan) (*bookingRow, error) {
	if len(p.When) == 0 {
		return &bookingRow{Booking: Booking{ID: p.Booking, Person: p.Person, For: p.For, Created: l.now}, fresh: true}, nil
	}
	b := l.bookings[p.Booking]
	switch {
	case b == nil || (p.Person != "" && p.Person != b.Person):
		return nil, ErrUnknown
	case p.Rev != 0 && p.Rev != b.Rev:
		return nil, ErrStale
	case !slices.Contains(p.When, b.Status):
		return nil, &WrongStatus{Status: b.Status}
	case !p.DueBy.IsZero() && (b.Due.IsZero() || b.Due.After(p.DueBy)):
		return nil, ErrNotSoon
	case !p.NotDue.IsZero() && !b.Due.IsZero() && !b.Due.After(p.NotDue):
		now := b.Standing(p.NotDue)
		return nil, &WrongStatus{Status: now.Status, missed: now.Status == b.Status && !b.Due.After(l.now)}
	}
	return b, nil
}

// rollback undoes all but the first n steps of a plan.
func (l *ledger) rollback(n int) {
	for _, undo := range slices.Backward(l.undo[n:]) {
		undo()
	}
	l.undo = l.undo[:n]
}

// apply changes the booking, its places and its counters.
func (l *ledger) apply(p *Plan, b *bookingRow) (err error) {
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
		l.giveBack(b)
		b.replace = true
	}
	if len(p.Demands) > 0 {
		b.alloc = map[cellKey]agenda.Mask{}
		if b.Parts, err = l.take(p.Demands, b.alloc); err != nil {
			return err
		}
		b.Parts = withMissed(b.Parts, before.noted(p.Missed))
		b.Starts, b.Ends = span(b.Parts)
	}
	b.waits = p.Wait
	if b.Uses = wanted; p.To != Waiting { // who waits keeps in mind what it will count
		b.Uses = usesOf(wanted, p.To)
	}
	b.Status, b.Due, b.Changed = p.To, time.Time{}, l.now
	if p.To.Alive() {
		b.Due = p.Due
	}
	b.Rev++
	b.dirty = true
	return nil
}

// giveBack gives back what a booking has.
func (l *ledger) giveBack(b *bookingRow) {
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
		if max := limit[key]; d > 0 && max != 0 && row.value+d > max {
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
