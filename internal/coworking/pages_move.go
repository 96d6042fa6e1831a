package coworking

import (
	"fmt"
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
	"polis/internal/reserve"
)

// movePage asks for another time of a booking, or of one of its parts.
type movePage struct {
	web.Head
	Path, Rev string
	Part      string // its place in the list of parts; "" for the whole booking
	Form      *form.Form
	When      when
	Told      *refusal
	Now       string // the time it has
	Places    string // its places
	Day       string
	Days      []dayLink
	Axis      []axisHour
	Bars      []dayBar
	Starts    []startButton
	Length    string
}

func (movePage) Template() string { return "coworking/move" }

// dayLink leads to another day.
type dayLink struct {
	web.Link
	Current bool
}

// dayBar is the day of one place, drawn.
type dayBar struct {
	Name, Said string
	Pieces     []barPiece
}

// barPiece is a stretch of the day: free, mine or (what remains) taken.
type barPiece struct{ Kind, X, Width string }

// axisHour is an hour below the bars.
type axisHour struct{ Text, X string }

// startButton begins the booking at another time.
type startButton struct{ Value, Text, Said string }

// moving is what is to get another time.
type moving struct {
	Booking
	part  int         // its place in the list of parts; -1 for all
	moved []PlacePart // at one time
}

// whatMoves reads what a request is to give another time; false where there is
// nothing of the kind.
func (h *pages) whatMoves(b Booking, text string) (moving, bool) {
	m := moving{Booking: b, part: -1}
	part, err := strconv.Atoi(text)
	for _, p := range b.Places {
		if text == "" || err == nil && p.N == part {
			m.moved = append(m.moved, p)
		}
	}
	if text != "" {
		m.part = part
	}
	return m, len(m.moved) > 0 && (text != "" || oneTime(b)) && standing(b.Booking, h.clock.Now()) == reserve.Confirmed
}

func (h *pages) movePage(w http.ResponseWriter, r *http.Request) error {
	b, err := h.read(r)
	if err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	m, ok := h.whatMoves(b, f.Raw("parte"))
	if !ok || !MayChange(actor(r), b) {
		return web.Redirect(w, r, bookingPath(b.ID)) // says why it cannot be changed
	}
	return h.showMove(w, r, m, f, h.readMove(r, m, f), nil)
}

func (h *pages) readMove(r *http.Request, m moving, f *form.Form) when {
	first := m.moved[0]
	in := readWhen(h.ui.Printer(r), f, first.Zone, first.From, first.To)
	in.SeveralOK = in.SeveralOK || severalDays(h.rulesOf(m.Booking.Booking))
	return in
}

func (h *pages) move(w http.ResponseWriter, r *http.Request) error {
	b, err := h.read(r)
	if err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	m, ok := h.whatMoves(b, f.Raw("parte"))
	if !ok {
		return h.acted(w, r, statusError(standing(b.Booking, h.clock.Now())))
	}
	if start, err := time.Parse(time.RFC3339, f.Raw("inizio")); err == nil { // one tap
		for name, list := range timeQuery(start, start.Add(m.moved[0].To.Sub(m.moved[0].From)), m.moved[0].Zone) {
			f.Set(name, list[0])
		}
	}
	in := h.readMove(r, m, f)
	if f.Err() != nil {
		return h.showMove(w, r, m, f, in, nil)
	}
	if m.part < 0 {
		_, err = h.Move(r.Context(), actor(r), b.ID, in.From, in.To, revOf(f))
	} else {
		_, err = h.MovePart(r.Context(), actor(r), b.ID, m.part, in.From, in.To, revOf(f))
	}
	switch {
	case err == nil:
		return h.ui.Done(w, r, bookingPath(b.ID), "coworking.done.moved")
	case errs.Is(err, errs.Stale):
		return h.acted(w, r, err)
	case onPage(f, err):
		return h.showMove(w, r, m, f, in, nil)
	}
	told, ok := h.refused(h.ui.Printer(r), err, in.zone)
	if !ok {
		return err
	}
	told.Choices = nil // other places are not what a change of time is about
	return h.showMove(w, r, m, f, in, &told)
}

func (h *pages) showMove(w http.ResponseWriter, r *http.Request, m moving, f *form.Form, in when, told *refusal) error {
	p, first := h.ui.Printer(r), m.moved[0]
	page := movePage{
		Head: h.stepHead(p, m.Booking, "coworking.move.title"), Path: bookingPath(m.ID), Rev: strconv.FormatInt(m.Rev, 10),
		Form: f, When: in, Told: told, Now: p.Span(first.From.In(in.zone), first.To.In(in.zone)),
		Length: p.Duration(first.To.Sub(first.From)),
	}
	if m.part >= 0 {
		page.Part = strconv.Itoa(m.part)
	}
	var list []string
	for _, part := range m.moved {
		list = append(list, namesOf(part)...)
	}
	page.Places = names(p, list)
	day := agenda.DateOf(first.From.In(in.zone))
	if !in.From.IsZero() {
		day = agenda.DateOf(in.From)
	}
	page.Day = p.Day(day)
	page.Days = h.daysAround(p, m, day, page.Part)
	h.drawDay(p, &page, m, day)
	for _, start := range few(h.FreeStarts(actor(r), m.Booking, m.moved, day)) {
		end := start.Add(first.To.Sub(first.From))
		b := startButton{Value: start.UTC().Format(time.RFC3339), Text: p.Time(start) + "–" + endTime(p, end)}
		b.Said = b.Text + ", " + p.Day(agenda.DateOf(start)) // begins with what is to be seen
		if agenda.DateOf(end.Add(-1)) != day {
			b.Text = p.Time(start)
		}
		page.Starts = append(page.Starts, b)
	}
	code := f.Status()
	if told != nil {
		code = told.Status
	}
	return h.ui.Render(w, r, code, page)
}

