package agenda

import (
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// golden is the calendar of law 260/1949, art. 2, as published for each year.
var golden = map[int][]string{
	2025: {
		"2025-01-01", "2025-01-06", "2025-04-20", "2025-04-21", "2025-04-25", "2025-05-01", "2025-06-02",
		"2025-08-15", "2025-11-01", "2025-12-08", "2025-12-25", "2025-12-26",
	},
	2026: {
		"2026-01-01", "2026-01-06", "2026-04-05", "2026-04-06", "2026-04-25", "2026-05-01", "2026-06-02",
		"2026-08-15", "2026-10-04", "2026-11-01", "2026-12-08", "2026-12-25", "2026-12-26",
	},
	2027: {
		"2027-01-01", "2027-01-06", "2027-03-28", "2027-03-29", "2027-04-25", "2027-05-01", "2027-06-02",
		"2027-08-15", "2027-10-04", "2027-11-01", "2027-12-08", "2027-12-25", "2027-12-26",
	},
	2028: {
		"2028-01-01", "2028-01-06", "2028-04-16", "2028-04-17", "2028-04-25", "2028-05-01", "2028-06-02",
		"2028-08-15", "2028-10-04", "2028-11-01", "2028-12-08", "2028-12-25", "2028-12-26",
	},
}

func dates(holidays []Holiday) []string {
	var list []string
	for _, h := range holidays {
		list = append(list, h.Date.String())
	}
	return list
}

func TestNationalHolidays(t *testing.T) {
	t.Parallel()
	for year, want := range golden {
		if diff := cmp.Diff(want, dates(NationalHolidays(year))); diff != "" {
			t.Errorf("%d: -want +got\n%s", year, diff)
		}
	}
	want := []string{
		"holiday.newyear", "holiday.epiphany", "holiday.easter", "holiday.eastermonday", "holiday.liberation",
		"holiday.labour", "holiday.republic", "holiday.assumption", "holiday.francis", "holiday.allsaints",
		"holiday.immaculate", "holiday.christmas", "holiday.stephen",
	}
	var keys []string
	for _, h := range NationalHolidays(2026) {
		keys = append(keys, h.Key)
	}
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Errorf("keys: -want +got\n%s", diff)
	}
	// Easter Monday may fall on Liberation Day.
	if got := dates(NationalHolidays(2011)); len(got) != 12 || got[3] != "2011-04-25" || got[4] != "2011-04-25" {
		t.Errorf("2011: %v", got)
	}
}

func TestNationalHolidaysAsInTheSharedData(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "..", "shared", "data", "holidays_it.csv")
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("NOT CHECKED against the published list: %s is absent", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := map[int][]string{}
	for _, row := range rows[1:] {
		d := mustDate(t, row[0])
		want[d.Year] = append(want[d.Year], row[0])
	}
	for year, days := range want {
		if diff := cmp.Diff(days, dates(NationalHolidays(year))); diff != "" {
			t.Errorf("%d: -want +got\n%s", year, diff)
		}
	}
	if len(want) == 0 {
		t.Error("the list is empty")
	}
}

// Gauss's rule for the Gregorian Easter, with his two exceptions: another way
// to the date than that of the library.
func easter(year int) Date {
	a, b, c := year%19, year%4, year%7
	k := year / 100
	p := (13 + 8*k) / 25
	m := (15 - p + k - k/4) % 30
	n := (4 + k - k/4) % 7
	d := (19*a + m) % 30
	e := (2*b + 4*c + 6*d + n) % 7
	if d == 29 && e == 6 || d == 28 && e == 6 && (11*m+11)%30 < 19 {
		e -= 7
	}
	return Date{year, time.March, 22}.AddDays(d + e)
}

func TestEasterByGauss(t *testing.T) {
	t.Parallel()
	for year := 2000; year <= 2200; year++ {
		want := []Holiday{{easter(year), "holiday.easter"}, {easter(year).AddDays(1), "holiday.eastermonday"}}
		got := slices.DeleteFunc(NationalHolidays(year), func(h Holiday) bool { return !slices.Contains(want, h) })
		if len(got) != 2 {
			t.Errorf("%d: want Easter on %v, got %v", year, want[0].Date, NationalHolidays(year))
		}
	}
}

func TestIsHolidayDayByDay(t *testing.T) {
	t.Parallel()
	patron := MonthDay{time.December, 7} // Sant'Ambrogio, Milan
	for _, year := range []int{1995, 2000, 2025, 2026, 2200, 2201} {
		list := NationalHolidays(year)
		for d := (Date{year, 1, 1}); d.Year == year; d = d.AddDays(1) {
			want := slices.ContainsFunc(list, func(h Holiday) bool { return h.Date == d })
			if got := IsHoliday(d, MonthDay{}); got != want {
				t.Errorf("%v: %v, want %v", d, got, want)
			}
			if got := IsHoliday(d, patron); got != (want || d.Month == 12 && d.Day == 7) {
				t.Errorf("%v with patron: %v", d, got)
			}
		}
	}
}

func TestParseMonthDay(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]MonthDay{"12-07": {12, 7}, "02-29": {2, 29}, "": {}} {
		got, err := ParseMonthDay(s)
		if err != nil || got != want || got.String() != s || got.IsZero() != (s == "") {
			t.Errorf("ParseMonthDay(%q) = %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"02-30", "13-01", "7-12", "00-00", "12-07-01", "1207"} {
		if got, err := ParseMonthDay(s); !errors.Is(err, ErrInvalid) {
			t.Errorf("ParseMonthDay(%q) = %v, %v", s, got, err)
		}
	}
	if IsHoliday(Date{2027, 3, 1}, MonthDay{2, 29}) || !IsHoliday(Date{2028, 2, 29}, MonthDay{2, 29}) {
		t.Error("a patron on 29 February has a day in leap years only")
	}
}

func BenchmarkIsHoliday(b *testing.B) {
	d := Date{2026, 10, 4}
	for b.Loop() {
		if !IsHoliday(d, MonthDay{12, 7}) {
			b.Fatal("not a holiday")
		}
	}
}

func TestAddWorkingDays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-11-23", 0, "2026-11-23"},
		{"2026-11-23", 1, "2026-11-24"}, // Monday
		{"2026-11-23", 5, "2026-11-30"}, // over a weekend
		{"2026-11-27", 1, "2026-11-30"}, // Friday
		{"2026-11-28", 1, "2026-11-30"}, // Saturday
		{"2026-12-04", 2, "2026-12-10"}, // the patron on Monday, Immaculate Conception on Tuesday
		{"2026-12-23", 6, "2027-01-04"}, // Christmas, Saint Stephen on a Saturday, New Year
		{"2027-03-25", 1, "2027-03-26"}, // Good Friday is no holiday in Italy
		{"2027-03-26", 1, "2027-03-30"}, // Easter Monday
	} {
		from, err := ParseDate(c.from)
		if err != nil {
			t.Fatal(err)
		}
		if got := AddWorkingDays(from, c.n, MonthDay{time.December, 7}); got.String() != c.want {
			t.Errorf("%s and %d working days: %s, want %s", c.from, c.n, got, c.want)
		}
	}
}
