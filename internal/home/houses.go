package home

import (
	"net/http"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

// perPage is how many houses a page lists.
const perPage = 50

// houses is the list of houses: the rows behind the figures.
type houses struct {
	web.Head
	Form   *form.Form
	Kinds  []web.Option
	States []web.Option
	Found  string
	Table  *web.Table
	Empty  *web.Empty
	Pages  web.Pages
}

func (houses) Template() string { return "home/houses" }

var (
	kinds  = []string{string(site.Space), string(site.Office)}
	states = []string{string(site.Open), string(site.Testing), string(site.Works), string(site.Planned), string(site.Suspended)}
)

func (h *pages) list(w http.ResponseWriter, r *http.Request) error {
	p, net := h.ui.Printer(r), h.live.Network()
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	page := houses{
		Head: web.Head{Title: p.T("home.houses.title"), Description: p.T("home.houses.description")}, Form: f,
		Kinds: options(p, "home.kind.", kinds), States: options(p, "home.state.", states),
	}
	filter := site.Filter{
		Query: f.String("q", "home.houses.where").Max(100).Value,
		Kind:  site.Kind(f.Choice("tipo", "home.houses.kind", kinds...).Value),
		State: site.State(f.Choice("stato", "home.houses.state", states...).Value),
	}
	if f.Err() != nil {
		return h.ui.Render(w, r, f.Status(), page)
	}
	hits := net.Sites(filter)
	rows, next, err := net.Page(hits, r.URL.Query().Get(web.AfterField), perPage)
	if err != nil {
		return err
	}
	page.Found = p.T("home.houses.found", "count", len(hits))
	if len(hits) == 0 {
		page.Empty = &web.Empty{
			Title: p.T("home.houses.none"), Text: p.T("home.houses.none-text"),
			Links: []web.Link{{Href: "/sedi", Text: p.T("home.houses.all")}},
		}
		return h.ui.Render(w, r, http.StatusOK, page)
	}
	page.Table = h.table(p, net, rows)
	page.Pages = web.PagesAfter(r.URL, next)
	return h.ui.Render(w, r, http.StatusOK, page)
}

func (h *pages) table(p *i18n.Printer, net *site.Network, rows []site.Hit) *web.Table {
	t := &web.Table{Caption: p.T("home.houses.caption"), Columns: []web.Column{
		{Text: p.T("home.houses.name")},
		{Text: p.T("home.houses.state")},
		{Text: p.T("home.houses.municipality")},
		{Text: p.T("home.houses.address")},
		{Text: p.T("home.houses.opens")},
		{Text: p.T("home.houses.places"), Number: true},
	}}
	for _, hit := range rows {
		st := hit.Site
		name := web.Cell{Text: st.Name, Href: HousePath(st.Code)}
		opens := web.Cell{Text: "–"}
		if day := civil(p, st.OpensOn); day != "" && st.State != site.Open {
			opens.Text = day
		}
		t.Rows = append(t.Rows, []web.Cell{
			name,
			{State: &web.State{Kind: stateKind[st.State], Text: p.T("home.state." + string(st.State))}},
			{Text: net.Place(st)},
			{Text: st.Address},
			opens,
			{Text: p.Number(workPlaces(net, st))},
		})
	}
	return t
}

// stateKind is how a state is drawn.
var stateKind = map[site.State]string{
	site.Open: "free", site.Testing: "pending", site.Works: "works", site.Planned: "pending", site.Suspended: "closed",
}

// options are the values of a filter, with "all" first.
func options(p *i18n.Printer, prefix string, values []string) []web.Option {
	out := []web.Option{{Text: p.T("home.houses.any")}}
	for _, v := range values {
		out = append(out, web.Option{Value: v, Text: p.T(prefix + v)})
	}
	return out
}
