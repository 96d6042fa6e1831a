package organisation

import (
	"net/http"
	"strings"

	"polis/internal/identity"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// onePage is an organisation: what it is, who belongs to it.
type onePage struct {
	web.Head
	Path        string
	Desk        string // where the forms of the desk are sent; "" for who does not run the network
	Form        *form.Form
	State       web.State
	Facts       []web.Fact
	Members     []memberRow
	MorePeople  web.Pages
	Invitations []invitationRow
	MoreInvited web.Pages
	Part        bool // a further page of members or of invitations, alone
	Roles       []web.Option
	Change      bool // may be changed by the reader
	Active      bool
	Asked       bool
	ID          string
	Leave       bool // the reader belongs to it
	Acting      bool // the reader acts for it now
}

func (onePage) Template() string { return "organisation/one" }

// memberRow is somebody who belongs to an organisation.
type memberRow struct {
	ID, Name, About string
	Self            bool
	Admin           bool
}

func inviteFields(f *form.Form) {
	f.String("email", "identity.page.email").Max(254).Required().Says("identity.invalid.email")
	f.Choice("ruolo", "organisation.field.role", string(identity.Member), string(identity.OrganisationAdmin)).Default(string(identity.Member))
}

func (h *pages) one(w http.ResponseWriter, r *http.Request) error {
	f := form.Of(nil)
	inviteFields(f)
	return h.renderOne(w, r, f)
}

func (h *pages) renderOne(w http.ResponseWriter, r *http.Request, f *form.Form) error {
	ctx, who, p := r.Context(), actor(r), h.ui.Printer(r)
	o, err := h.Get(ctx, who, r.PathValue("id"))
	if err != nil {
		return err
	}
	page := onePage{
		Head: web.Head{Title: o.Name, Private: true, Crumbs: []web.Link{{Href: Path, Text: p.T("organisation.title")}}},
		Path: pathOf(o.ID), Form: f, State: h.row(p, o).State, Facts: facts(p, o), Change: h.check(who, o.ID) == nil && o.State == Active,
		Active: o.State == Active, Asked: o.State == Asked, ID: o.ID, Leave: who.Belongs(o.ID), Acting: who.For == identity.Organisation(o.ID),
	}
	if who.May(identity.OrganisationWrite, identity.Network) {
		page.Desk = deskPath + "/" + o.ID
		page.Crumbs = []web.Link{{Href: deskPath, Text: p.T("organisation.title")}}
	}
	for _, role := range []identity.Role{identity.Member, identity.OrganisationAdmin} {
		page.Roles = append(page.Roles, web.Option{Value: string(role), Text: p.T(roleLabel(role)), Hint: p.T("organisation.about." + string(role))})
	}
	if err := h.showPeople(r, p, &page, o.ID); err != nil {
		return err
	}
	return h.ui.Render(w, r, f.Status(), page)
}

// What the cursor of a further page begins with.
const (
	afterMember     = "m:"
	afterInvitation = "i:"
)

// showPeople lists who belongs to an organisation and who is invited, a page of each;
// a further page is of one of them alone.
func (h *pages) showPeople(r *http.Request, p *i18n.Printer, page *onePage, id string) error {
	after := r.URL.Query().Get(web.AfterField)
	page.Part = after != ""
	if rest, ok := strings.CutPrefix(after, afterMember); ok || !page.Part {
		if err := h.showMembers(r, p, page, id, rest); err != nil {
			return err
		}
	}
	if rest, ok := strings.CutPrefix(after, afterInvitation); page.Change && (ok || !page.Part) {
		return h.showInvited(r, p, page, id, rest)
	}
	return nil
}

func (h *pages) showMembers(r *http.Request, p *i18n.Printer, page *onePage, id, after string) error {
	who := actor(r)
	members, err := h.Members(r.Context(), who, id, after, perPage+1)
	if err != nil {
		return err
	}
	members, next := web.Cut(members, perPage, func(m Member) string { return afterMember + MemberKey(m) })
	page.MorePeople = web.PagesAfter(r.URL, next)
	for _, m := range members {
		about := p.T("organisation.since", "role", p.T(roleLabel(m.Role)), "day", p.DateShort(m.Since))
		page.Members = append(page.Members, memberRow{m.Person.ID, m.Person.FullName(), about, m.Person.ID == who.Person, m.Role == identity.OrganisationAdmin})
	}
	return nil
}

func (h *pages) showInvited(r *http.Request, p *i18n.Printer, page *onePage, id, after string) error {
	list, err := h.Invitations(r.Context(), actor(r), id, after, perPage+1)
	if err != nil {
		return err
	}
	list, next := web.Cut(list, perPage, func(in Invitation) string { return afterInvitation + in.ID })
	page.MoreInvited = web.PagesAfter(r.URL, next)
	for _, in := range list {
		page.Invitations = append(page.Invitations, invitationRow{in.ID, in.Email, p.T("organisation.invited", "role", p.T(roleLabel(in.Role)), "day", p.DateShort(in.Expires))})
	}
	return nil
}

func facts(p *i18n.Printer, o Organisation) []web.Fact {
	list := []web.Fact{{Name: p.T("organisation.field.kind"), Value: p.T(o.Kind.Label())}, {Name: p.T("organisation.field.fiscal"), Value: o.Fiscal}}
	for _, x := range []struct{ key, value string }{{"organisation.field.code", o.Code}, {"organisation.field.email", o.Email}, {"organisation.field.phone", o.Phone}} {
		if x.value != "" {
			list = append(list, web.Fact{Name: p.T(x.key), Value: x.value})
		}
	}
	return list
}

func (h *pages) invite(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	if inviteFields(f); f.Err() != nil {
		return h.renderOne(w, r, f)
	}
	err = h.Invite(r.Context(), actor(r), Invitation{Organisation: r.PathValue("id"), Email: f.Raw("email"), Role: identity.Role(f.Raw("ruolo"))})
	if err != nil {
		if onPage(f, err) {
			return h.renderOne(w, r, f)
		}
		return err
	}
	return h.ui.Done(w, r, pathOf(r.PathValue("id")), "organisation.done.invited")
}

func (h *pages) revoke(w http.ResponseWriter, r *http.Request) error {
	return h.with(w, r, "organisation.done.revoked", func(f *form.Form) error {
		return h.Revoke(r.Context(), actor(r), r.PathValue("id"), f.Raw("invito"))
	})
}

func (h *pages) setRole(w http.ResponseWriter, r *http.Request) error {
	return h.with(w, r, "organisation.done.role", func(f *form.Form) error {
		defer h.sessions.Fresh(f.Raw("persona"))
		return h.SetRole(r.Context(), actor(r), r.PathValue("id"), f.Raw("persona"), identity.Role(f.Raw("ruolo")))
	})
}

func (h *pages) remove(w http.ResponseWriter, r *http.Request) error {
	return h.with(w, r, "organisation.done.removed", func(f *form.Form) error {
		defer h.sessions.Fresh(f.Raw("persona"))
		return h.Remove(r.Context(), actor(r), r.PathValue("id"), f.Raw("persona"))
	})
}

// with does what a form of an organisation's page asks for and says so there.
func (h *pages) with(w http.ResponseWriter, r *http.Request, done string, do func(f *form.Form) error) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	if err := do(f); err != nil {
		return err
	}
	return h.ui.Done(w, r, pathOf(r.PathValue("id")), done)
}

func (h *pages) leave(w http.ResponseWriter, r *http.Request) error {
	if err := h.Remove(r.Context(), actor(r), r.PathValue("id"), actor(r).Person); err != nil {
		return err
	}
	h.sessions.Fresh(actor(r).Person)
	return h.ui.Done(w, r, Path, "organisation.done.left")
}
