package oidc

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"polis/internal/platform/errs"
)

// statementLife is how long what we say of ourselves holds.
const statementLife = 48 * time.Hour

// federated is the id by which the federation knows us; NotFound where it does
// not.
func (s *Service) federated() (string, error) {
	i := slices.IndexFunc(s.providers, func(p *provider) bool { return p.profile.Keyed })
	if i < 0 || s.Config.Federation == nil {
		return "", errs.New(errs.NotFound, "oidc.unknown", nil)
	}
	return s.providers[i].ClientID, nil
}

// serveStatement serves who we are to the federation (OpenID Federation 1.0, in
// the form of SPID and CIE): our entity configuration, signed with a key of its
// own.
func (h *pages) serveStatement(w http.ResponseWriter, r *http.Request) error {
	id, err := h.federated()
	if err != nil {
		return err
	}
	fed, err := h.publicKeys(r.Context(), keyFed)
	if err != nil {
		return err
	}
	metadata, err := h.metadata(r.Context(), id)
	if err != nil {
		return err
	}
	return h.serveSigned(w, r, "entity-statement+jwt", id, map[string]any{
		"jwks": fed, "authority_hints": h.Config.Federation.AuthorityHints, "trust_marks": h.marks(), "metadata": metadata,
	})
}

// serveResolved answers what we know of a member of the federation: of ourselves.
func (h *pages) serveResolved(w http.ResponseWriter, r *http.Request) error {
	id, err := h.federated()
	if err != nil {
		return err
	}
	if r.URL.Query().Get("sub") != id {
		return errs.New(errs.NotFound, "oidc.unknown", nil)
	}
	metadata, err := h.metadata(r.Context(), id)
	if err != nil {
		return err
	}
	return h.serveSigned(w, r, "resolve-response+jwt", id, map[string]any{"trust_marks": h.marks(), "metadata": metadata})
}

func (s *Service) serveSigned(w http.ResponseWriter, r *http.Request, typ, id string, claims map[string]any) error {
	now := s.Clock.Now()
	text, err := s.sign(r.Context(), keyFed, typ, over(claims, map[string]any{"iss": id, "sub": id, "iat": now.Unix(), "exp": now.Add(statementLife).Unix()}))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/"+typ)
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_, err = io.WriteString(w, text)
	return err
}

func (s *Service) marks() []TrustMark {
	return append([]TrustMark{}, s.Config.Federation.TrustMarks...)
}

// metadata is what we are as a member and as a relying party.
func (h *pages) metadata(ctx context.Context, id string) (map[string]any, error) {
	f := h.Config.Federation
	ours, err := h.publicKeys(ctx, keySign, keyEncrypt)
	if err != nil {
		return nil, err
	}
	var back []string
	for _, p := range h.providers {
		if p.profile.Keyed && p.ClientID == id {
			back = append(back, p.back)
		}
	}
	return map[string]any{
		"federation_entity": map[string]any{
			"organization_name": f.Name, "homepage_uri": cmp.Or(f.Homepage, h.URL), "policy_uri": cmp.Or(f.Policy, h.URL+"/privacy"),
			"logo_uri": cmp.Or(f.Logo, h.URL+h.ui.Asset("favicon.svg")), "contacts": f.Contacts, "federation_resolve_endpoint": h.URL + resolvePath,
		},
		"openid_relying_party": map[string]any{
			"client_id": id, "application_type": "web", "client_name": f.Name, "contacts": f.Contacts, "redirect_uris": back,
			"response_types": []string{"code"}, "grant_types": []string{"authorization_code"}, "client_registration_types": []string{"automatic"},
			"subject_type": "pairwise", "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": jose.RS256,
			"request_object_signing_alg": jose.RS256, "id_token_signed_response_alg": jose.RS256, "userinfo_signed_response_alg": jose.RS256,
			"userinfo_encrypted_response_alg": jose.RSA_OAEP_256, "userinfo_encrypted_response_enc": jose.A256CBC_HS512, "jwks": ours,
		},
	}, nil
}

// serveKeys serves our public keys, for providers that fetch them.
func (s *Service) serveKeys(w http.ResponseWriter, r *http.Request) error {
	if !s.signs() {
		return errs.New(errs.NotFound, "oidc.unknown", nil)
	}
	set, err := s.publicKeys(r.Context(), keySign, keyEncrypt)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	return json.NewEncoder(w).Encode(set)
}
