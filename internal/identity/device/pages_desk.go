package device

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

const perPage = 20

// states are the states as forms and addresses have them; kinds have the names of
// the code.
var states = []struct {
	slug  string
	state State
	look  string // of its badge
}{{"attivo", Enrolled, "free"}, {"atteso", Awaited, "pending"}, {"revocato", Revoked, "closed"}}

// listPage lists the devices of houses.
type listPage struct {
	web.Head
	Form     *form.Form
	Kinds    []web.Option
	States   []web.Option
	Houses   []web.Option // to choose from, where the words fit several
	Rows     []row
	Narrowed bool
	Pages    web.Pages
	Hint     string
}

func (listPage) Template() string { return "device/list" }

// row is a device in a list.
type row struct {
	Href, Name string
	State      web.State
	Facts      []web.Fact
}

func (h *pages) desk(p *i18n.Printer, title string, crumbs ...web.Link) web.Head {
	return web.DeskHead(deskPath, title, crumbs...)
}

func deskCrumb(p *i18n.Printer) web.Link {
	return web.Link{Href: deskPath, Text: p.T("device.desk.title")}
}

func (h *pages) list(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	p, actor := h.ui.Printer(r), identity.ActorFrom(r.Context())
	if err := actor.CheckSomewhere(identity.DeviceWrite); err != nil {
		return err
	}
	page := listPage{Head: h.desk(p, p.T("device.desk.title")), Form: f}
	asked := h.asked(f, p, &page)
	f.String("sede", "device.desk.house").Max(200)
	f.String("casa", "device.desk.which").Max(100)
	page.Narrowed = f.Raw("sede") != "" || asked.Kind != "" || asked.State != ""
	if f.Raw("sede") != "" {
		asked.Site, page.Houses = h.houseOf(f, actor)
	}
	var list []Device
	if f.Raw("sede") == "" || asked.Site != "" {
		if list, err = h.List(r.Context(), actor, asked, r.URL.Query().Get(web.AfterField), perPage+1); err != nil {
			return err
		}
	}
	list, next := web.Cut(list, perPage, func(d Device) string { return d.ID })
	page.Pages = web.PagesAfter(r.URL, next)
	names, err := h.names(r, list)
	if err != nil {
		return err
	}
	for _, d := range list {
		page.Rows = append(page.Rows, row{Href: deskPath + "/" + d.ID, Name: d.Name, State: stateOf(p, d), Facts: h.facts(p, d, names)})
	}
	return h.ui.Render(w, r, f.Status(), page)
}

// asked declares what narrows the list.
func (h *pages) asked(f *form.Form, p *i18n.Printer, page *listPage) (in Asked) {
	var kinds, slugs []string
	page.Kinds, page.States = []web.Option{{Text: p.T("device.desk.all-kinds")}}, []web.Option{{Text: p.T("device.desk.all-states")}}
	for _, k := range Kinds {
		kinds = append(kinds, string(k))
		page.Kinds = append(page.Kinds, web.Option{Value: string(k), Text: p.T(k.Label())})
	}
	for _, s := range states {
		slugs = append(slugs, s.slug)
		page.States = append(page.States, web.Option{Value: s.slug, Text: p.T("device.state." + string(s.state))})
	}
	in.Kind = Kind(f.Choice("tipo", "device.desk.kind", kinds...).Value)
	state := f.Choice("stato", "device.desk.state", slugs...).Value
	for _, s := range states {
		if s.slug == state {
			in.State = s.state
		}
	}
	return in
}

func stateOf(p *i18n.Printer, d Device) web.State {
	for _, s := range states {
		if s.state == d.State() {
			return web.State{Kind: s.look, Text: p.T("device.state." + string(s.state))}
		}
	}
	return web.State{}
}

// names are the people who made codes, as others see them.
func (h *pages) names(r *http.Request, list []Device) (map[string]identity.Person, error) {
	var ids []string
	for _, d := range list {
		if d.By != "" && !slices.Contains(ids, d.By) {
			ids = append(ids, d.By)
		}
	}
	return h.People.Many(r.Context(), ids)
}

