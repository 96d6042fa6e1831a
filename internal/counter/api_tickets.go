package counter

import (
	"context"
	"net/http"
	"slices"
	"time"

	"polis/internal/counter/queue"
	"polis/internal/identity"
	"polis/internal/platform/api"
	"polis/internal/platform/errs"
	"polis/internal/platform/web"
	"polis/internal/site"
)

func (h *operations) registerTickets(a *api.API) {
	op := operation("create-ticket", http.MethodPost, "/offices/{id}/tickets", "Take a number",
		"Without a token for whoever stands there; with that of a device for its kiosk; with that of somebody who works there for a person in front of them. "+
			"The id of the answer is what the number is looked up and given back with: it is told to nobody else. "+
			"With `number` and `at` a kiosk hands over a number that it gave while it was alone.")
	op.DefaultStatus = http.StatusCreated
	api.Register(a, op, h.createTicket)
	api.Register(a, operation("get-ticket", http.MethodGet, "/tickets/{id}", "A number: its place and its wait",
		"For who has its id."), h.getTicket)
	api.Register(a, operation("leave-queue", http.MethodDelete, "/tickets/{id}", "Give a number back",
		"For who has its id. A second time changes nothing."), h.leaveQueue)
	api.Register(a, operation("return-ticket", http.MethodPost, "/tickets/{id}/return", "Come back into the line",
		"After having been missed, or with the paper that was missing: without queueing again. For who has its id."), h.returnTicket)
}

// WantedTicket asks for a number.
type WantedTicket struct {
	Services []serviceID `json:"services" minItems:"1" maxItems:"5" doc:"In the order in which they shall be done; one twice for two people"`
	Priority string      `json:"priority,omitempty" enum:"frail,pregnant" doc:"Why somebody goes before others"`
	Language string      `json:"language,omitempty" enum:"it,en,de,fr,sl" doc:"In which they are told and called; Italian if left out"`
	Number   int         `json:"number,omitempty" minimum:"1" maximum:"999" doc:"Of a kiosk that was alone: the number it gave, of those it had been given"`
	At       *api.Time   `json:"at,omitempty" doc:"When it gave it"`
}

// TicketFacts is a number as who holds it sees it.
type TicketFacts struct {
	ID       string     `json:"id"`
	Office   string     `json:"office" doc:"Id"`
	Number   string     `json:"number" example:"A017"`
	Day      string     `json:"day" format:"date"`
	State    State      `json:"state" enum:"waiting,called,serving,parked,missed,finished,left,lapsed"`
	Services []string   `json:"services" doc:"Ids of all that was asked for"`
	Open     []string   `json:"open" doc:"Ids of what is still to be done"`
	Priority string     `json:"priority,omitempty" enum:"frail,pregnant,returning"`
	Origin   Origin     `json:"origin"`
	Language string     `json:"language"`
	Due      *time.Time `json:"due,omitempty" doc:"Time of the appointment"`
	Taken    time.Time  `json:"taken"`
	Since    time.Time  `json:"since" doc:"Since when it is in its state"`
	Desk     int        `json:"desk,omitempty" doc:"That calls or serves"`
	Calls    int        `json:"calls"`
	Ahead    *int       `json:"ahead,omitempty" doc:"How many are called before, as it looks now"`
	Wait     *Minutes   `json:"wait,omitempty" doc:"Minutes from now until the call"`
	Told     *Minutes   `json:"told,omitempty" doc:"Minutes that were told with the number"`
}

func (h *operations) ticketFacts(t *Ticket) TicketFacts {
	zone := time.UTC
	if st, err := h.Live.Network().Site(t.Office); err == nil {
		zone = h.Live.Network().Zone(st)
	}
	f := TicketFacts{
		ID: t.ID, Office: t.Office, Number: t.Name(), Day: t.Day.String(), State: t.State, Services: []string{}, Open: append([]string{}, t.Open()...),
		Priority: string(t.Priority), Origin: t.Origin, Language: t.Language, Taken: t.Taken.In(zone), Since: t.Since.In(zone), Calls: t.Calls,
	}
	for _, it := range t.Items {
		f.Services = append(f.Services, it.Service)
	}
	if !t.Due.IsZero() {
		due := t.Due.In(zone)
		f.Due = &due
	}
	if t.State.AtDesk() {
		f.Desk = h.DeskNumber(t.Office, t.Desk)
	}
	if t.Told != nil {
		told := minutes(*t.Told)
		f.Told = &told
	}
	return f
}

// ticketAnswer is a number, never in a cache.
type ticketAnswer struct {
	Location     string `header:"Location"`
	CacheControl string `header:"Cache-Control"`
	Body         TicketFacts
}

func (h *operations) answered(t *Ticket, err error) (*ticketAnswer, error) {
	if err != nil {
		return nil, err
	}
	return &ticketAnswer{CacheControl: noStore, Body: h.ticketFacts(t)}, nil
}

func (h *operations) createTicket(ctx context.Context, in *struct {
	site.Named
	Key  api.IdempotencyKey `header:"Idempotency-Key"`
	Body WantedTicket
},
) (*ticketAnswer, error) {
	actor, client := identity.ActorFrom(ctx), identity.ClientName(web.ClientAddr(ctx))
	st, err := h.Office(in.ID)
	if err != nil {
		return nil, err
	}
	req := TakeRequest{
		Office: st.ID, Priority: queue.Priority(in.Body.Priority), Language: in.Body.Language, Number: in.Body.Number, Key: string(in.Key), Origin: ByPhone,
	}
	for _, id := range in.Body.Services {
		req.Services = append(req.Services, string(id))
	}
	if in.Body.At != nil {
		req.At = in.Body.At.UTC()
	}
	switch {
	case actor.Device != "":
		req.Origin = ByKiosk
	case actor.May(identity.QueueWork, identity.Site(st.ID)):
		req.Origin = ByOperator
	}
	if req.Key != "" && actor.Agent() == "" && actor.Device == "" {
		req.Key = hashKey(client, req.Key) // of whom nothing is known the key is theirs alone, too
	} else if req.Key != "" {
		req.Key = hashKey("", req.Key)
	}
	t, err := h.TakeLimited(ctx, actor, client, req)
	if err != nil {
		return nil, err
	}
	out, err := h.answered(t, nil)
	if err == nil && !slices.Equal(out.Body.Services[:min(len(req.Services), len(out.Body.Services))], req.Services) {
		return nil, errs.New(errs.Conflict, "counter.key-reused", nil)
	}
	out.Location = "/api/v1/tickets/" + t.ID
	return out, err
}

// OneTicket is a ticket in a path.
type OneTicket struct {
	ID string `path:"id" maxLength:"36" doc:"Id of the number"`
}

func (h *operations) getTicket(ctx context.Context, in *OneTicket) (*ticketAnswer, error) {
	x, err := h.Standing(ctx, identity.ActorFrom(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	out, err := h.answered(x.Ticket, nil)
	if x.Range != nil {
		wait := minutes(*x.Range)
		out.Body.Wait, out.Body.Ahead = &wait, &x.Ahead
	}
	return out, err
}

func (h *operations) leaveQueue(ctx context.Context, in *OneTicket) (*struct{}, error) {
	_, err := h.Leave(ctx, identity.ActorFrom(ctx), in.ID)
	return nil, err
}

func (h *operations) returnTicket(ctx context.Context, in *OneTicket) (*ticketAnswer, error) {
	return h.answered(h.Return(ctx, identity.ActorFrom(ctx), in.ID))
}
