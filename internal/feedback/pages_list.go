package feedback

import (
	"net/http"

	"polis/internal/identity"
	"polis/internal/platform/api"
	"polis/internal/platform/errs"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// perPage is how many reports a page lists.
const perPage = 50

// minePage is somebody's reports, the latest first.
type minePage struct {
	web.Head
	Rows    []row
	Empty   *web.Empty
	Pages   web.Pages
	Manages bool
}

func (minePage) Template() string { return "feedback/mine" }

// row is a report in the list of who made it.
type row struct {
	Href, Title, Where, When string
	By                       string // who answers and by when; empty where it is answered
	State                    web.State
}

func (h *pages) mine(w http.ResponseWriter, r *http.Request) error {
	p, net := h.ui.Printer(r), h.live.Network()
	before := r.URL.Query().Get(web.AfterField)
	if len(before) > 60 {
		return badPage()
	}
	list, err := h.Mine(r.Context(), actor(r), before, perPage+1)
	if err != nil {
		return err
	}
	page := minePage{Head: web.Head{Title: p.T("feedback.mine.title"), Private: true}, Manages: LooksAfter(actor(r))}
	list, next := web.Cut(list, perPage, func(rep Report) string { return rep.ID })
	page.Pages = web.PagesAfter(r.URL, next)
	for _, rep := range list {
		by := ""
		if rep.Open() {
			by = p.T("feedback.report.by", "owner", p.T("feedback.owner."+string(rep.Owner)), "day", p.Day(rep.DueDay(zoneOf(net, rep))))
		}
		page.Rows = append(page.Rows, row{
			By:   by,
			Href: ReportPath(rep.Number), Title: rep.Number + " – " + kindText(p, rep.Kind), Where: whereText(p, net, rep),
			When: p.Date(rep.Created.In(zoneOf(net, rep))), State: h.stateOf(p, rep),
		})
	}
	if len(list) == 0 {
		page.Empty = &web.Empty{
			Title: p.T("feedback.mine.none"), Text: p.T("feedback.mine.none-text"),
			Links: []web.Link{{Href: formPath, Text: p.T("feedback.form.title")}},
		}
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

func badPage() error { return errs.New(errs.Invalid, "feedback.bad-page", nil) }

// workPage is the reports that somebody looks after: what waits by due day, or
// what has its answer.
type workPage struct {
	web.Head
	Form   *form.Form
	States []web.Option
	Pick   bool // looks after several houses
	Found  string
	Late   string // how many are overdue
	Table  *web.Table
	Empty  *web.Empty
	Pages  web.Pages
}

func (workPage) Template() string { return "feedback/manage" }

// The values of the filter by state.
const (
	stateOpen     = "aperte"
	stateAnswered = "risposte"
)

// several tells whether somebody looks after more than one house.
func (h *pages) several(who identity.Actor) bool {
	to, err := h.reachOf(who, "")
	return err == nil && (to.all || len(to.sites) > 1)
}

func (h *pages) manage(w http.ResponseWriter, r *http.Request) error {
	p, net, who := h.ui.Printer(r), h.live.Network(), actor(r)
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	if !LooksAfter(who) {
		return unknown()
	}
	page := workPage{
		Head: web.DeskHead(managePath, p.T("feedback.manage.title")), Form: f,
		Pick: h.several(who),
		States: []web.Option{
			{Value: stateOpen, Text: p.T("feedback.manage.open")},
			{Value: stateAnswered, Text: p.T("feedback.manage.answered")},
		},
	}
	filter := Filter{Answered: f.Choice("stato", "feedback.manage.state", stateOpen, stateAnswered).Default(stateOpen).Value == stateAnswered}
	where := f.String("dove", "feedback.manage.where").Max(200).Value
	if where != "" {
		switch found, _ := findSites(net, where); len(found) {
		case 0:
			f.Add(errs.New(errs.Invalid, "feedback.no-site", nil).On("dove"))
		case 1:
			filter.Site = found[0].ID
			f.Set("dove", siteName(net, found[0]))
		default:
			f.Add(errs.New(errs.Invalid, "feedback.which-site", nil).On("dove"))
		}
	}
	if f.Err() != nil {
		return h.ui.Render(w, r, f.Status(), page)
	}
	var after Position
	if cursor := r.URL.Query().Get(web.AfterField); cursor != "" {
		if api.DecodeCursor(cursor, &after) != nil {
			return badPage()
		}
	}
	list, err := h.List(r.Context(), who, filter, after, perPage+1)
	if err != nil {
		return err
	}
	open, late, err := h.Count(r.Context(), who, filter.Site)
	if err != nil {
		return err
	}
	if !filter.Answered && open > 0 {
		page.Found = p.T("feedback.manage.found", "count", open)
		if late > 0 {
			page.Late = p.T("feedback.manage.late", "count", late)
		}
	}
	list, next := web.Cut(list, perPage, func(rep Report) string { return api.EncodeCursor(filter.After(rep)) })
	page.Pages = web.PagesAfter(r.URL, next)
	if len(list) == 0 {
		page.Empty = &web.Empty{Title: p.T("feedback.manage.none"), Text: p.T("feedback.manage.none-text")}
	} else {
		page.Table = h.table(r, list, filter)
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

func (h *pages) table(r *http.Request, list []Report, f Filter) *web.Table {
	p, net := h.ui.Printer(r), h.live.Network()
	when := "feedback.fact.due"
	if f.Answered {
		when = "feedback.fact.answered"
	}
	t := &web.Table{Caption: p.T("feedback.manage.caption"), Columns: []web.Column{
		{Text: p.T("feedback.fact.number")},
		{Text: p.T("feedback.fact.state")},
		{Text: p.T(when)},
		{Text: p.T("feedback.fact.kind")},
		{Text: p.T("feedback.fact.site")},
		{Text: p.T("feedback.fact.made")},
	}}
	for _, rep := range list {
		zone := zoneOf(net, rep)
		kind := kindText(p, rep.Kind)
		if term, _ := termOf(rep.Kind); term.Priority == High && rep.Open() {
			kind = p.T("feedback.urgent-kind", "kind", kind)
		}
		day := p.Day(rep.DueDay(zone))
		if !rep.Open() {
			day = p.Date(rep.Answered.In(zone))
		}
		state := h.stateOf(p, rep)
		t.Rows = append(t.Rows, []web.Cell{
			{Text: rep.Number, Href: ReportPath(rep.Number)},
			{State: &state},
			{Text: day},
			{Text: kind},
			{Text: whereText(p, net, rep)},
			{Text: p.DateShort(rep.Created.In(zone))},
		})
	}
	return t
}
