package reserve

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/site"
)

// Closure takes places out of use for a time: closed days, maintenance. It
// does not end bookings: those that it affects are listed, for somebody to move.
type Closure struct {
	ID, Site, Reason string
	Starts, Ends     time.Time
	Created          time.Time
	Units            []int64 // what is closed
	Whole            bool    // all of the site, and what is added to it later
}

var (
	insertClosure = db.Q("reserve.insert-closure", `
		INSERT INTO closure (id, site, reason, starts, ends, created, whole) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING`)
	insertClosureCells = db.Rows("reserve.insert-closure-cells", `
		INSERT INTO closure_cell (closure, resource, day, am, pm)
		SELECT column1, column2, column3, column4, column5 FROM {rows} WHERE column1 IS NOT NULL
		ON CONFLICT (day, resource, closure) DO NOTHING`,
		"TEXT", "BIGINT", "BIGINT", "BIGINT", "BIGINT")
	lockClosure       = db.Q("reserve.lock-closure", `UPDATE closure SET ends = ends WHERE id = $1 RETURNING starts, ends`)
	deleteClosure     = db.Q("reserve.delete-closure", `DELETE FROM closure WHERE id = $1`)
	deleteClosureCell = db.Q("reserve.delete-closure-cells", `DELETE FROM closure_cell WHERE closure = $1`)
	cellsOfClosure    = db.Q("reserve.cells-of-closure", `SELECT day, resource FROM closure_cell WHERE closure = $1`)
	closuresOfSite    = db.Q("reserve.closures-of-site", `
		SELECT id, site, reason, starts, ends, created, whole FROM closure WHERE site = $1 AND ends > $2 ORDER BY starts, id`)
	unitsOfClosures = db.Q("reserve.units-of-closures", `
		SELECT DISTINCT s.closure, s.resource FROM closure c JOIN closure_cell s ON s.closure = c.id
		WHERE c.site = $1 AND c.ends > $2 ORDER BY s.closure, s.resource`)
	closuresInCells = db.Rows("reserve.closures-in-cells", `
		SELECT DISTINCT c.id, c.site, c.reason, c.starts, c.ends, c.created, c.whole
		FROM {rows} JOIN closure_cell s ON s.day = column1 AND s.resource = column2 JOIN closure c ON c.id = s.closure
		WHERE s.am & column3 <> 0 OR s.pm & column4 <> 0`,
		"BIGINT", "BIGINT", "BIGINT", "BIGINT")
	shutOfCells = db.Rows("reserve.shut-of-cells", `
		SELECT c.day, c.resource, c.am, c.pm FROM {rows} JOIN closure_cell c ON c.day = column1 AND c.resource = column2
		WHERE column1 IS NOT NULL`, "BIGINT", "BIGINT")
	// What is told apart is the ids, not the long rows.
	bookingsInCells = db.Rows("reserve.bookings-in-cells", `
		SELECT `+bookingColumns+` FROM booking WHERE id IN (
			SELECT a.booking FROM {rows} JOIN allocation a ON a.day = column1 AND a.resource = column2
			WHERE a.am & column3 <> 0 OR a.pm & column4 <> 0)`,
		"BIGINT", "BIGINT", "BIGINT", "BIGINT")
)

// Close shuts units for a time and lists the affected bookings, by start.
// Acts as by, an opaque person id. A closure with an id that is there already is
// made once.
func (e *Engine) Close(ctx context.Context, c Closure, by string) (Closure, []Booking, error) {
	cells, err := agenda.Cells(c.Starts, c.Ends)
	if err != nil {
		return c, nil, err
	}
	if c.Created = e.clock.Now(); c.ID == "" {
		c.ID = e.ids()
	}
	var inTheWay []Booking
	var changes []Change
	err = e.db.Write(ctx, func(tx *db.Tx) (err error) {
		if err := tx.LockRevision(ctx, closureChannel); err != nil {
			return err
		}
		shut, err := e.shutBy(ctx, tx, &c, cells)
		if err != nil {
			return err
		}
		made := int64(0)
		if changes, err = e.reshut(ctx, tx, slices.Collect(maps.Keys(shut)), func() error {
			if made, err = c.insert(ctx, tx); err != nil {
				return err
			}
			var args []any
			for k, m := range shut {
				args = append(args, c.ID, k.resource, int64(k.day), int64(m.AM), int64(m.PM))
			}
			return insertClosureCells.Exec(ctx, tx, args)
		}); err != nil {
			return err
		}
		if inTheWay, err = bookingsIn(ctx, tx, shut, Status.Alive); err != nil || made == 0 {
			return err
		}
		if err := journal.Append(ctx, tx, journal.Act{ID: e.ids(), At: c.Created, Kind: "closure.made", Subject: c.ID, Person: by, Data: Shut{c.Starts.Unix(), c.Ends.Unix()}.String()}); err != nil {
			return err
		}
		return e.noteClosure(ctx, tx)
	})
	if err != nil {
		return c, nil, err
	}
	e.Index.Apply(changes)
	return c, inTheWay, nil
}

