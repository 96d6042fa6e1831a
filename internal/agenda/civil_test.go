package agenda

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParseDate(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"2026-03-29", "2028-02-29", "0001-01-01", "9999-12-31"} {
		d, err := ParseDate(s)
		if err != nil || d.String() != s || !d.Valid() {
			t.Errorf("ParseDate(%q) = %v, %v", s, d, err)
		}
	}
	for _, s := range []string{
		"", "2026-3-29", "2026-02-29", "2026-13-01", "2026-00-10", "2026-01-00", "0000-01-01", "2026/03/29",
		"+026-03-29", "2026-03-2 ", "2026-03-29 ", "２026-03-29", "20260-3-29",
	} {
		if d, err := ParseDate(s); !errors.Is(err, ErrInvalid) || d != (Date{}) {
			t.Errorf("ParseDate(%q) = %v, %v", s, d, err)
		}
	}
	if (Date{10000, 1, 1}).Valid() || (Date{2026, 1, -1 << 40}).Valid() {
		t.Error("an impossible date is valid")
	}
}

func TestDateArithmetic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := time.Date(2000, 1, 1+rapid.IntRange(0, 73000).Draw(t, "day"), 12, 0, 0, 0, time.UTC)
		n := rapid.IntRange(-1000, 1000).Draw(t, "n")
		d, e := DateOf(at), DateOf(at.Add(time.Duration(n)*24*time.Hour))
		if d.AddDays(n) != e || e.AddDays(-n) != d {
			t.Fatalf("%v.AddDays(%d) = %v, want %v", d, n, d.AddDays(n), e)
		}
		if d.Weekday() != at.Weekday() {
			t.Fatalf("%v is a %v, want %v", d, d.Weekday(), at.Weekday())
		}
		if d.Compare(e) != strings.Compare(d.String(), e.String()) || d.Before(e) != (n > 0) {
			t.Fatalf("Compare(%v, %v) = %d", d, e, d.Compare(e))
		}
	})
}

func TestParseClock(t *testing.T) {
	t.Parallel()
	for c := Clock(0); c <= Midnight24; c++ {
		if got, err := ParseClock(c.String()); err != nil || got != c {
			t.Fatalf("ParseClock(%q) = %v, %v", c.String(), got, err)
		}
	}
	for _, s := range []string{"", "8:20", "08.20", "08:60", "24:01", "25:00", "-1:00", "08:20:00", " 8:20", "+8:20"} {
		if c, err := ParseClock(s); !errors.Is(err, ErrInvalid) {
			t.Errorf("ParseClock(%q) = %v, %v", s, c, err)
		}
	}
}

func TestInstantIsWhenTheClocksShowIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc := drawZone(t)
		d := drawDate(t, loc)
		c := Clock(rapid.IntRange(0, 1440).Draw(t, "clock"))
		if rapid.Bool().Draw(t, "whole hour") {
			c = c / 60 * 60
		}
		shown, reached := watch(d, c, loc)
		first, second, err := Instant(d, c, loc)
		switch len(shown) {
		case 0:
			if !errors.Is(err, ErrNoSuchTime) || !first.IsZero() || !second.IsZero() {
				t.Fatalf("%v %v in %v never comes: got %v, %v, %v", d, c, loc, first, second, err)
			}
		case 1:
			if err != nil || !first.Equal(shown[0]) || !second.IsZero() {
				t.Fatalf("%v %v in %v comes at %v: got %v, %v, %v", d, c, loc, shown[0], first, second, err)
			}
		default:
			if err != nil || !first.Equal(shown[0]) || !second.Equal(shown[1]) {
				t.Fatalf("%v %v in %v comes at %v: got %v, %v, %v", d, c, loc, shown, first, second, err)
			}
		}
		if got := time.Unix(reach(wallOf(d, c), loc), 0); !got.Equal(reached) {
			t.Fatalf("%v %v in %v is reached at %v: got %v", d, c, loc, reached, got)
		}
	})
}

func TestInstantRefusesWhatIsNoTime(t *testing.T) {
	t.Parallel()
	day := mustDate(t, "2026-05-04")
	for _, tt := range []struct {
		d Date
		c Clock
	}{{day, -1}, {day, 1441}, {Date{}, 0}, {Date{2026, 2, 30}, 600}} {
		if _, _, err := Instant(tt.d, tt.c, Rome); !errors.Is(err, ErrInvalid) {
			t.Errorf("%v %v: %v", tt.d, tt.c, err)
		}
	}
}

