package office

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/programme"
	"polis/internal/programme/account"
	"polis/internal/sheet"
)

// importsPage is the choice of what a file holds.
type importsPage struct {
	web.Head
	Kinds []way
}

func (importsPage) Template() string { return "office/imports" }

func (h *pages) imports(w http.ResponseWriter, r *http.Request) error {
	p, who := h.ui.Printer(r), actor(r)
	page := importsPage{Head: head(p, p.T("office.import"))}
	for _, kind := range account.Kinds {
		if enters(who, kind) {
			page.Kinds = append(page.Kinds, way{Href: importPath + "/" + kind.Name, Title: title(p, kind)})
		}
	}
	if len(page.Kinds) == 0 {
		return who.CheckSomewhere(programme.Permission(account.Kinds[0]))
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// importPage is where a file is sent.
type importPage struct {
	web.Head
	Form             *form.Form
	Lead             string
	Path, Empty, Now string
	Columns          []columnRow
}

func (importPage) Template() string { return "office/import" }

// columnRow tells of a column.
type columnRow struct {
	Name, Text, Also string
	Needed           bool
}

// ColumnsOf tells of the columns of a kind.
func ColumnsOf(p *i18n.Printer, kind *account.Kind) (list []columnRow) {
	names := aliases(kind.Name)
	for _, c := range kind.Columns {
		row := columnRow{Name: c.Name, Needed: c.Needed, Text: columnName(p, c.Name)}
		for i, also := range names[c.Name] {
			if i > 0 {
				row.Also += ", "
			}
			row.Also += also
		}
		list = append(list, row)
	}
	return list
}

func (h *pages) importPage(r *http.Request, kind *account.Kind, f *form.Form) importPage {
	p := h.ui.Printer(r)
	at := importPath + "/" + kind.Name
	return importPage{
		Head: head(p, title(p, kind), web.Link{Href: importPath, Text: p.T("office.import")}), Form: f, Lead: p.T("office.import.lead"),
		Path: at, Empty: at + "/modello.csv", Now: at + "/elenco.csv", Columns: ColumnsOf(p, kind),
	}
}

func (h *pages) importOne(w http.ResponseWriter, r *http.Request) error {
	kind, err := kindIn(r)
	if err != nil {
		return err
	}
	f := form.Of(nil)
	f.File(fileField, "office.import.file")
	return h.ui.Render(w, r, http.StatusOK, h.importPage(r, kind, f))
}

// send keeps a file and leads to what it would do.
func (h *pages) send(w http.ResponseWriter, r *http.Request) error {
	kind, err := kindIn(r) // before the body is read
	if err != nil {
		return err
	}
	f, err := form.NewUpload(w, r, maxUpload)
	if err != nil {
		return err
	}
	file := f.File(fileField, "office.import.file").Required()
	if f.Err() != nil {
		return h.ui.Render(w, r, f.Status(), h.importPage(r, kind, f))
	}
	id, err := h.keep(r.Context(), actor(r), upload{Kind: kind, Data: file.Data})
	if err != nil {
		return err
	}
	return web.Redirect(w, r, filePath(kind, id))
}

func filePath(kind *account.Kind, id string) string {
	return importPath + "/" + kind.Name + "/file/" + url.PathEscape(id)
}

func (h *pages) template(w http.ResponseWriter, r *http.Request) error { return h.list(w, r, nil) }

func (h *pages) download(w http.ResponseWriter, r *http.Request) error {
	return h.list(w, r, h.Programme.Account())
}

// list writes the rows of a kind, or none of them, as a file that import takes.
func (h *pages) list(w http.ResponseWriter, r *http.Request, a *account.Account) error {
	kind, err := kindIn(r)
	if err != nil {
		return err
	}
	var rows []any
	if a != nil {
		rows = a.Rows(kind)
	}
	return h.ui.CSV(w, r, kind.Name+".csv", func(file io.Writer, style sheet.Style) error {
		return account.Write(kind, file, style, slices.Values(rows))
	})
}

// filePage is what a file would do.
type filePage struct {
	web.Head
	Form             *form.Form
	Path, Again      string
	Refused          *web.Alert
	Nothing          *web.Empty
	Confirm          string
	Counts           []web.Fact
	Notes            []string
	Effects          *web.Table
	Faults, Warnings *web.Table
	Changes          *web.Table
	Pages            web.Pages
}

func (filePage) Template() string { return "office/file" }

// fileOf finds a file that the actor brought and reads it.
func (h *pages) fileOf(r *http.Request) (u upload, read File, err error) {
	kind, err := kindIn(r)
	if err == nil {
		u, err = h.upload(r.Context(), actor(r), r.PathValue("id"))
	}
	if err == nil && u.Kind != kind {
		err = errs.New(errs.NotFound, "error.not_found", nil)
	}
	if err != nil {
		return u, read, err
	}
	return u, Read(h.world(actor(r)), kind, u.Data), nil
}

// fileForm is what is said of a file that is proposed.
func fileForm(f *form.Form) (source string) {
	return f.Long("fonte", "office.source", 500).Required().Value
}

func (h *pages) file(w http.ResponseWriter, r *http.Request) error {
	u, read, err := h.fileOf(r)
	if err != nil {
		return err
	}
	f := form.Of(nil)
	fileForm(f)
	return h.showFile(w, r, u, &read, f)
}

func (h *pages) showFile(w http.ResponseWriter, r *http.Request, u upload, read *File, f *form.Form) error {
	p := h.ui.Printer(r)
	page := filePage{Form: f, Path: filePath(u.Kind, u.ID), Again: importPath + "/" + u.Kind.Name, Notes: read.Notes(p)}
	name := p.T("office.import.preview")
	switch {
	case len(read.Faults) > 0:
		name = p.T("office.import.refused")
		text := p.T("office.import.mend")
		if read.More {
			text += " " + p.T("office.import.more")
		}
		page.Refused = &web.Alert{Tone: web.Danger, Title: p.T("office.import.faults", "count", len(read.Faults)), Text: text}
		page.Faults = page.lines(p, p.T("office.import.faults-caption"), read.Faults, r.URL)
	case read.New+read.Changed == 0:
		page.Nothing = &web.Empty{
			Title: p.T("office.import.unchanged"), Text: p.T("office.import.unchanged-text", "count", read.Same),
			Links: []web.Link{{Href: page.Again, Text: p.T("office.import.again")}},
		}
	default:
		page.Confirm = p.T("office.import.confirm", "count", read.New+read.Changed)
		page.Counts = []web.Fact{
			{Name: p.T("office.import.new"), Value: p.Number(read.New)},
			{Name: p.T("office.import.changed"), Value: p.Number(read.Changed)},
			{Name: p.T("office.import.same"), Value: p.Number(read.Same)},
		}
		page.compare(p, h, u.Kind, read, r.URL)
	}
	if page.Faults == nil && len(read.Warnings) > 0 {
		page.Warnings = faultTable(p, p.T("office.import.warnings-caption"), read.Warnings[:min(len(read.Warnings), onPage)])
	}
	page.Head = head(p, name, web.Link{Href: importPath, Text: p.T("office.import")}, web.Link{Href: page.Again, Text: title(p, u.Kind)})
	return h.ui.Render(w, r, f.Status(), page)
}

// compare shows the rows that are new or other.
func (page *filePage) compare(p *i18n.Printer, h *pages, kind *account.Kind, read *File, at *url.URL) {
	before := h.Programme.Account()
	draft := account.NewDraft(before)
	var list []programme.Change
	for _, l := range read.Rows {
		if l.Same {
			continue
		}
		c := programme.Change{Line: l.Number, Key: kind.KeyOf(l.Row), After: l.Row}
		if row, ok := before.Row(kind, c.Key); ok {
			c.Before = row
		}
		draft.Put(kind, l.Row)
		list = append(list, c)
	}
	page.Effects = effects(p, before, draft.Account(), kind, h.Service)
	part := web.RangeOf(at.Query().Get(web.PageField), len(list), onPage)
	page.Changes, page.Pages = h.changeTable(p, kind, list[part.From:part.To], true), part.Links(p, at)
}

func (page *filePage) lines(p *i18n.Printer, caption string, list []sheet.Fault, at *url.URL) *web.Table {
	part := web.RangeOf(at.Query().Get(web.PageField), len(list), onPage)
	page.Pages = part.Links(p, at)
	return faultTable(p, caption, list[part.From:part.To])
}

func faultTable(p *i18n.Printer, caption string, list []sheet.Fault) *web.Table {
	t := &web.Table{Caption: caption, Columns: []web.Column{
		{Text: p.T("office.import.line"), Number: true}, {Text: p.T("office.changes.column")}, {Text: p.T("office.import.what")}, {Text: p.T("office.import.line-text")},
	}}
	for _, f := range list {
		t.Rows = append(t.Rows, []web.Cell{{Text: strconv.Itoa(f.Line)}, {Text: f.Column}, {Text: FaultText(p, f)}, {Text: f.Text}})
	}
	return t
}

func (h *pages) propose(w http.ResponseWriter, r *http.Request) error {
	u, read, err := h.fileOf(r)
	if err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	if f.Raw("azione") == "no" {
		if err := h.forget(r.Context(), actor(r), u.ID); err != nil {
			return err
		}
		return h.ui.Done(w, r, importPath+"/"+u.Kind.Name, "office.done.dropped")
	}
	source := fileForm(f)
	if f.Err() != nil || len(read.Faults) > 0 {
		return h.showFile(w, r, u, &read, f)
	}
	entry := read.Entry(u.Kind, "", source)
	b, err := h.Programme.Propose(r.Context(), actor(r), entry)
	if err != nil {
		if f.AddAs(err, form.Inputs{"source": "fonte"}) {
			return h.showFile(w, r, u, &read, f)
		}
		return err
	}
	if err := h.forget(r.Context(), actor(r), u.ID); err != nil {
		return err
	}
	return h.ui.Done(w, r, proposalPath(b.ID), "office.done.proposed")
}
