package desks

import (
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter"
	"polis/internal/counter/forecast"
	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/sheet"
)

// reportPage is how an office worked: no name, and each figure with its rows.
type reportPage struct {
	web.Head
	House   string
	Form    *form.Form
	Path    string
	Period  string
	Numbers []number
	Hours   *bars
	Tables  []listed
	Empty   *web.Empty
	Held    string // how often the ranges that were told held
}

func (reportPage) Template() string { return "desks/report" }

// listed is a table with its file.
type listed struct {
	ID    string
	Table web.Table
	CSV   string
}

// bars is a chart of the hours of the day.
type bars struct {
	Label  string
	Width  int
	Height int
	Lines  []barLine
	Bars   []bar
}

type barLine struct {
	Y    int
	Text string
}

// bar is an hour: from half of the waits to nine of ten.
type bar struct {
	X, W, MidX   int
	Y, H         int
	NineY, NineH int
	Hour, Title  string
}

const (
	chartHeight = 200
	chartLeft   = 56
	chartFoot   = 24
	chartWidth  = 832
	fewHours    = 8 // so many at least share the width
)

// span reads the days that are asked for: the last four weeks.
func (h *pages) span(w http.ResponseWriter, r *http.Request, x *room) (f *form.Form, from, to agenda.Date, err error) {
	f, err = form.New(w, r)
	if err != nil {
		return f, from, to, err
	}
	today := x.today()
	from = f.Date("dal", "desks.report.from").Default(today.AddDays(-27)).Value
	to = f.Date("al", "desks.report.to").Default(today).Value
	return f, from, to, nil
}

