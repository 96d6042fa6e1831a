package idp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// federationPath is where an entity says what it is, after its own address;
// anchorPath is where the little trust anchor of the demonstration stands.
const (
	federationPath = "/.well-known/openid-federation"
	anchorPath     = "/anchor"
)

const (
	statementType = "entity-statement+jwt"
	statementLife = 24 * time.Hour
)

// Anchor is the address of the trust anchor that vouches for provider and clients.
func (p *Provider) Anchor() string { return p.o.Issuer + anchorPath }

// TrustMark is the mark that the anchor gives a public client, as the Italian
// federation writes them: with the claim id.
func (p *Provider) TrustMark(client string) (id, mark string) {
	return p.mark("openid_relying_party", client)
}

func (p *Provider) mark(kind, subject string) (id, mark string) {
	id = p.Anchor() + "/" + kind + "/public/"
	now := p.o.Clock.Now()
	return id, p.anchor.sign("trust-mark+jwt", map[string]any{
		"iss": p.Anchor(), "sub": subject, "id": id, "iat": now.Unix(), "exp": now.Add(365 * statementLife).Unix(), "ref": p.o.Issuer + "/",
		"logo_uri": p.o.Issuer + "/", "organization_type": "public", "id_code": map[string]string{"ipa_code": "demo"},
		"email": "demo@example.org", "organization_name": "Polis demonstration", "sa_profile": "light",
	})
}

// statement signs what an entity, or the anchor about it, says.
func (p *Provider) statement(by *signer, issuer, subject string, more map[string]any) string {
	now := p.o.Clock.Now()
	claims := map[string]any{"iss": issuer, "sub": subject, "iat": now.Unix(), "exp": now.Add(statementLife).Unix()}
	for k, v := range more {
		claims[k] = v
	}
	return by.sign(statementType, claims)
}

func keysOf(s *signer) jose.JSONWebKeySet {
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{s.public()}}
}

// ownStatement is the entity configuration of the provider.
func (p *Provider) ownStatement(w http.ResponseWriter, _ *http.Request) *oauthError {
	m := p.metadata()
	m["jwks"] = p.ring.published()
	m["client_registration_types_supported"] = []string{"automatic"}
	m["request_authentication_methods_supported"] = map[string]any{"authorization_endpoint": []string{"request_object"}}
	id, mark := p.mark("openid_provider", p.o.Issuer)
	sendText(w, "application/"+statementType, p.statement(&p.federation, p.o.Issuer, p.o.Issuer, map[string]any{
		"jwks": keysOf(&p.federation), "authority_hints": []string{p.Anchor()},
		"trust_marks": []any{map[string]string{"id": id, "trust_mark": mark}},
		"metadata": map[string]any{"openid_provider": m, "federation_entity": map[string]any{
			"organization_name": "Polis demonstration", "homepage_uri": p.o.Issuer + "/", "contacts": []string{"demo@example.org"},
		}},
	}))
	return nil
}

// anchorStatement is the entity configuration of the trust anchor.
func (p *Provider) anchorStatement(w http.ResponseWriter, _ *http.Request) *oauthError {
	sendText(w, "application/"+statementType, p.statement(&p.anchor, p.Anchor(), p.Anchor(), map[string]any{
		"jwks": keysOf(&p.anchor),
		"metadata": map[string]any{"federation_entity": map[string]any{
			"organization_name": "Polis demonstration", "federation_fetch_endpoint": p.Anchor() + "/fetch", "federation_list_endpoint": p.Anchor() + "/list",
		}},
	}))
	return nil
}

// subordinate is what the anchor says of the provider or of a registered client:
// which keys are theirs.
func (p *Provider) subordinate(w http.ResponseWriter, r *http.Request) *oauthError {
	sub := r.URL.Query().Get("sub")
	keys := keysOf(&p.federation)
	if sub != p.o.Issuer {
		c, bad := p.client(r.Context(), sub)
		if bad != nil || c.entity == nil {
			return &oauthError{"not_found", "sub is no member of this federation"}
		}
		keys = c.entity.Keys
	}
	sendText(w, "application/"+statementType, p.statement(&p.anchor, p.Anchor(), sub, map[string]any{"jwks": keys}))
	return nil
}

// subordinates lists the members.
func (p *Provider) subordinates(w http.ResponseWriter, _ *http.Request) *oauthError {
	list := []string{p.o.Issuer}
	for _, c := range p.o.Clients {
		if c.Profile == SPIDCIE {
			list = append(list, c.ID)
		}
	}
	sendJSON(w, http.StatusOK, list)
	return nil
}

// onboard fetches the entity configuration of a registered client and checks it,
// as the portal of a federation does.
func (p *Provider) onboard(ctx context.Context, client string) (*Entity, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(client, "/")+federationPath, nil)
	if err != nil {
		return nil, errors.New("client_id is no address")
	}
	res, err := p.o.HTTP.Do(req)
	if err != nil {
		return nil, errors.New("the entity configuration of the client cannot be fetched")
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxStatement))
	if err != nil || res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the entity configuration of the client answers %d", res.StatusCode)
	}
	if kind := res.Header.Get("Content-Type"); kind != "application/"+statementType {
		return nil, errors.New("the entity configuration must come as application/" + statementType)
	}
	return ReadEntity(string(data), client, p.Anchor(), p.anchor.public(), p.o.Clock.Now())
}
