package idp

import (
	"context"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// oauthError is an error as RFC 6749 names it, with words for who writes clients.
// It holds nothing of what was sent.
type oauthError struct{ Code, Description string }

func (e *oauthError) Error() string { return e.Code + ": " + e.Description }

// request is what a client asks for, after everything was checked.
type request struct {
	client    *registration
	redirect  string
	state     string
	nonce     string
	challenge string
	scopes    []string
	least     int                        // level that will do, 1 to 3
	userinfo  map[string]json.RawMessage // claims asked for by the parameter claims
}

// asked is an authorization request: of the parameters, or of the request object.
type asked struct {
	Issuer       string   `json:"iss"`
	Audience     audience `json:"aud"`
	Issued       int64    `json:"iat"`
	Expires      int64    `json:"exp"`
	ClientID     string   `json:"client_id"`
	ResponseType string   `json:"response_type"`
	RedirectURI  string   `json:"redirect_uri"`
	Scope        string   `json:"scope"`
	State        string   `json:"state"`
	Nonce        string   `json:"nonce"`
	Prompt       string   `json:"prompt"`
	ACR          string   `json:"acr_values"`
	Challenge    string   `json:"code_challenge"`
	Method       string   `json:"code_challenge_method"`
	Claims       struct {
		Userinfo map[string]json.RawMessage `json:"userinfo"`
		IDToken  map[string]json.RawMessage `json:"id_token"`
	} `json:"claims"`
}

// audience is one address or several.
type audience []string

func (a *audience) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(a))
}

func decodeClaims(data []byte, claims any) *oauthError {
	if json.Unmarshal(data, claims) != nil {
		return &oauthError{"", "what it says is not the JSON that the rules describe"}
	}
	return nil
}

// maxRequest bounds the parameters of a request; a request object with every claim
// is about 3 kB.
const maxRequest = 16 << 10

// skew is how far a client's clock may be from ours, longest how long its signed
// statements may hold.
const (
	skew    = time.Minute
	longest = 10 * time.Minute
)

var (
	secretText = regexp.MustCompile(`^[A-Za-z0-9]{32,128}$`)     // nonce and state of SPIDCIE
	s256       = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)       // a challenge
	verifier   = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`) // RFC 7636, 4.1
	levels     = regexp.MustCompile(`^https://www\.spid\.gov\.it/SpidL([1-3])$`)
	prompts    = []string{"consent", "consent login", "login consent"}
	knownScope = []string{"openid", "offline_access", "profile", "email"}
)

// readRequest checks a request by the rules of its client. Where the error has an
// address (back.redirect), the client is told there; elsewhere only the person,
// since nobody is sent to an address that is not registered.
func (p *Provider) readRequest(ctx context.Context, q url.Values) (back request, err *oauthError) {
	for name, values := range q {
		if len(values) > 1 {
			return back, &oauthError{"invalid_request", "a parameter stands twice"} // RFC 6749, 3.1
		}
		if name == "request_uri" {
			return back, &oauthError{"request_uri_not_supported", "send the request object by value"}
		}
	}
	if back.client, err = p.client(ctx, q.Get("client_id")); err != nil {
		return back, err
	}
	in := asked{
		ClientID: q.Get("client_id"), ResponseType: q.Get("response_type"), RedirectURI: q.Get("redirect_uri"), Scope: q.Get("scope"),
		State: q.Get("state"), Nonce: q.Get("nonce"), Prompt: q.Get("prompt"), ACR: q.Get("acr_values"),
		Challenge: q.Get("code_challenge"), Method: q.Get("code_challenge_method"),
	}
	back.answerTo(in)
	if text := q.Get("claims"); text != "" {
		if err := decodeClaims([]byte(text), &in.Claims); err != nil {
			return back, &oauthError{"invalid_request", "claims is not the JSON that the rules describe"}
		}
	}
	if object := q.Get("request"); object != "" || back.client.Profile == SPIDCIE {
		if in, err = p.readObject(back.client, object, in); err != nil {
			return back, err
		}
		back.answerTo(in)
	}
	return back, back.check(in)
}

// answerTo takes over where the client is answered, if it is registered.
func (r *request) answerTo(in asked) {
	if slices.Contains(r.client.RedirectURIs, in.RedirectURI) {
		r.redirect, r.state = in.RedirectURI, in.State
	}
}

