package agenda

import (
	"cmp"
	"fmt"
	"time"
)

// Date is a day of the calendar, in no zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf is the date that t shows in its own location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// ParseDate reads "2026-03-29"; ErrInvalid otherwise.
func ParseDate(s string) (Date, error) {
	var d Date
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return Date{}, fmt.Errorf("%w: %q", ErrInvalid, s)
	}
	y, okY := digits(s[:4])
	m, okM := digits(s[5:7])
	day, okD := digits(s[8:])
	d = Date{y, time.Month(m), day}
	if !okY || !okM || !okD || !d.Valid() {
		return Date{}, fmt.Errorf("%w: %q", ErrInvalid, s)
	}
	return d, nil
}

// String is the date as "2026-03-29".
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day) }

// Valid tells whether the calendar has this date, in the years 1 to 9999.
func (d Date) Valid() bool {
	return d.Year >= 1 && d.Year <= 9999 && d.Month >= 1 && d.Month <= 12 && d.Day >= 1 && d.Day <= 31 &&
		DateOf(d.UTC()) == d
}

// AddDays is the date n days later, or earlier where n is negative.
func (d Date) AddDays(n int) Date {
	return DateOf(time.Date(d.Year, d.Month, d.Day+n, 0, 0, 0, 0, time.UTC))
}

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.UTC().Weekday() }

// Compare is -1, 0 or +1 as d is before, the same as, or after e.
func (d Date) Compare(e Date) int {
	return cmp.Or(cmp.Compare(d.Year, e.Year), cmp.Compare(d.Month, e.Month), cmp.Compare(d.Day, e.Day))
}

// Before tells whether d is an earlier date than e.
func (d Date) Before(e Date) bool { return d.Compare(e) < 0 }

// UTC is the date's midnight in UTC.
func (d Date) UTC() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// Clock is a time of day in minutes after midnight, 0 to 1440. The last is
// 24:00, the midnight at which the day ends.
type Clock int

// Midnight24 is the end of the day, 24:00.
const Midnight24 Clock = 24 * 60

// ParseClock reads "08:20", from 00:00 to 24:00; ErrInvalid otherwise.
func ParseClock(s string) (Clock, error) {
	if len(s) == 5 && s[2] == ':' {
		h, okH := digits(s[:2])
		m, okM := digits(s[3:])
		if c := Clock(h*60 + m); okH && okM && m < 60 && c <= Midnight24 {
			return c, nil
		}
	}
	return 0, fmt.Errorf("%w: %q", ErrInvalid, s)
}

// String is the time as "08:20".
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", int(c)/60, int(c)%60) }

// Instant says when the clocks of loc show c on date d. Most times come once:
// second is the zero Time. Where clocks are put back they come twice, and first
// is before second. Where clocks are put forward they do not come at all:
// ErrNoSuchTime. 24:00 is the midnight of the next day.
func Instant(d Date, c Clock, loc *time.Location) (first, second time.Time, err error) {
	if !d.Valid() || c < 0 || c > Midnight24 {
		return time.Time{}, time.Time{}, fmt.Errorf("%w: %s %s", ErrInvalid, d, c)
	}
	first, second, err = instants(wallOf(d, c), loc)
	if err != nil {
		err = fmt.Errorf("%w: %s %s in %s", err, d, c, loc)
	}
	return first, second, err
}

// ParseLocal reads a local time of loc such as "2026-03-30T09:00", with or
// without seconds. One that comes twice is refused with ErrAmbiguous, one that
// the clocks skip with ErrNoSuchTime. With an offset ("2026-10-25T02:30+02:00",
// "…Z") it is an instant like any other and the zone of loc is not asked.
// The result is in loc.
func ParseLocal(s string, loc *time.Location) (time.Time, error) {
	d, c, layout, ok := splitLocal(s)
	if !ok {
		return time.Time{}, fmt.Errorf("%w: %q", ErrInvalid, s)
	}
	if t, err := time.Parse(layout+"Z07:00", s); err == nil {
		return t.In(loc), nil
	}
	shown, err := time.Parse(layout, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("%w: %q", ErrInvalid, s)
	}
	first, second, err := Instant(d, c, loc)
	switch {
	case err != nil:
		return time.Time{}, err
	case !second.IsZero():
		return time.Time{}, fmt.Errorf("%w: %s %s in %s", ErrAmbiguous, d, c, loc)
	}
	return first.Add(shown.Sub(shown.Truncate(time.Minute))), nil
}

