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
	r := &request{ctx: ctx, plan: p, cells: n, result: make(chan result, 1)}
	select {
	case <-e.stop:
		return Booking{}, ErrClosed
	default:
	}
	select {
	case e.queue <- r:
	case <-ctx.Done():
		return Booking{}, ctx.Err()
	case <-e.stop:
		return Booking{}, ErrClosed
	}
	select {
	case res := <-r.result:
		return res.booking, res.err
	case <-e.gone:
		return Booking{}, ErrClosed
	case <-ctx.Done():
		// The plan may still be carried out; a caller who gives a Key learns it
		// by asking again.
		return Booking{}, ctx.Err()
	}
}

// write takes what waits, as one batch, until the engine stops. A plan of many
// cells runs alone: it would hold its rows for long.
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

// carryOut runs requests as one transaction. If that fails, each runs on its
// own, so that none pays for another.
func (e *Engine) carryOut(ctx context.Context, requests []*request) {
	if len(requests) == 0 {
		return
	}
	plans := make([]*Plan, len(requests))
	for i, r := range requests {
		plans[i] = r.plan
	}
	results, err := e.transact(ctx, plans)
	if err != nil && len(requests) > 1 {
		slog.Warn("a batch of bookings failed; running them one by one", "plans", len(plans), "err", err)
		for _, r := range requests {
			e.Metrics.Singly.Add(1)
			e.carryOut(ctx, []*request{r})
		}
		return
	}
	for i, r := range requests {
		res := result{err: err}
		if err == nil {
			res = results[i]
		}
		if res.err != nil {
			e.Metrics.Refused.Add(1)
		}
		r.result <- res
	}
}

// transact runs plans in one transaction and shows the index what changed.
func (e *Engine) transact(ctx context.Context, plans []*Plan) (results []result, err error) {
	var changes []Change
	err = e.db.Write(ctx, func(tx *db.Tx) error {
		b := batch{e: e, plans: plans}
		results, changes, err = b.run(ctx, tx)
		if db.IsDeadlock(err) {
			e.Metrics.Deadlocks.Add(1)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	e.Index.Apply(changes)
	e.Metrics.Batches.Add(1)
	e.Metrics.Plans.Add(int64(len(plans)))
	return results, nil
}
