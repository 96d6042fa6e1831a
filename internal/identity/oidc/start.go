package oidc

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// flowLife is how long somebody has to prove who they are at a provider.
const flowLife = 15 * time.Minute

// requestLife is how long our signed requests and proofs are good for.
const requestLife = 3 * time.Minute

// Wish is what somebody wants of a provider.
type Wish struct {
	Next    string         // where they go afterwards: a path of ours
	Level   identity.Level // at least; below the provider's own least it is that
	Anew    bool           // they must prove themselves now, not some time ago
	Person  string         // who connects the provider, or proves anew who they are; "" to sign in
	Connect bool
	Browser string // secret of their browser, which must come back
	Lang    string
}

// Start begins a sign-in and returns the address of the provider to go to. The
// errors are NotFound "oidc.unknown", Forbidden "oidc.level.none" where the
// provider cannot prove the level, and Unavailable "oidc.down".
func (s *Service) Start(ctx context.Context, name string, w Wish) (address string, err error) {
	defer errs.Wrap(&err, "oidc.Start(%q)", name)
	p, err := s.provider(name)
	if err != nil {
		return "", err
	}
	w.Level = max(w.Level, p.Level)
	if w.Level > p.best() {
		return "", errs.New(errs.Forbidden, "oidc.level.none", errs.Args{"provider": p.label()})
	}
	m, err := p.ask(ctx)
	if err != nil {
		return "", err
	}
	f := flow{
		ID: s.IDs(), Provider: p.Name, Issuer: p.Issuer, Browser: w.Browser, Nonce: newSecret(), Verifier: oauth2.GenerateVerifier(),
		Next: identity.Back(w.Next), Level: w.Level, Started: clock.Micros(s.Clock.Now()), Anew: w.Anew, Person: w.Person, Connect: w.Connect, Lang: w.Lang,
	}
	state := newSecret()
	request := p.request(f, state, w.Lang)
	address, evidence, err := s.addressOf(ctx, p, m, request)
	if err != nil {
		return "", err
	}
	return address, s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.keep(ctx, tx, ticketFlow, state, flowLife, f); err != nil {
			return err
		}
		return s.note(ctx, tx, p, f.ID, "request", evidence)
	})
}

// request is what is asked of a provider, as the parameters of the authorization
// endpoint.
func (p *provider) request(f flow, state, lang string) map[string]any {
	r := map[string]any{
		"client_id": p.ClientID, "response_type": "code", "redirect_uri": p.back, "scope": strings.Join(p.profile.Scopes, " "),
		"state": state, "nonce": f.Nonce, "ui_locales": lang,
		"code_challenge": oauth2.S256ChallengeFromVerifier(f.Verifier), "code_challenge_method": "S256",
	}
	if acr := p.profile.Ask[f.Level]; acr != "" {
		r["acr_values"] = acr
	}
	prompt := p.profile.Prompt
	if f.Anew || f.Level > identity.LevelLow && p.profile.Strict {
		prompt = p.profile.PromptAnew
	}
	if prompt != "" {
		r["prompt"] = prompt
	}
	if f.Anew && !p.profile.Strict {
		r["max_age"] = 0
	}
	if p.profile.Keyed {
		wanted := map[string]any{}
		for what, claim := range p.profile.Claims {
			if wanted[claim] = map[string]bool{"essential": true}; what == claimEmail || what == claimVerified {
				wanted[claim] = nil
			}
		}
		r["claims"] = map[string]any{"userinfo": wanted}
	}
	return r
}

// addressOf is where a request is made, and what is kept of it. A signed request
// has in the open what the rules of SPID want there, and nothing else.
func (s *Service) addressOf(ctx context.Context, p *provider, m *metadata, request map[string]any) (address string, evidence map[string]any, err error) {
	q := url.Values{}
	evidence = map[string]any{"client_id": request["client_id"], "acr_values": request["acr_values"], "scope": request["scope"], "redirect_uri": request["redirect_uri"]}
	open := func(name string) { q.Set(name, fmt.Sprint(request[name])) }
	if p.profile.Keyed {
		now := s.Clock.Now()
		object := over(request, map[string]any{
			"iss": p.ClientID, "aud": []string{p.Issuer}, "iat": now.Unix(), "exp": now.Add(requestLife).Unix(), "jti": newSecret(),
		})
		signed, err := s.sign(ctx, keySign, "", object)
		if err != nil {
			return "", nil, err
		}
		q.Set("request", signed)
		evidence = map[string]any{"request": signed}
		for _, name := range []string{"client_id", "response_type", "scope", "code_challenge", "code_challenge_method"} {
			open(name)
		}
	} else {
		for name := range request {
			open(name)
		}
	}
	join := "?"
	if strings.Contains(m.AuthURL, "?") {
		join = "&"
	}
	return m.AuthURL + join + q.Encode(), evidence, nil
}
