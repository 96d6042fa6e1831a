package counter

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"polis/internal/identity"
	"polis/internal/platform/api"
	"polis/internal/site"
)

func (h *operations) registerDesks(a *api.API) {
	op := work(operation("call-next", http.MethodPost, "/offices/{id}/desks/{n}/call-next", "Call who is next",
		"For those who work at the office. A desk has one person at a time: while somebody is called or served there they are the answer, so that a second request "+
			"calls nobody. 204 where nobody waits whom the desk can serve. The caller sits down at the desk by calling."))
	api.Register(a, op, h.callNext)
	api.Register(a, work(operation("open-desk", http.MethodPut, "/offices/{id}/desks/{n}/session", "Sit down at a desk",
		"A second time changes nothing.")), h.openDesk)
	api.Register(a, work(operation("close-desk", http.MethodDelete, "/offices/{id}/desks/{n}/session", "Leave a desk",
		"A second time changes nothing. 409 while somebody is at it.")), h.closeDesk)
	api.Register(a, work(operation("get-queue", http.MethodGet, "/offices/{id}/queue", "Who waits, and the desks",
		"For those who work at the office: the line in the order in which it will be called.")), h.queue)
	for _, x := range []struct {
		id, path, summary, description string
		do                             func(context.Context, identity.Actor, string) (*Ticket, error)
	}{
		{"recall-ticket", "recall", "Call a number once more", "One that does not come, or that was missed.", h.recall},
		{"start-ticket", "start", "Say that they are there", "A second time changes nothing.", h.start},
		{"miss-ticket", "missed", "Say that nobody came", "They can be recalled, and come back by themselves. A second time changes nothing.", h.missed},
		{"finish-ticket", "finish", "Finish", "What was begun is done. A second time changes nothing.", h.finish},
	} {
		api.Register(a, work(operation(x.id, http.MethodPost, "/tickets/{id}/"+x.path, x.summary, x.description)),
			func(ctx context.Context, in *OneTicket) (*ticketAnswer, error) {
				return h.answered(x.do(ctx, identity.ActorFrom(ctx), in.ID))
			})
	}
	api.Register(a, work(operation("call-ticket", http.MethodPost, "/tickets/{id}/call", "Call this one", "Whoever else waits.")), h.callOne)
	api.Register(a, work(operation("park-ticket", http.MethodPost, "/tickets/{id}/park", "Put on hold", "The desk is free. A second time changes nothing.")), h.park)
	api.Register(a, work(operation("transfer-ticket", http.MethodPost, "/tickets/{id}/transfer", "Hand to another desk",
		"Of the same office; without one, to whichever can do what is still open. They are the next there.")), h.transfer)
}

// hashKey is a key of a request as it is kept: whose it is, and nothing of what it says.
func hashKey(whose, key string) string {
	sum := sha256.Sum256([]byte(whose + "\n" + key))
	return hex.EncodeToString(sum[:])
}

func (h *operations) recall(ctx context.Context, who identity.Actor, id string) (*Ticket, error) {
	return h.Recall(ctx, who, id)
}

func (h *operations) start(ctx context.Context, who identity.Actor, id string) (*Ticket, error) {
	return h.Start(ctx, who, id)
}

func (h *operations) missed(ctx context.Context, who identity.Actor, id string) (*Ticket, error) {
	return h.Missed(ctx, who, id)
}

func (h *operations) finish(ctx context.Context, who identity.Actor, id string) (*Ticket, error) {
	return h.Finish(ctx, who, id)
}

// OneDesk is a desk in a path.
type OneDesk struct {
	site.Named
	N int `path:"n" minimum:"1" maximum:"999" doc:"Number of the desk"`
}

// called is who was called, or 204.
type called struct {
	Status       int
	CacheControl string `header:"Cache-Control"`
	Body         *TicketFacts
}

