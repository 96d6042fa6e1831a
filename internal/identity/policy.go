package identity

import (
	"slices"

	"polis/internal/platform/errs"
)

// Role is what somebody is for the installation.
type Role string

// The roles. Member is not for acting: it says that a person belongs to a group.
const (
	Visitor       Role = "visitor"       // nobody signed in
	Device        Role = "device"        // a kiosk, a board, an ATM that acts for nobody
	Door          Role = "door"          // a door that reads passes
	Citizen       Role = "citizen"       // every signed-in person
	Receptionist  Role = "receptionist"  // at the door of a site
	Manager       Role = "manager"       // of a site, or of the network
	Administrator Role = "administrator" // of the installation
	Member        Role = "member"        // of a group, or of an organisation

	OrganisationAdmin Role = "organisation-admin" // of one organisation
)

// Label is the message key of the role's name; visitors and members have none.
func (r Role) Label() string { return "identity.role." + string(r) }

// Permission is something that can be done.
type Permission string

// The permissions.
const (
	NetworkRead  Permission = "network.read"       // see houses and free places
	BookingOwn   Permission = "booking.own"        // make, see, move and cancel one's own bookings
	AccountOwn   Permission = "account.own"        // see and end one's own sessions and tokens
	BookingRead  Permission = "booking.read-site"  // see the bookings of a site
	BookingCheck Permission = "booking.check-in"   // check somebody in at a site
	BookingWrite Permission = "booking.write-site" // book, move and cancel for others at a site
	ClosureWrite Permission = "closure.write"      // close places of a site, and open them again
	ReportMake   Permission = "report.make"        // report a problem
	ReportOwn    Permission = "report.own"         // see one's own reports
	ReportRead   Permission = "report.read"        // see the reports of a site, or of the network
	ReportAnswer Permission = "report.answer"      // answer them
	SiteWrite    Permission = "site.write"         // change a site, its places and rules
	DeviceWrite  Permission = "device.write"       // enrol, see and revoke the devices of a site
	GrantWrite   Permission = "grant.write"        // give and take roles
	TokenWrite   Permission = "token.write"        // make and revoke anybody's tokens
	MandateOwn   Permission = "mandate.own"        // say who may act for oneself
	MandateWrite Permission = "mandate.write"      // write down who may act for whom, after seeing a document
	PersonAssist Permission = "person.assist"      // act for the citizen in front of one, at a site

	OrganisationWrite Permission = "organisation.write" // change an organisation: what it is, who belongs to it

	Installation Permission = "installation.write" // say what the installation is: its name, looks, address, mail
)

// policy is the one place that says what each role may do; what is not said is
// refused.
var policy = map[Role]struct {
	as       Role         // whatever this role may, and:
	anywhere []Permission // without regard to a scope
	own      []Permission // with what is the person's own
	within   []Permission // inside the scope of the role
}{
	Visitor:       {anywhere: []Permission{NetworkRead, ReportMake}},
	Device:        {as: Visitor},
	Door:          {as: Device, within: []Permission{BookingCheck}},
	Citizen:       {as: Visitor, own: []Permission{BookingOwn, AccountOwn, ReportOwn, MandateOwn}},
	Receptionist:  {as: Citizen, within: []Permission{BookingRead, BookingCheck, ReportRead, MandateWrite, PersonAssist}},
	Manager:       {as: Receptionist, within: []Permission{BookingWrite, ClosureWrite, SiteWrite, ReportAnswer, OrganisationWrite, DeviceWrite}},
	Administrator: {as: Manager, within: []Permission{GrantWrite, TokenWrite, Installation}},

	OrganisationAdmin: {as: Citizen, within: []Permission{OrganisationWrite}},
}

// standing orders the roles: of several, a person acts in the last one.
var standing = []Role{Citizen, Receptionist, Manager, Administrator}

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

// May tells whether the actor may do something at a scope: a site, or for the
// permissions on one's own things the person they belong to.
func (a Actor) May(p Permission, at Scope) bool {
	if !a.admitted(p) {
		return false
	}
	if a.mayAs(Held{a.Role, a.Scope}, p, at) {
		return true
	}
	return slices.ContainsFunc(a.Held, func(h Held) bool { return a.mayAs(h, p, at) })
}

func (a Actor) mayAs(h Held, p Permission, at Scope) bool {
	switch reaches[h.Role][p] {
	case anywhere:
		return true
	case own:
		return a.Person != "" && at == Of(a.Person)
	case within:
		return a.known() && h.Scope.Covers(at)
	}
	return false
}

// MaySomewhere tells whether there is a scope at which the actor may do
// something: whether its pages are theirs at all.
func (a Actor) MaySomewhere(p Permission) bool {
	if !a.admitted(p) {
		return false
	}
	could := func(r reach) bool { return r == anywhere || r != none && a.known() }
	return could(reaches[a.Role][p]) || slices.ContainsFunc(a.Held, func(h Held) bool { return could(reaches[h.Role][p]) })
}

// Scope is what a role is for. The id is opaque here.
type Scope struct{ Kind, ID string }

// Network is the scope of the whole installation.
var Network = Scope{Kind: "network"}

// Site is the scope of one house.
func Site(id string) Scope { return Scope{"site", id} }

// Group is the scope of one group.
func Group(id string) Scope { return Scope{"group", id} }

// Organisation is the scope of one organisation.
func Organisation(id string) Scope { return Scope{"organisation", id} }

// Of is the scope of what belongs to one person.
func Of(person string) Scope { return Scope{"person", person} }

// Covers tells whether other lies inside the scope. What belongs to a person
// lies inside no role's scope.
func (s Scope) Covers(other Scope) bool {
	if other.Kind == "" || other.Kind == "person" {
		return false
	}
	return s == Network || s == other
}

// checkRole tells whether a role can be given for a scope; the errors are
// Invalid.
func checkRole(r Role, s Scope) error {
	fits := false
	switch r {
	case Citizen:
		fits = s == Scope{}
	case Receptionist, Manager:
		fits = s == Network || s.Kind == "site" && s.ID != ""
	case Administrator:
		fits = s == Network
	case Member:
		fits = (s.Kind == "group" || s.Kind == "organisation") && s.ID != ""
	case OrganisationAdmin:
		fits = s.Kind == "organisation" && s.ID != ""
	default:
		return errs.New(errs.Invalid, "identity.role", nil).On("role")
	}
	if !fits {
		return errs.New(errs.Invalid, "identity.scope", nil).On("scope")
	}
	return nil
}
