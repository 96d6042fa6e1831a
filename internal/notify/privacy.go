package notify

import (
	"polis/internal/identity/privacy"
	"polis/internal/platform/db"
)

var (
	messagesOf = db.Q("notify.messages-of", `
		SELECT kind, about, state, created, changed FROM message WHERE person = $1 ORDER BY id`)
	forgetMessages = db.Q("notify.forget-person", `DELETE FROM message WHERE person = $1`)
	sweepMessages  = db.Q("notify.sweep", `
		DELETE FROM message WHERE id IN (SELECT id FROM message WHERE id < $1 AND state <> 'waiting' ORDER BY id LIMIT $2)`)
)

// Holder says what of people is in the messages: to whom, when, what kind.
func (s *Service) Holder() privacy.Holder {
	return privacy.Holder{
		Name: "notify", Tables: []string{"message"},
		Parts: []privacy.Part{{Name: "messages", Columns: []string{"message", "about", "state", "created@", "changed@"}, Rows: messagesOf, Forget: forgetMessages}},
		Keeps: []privacy.Retention{{Kind: "messages", Term: privacy.Term{Months: 12}, Fate: privacy.Deleted, Sweep: privacy.SweepIDs(s.DB, sweepMessages)}},
	}
}
