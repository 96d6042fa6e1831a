// Package site knows the houses: post offices and shared work spaces, their
// rooms and places, hours and rules. The whole network is small enough to keep
// in memory (Network); the database is where it is changed.
package site

import (
	"slices"

	"polis/internal/agenda"
)

// Kind is what a site is.
type Kind string

// The kinds of site.
const (
	Office Kind = "office" // a post office with its counter
	Space  Kind = "space"  // a shared work space
)

// State is how far a site is. Only an open one can be used.
type State string

// The states.
const (
	Planned   State = "planned"
	Works     State = "works"
	Testing   State = "testing"
	Open      State = "open"
	Suspended State = "suspended"
)

// Size is the class of a space by its area: about 100, 450 or 1,500 m².
type Size string

// The sizes; an office has none.
const (
	Small  Size = "small"
	Medium Size = "medium"
	Large  Size = "large"
)

// ResourceKind is what can be booked.
type ResourceKind string

// The kinds of resource.
const (
	Desk     ResourceKind = "desk"     // one work place
	Meeting  ResourceKind = "meeting"  // a meeting room
	Private  ResourceKind = "private"  // a private office: its desks together
	Training ResourceKind = "training" // a training room
	Hall     ResourceKind = "hall"     // an event hall, perhaps divisible
	Outdoor  ResourceKind = "outdoor"  // an outdoor space
	Counter  ResourceKind = "counter"  // a counter desk of an office
	// Admission is no place: a site that limits how many may be inside at once
	// has one admission atom per person, and each booking takes as many of them
	// as it takes seats.
	Admission ResourceKind = "admission"
)

// Bookable are the kinds that people book themselves.
var Bookable = []ResourceKind{Desk, Meeting, Private, Training, Hall, Outdoor}

// Site is a house.
type Site struct {
	ID           string // UUIDv7
	Code         string // key of imports and page addresses, e.g. "gavirate"
	Kind         Kind
	Name         string
	Municipality string // ISTAT code
	Address      string
	Lat, Lon     float64 // WGS 84 degrees
	Zone         string  // IANA zone; "" means Europe/Rome
	Size         Size
	State        State
	StateSince   string // civil date, "" where unknown
	OpensOn      string // civil date announced for the opening, "" if none
	Hours        agenda.Hours
	Patron       agenda.MonthDay
	Exceptions   map[agenda.Date][]agenda.Span
	Groups       []string // who may use it; empty = everyone
	Generated    bool     // made up for the demonstration
	Profile      Profile
	Photos       []Photo // in their order
	Rev          int64
}

// Room is a room of a site.
type Room struct {
	ID, Site, Code, Name string
	Floor                int
	Purpose              Purpose // "" for a room with places
	Area                 Rect
}

// Purpose is what a room without places is for.
type Purpose string

// Purposes of rooms, as plans show them.
var Purposes = []Purpose{"entrance", "reception", "corridor", "stairs", "lift", "toilet", "accessible-toilet", "kitchen", "lounge"}

// Resource is a place that can be booked: an atom, which has an occupancy of
// its own, or a composite, which is its atoms.
type Resource struct {
	Ordinal  int64 // dense number, from 1
	ID       string
	Site     string // site id
	Room     string // room id
	Kind     ResourceKind
	Code     string // unique in the site, e.g. "D-014"
	Name     string
	Seats    int
	Features []string // equipment, e.g. "screen", "step-free"
	Groups   []string // who may use it; empty = everyone
	Active   bool
	Area     Rect    // on the plan of its floor; a composite has none of its own
	Atoms    []int64 // ordinals of the atoms of a composite, ascending; nil for an atom
}

// Composite tells whether the resource is made of others.
func (r *Resource) Composite() bool { return len(r.Atoms) > 0 }

// Admits tells whether somebody of these groups may use what is kept for
// wanted; nothing wanted admits everyone.
func Admits(wanted, groups []string) bool {
	return len(wanted) == 0 || slices.ContainsFunc(wanted, func(g string) bool { return slices.Contains(groups, g) })
}
