package organisation

import (
	"context"
	"embed"
	"net/http"
	"net/url"
	"strconv"

	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// Pages are the templates of organisations.
//
//go:embed pages/*.gohtml
var Pages embed.FS

// The addresses of the pages.
const (
	Path     = "/organizzazioni"
	newPath  = Path + "/nuova"
	deskPath = "/gestione/organizzazioni"
)

// DeskEntry leads to the list of who runs the network.
var DeskEntry = web.Entry{Href: deskPath, Key: "organisation.title"}

// RegisterPages adds the pages to a mux. They stand behind Sessions.Middleware.
func RegisterPages(mux *http.ServeMux, ui *web.Renderer, s *Service, sessions *identity.Sessions) error {
	if err := ui.Add("organisation", Pages); err != nil {
		return err
	}
	h := &pages{Service: s, sessions: sessions, ui: ui}
	for pattern, handler := range map[string]web.Handler{
		"GET " + Path:                        h.mine,
		"POST " + Path:                       h.answerInvitation,
		"GET " + newPath:                     h.showNew,
		"POST " + newPath:                    h.create,
		"GET " + Path + "/{id}":              h.one,
		"GET " + Path + "/{id}/modifica":     h.showEdit,
		"POST " + Path + "/{id}/modifica":    h.edit,
		"POST " + Path + "/{id}/invita":      h.invite,
		"POST " + Path + "/{id}/revoca":      h.revoke,
		"POST " + Path + "/{id}/ruolo":       h.setRole,
		"POST " + Path + "/{id}/togli":       h.remove,
		"POST " + Path + "/{id}/esci":        h.leave,
		"GET " + deskPath:                    h.list,
		"POST " + deskPath + "/{id}/approva": h.settleWith(h.Approve, "organisation.done.approved"),
		"POST " + deskPath + "/{id}/rifiuta": h.settleWith(h.Refuse, "organisation.done.refused"),
		"POST " + deskPath + "/{id}/chiudi":  h.settleWith(h.Archive, "organisation.done.archived"),
	} {
		mux.Handle(pattern, ui.Handle(identity.SignedIn(handler, func(*http.Request) string { return Path })))
	}
	return nil
}

type pages struct {
	*Service

	sessions *identity.Sessions
	ui       *web.Renderer
}

func actor(r *http.Request) identity.Actor { return identity.ActorFrom(r.Context()) }

func pathOf(id string) string { return Path + "/" + url.PathEscape(id) }

// minePage lists the organisations of the reader.
type minePage struct {
	web.Head
	Invitations []invitationRow
	Rows        []row
	Pages       web.Pages
}

func (minePage) Template() string { return "organisation/mine" }

// invitationRow is an invitation: to the reader, or by them.
type invitationRow struct{ ID, Name, Text string }

// row is an organisation in a list.
type row struct {
	Href, Name, About string
	State             web.State
}

func (h *pages) mine(w http.ResponseWriter, r *http.Request) error {
	p := h.ui.Printer(r)
	waiting, names, err := h.Waiting(r.Context(), actor(r))
	if err != nil {
		return err
	}
	list, err := h.Mine(r.Context(), actor(r))
	if err != nil {
		return err
	}
	page := minePage{Head: web.Head{Title: p.T("organisation.title"), Private: true, Crumbs: []web.Link{{Href: "/profilo", Text: p.T("identity.profile.title")}}}}
	for _, in := range waiting {
		page.Invitations = append(page.Invitations, invitationRow{in.ID, names[in.Organisation], p.T("organisation.waiting-text", "role", p.T(roleLabel(in.Role)), "day", p.DateShort(in.Expires))})
	}
	part := web.RangeOf(r.URL.Query().Get(web.PageField), len(list), perPage)
	page.Pages = part.Links(p, r.URL)
	for _, o := range list[part.From:part.To] {
		page.Rows = append(page.Rows, h.row(p, o))
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

func (h *pages) row(p *i18n.Printer, o Organisation) row {
	kind := map[State]string{Active: "free", Asked: "pending", Archived: "closed"}[o.State]
	return row{pathOf(o.ID), o.Name, p.T(o.Kind.Label()), web.State{Kind: kind, Text: p.T("organisation.state." + string(o.State))}}
}

func (h *pages) answerInvitation(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	answer, done := h.Accept, "organisation.done.joined"
	if f.Has("rifiuta") {
		answer, done = h.Decline, "organisation.done.declined"
	}
	if err := answer(r.Context(), actor(r), f.Raw("invito")); err != nil {
		return err
	}
	h.sessions.Fresh(actor(r).Person)
	return h.ui.Done(w, r, Path, done)
}

// editPage asks what an organisation is.
type editPage struct {
	web.Head
	Form   *form.Form
	Action string
	Rev    string
	Kinds  []web.Option
	Button string
	Lead   string
}

func (editPage) Template() string { return "organisation/edit" }

// inputs are the inputs for the fields of the Service's errors.
var inputs = form.Inputs{"kind": "tipo", "name": "nome", "fiscal": "codice_fiscale", "code": "ipa", "email": "email", "phone": "telefono", "role": "ruolo"}

func fields(f *form.Form) {
	kinds := make([]string, len(Kinds))
	for i, k := range Kinds {
		kinds[i] = string(k)
	}
	f.Choice("tipo", "organisation.field.kind", kinds...).Required().Says("organisation.invalid.kind")
	f.String("nome", "organisation.field.name").Max(200).Required().Says("organisation.invalid.name")
	f.String("codice_fiscale", "organisation.field.fiscal").Max(40).Required().Says("organisation.invalid.fiscal")
	f.String("ipa", "organisation.field.code").Max(40)
	f.String("email", "organisation.field.email").Max(254)
	f.String("telefono", "organisation.field.phone").Max(40)
}

func read(f *form.Form) Organisation {
	return Organisation{Kind: Kind(f.Raw("tipo")), Name: f.Raw("nome"), Fiscal: f.Raw("codice_fiscale"), Code: f.Raw("ipa"), Email: f.Raw("email"), Phone: f.Raw("telefono")}
}

func (h *pages) renderEdit(w http.ResponseWriter, r *http.Request, f *form.Form, page editPage) error {
	p := h.ui.Printer(r)
	page.Form = f
	for _, k := range Kinds {
		page.Kinds = append(page.Kinds, web.Option{Value: string(k), Text: p.T(k.Label())})
	}
	page.Crumbs, page.Private = []web.Link{{Href: Path, Text: p.T("organisation.title")}}, true
	return h.ui.Render(w, r, f.Status(), page)
}

func (h *pages) newPage(r *http.Request) editPage {
	p := h.ui.Printer(r)
	page := editPage{Head: web.Head{Title: p.T("organisation.new.title")}, Action: newPath, Button: p.T("organisation.new.ask"), Lead: p.T("organisation.new.lead")}
	if actor(r).May(identity.OrganisationWrite, identity.Network) {
		page.Button, page.Lead = p.T("organisation.new.make"), p.T("organisation.new.lead-desk")
	}
	return page
}

func (h *pages) showNew(w http.ResponseWriter, r *http.Request) error {
	if err := actor(r).Check(identity.AccountOwn, identity.Of(actor(r).Person)); err != nil {
		return err
	}
	f := form.Of(nil)
	fields(f)
	return h.renderEdit(w, r, f, h.newPage(r))
}

func (h *pages) create(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	if fields(f); f.Err() != nil {
		return h.renderEdit(w, r, f, h.newPage(r))
	}
	o, err := h.Create(r.Context(), actor(r), read(f))
	if err != nil {
		if onPage(f, err) {
			return h.renderEdit(w, r, f, h.newPage(r))
		}
		return err
	}
	if o.State == Asked {
		return h.ui.Done(w, r, pathOf(o.ID), "organisation.done.asked")
	}
	return h.ui.Done(w, r, pathOf(o.ID), "organisation.done.made")
}

// onPage puts an error of the Service beside its input.
func onPage(f *form.Form, err error) bool {
	e := *errs.As(err)
	if (e.Kind == errs.TooMany || e.Kind == errs.Conflict) && e.Field != "" {
		e.Kind = errs.Rule
	}
	return f.AddAs(&e, inputs)
}

func (h *pages) editing(p *i18n.Printer, o Organisation) editPage {
	return editPage{Head: web.Head{Title: p.T("organisation.edit.title")}, Action: pathOf(o.ID) + "/modifica", Rev: strconv.FormatInt(o.Rev, 10), Button: p.T("organisation.edit.save")}
}

func (h *pages) showEdit(w http.ResponseWriter, r *http.Request) error {
	o, err := h.Get(r.Context(), actor(r), r.PathValue("id"))
	if err == nil {
		err = h.check(actor(r), o.ID)
	}
	if err != nil {
		return err
	}
	f := form.Of(url.Values{"tipo": {string(o.Kind)}, "nome": {o.Name}, "codice_fiscale": {o.Fiscal}, "ipa": {o.Code}, "email": {o.Email}, "telefono": {o.Phone}})
	fields(f)
	return h.renderEdit(w, r, f, h.editing(h.ui.Printer(r), o))
}

func (h *pages) edit(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	o, err := h.Get(r.Context(), actor(r), r.PathValue("id"))
	if err == nil {
		err = h.check(actor(r), o.ID)
	}
	if err != nil {
		return err
	}
	page := h.editing(h.ui.Printer(r), o)
	if fields(f); f.Err() != nil {
		return h.renderEdit(w, r, f, page)
	}
	in := read(f)
	in.ID = o.ID
	in.Rev, _ = strconv.ParseInt(f.Raw("rev"), 10, 64) // anything else is a revision that nobody has seen
	if err := h.Update(r.Context(), actor(r), in); err != nil {
		if onPage(f, err) {
			return h.renderEdit(w, r, f, page)
		}
		return err
	}
	return h.ui.Done(w, r, pathOf(o.ID), "organisation.done.saved")
}

// settleWith changes the state of an organisation and says so on its page.
func (h *pages) settleWith(do func(ctx context.Context, actor identity.Actor, id string) error, done string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := do(r.Context(), actor(r), r.PathValue("id")); err != nil {
			return err
		}
		if o, err := h.get(r.Context(), h.DB, r.PathValue("id")); err == nil { // who asked may act for it at once
			h.sessions.Fresh(o.AskedBy)
		}
		return h.ui.Done(w, r, deskPath, done)
	}
}

// listPage is the desk's list.
type listPage struct {
	web.Head
	Form  *form.Form
	Asked []row
	Rows  []row
	Found string
	Pages web.Pages
}

func (listPage) Template() string { return "organisation/list" }

// perPage is how many rows a page of the list shows.
const perPage = 50

func (h *pages) list(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	p, ctx := h.ui.Printer(r), r.Context()
	text := f.String("cerca", "organisation.search").Max(200)
	after := r.URL.Query().Get(web.AfterField)
	list, err := h.List(ctx, actor(r), Query{Text: text.Value, State: Active, After: after}, perPage+1)
	if err != nil {
		return err
	}
	page := listPage{Head: web.DeskHead(deskPath, p.T("organisation.title")), Form: f}
	list, next := web.Cut(list, perPage, Key)
	if text.Value == "" {
		page.Pages = web.PagesAfter(r.URL, next)
		if after == "" {
			asked, err := h.List(ctx, actor(r), Query{State: Asked}, perPage)
			if err != nil {
				return err
			}
			for _, o := range asked {
				page.Asked = append(page.Asked, h.row(p, o))
			}
		}
	} else {
		page.Found = p.T("organisation.found", "count", len(list))
	}
	for _, o := range list {
		page.Rows = append(page.Rows, h.row(p, o))
	}
	return h.ui.Render(w, r, f.Status(), page)
}
