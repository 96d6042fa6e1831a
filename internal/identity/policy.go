package identity

// Permission is something that can be done.
type Permission string

// The permissions.
const (
	NetworkRead  Permission = "network.read"       // see houses and free places
	ReportMake   Permission = "report.make"        // report a problem
	BookingOwn   Permission = "booking.own"        // make, see, move and cancel one's own bookings
	ReportOwn    Permission = "report.own"         // see one's own reports
	MandateOwn   Permission = "mandate.own"        // say who may act for oneself
	AccountOwn   Permission = "account.own"        // change one's profile, make and end one's own sessions and tokens
	BookingRead  Permission = "booking.read-site"  // see the bookings of a house, with the names
	BookingCheck Permission = "booking.check-in"   // check somebody in at a house
	BookingTake  Permission = "booking.walk-in"    // take in who comes without a booking, and undo it
	BookingWrite Permission = "booking.write-site" // book, move and cancel for others at a house
	ClosureWrite Permission = "closure.write"      // close places of a house, and open them again
	ReportRead   Permission = "report.read"        // see the reports of a house, or of the network
	ReportAnswer Permission = "report.answer"      // answer them
	FiguresRead  Permission = "figures.read"       // see how much is used, without names
	SiteRead     Permission = "site.read"          // see how the houses stand: state, places, delays
	SiteWrite    Permission = "site.write"         // change a house, its places and rules
	DeviceWrite  Permission = "device.write"       // enrol, see and revoke the devices of a house
	GrantWrite   Permission = "grant.write"        // give and take the roles that a role may give
	MandateWrite Permission = "mandate.write"      // write down who may act for whom, after seeing a document
	PersonAssist Permission = "person.assist"      // act for the citizen in front of one, at a house
	PersonRead   Permission = "person.read"        // look for anybody by name or address, and see their record
	PeopleWrite  Permission = "people.write"       // bring in lists of people with their roles, and write them out
	AccountWrite Permission = "account.write"      // end anybody's sessions and tokens

	OrganisationWrite Permission = "organisation.write" // change an organisation: what it is, who belongs to it

	ProgrammeRead    Permission = "programme.read"    // see what waits to be published of the programme, and who entered it
	ProgrammeWrite   Permission = "programme.write"   // propose rows of the public account of the programme
	ProgrammePublish Permission = "programme.publish" // publish or refuse what others propose
	WorksWrite       Permission = "works.write"       // propose works, costs and documents of a house

	QueueTake        Permission = "queue.take"             // take a number at a counter, and see how long the wait is
	QueueDevice      Permission = "queue.device"           // give numbers for an office while its link is down, attest who stands at an ATM
	QueueWork        Permission = "queue.work"             // call and serve people at the desks of an office
	QueueRead        Permission = "queue.read"             // see how an office worked, without names
	DeskWrite        Permission = "desk.write"             // say what the desks of an office are for, who works there and when they are closed
	AppointmentOwn   Permission = "appointment.own"        // make, see, change and cancel one's own appointments
	AppointmentWrite Permission = "appointment.write-site" // make, see, change and cancel those of others at an office

	JournalRead  Permission = "journal.read"       // see what any act of the journal says
	Installation Permission = "installation.write" // say what the installation is: its name, looks, address, mail
)

// policy is the one place that says what each role may do, for what it can be
// given and who may give it. What is not said is refused. docs/rights.md shows it
// as a table.
var policy = map[Role]struct {
	as       Role         // whatever this role may, and:
	anywhere []Permission // without regard to a scope
	own      []Permission // with what is the person's own
	within   []Permission // inside the scope of the role
	kinds    []string     // of scope for which it can be given
	givers   []Role       // who may give it inside their own scope; administrators may give all
}{
	Visitor: {anywhere: []Permission{NetworkRead, ReportMake, QueueTake}},
	Citizen: {as: Visitor, own: []Permission{BookingOwn, AccountOwn, ReportOwn, MandateOwn, AppointmentOwn}},
	Device:  {as: Visitor, within: []Permission{QueueDevice}},
	Door:    {as: Device, within: []Permission{BookingCheck}},
	Member:  {kinds: []string{KindGroup, KindOrganisation}, givers: []Role{OrganisationAdmin}},

	OrganisationAdmin: {
		as: Citizen, within: []Permission{OrganisationWrite},
		kinds: []string{KindOrganisation}, givers: []Role{OrganisationAdmin},
	},
	AuthorityClerk: {
		as: Citizen, within: []Permission{FiguresRead},
		kinds: []string{KindOrganisation, KindService, KindTerritory},
	},
	Contractor: {
		as: Citizen, within: []Permission{SiteRead, WorksWrite},
		kinds: []string{KindLot}, givers: []Role{NetworkManager},
	},
	Maintainer: {
		as: Citizen, within: []Permission{SiteRead, ReportRead},
		kinds: []string{KindSite, KindLot, KindTerritory, KindNetwork}, givers: []Role{SiteManager, NetworkManager},
	},
	Auditor: {
		as: Citizen, within: []Permission{SiteRead, FiguresRead, JournalRead, ProgrammeRead},
		kinds: []string{KindNetwork},
	},
	ProgrammeOfficer: {
		as: Citizen, within: []Permission{SiteRead, FiguresRead, ProgrammeRead, ProgrammeWrite, ProgrammePublish, WorksWrite},
		kinds: []string{KindTerritory, KindNetwork},
	},
	ContactOperator: {
		as: Citizen, within: []Permission{BookingRead, BookingWrite, ReportRead, ReportAnswer, AppointmentWrite},
		kinds: []string{KindTerritory, KindNetwork}, givers: []Role{NetworkManager},
	},
	CounterOperator: {
		as: Citizen, within: []Permission{BookingRead, BookingCheck, BookingTake, ReportRead, FiguresRead, MandateWrite, PersonAssist, QueueWork, QueueRead, AppointmentWrite},
		kinds: []string{KindSite, KindLot, KindTerritory, KindNetwork}, givers: []Role{SiteManager, NetworkManager},
	},
	SiteManager: {
		as: CounterOperator, within: []Permission{BookingWrite, ClosureWrite, ReportAnswer, SiteRead, SiteWrite, GrantWrite, DeviceWrite, WorksWrite, DeskWrite, QueueDevice},
		kinds: []string{KindSite, KindLot, KindTerritory}, givers: []Role{NetworkManager},
	},
	NetworkManager: {
		as: SiteManager, within: []Permission{OrganisationWrite},
		kinds: []string{KindTerritory, KindNetwork},
	},
	Administrator: {
		as: NetworkManager, within: []Permission{PersonRead, PeopleWrite, AccountWrite, JournalRead, Installation, ProgrammeRead, ProgrammeWrite, ProgrammePublish},
		kinds: []string{KindNetwork},
	},
}
