package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"

	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/observe"
)

// Middleware wraps a handler.
type Middleware func(http.Handler) http.Handler

// Chain is what every request goes through, outermost first.
func (rd *Renderer) Chain() []Middleware {
	return []Middleware{
		rd.recoverer,   // a panic is an error page, not a cut connection
		rd.headers,     // on every answer, errors included
		rd.client,      // who calls, behind the trusted proxies
		rd.language,    // everything after it speaks to the person
		rd.border,      // NUL and broken UTF-8 go no further
		rd.crossOrigin, // acts only from our own pages
		rd.limitBody,   // nobody fills the memory
		rd.gzip,        // last, so that it sees what the pages write
	}
}

// Bare is what a request goes through that is not for a person: programs and
// monitors. They bring no cookies, and the API has a border of its own.
func (rd *Renderer) Bare() []Middleware { return []Middleware{rd.headers, rd.client} }

// Wrap puts a handler behind middleware, the first outermost. The program
// calls it once:
//
//	handler := metrics.Middleware(web.Wrap(ui.Mux(mux), ui.Chain()...))
//
// Outside stands the counting of platform/observe, which also gives each
// request its id.
func Wrap(h http.Handler, chain ...Middleware) http.Handler {
	for i := len(chain) - 1; i >= 0; i-- {
		h = chain[i](h)
	}
	return h
}

type contextKey int

const (
	keyClient contextKey = iota
	keySecure
	keyPrinter
)

// started notes whether an answer has begun.
type started struct {
	http.ResponseWriter
	begun bool
}

func (s *started) WriteHeader(status int) {
	s.begun = s.begun || status >= 200
	s.ResponseWriter.WriteHeader(status)
}

func (s *started) Write(b []byte) (int, error) {
	s.begun = true
	return s.ResponseWriter.Write(b)
}

func (s *started) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func (rd *Renderer) recoverer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := &started{ResponseWriter: w}
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			err := fmt.Errorf("panic: %v\n%s", v, debug.Stack())
			if s.begun { // too late for a page: the client must see that the answer is cut
				rd.cfg.Log.ErrorContext(r.Context(), "panic after the answer began", "id", observe.RequestID(r.Context()), "err", err)
				panic(http.ErrAbortHandler)
			}
			rd.Error(w, r, err)
		}()
		next.ServeHTTP(s, r)
	})
}

// contentPolicy forbids everything but our own files: no inline script or
// style, no other origin, no framing.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func (rd *Renderer) secure() bool {
	return rd.cfg.PublicURL != nil && rd.cfg.PublicURL.Scheme == "https"
}

func (rd *Renderer) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if rd.secure() {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		next.ServeHTTP(w, r)
	})
}

// ClientAddr is the address of who calls: of the connection, or behind
// trusted proxies the last one that they name. Invalid outside the chain.
func ClientAddr(ctx context.Context) netip.Addr {
	a, _ := ctx.Value(keyClient).(netip.Addr)
	return a
}

func (rd *Renderer) client(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := context.WithValue(r.Context(), keyClient, clientAddr(r, rd.cfg.Trusted))
		ctx = context.WithValue(ctx, keySecure, secure(r, rd.cfg.Trusted))
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// Secure tells whether who calls came by HTTPS: to this program, or to a trusted
// proxy that says so. False outside the chain.
func Secure(ctx context.Context) bool {
	is, _ := ctx.Value(keySecure).(bool)
	return is
}

func secure(r *http.Request, trusted []netip.Prefix) bool {
	from, _ := netip.ParseAddrPort(r.RemoteAddr)
	return r.TLS != nil || within(trusted, from.Addr().Unmap()) && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// clientAddr walks X-Forwarded-For from the nearest proxy outwards, as long as
// each is trusted.
func clientAddr(r *http.Request, trusted []netip.Prefix) netip.Addr {
	from, _ := netip.ParseAddrPort(r.RemoteAddr)
	addr := from.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && within(trusted, addr); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		addr = hop.Unmap()
	}
	return addr
}

func within(list []netip.Prefix, addr netip.Addr) bool {
	for _, p := range list {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// LangCookie remembers the language that somebody chose.
const LangCookie = "lang"

const langDays = 365

// Printer is the printer of the request's language.
func (rd *Renderer) Printer(r *http.Request) *i18n.Printer {
	if p, ok := r.Context().Value(keyPrinter).(*i18n.Printer); ok {
		return p
	}
	var cookie string
	if c, err := r.Cookie(LangCookie); err == nil {
		cookie = c.Value
	}
	return rd.print[i18n.Negotiate(r.URL.Query().Get("lang"), cookie, r.Header.Get("Accept-Language"), rd.words.Offered()...)]
}

func (rd *Renderer) language(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := rd.Printer(r)
		if r.URL.Query().Get("lang") == string(p.Lang) {
			http.SetCookie(w, &http.Cookie{
				Name: LangCookie, Value: string(p.Lang), Path: "/", MaxAge: langDays * 24 * 3600,
				SameSite: http.SameSiteLaxMode, HttpOnly: true, Secure: rd.secure(),
			})
		}
		w.Header().Set("Content-Language", string(p.Lang))
		w.Header().Add("Vary", "Accept-Language, Cookie")
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), keyPrinter, p)))
	})
}

func (rd *Renderer) crossOrigin(next http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	if rd.cfg.PublicURL != nil {
		// The proxy may have changed Host, so that Origin no longer matches it.
		for _, host := range append([]string{rd.cfg.PublicURL.Host}, rd.cfg.Hosts...) {
			if err := guard.AddTrustedOrigin(rd.cfg.PublicURL.Scheme + "://" + host); err != nil {
				rd.cfg.Log.Error("web: public address is not an origin", "err", err)
			}
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A bearer token is never sent by a browser on its own.
		if _, any := rd.anywhere.Handler(r); any == "" && !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") {
			if err := guard.Check(r); err != nil {
				rd.Error(w, r, errs.New(errs.Forbidden, "error.cross_origin", nil).Because(err))
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// AllowOrigins lets the requests of a pattern come from pages and programs of
// anybody: where what they may do is proved by a secret in the address, and never
// by a cookie. It is called before serving.
func (rd *Renderer) AllowOrigins(pattern string) { rd.anywhere.Handle(pattern, bodyLimit(0)) }

// AllowBody lets the requests of a pattern ("POST /spazi/{code}/foto") have a
// larger body than Config.MaxBody, in bytes. It is called before serving.
func (rd *Renderer) AllowBody(pattern string, most int64) {
	rd.bodies.Handle(pattern, bodyLimit(most))
}

// bodyLimit is the limit of a pattern, kept in a mux so that patterns mean what
// they mean there.
type bodyLimit int64

func (bodyLimit) ServeHTTP(http.ResponseWriter, *http.Request) {}

func (rd *Renderer) maxBody(r *http.Request) int64 {
	h, _ := rd.bodies.Handler(r)
	if most, ok := h.(bodyLimit); ok {
		return int64(most)
	}
	return rd.cfg.MaxBody
}

func (rd *Renderer) limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, apiRoot) { // bounds each operation by itself
			next.ServeHTTP(w, r)
			return
		}
		most := rd.maxBody(r)
		if r.ContentLength > most {
			rd.Error(w, r, errs.New(errs.TooLarge, "form.too_large", nil))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
		next.ServeHTTP(w, r)
	})
}
