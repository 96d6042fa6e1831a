package proxytest

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// discovery is what the proxy says of itself.
func (p *Proxy) discovery(w http.ResponseWriter, _ *http.Request) {
	send(w, http.StatusOK, map[string]any{
		"issuer": p.Issuer, "authorization_endpoint": p.Issuer + "/authorize", "token_endpoint": p.Issuer + "/token", "userinfo_endpoint": p.Issuer + "/userinfo",
		"jwks_uri": p.Issuer + "/jwks", "response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"}, "token_endpoint_auth_methods_supported": []string{"client_secret_basic"},
		"authorization_response_iss_parameter_supported": true,
	})
}

const keyID = "proxy-1"

func (p *Proxy) jwks(w http.ResponseWriter, _ *http.Request) {
	send(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: keyID, Algorithm: "RS256", Use: "sig"}}})
}

// token gives an ID token for a code.
func (p *Proxy) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth() // encoded as in a form (RFC 6749, 2.3.1)
	if plain, err := url.QueryUnescape(secret); err != nil || id != p.ClientID || plain != p.Secret {
		send(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
		return
	}
	f := p.take(r.PostFormValue("code"))
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if f == nil || r.PostFormValue("redirect_uri") != p.Redirect || base64.RawURLEncoding.EncodeToString(sum[:]) != f.challenge {
		send(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant"})
		return
	}
	number, _ := f.claims[p.Claims["fiscalNumber"]].(string)
	family, _ := f.claims[p.Claims["familyName"]].(string)
	f.subject = pseudonym(cmp.Or(number, family))
	now := time.Now().Unix()
	token, err := p.sign(map[string]any{
		"iss": p.Issuer, "sub": f.subject, "aud": p.ClientID, "iat": now, "exp": now + 300, "auth_time": now, "nonce": f.nonce, "acr": f.acr,
	})
	if err != nil {
		send(w, http.StatusInternalServerError, map[string]string{"error": "server_error"})
		return
	}
	send(w, http.StatusOK, map[string]any{"access_token": p.keep(f), "token_type": "Bearer", "expires_in": 300, "id_token": token})
}

func (p *Proxy) sign(claims map[string]any) (string, error) {
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: p.key, KeyID: keyID}}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", err
	}
	data, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	jws, err := s.Sign(data)
	if err != nil {
		return "", err
	}
	return jws.CompactSerialize()
}

// userinfo gives the claims of a person.
func (p *Proxy) userinfo(w http.ResponseWriter, r *http.Request) {
	f := p.take(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	if f == nil {
		send(w, http.StatusUnauthorized, map[string]string{"error": "invalid_token"})
		return
	}
	out := maps.Clone(f.claims)
	out["sub"] = f.subject
	send(w, http.StatusOK, out)
}

func send(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // who hung up reads nothing
}
