package identity

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

var (
	provedPerson = db.Q("identity.person.proved", `SELECT proved FROM person WHERE id = $1`)
	provePerson  = db.Q("identity.person.prove", `UPDATE person SET proved = $2 WHERE id = $1`)
)

// Proved is when somebody who vouches for names, birth and fiscal number of a
// person last did; zero where nobody did. What is proved the person does not
// change.
func (s *People) Proved(ctx context.Context, person string) (time.Time, error) {
	return s.provedIn(ctx, s.db, person)
}

func (s *People) provedIn(ctx context.Context, r db.Reader, person string) (_ time.Time, err error) {
	defer errs.Wrap(&err, "identity.Proved(%q)", person)
	var at sql.NullInt64
	err = db.One(ctx, r, provedPerson, []any{person}, &at)
	if errors.Is(err, db.ErrNoRow) {
		err = errs.New(errs.NotFound, "identity.unknown", nil)
	}
	return timeOrZero(at), err
}

// ProveIn makes what somebody vouches for what is known of a person: names,
// birth date and fiscal number of facts; what is empty there stays. The errors
// are those of UpdateIn.
func (s *People) ProveIn(ctx context.Context, tx *db.Tx, person string, facts Person) (err error) {
	defer errs.Wrap(&err, "identity.ProveIn(%q)", person)
	p, err := s.getIn(ctx, tx, person)
	if err != nil {
		return err
	}
	after := p
	for _, fact := range []struct {
		known *string
		now   string
	}{
		{&after.FiscalNumber, facts.FiscalNumber},
		{&after.GivenName, facts.GivenName},
		{&after.FamilyName, facts.FamilyName},
		{&after.BirthDate, facts.BirthDate},
	} {
		if fact.now != "" {
			*fact.known = fact.now
		}
	}
	if after != p {
		if _, err := s.UpdateIn(ctx, tx, after); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, provePerson, person, clock.Micros(s.clk.Now()))
	return err
}

// VerifyContactIn notes that the address of a person was proved, by who vouches
// for it.
func (s *People) VerifyContactIn(ctx context.Context, tx *db.Tx, person string) error {
	_, err := tx.Exec(ctx, verifyContact, person, clock.Micros(s.clk.Now()))
	return err
}
