package identity

import (
	"context"

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
