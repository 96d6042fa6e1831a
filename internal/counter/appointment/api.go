package appointment

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/api"
	"polis/internal/platform/clock"
	"polis/internal/platform/i18n"
	"polis/internal/site"
)

// RegisterAPI adds the operations of appointments.
func RegisterAPI(a *api.API, s *Service) {
	h := &operations{s}
	api.Register(a, huma.Operation{
		OperationID: "list-slots", Method: http.MethodGet, Path: "/api/v1/offices/{id}/slots", Tags: []string{"Appointments"},
		Summary: "Free times of an office",
		Description: "For a service and so many people, whose times add up: a family comes once. Days are civil dates of the office; a week from today if left out, at most 31 days. " +
			"`staff` shows also what is kept for those whom the staff books.",
	}, h.slots)
	add := func(id, method, path, summary, description string, status int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: "/api/v1/appointments" + path, Tags: []string{"Appointments"},
			Summary: summary, Description: description, DefaultStatus: status, Security: api.SignedIn,
		}
	}
	api.Register(a, add("create-appointment", http.MethodPost, "", "Take an appointment",
		"For the caller; the staff of the office books for somebody with `person` or `guest`. What is not free is 409 with `alternatives` of that day; "+
			"with `hold` the time is kept for ten minutes and confirmed later. With an `Idempotency-Key` the request may be sent again; the same key with another body is 422.",
		http.StatusCreated), h.create)
	api.Register(a, add("list-appointments", http.MethodGet, "", "One's own appointments", "Latest first.", 0), h.list)
	api.Register(a, add("get-appointment", http.MethodGet, "/{id}", "Get an appointment", "For its person, and for the staff of its office.", 0), h.get)
	api.Register(a, add("confirm-appointment", http.MethodPost, "/{id}/confirm", "Take what is on hold",
		"A second time changes nothing. 409 once the hold is over and its time is gone.", http.StatusOK), h.confirm)
	api.Register(a, add("change-appointment", http.MethodPatch, "/{id}", "Change an appointment",
		"Another time, another number of people, or both; until the new time is given the old one stays. 412 where `If-Match` is no longer true.", 0), h.change)
	api.Register(a, add("cancel-appointment", http.MethodDelete, "/{id}", "Cancel an appointment",
		"A second time changes nothing. 412 where `If-Match` is no longer true.", http.StatusOK), h.cancel)
	api.Register(a, add("arrive-appointment", http.MethodPost, "/{id}/arrive", "Say that the person is there",
		"On its day: gives the number in the line. A second time it is the same number.", http.StatusOK), h.arrive)
}

type operations struct{ *Service }

// SlotFacts is a free time.
type SlotFacts struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to" doc:"When the work is done by plan"`
}

// SlotList are the free times of some days.
type SlotList struct {
	Office  string      `json:"office" doc:"Id of the office"`
	Service string      `json:"service"`
	People  int         `json:"people"`
	Minutes int         `json:"minutes" doc:"How long the work takes by plan"`
	From    api.Date    `json:"from" doc:"First day"`
	To      api.Date    `json:"to" doc:"Last day"`
	Slots   []SlotFacts `json:"slots"`
}

type slotList struct {
	CacheControl string `header:"Cache-Control"`
	Body         SlotList
}

func (h *operations) slots(ctx context.Context, in *struct {
	ID      string   `path:"id" maxLength:"200" doc:"Id or code of the office"`
	Service string   `query:"service" required:"true" maxLength:"100" doc:"Id of the service" example:"carta-identita"`
	People  int      `query:"people" minimum:"1" maximum:"5" default:"1"`
	From    api.Date `query:"from" doc:"First day; today if left out"`
	To      api.Date `query:"to" doc:"Last day; a week in all if left out"`
	Staff   bool     `query:"staff" doc:"For the staff of the office"`
},
) (*slotList, error) {
	f, err := h.Slots(ctx, identity.ActorFrom(ctx), Ask{
		Office: in.ID, Service: in.Service, People: in.People, From: in.From.Date, To: in.To.Date, Staff: in.Staff,
	})
	if err != nil {
		return nil, err
	}
	out := &slotList{noStore, SlotList{
		Office: f.Office.ID, Service: in.Service, People: in.People, Minutes: f.Minutes,
		From: api.Date{Date: f.From}, To: api.Date{Date: f.To}, Slots: []SlotFacts{},
	}}
	for _, s := range f.Slots {
		out.Body.Slots = append(out.Body.Slots, SlotFacts{s.From.In(f.Zone), s.To.In(f.Zone)})
	}
	return out, nil
}

