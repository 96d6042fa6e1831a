package figures

import (
	"math"
	"strconv"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/web"
)

// chartText is a text at a point of a chart.
type chartText struct {
	X, Y float64
	Text string
}

// heatChart is the load by weekday and hour: a square for each, told by colour
// and number.
type heatChart struct {
	Label         string
	Lead          string // the fullest hour, in words
	Width, Height float64
	Days, Hours   []chartText
	Cells         []heatCell
	Legend        []heatCell
	Table         *web.Table
	List          files
	Rest          string // that there are hours that only the table has
}

type heatCell struct {
	X, Y, W, H   float64
	TextX, TextY float64
	Class        string // 0 to 4; off where the houses are closed
	Few          bool   // few places are open, of which less can be said
	Text, Title  string
}

// Sizes of the squares, in units.
const (
	heatCellWidth  = 60
	heatCellHeight = 32
	heatLeft       = 56
	heatTop        = 28
	heatSteps      = 5
)

// weekday is the i-th day of the week, from Monday.
func weekdayOf(i int) time.Weekday { return time.Weekday((i + 1) % 7) }

// hours are the first hour and the one after the last at which at least a part
// of a hundred is open of what is open in the widest hour.
func (h *Heat) hours(part int) (from, to int) {
	from, to = 24, 0
	for day := range h {
		for hour := range h[day] {
			if open := h[day][hour].Open; open > 0 && open*100 >= part*h.widest() {
				from, to = min(from, hour), max(to, hour+1)
			}
		}
	}
	return from, to
}

// widest is the most that is open in any hour.
func (h *Heat) widest() (most int) {
	for day := range h {
		for hour := range h[day] {
			most = max(most, h[day][hour].Open)
		}
	}
	return most
}

// fewOpen is below what part of the widest hour, in percent, few places are open:
// hours of which that holds on every day are only in the table, others are
// marked, and the sentence does not speak of them.
const fewOpen = 33

func (v figureView) heat() *heatChart {
	from, to := v.Heat.hours(fewOpen)
	first, last := v.Heat.hours(0)
	if from >= to {
		return nil
	}
	c := &heatChart{
		Width: heatLeft + 7*heatCellWidth, Height: heatTop + float64(to-from)*heatCellHeight,
		Label: v.T("figures.heat.label"), List: v.files(listHeat),
	}
	best, when, few := -1, "", false
	for day := range 7 {
		name := v.Weekday(weekdayOf(day))
		c.Days = append(c.Days, chartText{heatLeft + (float64(day)+0.5)*heatCellWidth, heatTop - 10, firstLetters(name)})
		for hour := from; hour < to; hour++ {
			cell := v.heatCell(day, hour, hour-from)
			if few = few || cell.Few; cell.Few {
				cell.Title += ", " + v.T("figures.heat.few")
			} else if n := v.Heat[day][hour].Percent(); n > best {
				best, when = n, v.T("figures.heat.at", "day", name, "hour", agenda.Clock(hour*60).String())
			}
			c.Cells = append(c.Cells, cell)
		}
	}
	for hour := from; hour < to; hour++ {
		c.Hours = append(c.Hours, chartText{heatLeft - 8, heatTop + (float64(hour-from)+0.5)*heatCellHeight + 5, agenda.Clock(hour * 60).String()})
	}
	c.Lead = v.T("figures.heat.lead", "when", when, "share", v.percent(best), "all", v.percent(v.Load.Percent()))
	for i := range heatSteps {
		c.Legend = append(c.Legend, heatCell{Class: strconv.Itoa(i), Text: v.T("figures.heat.step."+strconv.Itoa(i), "from", i*20, "to", i*20+20)})
	}
	c.Legend = append(c.Legend, heatCell{Class: "off", Text: v.T("figures.heat.closed")})
	if few {
		c.Legend = append(c.Legend, heatCell{Class: "1", Few: true, Text: v.T("figures.heat.few")})
	}
	if first < from || to < last {
		c.Rest = v.T("figures.heat.rest")
	}
	c.Table = v.heatTable(first, last)
	return c
}

func (v figureView) heatCell(day, hour, row int) heatCell {
	load := v.Heat[day][hour]
	cell := heatCell{
		X: heatLeft + float64(day)*heatCellWidth + 1, Y: heatTop + float64(row)*heatCellHeight + 1, W: heatCellWidth - 2, H: heatCellHeight - 2, Class: "off",
	}
	cell.TextX, cell.TextY = cell.X+cell.W/2, cell.Y+cell.H/2+5
	when := v.T("figures.heat.at", "day", v.Weekday(weekdayOf(day)), "hour", agenda.Clock(hour*60).String())
	n := load.Percent()
	if n < 0 {
		cell.Title = when + ": " + v.T("figures.heat.closed")
		return cell
	}
	cell.Few = load.Open*100 < fewOpen*v.Heat.widest()
	cell.Class, cell.Text = strconv.Itoa(min(n*heatSteps/100, heatSteps-1)), strconv.Itoa(n)
	cell.Title = when + ": " + v.T("figures.heat.of", "share", v.percent(n), "taken", load.Taken/4, "open", load.Open/4)
	return cell
}

// firstLetters is a name cut short: "lun".
func firstLetters(name string) string { return string([]rune(name)[:3]) }

