package feedback

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"polis/internal/identity"
	"polis/internal/platform/api"
)

// RegisterAPI adds the operations of feedback.
func RegisterAPI(a *api.API, s *Service) {
	h := &operations{s}
	add := func(id, method, path, summary, description string, status int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: "/api/v1/reports" + path, Tags: []string{"Reports"},
			Summary: summary, Description: description, DefaultStatus: status, Security: api.SignedIn,
		}
	}
	api.Register(a, add("create-report", http.MethodPost, "", "Report a problem",
		"Of a house, of one of its places, or of the service itself. The answer goes to the caller's e-mail address, if one is known.",
		http.StatusCreated), h.create)
	api.Register(a, add("list-reports", http.MethodGet, "", "Reports to look after",
		"For reception and managers, within their scope: open ones by the day on which the answer is due, answered ones the latest first.", 0), h.list)
	api.Register(a, add("get-report", http.MethodGet, "/{number}", "A report with its text and answer",
		"For who made it, and for who looks after its house.", 0), h.read)
	api.Register(a, add("answer-report", http.MethodPost, "/{number}/answer", "Answer a report",
		"For managers, once.", 0), h.answer)
}

type operations struct{ *Service }

// reportKind is what a problem is about, in a request.
type reportKind string

// Schema of the kind (huma.SchemaProvider).
func (reportKind) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString, Description: "What the problem is about"}
	for _, t := range terms {
		s.Enum = append(s.Enum, string(t.Kind))
	}
	return s
}

// WantedReport asks for a report.
type WantedReport struct {
	Kind     reportKind `json:"kind"`
	Site     string     `json:"site,omitempty" maxLength:"200" doc:"Id or code of the house; the service itself if left out"`
	Resource string     `json:"resource,omitempty" maxLength:"200" doc:"Id or code of the place; the house as a whole if left out"`
	Text     string     `json:"text" minLength:"10" maxLength:"2000" doc:"What happened"`
}

// ReportFacts is a report as the API lists it.
type ReportFacts struct {
	Number   string     `json:"number" example:"2026-000123"`
	Kind     Kind       `json:"kind" enum:"safety,accessibility,cleaning,equipment,wifi,noise,booking,other"`
	Priority Priority   `json:"priority" enum:"high,normal"`
	State    string     `json:"state" enum:"open,answered"`
	Overdue  bool       `json:"overdue"`
	Site     string     `json:"site,omitempty" doc:"Id of the house"`
	Resource string     `json:"resource,omitempty" doc:"Id of the place"`
	Owner    Owner      `json:"owner" enum:"site,network" doc:"Who is to answer: the managers of the house, or of the network"`
	Due      string     `json:"due" format:"date" doc:"Day by which the answer is due"`
	Created  time.Time  `json:"created"`
	Answered *time.Time `json:"answered,omitempty"`
}

// FullReport is a report with its texts.
type FullReport struct {
	ReportFacts
	Text   string `json:"text"`
	Answer string `json:"answer,omitempty"`
}

func (h *operations) facts(r Report) ReportFacts {
	zone := zoneOf(h.live.Network(), r)
	t, _ := termOf(r.Kind)
	f := ReportFacts{
		Number: r.Number, Kind: r.Kind, Priority: t.Priority, State: "open", Overdue: r.Overdue(h.clock.Now()),
		Site: r.Site, Resource: r.Resource, Owner: r.Owner, Due: r.DueDay(zone).String(), Created: r.Created.In(zone),
	}
	if !r.Open() {
		at := r.Answered.In(zone)
		f.State, f.Answered = "answered", &at
	}
	return f
}

// whole is a report as an answer, never in a cache.
type whole struct {
	CacheControl string `header:"Cache-Control"`
	ETag         string `header:"ETag"`
	Body         FullReport
}

func (h *operations) whole(r Report) *whole {
	return &whole{"no-store", api.Revision(r.Rev), FullReport{h.facts(r), r.Text, r.Answer}}
}

func (h *operations) create(ctx context.Context, in *struct {
	Key  api.IdempotencyKey `header:"Idempotency-Key"`
	Body WantedReport
},
) (*whole, error) {
	actor := identity.ActorFrom(ctx)
	r, err := h.Make(ctx, actor, Request{
		Kind: Kind(in.Body.Kind), Site: in.Body.Site, Resource: in.Body.Resource, Text: in.Body.Text, Once: string(in.Key),
	})
	if err != nil {
		return nil, err
	}
	return h.whole(r), nil
}

// Numbered is the number of a report in a path.
type Numbered struct {
	Number string `path:"number" doc:"Number of the report"`
}

func (h *operations) read(ctx context.Context, in *Numbered) (*whole, error) {
	r, err := h.Read(ctx, identity.ActorFrom(ctx), in.Number, "")
	if err != nil {
		return nil, err
	}
	return h.whole(r), nil
}

func (h *operations) answer(ctx context.Context, in *struct {
	Numbered
	Body struct {
		Text string `json:"text" minLength:"10" maxLength:"2000"`
	}
},
) (*whole, error) {
	actor := identity.ActorFrom(ctx)
	now, err := h.Read(ctx, actor, in.Number, "")
	if err != nil {
		return nil, err
	}
	r, err := h.Answer(ctx, actor, in.Number, now.Rev, in.Body.Text)
	if err != nil {
		return nil, err
	}
	return h.whole(r), nil
}

// listed is a page of reports, never in a cache.
type listed struct {
	CacheControl string `header:"Cache-Control"`
	Body         api.Page[ReportFacts]
}

func (h *operations) list(ctx context.Context, in *struct {
	Site   string `query:"site" maxLength:"200" doc:"Id or code of a house; all within the caller's scope if left out"`
	State  string `query:"state" enum:"open,answered" default:"open"`
	Cursor string `query:"cursor"`
	Limit  int    `query:"limit" minimum:"1" maximum:"250" default:"50"`
},
) (*listed, error) {
	f := Filter{Answered: in.State == "answered"}
	if in.Site != "" {
		st, err := h.live.Network().ByCode(in.Site)
		if err != nil {
			return nil, err
		}
		f.Site = st.ID
	}
	var after Position
	if in.Cursor != "" {
		if err := api.DecodeCursor(in.Cursor, &after); err != nil {
			return nil, err
		}
	}
	list, err := h.List(ctx, identity.ActorFrom(ctx), f, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	next := ""
	if len(list) > in.Limit {
		list = list[:in.Limit]
		next = api.EncodeCursor(f.After(list[in.Limit-1]))
	}
	items := make([]ReportFacts, len(list))
	for i, r := range list {
		items[i] = h.facts(r)
	}
	return &listed{"no-store", api.NewPage(items, next)}, nil
}
