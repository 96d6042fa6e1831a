package reserve

import (
	"context"
	"database/sql"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

// What was, for whoever counts it. No index has all starts, since that would be
// paid by every booking: who holds places is found by them, who gave them back by
// an index of those alone.
var (
	startingBookings = db.Q("reserve.starting", `
		SELECT `+bookingColumns+` FROM booking
		WHERE id IN (
			SELECT booking FROM allocation WHERE day >= $1 AND day <= $2
			UNION SELECT id FROM booking WHERE status = 'no-show' AND starts >= $3 AND starts < $4
			UNION SELECT id FROM booking WHERE status = 'cancelled' AND starts >= $3 AND starts < $4
		) AND starts >= $3 AND starts < $4 AND status NOT IN ('held', 'expired', 'waiting')
			AND (CAST($5 AS TEXT) = '' OR SUBSTR(parts, 11, 36) = $5)
		ORDER BY starts, id`)
	firstOccupied   = db.Q("reserve.first-occupied", `SELECT MIN(day) FROM occupancy`)
	firstUses       = db.Q("reserve.first-uses", `SELECT resource, MIN(day) FROM allocation GROUP BY resource`)
	occupiedOfAll   = db.Q("reserve.occupied", `SELECT resource, am, pm, shut_am, shut_pm FROM occupancy WHERE day = $1`)
	occupiedOfAtoms = db.Rows("reserve.occupied-atoms", `
		SELECT o.resource, o.am, o.pm, o.shut_am, o.shut_pm FROM {rows}
		JOIN occupancy o ON o.day = {1} AND o.resource = column1`, "BIGINT")
)

// Starting calls fn for the bookings that start in a time, by start, whatever
// became of them; not for holds that came to nothing. With a site, for those whose
// first part is there.
func Starting(ctx context.Context, r db.Reader, site string, from, to time.Time, fn func(*Booking)) error {
	return db.Each(ctx, r, startingBookings, func(rows *sql.Rows) error {
		b, err := scanBooking(rows)
		if err == nil && len(b.Parts) > 0 {
			fn(&b)
		}
		return err
	}, int64(agenda.DayOf(from)), int64(agenda.DayOf(to)), clock.Micros(from), clock.Micros(to), site)
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