// noStore is of answers about people, and of what is true for a moment.
const noStore = "no-store"

// WantedAppointment asks for an appointment.
type WantedAppointment struct {
	Office  string       `json:"office" minLength:"1" maxLength:"200" doc:"Id or code of the office"`
	Service string       `json:"service" minLength:"1" maxLength:"100" doc:"Id of the service"`
	People  int          `json:"people,omitempty" minimum:"1" maximum:"5" doc:"1 if left out"`
	From    api.Time     `json:"from" doc:"One of the free times"`
	Hold    bool         `json:"hold,omitempty" doc:"Keep it for ten minutes only"`
	Person  string       `json:"person,omitempty" maxLength:"100" doc:"For the staff: id of whom it is for"`
	Guest   *GuestPerson `json:"guest,omitempty" doc:"For the staff: who has no account"`
}

// GuestPerson is somebody without an account.
type GuestPerson struct {
	GivenName  string `json:"given_name" minLength:"1" maxLength:"100"`
	FamilyName string `json:"family_name" minLength:"1" maxLength:"100"`
	Email      string `json:"email,omitempty" maxLength:"254" doc:"Where confirmation and reminder go"`
}

// AppointmentFacts is an appointment as the API shows it. Instants have the offset
// of the office.
type AppointmentFacts struct {
	ID          string     `json:"id"`
	State       State      `json:"state" enum:"held,booked,displaced,arrived,cancelled,expired,missed"`
	Office      string     `json:"office" doc:"Id of the office"`
	Service     string     `json:"service"`
	People      int        `json:"people"`
	From        time.Time  `json:"from"`
	To          time.Time  `json:"to" doc:"When the work is done by plan"`
	Code        string     `json:"code" doc:"What is shown or typed at the office to get a number" example:"K7P4Q-2MXQR"`
	Ticket      string     `json:"ticket,omitempty" doc:"Id of the number in the line, once arrived"`
	HoldExpires *time.Time `json:"hold_expires,omitempty"`
	Created     time.Time  `json:"created"`
	Rev         int64      `json:"rev" doc:"Grows with every change; also the ETag"`
}

func (h *operations) facts(a Appointment) AppointmentFacts {
	zone := time.UTC
	if st, err := h.Live.Network().Site(a.Office); err == nil {
		zone = h.Live.Network().Zone(st)
	}
	f := AppointmentFacts{
		ID: a.ID, State: a.StateAt(h.Clock.Now()), Office: a.Office, Service: a.Service, People: a.People, From: a.From.In(zone), To: a.To().In(zone),
		Code: h.Code(a.ID), Ticket: a.Ticket, Created: a.Created.In(zone), Rev: a.Rev,
	}
	if a.State == Held {
		hold := a.Hold.In(zone)
		f.HoldExpires = &hold
	}
	return f
}

type createdAppointment struct {
	Location     string `header:"Location"`
	ETag         string `header:"ETag"`
	CacheControl string `header:"Cache-Control"`
	Body         AppointmentFacts
}

type oneAppointment struct {
	ETag         string `header:"ETag"`
	CacheControl string `header:"Cache-Control"`
	Body         AppointmentFacts
}

func (h *operations) answered(a Appointment, err error) (*oneAppointment, error) {
	if err != nil {
		return nil, err
	}
	return &oneAppointment{api.Revision(a.Rev), noStore, h.facts(a)}, nil
}

func (h *operations) create(ctx context.Context, in *struct {
	Key  api.IdempotencyKey `header:"Idempotency-Key"`
	Body WantedAppointment
},
) (*createdAppointment, error) {
	w := Wanted{
		Office: in.Body.Office, Service: in.Body.Service, People: max(1, in.Body.People), From: in.Body.From.UTC(), Hold: in.Body.Hold,
		Person: in.Body.Person, Origin: ByAPI, Lang: i18n.IT, Once: string(in.Key), Staff: in.Body.Person != "" || in.Body.Guest != nil,
	}
	if g := in.Body.Guest; g != nil {
		w.Guest = Guest{g.GivenName, g.FamilyName, g.Email}
	}
	a, err := h.Book(ctx, identity.ActorFrom(ctx), w)
	if err != nil {
		return nil, err
	}
	return &createdAppointment{"/api/v1/appointments/" + a.ID, api.Revision(a.Rev), noStore, h.facts(a)}, nil
}