func (v figureView) heatTable(from, to int) *web.Table {
	t := &web.Table{Caption: v.T("figures.heat.label"), Columns: []web.Column{{Text: v.T("figures.hour")}}}
	for day := range 7 {
		t.Columns = append(t.Columns, web.Column{Text: v.Weekday(weekdayOf(day)), Number: true})
	}
	for hour := from; hour < to; hour++ {
		row := []web.Cell{{Text: agenda.Clock(hour * 60).String()}}
		for day := range 7 {
			text := v.T("figures.heat.closed")
			if n := v.Heat[day][hour].Percent(); n >= 0 {
				text = v.percent(n)
			}
			row = append(row, web.Cell{Text: text})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// weekChart is the bookings of each week, those cancelled apart.
type weekChart struct {
	Label, Lead   string
	Width, Height float64
	Base, Left    float64
	Lines         []chartText // of the scale
	Bars          []weekBar
	Marks         []chartText // of the weeks
	Table         *web.Table
	List          files
}

type weekBar struct {
	X, W                      float64
	KeptY, KeptH, GoneY, Gone float64
	Text                      string // above it; empty where there are many
	TextX, TextY              float64
	Title                     string
}

// Sizes of the chart of weeks, in units.
const (
	weeksWidth  = 480
	weeksHeight = 240
	weeksLeft   = 60
	weeksTop    = 24
	weeksFoot   = 28
	mostNumbers = 8 // weeks with their number above
	mostMarks   = 8 // weeks with their day below
)

func (v figureView) weeks() *weekChart {
	if v.Bookings == 0 {
		return nil
	}
	c := &weekChart{
		Label: v.T("figures.weeks.label"), Width: weeksWidth, Height: weeksHeight, Base: weeksHeight - weeksFoot, Left: weeksLeft,
		List: v.files(listWeeks), Lead: v.T("figures.weeks.lead", "count", v.Bookings, "gone", v.T("figures.weeks.gone", "count", v.Cancelled)),
	}
	top := 1
	for _, w := range v.Weeks {
		top = max(top, w.Kept+w.NoShows+w.Cancelled)
	}
	step := roundStep(top)
	top = (top + step - 1) / step * step
	height := func(n int) float64 { return math.Round(float64(n)*(c.Base-weeksTop)/float64(top)*10) / 10 }
	for n := 0; n <= top; n += step {
		c.Lines = append(c.Lines, chartText{weeksLeft - 8, c.Base - height(n), v.Number(n)})
	}
	slot := float64(weeksWidth-weeksLeft) / float64(len(v.Weeks))
	every := (len(v.Weeks) + mostMarks - 1) / mostMarks
	for i, w := range v.Weeks {
		kept := w.Kept + w.NoShows
		name := v.T("figures.weeks.week", "day", v.Day(w.Monday))
		b := weekBar{X: weeksLeft + (float64(i)+0.15)*slot, W: slot * 0.7, Title: name + ": " + v.weekWords(w)}
		b.X, b.W = math.Round(b.X*10)/10, math.Round(min(b.W, 48)*10)/10
		b.X += math.Round((slot*0.7-b.W)*5) / 10
		b.KeptH, b.Gone = height(kept), height(w.Cancelled)
		b.KeptY = c.Base - b.KeptH
		b.GoneY = b.KeptY - b.Gone
		b.TextX, b.TextY = b.X+b.W/2, b.GoneY-6
		if len(v.Weeks) <= mostNumbers {
			b.Text = v.Number(kept + w.Cancelled)
		}
		c.Bars = append(c.Bars, b)
		if i%every == 0 {
			c.Marks = append(c.Marks, chartText{b.X + b.W/2, weeksHeight - 6, v.T("figures.weeks.mark", "d", w.Monday.Day, "m", int(w.Monday.Month))})
		}
	}
	c.Table = v.weekTable()
	return c
}

// roundStep is the distance of about four lines of a scale up to a number.
func roundStep(top int) int {
	for power := 1; ; power *= 10 {
		for _, n := range []int{1, 2, 5} {
			if n*power*4 >= top {
				return n * power
			}
		}
	}
}

func (v figureView) weekWords(w Week) string {
	return v.T("figures.weeks.words", "kept", w.Kept+w.NoShows, "gone", w.Cancelled)
}

func (v figureView) weekTable() *web.Table {
	t := &web.Table{Caption: v.T("figures.weeks.label"), Columns: []web.Column{
		{Text: v.T("figures.week")}, {Text: v.T("figures.kept"), Number: true}, {Text: v.T("figures.cancelled"), Number: true},
	}}
	for _, w := range v.Weeks {
		name := v.Day(w.Monday)
		if w.Part {
			name = v.T("figures.weeks.part", "day", name)
		}
		week := Root + v.kept("periodo", periodOwn, "dal", w.Monday.String(), "al", w.Monday.AddDays(6).String())
		t.Rows = append(t.Rows, []web.Cell{{Text: name, Href: week}, {Text: v.Number(w.Kept + w.NoShows)}, {Text: v.Number(w.Cancelled)}})
	}
	return t
}

// barChart is groups with a strip each: the table is the picture.
type barChart struct {
	Lead string
	Rows []barRow
	List files
}

// barRow is a group: how many and how much of all, its strip of 100 units.
type barRow struct {
	Name, Count, Share string
	Width              int
}

// bars shows how bookings fall into groups; name is the prefix of the words.
func (v figureView) bars(list, name string, counts []int) *barChart {
	c, top, total, best := &barChart{List: v.files(list)}, 1, 0, 0
	for i, n := range counts {
		if total += n; n > counts[best] {
			best = i
		}
		top = max(top, n)
	}
	if total == 0 {
		return nil
	}
	for i, n := range counts {
		c.Rows = append(c.Rows, barRow{v.T(name + strconv.Itoa(i)), v.Number(n), v.share(n, total), n * 100 / top})
	}
	c.Lead = v.T(name+"lead", "group", v.T(name+strconv.Itoa(best)), "share", v.share(counts[best], total))
	return c
}
