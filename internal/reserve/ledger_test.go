package reserve

import (
	"database/sql"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"polis/internal/agenda"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
)

// drawn is a ledger in some state: places 1-4 on two days, partly busy or shut,
// a few bookings that hold some of it, and counters.
func drawn(t *rapid.T) *ledger {
	n := 0
	l := &ledger{
		now: nine, atoms: steady(layout{}.Atoms),
		ids:  func() string { n++; return fmt.Sprint("act", n) },
		keys: map[keyName]*keyRow{{"a", "new"}: {keyed: keyed{hash: "h"}}, {"a", "old"}: {keyed: keyed{"h", "b0"}}}, bookings: map[string]*bookingRow{},
		counters: map[string]*counterRow{"x": {value: rapid.Int64Range(2, 4).Draw(t, "x")}, "y": {value: rapid.Int64Range(2, 4).Draw(t, "y")}},
		cells:    map[cellKey]*cellRow{},
	}
	day := agenda.DayOf(nine)
	for _, d := range []agenda.Day{day, day + 1} {
		for r := range int64(4) {
			l.cells[cellKey{d, r + 1}] = &cellRow{
				busy: agenda.Mask{AM: uint64(rapid.IntRange(0, 15).Draw(t, "busy")) << 32}, rev: 3,
				shut: agenda.Mask{AM: uint64(rapid.IntRange(0, 3).Draw(t, "shut")) << 40},
			}
		}
	}
	for i := range 2 {
		b := &bookingRow{Booking: Booking{ID: fmt.Sprint("b", i), Person: "a", Status: rapid.SampledFrom([]Status{Held, Confirmed, Cancelled}).Draw(t, "status"), Rev: 1, Due: at(1)}}
		if b.Status != Cancelled {
			b.Uses = []Use{{Key: "x", Amount: 1, While: WhileAlive}}
			k := cellKey{day, int64(i + 1)}
			b.alloc, b.stored = map[cellKey]agenda.Mask{k: {PM: 3}}, true
			l.cells[k].busy.PM |= 3
			b.Parts = []Part{{Units: []int64{k.resource}, From: at(4), To: at(4.5)}}
		}
		l.bookings[b.ID] = b
	}
	return l
}

func drawnPlan(t *rapid.T) *Plan {
	p := &Plan{Booking: "new", Person: "a", To: rapid.SampledFrom([]Status{Held, Confirmed}).Draw(t, "to"), Due: at(2)}
	switch rapid.IntRange(0, 5).Draw(t, "what") {
	case 0, 1:
		p.Booking, p.When = rapid.SampledFrom([]string{"b0", "b1", "none"}).Draw(t, "which"), []Status{Held, Confirmed}
	case 2:
		p.Booking, p.When, p.To = "b0", []Status{Confirmed}, Cancelled
		return p
	case 3:
		p.Key = Key{"a", rapid.SampledFrom([]string{"new", "old"}).Draw(t, "key"), "h"}
	}
	if rapid.Bool().Draw(t, "uses") {
		p.Uses = []Use{{Key: "x", Amount: 1, While: WhileAlive, Limit: 4}, {Key: "y", Amount: 2, While: WhileHeld, Limit: 5}}
	}
	for range rapid.IntRange(1, 3).Draw(t, "demands") {
		from := rapid.IntRange(0, 6).Draw(t, "from")
		d := Demand{Site: "s", Kind: "desk", From: at(float64(from) / 4), To: at(float64(from+rapid.IntRange(1, 4).Draw(t, "length")) / 4)}
		if rapid.IntRange(0, 5).Draw(t, "tomorrow") == 0 {
			d.From, d.To = d.From.AddDate(0, 0, 1), d.To.AddDate(0, 0, 1)
		}
		units := rapid.Permutation([]int64{1, 2, 3, 4, 100, 101, 102}).Draw(t, "units")[:rapid.IntRange(1, 4).Draw(t, "n")]
		if rapid.Bool().Draw(t, "pool") {
			d.Pool, d.Count = units, rapid.IntRange(1, 2).Draw(t, "count")
		} else {
			d.Units = units[:min(len(units), 2)]
		}
		p.Demands = append(p.Demands, d)
	}
	return p
}

var inside = gocmp.Options{
	gocmp.AllowUnexported(ledger{}, keyRow{}, keyed{}, bookingRow{}, counterRow{}, cellRow{}, cellKey{}, keyName{}),
	cmpopts.IgnoreFields(ledger{}, "ids", "atoms", "undo"), cmpopts.EquateEmpty(),
}

// copied is a ledger that shares nothing with the first.
func (l *ledger) copied() *ledger {
	c := *l
	c.keys, c.bookings, c.counters, c.cells = map[keyName]*keyRow{}, map[string]*bookingRow{}, map[string]*counterRow{}, map[cellKey]*cellRow{}
	for k, v := range l.keys {
		row := *v
		c.keys[k] = &row
	}
	for k, v := range l.bookings {
		row := *v
		row.alloc = maps.Clone(v.alloc)
		c.bookings[k] = &row
	}
	for k, v := range l.counters {
		row := *v
		c.counters[k] = &row
	}
	for k, v := range l.cells {
		row := *v
		c.cells[k] = &row
	}
	return &c
}

