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
		WHERE b.id IS NULL OR b.status IN ('cancelled', 'expired', 'no-show') ORDER BY a.booking`)
	homeless = db.Q("reserve.check-homeless", `
		SELECT b.id FROM booking b WHERE b.status IN ('held', 'confirmed', 'checked-in') AND b.parts <> '[]'
		AND NOT EXISTS (SELECT 1 FROM allocation a WHERE a.booking = b.id) ORDER BY b.id`)
	usesStream   = db.Q("reserve.check-uses", `SELECT uses FROM booking WHERE uses <> '[]'`)
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
// say. Overlapping allocations are a sale too many and stay for a person to
// settle: they are reported by the next Check.
func Rebuild(ctx context.Context, d *db.DB) (mended int, err error) {
	err = d.Write(ctx, func(tx *db.Tx) error {
		mended = 0
		var args []any
		if _, err := compareCells(ctx, tx, func(c *checkedCell) {
			if len(c.differences()) > 0 {
				args = append(args, int64(c.key.day), c.key.resource, int64(c.sum.AM), int64(c.sum.PM), int64(c.closed.AM), int64(c.closed.PM))
				mended++
			}
		}); err != nil {
			return err
		}
		var keys []any
		for i := 0; i < len(args); i += 6 {
			keys = append(keys, args[i], args[i+1])
		}
		if err := lockCells.Each(ctx, tx, keys, func(*sql.Rows) error { return nil }); err != nil { // raises rev: replicas hear it by their next look
			return err
		}
		if err := writeCells.Exec(ctx, tx, args); err != nil {
			return err
		}
		wrong, err := compareCounters(ctx, tx)
		if err != nil {
			return err
		}
		var counters []any
		for _, w := range wrong {
			counters = append(counters, w.key, w.should)
			mended++
		}
		return writeCounters.Exec(ctx, tx, counters)
	})
	return mended, err
}

// checkedCell is a cell beside the sum of what it should be.
type checkedCell struct {
	key        cellKey
	busy, shut agenda.Mask // as kept
	sum        agenda.Mask // of the allocations
	closed     agenda.Mask // of the closures
	twice      []string    // allocations that overlap an earlier one
}

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
