package identity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"

	"polis/internal/platform/errs"
)

// Mandate is by what somebody acts for another person: nothing but what it
// admits, and not what that person may not do themselves.
type Mandate struct {
	ID     string
	Kind   string
	Admits []Permission
	At     Scope   // the one site at which it holds; zero = everywhere
	Via    Channel // what the journal says of the way in; "" = that of the actor
}

// Acting knows who may act for whom.
type Acting interface {
	// Act is who somebody is under a mandate; NotFound "identity.acting.over"
	// where it does not hold (any more).
	Act(ctx context.Context, self Actor, mandate string) (Actor, error)
}

// admitted tells whether an actor may do such things at all: who acts for
// another, only what the mandate admits.
func (a Actor) admitted(p Permission) bool {
	return a.By == "" || slices.Contains(a.Under.Admits, p)
}

// Within tells whether an actor may act at a site: under a mandate for one site
// there alone.
func (a Actor) Within(site string) bool {
	return a.By == "" || a.Under.At == Scope{} || a.Under.At.Covers(Site(site))
}

// CheckWithin is Within as an error: Forbidden "identity.acting.elsewhere".
func (a Actor) CheckWithin(site string) error {
	if a.Within(site) {
		return nil
	}
	return errs.New(errs.Forbidden, "identity.acting.elsewhere", nil)
}

// Agent is the id of who really acts.
func (a Actor) Agent() string {
	if a.By != "" {
		return a.By
	}
	return a.Person
}

// Party is an opaque text that tells who acts and for whom; "" where nobody is
// signed in.
func (a Actor) Party() string {
	if !a.SignedIn() {
		return ""
	}
	sum := sha256.Sum256([]byte(a.Agent() + " " + a.Person + " " + a.For.ID))
	return hex.EncodeToString(sum[:8])
}

// ChannelCounter is the way in of who acts for the citizen in front of them.
const ChannelCounter Channel = "counter"

// Belongs tells whether the actor is a member of an organisation, or its
// administrator.
func (a Actor) Belongs(organisation string) bool {
	at := Organisation(organisation)
	return slices.Contains(a.Held, Held{Member, at}) || slices.Contains(a.Held, Held{OrganisationAdmin, at})
}

// The values of a session that say for whom its person acts.
const (
	keyActing  = "acting"
	keyForName = "acting-name"
)

// ActThrough says who knows mandates, and which paths are open to who acts for
// another: nothing of the other's own pages is.
func (s *Sessions) ActThrough(a Acting, reach func(path string) bool) { s.acting, s.reach = a, reach }

// OnError says how is shown what went wrong with a session.
func (s *Sessions) OnError(show func(w http.ResponseWriter, r *http.Request, err error)) {
	s.manager.ErrorFunc = show
}

// actingFor is who somebody is in this session: themselves, under a mandate, or
// for an organisation. Where that is over the error says so once: what was asked
// for is not done as somebody else.
func (s *Sessions) actingFor(ctx context.Context, self Actor) (Actor, error) {
	kind, id, _ := strings.Cut(s.manager.GetString(ctx, keyActing), ":")
	var err error
	switch {
	case kind == "":
		return self, nil
	case kind == "organisation" && self.Belongs(id):
		self.For, self.ForName = Organisation(id), s.manager.GetString(ctx, keyForName)
		return self, nil
	case kind == "mandate" && s.acting != nil:
		var other Actor
		if other, err = s.acting.Act(ctx, self, id); err == nil {
			return other, nil
		}
	default:
		err = errActingOver()
	}
	if errs.Is(err, errs.NotFound) {
		s.ActAsSelf(ctx)
		err = errActingOver()
	}
	return self, err
}

func errActingOver() error { return errs.New(errs.Forbidden, "identity.acting.over", nil) }

// reaches refuses who acts for another what is not open to them.
func (s *Sessions) reaches(a Actor, r *http.Request) error {
	if a.By == "" || s.reach == nil || s.reach(r.URL.Path) {
		return nil
	}
	return errs.New(errs.Forbidden, "identity.acting.refused", nil)
}

// ActUnder makes the session act under a mandate, which Acting checks with every
// request. The session gets a new token.
func (s *Sessions) ActUnder(ctx context.Context, mandate string) error {
	s.manager.Put(ctx, keyActing, "mandate:"+mandate)
	return s.manager.RenewToken(ctx)
}

// ActForOrganisation makes the session act for an organisation to which its
// person belongs.
func (s *Sessions) ActForOrganisation(ctx context.Context, id, name string) error {
	s.manager.Put(ctx, keyActing, "organisation:"+id)
	s.manager.Put(ctx, keyForName, name)
	return s.manager.RenewToken(ctx)
}

// ActAsSelf makes the session that of its person alone.
func (s *Sessions) ActAsSelf(ctx context.Context) {
	s.manager.Remove(ctx, keyActing)
	s.manager.Remove(ctx, keyForName)
}
