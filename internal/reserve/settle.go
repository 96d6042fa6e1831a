package reserve

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

var (
	dueBookings = db.Q("reserve.due", `
		SELECT `+bookingColumns+` FROM booking WHERE due <= $1 ORDER BY due LIMIT 500`)
	dueOfPerson = db.Q("reserve.due-of-person", `
		SELECT `+bookingColumns+` FROM booking WHERE person = $1 AND due <= $2 ORDER BY id`)
	dueInCell = db.Rows("reserve.due-in-cells", `
		SELECT DISTINCT b.id, b.person, b.status, b.starts, b.ends, b.due, b.parts, b.uses, b.created, b.changed, b.rev
		FROM {rows} JOIN allocation a ON a.day = column1 AND a.resource = column2 JOIN booking b ON b.id = a.booking
		WHERE column1 IS NOT NULL AND b.due <= {1} ORDER BY b.id`,
		"BIGINT", "BIGINT")
)

// Sweep does what falls due by itself: holds expire, places of people who did
// not come are released, visits end. It returns how many bookings moved on.
func (e *Engine) Sweep(ctx context.Context) (moved int, err error) {
	for {
		now := e.clock.Now()
		list, err := db.All(ctx, e.db, dueBookings, scanBooking, clock.Micros(now))
		if err != nil {
			return moved, err
		}
		n, err := e.end(ctx, list, now)
		moved += n
		if err != nil || n == 0 {
			return moved, err
		}
	}
}

// end moves bookings that are due to their next step; those that moved
// meanwhile are left alone.
func (e *Engine) end(ctx context.Context, list []Booking, now time.Time) (moved int, err error) {
	results := make([]*request, 0, len(list))
	for i := range list {
		b := &list[i]
		p := &Plan{Booking: b.ID, When: []Status{b.Status}, To: dueStatus(b), DueBy: now}
		r := &request{ctx: ctx, plan: p, cells: len(b.Parts), result: make(chan result, 1)}
		select {
		case e.queue <- r:
			results = append(results, r)
		case <-ctx.Done():
			return moved, ctx.Err()
		case <-e.stop:
			return moved, ErrClosed
		}
	}
	for _, r := range results {
		res := <-r.result
		var elsewhere *WrongStatus
		switch {
		case res.err == nil:
			moved++
		case !errors.As(res.err, &elsewhere) && !errors.Is(res.err, ErrNotSoon) && err == nil:
			err = res.err
		}
	}
	return moved, err
}

// settle ends the overdue bookings that stand in the way of a refused plan,
// and tells whether there were any.
func (e *Engine) settle(ctx context.Context, p *Plan, refusal error) (bool, error) {
	var taken *Taken
	var limit *Limit
	var list []Booking
	var err error
	now := e.clock.Now()
	switch {
	case errors.As(refusal, &taken):
		list, err = e.dueInTheWay(ctx, p, now)
	case errors.As(refusal, &limit):
		list, err = db.All(ctx, e.db, dueOfPerson, scanBooking, p.Person, clock.Micros(now))
	}
	if err != nil || len(list) == 0 {
		return false, err
	}
	// Whether we ended them or somebody else did: they are out of the way.
	_, err = e.end(ctx, list, now)
	return err == nil, err
}

func (e *Engine) dueInTheWay(ctx context.Context, p *Plan, now time.Time) (list []Booking, err error) {
	var args []any
	if err := e.eachCell(p, func(k cellKey) { args = append(args, int64(k.day), k.resource) }); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for len(args) > 0 {
		n := min(len(args), 2*db.MaxRows())
		q, padded := dueInCell.For(append([]any(nil), args[:n]...), clock.Micros(now))
		args = args[n:]
		err := db.Each(ctx, e.db, q, func(rows *sql.Rows) error {
			b, err := scanBooking(rows)
			if err == nil && !seen[b.ID] {
				seen[b.ID] = true
				list = append(list, b)
			}
			return err
		}, padded...)
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}
