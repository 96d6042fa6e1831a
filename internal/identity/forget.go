package identity

import (
	"context"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// Only who has no address, no fiscal number and no role is nobody that could ever
// come back.
var forgetUnreachable = db.Rows("identity.person.forget-unreachable", `
	DELETE FROM person WHERE id IN (SELECT column1 FROM {rows} WHERE column1 IS NOT NULL)
		AND contact IS NULL AND fiscal IS NULL AND id NOT IN (SELECT person FROM role_grant)`, "TEXT")

// ForgetUnreachable forgets those of some people whom nobody can reach or find
// again, and who have no role: with their rows go their keys. The others stay.
func (s *People) ForgetUnreachable(ctx context.Context, tx *db.Tx, ids []string) (err error) {
	defer errs.Wrap(&err, "identity.ForgetUnreachable(%d people)", len(ids))
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	return forgetUnreachable.Exec(ctx, tx, args)
}

var (
	isAdministrator = db.Q("identity.grant.is-administrator", `
		SELECT COUNT(*) FROM role_grant WHERE person = $1 AND role = 'administrator' AND starts <= $2 AND (ends IS NULL OR ends > $2)`)
	deletePerson        = db.Q("identity.person.delete", `DELETE FROM person WHERE id = $1`)
	deleteInvitationsOf = db.Q("identity.invitation.delete-of", `DELETE FROM invitation WHERE person = $1`)
)

// MayForget tells whether somebody can be forgotten; Rule
// "identity.last-administrator" of who is the last.
func (a *Access) MayForget(ctx context.Context, person string) error {
	now := clock.Micros(a.clk.Now())
	own, others := 0, 0
	if err := db.One(ctx, a.db, isAdministrator, []any{person, now}, &own); err != nil || own == 0 {
		return err
	}
	if err := db.One(ctx, a.db, otherAdministrators, []any{person, now}, &others); err != nil || others > 0 {
		return err
	}
	return errs.New(errs.Rule, "identity.last-administrator", nil)
}

// ForgetIn forgets somebody in a transaction of the caller: their key is
// destroyed with all that it opens, nothing finds them any more, their sessions
// and tokens end: here at once, on other replicas within 5 seconds. The errors are
// NotFound "identity.unknown" and those of MayForget.
func (a *Access) ForgetIn(ctx context.Context, tx *db.Tx, person string) (err error) {
	defer errs.Wrap(&err, "identity.ForgetIn(%q)", person)
	own := 0
	if err := db.One(ctx, tx, isAdministrator, []any{person, clock.Micros(a.clk.Now())}, &own); err != nil {
		return err
	}
	if own > 0 {
		if err := a.keepAdministrator(ctx, tx, person); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, endSessions, person, []byte{}); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, deleteInvitationsOf, person); err != nil {
		return err
	}
	n, err := tx.Exec(ctx, deletePerson, person) // and with it roles, tokens and links
	if err == nil && n == 0 {
		err = errs.New(errs.NotFound, "identity.unknown", nil)
	}
	tx.After(func() { a.Tokens.cache.forget(func(x Actor) bool { return x.Person == person }) })
	return err
}
