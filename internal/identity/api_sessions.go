package identity

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"polis/internal/platform/api"
)

// registerSessions adds the operations on one's own sessions.
func registerSessions(a *api.API, s *Sessions) {
	h := &sessionOperations{s}
	add := func(id, method, path, summary, description string, status int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: "/api/v1/me/sessions" + path, Tags: []string{"Me"},
			Summary: summary, Description: description, DefaultStatus: status, Security: api.SignedIn,
		}
	}
	api.Register(a, add("list-sessions", http.MethodGet, "", "One's own open sessions", "Of browsers; the latest used first.", 0), h.list)
	api.Register(a, add("end-session", http.MethodDelete, "/{id}", "End a session", "At once, on every server.", http.StatusNoContent), h.end)
	api.Register(a, add("end-sessions", http.MethodDelete, "", "End all sessions", "Of browsers; tokens stay.", http.StatusNoContent), h.endAll)
}

type sessionOperations struct{ *Sessions }

// OpenSession is a session of a browser.
type OpenSession struct {
	ID      string    `json:"id"`
	Browser string    `json:"browser,omitempty" example:"Firefox|Windows" doc:"Kind of browser and of system"`
	Shared  bool      `json:"shared" doc:"On a device that people share"`
	Since   time.Time `json:"since"`
	Seen    time.Time `json:"seen" doc:"Last use, to the minute"`
	Ends    time.Time `json:"ends" doc:"At the latest"`
	Method  string    `json:"method,omitempty" example:"code" doc:"How they signed in"`
	Level   int       `json:"level" minimum:"0" maximum:"3" doc:"Level of assurance; 0 where it is not known"`
}

// OpenSessions lists them.
type OpenSessions struct {
	Items []OpenSession `json:"items"`
}

func (h *sessionOperations) list(ctx context.Context, _ *struct{}) (*struct{ Body OpenSessions }, error) {
	list, err := h.Own(ctx, ActorFrom(ctx))
	if err != nil {
		return nil, err
	}
	out := OpenSessions{Items: []OpenSession{}}
	for _, x := range list {
		out.Items = append(out.Items, OpenSession{x.ID, x.Browser, x.Shared, x.Created, x.Seen, x.Ends, x.Method, int(x.Level)})
	}
	return &struct{ Body OpenSessions }{out}, nil
}

func (h *sessionOperations) end(ctx context.Context, in *struct {
	ID string `path:"id" maxLength:"36"`
},
) (*struct{}, error) {
	return nil, h.End(ctx, ActorFrom(ctx), in.ID)
}

func (h *sessionOperations) endAll(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return nil, h.EndOthers(ctx, ActorFrom(ctx))
}
