// Package reserve is the reservation engine: who has which place when, never
// two at once. It knows atoms, quarter-hours, counters and the steps of a
// booking; what a place is for and who may have it is decided by its callers.
//
// A caller hands in a Plan. Plans that wait together become one transaction of
// a fixed number of statements (writer.go, batch.go): every row they need is
// locked and read in one fixed order, then they are decided in memory in the
// order of their arrival (ledger.go), each all or nothing, then written. The
// Index keeps the same masks in memory and offers what is free (index.go); it
// only offers, the locked rows decide.
package reserve

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/journal"
)

// Status is where a booking stands.
type Status string

// The steps of a booking. Held, Confirmed and CheckedIn are alive: something
// still happens to them by itself when they fall due.
const (
	Held      Status = "held"       // kept for a moment while the person confirms
	Confirmed Status = "confirmed"  // the person is expected
	CheckedIn Status = "checked-in" // the person came
	Completed Status = "completed"  // the visit is over
	Cancelled Status = "cancelled"  // given back by the person or the house
	Expired   Status = "expired"    // a hold that nobody confirmed
	NoShow    Status = "no-show"    // nobody came; the place was released
	Waiting   Status = "waiting"    // has nothing yet; promoted when a counter falls
)

// Holds tells whether a booking of this status keeps its places.
func (s Status) Holds() bool {
	return s == Held || s == Confirmed || s == CheckedIn || s == Completed
}

// Alive tells whether the booking is still to come or going on.
func (s Status) Alive() bool { return s == Held || s == Confirmed || s == CheckedIn }

// Booking is what a person has or had.
type Booking struct {
	ID      string
	Person  string
	For     string // id of the organisation for which the person made it; "" for themselves
	Status  Status
	Starts  time.Time // first start of its parts
	Ends    time.Time // last end
	Due     time.Time // next step by itself; zero if none
	Parts   []Part
	Uses    []Use
	Created time.Time
	Changed time.Time
	Rev     int64 // grows with every change; the ETag and the SEQUENCE of calendars
}

// Part is places of one site at one time.
type Part struct {
	Site   string    `json:"site"`
	Kind   string    `json:"kind"`
	Units  []int64   `json:"units"` // ordinals of the resources as asked for, composites whole
	Hidden []int64   `json:"hidden,omitempty"`
	Missed []int64   `json:"missed,omitempty"` // what it had of both, released because nobody came
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
}

// Span is how long a use counts.
type Span string

// The spans.
const (
	WhileHeld  Span = "held"  // until the hold is confirmed or ends
	WhileAlive Span = "alive" // until the visit is over
	Forever    Span = ""      // also afterwards, unless cancelled or expired
)

// Use is what a booking counts against a counter: a quota or fair-use limit.
type Use struct {
	Key    string `json:"key"`
	Amount int64  `json:"amount"`
	While  Span   `json:"while,omitempty"`
	Limit  int64  `json:"-"` // the counter may not rise above it; 0: without limit, below 0: nothing is allowed
}

// counts tells whether a use counts for a booking of a status.
func (u Use) counts(s Status) bool {
	switch u.While {
	case WhileHeld:
		return s == Held
	case WhileAlive:
		return s.Alive()
	}
	return s.Holds() || s == NoShow
}

// Key makes a request safe to send again: the same Key with the same Hash has
// one effect. The zero Key is none.
type Key struct {
	Person, Key string
	Hash        string // of the body
}

// Demand is places at one time: either exactly the Units, or Count of the
// units of Pool.
type Demand struct {
	Site, Kind string
	From, To   time.Time
	Turnover   int     // quarter-hours kept free afterwards
	Units      []int64 // exactly these
	Pool       []int64 // or Count of these
	Count      int
	Hidden     bool // not shown as places: admissions to a site with a limit
}

// Plan is one change of one booking: all of it happens or nothing.
type Plan struct {
	Key     Key
	Booking string // id, also of a new one
	Person  string // whose booking it is or becomes
	For     string // of a new one: id of the organisation for which they make it
	By      string // who acts; "" for the program
	Why     string // opaque id of the reason, for the act; "" where nobody gave one
	To      Status
	Due     time.Time // the next step by itself afterwards

	// For a booking that is there already:
	When   []Status  // it must stand at one of these; empty: the booking is new
	Rev    int64     // it must be at this revision; 0: any
	DueBy  time.Time // it must be due by then; zero: any
	NotDue time.Time // it must not be due by then; zero: any

	Wait    string   // To is Waiting: the counter that must fall
	Missed  []int    // parts of a booking, at Rev, that somebody notes as missed: it goes on with the rest
	Demands []Demand // places to take; for a present booking in place of those it has
	Uses    []Use    // counters of a new or moved booking; nil keeps those it has

	by journal.By // who acts in the context of Do
}

// What a plan can be refused for.
var (
	ErrUnknown  = errors.New("reserve: no such booking")
	ErrKeyReuse = errors.New("reserve: the key was used for another request")
	ErrStale    = errors.New("reserve: the booking has changed since")
	ErrTooLarge = errors.New("reserve: more cells than one booking may take")
	ErrClosed   = errors.New("reserve: shutting down")
	ErrNotSoon  = errors.New("reserve: the booking is not due")
)

// Taken says that places asked for are not free.
type Taken struct {
	Units []int64 // of those asked for by name
	Kind  string  // of a pool that is too small
	Site  string
	Shut  bool // closed rather than taken by somebody
}

func (e *Taken) Error() string { return fmt.Sprintf("reserve: taken: %v %s", e.Units, e.Kind) }

// Limit says that a counter would rise above its limit.
type Limit struct {
	Key          string
	Value, Limit int64 // what it is now, what it may be
}

func (e *Limit) Error() string { return "reserve: limit of " + e.Key }

// WrongStatus says that the booking does not stand where the plan needs it.
type WrongStatus struct {
	Status Status
	missed bool // it will go on when what was missed is released, and can be asked again
}

func (e *WrongStatus) Error() string { return "reserve: the booking is " + string(e.Status) }

// MaxCells is the most atom-days one booking may take.
const MaxCells = 2000

// cellKey names a row of occupancy.
type cellKey struct {
	day      agenda.Day
	resource int64
}

func (k cellKey) compare(o cellKey) int {
	if k.day != o.day {
		return int(k.day) - int(o.day)
	}
	switch {
	case k.resource < o.resource:
		return -1
	case k.resource > o.resource:
		return 1
	}
	return 0
}

// cells are the atom-days of a demand's time, turnover included.
func (d *Demand) cells() ([]agenda.Cell, error) {
	if !d.To.After(d.From) {
		return nil, agenda.ErrReversed
	}
	return agenda.Cells(d.From, d.To.Add(time.Duration(d.Turnover)*agenda.Quarter))
}

// span is the first start and the last end of those parts that have places.
func span(parts []Part) (from, to time.Time) {
	for _, p := range parts {
		if p.empty() {
			continue
		}
		if from.IsZero() || p.From.Before(from) {
			from = p.From
		}
		if p.To.After(to) {
			to = p.To
		}
	}
	return from, to
}

// usesOf are the uses that count for a status, sorted by key, each key once.
func usesOf(uses []Use, s Status) []Use {
	var out []Use
	for _, u := range uses {
		if u.counts(s) {
			out = append(out, u)
		}
	}
	slices.SortStableFunc(out, func(a, b Use) int { return strings.Compare(a.Key, b.Key) })
	return out
}