func TestInstantAtMidnight(t *testing.T) {
	t.Parallel()
	first, second, err := Instant(mustDate(t, "2026-12-31"), Midnight24, Rome)
	if want := time.Date(2027, 1, 1, 0, 0, 0, 0, Rome); err != nil || !first.Equal(want) || !second.IsZero() {
		t.Errorf("24:00 of 31 December = %v, %v, %v", first, second, err)
	}
	// The whole of 30 December 2011 was skipped in Samoa.
	for _, c := range []Clock{0, 720, 1439} {
		if _, _, err := Instant(mustDate(t, "2011-12-30"), c, load(t, "Pacific/Apia")); !errors.Is(err, ErrNoSuchTime) {
			t.Errorf("Apia, skipped day, %v: %v", c, err)
		}
	}
}

func TestParseLocal(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want string // RFC 3339 in UTC, or
		err  error
	}{
		{in: "2026-05-04T09:00", want: "2026-05-04T07:00:00Z"},
		{in: "2026-05-04T09:00:30", want: "2026-05-04T07:00:30Z"},
		{in: "2026-05-04T09:00:00.250", want: "2026-05-04T07:00:00.25Z"},
		{in: "2026-01-04T09:00", want: "2026-01-04T08:00:00Z"},
		{in: "2026-05-04T09:00Z", want: "2026-05-04T09:00:00Z"},
		{in: "2026-05-04T09:00:00.000Z", want: "2026-05-04T09:00:00Z"},
		{in: "2026-05-04T09:00-03:30", want: "2026-05-04T12:30:00Z"},
		{in: "2026-10-25T01:59", want: "2026-10-24T23:59:00Z"},
		{in: "2026-10-25T02:00", err: ErrAmbiguous},
		{in: "2026-10-25T02:30", err: ErrAmbiguous},
		{in: "2026-10-25T02:30+02:00", want: "2026-10-25T00:30:00Z"},
		{in: "2026-10-25T02:30+01:00", want: "2026-10-25T01:30:00Z"},
		{in: "2026-10-25T03:00", want: "2026-10-25T02:00:00Z"},
		{in: "2026-03-29T01:59", want: "2026-03-29T00:59:00Z"},
		{in: "2026-03-29T02:00", err: ErrNoSuchTime},
		{in: "2026-03-29T02:59:59", err: ErrNoSuchTime},
		{in: "2026-03-29T03:00", want: "2026-03-29T01:00:00Z"},
		{in: "2026-03-29T02:30Z", want: "2026-03-29T02:30:00Z"},
		{in: "9999-12-31T23:59", want: "9999-12-31T22:59:00Z"},
		{in: "", err: ErrInvalid},
		{in: "2026-05-04", err: ErrInvalid},
		{in: "2026-05-04 09:00", err: ErrInvalid},
		{in: "2026-05-04T9:00", err: ErrInvalid},
		{in: "2026-05-04T24:00", err: ErrInvalid},
		{in: "2026-02-30T09:00", err: ErrInvalid},
		{in: "2026-05-04T09:00:5", err: ErrInvalid},
		{in: "2026-05-04T09:00:5Z", err: ErrInvalid},
		{in: "2026-05-04T09:00:60", err: ErrInvalid},
		{in: "2026-05-04T09:00+2", err: ErrInvalid},
		{in: "2026-05-04T09:00+02:00 ", err: ErrInvalid},
		{in: "2026-05-04T09:00[Europe/Rome]", err: ErrInvalid},
		{in: "2026-05-04T09:00:00." + strings.Repeat("0", 100) + "Z", err: ErrInvalid},
	}
	for _, tt := range tests {
		got, err := ParseLocal(tt.in, Rome)
		if !errors.Is(err, tt.err) {
			t.Errorf("ParseLocal(%q): %v, want %v", tt.in, err, tt.err)
			continue
		}
		if tt.err == nil && got.UTC().Format(time.RFC3339Nano) != tt.want {
			t.Errorf("ParseLocal(%q) = %v, want %v", tt.in, got.UTC().Format(time.RFC3339Nano), tt.want)
		}
		if tt.err == nil && got.Location() != Rome {
			t.Errorf("ParseLocal(%q) is in %v", tt.in, got.Location())
		}
	}
}

