package reserve

import (
	"database/sql"
	"encoding/json"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

// The statements of a batch, in the order in which they run. Lists are sorted
// by their keys before they are given: rows are locked in that order by every
// transaction, so that two batches never wait for each other in a circle.

// lockKeys writes a new key as if its request were granted already, which most
// are: then the row need not be written again.
var lockKeys = db.Rows("reserve.lock-keys", `
	INSERT INTO request_key (person, key, hash, booking, created)
	SELECT column1, column2, column3, column4, column5 FROM {rows} WHERE column1 IS NOT NULL
	ON CONFLICT (person, key) DO UPDATE SET created = request_key.created
	RETURNING person, key, hash, booking`,
	"TEXT", "TEXT", "TEXT", "TEXT", "BIGINT")

// lockBookings locks present rows by an insert that always meets them: in
// contrast to UPDATE … WHERE id IN (…), it takes them in the order given.
var lockBookings = db.Rows("reserve.lock-bookings", `
	INSERT INTO booking (id, person, status, starts, ends, due, parts, uses, created, changed, rev)
	SELECT b.id, b.person, b.status, b.starts, b.ends, b.due, b.parts, b.uses, b.created, b.changed, b.rev
	FROM {rows} JOIN booking b ON b.id = column1 ORDER BY b.id
	ON CONFLICT (id) DO UPDATE SET rev = booking.rev
	RETURNING `+bookingColumns,
	"TEXT")

const bookingColumns = `id, person, status, starts, ends, due, parts, uses, created, changed, rev, organisation`

var readAllocations = db.Rows("reserve.read-allocations", `
	SELECT a.booking, a.resource, a.day, a.am, a.pm FROM {rows} JOIN allocation a ON a.booking = column1
	WHERE column1 IS NOT NULL`,
	"TEXT")

var lockCounters = db.Rows("reserve.lock-counters", `
	INSERT INTO counter (key) SELECT column1 FROM {rows} WHERE column1 IS NOT NULL
	ON CONFLICT (key) DO UPDATE SET rev = counter.rev + 1
	RETURNING key, value`,
	"TEXT")

var lockCells = db.Rows("reserve.lock-cells", `
	INSERT INTO occupancy (day, resource) SELECT column1, column2 FROM {rows} WHERE column1 IS NOT NULL
	ON CONFLICT (day, resource) DO UPDATE SET rev = occupancy.rev + 1
	RETURNING day, resource, am, pm, shut_am, shut_pm, rev`,
	"BIGINT", "BIGINT")

// offerCells is lockCells that writes a new row as if what is asked of it were
// granted. A new row is known by its first revision.
var offerCells = db.Rows("reserve.offer-cells", `
	INSERT INTO occupancy (day, resource, am, pm)
	SELECT column1, column2, column3, column4 FROM {rows} WHERE column1 IS NOT NULL
	ON CONFLICT (day, resource) DO UPDATE SET rev = occupancy.rev + 1
	RETURNING day, resource, am, pm, shut_am, shut_pm, rev`,
	"BIGINT", "BIGINT", "BIGINT", "BIGINT")

// firstRev is the revision of a row of occupancy that was just made.
const firstRev = 1

// makeBookings writes new bookings. Nobody has their ids: that spares asking.
var makeBookings = db.Rows("reserve.make-bookings", `
	INSERT INTO booking (id, person, status, starts, ends, due, parts, uses, created, changed, rev, organisation)
	SELECT column1, column2, column3, column4, column5, column6, column7, column8, column9, column10, column11, column12
	FROM {rows} WHERE column1 IS NOT NULL`,
	"TEXT", "TEXT", "TEXT", "BIGINT", "BIGINT", "BIGINT", "TEXT", "TEXT", "BIGINT", "BIGINT", "BIGINT", "TEXT")

var writeBookings = db.Rows("reserve.write-bookings", `
	INSERT INTO booking (id, person, status, starts, ends, due, parts, uses, created, changed, rev, organisation)
	SELECT column1, column2, column3, column4, column5, column6, column7, column8, column9, column10, column11, column12
	FROM {rows} WHERE column1 IS NOT NULL
	ON CONFLICT (id) DO UPDATE SET status = excluded.status, starts = excluded.starts, ends = excluded.ends,
		due = excluded.due, parts = excluded.parts, uses = excluded.uses, changed = excluded.changed, rev = excluded.rev`,
	"TEXT", "TEXT", "TEXT", "BIGINT", "BIGINT", "BIGINT", "TEXT", "TEXT", "BIGINT", "BIGINT", "BIGINT", "TEXT")

var dropAllocations = db.Rows("reserve.drop-allocations", `
	DELETE FROM allocation WHERE booking IN (SELECT column1 FROM {rows} WHERE column1 IS NOT NULL)`,
	"TEXT")

var writeAllocations = db.Rows("reserve.write-allocations", `
	INSERT INTO allocation (booking, resource, day, am, pm)
	SELECT column1, column2, column3, column4, column5 FROM {rows} WHERE column1 IS NOT NULL`,
	"TEXT", "BIGINT", "BIGINT", "BIGINT", "BIGINT")

var writeCells = db.Rows("reserve.write-cells", `
	INSERT INTO occupancy (day, resource, am, pm, shut_am, shut_pm)
	SELECT column1, column2, column3, column4, column5, column6 FROM {rows} WHERE column1 IS NOT NULL
	ON CONFLICT (day, resource) DO UPDATE SET am = excluded.am, pm = excluded.pm,
		shut_am = excluded.shut_am, shut_pm = excluded.shut_pm`,
	"BIGINT", "BIGINT", "BIGINT", "BIGINT", "BIGINT", "BIGINT")

var writeCounters = db.Rows("reserve.write-counters", `
	INSERT INTO counter (key, value) SELECT column1, column2 FROM {rows} WHERE column1 IS NOT NULL
	ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
	"TEXT", "BIGINT")

var writeKeys = db.Rows("reserve.write-keys", `
	INSERT INTO request_key (person, key, hash, booking, created)
	SELECT column1, column2, column3, column4, column5 FROM {rows} WHERE column1 IS NOT NULL
	ON CONFLICT (person, key) DO UPDATE SET hash = excluded.hash, booking = excluded.booking`,
	"TEXT", "TEXT", "TEXT", "TEXT", "BIGINT")

var dropWaiting = db.Rows("reserve.drop-waiting", `
	DELETE FROM waiting WHERE booking IN (SELECT column1 FROM {rows} WHERE column1 IS NOT NULL)`,
	"TEXT")

var writeWaiting = db.Rows("reserve.write-waiting", `
	INSERT INTO waiting (counter, booking) SELECT column1, column2 FROM {rows} WHERE column1 IS NOT NULL`,
	"TEXT", "TEXT")

// batchQueries are all statements that a batch may run.
func batchQueries() (all []db.Query) {
	for _, m := range []db.MultiRow{
		lockKeys, lockBookings, readAllocations, lockCounters, lockCells, offerCells, makeBookings, writeBookings,
		dropAllocations, writeAllocations, writeCells, writeCounters, writeKeys, dueInCells, dueWithUse,
	} {
		all = append(all, m.Queries()...)
	}
	return all
}

// scanBooking reads bookingColumns.
func scanBooking(rows *sql.Rows) (b Booking, err error) {
	var starts, ends, created, changed int64
	var due sql.NullInt64
	var parts, uses string
	if err := rows.Scan(&b.ID, &b.Person, &b.Status, &starts, &ends, &due, &parts, &uses, &created, &changed, &b.Rev, &b.For); err != nil {
		return b, err
	}
	b.Starts, b.Ends = clock.FromMicros(starts), clock.FromMicros(ends)
	b.Created, b.Changed = clock.FromMicros(created), clock.FromMicros(changed)
	if due.Valid {
		b.Due = clock.FromMicros(due.Int64)
	}
	if err := json.Unmarshal([]byte(parts), &b.Parts); err != nil {
		return b, err
	}
	if uses != "[]" { // most count nothing
		err = json.Unmarshal([]byte(uses), &b.Uses)
	}
	return b, err
}

// bookingArgs are the values of makeBookings and writeBookings.
func bookingArgs(args []any, b *Booking) []any {
	return append(args, b.ID, b.Person, string(b.Status), clock.Micros(b.Starts), clock.Micros(b.Ends),
		dueArg(b.Due), asJSON(b.Parts), asJSON(b.Uses), clock.Micros(b.Created), clock.Micros(b.Changed), b.Rev, b.For)
}

func dueArg(due time.Time) any {
	if due.IsZero() {
		return nil
	}
	return clock.Micros(due)
}

// asJSON is the text of a list, "[]" for none.
func asJSON[T any](list []T) string {
	if len(list) == 0 {
		return "[]"
	}
	text, err := json.Marshal(list)
	if err != nil {
		panic("reserve: " + err.Error()) // lists of plain fields cannot fail
	}
	return string(text)
}
