package identity

import (
	"net/http"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// The addresses of the pages of people and roles.
const (
	staffPath  = "/gestione/persone"
	findPath   = staffPath + "/cerca"
	housesPath = staffPath + "/sedi"
)

// DeskEntry leads to them.
var DeskEntry = web.Entry{Href: staffPath, Key: "identity.staff.nav"}

func (h *pages) staffRoutes() map[string]web.Handler {
	return map[string]web.Handler{
		"GET " + staffPath:                     h.staff,
		"GET " + findPath:                      h.showFind,
		"POST " + findPath:                     h.find,
		"GET " + housesPath:                    h.suggestHouses,
		"GET " + staffPath + "/{id}":           h.member,
		"GET " + staffPath + "/{id}/ruolo":     h.showGive,
		"POST " + staffPath + "/{id}/ruolo":    h.give,
		"POST " + staffPath + "/{id}/togli":    h.end,
		"POST " + staffPath + "/{id}/sessioni": h.endSessions,
		"POST " + staffPath + "/{id}/token":    h.endToken,
	}
}

// desk is the head of a page of the desk.
func (h *pages) desk(p *i18n.Printer, title string, crumbs ...web.Link) web.Head {
	return web.DeskHead(staffPath, p.T(title), crumbs...)
}

func staffCrumb(p *i18n.Printer) web.Link {
	return web.Link{Href: staffPath, Text: p.T("identity.staff.title")}
}

// staffListPage lists who has a role.
type staffListPage struct {
	web.Head
	Form    *form.Form
	Roles   []web.Option
	Houses  scopeOptions
	Found   string
	Rows    []memberRow
	Pages   web.Pages
	Waiting string // how many invitations wait

	Narrowed bool // not all are asked for
}

func (staffListPage) Template() string { return "identity/staff" }

// memberRow is somebody in a list.
type memberRow struct {
	Href, Name string
	Email      string
	Roles      []web.Fact
}

func (h *pages) staff(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	p, actor, after := h.ui.Printer(r), ActorFrom(r.Context()), f.Raw(web.AfterField)
	role := f.Choice("ruolo", "identity.staff.role", slugsOf(actor)...)
	declareWhich(f, "identity.invite.house")
	f.String("nome", "identity.find.name").Max(200) // of the other form, which looks for a name
	page := staffListPage{Head: h.desk(p, "identity.staff.title"), Form: f, Narrowed: f.Raw("sede") != "" || role.Value != ""}
	house := ""
	if f.Raw("sede") != "" {
		house = h.whichOf(f, actor, KindSite, &page.Houses)
	}
	list, total, err := h.Access.Staff(r.Context(), actor, roleOf(role.Value), house, after, perPage+1)
	if err != nil {
		return err
	}
	page.Found = p.T("identity.staff.found", "count", total)
	if house == "" && f.Raw("sede") != "" {
		list, page.Found = nil, ""
	}
	page.Roles = []web.Option{{Value: "", Text: p.T("identity.staff.all")}}
	for _, slug := range slugsOf(actor) {
		page.Roles = append(page.Roles, web.Option{Value: slug, Text: p.T(roleOf(slug).Label())})
	}
	list, next := web.Cut(list, perPage, func(m StaffMember) string { return m.ID })
	page.Pages = web.PagesAfter(r.URL, next)
	page.Rows = h.memberRows(p, list)
	waiting, err := h.Access.Waiting(r.Context(), actor)
	if err != nil {
		return err
	}
	if waiting > 0 {
		page.Waiting = p.T("identity.staff.waiting", "count", waiting)
	}
	return h.ui.Render(w, r, f.Status(), page)
}

func (h *pages) memberRows(p *i18n.Printer, list []StaffMember) (rows []memberRow) {
	for _, m := range list {
		row := memberRow{Href: staffPath + "/" + m.ID, Name: m.FullName(), Email: m.Email}
		for _, g := range m.Grants {
			row.Roles = append(row.Roles, web.Fact{Name: p.T(g.Role.Label()), Value: h.Access.grantText(p, g)})
		}
		rows = append(rows, row)
	}
	return rows
}

// grantText says what a role is for and, where it is not simply so, from when
// to when.
func (a *Access) grantText(p *i18n.Printer, g Grant) string {
	text := a.scopeText(p, g.Scope)
	if g.Starts.After(a.clk.Now()) {
		text += ", " + p.T("identity.grant.from", "day", p.Date(g.Starts))
	}
	if !g.Ends.IsZero() {
		text += ", " + p.T("identity.grant.until", "day", p.Date(g.Ends.Add(-time.Microsecond)))
	}
	return text
}

// findPage searches for somebody.
type findPage struct {
	web.Head
	Form  *form.Form
	Found string // what was found; "" where nothing was asked
	Rows  []memberRow
}

func (findPage) Template() string { return "identity/find" }

type findFields struct {
	name, email, family *form.Text
	birth               *form.Date
}

func declareFind(f *form.Form) findFields {
	return findFields{f.String("nome", "identity.find.name").Max(200), f.String("email", "identity.find.email").Max(254), f.String("cognome", "identity.profile.family").Max(maxName), f.Date("nascita", "identity.find.birth")}
}

func (h *pages) showFind(w http.ResponseWriter, r *http.Request) error {
	if err := ActorFrom(r.Context()).CheckSomewhere(GrantWrite); err != nil {
		return err
	}
	f := form.Of(nil)
	declareFind(f)
	p := h.ui.Printer(r)
	return h.ui.Render(w, r, http.StatusOK, findPage{Head: h.desk(p, "identity.find.title", staffCrumb(p)), Form: f})
}

// find is sent as a form that acts, though it changes nothing: names and
// addresses of people do not belong into addresses of pages.
func (h *pages) find(w http.ResponseWriter, r *http.Request) error {
	if err := ActorFrom(r.Context()).CheckSomewhere(GrantWrite); err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	p, fields := h.ui.Printer(r), declareFind(f)
	page := findPage{Head: h.desk(p, "identity.find.title", staffCrumb(p)), Form: f}
	if f.Err() != nil {
		return h.ui.Render(w, r, f.Status(), page)
	}
	birth := ""
	if fields.birth.Given() {
		birth = fields.birth.Value.String()
	}
	list, more, err := h.Access.Find(r.Context(), ActorFrom(r.Context()), Search{
		Name: fields.name.Value, Exact: fields.email.Value, Family: fields.family.Value, Birth: birth,
	})
	if err != nil {
		if OnPage(f, err) {
			return h.ui.Render(w, r, f.Status(), page)
		}
		return err
	}
	if len(list) == 1 {
		return web.Redirect(w, r, staffPath+"/"+list[0].ID)
	}
	page.Found, page.Rows = found(p, len(list), more), h.memberRows(p, list)
	return h.ui.Render(w, r, http.StatusOK, page)
}

// suggestHouses answers the search of a house.
func (h *pages) suggestHouses(w http.ResponseWriter, r *http.Request) error {
	if err := ActorFrom(r.Context()).CheckSomewhere(GrantWrite); err != nil {
		return err
	}
	var options []web.Option
	if text := strings.TrimSpace(r.URL.Query().Get("sede")); len([]rune(text)) >= 2 && len(text) <= 200 {
		for _, k := range kindSlugs {
			found, _ := h.findScopes(ActorFrom(r.Context()), k.kind, text)
			for _, s := range found {
				options = append(options, web.Option{Value: s.Name, Text: s.About})
			}
		}
	}
	return h.ui.Suggestions(w, r, options)
}

// memberPage is somebody with their roles.
type memberPage struct {
	web.Head
	Facts    []web.Fact
	Verified bool
	Roles    []grantRow
	Self     bool // the reader; nobody gives a role to themselves
	Path     string
	Sessions int
	Passkeys string // how many they have; "" for none
	Tokens   []tokenRow
}

func (memberPage) Template() string { return "identity/member" }

type grantRow struct {
	Name, Text      string
	State           *web.State
	Role, Kind, Ref string // name the grant in the form that ends it
}

func (h *pages) member(w http.ResponseWriter, r *http.Request) error {
	p, actor := h.ui.Printer(r), ActorFrom(r.Context())
	m, err := h.Access.Member(r.Context(), actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	page := memberPage{
		Head: h.desk(p, "identity.staff.title", staffCrumb(p)), Self: m.ID == actor.Person, Path: staffPath + "/" + m.ID, Sessions: m.Sessions,
		Verified: !m.Verified.IsZero(), Tokens: h.tokenRows(p, m.Tokens),
	}
	page.Title = m.FullName()
	if m.Passkeys > 0 {
		page.Passkeys = p.T("identity.member.passkeys-count", "count", m.Passkeys)
	}
	if m.Email != "" {
		verified := p.T("identity.member.unverified")
		if page.Verified {
			verified = p.T("identity.member.verified", "day", p.Date(m.Verified))
		}
		page.Facts = append(page.Facts, web.Fact{Name: p.T("identity.find.email"), Value: m.Email}, web.Fact{Name: p.T("identity.member.proof"), Value: verified})
	}
	page.Facts = append(page.Facts,
		web.Fact{Name: p.T("identity.profile.language"), Value: p.T("identity.language." + m.Language)},
		web.Fact{Name: p.T("identity.member.since"), Value: p.Date(m.Created)},
		web.Fact{Name: p.T("identity.member.sessions"), Value: p.T("identity.member.browsers", "count", m.Sessions)})
	alike, err := h.Access.People.Alike(r.Context(), m.Person)
	if err != nil {
		return err
	}
	for _, other := range alike {
		page.Facts = append(page.Facts, web.Fact{Name: p.T("identity.member.alike"), Value: other.FullName(), Href: staffPath + "/" + other.ID})
	}
	for _, g := range m.Grants {
		row := grantRow{Name: p.T(g.Role.Label()), Text: h.Access.grantText(p, g), Role: string(g.Role), Kind: g.Scope.Kind, Ref: g.Scope.ID}
		if g.Starts.After(h.Access.clk.Now()) {
			row.State = &web.State{Kind: "pending", Text: p.T("identity.grant.later")}
		}
		page.Roles = append(page.Roles, row)
	}
	return h.ui.Render(w, r, http.StatusOK, page)
}

// givePage asks which role to give.
type givePage struct {
	web.Head
	Form   *form.Form
	Role   roleFields
	Name   string
	Action string
}

func (givePage) Template() string { return "identity/give" }

func (h *pages) showGive(w http.ResponseWriter, r *http.Request) error {
	f := form.Of(nil)
	declareRole(f, ActorFrom(r.Context()))
	declareTimes(f)
	return h.renderGive(w, r, f, roleFields{})
}

func (h *pages) renderGive(w http.ResponseWriter, r *http.Request, f *form.Form, role roleFields) error {
	p := h.ui.Printer(r)
	m, err := h.Access.Member(r.Context(), ActorFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	role.fill(p, ActorFrom(r.Context()), h.Access.Scopes)
	path := staffPath + "/" + m.ID
	return h.ui.Render(w, r, f.Status(), givePage{
		Head: h.desk(p, "identity.give.title", staffCrumb(p), web.Link{Href: path, Text: m.FullName()}), Form: f, Role: role, Name: m.FullName(), Action: path + "/ruolo",
	})
}

func declareTimes(f *form.Form) (from, until *form.Date) {
	return f.Date("dal", "identity.give.from"), f.Date("al", "identity.give.until")
}

func (h *pages) give(w http.ResponseWriter, r *http.Request) error {
	actor, person := ActorFrom(r.Context()), r.PathValue("id")
	if err := actor.CheckSomewhere(GrantWrite); err != nil {
		return err
	}
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	role := declareRole(f, actor)
	from, until := declareTimes(f)
	g := Grant{Person: person, Role: roleOf(role.role.Value), Scope: h.scopeOf(f, actor, &role)}
	if f.Err() != nil {
		return h.renderGive(w, r, f, role)
	}
	if from.Given() && from.Value != agenda.DateOf(h.Access.clk.Now().In(i18n.Rome)) {
		g.Starts = startOf(from.Value)
	}
	if until.Given() {
		g.Ends = startOf(until.Value.AddDays(1))
	}
	if err := h.Access.Give(r.Context(), actor, g); err != nil {
		if !errs.HasKey(err, "identity.own-role") && OnPage(f, err) {
			return h.renderGive(w, r, f, role)
		}
		return err
	}
	h.Sessions.Fresh(person)
	return h.ui.Done(w, r, staffPath+"/"+person, "identity.give.done")
}

// startOf is the first instant of a day.
func startOf(d agenda.Date) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, i18n.Rome).UTC()
}

func (h *pages) end(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	person := r.PathValue("id")
	at := Scope{Kind: f.Raw("tipo"), ID: f.Raw("ambito")}
	err = h.Access.End(r.Context(), ActorFrom(r.Context()), person, ReadRole(f.Raw("ruolo"), at), at)
	if err != nil && !errs.HasKey(err, "identity.grant") { // a second tap finds it taken
		return err
	}
	h.Sessions.Fresh(person)
	return h.ui.Done(w, r, staffPath+"/"+person, "identity.give.ended")
}

func (h *pages) endSessions(w http.ResponseWriter, r *http.Request) error {
	if err := h.Access.EndSessions(r.Context(), ActorFrom(r.Context()), r.PathValue("id")); err != nil {
		return err
	}
	return h.ui.Done(w, r, staffPath+"/"+r.PathValue("id"), "identity.member.ended")
}

func (h *pages) endToken(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	person := r.PathValue("id")
	err = h.Access.Tokens.End(r.Context(), ActorFrom(r.Context()), person, f.Raw("token"))
	if err != nil && !errs.HasKey(err, "identity.token-unknown") { // a second tap finds it revoked
		return err
	}
	return h.ui.Done(w, r, staffPath+"/"+person, "identity.member.token-ended")
}
