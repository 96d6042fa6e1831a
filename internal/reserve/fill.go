package reserve

import (
	"context"
	"maps"
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/db"
)

// Filler writes many bookings that are known not to collide, such as those of
// the demonstration or of a benchmark's past, much faster than plans do. It is
// for a store without traffic: it reads no occupancy and tells no replica.
type Filler struct {
	db     *db.DB
	atoms  func(int64) []int64
	cells  map[cellKey]agenda.Mask
	rows   []any
	alloc  []any
	counts map[string]int64
	n      int
}

// NewFiller makes a Filler. Cells that bookings of different calls share must
// be given before the same Flush of cells, that is: fill day by day, or all at
// once.
func NewFiller(d *db.DB, layout Layout) *Filler {
	return &Filler{db: d, atoms: layout.Atoms, cells: map[cellKey]agenda.Mask{}, counts: map[string]int64{}}
}

// Add takes a booking whose parts are followed by a turnover. Bookings that
// gave their places back get none.
func (f *Filler) Add(b Booking, turnover time.Duration) error {
	b.Starts, b.Ends = span(b.Parts)
	f.rows = bookingArgs(f.rows, &b)
	f.n++
	for _, u := range b.Uses {
		f.counts[u.Key] += u.Amount
	}
	if !b.Status.Holds() {
		return nil
	}
	for _, p := range b.Parts {
		cells, err := agenda.Cells(p.From, p.To.Add(turnover))
		if err != nil {
			return err
		}
		for _, u := range p.Units {
			for _, a := range f.atoms(u) {
				for _, c := range cells {
					k := cellKey{c.Day, a}
					f.cells[k] = f.cells[k].Or(c.Mask)
					f.alloc = append(f.alloc, b.ID, a, int64(c.Day), int64(c.Mask.AM), int64(c.Mask.PM))
				}
			}
		}
	}
	return nil
}

// Len is how many bookings were added since the last Flush.
func (f *Filler) Len() int { return f.n }

// Flush writes what was added.
func (f *Filler) Flush(ctx context.Context) error {
	keys := slices.SortedFunc(maps.Keys(f.cells), cellKey.compare)
	var cells, counters []any
	for _, k := range keys {
		m := f.cells[k]
		cells = append(cells, int64(k.day), k.resource, int64(m.AM), int64(m.PM), int64(0), int64(0))
	}
	for _, key := range slices.Sorted(maps.Keys(f.counts)) {
		counters = append(counters, key, f.counts[key])
	}
	err := f.db.Write(ctx, func(tx *db.Tx) error {
		for _, w := range []struct {
			m    db.MultiRow
			args []any
		}{{writeBookings, f.rows}, {writeAllocations, f.alloc}, {writeCells, cells}, {writeCounters, counters}} {
			if err := w.m.Exec(ctx, tx, w.args); err != nil {
				return err
			}
		}
		return nil
	})
	f.rows, f.alloc, f.n = f.rows[:0], f.alloc[:0], 0
	clear(f.cells)
	clear(f.counts)
	return err
}
