package coworking

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"polis/internal/identity"
	"polis/internal/platform/api"
)

// registerCalendar adds the address of one's own calendar.
func (h *operations) registerCalendar(a *api.API) {
	add := func(id, method, summary, description string) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: "/api/v1/calendar-feed", Tags: []string{"Account"},
			Summary: summary, Description: description, DefaultStatus: http.StatusOK, Security: api.SignedIn,
		}
	}
	api.Register(a, add("get-calendar-feed", http.MethodGet, "The address of one's own calendar",
		"An iCalendar file with the bookings of the last 30 days and those to come. Whoever knows the address reads it."), h.calendarFeed(h.CalendarAddress))
	api.Register(a, add("renew-calendar-feed", http.MethodPost, "Make a new address for one's own calendar",
		"The address before ends at once."), h.calendarFeed(h.RenewCalendarAddress))
}

// CalendarFeed is where one's own calendar is.
type CalendarFeed struct {
	Address string `json:"address" format:"uri" example:"https://polis.example.it/calendario/AaBb.ics"`
}

func (h *operations) calendarFeed(address func(context.Context, identity.Actor) (string, error),
) func(context.Context, *struct{}) (*personal[CalendarFeed], error) {
	return func(ctx context.Context, _ *struct{}) (*personal[CalendarFeed], error) {
		at, err := address(ctx, identity.ActorFrom(ctx))
		if err != nil {
			return nil, err
		}
		return private(CalendarFeed{at})
	}
}
