package follow

import (
	"context"

	"polis/internal/identity/privacy"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

// Whose a follower is nobody says but the address: it is of who has proved it.
const ofPerson = ` IN (
	SELECT contact FROM person WHERE id = $1 AND contact_verified IS NOT NULL
	UNION SELECT value FROM contact_way WHERE person = $1 AND kind = 'email' AND verified IS NOT NULL)`

var (
	followsOf = db.Q("follow.of-person", `
		SELECT t.kind, t.place, f.rhythm, t.created FROM programme_follow t JOIN programme_follower f ON f.id = t.follower
		WHERE f.contact`+ofPerson+` ORDER BY t.created, t.kind, t.place`)
	forgetFollows  = db.Q("follow.forget", `DELETE FROM programme_follower WHERE contact`+ofPerson)
	forgetRequests = db.Q("follow.forget-requests", `DELETE FROM programme_follow_request WHERE contact`+ofPerson)
	sweepRequests  = db.Q("follow.sweep", `DELETE FROM programme_follow_request WHERE expires <= $1`)
)

// Holder says what of people is in the follows.
func Holder() privacy.Holder {
	return privacy.Holder{
		Name: "follow", Tables: []string{"programme_follower", "programme_follow", "programme_follow_request"},
		Parts: []privacy.Part{{Name: "follows", Columns: []string{"topic", "place", "rhythm", "created@"}, Rows: followsOf, Forget: forgetFollows}},
		Forget: func(ctx context.Context, tx *db.Tx, person string) error {
			_, err := tx.Exec(ctx, forgetRequests, person)
			return err
		},
		Keeps: []privacy.Retention{{Kind: "follow-requests", Term: privacy.Term{Days: int(askLife.Hours() / 24)}, Fate: privacy.Deleted}},
	}
}

// sweep drops the requests that nobody has confirmed in time.
func (s *Service) sweep(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, sweepRequests, clock.Micros(s.Clock.Now()))
		return err
	})
}
