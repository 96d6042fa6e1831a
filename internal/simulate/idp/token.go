package idp

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// grant is what a code stands for, and later an access token.
type grant struct {
	request
	choice
	at time.Time
}

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// once reads a form in which nothing stands twice.
func once(r *http.Request) (url.Values, *oauthError) {
	if err := r.ParseForm(); err != nil {
		return nil, &oauthError{"invalid_request", "the form cannot be read, or is too large"}
	}
	for _, values := range r.PostForm {
		if len(values) > 1 {
			return nil, &oauthError{"invalid_request", "a parameter stands twice"}
		}
	}
	return r.PostForm, nil
}

// token gives an access token and an ID token for a code.
func (p *Provider) token(w http.ResponseWriter, r *http.Request) *oauthError {
	form, bad := once(r)
	if bad != nil {
		return bad
	}
	c, bad := p.authenticate(r, form)
	if bad != nil {
		return bad
	}
	if form.Get("grant_type") != "authorization_code" {
		return &oauthError{"unsupported_grant_type", "grant_type must be authorization_code"}
	}
	g, bad := p.redeem(c, form)
	if bad != nil {
		return bad
	}
	switch g.fault {
	case TokenError:
		return &oauthError{"server_error", "as it was asked for"}
	case Slow:
		p.o.Wait(r.Context())
	}
	access := p.o.NewID() + p.o.NewID()
	p.access.put(access, g)
	sendJSON(w, http.StatusOK, map[string]any{
		"access_token": access, "token_type": "Bearer", "expires_in": int(tokenLife.Seconds()), "id_token": p.idToken(g, access),
	})
	return nil
}

// redeem takes a code, which is worth nothing afterwards, whoever brought it.
func (p *Provider) redeem(c *registration, form url.Values) (*grant, *oauthError) {
	bad := func(why string) (*grant, *oauthError) { return nil, &oauthError{"invalid_grant", why} }
	g, ok := p.codes.get(form.Get("code"), true)
	if !ok {
		return bad("code is unknown, over or used")
	}
	redirect := form.Get("redirect_uri")
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	switch {
	case g.client.ID != c.ID:
		return bad("code is another client's")
	case redirect != g.redirect && (redirect != "" || c.Profile == Generic): // the Italian request has none
		return bad("redirect_uri is not the one of the request")
	case !verifier.MatchString(form.Get("code_verifier")):
		return bad("code_verifier is missing, or not as RFC 7636 wants it")
	case base64.RawURLEncoding.EncodeToString(sum[:]) != g.challenge:
		return bad("code_verifier does not fit code_challenge")
	}
	return g, nil
}

// authenticate finds out which client calls: by an assertion that it signed, with
// Generic by its secret too.
func (p *Provider) authenticate(r *http.Request, form url.Values) (*registration, *oauthError) {
	bad := func(why string) (*registration, *oauthError) { return nil, &oauthError{"invalid_client", why} }
	id, secret, basic := r.BasicAuth()
	if basic { // RFC 6749, 2.3.1: both are encoded as in a form
		var err1, err2 error
		id, err1 = url.QueryUnescape(id)
		secret, err2 = url.QueryUnescape(secret)
		if err1 != nil || err2 != nil || form.Has("client_secret") || form.Get("client_id") != "" && form.Get("client_id") != id {
			return bad("the client names itself in two ways")
		}
	} else {
		id, secret = form.Get("client_id"), form.Get("client_secret")
	}
	c, err := p.client(r.Context(), id)
	if err != nil {
		return bad(err.Description)
	}
	if form.Has("client_assertion") {
		return c, p.checkAssertion(r.Context(), c, form)
	}
	if c.Profile == SPIDCIE || c.Secret == "" {
		return bad("private_key_jwt is wanted: client_assertion is missing")
	}
	if subtle.ConstantTimeCompare([]byte(secret), []byte(c.Secret)) != 1 {
		return bad("the secret is wrong")
	}
	return c, nil
}

// checkAssertion checks a client_assertion (RFC 7523), each of which counts once.
func (p *Provider) checkAssertion(_ context.Context, c *registration, form url.Values) *oauthError {
	bad := func(why string) *oauthError { return &oauthError{"invalid_client", "client_assertion: " + why} }
	if form.Get("client_assertion_type") != assertionType {
		return bad("client_assertion_type must be " + assertionType)
	}
	var in struct {
		Issuer   string   `json:"iss"`
		Subject  string   `json:"sub"`
		Audience audience `json:"aud"`
		Issued   int64    `json:"iat"`
		Expires  int64    `json:"exp"`
		ID       string   `json:"jti"`
	}
	if _, err := c.read(form.Get("client_assertion"), &in); err != nil {
		return bad(err.Description)
	}
	now := p.o.Clock.Now()
	endpoint := p.o.Issuer + "/token"
	switch {
	case in.Issuer != c.ID || in.Subject != c.ID:
		return bad("iss and sub must both be the client_id")
	case !slices.Contains(in.Audience, endpoint) && (c.Profile == SPIDCIE || !slices.Contains(in.Audience, p.o.Issuer)):
		return bad("aud must be the address of the token endpoint")
	case in.ID == "" || len(in.ID) > 200:
		return bad("jti is missing")
	case in.Issued == 0 || in.Expires == 0:
		return bad("iat or exp is missing")
	case now.Add(skew).Before(time.Unix(in.Issued, 0)):
		return bad("iat lies ahead")
	case !now.Add(-skew).Before(time.Unix(in.Expires, 0)):
		return bad("exp is over")
	case time.Duration(in.Expires-in.Issued)*time.Second > longest:
		return bad("exp is more than ten minutes after iat")
	case !p.seen.put(c.ID+"\x00"+in.ID, struct{}{}):
		return bad("jti was used before")
	}
	return nil
}

// revoke ends an access token (RFC 7009). A token that is none is no error.
func (p *Provider) revoke(w http.ResponseWriter, r *http.Request) *oauthError {
	form, bad := once(r)
	if bad != nil {
		return bad
	}
	c, bad := p.authenticate(r, form)
	if bad != nil {
		return bad
	}
	if !form.Has("token") {
		return &oauthError{"invalid_request", "token is missing"}
	}
	if g, ok := p.access.get(form.Get("token"), false); ok && g.client.ID == c.ID {
		p.access.get(form.Get("token"), true)
	}
	w.WriteHeader(http.StatusOK)
	return nil
}