// splitLocal reads date and clock of "2026-03-30T09:00…" and finds the layout
// of the text up to the offset. It is strict where time.Parse is not: every
// number has two digits.
func splitLocal(s string) (d Date, c Clock, layout string, ok bool) {
	if len(s) < 16 || len(s) > 40 || s[10] != 'T' {
		return d, c, "", false
	}
	d, errDate := ParseDate(s[:10])
	c, errClock := ParseClock(s[11:16])
	if errDate != nil || errClock != nil || c == Midnight24 {
		return d, c, "", false
	}
	layout = "2006-01-02T15:04"
	if seconds := s[16:]; seconds != "" && seconds[0] == ':' {
		layout += ":05"
		ok = len(seconds) >= 3 && isDigit(seconds[1]) && isDigit(seconds[2])
		return d, c, layout, ok
	}
	return d, c, layout, true
}

// DayLength is how long date d lasts in loc: 24 hours, or 23 or 25 when the
// clocks change.
func DayLength(d Date, loc *time.Location) time.Duration {
	return time.Duration(reach(wallOf(d.AddDays(1), 0), loc)-reach(wallOf(d, 0), loc)) * time.Second
}

// Wall seconds count what the clocks show: the Unix time at which a clock in
// UTC would show the same.

func wallOf(d Date, c Clock) int64 { return d.UTC().Unix() + int64(c)*60 }

func wallSeconds(t time.Time, loc *time.Location) int64 {
	_, offset := t.In(loc).Zone()
	return t.Unix() + int64(offset)
}

// No zone is further than a day from UTC: the clocks of any place show wall
// within a day of the instant wall.
const maxOffset = daySeconds

// offsetAt is how far the clocks of loc are ahead of UTC at an instant, and
// until when at least they stay so; until is after the instant.
func offsetAt(unix int64, loc *time.Location) (offset, until int64) {
	t := time.Unix(unix, 0).In(loc)
	_, seconds := t.Zone()
	_, end := t.ZoneBounds()
	if end.IsZero() {
		return int64(seconds), unix + 4*maxOffset
	}
	// Past the table of a zone (2037), ZoneBounds also ends a period at the turn
	// of the year, and takes leap years for 365 days: on their 31 December the
	// end lies before t. No clock changes then; the next day is soon enough.
	if end.Unix() <= unix {
		return int64(seconds), (floorDiv(unix, daySeconds) + 1) * daySeconds
	}
	return int64(seconds), end.Unix()
}

// instants are the up to two instants at which the clocks of loc show wall.
func instants(wall int64, loc *time.Location) (first, second time.Time, err error) {
	for from := wall - maxOffset; from <= wall+maxOffset; {
		offset, until := offsetAt(from, loc)
		if at := wall - offset; from <= at && at < until {
			if !first.IsZero() {
				return first, time.Unix(at, 0).In(loc), nil
			}
			first = time.Unix(at, 0).In(loc)
		}
		from = until
	}
	if first.IsZero() {
		err = ErrNoSuchTime
	}
	return first, time.Time{}, err
}

// reach is the first instant, in Unix seconds, at which the clocks of loc show
// wall or later: the instant itself, the first of two, or the end of the gap.
func reach(wall int64, loc *time.Location) int64 {
	from := wall - maxOffset
	for {
		offset, until := offsetAt(from, loc)
		if at := max(from, wall-offset); at < until {
			return at
		}
		from = until
	}
}

// digits is the number that s writes in decimal digits alone.
func digits(s string) (n int, ok bool) {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, s != ""
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
