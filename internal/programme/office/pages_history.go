package office

import (
	"io"
	"net/http"
	"slices"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/programme"
	"polis/internal/programme/account"
	"polis/internal/sheet"
)

// historyPage is every published value of a row.
type historyPage struct {
	web.Head
	Lead  string
	Table *web.Table
	Pages web.Pages
	CSV   string
}

func (historyPage) Template() string { return "office/history" }

// rowIn is the row that an address names.
func rowIn(r *http.Request) (*account.Kind, string, error) {
	q := r.URL.Query()
	kind, ok := account.KindOf(q.Get("tipo"))
	if !ok || len(q["riga"]) != len(kind.Key) {
		return nil, "", errs.New(errs.NotFound, "programme.unknown-row", nil)
	}
	return kind, account.JoinKey(q["riga"]...), nil
}

// versions are the values of a row, the newest first.
func (h *pages) versions(r *http.Request) (*account.Kind, string, []programme.Version, error) {
	kind, key, err := rowIn(r)
	if err != nil {
		return nil, "", nil, err
	}
	list, err := h.Programme.History(r.Context(), actor(r), kind, key)
	slices.Reverse(list)
	return kind, key, list, err
}

func (h *pages) history(w http.ResponseWriter, r *http.Request) error {
	kind, key, list, err := h.versions(r)
	if err != nil {
		return err
	}
	p := h.ui.Printer(r)
	reads := actor(r).May(identity.ProgrammeRead, identity.Network)
	var names whoIs
	if reads {
		var batches []programme.Batch
		for _, v := range list {
			batches = append(batches, programme.Batch{EnteredBy: v.EnteredBy, DecidedBy: v.DecidedBy})
		}
		if names, err = h.people(r.Context(), batches...); err != nil {
			return err
		}
	}
	part := web.RangeOf(r.URL.Query().Get(web.PageField), len(list), onPage)
	t := &web.Table{Caption: p.T("office.history.caption"), Columns: []web.Column{
		{Text: p.T("office.head.when")}, {Text: p.T("office.changes.column")}, {Text: p.T("office.history.values")}, {Text: p.T("office.history.role")}, {Text: p.T("office.head.origin")},
	}}
	for i := part.From; i < part.To; i++ {
		v := list[i]
		var before any
		if i+1 < len(list) {
			before = list[i+1].Row
		}
		lines := [][]web.Cell{}
		was, is := cellsFor(kind, before), cellsFor(kind, v.Row)
		for n, c := range kind.Columns {
			if was[n] != is[n] {
				lines = append(lines, []web.Cell{{}, {Text: columnName(p, c.Name)}, {Text: shown(p, c, is[n])}, {}, {}})
			}
		}
		if len(lines) == 0 {
			lines = append(lines, []web.Cell{{}, {Text: p.T("office.changes.same")}, {}, {}, {}})
		}
		lines[0][0], lines[0][3], lines[0][4] = whenCell(p, &v, reads), web.Cell{Text: byWhom(p, &v, names, reads)}, web.Cell{Text: dash(v.Source)}
		t.Rows = append(t.Rows, lines...)
	}
	page := historyPage{Lead: p.T("office.history.lead"), Table: t, Pages: part.Links(p, r.URL), CSV: historyPath + "/dati.csv?" + r.URL.Query().Encode()}
	page.Head = programme.PageHead(p, "", p.T("office.history")+": "+clip(KeyText(key), 80), sectionOf(p, kind)...)
	return h.ui.Render(w, r, http.StatusOK, page)
}

// whenCell is the day of a publication; who reads proposals is led to it.
func whenCell(p *i18n.Printer, v *programme.Version, reads bool) web.Cell {
	switch {
	case v.At.IsZero():
		return web.Cell{Text: p.T("office.history.first")}
	case reads:
		return web.Cell{Text: p.DateShort(v.At), Href: proposalPath(v.Batch)}
	}
	return web.Cell{Text: p.DateShort(v.At)}
}

// byWhom says who published: to anybody in which role, to who reads proposals by
// name.
func byWhom(p *i18n.Printer, v *programme.Version, names whoIs, reads bool) string {
	switch {
	case v.At.IsZero():
		return p.T("office.history.program")
	case v.Channel == programme.ByCommand && v.DecidedBy == "":
		return p.T("office.fact.command")
	case reads:
		return p.T("office.history.by", "entered", names.name(p, v.EnteredBy), "decided", names.name(p, v.DecidedBy))
	}
	return p.T("office.history.office")
}

func (h *pages) historyList(w http.ResponseWriter, r *http.Request) error {
	kind, _, list, err := h.versions(r)
	if err != nil {
		return err
	}
	p := h.ui.Printer(r)
	return h.ui.CSV(w, r, "storia.csv", func(file io.Writer, style sheet.Style) error {
		out := sheet.NewWriter(file, style, append([]string{"published", "published_by", "proposal_source"}, kind.Names()...)...)
		for _, v := range list {
			day := ""
			if !v.At.IsZero() {
				day = v.At.In(i18n.Rome).Format(time.DateOnly)
			}
			out.Row(append([]string{day, byWhom(p, &v, nil, false), v.Source}, cellsFor(kind, v.Row)...)...)
		}
		return out.Close()
	})
}

// sectionOf is the page of the account on which rows of a kind are shown.
func sectionOf(p *i18n.Printer, kind *account.Kind) []web.Link {
	switch kind.Name {
	case "milestones", "progress":
		return []web.Link{{Href: programme.MilestonesPath, Text: p.T("programme.section.milestones")}}
	case "targets", "steps", "declarations":
		return []web.Link{{Href: programme.TargetsPath, Text: p.T("programme.section.targets")}}
	case "projects", "funding", "linked", "calls", "lots", "tenders", "payments":
		return []web.Link{{Href: programme.MoneyPath, Text: p.T("programme.section.money")}}
	}
	return nil
}
