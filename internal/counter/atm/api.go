package atm

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"polis/internal/identity"
	"polis/internal/platform/api"
	"polis/internal/platform/i18n"
)

// RegisterAPI adds what cash machines ask for.
func RegisterAPI(a *api.API, s *Service) {
	h := &operations{s}
	add := func(id, path, summary, description string, status int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: http.MethodPost, Path: "/api/v1/atm" + path, Tags: []string{"ATM"},
			Summary: summary, Description: description, DefaultStatus: status, Security: api.SignedIn, MaxBodyBytes: 16 << 10,
		}
	}
	api.Register(a, add("begin-atm-session", "/sessions", "Begin at a cash machine",
		"With the token of an enrolled device of the kind `atm`, which attests with `fiscal_number` who stands in front of it: they have put in their card and typed its secret. "+
			"Without it, appointments are not offered. Every screen has lines and at most eight choices of at most 40 characters each.", http.StatusCreated), h.begin)
	api.Register(a, add("answer-atm", "/answers", "Answer with the number of a choice",
		"The same answer to the same screen, sent again, has one effect. 422 `atm.over` once the session has ended: after a minute and a half without an answer.", http.StatusOK), h.answer)
}

type operations struct{ *Service }

// WantedATM asks for a session at a cash machine.
type WantedATM struct {
	FiscalNumber string `json:"fiscal_number,omitempty" maxLength:"16" doc:"Of whom the machine has identified by card and secret"`
	Language     string `json:"language,omitempty" enum:"it,en" doc:"Italian if left out"`
}

// ATMAnswer is an answer to a screen.
type ATMAnswer struct {
	Session string `json:"session" minLength:"1" maxLength:"8192" doc:"As it came with the screen"`
	Answer  int    `json:"answer" minimum:"1" maximum:"8"`
}

// ATMChoice is a choice of a screen.
type ATMChoice struct {
	Key  int    `json:"key" minimum:"1" maximum:"8"`
	Text string `json:"text" maxLength:"40"`
}

// ATMScreen is what a cash machine shows.
type ATMScreen struct {
	Session string      `json:"session,omitempty" doc:"What the next answer comes with; absent once the session is over"`
	Title   string      `json:"title" maxLength:"40"`
	Lines   []string    `json:"lines" maxItems:"8"`
	Choices []ATMChoice `json:"choices" maxItems:"8"`
	Over    bool        `json:"over" doc:"The machine gives the card back"`
	Ends    time.Time   `json:"ends" doc:"When the session ends without an answer"`
}

type screenAnswer struct {
	CacheControl string `header:"Cache-Control"`
	Body         ATMScreen
}

func answered(x Session, err error) (*screenAnswer, error) {
	if err != nil {
		return nil, err
	}
	out := ATMScreen{
		Session: x.Token, Title: x.Screen.Title, Lines: append([]string{}, x.Screen.Lines...), Choices: []ATMChoice{}, Over: x.Screen.Over, Ends: x.Ends,
	}
	for i, text := range x.Screen.Choices {
		out.Choices = append(out.Choices, ATMChoice{i + 1, text})
	}
	return &screenAnswer{"no-store", out}, nil
}

func (h *operations) begin(ctx context.Context, in *struct{ Body WantedATM }) (*screenAnswer, error) {
	lang := i18n.IT
	if in.Body.Language == string(i18n.EN) {
		lang = i18n.EN
	}
	return answered(h.Begin(ctx, identity.ActorFrom(ctx), in.Body.FiscalNumber, lang))
}

func (h *operations) answer(ctx context.Context, in *struct{ Body ATMAnswer }) (*screenAnswer, error) {
	return answered(h.Answer(ctx, identity.ActorFrom(ctx), in.Body.Session, in.Body.Answer))
}