func (c *Closure) insert(ctx context.Context, tx *db.Tx) (int64, error) {
	return tx.Exec(ctx, insertClosure, c.ID, c.Site, c.Reason, clock.Micros(c.Starts), clock.Micros(c.Ends), clock.Micros(c.Created), c.Whole)
}

// shutBy are the cells that a closure shuts. What belongs to the whole site is
// read with closures locked: a place that is added at the same time is either
// there by now, or finds the closure.
func (e *Engine) shutBy(ctx context.Context, tx *db.Tx, c *Closure, cells []agenda.Cell) (map[cellKey]agenda.Mask, error) {
	shut := e.closureCells(c.Units, cells)
	if !c.Whole {
		return shut, nil
	}
	atoms, err := site.AtomsIn(ctx, tx, c.Site)
	for _, a := range atoms {
		for _, x := range cells {
			shut[cellKey{x.Day, a}] = x.Mask
		}
	}
	return shut, err
}

// Reopen ends a closure; ErrUnknown if there is none.
func (e *Engine) Reopen(ctx context.Context, id, by string) error {
	var changes []Change
	err := e.db.Write(ctx, func(tx *db.Tx) error {
		if err := tx.LockRevision(ctx, closureChannel); err != nil {
			return err
		}
		var starts, ends int64
		switch err := db.One(ctx, tx, lockClosure, []any{id}, &starts, &ends); {
		case errors.Is(err, db.ErrNoRow):
			return ErrUnknown
		case err != nil:
			return err
		}
		keys, err := db.All(ctx, tx, cellsOfClosure, func(rows *sql.Rows) (k cellKey, err error) {
			return k, rows.Scan(&k.day, &k.resource)
		}, id)
		if err != nil {
			return err
		}
		if changes, err = e.reshut(ctx, tx, keys, func() error {
			if _, err := tx.Exec(ctx, deleteClosureCell, id); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, deleteClosure, id)
			return err
		}); err != nil {
			return err
		}
		if err := journal.Append(ctx, tx, journal.Act{ID: e.ids(), At: e.clock.Now(), Kind: "closure.ended", Subject: id, Person: by, Data: Shut{starts / 1e6, ends / 1e6}.String()}); err != nil {
			return err
		}
		return e.noteClosure(ctx, tx)
	})
	if err == nil {
		e.Index.Apply(changes)
	}
	return err
}

// Closures lists the closures of a site that are not over, by start. Their
// units are not filled in.
func (e *Engine) Closures(ctx context.Context, siteID string) ([]Closure, error) {
	return db.All(ctx, e.db, closuresOfSite, scanClosure, siteID, clock.Micros(e.clock.Now()))
}

// ClosuresOver lists the closures that shut any of some units in a time, by
// start. Their units are not filled in.
func (e *Engine) ClosuresOver(ctx context.Context, units []int64, from, to time.Time) (list []Closure, err error) {
	cells, err := agenda.Cells(from, to)
	if err != nil {
		return nil, err
	}
	found := map[string]Closure{} // a closure may meet cells of several pieces of a long list
	err = closuresInCells.Each(ctx, e.db, maskArgs(e.closureCells(units, cells)), func(rows *sql.Rows) error {
		c, err := scanClosure(rows)
		found[c.ID] = c
		return err
	})
	list = slices.Collect(maps.Values(found))
	slices.SortFunc(list, func(a, b Closure) int { return cmp.Or(a.Starts.Compare(b.Starts), strings.Compare(a.ID, b.ID)) })
	return list, err
}

// Shuts are the atoms that each closure of a site takes out of use, of those
// that are not over.
func (e *Engine) Shuts(ctx context.Context, siteID string) (map[string][]int64, error) {
	out := map[string][]int64{}
	return out, db.Each(ctx, e.db, unitsOfClosures, func(rows *sql.Rows) error {
		var id string
		var atom int64
		err := rows.Scan(&id, &atom)
		out[id] = append(out[id], atom)
		return err
	}, siteID, clock.Micros(e.clock.Now()))
}

