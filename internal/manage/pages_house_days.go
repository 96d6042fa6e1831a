package manage

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/errs"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

func exceptionPath(code string, d agenda.Date) string {
	return hoursPath(code) + "/giorni/" + d.String()
}

// dayPage gives a house other hours on one day or more, or takes them away.
type dayPage struct {
	houseHead
	change
	Name    string // what it does
	Action  string
	Day     string // in words; empty where it is to be said
	Hours   string // that it has, where they are to be taken away
	Usual   string // that it has without
	Removal bool
	Kinds   []web.Option
	Row     hoursRow
}

func (dayPage) Template() string { return "manage/day" }

const dayRow = "orario"

// dayValues are what the form of a day shows; the zero date is a new one.
func dayValues(st *site.Site, on agenda.Date) url.Values {
	spans, there := st.Exceptions[on]
	v := url.Values{"come": {"chiuso"}}
	if on == (agenda.Date{}) {
		v["dal"], v["al"] = []string{""}, []string{""}
	} else if !there {
		spans = st.Hours.On(on.Weekday(), agenda.IsHoliday(on, st.Patron))
	}
	if len(spans) > 0 {
		v["come"] = []string{"orario"}
	}
	spanValues(v, dayRow, spans, max(leastSpans, len(spans)))
	return v
}

// wantedDay is what somebody says of a day.
type wantedDay struct {
	first, last agenda.Date
	spans       []agenda.Span
}

func readDay(f *form.Form, st *site.Site, on agenda.Date) (want wantedDay) {
	want.first, want.last = on, on
	if on == (agenda.Date{}) {
		first := f.Date("dal", "manage.exceptions.from").Required()
		last := f.Date("al", "manage.exceptions.until")
		want.first, want.last = first.Value, last.Value
		if !last.Given() {
			want.last = want.first
		}
	}
	how := f.Choice("come", "manage.exceptions.how", "chiuso", "orario").Required()
	want.spans = readSpans(f, dayRow, "manage.exceptions.hours", max(leastSpans, len(st.Exceptions[on])))
	switch {
	case how.Value == "chiuso":
		want.spans = nil
	case how.Value == "orario" && len(want.spans) == 0 && f.Fault(dayRow+"-dalle-1") == nil:
		f.Add(errs.New(errs.Invalid, "manage.exceptions.no-hours", nil).On(dayRow + "-dalle-1"))
	}
	return want
}

// dayAsked is the day of an address; the zero date is a new one.
func dayAsked(r *http.Request) (agenda.Date, error) {
	text := r.PathValue("giorno")
	if text == "" {
		return agenda.Date{}, nil
	}
	d, err := agenda.ParseDate(text)
	if err != nil {
		return d, errs.New(errs.NotFound, "manage.exceptions.unknown", nil)
	}
	return d, nil
}

func (h *pages) dayPage(w http.ResponseWriter, r *http.Request) error {
	st, _, err := h.house(r, "hours")
	if err != nil {
		return err
	}
	on, err := dayAsked(r)
	if err != nil {
		return err
	}
	c := newChange(dayValues(st, on))
	readDay(c.Form, st, on)
	return h.showDay(w, r, st, on, c, http.StatusOK)
}

func (h *pages) showDay(w http.ResponseWriter, r *http.Request, st *site.Site, on agenda.Date, c change, status int) error {
	p := h.ui.Printer(r)
	page := dayPage{houseHead: h.houseHeadOf(p, st, "hours"), change: c, Name: p.T("manage.exceptions.new"), Action: hoursPath(st.Code) + "/giorni"}
	page.Crumbs = append(page.Crumbs, link(hoursPath(st.Code), st.Name+": "+p.T("manage.house.tab.hours")))
	room := leastSpans
	if on != (agenda.Date{}) {
		page.Day, page.Action = p.Day(on), exceptionPath(st.Code, on)
		page.Name, room = page.Day, max(leastSpans, len(st.Exceptions[on]))
		page.Usual = spansInWords(p, st.Hours.On(on.Weekday(), agenda.IsHoliday(on, st.Patron)))
	}
	page.Title = p.T("manage.house.title", "house", st.Name, "tab", page.Name)
	page.Saving, page.Cancel = p.T("manage.save"), hoursPath(st.Code)
	page.Kinds = []web.Option{{Value: "chiuso", Text: p.T("manage.exceptions.closed")}, {Value: "orario", Text: p.T("manage.exceptions.open")}}
	page.Row = spanRow(p, c.Form, dayRow, p.T("manage.exceptions.hours"), room)
	return h.ui.Render(w, r, status, page)
}

