package identity

import (
	"context"
	"encoding/base64"
	"net/http"
	"strconv"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/errs"
	"polis/internal/platform/web"
)

// The kinds of sessions, by how long they last; people's own are "".
const (
	kindStaff  = "staff"
	kindShared = "shared"
)

// What a session says of how it began.
const (
	keyKind    = "kind"
	keyBegan   = "began"   // µs; a new proof gives the session another row, and leaves this
	keyBrowser = "browser" // sealed with the key of its person
)

// keepShared is kept by who says, before they sign in, that others use the device.
const keepShared = "shared"

func (o SessionOptions) spans() map[string]Span {
	or := func(s, d Span) Span {
		if s == (Span{}) {
			return d
		}
		return s
	}
	people := or(o.People, Span{2 * time.Hour, 12 * time.Hour})
	return map[string]Span{"": people, kindStaff: or(o.Staff, people), kindShared: or(o.Shared, Span{2 * time.Minute, 15 * time.Minute})}
}

// visit is what a session must know of a request, and a request of its session.
type visit struct {
	w http.ResponseWriter
	r *http.Request

	expires, ends time.Time // of the session that came with it; zero where none did
	idle          time.Duration
}

type visitKey struct{}

func (s *Sessions) withVisit(w http.ResponseWriter, r *http.Request) context.Context {
	return context.WithValue(r.Context(), visitKey{}, &visit{w: w, r: r})
}

// visitFrom is nil outside Middleware.
func visitFrom(ctx context.Context) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}

type machineKey struct{}

// WithMachine is a context of a request that a device of a house makes: a is who
// acts where nobody is signed in at it. It must stand around Middleware.
func WithMachine(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, machineKey{}, a)
}

// machineFrom is the device of a request, or a visitor.
func machineFrom(ctx context.Context) Actor {
	if a, ok := ctx.Value(machineKey{}).(Actor); ok {
		return a
	}
	return Actor{Role: Visitor, Channel: ChannelWeb}
}

// Shared tells whether a request comes from a device that people share: one of a
// house, or one of which somebody said so before they signed in or by signing in.
func (s *Sessions) Shared(r *http.Request) bool {
	ctx := r.Context()
	if c, err := r.Cookie(DeviceCookie(s.manager.Cookie.Secure)); err == nil && c.Value != "" {
		return true
	}
	if _, known := ctx.Value(actorKey{}).(Actor); !known { // refused before its session was looked at
		return false
	}
	return s.manager.GetString(ctx, keyKind) == kindShared || s.Holds(ctx, keepShared) != ""
}

// Share says, before somebody signs in, whether others use the device too.
func (s *Sessions) Share(ctx context.Context, shared bool) {
	if shared {
		s.Keep(ctx, keepShared, "1")
	} else {
		s.Kept(ctx, keepShared)
	}
}

// begins is what a new session of a person says of itself; who is signed in for
// the first time in a browser is told.
func (s *Sessions) begins(ctx context.Context, p Person, proof Proof) (map[string]string, error) {
	out := map[string]string{keyBegan: strconv.FormatInt(clock.Micros(s.people.clk.Now()), 10)}
	grants, err := s.grants.Of(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	if role, _ := roleIn(grants); role != Citizen {
		out[keyKind] = kindStaff
	}
	v := visitFrom(ctx)
	if v == nil {
		return out, nil
	}
	r := v.r.WithContext(ctx) // which has the session
	shared := s.Shared(r)
	if shared {
		out[keyKind] = kindShared
	}
	browser := browserOf(r.UserAgent())
	sealed, err := s.people.Seal(ctx, p.ID, placeOfBrowser(p.ID), []byte(browser))
	if err != nil {
		return nil, err
	}
	out[keyBrowser] = base64.StdEncoding.EncodeToString(sealed)
	return out, s.recognise(ctx, v, p, NewSignIn{Browser: browser, Shared: shared, Method: proof.Method, Client: ClientName(web.ClientAddr(ctx))})
}

// becomesStaffs makes the session of somebody who was given a role after they
// signed in one that lasts as long as those of who has one; over where that is
// over by now.
func (s *Sessions) becomesStaffs(ctx context.Context) (over bool, err error) {
	s.manager.Put(ctx, keyKind, kindStaff)
	if began := s.manager.GetString(ctx, keyBegan); began != "" && !s.store.ends(began, kindStaff).After(s.people.clk.Now()) {
		return true, s.manager.Destroy(ctx)
	}
	return false, nil
}

func placeOfBrowser(person string) string { return "session.browser:" + person }

// Ending is when the session of a shared device ends by itself.
type Ending struct {
	Left time.Duration
	Last bool // no use prolongs it
	Idle time.Duration
}

// Ending tells when the session of a request ends; false where that is not soon.
func (s *Sessions) Ending(r *http.Request) (Ending, bool) {
	ctx, v := r.Context(), visitFrom(r.Context())
	if v == nil || v.ends.IsZero() || s.manager.GetString(ctx, keyPerson) == "" || s.manager.GetString(ctx, keyKind) != kindShared {
		return Ending{}, false
	}
	return Ending{v.expires.Sub(s.people.clk.Now()), !v.expires.Before(v.ends), v.idle}, true
}

// Prolong uses the session of a request: without further use it lasts as long as
// from its last one. Unauthenticated "identity.sign-in" where it is over.
func (s *Sessions) Prolong(r *http.Request) (e Ending, err error) {
	defer errs.Wrap(&err, "identity.Prolong")
	ctx, v := r.Context(), visitFrom(r.Context())
	if v == nil || v.ends.IsZero() || s.manager.GetString(ctx, keyPerson) == "" {
		return e, errs.New(errs.Unauthenticated, "identity.sign-in", nil)
	}
	now := s.people.clk.Now()
	v.expires = v.ends
	if soon := now.Add(v.idle); soon.Before(v.ends) {
		v.expires = soon
	}
	err = s.store.exec(ctx, touchSession, sessionHash(s.manager.Token(ctx)), clock.Micros(now), clock.Micros(v.expires))
	return Ending{v.expires.Sub(now), !v.expires.Before(v.ends), v.idle}, err
}

// DeviceLife is how long a browser says that it is a device of a house.
const DeviceLife = 400 * 24 * time.Hour

// DeviceCookie is the name of the cookie that says that a browser is a device of a
// house. It holds the token of the device's session; one whose time is over still
// says that people share the browser.
func DeviceCookie(secure bool) string {
	if secure {
		return "__Host-polis_device"
	}
	return "polis_device"
}
