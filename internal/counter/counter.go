// Package counter is the one-stop counter of an office: desks, the services that
// are done at them, numbers, and who is called next. One service stands behind the
// kiosk, the board, the console, the telephone, the ATM and the API.
//
// Every change of an office locks its row of queue_office first, so that an office
// has one order of what happens; the same row counts the events by which boards and
// consoles follow (event.go). Who is called next is decided by queue.Next over what
// waits, and taken by one conditional UPDATE (call.go).
package counter

import (
	"context"
	"embed"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter/forecast"
	"polis/internal/counter/queue"
	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/site"
)

// Words are the texts of the room, in Italian and English.
//
//go:embed words/*.json
var Words embed.FS

// State is where a ticket stands.
type State string

// The states. The first five are alive: somebody still has to do with them today.
const (
	Waiting  State = "waiting"
	Called   State = "called"  // invited to a desk
	Serving  State = "serving" // in front of the operator
	Parked   State = "parked"  // on hold: the operator waits for something, or the citizen fetches a paper
	Missed   State = "missed"  // called and not there
	Finished State = "finished"
	Left     State = "left"   // gave the number back
	Lapsed   State = "lapsed" // still there when the day ended
)

// Alive tells whether somebody still has to do with a ticket of the state.
func (s State) Alive() bool {
	return s == Waiting || s == Called || s == Serving || s == Parked || s == Missed
}

// AtDesk tells whether a ticket of the state occupies its desk.
func (s State) AtDesk() bool { return s == Called || s == Serving }

// Origin is how somebody came into the line.
type Origin string

// The origins.
const (
	ByKiosk       Origin = "kiosk"
	ByKioskAlone  Origin = "kiosk-alone" // at a kiosk whose link was down
	ByPhone       Origin = "phone"       // from their own device
	ByOperator    Origin = "operator"
	ByATM         Origin = "atm"
	ByAppointment Origin = "appointment"
)

// PeriodKind is how a stretch of a ticket's time was spent.
type PeriodKind string

// The kinds of periods, each with the state to which it belongs.
const (
	PeriodWaiting PeriodKind = "waiting"
	PeriodInvited PeriodKind = "invited"
	PeriodServed  PeriodKind = "served"
	PeriodOnHold  PeriodKind = "on-hold"
	PeriodMissed  PeriodKind = "missed"
)

var periodOf = map[State]PeriodKind{
	Waiting: PeriodWaiting, Called: PeriodInvited, Serving: PeriodServed, Parked: PeriodOnHold, Missed: PeriodMissed,
}

// Ticket is somebody in the line of an office.
type Ticket struct {
	ID          string
	Office      string
	Day         agenda.Date
	Letter      string
	Number      int
	State       State
	Priority    queue.Priority
	Origin      Origin
	Language    string
	Person      string // id; "" where nobody said who they are
	Appointment string
	Due         time.Time // of the appointment; zero without one
	Taken       time.Time
	Since       time.Time // of the state
	FirstCall   time.Time // zero before
	Closed      time.Time // zero while alive
	Desk        string    // id of the desk that called it last
	Operator    string    // id of who did
	OnlyDesk    string    // the only desk that may call it; "" any
	Calls       int
	Told        *forecast.Range // the wait that was told with the number; nil where none was
	Items       []Item
	Rev         int64
}

// Name is the number as people read it: "A017".
func (t *Ticket) Name() string { return numberName(t.Letter, t.Number) }

// Item is one thing that somebody came for.
type Item struct {
	Service string
	State   ItemState
	Steps   []int // indexes of the steps that are done, ascending
	Started time.Time
	Ended   time.Time
}

// ItemState is where an item stands.
type ItemState string

// The states of an item.
const (
	ItemOpen    ItemState = "open"
	ItemDone    ItemState = "done"
	ItemDropped ItemState = "dropped"
)

// Open are the ids of the services that are still to be done, in order.
func (t *Ticket) Open() (services []string) {
	for _, it := range t.Items {
		if it.State == ItemOpen {
			services = append(services, it.Service)
		}
	}
	return services
}

// entry is the ticket as the line sees it.
func (t *Ticket) entry() queue.Entry {
	return queue.Entry{
		ID: t.ID, Services: t.Open(), Priority: t.Priority, Taken: t.Taken, Due: t.Due, Desk: t.OnlyDesk, Arrived: true,
	}
}

// Period is a stretch of a ticket's time.
type Period struct {
	Kind     PeriodKind
	Desk     string
	Operator string
	Service  string
	From     time.Time
	To       time.Time // zero while it lasts
}

// Expect tells who is expected with an appointment from an instant to the end of
// the day and has not come; the room of appointments knows it.
type Expect func(ctx context.Context, r db.Reader, office string, from time.Time) ([]queue.Entry, error)

// Options are what a Service stands on.
type Options struct {
	DB       *db.DB
	Live     *site.Live
	Clock    clock.Clock
	IDs      clock.IDs
	Forecast *forecast.Book
	Limits   *identity.Limits
	Expected Expect // nil: nobody
}

// Service is what happens at the counters. Its methods check who acts.
type Service struct {
	Options
	Hub *Hub
}

// New makes the service.
func New(o Options) *Service {
	if o.Expected == nil {
		o.Expected = func(context.Context, db.Reader, string, time.Time) ([]queue.Entry, error) { return nil, nil }
	}
	return &Service{Options: o, Hub: newHub(o.DB)}
}
