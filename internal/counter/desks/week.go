package desks

import (
	"fmt"
	"net/http"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter"
	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// shiftsADay is how many shifts of a desk a page asks for each day.
const shiftsADay = 2

var weekdays = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}

// weekPage is the week of a desk: who works there, from when to when.
type weekPage struct {
	web.Head
	Form   *form.Form
	Path   string
	Back   string
	Days   []weekDay
	People []web.Option
}

func (weekPage) Template() string { return "desks/week" }

// weekDay is a day with the names of its fields.
type weekDay struct {
	Name   string
	Shifts []shiftFields
}

type shiftFields struct{ From, To, Who string }

func fieldsOf(day time.Weekday, i int) shiftFields {
	return shiftFields{fmt.Sprintf("dalle-%d-%d", day, i), fmt.Sprintf("alle-%d-%d", day, i), fmt.Sprintf("chi-%d-%d", day, i)}
}

func (h *pages) showWeek(w http.ResponseWriter, r *http.Request) error {
	x, err := h.enter(r, identity.DeskWrite)
	if err != nil {
		return err
	}
	d, err := h.desk(r, &x)
	if err != nil {
		return err
	}
	roster, err := h.Counter.Roster(r.Context(), actor(r), x.st.ID)
	if err != nil {
		return err
	}
	f, n := form.Of(nil), map[time.Weekday]int{}
	for _, s := range roster.Shifts {
		if s.Desk != d.ID || n[s.Weekday] == shiftsADay {
			continue
		}
		at := fieldsOf(s.Weekday, n[s.Weekday])
		n[s.Weekday]++
		f.Set(at.From, s.From.String())
		f.Set(at.To, (s.To % agenda.Midnight24).String()) // midnight ends a day as 00:00
		f.Set(at.Who, s.Person)
	}
	return h.renderWeek(w, r, &x, d, f)
}

func (h *pages) renderWeek(w http.ResponseWriter, r *http.Request, x *room, d counter.Desk, f *form.Form) error {
	p := x.p
	page := weekPage{
		Head: x.head(p.T("desks.week.title", "desk", p.T("desks.desk", "n", d.Number)), "persone"), Form: f,
		Path: r.URL.Path, Back: Path(x.st.Code),
	}
	page.Crumbs = []web.Link{{Href: Path(x.st.Code), Text: p.T("desks.today.title")}}
	people, _, err := h.Access.Staff(r.Context(), actor(r), "", x.st.ID, "", mostStaff)
	if err != nil {
		return err
	}
	page.People = []web.Option{{Text: p.T("desks.week.anybody")}}
	for _, m := range people {
		page.People = append(page.People, web.Option{Value: m.ID, Text: m.FullName()})
	}
	for _, day := range weekdays {
		row := weekDay{Name: p.Weekday(day)}
		for i := range shiftsADay {
			at := fieldsOf(day, i)
			if f.Label(at.From) == "" {
				f.Time(at.From, "desks.week.from")
				f.Time(at.To, "desks.week.to")
				f.String(at.Who, "desks.week.who").Max(60)
			}
			row.Shifts = append(row.Shifts, at)
		}
		page.Days = append(page.Days, row)
	}
	return h.ui.Render(w, r, f.Status(), page)
}

func (h *pages) week(w http.ResponseWriter, r *http.Request) error {
	x, err := h.enter(r, identity.DeskWrite)
	if err != nil {
		return err
	}
	d, err := h.desk(r, &x)
	if err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	var week []counter.Shift
	for _, day := range weekdays {
		for i := range shiftsADay {
			at := fieldsOf(day, i)
			from, to := f.Time(at.From, "desks.week.from"), f.Time(at.To, "desks.week.to")
			who := f.String(at.Who, "desks.week.who").Max(60).Value
			switch {
			case f.Raw(at.From) == "" && f.Raw(at.To) == "":
			case f.Raw(at.To) == "":
				f.Add(errs.New(errs.Invalid, "desks.week.both", nil).On(at.To))
			case f.Raw(at.From) == "":
				f.Add(errs.New(errs.Invalid, "desks.week.both", nil).On(at.From))
			default:
				end := to.Value
				if end == 0 {
					end = agenda.Midnight24
				}
				week = append(week, counter.Shift{Weekday: day, Person: who, From: from.Value, To: end})
			}
		}
	}
	if f.Err() == nil {
		if err = h.Counter.SaveShifts(r.Context(), actor(r), x.st.ID, d.Number, week); err == nil {
			return h.ui.Done(w, r, Path(x.st.Code), "desks.week.done")
		}
		if !f.Add(err) {
			return err
		}
	}
	return h.renderWeek(w, r, &x, d, f)
}
