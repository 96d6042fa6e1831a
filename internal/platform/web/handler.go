package web

import (
	"context"
	"net/http"
	"strings"

	"polis/internal/platform/errs"
	"polis/internal/platform/observe"
)

// Handler answers a request or returns the error that Handle shows.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Handle is the one place where an error becomes an answer: a page in the
// reader's language that says what to do next, or a problem document (RFC
// 9457) for programs.
func (rd *Renderer) Handle(h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			rd.Error(w, r, err)
		}
	})
}

// Error answers with an error. What went wrong inside is logged under an id,
// and only the id is shown.
func (rd *Renderer) Error(w http.ResponseWriter, r *http.Request, err error) {
	e := errs.As(err)
	if e.Kind == errs.Unavailable && r.Context().Err() == context.Canceled {
		w.WriteHeader(499) // the client hung up: nobody reads this, but the counters do
		return
	}
	h := w.Header()
	for _, name := range []string{"Content-Encoding", "Content-Length", "Etag", "Last-Modified", "Content-Disposition"} {
		h.Del(name)
	}
	h.Set("Cache-Control", "no-store")
	if rd.cfg.Problem != nil && WantsProblem(r) {
		rd.cfg.Problem(w, r, err)
		return
	}
	if rd.cfg.Instead != nil && rd.cfg.Instead(w, r, err) {
		return
	}
	status := statusOf(e.Kind)
	id := observe.RequestID(r.Context())
	if id == "" {
		id = rd.cfg.NewID()
	}
	if status >= 500 {
		rd.cfg.Log.ErrorContext(r.Context(), "request failed", "id", id, "method", r.Method, "route", r.Pattern, "err", err)
	}
	if status == http.StatusInternalServerError {
		e = errs.New(errs.Internal, "error.internal", nil)
	}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		if h.Get("Retry-After") == "" {
			h.Set("Retry-After", "10")
		}
	}
	rd.errorPage(w, r, e, status, id)
}

// methodNotAllowed is a kind that only HTTP has.
const methodNotAllowed errs.Kind = "method-not-allowed"

func statusOf(kind errs.Kind) int {
	if kind == methodNotAllowed {
		return http.StatusMethodNotAllowed
	}
	return errs.Status(kind)
}

func (rd *Renderer) errorPage(w http.ResponseWriter, r *http.Request, e *errs.Error, status int, id string) {
	p := rd.Printer(r)
	page := errorPage{
		Head: Head{Private: true, Title: p.T("error.kind." + string(e.Kind) + ".title")},
		Text: p.T(e.Key, e.Args), Next: p.T("error.kind." + string(e.Kind) + ".next"),
	}
	if e.Kind == errs.Unauthenticated {
		page.SignIn = rd.signIn(r)
	}
	for _, f := range e.Fields {
		page.Faults = append(page.Faults, p.T(f.Key, f.Args))
	}
	if status >= 500 {
		page.ID = id
	}
	if err := rd.Render(w, r, status, page); err != nil {
		rd.cfg.Log.ErrorContext(r.Context(), "error page failed", "id", id, "err", err)
		send(w, r, status, "text/plain; charset=utf-8", []byte(page.Title+"\n"+page.Text+"\n"))
	}
}

type errorPage struct {
	Head
	Text, Next, ID string
	Faults         []string
	SignIn         string // href, when signing in is what to do
}

func (errorPage) Template() string { return "web/error" }

// apiRoot is where programs are served.
const apiRoot = "/api/"

// WantsProblem tells whether an error is better told to a program: under /api,
// or where Accept names JSON and not HTML.
func WantsProblem(r *http.Request) bool {
	if strings.HasPrefix(r.URL.Path, apiRoot) {
		return true
	}
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "json") && !strings.Contains(accept, "text/html")
}

// Mux answers what a mux does not know with our own 404 and 405.
func (rd *Renderer) Mux(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			observe.SetRoute(r.Context(), r.Pattern)
			return
		}
		probe := probe{header: http.Header{}}
		h.ServeHTTP(&probe, r)
		if probe.status != http.StatusMethodNotAllowed {
			rd.Error(w, r, errs.New(errs.NotFound, "error.not_found", nil))
			return
		}
		w.Header().Set("Allow", probe.header.Get("Allow"))
		rd.Error(w, r, errs.New(methodNotAllowed, "error.method", nil))
	})
}

// probe learns the status that a handler would answer.
type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }
func (p *probe) WriteHeader(status int)      { p.status = status }
