package passkey

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"

	"github.com/go-webauthn/webauthn/webauthn"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// purpose is what a ceremony is for: an answer to one is worth nothing for
// another.
type purpose string

const (
	toMake  purpose = "make"
	toEnter purpose = "enter"
	toProve purpose = "prove"
)

// asked is what an authenticator was asked to sign, and for whom.
type asked struct {
	Purpose purpose              `json:"purpose"`
	Person  string               `json:"person,omitempty"` // id; "" where nobody is known yet
	Session webauthn.SessionData `json:"session"`
}

var (
	putChallenge  = db.Q("passkey.challenge.put", `INSERT INTO passkey_challenge (hash, data, expires) VALUES ($1, $2, $3)`)
	takeChallenge = db.Q("passkey.challenge.take", `
		DELETE FROM passkey_challenge WHERE hash = $1 AND expires > $2 RETURNING data`)
	sweepChallenges = db.Q("passkey.challenge.sweep", `DELETE FROM passkey_challenge WHERE expires <= $1`)
)

func errOver() error { return errs.New(errs.Rule, "passkey.over", nil) }

func hashOf(ticket string) []byte {
	sum := sha256.Sum256([]byte(ticket))
	return sum[:]
}

// put stores a challenge and returns the ticket for it.
func (s *Service) put(ctx context.Context, a asked) (ticket string, err error) {
	data, err := json.Marshal(a)
	if err != nil {
		return "", err
	}
	ticket = rand.Text()
	expires := clock.Micros(s.Clock.Now().Add(timeout))
	return ticket, s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, putChallenge, hashOf(ticket), data, expires)
		return err
	})
}

// take uses up the challenge of a ticket; Rule "passkey.over" where there is none
// for that purpose and person.
func (s *Service) take(ctx context.Context, ticket string, p purpose, person string) (a asked, err error) {
	var data []byte
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		return db.One(ctx, tx, takeChallenge, []any{hashOf(ticket), clock.Micros(s.Clock.Now())}, &data)
	})
	if errors.Is(err, db.ErrNoRow) {
		return a, errOver()
	}
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return a, err
	}
	if a.Purpose != p || a.Person != person {
		return a, errOver()
	}
	return a, nil
}

// Sweep removes what is over; to be run now and then.
func (s *Service) Sweep(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "passkey.Sweep")
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, sweepChallenges, clock.Micros(s.Clock.Now()))
		return err
	})
}
