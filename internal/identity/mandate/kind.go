// Package mandate knows who may act for whom: a parent or guardian for a child, a
// delegate for who gave them a mandate, who works at a counter for the citizen in
// front of them. All are one thing: a principal, an agent, what it admits, from
// when to when.
//
// Nobody gains by a mandate what the principal has not, or what it does not
// admit; nobody acts for another through a third; and an agent who acts is looked
// at anew with every request (Act), so that what has ended, has ended.
package mandate

import (
	"embed"
	"time"

	"polis/internal/identity"
)

// Words are the texts of mandates, in Italian and English.
//
//go:embed words/*.json
var Words embed.FS

// Kind is why somebody acts for another.
type Kind string

// The kinds.
const (
	Parent   Kind = "parent"   // of a minor, who has the parental responsibility: Civil Code, article 320
	Guardian Kind = "guardian" // named by a judge: guardian, curator or support administrator (articles 343, 392, 404)
	Delegate Kind = "delegate" // named by the principal: a mandate (article 1703)
	Counter  Kind = "counter"  // at a counter, for the citizen who is in front of it
)

// rule is what holds of a kind.
type rule struct {
	desk   bool          // is written down at a desk, after a document was seen; else by the principal
	minors bool          // for who is not of age, until they are
	most   time.Duration // lasts no longer; 0 = no limit but its end
	admits []identity.Permission
}

// usual is what may be done for another: visits and reports. Never their account,
// contacts, sessions, tokens or mandates.
var usual = []identity.Permission{identity.NetworkRead, identity.BookingOwn, identity.ReportMake, identity.ReportOwn}

// kinds are the kinds with their rules. An end is always asked for: nobody acts
// for another for ever because nobody thought of it.
var kinds = map[Kind]rule{
	Parent:   {desk: true, minors: true, admits: usual},
	Guardian: {desk: true, most: 10 * year, admits: usual},
	Delegate: {most: 5 * year, admits: usual},
	Counter:  {desk: true, most: 15 * time.Minute, admits: usual},
}

const year = 366 * 24 * time.Hour

// Label is the message key of the kind's name.
func (k Kind) Label() string { return "mandate.kind." + string(k) }

// State of a mandate.
type State string

// The states. One that is over by its end is Active still, and does not hold.
const (
	Offered  State = "offered"  // waits for the agent, or at a counter for the citizen's code
	Active   State = "active"   // holds from its start to its end
	Declined State = "declined" // the agent did not want it
	Ended    State = "ended"    // by somebody, before its end
)

// Mandate lets an agent act for a principal.
type Mandate struct {
	ID        string
	Kind      Kind
	Principal string
	Agent     string // "" while it is offered to who may not be known yet
	Site      string // the one house at which it holds; "" = everywhere
	State     State
	To        string // the address or fiscal number to which it was offered
	Document  Document
	GivenBy   string
	Created   time.Time
	Starts    time.Time
	Ends      time.Time
	Ended     time.Time // zero where nobody ended it
	EndedBy   string
	Begun     time.Time // when the agent first acted; zero where never
	Used      time.Time // when last

	target []byte
}

// Document is what was seen before a mandate was written down. It lies sealed.
type Document struct {
	Kind   string `json:"kind,omitempty"` // "identity-card", "passport", "court-order", "family-record"
	Number string `json:"number,omitempty"`
	Date   string `json:"date,omitempty"` // civil date
}

// Holds tells whether a mandate holds at an instant.
func (m Mandate) Holds(at time.Time) bool {
	return m.State == Active && !at.Before(m.Starts) && at.Before(m.Ends)
}

// Admit is who self is under a mandate; false where it does not let them act.
// principal is the actor that the principal is as a citizen: whatever roles they
// have are not lent.
func Admit(self, principal identity.Actor, m Mandate, now time.Time) (identity.Actor, bool) {
	r, known := kinds[m.Kind]
	switch {
	case !known, !m.Holds(now),
		self.Person == "" || self.Person != m.Agent,
		self.By != "" || self.For != identity.Scope{}, // through a third
		principal.Person != m.Principal || m.Principal == self.Person,
		m.Kind == Counter && (m.Site == "" || !self.May(identity.PersonAssist, identity.Site(m.Site))):
		return identity.Actor{}, false
	}
	a := identity.Actor{
		Person: principal.Person, Name: principal.Name, Role: identity.Citizen, Groups: principal.Groups,
		By: self.Person, ByName: self.Name, ByRole: self.Role, Under: identity.Mandate{ID: m.ID, Kind: string(m.Kind), Admits: r.admits},
		Channel: self.Channel, Session: self.Session, Device: self.Device, Method: self.Method, Level: self.Level, Proved: self.Proved,
		Language: self.Language, Pages: self.Pages,
	}
	if m.Site != "" {
		a.Under.At = identity.Site(m.Site)
	}
	if m.Kind == Counter {
		a.Under.Via = identity.ChannelCounter
	}
	return a, true
}

// adulthood is the instant at which somebody born on a day is of age: eighteen
// years later, in Italy (Civil Code, article 2). Born on 29 February, it is 1
// March where that year has none.
func adulthood(birth string, zone *time.Location) (time.Time, bool) {
	day, err := time.Parse(time.DateOnly, birth)
	if err != nil {
		return time.Time{}, false
	}
	return time.Date(day.Year()+18, day.Month(), day.Day(), 0, 0, 0, 0, zone), true
}
