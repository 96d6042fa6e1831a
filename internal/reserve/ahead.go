package reserve

import (
	"context"
	"database/sql"
	"maps"
	"slices"

	"polis/internal/agenda"
	"polis/internal/platform/db"
)

var (
	lastDay = db.Q("reserve.last-day", `SELECT COALESCE(MAX(day), 0) FROM allocation`)
	aheadOf = db.Rows("reserve.ahead-of", `
		SELECT DISTINCT a.resource, b.id, b.person, b.status, b.starts, b.ends, b.due, b.parts, b.uses, b.created, b.changed, b.rev
		FROM {rows} JOIN allocation a ON a.day = column1 AND a.resource BETWEEN column2 AND column3 JOIN booking b ON b.id = a.booking
		WHERE b.due IS NOT NULL`,
		"BIGINT", "BIGINT", "BIGINT")
)

// Ahead lists the living bookings that have any of some atoms today or later,
// by start, as a reader sees them: what stands in the way of a lasting change
// of a place.
func Ahead(ctx context.Context, r db.Reader, atoms []int64, today agenda.Day) ([]Booking, error) {
	var last int64
	if err := db.One(ctx, r, lastDay, nil, &last); err != nil || len(atoms) == 0 {
		return nil, err
	}
	wanted := map[int64]bool{}
	for _, a := range atoms {
		wanted[a] = true
	}
	var args []any
	for day := int64(today); day <= last; day++ {
		for _, run := range runs(slices.Sorted(maps.Keys(wanted))) {
			args = append(args, day, run[0], run[1])
		}
	}
	found := map[string]Booking{}
	err := aheadOf.Each(ctx, r, args, func(rows *sql.Rows) error {
		var atom int64
		b, err := scanBookingAfter(rows, &atom)
		if err == nil && wanted[atom] && b.Status.Alive() {
			found[b.ID] = b
		}
		return err
	})
	return slices.SortedFunc(maps.Values(found), byStart), err
}

// near is how far two atoms may be apart to be looked for in one go.
const near = 32

// runs are the first and last of each run of sorted numbers that are near each
// other: the atoms of one house mostly are.
func runs(sorted []int64) (list [][2]int64) {
	for _, n := range sorted {
		if k := len(list) - 1; k >= 0 && n-list[k][1] <= near {
			list[k][1] = n
		} else {
			list = append(list, [2]int64{n, n})
		}
	}
	return list
}
