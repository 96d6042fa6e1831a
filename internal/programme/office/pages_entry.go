package office

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"polis/internal/identity"
	"polis/internal/platform/blob"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/programme"
	"polis/internal/programme/account"
	"polis/internal/site"
)

// entryPage is the form of one row.
type entryPage struct {
	web.Head
	Form   *form.Form
	Lead   string
	Path   string
	Back   string
	File   bool
	Ask    bool // asks only of which house the row is: what is published of it is then filled in
	Groups []entryGroup
}

func (entryPage) Template() string { return "office/entry" }

// entryGroup are fields that belong together; Legend is empty for those alone.
type entryGroup struct {
	Legend string
	Fields []entryField
}

// entryField is one column of the row.
type entryField struct {
	Name, As, Hint string
	Suggest        string
	Options        []web.Option
}

// columnName is a column in words.
func columnName(p *i18n.Printer, column string) string {
	for i, phase := range account.Phases {
		switch column {
		case phase.ID + "_planned":
			return phaseName(p, i) + ", " + p.T("office.col.planned")
		case phase.ID + "_actual":
			return phaseName(p, i) + ", " + p.T("office.col.actual")
		}
	}
	return p.T("office.col." + column)
}

// label is the key of the label of a column's input.
func label(column string) string {
	switch {
	case strings.HasSuffix(column, "_planned"):
		return "office.col.planned"
	case strings.HasSuffix(column, "_actual"):
		return "office.col.actual"
	}
	return "office.col." + column
}

func (h *pages) entry(w http.ResponseWriter, r *http.Request) error {
	kind, err := kindIn(r)
	if err != nil {
		return err
	}
	if code := r.URL.Query().Get("site"); kind.Name == "works" && !h.world(actor(r)).Site(code) {
		return h.askHouse(w, r, kind, code)
	}
	values := url.Values{}
	key := make([]string, len(kind.Key))
	for i, at := range kind.Key {
		key[i] = r.URL.Query().Get(kind.Columns[at].Name)
	}
	if row, ok := h.Programme.Account().Row(kind, account.JoinKey(key...)); ok {
		for i, text := range kind.Cells(row) {
			values.Set(kind.Columns[i].Name, text)
		}
	}
	for _, c := range kind.Columns {
		if text := r.URL.Query().Get(c.Name); text != "" {
			values.Set(c.Name, text)
		}
	}
	f := form.Of(values)
	declare(f, kind)
	return h.showEntry(w, r, kind, f)
}

// askHouse asks of which house the works are.
func (h *pages) askHouse(w http.ResponseWriter, r *http.Request, kind *account.Kind, code string) error {
	p := h.ui.Printer(r)
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	f.Long("site", label("site"), account.MostText).Required()
	if code != "" {
		f.Add(errs.New(errs.Invalid, "office.fault.unknown_site", errs.Args{"text": code}).On("site"))
	}
	page := entryPage{
		Head: head(p, p.T("office.enter."+kind.Name)), Form: f, Ask: true, Lead: p.T("office.about." + kind.Name), Path: enterPath + kind.Name, Back: Root,
		Groups: []entryGroup{{Fields: []entryField{h.field(p, actor(r), kind, kind.Columns[0])}}},
	}
	return h.ui.Render(w, r, f.Status(), page)
}

// fileField is the input of the file of a document.
const fileField = "file"

// declare says of a form what a row of a kind has, and reads its cells.
func declare(f *form.Form, kind *account.Kind) map[string]string {
	cells := map[string]string{}
	for _, c := range kind.Columns {
		t := f.Long(c.Name, label(c.Name), account.MostText)
		if c.Needed {
			t.Required()
		}
		cells[c.Name] = t.Value
	}
	return cells
}

