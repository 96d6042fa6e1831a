package agenda

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestQuartersIsTheSetOfItsQuarters(t *testing.T) {
	t.Parallel()
	for from := -2; from <= 98; from++ {
		for to := -2; to <= 98; to++ {
			want := fromBits(func(q int) bool { return from <= q && q < to })
			if got := Quarters(from, to); got != want {
				t.Fatalf("Quarters(%d, %d) = %v, want %v", from, to, got, want)
			}
		}
	}
}

func TestMaskOperationsQuarterByQuarter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m, n := drawMask(t, "m"), drawMask(t, "n")
		if rapid.Bool().Draw(t, "nested") {
			n = n.And(m)
		}
		each := func(f func(a, b bool) bool) Mask {
			return fromBits(func(q int) bool { return f(bit(m, q), bit(n, q)) })
		}
		count, contains, overlaps := 0, true, false
		for q := range QuartersPerDay {
			if bit(m, q) {
				count++
			}
			contains = contains && (bit(m, q) || !bit(n, q))
			overlaps = overlaps || bit(m, q) && bit(n, q)
		}
		type answers struct {
			Or, And, AndNot          Mask
			Contains, Overlaps, Zero bool
			Count                    int
		}
		want := answers{
			each(func(a, b bool) bool { return a || b }), each(func(a, b bool) bool { return a && b }),
			each(func(a, b bool) bool { return a && !b }), contains, overlaps, count == 0, count,
		}
		got := answers{m.Or(n), m.And(n), m.AndNot(n), m.Contains(n), m.Overlaps(n), m.IsZero(), m.Count()}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%v, %v: -want +got\n%s", m, n, diff)
		}
	})
}

func TestMaskString(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]Mask{
		"-":                       {},
		"00:00-24:00":             Quarters(0, 96),
		"11:45-12:15":             Quarters(47, 49),
		"08:30-13:30,23:45-24:00": Quarters(34, 54).Or(Quarters(95, 96)),
	} {
		if got := m.String(); got != want {
			t.Errorf("%+v: %s, want %s", m, got, want)
		}
	}
}

func TestCellsListTheQuartersOneByOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc := drawZone(t)
		from := drawInstant(t, loc)
		to := from.Add(time.Duration(rapid.IntRange(1, 5*96).Draw(t, "quarters")) * Quarter)

		var want []Cell
		for at := from; at.Before(to); at = at.Add(Quarter) {
			u := at.UTC()
			day := Day(time.Date(u.Year(), u.Month(), u.Day(), 0, 0, 0, 0, time.UTC).Unix() / 86400)
			if len(want) == 0 || want[len(want)-1].Day != day {
				want = append(want, Cell{Day: day})
			}
			q := u.Hour()*4 + u.Minute()/15
			last := &want[len(want)-1].Mask
			*last = last.Or(fromBits(func(i int) bool { return i == q }))
		}
		got, err := Cells(from, to)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s to %s: -want +got\n%s", from, to, diff)
		}
	})
}

func TestDayOf(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]Day{
		"1969-12-31T23:59:59Z": -1, "1970-01-01T00:00:00Z": 0, "1970-01-02T00:30:00+01:00": 0, "2026-03-29T00:00:00Z": 20541,
	} {
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		if got := DayOf(at); got != want {
			t.Errorf("DayOf(%s) = %d, want %d", s, got, want)
		}
	}
	if got := Day(20541).Start(); !got.Equal(time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)) || got.Location() != time.UTC {
		t.Errorf("Start = %v", got)
	}
}

