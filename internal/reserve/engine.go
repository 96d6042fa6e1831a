package reserve

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"polis/internal/agenda"
	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

// Layout says which atoms a unit takes; the network of sites is one.
type Layout interface {
	// Atoms are the ordinals of the atoms of a unit: itself, or its parts.
	Atoms(unit int64) []int64
}

// Engine is the reservation engine on one database.
type Engine struct {
	db    *db.DB
	live  Layout
	clock clock.Clock
	ids   clock.IDs
	Index *Index

	queue             chan *request
	full              chan struct{} // much waits in the queue
	stop              chan struct{} // closed: take no more plans
	gone              chan struct{} // closed: the writers have ended
	writers, listener sync.WaitGroup
	cancel            context.CancelFunc
	closures          atomic.Int64 // the revision of closures that the index knows
	Metrics           Metrics
}

// New makes an engine; Start makes it work.
func New(d *db.DB, live Layout, c clock.Clock, ids clock.IDs) *Engine {
	return &Engine{
		db: d, live: live, clock: c, ids: ids,
		Index: NewIndex(), queue: make(chan *request, maxPlans), full: make(chan struct{}, 1),
		stop: make(chan struct{}), gone: make(chan struct{}),
	}
}

// Start loads the index, joins the feed between replicas and starts the
// writers. The engine lives until Stop, whatever becomes of ctx.
func (e *Engine) Start(ctx context.Context) error {
	if err := ready(ctx, e.db); err != nil {
		return fmt.Errorf("reserve: %w", err)
	}
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	e.cancel = cancel
	if err := e.join(ctx, life); err != nil {
		cancel()
		e.listener.Wait()
		return fmt.Errorf("reserve: %w", err)
	}
	e.writers.Go(func() { e.write(life) })
	if e.db.Engine == db.Postgres { // SQLite has one writer
		e.writers.Go(func() { e.help(life) })
	}
	return nil
}

// Stop finishes the plans that were accepted and ends the engine.
func (e *Engine) Stop() {
	close(e.stop)
	e.writers.Wait()
	close(e.gone)
	e.cancel()
	e.listener.Wait()
}

// tries is how often a pool is tried with a few likely units before the plan
// locks the whole pool and settles the question.
const tries = 3

// Do carries out a plan. It refuses only what is so: bookings in the way that
// are overdue (expired holds, people who did not come) are ended first, and a
// pool is refused only with every unit of it locked.
//
// Errors: *Taken, *Limit, *WrongStatus, ErrUnknown, ErrStale, ErrKeyReuse,
// ErrNotSoon, ErrTooLarge, ErrClosed, and those of agenda for impossible times.
func (e *Engine) Do(ctx context.Context, p Plan) (Booking, error) {
	if p.Booking == "" {
		p.Booking = e.ids()
	}
	p.by = journal.ByFrom(ctx)
	if err := e.possible(&p); err != nil {
		return Booking{}, err
	}
	for try := 1; ; try++ {
		likely, whole := e.likely(p, try)
		b, err := e.submit(ctx, &likely)
		var taken *Taken
		if whole || !errors.As(err, &taken) {
			return b, err
		}
	}
}

// possible refuses impossible times and plans that ask for more (not: that may
// choose from more) than one booking may take.
func (e *Engine) possible(p *Plan) error {
	n := 0
	for i := range p.Demands {
		d := &p.Demands[i]
		cells, err := d.cells()
		if err != nil {
			return err
		}
		if d.Count < 0 || d.Count > MaxCells {
			return ErrTooLarge
		}
		atoms := d.Count
		for _, u := range d.Units {
			atoms += len(e.live.Atoms(u))
		}
		if n += atoms * len(cells); n > MaxCells {
			return ErrTooLarge
		}
	}
	return nil
}

// spare is how many units more than needed are locked of a pool at first.
const spare = 4

// likely cuts the pools of a plan to the units that the index holds for free,
// the tightest gap first, so that few rows are locked. After some tries, or
// where the index knows of too few, it leaves them whole.
func (e *Engine) likely(p Plan, try int) (likely Plan, whole bool) {
	whole = true
	p.Demands = slices.Clone(p.Demands)
	for i := range p.Demands {
		d := &p.Demands[i]
		cells, err := d.cells()
		if d.Pool == nil || err != nil {
			continue
		}
		ranked := e.Index.Rank(d.Pool, cells, e.live.Atoms)
		n := d.Count + spare*try
		if try <= tries && d.Count <= len(ranked) && n < len(d.Pool) {
			d.Pool, whole = ranked[:min(n, len(ranked))], false
		} else {
			d.Pool = append(ranked, without(d.Pool, ranked)...)
		}
	}
	return p, whole
}

// without are the elements of list that are not in drop.
func without(list, drop []int64) []int64 {
	skip := make(map[int64]bool, len(drop))
	for _, x := range drop {
		skip[x] = true
	}
	var out []int64
	for _, x := range list {
		if !skip[x] {
			out = append(out, x)
		}
	}
	return out
}

// Free tells, as the index knows it, whether a unit is free over some cells.
func (e *Engine) Free(unit int64, cells []agenda.Cell) bool {
	return e.Index.Free(e.live.Atoms(unit), cells)
}
