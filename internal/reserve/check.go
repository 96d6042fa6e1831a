package reserve

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"polis/internal/agenda"
	"polis/internal/platform/db"
)

// What stands where: occupancy and all that it is the sum of, in one stream.
// 0 = the cell itself (busy, then shut), 1 = an allocation, 2 = a closure.
var (
	ledgerStream = db.Q("reserve.check-cells", `
		SELECT day, resource, 0 AS source, '' AS owner, am, pm, shut_am, shut_pm FROM occupancy
		UNION ALL
		SELECT day, resource, 1, booking, am, pm, 0, 0 FROM allocation
		UNION ALL
		SELECT day, resource, 2, closure, 0, 0, am, pm FROM closure_cell
		ORDER BY 1, 2, 3, 4`)
	orphans = db.Q("reserve.check-orphans", `
		SELECT DISTINCT a.booking FROM allocation a LEFT JOIN booking b ON b.id = a.booking
		WHERE b.id IS NULL OR b.status IN ('cancelled', 'expired', 'no-show', 'waiting') ORDER BY a.booking`)
	homeless = db.Q("reserve.check-homeless", `
		SELECT b.id FROM booking b WHERE b.status IN ('held', 'confirmed', 'checked-in') AND b.parts <> '[]'
		AND NOT EXISTS (SELECT 1 FROM allocation a WHERE a.booking = b.id) ORDER BY b.id`)
	usesStream   = db.Q("reserve.check-uses", `SELECT uses FROM booking WHERE uses <> '[]' AND status <> 'waiting'`)
	countersRead = db.Q("reserve.check-counters", `SELECT key, value FROM counter ORDER BY key`)
)

// Check compares occupancy with the allocations and closures it is the sum of,
// both ways, and the counters with the uses of the bookings, in one snapshot.
// It calls differs for each difference and returns how many cells it read.
func Check(ctx context.Context, d *db.DB, differs func(string)) (cells int, err error) {
	err = d.Snapshot(ctx, func(tx *db.Tx) error {
		if cells, err = compareCells(ctx, tx, func(c *checkedCell) {
			for _, text := range c.differences() {
				differs(text)
			}
		}); err != nil {
			return err
		}
		for _, q := range []struct {
			q    db.Query
			text string
		}{
			{orphans, "booking %s has places but does not hold any"},
			{homeless, "booking %s is alive but has no places"},
		} {
			if err := db.Each(ctx, tx, q.q, func(rows *sql.Rows) error {
				id, err := scanText(rows)
				differs(fmt.Sprintf(q.text, id))
				return err
			}); err != nil {
				return err
			}
		}
		wrong, err := compareCounters(ctx, tx)
		for _, w := range wrong {
			differs(fmt.Sprintf("counter %s is %d, its uses are %d", w.key, w.is, w.should))
		}
		return err
	})
	return cells, err
}

// Rebuild makes occupancy and counters what allocations, closures and bookings
// say, also beside traffic: what differs is locked, in the order of all
// writers, and looked at once more. Overlapping allocations are a sale too many
// and stay for a person to settle: they are reported by the next Check.
func Rebuild(ctx context.Context, d *db.DB) (mended int, err error) {
	err = d.Write(ctx, func(tx *db.Tx) error {
		counters, err := mendCounters(ctx, tx)
		if err != nil {
			return err
		}
		cells, err := mendCells(ctx, tx)
		mended = counters + cells
		return err
	})
	return mended, err
}

func mendCounters(ctx context.Context, tx *db.Tx) (mended int, err error) {
	wrong, err := compareCounters(ctx, tx)
	if err != nil || len(wrong) == 0 {
		return 0, err
	}
	locked := map[string]bool{}
	for _, w := range wrong {
		locked[w.key] = true
	}
	if err := lockCounters.Each(ctx, tx, sortedArgs(locked), func(*sql.Rows) error { return nil }); err != nil {
		return 0, err
	}
	if wrong, err = compareCounters(ctx, tx); err != nil {
		return 0, err
	}
	var args []any
	for _, w := range wrong {
		if locked[w.key] {
			args = append(args, w.key, w.should)
			mended++
		}
	}
	return mended, writeCounters.Exec(ctx, tx, args)
}

