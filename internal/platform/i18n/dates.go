package i18n

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"polis/internal/agenda"
)

// style is how a language writes dates and lengths of time.
type style struct {
	weekdays [7]string // from Sunday
	months   [12]string
	first    string // day 1 of a month
	at       string // between a date and a time
	from, to string // around the two ends of a span
	and      string // between hours and minutes
	day      [2]string
	hour     [2]string
	minute   [2]string
}

var styles = map[Lang]*style{
	IT: {
		weekdays: [7]string{"domenica", "lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato"},
		months: [12]string{
			"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto",
			"settembre", "ottobre", "novembre", "dicembre",
		},
		first: "1º", at: ", ore ", from: "dalle ", to: " alle ", and: " e ",
		day: [2]string{"giorno", "giorni"}, hour: [2]string{"ora", "ore"}, minute: [2]string{"minuto", "minuti"},
	},
	EN: {
		weekdays: [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
		months: [12]string{
			"January", "February", "March", "April", "May", "June", "July", "August",
			"September", "October", "November", "December",
		},
		first: "1", at: ", ", from: "", to: " to ", and: " ",
		day: [2]string{"day", "days"}, hour: [2]string{"hour", "hours"}, minute: [2]string{"minute", "minutes"},
	},
}

// civil is the instant on the clock of the people it concerns.
func (p *Printer) civil(t time.Time) time.Time {
	if t.Location() == time.UTC {
		return t.In(p.Zone)
	}
	return t
}

// Date writes the day in full: "sabato 21 novembre 2026", "Saturday 21
// November 2026".
func (p *Printer) Date(t time.Time) string {
	t = p.civil(t)
	return p.style.weekdays[t.Weekday()] + " " + p.shortDate(t)
}

// DateShort writes the day without its weekday: "21 novembre 2026".
func (p *Printer) DateShort(t time.Time) string { return p.shortDate(p.civil(t)) }

func (p *Printer) shortDate(t time.Time) string {
	day := strconv.Itoa(t.Day())
	if t.Day() == 1 {
		day = p.style.first
	}
	return day + " " + p.style.months[t.Month()-1] + " " + strconv.Itoa(t.Year())
}

// Day writes a civil day in full, like Date.
func (p *Printer) Day(d agenda.Date) string {
	t := time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, p.Zone)
	return p.style.weekdays[t.Weekday()] + " " + p.shortDate(t)
}

// Weekday writes the name of the day: "sabato".
func (p *Printer) Weekday(d time.Weekday) string { return p.style.weekdays[d] }

// Month writes a month with its year: "novembre 2026".
func (p *Printer) Month(t time.Time) string {
	t = p.civil(t)
	return p.style.months[t.Month()-1] + " " + strconv.Itoa(t.Year())
}

// Time writes the time of the day, on 24 hours: "09:30". The hour that comes
// twice when daylight saving ends carries its offset: "02:30 (+01:00)".
func (p *Printer) Time(t time.Time) string {
	t = p.civil(t)
	_, offset := t.Zone()
	_, before := t.Add(-time.Hour).Zone()
	_, after := t.Add(time.Hour).Zone()
	if before == offset+3600 || after == offset-3600 { // an hour ago, or in an hour, clocks show the same
		return t.Format("15:04 (-07:00)")
	}
	return t.Format("15:04")
}

// DateTime writes day and time: "sabato 21 novembre 2026, ore 09:30".
func (p *Printer) DateTime(t time.Time) string {
	return p.Date(t) + p.style.at + p.Time(t)
}

// Span writes from when to when: "sabato 21 novembre 2026, dalle 09:00 alle
// 11:30"; over several days both ends with their date.
func (p *Printer) Span(from, to time.Time) string {
	from, to = p.civil(from), p.civil(to)
	if from.Format(time.DateOnly) == to.Format(time.DateOnly) {
		return p.Date(from) + ", " + p.style.from + p.Time(from) + p.style.to + p.Time(to)
	}
	return p.DateTime(from) + " – " + p.DateTime(to)
}

// Hours writes the times of a span alone: "09:00–11:30".
func (p *Printer) Hours(from, to time.Time) string { return p.Time(from) + "–" + p.Time(to) }

// Duration writes a length of time to the minute: "1 ora e 30 minuti".
func (p *Printer) Duration(d time.Duration) string {
	minutes := int(d.Round(time.Minute) / time.Minute)
	var parts []string
	for _, unit := range []struct {
		minutes int
		name    [2]string
	}{{24 * 60, p.style.day}, {60, p.style.hour}, {1, p.style.minute}} {
		n := minutes / unit.minutes
		minutes %= unit.minutes
		if n == 0 && (unit.minutes > 1 || len(parts) > 0) {
			continue
		}
		name := unit.name[1]
		if n == 1 {
			name = unit.name[0]
		}
		parts = append(parts, fmt.Sprintf("%s %s", p.Number(n), name))
	}
	return strings.Join(parts, p.style.and)
}

// ISO is the instant as machines read it, for the datetime of a <time>.
func (p *Printer) ISO(t time.Time) string { return p.civil(t).Format(time.RFC3339) }
