package works

import (
	"cmp"
	"net/http"
	"slices"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
)

// table counts the houses by parts.
type table struct {
	ID, Title, CSV string
	Columns        []column
	Rows           []tableRow
	Note           string
	Alert          *web.Alert // instead of rows
}

type tableRow struct {
	Name, Houses web.Link
	Share        string // of the houses that are done
	Width        int    // of its strip of 48
	Cells        []web.Link
}

// tableSorts are the orders of the table of regions or provinces.
var tableSorts = []string{"case", "quota", "ritardi"}

// cut is a way to part the houses.
type cut struct {
	id    string // of the table, and its file
	field string // of the address, by which the houses of a part are found
	key   func(*House) string
	name  func(*i18n.Printer, string) string
	order []string // of the keys; nil by name
}

// cuts are the tables of a page: of the regions, or of the provinces of one.
func (r *roll) cuts(a asked) []cut {
	same := func(_ *i18n.Printer, key string) string { return key }
	by := cut{id: "regioni", field: "regione", key: func(h *House) string { return h.Town.Region }, name: same}
	if a.Region != "" {
		by = cut{id: "province", field: "provincia", key: func(h *House) string { return h.Town.Province }, name: func(_ *i18n.Printer, code string) string {
			pr, _ := r.net.Territory().Province(code)
			return cmp.Or(pr.Name, code)
		}}
	}
	return []cut{
		by,
		{"aree", "area", (*House).class, areaName, Areas},
		{"dimensioni", "dimensione", (*House).Size, func(p *i18n.Printer, size string) string { return p.T("works.size." + size) }, Sizes},
	}
}

// parts are the houses by the parts of a cut, in the order that is asked for.
func (c cut) parts(p *i18n.Printer, a asked, list []*House) []part {
	parts := split(list, c.key)
	for i := range parts {
		parts[i].Name = c.name(p, parts[i].Key)
	}
	slices.SortFunc(parts, func(x, y part) int {
		if c.order != nil {
			return cmp.Compare(slices.Index(c.order, x.Key), slices.Index(c.order, y.Key))
		}
		return cmp.Compare(x.Name, y.Name)
	})
	by := map[string]func(x, y part) int{
		"case":    func(x, y part) int { return cmp.Compare(x.Houses, y.Houses) },
		"quota":   func(x, y part) int { return cmp.Compare(x.Stages[Open]*y.Houses, y.Stages[Open]*x.Houses) },
		"ritardi": func(x, y part) int { return cmp.Compare(x.Late, y.Late) },
	}[a.Sort]
	if by != nil {
		slices.SortStableFunc(parts, by)
	}
	if a.Down {
		slices.Reverse(parts)
	}
	return parts
}

func (r *roll) tables(p *i18n.Printer, a asked, all []*House) (list []table) {
	whole := count(all)
	for _, c := range r.cuts(a) {
		if c.field == "provincia" && a.Province != "" {
			continue
		}
		t := table{ID: c.id, Title: p.T("works.table." + c.id), CSV: a.at(MapPath+"/"+c.id+".csv", "stato", "", "ritardo", "")}
		if c.id == "aree" {
			if !r.areas {
				t.Alert, t.CSV = &web.Alert{Tone: web.Info, Title: p.T("works.area.missing"), Text: p.T("works.area.load")}, ""
				list = append(list, t)
				continue
			}
			if t.Note = p.T("works.area.how"); r.guess {
				t.Note = p.T("works.area.guess")
			}
		}
		t.Columns = a.heads(p, whole, c.id)
		for _, part := range c.parts(p, a, all) {
			t.Rows = append(t.Rows, a.tableRow(p, c, part, whole))
		}
		list = append(list, t)
	}
	return list
}

// heads are the columns of a table; all tables of a page are sorted alike.
func (a asked) heads(p *i18n.Printer, whole Tally, table string) (list []column) {
	add := func(text, sort string) {
		c := column{Text: text, Number: len(list) > 0}
		if sort != "-" {
			current, down := a.Sort == sort, "giu"
			if current || sort == "" && !slices.Contains(tableSorts, a.Sort) {
				if c.Sort = "ascending"; a.Down {
					c.Sort, down = "descending", ""
				}
			} else if sort == "" {
				down = ""
			}
			c.Href = a.at(MapPath, "ordine", sort, "verso", down) + "#" + table
		}
		list = append(list, c)
	}
	add(p.T("works.column.part"), "")
	add(p.T("works.column.houses"), "case")
	add(p.T("works.column.share"), "quota")
	for _, s := range Stages {
		if whole.Stages[s] > 0 {
			add(p.T(s.label()), "-")
		}
	}
	add(p.T("works.late"), "ritardi")
	add(p.T("works.verified"), "-")
	return list
}

// tableRow is a part: each number leads to its houses.
func (a asked) tableRow(p *i18n.Printer, c cut, x part, whole Tally) tableRow {
	number := func(n int, set ...string) web.Link {
		link := web.Link{Text: p.Number(n)}
		if n > 0 {
			link.Href = a.at(Root, append([]string{"stato", "", "ritardo", "", "ordine", "", "verso", "", "mancato", "", c.field, x.Key}, set...)...)
		}
		return link
	}
	row := tableRow{Name: web.Link{Text: x.Name, Href: a.at(MapPath, "ordine", "", "verso", "", "mancato", "", c.field, x.Key)}, Houses: number(x.Houses)}
	if c.order != nil {
		row.Name.Href = row.Houses.Href
	}
	percent := x.Stages[Open] * 100 / x.Houses
	row.Share, row.Width = p.T("works.percent", "n", percent), percent*48/100
	for _, s := range Stages {
		if whole.Stages[s] > 0 {
			row.Cells = append(row.Cells, number(x.Stages[s], "stato", string(s)))
		}
	}
	row.Cells = append(row.Cells, number(x.Late, "ritardo", "1"), number(x.Verified, "verificate", "1"))
	return row
}

// tableList is a table as a file.
func (h *pages) tableList(w http.ResponseWriter, r *http.Request) error {
	p := h.ui.Printer(r)
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
	for _, c := range roll.cuts(a) {
		name := c.id + ".csv"
		if r.PathValue("table") != name {
			continue
		}
		columns := []string{"key", "name", "houses"}
		columns = append(append(columns, stageNames()...), "late", "verified")
		return h.send(w, r, name, columns, func(row func(...string)) {
			for _, x := range c.parts(p, a, roll.find(a.Wanted)) {
				cells := []string{x.Key, x.Name, itoa(x.Houses)}
				for _, s := range Stages {
					cells = append(cells, itoa(x.Stages[s]))
				}
				row(append(cells, itoa(x.Late), itoa(x.Verified))...)
			}
		})
	}
	return notFound()
}
