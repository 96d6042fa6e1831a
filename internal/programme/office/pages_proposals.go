package office

import (
	"io"
	"net/http"
	"strconv"
	"time"

	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/programme"
	"polis/internal/programme/account"
	"polis/internal/sheet"
)

// proposalsPage lists proposals.
type proposalsPage struct {
	web.Head
	Form                  *form.Form
	States, Kinds, Orders []web.Option
	Table                 *web.Table
	Empty                 *web.Empty
	Pages                 web.Pages
	Path, CSV             string
}

func (proposalsPage) Template() string { return "office/proposals" }

// onPage is how many proposals, or rows, a page shows.
const onPage = 50

// orders are the orders as addresses name them.
var orders = map[string]programme.Order{"recenti": programme.Newest, "vecchie": programme.Oldest, "lunghe": programme.Longest}

// askProposals reads which are asked for.
func askProposals(f *form.Form) programme.Filter {
	var states, kinds []string
	for _, s := range programme.States {
		states = append(states, string(s))
	}
	for _, k := range account.Kinds {
		kinds = append(kinds, k.Name)
	}
	return programme.Filter{
		State: programme.State(f.Choice("stato", "office.filter.state", states...).Value),
		Kind:  f.Choice("tipo", "office.filter.kind", kinds...).Value,
		Order: orders[f.Choice("ordine", "office.filter.order", "recenti", "vecchie", "lunghe").Default("recenti").Value],
	}
}

func (h *pages) proposals(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	p, filter := h.ui.Printer(r), askProposals(f)
	number, _ := strconv.Atoi(r.URL.Query().Get(web.PageField))
	skip := max(min(number, 1_000_000)-1, 0) * onPage
	list, total, err := h.Programme.Find(r.Context(), actor(r), filter, onPage, skip)
	if err != nil {
		return err
	}
	names, err := h.people(r.Context(), list...)
	if err != nil {
		return err
	}
	query := r.URL.Query()
	query.Del(web.PageField)
	page := proposalsPage{
		Head: head(p, p.T("office.proposals")), Form: f, Path: proposalsPath, CSV: proposalsPath + "/elenco.csv?" + query.Encode(),
		States: []web.Option{{Text: p.T("office.filter.all-states")}},
		Kinds:  []web.Option{{Text: p.T("office.filter.all-kinds")}},
		Orders: []web.Option{
			{Value: "recenti", Text: p.T("office.order.new")}, {Value: "vecchie", Text: p.T("office.order.old")}, {Value: "lunghe", Text: p.T("office.order.rows")},
		},
	}
	page.Pages = web.RangeOf(r.URL.Query().Get(web.PageField), total, onPage).Links(p, r.URL)
	for _, s := range programme.States {
		page.States = append(page.States, web.Option{Value: string(s), Text: p.T("office.state." + string(s))})
	}
	for _, k := range account.Kinds {
		page.Kinds = append(page.Kinds, web.Option{Value: k.Name, Text: title(p, k)})
	}
	if len(list) > 0 {
		page.Table = batchTable(p, p.T("office.proposals.caption"), list, names)
	} else {
		page.Empty = &web.Empty{Title: p.T("office.proposals.none"), Text: p.T("office.proposals.none-text"), Links: []web.Link{{Href: proposalsPath, Text: p.T("office.proposals.clear")}}}
	}
	return h.ui.Render(w, r, f.Status(), page)
}

// mostListed is how many proposals a file holds.
const mostListed = 10_000

func (h *pages) proposalList(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	p := h.ui.Printer(r)
	list, _, err := h.Programme.Find(r.Context(), actor(r), askProposals(f), mostListed, 0)
	if err != nil {
		return err
	}
	names, err := h.people(r.Context(), list...)
	if err != nil {
		return err
	}
	return h.ui.CSV(w, r, "proposte.csv", func(file io.Writer, style sheet.Style) error {
		out := sheet.NewWriter(file, style, "id", "kind", "title", "rows", "source", "state", "entered", "entered_by", "decided", "decided_by", "reason")
		for _, b := range list {
			decided, by := "", ""
			if !b.Decided.IsZero() {
				decided, by = b.Decided.UTC().Format(time.RFC3339), names.name(p, b.DecidedBy)
			}
			out.Row(b.ID, b.Kind.Name, b.Title, strconv.Itoa(b.Lines), b.Source, string(b.State), b.Entered.UTC().Format(time.RFC3339), names.name(p, b.EnteredBy), decided, by, b.Reason)
		}
		return out.Close()
	})
}
