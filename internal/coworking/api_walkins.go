package coworking

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"polis/internal/identity"
	"polis/internal/platform/api"
	"polis/internal/platform/clock"
	"polis/internal/site"
)

func (h *operations) registerWalkIns(a *api.API) {
	api.Register(a, huma.Operation{
		OperationID: "create-walk-in", Method: http.MethodPost, Path: "/api/v1/sites/{id}/walk-ins", Tags: []string{"Bookings"},
		Summary:       "Take in somebody who stands at the desk",
		Description:   "For managers. Books the places that fit tightest from now on and notes the arrival, all at once. Who has no account becomes a guest.",
		DefaultStatus: http.StatusCreated, Security: api.SignedIn,
	}, h.walkIn)
}

// WantedWalkIn is somebody at the desk.
type WantedWalkIn struct {
	Kind       bookableKind `json:"kind"`
	Count      int          `json:"count,omitempty" minimum:"1" default:"1"`
	To         api.Time     `json:"to,omitempty" doc:"End; two hours if left out, and at the latest when the site closes"`
	GivenName  string       `json:"given_name,omitempty"`
	FamilyName string       `json:"family_name,omitempty"`
	Known      string       `json:"known,omitempty" doc:"Exact e-mail address or fiscal number of somebody who has an account"`
}

func (h *operations) walkIn(ctx context.Context, in *struct {
	site.Named
	Key  api.IdempotencyKey `header:"Idempotency-Key"`
	Body WantedWalkIn
},
) (*createdBooking, error) {
	req := WalkIn{
		Site: in.ID, Kind: site.ResourceKind(in.Body.Kind), Count: max(in.Body.Count, 1),
		Given: in.Body.GivenName, Family: in.Body.FamilyName, Known: in.Body.Known, Key: clock.NewID(),
	}
	if !in.Body.To.IsZero() {
		req.To = in.Body.To.UTC()
	}
	if in.Key != "" {
		text, err := json.Marshal(in.Body)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(append([]byte("walk-in\n"+in.ID+"\n"), text...))
		req.Key, req.Hash = string(in.Key), hex.EncodeToString(sum[:])
	}
	b, err := h.WalkIn(ctx, identity.ActorFrom(ctx), req)
	if err != nil {
		return nil, err
	}
	return &createdBooking{"/api/v1/bookings/" + b.ID, api.Revision(b.Rev), noStore, h.facts(b)}, nil
}
