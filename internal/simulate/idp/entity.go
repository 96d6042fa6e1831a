package idp

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Entity is what a client says of itself in a federation.
type Entity struct {
	Issuer      string             `json:"iss"`
	Subject     string             `json:"sub"`
	Issued      int64              `json:"iat"`
	Expires     int64              `json:"exp"`
	Keys        jose.JSONWebKeySet `json:"jwks"`
	Authorities []string           `json:"authority_hints"`
	TrustMarks  []struct {
		ID   string `json:"id"`
		Mark string `json:"trust_mark"`
	} `json:"trust_marks"`
	Metadata struct {
		Entity struct {
			Name     string   `json:"organization_name"`
			Homepage string   `json:"homepage_uri"`
			Policy   string   `json:"policy_uri"`
			Logo     string   `json:"logo_uri"`
			Contacts []string `json:"contacts"`
			Resolve  string   `json:"federation_resolve_endpoint"`
		} `json:"federation_entity"`
		RelyingParty RelyingParty `json:"openid_relying_party"`
	} `json:"metadata"`
}

// RelyingParty is a client as it registers itself.
type RelyingParty struct {
	ClientID      string                  `json:"client_id"`
	Type          string                  `json:"application_type"`
	Name          string                  `json:"client_name"`
	RedirectURIs  []string                `json:"redirect_uris"`
	ResponseTypes []string                `json:"response_types"`
	GrantTypes    []string                `json:"grant_types"`
	Registration  []string                `json:"client_registration_types"`
	AuthMethod    string                  `json:"token_endpoint_auth_method"`
	IDTokenAlg    jose.SignatureAlgorithm `json:"id_token_signed_response_alg"`
	UserinfoSign  jose.SignatureAlgorithm `json:"userinfo_signed_response_alg"`
	UserinfoAlg   jose.KeyAlgorithm       `json:"userinfo_encrypted_response_alg"`
	UserinfoEnc   jose.ContentEncryption  `json:"userinfo_encrypted_response_enc"`
	JWKS          jose.JSONWebKeySet      `json:"jwks"`
}

// ReadEntity reads the entity configuration of a client and checks it by the rules
// of the Italian federation; anchor is the trust anchor it must hang on, whose
// public key is key. The error says the first rule that is broken.
func ReadEntity(text, client, anchor string, key jose.JSONWebKey, now time.Time) (*Entity, error) {
	var e Entity
	jws, err := jose.ParseSignedCompact(text, signatures)
	if err != nil {
		return nil, broken("it is no JWS with an algorithm that is allowed")
	}
	head := jws.Signatures[0].Protected
	if typ, _ := head.ExtraHeaders[jose.HeaderType].(string); typ != statementType {
		return nil, broken("the header's typ must be " + statementType)
	}
	if json.Unmarshal(jws.UnsafePayloadWithoutVerification(), &e) != nil {
		return nil, broken("it is not the JSON that the rules describe")
	}
	own := e.Keys.Key(head.KeyID)
	if head.KeyID == "" || len(own) != 1 {
		return nil, broken("kid must name one of its jwks")
	}
	if _, err := jws.Verify(own[0]); err != nil {
		return nil, broken("it is not signed with its own key")
	}
	for _, check := range []func() string{
		func() string { return e.checkEnvelope(client, anchor, now) },
		func() string { return e.checkMarks(client, key, now) },
		e.checkOrganisation, e.checkParty, e.checkKeys,
	} {
		if fault := check(); fault != "" {
			return nil, broken(fault)
		}
	}
	return &e, nil
}

func broken(rule string) error { return fmt.Errorf("entity configuration of the client: %s", rule) }

func (e *Entity) checkEnvelope(client, anchor string, now time.Time) string {
	switch {
	case e.Issuer != client || e.Subject != client:
		return "iss and sub must both be the client_id, to the letter"
	case e.Issued == 0 || now.Add(skew).Before(time.Unix(e.Issued, 0)):
		return "iat is missing or lies ahead"
	case !now.Before(time.Unix(e.Expires, 0)):
		return "exp is missing or over"
	case !slices.Contains(e.Authorities, anchor):
		return "authority_hints must have the trust anchor"
	}
	return ""
}

