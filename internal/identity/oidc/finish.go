package oidc

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// Outcome is what came of a sign-in. Of one that failed it says where to go on,
// as far as that is known.
type Outcome struct {
	Proof   identity.Proof // who it is
	Next    string
	Person  string // who had begun it signed in; "" to sign in
	Connect bool
	// Confirm is set where the answer may be somebody known: what the browser
	// remembers until a code that is mailed to Email says so. Then Proof is empty.
	Confirm string
	Email   string
	// Token is what the browser's session remembers, to give back what the provider
	// gave; "" where that is nothing.
	Token string
}

// mostParameter is how long a parameter of an answer may be.
const mostParameter = 4096

// Finish makes of the answer of a provider the person whom it proves. browser is
// the secret that Start was given: an answer counts in the browser that asked.
// Each answer counts once, on all replicas together. The errors that a person can
// cause are Unauthenticated "oidc.answer.…", Forbidden "oidc.level.…", Conflict
// "oidc.connect.…" and Unavailable "oidc.down".
func (s *Service) Finish(ctx context.Context, name, browser string, values url.Values) (out Outcome, err error) {
	defer errs.Wrap(&err, "oidc.Finish(%q)", name)
	p, err := s.provider(name)
	if err != nil {
		return out, err
	}
	for _, list := range values {
		if len(list) > 1 || len(list[0]) > mostParameter {
			return out, bad("a parameter twice, or too long")
		}
	}
	f, err := s.takeFlow(ctx, p, browser, values.Get("state"))
	if err != nil {
		return out, err
	}
	out.Next, out.Person, out.Connect = f.Next, f.Person, f.Connect
	m, err := p.ask(ctx)
	if err != nil {
		return out, err
	}
	if iss := values.Get("iss"); iss != p.Issuer && (iss != "" || m.SaysIssuer) { // RFC 9207
		return out, bad("the answer is of another issuer, or of nobody who promised to say so")
	}
	if values.Get("error") != "" {
		return out, s.refused(ctx, p, f, values)
	}
	a, token, err := s.answered(ctx, p, m, f, values.Get("code"))
	if err != nil {
		return out, err
	}
	if err := p.enough(f, a); err != nil {
		return out, err
	}
	err = s.recognise(ctx, p, f, a, &out)
	if err != nil || token == "" || m.RevocationURL == "" {
		return out, err
	}
	out.Token = newSecret()
	return out, s.DB.Write(ctx, func(tx *db.Tx) error {
		return s.keep(ctx, tx, ticketToken, out.Token, tokenLife, givenToken{p.Name, f.ID, token})
	})
}

// takeFlow uses up the sign-in that an answer names, if it began in this browser
// and at this provider.
func (s *Service) takeFlow(ctx context.Context, p *provider, browser, state string) (f flow, err error) {
	found := false
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		f = flow{}
		found, err = s.take(ctx, tx, ticketFlow, state, &f)
		return err
	})
	over := func(why string) error {
		return errs.New(errs.Unauthenticated, "oidc.answer.over", nil).Because(errors.New(why))
	}
	switch {
	case err != nil:
		return f, err
	case !found:
		return flow{}, over("no such state, or no more")
	case browser == "" || subtle.ConstantTimeCompare([]byte(f.Browser), []byte(browser)) != 1:
		return flow{}, over("the answer came to another browser")
	case f.Provider != p.Name || f.Issuer != p.Issuer:
		return flow{}, over("the answer came to the address of another provider")
	}
	return f, nil
}

// codeOfError finds the number that SPID and CIE give to what went wrong.
var codeOfError = regexp.MustCompile(`(?i)\bnr[ ]?(19|20|21|22|23|25|30)\b`)

// knownErrors are the errors of OAuth 2.0 and OpenID Connect of which a person can
// be told more than that it did not work.
var knownErrors = []string{
	"access_denied", "login_required", "interaction_required", "consent_required", "account_selection_required",
	"temporarily_unavailable", "server_error",
}

// refused tells a person why a provider has not let them in.
func (s *Service) refused(ctx context.Context, p *provider, f flow, values url.Values) error {
	code := "other"
	if said := strings.ToLower(values.Get("error")); slices.Contains(knownErrors, said) { // some write them large
		code = said
	}
	if m := codeOfError.FindStringSubmatch(values.Get("error_description") + " " + values.Get("error")); m != nil {
		code = "nr" + m[1]
	}
	if err := s.DB.Write(ctx, func(tx *db.Tx) error {
		return s.note(ctx, tx, p, f.ID, "refused", map[string]any{"error": values.Get("error"), "error_description": values.Get("error_description")})
	}); err != nil {
		return err
	}
	return errs.New(errs.Unauthenticated, "oidc.answer."+code, errs.Args{"provider": p.label()})
}