func (h *operations) callNext(ctx context.Context, in *OneDesk) (*called, error) {
	t, err := h.CallNext(ctx, identity.ActorFrom(ctx), in.ID, in.N)
	if err != nil {
		return nil, err
	}
	if t == nil {
		return &called{Status: http.StatusNoContent, CacheControl: noStore}, nil
	}
	f := h.ticketFacts(t)
	return &called{http.StatusOK, noStore, &f}, nil
}

func (h *operations) openDesk(ctx context.Context, in *OneDesk) (*struct{}, error) {
	_, err := h.OpenDesk(ctx, identity.ActorFrom(ctx), in.ID, in.N)
	return nil, err
}

func (h *operations) closeDesk(ctx context.Context, in *OneDesk) (*struct{}, error) {
	return nil, h.CloseDesk(ctx, identity.ActorFrom(ctx), in.ID, in.N)
}

func (h *operations) callOne(ctx context.Context, in *struct {
	OneTicket
	Body struct {
		Desk int `json:"desk" minimum:"1" maximum:"999" doc:"Number of the desk that calls"`
	}
},
) (*ticketAnswer, error) {
	return h.answered(h.Call(ctx, identity.ActorFrom(ctx), in.ID, in.Body.Desk))
}

func (h *operations) park(ctx context.Context, in *struct {
	OneTicket
	Body *struct {
		Fetch bool `json:"fetch,omitempty" doc:"They go for a paper and come back, today or within thirty days, without queueing again"`
	}
},
) (*ticketAnswer, error) {
	return h.answered(h.Park(ctx, identity.ActorFrom(ctx), in.ID, in.Body != nil && in.Body.Fetch))
}

func (h *operations) transfer(ctx context.Context, in *struct {
	OneTicket
	Body *struct {
		Desk int `json:"desk,omitempty" minimum:"1" maximum:"999" doc:"Number of the desk"`
	}
},
) (*ticketAnswer, error) {
	desk := 0
	if in.Body != nil {
		desk = in.Body.Desk
	}
	return h.answered(h.Transfer(ctx, identity.ActorFrom(ctx), in.ID, desk))
}

// DeskFacts is a desk as it stands.
type DeskFacts struct {
	Number    int          `json:"number"`
	Name      string       `json:"name"`
	Equipment []string     `json:"equipment"`
	Open      bool         `json:"open" doc:"Somebody works at it"`
	Ticket    *TicketFacts `json:"ticket,omitempty" doc:"Who is at it"`
}

// QueueFacts is an office for those who work there.
type QueueFacts struct {
	Office string        `json:"office" doc:"Id"`
	Desks  []DeskFacts   `json:"desks"`
	Line   []TicketFacts `json:"line" doc:"Who waits, in order"`
	Parked []TicketFacts `json:"parked" doc:"The oldest first"`
	Missed []TicketFacts `json:"missed"`
	Seq    int64         `json:"seq" doc:"Event up to which this holds"`
}

type queueAnswer struct {
	CacheControl string `header:"Cache-Control"`
	Body         QueueFacts
}

func (h *operations) queue(ctx context.Context, in *site.Named) (*queueAnswer, error) {
	w, err := h.Work(ctx, identity.ActorFrom(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	f := QueueFacts{Office: w.Office.ID, Desks: []DeskFacts{}, Line: h.all(w.Line), Parked: h.all(w.Parked), Missed: h.all(w.Missed), Seq: w.Seq}
	for _, d := range w.Desks {
		x := DeskFacts{Number: d.Number, Name: d.Name, Equipment: append([]string{}, d.Equipment...), Open: d.Open()}
		if t := w.At[d.ID]; t != nil {
			at := h.ticketFacts(t)
			x.Ticket = &at
		}
		f.Desks = append(f.Desks, x)
	}
	return &queueAnswer{noStore, f}, nil
}

func (h *operations) all(tickets []*Ticket) []TicketFacts {
	list := make([]TicketFacts, len(tickets))
	for i, t := range tickets {
		list[i] = h.ticketFacts(t)
	}
	return list
}
