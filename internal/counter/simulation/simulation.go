package simulation

import (
	"context"
	"slices"

	"polis/internal/platform/db"
)

// Options say how much is played.
type Options struct {
	Days    int    // of each office
	Offices int    // the shapes in turn
	Seed    uint64 // another seed is another world
	// Progress is told now and then how much is done; nil: nobody asks.
	Progress func(done, of int)
}

// Shapes is how many shapes of offices there are.
var Shapes = len(shapes)

// Run plays days of offices on an empty, migrated database and returns a sum for each
// shape, and one of all at the end. All offices play their first day, then all their
// second: they learn from each other as they would.
func Run(ctx context.Context, d *db.DB, o Options) ([]*Sum, error) {
	w, err := newWorld(ctx, d, o)
	if err != nil {
		return nil, err
	}
	sums := make([]*Sum, min(o.Offices, len(shapes)))
	for i := range sums {
		sums[i] = &Sum{Shape: shapes[i].name}
	}
	for i := range w.offices {
		sums[i%len(shapes)].Offices++
	}
	for n := range o.Days {
		for i, x := range w.offices {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if err := w.play(ctx, x, w.nextDay(x), o.Seed, sums[i%len(shapes)]); err != nil {
				return nil, err
			}
			if o.Progress != nil {
				o.Progress(n*len(w.offices)+i+1, o.Days*len(w.offices))
			}
		}
	}
	return slices.Concat(sums, []*Sum{whole(sums)}), nil
}

// whole is the sum of all.
func whole(sums []*Sum) *Sum {
	all := &Sum{Shape: "all"}
	for _, s := range sums {
		all.Offices, all.Days, all.Tickets = all.Offices+s.Offices, all.Days+s.Days, all.Tickets+s.Tickets
		all.Told, all.Held, all.Width = all.Told+s.Told, all.Held+s.Held, all.Width+s.Width
		all.TypedHeld, all.TypedWidth = all.TypedHeld+s.TypedHeld, all.TypedWidth+s.TypedWidth
		all.Early = Share{all.Early.Held + s.Early.Held, all.Early.Of + s.Early.Of}
		all.Long = Share{all.Long.Held + s.Long.Held, all.Long.Of + s.Long.Of}
		all.typed = append(all.typed, s.typed...)
		all.Waits, all.Faults = append(all.Waits, s.Waits...), append(all.Faults, s.Faults...)
	}
	return all
}
