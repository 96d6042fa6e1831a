package works

import (
	"net/http"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/programme"
	"polis/internal/programme/account"
)

// housesShown is how many houses a page lists.
const housesShown = 50

// listPage is the list of houses with their works.
type listPage struct {
	web.Head
	Form *form.Form
	choices
	More    bool
	Found   string
	Clear   string // href without any filter; empty where there is none
	Map     string // href of the same on the map
	CSV     string
	Columns []column
	Rows    []listRow
	Empty   *web.Empty
	Pages   web.Pages
}

func (listPage) Template() string { return "works/list" }

// column heads a column by which a table can be sorted.
type column struct {
	Text, Href string
	Sort       string // aria-sort; empty where the list is sorted by another
	Number     bool
}

type listRow struct {
	Name, Href, Kind, Place string
	State                   web.State
	Late                    bool
	Delay, Opening          string
	Verified                bool
}

func (h *pages) list(w http.ResponseWriter, r *http.Request) error {
	p := h.ui.Printer(r)
	roll, err := h.roll(r.Context())
	if err != nil {
		return err
	}
	a, err := ask(w, r, roll)
	if err != nil {
		return err
	}
	page := listPage{
		Head: programme.PageHead(p, programme.MapPath, p.T("works.list.title"), web.Link{Href: MapPath, Text: p.T("works.map.title")}),
		Form: a.form, choices: roll.choices(p, a), CSV: a.at(Root + ".csv"), Map: a.at(MapPath, "q", "", "ordine", "", "verso", "", "ritardo", "", "verificate", "", "area", "", "dimensione", ""),
		More: a.Area != "" || a.Size != "" || a.Late || a.Verified,
	}
	if a.form.Err() != nil {
		return h.ui.Render(w, r, a.form.Status(), page)
	}
	found := roll.find(a.Wanted)
	page.Found = p.T("works.list.found", "count", len(found))
	if len(a.q) > 0 {
		page.Clear = Root
	}
	if len(found) == 0 {
		page.Empty = &web.Empty{Title: p.T("works.list.none"), Text: p.T("works.list.none-text"), Links: []web.Link{{Href: Root, Text: p.T("works.list.all")}}}
		return h.ui.Render(w, r, http.StatusOK, page)
	}
	page.Columns = a.columns(p)
	part := web.RangeOf(r.URL.Query().Get(web.PageField), len(found), housesShown)
	page.Pages = part.Links(p, r.URL)
	for _, house := range found[part.From:part.To] {
		page.Rows = append(page.Rows, rowOf(p, house))
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

func rowOf(p *i18n.Printer, h *House) listRow {
	row := listRow{
		Name: h.Name, Href: HousePath(h.Code), Kind: kindOf(p, h), Place: h.Place(), State: badge(p, h), Late: h.Late,
		Delay: lateness(p, h.State), Opening: "–", Verified: h.Verified(),
	}
	if day, ok := h.Opening(); ok {
		row.Opening = short(p, day)
	}
	return row
}

// kindOf is what a house is, with its size.
func kindOf(p *i18n.Printer, h *House) string {
	if h.Size() == "" {
		return p.T(h.Kind.Label())
	}
	return p.T("works.size." + h.Size())
}

// columns are the heads of the list; each sorts by itself, and the other way
// round where it does already.
func (a asked) columns(p *i18n.Printer) (list []column) {
	for i, name := range Sorts {
		c := column{Text: p.T("works.column." + name)}
		current, down := a.Sort == name || a.Sort == "" && i == 0, ""
		switch {
		case current && a.Down:
			c.Sort = "descending"
		case current:
			c.Sort, down = "ascending", "giu"
		case name == "ritardo": // begins with the greatest
			down = "giu"
		}
		c.Href = a.at(Root, "ordine", name, "verso", down)
		list = append(list, c)
	}
	return list
}

// listFile is the list as a file.
func (h *pages) listFile(w http.ResponseWriter, r *http.Request) error {
	roll, err := h.roll(r.Context())
	if err != nil {
		return err
	}
	a, err := ask(w, r, roll)
	if err != nil {
		return err
	}
	if err := a.form.Err(); err != nil {
		return err
	}
	columns := []string{"code", "name", "kind", "size", "municipality", "province", "region", "area", "stage", "late", "delay_days", "verified", "contractor"}
	for _, phase := range account.Phases {
		columns = append(columns, phase.ID+"_planned", phase.ID+"_actual")
	}
	return h.send(w, r, "case.csv", columns, func(row func(...string)) {
		for _, x := range roll.find(a.Wanted) {
			cells := []string{
				x.Code, x.Name, string(x.Kind), x.Size(), x.Town.Name, x.Town.Province, x.Town.Region, x.Area.Class, string(x.Stage),
				yes(x.Late), "", yes(x.Verified()), x.Works.Contractor,
			}
			if x.Known {
				cells[10] = itoa(x.Delay)
			}
			for i := range account.Phases {
				var d account.Dates
				if i < len(x.Works.Dates) {
					d = x.Works.Dates[i]
				}
				cells = append(cells, dateText(d.Planned), dateText(d.Actual))
			}
			row(cells...)
		}
	})
}

func dateText(d account.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

func yes(b bool) string {
	if b {
		return string(account.Yes)
	}
	return string(account.No)
}
