// Package appointment is time at a counter that people book: which slots an office
// has, and what becomes of an appointment until somebody comes.
//
// An appointment is for one service and some people, so that a family comes once.
// Its time is that of a desk, which one pure rule gives (Day); who comes is called
// by any desk that can. Whoever gives away time of an office's day holds the lock of
// that day, and decides inside it.
package appointment

import (
	"embed"
	"time"

	"polis/internal/agenda"
)

// Pages are the templates, Words the texts in Italian and English.
var (
	//go:embed pages/*.gohtml
	Pages embed.FS
	//go:embed words/*.json
	Words embed.FS
)

// State is how far an appointment is.
type State string

// The states. The last two are not kept: time makes them.
const (
	Held      State = "held"      // kept while somebody confirms
	Booked    State = "booked"    // stands
	Displaced State = "displaced" // stands, but its desk is closed and no other can take it
	Arrived   State = "arrived"   // the person came and has a number
	Cancelled State = "cancelled"
	Expired   State = "expired" // a hold that nobody confirmed
	Missed    State = "missed"  // nobody came
)

// MaxPeople is for how many people one appointment may be: as many things as one
// number can be for.
const MaxPeople = 5

// Appointment is time at a counter for some people and one service.
type Appointment struct {
	ID       string
	Office   string // id of the house
	Day      agenda.Date
	Service  string
	People   int
	Minutes  int    // people × minutes of the service
	Person   string // id; "" while a hold is nobody's yet
	Desk     string // whose time it takes
	From     time.Time
	Public   bool // booked by people themselves
	State    State
	Hold     time.Time // until when a hold can be confirmed
	Origin   Origin
	Language string
	Ticket   string // id, of who arrived
	Created  time.Time
	Changed  time.Time
	Rev      int64
}

// Origin is how an appointment was made.
type Origin string

// The origins.
const (
	ByWeb     Origin = "web"
	ByAPI     Origin = "api"
	ByPhone   Origin = "phone" // by the contact centre
	ByCounter Origin = "counter"
	ByATM     Origin = "atm"
)

// To is when its work is done by plan.
func (a *Appointment) To() time.Time { return a.From.Add(time.Duration(a.Minutes) * time.Minute) }

// StateAt is how the appointment stands at an instant.
func (a *Appointment) StateAt(now time.Time) State {
	switch {
	case a.State == Held && !now.Before(a.Hold):
		return Expired
	case (a.State == Booked || a.State == Displaced) && now.After(a.To().Add(lateness)):
		return Missed
	}
	return a.State
}

// Stands tells whether somebody is expected.
func (a *Appointment) Stands(now time.Time) bool {
	s := a.StateAt(now)
	return s == Booked || s == Displaced
}

// lateness is after how long nobody comes any more.
const lateness = 3 * time.Hour

// taken is the appointment as its day sees it.
func (a *Appointment) taken() Taken {
	t := Taken{ID: a.ID, Desk: a.Desk, From: a.From, Minutes: a.Minutes, Public: a.Public}
	if a.State == Held {
		t.Until = a.Hold
	}
	return t
}