func mendCells(ctx context.Context, tx *db.Tx) (mended int, err error) {
	var keys []any
	if _, err := compareCells(ctx, tx, func(c *checkedCell) {
		if c.wrong() {
			keys = append(keys, int64(c.key.day), c.key.resource)
		}
	}); err != nil || len(keys) == 0 {
		return 0, err
	}
	revs := map[cellKey]int64{} // of the locked cells
	if err := lockCells.Each(ctx, tx, keys, func(rows *sql.Rows) error {
		k, c, err := scanCell(rows)
		revs[k] = c.rev
		return err
	}); err != nil {
		return 0, err
	}
	var args []any
	var changes []Change
	if _, err := compareCells(ctx, tx, func(c *checkedCell) {
		if rev, locked := revs[c.key]; locked && c.wrong() {
			args = append(args, int64(c.key.day), c.key.resource, int64(c.sum.AM), int64(c.sum.PM), int64(c.closed.AM), int64(c.closed.PM))
			changes = append(changes, Change{c.key.day, c.key.resource, c.sum, c.closed, rev})
		}
	}); err != nil {
		return 0, err
	}
	if err := writeCells.Exec(ctx, tx, args); err != nil {
		return 0, err
	}
	return len(changes), tell(ctx, tx, changes)
}

// checkedCell is a cell beside the sum of what it should be.
type checkedCell struct {
	key        cellKey
	busy, shut agenda.Mask // as kept
	sum        agenda.Mask // of the allocations
	closed     agenda.Mask // of the closures
	twice      []string    // allocations that overlap an earlier one
}

// wrong tells whether the cell is not what it should be.
func (c *checkedCell) wrong() bool { return c.busy != c.sum || c.shut != c.closed }

func (c *checkedCell) differences() (out []string) {
	at := fmt.Sprintf("place %d on %s", c.key.resource, c.key.day.Start().Format("2006-01-02"))
	if lost := c.sum.AndNot(c.busy); !lost.IsZero() {
		out = append(out, at+": allocated but shown free: "+lost.String())
	}
	if stuck := c.busy.AndNot(c.sum); !stuck.IsZero() {
		out = append(out, at+": shown taken but allocated to nobody: "+stuck.String())
	}
	if c.shut != c.closed {
		out = append(out, at+": closures differ: "+c.shut.String()+" kept, "+c.closed.String()+" closed")
	}
	for _, id := range c.twice {
		out = append(out, at+": sold twice, also to booking "+id)
	}
	return out
}

// compareCells streams the cells in order and visits each with its sum.
func compareCells(ctx context.Context, tx *db.Tx, visit func(*checkedCell)) (n int, err error) {
	var cur *checkedCell
	done := func() {
		if cur != nil {
			visit(cur)
			n++
		}
	}
	err = db.Each(ctx, tx, ledgerStream, func(rows *sql.Rows) error {
		var k cellKey
		var source int
		var owner string
		var busy, shut agenda.Mask
		if err := rows.Scan(&k.day, &k.resource, &source, &owner, &busy.AM, &busy.PM, &shut.AM, &shut.PM); err != nil {
			return err
		}
		if cur == nil || cur.key != k {
			done()
			cur = &checkedCell{key: k}
		}
		switch source {
		case 0:
			cur.busy, cur.shut = busy, shut
		case 1:
			if cur.sum.Overlaps(busy) {
				cur.twice = append(cur.twice, owner)
			}
			cur.sum = cur.sum.Or(busy)
		case 2:
			cur.closed = cur.closed.Or(shut)
		}
		return nil
	})
	done()
	return n, err
}

// wrongCounter is a counter that is not the sum of its uses.
type wrongCounter struct {
	key        string
	is, should int64
}

func compareCounters(ctx context.Context, tx *db.Tx) (wrong []wrongCounter, err error) {
	should := map[string]int64{}
	if err := db.Each(ctx, tx, usesStream, func(rows *sql.Rows) error {
		text, err := scanText(rows)
		if err != nil {
			return err
		}
		var uses []Use
		if err := json.Unmarshal([]byte(text), &uses); err != nil {
			return err
		}
		for _, u := range uses {
			should[u.Key] += u.Amount
		}
		return nil
	}); err != nil {
		return nil, err
	}
	err = db.Each(ctx, tx, countersRead, func(rows *sql.Rows) error {
		var key string
		var is int64
		if err := rows.Scan(&key, &is); err != nil {
			return err
		}
		if should[key] != is {
			wrong = append(wrong, wrongCounter{key, is, should[key]})
		}
		delete(should, key)
		return nil
	})
	for key, n := range should {
		wrong = append(wrong, wrongCounter{key, 0, n})
	}
	return wrong, err
}
