package oidc

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

var (
	putTicket = db.Q("oidc.ticket.put", `
		INSERT INTO oidc_ticket (id, kind, data, expires) VALUES ($1, $2, $3, $4)`)
	takeTicket = db.Q("oidc.ticket.take", `
		DELETE FROM oidc_ticket WHERE id = $1 AND kind = $2 AND expires > $3 RETURNING data`)
	lookTicket = db.Q("oidc.ticket.look", `
		SELECT data FROM oidc_ticket WHERE id = $1 AND kind = $2 AND expires > $3`)
	putSeen = db.Q("oidc.seen.put", `
		INSERT INTO oidc_seen (id, expires) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING`)
)

// The kinds of tickets.
const (
	ticketFlow    = "flow"    // a sign-in under way
	ticketPending = "pending" // an answer that waits for a mailed code
	ticketToken   = "token"   // a token to give back
)

// flow is a sign-in under way: what is asked of a provider, and for whom.
type flow struct {
	ID       string         `json:"id"` // joins the lines of the log
	Provider string         `json:"provider"`
	Issuer   string         `json:"issuer"`
	Browser  string         `json:"browser"` // secret of the browser that began
	Nonce    string         `json:"nonce"`
	Verifier string         `json:"verifier"`
	Next     string         `json:"next"`
	Level    identity.Level `json:"level"`
	Started  int64          `json:"started"`
	Anew     bool           `json:"anew,omitempty"` // they must prove themselves now, not some time ago
	// Person is who connects the provider or proves anew who they are; "" to sign in.
	Person  string `json:"person,omitempty"`
	Connect bool   `json:"connect,omitempty"`
	Lang    string `json:"lang"`
}

func (f flow) started() time.Time { return clock.FromMicros(f.Started) }

// pending is an answer of somebody who may be somebody known, if a code that is
// mailed to them says so.
type pending struct {
	Flow   flow   `json:"flow"`
	Answer answer `json:"answer"`
}

// newSecret is a text that cannot be guessed, of letters and digits (260 bits).
func newSecret() string { return rand.Text() + rand.Text() }

func hashOf(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// keep keeps something to be used up once, under a secret.
func (s *Service) keep(ctx context.Context, tx *db.Tx, kind, secret string, life time.Duration, v any) error {
	plain, err := json.Marshal(v)
	if err != nil {
		return err
	}
	sealed, err := s.Keys.Seal(place(kind), plain)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, putTicket, hashOf(secret), kind, sealed, clock.Micros(s.Clock.Now().Add(life)))
	return err
}

// take uses something up; found is false where there is none (any more).
func (s *Service) take(ctx context.Context, tx *db.Tx, kind, secret string, v any) (found bool, err error) {
	return s.read(ctx, tx, takeTicket, kind, secret, v)
}

// look reads something without using it up.
func (s *Service) look(ctx context.Context, kind, secret string, v any) (found bool, err error) {
	return s.read(ctx, s.DB, lookTicket, kind, secret, v)
}

func (s *Service) read(ctx context.Context, r db.Reader, q db.Query, kind, secret string, v any) (found bool, err error) {
	var sealed []byte
	err = db.One(ctx, r, q, []any{hashOf(secret), kind, clock.Micros(s.Clock.Now())}, &sealed)
	if errors.Is(err, db.ErrNoRow) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	plain, err := s.Keys.Open(place(kind), sealed)
	if err != nil {
		return false, err
	}
	return true, json.Unmarshal(plain, v)
}

// takeOnce notes an assertion that is believed until an instant; one that was
// taken before is Unauthenticated "oidc.answer.bad".
func (s *Service) takeOnce(ctx context.Context, tx *db.Tx, assertion string, until time.Time) error {
	n, err := tx.Exec(ctx, putSeen, hashOf(assertion), clock.Micros(until))
	if err == nil && n == 0 {
		return bad("the assertion was taken before")
	}
	return err
}

// bad says that an answer is not believed; why is for the log alone.
func bad(why string) error {
	return errs.New(errs.Unauthenticated, "oidc.answer.bad", nil).Because(errors.New(why))
}
