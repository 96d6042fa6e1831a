package identity

import (
	"slices"

	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// roleFields ask for a role and what it is for: the whole network, or a house
// that is searched by its name.
type roleFields struct {
	role  *form.Choice
	where *form.Choice

	Roles  []web.Option
	Scopes []web.Option
	Houses houseOptions
}

// houseOptions are the houses to choose from, where the words fit several.
type houseOptions struct {
	List []web.Option
	More bool // there are more of them
}

func declareRole(f *form.Form) roleFields {
	slugs := make([]string, len(roleSlugs))
	for i, s := range roleSlugs {
		slugs[i] = s.slug
	}
	fields := roleFields{
		role:  f.Choice("ruolo", "identity.invitation.role", slugs...).Required(),
		where: f.Choice("ambito", "identity.invitation.scope", "sede", "rete").Required(),
	}
	declareHouse(f)
	return fields
}

// declareHouse asks for a house by its name.
func declareHouse(f *form.Form) {
	f.String("sede", "identity.invite.house").Max(200)
	f.String("casa", "identity.invite.which").Max(100)
}

// fill writes out what there is to choose from.
func (fields *roleFields) fill(p *i18n.Printer) {
	for _, s := range roleSlugs {
		fields.Roles = append(fields.Roles, web.Option{Value: s.slug, Text: p.T(s.role.Label()), Hint: p.T("identity.about." + string(s.role))})
	}
	fields.Scopes = []web.Option{{Value: "sede", Text: p.T("identity.scope.house")}, {Value: "rete", Text: p.T("identity.scope.network")}}
}

// scopeOf is the scope that was chosen; where the words for a house fit none or
// several the form says so.
func (h *pages) scopeOf(f *form.Form, fields *roleFields) Scope {
	switch fields.where.Value {
	case "rete":
		return Network
	case "":
		return Scope{}
	}
	if id := h.houseOf(f, &fields.Houses); id != "" {
		return Site(id)
	}
	return Scope{}
}

// houseOf is the house that was meant, by id; where the words fit none or several
// the form says so, and there is something to choose from.
func (h *pages) houseOf(f *form.Form, options *houseOptions) (id string) {
	found, more := []House(nil), false
	if text := f.Raw("sede"); text != "" {
		found, more = h.Access.Houses.FindHouses(text)
	}
	chosen := slices.IndexFunc(found, func(house House) bool { return house.ID == f.Raw("casa") })
	switch {
	case chosen >= 0:
		return found[chosen].ID
	case len(found) == 0:
		f.Add(errs.New(errs.Rule, "identity.invite.no-house", nil).On("sede"))
		return ""
	case len(found) == 1:
		return found[0].ID
	}
	f.Add(errs.New(errs.Rule, "identity.invite.many-houses", nil).On("casa"))
	options.More = more
	for _, house := range found {
		options.List = append(options.List, web.Option{Value: house.ID, Text: house.Name, Hint: house.Address})
	}
	return ""
}
