package privacy

import (
	"net/http"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
)

const keepPath = "/gestione/conservazione"

// Entry leads to the page that says how long what is kept.
var Entry = web.Entry{Href: keepPath, Key: "privacy.kept.nav"}

// text is a term in words.
func (t Term) text(p *i18n.Printer) string {
	switch {
	case t.Years > 0:
		return p.T("privacy.term.years", "count", t.Years)
	case t.Months > 0:
		return p.T("privacy.term.months", "count", t.Months)
	case t.Days > 0:
		return p.T("privacy.term.days", "count", t.Days)
	}
	return p.T("privacy.term.own")
}

// Table says of each kind of record how long it is kept, what becomes of it, and
// why.
func (s *Service) Table(p *i18n.Printer) *web.Table {
	t := &web.Table{Caption: p.T("privacy.kept.caption"), Columns: []web.Column{
		{Text: p.T("privacy.kept.what")}, {Text: p.T("privacy.kept.term")}, {Text: p.T("privacy.kept.then")}, {Text: p.T("privacy.kept.why")},
	}}
	for _, k := range s.Keeps() {
		t.Rows = append(t.Rows, []web.Cell{
			{Text: p.T("privacy.kind." + k.Kind)}, {Text: k.Term.text(p)}, {Text: p.T("privacy.fate." + string(k.Fate))}, {Text: p.T("privacy.kind." + k.Kind + "-why")},
		})
	}
	return t
}

// keptPage says how the last run over each kind of record went.
type keptPage struct {
	web.Head
	Late   bool // it never ran
	Failed bool
	Table  *web.Table
}

func (keptPage) Template() string { return "privacy/kept" }

func (h *pages) showKept(w http.ResponseWriter, r *http.Request) error {
	list, err := h.Runs(r.Context(), actor(r))
	if err != nil {
		return err
	}
	p := h.ui.Printer(r)
	page := keptPage{Head: web.DeskHead(keepPath, p.T("privacy.kept.title")), Late: true}
	page.Table = &web.Table{Caption: p.T("privacy.kept.runs"), Columns: []web.Column{
		{Text: p.T("privacy.kept.what")},
		{Text: p.T("privacy.kept.term")},
		{Text: p.T("privacy.kept.then")},
		{Text: p.T("privacy.kept.last")},
		{Text: p.T("privacy.kept.ended"), Number: true},
		{Text: p.T("privacy.kept.total"), Number: true},
	}}
	for _, k := range list {
		last := web.Cell{Text: p.T("privacy.kept.by-itself")}
		ended, total := "", ""
		switch {
		case k.Failed != "":
			page.Failed, page.Late = true, false
			last = web.Cell{State: &web.State{Kind: "warning", Text: p.T("privacy.kept.failed", "time", p.DateTime(k.At.In(i18n.Rome)))}}
		case !k.At.IsZero():
			page.Late = false
			last.Text = p.DateTime(k.At.In(i18n.Rome))
		case k.Sweep != nil:
			last.Text = p.T("privacy.kept.never")
		}
		if !k.At.IsZero() {
			ended, total = p.Number(k.Ended), p.Number(k.Total)
		}
		page.Table.Rows = append(page.Table.Rows, []web.Cell{
			{Text: p.T("privacy.kind." + k.Kind)}, {Text: k.Term.text(p)}, {Text: p.T("privacy.fate." + string(k.Fate))}, last, {Text: ended}, {Text: total},
		})
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}
