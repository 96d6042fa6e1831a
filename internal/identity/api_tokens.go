package identity

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"polis/internal/platform/api"
)

// registerTokens adds the operations on one's own tokens. None makes one: that is
// for a person, who proves anew who they are.
func registerTokens(a *api.API, s *Tokens) {
	h := &tokenOperations{s}
	add := func(id, method, path, summary, description string, status int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: "/api/v1/me/tokens" + path, Tags: []string{"Me"},
			Summary: summary, Description: description, DefaultStatus: status, Security: api.SignedIn,
		}
	}
	api.Register(a, add("list-tokens", http.MethodGet, "", "One's own tokens that work", "The last made first. A person makes one at `/profilo/programmi`.", 0), h.list)
	api.Register(a, add("end-token", http.MethodDelete, "/{id}", "End a token", "Also the one of this request. Within 5 seconds on every server.", http.StatusNoContent), h.end)
}

type tokenOperations struct{ *Tokens }

// ProgramToken is a token of one's own, without its text.
type ProgramToken struct {
	MyToken

	Name    string     `json:"name"`
	Role    string     `json:"role" example:"citizen" doc:"In which it acts"`
	Scope   *ScopeFact `json:"scope,omitempty" doc:"What the role is for; left out for a citizen"`
	Made    api.Time   `json:"made"`
	Used    *api.Time  `json:"used,omitempty" doc:"Last use, to the minute; left out where there was none"`
	Current bool       `json:"current" doc:"The token of this request"`
}

// ProgramTokens lists them.
type ProgramTokens struct {
	Items []ProgramToken `json:"items"`
}

func (h *tokenOperations) list(ctx context.Context, _ *struct{}) (*struct{ Body ProgramTokens }, error) {
	actor := ActorFrom(ctx)
	list, err := h.Own(ctx, actor)
	if err != nil {
		return nil, err
	}
	out := ProgramTokens{Items: []ProgramToken{}}
	for _, t := range list {
		fact := ProgramToken{
			MyToken: tokenFact(t), Name: t.Name, Role: string(t.Role),
			Made: *timeFact(t.Created), Used: timeFact(t.Used), Current: t.ID == actor.Token,
		}
		if t.Scope != (Scope{}) {
			fact.Scope = &ScopeFact{t.Scope.Kind, t.Scope.ID}
		}
		out.Items = append(out.Items, fact)
	}
	return &struct{ Body ProgramTokens }{out}, nil
}

func (h *tokenOperations) end(ctx context.Context, in *struct {
	ID string `path:"id" maxLength:"36"`
},
) (*struct{}, error) {
	actor := ActorFrom(ctx)
	return nil, h.End(ctx, actor, actor.Person, in.ID)
}