// sum is what all bookings of a ledger have, and whether two have the same.
func (l *ledger) sum() (sum map[cellKey]agenda.Mask, twice bool) {
	sum = map[cellKey]agenda.Mask{}
	for _, b := range l.bookings {
		for k, m := range b.alloc {
			twice = twice || sum[k].Overlaps(m) || m.IsZero()
			sum[k] = sum[k].Or(m)
		}
	}
	return sum, twice
}

// A refused plan leaves the ledger as it was; a granted one changes occupancy
// by exactly what allocations changed, and counters by what uses changed.
func TestPlanIsAllOrNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawn(t)
		for i := range 3 {
			before := l.copied()
			p := drawnPlan(t)
			if len(p.When) == 0 {
				p.Booking = fmt.Sprint("new", i)
			}
			b, err := l.decide(p)
			if err != nil {
				if diff := gocmp.Diff(before, l, inside); diff != "" {
					t.Fatalf("%+v was refused (%v) and left:\n%s", p, err, diff)
				}
				continue
			}
			was, _ := before.sum()
			is, twice := l.sum()
			if twice {
				t.Fatalf("two bookings have the same, or one has nothing: %v", is)
			}
			for k, row := range l.cells {
				if want := before.cells[k].busy.AndNot(was[k]).Or(is[k]); row.busy != want {
					t.Fatalf("place %d on %v is %v, want %v", k.resource, k.day, row.busy, want)
				}
				if row.busy != before.cells[k].busy && !row.dirty {
					t.Fatalf("place %d on %v changed and is not written", k.resource, k.day)
				}
			}
			uses := map[string]int64{}
			for _, x := range []struct {
				l    *ledger
				sign int64
			}{{before, -1}, {l, 1}} {
				for _, b := range x.l.bookings {
					for _, u := range b.Uses {
						uses[u.Key] += x.sign * u.Amount
					}
				}
			}
			for key, row := range l.counters {
				if row.value != before.counters[key].value+uses[key] {
					t.Fatalf("counter %s is %d, was %d, uses changed by %d", key, row.value, before.counters[key].value, uses[key])
				}
			}
			if len(p.Demands) > 0 && len(p.When) == 0 && p.Key == (Key{}) && len(b.Parts) != len(p.Demands) {
				t.Fatalf("parts %v", b.Parts)
			}
		}
	})
}

// Places are refused only if no choice at all meets every demand.
func TestPlanIsRefusedOnlyIfNoChoiceWillDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawn(t)
		p := drawnPlan(t)
		if p.To == Cancelled {
			return
		}
		p.Booking, p.When, p.Uses, p.Key = "new", nil, nil, Key{}
		free := map[cellKey]agenda.Mask{}
		for k, row := range l.cells {
			free[k] = agenda.Quarters(0, 96).AndNot(row.busy.Or(row.shut))
		}
		want := canBe(p.Demands, free)
		if b, err := l.decide(p); (err == nil) != want {
			t.Fatalf("got %v, %v; can it be: %t", b, err, want)
		}
	})
}

// canBe tries every choice.
func canBe(demands []Demand, free map[cellKey]agenda.Mask) bool {
	if len(demands) == 0 {
		return true
	}
	d := &demands[0]
	cells, _ := d.cells()
	var try func(units []int64, n int, free map[cellKey]agenda.Mask) bool
	try = func(units []int64, n int, free map[cellKey]agenda.Mask) bool {
		if n == 0 {
			return canBe(demands[1:], free)
		}
		for i, u := range units {
			left, ok := maps.Clone(free), true
			for _, a := range (layout{}).Atoms(u) {
				for _, c := range cells {
					k := cellKey{c.Day, a}
					ok = ok && left[k].Contains(c.Mask)
					left[k] = left[k].AndNot(c.Mask)
				}
			}
			if ok && try(units[i+1:], n-1, left) {
				return true
			}
		}
		return false
	}
	if d.Pool != nil {
		return try(d.Pool, d.Count, free)
	}
	return try(d.Units, len(d.Units), free)
}

// Lists of every length come back whole: each row once, none of the padding.
func TestRowsOfEveryLength(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		lengths := []int{1, 2, 3, 4, 5, 7, 8, 9, 63, 64, 65, 127, 128, 129, 511, 512, 513, 1023, 1024, 1025, 2047, 2048, 2049, 3000}
		for range scale(4, 60) {
			lengths = append(lengths, 1+rand.IntN(3000))
		}
		for round, n := range lengths {
			day := int64(30_000 + round)
			var args []any
			for i := range n {
				args = append(args, day, int64(i))
			}
			next := int64(0)
			if err := d.Write(t.Context(), func(tx *db.Tx) error {
				next = 0
				return lockCells.Each(t.Context(), tx, args, func(rows *sql.Rows) error {
					k, c, err := scanCell(rows)
					if int64(k.day) != day || k.resource != next || c.rev != 1 {
						t.Errorf("%d rows: row %d is %v, %v", n, next, k, c)
					}
					next++
					return err
				})
			}); err != nil {
				t.Fatal(err)
			}
			if next != int64(n) {
				t.Errorf("%d rows given, %d came back", n, next)
			}
		}
	})
}