func TestDayLength(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		zone, date string
		want       time.Duration
	}{
		{"Europe/Rome", "2026-03-28", 24 * time.Hour},
		{"Europe/Rome", "2026-03-29", 23 * time.Hour},
		{"Europe/Rome", "2026-10-25", 25 * time.Hour},
		{"UTC", "2026-10-25", 24 * time.Hour},
		{"Australia/Lord_Howe", "2026-04-05", 24*time.Hour + 30*time.Minute},
		{"Australia/Lord_Howe", "2026-10-04", 23*time.Hour + 30*time.Minute},
		{"America/Sao_Paulo", "2018-11-04", 23 * time.Hour}, // begins at 01:00
		{"America/Sao_Paulo", "2018-02-17", 25 * time.Hour}, // 23:00 comes twice
		{"America/Havana", "2026-11-01", 25 * time.Hour},    // midnight comes twice
		{"Pacific/Apia", "2011-12-30", 0},                   // not in their calendar
		{"Pacific/Apia", "2011-12-29", 24 * time.Hour},
	} {
		if got := DayLength(mustDate(t, tt.date), load(t, tt.zone)); got != tt.want {
			t.Errorf("%s in %s: %v, want %v", tt.date, tt.zone, got, tt.want)
		}
	}
}

// The library ends the periods of a zone before they begin on such days.
func TestLastDayOfLeapYearsFarAhead(t *testing.T) {
	t.Parallel()
	for _, name := range zones {
		loc := load(t, name)
		for year := 2040; year <= 2196; year += 4 {
			for d := (Date{year, time.December, 30}); d.Before(Date{year + 1, time.January, 3}); d = d.AddDays(1) {
				at, second, err := Instant(d, 9*60, loc)
				if err != nil || !second.IsZero() || reading(at) != d.String()+"T09:00" || DayLength(d, loc) != 24*time.Hour {
					t.Fatalf("%v in %v: %v, %v, %v", d, loc, at, second, err)
				}
			}
		}
	}
}

func TestEdge11_SpringTimeDoesNotExist(t *testing.T) {
	t.Parallel()
	d := mustDate(t, "2026-03-29")
	for c := Clock(2 * 60); c < 3*60; c++ {
		if first, _, err := Instant(d, c, Rome); !errors.Is(err, ErrNoSuchTime) || !first.IsZero() {
			t.Fatalf("%v: %v, %v", c, first, err)
		}
	}
	for _, s := range []string{"01:45", "03:00"} {
		at := mustLocal(t, "2026-03-29T"+s, Rome)
		if got := at.Format("15:04"); got != s {
			t.Errorf("%s became %s", s, got)
		}
	}
	// The last quarter before and the first after the change are neighbours.
	cells := mustCells(t, mustLocal(t, "2026-03-29T01:45", Rome), mustLocal(t, "2026-03-29T03:15", Rome))
	if len(cells) != 1 || cells[0].Mask != Quarters(3, 5) {
		t.Errorf("01:45-03:15 = %v", cells)
	}
}

func TestEdge12_AutumnTimeComesTwice(t *testing.T) {
	t.Parallel()
	first, second, err := Instant(mustDate(t, "2026-10-25"), 2*60+30, Rome)
	if err != nil || second.Sub(first) != time.Hour {
		t.Fatalf("02:30 = %v and %v, %v", first, second, err)
	}
	a := mustLocal(t, "2026-10-25T02:30+02:00", Rome)
	b := mustLocal(t, "2026-10-25T02:30+01:00", Rome)
	if !a.Equal(first) || !b.Equal(second) {
		t.Errorf("with their offsets: %v and %v", a, b)
	}
	if meet(mustCells(t, a, a.Add(time.Hour)), mustCells(t, b, b.Add(time.Hour))) {
		t.Error("the two hours are taken for one")
	}
	whole := mustCells(t, mustLocal(t, "2026-10-25T00:00", Rome), mustLocal(t, "2026-10-26T00:00", Rome))
	quarters := 0
	for _, c := range whole {
		quarters += c.Mask.Count()
	}
	if quarters != 25*4 {
		t.Errorf("the day has %d quarters", quarters)
	}
}

func TestEdge14_WeeklyAtNineStaysAtNine(t *testing.T) {
	t.Parallel()
	utc := map[string]int{}
	for d := mustDate(t, "2026-03-02"); d.Before(mustDate(t, "2026-12-01")); d = d.AddDays(7) {
		at, second, err := Instant(d, 9*60, Rome)
		if err != nil || !second.IsZero() {
			t.Fatalf("%v: %v, %v", d, second, err)
		}
		if at.Format("Mon 15:04") != "Mon 09:00" || DateOf(at) != d {
			t.Errorf("%v became %v", d, at)
		}
		utc[at.UTC().Format("15:04")]++
	}
	if diff := cmp.Diff(map[string]int{"08:00": 10, "07:00": 30}, utc); diff != "" {
		t.Errorf("in UTC: -want +got\n%s", diff)
	}
}

