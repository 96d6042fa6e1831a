package identity

import (
	"context"
	"slices"

	"polis/internal/platform/errs"
)

// Own are the tokens of the actor's own programs that work, the last made first;
// the errors are those of Check.
func (s *Tokens) Own(ctx context.Context, actor Actor) (list []Token, err error) {
	defer errs.Wrap(&err, "identity.Tokens.Own(%q)", actor.Person)
	if err := actor.Check(AccountOwn, Of(actor.Person)); err != nil {
		return nil, err
	}
	all, err := s.List(ctx, actor.Person)
	now := s.people.clk.Now()
	for _, t := range slices.Backward(all) {
		if t.Alive(now) {
			list = append(list, t)
		}
	}
	return list, err
}

// Make makes a token of a program of the actor, in a role that they have, and
// returns its text, which is shown this once. It is not for programs, which would
// make themselves more than they are. The errors are those of Check, of CheckDanger
// and of Create; a token that may nothing is Invalid
// "identity.token-nothing" on "permissions".
func (s *Tokens) Make(ctx context.Context, actor Actor, spec TokenSpec) (text string, err error) {
	defer errs.Wrap(&err, "identity.Tokens.Make(%q)", actor.Person)
	if err := actor.Check(AccountOwn, Of(actor.Person)); err != nil {
		return "", err
	}
	if actor.Channel != ChannelWeb {
		return "", errs.New(errs.Forbidden, "identity.forbidden", nil)
	}
	if err := actor.CheckDanger(DangerTokens, s.people.clk.Now()); err != nil {
		return "", err
	}
	if len(spec.Only) == 0 {
		return "", errs.New(errs.Invalid, "identity.token-nothing", nil).On("permissions")
	}
	spec.Person, spec.MadeBy, spec.Unlimited = actor.Person, actor.Person, false
	return s.Create(ctx, spec)
}

// End ends a token of somebody's programs, or of one's own: here at once, on
// other replicas within 5 seconds. NotFound "identity.token-unknown".
func (s *Tokens) End(ctx context.Context, actor Actor, person, id string) (err error) {
	defer errs.Wrap(&err, "identity.Tokens.End(%q, %q)", person, id)
	if !actor.May(AccountOwn, Of(person)) {
		if err := actor.Check(AccountWrite, Network); err != nil {
			return err
		}
		if err := actor.CheckDanger(DangerOthers, s.people.clk.Now()); err != nil {
			return err
		}
	}
	return s.Revoke(ctx, actor.Person, person, id)
}

// Narrowable are the permissions to which a token of a role can be narrowed, in the
// order of policy: what everybody may is not among them.
func (r Role) Narrowable() (list []Permission) {
	for role := r; role != ""; role = policy[role].as {
		list = append(slices.Clone(policy[role].own), append(slices.Clone(policy[role].within), list...)...)
	}
	return list
}

// Label is the message key of what a permission lets somebody do.
func (p Permission) Label() string { return "identity.permission." + string(p) }
