package identity

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"polis/internal/platform/clock"
	"polis/internal/platform/errs"
)

// SessionOptions say how sessions are kept.
type SessionOptions struct {
	Secure   bool   // the public address is https
	People   Span   // zero = 2 hours, 12 hours
	Staff    Span   // of who has a role; zero = as People
	Shared   Span   // on devices that people share; zero = 2 minutes, 15 minutes
	Passkeys string // domain at which passkeys work; "" = they do not
	// OnError shows what went wrong with the session; nil = a plain error 500.
	OnError func(w http.ResponseWriter, r *http.Request, err error)
}

// Span is how long a session lasts.
type Span struct {
	Idle time.Duration // ends after so long without use
	Life time.Duration // ends after so long in any case
}

// Sessions keeps who is signed in with which browser. The cookie lives until
// the browser is closed; it holds a random token of which we keep a hash.
type Sessions struct {
	people  *People
	grants  *Grants
	store   *sessionStore
	manager *scs.SessionManager
	cache   *actorCache[string]
	domain  string                                                       // of passkeys
	tellNew func(ctx context.Context, person string, in NewSignIn) error // nil where nobody is told
	acting  Acting                                                       // nil where nobody acts for another
	reach   func(string) bool                                            // the paths that somebody who acts for another may open
}

// NewSessions returns the sessions of a database.
func NewSessions(people *People, grants *Grants, o SessionOptions) *Sessions {
	s := &Sessions{people: people, grants: grants, cache: newActorCache[string](people.clk), domain: o.Passkeys}
	s.store = &sessionStore{db: people.db, clk: people.clk, ids: people.ids, spans: o.spans()}
	m := scs.New()
	m.Store, m.Codec = s.store, sessionCodec{}
	m.Cookie.Name, m.Cookie.Secure, m.Cookie.Persist = SessionCookie(o.Secure), o.Secure, false
	if o.OnError != nil {
		m.ErrorFunc = o.OnError
	}
	s.manager = m
	return s
}

// SessionCookie is the name of the cookie of a session.
func SessionCookie(secure bool) string {
	if secure {
		return "__Host-polis_session" // no other host or path can set it
	}
	return "polis_session"
}

// Middleware gives every request its session and its Actor. It must stand
// around everything that signs in or out, or asks for the actor of a page.
func (s *Sessions) Middleware(next http.Handler) http.Handler {
	inside := s.manager.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		actor, err := s.actor(r.Context())
		if err != nil {
			s.manager.ErrorFunc(w, r.WithContext(WithActor(r.Context(), actor)), err)
			return
		}
		if err := s.reaches(actor, r); err != nil {
			s.manager.ErrorFunc(w, r.WithContext(WithActor(r.Context(), actor)), err)
			return
		}
		next.ServeHTTP(w, r.WithContext(WithActor(r.Context(), actor)))
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inside.ServeHTTP(w, r.WithContext(s.withVisit(w, r)))
	})
}

// actor is who is signed in with the session of a context.
func (s *Sessions) actor(ctx context.Context) (_ Actor, err error) {
	defer errs.Wrap(&err, "identity.Sessions.actor")
	proof := proofIn(func(key string) string { return s.manager.GetString(ctx, key) })
	machine := machineFrom(ctx)
	if proof.Person == "" {
		return machine, nil
	}
	a, err := s.known(ctx, proof.Person)
	if err != nil || !a.SignedIn() {
		return a, err
	}
	if a.Role != Citizen && s.manager.GetString(ctx, keyKind) == "" {
		if over, err := s.becomesStaffs(ctx); over || err != nil {
			return machine, err
		}
	}
	a.Device = machine.Device
	a.Session, a.Method, a.Level, a.Proved = s.manager.GetString(ctx, keySession), proof.Method, proof.Level, proof.At
	return s.actingFor(ctx, a)
}

// known is the actor that a person is with every session.
func (s *Sessions) known(ctx context.Context, person string) (Actor, error) {
	if a, ok := s.cache.get(person); ok {
		return a, nil
	}
	read := s.people.clk.Now()
	p, err := s.people.Get(ctx, person)
	if errs.Is(err, errs.NotFound) { // forgotten since
		return Actor{Role: Visitor, Channel: ChannelWeb}, s.manager.Destroy(ctx)
	}
	if err != nil {
		return Anonymous, err
	}
	a, err := s.grants.Acting(ctx, person)
	if err != nil {
		return Anonymous, err
	}
	a.Name, a.Channel, a.Language = p.DisplayName(), ChannelWeb, p.Language
	if a.Passkey, err = s.hasPasskey(ctx, person); err != nil {
		return Anonymous, err
	}
	wishes, err := s.people.Wishes(ctx, person)
	if err != nil {
		return Anonymous, err
	}
	a.Pages = wishes.Of(PageNeeds)
	s.cache.put(person, a, read, time.Time{})
	return a, nil
}

