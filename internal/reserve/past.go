package reserve

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

// What was, for whoever counts it. No index has all starts, since that would be
// paid by every booking: who holds places is found by them, who gave them back by
// an index of those alone.
var (
	startingIDs = db.Q("reserve.starting", `
		SELECT booking FROM allocation WHERE day >= $1 AND day <= $2
		UNION SELECT id FROM booking WHERE status = 'no-show' AND starts >= $3 AND starts < $4
		UNION SELECT id FROM booking WHERE status = 'cancelled' AND starts >= $3 AND starts < $4`)
	startingBookings = db.Rows("reserve.starting-bookings", `
		SELECT b.id, b.person, b.status, b.starts, b.ends, b.due, b.parts, b.uses, b.created, b.changed, b.rev, b.organisation
		FROM {rows} JOIN booking b ON b.id = column1
		WHERE b.starts >= {1} AND b.starts < {2} AND (CAST({3} AS TEXT) = '' OR SUBSTR(b.parts, 11, 36) = {4})`, "TEXT")
	firstOccupied   = db.Q("reserve.first-occupied", `SELECT MIN(day) FROM occupancy`)
	firstUses       = db.Q("reserve.first-uses", `SELECT resource, MIN(day) FROM allocation GROUP BY resource`)
	occupiedOfAll   = db.Q("reserve.occupied", `SELECT resource, am, pm, shut_am, shut_pm FROM occupancy WHERE day = $1`)
	occupiedOfAtoms = db.Rows("reserve.occupied-atoms", `
		SELECT o.resource, o.am, o.pm, o.shut_am, o.shut_pm FROM {rows}
		JOIN occupancy o ON o.day = {1} AND o.resource = column1`, "BIGINT")
)

// Starting are the bookings that start in a time, by start, whatever became of
// them; not holds that came to nothing. With a site, those whose first part is
// there.
func Starting(ctx context.Context, r db.Reader, site string, from, to time.Time) (list []Booking, err error) {
	start, end := clock.Micros(from), clock.Micros(to)
	found, err := db.All(ctx, r, startingIDs, scanText, int64(agenda.DayOf(from)), int64(agenda.DayOf(to)), start, end)
	if err != nil {
		return nil, err
	}
	ids := make([]any, len(found))
	for i, id := range found {
		ids[i] = id
	}
	err = startingBookings.Each(ctx, r, ids, func(rows *sql.Rows) error {
		b, err := scanBooking(rows)
		if err == nil && len(b.Parts) > 0 && b.Status != Held && b.Status != Expired && b.Status != Waiting {
			list = append(list, b)
		}
		return err
	}, start, end, site, site)
	slices.SortFunc(list, byStart)
	return list, err
}

// FirstOccupied is the first UTC day on which a place was taken or shut; false
// where none ever was.
func FirstOccupied(ctx context.Context, r db.Reader) (day agenda.Day, ok bool, err error) {
	var first sql.NullInt64
	err = db.One(ctx, r, firstOccupied, nil, &first)
	return agenda.Day(first.Int64), first.Valid, err
}

// FirstUses are the first UTC days on which atoms were taken. It reads all that
// was ever booked.
func FirstUses(ctx context.Context, r db.Reader) (map[int64]agenda.Day, error) {
	first := map[int64]agenda.Day{}
	return first, db.Each(ctx, r, firstUses, func(rows *sql.Rows) error {
		var atom, day int64
		err := rows.Scan(&atom, &day)
		first[atom] = agenda.Day(day)
		return err
	})
}

// Occupied calls fn for the atoms of which anything is taken or shut on a UTC
// day: of some, or, where atoms is nil, of all.
func Occupied(ctx context.Context, r db.Reader, day agenda.Day, atoms []int64, fn func(atom int64, busy, shut agenda.Mask)) error {
	each := func(rows *sql.Rows) error {
		var atom int64
		var busy, shut agenda.Mask
		err := rows.Scan(&atom, &busy.AM, &busy.PM, &shut.AM, &shut.PM)
		if err == nil {
			fn(atom, busy, shut)
		}
		return err
	}
	if atoms == nil {
		return db.Each(ctx, r, occupiedOfAll, each, int64(day))
	}
	args := make([]any, len(atoms))
	for i, a := range atoms {
		args[i] = a
	}
	return occupiedOfAtoms.Each(ctx, r, args, each, int64(day))
}
