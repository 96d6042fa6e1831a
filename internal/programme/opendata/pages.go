package opendata

import (
	"net/http"
	"slices"
	"strings"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/programme"
)

// RegisterPages adds the page of the data to a mux.
func RegisterPages(mux *http.ServeMux, ui *web.Renderer, s *Service) error {
	if err := ui.Add("opendata", Pages); err != nil {
		return err
	}
	h := &pages{Service: s, ui: ui}
	mux.Handle("GET "+PagePath, ui.Handle(h.data))
	return nil
}

type pages struct {
	*Service
	ui *web.Renderer
}

// dataPage tells what there is, in which files, and how to go on from there.
type dataPage struct {
	web.Head
	Facts   []web.Fact
	Groups  []groupRow
	Command string
	Cite    string
}

// groupRow are the data sets that tell of one thing.
type groupRow struct {
	ID, Title string
	Sets      []setRow
}

// groupID is how the ids of groups begin.
const groupID = "gruppo-"

// setRow is one data set.
type setRow struct {
	ID, Title, Text string
	About           string // "244 righe, aggiornato il 3 marzo 2026"
	Source          string
	Files           []fileLink
	Columns         string // "11 colonne"
	Table           *web.Table
}

// fileLink leads to a file.
type fileLink struct{ Href, Text, Label, Type string }

func (dataPage) Template() string { return "opendata/data" }

// command is how the numbers are computed anew.
const command = "polis programme recompute --from"

func (h *pages) data(w http.ResponseWriter, r *http.Request) error {
	p := h.ui.Printer(r)
	b, err := h.book(r.Context())
	if err != nil {
		return err
	}
	page := dataPage{
		Head:    programme.PageHead(p, PagePath, p.T("opendata.title")),
		Command: command + " " + p.T("opendata.folder"),
		Cite:    p.T("opendata.use.cite", "publisher", h.Publisher.Name, "title", p.T("opendata.catalog.title"), "url", h.URL+PagePath),
		Facts: []web.Fact{
			{Name: p.T("opendata.updated"), Value: p.DateTime(b.modified)},
			{Name: p.T("opendata.licence"), Value: p.T("opendata.licence-name"), Href: License},
			{Name: p.T("opendata.publisher"), Value: h.Publisher.Name},
			{Name: p.T("opendata.catalogue"), Value: p.T("opendata.catalogue-turtle"), Href: Root + catalogTurtle},
			{Name: p.T("opendata.catalogue"), Value: p.T("opendata.catalogue-jsonld"), Href: Root + catalogJSONLD},
		},
	}
	page.Description = p.T("opendata.description")
	for _, x := range sets {
		i := slices.IndexFunc(page.Groups, func(g groupRow) bool { return g.ID == groupID+x.group })
		if i < 0 {
			i = len(page.Groups)
			page.Groups = append(page.Groups, groupRow{ID: groupID + x.group, Title: p.T("opendata.group." + x.group)})
		}
		page.Groups[i].Sets = append(page.Groups[i].Sets, b.row(p, x))
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// row tells of a data set.
func (b *book) row(p *i18n.Printer, x set) setRow {
	t, csv := b.tables[x.name], b.files[x.file(formatCSV)]
	row := setRow{
		ID: x.name, Title: p.T("opendata.set." + x.name), Text: p.T("opendata.set." + x.name + "-text"),
		About:   p.T("opendata.rows", "count", len(t.Rows)) + ", " + p.T("opendata.dated", "date", p.DateShort(csv.modified)),
		Source:  p.T("opendata.from", "source", p.T("opendata.from."+x.origin())),
		Columns: p.T("opendata.columns", "count", len(t.Columns)),
		Table: &web.Table{
			Caption: p.T("opendata.columns-of", "name", p.T("opendata.set."+x.name)),
			Columns: []web.Column{{Text: p.T("opendata.column")}, {Text: p.T("opendata.holds")}},
		},
	}
	if len(t.Rows) == 0 {
		row.About = p.T("opendata.none-yet")
	}
	for _, c := range t.Columns {
		row.Table.Rows = append(row.Table.Rows, []web.Cell{{Text: c.Name}, {Text: p.T("opendata.type." + string(c.Type))}})
	}
	for _, f := range x.formats() {
		made := b.files[x.file(f)]
		name := formatNames[f.ending]
		media, _, _ := strings.Cut(f.contentType, ";")
		row.Files = append(row.Files, fileLink{
			Href: Root + made.name, Text: name + " (" + size(p, made.size) + ")", Type: media,
			Label: p.T("opendata.download", "name", row.Title, "format", name) + " (" + size(p, made.size) + ")",
		})
	}
	return row
}

var formatNames = map[string]string{"csv": "CSV", "json": "JSON", "geojson": "GeoJSON"}

// origin is whose rows a data set has: opendata.from.ORIGIN says it.
func (x set) origin() string {
	switch {
	case x.from == italiaDomani:
		return "domani"
	case x.name == "indexes":
		return "own"
	case x.name == "sites":
		return "here"
	}
	return "rows"
}

// size is the size of a file in words.
func size(p *i18n.Printer, bytes int) string {
	if bytes >= 1<<20 {
		return p.T("opendata.megabytes", "n", p.Number(float64(bytes*10>>20)/10))
	}
	return p.T("opendata.kilobytes", "n", p.Number(max(1, (bytes+512)>>10)))
}