// answered fetches what a code stands for, and believes it if all fits.
func (s *Service) answered(ctx context.Context, p *provider, m *metadata, f flow, code string) (a answer, token string, err error) {
	if code == "" {
		return a, "", bad("neither code nor error")
	}
	got, err := s.exchange(ctx, p, m, f, code)
	if err != nil {
		return a, "", err
	}
	raw, _ := got.Extra("id_token").(string)
	said, err := p.verify(ctx, m, f, raw, got.AccessToken)
	if err != nil {
		return a, "", err
	}
	if f.Anew && said.Proved == 0 && !p.profile.Strict { // it was told max_age, and must say (OpenID Connect Core 1.0, 3.1.2.1)
		return a, "", errs.New(errs.Forbidden, "oidc.level.old", errs.Args{"provider": p.label()})
	}
	about, evidence, err := s.userinfo(ctx, p, m, said, got.AccessToken)
	if err != nil {
		return a, "", err
	}
	if a, err = p.read(said, about); err != nil {
		return a, "", err
	}
	a.Assertion, a.Until = p.Issuer+" "+said.once(raw), said.expiry().Add(skew)
	return a, got.AccessToken, s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.note(ctx, tx, p, f.ID, "token", p.evidence(raw, said)); err != nil || evidence == nil {
			return err
		}
		return s.note(ctx, tx, p, f.ID, "userinfo", evidence)
	})
}

// exchange gives a code for tokens.
func (s *Service) exchange(ctx context.Context, p *provider, m *metadata, f flow, code string) (*oauth2.Token, error) {
	c := oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.Secret, RedirectURL: p.back,
		Endpoint: oauth2.Endpoint{TokenURL: m.TokenURL, AuthStyle: oauth2.AuthStyleInHeader},
	}
	options := []oauth2.AuthCodeOption{oauth2.VerifierOption(f.Verifier)}
	methods := m.AuthMethods
	switch {
	case p.keyed():
		proof, err := s.clientProof(ctx, p, m.TokenURL)
		if err != nil {
			return nil, err
		}
		c.ClientSecret, c.Endpoint.AuthStyle = "", oauth2.AuthStyleInParams
		options = append(options, oauth2.SetAuthURLParam("client_assertion_type", assertionType), oauth2.SetAuthURLParam("client_assertion", proof))
	case p.Secret == "" || slices.Contains(methods, "client_secret_post"):
		c.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	got, err := c.Exchange(p.context(ctx), code, options...)
	var answered *oauth2.RetrieveError
	switch {
	case errors.As(err, &answered) && answered.Response.StatusCode < 500: // its text has the body, which may tell too much
		return nil, bad("the token endpoint refused: " + known(answered.ErrorCode) + " " + answered.Response.Status)
	case answered != nil:
		return nil, p.down(errors.New("the token endpoint: " + answered.Response.Status))
	case err != nil:
		return nil, p.down(err)
	}
	return got, nil
}

// known is an error code of OAuth, if it is one.
func known(code string) string {
	if slices.Contains([]string{"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope"}, code) {
		return code
	}
	return "error"
}

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// clientProof proves us to an endpoint (RFC 7523).
func (s *Service) clientProof(ctx context.Context, p *provider, endpoint string) (string, error) {
	now := s.Clock.Now()
	return s.sign(ctx, keySign, "", map[string]any{
		"iss": p.ClientID, "sub": p.ClientID, "aud": endpoint, "iat": now.Unix(), "exp": now.Add(requestLife).Unix(), "jti": newSecret(),
	})
}

// enough refuses who is known less surely, or was proved longer ago, than was
// asked for.
func (p *provider) enough(f flow, a answer) error {
	if a.Level < f.Level {
		return errs.New(errs.Forbidden, "oidc.level.low", errs.Args{"provider": p.label()})
	}
	if f.Anew && a.Proved.Before(f.started().Add(-skew)) {
		return errs.New(errs.Forbidden, "oidc.level.old", errs.Args{"provider": p.label()})
	}
	return nil
}
