package journal

import "context"

// By is who acts, and from where: what a session or a token knows of them. It
// travels in the context of a request, and every act that is appended in that
// context, or by a plan of it, records it.
type By struct {
	Person  string // id of who really acts
	Role    string // in which role
	Desk    string // id of the desk or device at which they are; "" elsewhere
	Channel string // by which way: "web", "api", "counter", "kiosk", …
	Level   int    // how surely they are known: 0 not at all, 1 low, 2 substantial, 3 high (eIDAS)
	For     string // id of the person or organisation for whom they act; "" for themselves
}

type byKey struct{}

// WithBy is a context in which by acts.
func WithBy(ctx context.Context, by By) context.Context {
	return context.WithValue(ctx, byKey{}, by)
}

// ByFrom is who acts in a context; the zero By where that is the program.
func ByFrom(ctx context.Context) By {
	by, _ := ctx.Value(byKey{}).(By)
	return by
}

// Stamp records by in an act. The act is theirs where it names nobody, them, or
// whom they act for. Where it names another (who gave the role that an invitation
// brings) that stays, and only the way by which it came is theirs.
func (by By) Stamp(a *Act) {
	if by == (By{}) {
		return
	}
	if a.Channel == "" && a.Desk == "" {
		a.Channel, a.Desk = by.Channel, by.Desk
	}
	if a.Person == "" || a.Person == by.Person || a.Person == by.For {
		a.Person, a.Role, a.Level, a.For = by.Person, by.Role, by.Level, by.For
	}
}
