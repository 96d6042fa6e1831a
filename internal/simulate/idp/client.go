package idp

import (
	"context"
	"slices"

	"github.com/go-jose/go-jose/v4"
)

// Profile is which rules a client follows.
type Profile string

// The profiles.
const (
	Generic Profile = "generic"  // OpenID Connect Core with PKCE
	SPIDCIE Profile = "spid-cie" // the rules of SPID and CIE, clients by federation
)

// Client is a program that asks who somebody is.
type Client struct {
	ID      string // with SPIDCIE the https (here also http) address of the client, as it writes it itself
	Profile Profile
	Secret  string // of Generic; "" where it signs assertions with Keys
	// RedirectURIs are the only addresses to which people are sent back; with
	// SPIDCIE none means those of its entity configuration.
	RedirectURIs []string
	LogoutURIs   []string // to which they are sent after signing out
	// Keys are its public keys, by use "sig" and "enc"; with SPIDCIE nil means
	// those of its entity configuration.
	Keys *jose.JSONWebKeySet
}

// registration is a client as a request is checked against.
type registration struct {
	Client
	wrap    jose.KeyAlgorithm      // of encrypted userinfo
	content jose.ContentEncryption // of encrypted userinfo
	entity  *Entity                // with SPIDCIE, where it was fetched
}

// client finds who asks by id. A client that is not registered, or whose entity
// configuration does not follow the rules, is unauthorized_client.
func (p *Provider) client(ctx context.Context, id string) (*registration, *oauthError) {
	i := slices.IndexFunc(p.o.Clients, func(c Client) bool { return c.ID == id })
	if i < 0 || id == "" {
		return nil, &oauthError{"unauthorized_client", "client_id is not registered here"}
	}
	r := &registration{Client: p.o.Clients[i], wrap: jose.RSA_OAEP_256, content: jose.A256CBC_HS512}
	if r.Profile != SPIDCIE || r.Keys != nil {
		return r, nil
	}
	if known, ok := p.entities.get(id, false); ok {
		return known, nil
	}
	entity, err := p.onboard(ctx, id)
	if err != nil {
		return nil, &oauthError{"unauthorized_client", err.Error()}
	}
	r.entity = entity
	m := entity.Metadata.RelyingParty
	r.Keys = &m.JWKS
	if r.RedirectURIs == nil {
		r.RedirectURIs = m.RedirectURIs
	}
	r.wrap, r.content = m.UserinfoAlg, m.UserinfoEnc
	p.entities.put(id, r)
	return r, nil
}

// key is the client's public key of a name and use; nil where it has none.
func (r *registration) key(kid, use string) *jose.JSONWebKey {
	if r.Keys == nil {
		return nil
	}
	for i, k := range r.Keys.Keys {
		if k.IsPublic() && k.Valid() && (k.Use == use || k.Use == "") && (k.KeyID == kid || kid == "") {
			return &r.Keys.Keys[i]
		}
	}
	return nil
}

// read takes a JWS apart that the client signed with one of its keys, which it
// names; claims is what it says.
func (r *registration) read(text string, claims any) (typ string, err *oauthError) {
	jws, bad := jose.ParseSignedCompact(text, signatures)
	if bad != nil {
		return "", &oauthError{"", "it is no JWS, or its alg is not one of RS256, RS512, ES256, ES512, PS256, PS512"}
	}
	head := jws.Signatures[0].Protected
	if head.KeyID == "" {
		return "", &oauthError{"", "its header has no kid"}
	}
	key := r.key(head.KeyID, "sig")
	if key == nil {
		return "", &oauthError{"", "its kid is no key of this client"}
	}
	data, bad := jws.Verify(key)
	if bad != nil {
		return "", &oauthError{"", "its signature does not fit the key that it names"}
	}
	typ, _ = head.ExtraHeaders[jose.HeaderType].(string)
	return typ, decodeClaims(data, claims)
}
