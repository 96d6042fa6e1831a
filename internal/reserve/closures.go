package reserve

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

var (
	closuresToCome = db.Q("reserve.closures-to-come", `
		SELECT id, site, reason, starts, ends, created, whole FROM closure WHERE ends > $1 ORDER BY starts, id`)
	unitsToCome = db.Q("reserve.units-to-come", `
		SELECT DISTINCT s.closure, s.resource FROM closure c JOIN closure_cell s ON s.closure = c.id
		WHERE c.ends > $1 ORDER BY s.closure, s.resource`)
	closuresAt  = db.Q("reserve.closures-at", `SELECT COUNT(*) FROM closure WHERE site = $1 AND starts = $2 AND ends = $3`)
	wholeToCome = db.Q("reserve.whole-to-come", `
		SELECT id, site, reason, starts, ends, created, whole FROM closure WHERE whole AND ends > $1 ORDER BY id`)
	atomsOfClosure = db.Q("reserve.atoms-of-closure", `SELECT DISTINCT resource FROM closure_cell WHERE closure = $1`)
	sayClosure     = db.Q("reserve.say-closure", `UPDATE closure SET reason = $2 WHERE id = $1`)
	aliveBookings  = db.Q("reserve.alive", `SELECT `+bookingColumns+` FROM booking WHERE due IS NOT NULL`)
)

// closureChannel is the revision that counts closures: by it a program on the
// same SQLite file sees those that another one made.
const closureChannel = "closure"

// ClosuresToCome lists all closures that are not over, by start, with their
// atoms as units.
func (e *Engine) ClosuresToCome(ctx context.Context, r db.Reader) ([]Closure, error) {
	now := clock.Micros(e.clock.Now())
	list, err := db.All(ctx, r, closuresToCome, scanClosure, now)
	if err != nil {
		return nil, err
	}
	at := make(map[string]int, len(list))
	for i := range list {
		at[list[i].ID] = i
	}
	return list, db.Each(ctx, r, unitsToCome, func(rows *sql.Rows) error {
		var id string
		var atom int64
		err := rows.Scan(&id, &atom)
		if i, ok := at[id]; ok {
			list[i].Units = append(list[i].Units, atom)
		}
		return err
	}, now)
}

// WasClosed tells whether a closure of a site had exactly this time.
func (e *Engine) WasClosed(ctx context.Context, r db.Reader, siteID string, starts, ends time.Time) (bool, error) {
	var n int64
	err := db.One(ctx, r, closuresAt, []any{siteID, clock.Micros(starts), clock.Micros(ends)}, &n)
	return n > 0, err
}