// daysShown is how many days are one tap away.
const daysShown = 7

// daysAround are links to the days around the one that is shown, from today on.
func (h *pages) daysAround(p *i18n.Printer, m moving, day agenda.Date, part string) (links []dayLink) {
	zone := m.moved[0].Zone
	first := day.AddDays(-daysShown / 2)
	if today := agenda.DateOf(h.clock.Now().In(zone)); first.Before(today) {
		first = today
	}
	for i := range daysShown {
		d := first.AddDays(i)
		q := url.Values{fieldDay: {d.String()}}
		if part != "" {
			q.Set("parte", part)
		}
		text := p.Weekday(d.Weekday()) + " " + strconv.Itoa(d.Day)
		links = append(links, dayLink{web.Link{Href: bookingPath(m.ID) + "/sposta?" + q.Encode(), Text: text}, d == day})
	}
	return links
}

// endTime is the time of an end; midnight is the end of the day.
func endTime(p *i18n.Printer, t time.Time) string {
	if clockOf(t) == 0 {
		return agenda.Midnight24.String()
	}
	return p.Time(t)
}

// drawDay draws the opening hours of a day for each place.
func (h *pages) drawDay(p *i18n.Printer, page *movePage, m moving, day agenda.Date) {
	type row struct {
		name string
		Day
		mine []Interval
	}
	var rows []row
	var from, to time.Time // of the drawing
	for _, part := range m.moved {
		for _, u := range part.Units {
			days, err := h.Timetable(u.ID, day, day)
			if err != nil || len(days) != 1 || len(days[0].Open) == 0 {
				continue
			}
			open := days[0].Open
			if from.IsZero() || open[0].From.Before(from) {
				from = open[0].From
			}
			if last := open[len(open)-1].To; last.After(to) {
				to = last
			}
			rows = append(rows, row{u.Name, days[0], meet([]Interval{{part.From.In(part.Zone), part.To.In(part.Zone)}}, open)})
		}
	}
	at := func(t time.Time) float64 { return 100 * float64(t.Sub(from)) / float64(to.Sub(from)) }
	for _, row := range rows {
		bar := dayBar{Name: row.name}
		for _, list := range []struct {
			kind  string
			spans []Interval
		}{{"taken", row.Open}, {"free", row.Free}, {"mine", row.mine}} {
			for _, i := range list.spans {
				bar.Pieces = append(bar.Pieces, barPiece{list.kind, percent(at(i.From)), percent(at(i.To) - at(i.From))})
			}
		}
		bar.Said = p.T("coworking.move.bar", "place", row.name, "free", hoursOf(p, row.Free))
		if len(row.Free) == 0 {
			bar.Said = p.T("coworking.move.bar-full", "place", row.name)
		}
		page.Bars = append(page.Bars, bar)
	}
	if len(rows) == 0 {
		return
	}
	step := 2
	if to.Sub(from) > 14*time.Hour {
		step = 6
	}
	for t := from; t.Before(to.Add(-time.Hour)); t = t.Add(time.Hour) {
		if t.Minute() == 0 && (t.Hour()-from.Hour())%step == 0 {
			page.Axis = append(page.Axis, axisHour{p.Time(t), percent(at(t))})
		}
	}
}

func percent(x float64) string { return fmt.Sprintf("%.2f%%", x) }

// hoursOf are stretches of a day in words.
func hoursOf(p *i18n.Printer, list []Interval) string {
	texts := make([]string, len(list))
	for i, x := range list {
		texts[i] = p.Time(x.From) + "–" + endTime(p, x.To)
	}
	return strings.Join(texts, ", ")
}

// manyStarts is how many starts are offered at one tap.
const manyStarts = 18

// few are some of the starts of a day: all of them, or those at half hours, or
// at full ones.
func few(starts []time.Time) []time.Time {
	for _, grain := range []int{30, 60} {
		if len(starts) > manyStarts {
			starts = slices.DeleteFunc(starts, func(t time.Time) bool { return t.Minute()%grain != 0 })
		}
	}
	return starts
}

// meet is the time that two lists have in common.
func meet(a, b []Interval) (out []Interval) {
	for _, x := range a {
		for _, y := range b {
			i := x
			if y.From.After(i.From) {
				i.From = y.From
			}
			if y.To.Before(i.To) {
				i.To = y.To
			}
			if i.From.Before(i.To) {
				out = append(out, i)
			}
		}
	}
	return out
}
