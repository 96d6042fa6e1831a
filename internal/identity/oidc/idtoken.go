package oidc

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/json"
	"strings"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	jose "github.com/go-jose/go-jose/v4"
)

// skew is how far the clock of a provider may be from ours.
const skew = 60 * time.Second

// mostToken is how long an ID token may be.
const mostToken = 16 << 10

// assertion is what an ID token says, as far as we look at it.
type assertion struct {
	Subject string          `json:"sub"`
	Party   string          `json:"azp"`
	ID      string          `json:"jti"`
	ACR     string          `json:"acr"`
	AMR     json.RawMessage `json:"amr"`
	Expiry  float64         `json:"exp"`
	Issued  float64         `json:"iat"`
	Before  float64         `json:"nbf"`
	Proved  float64         `json:"auth_time"`

	claims map[string]any
}

func instant(seconds float64) time.Time {
	if seconds < 0 || seconds > 1e11 { // no time of ours
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}

func (a *assertion) expiry() time.Time { return instant(a.Expiry) }

// once is what an assertion is known by, to take it once.
func (a *assertion) once(raw string) string {
	if a.ID != "" {
		return "jti " + a.ID
	}
	return "token " + raw
}

// verify believes an ID token if it is signed by the provider with an algorithm of
// the profile, for us, now, and in answer to this flow (OpenID Connect Core 1.0,
// 3.1.3.7). Otherwise it is Unauthenticated "oidc.answer.bad".
func (p *provider) verify(ctx context.Context, m *metadata, f flow, raw, accessToken string) (*assertion, error) {
	if len(raw) > mostToken {
		return nil, bad("the ID token is too large")
	}
	jws, err := jose.ParseSignedCompact(raw, p.profile.Signatures)
	if err != nil {
		return nil, bad("the ID token cannot be read, or its algorithm is none of the profile's")
	}
	if typ, _ := jws.Signatures[0].Header.ExtraHeaders[jose.HeaderType].(string); typ != "" && !strings.EqualFold(typ, "JWT") {
		return nil, bad("the token is no ID token by its type")
	}
	verifier := gooidc.NewVerifier(p.Issuer, m.keys, &gooidc.Config{
		ClientID: p.ClientID, SupportedSigningAlgs: names(p.profile.Signatures), SkipExpiryCheck: true, // looked at below, to the minute
	})
	token, err := verifier.Verify(p.context(ctx), raw)
	if err != nil {
		return nil, bad("the ID token: signature, issuer or audience") // the error may have claims in it
	}
	a := &assertion{}
	if err := token.Claims(a); err != nil {
		return nil, bad("claims of the ID token")
	}
	if a.claims, err = claimsOf(token); err != nil {
		return nil, err
	}
	now := p.clk.Now()
	switch {
	case subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(f.Nonce)) != 1:
		return nil, bad("nonce")
	case a.Party != "" && a.Party != p.ClientID, len(token.Audience) > 1 && a.Party == "":
		return nil, bad("authorised party")
	case a.Subject == "" || len(a.Subject) > 255:
		return nil, bad("subject")
	case a.Expiry == 0 || !now.Before(a.expiry().Add(skew)):
		return nil, bad("expired")
	case a.Issued == 0 || instant(a.Issued).After(now.Add(skew)), instant(a.Before).After(now.Add(skew)), instant(a.Proved).After(now.Add(skew)):
		return nil, bad("of the future")
	case instant(a.Issued).Before(f.started().Add(-skew)):
		return nil, bad("older than the question")
	case p.profile.Strict && a.ID == "":
		return nil, bad("without jti")
	case token.AccessTokenHash != "" || p.profile.Strict:
		if err := token.VerifyAccessToken(accessToken); err != nil {
			return nil, bad("at_hash")
		}
	}
	return a, nil
}

func claimsOf(token *gooidc.IDToken) (map[string]any, error) {
	var raw json.RawMessage
	if err := token.Claims(&raw); err != nil {
		return nil, bad("claims of the ID token")
	}
	return decode(raw)
}

// decode reads claims, numbers as they are written.
func decode(data []byte) (claims map[string]any, err error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&claims); err != nil {
		return nil, bad("claims that are no JSON object")
	}
	return claims, nil
}

func names(algorithms []jose.SignatureAlgorithm) (list []string) {
	for _, a := range algorithms {
		list = append(list, string(a))
	}
	return list
}
