package reserve

import (
	"cmp"
	"context"
	"database/sql"
	"maps"
	"slices"
	"strings"

	"polis/internal/agenda"
	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

// batch runs plans in one transaction.
type batch struct {
	plans []*Plan
	again bool // bookings to be made may be there already
	ledger
	order []cellKey // of the locked cells

	results []result
	changes []Change
	overdue []Booking // that stood in the way of refused plans
}

// result is what became of a plan.
type result struct {
	booking Booking
	err     error
}

func newBatch(e *Engine, requests []*request, again bool) *batch {
	b := &batch{again: again, ledger: ledger{
		now: e.clock.Now(), ids: e.ids, atoms: steady(e.live.Atoms),
		keys: map[keyName]*keyRow{}, bookings: map[string]*bookingRow{},
		counters: map[string]*counterRow{}, cells: map[cellKey]*cellRow{},
	}}
	for _, r := range requests {
		b.plans = append(b.plans, r.plan)
	}
	return b
}

// steady is the layout as it is at the first look at a unit: houses may be
// rebuilt while a batch runs, between locking and deciding.
func steady(atoms func(int64) []int64) func(int64) []int64 {
	seen := map[int64][]int64{}
	return func(unit int64) []int64 {
		a, ok := seen[unit]
		if !ok {
			a = atoms(unit)
			seen[unit] = a
		}
		return a
	}
}

// run locks, decides and writes; the results stand once the transaction is
// committed.
func (b *batch) run(ctx context.Context, tx *db.Tx) error {
	for _, step := range []func(context.Context, *db.Tx) error{
		b.lockKeys, b.lockBookings, b.readAllocations, b.lockCounters, b.lockCells, b.decideAll, b.findOverdue, b.write,
	} {
		if err := step(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) decideAll(context.Context, *db.Tx) error {
	b.results = make([]result, len(b.plans))
	for i, p := range b.plans {
		b.results[i].booking, b.results[i].err = b.decide(p)
	}
	return nil
}

func (b *batch) lockKeys(ctx context.Context, tx *db.Tx) error {
	var names []keyName
	first := map[keyName]keyed{}
	for _, p := range b.plans {
		if p.Key == (Key{}) {
			continue
		}
		n := keyName{p.Key.Person, p.Key.Key}
		if _, twice := first[n]; !twice {
			names = append(names, n)
			first[n] = keyed{p.Key.Hash, p.Booking}
			if b.again || len(p.When) > 0 { // the booking may be there: then the row must say so by itself
				first[n] = keyed{hash: p.Key.Hash}
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.SortFunc(names, func(x, y keyName) int {
		return cmp.Or(strings.Compare(x.person, y.person), strings.Compare(x.key, y.key))
	})
	var args []any
	for _, n := range names {
		args = append(args, n.person, n.key, first[n].hash, first[n].booking, clock.Micros(b.now))
	}
	return lockKeys.Each(ctx, tx, args, func(rows *sql.Rows) error {
		var n keyName
		var k keyRow
		if err := rows.Scan(&n.person, &n.key, &k.hash, &k.booking); err != nil {
			return err
		}
		if k.written = k.keyed; k.keyed == first[n] {
			k.booking = "" // our own offer
		}
		b.keys[n] = &k
		return nil
	})
}

// lockBookings locks the bookings that plans change and those that repeated
// requests made before.
func (b *batch) lockBookings(ctx context.Context, tx *db.Tx) error {
	ids := map[string]bool{}
	for _, p := range b.plans {
		if len(p.When) > 0 || b.again {
			ids[p.Booking] = true
		}
	}
	for _, k := range b.keys {
		if k.booking != "" {
			ids[k.booking] = true
		}
	}
	return lockBookings.Each(ctx, tx, sortedArgs(ids), func(rows *sql.Rows) error {
		row, err := scanBooking(rows)
		b.bookings[row.ID] = &bookingRow{Booking: row, waited: row.Status == Waiting}
		return err
	})
}

func (b *batch) readAllocations(ctx context.Context, tx *db.Tx) error {
	ids := map[string]bool{}
	for _, p := range b.plans {
		if len(p.When) > 0 && (len(p.Demands) > 0 || !p.To.Holds()) && b.bookings[p.Booking] != nil {
			ids[p.Booking] = true
		}
	}
	return readAllocations.Each(ctx, tx, sortedArgs(ids), func(rows *sql.Rows) error {
		var id string
		var k cellKey
		var m agenda.Mask
		if err := rows.Scan(&id, &k.resource, &k.day, &m.AM, &m.PM); err != nil {
			return err
		}
		row := b.bookings[id]
		if row.alloc == nil {
			row.alloc = map[cellKey]agenda.Mask{}
			row.stored = true
		}
		row.alloc[k] = m
		return nil
	})
}

func (b *batch) lockCounters(ctx context.Context, tx *db.Tx) error {
	keys := map[string]bool{}
	for _, p := range b.plans {
		for _, u := range p.Uses {
			keys[u.Key] = true
		}
	}
	for _, row := range b.bookings {
		for _, u := range row.Uses {
			keys[u.Key] = true
		}
	}
	return lockCounters.Each(ctx, tx, sortedArgs(keys), func(rows *sql.Rows) error {
		var key string
		var c counterRow
		if err := rows.Scan(&key, &c.value); err != nil {
			return err
		}
		b.counters[key] = &c
		return nil
	})
}

func (b *batch) lockCells(ctx context.Context, tx *db.Tx) error {
	offers := map[cellKey]agenda.Mask{}
	for _, p := range b.plans {
		if err := p.offer(b.atoms, offers); err != nil {
			return err
		}
	}
	for _, row := range b.bookings {
		for k := range row.alloc {
			offers[k] = agenda.Mask{}
		}
	}
	b.order = slices.SortedFunc(maps.Keys(offers), cellKey.compare)
	args := make([]any, 0, 4*len(b.order))
	for _, k := range b.order {
		args = append(args, int64(k.day), k.resource, int64(offers[k].AM), int64(offers[k].PM))
	}
	return offerCells.Each(ctx, tx, args, func(rows *sql.Rows) error {
		k, c, err := scanCell(rows)
		if c.written = c.busy; c.rev == firstRev {
			c.busy = agenda.Mask{} // our own offer
		}
		b.cells[k] = &c
		return err
	})
}

// offer adds the cells that a plan may take. A cell that one plan alone asks
// for by name is offered to it; pools take few of the cells they lock.
func (p *Plan) offer(atoms func(int64) []int64, offers map[cellKey]agenda.Mask) error {
	for i := range p.Demands {
		d := &p.Demands[i]
		if err := d.eachCell(atoms, func(k cellKey, m agenda.Mask) {
			if _, contested := offers[k]; contested || d.Pool != nil {
				m = agenda.Mask{}
			}
			offers[k] = m
		}); err != nil {
			return err
		}
	}
	return nil
}

// scanCell reads day, resource, am, pm, shut_am, shut_pm, rev.
func scanCell(rows *sql.Rows) (k cellKey, c cellRow, err error) {
	err = rows.Scan(&k.day, &k.resource, &c.busy.AM, &c.busy.PM, &c.shut.AM, &c.shut.PM, &c.rev)
	return k, c, err
}

// write puts the changed rows back and tells the replicas.
func (b *batch) write(ctx context.Context, tx *db.Tx) error {
	var made, rows, drop, alloc, wait, served []any
	for _, id := range slices.Sorted(maps.Keys(b.bookings)) {
		row := b.bookings[id]
		switch {
		case row.dirty && row.fresh:
			made = bookingArgs(made, &row.Booking)
		case row.dirty:
			rows = bookingArgs(rows, &row.Booking)
		}
		if row.dirty && row.Status == Waiting {
			wait = append(wait, row.waits, id)
		}
		if row.dirty && row.waited {
			served = append(served, id)
		}
		if row.dirty && row.replace {
			if row.stored {
				drop = append(drop, id)
			}
			for k, m := range row.alloc {
				alloc = append(alloc, id, k.resource, int64(k.day), int64(m.AM), int64(m.PM))
			}
		}
	}
	var cells []any
	for _, k := range b.order {
		c := b.cells[k]
		if c.dirty {
			b.changes = append(b.changes, Change{k.day, k.resource, c.busy, c.shut, c.rev})
		}
		if c.busy != c.written {
			cells = append(cells, int64(k.day), k.resource, int64(c.busy.AM), int64(c.busy.PM), int64(c.shut.AM), int64(c.shut.PM))
		}
	}
	var counters []any
	for _, key := range slices.Sorted(maps.Keys(b.counters)) {
		if c := b.counters[key]; c.dirty {
			counters = append(counters, key, c.value)
		}
	}
	var keys []any
	for n, k := range b.keys {
		if k.keyed != k.written {
			keys = append(keys, n.person, n.key, k.hash, k.booking, clock.Micros(b.now))
		}
	}
	for _, w := range []struct {
		m    db.MultiRow
		args []any
	}{
		{makeBookings, made},
		{writeBookings, rows},
		{dropAllocations, drop},
		{writeAllocations, alloc},
		{writeCells, cells},
		{writeCounters, counters},
		{writeKeys, keys},
		{dropWaiting, served},
		{writeWaiting, wait},
	} {
		if err := w.m.Later(ctx, tx, w.args); err != nil {
			return err
		}
	}
	if err := journal.Append(ctx, tx, b.acts...); err != nil {
		return err
	}
	return tell(ctx, tx, b.changes)
}

// eachCell visits the cells that a plan may take.
func (p *Plan) eachCell(atoms func(int64) []int64, visit func(cellKey, agenda.Mask)) error {
	for i := range p.Demands {
		if err := p.Demands[i].eachCell(atoms, visit); err != nil {
			return err
		}
	}
	return nil
}

// eachCell visits the cells that a demand may take.
func (d *Demand) eachCell(atoms func(int64) []int64, visit func(cellKey, agenda.Mask)) error {
	cells, err := d.cells()
	if err != nil {
		return err
	}
	for _, units := range [][]int64{d.Units, d.Pool} {
		for _, u := range units {
			for _, a := range atoms(u) {
				for _, c := range cells {
					visit(cellKey{c.Day, a}, c.Mask)
				}
			}
		}
	}
	return nil
}

// size is how many cells a plan may take.
func (e *Engine) size(p *Plan) (n int, err error) {
	err = p.eachCell(e.live.Atoms, func(cellKey, agenda.Mask) { n++ })
	return n, err
}

func sortedArgs(set map[string]bool) []any {
	args := make([]any, 0, len(set))
	for _, s := range slices.Sorted(maps.Keys(set)) {
		args = append(args, s)
	}
	return args
}

// ready prepares the statements of the writer.
func ready(ctx context.Context, d *db.DB) error {
	return d.Prepare(ctx, append(batchQueries(), journal.Queries()...)...)
}

// limits of one batch: plans, cells, and the cells from which a plan runs
// alone.
const (
	maxPlans = 128
	maxBatch = 1024
	alone    = 64
)
