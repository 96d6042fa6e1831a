package coworking

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"polis/internal/identity"
	"polis/internal/platform/api"
	"polis/internal/reserve"
	"polis/internal/site"
)

func (h *operations) registerClosures(a *api.API) {
	add := func(id, method, path, summary, description string, status int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: "/api/v1/sites/{id}/" + path, Tags: []string{"Closures"},
			Summary: summary, Description: description, DefaultStatus: status, Security: api.SignedIn,
		}
	}
	list := add("list-closures", http.MethodGet, "closures", "Closures of a site that are not over", "By start.", 0)
	list.Security = nil
	api.Register(a, list, h.closures)
	api.Register(a, add("create-closure", http.MethodPost, "closures", "Close places for a time",
		"For managers. The bookings `in_the_way` stay until somebody moves or cancels them.", http.StatusCreated), h.close)
	api.Register(a, add("end-closure", http.MethodDelete, "closures/{closure}", "Open closed places again", "For managers.", http.StatusNoContent), h.reopen)
	api.Register(a, add("list-in-the-way", http.MethodGet, "in-the-way", "Bookings that a closure would have in its way", "For reception and managers.", 0), h.inTheWay)
}

// WantedClosure asks for places to be closed for a time.
type WantedClosure struct {
	Resources []string `json:"resources,omitempty" doc:"Ids of the places; the whole site if left out"`
	Reason    string   `json:"reason" doc:"For people to read"`
	From      api.Time `json:"from"`
	To        api.Time `json:"to"`
}

// ClosureFacts is a closure as the API shows it.
type ClosureFacts struct {
	ID      string    `json:"id"`
	Site    string    `json:"site" doc:"Id of the site"`
	Reason  string    `json:"reason"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Created time.Time `json:"created"`
}

// MadeClosure is a new closure with the bookings that it affects.
type MadeClosure struct {
	ClosureFacts
	Affected []BookingInTheWay `json:"in_the_way"`
}

// BookingInTheWay is a booking without the person whose it is.
type BookingInTheWay struct {
	ID        string    `json:"id"`
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`
	Resources []string  `json:"resources" doc:"Ids of its places"`
}

func closureFacts(c reserve.Closure, zone *time.Location) ClosureFacts {
	return ClosureFacts{
		ID: c.ID, Site: c.Site, Reason: c.Reason, From: c.Starts.In(zone), To: c.Ends.In(zone), Created: c.Created.In(zone),
	}
}

func (h *operations) inTheWayFacts(list []Booking) []BookingInTheWay {
	out := make([]BookingInTheWay, len(list))
	for i, b := range list {
		f := h.facts(b)
		out[i] = BookingInTheWay{ID: f.ID, From: f.From, To: f.To, Resources: f.Resources}
	}
	return out
}

func (h *operations) closures(ctx context.Context, in *site.Named) (*personal[api.Page[ClosureFacts]], error) {
	s, zone, err := h.siteOf(in.ID)
	if err != nil {
		return nil, err
	}
	list, err := h.Closures(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	items := make([]ClosureFacts, len(list))
	for i, c := range list {
		items[i] = closureFacts(c, zone)
	}
	return private(api.NewPage(items, ""))
}

// siteOf finds a site by its id or code, with its zone.
func (h *operations) siteOf(id string) (*site.Site, *time.Location, error) {
	net := h.live.Network()
	s, err := net.ByCode(id)
	if err != nil {
		return nil, nil, err
	}
	return s, net.Zone(s), nil
}

func (h *operations) close(ctx context.Context, in *struct {
	site.Named
	Body WantedClosure
},
) (*personal[MadeClosure], error) {
	s, zone, err := h.siteOf(in.ID)
	if err != nil {
		return nil, err
	}
	c, affected, err := h.Close(ctx, identity.ActorFrom(ctx), ClosureRequest{
		Site: s.ID, Resources: in.Body.Resources, Reason: in.Body.Reason, From: in.Body.From.UTC(), To: in.Body.To.UTC(),
	})
	if err != nil {
		return nil, err
	}
	return private(MadeClosure{closureFacts(c, zone), h.inTheWayFacts(affected)})
}

func (h *operations) reopen(ctx context.Context, in *struct {
	site.Named
	Closure string `path:"closure" doc:"Id of the closure"`
},
) (*struct{}, error) {
	s, _, err := h.siteOf(in.ID)
	if err != nil {
		return nil, err
	}
	return nil, h.Reopen(ctx, identity.ActorFrom(ctx), s.ID, in.Closure)
}

func (h *operations) inTheWay(ctx context.Context, in *struct {
	site.Named
	From      api.Time `query:"from" required:"true"`
	To        api.Time `query:"to" required:"true"`
	Resources []string `query:"resources" doc:"Ids of the places, with commas between; the whole site if left out"`
},
) (*personal[api.Page[BookingInTheWay]], error) {
	s, _, err := h.siteOf(in.ID)
	if err != nil {
		return nil, err
	}
	list, err := h.Affected(ctx, identity.ActorFrom(ctx), ClosureRequest{
		Site: s.ID, Resources: in.Resources, From: in.From.UTC(), To: in.To.UTC(),
	})
	if err != nil {
		return nil, err
	}
	return private(api.NewPage(h.inTheWayFacts(list), ""))
}
