package identity

import (
	"slices"

	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// roleSlugs are the roles as forms and addresses have them.
var roleSlugs = []struct {
	slug string
	role Role
}{
	{"accoglienza", CounterOperator},
	{"gestore", SiteManager},
	{"gestore-rete", NetworkManager},
	{"contatti", ContactOperator},
	{"manutentore", Maintainer},
	{"impresa", Contractor},
	{"ente", AuthorityClerk},
	{"organizzazione", OrganisationAdmin},
	{"programma", ProgrammeOfficer},
	{"revisore", Auditor},
	{"amministratore", Administrator},
}

func roleOf(slug string) Role {
	for _, s := range roleSlugs {
		if s.slug == slug {
			return s.role
		}
	}
	return ""
}

// slugsOf are the roles that somebody may give, as forms have them.
func slugsOf(actor Actor) (slugs []string) {
	gives := actor.Gives()
	for _, s := range roleSlugs {
		if slices.Contains(gives, s.role) {
			slugs = append(slugs, s.slug)
		}
	}
	return slugs
}

// kindSlugs are the kinds of scope as forms have them.
var kindSlugs = []struct{ slug, kind string }{
	{"sede", KindSite}, {"lotto", KindLot}, {"territorio", KindTerritory}, {"organizzazione", KindOrganisation}, {"servizio", KindService}, {"rete", KindNetwork},
}

// roleFields ask for a role and what it is for: the whole network, or a house, a
// lot or a territory that is searched by its name.
type roleFields struct {
	role  *form.Choice
	where *form.Choice

	Roles  []web.Option
	Scopes []web.Option
	Only   string // the one house for which the actor gives roles; "" where there is something to choose
	Found  scopeOptions
}

// scopeOptions are the scopes to choose from, where the words fit several.
type scopeOptions struct {
	List []web.Option
	More bool // there are more of them
}

func declareRole(f *form.Form, actor Actor) roleFields {
	kinds := make([]string, len(kindSlugs))
	for i, k := range kindSlugs {
		kinds[i] = k.slug
	}
	fields := roleFields{role: f.Choice("ruolo", "identity.invitation.role", slugsOf(actor)...).Required()}
	if _, only := actor.OnlySite(GrantWrite); !only {
		fields.where = f.Choice("ambito", "identity.invitation.scope", kinds...).Required()
		declareWhich(f, "identity.invite.where")
	}
	return fields
}

// declareWhich asks for a scope by its name.
func declareWhich(f *form.Form, label string) {
	f.String("sede", label).Max(200)
	f.String("casa", "identity.invite.which").Max(100)
}

// fill writes out what there is to choose from.
func (fields *roleFields) fill(p *i18n.Printer, actor Actor, scopes Scopes) {
	for _, slug := range slugsOf(actor) {
		r := roleOf(slug)
		fields.Roles = append(fields.Roles, web.Option{Value: slug, Text: p.T(r.Label()), Hint: p.T("identity.about." + string(r))})
	}
	if id, only := actor.OnlySite(GrantWrite); only {
		fields.Only = scopes.ScopeName(Site(id))
		return
	}
	for _, k := range kindSlugs {
		if slices.ContainsFunc(actor.Gives(), func(r Role) bool { return slices.Contains(r.Kinds(), k.kind) }) {
			fields.Scopes = append(fields.Scopes, web.Option{Value: k.slug, Text: p.T("identity.scope." + k.kind)})
		}
	}
}

// scopeOf is the scope that was chosen; where the words for it fit none or several
// the form says so.
func (h *pages) scopeOf(f *form.Form, actor Actor, fields *roleFields) Scope {
	if id, only := actor.OnlySite(GrantWrite); only {
		return Site(id)
	}
	for _, k := range kindSlugs {
		if k.slug != fields.where.Value {
			continue
		}
		if k.kind == KindNetwork {
			return Network
		}
		if id := h.whichOf(f, actor, k.kind, &fields.Found); id != "" {
			return Scope{k.kind, id}
		}
	}
	return Scope{}
}

// findScopes are the scopes of a kind that words fit, of those where the actor
// gives roles.
func (h *pages) findScopes(actor Actor, kind, words string) (found []NamedScope, more bool) {
	if words == "" {
		return nil, false
	}
	found, more = h.Access.Scopes.FindScopes(kind, words)
	return slices.DeleteFunc(found, func(s NamedScope) bool { return !actor.May(GrantWrite, Scope{kind, s.ID}) }), more
}

// whichOf is the scope of a kind that was meant, by id; where the words fit none
// or several the form says so, and there is something to choose from.
func (h *pages) whichOf(f *form.Form, actor Actor, kind string, options *scopeOptions) (id string) {
	found, more := h.findScopes(actor, kind, f.Raw("sede"))
	chosen := slices.IndexFunc(found, func(s NamedScope) bool { return s.ID == f.Raw("casa") })
	switch {
	case chosen >= 0:
		return found[chosen].ID
	case len(found) == 0:
		f.Add(errs.New(errs.Rule, "identity.invite.none."+kind, nil).On("sede"))
		return ""
	case len(found) == 1:
		return found[0].ID
	}
	f.Add(errs.New(errs.Rule, "identity.invite.many", nil).On("casa"))
	options.More = more
	for _, s := range found {
		options.List = append(options.List, web.Option{Value: s.ID, Text: s.Name, Hint: s.About})
	}
	return ""
}
