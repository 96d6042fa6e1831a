package reserve

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

var (
	dueBookings = db.Q("reserve.due", `
		SELECT `+bookingColumns+` FROM booking WHERE due <= $1 ORDER BY due LIMIT 500`)
	dueInCells = db.Rows("reserve.due-in-cells", `
		SELECT DISTINCT b.id, b.person, b.status, b.starts, b.ends, b.due, b.parts, b.uses, b.created, b.changed, b.rev, b.organisation
		FROM {rows} JOIN allocation a ON a.day = column1 AND a.resource = column2 JOIN booking b ON b.id = a.booking
		WHERE (a.am & column3 <> 0 OR a.pm & column4 <> 0) AND b.due <= {1}`,
		"BIGINT", "BIGINT", "BIGINT", "BIGINT")
	// A use is found by its text: "key":"…" and nothing more, exactly.
	dueWithUse = db.Rows("reserve.due-with-use", `
		SELECT DISTINCT b.id, b.person, b.status, b.starts, b.ends, b.due, b.parts, b.uses, b.created, b.changed, b.rev, b.organisation
		FROM {rows} JOIN booking b ON REPLACE(b.uses, column1, '') <> b.uses WHERE b.due <= {1}`,
		"TEXT")
)

// Sweep does what falls due by itself: holds expire, places of people who did
// not come are released (of several days one after the other), visits end. It returns how many bookings moved on.
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

// end hands overdue bookings to the writers and counts those that moved on.
func (e *Engine) end(ctx context.Context, list []Booking, now time.Time) (moved int, err error) {
	var asked []*request
	for i := range list {
		r, e2 := e.enqueue(ctx, ending(&list[i], now), len(list[i].Parts))
		if e2 != nil {
			err = e2
			break
		}
		asked = append(asked, r)
	}
	for _, r := range asked {
		switch res := e.await(ctx, r); {
		case res.err == nil:
			moved++
		case !elsewhere(res.err) && err == nil:
			err = res.err
		}
	}
	return moved, err
}

// endNow is end from within a writer.
func (e *Engine) endNow(ctx context.Context, list []Booking, now time.Time) (err error) {
	requests := make([]*request, len(list))
	for i := range list {
		requests[i] = &request{ctx: ctx, plan: ending(&list[i], now), result: make(chan result, 1)}
	}
	for some := range slices.Chunk(requests, maxPlans) {
		e.carryOut(ctx, some)
	}
	for _, r := range requests {
		if res := <-r.result; res.err != nil && !elsewhere(res.err) && err == nil {
			err = res.err
		}
	}
	return err
}

// ending is the next step of a booking that is due. One with parts still to come
// does not become the no-show that is asked for: the ledger, which has it
// locked, releases what was missed.
func ending(b *Booking, now time.Time) *Plan {
	return &Plan{Booking: b.ID, When: []Status{b.Status}, To: dueStatus(b), DueBy: now}
}

// elsewhere tells whether a booking was not ended because somebody else did, or
// moved it on: it is out of the way either way.
func elsewhere(err error) bool {
	var status *WrongStatus
	return errors.As(err, &status) || errors.Is(err, ErrNotSoon) || errors.Is(err, ErrUnknown)
}

// hindered tells whether a plan was refused for what others have, or for parts
// of its own booking that were missed while others are still to come.
func hindered(err error) bool {
	var taken *Taken
	var limit *Limit
	var status *WrongStatus
	return errors.As(err, &taken) || errors.As(err, &limit) || errors.As(err, &status) && status.missed
}

// findOverdue looks for overdue bookings that stood in the way of refused
// plans. It does so before anything is written and with the rows locked, so
// that nobody, not even a later plan of this batch, can have ended them between
// the refusal and the look.
func (b *batch) findOverdue(ctx context.Context, tx *db.Tx) error {
	cells, keys, seen := map[cellKey]agenda.Mask{}, map[string]bool{}, map[string]bool{}
	for i, p := range b.plans {
		var taken *Taken
		var limit *Limit
		var status *WrongStatus
		switch err := b.results[i].err; {
		case errors.As(err, &status) && status.missed && !seen[p.Booking]:
			seen[p.Booking] = true
			b.overdue = append(b.overdue, b.bookings[p.Booking].Booking)
		case errors.As(err, &taken):
			if err := p.eachCell(b.atoms, func(k cellKey, m agenda.Mask) { cells[k] = cells[k].Or(m) }); err != nil {
				return err
			}
		case errors.As(err, &limit):
			keys[useText(limit.Key)] = true
		}
	}
	if len(cells)+len(keys) == 0 {
		return nil
	}
	for id, row := range b.bookings { // those made or moved by this batch, late as they were
		if row.dirty && !seen[id] && !row.Due.IsZero() && !row.Due.After(b.now) {
			seen[id] = true
			b.overdue = append(b.overdue, row.Booking)
		}
	}
	add := func(rows *sql.Rows) error {
		row, err := scanBooking(rows)
		if err == nil && !seen[row.ID] {
			seen[row.ID] = true
			b.overdue = append(b.overdue, row)
		}
		return err
	}
	if err := dueInCells.Each(ctx, tx, maskArgs(cells), add, clock.Micros(b.now)); err != nil {
		return err
	}
	return dueWithUse.Each(ctx, tx, sortedArgs(keys), add, clock.Micros(b.now))
}

// useText is how a key stands in the text of a booking's uses.
func useText(key string) string {
	text := asJSON([]Use{{Key: key}})
	return text[len("[{"):strings.Index(text, `,"amount"`)]
}
