package identity

import (
	"cmp"
	"context"
	"time"

	"polis/internal/journal"
	"polis/internal/platform/errs"
)

// Channel is the way in by which a request came.
type Channel string

// The channels.
const (
	ChannelWeb Channel = "web" // pages
	ChannelAPI Channel = "api" // programs
)

// Actor is who acts in a request. Its slices are shared between requests and
// must not be changed.
type Actor struct {
	Person    string   // id; "" where nobody is signed in
	Name      string   // short form for display, e.g. "Maria R."
	Role      Role     // the highest of those in which they act
	Scope     Scope    // what that role is for
	Held      []Held   // all roles in which they act, the highest too; may be empty for a citizen
	Groups    []string // ids of the groups they belong to, sorted
	Channel   Channel
	Session   string    // id of the session of their browser; "" otherwise
	Token     string    // id of the token they came with; "" otherwise
	Device    string    // id of the device at which they act, or which acts itself; "" otherwise
	Method    string    // how they proved who they are: "code", "passkey", "oidc:NAME", …; "" for programs
	Level     Level     // how surely
	Proved    time.Time // when last
	Passkey   bool      // they have a passkey
	By        string    // id of who acts for Person; "" where that is Person
	ByName    string    // short form of their name
	ByRole    Role      // the highest in which they act
	Under     Mandate   // by what they act for Person
	For       Scope     // organisation for which they act; zero where there is none
	ForName   string    // its name
	Unlimited bool      // fair use does not bind them (load tests of a demonstration)
	Language  string    // "it" or "en", as the person chose
	Pages     []Need    // what they need of the pages

	inside []func(Scope) bool // for each of Held what lies inside its scope; nil where no role needs it
	only   []Permission       // those to which their token was narrowed; nil where it was not
}

// Anonymous is the actor where nobody is signed in.
var Anonymous = Actor{Role: Visitor}

// SignedIn tells whether the actor is a known person.
func (a Actor) SignedIn() bool { return a.Person != "" }

// known tells whether somebody or something acts who can have a scope: a person,
// or a device that acts for nobody.
func (a Actor) known() bool { return a.Person != "" || a.Device != "" }

// Check returns nil where the actor may, and otherwise the error for the
// caller: Unauthenticated where signing in could help, Forbidden where not.
func (a Actor) Check(p Permission, at Scope) error {
	switch {
	case a.May(p, at):
		return nil
	case !a.SignedIn():
		return errs.New(errs.Unauthenticated, "identity.sign-in", nil)
	case a.By != "":
		return errs.New(errs.Forbidden, "identity.acting.refused", nil)
	}
	return errs.New(errs.Forbidden, "identity.forbidden", nil)
}

// CheckSomewhere is Check for what shows, of all scopes, those at which the
// actor may.
func (a Actor) CheckSomewhere(p Permission) error {
	switch {
	case a.MaySomewhere(p):
		return nil
	case !a.SignedIn():
		return errs.New(errs.Unauthenticated, "identity.sign-in", nil)
	}
	return errs.New(errs.Forbidden, "identity.forbidden", nil)
}

type actorKey struct{}

// WithActor puts the actor of a request into its context, in which all acts are
// then theirs.
func WithActor(ctx context.Context, a Actor) context.Context {
	return journal.WithBy(context.WithValue(ctx, actorKey{}, a), a.by())
}

// by is what the journal records of who acts.
func (a Actor) by() journal.By {
	by := journal.By{Person: a.Person, Role: string(a.Role), Desk: a.Device, Channel: string(a.Channel), Level: int(a.Level)}
	switch {
	case a.By != "":
		by.Person, by.Role, by.For = a.By, cmp.Or(string(a.ByRole), by.Role), a.Person
		by.Desk = cmp.Or(by.Desk, a.Under.At.ID)
		by.Channel = cmp.Or(string(a.Under.Via), by.Channel)
	case a.For != Scope{}:
		by.For = a.For.ID
	}
	return by
}

// ActorFrom is the actor of a context, Anonymous where there is none.
func ActorFrom(ctx context.Context) Actor {
	if a, ok := ctx.Value(actorKey{}).(Actor); ok {
		return a
	}
	return Anonymous
}