func (h *pages) showEntry(w http.ResponseWriter, r *http.Request, kind *account.Kind, f *form.Form) error {
	p := h.ui.Printer(r)
	if kind.Name == "documents" && f.Label(fileField) == "" {
		f.File(fileField, "office.document.file")
	}
	name := title(p, kind)
	if slices.Contains(entered, kind.Name) {
		name = p.T("office.enter." + kind.Name)
	}
	page := entryPage{
		Head: head(p, name), Form: f, Path: enterPath + kind.Name, Back: Root, File: kind.Name == "documents", Lead: p.T("office.import.lead-one"),
	}
	if slices.Contains(entered, kind.Name) {
		page.Lead = p.T("office.about." + kind.Name)
	}
	var rest entryGroup
	for _, c := range kind.Columns {
		field := h.field(p, actor(r), kind, c)
		if phase, _, ok := strings.Cut(c.Name, "_planned"); ok && c.Type == "Date" {
			i := slices.IndexFunc(account.Phases, func(x account.Phase) bool { return x.ID == phase })
			if len(rest.Fields) > 0 {
				page.Groups, rest = append(page.Groups, rest), entryGroup{}
			}
			page.Groups = append(page.Groups, entryGroup{Legend: phaseName(p, i), Fields: []entryField{field}})
			continue
		}
		if strings.HasSuffix(c.Name, "_actual") {
			last := &page.Groups[len(page.Groups)-1]
			last.Fields = append(last.Fields, field)
			continue
		}
		if kind.Name == "documents" && c.Name == "href" {
			rest.Fields = append(rest.Fields, entryField{Name: fileField, As: "file", Hint: p.T("office.document.hint")})
		}
		rest.Fields = append(rest.Fields, field)
	}
	page.Groups = append(page.Groups, rest)
	return h.ui.Render(w, r, f.Status(), page)
}

// field is how a column is entered.
func (h *pages) field(p *i18n.Printer, who identity.Actor, kind *account.Kind, c account.Column) entryField {
	f := entryField{Name: c.Name, As: "input"}
	a := h.Programme.Account()
	choose := func(options ...web.Option) {
		f.As, f.Options = "select", append([]web.Option{{Text: p.T("office.choose")}}, options...)
	}
	switch {
	case c.Type == "Date":
		f.As = "date"
	case c.Type == "When":
		f.Hint = p.T("office.hint.when")
	case c.Type == "Cents":
		f.Hint = p.T("office.hint.money")
	case c.Type == "Stage":
		var list []web.Option
		for _, s := range account.Stages {
			list = append(list, web.Option{Value: string(s), Text: p.T("programme.stage." + string(s))})
		}
		choose(list...)
	case c.Type == "Term":
		choose(web.Option{Value: "T1", Text: "T1"}, web.Option{Value: "T2", Text: "T2"}, web.Option{Value: "T3", Text: "T3"}, web.Option{Value: "T4", Text: "T4"})
	case c.Type == "Answer":
		choose(web.Option{Value: "yes", Text: p.T("office.yes")}, web.Option{Value: "no", Text: p.T("office.no")})
	case c.Name == "milestone" && kind.Name == "progress":
		var list []web.Option
		for _, m := range a.Milestones() {
			list = append(list, web.Option{Value: m.ID, Text: milestoneName(p, &m)})
		}
		choose(list...)
	case c.Name == "target" && c.Key:
		f.As, f.Hint = "suggest", p.T("office.hint.target")
		for _, t := range account.All[account.Target](a) {
			f.Options = append(f.Options, web.Option{Value: t.ID, Text: programme.TargetName(p, t)})
		}
	case c.Name == "word":
		f.As, f.Hint = "suggest", p.T("office.hint.word")
		for _, word := range []string{account.WordTarget, account.WordStarted, account.WordDone, account.WordTested, account.WordInstalled} {
			f.Options = append(f.Options, web.Option{Value: word, Text: word})
		}
	case c.Name == "phase":
		var list []web.Option
		for i, x := range account.Phases {
			list = append(list, web.Option{Value: x.ID, Text: phaseName(p, i)})
		}
		choose(list...)
	case c.Name == "type" && kind.Name == "documents":
		var list []web.Option
		for _, t := range documentTypes {
			list = append(list, web.Option{Value: t, Text: p.T("office.document." + t)})
		}
		choose(list...)
	case c.Name == "cup":
		var list []web.Option
		for _, x := range account.All[account.Project](a) {
			list = append(list, web.Option{Value: x.CUP, Text: x.CUP + " · " + p.T("office.line."+x.Line)})
		}
		choose(list...)
	case c.Name == "site":
		f.As, f.Hint, f.Options = "suggest", p.T("office.hint.site"), h.houses(who)
	case c.Name == "note", c.Name == "note_en", c.Name == "delay_reason", c.Name == "conditions", c.Name == "text":
		f.As = "textarea"
	case c.Name == "source":
		f.Hint = p.T("office.source.hint")
	case c.Name == "id" && kind.Name == "documents":
		f.Hint = p.T("office.hint.document")
	case c.Name == "id" && kind.Name == "payments":
		f.Hint = p.T("office.hint.id")
	}
	return f
}

