package identity

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// The addresses of the pages of one's own programs, which act by tokens.
const (
	programsPath   = profilePath + "/programmi"
	newProgramPath = programsPath + "/nuovo"
)

func (h *pages) programRoutes() map[string]web.Handler {
	return map[string]web.Handler{
		"GET " + programsPath:                 h.programs,
		"GET " + newProgramPath:               h.showNewProgram,
		"POST " + newProgramPath:              h.newProgram,
		"POST " + programsPath + "/{id}/fine": h.endProgram,
	}
}

// tokenRow is a token of somebody's programs.
type tokenRow struct {
	ID, Name string
	May      []string // what it was narrowed to, in words; none is all of its role
	Facts    []web.Fact
}

// tokenRows show tokens; roles are named where they say something.
func (h *pages) tokenRows(p *i18n.Printer, tokens []Token) (rows []tokenRow) {
	for _, t := range tokens {
		row := tokenRow{ID: t.ID, Name: t.Name, Facts: []web.Fact{{Name: p.T("identity.invitation.role"), Value: p.T(t.Role.Label())}}}
		if row.Name == "" {
			row.Name = p.T("identity.member.token")
		}
		if t.Scope != (Scope{}) {
			row.Facts = append(row.Facts, web.Fact{Name: p.T("identity.invitation.scope"), Value: h.Access.scopeText(p, t.Scope)})
		}
		for _, may := range t.Only {
			row.May = append(row.May, p.T(may.Label()))
		}
		ends, used := p.T("identity.member.token-endless"), p.T("identity.programs.never")
		if !t.Expires.IsZero() {
			ends = p.DateTime(t.Expires.Add(-time.Microsecond))
		}
		if !t.Used.IsZero() {
			used = p.DateTime(t.Used)
		}
		row.Facts = append(row.Facts, web.Fact{Name: p.T("identity.member.token-made"), Value: p.DateTime(t.Created)},
			web.Fact{Name: p.T("identity.invitation.until"), Value: ends}, web.Fact{Name: p.T("identity.sessions.seen"), Value: used})
		rows = append(rows, row)
	}
	return rows
}

// programsPage lists the programs of who looks at it.
type programsPage struct {
	web.Head
	Rows []tokenRow
}

func (programsPage) Template() string { return "identity/programs" }

func (h *pages) programs(w http.ResponseWriter, r *http.Request) error {
	list, err := h.Access.Tokens.Own(r.Context(), ActorFrom(r.Context()))
	if err != nil {
		return err
	}
	p := h.ui.Printer(r)
	return h.ui.Render(w, r, http.StatusOK, programsPage{
		Head: web.Head{Title: p.T("identity.programs.title"), Private: true, Crumbs: h.profileCrumbs(p)}, Rows: h.tokenRows(p, list),
	})
}

// newProgramPage asks which program is let in, first in which role where there are
// several, then for what and until when.
type newProgramPage struct {
	web.Head
	Roles    []roleChoice // to choose from; nil where one is chosen
	Form     *form.Form
	Role     string // as the form has it
	Kind, ID string // of its scope
	As       []web.Fact
	May      []web.Option
	Min, Max string
}

func (newProgramPage) Template() string { return "identity/program-new" }

type roleChoice struct{ Href, Name, Where string }

// programRole is the role of a request, of those that the actor has; false where
// it is still to be chosen.
func programRole(actor Actor, v url.Values) (Held, bool) {
	held := rolesOf(actor)
	if len(held) == 1 {
		return held[0], true
	}
	want := Held{Role(v.Get("ruolo")), Scope{v.Get("tipo"), v.Get("ambito")}}
	return want, slices.Contains(held, want)
}

// rolesOf are those in which a program of the actor can act.
func rolesOf(actor Actor) []Held {
	list := []Held{{Role: Citizen}}
	for _, h := range actor.Held {
		if h.Role != Member && h.Role != Citizen {
			list = append(list, h)
		}
	}
	return list
}

type programFields struct {
	name  *form.Text
	until *form.Date
}

func declareProgram(f *form.Form) programFields {
	f.String("puo", "identity.programs.may").Max(60)
	return programFields{f.String("nome", "identity.programs.name").Max(60).Required(), f.Date("fino", "identity.programs.until").Required()}
}

// programDays is for how long a program is let in, where nobody says otherwise.
const programDays = 90

