// Package api is the ground under every operation of the JSON API: Huma on the
// standard mux, with our own border, errors and limits.
//
//	a := api.New(mux, "Polis", "1.0.0", api.Options{…})
//	api.Register(a, huma.Operation{
//		OperationID: "get-site", Method: http.MethodGet, Path: "/api/v1/sites/{id}",
//	}, func(ctx context.Context, in *struct {
//		ID string `path:"id" maxLength:"36"`
//	}) (*siteAnswer, error) { … return nil, errs.New(errs.NotFound, "site.unknown", nil) … })
//
// What holds for every operation:
//
//   - An error is a problem document (RFC 9457) in the caller's language, made
//     from errs and nothing else; it names fields, never their values.
//   - 400 is for what cannot be understood: bytes, JSON, types, ranges, unknown
//     or repeated names. 422 is for what is understood but a rule of the house
//     refuses. The schema of an operation answers 400, its service function 422.
//   - Nothing reaches an operation that is not UTF-8 without NUL, that is nested
//     deeper than 32, that names a member or a parameter twice, or one that the
//     operation does not know. Bodies end at 1 MiB.
//   - Every answer says how many requests are left (X-RateLimit-*).
package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"polis/internal/platform/clock"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/observe"
)

// The addresses that the API owns.
const (
	root     = "/api/"
	specPath = "/api/v1/openapi"
)

// Options are what the API asks of the program. Every zero value works.
type Options struct {
	// Translate is the text of a message in a language; our own words only if nil.
	Translate func(lang, key string, args errs.Args) string
	// Language of the answer's texts, "it" or "en"; from Accept-Language if nil.
	Language func(*http.Request) string
	// Authenticate turns a bearer token into a context that knows who calls, or
	// answers with an Unauthenticated error. Without it no token is accepted.
	Authenticate func(ctx context.Context, bearer string) (context.Context, error)
	// Unlimited tells whether the caller in the context is exempt from Limit.
	Unlimited func(ctx context.Context) bool
	// Client is the address of who calls; of the connection if nil.
	Client func(*http.Request) string
	// Limit of each token, and of each address without a token; 100/s, burst 200.
	Limit Quota
	// MaxBody is the largest body in bytes where the operation says nothing; 1 MiB.
	MaxBody int64
	// Problems is the address before the kind in the type of a problem; "/problems/".
	Problems string
	// RequestID names the request in the log; observe.RequestID if nil.
	RequestID func(context.Context) string
	Log       *slog.Logger
	Clock     clock.Clock
}

// API is a huma.API with a border. It is also the http.Handler of all
// addresses under /api/.
type API struct {
	huma.API
	opts    Options
	routes  *http.ServeMux
	limiter *limiter
	spec    func() (spec, error)
}

// New mounts an API without operations on mux.
func New(mux *http.ServeMux, title, version string, opts Options) *API {
	a := &API{opts: withDefaults(opts), routes: http.NewServeMux()}
	a.limiter = newLimiter(a.opts.Limit, a.opts.Clock)
	cfg := huma.DefaultConfig(title, version)
	cfg.CreateHooks = nil // no $schema member in bodies
	cfg.DocsPath, cfg.SchemasPath, cfg.OpenAPIPath = "", "", ""
	cfg.Transformers = []huma.Transformer{a.transform}
	cfg.Formats = map[string]huma.Format{"application/json": jsonFormat, problemType: jsonFormat}
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", Description: "API token"},
	}
	a.API = humago.New(a.routes, cfg)
	a.spec = sync.OnceValues(a.makeSpec)
	a.routes.HandleFunc("GET "+specPath+".json", a.serveSpec("application/openapi+json"))
	a.routes.HandleFunc("GET "+specPath+".yaml", a.serveSpec("application/openapi+yaml"))
	a.routes.HandleFunc(root, a.unknown)
	mux.Handle(root, a)
	return a
}