func (h *pages) report(w http.ResponseWriter, r *http.Request) error {
	x, err := h.enter(r, identity.QueueRead)
	if err != nil {
		return err
	}
	f, from, to, err := h.span(w, r, &x)
	if err != nil {
		return err
	}
	p := x.p
	page := reportPage{
		Head: x.head(p.T("desks.report.title"), "resoconti"), House: counter.HouseName(h.Counter.Live.Network(), x.st), Form: f,
		Path: Path(x.st.Code) + "/resoconti",
	}
	if f.Err() != nil {
		return h.ui.Render(w, r, f.Status(), page)
	}
	rep, err := h.Counter.Report(r.Context(), actor(r), x.st.ID, from, to)
	if err != nil {
		if f.AddAs(err, form.Inputs{"to": "al"}) {
			return h.ui.Render(w, r, f.Status(), page)
		}
		return err
	}
	page.Period = p.T("desks.report.period", "from", p.Day(from), "to", p.Day(to))
	if rep.All.Taken == 0 {
		page.Empty = &web.Empty{Title: p.T("desks.report.none"), Text: p.T("desks.report.none-text")}
		return h.ui.Render(w, r, f.Status(), page)
	}
	page.Numbers = []number{
		{p.Number(rep.All.Taken), p.T("desks.report.taken")},
		{p.Number(rep.All.Served), p.T("desks.report.served")},
		{length(p, rep.All.Wait.Middle, rep.All.Wait.Count), p.T("desks.report.half")},
		{length(p, rep.All.Wait.Nine, rep.All.Wait.Count), p.T("desks.report.nine")},
	}
	page.Hours = hoursChart(p, rep.Hours)
	held, err := h.Forecast.HeldOf(r.Context(), x.st.ID, from, to)
	if err != nil {
		return err
	}
	page.Held = heldText(p, held)
	for _, name := range tableNames {
		t := tables[name](p, &rep)
		if len(t.Rows) == 0 {
			continue
		}
		page.Tables = append(page.Tables, listed{name, t, page.Path + "/" + name + ".csv?" + url.Values{"dal": {from.String()}, "al": {to.String()}}.Encode()})
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// heldText says how often the waits that were told came true.
func heldText(p *i18n.Printer, days []forecast.Held) string {
	var sum forecast.Held
	for _, d := range days {
		sum.Told, sum.Sooner, sum.Later = sum.Told+d.Told, sum.Sooner+d.Sooner, sum.Later+d.Later
	}
	if sum.Told == 0 {
		return p.T("desks.report.held-none")
	}
	return p.T("desks.report.held", "share", int(math.Round(100*sum.Share())), "count", sum.Told)
}

// hoursChart draws how long people waited, by the hour in which they came.
func hoursChart(p *i18n.Printer, hours []counter.HourSum) *bars {
	most := 10 * time.Minute
	for _, h := range hours {
		most = max(most, h.Wait.Nine)
	}
	step := 10 * time.Minute
	for most/step > 5 {
		step *= 2
	}
	if over := most % step; over > 0 {
		most += step - over
	}
	y := func(d time.Duration) int { return chartHeight - int(int64(d)*(chartHeight-16)/int64(most)) }
	c := &bars{Label: p.T("desks.report.hours"), Width: chartWidth, Height: chartHeight + chartFoot}
	wide := (chartWidth - chartLeft) / max(len(hours), fewHours)
	for d := time.Duration(0); d <= most; d += step {
		c.Lines = append(c.Lines, barLine{y(d), p.T("desks.report.minutes", "n", int(d/time.Minute))})
	}
	for i, h := range hours {
		b := bar{X: chartLeft + wide*i + 8, W: wide - 16, Hour: strconv.Itoa(h.Hour)}
		b.MidX = b.X + b.W/2
		b.Y, b.NineY = y(h.Wait.Middle), y(h.Wait.Nine)
		b.H, b.NineH = chartHeight-b.Y, chartHeight-b.NineY
		b.Title = p.T("desks.report.hour", "hour", h.Hour, "half", length(p, h.Wait.Middle, h.Wait.Count), "nine", length(p, h.Wait.Nine, h.Wait.Count), "count", h.Taken)
		c.Bars = append(c.Bars, b)
	}
	return c
}

// tables are the rows of the report, each a file too.
var (
	tableNames = []string{"ore", "giorni", "servizi", "sportelli"}
	tables     = map[string]func(*i18n.Printer, *counter.Report) web.Table{
		"ore": hoursTable, "giorni": daysTable, "servizi": servicesTable, "sportelli": desksTable,
	}
)

func sumColumns(p *i18n.Printer, first string) []web.Column {
	return []web.Column{
		{Text: first},
		{Text: p.T("desks.col.taken"), Number: true},
		{Text: p.T("desks.col.served"), Number: true},
		{Text: p.T("desks.col.left"), Number: true},
		{Text: p.T("desks.col.half"), Number: true},
		{Text: p.T("desks.col.nine"), Number: true},
	}
}

func sumRow(p *i18n.Printer, first string, s counter.Sum) []web.Cell {
	return []web.Cell{
		{Text: first},
		{Text: p.Number(s.Taken)},
		{Text: p.Number(s.Served)},
		{Text: p.Number(s.Left)},
		{Text: length(p, s.Wait.Middle, s.Wait.Count)},
		{Text: length(p, s.Wait.Nine, s.Wait.Count)},
	}
}

func hoursTable(p *i18n.Printer, rep *counter.Report) web.Table {
	t := web.Table{Caption: p.T("desks.report.by-hour"), Columns: sumColumns(p, p.T("desks.col.hour"))}
	for _, x := range rep.Hours {
		t.Rows = append(t.Rows, sumRow(p, strconv.Itoa(x.Hour)+":00", x.Sum))
	}
	return t
}

func daysTable(p *i18n.Printer, rep *counter.Report) web.Table {
	t := web.Table{Caption: p.T("desks.report.by-day"), Columns: sumColumns(p, p.T("desks.col.day"))}
	for _, x := range rep.Days {
		t.Rows = append(t.Rows, sumRow(p, p.Day(x.Day), x.Sum))
	}
	return t
}

func tookColumns(p *i18n.Printer, first string) []web.Column {
	return []web.Column{{Text: first}, {Text: p.T("desks.col.times"), Number: true}, {Text: p.T("desks.col.half"), Number: true}, {Text: p.T("desks.col.nine"), Number: true}}
}

func tookRow(p *i18n.Printer, first string, s counter.Spread) []web.Cell {
	return []web.Cell{{Text: first}, {Text: p.Number(s.Count)}, {Text: length(p, s.Middle, s.Count)}, {Text: length(p, s.Nine, s.Count)}}
}

func servicesTable(p *i18n.Printer, rep *counter.Report) web.Table {
	t := web.Table{Caption: p.T("desks.report.by-service"), Columns: tookColumns(p, p.T("desks.col.service"))}
	for _, x := range rep.Services {
		t.Rows = append(t.Rows, tookRow(p, serviceName(p, x.Service), x.Took))
	}
	return t
}

func desksTable(p *i18n.Printer, rep *counter.Report) web.Table {
	t := web.Table{Caption: p.T("desks.report.by-desk"), Columns: tookColumns(p, p.T("desks.col.desk"))}
	for _, x := range rep.Desks {
		name := p.T("desks.desk", "n", x.Number)
		if x.Number == 0 {
			name = p.T("desks.report.old-desk")
		}
		t.Rows = append(t.Rows, tookRow(p, name, x.Took))
	}
	return t
}

// table is one of the tables as a file.
func (h *pages) table(w http.ResponseWriter, r *http.Request) error {
	x, err := h.enter(r, identity.QueueRead)
	if err != nil {
		return err
	}
	name := r.PathValue("table")
	for _, known := range tableNames {
		if name == known+".csv" {
			return h.csv(w, r, &x, known)
		}
	}
	return errs.New(errs.NotFound, "desks.report.no-table", nil)
}

func (h *pages) csv(w http.ResponseWriter, r *http.Request, x *room, name string) error {
	f, from, to, err := h.span(w, r, x)
	if err == nil {
		err = f.Err()
	}
	if err != nil {
		return err
	}
	rep, err := h.Counter.Report(r.Context(), actor(r), x.st.ID, from, to)
	if err != nil {
		return err
	}
	t := tables[name](x.p, &rep)
	return h.ui.CSV(w, r, x.st.Code+"-"+name+".csv", func(file io.Writer, style sheet.Style) error {
		columns := make([]string, len(t.Columns))
		for i, c := range t.Columns {
			columns[i] = c.Text
		}
		out := sheet.NewWriter(file, style, columns...)
		for _, row := range t.Rows {
			fields := make([]string, len(row))
			for i, c := range row {
				fields[i] = c.Text
			}
			out.Row(fields...)
		}
		return out.Close()
	})
}
