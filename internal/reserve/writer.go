package reserve

import (
	"context"
	"log/slog"
	"sync/atomic"

	"polis/internal/platform/db"
)

// request is a plan waiting for its batch.
type request struct {
	ctx    context.Context // the caller's: only to drop a plan nobody waits for
	plan   *Plan
	cells  int
	result chan result
}

// Metrics count what the writer did.
type Metrics struct {
	Batches, Plans, Refused, Deadlocks, Singly atomic.Int64
}

// submit queues a plan and waits for its result.
func (e *Engine) submit(ctx context.Context, p *Plan) (Booking, error) {
	n, err := e.size(p)
	if err != nil {
		return Booking{}, err
	}
	r, err := e.enqueue(ctx, p, n)
	if err != nil {
		return Booking{}, err
	}
	res := e.await(ctx, r)
	return res.booking, res.err
}

// enqueue hands a plan to the writers.
func (e *Engine) enqueue(ctx context.Context, p *Plan, cells int) (*request, error) {
	r := &request{ctx: ctx, plan: p, cells: cells, result: make(chan result, 1)}
	select {
	case <-e.stop:
		return nil, ErrClosed
	default:
	}
	select {
	case e.queue <- r:
		if len(e.queue) >= worth {
			select {
			case e.full <- struct{}{}:
			default:
			}
		}
		return r, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-e.stop:
		return nil, ErrClosed
	}
}

// await waits for what became of a request. If the caller gives up, the plan
// may still be carried out; a caller who gives a Key learns it by asking again.
func (e *Engine) await(ctx context.Context, r *request) result {
	select {
	case res := <-r.result:
		return res
	case <-ctx.Done():
		return result{err: ctx.Err()}
	case <-e.gone:
		select {
		case res := <-r.result: // the last batch had it
			return res
		default:
			return result{err: ErrClosed}
		}
	}
}

// write takes what waits, as one batch after the other, until the engine stops.
func (e *Engine) write(ctx context.Context) {
	for {
		var first *request
		select {
		case first = <-e.queue:
		case <-e.stop:
			select {
			case first = <-e.queue:
			default:
				return
			}
		}
		e.gather(ctx, first)
	}
}

// worth is how many plans must wait for a second writer to set to work while
// the first waits for the database. Sooner it would only make two small batches
// of one, and each batch costs as much as some plans.
const worth = 16

// help takes what waits whenever it is much, until the engine stops.
func (e *Engine) help(ctx context.Context) {
	for {
		select {
		case <-e.full:
			if r := e.next(0, 0); r != nil {
				e.gather(ctx, r)
			}
		case <-e.stop:
			return
		}
	}
}

// gather carries out a request together with what waits behind it. A plan of
// many cells runs alone: it would hold its rows for long.
func (e *Engine) gather(ctx context.Context, first *request) {
	var big []*request
	small, cells := []*request{}, 0
	for r := first; r != nil; r = e.next(len(small), cells) {
		switch {
		case r.ctx.Err() != nil:
			r.result <- result{err: r.ctx.Err()}
		case r.cells > alone:
			big = append(big, r)
		default:
			small = append(small, r)
			cells += r.cells
		}
	}
	e.carryOut(ctx, small)
	for _, r := range big {
		e.carryOut(ctx, []*request{r})
	}
}

// next is another waiting request, nil if there is none or the batch is full.
func (e *Engine) next(plans, cells int) *request {
	if plans >= maxPlans || cells >= maxBatch {
		return nil
	}
	select {
	case r := <-e.queue:
		return r
	default:
		return nil
	}
}

// carryOut runs requests as one transaction and answers them. If that fails,
// each runs on its own, so that none pays for another. Overdue bookings that
// stand in the way (expired holds, people who did not come) are ended, and what
// they stood in the way of runs again: nobody is refused because of them.
func (e *Engine) carryOut(ctx context.Context, requests []*request) {
	if len(requests) == 0 {
		return
	}
	b, err := e.transact(ctx, requests, false)
	if err != nil {
		slog.Warn("a batch of bookings failed; running them one by one", "plans", len(requests), "err", err)
		for _, r := range requests {
			e.Metrics.Singly.Add(1)
			if b, err = e.transact(ctx, []*request{r}, true); err != nil {
				r.result <- result{err: err}
				continue
			}
			e.answer(ctx, []*request{r}, b)
		}
		return
	}
	e.answer(ctx, requests, b)
}

// answer tells the callers what became of their requests in a batch.
func (e *Engine) answer(ctx context.Context, requests []*request, b *batch) {
	var again []*request
	for i, r := range requests {
		switch res := b.results[i]; {
		case len(b.overdue) > 0 && hindered(res.err):
			again = append(again, r)
		case res.err != nil:
			e.Metrics.Refused.Add(1)
			r.result <- res
		default:
			r.result <- res
		}
	}
	if len(again) == 0 {
		return
	}
	if err := e.endNow(ctx, b.overdue, b.now); err != nil {
		for _, r := range again {
			r.result <- result{err: err}
		}
		return
	}
	e.carryOut(ctx, again)
}

// transact runs requests in one transaction and shows the index what changed.
// again: the transaction before this one may have been committed, though its
// answer was lost.
func (e *Engine) transact(ctx context.Context, requests []*request, again bool) (b *batch, err error) {
	err = e.db.Write(ctx, func(tx *db.Tx) error {
		b = newBatch(e, requests, again)
		err := b.run(ctx, tx)
		if db.IsDeadlock(err) {
			e.Metrics.Deadlocks.Add(1)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	e.Index.Apply(b.changes)
	e.Metrics.Batches.Add(1)
	e.Metrics.Plans.Add(int64(len(requests)))
	return b, nil
}
