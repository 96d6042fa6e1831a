package agenda

import (
	"fmt"
	"math/bits"
	"strings"
	"time"
)

// Quarter is the grain of every booking.
const Quarter = 15 * time.Minute

// QuartersPerDay is the number of quarters of a UTC day.
const QuartersPerDay = 96

const (
	halfDay        = QuartersPerDay / 2
	fullHalf       = 1<<halfDay - 1
	quarterSeconds = 15 * 60
	daySeconds     = 24 * 60 * 60
)

// Day is a UTC day, counted from 1970-01-01.
type Day int32

// DayOf is the UTC day of an instant.
func DayOf(t time.Time) Day { return Day(floorDiv(t.Unix(), daySeconds)) }

// Start is the instant the day begins, in UTC.
func (d Day) Start() time.Time { return time.Unix(int64(d)*daySeconds, 0).UTC() }

// firstDay and lastDay bound what can be booked: 2000-01-01 and 2200-12-31.
var (
	firstDay = DayOf(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))
	lastDay  = DayOf(time.Date(2200, 12, 31, 0, 0, 0, 0, time.UTC))
)

// Mask is a set of the 96 quarters of a UTC day: quarter q is bit q of AM for
// q < 48 and bit q-48 of PM from 48 on. The upper 16 bits of both are zero.
type Mask struct{ AM, PM uint64 }

// Quarters is the mask of the quarters from up to, not including, to. Both are
// brought into 0..96; a reversed range is empty.
func Quarters(from, to int) Mask {
	from, to = max(from, 0), min(to, QuartersPerDay)
	if from >= to {
		return Mask{}
	}
	return Mask{
		AM: ones(min(from, halfDay), min(to, halfDay)),
		PM: ones(max(from, halfDay)-halfDay, max(to, halfDay)-halfDay),
	}
}

// ones is the word with bits from..to-1 set, 0 <= from <= to <= 48.
func ones(from, to int) uint64 { return 1<<to - 1<<from }

// Or is the union.
func (m Mask) Or(n Mask) Mask { return Mask{m.AM | n.AM, m.PM | n.PM} }

// And is the intersection.
func (m Mask) And(n Mask) Mask { return Mask{m.AM & n.AM, m.PM & n.PM} }

// AndNot is m without n.
func (m Mask) AndNot(n Mask) Mask { return Mask{m.AM &^ n.AM, m.PM &^ n.PM} }

// IsZero tells whether no quarter is set.
func (m Mask) IsZero() bool { return m.AM|m.PM == 0 }

// Contains tells whether every quarter of n is in m.
func (m Mask) Contains(n Mask) bool { return n.AM&^m.AM|n.PM&^m.PM == 0 }

// Overlaps tells whether m and n have a quarter in common.
func (m Mask) Overlaps(n Mask) bool { return m.AM&n.AM|m.PM&n.PM != 0 }

// Count is the number of quarters set.
func (m Mask) Count() int { return bits.OnesCount64(m.AM) + bits.OnesCount64(m.PM) }

// String lists the runs of quarters in UTC, e.g. "08:30-13:30,15:00-24:00"; "-" when empty.
func (m Mask) String() string {
	var b strings.Builder
	day := []Mask{m}
	for from, to := range maximalRuns(day, 0) {
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%s-%s", Clock(from*15), Clock(to*15))
	}
	if b.Len() == 0 {
		return "-"
	}
	return b.String()
}

// Cell is a part of one UTC day.
type Cell struct {
	Day  Day
	Mask Mask
}

// Cells are the UTC days that the half-open interval from..to covers, in order.
// It fails with ErrGrain when an end is not on a quarter-hour, ErrReversed
// when to is not after from, ErrFar before 2000 or after 2200. How long an
// interval may be is a rule of the caller: 200 years are 73,000 cells.
func Cells(from, to time.Time) ([]Cell, error) { return AppendCells(nil, from, to) }

// AppendCells is Cells onto dst, which it returns unchanged on error.
func AppendCells(dst []Cell, from, to time.Time) ([]Cell, error) {
	a, b := from.Unix(), to.Unix()
	switch {
	case !to.After(from):
		return dst, ErrReversed
	case a < int64(firstDay)*daySeconds || b > (int64(lastDay)+1)*daySeconds:
		return dst, ErrFar
	case a%quarterSeconds != 0 || b%quarterSeconds != 0 || from.Nanosecond() != 0 || to.Nanosecond() != 0:
		return dst, ErrGrain
	}
	q, end := int(a/quarterSeconds), int(b/quarterSeconds)
	for q < end {
		day := q / QuartersPerDay
		first := day * QuartersPerDay
		dst = append(dst, Cell{Day(day), Quarters(q-first, end-first)})
		q = first + QuartersPerDay
	}
	return dst, nil
}

// floorDiv is a/b rounded down, b > 0.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
