package identity

import (
	"context"
	"regexp"
	"slices"

	"polis/internal/platform/errs"
)

// Scope is what a role is for. The id is opaque here.
type Scope struct{ Kind, ID string }

// The kinds of scope for which a role can be given.
const (
	KindNetwork      = "network"      // the whole installation, without an id
	KindTerritory    = "territory"    // the houses of a region, a province or a municipality
	KindLot          = "lot"          // the houses of one contract
	KindSite         = "site"         // one house
	KindOrganisation = "organisation" // a company, an administration, …
	KindService      = "service"      // one service, wherever it is given
	KindGroup        = "group"        // of people for whom places are kept
)

// Network is the scope of the whole installation.
var Network = Scope{Kind: KindNetwork}

// Site is the scope of one house.
func Site(id string) Scope { return Scope{KindSite, id} }

// Lot is the scope of the houses of a lot.
func Lot(id string) Scope { return Scope{KindLot, id} }

// Territory is the scope of the houses of a region (its name), a province (its
// two letters) or a municipality (its six digits).
func Territory(id string) Scope { return Scope{KindTerritory, id} }

// Organisation is the scope of one organisation.
func Organisation(id string) Scope { return Scope{KindOrganisation, id} }

// Group is the scope of one group.
func Group(id string) Scope { return Scope{KindGroup, id} }

// Of is the scope of what belongs to one person.
func Of(person string) Scope { return Scope{"person", person} }

// Covers tells whether other lies inside the scope, as far as the two tell by
// themselves: it is the same, or the scope is the whole network. What belongs to
// a person lies inside no role's scope.
func (s Scope) Covers(other Scope) bool {
	if other.Kind == "" || other.Kind == "person" {
		return false
	}
	return s == Network || s == other
}

// Inside tells what lies inside a scope; nil where nothing does but itself. It is
// asked once for each role when somebody is read, and what it returns for each
// right: which houses are in a lot or a territory is known elsewhere.
type Inside func(ctx context.Context, outer Scope) (func(inner Scope) bool, error)

// Held is a role that somebody has now, and what it is for.
type Held struct {
	Role  Role
	Scope Scope
}

// heldRole is a role with all that lies inside its scope.
type heldRole struct {
	Held

	inside func(Scope) bool // nil where the scope tells by itself
}

func (h heldRole) covers(at Scope) bool {
	return h.Scope.Covers(at) || h.inside != nil && at.Kind != "" && at.Kind != "person" && h.inside(at)
}

// Service is the scope of one service, wherever it is given. Nothing keeps services
// yet: they are known by their codes alone, and a role for one reaches nothing else.
func Service(code string) Scope { return Scope{KindService, code} }

// serviceCode is what services are called: as in their addresses.
var serviceCode = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$`)

// GoodService tells whether a text can be the code of a service.
func GoodService(code string) bool { return serviceCode.MatchString(code) }

// checkRole tells whether a role can be given for a scope; the errors are
// Invalid.
func checkRole(r Role, s Scope) error {
	d, known := policy[r]
	switch {
	case !known || r == Visitor:
		return errs.New(errs.Invalid, "identity.role", nil).On("role")
	case s.Kind == KindService && !GoodService(s.ID):
	case r == Citizen && s == Scope{}, slices.Contains(d.kinds, s.Kind) && (s.ID == "") == (s.Kind == KindNetwork):
		return nil
	}
	return errs.New(errs.Invalid, "identity.scope", nil).On("scope")
}
