package oidc

import (
	"encoding/json"
	"strings"
	"time"

	"polis/internal/fiscal"
	"polis/internal/identity"
)

// answer is what a provider has proved.
type answer struct {
	Issuer    string          `json:"issuer"`
	Subject   string          `json:"subject"`
	Facts     identity.Person `json:"facts"` // names, birth, fiscal number, address, language
	Verified  bool            `json:"verified"`
	Level     identity.Level  `json:"level"`
	Proved    time.Time       `json:"proved"`
	Assertion string          `json:"assertion"` // by which it is known, to take it once
	Until     time.Time       `json:"until"`     // until when it would be believed
}

// fiscalPrefix stands before Italian fiscal numbers (eIDAS form).
const fiscalPrefix = "TINIT-"

// read makes of an ID token and what else is known what the provider has proved.
// A fiscal number that is none is Unauthenticated "oidc.answer.bad"; other facts
// that cannot be are left out.
func (p *provider) read(said *assertion, about map[string]any) (a answer, err error) {
	get := func(what string) string {
		name := p.profile.Claims[what]
		if text := textOf(about[name]); text != "" || p.profile.Strict || name == "" {
			return text
		}
		return textOf(said.claims[name])
	}
	a = answer{Issuer: p.Issuer, Subject: said.Subject, Level: p.level(said), Proved: instant(said.Proved)}
	if said.Proved == 0 {
		a.Proved = instant(said.Issued)
	}
	if now := p.clk.Now(); a.Proved.After(now) {
		a.Proved = now
	}
	if number := get(claimFiscal); number != "" {
		plain := fiscal.Normalize(strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(number)), fiscalPrefix))
		if fiscal.Check(plain) != nil {
			return a, bad("a fiscal number that is none")
		}
		a.Facts.FiscalNumber = plain
	}
	facts := identity.Person{GivenName: get(claimGiven), FamilyName: get(claimFamily), BirthDate: get(claimBirth), Email: get(claimEmail)}
	a.Facts.GivenName, a.Facts.FamilyName = fit(identity.Person{GivenName: facts.GivenName}).GivenName, fit(identity.Person{FamilyName: facts.FamilyName}).FamilyName
	a.Facts.BirthDate, a.Facts.Email = fit(identity.Person{BirthDate: facts.BirthDate}).BirthDate, fit(identity.Person{Email: facts.Email}).Email
	a.Verified = p.profile.TrustEmail && a.Facts.Email != "" && get(claimVerified) == "true"
	if language, _, _ := strings.Cut(strings.ToLower(get(claimLanguage)), "-"); language == "en" || language == "it" {
		a.Facts.Language = language
	}
	return a, nil
}

// fit is a person with one fact, without it where it cannot be.
func fit(p identity.Person) identity.Person {
	tidy, err := p.Tidy()
	if err != nil {
		return identity.Person{}
	}
	return tidy
}

// textOf is a claim as text; "" where it is none.
func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case bool:
		if v {
			return "true"
		}
	}
	return ""
}

// level is how surely a person was known: the surest of what the profile knows of
// acr and amr.
func (p *provider) level(said *assertion) identity.Level {
	level := p.profile.Least
	var methods []string
	if err := json.Unmarshal(said.AMR, &methods); err != nil || len(methods) > 16 {
		methods = nil
	}
	if p.profile.Strict { // acr alone says it
		methods = nil
	}
	for _, value := range append(methods, said.ACR) {
		level = max(level, p.profile.Levels[value])
	}
	return min(level, p.best())
}

// evidence is what is kept of an ID token: the token where it is proof in law, and
// else what it said of itself.
func (p *provider) evidence(raw string, said *assertion) map[string]any {
	if p.profile.Keyed {
		return map[string]any{"id_token": raw}
	}
	return map[string]any{"iss": p.Issuer, "sub": said.Subject, "acr": said.ACR, "iat": said.Issued, "exp": said.Expiry, "jti": said.ID, "auth_time": said.Proved}
}
