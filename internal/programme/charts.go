package programme

import (
	"fmt"
	"math"
	"strings"

	"polis/internal/agenda"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/programme/account"
)

// mark is a text at a point of a chart.
type mark struct {
	X, Y float64
	Text string
}

// indexChart is an index over the quarters, what is there beside what is expected,
// with a line where today is.
type indexChart struct {
	Label         string
	Width, Height float64
	Left, Base    float64
	Actual        string // points of lines
	Expected      string
	Today         float64
	TodayText     string
	TodayAnchor   string
	Lines, Years  []mark
	Dot           mark // the last of what is there
	Table         *web.Table
}

// Sizes of the charts over time, in units.
const (
	chartWidth  = 480
	chartHeight = 240
	chartLeft   = 56
	chartRight  = 16
	chartTop    = 16
	chartFoot   = 32
)

// point is the index at the end of a quarter.
type point struct {
	Quarter          account.Quarter
	On               agenda.Date // its end, or today in the quarter that runs
	Actual, Expected account.Index
	Future           bool
}

// points are an index over the quarters of an account.
func points(a *account.Account, today agenda.Date, index func(agenda.Date) (actual, expected account.Index)) (list []point) {
	quarters := a.Quarters()
	for n := len(quarters); n > 0 && quarters[n-1].End().Before(today); n++ { // goes on after the last deadline
		quarters = append(quarters, quarters[n-1].Next())
	}
	for _, q := range quarters {
		p := point{Quarter: q, On: q.End()}
		p.Actual, p.Expected = index(p.On)
		if now := account.QuarterOf(today); q == now {
			p.Actual, _ = index(today)
			p.On = today
		} else {
			p.Future = now.Before(q)
		}
		list = append(list, p)
	}
	return list
}

// newIndexChart draws an index: one of milestones in steps, since nothing of them
// is met between two; one of quantities in lines.
func newIndexChart(p *i18n.Printer, label string, list []point, steps bool) *indexChart {
	if len(list) == 0 {
		return nil
	}
	c := &indexChart{Label: label, Width: chartWidth, Height: chartHeight, Left: chartLeft, Base: chartHeight - chartFoot}
	slot := float64(chartWidth-chartLeft-chartRight) / float64(len(list))
	x := func(i int) float64 { return tenth(chartLeft + (float64(i)+1)*slot) } // at the end of its quarter
	y := func(v float64) float64 { return tenth(c.Base - v*(c.Base-chartTop)) }
	var actual, expected strings.Builder
	to := "L%g %g"
	if steps {
		to = "H%gV%g"
	}
	fmt.Fprintf(&expected, "M%g %g", float64(chartLeft), y(0))
	fmt.Fprintf(&actual, "M%g %g", float64(chartLeft), y(0))
	for i, pt := range list {
		fmt.Fprintf(&expected, to, x(i), y(pt.Expected.Value()))
		if !pt.Future {
			at := x(i)
			if pt.On != pt.Quarter.End() {
				c.Today = tenth(at - slot + slot*elapsed(pt.On))
				c.TodayText, c.TodayAnchor = p.T("programme.today"), "start"
				if c.Today > chartWidth*0.8 {
					c.TodayAnchor = "end"
				}
				at = c.Today
			}
			fmt.Fprintf(&actual, to, at, y(pt.Actual.Value()))
			c.Dot = mark{at, y(pt.Actual.Value()), percent(p, pt.Actual)}
		}
		if pt.Quarter.Number == 1 || i == 0 {
			c.Years = append(c.Years, mark{tenth(x(i) - slot), chartHeight - 8, fmt.Sprint(pt.Quarter.Year)})
		}
	}
	if len(c.Years) > 1 && c.Years[1].X-c.Years[0].X < 44 { // the first begins late in its year
		c.Years = c.Years[1:]
	}
	c.Actual, c.Expected = actual.String(), expected.String()
	for n := 0; n <= 100; n += 25 {
		c.Lines = append(c.Lines, mark{chartLeft - 8, y(float64(n) / 100), p.T("programme.percent", "n", n)})
	}
	c.Table = pointTable(p, label, list)
	return c
}

// elapsed is the part of its quarter that is over on a day.
func elapsed(d agenda.Date) float64 {
	q := account.QuarterOf(d)
	start := agenda.Date{Year: q.Year, Month: q.End().Month - 2, Day: 1}
	return float64(agenda.DayOf(d.UTC())-agenda.DayOf(start.UTC())+1) / float64(agenda.DayOf(q.End().UTC())-agenda.DayOf(start.UTC())+1)
}

func tenth(v float64) float64 { return math.Round(v*10) / 10 }

// percent is an index in words.
func percent(p *i18n.Printer, i account.Index) string {
	return p.T("programme.percent", "n", i.Percent())
}

// pointTable is the same as a table.
func pointTable(p *i18n.Printer, caption string, list []point) *web.Table {
	t := &web.Table{Caption: caption, Columns: []web.Column{
		{Text: p.T("programme.quarter")}, {Text: p.T("programme.actual"), Number: true}, {Text: p.T("programme.expected"), Number: true},
	}}
	for _, pt := range list {
		actual := "–"
		if !pt.Future {
			actual = percent(p, pt.Actual)
		}
		t.Rows = append(t.Rows, []web.Cell{{Text: quarterText(p, pt.Quarter)}, {Text: actual}, {Text: percent(p, pt.Expected)}})
	}
	return t
}

// quarterText is a quarter in words: "4º trimestre 2024".
func quarterText(p *i18n.Printer, q account.Quarter) string {
	return p.T("programme.quarter-of", "n", q.Number, "year", fmt.Sprint(q.Year))
}

// When is a time in words, as exactly as it is known; without the weekday, which
// tells nothing of a figure.
func When(p *i18n.Printer, w account.When) string {
	text := string(w)
	switch year, rest, part := strings.Cut(text, "-"); {
	case text == "":
		return p.T("programme.no-date")
	case !part:
		return year
	case strings.HasPrefix(rest, "T"):
		return quarterText(p, account.QuarterOf(w.End()))
	case len(rest) == 2:
		return p.Month(w.End().UTC())
	}
	return p.DateShort(w.End().UTC())
}

// gauge is a strip of what is there of a whole, with a line where it is expected
// to be; in 100 units.
type gauge struct {
	Width, Expected float64
	Text            string // "68 %"
	Behind          bool
}

func newGauge(p *i18n.Printer, actual, expected account.Index) gauge {
	return gauge{
		Width: tenth(actual.Value() * 100), Expected: tenth(min(max(expected.Value()*100, 1), 99)), Text: percent(p, actual),
		Behind: actual.Value() < expected.Value(),
	}
}
