package api

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"polis/internal/platform/errs"
)

// maxAddress is the longest path and query together, in bytes.
const maxAddress = 8 << 10

// clean tells whether a text may enter the program: UTF-8 without NUL, which
// PostgreSQL cannot store.
func clean(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// checkAddress refuses a path that is too long or not text.
func checkAddress(r *http.Request) error {
	if len(r.URL.Path)+len(r.URL.RawQuery) > maxAddress {
		return errs.New(uriTooLong, "api.uri_too_long", nil)
	}
	if !clean(r.URL.Path) {
		return errs.New(errs.Invalid, "api.not_text", nil)
	}
	return nil
}

// bearer reads the token of the Authorization header (RFC 6750).
func bearer(r *http.Request) (token string, given bool, err error) {
	values := r.Header["Authorization"]
	if len(values) == 0 {
		return "", false, nil
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	token = strings.TrimLeft(token, " ")
	if len(values) > 1 || !strings.EqualFold(scheme, "Bearer") || !visible(token, 1024) {
		return "", true, errs.New(errs.Unauthenticated, "api.bad_token", nil)
	}
	return token, true, nil
}

// visible tells whether a text is 1 to limit visible ASCII characters.
func visible(s string, limit int) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= limit
}

// entry is the border of one operation: what it knows how to read.
type entry struct {
	api     *API
	limit   int64 // of the body, bytes
	once    sync.Once
	query   []*huma.Param
	headers []*huma.Param
	path    []*huma.Param // those that are numbers
	json    bool          // it reads a JSON body
	body    bool          // it reads a body
	signIn  bool
}

// fill reads the operation as Huma has completed it.
func (e *entry) fill(op *huma.Operation) {
	for _, p := range op.Parameters {
		switch p.In {
		case "query":
			e.query = append(e.query, p)
		case "header":
			e.headers = append(e.headers, p)
		case "path":
			if p.Schema.Type == huma.TypeNumber {
				e.path = append(e.path, p)
			}
		}
	}
	if op.RequestBody != nil {
		e.body, e.json = true, op.RequestBody.Content["application/json"] != nil
	}
	e.signIn = len(op.Security) > 0
}

// enter is the middleware of an operation.
func (e *entry) enter(ctx huma.Context, next func(huma.Context)) {
	e.once.Do(func() { e.fill(ctx.Operation()) })
	r, w := humago.Unwrap(ctx)
	if err := e.check(w, r); err != nil {
		e.api.Error(w, r, err)
		return
	}
	if !e.body {
		next(ctx)
		return
	}
	if !e.json {
		r.Body = http.MaxBytesReader(w, r.Body, e.limit)
		next(ctx)
		return
	}
	buf := buffers.Get().(*bytes.Buffer)
	defer func() {
		if buf.Cap() <= 64<<10 {
			buf.Reset()
			buffers.Put(buf)
		}
	}()
	if err := e.readJSON(buf, r); err != nil {
		e.api.Error(w, r, err)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(buf.Bytes()))
	next(ctx)
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func (e *entry) check(w http.ResponseWriter, r *http.Request) error {
	if c, ok := w.(*call); e.signIn && (!ok || !c.signedIn) {
		return errs.New(errs.Unauthenticated, "api.sign_in", nil)
	}
	for _, p := range e.path {
		if !plainNumber(r.PathValue(p.Name)) {
			return invalid("path", p.Name, "api.number")
		}
	}
	for _, p := range e.headers {
		values := r.Header[http.CanonicalHeaderKey(p.Name)]
		switch {
		case len(values) > 1:
			return invalid("header", p.Name, "api.twice")
		case len(values) == 1 && values[0] == "":
			return invalid("header", p.Name, "api.empty")
		case len(values) == 1 && !clean(values[0]):
			return invalid("header", p.Name, "api.not_text")
		}
	}
	return e.checkQuery(r.URL.RawQuery)
}

// checkQuery refuses what is not text, and parameters that the operation does
// not know or that come twice.
func (e *entry) checkQuery(query string) error {
	var seen uint64
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		if pair == "" {
			continue
		}
		name, value, ok := strings.Cut(pair, "=")
		name, err1 := url.QueryUnescape(name)
		value, err2 := url.QueryUnescape(value)
		if err1 != nil || err2 != nil || !ok || strings.IndexByte(pair, ';') >= 0 {
			return errs.New(errs.Invalid, "api.query", nil)
		}
		if !clean(name) || !clean(value) {
			return errs.New(errs.Invalid, "api.not_text", nil)
		}
		i := e.find(name)
		if i < 0 {
			return invalid("query", name, "api.unknown_parameter")
		}
		p := e.query[i]
		if seen&(1<<i) != 0 && (p.Explode == nil || !*p.Explode) {
			return invalid("query", name, "api.twice")
		}
		seen |= 1 << i
		if p.Schema.Type == huma.TypeNumber && !plainNumber(value) {
			return invalid("query", name, "api.number")
		}
	}
	return nil
}

func (e *entry) find(name string) int {
	for i, p := range e.query {
		if p.Name == name {
			return i
		}
	}
	return -1
}

// plainNumber refuses the NaN, Inf, 0x1p-2 and 1_000 that Go can read.
func plainNumber(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E' {
			return false
		}
	}
	return true
}

// readJSON reads the body and checks what must hold before it is decoded.
func (e *entry) readJSON(buf *bytes.Buffer, r *http.Request) error {
	if err := checkContentType(r.Header); err != nil {
		return err
	}
	tooLarge := errs.New(errs.TooLarge, "api.too_large", errs.Args{"limit": e.limit})
	if r.ContentLength > e.limit {
		return tooLarge
	}
	n, err := buf.ReadFrom(io.LimitReader(r.Body, e.limit+1))
	var tooMany *http.MaxBytesError // of a limit further out
	var timeout net.Error
	switch {
	case n > e.limit, errors.As(err, &tooMany):
		return tooLarge
	case errors.As(err, &timeout) && timeout.Timeout():
		return errs.New(requestTimeout, "api.timeout", nil)
	case err != nil:
		return errs.New(errs.Invalid, "api.body_broken", nil).Because(err)
	}
	return checkJSON(buf.Bytes())
}

// checkContentType accepts JSON in UTF-8, uncompressed; also where the caller
// does not say what it sends.
func checkContentType(h http.Header) error {
	unsupported := errs.New(unsupportedMedia, "api.content_type", nil)
	if enc := h.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return unsupported
	}
	ct := h["Content-Type"]
	if len(ct) == 0 || (len(ct) == 1 && ct[0] == "application/json") {
		return nil
	}
	media, params, err := mime.ParseMediaType(ct[0])
	if len(ct) > 1 || err != nil || media != "application/json" {
		return unsupported
	}
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return unsupported
	}
	h["Content-Type"] = []string{"application/json"} // as Huma looks for it
	return nil
}
