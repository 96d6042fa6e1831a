package identity

// Role is what somebody is for the installation.
type Role string

// The roles, as they are stored and as programs see them. Member is not for
// acting: it says that a person belongs to a group or an organisation.
const (
	Visitor           Role = "visitor"            // nobody signed in
	Device            Role = "device"             // a kiosk, a board, an ATM that acts for nobody
	Door              Role = "door"               // a door that reads passes
	Citizen           Role = "citizen"            // every signed-in person
	OrganisationAdmin Role = "organisation-admin" // of a company, an administration, an association
	CounterOperator   Role = "counter-operator"   // at the door and the counter of houses
	ContactOperator   Role = "contact-operator"   // of the contact centre, which people call
	SiteManager       Role = "site-manager"       // runs houses
	Contractor        Role = "contractor"         // builds the houses of a lot
	AuthorityClerk    Role = "authority-clerk"    // of an authority whose services the houses give
	NetworkManager    Role = "network-manager"    // runs the network, or its part in a territory
	Maintainer        Role = "maintainer"         // mends what is broken
	ProgrammeOfficer  Role = "programme-officer"  // follows how the programme goes
	Auditor           Role = "auditor"            // looks at what was done, and changes nothing
	Administrator     Role = "administrator"      // of the installation
	Member            Role = "member"
)

// Roles are those in which a signed-in person can act, the higher the later: of
// several the last is the one that is shown.
var Roles = []Role{
	Citizen, OrganisationAdmin, AuthorityClerk, Contractor, Maintainer, Auditor, ProgrammeOfficer, ContactOperator, CounterOperator, SiteManager, NetworkManager,
	Administrator,
}

// Label is the message key of the role's name; visitors and members have none.
func (r Role) Label() string { return "identity.role." + string(r) }

// Earlier versions had two roles by other names.
const (
	formerReceptionist = "receptionist" // a counter operator
	formerManager      = "manager"      // of the network, or of a house
)

// ReadRole is the role that a text means for a scope: as it is stored today, or
// as an earlier version stored it and lists and commands still have it.
func ReadRole(text string, at Scope) Role {
	switch {
	case text == formerReceptionist:
		return CounterOperator
	case text == formerManager && at.Kind == Network.Kind:
		return NetworkManager
	case text == formerManager:
		return SiteManager
	}
	return Role(text)
}

// former is what an earlier version may have stored for a role at a scope; "" for
// a role that is new.
func (r Role) former(at Scope) string {
	for _, text := range []string{formerReceptionist, formerManager} {
		if ReadRole(text, at) == r {
			return text
		}
	}
	return ""
}
