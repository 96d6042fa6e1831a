package idp

import (
	"net/http"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// userinfo gives the data of a person for an access token: JSON with Generic, a
// signed and encrypted JWT with SPIDCIE.
func (p *Provider) userinfo(w http.ResponseWriter, r *http.Request) *oauthError {
	access, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	g, known := p.access.get(access, false)
	switch {
	case !ok || !known:
		return &oauthError{"invalid_token", "the access token is missing, unknown or over"}
	case g.client.Profile == SPIDCIE && r.Method != http.MethodGet:
		return &oauthError{"invalid_request", "GET is wanted"}
	case g.fault == UserinfoError:
		return &oauthError{"server_error", "as it was asked for"}
	}
	claims := g.release()
	if g.fault == OtherSubject {
		claims["sub"] = atHash(p.o.NewID())
	}
	if g.client.Profile == Generic {
		sendJSON(w, http.StatusOK, claims)
		return nil
	}
	claims["iss"], claims["aud"] = p.o.Issuer, g.client.ID
	claims["iat"], claims["exp"] = p.o.Clock.Now().Unix(), p.o.Clock.Now().Add(tokenLife).Unix()
	if g.fault == UserinfoOfOthers {
		claims["aud"] = "https://another-client.example"
	}
	signed := p.ring.current().sign("JWT", claims)
	if g.fault != PlainUserinfo {
		var bad *oauthError
		if signed, bad = g.client.encrypt(signed); bad != nil {
			return bad
		}
	}
	sendText(w, "application/jwt", signed)
	return nil
}

// encrypt makes a JWE for a client of a signed text.
func (r *registration) encrypt(text string) (string, *oauthError) {
	key := r.key("", "enc")
	if key == nil {
		return "", &oauthError{"invalid_request", "the client has published no key to encrypt with"}
	}
	to := jose.Recipient{Algorithm: r.wrap, Key: key.Key, KeyID: key.KeyID}
	e, err := jose.NewEncrypter(r.content, to, (&jose.EncrypterOptions{}).WithContentType("JWT").WithType("JWT"))
	if err != nil {
		return "", &oauthError{"invalid_request", "the client's key does not fit its algorithms"}
	}
	jwe, err := e.Encrypt([]byte(text))
	if err == nil {
		text, err = jwe.CompactSerialize()
	}
	if err != nil {
		return "", &oauthError{"server_error", "the answer cannot be encrypted"}
	}
	return text, nil
}
