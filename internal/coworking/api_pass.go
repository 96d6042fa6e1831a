package coworking

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"polis/internal/identity"
	"polis/internal/platform/api"
	"polis/internal/reserve"
)

// Admitted is what a house is told of a pass that was good.
type Admitted struct {
	Booking string `json:"booking" doc:"Id of the booking"`
	Already bool   `json:"already" doc:"The person had come before; nothing changed"`
}

// CheckInPass says that somebody came who shows a pass at a house (id or code), as
// CheckIn does: for who checks people in there, a door among them. Errors: those of
// ReadPass and CheckIn.
func (s *Service) CheckInPass(ctx context.Context, actor identity.Actor, house, text string) (a Admitted, err error) {
	if a.Booking, err = s.ReadPass(actor, house, text); err != nil {
		return a, err
	}
	b, err := s.visible(ctx, actor, a.Booking, identity.BookingCheck)
	if err != nil {
		return a, err
	}
	a.Already = b.Status == reserve.CheckedIn
	_, err = s.CheckIn(ctx, actor, a.Booking)
	return a, err
}

func (h *operations) registerPasses(a *api.API) {
	api.Register(a, huma.Operation{
		OperationID: "check-in-pass", Method: http.MethodPost, Path: "/api/v1/passes/check-in", Tags: []string{"Bookings"}, Security: api.SignedIn,
		Summary: "Check in who shows a pass",
		Description: "For a door at its own house, and for who checks people in at one. A second time changes nothing; 422 where the pass is not for this house or not yet, " +
			"409 where the place was released. The answer names nobody.",
		DefaultStatus: http.StatusOK,
	}, h.checkInPass)
}

// ShownPass is a pass that somebody shows at a house.
type ShownPass struct {
	Pass string `json:"pass" maxLength:"2000" doc:"Text of the code: POLIS1:…"`
	Site string `json:"site,omitempty" maxLength:"200" doc:"Id or code of the house; that of the door if left out"`
}

func (h *operations) checkInPass(ctx context.Context, in *struct{ Body ShownPass }) (*struct{ Body Admitted }, error) {
	actor, house := identity.ActorFrom(ctx), in.Body.Site
	if house == "" {
		house = actor.Scope.ID
	}
	a, err := h.CheckInPass(ctx, actor, house, in.Body.Pass)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Admitted }{a}, nil
}
