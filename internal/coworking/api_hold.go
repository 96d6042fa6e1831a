package coworking

import (
	"context"

	"polis/internal/identity"
	"polis/internal/platform/api"
)

// Confirmation is what may be said when booking what is on hold.
type Confirmation struct {
	AcceptRules bool `json:"accept_rules,omitempty" doc:"Accept the house rules that hold at its sites"`
}

// RulesFacts are house rules that hold for a booking.
type RulesFacts struct {
	Site     string `json:"site,omitempty" doc:"Id of the site; without it they are those of the network"`
	Version  int    `json:"version"`
	Accepted bool   `json:"accepted" doc:"Whether the person has accepted this version"`
}

// ruled is a booking as the API shows it with its house rules, which the caller
// may accept at once.
func (h *operations) ruled(ctx context.Context, b Booking, accept bool) (f BookingFacts, err error) {
	who := identity.ActorFrom(ctx)
	if accept {
		if b, err = h.AcceptRules(ctx, who, b.ID); err != nil {
			return f, err
		}
	}
	whose, err := h.Belongings(ctx, []Booking{b})
	if err != nil {
		return f, err
	}
	f = h.facts(b)
	f.belong(whose, b)
	list, err := h.Service.HouseRules(ctx, b)
	for _, r := range list {
		f.HouseRules = append(f.HouseRules, RulesFacts{r.Site, r.Version, r.Accepted})
	}
	return f, err
}

func (h *operations) extend(ctx context.Context, in *struct {
	OneBooking
	IfMatch string             `header:"If-Match" doc:"ETag of the booking as the caller knows it"`
	Key     api.IdempotencyKey `header:"Idempotency-Key"`
	Body    WantedBooking
},
) (*changedBooking, error) {
	who := identity.ActorFrom(ctx)
	req, err := in.Body.request(h.live.Network())
	if err != nil {
		return nil, err
	}
	if in.Key != "" {
		req.Key, req.Hash = string(in.Key), hashOf("extend "+in.ID, req)
	}
	rev, err := h.revision(ctx, who, in.ID, in.IfMatch)
	if err != nil {
		return nil, err
	}
	b, err := h.Extend(ctx, who, in.ID, rev, req)
	if err != nil && len(in.Body.Parts) == 1 {
		err = in.Body.placed(err, 0)
	}
	return h.answered(ctx, b, err)
}

// VisitRating is how a visit was.
type VisitRating struct {
	Score int `json:"score" minimum:"1" maximum:"5" doc:"From 1, very bad, to 5, very good"`
}

func (h *operations) rate(ctx context.Context, in *struct {
	OneBooking
	Body VisitRating
},
) (*struct{}, error) {
	return nil, h.Rate(ctx, identity.ActorFrom(ctx), in.ID, in.Body.Score)
}
