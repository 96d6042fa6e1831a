package lists

import (
	"polis/internal/identity/privacy"
	"polis/internal/platform/db"
)

var (
	uploadsOf     = db.Q("lists.uploads-of", `SELECT list, state, created FROM list_upload WHERE person = $1 ORDER BY created`)
	forgetUploads = db.Q("lists.uploads-forget", `DELETE FROM list_upload WHERE person = $1`)
)

// Holder says what of people is in the lists that they brought.
func (s *Service) Holder() privacy.Holder {
	return privacy.Holder{
		Name: "lists", Tables: []string{"list_upload"},
		Parts: []privacy.Part{{Name: "uploads", Columns: []string{"list", "state", "created@"}, Rows: uploadsOf, Forget: forgetUploads}},
		Keeps: []privacy.Retention{{Kind: "uploads", Term: privacy.Term{Days: 1}, Fate: privacy.Deleted}},
	}
}
