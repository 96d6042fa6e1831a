// Package proxytest is a proxy between OpenID Connect and SAML, for tests: an
// OpenID provider to its client, a SAML service provider to an identity provider
// that speaks as those of SPID and CIE do, and that identity provider itself. Each
// listens on a loopback port of its own; requests, answers and signatures are real.
package proxytest

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/crewjam/saml"
)

// Identity is what the identity provider answers the next request with.
type Identity struct {
	Attributes map[string]string // by SAML name
	Level      string            // AuthnContextClassRef
	Refusal    string            // StatusMessage in place of an assertion: "ErrorCode nr25"
	Forged     bool              // signed with a key that is nobody's
}

// Proxy is the proxy with its identity provider.
type Proxy struct {
	Issuer   string
	ClientID string
	Secret   string
	Redirect string // the one registered address
	// Claims are the names of the claims by SAML attribute.
	Claims map[string]string

	t     testing.TB
	key   *rsa.PrivateKey // of ID tokens
	sp    *saml.ServiceProvider
	idp   *identityProvider
	mu    sync.Mutex
	flows map[string]*flow // by RelayState, code and access token
	asked []saml.AuthnRequest
}

// flow is a sign-in under way.
type flow struct {
	state, nonce, challenge string
	request                 string // id of the SAML request
	claims                  map[string]any
	subject, acr            string
}

// New starts proxy and identity provider; they end with the test.
func New(t testing.TB, clientID, secret string, claims map[string]string) *Proxy {
	t.Helper()
	p := &Proxy{ClientID: clientID, Secret: secret, Claims: claims, t: t, key: newKey(t), flows: map[string]*flow{}}
	mux := http.NewServeMux()
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	p.Issuer = srv.URL
	p.idp = newIdentityProvider(t)
	force := true
	p.sp = &saml.ServiceProvider{
		EntityID: srv.URL + "/metadata", Key: newKey(t), AcsURL: at(t, srv.URL+"/acs"), MetadataURL: at(t, srv.URL+"/metadata"),
		IDPMetadata: p.idp.Metadata(), ForceAuthn: &force, AuthnNameIDFormat: saml.TransientNameIDFormat,
	}
	p.sp.Certificate = certificate(t, p.sp.Key, srv.URL)
	p.idp.sp = p.sp.Metadata
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /acs", p.consume)
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("GET /jwks", p.jwks)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("GET /userinfo", p.userinfo)
	return p
}

// Answer sets what the identity provider answers from now on.
func (p *Proxy) Answer(x Identity) {
	p.idp.mu.Lock()
	p.idp.answer = x
	p.idp.mu.Unlock()
}

// Asked are the SAML requests that the identity provider took.
func (p *Proxy) Asked() []saml.AuthnRequest {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

func at(t testing.TB, text string) url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return *u
}

func newKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// authorize takes the request of the client and asks the identity provider.
func (p *Proxy) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("client_id") != p.ClientID || q.Get("redirect_uri") != p.Redirect || q.Get("response_type") != "code" ||
		q.Get("code_challenge_method") != "S256" || !strings.Contains(" "+q.Get("scope")+" ", " openid ") {
		http.Error(w, "the request is not as it was agreed", http.StatusBadRequest)
		return
	}
	sp := *p.sp
	if acr := q.Get("acr_values"); acr != "" {
		sp.RequestedAuthnContext = &saml.RequestedAuthnContext{Comparison: "minimum", AuthnContextClassRef: acr}
	}
	req, err := sp.MakeAuthenticationRequest(sp.GetSSOBindingLocation(saml.HTTPRedirectBinding), saml.HTTPRedirectBinding, saml.HTTPPostBinding)
	if err != nil {
		http.Error(w, "no request", http.StatusInternalServerError)
		return
	}
	relay := rand.Text()
	to, err := req.Redirect(relay, &sp)
	if err != nil {
		http.Error(w, "no request", http.StatusInternalServerError)
		return
	}
	p.mu.Lock()
	p.flows[relay] = &flow{state: q.Get("state"), nonce: q.Get("nonce"), challenge: q.Get("code_challenge"), request: req.ID}
	p.asked = append(p.asked, *req)
	p.mu.Unlock()
	http.Redirect(w, r, to.String(), http.StatusFound)
}

// take uses up what is kept under a key.
func (p *Proxy) take(key string) *flow {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.flows[key]
	delete(p.flows, key)
	return f
}

func (p *Proxy) keep(f *flow) (key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key = rand.Text()
	p.flows[key] = f
	return key
}

// consume takes the answer of the identity provider and leads back to the client.
func (p *Proxy) consume(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "no form", http.StatusBadRequest)
		return
	}
	f := p.take(r.PostForm.Get("RelayState"))
	if f == nil {
		http.Error(w, "no such request", http.StatusBadRequest)
		return
	}
	back := url.Values{"state": {f.state}, "iss": {p.Issuer}}
	assertion, err := p.sp.ParseResponse(r, []string{f.request})
	if err == nil {
		f.read(assertion, p.Claims)
		back.Set("code", p.keep(f))
	} else {
		back.Set("error", "access_denied")
		back.Set("error_description", refusal(r.PostForm.Get("SAMLResponse")))
	}
	http.Redirect(w, r, p.Redirect+"?"+back.Encode(), http.StatusFound)
}

// refusal is the StatusMessage of an answer that is no assertion.
func refusal(text string) string {
	var response saml.Response
	if err := xml.Unmarshal(decoded(text), &response); err != nil || response.Status.StatusMessage == nil {
		return "the answer of the identity provider is not believed"
	}
	return response.Status.StatusMessage.Value
}

// read makes claims of an assertion.
func (f *flow) read(a *saml.Assertion, names map[string]string) {
	f.claims = map[string]any{}
	for _, statement := range a.AttributeStatements {
		for _, x := range statement.Attributes {
			if claim := names[x.Name]; claim != "" && len(x.Values) == 1 {
				f.claims[claim] = x.Values[0].Value
			}
		}
	}
	for _, statement := range a.AuthnStatements {
		if ref := statement.AuthnContext.AuthnContextClassRef; ref != nil {
			f.acr = ref.Value
		}
	}
	if f.claims["email"] != nil {
		f.claims["email_verified"] = false
	}
}