// CloseMany makes the closures without an id and gives the others their new
// reason, all or none, as decide wants them; nobody else closes or opens places
// meanwhile, and decide may be asked again. It lists the bookings in the way of
// the new ones, by start.
func (e *Engine) CloseMany(ctx context.Context, by string, decide func(tx *db.Tx) ([]Closure, error)) (made []Closure, affected []Booking, err error) {
	var changes []Change
	err = e.db.Write(ctx, func(tx *db.Tx) (err error) {
		made, affected, changes = nil, nil, nil
		if err := tx.LockRevision(ctx, closureChannel); err != nil {
			return err
		}
		list, err := decide(tx)
		if err != nil || len(list) == 0 {
			return err
		}
		made, affected, changes, err = e.closeMany(ctx, tx, list, by)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	e.Index.Apply(changes)
	return made, affected, nil
}

func (e *Engine) closeMany(ctx context.Context, tx *db.Tx, list []Closure, by string) (made []Closure, affected []Booking, changes []Change, err error) {
	shut := map[cellKey]agenda.Mask{} // of all of them
	var cells []any
	acts := make([]journal.Act, 0, len(list))
	now := e.clock.Now()
	for i, c := range list {
		if c.ID != "" {
			if _, err := tx.Exec(ctx, sayClosure, c.ID, c.Reason); err != nil {
				return nil, nil, nil, err
			}
			acts = append(acts, journal.Act{ID: e.ids(), At: now, Kind: "closure.changed", Subject: c.ID, Person: by})
			continue
		}
		days, err := agenda.Cells(c.Starts, c.Ends)
		if err != nil {
			return nil, nil, nil, err
		}
		list[i].ID, list[i].Created = e.ids(), now
		cellsOf, err := e.shutBy(ctx, tx, &c, days)
		if err != nil {
			return nil, nil, nil, err
		}
		for k, m := range cellsOf {
			shut[k] = shut[k].Or(m)
			cells = append(cells, list[i].ID, k.resource, int64(k.day), int64(m.AM), int64(m.PM))
		}
		acts = append(acts, journal.Act{ID: e.ids(), At: now, Kind: "closure.made", Subject: list[i].ID, Person: by, Data: Shut{c.Starts.Unix(), c.Ends.Unix()}.String()})
		made = append(made, list[i])
	}
	changes, err = e.reshut(ctx, tx, slices.Collect(maps.Keys(shut)), func() error {
		for _, c := range made {
			if _, err := c.insert(ctx, tx); err != nil {
				return err
			}
		}
		return insertClosureCells.Exec(ctx, tx, cells)
	})
	if err != nil {
		return nil, nil, nil, err
	}
	if affected, err = bookingsIn(ctx, tx, shut, Status.Alive); err != nil {
		return nil, nil, nil, err
	}
	if err := journal.Append(ctx, tx, acts...); err != nil {
		return nil, nil, nil, err
	}
	return made, affected, changes, e.noteClosure(ctx, tx)
}

// Cover shuts atoms of sites, in the transaction that adds them, for as long as
// their whole sites are closed. Those that are shut already stay so.
func (e *Engine) Cover(ctx context.Context, tx *db.Tx, atoms map[string][]int64) error {
	if err := tx.LockRevision(ctx, closureChannel); err != nil {
		return err
	}
	list, err := db.All(ctx, tx, wholeToCome, scanClosure, clock.Micros(e.clock.Now()))
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(c Closure) bool { return len(atoms[c.Site]) == 0 })
	keys := map[cellKey]bool{}
	var args []any
	for _, c := range list {
		cells, err := agenda.Cells(c.Starts, c.Ends)
		if err != nil {
			return err
		}
		had := map[int64]bool{}
		if err := db.Each(ctx, tx, atomsOfClosure, func(rows *sql.Rows) error {
			var atom int64
			err := rows.Scan(&atom)
			had[atom] = true
			return err
		}, c.ID); err != nil {
			return err
		}
		for _, a := range atoms[c.Site] {
			for _, x := range cells {
				if !had[a] {
					keys[cellKey{x.Day, a}] = true
					args = append(args, c.ID, a, int64(x.Day), int64(x.Mask.AM), int64(x.Mask.PM))
				}
			}
		}
	}
	if len(args) == 0 {
		return nil
	}
	changes, err := e.reshut(ctx, tx, slices.Collect(maps.Keys(keys)), func() error { return insertClosureCells.Exec(ctx, tx, args) })
	if err != nil {
		return err
	}
	tx.After(func() { e.Index.Apply(changes) })
	return e.noteClosure(ctx, tx)
}

// noteClosure counts a change of closures. What this program changed itself is
// in its index.
func (e *Engine) noteClosure(ctx context.Context, tx *db.Tx) error {
	value, err := tx.Bump(ctx, closureChannel)
	if err != nil {
		return err
	}
	tx.After(func() { e.closures.CompareAndSwap(value-1, value) })
	return nil
}

// EachAlive calls fn for every booking that is still to come or going on, as it
// stands at an instant.
func EachAlive(ctx context.Context, r db.Reader, now time.Time, fn func(*Booking)) error {
	return db.Each(ctx, r, aliveBookings, func(rows *sql.Rows) error {
		b, err := scanBooking(rows)
		if b = b.Standing(now); err == nil && b.Status.Alive() {
			fn(&b)
		}
		return err
	})
}
