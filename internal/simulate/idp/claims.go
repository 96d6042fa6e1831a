package idp

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"time"

	"polis/internal/fiscal"
)

// attribute is where SPID and CIE keep what OpenID Connect has no name for.
const attribute = "https://attributes.eid.gov.it/"

// elsewhere is the issuer of what is said to come from another provider.
const elsewhere = "https://another-provider.example"

// ACR is the name of a level of assurance, 1 to 3.
func ACR(level int) string { return fmt.Sprintf("https://www.spid.gov.it/SpidL%d", level) }

// idTokenLife is how long an ID token holds.
const idTokenLife = 5 * time.Minute

// subject is the pairwise identifier of a person for a client.
func (g *grant) subject() string {
	sum := sha256.Sum256([]byte("polis test person\x00" + g.client.ID + "\x00" + g.person.Key))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// atHash is how an ID token names the access token beside it.
func atHash(access string) string {
	sum := sha256.Sum256([]byte(access))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// idToken is the ID token of a grant, with its fault.
func (p *Provider) idToken(g *grant, access string) string {
	now := p.o.Clock.Now()
	switch g.fault {
	case Expired:
		now = now.Add(-time.Hour)
	case ClockAhead:
		now = now.Add(10 * time.Minute)
	case ClockBehind:
		now = now.Add(-10 * time.Minute)
	}
	claims := map[string]any{
		"iss": p.o.Issuer, "sub": g.subject(), "aud": g.client.ID, "jti": p.o.NewID(), "acr": ACR(g.level), "at_hash": atHash(access),
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(idTokenLife).Unix(), "auth_time": now.Unix(),
	}
	if g.nonce != "" {
		claims["nonce"] = g.nonce
	}
	switch g.fault {
	case WrongAudience:
		claims["aud"] = "https://another-client.example"
	case WrongIssuer:
		claims["iss"] = elsewhere
	case WrongNonce:
		claims["nonce"] = p.o.NewID() + p.o.NewID()
	case WrongAccessHash:
		claims["at_hash"] = atHash(p.o.NewID())
	case Replayed:
		claims["nonce"], claims["at_hash"] = p.o.NewID()+p.o.NewID(), atHash(p.o.NewID())
		return p.replay(g.client.ID, p.ring.current().sign("JWT", claims))
	}
	token := p.signed(g.fault, claims)
	if g.fault.Harmless() {
		p.mu.Lock()
		p.last[g.client.ID] = token
		p.mu.Unlock()
	}
	return token
}

// replay is the last ID token that a client got; other where it got none yet.
func (p *Provider) replay(client, other string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if last := p.last[client]; last != "" {
		return last
	}
	return other
}

// signed signs an ID token, with the fault that concerns its signature.
func (p *Provider) signed(fault Fault, claims map[string]any) string {
	switch fault {
	case Unsigned:
		return unsigned(claims)
	case PublicKeyHMAC:
		return p.ring.current().hmac(claims)
	case UnknownKey:
		return p.stray.sign("JWT", claims)
	case EmbeddedKey:
		return p.stray.signWithEmbedded(claims)
	case KeyRotated:
		p.ring.rotate()
	}
	return p.ring.current().sign("JWT", claims)
}

// facts are what the provider knows of a person, by claim.
func (g *grant) facts() map[string]any {
	x := g.person
	out := map[string]any{
		"given_name": x.Given, "family_name": x.Family, "birthdate": x.BirthDate(), "gender": map[fiscal.Sex]string{fiscal.Female: "female", fiscal.Male: "male"}[x.Sex],
		attribute + "spid_code": "TEST" + fmt.Sprintf("%010d", len(x.Key)*7919+int(x.Key[0])),
	}
	if x.Email != "" && g.fault != NoEmail {
		out["email"], out["email_verified"] = x.Email, true
	}
	if x.Place != "" {
		out["place_of_birth"] = map[string]string{"locality": x.Place}
	}
	if x.FiscalNumber != "" && g.fault != NoFiscalNumber {
		number := x.FiscalNumber
		if g.fault == BadFiscalNumber {
			number = otherLast(number)
		}
		out[attribute+"fiscal_number"] = "TINIT-" + number
	}
	return out
}

// otherLast changes the last letter of a code, which then cannot be right.
func otherLast(code string) string {
	last := byte('A')
	if code[len(code)-1] == last {
		last = 'B'
	}
	return code[:len(code)-1] + string(last)
}

// scoped are the claims that a scope stands for.
var scoped = map[string][]string{
	"profile": {"given_name", "family_name", "birthdate", "gender", attribute + "fiscal_number"},
	"email":   {"email", "email_verified"},
}

// claimNames are all claims that a client may ask for.
func claimNames() []string {
	g := &grant{choice: choice{person: People()[0]}}
	return slices.Sorted(maps.Keys(g.facts()))
}

// release is what a client learns of a person: what it asked for, by scope or by
// name.
func (g *grant) release() map[string]any {
	facts, out := g.facts(), map[string]any{"sub": g.subject()}
	give := func(name string) {
		if v, ok := facts[name]; ok {
			out[name] = v
		}
	}
	for _, scope := range g.scopes {
		for _, name := range scoped[scope] {
			give(name)
		}
	}
	for name := range g.userinfo {
		give(name)
	}
	if g.client.Profile == Generic {
		delete(out, attribute+"fiscal_number")
		if slices.Contains(g.scopes, "profile") {
			out["name"] = g.person.Given + " " + g.person.Family
			if number, ok := facts[attribute+"fiscal_number"]; ok {
				out["fiscal_number"] = number
			}
		}
	}
	return out
}
