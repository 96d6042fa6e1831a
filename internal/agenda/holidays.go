package agenda

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/aa"
	"github.com/rickar/cal/v2/it"
)

// Holiday is a public holiday; Key is the message key of its name.
type Holiday struct {
	Date Date
	Key  string
}

// saintFrancis is a holiday again by law 8 October 2025, no. 151, in force from
// 1 January 2026, which adds it to art. 2 of law 27 May 1949, no. 260.
var saintFrancis = &cal.Holiday{Month: time.October, Day: 4, StartYear: 2026, Func: cal.CalcDayOfMonth}

// The national holidays of Italy in the order of the year: law 260/1949, art. 2, as
// in force since 2001 (2 June returned with law 336/2000), with Easter Sunday.
var national = []struct {
	key  string
	rule *cal.Holiday
}{
	{"holiday.newyear", it.Capodanno},
	{"holiday.epiphany", it.Epifania},
	{"holiday.easter", aa.Easter},
	{"holiday.eastermonday", it.Pasquetta},
	{"holiday.liberation", it.FestaDellaLiberazione},
	{"holiday.labour", it.FestaDelLavoro},
	{"holiday.republic", it.FestaDellaRepubblica},
	{"holiday.assumption", it.Assunzione},
	{"holiday.francis", saintFrancis},
	{"holiday.allsaints", it.TuttiISanti},
	{"holiday.immaculate", it.Immacolata},
	{"holiday.christmas", it.Natale},
	{"holiday.stephen", it.SantoStefano},
}

// NationalHolidays are the holidays of a year in all of Italy, by date; right
// from 2001 on. Two may fall on one date, as Easter Monday and 25 April do in
// 2011. Days of single provinces or towns are not among them.
func NationalHolidays(year int) []Holiday {
	list := make([]Holiday, 0, len(national))
	for _, h := range national {
		if at, _ := h.rule.Calc(year); !at.IsZero() {
			list = append(list, Holiday{DateOf(at), h.key})
		}
	}
	slices.SortStableFunc(list, func(a, b Holiday) int { return a.Date.Compare(b.Date) })
	return list
}

// nationalDays is a bit for each date that can be booked, made on first use:
// opening hours ask for every site and day.
var nationalDays = sync.OnceValue(func() []uint64 {
	days := make([]uint64, (lastDay-firstDay)/64+1)
	for year := firstDay.Start().Year(); year <= lastDay.Start().Year(); year++ {
		for _, h := range NationalHolidays(year) {
			i := DayOf(h.Date.UTC()) - firstDay
			days[i/64] |= 1 << (i % 64)
		}
	}
	return days
})

// IsHoliday tells whether d is a national holiday of Italy or the day of the town's patron.
func IsHoliday(d Date, patron MonthDay) bool {
	if !patron.IsZero() && d.Month == patron.Month && d.Day == patron.Day {
		return true
	}
	if day := DayOf(d.UTC()); firstDay <= day && day <= lastDay {
		i := day - firstDay
		return nationalDays()[i/64]>>(i%64)&1 != 0
	}
	return slices.ContainsFunc(NationalHolidays(d.Year), func(h Holiday) bool { return h.Date == d })
}

// AddWorkingDays is the nth working day after d: Monday to Friday, without
// holidays. None of them is d itself, even where that is a holiday.
func AddWorkingDays(d Date, n int, patron MonthDay) Date {
	for n > 0 {
		d = d.AddDays(1)
		if wd := d.Weekday(); wd != time.Saturday && wd != time.Sunday && !IsHoliday(d, patron) {
			n--
		}
	}
	return d
}

// MonthDay is a day of every year, such as that of a patron saint. The zero value is none.
type MonthDay struct {
	Month time.Month
	Day   int
}

// ParseMonthDay reads "12-07", and "" as none; ErrInvalid otherwise.
func ParseMonthDay(s string) (MonthDay, error) {
	if s == "" {
		return MonthDay{}, nil
	}
	d, err := ParseDate("2000-" + s) // a leap year: 29 February is a day of some years
	if err != nil {
		return MonthDay{}, fmt.Errorf("%w: %q", ErrInvalid, s)
	}
	return MonthDay{d.Month, d.Day}, nil
}

// IsZero tells whether there is no day.
func (m MonthDay) IsZero() bool { return m == MonthDay{} }

// String is the day as "12-07", or "" for none.
func (m MonthDay) String() string {
	if m.IsZero() {
		return ""
	}
	return fmt.Sprintf("%02d-%02d", int(m.Month), m.Day)
}
