package programme

import (
	"polis/internal/identity/privacy"
	"polis/internal/platform/db"
)

var enteredBy = db.Q("programme.entered-by", `
	SELECT kind, title, state, entered FROM programme_batch WHERE entered_by = $1 OR decided_by = $1 ORDER BY entered`)

// Holder says what of people is in the account: who entered and who published.
// That stays, as opaque ids, since what is published answers for itself.
func Holder() privacy.Holder {
	return privacy.Holder{
		Name: "programme", Tables: []string{"programme_batch", "programme_row", "programme_current"},
		Parts: []privacy.Part{{Name: "proposals", Columns: []string{"list", "subject", "state", "created@"}, Rows: enteredBy}},
	}
}