func TestCellsTooFar(t *testing.T) {
	t.Parallel()
	at := func(year, month, day, hour int) time.Time {
		return time.Date(year, time.Month(month), day, hour, 0, 0, 0, time.UTC)
	}
	tests := []struct {
		name     string
		from, to time.Time
		want     error
	}{
		{"the first quarter", at(2000, 1, 1, 0), at(2000, 1, 1, 1), nil},
		{"just before the first", at(1999, 12, 31, 23), at(2000, 1, 1, 1), ErrFar},
		{"the last hour", at(2200, 12, 31, 23), at(2201, 1, 1, 0), nil},
		{"just past the last", at(2200, 12, 31, 23), at(2201, 1, 1, 1), ErrFar},
		{"year 9999", at(9999, 1, 1, 0), at(9999, 1, 1, 1), ErrFar},
		{"the zero time", time.Time{}, at(2026, 1, 1, 0), ErrFar},
		{"as far as time goes", time.Unix(-1<<62, 0), time.Unix(1<<62, 0), ErrFar},
	}
	for _, tt := range tests {
		if _, err := Cells(tt.from, tt.to); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestAppendCellsUsesTheRoomGiven(t *testing.T) {
	from := time.Date(2026, 5, 4, 22, 0, 0, 0, time.UTC)
	to := from.Add(4 * time.Hour)
	buf := make([]Cell, 0, 2)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := AppendCells(buf, from, to); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	kept := []Cell{{Day: 1, Mask: Quarters(0, 1)}}
	got, err := AppendCells(kept, to, from)
	if !errors.Is(err, ErrReversed) || len(got) != 1 || got[0] != kept[0] {
		t.Errorf("on error: %v, %v", got, err)
	}
}

func TestEdge01_TouchingIntervalsDoNotMeet(t *testing.T) {
	t.Parallel()
	at := func(quarters int) time.Time {
		return time.Date(2026, 5, 4, 10, 0, 0, 0, Rome).Add(time.Duration(quarters) * Quarter)
	}
	first, second := mustCells(t, at(0), at(4)), mustCells(t, at(4), at(8))
	if meet(first, second) {
		t.Error("10-11 and 11-12 meet")
	}
	between := mustCells(t, at(3), at(5))
	if !meet(between, first) || !meet(between, second) {
		t.Error("10:45-11:15 meets not both")
	}
}

// meet tells whether two lists of cells have a quarter in common.
func meet(a, b []Cell) bool {
	for _, x := range a {
		for _, y := range b {
			if x.Day == y.Day && x.Mask.Overlaps(y.Mask) {
				return true
			}
		}
	}
	return false
}

func TestEdge02_CellsMeetAsTheirIntervalsDo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		base := drawInstant(t, Rome)
		draw := func(name string) (from, to time.Time) {
			start := rapid.IntRange(0, 250).Draw(t, name)
			from = base.Add(time.Duration(start) * Quarter)
			return from, from.Add(time.Duration(rapid.IntRange(1, 250).Draw(t, name+" length")) * Quarter)
		}
		aFrom, aTo := draw("a")
		bFrom, bTo := draw("b")
		a, errA := Cells(aFrom, aTo)
		b, errB := Cells(bFrom, bTo)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if want := aFrom.Before(bTo) && bFrom.Before(aTo); meet(a, b) != want {
			t.Fatalf("%s-%s and %s-%s: meet is %v", aFrom, aTo, bFrom, bTo, !want)
		}
	})
}

func TestEdge03_ZeroAndNegativeLength(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 4, 10, 0, 0, 0, Rome)
	for _, to := range []time.Time{at, at.Add(-time.Nanosecond), at.Add(-time.Hour), at.AddDate(-100, 0, 0)} {
		if cells, err := Cells(at, to); !errors.Is(err, ErrReversed) || cells != nil {
			t.Errorf("to %s: %v, %v", to, cells, err)
		}
	}
}

func TestEdge06_OverMidnightMonthAndYearEnd(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, from, to string
		want           []int // quarters taken of each UTC day
	}{
		{"over the local midnight only", "2026-05-04T23:00", "2026-05-05T01:00", []int{8}},
		{"over the UTC midnight", "2026-05-05T01:00", "2026-05-05T03:00", []int{4, 4}},
		{"over the end of February", "2026-02-28T22:00", "2026-03-01T02:00", []int{12, 4}},
		{"over 29 February", "2028-02-28T01:00", "2028-03-01T01:00", []int{96, 96}},
		{"over the end of the year", "2026-12-31T22:00", "2027-01-01T02:00", []int{12, 4}},
		{"a whole local day", "2026-05-04T00:00", "2026-05-05T00:00", []int{8, 88}},
		{"three days", "2026-12-30T12:00", "2027-01-02T12:00", []int{52, 96, 96, 44}},
	}
	for _, tt := range tests {
		cells := mustCells(t, mustLocal(t, tt.from, Rome), mustLocal(t, tt.to, Rome))
		var got []int
		for i, c := range cells {
			got = append(got, c.Mask.Count())
			if c.Day != cells[0].Day+Day(i) {
				t.Errorf("%s: days are not in a row: %v", tt.name, cells)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", tt.name, diff)
		}
	}
}

func TestEdge10_Grain(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 4, 10, 0, 0, 0, Rome)
	for _, off := range []time.Duration{1, time.Second, time.Minute, 14 * time.Minute, Quarter - 1, Quarter + time.Second} {
		if _, err := Cells(at.Add(off), at.Add(time.Hour)); !errors.Is(err, ErrGrain) {
			t.Errorf("start off by %s: %v", off, err)
		}
		if _, err := Cells(at, at.Add(off)); !errors.Is(err, ErrGrain) {
			t.Errorf("end off by %s: %v", off, err)
		}
	}
	// A quarter-hour of one place is one everywhere: all offsets are whole quarters.
	for _, name := range zones {
		loc := load(t, name)
		if _, err := Cells(time.Date(2026, 5, 4, 10, 15, 0, 0, loc), time.Date(2026, 5, 4, 10, 30, 0, 0, loc)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The inner loop of a search: open, not shut, not taken, for 10,000 places.
func BenchmarkMask(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	open, shut, asked := Quarters(30, 72), Quarters(52, 56), Quarters(36, 44)
	taken := make([]Mask, 10_000)
	for i := range taken {
		from := random.IntN(96)
		taken[i] = Quarters(from, from+random.IntN(16))
	}
	for b.Loop() {
		free := 0
		for _, m := range taken {
			if open.AndNot(shut.Or(m)).Contains(asked) {
				free++
			}
		}
		if free == 0 {
			b.Fatal("nothing free")
		}
	}
}

func BenchmarkAppendCells(b *testing.B) {
	from := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	to := from.Add(2 * time.Hour)
	buf := make([]Cell, 0, 2)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := AppendCells(buf, from, to); err != nil {
			b.Fatal(err)
		}
	}
}
