package coworking

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"polis/internal/identity"
	"polis/internal/platform/api"
	"polis/internal/platform/document"
)

// registerFiles adds what people take along from a booking: their pass and an
// entry for their calendar.
func (h *operations) registerFiles(a *api.API) {
	add := func(id, path, contentType, summary, description string) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: http.MethodGet, Path: "/api/v1/bookings/{id}/" + path, Tags: []string{"Passes"},
			Summary: summary, Description: description, Security: api.SignedIn, Responses: file(contentType),
		}
	}
	const when = "It opens the doors of the booking's sites from the opening of check-in to the end. 409 where the booking is not confirmed."
	api.Register(a, add("get-pass", "pass", "text/plain", "The signed pass as text", when), h.passText)
	api.Register(a, add("get-pass-image", "pass.svg", "image/svg+xml", "The signed pass as a QR code", when), h.passImage)
	api.Register(a, add("get-booking-calendar", "calendar.ics", "text/calendar", "The booking as a calendar file (iCalendar)", ""), h.calendarFile)
}

func (h *operations) passText(ctx context.Context, in *OneBooking) (*download, error) {
	text, err := h.Pass(ctx, identity.ActorFrom(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &download{CacheControl: noStore, ContentType: "text/plain; charset=utf-8", Body: []byte(text)}, nil
}

func (h *operations) passImage(ctx context.Context, in *OneBooking) (*download, error) {
	text, err := h.Pass(ctx, identity.ActorFrom(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	svg, err := document.QRSVG(text, h.printer(ctx).T("booking.pass-image"))
	if err != nil {
		return nil, err
	}
	return &download{CacheControl: noStore, ContentType: "image/svg+xml", Body: svg}, nil
}

func (h *operations) calendarFile(ctx context.Context, in *OneBooking) (*download, error) {
	ics, err := h.Calendar(ctx, identity.ActorFrom(ctx), in.ID, h.printer(ctx))
	if err != nil {
		return nil, err
	}
	return &download{
		CacheControl: noStore, ContentType: "text/calendar; charset=utf-8",
		Disposition: `attachment; filename="polis.ics"`, Body: ics,
	}, nil
}
