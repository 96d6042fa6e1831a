package coworking

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/api"
	"polis/internal/platform/errs"
	"polis/internal/site"
)

func (h *operations) registerAvailability(a *api.API) {
	tags := []string{"Availability"}
	api.Register(a, huma.Operation{
		OperationID: "list-availability", Method: http.MethodGet, Path: "/api/v1/availability", Tags: tags,
		Summary: "Find sites with free places",
		Description: "Sites with at least so many places of a kind free over the whole time, nearest first where `near` is given, else by name. " +
			"What is offered can be booked by the same caller: rights, opening hours and rules are heeded. Where nothing is free, `alternatives` are.",
	}, h.availability)
	api.Register(a, huma.Operation{
		OperationID: "get-resource-calendar", Method: http.MethodGet, Path: "/api/v1/resources/{id}/calendar", Tags: tags,
		Summary:     "When a place is open and free",
		Description: "By days of the site, the first and the last included; never who has it. A week from today if no dates are given.",
	}, h.timetable)
}

// Availability is what a search for free places found.
type Availability struct {
	Items    []AvailableSite `json:"items"`
	Searched int             `json:"searched" doc:"How many places were looked at"`
	// Alternatives are there only where Items are not.
	Alternatives []Alternative `json:"alternatives,omitempty" doc:"Where nothing is free: the nearest other times and sites"`
}

// AvailableSite is a site with free places.
type AvailableSite struct {
	Site       FoundSite `json:"site"`
	DistanceKm *float64  `json:"distance_km,omitempty" doc:"From near, where given"`
	Free       int       `json:"free" doc:"How many places of the kind are free"`
	Resources  []string  `json:"resources" doc:"Ids of free places, some of them where they are many"`
}

// FoundSite is as much of a site as a list of free places needs.
type FoundSite struct {
	ID           string  `json:"id"`
	Code         string  `json:"code"`
	Name         string  `json:"name"`
	Municipality string  `json:"municipality" doc:"With its province" example:"Gavirate (VA)"`
	Address      string  `json:"address"`
	Lat          float64 `json:"lat" doc:"Degrees, WGS 84"`
	Lon          float64 `json:"lon"`
}

func (h *operations) availability(ctx context.Context, in *struct {
	Kind  bookableKind `query:"kind" required:"true"`
	From  api.Time     `query:"from" required:"true"`
	To    api.Time     `query:"to" required:"true"`
	Count int          `query:"count" minimum:"1" default:"1" doc:"Places at least, at the same site"`
	site.Where
	site.Limited
},
) (*personal[Availability], error) {
	where, err := in.Filter()
	if err != nil {
		return nil, err
	}
	q := Query{
		Where: where, Kind: site.ResourceKind(in.Kind), From: in.From.Time, To: in.To.Time, Count: in.Count, Limit: in.Limit,
	}
	found, err := h.Search(ctx, identity.ActorFrom(ctx), q)
	if err != nil {
		return nil, err
	}
	out := availabilityOf(found, where.Near != nil)
	if len(found.Hits) == 0 {
		instead := h.Instead(ctx, identity.ActorFrom(ctx), q)
		out.Alternatives = append(instead.Times, instead.Places...)
	}
	return private(out)
}

// availabilityOf keeps distances and ids in one piece of memory each: the
// answer to the commonest request makes little garbage.
func availabilityOf(found Found, near bool) Availability {
	named := 0
	for i := range found.Hits {
		named += len(found.Hits[i].Units)
	}
	out := Availability{Items: make([]AvailableSite, len(found.Hits)), Searched: found.Searched}
	km, ids := make([]float64, len(found.Hits)), make([]string, 0, named)
	for i := range found.Hits {
		hit, item, first := &found.Hits[i], &out.Items[i], len(ids)
		for _, u := range hit.Units {
			ids = append(ids, u.ID)
		}
		s := hit.Site
		item.Site = FoundSite{ID: s.ID, Code: s.Code, Name: s.Name, Municipality: hit.Place, Address: s.Address, Lat: s.Lat, Lon: s.Lon}
		item.Free, item.Resources = hit.Free, ids[first:len(ids):len(ids)]
		if near {
			km[i] = site.Hundredths(hit.DistanceKm)
			item.DistanceKm = &km[i]
		}
	}
	return out
}

// CalendarDay is a day of a place.
type CalendarDay struct {
	Date string     `json:"date" format:"date"`
	Open []Interval `json:"open" doc:"Opening hours"`
	Free []Interval `json:"free" doc:"Open and not taken"`
}

func (h *operations) timetable(_ context.Context, in *struct {
	ID   string   `path:"id" doc:"Id of the place"`
	From api.Date `query:"from" doc:"First day"`
	To   api.Date `query:"to" doc:"Last day"`
},
) (*personal[api.Page[CalendarDay]], error) {
	from, to, err := h.week(in.ID, in.From.Date, in.To.Date)
	if err != nil {
		return nil, err
	}
	days, err := h.Timetable(in.ID, from, to)
	if err != nil {
		return nil, err
	}
	items := make([]CalendarDay, len(days))
	for i, d := range days {
		items[i] = CalendarDay{Date: d.Date.String(), Open: d.Open, Free: d.Free}
	}
	return private(api.NewPage(items, ""))
}

// week completes the days of a calendar: from today on, seven of them.
func (h *operations) week(resource string, from, to agenda.Date) (agenda.Date, agenda.Date, error) {
	net := h.live.Network()
	r, err := net.Resource(resource)
	if err != nil {
		return from, to, err
	}
	if r.Kind == site.Admission {
		return from, to, errs.New(errs.NotFound, "resource.unknown", nil)
	}
	s, err := net.Site(r.Site)
	if err != nil {
		return from, to, err
	}
	if from == (agenda.Date{}) {
		from = agenda.DateOf(h.clock.Now().In(net.Zone(s)))
	}
	if to == (agenda.Date{}) {
		to = from.AddDays(6)
	}
	return from, to, nil
}
