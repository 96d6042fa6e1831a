package counter

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"polis/internal/counter/catalog"
	"polis/internal/counter/forecast"
	"polis/internal/identity"
	"polis/internal/platform/api"
	"polis/internal/platform/stream"
	"polis/internal/site"
)

// RegisterAPI adds the operations of the counters: what everybody may see, numbers,
// and what those do who work at a desk. events are what boards and consoles watch.
func RegisterAPI(a *api.API, s *Service, events *stream.Hub) {
	h := &operations{s}
	h.registerOffices(a)
	h.registerTickets(a)
	h.registerDesks(a)
	h.registerEvents(a, events)
}

type operations struct{ *Service }

// operation describes an operation of the counters.
func operation(id, method, path, summary, description string) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: method, Path: "/api/v1" + path, Tags: []string{"Counters"}, Summary: summary, Description: description,
	}
}

// work is an operation for those who work at an office.
func work(op huma.Operation) huma.Operation {
	op.Security = api.SignedIn
	return op
}

func (h *operations) registerOffices(a *api.API) {
	api.Register(a, operation("list-office-services", http.MethodGet, "/offices/{id}/services", "Services of an office",
		"Every service of the catalogue: whether it is active in the office, since when or why not, and what to bring."), h.services)
	api.Register(a, operation("get-office-waiting", http.MethodGet, "/offices/{id}/waiting", "How long the wait is now",
		"How many wait, at how many desks somebody works, and for each active service in what range of minutes somebody who comes now would be called."), h.waits)
	api.Register(a, operation("get-office-board", http.MethodGet, "/offices/{id}/board", "What the board shows",
		"The numbers at the desks, the next ones and those that were missed. `seq` is the event up to which it holds: with it the stream of events goes on without a gap."), h.board)
}

const noStore = "no-store"

// Language of the texts of a service.
type Language struct {
	Lang string `query:"lang" enum:"it,en,de,fr,sl" default:"it" doc:"Language of the texts"`
}

// ServiceFacts is a service of an office.
type ServiceFacts struct {
	ID        string   `json:"id" example:"carta-identita"`
	Name      string   `json:"name"`
	About     string   `json:"about"`
	Bring     []string `json:"bring" doc:"What to bring"`
	Minutes   int      `json:"minutes" doc:"Planned for one person"`
	Postal    bool     `json:"postal"`
	Bookable  bool     `json:"bookable" doc:"By appointment too"`
	Authority string   `json:"authority"`
	Active    bool     `json:"active" doc:"In this office, today"`
	Since     string   `json:"since,omitempty" format:"date" doc:"Day since which it is active, or from which it is expected to be"`
	Reason    Reason   `json:"reason,omitempty" doc:"Why it is not active" enum:"house,authorisation,equipment,training,works,elsewhere"`
}

type servicesAnswer struct {
	CacheControl string `header:"Cache-Control"`
	Body         struct {
		Items []ServiceFacts `json:"items"`
	}
}

func (h *operations) services(ctx context.Context, in *struct {
	site.Named
	Language
},
) (*servicesAnswer, error) {
	list, err := h.Offers(ctx, identity.ActorFrom(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	out := &servicesAnswer{CacheControl: noStore}
	for _, o := range list {
		text := o.Service.In(in.Lang)
		f := ServiceFacts{
			ID: o.Service.ID, Name: text.Name, About: text.About, Bring: append([]string{}, text.Bring...), Minutes: o.Service.Minutes,
			Postal: o.Service.Postal, Bookable: o.Service.Bookable, Authority: o.Service.Authority, Active: o.Active,
		}
		if !o.Active {
			f.Reason = o.Reason
		}
		if o.Since.Valid() {
			f.Since = o.Since.String()
		}
		out.Body.Items = append(out.Body.Items, f)
	}
	return out, nil
}

// Minutes is a range of whole minutes that holds nine times of ten.
type Minutes struct {
	Low  int `json:"low"`
	High int `json:"high"`
}

func minutes(r forecast.Range) Minutes {
	return Minutes{int(r.Low / time.Minute), int((r.High + time.Minute - 1) / time.Minute)}
}

// WaitFacts is the wait for a service.
type WaitFacts struct {
	Service string  `json:"service"`
	Minutes Minutes `json:"minutes"`
}

// WaitingFacts is how busy an office is.
type WaitingFacts struct {
	Office  string      `json:"office" doc:"Id"`
	Open    bool        `json:"open" doc:"Now"`
	Closes  *time.Time  `json:"closes,omitempty" doc:"When it closes for the day; absent where it does not open any more today"`
	Waiting int         `json:"waiting" doc:"How many wait"`
	Desks   int         `json:"desks" doc:"At which somebody works"`
	Waits   []WaitFacts `json:"waits" doc:"By active service; empty while the office is closed"`
	Seq     int64       `json:"seq" doc:"Event up to which this holds"`
}

type waitingAnswer struct {
	CacheControl string `header:"Cache-Control"`
	Body         WaitingFacts
}

func (h *operations) waits(ctx context.Context, in *site.Named) (*waitingAnswer, error) {
	o, err := h.Waiting(ctx, identity.ActorFrom(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	f := WaitingFacts{Office: o.Office.ID, Open: o.Open, Waiting: o.Waiting, Desks: o.Desks, Waits: []WaitFacts{}, Seq: o.Seq}
	if !o.Closes.IsZero() {
		at := o.Closes.In(h.Live.Network().Zone(o.Office))
		f.Closes = &at
	}
	for _, w := range o.Waits {
		f.Waits = append(f.Waits, WaitFacts{w.Service, minutes(w.Range)})
	}
	return &waitingAnswer{noStore, f}, nil
}

// ShownFacts is a number on the board.
type ShownFacts struct {
	Number string    `json:"number" example:"A017"`
	Desk   int       `json:"desk"`
	At     time.Time `json:"at" doc:"Of the last call"`
	Calls  int       `json:"calls" doc:"How often it was called"`
	Served bool      `json:"served" doc:"They are at the desk"`
}

// BoardFacts is what the board of an office shows.
type BoardFacts struct {
	Office  string       `json:"office" doc:"Id"`
	Called  []ShownFacts `json:"called" doc:"The last called first"`
	Next    []string     `json:"next"`
	Missed  []string     `json:"missed"`
	Waiting int          `json:"waiting"`
	Seq     int64        `json:"seq" doc:"Event up to which this holds"`
}

type boardAnswer struct {
	CacheControl string `header:"Cache-Control"`
	Body         BoardFacts
}

func (h *operations) board(ctx context.Context, in *site.Named) (*boardAnswer, error) {
	b, err := h.Board(ctx, identity.ActorFrom(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	f := BoardFacts{
		Office: b.Office.ID, Called: []ShownFacts{}, Next: append([]string{}, b.Next...), Missed: append([]string{}, b.Missed...), Waiting: b.Waiting, Seq: b.Seq,
	}
	zone := h.Live.Network().Zone(b.Office)
	for _, x := range b.Called {
		f.Called = append(f.Called, ShownFacts{x.Number, x.Desk, x.At.In(zone), x.Calls, x.Served})
	}
	return &boardAnswer{noStore, f}, nil
}

// serviceID is the id of a service in a request.
type serviceID string

// Schema of the id (huma.SchemaProvider).
func (serviceID) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString, Description: "Id of a service"}
	for _, sv := range catalog.All() {
		s.Enum = append(s.Enum, sv.ID)
	}
	return s
}