// checkMarks wants one mark that the anchor gave this client.
func (e *Entity) checkMarks(client string, key jose.JSONWebKey, now time.Time) string {
	for _, m := range e.TrustMarks {
		jws, err := jose.ParseSignedCompact(m.Mark, signatures)
		if err != nil {
			continue
		}
		data, err := jws.Verify(key)
		if err != nil {
			continue
		}
		var in struct {
			ID, Sub string
			Exp     int64
		}
		if json.Unmarshal(data, &in) == nil && in.ID == m.ID && in.Sub == client && now.Before(time.Unix(in.Exp, 0)) {
			return ""
		}
	}
	return "trust_marks must have a mark of the trust anchor for this client"
}

func (e *Entity) checkOrganisation() string {
	o := e.Metadata.Entity
	for name, value := range map[string]string{"organization_name": o.Name} {
		if value == "" {
			return "metadata.federation_entity." + name + " is missing"
		}
	}
	for name, value := range map[string]string{"homepage_uri": o.Homepage, "policy_uri": o.Policy, "logo_uri": o.Logo, "federation_resolve_endpoint": o.Resolve} {
		if !secureAddress(value) {
			return "metadata.federation_entity." + name + " must be an https address"
		}
	}
	if len(o.Contacts) == 0 {
		return "metadata.federation_entity.contacts is missing"
	}
	return ""
}

func (e *Entity) checkParty() string {
	m := e.Metadata.RelyingParty
	switch {
	case m.ClientID != e.Subject:
		return "client_id must be sub, to the letter"
	case m.Type != "web":
		return "application_type must be web"
	case m.Name == "":
		return "client_name is missing"
	case len(m.RedirectURIs) == 0 || slices.ContainsFunc(m.RedirectURIs, func(u string) bool { return !secureAddress(u) }):
		return "redirect_uris must be https addresses"
	case !slices.Equal(m.ResponseTypes, []string{"code"}):
		return "response_types must be code alone"
	case !slices.Contains(m.GrantTypes, "authorization_code"):
		return "grant_types must have authorization_code"
	case !slices.Contains(m.Registration, "automatic"):
		return "client_registration_types must be automatic"
	case m.AuthMethod != "private_key_jwt":
		return "token_endpoint_auth_method must be private_key_jwt"
	case m.IDTokenAlg != jose.RS256 || m.UserinfoSign != jose.RS256:
		return "id_token_signed_response_alg and userinfo_signed_response_alg: this provider signs with RS256"
	case !slices.Contains(keyWrapping, m.UserinfoAlg) || m.UserinfoAlg == "":
		return "userinfo_encrypted_response_alg must be RSA-OAEP or RSA-OAEP-256"
	case !slices.Contains(contents, m.UserinfoEnc):
		return "userinfo_encrypted_response_enc must be A128CBC-HS256 or A256CBC-HS512"
	}
	return ""
}

// checkKeys wants public keys, each named by its thumbprint: one to sign, one to
// encrypt, both other than those of the federation.
func (e *Entity) checkKeys() string {
	uses, kids := map[string]int{}, map[string]bool{}
	for _, k := range e.Keys.Keys {
		kids[Thumbprint(k.Key)] = true
	}
	for _, k := range slices.Concat(e.Keys.Keys, e.Metadata.RelyingParty.JWKS.Keys) {
		if !k.Valid() || !k.IsPublic() || k.KeyID != Thumbprint(k.Key) {
			return "every key must be public, with its thumbprint (RFC 7638) as kid"
		}
	}
	for _, k := range e.Metadata.RelyingParty.JWKS.Keys {
		if kids[k.KeyID] {
			return "the keys of the federation must be others than those of openid_relying_party"
		}
		uses[k.Use]++
	}
	if uses["sig"] == 0 || uses["enc"] == 0 {
		return "openid_relying_party.jwks must have a key with use sig and one with use enc"
	}
	return ""
}

// secureAddress tells whether an address is https; on this machine http will do,
// since a demonstration has no certificate.
func secureAddress(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return false
	}
	ip, _ := netip.ParseAddr(u.Hostname())
	here := ip.IsLoopback() || u.Hostname() == "localhost" || strings.HasSuffix(u.Hostname(), ".localhost")
	return u.Scheme == "https" || u.Scheme == "http" && here
}
