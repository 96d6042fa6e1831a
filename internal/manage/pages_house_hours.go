package manage

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

func hoursPath(code string) string { return housePath(code) + "/orari" }

// hoursPage is when a house is open: its week, and the days that are different.
type hoursPage struct {
	houseHead
	change
	Unsettled *web.Alert
	Action    string
	Rows      []hoursRow
	Holidays  []web.Option
	Months    []web.Option
	Coming    []comingDay
	Days      []exceptionRow
	Add       string
	None      *web.Empty
	Pages     web.Pages
	Unsaved   bool // what comes is that of a form not saved yet
}

func (hoursPage) Template() string { return "manage/hours" }

// hoursRow is a row of the table: a day of the week, or the holidays.
type hoursRow struct {
	Day   string
	Spans []spanInputs
	Error string
}

// spanInputs are the inputs of one span.
type spanInputs struct {
	From, To           string // names
	FromValue, ToValue string
	FromLabel, ToLabel string
	Wrong              bool
}

// comingDay is how one of the next days is.
type comingDay struct {
	Day, Hours, Note string
	Closed           bool
	Bars             []bar
}

// bar is when a house is open, in parts of the day of 96.
type bar struct{ X, W int }

// exceptionRow is a day with other hours.
type exceptionRow struct{ Day, Hours, Change, Drop, Label, DropLabel string }

const (
	previewDays       = 14
	exceptionsPerPage = 20
)

// rowNames are the rows of the table as the names of inputs begin.
var rowNames = []string{"lun", "mar", "mer", "gio", "ven", "sab", "dom"}

const holidayRow = "fest"

// room is how many spans the rows of a table have.
func (w week) room() int {
	n := leastSpans
	for _, spans := range append(w.days[:], w.holiday) {
		n = max(n, len(spans))
	}
	return min(n, mostSpans)
}

func hoursValues(st *site.Site) url.Values {
	w := weekOf(st.Hours)
	v := url.Values{"testo": {st.Hours.String()}, "festivi": {string(w.like)}, "patrono-giorno": {""}, "patrono-mese": {""}}
	for i, spans := range w.days {
		spanValues(v, rowNames[i], spans, w.room())
	}
	spanValues(v, holidayRow, w.holiday, w.room())
	if !st.Patron.IsZero() {
		v["patrono-giorno"], v["patrono-mese"] = []string{strconv.Itoa(st.Patron.Day)}, []string{strconv.Itoa(int(st.Patron.Month))}
	}
	return v
}

// readHours reads the week: as a table, or as a text where that is what
// somebody changed. Both then say the same.
func readHours(f *form.Form, was agenda.Hours, want *site.Site) {
	w := week{like: holidays(f.Choice("festivi", "manage.hours.holidays", string(holidaysClosed), string(holidaysUsual), string(holidaysOwn)).
		Default(string(holidaysClosed)).Value)}
	room := weekOf(was).room()
	for i, row := range rowNames {
		w.days[i] = readSpans(f, row, "manage.hours.day."+row, room)
	}
	w.holiday = readSpans(f, holidayRow, "manage.hours.holiday-row", room)
	text := f.String("testo", "manage.hours.text").Max(1000)
	want.Patron = readPatron(f)
	table, err := w.hours()
	if err != nil || f.Err() != nil {
		return
	}
	want.Hours = table
	if text.Value == was.String() || text.Value == "" {
		return
	}
	written, err := agenda.ParseHours(text.Value)
	switch {
	case err != nil:
		f.Add(hoursFault(err).On("testo"))
	case table.Equal(was):
		want.Hours = written
	case !table.Equal(written):
		f.Add(errs.New(errs.Invalid, "manage.hours.two", nil).On("testo"))
	}
}

func readPatron(f *form.Form) (m agenda.MonthDay) {
	day, month := f.Int("patrono-giorno", "manage.hours.patron-day").Between(1, 31), f.Int("patrono-mese", "manage.hours.patron-month").Between(1, 12)
	switch {
	case !day.Given() && !month.Given() || f.Fault("patrono-giorno") != nil || f.Fault("patrono-mese") != nil:
		return m
	case !day.Given() || !month.Given():
		f.Add(errs.New(errs.Invalid, "manage.hours.no-such-day", nil).On("patrono-giorno"))
		return m
	}
	m = agenda.MonthDay{Month: time.Month(month.Value), Day: day.Value}
	if _, err := agenda.ParseMonthDay(m.String()); err != nil {
		f.Add(errs.New(errs.Invalid, "manage.hours.no-such-day", nil).On("patrono-giorno"))
		return agenda.MonthDay{}
	}
	return m
}

func (h *pages) hoursPage(w http.ResponseWriter, r *http.Request) error {
	st, _, err := h.house(r, "hours")
	if err != nil {
		return err
	}
	c, want := newChange(hoursValues(st)), *st
	readHours(c.Form, st.Hours, &want)
	return h.showHours(w, r, st, st, c, http.StatusOK)
}

func (h *pages) saveHours(w http.ResponseWriter, r *http.Request) error {
	st, err := h.House(actor(r), r.PathValue("code"))
	if err != nil {
		return err
	}
	want, look := *st, false
	c, done, err := h.sent(w, r, st, hoursValues, func(f *form.Form) {
		readHours(f, st.Hours, &want)
		look = f.Has("vedi")
	}, func(ctx context.Context, keep time.Time) error {
		if look {
			return errPreview
		}
		return h.SaveHouse(ctx, actor(r), want, keep, "hours")
	})
	switch {
	case err != nil:
		return err
	case done:
		return h.ui.Done(w, r, hoursPath(st.Code), "manage.hours.saved")
	}
	c.tell(h.ui.Printer(r), nil)
	shown := st
	if look && c.Form.Err() == nil { // both ways of writing them in step
		shown = &want
		for name, values := range hoursValues(&want) {
			c.Form.Set(name, values...)
		}
		c.Seen = stamp(hoursValues(st))
	}
	return h.showHours(w, r, st, shown, c, c.status())
}

