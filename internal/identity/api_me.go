package identity

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"polis/internal/platform/api"
)

// RegisterAPI adds the operations of identity: who the caller is, their sessions
// and their tokens.
func RegisterAPI(a *api.API, tokens *Tokens, sessions *Sessions) {
	registerSessions(a, sessions)
	registerTokens(a, tokens)
	h := &operations{tokens}
	api.Register(a, huma.Operation{
		OperationID: "get-me", Method: http.MethodGet, Path: "/api/v1/me", Tags: []string{"Account"},
		Summary: "Who the token stands for, and what it may", Security: api.SignedIn,
		Description: "The roles are those in which the caller acts now: of a program the one of its token. What each role may do is listed in docs/rights.md. " +
			"The names in full and the contacts are for a token that may `account.own`.",
	}, h.me)
}

type operations struct{ tokens *Tokens }

// Me is the caller as the API shows them.
type Me struct {
	ID       string      `json:"id"`
	Name     string      `json:"name" doc:"Short form" example:"Maria R."`
	Given    string      `json:"given_name,omitempty"`
	Family   string      `json:"family_name,omitempty"`
	Contacts []MyContact `json:"contacts" doc:"Messages go to the first of kind email; none where the token may not see them"`
	Language string      `json:"language" enum:"it,en"`
	Level    string      `json:"level" enum:"none,low,substantial,high" doc:"How surely the person is known; none for a program"`
	Method   string      `json:"method" doc:"How they proved who they are" example:"token"`
	Role     string      `json:"role" doc:"The highest of the roles" example:"counter-operator"`
	Site     string      `json:"site,omitempty" doc:"Id of the site for which that role is"`
	Roles    []MyRole    `json:"roles" doc:"Beside that of a citizen"`
	By       string      `json:"by,omitempty" doc:"Id of who acts for this person"`
	For      *ScopeFact  `json:"for,omitempty" doc:"The organisation for which they act"`
	Token    *MyToken    `json:"token,omitempty" doc:"The token of this request"`
}

// MyContact is one way to reach the caller.
type MyContact struct {
	Kind     string `json:"kind" enum:"email,pec,phone"`
	Value    string `json:"value"`
	Verified bool   `json:"verified" doc:"A code proved that it is theirs"`
}

// ScopeFact is what a role is for.
type ScopeFact struct {
	Kind string `json:"kind" enum:"network,territory,lot,site,organisation,service,group"`
	ID   string `json:"id,omitempty" doc:"Of a territory the name of the region, the letters of the province or the digits of the municipality; none for the network"`
}

// MyRole is a role of the caller.
type MyRole struct {
	Role   string    `json:"role" example:"site-manager"`
	Scope  ScopeFact `json:"scope"`
	Starts *api.Time `json:"starts,omitempty" doc:"Since when they have it"`
	Ends   *api.Time `json:"ends,omitempty" doc:"When it is over"`
}

// MyToken is the token of a request.
type MyToken struct {
	ID          string    `json:"id"`
	Permissions []string  `json:"permissions,omitempty" doc:"To which of the role it was narrowed; left out where it may all" example:"[\"booking.check-in\"]"`
	Ends        *api.Time `json:"ends,omitempty"`
}

type myself struct {
	CacheControl string `header:"Cache-Control"`
	Body         Me
}

var levelNames = []string{LevelNone: "none", LevelLow: "low", LevelSubstantial: "substantial", LevelHigh: "high"}

func (h *operations) me(ctx context.Context, _ *struct{}) (*myself, error) {
	who := ActorFrom(ctx)
	me := Me{
		ID: who.Person, Name: who.Name, Language: who.Language, Level: levelNames[who.Level], Method: who.Method,
		Role: string(who.Role), Roles: []MyRole{}, Contacts: []MyContact{}, By: who.By,
	}
	if who.Scope.Kind == KindSite {
		me.Site = who.Scope.ID
	}
	if who.For != (Scope{}) {
		me.For = &ScopeFact{who.For.Kind, who.For.ID}
	}
	if who.May(AccountOwn, Of(who.Person)) {
		if err := h.who(ctx, &me); err != nil {
			return nil, err
		}
	}
	grants, err := h.tokens.grants.Of(ctx, who.Person)
	if err != nil {
		return nil, err
	}
	for _, held := range who.Held {
		role := MyRole{Role: string(held.Role), Scope: ScopeFact{held.Scope.Kind, held.Scope.ID}}
		if i := slices.IndexFunc(grants, func(g Grant) bool { return g.Role == held.Role && g.Scope == held.Scope }); i >= 0 {
			role.Starts, role.Ends = timeFact(grants[i].Starts), timeFact(grants[i].Ends)
		}
		me.Roles = append(me.Roles, role)
	}
	if who.Token != "" {
		me.Method = "token"
		if me.Token, err = h.token(ctx, who); err != nil {
			return nil, err
		}
	}
	return &myself{"no-store", me}, nil
}

// who adds the names and the contacts.
func (h *operations) who(ctx context.Context, me *Me) error {
	people := h.tokens.people
	p, err := people.Get(ctx, me.ID)
	if err != nil {
		return err
	}
	more, err := people.Contacts(ctx, people.db, me.ID)
	if p.Email != "" {
		more = append([]Contact{{Kind: ContactEmail, Value: p.Email, Verified: p.Verified}}, more...)
	}
	me.Given, me.Family = p.GivenName, p.FamilyName
	for _, c := range more {
		me.Contacts = append(me.Contacts, MyContact{string(c.Kind), c.Value, !c.Verified.IsZero()})
	}
	return err
}

func (h *operations) token(ctx context.Context, who Actor) (*MyToken, error) {
	list, err := h.tokens.List(ctx, who.Person)
	i := slices.IndexFunc(list, func(t Token) bool { return t.ID == who.Token })
	if err != nil || i < 0 {
		return nil, err
	}
	fact := tokenFact(list[i])
	return &fact, nil
}

func tokenFact(t Token) MyToken {
	fact := MyToken{ID: t.ID, Ends: timeFact(t.Expires)}
	for _, p := range t.Only {
		fact.Permissions = append(fact.Permissions, string(p))
	}
	return fact
}

// timeFact is an instant as the API shows it, nil where there is none.
func timeFact(t time.Time) *api.Time {
	if t.IsZero() {
		return nil
	}
	return &api.Time{Time: t.UTC()}
}