// OneID is the parameter that names an appointment.
type OneID struct {
	ID string `path:"id" maxLength:"100" doc:"Id of the appointment"`
}

func (h *operations) get(ctx context.Context, in *OneID) (*oneAppointment, error) {
	return h.answered(h.Get(ctx, identity.ActorFrom(ctx), in.ID, ""))
}

func (h *operations) confirm(ctx context.Context, in *OneID) (*oneAppointment, error) {
	return h.answered(h.Confirm(ctx, identity.ActorFrom(ctx), in.ID, "", Guest{}))
}

func (h *operations) arrive(ctx context.Context, in *OneID) (*oneAppointment, error) {
	return h.answered(h.ArriveBy(ctx, identity.ActorFrom(ctx), in.ID, ""))
}

// ChangedAppointment is what shall be otherwise.
type ChangedAppointment struct {
	From   api.Time `json:"from,omitempty" doc:"One of the free times; as it is if left out"`
	People int      `json:"people,omitempty" minimum:"1" maximum:"5" doc:"As it is if left out"`
}

func (h *operations) change(ctx context.Context, in *struct {
	OneID
	IfMatch string `header:"If-Match" doc:"ETag of the appointment as the caller knows it"`
	Body    ChangedAppointment
},
) (*oneAppointment, error) {
	who := identity.ActorFrom(ctx)
	rev, err := h.revision(ctx, who, in.ID, in.IfMatch)
	if err != nil {
		return nil, err
	}
	to := Change{People: in.Body.People}
	if !in.Body.From.IsZero() {
		to.From = in.Body.From.UTC()
	}
	return h.answered(h.Move(ctx, who, in.ID, "", rev, to))
}

func (h *operations) cancel(ctx context.Context, in *struct {
	OneID
	IfMatch string `header:"If-Match" doc:"ETag of the appointment as the caller knows it"`
},
) (*oneAppointment, error) {
	who := identity.ActorFrom(ctx)
	rev, err := h.revision(ctx, who, in.ID, in.IfMatch)
	if err != nil {
		return nil, err
	}
	return h.answered(h.Cancel(ctx, who, in.ID, "", rev))
}

// revision is that of an appointment where the caller asks for it to be unchanged,
// 0 where they do not. The change itself checks it again.
func (h *operations) revision(ctx context.Context, who identity.Actor, id, ifMatch string) (int64, error) {
	if ifMatch == "" {
		return 0, nil
	}
	a, err := h.Get(ctx, who, id, "")
	if err != nil {
		return 0, err
	}
	return a.Rev, api.IfMatch(ifMatch, api.Revision(a.Rev))
}

// place is where a page of appointments goes on.
type place struct {
	Starts int64  `json:"s"` // µs
	ID     string `json:"i"`
}

func (h *operations) list(ctx context.Context, in *struct {
	Cursor string `query:"cursor" doc:"Where the page begins: next of the page before"`
	site.Limited
},
) (*struct {
	CacheControl string `header:"Cache-Control"`
	Body         api.Page[AppointmentFacts]
}, error,
) {
	before, id := Last, "~"
	if in.Cursor != "" {
		var at place
		if err := api.DecodeCursor(in.Cursor, &at); err != nil {
			return nil, err
		}
		before, id = clock.FromMicros(at.Starts), at.ID
	}
	found, err := h.List(ctx, identity.ActorFrom(ctx), before, id, in.Limit+1)
	if err != nil {
		return nil, err
	}
	next := ""
	if len(found) > in.Limit {
		found = found[:in.Limit]
		last := found[in.Limit-1]
		next = api.EncodeCursor(place{clock.Micros(last.From), last.ID})
	}
	items := make([]AppointmentFacts, len(found))
	for i, a := range found {
		items[i] = h.facts(a)
	}
	out := &struct {
		CacheControl string `header:"Cache-Control"`
		Body         api.Page[AppointmentFacts]
	}{noStore, api.NewPage(items, next)}
	return out, nil
}

// dateField reads a civil date of an address; the zero Date for what is none.
func dateField(text string) agenda.Date {
	d, err := agenda.ParseDate(text)
	if err != nil {
		return agenda.Date{}
	}
	return d
}
