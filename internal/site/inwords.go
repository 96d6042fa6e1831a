package site

import (
	"slices"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
)

// DayHours are the opening hours of some days of the week, in words.
type DayHours struct{ Days, Hours string }

// WeekInWords are opening hours, days that open alike together.
func WeekInWords(p *i18n.Printer, hours agenda.Hours) (out []DayHours) {
	for i := 0; i < 7; {
		first := weekday(i)
		j := i
		for j+1 < 7 && slices.Equal(hours.On(weekday(j+1), false), hours.On(first, false)) {
			j++
		}
		days := p.Weekday(first)
		switch {
		case i == 0 && j == 6:
			days = p.T("site.hours.every-day")
		case j > i:
			days = p.T("site.hours.from-to", "from", p.Weekday(first), "to", p.Weekday(weekday(j)))
		}
		out = append(out, DayHours{days, spansInWords(p, hours.On(first, false))})
		i = j + 1
	}
	holiday := hours.On(time.Monday, true)
	own := false // whether a holiday has hours of its own, or is a day like any other
	for i := range 7 {
		if !slices.Equal(hours.On(weekday(i), true), holiday) {
			return out
		}
		own = own || !slices.Equal(hours.On(weekday(i), false), holiday)
	}
	if !own {
		return out
	}
	return append(out, DayHours{p.T("site.hours.holidays"), spansInWords(p, holiday)})
}

func spansInWords(p *i18n.Printer, spans []agenda.Span) string {
	var parts []string
	for _, s := range spans {
		if s == (agenda.Span{From: 0, To: agenda.Midnight24}) {
			return p.T("site.hours.all-day")
		}
		parts = append(parts, strings.ReplaceAll(s.String(), "-", "–"))
	}
	if len(parts) == 0 {
		return p.T("site.hours.closed")
	}
	return strings.Join(parts, ", ")
}

// weekday is the nth day of the week, from Monday.
func weekday(n int) time.Weekday { return time.Weekday((n + 1) % 7) }

// ClosureInWords is a time for which a house is closed, with its reason.
func ClosureInWords(p *i18n.Printer, from, to time.Time, reason string) string {
	return p.T("site.closed.because", "day", p.Span(from, to), "reason", reason)
}

// ClosedInWords are the days from the first until before the last, at most
// most of them, on which a house is closed though its week says otherwise:
// each with its reason, if one is known.
func (n *Network) ClosedInWords(p *i18n.Printer, st *Site, first, last agenda.Date, most int) (out []string) {
	holidays := map[agenda.Date]string{}
	for year := first.Year; year <= last.Year; year++ {
		for _, h := range agenda.NationalHolidays(year) {
			holidays[h.Date] = "site.holiday." + strings.TrimPrefix(h.Key, "holiday.")
		}
	}
	opening := n.Opening(st.ID)
	for d := first; d.Before(last) && len(out) < most; d = d.AddDays(1) {
		if len(opening.On(d)) > 0 || len(st.Hours.On(d.Weekday(), false)) == 0 {
			continue
		}
		key := holidays[d]
		switch {
		case key == "" && agenda.IsHoliday(d, st.Patron):
			key = "site.closed.patron"
		case key == "":
			out = append(out, p.Day(d))
			continue
		}
		out = append(out, p.T("site.closed.because", "day", p.Day(d), "reason", p.T(key)))
	}
	return out
}

// AccessInWords says whether everybody can come in; what nobody has said is told
// as such.
func AccessInWords(p *i18n.Printer, st *Site) []web.Fact {
	answer := func(a Answer) string {
		if a == "" {
			return p.T("site.access.unknown")
		}
		return p.T("site.access." + string(a))
	}
	pr := st.Profile
	parking := p.T("site.access.unknown")
	if pr.Parking != "" {
		parking = p.T("site.parking." + string(pr.Parking))
	}
	list := []web.Fact{
		{Name: p.T("site.access.step-free"), Value: answer(pr.StepFree)},
		{Name: p.T("site.access.toilet"), Value: answer(pr.AccessibleToilet)},
		{Name: p.T("site.access.parking"), Value: parking},
	}
	if pr.AccessibleBays > 0 {
		list = append(list, web.Fact{Name: p.T("site.access.bays"), Value: p.Number(pr.AccessibleBays)})
	}
	return list
}
