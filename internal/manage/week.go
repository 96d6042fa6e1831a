package manage

import (
	"errors"
	"slices"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web/form"
)

// A week is opening hours as a table shows them: the spans of seven days from
// Monday, and what happens on holidays.
type week struct {
	days    [7][]agenda.Span
	like    holidays
	holiday []agenda.Span // where like is holidaysOwn
}

// holidays says what the hours of a holiday are.
type holidays string

const (
	holidaysClosed holidays = "chiuso"
	holidaysUsual  holidays = "solito" // those of the day of the week
	holidaysOwn    holidays = "orario"
)

// dayOf is the nth day of the week, from Monday.
func dayOf(n int) time.Weekday { return time.Weekday((n + 1) % 7) }

// weekOf is the table of opening hours.
func weekOf(h agenda.Hours) (w week) {
	w.like, w.holiday = holidaysUsual, h.On(time.Monday, true)
	for i := range w.days {
		w.days[i] = h.On(dayOf(i), false)
		if !slices.Equal(h.On(dayOf(i), true), w.days[i]) {
			w.like = holidaysOwn
		}
	}
	switch {
	case w.like == holidaysUsual:
		w.holiday = nil
	case len(w.holiday) == 0:
		w.like = holidaysClosed
	}
	return w
}

// osmDays are the days of the week as the text of opening hours names them.
var osmDays = []string{"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"}

// hours are the opening hours that a table says. Its spans are right.
func (w week) hours() (agenda.Hours, error) {
	rules := []string{"off"}
	for i, spans := range w.days {
		if len(spans) > 0 {
			rules = append(rules, osmDays[i]+" "+spansText(spans))
		}
	}
	switch {
	case w.like == holidaysClosed || w.like == holidaysOwn && len(w.holiday) == 0:
		rules = append(rules, "PH off")
	case w.like == holidaysOwn:
		rules = append(rules, "PH "+spansText(w.holiday))
	}
	return agenda.ParseHours(strings.Join(rules, "; "))
}

func spansText(spans []agenda.Span) string {
	var list []string
	for _, s := range spans {
		list = append(list, s.String())
	}
	return strings.Join(list, ",")
}

// spanFields are the names of the inputs of a row of spans: from and to of each.
func spanFields(row string, spans int) (list [][2]string) {
	for i := range spans {
		n := string(rune('1' + i))
		list = append(list, [2]string{row + "-dalle-" + n, row + "-alle-" + n})
	}
	return list
}

// leastSpans is how many spans a row of a table has room for, and mostSpans how
// many it may have.
const leastSpans, mostSpans = 2, 6

// spanValues are what the inputs of a row show. An end of the day is written
// 00:00, as inputs for a time have no 24:00.
func spanValues(values map[string][]string, row string, spans []agenda.Span, room int) {
	for i, name := range spanFields(row, room) {
		from, to := "", ""
		if i < len(spans) {
			from, to, _ = strings.Cut(spans[i].String(), "-")
			if to == agenda.Midnight24.String() {
				to = agenda.Clock(0).String()
			}
		}
		values[name[0]], values[name[1]] = []string{from}, []string{to}
	}
}

// readSpans reads a row of spans; what is wrong with one is noted beside it.
func readSpans(f *form.Form, row, label string, room int) []agenda.Span {
	var texts []string
	for _, name := range spanFields(row, room) {
		from, to := f.Time(name[0], label), f.Time(name[1], label)
		switch {
		case !from.Given() && !to.Given():
			continue
		case !from.Given() || !to.Given():
			f.Add(errs.New(errs.Invalid, "manage.hours.half", nil).On(name[0]))
			continue
		case f.Fault(name[0]) != nil || f.Fault(name[1]) != nil:
			continue
		case to.Value == 0:
			to.Value = agenda.Midnight24
		}
		texts = append(texts, from.Value.String()+"-"+to.Value.String())
		if _, err := agenda.ParseHours(strings.Join(texts, ",")); err != nil {
			f.Add(hoursFault(err).On(name[0]))
			texts = texts[:len(texts)-1]
		}
	}
	if len(texts) == 0 {
		return nil
	}
	h, err := agenda.ParseHours(strings.Join(texts, ","))
	if err != nil {
		return nil // each was right beside those before it
	}
	return h.On(time.Monday, false)
}

// hoursFault says in words what is wrong with a text of opening hours.
func hoursFault(err error) *errs.Error {
	if bad, ok := errors.AsType[*agenda.HoursError](err); ok {
		return errs.New(errs.Invalid, "manage.hours.fault."+string(bad.Reason), errs.Args{"piece": bad.Piece})
	}
	return errs.New(errs.Invalid, "site.invalid", nil)
}

// spansInWords are spans as people read them; the words for closed where there
// are none.
func spansInWords(p *i18n.Printer, spans []agenda.Span) string {
	if len(spans) == 0 {
		return p.T("site.hours.closed")
	}
	return strings.ReplaceAll(strings.ReplaceAll(spansText(spans), "-", "–"), ",", ", ")
}
