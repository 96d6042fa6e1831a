package identity

import (
	"net/http"
	"net/url"

	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// keepInvitation remembers which invitation a browser has opened.
const keepInvitation = "invited"

// invitationPage asks somebody whether to take a role.
type invitationPage struct {
	web.Head
	Form   *form.Form
	Open   openForm
	About  string // what somebody in the role does
	Facts  []web.Fact
	Who    string // who is signed in and would accept; "" where it would be somebody new
	SignIn string // href, and back here
	Known  bool   // the address is somebody's, who signs in first
	Mail   bool   // they can, by a code
	Own    bool   // the reader has made it, and cannot take it
}

func (invitationPage) Template() string { return "identity/invitation" }

var openInvitation = openForm{
	Action: invitationPath, Lead: "identity.invitation.open-text", Label: "identity.invitation.code", Button: "identity.invitation.open",
	None: "identity.invitation.none", Over: "identity.invitation.over", Again: "identity.invitation.again",
}

// showInvitation shows the invitation that this browser has opened, or where to
// open one.
func (h *pages) showInvitation(w http.ResponseWriter, r *http.Request) error {
	opened := h.Sessions.Look(r.Context(), keepInvitation)
	if opened == "" {
		f := form.Of(nil)
		openInvitation.field(f)
		return h.renderOpen(w, r, f, "identity.invitation.title", openInvitation)
	}
	err := h.renderInvitation(w, r, opened)
	if errs.HasKey(err, "identity.invitation.over") {
		return h.invitationOver(w, r)
	}
	return err
}

func (h *pages) invitationOver(w http.ResponseWriter, r *http.Request) error {
	h.Sessions.Kept(r.Context(), keepInvitation)
	return h.renderOver(w, r, "identity.invitation.title", openInvitation)
}

func (h *pages) renderInvitation(w http.ResponseWriter, r *http.Request, opened string) error {
	p, actor, f := h.ui.Printer(r), ActorFrom(r.Context()), form.Of(nil)
	openInvitation.field(f)
	in, known, err := h.Access.Invited(r.Context(), actor, opened)
	if err != nil {
		return err
	}
	page := invitationPage{
		Head: web.Head{Title: p.T("identity.invitation.title"), Private: true}, Form: f, Open: openInvitation, About: p.T("identity.about." + string(in.Role)),
		SignIn: SignInPath + "?next=" + url.QueryEscape(invitationPath), Known: known, Mail: h.Access.Mails(), Own: actor.SignedIn() && actor.Person == in.GivenBy,
	}
	if actor.SignedIn() {
		self, err := h.Access.People.Get(r.Context(), actor.Person)
		if err != nil {
			return err
		}
		page.Who = self.FullName()
	}
	if page.Facts, err = h.invitationFacts(r, p, in); err != nil {
		return err
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// openOldInvitation is for links that were mailed when their secret still stood
// in the path.
func (h *pages) openOldInvitation(w http.ResponseWriter, r *http.Request) error {
	opened, err := h.openPath(r, h.Access.OpenInvitation)
	if errs.HasKey(err, "identity.invitation.over") {
		return h.renderOver(w, r, "identity.invitation.title", openInvitation)
	}
	if err != nil {
		return err
	}
	h.Sessions.Keep(r.Context(), keepInvitation, opened)
	return web.Redirect(w, r, invitationPath)
}

// sendInvitation opens an invitation with its code, or accepts the one that was
// opened.
func (h *pages) sendInvitation(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	if f.Has("accetta") {
		return h.acceptInvitation(w, r)
	}
	opened, ok, err := h.take(r, f, openInvitation, h.Access.OpenInvitation)
	if err != nil {
		return Later(w, err)
	}
	if !ok {
		return h.renderOpen(w, r, f, "identity.invitation.title", openInvitation)
	}
	h.Sessions.Keep(r.Context(), keepInvitation, opened)
	return web.Redirect(w, r, invitationPath)
}

func (h *pages) acceptInvitation(w http.ResponseWriter, r *http.Request) error {
	ctx, opened := r.Context(), h.Sessions.Look(r.Context(), keepInvitation)
	in, _, err := h.Access.Invited(ctx, ActorFrom(ctx), opened)
	if errs.HasKey(err, "identity.invitation.over") {
		return h.invitationOver(w, r)
	}
	if err != nil {
		return err
	}
	person, err := h.Access.Accept(ctx, ActorFrom(ctx), opened)
	if errs.HasKey(err, "identity.invitation.known") { // since the page was shown
		return web.Redirect(w, r, invitationPath)
	}
	if err != nil {
		return err
	}
	h.Sessions.Kept(ctx, keepInvitation)
	return h.enter(w, r, Proof{Person: person.ID, Method: "invitation", Level: LevelLow}, h.offerPasskey(r, person.ID, h.Work(in.Role)), "identity.invitation.accepted")
}

// invitationFacts say who invites to what.
func (h *pages) invitationFacts(r *http.Request, p *i18n.Printer, in Invitation) ([]web.Fact, error) {
	facts := []web.Fact{
		{Name: p.T("identity.invitation.role"), Value: p.T(in.Role.Label())},
		{Name: p.T("identity.invitation.scope"), Value: h.Access.scopeText(p, in.Scope)},
	}
	by, err := h.Access.inviter(r.Context(), in)
	if by != "" {
		facts = append(facts, web.Fact{Name: p.T("identity.invitation.by"), Value: by})
	}
	return append(facts,
		web.Fact{Name: p.T("identity.invitation.email"), Value: in.Email},
		web.Fact{Name: p.T("identity.invitation.until"), Value: p.DateTime(in.Expires)}), err
}

// The addresses of the pages of who invites.
const (
	invitePath      = staffPath + "/invita"
	invitationsPath = staffPath + "/inviti"
)

// keepLink remembers of which invitation the link is shown once.
const keepLink = "invitation"

func (h *pages) invitationRoutes() map[string]web.Handler {
	return map[string]web.Handler{
		"GET " + invitePath:                        h.showInvite,
		"POST " + invitePath:                       h.invite,
		"GET " + invitationsPath:                   h.invitations,
		"POST " + invitationsPath:                  h.findInvitations,
		"POST " + invitationsPath + "/{id}/link":   h.resend,
		"POST " + invitationsPath + "/{id}/revoca": h.revoke,
	}
}

// invitePage asks whom to invite to what.
type invitePage struct {
	web.Head
	Form  *form.Form
	Role  roleFields
	Langs []web.Option
	Mail  bool // a link is mailed; otherwise it is shown to hand over
}

func (invitePage) Template() string { return "identity/invite" }

type inviteFields struct {
	email, given, family *form.Text
	language             *form.Choice
}

func (h *pages) inviteFields(f *form.Form) inviteFields {
	return inviteFields{
		email:  emailField(f),
		given:  f.String("nome", "identity.profile.given").Max(maxName),
		family: f.String("cognome", "identity.profile.family").Max(maxName), language: h.languageField(f, "identity.invite.language"),
	}
}

func (h *pages) showInvite(w http.ResponseWriter, r *http.Request) error {
	if err := ActorFrom(r.Context()).CheckSomewhere(GrantWrite); err != nil {
		return err
	}
	f := form.Of(nil)
	f.Set("lingua", string(h.ui.Printer(r).Lang))
	h.inviteFields(f)
	declareRole(f, ActorFrom(r.Context()))
	return h.renderInvite(w, r, f, roleFields{})
}

func (h *pages) renderInvite(w http.ResponseWriter, r *http.Request, f *form.Form, role roleFields) error {
	p := h.ui.Printer(r)
	role.fill(p, ActorFrom(r.Context()), h.Access.Scopes)
	return h.ui.Render(w, r, f.Status(), invitePage{
		Head: h.desk(p, "identity.invite.title", staffCrumb(p)), Form: f, Role: role, Langs: h.languages(p), Mail: h.Access.Mails(),
	})
}

func (h *pages) invite(w http.ResponseWriter, r *http.Request) error {
	if err := ActorFrom(r.Context()).CheckSomewhere(GrantWrite); err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	actor := ActorFrom(r.Context())
	in, role := h.inviteFields(f), declareRole(f, actor)
	scope := h.scopeOf(f, actor, &role)
	if f.Err() != nil {
		return h.renderInvite(w, r, f, role)
	}
	made, err := h.Access.Invite(r.Context(), actor, Invitation{
		Email: in.email.Value, GivenName: in.given.Value, FamilyName: in.family.Value, Role: roleOf(role.role.Value), Scope: scope, Language: in.language.Value,
	})
	if err != nil {
		if OnPage(f, err) {
			return h.renderInvite(w, r, f, role)
		}
		return Later(w, err)
	}
	if made.waited && h.Access.Mails() {
		return h.ui.Done(w, r, invitationsPath, "identity.invite.waits")
	}
	return h.sent(w, r, made)
}

// sent goes to the list of invitations and says what became of a link: it was
// mailed, or it is shown there once.
func (h *pages) sent(w http.ResponseWriter, r *http.Request, in Invitation) error {
	if h.Access.Mails() {
		return h.ui.Done(w, r, invitationsPath, "identity.invite.mailed")
	}
	h.Sessions.Keep(r.Context(), keepLink, in.ID)
	return h.ui.Done(w, r, invitationsPath, "identity.invite.made")
}

// invitationsPage lists the invitations that nobody accepted yet.
type invitationsPage struct {
	web.Head
	Form  *form.Form
	Link  string // shown this once, to hand over
	Rows  []invitationRow
	Found string // what a search found; "" where nothing was searched
	Pages web.Pages
}

func (invitationsPage) Template() string { return "identity/invitations" }

func invitationSearch(f *form.Form) *form.Text {
	return f.String("chi", "identity.invitations.search").Max(200)
}

type invitationRow struct {
	Title string // name or address
	Facts []web.Fact
	Over  bool
	Path  string // of its forms
}

// perPage is how many rows a page of a list shows.
const perPage = 50

func (h *pages) invitations(w http.ResponseWriter, r *http.Request) error {
	p, actor, after := h.ui.Printer(r), ActorFrom(r.Context()), r.URL.Query().Get(web.AfterField)
	list, err := h.Access.Invitations(r.Context(), actor, after, perPage+1)
	if err != nil {
		return err
	}
	f := form.Of(nil)
	invitationSearch(f)
	page := invitationsPage{Head: h.desk(p, "identity.invitations.title", staffCrumb(p)), Form: f}
	list, next := web.Cut(list, perPage, func(in Invitation) string { return in.ID })
	page.Pages = web.PagesAfter(r.URL, next)
	if page.Rows, err = h.invitationRows(r, p, list); err != nil {
		return err
	}
	if id := h.Sessions.Kept(r.Context(), keepLink); id != "" {
		in, err := h.Access.Invitation(r.Context(), actor, id)
		if err == nil {
			page.Link, err = h.Access.InvitationLink(r.Context(), in)
		}
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

func (h *pages) invitationRows(r *http.Request, p *i18n.Printer, list []Invitation) (rows []invitationRow, err error) {
	for _, in := range list {
		facts, err := h.invitationFacts(r, p, in)
		if err != nil {
			return nil, err
		}
		row := invitationRow{Title: in.Email, Facts: facts, Over: !in.Expires.After(h.Access.clk.Now()), Path: invitationsPath + "/" + in.ID}
		if in.GivenName+in.FamilyName != "" {
			row.Title = Person{GivenName: in.GivenName, FamilyName: in.FamilyName}.FullName()
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// findInvitations is sent as a form that acts, as the search of people is.
func (h *pages) findInvitations(w http.ResponseWriter, r *http.Request) error {
	if err := ActorFrom(r.Context()).CheckSomewhere(GrantWrite); err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	text := invitationSearch(f)
	if f.Err() == nil && text.Value == "" {
		return web.Redirect(w, r, invitationsPath)
	}
	p := h.ui.Printer(r)
	page := invitationsPage{Head: h.desk(p, "identity.invitations.title", staffCrumb(p)), Form: f}
	if f.Err() == nil {
		list, more, err := h.Access.FindInvitations(r.Context(), ActorFrom(r.Context()), text.Value)
		if err != nil {
			return err
		}
		if page.Rows, err = h.invitationRows(r, p, list); err != nil {
			return err
		}
		page.Found = found(p, len(list), more)
	}
	return h.ui.Render(w, r, f.Status(), page)
}

// found says how many a search has found.
func found(p *i18n.Printer, n int, more bool) string {
	if more {
		return p.T("identity.find.many", "count", n)
	}
	return p.T("identity.find.found", "count", n)
}

func (h *pages) resend(w http.ResponseWriter, r *http.Request) error {
	in, err := h.Access.Resend(r.Context(), ActorFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return Later(w, err)
	}
	return h.sent(w, r, in)
}

func (h *pages) revoke(w http.ResponseWriter, r *http.Request) error {
	err := h.Access.Revoke(r.Context(), ActorFrom(r.Context()), r.PathValue("id"))
	if err != nil && !errs.HasKey(err, "identity.invitation.over") { // a second tap finds it revoked
		return err
	}
	return h.ui.Done(w, r, invitationsPath, "identity.invitation.revoked")
}