func withDefaults(o Options) Options {
	if o.Translate == nil {
		bundle := i18n.NewBundle()
		if err := bundle.Add(Words); err != nil {
			panic(err) // our own embedded files
		}
		o.Translate = func(lang, key string, args errs.Args) string {
			return bundle.Printer(i18n.Lang(lang), nil).T(key, args)
		}
	}
	if o.Language == nil {
		o.Language = func(r *http.Request) string {
			return string(i18n.Negotiate("", "", r.Header.Get("Accept-Language")))
		}
	}
	if o.Authenticate == nil {
		o.Authenticate = func(context.Context, string) (context.Context, error) {
			return nil, errs.New(errs.Unauthenticated, "api.bad_token", nil)
		}
	}
	if o.Unlimited == nil {
		o.Unlimited = func(context.Context) bool { return false }
	}
	if o.Client == nil {
		o.Client = func(r *http.Request) string {
			host, _, _ := net.SplitHostPort(r.RemoteAddr)
			return host
		}
	}
	if o.Limit.PerSecond == 0 {
		o.Limit = Quota{PerSecond: 100, Burst: 200}
	}
	if o.MaxBody == 0 {
		o.MaxBody = 1 << 20
	}
	if o.Problems == "" {
		o.Problems = "/problems/"
	}
	if o.RequestID == nil {
		o.RequestID = observe.RequestID
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	return o
}

// Negotiate chooses JSON, whatever the caller accepts: there is nothing else.
func (a *API) Negotiate(string) (string, error) { return "application/json", nil }

// call is one request as the border has let it in; the writer that operations
// see.
type call struct {
	http.ResponseWriter
	signedIn bool
	begun    bool // the answer
}

func (c *call) WriteHeader(status int) {
	c.begun = c.begun || status >= 200
	c.ResponseWriter.WriteHeader(status)
}

func (c *call) Write(b []byte) (int, error) {
	c.begun = true
	return c.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (c *call) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// Headers of every answer; an operation may set its own Cache-Control. Never
// changed in place.
var (
	noSniff = []string{"nosniff"}
	noStore = []string{"no-store"}
)

// ServeHTTP is the way of every request: the border, who calls, the limit, the
// operation.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{ResponseWriter: w}
	h := w.Header()
	h["X-Content-Type-Options"], h["Cache-Control"] = noSniff, noStore
	defer func() {
		observe.SetRoute(r.Context(), r.Pattern)
		if v := recover(); v != nil {
			a.panicked(c, r, v)
		}
	}()
	r, err := a.admit(c, r)
	if err != nil {
		a.Error(c, r, err)
		return
	}
	a.routes.ServeHTTP(c, r)
}

func (a *API) admit(c *call, r *http.Request) (*http.Request, error) {
	token, given, err := bearer(r)
	ctx := r.Context()
	if err == nil && given {
		if ctx, err = a.opts.Authenticate(ctx, token); err == nil {
			c.signedIn = true
			r = r.WithContext(ctx)
		}
	}
	key := a.limiter.tokenKey(token)
	if !c.signedIn { // a wrong token counts for the address: nobody guesses faster
		key = a.limiter.addressKey(a.opts.Client(r))
	}
	exempt := c.signedIn && a.opts.Unlimited(ctx)
	if lerr := a.limiter.count(c.Header(), key, exempt); lerr != nil {
		return r, lerr
	}
	if err != nil {
		return r, err
	}
	return r, checkAddress(r)
}

func (a *API) panicked(c *call, r *http.Request, v any) {
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(v)
	}
	err := fmt.Errorf("panic: %v\n%s", v, debug.Stack())
	if c.begun { // too late for a problem: the client must see that the answer is cut
		a.opts.Log.ErrorContext(r.Context(), "panic after the answer began",
			"id", a.opts.RequestID(r.Context()), "route", r.Pattern, "err", err)
		panic(http.ErrAbortHandler)
	}
	a.Error(c, r, err)
}

// unknown answers what no operation answers: 405 where another method would be
// right, 404 otherwise.
func (a *API) unknown(w http.ResponseWriter, r *http.Request) {
	var allowed string
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
		probe := &http.Request{Method: method, URL: r.URL, Host: r.Host}
		if _, pattern := a.routes.Handler(probe); pattern != root {
			if allowed != "" {
				allowed += ", "
			}
			allowed += method
		}
	}
	if allowed == "" {
		a.Error(w, r, errs.New(errs.NotFound, "api.not_found", nil))
		return
	}
	w.Header().Set("Allow", allowed)
	a.Error(w, r, errs.New(methodNotAllowed, "api.method", nil))
}

// jsonFormat reads and writes JSON. Its errors are keys of our messages.
var jsonFormat = huma.Format{
	Marshal: func(w io.Writer, v any) error {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		return enc.Encode(v)
	},
	Unmarshal: func(data []byte, v any) error {
		err := json.Unmarshal(data, v)
		var wrongType *json.UnmarshalTypeError
		var own keyError
		switch {
		case err == nil:
			return nil
		case errors.As(err, &own):
			return own
		case errors.As(err, &wrongType):
			return keyError("api.type" + argMark + wrongType.Field)
		}
		return keyError("api.json")
	},
}

type spec struct {
	json, yaml []byte
	etag       string
}

// makeSpec writes the specification once, when it is first asked for: all
// operations are registered by then.
func (a *API) makeSpec() (s spec, err error) {
	if s.json, err = json.Marshal(a.OpenAPI()); err != nil {
		return s, err
	}
	if s.yaml, err = a.OpenAPI().YAML(); err != nil {
		return s, err
	}
	s.etag = ETag(fmt.Sprintf("%08x", crc32.ChecksumIEEE(s.json)))
	return s, nil
}

func (a *API) serveSpec(contentType string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s, err := a.spec()
		if err != nil {
			a.Error(w, r, err)
			return
		}
		w.Header().Set("ETag", s.etag)
		w.Header().Set("Cache-Control", "no-cache")
		if IfNoneMatch(r.Header.Get("If-None-Match"), s.etag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Content-Type", contentType)
		body := s.json
		if contentType == "application/openapi+yaml" {
			body = s.yaml
		}
		_, _ = w.Write(body) // the client may be gone; nothing to do about it
	}
}
