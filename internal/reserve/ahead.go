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
	lastTaken     = db.Q("reserve.last-taken", `SELECT COALESCE(MAX(day), 0) FROM allocation`)
	bookingsAhead = db.Rows("reserve.bookings-ahead", `
		SELECT DISTINCT b.id, b.person, b.status, b.starts, b.ends, b.due, b.parts, b.uses, b.created, b.changed, b.rev, b.organisation
		FROM {rows} JOIN allocation a ON a.day = column1 AND a.resource >= column2 AND a.resource <= column3
		JOIN booking b ON b.id = a.booking
		WHERE column1 IS NOT NULL`,
		"BIGINT", "BIGINT", "BIGINT")
)

// Ahead lists the living bookings that have any of some units from today on, by
// start, however far away, as they stand now. It reads the rows, not the index.
func (e *Engine) Ahead(ctx context.Context, units []int64) ([]Booking, error) {
	var last int64
	if err := db.One(ctx, e.db, lastTaken, nil, &last); err != nil {
		return nil, err
	}
	var args []any
	runs, now := e.runs(units), e.clock.Now()
	for day := int64(agenda.DayOf(now)); day <= last; day++ {
		for _, r := range runs {
			args = append(args, day, r[0], r[1])
		}
	}
	found := map[string]Booking{}
	if err := bookingsAhead.Each(ctx, e.db, args, func(rows *sql.Rows) error {
		b, err := scanBooking(rows)
		if b = b.Standing(now); b.Status.Alive() {
			found[b.ID] = b
		}
		return err
	}); err != nil {
		return nil, err
	}
	return slices.SortedFunc(maps.Values(found), byStart), nil
}

// runs are the atoms of some units as pairs, first and last, of consecutive
// ordinals: those of a house mostly follow one another.
func (e *Engine) runs(units []int64) (runs [][2]int64) {
	var atoms []int64
	for _, u := range units {
		atoms = append(atoms, e.live.Atoms(u)...)
	}
	slices.Sort(atoms)
	for _, a := range slices.Compact(atoms) {
		if n := len(runs); n > 0 && runs[n-1][1] == a-1 {
			runs[n-1][1] = a
		} else {
			runs = append(runs, [2]int64{a, a})
		}
	}
	return runs
}
