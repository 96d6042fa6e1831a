package office

import (
	"net/http"
	"net/url"
	"slices"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/programme"
	"polis/internal/programme/account"
)

// deskPage is what waits, what is missing, and what can be entered.
type deskPage struct {
	web.Head
	Reader             bool
	Counts             []web.Fact
	Waiting, Published *web.Table
	Missing            *web.Table
	MissingMore        string
	Enter              []way
	All, Public        string
	Summary            string
}

func (deskPage) Template() string { return "office/desk" }

// way leads to where something is entered.
type way struct{ Href, Title, Text string }

// onDesk is how many rows each table of the desk has.
const onDesk = 20

func (h *pages) desk(w http.ResponseWriter, r *http.Request) error {
	who, p := actor(r), h.ui.Printer(r)
	waiting, waits, err := h.Programme.Find(r.Context(), who, programme.Filter{State: programme.Proposed, Order: programme.Oldest}, onDesk, 0)
	if err != nil {
		return err
	}
	published, all, err := h.Programme.Find(r.Context(), who, programme.Filter{State: programme.Published}, onDesk, 0)
	if err != nil {
		return err
	}
	slices.SortStableFunc(published, func(a, b programme.Batch) int { return b.Decided.Compare(a.Decided) })
	names, err := h.people(r.Context(), append(slices.Clone(waiting), published...)...)
	if err != nil {
		return err
	}
	missing := h.missing(p, who)
	page := deskPage{
		Head: web.DeskHead(Root, p.T("office.title")), All: proposalsPath, Public: programme.Root, Summary: SummaryPath,
		Enter: ways(p, who),
		Counts: []web.Fact{
			{Name: p.T("office.count.waiting"), Value: p.Number(waits), Href: proposalsPath + "?stato=proposed"},
			{Name: p.T("office.count.published"), Value: p.Number(all), Href: proposalsPath + "?stato=published"},
			{Name: p.T("office.count.missing"), Value: p.Number(len(missing))},
		},
	}
	page.Reader = len(page.Enter) == 0
	if len(waiting) > 0 {
		page.Waiting = batchTable(p, p.T("office.waiting.caption"), waiting, names)
	}
	if len(published) > 0 {
		page.Published = batchTable(p, p.T("office.published.caption"), published, names)
	}
	if len(missing) > 0 {
		page.Missing = missingTable(p, who, missing[:min(len(missing), onDesk)])
	}
	if more := len(missing) - onDesk; more > 0 {
		page.MissingMore = p.T("office.missing.more", "count", more)
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// entered are the kinds that have a form on the desk, in the order of their use.
var entered = []string{"declarations", "progress", "payments", "works", "costs", "documents"}

// ways are what somebody may enter.
func ways(p *i18n.Printer, who identity.Actor) (list []way) {
	for _, name := range entered {
		if kind, ok := account.KindOf(name); ok && enters(who, kind) {
			list = append(list, way{enterPath + name, p.T("office.enter." + name), p.T("office.about." + name)})
		}
	}
	if len(list) > 0 {
		list = append(list, way{importPath, p.T("office.import"), p.T("office.import.text")})
	}
	return list
}

// lack is something that is missing or old.
type lack struct {
	what, why string
	enter     string // kind of the form that mends it
	fill      url.Values
}

// Figures and milestones are looked at again after so many days, and before.
const (
	oldAfter  = 365
	soon      = 92
	toldSince = 180
)

// missing finds what is missing or old of what somebody enters or reads.
func (h *pages) missing(p *i18n.Printer, who identity.Actor) (list []lack) {
	a, today := h.Programme.Account(), h.today()
	if who.May(identity.ProgrammeRead, identity.Network) {
		list = append(missingProgress(p, a, today), missingFigures(p, a, today)...)
	}
	net := h.Sites.Network()
	for _, x := range account.All[account.Works](a) {
		st, err := net.ByCode(x.Site)
		if err != nil || x.Reason != "" || !who.May(identity.WorksWrite, identity.Site(st.ID)) && !who.May(identity.ProgrammeRead, identity.Network) {
			continue
		}
		for i, d := range x.Dates {
			if d.Actual.IsZero() && !d.Planned.IsZero() && d.Planned.Before(today) {
				list = append(list, lack{
					st.Name, p.T("office.missing.late", "phase", phaseName(p, i), "date", dayText(p, d.Planned.Date)), "works", url.Values{"site": {x.Site}},
				})
				break
			}
		}
	}
	return list
}

// missingProgress are the milestones that are due, or soon, and of which nothing
// was said lately.
func missingProgress(p *i18n.Printer, a *account.Account, today agenda.Date) (list []lack) {
	for _, m := range a.Milestones() {
		due, now := m.Due().End(), a.StandingOf(m, today)
		told := now.Last.Date.End()
		switch {
		case now.Completed != "":
		case due.Before(today) && told.Before(today.AddDays(-toldSince)):
			list = append(list, lack{milestoneName(p, &m), p.T("office.missing.past", "date", dayText(p, due)), "progress", url.Values{"milestone": {m.ID}}})
		case due.Before(today.AddDays(soon)) && told.Before(today.AddDays(-soon)):
			list = append(list, lack{milestoneName(p, &m), p.T("office.missing.due", "date", dayText(p, due)), "progress", url.Values{"milestone": {m.ID}}})
		}
	}
	return list
}

// missingFigures are the targets of which the last figure is of long ago.
func missingFigures(p *i18n.Printer, a *account.Account, today agenda.Date) (list []lack) {
	for _, t := range account.All[account.Target](a) {
		fill := url.Values{"target": {t.ID}, "word": {account.WordDone}}
		last, ok := a.Reached(t.ID, today)
		switch {
		case !ok:
			list = append(list, lack{programme.TargetName(p, t), p.T("office.missing.never"), "declarations", fill})
		case last.AsOf.End().Before(today.AddDays(-oldAfter)):
			fill.Set("word", last.Word)
			list = append(list, lack{programme.TargetName(p, t), p.T("office.missing.old", "date", dayText(p, last.AsOf.End())), "declarations", fill})
		}
	}
	return list
}

func missingTable(p *i18n.Printer, who identity.Actor, list []lack) *web.Table {
	t := &web.Table{Caption: p.T("office.missing.caption"), Columns: []web.Column{
		{Text: p.T("office.missing.what")}, {Text: p.T("office.missing.why")}, {Text: p.T("office.missing.act")},
	}}
	for _, l := range list {
		act := web.Cell{Text: "—"}
		if kind, _ := account.KindOf(l.enter); enters(who, kind) {
			act = web.Cell{Text: p.T("office.missing." + l.enter), Href: enterPath + l.enter + "?" + l.fill.Encode()}
		}
		t.Rows = append(t.Rows, []web.Cell{{Text: l.what}, {Text: l.why}, act})
	}
	return t
}

func milestoneName(p *i18n.Printer, m *account.Milestone) string {
	return m.Number() + " · " + programme.InWords(p, m.Text, m.TextEN)
}

func phaseName(p *i18n.Printer, i int) string {
	return programme.InWords(p, account.Phases[i].Name, account.Phases[i].NameEN)
}

// dayText writes a civil day without its weekday.
func dayText(p *i18n.Printer, d agenda.Date) string { return p.DateShort(d.UTC()) }
