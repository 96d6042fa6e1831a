package programme

import (
	"net/http"
	"net/url"
	"slices"

	"polis/internal/agenda"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/programme/account"
)

// TargetPath is a target with all that was declared of it.
func TargetPath(id string) string { return TargetsPath + "/" + url.PathEscape(id) }

// targetRow is a target, what was declared to be there, and what is expected.
type targetRow struct {
	Name, Href    string
	Reached, Of   string
	Word, Source  string
	Expected      string
	Gauge         gauge
	Others        []string // what other sources give as the target
	None          bool     // nothing was declared
	ExpectedShare string
}

func newTargetRow(p *i18n.Printer, a *account.Account, t account.Target, on agenda.Date) targetRow {
	actual, expected := a.TargetOn(t, on)
	row := targetRow{
		Name: TargetName(p, t), Href: TargetPath(t.ID), Of: p.Number(t.Value), Gauge: newGauge(p, actual, expected),
		Expected: p.Number(int(a.Expected(t.ID, on))), ExpectedShare: percent(p, expected), Reached: "–", None: true,
	}
	if d, ok := a.Reached(t.ID, on); ok {
		row.None = false
		row.Reached, row.Word = numberText(p, d.Value), d.Word
		row.Source = p.T("programme.source-date", "source", d.Source, "date", When(p, d.AsOf))
	}
	for _, d := range a.DeclarationsOf(t.ID) {
		if n, ok := d.Number(); d.Word == account.WordTarget && (!ok || int(n) != t.Value) {
			row.Others = append(row.Others, p.T("programme.other-target", "value", numberText(p, d.Value), "source", d.Source))
		}
	}
	return row
}

// numberText is a declared value as people write numbers, or as it is.
func numberText(p *i18n.Printer, value string) string {
	if n, ok := (account.Declaration{Value: value}).Number(); ok {
		return p.Number(n)
	}
	return value
}

// targetsPage is the quantities to reach, with the index that they make.
type targetsPage struct {
	web.Head
	Numbers twoNumbers
	Chart   *indexChart
	Rows    []targetRow
	Weights []web.Fact
	More    []declarationRow // of what has no target
	Updated string
}

func (targetsPage) Template() string { return "programme/targets" }

func (h *pages) targetsPage(w http.ResponseWriter, r *http.Request) error {
	p, a, today := h.ui.Printer(r), h.Account(), h.today()
	index := func(on agenda.Date) (actual, expected account.Index) { return a.TargetsOn(on, nil) }
	page := targetsPage{
		Head: PageHead(p, TargetsPath, p.T("programme.targets.title")), Numbers: numbers(p, "programme.lead.quantities", index, today),
		Chart: newIndexChart(p, p.T("programme.chart.quantities"), points(a, today, index), false), Updated: h.updated(p),
	}
	known := map[string]bool{}
	for _, t := range account.All[account.Target](a) {
		known[t.ID] = true
		page.Rows = append(page.Rows, newTargetRow(p, a, t, today))
		page.Weights = append(page.Weights, web.Fact{Name: TargetName(p, t), Value: p.Number(max(t.Weight, 1))})
	}
	for _, d := range account.All[account.Declaration](a) {
		if !known[d.Target] {
			page.More = append(page.More, newDeclarationRow(p, a, d))
		}
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// declarationRow is a figure as it was declared.
type declarationRow struct{ About, When, Word, Value, Source, Note, History string }

func newDeclarationRow(p *i18n.Printer, a *account.Account, d account.Declaration) declarationRow {
	about := d.Target
	if t, ok := account.Find[account.Target](a, d.Target); ok {
		about = TargetName(p, t)
	} else if key := "programme.about." + d.Target; p.Has(key) {
		about = p.T(key)
	}
	return declarationRow{about, When(p, d.AsOf), d.Word, numberText(p, d.Value), d.Source, InWords(p, d.Note, d.NoteEN), storyOf("declarations", d.Target, d.Word, string(d.AsOf), d.Source)}
}

// targetPage is one target: its path, and all that was declared.
type targetPage struct {
	web.Head
	Row          targetRow
	Chart        *indexChart
	Steps        []web.Fact
	Declarations []declarationRow
	Source       string
}

func (targetPage) Template() string { return "programme/target" }

func (h *pages) targetPage(w http.ResponseWriter, r *http.Request) error {
	p, a, today := h.ui.Printer(r), h.Account(), h.today()
	t, ok := account.Find[account.Target](a, r.PathValue("id"))
	if !ok {
		return errs.New(errs.NotFound, "programme.unknown-row", nil)
	}
	name := TargetName(p, t)
	page := targetPage{Head: PageHead(p, TargetsPath, name, web.Link{Href: TargetsPath, Text: p.T("programme.targets.title")}), Row: newTargetRow(p, a, t, today), Source: t.Source}
	page.Chart = newIndexChart(p, p.T("programme.chart.target", "name", name), points(a, today, func(on agenda.Date) (actual, expected account.Index) { return a.TargetOn(t, on) }), false)
	for _, s := range a.StepsOf(t.ID) {
		page.Steps = append(page.Steps, web.Fact{Name: p.Day(s.Date.Date), Value: p.T("programme.said", "text", p.Number(s.Value), "source", s.Source)})
	}
	for _, d := range slices.Backward(a.DeclarationsOf(t.ID)) {
		page.Declarations = append(page.Declarations, newDeclarationRow(p, a, d))
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}
