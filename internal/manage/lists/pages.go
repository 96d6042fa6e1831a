package lists

import (
	"embed"
	"io"
	"net/http"
	"net/url"
	"slices"

	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/sheet"
	"polis/internal/site"
)

// Pages are the templates.
//
//go:embed pages/*.gohtml
var Pages embed.FS

// Root is the address of the page of all lists.
const Root = "/gestione/elenchi"

// Entry leads to it.
var Entry = web.Entry{Href: Root, Key: "lists.nav"}

// slugs are the lists as addresses name them.
var slugs = map[List]string{Sites: "sedi", Resources: "posti", Hours: "orari", Closures: "chiusure", People: "persone"}

func (l List) path() string { return Root + "/" + slugs[l] }

// upload is where a file is sent to, with how much may be sent: more than a file
// may have, so that who sends a larger one is told so on the page.
const (
	uploadPattern = "POST " + Root + "/{list}"
	maxUpload     = 20 << 20
	maxBody       = 2 * maxUpload
)

// pages are the handlers; they parse, call the Service and show.
type pages struct {
	*Service
	ui *web.Renderer
}

// RegisterPages adds the pages of the lists to a mux. They stand behind
// Sessions.Middleware.
func RegisterPages(mux *http.ServeMux, ui *web.Renderer, s *Service) error {
	if err := ui.Add("lists", Pages); err != nil {
		return err
	}
	ui.AllowBody(uploadPattern, maxBody)
	h := &pages{Service: s, ui: ui}
	for pattern, handler := range map[string]web.Handler{
		"GET " + Root:                           h.all,
		"GET " + Root + "/{list}":               h.one,
		uploadPattern:                           h.send,
		"GET " + Root + "/{list}/modello.csv":   h.template,
		"GET " + Root + "/{list}/elenco.csv":    h.download,
		"GET " + Root + "/{list}/file/{id}":     h.showUpload,
		"POST " + Root + "/{list}/file/{id}":    h.confirm,
		"POST " + Root + "/{list}/file/{id}/no": h.forget,
	} {
		mux.Handle(pattern, ui.Handle(identity.SignedIn(handler, func(r *http.Request) string { return r.URL.Path })))
	}
	return nil
}

func actor(r *http.Request) identity.Actor { return identity.ActorFrom(r.Context()) }

// listOf is the list that an address names.
func listOf(r *http.Request) (List, error) {
	for _, l := range Lists {
		if slugs[l] == r.PathValue("list") {
			return l, nil
		}
	}
	return "", errs.New(errs.NotFound, "error.not_found", nil)
}

func (l List) title(p *i18n.Printer) string { return p.T("lists.title." + string(l)) }

func head(p *i18n.Printer, title string, crumbs ...web.Link) web.Head {
	return web.DeskHead(Root, title, crumbs...)
}

// allPage shows all lists.
type allPage struct {
	web.Head
	Cards []listCard
}

func (allPage) Template() string { return "lists/all" }

// listCard is one list: what it holds, and where to.
type listCard struct {
	Title, Text  string
	Count        string // how much there is; "" where nobody counts
	Href, Export string // "" where the actor may not
}

