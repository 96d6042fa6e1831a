package privacy

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"polis/internal/identity"
	"polis/internal/platform/api"
)

// AccessFacts is one time that somebody saw the caller's record.
type AccessFacts struct {
	At      time.Time     `json:"at"`
	Page    string        `json:"page" example:"reception" doc:"What was looked at"`
	Reader  string        `json:"reader" example:"Anna R." doc:"Short name of who saw it; a dash where they were forgotten since"`
	Role    identity.Role `json:"role" example:"receptionist"`
	Site    string        `json:"site,omitempty" doc:"Id of the house at which they have the role"`
	Booking string        `json:"booking,omitempty" doc:"Id of the booking for which it was seen"`
	Report  string        `json:"report,omitempty" doc:"Number of the report for which it was seen"`
}

// accessList is a page of accesses, never in a cache.
type accessList struct {
	CacheControl string `header:"Cache-Control"`
	Body         api.Page[AccessFacts]
}

// RegisterAPI adds the operations of privacy.
func RegisterAPI(a *api.API, s *Service) {
	api.Register(a, huma.Operation{
		OperationID: "list-accesses", Method: http.MethodGet, Path: "/api/v1/me/accesses", Tags: []string{"Me"}, Security: api.SignedIn,
		Summary: "Who saw one's record", Description: "Each time that somebody who works here saw data of the caller: when, who, in which role, for which booking or report. The latest first.",
	}, func(ctx context.Context, in *struct {
		Cursor string `query:"cursor"`
		Limit  int    `query:"limit" minimum:"1" maximum:"250" default:"50"`
	},
	) (*accessList, error) {
		var after Position
		if in.Cursor != "" {
			if err := api.DecodeCursor(in.Cursor, &after); err != nil {
				return nil, err
			}
		}
		list, err := s.Accesses(ctx, identity.ActorFrom(ctx), after, in.Limit+1)
		if err != nil {
			return nil, err
		}
		next := ""
		if len(list) > in.Limit {
			list = list[:in.Limit]
			next = api.EncodeCursor(list[in.Limit-1].Position)
		}
		items := make([]AccessFacts, len(list))
		for i, x := range list {
			items[i] = facts(x)
		}
		return &accessList{"no-store", api.NewPage(items, next)}, nil
	})
}

func facts(x Access) AccessFacts {
	f := AccessFacts{At: x.At, Page: x.Page, Reader: x.Reader, Role: x.Role}
	if x.Scope.Kind == "site" {
		f.Site = x.Scope.ID
	}
	f.Booking, _ = strings.CutPrefix(x.About, identity.ForBooking(""))
	if number, ok := strings.CutPrefix(x.About, identity.ForReport("")); ok {
		f.Booking, f.Report = "", number
	}
	return f
}