// showHours shows the hours of a house; as is the house as the form would have
// it.
func (h *pages) showHours(w http.ResponseWriter, r *http.Request, st, as *site.Site, c change, status int) error {
	net := h.Live.Network()
	p := h.ui.Printer(r).In(net.Zone(st))
	page := hoursPage{houseHead: h.houseHeadOf(p, st, "hours"), change: c, Action: hoursPath(st.Code), Add: hoursPath(st.Code) + "/giorni", Unsaved: as != st}
	page.Saving, page.Preview, page.Cancel = p.T("manage.hours.save"), p.T("manage.hours.preview"), hoursPath(st.Code)
	page.Rows = hoursRows(p, c.Form, weekOf(as.Hours).room())
	for _, v := range []holidays{holidaysClosed, holidaysUsual, holidaysOwn} {
		page.Holidays = append(page.Holidays, web.Option{Value: string(v), Text: p.T("manage.hours.holidays." + string(v))})
	}
	page.Months = append(page.Months, web.Option{Text: p.T("manage.hours.no-month")})
	for m := time.January; m <= time.December; m++ {
		name, _, _ := strings.Cut(p.Month(time.Date(2026, m, 15, 12, 0, 0, 0, p.Zone)), " ")
		page.Months = append(page.Months, web.Option{Value: strconv.Itoa(int(m)), Text: name})
	}
	var err error
	if page.Coming, err = h.comingDays(p, as); err != nil {
		return err
	}
	if page.Unsettled, err = h.unsettledAlert(r, st); err != nil {
		return err
	}
	h.listExceptions(r, p, st, &page)
	return h.ui.Render(w, r, status, page)
}

func hoursRows(p *i18n.Printer, f *form.Form, room int) (rows []hoursRow) {
	for i, row := range rowNames {
		rows = append(rows, spanRow(p, f, row, p.Weekday(dayOf(i)), room))
	}
	return append(rows, spanRow(p, f, holidayRow, p.T("manage.hours.holiday-row"), room))
}

// spanRow shows the inputs of a row of spans.
func spanRow(p *i18n.Printer, f *form.Form, row, day string, room int) hoursRow {
	shown := hoursRow{Day: day}
	for i, names := range spanFields(row, room) {
		in := spanInputs{
			From: names[0], To: names[1], FromValue: f.Raw(names[0]), ToValue: f.Raw(names[1]),
			FromLabel: p.T("manage.hours.opens-at", "day", day, "n", i+1), ToLabel: p.T("manage.hours.closes-at", "day", day, "n", i+1),
		}
		for _, name := range names {
			if fault := f.Fault(name); fault != nil {
				in.Wrong, shown.Error = true, p.T(fault.Key, fault.Args)
			}
		}
		shown.Spans = append(shown.Spans, in)
	}
	return shown
}

// comingDays are the next days as they are when a house is as given.
func (h *pages) comingDays(p *i18n.Printer, st *site.Site) (list []comingDay, err error) {
	opening, err := site.OpeningOf(st)
	if err != nil {
		return nil, err
	}
	today := agenda.DateOf(h.Clock.Now().In(opening.Zone))
	holidays := map[agenda.Date]string{}
	for year := today.Year; year <= today.AddDays(previewDays).Year; year++ {
		for _, day := range agenda.NationalHolidays(year) {
			holidays[day.Date] = p.T("site.holiday." + strings.TrimPrefix(day.Key, "holiday."))
		}
	}
	for d := today; d.Before(today.AddDays(previewDays)); d = d.AddDays(1) {
		spans, other := st.Exceptions[d]
		day := comingDay{Day: p.Day(d), Note: holidays[d]}
		switch {
		case other:
			day.Note = p.T("manage.hours.different")
		case day.Note == "" && agenda.IsHoliday(d, st.Patron):
			day.Note = p.T("site.closed.patron")
		}
		if !other {
			spans = st.Hours.On(d.Weekday(), agenda.IsHoliday(d, st.Patron))
		}
		day.Hours, day.Closed = spansInWords(p, spans), len(spans) == 0
		for _, s := range spans {
			from, to := int(s.From)/15, (min(int(s.To), 24*60)+14)/15
			day.Bars = append(day.Bars, bar{from, to - from})
		}
		list = append(list, day)
	}
	return list, nil
}

// listExceptions shows the days with other hours from today on.
func (h *pages) listExceptions(r *http.Request, p *i18n.Printer, st *site.Site, page *hoursPage) {
	today := agenda.DateOf(h.Clock.Now().In(p.Zone))
	var days []agenda.Date
	for d := range st.Exceptions {
		if !d.Before(today) {
			days = append(days, d)
		}
	}
	if len(days) == 0 {
		page.None = &web.Empty{Title: p.T("manage.exceptions.none"), Text: p.T("manage.exceptions.none-text")}
		return
	}
	slices.SortFunc(days, agenda.Date.Compare)
	shown := web.RangeOf(r.URL.Query().Get(web.PageField), len(days), exceptionsPerPage)
	page.Pages = shown.Links(p, r.URL)
	for _, d := range days[shown.From:shown.To] {
		day := p.Day(d)
		page.Days = append(page.Days, exceptionRow{
			Day: day, Hours: spansInWords(p, st.Exceptions[d]), Change: exceptionPath(st.Code, d), Drop: exceptionPath(st.Code, d) + "/togli",
			Label: p.T("manage.change-of", "what", day), DropLabel: p.T("manage.drop-of", "what", day),
		})
	}
}