func (h *pages) facts(p *i18n.Printer, d Device, names map[string]identity.Person) []web.Fact {
	p = p.In(i18n.Rome)
	out := []web.Fact{{Name: p.T("device.desk.kind"), Value: p.T(d.Kind.Label())}, {Name: p.T("device.desk.house"), Value: h.houseName(d.Site)}}
	if !d.Enrolled.IsZero() {
		out = append(out, web.Fact{Name: p.T("device.desk.enrolled"), Value: p.DateTime(d.Enrolled)})
	} else {
		out = append(out, web.Fact{Name: p.T("device.desk.made"), Value: p.DateTime(d.Made)})
	}
	if by, known := names[d.By]; known {
		out = append(out, web.Fact{Name: p.T("device.desk.by"), Value: by.DisplayName()})
	}
	if !d.Seen.IsZero() {
		out = append(out, web.Fact{Name: p.T("device.desk.seen"), Value: p.DateTime(d.Seen)})
	}
	if !d.Revoked.IsZero() {
		out = append(out, web.Fact{Name: p.T("device.desk.revoked"), Value: p.DateTime(d.Revoked)})
	}
	return out
}

// houseName is the name of a house, with its town.
func (h *pages) houseName(id string) string { return h.Scopes.ScopeName(identity.Site(id)) }

// found are the houses that words fit and whose devices the actor looks after.
func (h *pages) found(words string, actor identity.Actor) []identity.NamedScope {
	list, _ := h.Scopes.FindScopes(identity.KindSite, words)
	return slices.DeleteFunc(list, func(x identity.NamedScope) bool { return !actor.May(identity.DeviceWrite, identity.Site(x.ID)) })
}

// houseOf is the house that was meant, by id; where the words fit none or several
// the form says so, and there is something to choose from.
func (h *pages) houseOf(f *form.Form, actor identity.Actor) (id string, options []web.Option) {
	list := h.found(f.Raw("sede"), actor)
	for _, x := range list {
		if x.ID == f.Raw("casa") || len(list) == 1 {
			return x.ID, nil
		}
		options = append(options, web.Option{Value: x.ID, Text: x.Name, Hint: x.About})
	}
	if len(list) == 0 {
		f.Add(errs.New(errs.Rule, "device.desk.no-house", nil).On("sede"))
	} else {
		f.Add(errs.New(errs.Rule, "device.desk.many-houses", nil).On("casa"))
	}
	return "", options
}

func (h *pages) suggestHouses(w http.ResponseWriter, r *http.Request) error {
	actor := identity.ActorFrom(r.Context())
	if err := actor.CheckSomewhere(identity.DeviceWrite); err != nil {
		return err
	}
	var options []web.Option
	if text := strings.TrimSpace(r.URL.Query().Get("sede")); len([]rune(text)) >= 2 && len(text) <= 200 {
		for _, x := range h.found(text, actor) {
			options = append(options, web.Option{Value: x.Name, Text: x.About})
		}
	}
	return h.ui.Suggestions(w, r, options)
}

// newPage asks what a device is to be.
type newPage struct {
	web.Head
	Form   *form.Form
	Kinds  []web.Option
	Houses []web.Option
}

func (newPage) Template() string { return "device/new" }

// declareNew declares the inputs of a new device.
func declareNew(f *form.Form) (kind *form.Choice, name *form.Text) {
	kind = f.Choice("tipo", "device.desk.kind", "kiosk", "board", "door", "atm").Required()
	f.String("sede", "device.desk.house").Max(200).Required()
	f.String("casa", "device.desk.which").Max(100)
	return kind, f.String("nome", "device.desk.name").Max(maxName).Required()
}

// showNew asks what is to be added. Who looks after one house finds it filled in.
func (h *pages) showNew(w http.ResponseWriter, r *http.Request) error {
	actor := identity.ActorFrom(r.Context())
	if err := actor.CheckSomewhere(identity.DeviceWrite); err != nil {
		return err
	}
	values := url.Values{}
	if actor.Scope.Kind == "site" && actor.May(identity.DeviceWrite, actor.Scope) {
		values.Set("sede", h.houseName(actor.Scope.ID))
	}
	f := form.Of(values)
	declareNew(f)
	return h.renderNew(w, r, f, nil)
}

