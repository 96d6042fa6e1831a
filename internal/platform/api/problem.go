package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"polis/internal/platform/errs"
)

const problemType = "application/problem+json"

// Kinds that only HTTP has.
const (
	methodNotAllowed errs.Kind = "method-not-allowed"
	requestTimeout   errs.Kind = "request-timeout"
	uriTooLong       errs.Kind = "uri-too-long"
	unsupportedMedia errs.Kind = "unsupported-media-type"
)

var httpStatus = map[errs.Kind]int{
	methodNotAllowed: http.StatusMethodNotAllowed, requestTimeout: http.StatusRequestTimeout,
	uriTooLong: http.StatusRequestURITooLong, unsupportedMedia: http.StatusUnsupportedMediaType,
}

func statusOf(k errs.Kind) int {
	if s, ok := httpStatus[k]; ok {
		return s
	}
	return errs.Status(k)
}

// Problem is an error as a program reads it (RFC 9457). The machine-readable
// facts of the error (errs.Error.Details) stand beside these members.
type Problem struct {
	_      struct{} `additionalProperties:"true"`
	Type   string   `json:"type" doc:"Address that stands for the kind of problem" example:"/problems/conflict"`
	Title  string   `json:"title" doc:"The kind of problem, in the language of the caller"`
	Status int      `json:"status" doc:"HTTP status"`
	Detail string   `json:"detail" doc:"This problem, in the language of the caller"`
	Code   string   `json:"code" doc:"This problem, for programs; does not change" example:"booking.taken"`
	ID     string   `json:"id,omitempty" doc:"Names the request in the log of the service"`
	Errors []Fault  `json:"errors,omitempty" doc:"Inputs at fault"`

	cause *errs.Error
}

// Fault is what is wrong with one input.
type Fault struct {
	Pointer   string `json:"pointer,omitempty" doc:"Where in the body (RFC 6901)" example:"#/parts/0/count"`
	Parameter string `json:"parameter,omitempty" doc:"Which parameter of path or query"`
	Header    string `json:"header,omitempty" doc:"Which header"`
	Detail    string `json:"detail" doc:"What is wrong, in the language of the caller"`
	Code      string `json:"code" doc:"What is wrong, for programs"`
}

// Error is the cause, for the log.
func (p *Problem) Error() string { return p.cause.Error() }

// Unwrap is the cause.
func (p *Problem) Unwrap() error { return p.cause }

// GetStatus is the HTTP status (huma.StatusError).
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of a problem document (huma.ContentTypeFilter).
func (p *Problem) ContentType(string) string { return problemType }

