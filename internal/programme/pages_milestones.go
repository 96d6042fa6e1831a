package programme

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"polis/internal/agenda"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/programme/account"
)

// milestonesPage is the milestones with what is known of each, and the index that
// they make.
type milestonesPage struct {
	web.Head
	Numbers   twoNumbers
	Chart     *indexChart
	Timeline  *timeline
	States    []stateCount
	Shown     string // of the state to which the list is narrowed
	Rows      []milestoneRow
	Empty     *web.Empty
	Weights   []weightRow
	Own       *ownWeights
	Updated   string
	WeightSum string
}

func (milestonesPage) Template() string { return "programme/milestones" }

// milestoneRow is a milestone with what its sources say.
type milestoneRow struct {
	ID, Anchor string
	Text       string
	Lang       i18n.Lang
	Due, Since string
	State      web.State
	Weight     string
	Source     string
	Progress   []progressRow
	History    string
}

type progressRow struct{ When, Stage, Note, Source string }

// weightRow is a milestone whose weight the reader may change.
type weightRow struct {
	Name, Field, Value, Text string
}

// ownWeights is the index with the weights that the reader gave.
type ownWeights struct{ Actual, Expected string }

// mostWeight bounds the weights of readers.
const mostWeight = 1000

// weightField is the field of the address for the weight of a milestone.
func weightField(m account.Milestone) string { return "p" + m.Number() }

// readWeights reads the weights of the reader; nil where they gave none.
func readWeights(q url.Values, list []account.Milestone) account.Weights {
	var own account.Weights
	for _, m := range list {
		n, err := strconv.Atoi(q.Get(weightField(m)))
		if err != nil || n < 0 || n > mostWeight {
			continue
		}
		if own == nil {
			own = account.Weights{}
		}
		own[m.ID] = int64(n)
	}
	return own
}

func (h *pages) milestonesPage(w http.ResponseWriter, r *http.Request) error {
	p, a, today, q := h.ui.Printer(r), h.Account(), h.today(), r.URL.Query()
	list := a.Milestones()
	index := func(on agenda.Date) (actual, expected account.Index) { return a.MilestonesOn(on, nil) }
	page := milestonesPage{
		Head: PageHead(p, MilestonesPath, p.T("programme.milestones.title")), Numbers: numbers(p, "programme.lead.milestones", index, today),
		Chart: newIndexChart(p, p.T("programme.chart.milestones"), points(a, today, index), true), Timeline: newTimeline(p, a, list, today), Updated: h.updated(p),
	}
	page.States, _ = countStates(p, a, today)
	only := account.State(q.Get("stato"))
	if slices.Contains(account.States, only) {
		page.Shown = StateText(p, only)
	}
	whole, _ := a.MilestonesOn(today, nil)
	own := readWeights(q, list)
	for _, m := range list {
		s := a.StandingOf(m, today)
		if page.Shown == "" || s.State == only {
			page.Rows = append(page.Rows, newMilestoneRow(p, a, m, s, whole.All))
		}
		text, _ := MilestoneText(p, m)
		value := int64(max(m.Weight, 1))
		if n, ok := own[m.ID]; ok {
			value = n
		}
		page.Weights = append(page.Weights, weightRow{Name: p.T("programme.milestone", "number", m.Number()), Field: weightField(m), Value: fmt.Sprint(value), Text: text})
	}
	if own != nil {
		actual, expected := a.MilestonesOn(today, own)
		page.Own = &ownWeights{percent(p, actual), percent(p, expected)}
	}
	page.WeightSum = p.Number(whole.All)
	if len(page.Rows) == 0 {
		page.Empty = &web.Empty{Title: p.T("programme.milestones.none"), Links: []web.Link{{Href: MilestonesPath, Text: p.T("programme.milestones.all")}}}
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

func newMilestoneRow(p *i18n.Printer, a *account.Account, m account.Milestone, s account.Standing, all int64) milestoneRow {
	row := milestoneRow{
		ID: m.ID, Anchor: "s" + m.Number(), Due: quarterText(p, m.Due()), State: StateOf(p, s.State), Source: m.Source, History: storyOf("milestones", m.ID),
		Weight: p.T("programme.weight", "weight", max(m.Weight, 1), "all", all),
	}
	row.Text, row.Lang = MilestoneText(p, m)
	if s.Completed != "" {
		row.Since = p.T("programme.completed-on", "date", When(p, s.Completed))
	}
	for _, x := range slices.Backward(a.ProgressOf(m.ID)) {
		row.Progress = append(row.Progress, progressRow{When(p, x.Date), p.T("programme.stage." + string(x.Stage)), InWords(p, x.Note, x.NoteEN), x.Source})
	}
	return row
}

// timeline is the milestones over the quarters: where each is due, and when it was
// met or how late it is.
type timeline struct {
	Label         string
	Width, Height float64
	Years         []mark
	Rows          []timelineRow
	Today         float64
	Foot          float64
}

// timelineRow is a milestone; a line goes from where it is due to where it was
// met, or to today.
type timelineRow struct {
	Href, Title, Number string
	Y, TextY            float64
	Due, Met            float64
	Late                bool // it was met late, or is late
	Open                bool // it is not met
}

const (
	rowHeight    = 28
	timelineLeft = 48
	timelineTop  = 28
)

func newTimeline(p *i18n.Printer, a *account.Account, list []account.Milestone, today agenda.Date) *timeline {
	if len(list) == 0 {
		return nil
	}
	quarters := a.Quarters()
	first, last := quarters[0], quarters[len(quarters)-1]
	if now := account.QuarterOf(today); last.Before(now) {
		last = now
	}
	from := agenda.Date{Year: first.Year, Month: 1, Day: 1}
	whole := agenda.DayOf(last.End().UTC()) - agenda.DayOf(from.UTC())
	x := func(d agenda.Date) float64 {
		return tenth(timelineLeft + float64(agenda.DayOf(d.UTC())-agenda.DayOf(from.UTC()))/float64(whole)*(chartWidth-timelineLeft-chartRight))
	}
	t := &timeline{Label: p.T("programme.chart.timeline"), Width: chartWidth, Height: timelineTop + rowHeight*float64(len(list)) + 8, Today: x(today)}
	t.Foot = t.Height - 8
	for year := first.Year; year <= last.Year; year++ {
		t.Years = append(t.Years, mark{x(agenda.Date{Year: year, Month: 1, Day: 1}), 16, fmt.Sprint(year)})
	}
	for i, m := range list {
		s := a.StandingOf(m, today)
		text, _ := MilestoneText(p, m)
		row := timelineRow{
			Href: MilestonesPath + "#s" + m.Number(), Number: m.Number(), Title: p.T("programme.timeline-row", "number", m.Number(), "text", text, "due", quarterText(p, m.Due()), "state", StateText(p, s.State)),
			Y: timelineTop + rowHeight*(float64(i)+0.5), Due: x(m.Due().End()), Open: s.Completed == "", Late: s.State == account.Late || s.State == account.CompletedLate,
		}
		row.TextY = row.Y + 5
		switch {
		case s.Completed != "":
			row.Met = x(s.Completed.End())
		case row.Late:
			row.Met = t.Today
		default:
			row.Met = row.Due
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
