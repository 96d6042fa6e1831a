package site

import (
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"polis/internal/agenda"
	"polis/internal/platform/errs"
)

// How much can be written of a house, by page and by list alike; texts in
// characters. docs/import.md says the same.
const (
	MaxCode     = 80 // of a house, a room or a place
	MaxName     = 120
	MaxAddress  = 200
	MaxGroups   = 1000 // all codes of groups of one thing, as they are written
	LowestFloor = -20
	MaxFloor    = 200
	MaxSeats    = 5000 // of a place, which has one at least
	MaxBays     = 10_000
	MaxArea     = 1_000_000 // square metres
)

// Kinds are all kinds of resource in the order in which they are listed.
var Kinds = []ResourceKind{Desk, Meeting, Private, Training, Hall, Outdoor, Counter, Admission}

// States are all states, from the first to the last in the life of a site.
var States = []State{Planned, Works, Testing, Open, Suspended}

var sizes = []Size{"", Small, Medium, Large}

func rank(k ResourceKind) int {
	if i := slices.Index(Kinds, k); i >= 0 {
		return i
	}
	return len(Kinds)
}

// Validate refuses a site that could not be shown or found; the error is
// Invalid and names the field.
func (s *Site) Validate() error {
	_, zoneErr := time.LoadLocation(s.Zone)
	switch {
	case s.ID == "" || len(s.ID) > 64:
		return invalid("id")
	case !isCode(s.Code) || strings.ToLower(s.Code) != s.Code:
		return invalid("code")
	case s.Kind != Office && s.Kind != Space:
		return invalid("kind")
	case !isText(s.Name, MaxName) || s.Name == "":
		return invalid("name")
	case len(s.Municipality) != 6:
		return invalid("municipality")
	case !isText(s.Address, MaxAddress):
		return invalid("address")
	case !(Point{s.Lat, s.Lon}).Valid():
		return invalid("lat")
	case zoneErr != nil || s.Zone == "Local":
		return invalid("zone")
	case !slices.Contains(sizes, s.Size):
		return invalid("size")
	case !isState(s.State):
		return invalid("state")
	case !isDate(s.StateSince):
		return invalid("state_since")
	case !isDate(s.OpensOn):
		return invalid("opens_on")
	case !areTokens(s.Groups):
		return invalid("groups")
	}
	return s.Profile.Validate()
}

// Validate refuses a room without a code or a name, or with an area that no
// floor has.
func (r *Room) Validate() error {
	switch {
	case r.ID == "" || len(r.ID) > 64:
		return invalid("id")
	case !isCode(r.Code):
		return invalid("code")
	case !isText(r.Name, MaxName) || r.Name == "":
		return invalid("name")
	case r.Floor < LowestFloor || r.Floor > MaxFloor:
		return invalid("floor")
	case r.Purpose != "" && !slices.Contains(Purposes, r.Purpose):
		return invalid("purpose")
	case !r.Area.valid():
		return invalid("area")
	}
	return nil
}

// Validate refuses a resource that could not be booked or found.
func (r *Resource) Validate() error {
	switch {
	case r.ID == "" || len(r.ID) > 64:
		return invalid("id")
	case r.Ordinal < 1:
		return invalid("ordinal")
	case !slices.Contains(Kinds, r.Kind):
		return invalid("kind")
	case !isCode(r.Code):
		return invalid("code")
	case !isText(r.Name, MaxName):
		return invalid("name")
	case r.Seats < 1 || r.Seats > MaxSeats:
		return invalid("seats")
	case !areTokens(r.Features):
		return invalid("features")
	case !areTokens(r.Groups):
		return invalid("groups")
	case !slices.IsSorted(r.Atoms) || slices.Contains(r.Atoms, r.Ordinal):
		return invalid("atoms")
	case !r.Area.valid() || r.Composite() && r.Area.Drawn():
		return invalid("area")
	}
	return nil
}

func invalid(field string) error { return errs.New(errs.Invalid, "site.invalid", nil).On(field) }

// isCode: letters, digits, "-", "." and "_", so that it can stand in an address.
func isCode(s string) bool {
	return s != "" && len(s) <= MaxCode && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' || r == '_')
	})
}

// areTokens: words that can be kept in a list separated by commas.
func areTokens(list []string) bool {
	return utf8.RuneCountInString(strings.Join(list, ", ")) <= MaxGroups && !slices.ContainsFunc(list, func(s string) bool {
		return !isText(s, MaxGroups) || s == "" || strings.ContainsAny(s, ", ")
	})
}

func isText(s string, most int) bool {
	return utf8.RuneCountInString(s) <= most && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

func isDate(s string) bool {
	_, err := agenda.ParseDate(s)
	return s == "" || err == nil
}

// Point is a place on Earth in degrees, WGS 84.
type Point struct{ Lat, Lon float64 }

// Valid tells whether the point is on Earth.
func (p Point) Valid() bool { return math.Abs(p.Lat) <= 90 && math.Abs(p.Lon) <= 180 }

func isState(s State) bool { return slices.Contains(States, s) }