func (h *pages) saveDay(w http.ResponseWriter, r *http.Request) error {
	st, err := h.House(actor(r), r.PathValue("code"))
	if err != nil {
		return err
	}
	on, err := dayAsked(r)
	if err != nil {
		return err
	}
	var want wantedDay
	c, done, err := h.sent(w, r, st, func(st *site.Site) url.Values { return dayValues(st, on) }, func(f *form.Form) {
		want = readDay(f, st, on)
	}, func(ctx context.Context, keep time.Time) error {
		return h.SetException(ctx, actor(r), st.ID, st.Rev, want.first, want.last, want.spans, keep)
	})
	if err != nil {
		return err
	}
	if done {
		return h.ui.Done(w, r, hoursPath(st.Code), "manage.exceptions.saved")
	}
	c.tell(h.ui.Printer(r), nil)
	return h.showDay(w, r, st, on, c, c.status())
}

// askDropDay asks whether a day is to have its usual hours again.
func (h *pages) askDropDay(w http.ResponseWriter, r *http.Request) error {
	st, _, err := h.house(r, "hours")
	if err != nil {
		return err
	}
	on, err := dayAsked(r)
	if err != nil {
		return err
	}
	return h.showDropDay(w, r, st, on, newChange(dropValues(st, on)), http.StatusOK)
}

func dropValues(st *site.Site, on agenda.Date) url.Values {
	return url.Values{"era": {spansText(st.Exceptions[on])}}
}

func (h *pages) showDropDay(w http.ResponseWriter, r *http.Request, st *site.Site, on agenda.Date, c change, status int) error {
	spans, there := st.Exceptions[on]
	if !there {
		return errs.New(errs.NotFound, "manage.exceptions.unknown", nil)
	}
	p := h.ui.Printer(r)
	page := dayPage{houseHead: h.houseHeadOf(p, st, "hours"), change: c, Removal: true, Action: exceptionPath(st.Code, on) + "/togli"}
	page.Crumbs = append(page.Crumbs, link(hoursPath(st.Code), st.Name+": "+p.T("manage.house.tab.hours")))
	page.Day, page.Hours = p.Day(on), spansInWords(p, spans)
	page.Usual = spansInWords(p, st.Hours.On(on.Weekday(), agenda.IsHoliday(on, st.Patron)))
	page.Name = p.T("manage.exceptions.drop", "day", page.Day)
	page.Title = p.T("manage.house.title", "house", st.Name, "tab", page.Name)
	page.Saving, page.Cancel = p.T("manage.exceptions.drop-it"), hoursPath(st.Code)
	return h.ui.Render(w, r, status, page)
}

func (h *pages) dropDay(w http.ResponseWriter, r *http.Request) error {
	st, err := h.House(actor(r), r.PathValue("code"))
	if err != nil {
		return err
	}
	on, err := dayAsked(r)
	if err != nil {
		return err
	}
	if _, there := st.Exceptions[on]; !there { // a second tap
		return h.ui.Done(w, r, hoursPath(st.Code), "manage.exceptions.dropped")
	}
	c, done, err := h.sent(w, r, st, func(st *site.Site) url.Values { return dropValues(st, on) }, func(*form.Form) {}, func(ctx context.Context, keep time.Time) error {
		return h.EndException(ctx, actor(r), st.ID, st.Rev, on, keep)
	})
	if err != nil {
		return err
	}
	if done {
		return h.ui.Done(w, r, hoursPath(st.Code), "manage.exceptions.dropped")
	}
	return h.showDropDay(w, r, st, on, c, c.status())
}