// SignIn makes the person who was proved the one of this request's session. The
// session gets a new token, so that one planted before is worth nothing.
func (s *Sessions) SignIn(ctx context.Context, proof Proof) (err error) {
	defer errs.Wrap(&err, "identity.SignIn(%q)", proof.Person)
	p, err := s.people.Get(ctx, proof.Person)
	if err != nil {
		return err
	}
	began, err := s.begins(ctx, p, proof)
	if err != nil {
		return err
	}
	carried := map[string]string{}
	for _, key := range s.manager.Keys(ctx) {
		if name, ok := strings.CutPrefix(key, "carry."); ok {
			carried[name] = s.manager.GetString(ctx, key)
		}
	}
	if err := s.manager.Clear(ctx); err != nil {
		return err
	}
	for name, value := range carried {
		s.Keep(ctx, name, value)
	}
	s.manager.Put(ctx, keyPerson, proof.Person)
	s.manager.Put(ctx, keySession, s.people.ids())
	for key, value := range began {
		s.manager.Put(ctx, key, value)
	}
	return s.note(ctx, proof)
}

// Prove notes that the person of the session has proved anew who they are; of
// somebody else it is Forbidden "identity.forbidden". The session gets a new
// token.
func (s *Sessions) Prove(ctx context.Context, proof Proof) (err error) {
	defer errs.Wrap(&err, "identity.Prove(%q)", proof.Person)
	if proof.Person == "" || s.manager.GetString(ctx, keyPerson) != proof.Person {
		return errs.New(errs.Forbidden, "identity.forbidden", nil)
	}
	return s.note(ctx, proof)
}

// note keeps a proof in the session, which gets a new token.
func (s *Sessions) note(ctx context.Context, proof Proof) error {
	if proof.At.IsZero() {
		proof.At = s.people.clk.Now()
	}
	for key, value := range proof.values() {
		s.manager.Put(ctx, key, value)
	}
	return s.manager.RenewToken(ctx)
}

// Renew gives the session a new token, for when it has come to be worth more:
// one planted before does not share in it.
func (s *Sessions) Renew(ctx context.Context) error { return s.manager.RenewToken(ctx) }

// Begin signs a person in with a new session, outside Middleware: for an answer
// of pages whose sessions have another cookie.
func (s *Sessions) Begin(w http.ResponseWriter, r *http.Request, proof Proof) (err error) {
	defer errs.Wrap(&err, "identity.Begin(%q)", proof.Person)
	ctx, err := s.manager.Load(r.Context(), "")
	if err != nil {
		return err
	}
	if err := s.SignIn(ctx, proof); err != nil {
		return err
	}
	token, ends, err := s.manager.Commit(ctx)
	if err != nil {
		return err
	}
	s.manager.WriteSessionCookie(ctx, w, token, ends)
	return nil
}

// SignOut ends the session of this request.
func (s *Sessions) SignOut(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "identity.SignOut")
	return s.manager.Destroy(ctx)
}

// Keep remembers a short text in the session, for what a provider must know
// when the browser comes back. Signing in forgets it.
func (s *Sessions) Keep(ctx context.Context, key, value string) {
	s.manager.Put(ctx, "keep."+key, value)
}

// Carry is Keep for a text that the next signing in does not forget.
func (s *Sessions) Carry(ctx context.Context, key, value string) {
	s.manager.Put(ctx, "carry."+key, value)
}

// Holds is a text kept before, which stays; "" where there is none.
func (s *Sessions) Holds(ctx context.Context, key string) string {
	return s.manager.GetString(ctx, "keep."+key)
}

// Kept returns a text kept before and forgets it; "" where there is none.
func (s *Sessions) Kept(ctx context.Context, key string) string {
	return s.manager.PopString(ctx, "keep."+key)
}

// Look is what Kept returns, without forgetting it.
func (s *Sessions) Look(ctx context.Context, key string) string {
	return s.manager.GetString(ctx, "keep."+key)
}

// Fresh makes the next request of a person read anew who they are: after a
// change of name, language or role, on this replica.
func (s *Sessions) Fresh(person string) {
	s.cache.forget(func(a Actor) bool { return a.Person == person })
}

// Sweep removes the sessions whose time is over; to be run now and then.
func (s *Sessions) Sweep(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "identity.Sessions.Sweep")
	return s.store.exec(ctx, sweepSessions, clock.Micros(s.people.clk.Now()))
}
