package agenda

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The naive models of the property tests: sets of quarters one at a time, and
// clocks that are watched minute by minute.

// zones differ in what makes time hard: the size and the hour of the change,
// offsets of 30 and 45 minutes, midnights that are skipped (São Paulo, Beirut)
// or come twice (Havana), a whole day that is skipped (Apia, 30 December 2011).
var zones = []string{
	"Europe/Rome", "UTC", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham",
	"America/Sao_Paulo", "America/Havana", "Asia/Beirut", "Pacific/Apia", "Africa/Casablanca", "Pacific/Kiritimati",
}

func load(t interface{ Fatal(...any) }, name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func drawZone(t *rapid.T) *time.Location {
	return load(t, rapid.SampledFrom(zones).Draw(t, "zone"))
}

// drawInstant is on a quarter-hour between 2005 and 2045; every other time within two days of a change of the clocks.
func drawInstant(t *rapid.T, loc *time.Location) time.Time {
	const base = 1104537600 // 2005-01-01
	at := time.Unix(base+rapid.Int64Range(0, 40*365*96).Draw(t, "quarter")*900, 0).In(loc)
	if rapid.Bool().Draw(t, "near a change") {
		if _, change := at.ZoneBounds(); !change.IsZero() {
			return change.Truncate(Quarter).Add(time.Duration(rapid.IntRange(-192, 192).Draw(t, "from change")) * Quarter)
		}
	}
	return at
}

func drawDate(t *rapid.T, loc *time.Location) Date { return DateOf(drawInstant(t, loc)) }

func drawMask(t *rapid.T, label string) Mask {
	if rapid.Bool().Draw(t, label+" of runs") {
		var m Mask
		for range rapid.IntRange(0, 4).Draw(t, label+" runs") {
			from := rapid.IntRange(0, 96).Draw(t, "from")
			m = m.Or(Quarters(from, from+rapid.IntRange(0, 96).Draw(t, "length")))
		}
		return m
	}
	return Mask{
		AM: rapid.Uint64().Draw(t, label+" am") & fullHalf,
		PM: rapid.Uint64().Draw(t, label+" pm") & fullHalf,
	}
}

// bit looks at one quarter as the documentation of Mask says.
func bit(m Mask, q int) bool {
	if q < 48 {
		return m.AM>>q&1 == 1
	}
	return m.PM>>(q-48)&1 == 1
}

func fromBits(set func(q int) bool) Mask {
	var m Mask
	for q := range QuartersPerDay {
		if !set(q) {
			continue
		}
		if q < 48 {
			m.AM |= 1 << q
		} else {
			m.PM |= 1 << (q - 48)
		}
	}
	return m
}

// reading is what the clocks show at t, as text that sorts.
func reading(t time.Time) string { return t.Format("2006-01-02T15:04") }

// watch looks at the clocks of loc minute by minute around date d and returns
// when they show c of that date (24:00 and later: of the next), and the
// first minute at which they show that or more.
func watch(d Date, c Clock, loc *time.Location) (shown []time.Time, reached time.Time) {
	want := time.Date(d.Year, d.Month, d.Day, 0, int(c), 0, 0, time.UTC)
	for t := want.Add(-27 * time.Hour); t.Before(want.Add(27 * time.Hour)); t = t.Add(time.Minute) {
		now := reading(t.In(loc))
		if now == reading(want) {
			shown = append(shown, t)
		}
		if reached.IsZero() && now >= reading(want) {
			reached = t
		}
	}
	return shown, reached
}

func mustDate(t testing.TB, s string) Date {
	t.Helper()
	d, err := ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func mustLocal(t testing.TB, s string, loc *time.Location) time.Time {
	t.Helper()
	at, err := ParseLocal(s, loc)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func mustCells(t testing.TB, from, to time.Time) []Cell {
	t.Helper()
	cells, err := Cells(from, to)
	if err != nil {
		t.Fatal(err)
	}
	return cells
}