func (h *pages) all(w http.ResponseWriter, r *http.Request) error {
	a, p := actor(r), h.ui.Printer(r)
	page := allPage{Head: head(p, p.T("lists.title"))}
	refused := error(nil)
	for _, l := range Lists {
		if err := h.MayExport(a, l); err != nil {
			refused = err
			continue
		}
		card := listCard{Title: l.title(p), Text: p.T("lists.about." + string(l)), Count: h.count(p, a, l), Export: l.path() + "/elenco.csv"}
		if h.mayImport(a, l) == nil {
			card.Href = l.path()
		}
		page.Cards = append(page.Cards, card)
	}
	if len(page.Cards) == 0 {
		return refused
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// count says how many sites or places there are that the actor runs.
func (h *pages) count(p *i18n.Printer, a identity.Actor, l List) string {
	net, n := h.Live.Network(), 0
	for _, hit := range net.Sites(site.Filter{}) {
		if !a.May(l.permission(), identity.Site(hit.Site.ID)) {
			continue
		}
		if n++; l == Resources {
			n += len(net.Resources(hit.Site.ID)) - 1
		}
	}
	switch l {
	case Sites, Hours:
		return p.T("lists.count.sites", "count", n)
	case Resources:
		return p.T("lists.count.places", "count", n)
	}
	return ""
}

// onePage is where a file of one list is sent, with what it holds.
type onePage struct {
	web.Head
	Form               *form.Form
	Lead               string
	Path, Empty, Write string
	Columns            []columnRow
}

func (onePage) Template() string { return "lists/one" }

// columnRow tells of a column.
type columnRow struct {
	Name, Text, Also string
	Needed           bool
}

func (h *pages) onePage(r *http.Request, l List, f *form.Form) onePage {
	p := h.ui.Printer(r)
	page := onePage{
		Head: head(p, l.title(p), web.Link{Href: Root, Text: p.T("lists.title")}), Form: f, Lead: p.T("lists.about." + string(l)),
		Path: l.path(), Empty: l.path() + "/modello.csv", Write: l.path() + "/elenco.csv",
	}
	for _, c := range l.Columns() {
		if key := columnKey(l, c.Name); key == dayKey && c.Name != "mon" {
			if c.Name == "sun" {
				page.Columns[len(page.Columns)-1].Name = "mon … sun"
			}
			continue // one line for the whole week
		}
		row := columnRow{Name: c.Name, Needed: c.Needed, Text: p.T(columnKey(l, c.Name))}
		for i, also := range c.Aliases {
			if i > 0 {
				row.Also += ", "
			}
			row.Also += also
		}
		page.Columns = append(page.Columns, row)
	}
	return page
}

// dayKey tells of the columns of the days of the week.
const dayKey = "lists.column.day"

// columnKey is the message key of what a column holds.
func columnKey(l List, column string) string {
	switch {
	case column == "site" && l != People:
		return "lists.column.site"
	case column == "holidays":
		return "lists.column.holidays"
	case slices.ContainsFunc(weekColumns, func(day [2]string) bool { return day[0] == column }):
		return dayKey
	}
	return "lists.column." + string(l) + "." + column
}

func (h *pages) one(w http.ResponseWriter, r *http.Request) error {
	l, err := listOf(r)
	if err == nil {
		err = h.mayImport(actor(r), l)
	}
	if err != nil {
		return err
	}
	f := form.Of(nil)
	f.File("file", "lists.file")
	return h.ui.Render(w, r, http.StatusOK, h.onePage(r, l, f))
}

// send keeps a file and leads to what it would do.
func (h *pages) send(w http.ResponseWriter, r *http.Request) error {
	l, err := listOf(r)
	if err == nil {
		err = h.mayImport(actor(r), l) // before the body is read
	}
	if err != nil {
		return err
	}
	f, err := form.NewUpload(w, r, maxUpload)
	if err != nil {
		return err
	}
	file := f.File("file", "lists.file").Required()
	if f.Err() != nil {
		return h.ui.Render(w, r, f.Status(), h.onePage(r, l, f))
	}
	id, err := h.Keep(r.Context(), actor(r), l, file.Data)
	if err != nil {
		return err
	}
	return web.Redirect(w, r, l.path()+"/file/"+url.PathEscape(id))
}

func (h *pages) template(w http.ResponseWriter, r *http.Request) error {
	l, err := listOf(r)
	if err == nil {
		err = h.MayExport(actor(r), l)
	}
	if err != nil {
		return err
	}
	return h.ui.CSV(w, r, slugs[l]+".csv", func(file io.Writer, style sheet.Style) error { return Template(l, file, style) })
}

func (h *pages) download(w http.ResponseWriter, r *http.Request) error {
	l, err := listOf(r)
	if err != nil {
		return err
	}
	return h.ui.CSV(w, r, slugs[l]+".csv", func(file io.Writer, style sheet.Style) error {
		return h.Export(r.Context(), actor(r), l, file, style)
	})
}
