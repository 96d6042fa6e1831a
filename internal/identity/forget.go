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

// MayForgetIn is MayForget in a transaction, of organisations too: nobody else
// leaves meanwhile.
func (a *Access) MayForgetIn(ctx context.Context, tx *db.Tx, person string) error {
	return a.Grants.keepAll(ctx, tx, person)
}

// Forgotten makes those who are signed in as somebody, and their programs,
// nobody: here at once, on other replicas within 5 seconds.
func (a *Access) Forgotten(person string) {
	a.Tokens.cache.forget(func(x Actor) bool { return x.Person == person })
}

// Erase takes a person's row away, and with it their key, all by which they are
// found, their roles, tokens and links; their sessions end.
func Erase(ctx context.Context, tx *db.Tx, person string) (err error) {
	defer errs.Wrap(&err, "identity.Erase(%q)", person)
	if _, err := tx.Exec(ctx, endSessions, person, []byte{}); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, deleteInvitationsOf, person); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, deletePerson, person)
	return err
}