func scanClosure(rows *sql.Rows) (c Closure, err error) {
	var starts, ends, created int64
	err = rows.Scan(&c.ID, &c.Site, &c.Reason, &starts, &ends, &created, &c.Whole)
	c.Starts, c.Ends, c.Created = clock.FromMicros(starts), clock.FromMicros(ends), clock.FromMicros(created)
	return c, err
}

func (e *Engine) closureCells(units []int64, cells []agenda.Cell) map[cellKey]agenda.Mask {
	out := map[cellKey]agenda.Mask{}
	for _, u := range units {
		for _, a := range e.live.Atoms(u) {
			for _, c := range cells {
				out[cellKey{c.Day, a}] = c.Mask
			}
		}
	}
	return out
}

// reshut locks cells in order, changes the closures on them and computes their
// shut masks anew, as the union of what is closed now.
func (e *Engine) reshut(ctx context.Context, tx *db.Tx, keys []cellKey, change func() error) ([]Change, error) {
	slices.SortFunc(keys, cellKey.compare)
	var args []any
	for _, k := range keys {
		args = append(args, int64(k.day), k.resource)
	}
	rows := map[cellKey]*cellRow{}
	if err := lockCells.Each(ctx, tx, slices.Clone(args), func(r *sql.Rows) error {
		k, c, err := scanCell(r)
		c.shut = agenda.Mask{}
		rows[k] = &c
		return err
	}); err != nil {
		return nil, err
	}
	if err := change(); err != nil {
		return nil, err
	}
	if err := shutOfCells.Each(ctx, tx, slices.Clone(args), func(r *sql.Rows) error {
		var k cellKey
		var m agenda.Mask
		if err := r.Scan(&k.day, &k.resource, &m.AM, &m.PM); err != nil {
			return err
		}
		rows[k].shut = rows[k].shut.Or(m)
		return nil
	}); err != nil {
		return nil, err
	}
	changes := make([]Change, 0, len(keys))
	var write []any
	for _, k := range keys {
		c := rows[k]
		changes = append(changes, Change{k.day, k.resource, c.busy, c.shut, c.rev})
		write = append(write, int64(k.day), k.resource, int64(c.busy.AM), int64(c.busy.PM), int64(c.shut.AM), int64(c.shut.PM))
	}
	if err := writeCells.Exec(ctx, tx, write); err != nil {
		return nil, err
	}
	return changes, tell(ctx, tx, changes)
}

// bookingsIn lists the bookings that have any of some cells and stand as is
// wanted, by start.
func bookingsIn(ctx context.Context, r db.Reader, cells map[cellKey]agenda.Mask, wanted func(Status) bool) ([]Booking, error) {
	seen := map[string]bool{} // it may meet cells of several pieces of a long list
	var found []*Booking      // there may be thousands, and sorting moves them
	if err := bookingsInCells.Each(ctx, r, maskArgs(cells), func(rows *sql.Rows) error {
		b, err := scanBooking(rows)
		if wanted(b.Status) && !seen[b.ID] {
			seen[b.ID] = true
			found = append(found, &b)
		}
		return err
	}); err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b *Booking) int { return byStart(*a, *b) })
	list := make([]Booking, len(found))
	for i, b := range found {
		list[i] = *b
	}
	return list, nil
}

func maskArgs(cells map[cellKey]agenda.Mask) (args []any) {
	for k, m := range cells {
		args = append(args, int64(k.day), k.resource, int64(m.AM), int64(m.PM))
	}
	return args
}

// Affected lists the living bookings that have any of some units in a time.
func (e *Engine) Affected(ctx context.Context, units []int64, from, to time.Time) ([]Booking, error) {
	return e.within(ctx, units, from, to, Status.Alive)
}

// Visits lists the bookings that have any of some units in a time, by start:
// who is expected, who came, and who has been there and left. It reads the
// rows, not the index: what was just booked is in it.
func (e *Engine) Visits(ctx context.Context, units []int64, from, to time.Time) ([]Booking, error) {
	return e.within(ctx, units, from, to, Status.Holds)
}

func (e *Engine) within(ctx context.Context, units []int64, from, to time.Time, wanted func(Status) bool) ([]Booking, error) {
	cells, err := agenda.Cells(from, to)
	if err != nil {
		return nil, err
	}
	return bookingsIn(ctx, e.db, e.closureCells(units, cells), wanted)
}

func scanText(rows *sql.Rows) (s string, err error) { return s, rows.Scan(&s) }
