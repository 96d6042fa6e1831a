// Package stepup asks somebody who is signed in to prove anew who they are, before
// an act that would hurt if somebody else did it in their place, and leads them
// back to where they were with nothing lost: a form that they had sent waits,
// sealed, and goes on from where it stood.
//
// The acts are in identity/danger.go. Their functions refuse with
// "identity.step-up"; Instead catches that before it becomes a page, and the page
// at identity.ConfirmPath offers the ways that are sure enough.
package stepup

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/json"
	"errors"
	"net/url"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// Words are the texts of the pages, in Italian and English.
//
//go:embed words/*.json
var Words embed.FS

// formLife is how long a form waits, and maxForm the most that one may hold, in
// bytes.
const (
	formLife = 15 * time.Minute
	maxForm  = 64 << 10
)

// Forms keep what somebody had sent until they have proved who they are.
type Forms struct {
	db   *db.DB
	keys *identity.Keys
	clk  clock.Clock
}

// NewForms returns the forms of a database.
func NewForms(d *db.DB, keys *identity.Keys, clk clock.Clock) *Forms { return &Forms{d, keys, clk} }

// sent is a form as it was sent.
type sent struct {
	Person string     `json:"person"` // id of who sent it
	Action string     `json:"action"` // path and query
	Values url.Values `json:"values"`
}

var (
	putForm    = db.Q("stepup.form.put", `INSERT INTO kept_form (hash, data, expires) VALUES ($1, $2, $3)`)
	takeForm   = db.Q("stepup.form.take", `DELETE FROM kept_form WHERE hash = $1 AND expires > $2 RETURNING data`)
	sweepForms = db.Q("stepup.form.sweep", `DELETE FROM kept_form WHERE expires <= $1`)
)

const placeOfForm = "kept_form"

func hashOf(ticket string) []byte {
	sum := sha256.Sum256([]byte(ticket))
	return sum[:]
}

// put keeps a form and returns the ticket for it.
func (f *Forms) put(ctx context.Context, s sent) (ticket string, err error) {
	defer errs.Wrap(&err, "stepup.put")
	plain, err := json.Marshal(s)
	if err != nil {
		return "", err
	}
	sealed, err := f.keys.Seal(placeOfForm, plain)
	if err != nil {
		return "", err
	}
	ticket = rand.Text()
	expires := clock.Micros(f.clk.Now().Add(formLife))
	return ticket, f.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, putForm, hashOf(ticket), sealed, expires)
		return err
	})
}

// take gives a form back, once, to who sent it; false where there is none.
func (f *Forms) take(ctx context.Context, ticket, person string) (s sent, ok bool, err error) {
	defer errs.Wrap(&err, "stepup.take")
	var sealed []byte
	err = f.db.Write(ctx, func(tx *db.Tx) error {
		return db.One(ctx, tx, takeForm, []any{hashOf(ticket), clock.Micros(f.clk.Now())}, &sealed)
	})
	if errors.Is(err, db.ErrNoRow) {
		return s, false, nil
	}
	if err != nil {
		return s, false, err
	}
	plain, err := f.keys.Open(placeOfForm, sealed)
	if err == nil {
		err = json.Unmarshal(plain, &s)
	}
	return s, err == nil && s.Person == person, err
}

// Sweep removes the forms whose time is over; to be run now and then.
func (f *Forms) Sweep(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "stepup.Sweep")
	return f.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, sweepForms, clock.Micros(f.clk.Now()))
		return err
	})
}