func (h *pages) showNewProgram(w http.ResponseWriter, r *http.Request) error {
	actor := ActorFrom(r.Context())
	if err := actor.Check(AccountOwn, Of(actor.Person)); err != nil {
		return err
	}
	if err := h.Access.danger(actor, DangerTokens); err != nil { // before anything is typed
		return err
	}
	f := form.Of(url.Values{"fino": {agenda.DateOf(h.Access.clk.Now().In(i18n.Rome)).AddDays(programDays).String()}})
	declareProgram(f)
	return h.renderNewProgram(w, r, f, r.URL.Query())
}

func (h *pages) renderNewProgram(w http.ResponseWriter, r *http.Request, f *form.Form, asked url.Values) error {
	p, actor := h.ui.Printer(r), ActorFrom(r.Context())
	today := agenda.DateOf(h.Access.clk.Now().In(i18n.Rome))
	page := newProgramPage{
		Head: web.Head{Title: p.T("identity.programs.new"), Private: true, Crumbs: append(h.profileCrumbs(p), web.Link{Href: programsPath, Text: p.T("identity.programs.title")})},
		Form: f, Min: today.String(), Max: today.AddDays(int(TokenLife/(24*time.Hour)) - 1).String(),
	}
	as, chosen := programRole(actor, asked)
	if !chosen {
		for _, held := range rolesOf(actor) {
			q := url.Values{"ruolo": {string(held.Role)}, "tipo": {held.Scope.Kind}, "ambito": {held.Scope.ID}}
			choice := roleChoice{Href: newProgramPath + "?" + q.Encode(), Name: p.T(held.Role.Label()), Where: p.T("identity.programs.own")}
			if held.Scope != (Scope{}) {
				choice.Where = h.Access.scopeText(p, held.Scope)
			}
			page.Roles = append(page.Roles, choice)
		}
		return h.ui.Render(w, r, f.Status(), page)
	}
	page.Role, page.Kind, page.ID = string(as.Role), as.Scope.Kind, as.Scope.ID
	if as.Role != Citizen {
		page.As = []web.Fact{{Name: p.T("identity.invitation.role"), Value: p.T(as.Role.Label())}, {Name: p.T("identity.invitation.scope"), Value: h.Access.scopeText(p, as.Scope)}}
	}
	for _, may := range as.Role.Narrowable() {
		page.May = append(page.May, web.Option{Value: string(may), Text: p.T(may.Label())})
	}
	return h.ui.Render(w, r, f.Status(), page)
}

// madePage shows the text of a token, this once.
type madePage struct {
	web.Head
	Token, Name string
}

func (madePage) Template() string { return "identity/program-made" }

func (h *pages) newProgram(w http.ResponseWriter, r *http.Request) error {
	f, err := form.New(w, r)
	if err != nil {
		return err
	}
	actor, fields := ActorFrom(r.Context()), declareProgram(f)
	asked := url.Values{"ruolo": {f.Raw("ruolo")}, "tipo": {f.Raw("tipo")}, "ambito": {f.Raw("ambito")}}
	as, chosen := programRole(actor, asked)
	if !chosen || f.Err() != nil {
		return h.renderNewProgram(w, r, f, asked)
	}
	spec := TokenSpec{Name: fields.name.Value, Role: as.Role, Scope: as.Scope, Expires: startOf(fields.until.Value.AddDays(1))}
	for _, may := range f.All("puo") {
		spec.Only = append(spec.Only, Permission(may))
	}
	text, err := h.Access.Tokens.Make(r.Context(), actor, spec)
	if err != nil {
		if f.AddAs(err, form.Inputs{"permissions": "puo", "expires": "fino", "name": "nome"}) {
			return h.renderNewProgram(w, r, f, asked)
		}
		return err
	}
	p := h.ui.Printer(r)
	return h.ui.Render(w, r, http.StatusOK, madePage{
		Head:  web.Head{Title: p.T("identity.programs.made"), Private: true, Crumbs: append(h.profileCrumbs(p), web.Link{Href: programsPath, Text: p.T("identity.programs.title")})},
		Token: text, Name: spec.Name,
	})
}

func (h *pages) endProgram(w http.ResponseWriter, r *http.Request) error {
	actor := ActorFrom(r.Context())
	err := h.Access.Tokens.End(r.Context(), actor, actor.Person, r.PathValue("id"))
	if err != nil && !errs.HasKey(err, "identity.token-unknown") { // a second tap finds it ended
		return err
	}
	return h.ui.Done(w, r, programsPath, "identity.programs.ended")
}