// readObject reads the signed request object, by value. What stands beside it must
// be as it says.
func (p *Provider) readObject(c *registration, text string, outside asked) (in asked, err *oauthError) {
	bad := func(why string) *oauthError { return &oauthError{"invalid_request_object", why} }
	if text == "" {
		return in, &oauthError{"invalid_request", "request is missing: the request object must be signed and sent by value"}
	}
	typ, err := c.read(text, &in)
	now := p.o.Clock.Now()
	switch {
	case err != nil:
		return in, bad("request: " + err.Description)
	case typ != "" && !strings.EqualFold(typ, "jwt") && typ != "oauth-authz-req+jwt":
		return in, bad("request: its typ is that of something else")
	case in.Issuer != c.ID || in.ClientID != c.ID:
		return in, bad("iss and client_id must both be the client_id")
	case !slices.Contains(in.Audience, p.o.Issuer):
		return in, bad("aud is not this provider")
	case in.Issued == 0 || in.Expires == 0:
		return in, bad("iat or exp is missing")
	case now.Add(skew).Before(time.Unix(in.Issued, 0)):
		return in, bad("iat lies ahead")
	case !now.Add(-skew).Before(time.Unix(in.Expires, 0)):
		return in, bad("exp is over")
	case time.Duration(in.Expires-in.Issued)*time.Second > longest:
		return in, bad("exp is more than ten minutes after iat")
	}
	for _, pair := range [][2]string{
		{outside.ResponseType, in.ResponseType}, {outside.Scope, in.Scope}, {outside.Challenge, in.Challenge}, {outside.Method, in.Method},
	} {
		if pair[0] != pair[1] && (pair[0] != "" || c.Profile == SPIDCIE) {
			return in, &oauthError{"invalid_request", "response_type, scope, code_challenge and code_challenge_method must stand beside the request object as in it"}
		}
	}
	return in, nil
}

// check holds a request against the rules and takes what it asks for.
func (r *request) check(in asked) *oauthError {
	bad := func(why string) *oauthError { return &oauthError{"invalid_request", why} }
	r.nonce, r.challenge, r.scopes, r.userinfo = in.Nonce, in.Challenge, strings.Fields(in.Scope), in.Claims.Userinfo
	switch {
	case in.ResponseType != "code":
		return &oauthError{"unsupported_response_type", "response_type must be code"}
	case r.redirect == "":
		return bad("redirect_uri is not registered for this client")
	case !slices.Contains(r.scopes, "openid") || slices.ContainsFunc(r.scopes, func(s string) bool { return !slices.Contains(knownScope, s) }):
		return &oauthError{"invalid_scope", "scope must have openid, and may have profile, email and offline_access"}
	case in.Method != "S256" || !s256.MatchString(in.Challenge):
		return bad("code_challenge must be there, with code_challenge_method S256")
	case in.Prompt == "none":
		return &oauthError{"login_required", "nobody is signed in here for longer than an answer"}
	case len(in.State) > 512 || len(in.Nonce) > 512:
		return bad("state or nonce is too long")
	}
	for value := range strings.FieldsSeq(in.ACR) {
		m := levels.FindStringSubmatch(value)
		if m == nil {
			return bad("acr_values must be of https://www.spid.gov.it/SpidL1 to SpidL3")
		}
		if level := int(m[1][0] - '0'); r.least == 0 || level < r.least {
			r.least = level
		}
	}
	if r.client.Profile == SPIDCIE {
		return r.checkItalian(in)
	}
	r.least = max(r.least, 1)
	return nil
}

// checkItalian are the rules that SPID and CIE add.
func (r *request) checkItalian(in asked) *oauthError {
	bad := func(why string) *oauthError { return &oauthError{"invalid_request", why} }
	switch {
	case !secretText.MatchString(in.State):
		return bad("state must have 32 letters and digits or more")
	case !secretText.MatchString(in.Nonce):
		return bad("nonce must have 32 letters and digits or more")
	case r.least == 0:
		return bad("acr_values is missing")
	case !slices.Contains(prompts, in.Prompt):
		return bad("prompt must be consent, or consent login")
	case len(in.Claims.IDToken) > 0:
		return bad("data of the person are asked for in claims.userinfo, not in the ID token")
	}
	return nil
}
