package manage

import (
	"net/http"
	"net/url"
	"strconv"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
	"polis/internal/site"
)

const lotsRoot = Root + "/lotti"

func lotPath(code string) string { return lotsRoot + "/" + url.PathEscape(code) }

// lotsPage lists the lots with how far their houses are.
type lotsPage struct {
	web.Head
	Rows  []lotRow
	Empty *web.Empty
	CSV   string
	None  web.Link // the houses in no lot
}

func (lotsPage) Template() string { return "manage/lots" }

type lotRow struct {
	Code, Href string
	Name       string
	Contractor string
	When       string
	Houses     web.Link
	States     []stateShare
	Done       string // "12 di 40 aperte"
	Late       web.Link
}

// stateShare is how many houses of a lot stand at a state, as a part of a strip
// of 100 units.
type stateShare struct {
	Kind, Text string
	X, Width   float64
}

func (h *pages) lotsPage(w http.ResponseWriter, r *http.Request) error {
	list, none, err := h.Lots(r.Context(), actor(r))
	if err != nil {
		return err
	}
	p := h.ui.Printer(r)
	page := lotsPage{Head: lotHead(p, "manage.lots.title", false), CSV: Root + "/lotti.csv"}
	for _, l := range list {
		page.Rows = append(page.Rows, lotRowOf(p, l))
	}
	if none.Houses > 0 && len(list) > 0 {
		page.None = web.Link{Href: Root + "?lotto=" + NoLot, Text: p.T("manage.lots.none", "count", none.Houses)}
	}
	if len(list) == 0 {
		page.Empty = &web.Empty{
			Title: p.T("manage.lots.empty"), Text: p.T("manage.lots.empty-text"),
			Links: []web.Link{{Href: lotsRoot + "/" + newLot, Text: p.T("manage.lots.add")}},
		}
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

func lotHead(p *i18n.Printer, title string, below bool) web.Head {
	head := web.DeskHead(Root, p.T(title), web.Link{Href: Root, Text: p.T("manage.nav.network")})
	if below {
		head.Crumbs = append(head.Crumbs, web.Link{Href: lotsRoot, Text: p.T("manage.lots.title")})
	}
	return head
}

func lotRowOf(p *i18n.Printer, l LotCount) lotRow {
	row := lotRow{
		Code: l.Code, Href: lotPath(l.Code), Name: l.Name, Contractor: l.Contractor, When: lotWhen(p, l.Lot),
		Houses: web.Link{Href: Root + "?lotto=" + url.QueryEscape(l.Code), Text: p.Number(l.Houses)},
	}
	row.States = shares(p, l)
	if l.Houses > 0 {
		row.Done = p.T("manage.lots.done", "open", l.States[site.Open], "count", l.Houses)
	}
	if l.Late > 0 {
		row.Late = web.Link{Href: Root + "?lotto=" + url.QueryEscape(l.Code) + "&in-ritardo=1", Text: p.T("manage.lots.late", "count", l.Late)}
	}
	return row
}

func shares(p *i18n.Printer, l LotCount) (list []stateShare) {
	x := 0.0
	for _, s := range states {
		n := l.States[s]
		if n == 0 {
			continue
		}
		width := float64(n) * 100 / float64(l.Houses)
		list = append(list, stateShare{Kind: markKind[s], Text: p.T("manage.lots.state", "state", p.T(s.Label()), "n", n), X: x, Width: width})
		x += width
	}
	return list
}

// lotWhen is from when to when a lot is, in words.
func lotWhen(p *i18n.Printer, l Lot) string {
	from, to := civilShort(p, l.From), civilShort(p, l.To)
	switch {
	case from != "" && to != "":
		return p.T("manage.lots.from-to", "from", from, "to", to)
	case from != "":
		return p.T("manage.lots.from", "from", from)
	case to != "":
		return p.T("manage.lots.to", "to", to)
	}
	return ""
}

func (h *pages) lotsList(w http.ResponseWriter, r *http.Request) error {
	list, _, err := h.Lots(r.Context(), actor(r))
	if err != nil {
		return err
	}
	p := h.ui.Printer(r)
	columns := []string{
		p.T("manage.list.lot"), p.T("manage.lot.name"), p.T("manage.lot.contractor"), p.T("manage.lot.contact"),
		p.T("manage.lot.from"), p.T("manage.lot.to"), p.T("manage.list.houses"),
	}
	for _, s := range states {
		columns = append(columns, p.T(s.Label()))
	}
	return h.sendList(w, r, "lotti.csv", append(columns, p.T("manage.list.late")), func(row func(...string)) {
		for _, l := range list {
			cells := []string{l.Code, l.Name, l.Contractor, l.Contact, l.From, l.To, strconv.Itoa(l.Houses)}
			for _, s := range states {
				cells = append(cells, strconv.Itoa(l.States[s]))
			}
			row(append(cells, strconv.Itoa(l.Late))...)
		}
	})
}

// lotPage is one lot: what it is, its houses, and the ways to give it more.
type lotPage struct {
	web.Head
	Form      *form.Form
	Path      string
	Lot       Lot
	Facts     []web.Fact
	Row       lotRow
	Houses    []lotHouse
	More      string // how many are not shown
	All       string // href
	Regions   []web.Option
	Provinces []web.Option
	States    []web.Option
	Kinds     []web.Option
	Preview   *lotPreview
}

func (lotPage) Template() string { return "manage/lot" }

// lotHouse is a house of a lot.
type lotHouse struct {
	ID, Name, Place, Href string
	State                 web.State
}

// lotPreview is what a filter would put into a lot, before it is done.
type lotPreview struct {
	Text   string
	Moved  string // how many come out of other lots
	Fields []web.Option
	Names  []string
	Rest   string
}

// housesOfLot is how many houses of a lot are shown on its page.
const housesOfLot = 100

func (h *pages) lotPage(w http.ResponseWriter, r *http.Request) error {
	return h.showLot(w, r, form.Of(nil), nil)
}

func (h *pages) showLot(w http.ResponseWriter, r *http.Request, f *form.Form, preview *lotPreview) error {
	p := h.ui.Printer(r)
	l, err := h.Lot(r.Context(), actor(r), r.PathValue("lot"))
	if err != nil {
		return err
	}
	o, err := h.Overview(r.Context(), actor(r), Wanted{Lot: l.Code})
	if err != nil {
		return err
	}
	page := lotPage{Head: lotHead(p, "manage.lots.title", true), Form: f, Path: lotPath(l.Code), Lot: l, Preview: preview, All: Root + "?lotto=" + url.QueryEscape(l.Code)}
	page.Title = p.T("manage.lot.title", "code", l.Code, "name", l.Name)
	count := LotCount{Lot: l, Houses: len(o.Rows), States: map[site.State]int{}}
	for i, row := range o.Rows {
		count.States[row.Site.State]++
		if row.Late {
			count.Late++
		}
		if i < housesOfLot {
			page.Houses = append(page.Houses, lotHouse{
				ID: row.Site.ID, Name: row.Site.Name, Place: row.Place, Href: housePath(row.Site.Code),
				State: web.State{Kind: stateKind[row.Site.State], Text: p.T(row.Site.State.Label())},
			})
		}
	}
	if more := len(o.Rows) - housesOfLot; more > 0 {
		page.More = p.T("manage.lot.more", "count", more)
	}
	page.Row = lotRowOf(p, count)
	for _, fact := range []web.Fact{
		{Name: p.T("manage.lot.contractor"), Value: l.Contractor}, {Name: p.T("manage.lot.contact"), Value: l.Contact}, {Name: p.T("manage.lot.when"), Value: lotWhen(p, l)},
	} {
		if fact.Value != "" {
			page.Facts = append(page.Facts, fact)
		}
	}
	h.lotOptions(p, &page)
	return h.ui.Render(w, r, f.Status(), page)
}

func (h *pages) lotOptions(p *i18n.Printer, page *lotPage) {
	roll, everywhere := h.roll(), web.Option{Text: p.T("manage.network.everywhere")}
	page.Regions, page.Provinces = []web.Option{everywhere}, []web.Option{everywhere}
	for _, name := range roll.regions() {
		page.Regions = append(page.Regions, web.Option{Value: name, Text: name})
	}
	for _, pr := range roll.provinces("") {
		page.Provinces = append(page.Provinces, web.Option{Value: pr.Code, Text: pr.Name})
	}
	any := web.Option{Text: p.T("manage.network.any")}
	page.Kinds, page.States = []web.Option{any}, []web.Option{any}
	for _, k := range []site.Kind{site.Space, site.Office} {
		page.Kinds = append(page.Kinds, web.Option{Value: string(k), Text: p.T(k.Label())})
	}
	for _, s := range states {
		page.States = append(page.States, web.Option{Value: string(s), Text: p.T(s.Label())})
	}
	for _, field := range []struct{ name, label string }{
		{"q", "manage.network.words"}, {"tipo", "manage.network.kind"}, {"stato", "manage.network.state"}, {"regione", "manage.network.region"}, {"provincia", "manage.network.province"},
	} {
		if page.Form.Label(field.name) == "" {
			page.Form.String(field.name, field.label)
		}
	}
}

// editLot is a lot to be changed, or a new one.
func (h *pages) editLot(w http.ResponseWriter, r *http.Request) error {
	l := Lot{}
	if code := r.PathValue("lot"); code != "" {
		var err error
		if l, err = h.Lot(r.Context(), actor(r), code); err != nil {
			return err
		}
	} else if err := actor(r).Check(identity.SiteWrite, identity.Network); err != nil {
		return err
	}
	f := form.Of(url.Values{
		"codice": {l.Code}, "nome": {l.Name}, "ditta": {l.Contractor}, "contatto": {l.Contact}, "dal": {l.From}, "al": {l.To},
		"rev": {strconv.FormatInt(l.Rev, 10)},
	})
	readLot(f)
	return h.showLotForm(w, r, f, l)
}

func (h *pages) showLotForm(w http.ResponseWriter, r *http.Request, f *form.Form, l Lot) error {
	p := h.ui.Printer(r)
	page := lotFormPage{Head: lotHead(p, "manage.lots.add", true), Form: f, New: l.ID == "", Action: lotsRoot + "/" + newLot, Lot: l}
	if l.ID != "" {
		page.Title = p.T("manage.lot.change", "code", l.Code)
		page.Crumbs = append(page.Crumbs, web.Link{Href: lotPath(l.Code), Text: l.Code})
		page.Action, page.Remove = lotPath(l.Code)+"/cambia", lotPath(l.Code)+"/elimina"
	}
	return h.ui.Render(w, r, f.Status(), page)
}

// lotFormPage is the form of a lot.
type lotFormPage struct {
	web.Head
	Form           *form.Form
	New            bool
	Lot            Lot
	Action, Remove string
}

func (lotFormPage) Template() string { return "manage/lot-form" }

// lotField are the inputs of the fields of a lot.
var lotField = form.Inputs{"code": "codice", "name": "nome", "contractor": "ditta", "contact": "contatto", "from": "dal", "to": "al"}

func readLot(f *form.Form) Lot {
	date := func(d *form.Date) string {
		if d.Value == (agenda.Date{}) {
			return ""
		}
		return d.Value.String()
	}
	return Lot{
		Code: f.String("codice", "manage.lot.code").Value, Name: f.String("nome", "manage.lot.name").Value,
		Contractor: f.String("ditta", "manage.lot.contractor").Value, Contact: f.String("contatto", "manage.lot.contact").Value,
		From: date(f.Date("dal", "manage.lot.from")), To: date(f.Date("al", "manage.lot.to")),
	}
}

func (h *pages) saveLot(w http.ResponseWriter, r *http.Request) error {
	if err := actor(r).Check(identity.SiteWrite, identity.Network); err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	l, done := readLot(f), "manage.lot.added"
	if code := r.PathValue("lot"); code != "" {
		was, err := h.Lot(r.Context(), actor(r), code)
		if err != nil {
			return err
		}
		l.ID, l.Code, done = was.ID, was.Code, "manage.lot.changed"
		l.Rev, _ = strconv.ParseInt(f.Raw("rev"), 10, 64) // what is no number is stale
	}
	if f.Err() == nil {
		err = h.SaveLot(r.Context(), actor(r), l)
		again := errs.Is(err, errs.Conflict) && l.ID == "" && h.sameLot(r, l) // the same form a second time
		if err != nil && !again && !f.AddAs(err, lotField) {
			return err
		}
	}
	if f.Err() != nil {
		return h.showLotForm(w, r, f, l)
	}
	return h.ui.Done(w, r, lotPath(l.Code), done)
}

// sameLot tells whether a lot is there already just so.
func (h *pages) sameLot(r *http.Request, l Lot) bool {
	was, err := h.Lot(r.Context(), actor(r), l.Code)
	l.ID, l.Rev = was.ID, was.Rev
	return err == nil && l == was
}

func (h *pages) removeLot(w http.ResponseWriter, r *http.Request) error {
	if err := h.RemoveLot(r.Context(), actor(r), r.PathValue("lot")); err != nil {
		return err
	}
	return h.ui.Done(w, r, lotsRoot, "manage.lot.removed")
}

// assign puts the houses of a filter into a lot: first it shows which, then, with
// them in the form, it does so. Single houses are put in and taken out at once.
func (h *pages) assign(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	code := r.PathValue("lot")
	switch {
	case f.Has("togli"):
		if _, err := h.Assign(r.Context(), actor(r), code, f.All("togli"), true); err != nil {
			return err
		}
		return h.ui.Done(w, r, lotPath(code), "manage.lot.house-out")
	case f.Has("conferma"):
		ids, err := h.chosen(r, f)
		if err != nil {
			return err
		}
		if strconv.Itoa(len(ids)) != f.Raw("n") {
			break // the filter finds others by now: show them first
		}
		if _, err := h.Assign(r.Context(), actor(r), code, ids, false); err != nil {
			return err
		}
		return h.ui.Done(w, r, lotPath(code), "manage.lot.assigned")
	}
	preview, err := h.preview(r, f)
	if err != nil {
		return err
	}
	return h.showLot(w, r, f, preview)
}

// chosen are the houses that a form's filter finds.
func (h *pages) chosen(r *http.Request, f *form.Form) (ids []string, err error) {
	w := readWanted(f, h.roll().regions())
	if err := f.Err(); err != nil {
		return nil, err
	}
	o, err := h.Overview(r.Context(), actor(r), Wanted{Where: w.Where})
	for _, row := range o.Rows {
		ids = append(ids, row.Site.ID)
	}
	return ids, err
}

// namesShown is how many houses a preview names.
const namesShown = 12

func (h *pages) preview(r *http.Request, f *form.Form) (*lotPreview, error) {
	w := readWanted(f, h.roll().regions())
	if f.Err() != nil {
		return nil, nil //nolint:nilnil,nilerr // the form says it
	}
	if w.Where == (site.Filter{}) {
		f.Add(errs.New(errs.Invalid, "manage.lot.no-filter", nil))
		return nil, nil //nolint:nilnil // the form says it
	}
	p := h.ui.Printer(r)
	o, err := h.Overview(r.Context(), actor(r), Wanted{Where: w.Where})
	if err != nil {
		return nil, err
	}
	if len(o.Rows) == 0 {
		f.Add(errs.New(errs.Invalid, "manage.lot.finds-none", nil))
		return nil, nil //nolint:nilnil // the form says it
	}
	ids := make([]string, len(o.Rows))
	v := &lotPreview{Fields: []web.Option{{Text: "n", Value: strconv.Itoa(len(ids))}}, Text: p.T("manage.lot.preview", "count", len(o.Rows), "lot", r.PathValue("lot"))}
	for i, row := range o.Rows {
		if ids[i] = row.Site.ID; i < namesShown {
			v.Names = append(v.Names, row.Site.Name+", "+row.Place)
		}
	}
	if rest := len(o.Rows) - namesShown; rest > 0 {
		v.Rest = p.T("manage.lot.more", "count", rest)
	}
	in, err := h.LotsOf(r.Context(), ids)
	if err != nil {
		return nil, err
	}
	moved := 0
	for _, l := range in {
		if l.Code != r.PathValue("lot") {
			moved++
		}
	}
	if moved > 0 {
		v.Moved = p.T("manage.lot.moved", "count", moved)
	}
	for _, name := range []string{"q", "tipo", "stato", "regione", "provincia"} {
		if value := f.Raw(name); value != "" {
			v.Fields = append(v.Fields, web.Option{Text: name, Value: value})
		}
	}
	return v, nil
}

// toLot is where the address of a form leads who loads it again.
func (h *pages) toLot(w http.ResponseWriter, r *http.Request) error {
	return web.Redirect(w, r, lotPath(r.PathValue("lot")))
}

func (h *pages) lotRoutes() map[string]web.Handler {
	return map[string]web.Handler{
		"GET " + lotsRoot:                     h.lotsPage,
		"GET " + lotsRoot + ".csv":            h.lotsList,
		"GET " + lotsRoot + "/" + newLot:      h.editLot,
		"POST " + lotsRoot + "/" + newLot:     h.saveLot,
		"GET " + lotsRoot + "/{lot}":          h.lotPage,
		"GET " + lotsRoot + "/{lot}/cambia":   h.editLot,
		"POST " + lotsRoot + "/{lot}/cambia":  h.saveLot,
		"POST " + lotsRoot + "/{lot}/elimina": h.removeLot,
		"GET " + lotsRoot + "/{lot}/elimina":  h.toLot,
		"POST " + lotsRoot + "/{lot}/sedi":    h.assign,
		"GET " + lotsRoot + "/{lot}/sedi":     h.toLot,
	}
}
