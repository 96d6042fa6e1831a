package identity

import "slices"

// reach is how far a permission goes.
type reach int

const (
	none reach = iota
	anywhere
	own
	within
)

// reaches is the policy written out.
var reaches = func() map[Role]map[Permission]reach {
	out := map[Role]map[Permission]reach{}
	for role := range policy {
		out[role] = map[Permission]reach{}
		for r := role; r != ""; r = policy[r].as {
			for _, p := range policy[r].anywhere {
				out[role][p] = anywhere
			}
			for _, p := range policy[r].own {
				out[role][p] = own
			}
			for _, p := range policy[r].within {
				out[role][p] = within
			}
		}
	}
	return out
}()

// is tells whether a role may all that another may.
func (r Role) is(other Role) bool {
	for ; r != ""; r = policy[r].as {
		if r == other {
			return true
		}
	}
	return false
}

// May tells whether the actor may do something at a scope: a house, or for the
// permissions on one's own things the person they belong to. Of several roles
// each counts where it is for.
func (a Actor) May(p Permission, at Scope) bool {
	return a.lets(p) && (a.mayAs(heldRole{Held: Held{a.Role, a.Scope}}, p, at) || a.anyHeld(func(h heldRole) bool { return a.mayAs(h, p, at) }))
}

func (a Actor) mayAs(h heldRole, p Permission, at Scope) bool {
	switch reaches[h.Role][p] {
	case anywhere:
		return true
	case own:
		return a.Person != "" && at == Of(a.Person)
	case within:
		return a.known() && h.covers(at)
	}
	return false
}

// MaySomewhere tells whether there is a scope at which the actor may do
// something: whether its pages are theirs at all.
func (a Actor) MaySomewhere(p Permission) bool {
	could := func(h heldRole) bool {
		r := reaches[h.Role][p]
		return r == anywhere || r != none && a.known()
	}
	return a.lets(p) && (could(heldRole{Held: Held{a.Role, a.Scope}}) || a.anyHeld(could))
}

// MayGive tells whether the actor may give somebody else a role for a scope, or
// take it away.
func (a Actor) MayGive(r Role, at Scope) bool {
	gives := func(h heldRole) bool {
		return (h.Role == Administrator || slices.Contains(policy[r].givers, h.Role)) && h.covers(at)
	}
	return a.SignedIn() && checkRole(r, at) == nil && r != Citizen && a.lets(GrantWrite) && (gives(heldRole{Held: Held{a.Role, a.Scope}}) || a.anyHeld(gives))
}

// Gives are the roles that the actor may give for some scope of some kind, in the
// order of Roles.
func (a Actor) Gives() (list []Role) {
	for _, r := range Roles {
		gives := func(role Role) bool { return role == Administrator || slices.Contains(policy[r].givers, role) }
		if r != Citizen && a.MaySomewhere(GrantWrite) && (gives(a.Role) || a.anyHeld(func(h heldRole) bool { return gives(h.Role) })) {
			list = append(list, r)
		}
	}
	return list
}

// Kinds are the kinds of scope for which a role can be given.
func (r Role) Kinds() []string { return policy[r].kinds }

// Scopes are those for which the actor holds a role with a permission, in the
// order in which they hold them: what "my houses" are. It is for pages; whether
// something may be done is asked of May.
func (a Actor) Scopes(p Permission) (list []Scope) {
	add := func(h heldRole) bool {
		if reaches[h.Role][p] == within && !slices.Contains(list, h.Scope) {
			list = append(list, h.Scope)
		}
		return false
	}
	if a.SignedIn() && a.lets(p) {
		add(heldRole{Held: Held{a.Role, a.Scope}})
		a.anyHeld(add)
	}
	return list
}

// OnlySite is the house where the actor holds a permission, if it is just one
// house: whom nothing has to be asked.
func (a Actor) OnlySite(p Permission) (id string, only bool) {
	scopes := a.Scopes(p)
	if len(scopes) == 1 && scopes[0].Kind == KindSite {
		return scopes[0].ID, true
	}
	return "", false
}

// anyHeld tells whether some role of the actor is as asked.
func (a Actor) anyHeld(is func(heldRole) bool) bool {
	for i, h := range a.Held {
		role := heldRole{Held: h}
		if i < len(a.inside) {
			role.inside = a.inside[i]
		}
		if is(role) {
			return true
		}
	}
	return false
}

// lets tells whether a permission is among those to which a token was narrowed,
// and that a mandate admits. What everybody may is not taken from programs.
func (a Actor) lets(p Permission) bool {
	return a.admitted(p) && (a.only == nil || slices.Contains(a.only, p) || reaches[Visitor][p] == anywhere)
}