// mostHouses is how many houses are offered.
const mostHouses = 50

// houses are those of somebody who has few of them.
func (h *pages) houses(who identity.Actor) (list []web.Option) {
	if who.May(identity.WorksWrite, identity.Network) {
		return nil
	}
	net := h.Sites.Network()
	for _, hit := range net.Sites(site.Filter{}) {
		if len(list) < mostHouses && who.May(identity.WorksWrite, identity.Site(hit.Site.ID)) {
			list = append(list, web.Option{Value: hit.Site.Code, Text: hit.Site.Name + ", " + net.Place(hit.Site)})
		}
	}
	return list
}

func (h *pages) enter(w http.ResponseWriter, r *http.Request) error {
	kind, err := kindIn(r)
	if err != nil {
		return err
	}
	var f *form.Form
	if kind.Name == "documents" {
		f, err = form.NewUpload(w, r, maxDocument)
	} else {
		f, err = form.New(w, r)
	}
	if err != nil {
		return err
	}
	cells := declare(f, kind)
	var doc *blob.File
	if kind.Name == "documents" {
		file := f.File(fileField, "office.document.file")
		if len(file.Data) > 0 {
			made, err := attachment(file.Data)
			switch {
			case err == nil:
				doc, cells["href"] = &made, blob.Path+made.ID()
			case !f.Add(errs.As(err).On(fileField)):
				return err
			}
		}
	}
	if kind.Name == "documents" && cells["id"] == "" { // else it would be laid over another of the house
		cells["id"] = h.IDs()
	}
	row := h.rowOf(actor(r), kind, cells, f)
	if f.Err() != nil {
		return h.showEntry(w, r, kind, f)
	}
	if doc != nil {
		if err := h.DB.Write(r.Context(), func(tx *db.Tx) error { return blob.Put(r.Context(), tx, h.Clock.Now(), *doc) }); err != nil {
			return err
		}
	}
	b, err := h.Programme.Propose(r.Context(), actor(r), programme.Entry{Kind: kind, Title: clip(h.rowTitle(h.ui.Printer(r), kind, row), 200), Source: clip(cells["source"], 500), Rows: []any{row}})
	if err != nil {
		if f.Add(err) {
			return h.showEntry(w, r, kind, f)
		}
		return err
	}
	return h.ui.Done(w, r, proposalPath(b.ID), "office.done.proposed")
}

// clip cuts a text to so many characters.
func clip(text string, most int) string {
	if list := []rune(text); len(list) > most {
		return string(list[:most])
	}
	return text
}

// rowOf makes a row of what somebody entered; what is wrong is put beside its
// input.
func (h *pages) rowOf(who identity.Actor, kind *account.Kind, cells map[string]string, f *form.Form) any {
	var faults []account.Fault
	plain := map[string]string{}
	for _, c := range kind.Columns {
		text, reason := plainCell(kind, c, cells[c.Name], true, false)
		if plain[c.Name] = text; reason != "" {
			faults = append(faults, account.Fault{Column: c.Name, Reason: reason})
		}
	}
	var row any
	if len(faults) == 0 {
		if row, faults = kind.Parse(func(column string) string { return plain[column] }); row != nil {
			faults = h.world(who).check(kind, row)
		}
	}
	for _, x := range faults {
		f.Add(errs.New(errs.Invalid, "office.fault."+x.Reason, errs.Args{"text": cells[x.Column], "max": account.MostText, "words": allowed(x.Reason)}).On(x.Column))
	}
	return row
}

// rowTitle says what a row is about.
func (h *pages) rowTitle(p *i18n.Printer, kind *account.Kind, row any) string {
	a := h.Programme.Account()
	house := func(code string) string {
		if st, err := h.Sites.Network().ByCode(code); err == nil {
			return st.Name
		}
		return code
	}
	switch x := row.(type) {
	case account.Declaration:
		name := x.Target
		if t, ok := account.Find[account.Target](a, x.Target); ok {
			name = programme.TargetName(p, t)
		}
		return name + ", " + x.Value + " " + x.Word
	case account.Progress:
		m, _ := account.Find[account.Milestone](a, x.Milestone)
		return milestoneName(p, &m)
	case account.Payment:
		return x.ID + ", " + euro(p, x.Amount)
	case account.Works:
		return house(x.Site)
	case account.Cost:
		return house(x.Site) + ", " + x.Item
	case account.Document:
		return house(x.Site) + ", " + x.Title
	}
	return KeyText(kind.KeyOf(row))
}
