package reserve

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

var (
	getBooking = db.Q("reserve.get", `SELECT `+bookingColumns+` FROM booking WHERE id = $1`)
	// Newest first; the caller's cursor is the last row of the page before.
	listOfPerson = db.Q("reserve.list-of-person", `
		SELECT `+bookingColumns+` FROM booking WHERE person = $1 AND (starts, id) < ($2, $3)
		ORDER BY starts DESC, id DESC LIMIT $4`)
	listOfOrganisation = db.Q("reserve.list-of-organisation", `
		SELECT `+bookingColumns+` FROM booking WHERE organisation = $1 AND organisation <> '' AND (starts, id) < ($2, $3)
		ORDER BY starts DESC, id DESC LIMIT $4`)
	getBookings = db.Rows("reserve.get-many", `
		SELECT b.id, b.person, b.status, b.starts, b.ends, b.due, b.parts, b.uses, b.created, b.changed, b.rev, b.organisation
		FROM {rows} JOIN booking b ON b.id = column1 WHERE column1 IS NOT NULL`,
		"TEXT")
	sinceOfPerson = db.Q("reserve.since-of-person", `
		SELECT `+bookingColumns+` FROM booking
		WHERE person = $1 AND ends > $2 ORDER BY starts DESC, id DESC LIMIT $3`)
	aliveOfPerson = db.Q("reserve.alive-of-person", `
		SELECT `+bookingColumns+` FROM booking
		WHERE person = $1 AND due IS NOT NULL ORDER BY starts, id LIMIT $2`)
	aliveOfOrganisation = db.Q("reserve.alive-of-organisation", `
		SELECT `+bookingColumns+` FROM booking
		WHERE organisation = $1 AND organisation <> '' AND due IS NOT NULL ORDER BY starts, id LIMIT $2`)
	missedBetween = db.Q("reserve.missed-between", `
		SELECT `+bookingColumns+` FROM booking
		WHERE status = 'no-show' AND starts >= $1 AND starts < $2 ORDER BY starts, id`)
	counterValues = db.Rows("reserve.counter-values", `
		SELECT c.key, c.value FROM {rows} JOIN counter c ON c.key = column1 WHERE column1 IS NOT NULL`, "TEXT")
	noShowsOfPerson = db.Q("reserve.no-shows-of-person", `
		SELECT starts FROM booking WHERE person = $1 AND starts > $2 AND status = 'no-show' ORDER BY starts`)
)

// Get returns a booking; ErrUnknown if there is none.
func (e *Engine) Get(ctx context.Context, id string) (Booking, error) {
	list, err := db.All(ctx, e.db, getBooking, scanBooking, id)
	if err == nil && len(list) == 0 {
		err = ErrUnknown
	}
	if err != nil {
		return Booking{}, err
	}
	return list[0], nil
}

// GetMany returns bookings by their ids, as a reader sees them; ids of none are
// left out.
func (e *Engine) GetMany(ctx context.Context, r db.Reader, ids []string) (map[string]Booking, error) {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	found := make(map[string]Booking, len(ids))
	err := getBookings.Each(ctx, r, args, func(rows *sql.Rows) error {
		b, err := scanBooking(rows)
		found[b.ID] = b
		return err
	})
	return found, err
}

// Since returns what a person has or had that ended after an instant or is to
// come, whatever became of it, the last start first.
func (e *Engine) Since(ctx context.Context, person string, at time.Time, limit int) ([]Booking, error) {
	return db.All(ctx, e.db, sinceOfPerson, scanBooking, person, clock.Micros(at), int64(limit))
}

// Position is where a page of a person's bookings goes on.
type Position struct {
	Starts time.Time
	ID     string
}

// Last is before all bookings of a list that begins with the newest.
var Last = Position{Starts: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}

// List returns bookings of a person, newest start first, after a position.
func (e *Engine) List(ctx context.Context, person string, after Position, limit int) ([]Booking, error) {
	return db.All(ctx, e.db, listOfPerson, scanBooking, person, clock.Micros(after.Starts), after.ID, int64(limit))
}

// ListFor returns the bookings that were made for an organisation, newest start
// first, after a position.
func (e *Engine) ListFor(ctx context.Context, organisation string, after Position, limit int) ([]Booking, error) {
	return db.All(ctx, e.db, listOfOrganisation, scanBooking, organisation, clock.Micros(after.Starts), after.ID, int64(limit))
}

// ComingFor returns what is still to come of them, the next first.
func (e *Engine) ComingFor(ctx context.Context, organisation string, limit int) ([]Booking, error) {
	return db.All(ctx, e.db, aliveOfOrganisation, scanBooking, organisation, int64(limit))
}

// Coming returns what a person has still to come, the next first.
func (e *Engine) Coming(ctx context.Context, person string, limit int) ([]Booking, error) {
	return db.All(ctx, e.db, aliveOfPerson, scanBooking, person, int64(limit))
}

// NoShows are the starts of the bookings to which a person did not come since
// an instant, the oldest first.
func (e *Engine) NoShows(ctx context.Context, person string, since time.Time) ([]time.Time, error) {
	us, err := db.All(ctx, e.db, noShowsOfPerson, scanInt, person, clock.Micros(since))
	times := make([]time.Time, len(us))
	for i, t := range us {
		times[i] = clock.FromMicros(t)
	}
	return times, err
}

// MissedBetween are the bookings of the whole network that were to start in a
// time and to which nobody came, by start.
func (e *Engine) MissedBetween(ctx context.Context, from, to time.Time) ([]Booking, error) {
	return db.All(ctx, e.db, missedBetween, scanBooking, clock.Micros(from), clock.Micros(to))
}

// Counters are the values of some counters; those that never rose are left out.
func (e *Engine) Counters(ctx context.Context, keys []string) (map[string]int64, error) {
	set := map[string]bool{}
	for _, k := range keys {
		set[k] = true
	}
	values := map[string]int64{}
	err := counterValues.Each(ctx, e.db, sortedArgs(set), func(rows *sql.Rows) error {
		var key string
		var n int64
		err := rows.Scan(&key, &n)
		values[key] = n
		return err
	})
	return values, err
}

func byStart(a, b Booking) int {
	return cmp.Or(a.Starts.Compare(b.Starts), strings.Compare(a.ID, b.ID))
}

// IsRefusal tells whether err is the engine's answer rather than a failure.
func IsRefusal(err error) bool {
	var taken *Taken
	var limit *Limit
	var status *WrongStatus
	return errors.As(err, &taken) || errors.As(err, &limit) || errors.As(err, &status) ||
		errors.Is(err, ErrUnknown) || errors.Is(err, ErrStale) || errors.Is(err, ErrKeyReuse) || errors.Is(err, ErrNotSoon)
}

func scanInt(rows *sql.Rows) (n int64, err error) { return n, rows.Scan(&n) }
