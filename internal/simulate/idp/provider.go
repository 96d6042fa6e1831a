package idp

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/web"
)

// Options are what a provider works with.
type Options struct {
	// Issuer is its address without a slash at the end. The path of it is the
	// prefix of all its addresses: "http://127.0.0.1:8080/demo/idp".
	Issuer  string
	Clients []Client
	People  []Person    // default People()
	Clock   clock.Clock // default the machine's
	NewID   func() string
	// HTTP reaches the entity configurations of clients; default a client that
	// waits five seconds.
	HTTP *http.Client
	Keys *Keys        // default new ones
	Log  *slog.Logger // of the clients' errors; nothing of people is written
	// Wait is how Slow waits; it ends with the request at the latest.
	Wait func(ctx context.Context)
}

// Provider is an identity provider that knows test people only. It keeps what it
// must in memory, and never more than a fixed number of anything.
type Provider struct {
	o        Options
	prefix   string
	requests *shelf[request]       // shown to a person, by id
	codes    *shelf[*grant]        // by code
	access   *shelf[*grant]        // by access token
	seen     *shelf[struct{}]      // ids of assertions that were used
	entities *shelf[*registration] // clients by federation

	*Keys

	mu   sync.Mutex
	last map[string]string // the last ID token of a client, to be replayed
}

// How long things hold, and how many of them there are at most.
const (
	requestLife  = 15 * time.Minute
	codeLife     = time.Minute
	tokenLife    = 5 * time.Minute
	slowness     = 30 * time.Second
	maxRequests  = 2_000
	maxGrants    = 5_000
	maxSeen      = 50_000
	maxForm      = 32 << 10
	entityLife   = 5 * time.Minute
	maxStatement = 64 << 10
)

// New makes a provider. Its keys are made when they are first asked for.
func New(o Options) *Provider {
	if o.People == nil {
		o.People = People()
	}
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.NewID == nil {
		o.NewID = rand.Text
	}
	if o.HTTP == nil {
		o.HTTP = &http.Client{Timeout: 5 * time.Second}
	}
	if o.Keys == nil {
		o.Keys = NewKeys()
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Wait == nil {
		o.Wait = func(ctx context.Context) {
			select {
			case <-ctx.Done():
			case <-time.After(slowness):
			}
		}
	}
	p := &Provider{
		o: o, Keys: o.Keys, last: map[string]string{},
		requests: newShelf[request](o.Clock, maxRequests, requestLife),
		codes:    newShelf[*grant](o.Clock, maxGrants, codeLife),
		access:   newShelf[*grant](o.Clock, maxGrants, tokenLife),
		seen:     newShelf[struct{}](o.Clock, maxSeen, longest+2*skew),
		entities: newShelf[*registration](o.Clock, 100, entityLife),
	}
	if u, err := url.Parse(o.Issuer); err == nil {
		p.prefix = strings.TrimSuffix(u.Path, "/")
	}
	return p
}

// face is the provider as browsers meet it.
type face struct {
	*Provider
	ui *web.Renderer
}

// Register adds the addresses of the provider to a mux, all under the path of its
// issuer, and its pages to ui, which has its Words.
func (p *Provider) Register(mux *http.ServeMux, ui *web.Renderer) error {
	if err := ui.Add("idp", Pages); err != nil {
		return err
	}
	f := &face{p, ui}
	page := func(pattern string, h web.Handler) {
		method, path, _ := strings.Cut(pattern, " ")
		mux.Handle(method+" "+p.prefix+path, ui.Handle(h))
	}
	machine := func(pattern string, h func(w http.ResponseWriter, r *http.Request) *oauthError) {
		method, path, _ := strings.Cut(pattern, " ")
		mux.Handle(method+" "+p.prefix+path, p.answered(h))
	}
	page("GET /{$}", f.showFront)
	page("GET /authorize", f.authorize)
	page("POST /authorize", f.choose)
	page("GET /logout", f.logout)
	page("POST /logout", f.logout)
	machine("GET /.well-known/openid-configuration", p.discovery)
	machine("GET /jwks", p.jwks)
	machine("POST /token", p.token)
	machine("GET /userinfo", p.userinfo)
	machine("POST /userinfo", p.userinfo)
	machine("POST /revoke", p.revoke)
	machine("GET "+federationPath, p.ownStatement)
	machine("GET "+anchorPath+federationPath, p.anchorStatement)
	machine("GET "+anchorPath+"/fetch", p.subordinate)
	machine("GET "+anchorPath+"/list", p.subordinates)
	return nil
}

// answered bounds what is sent, and answers an error as RFC 6749, 5.2 has it.
func (p *Provider) answered(h func(w http.ResponseWriter, r *http.Request) *oauthError) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		w.Header().Set("Cache-Control", "no-store")
		err := h(w, r)
		if err == nil {
			return
		}
		p.o.Log.InfoContext(r.Context(), "the demonstration's identity provider refused a client", "path", r.URL.Path, "error", err.Code, "why", err.Description)
		status := http.StatusBadRequest
		switch err.Code {
		case "invalid_client":
			status = http.StatusUnauthorized
			w.Header().Set("WWW-Authenticate", `Basic realm="idp"`)
		case "invalid_token":
			status = http.StatusUnauthorized
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		case "not_found":
			status = http.StatusNotFound
		case "server_error":
			status = http.StatusInternalServerError
		}
		sendJSON(w, status, map[string]string{"error": err.Code, "error_description": err.Description})
	})
}

func sendJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // who hung up reads nothing
}

// sendText answers with a signed statement.
func sendText(w http.ResponseWriter, kind, text string) {
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write([]byte(text)) // who hung up reads nothing
}

// metadata is what the provider says of itself.
func (p *Provider) metadata() map[string]any {
	at := p.o.Issuer
	return map[string]any{
		"issuer": at, "authorization_endpoint": at + "/authorize", "token_endpoint": at + "/token", "userinfo_endpoint": at + "/userinfo",
		"revocation_endpoint": at + "/revoke", "end_session_endpoint": at + "/logout", "jwks_uri": at + "/jwks",
		"response_types_supported": []string{"code"}, "response_modes_supported": []string{"query"}, "grant_types_supported": []string{"authorization_code"},
		"scopes_supported": knownScope, "subject_types_supported": []string{"pairwise"},
		"acr_values_supported":             []string{ACR(1), ACR(2), ACR(3)},
		"code_challenge_methods_supported": []string{"S256"},
		"claims_supported":                 claimNames(), "claims_parameter_supported": true,
		"request_parameter_supported": true, "request_uri_parameter_supported": false,
		"authorization_response_iss_parameter_supported":   true,
		"id_token_signing_alg_values_supported":            []string{"RS256"},
		"userinfo_signing_alg_values_supported":            []string{"RS256"},
		"userinfo_encryption_alg_values_supported":         keyWrapping,
		"userinfo_encryption_enc_values_supported":         contents,
		"request_object_signing_alg_values_supported":      signatures,
		"token_endpoint_auth_methods_supported":            []string{"private_key_jwt", "client_secret_basic", "client_secret_post"},
		"token_endpoint_auth_signing_alg_values_supported": signatures,
	}
}

func (p *Provider) discovery(w http.ResponseWriter, _ *http.Request) *oauthError {
	sendJSON(w, http.StatusOK, p.metadata())
	return nil
}

func (p *Provider) jwks(w http.ResponseWriter, _ *http.Request) *oauthError {
	sendJSON(w, http.StatusOK, p.ring.published())
	return nil
}