func (h *pages) renderNew(w http.ResponseWriter, r *http.Request, f *form.Form, houses []web.Option) error {
	p := h.ui.Printer(r)
	page := newPage{Head: h.desk(p, p.T("device.new.title"), deskCrumb(p)), Form: f, Houses: houses}
	for _, k := range Kinds {
		page.Kinds = append(page.Kinds, web.Option{Value: string(k), Text: p.T(k.Label()), Hint: p.T("device.about." + string(k))})
	}
	return h.ui.Render(w, r, f.Status(), page)
}

func (h *pages) add(w http.ResponseWriter, r *http.Request) error {
	actor := identity.ActorFrom(r.Context())
	if err := actor.CheckSomewhere(identity.DeviceWrite); err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	kind, name := declareNew(f)
	site, houses := "", []web.Option(nil)
	if f.Raw("sede") != "" {
		site, houses = h.houseOf(f, actor)
	}
	if f.Err() != nil {
		return h.renderNew(w, r, f, houses)
	}
	d, _, err := h.Make(r.Context(), actor, Wanted{Kind: Kind(kind.Value), Site: site, Name: name.Value})
	if err != nil {
		if f.AddAs(err, form.Inputs{"name": "nome", "kind": "tipo", "site": "sede"}) {
			return h.renderNew(w, r, f, houses)
		}
		return err
	}
	return h.ui.Done(w, r, deskPath+"/"+d.ID, "device.new.done")
}

// onePage is a device, and its code where one was just made.
type onePage struct {
	web.Head
	Path    string
	State   web.State
	Facts   []web.Fact
	Code    string
	Until   string // when the code is over
	Browser bool   // the code is typed on a page of ours
	Address string
	Revoked bool
	Fresh   bool // it has no key yet
	Ask     bool // whether to revoke it
}

func (onePage) Template() string { return "device/one" }

func (h *pages) page(r *http.Request, d Device) (onePage, error) {
	p := h.ui.Printer(r)
	names, err := h.names(r, []Device{d})
	return onePage{
		Head: h.desk(p, d.Name, deskCrumb(p)), Path: deskPath + "/" + d.ID, State: stateOf(p, d), Facts: h.facts(p, d, names), Browser: d.Kind.browser(),
		Address: h.URL + herePath, Revoked: d.State() == Revoked, Fresh: d.State() == Awaited,
	}, err
}

func (h *pages) showOne(w http.ResponseWriter, r *http.Request) error {
	return h.renderOne(w, r, false)
}

func (h *pages) askRevoke(w http.ResponseWriter, r *http.Request) error {
	return h.renderOne(w, r, true)
}

func (h *pages) renderOne(w http.ResponseWriter, r *http.Request, ask bool) error {
	d, err := h.Get(r.Context(), identity.ActorFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	page, err := h.page(r, d)
	if err != nil {
		return err
	}
	page.Ask = ask && !page.Revoked
	return h.ui.Render(w, r, http.StatusOK, page)
}

// newCode shows a code, this once.
func (h *pages) newCode(w http.ResponseWriter, r *http.Request) error {
	d, code, err := h.NewCode(r.Context(), identity.ActorFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	page, err := h.page(r, d)
	if err != nil {
		return err
	}
	page.Code, page.Until = code.Text, h.ui.Printer(r).In(i18n.Rome).Time(code.Ends)
	return h.ui.Render(w, r, http.StatusOK, page)
}

// toOne is for a page with a code that is loaded again.
func (h *pages) toOne(w http.ResponseWriter, r *http.Request) error {
	return web.Redirect(w, r, deskPath+"/"+url.PathEscape(r.PathValue("id")))
}

func (h *pages) revoke(w http.ResponseWriter, r *http.Request) error {
	if err := h.Revoke(r.Context(), identity.ActorFrom(r.Context()), r.PathValue("id")); err != nil {
		return err
	}
	return h.ui.Done(w, r, deskPath+"/"+url.PathEscape(r.PathValue("id")), "device.one.revoked")
}