// MarshalJSON puts the details beside the standard members, which they cannot
// replace.
func (p *Problem) MarshalJSON() ([]byte, error) {
	type plain Problem
	body, err := marshal((*plain)(p))
	if err != nil || p.cause == nil || p.cause.Details == nil || p.cause.Kind == errs.Internal {
		return body, err
	}
	facts, err := marshal(p.cause.Details)
	if err != nil {
		return nil, fmt.Errorf("details of %s: %w", p.cause.Key, err)
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(facts, &members) != nil {
		members = map[string]json.RawMessage{"details": facts}
	}
	for _, own := range []string{"type", "title", "status", "detail", "code", "id", "errors", "instance"} {
		delete(members, own)
	}
	if len(members) == 0 {
		return body, nil
	}
	more, err := json.Marshal(members)
	if err != nil {
		return nil, err
	}
	return append(append(body[:len(body)-1], ','), more[1:]...), nil
}

func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// problemOf is the problem of an error, not yet in any language.
func problemOf(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	e := errs.As(err)
	if e.Err == nil && error(e) != err { //nolint:errorlint // the very error:  keep what wraps it, for the log
		c := *e
		c.Err = err
		e = &c
	}
	return &Problem{Status: statusOf(e.Kind), cause: e}
}

// transform completes the problems that Huma is about to write.
func (a *API) transform(ctx huma.Context, _ string, v any) (any, error) {
	if p, ok := v.(*Problem); ok {
		r, w := humago.Unwrap(ctx)
		a.complete(p, w.Header(), r, ctx.Operation().RequestBody != nil)
	}
	return v, nil
}

// Error answers with an error; for handlers beside Huma's.
func (a *API) Error(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	a.complete(p, w.Header(), r, false)
	w.Header().Set("Content-Type", problemType)
	body, err := json.Marshal(p)
	if err != nil { // details that JSON cannot carry
		p.cause = errs.New(p.cause.Kind, p.cause.Key, nil)
		body, _ = json.Marshal(p)
	}
	w.WriteHeader(p.Status)
	_, _ = w.Write(body) // the client may be gone; nothing to do about it
}

// complete gives a problem its words and its headers, and logs what is our own
// fault. hasBody says that fields without a place are fields of the body.
func (a *API) complete(p *Problem, h http.Header, r *http.Request, hasBody bool) {
	h.Set("Cache-Control", "no-store")
	e, ctx := p.cause, r.Context()
	p.ID = a.opts.RequestID(ctx)
	if p.Status >= http.StatusInternalServerError && ctx.Err() != context.Canceled {
		a.opts.Log.ErrorContext(ctx, "request failed", "id", p.ID, "route", r.Pattern, "err", e)
	}
	switch e.Kind {
	case errs.Unauthenticated:
		challenge := `Bearer realm="polis"`
		if r.Header.Get("Authorization") != "" {
			challenge += `, error="invalid_token"`
		}
		h.Set("WWW-Authenticate", challenge)
	case errs.TooMany, errs.Unavailable:
		if h.Get("Retry-After") == "" {
			h.Set("Retry-After", "1")
		}
	}
	lang := a.opts.Language(r)
	h.Set("Content-Language", lang)
	h.Add("Vary", "Accept-Language")
	kind := e.Kind
	if _, own := httpStatus[kind]; !own && errs.Status(kind) == http.StatusInternalServerError {
		kind = errs.Internal
		e = errs.New(kind, "api.internal", nil)
		p.cause = e
	}
	p.Type = a.opts.Problems + string(kind)
	p.Title = a.opts.Translate(lang, "api.title."+string(kind), nil)
	p.Code = ownKey(e.Key)
	p.Detail = a.opts.Translate(lang, p.Code, e.Args)
	p.Errors = a.faults(e, lang, hasBody)
	if e.Key == keyInvalid && len(p.Errors) == 1 {
		p.Code, p.Detail = p.Errors[0].Code, p.Errors[0].Detail
	}
}

// ownKey gives the errors that errs makes by itself words that suit a program.
func ownKey(key string) string {
	switch key {
	case "error.unavailable", "error.internal":
		return "api." + strings.TrimPrefix(key, "error.")
	}
	return key
}

// maxFaults is how many inputs at fault one answer names.
const maxFaults = 20

func (a *API) faults(e *errs.Error, lang string, hasBody bool) []Fault {
	list := e.Fields
	if e.Field != "" {
		list = append([]errs.Error{*e}, list...)
	}
	var out []Fault
	for _, f := range list[:min(len(list), maxFaults)] {
		fault := Fault{Code: ownKey(f.Key), Detail: a.opts.Translate(lang, ownKey(f.Key), f.Args)}
		switch in, name, placed := strings.Cut(f.Field, placeMark); {
		case placed && in == "body", !placed && hasBody:
			if !placed {
				name = f.Field
			}
			fault.Pointer = pointer(name)
		case placed && in == "header":
			fault.Header = name
		case placed:
			fault.Parameter = name
		default:
			fault.Parameter = f.Field
		}
		out = append(out, fault)
	}
	return out
}

// pointer turns "parts[1].count" into the JSON pointer "#/parts/1/count".
func pointer(field string) string {
	if field == "" {
		return "#"
	}
	field = strings.NewReplacer("~", "~0", "/", "~1").Replace(field)
	return "#/" + strings.NewReplacer(".", "/", "[", "/", "]", "").Replace(field)
}
