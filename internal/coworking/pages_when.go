package coworking

import (
	"errors"
	"net/url"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

// The fields of a time, in forms and addresses: a day, from, to, and the last
// day where it is another. Where the clocks show a time twice, the person says
// which by its offset.
const (
	fieldDay   = "giorno"
	fieldFrom  = "dalle"
	fieldTo    = "alle"
	fieldLast  = "al"
	fieldFirst = "dalle-ora" // offset of the start, "+02:00"
	fieldEnd   = "alle-ora"  // offset of the end
)

// when is a time as people choose it, on the clocks of a place.
type when struct {
	From, To  time.Time // in the zone; zero where what was typed cannot be
	zone      *time.Location
	WhichFrom []web.Option // two where the start comes twice
	WhichTo   []web.Option
	SeveralOK bool // whether the form asks for a last day
}

// Valid tells whether both ends are known.
func (w when) Valid() bool { return !w.From.IsZero() && !w.To.IsZero() }

// readWhen reads a time from a form; what was not typed is taken from the
// defaults. Faults stay in the form, beside their inputs.
func readWhen(p *i18n.Printer, f *form.Form, zone *time.Location, from, to time.Time) when {
	from, to = from.In(zone), to.In(zone)
	w := when{zone: zone}
	day := f.Date(fieldDay, "coworking.when.day").Default(agenda.DateOf(from))
	start := f.Time(fieldFrom, "coworking.when.from").Default(clockOf(from)).Step(15)
	end := f.Time(fieldTo, "coworking.when.to").Default(clockOf(to)).Step(15)
	last := f.Date(fieldLast, "coworking.when.last")
	if f.Blank() && f.Raw(fieldLast) == "" && agenda.DateOf(to.Add(-1)) != agenda.DateOf(from) {
		last.Default(agenda.DateOf(to.Add(-1)))
	}
	w.SeveralOK = last.Given() || f.Raw(fieldLast) != ""
	first, final := day.Value, day.Value
	if last.Value != (agenda.Date{}) {
		final = last.Value
	}
	if f.Fault(fieldDay) != nil || f.Fault(fieldFrom) != nil || f.Fault(fieldTo) != nil || f.Fault(fieldLast) != nil {
		return w
	}
	w.span(p, f, first, start.Value, final, end.Value)
	return w
}

// span is the time from a local time to another.
func (w *when) span(p *i18n.Printer, f *form.Form, first agenda.Date, from agenda.Clock, last agenda.Date, to agenda.Clock) {
	if to == 0 {
		to = agenda.Midnight24 // an end at midnight is the end of the day
	}
	w.From, w.WhichFrom = w.instant(p, f, first, from, fieldFrom, fieldFirst)
	w.To, w.WhichTo = w.instant(p, f, last, to, fieldTo, fieldEnd)
	if w.Valid() && !w.From.Before(w.To) {
		f.Add(errs.New(errs.Invalid, "coworking.when.reversed", nil).On(fieldTo))
		w.To = time.Time{}
	}
}

// instant is a local time as an instant; zero, with a fault in the form, where
// it does not exist, or comes twice and nobody said which.
func (w when) instant(p *i18n.Printer, f *form.Form, d agenda.Date, c agenda.Clock, field, which string) (time.Time, []web.Option) {
	first, second, err := agenda.Instant(d, c, w.zone)
	if errors.Is(err, agenda.ErrNoSuchTime) {
		f.Add(errs.New(errs.Invalid, "coworking.when.skipped", nil).On(field))
		return time.Time{}, nil
	}
	if err != nil {
		f.Add(errs.New(errs.Invalid, "form.not_a_time", nil).On(field))
		return time.Time{}, nil
	}
	if second.IsZero() {
		return first.In(w.zone), nil
	}
	both := []time.Time{first.In(w.zone), second.In(w.zone)}
	options := []web.Option{
		{Value: offset(both[0]), Text: p.T("coworking.when.first", "time", c.String(), "offset", offset(both[0]))},
		{Value: offset(both[1]), Text: p.T("coworking.when.second", "time", c.String(), "offset", offset(both[1]))},
	}
	chosen := f.Choice(which, "coworking.when.which", options[0].Value, options[1].Value)
	for i, o := range options {
		if chosen.Value == o.Value {
			return both[i], options
		}
	}
	if f.Fault(which) == nil {
		f.Add(errs.New(errs.Invalid, "coworking.when.twice", nil).On(which))
	}
	return time.Time{}, options
}

func offset(t time.Time) string { return t.Format("-07:00") }

func clockOf(t time.Time) agenda.Clock { return agenda.Clock(t.Hour()*60 + t.Minute()) }

// timeQuery is a time as the fields of an address, on the clocks of a zone.
func timeQuery(from, to time.Time, zone *time.Location) url.Values {
	from, to = from.In(zone), to.In(zone)
	first, last := agenda.DateOf(from), agenda.DateOf(to.Add(-1))
	q := url.Values{fieldDay: {first.String()}, fieldFrom: {clockOf(from).String()}, fieldTo: {clockOf(to).String()}}
	if last != first {
		q.Set(fieldLast, last.String())
	}
	for _, end := range []struct {
		field string
		at    time.Time
	}{{fieldFirst, from}, {fieldEnd, to}} {
		if _, second, err := agenda.Instant(agenda.DateOf(end.at), clockOf(end.at), zone); err == nil && !second.IsZero() {
			q.Set(end.field, offset(end.at))
		}
	}
	return q
}

// The working hours that a search proposes.
const (
	workStart = 9
	workEnd   = 18
	workSpell = 4 * time.Hour
	lastStart = 16 // later, tomorrow is proposed
)

// nextWorkingTime is what a search proposes to who has said nothing: up to four
// of the next working hours, Monday to Friday, no national holidays.
func nextWorkingTime(now time.Time, zone *time.Location) (from, to time.Time) {
	now = now.In(zone)
	day := agenda.DateOf(now)
	start := max(now.Hour()+1, workStart)
	if start > lastStart || !isWorkday(day) {
		start = workStart
		for day = day.AddDays(1); !isWorkday(day); {
			day = day.AddDays(1)
		}
	}
	from = time.Date(day.Year, day.Month, day.Day, start, 0, 0, 0, zone)
	to = from.Add(workSpell)
	if end := time.Date(day.Year, day.Month, day.Day, workEnd, 0, 0, 0, zone); to.After(end) {
		to = end
	}
	return from, to
}

func isWorkday(d agenda.Date) bool {
	wd := d.Weekday()
	return wd != time.Saturday && wd != time.Sunday && !agenda.IsHoliday(d, agenda.MonthDay{})
}

// severalDays tells whether rules allow a booking to run over several days.
func severalDays(r *site.Rules) bool { return r.MaxLength > 24*60 }