func TestEdge15_WallDifferenceAndElapsedTime(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		from, to      string
		wall, elapsed time.Duration
	}{
		{"2026-03-29T01:00", "2026-03-29T04:00", 3 * time.Hour, 2 * time.Hour},
		{"2026-10-25T01:00", "2026-10-25T04:00", 3 * time.Hour, 4 * time.Hour},
		{"2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00", 0, time.Hour},
		{"2026-05-04T09:00", "2026-05-04T11:00", 2 * time.Hour, 2 * time.Hour},
		{"2026-10-24T09:00", "2026-10-26T09:00", 48 * time.Hour, 49 * time.Hour},
	} {
		i := Interval{mustLocal(t, tt.from, Rome), mustLocal(t, tt.to, Rome)}
		if i.Wall(Rome) != tt.wall || i.Elapsed() != tt.elapsed {
			t.Errorf("%s to %s: wall %v, elapsed %v", tt.from, tt.to, i.Wall(Rome), i.Elapsed())
		}
		quarters := 0
		for _, c := range mustCells(t, i.From, i.To) {
			quarters += c.Mask.Count()
		}
		if time.Duration(quarters)*Quarter != tt.elapsed {
			t.Errorf("%s to %s: %d quarters are taken", tt.from, tt.to, quarters)
		}
	}
}

// A person far away asks for today: it is the today of the site.
func TestEdge16_TodayIsThatOfTheSite(t *testing.T) {
	t.Parallel()
	now := mustLocal(t, "2026-05-04T20:30", load(t, "America/Sao_Paulo"))
	if got := DateOf(now.In(Rome)).String(); got != "2026-05-05" {
		t.Errorf("today in Rome is %s", got)
	}
}

// The rules of a zone change after people were told "9 o'clock": from date and
// clock the new instant is found, and it shows 9 o'clock again.
func TestEdge19_NewRulesKeepTheLocalTime(t *testing.T) {
	t.Parallel()
	noSummerTime := time.FixedZone("CET", 3600)
	d := mustDate(t, "2026-07-06")
	before, _, err1 := Instant(d, 9*60, Rome)
	after, _, err2 := Instant(d, 9*60, noSummerTime)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if after.Sub(before) != time.Hour || reading(after) != "2026-07-06T09:00" {
		t.Errorf("before %v, after %v", before, after)
	}
	hours := MustHours("Mo-Fr 09:00-10:00")
	old := &Opening{Hours: hours, Zone: Rome}
	now := &Opening{Hours: hours, Zone: noSummerTime}
	if old.Mask(DayOf(before)) != Quarters(28, 32) || now.Mask(DayOf(after)) != Quarters(32, 36) {
		t.Errorf("hours before %v, after %v", old.Mask(DayOf(before)), now.Mask(DayOf(after)))
	}
}

func FuzzParseLocal(f *testing.F) {
	for _, s := range []string{
		"2026-10-25T02:30", "2026-10-25T02:30+02:00", "2026-03-29T02:30", "2026-05-04T09:00:00.000Z",
		"9999-12-31T23:59", "0001-01-01T00:00", "2026-05-04T09:00:00,5-23:59", "2011-12-30T12:00",
	} {
		f.Add(s, uint8(0))
		f.Add(s, uint8(9))
	}
	f.Fuzz(func(t *testing.T, s string, zone uint8) {
		loc := load(t, zones[int(zone)%len(zones)])
		at, err := ParseLocal(s, loc)
		if err != nil {
			if !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrNoSuchTime) && !errors.Is(err, ErrAmbiguous) {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		if local := strings.TrimRight(s[16:], "0123456789.,:") == ""; local && reading(at) != s[:16] {
			t.Fatalf("%q became %v", s, at)
		}
		again, err := ParseLocal(at.Format(time.RFC3339Nano), loc)
		if _, offset := at.Zone(); offset%60 == 0 && at.Year() >= 1 && at.Year() <= 9999 && (err != nil || !again.Equal(at)) {
			t.Fatalf("%q became %v, and that %v, %v", s, at, again, err)
		}
	})
}

func FuzzParseClock(f *testing.F) {
	for _, s := range []string{"00:00", "08:20", "24:00", "24:01", "8:20", "", "-1:30", "08:2\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseClock(s)
		if err == nil && (c < 0 || c > Midnight24 || c.String() != s) {
			t.Fatalf("%q became %v", s, c)
		}
		if err != nil && !errors.Is(err, ErrInvalid) {
			t.Fatalf("%q: %v", s, err)
		}
	})
}
