package privacy

import (
	"context"

	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// MayForget tells what stands against forgetting the actor now: a Rule, in words;
// nil where nothing does.
func (s *Service) MayForget(ctx context.Context, person string) error {
	for _, h := range s.Holders {
		if h.Refuse != nil {
			if err := h.Refuse(ctx, person); err != nil {
				return err
			}
		}
	}
	return nil
}

// Forget forgets the actor: what is to come is cancelled, what need not stay is
// deleted, their key is destroyed, they are signed out everywhere. It cannot be
// undone. Errors: Unauthenticated, also where they proved too long ago who they
// are; Forbidden for who acts for another; Rule where they are still needed.
func (s *Service) Forget(ctx context.Context, actor identity.Actor) (err error) {
	defer errs.Wrap(&err, "privacy.Forget")
	if err := s.checkFresh(actor); err != nil {
		return err
	}
	return s.ForgetPerson(ctx, actor.Person)
}

// ForgetPerson is Forget for who has the program in their hands. A second time it
// is NotFound "identity.unknown".
func (s *Service) ForgetPerson(ctx context.Context, person string) error {
	if err := s.MayForget(ctx, person); err != nil {
		return err
	}
	for _, h := range s.Holders {
		if h.Before != nil {
			if err := h.Before(ctx, person); err != nil {
				return err
			}
		}
	}
	if err := s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.People.GetIn(ctx, tx, person); err != nil {
			return err
		}
		if err := s.Access.MayForgetIn(ctx, tx, person); err != nil {
			return err
		}
		return s.forgetIn(ctx, tx, person)
	}); err != nil {
		return err
	}
	return s.DB.Scrub(ctx)
}

var (
	countForgotten = db.Q("privacy.forgotten-count", `
		INSERT INTO revision (name, value) VALUES ('person.forgotten', 1) ON CONFLICT (name) DO UPDATE SET value = revision.value + 1`)
	forgottenSoFar = db.Q("privacy.forgotten-so-far", `SELECT COALESCE(MAX(value), 0) FROM revision WHERE name = 'person.forgotten'`)
)

// Forgotten counts those who were forgotten so far.
func Forgotten(ctx context.Context, r db.Reader) (n int64, err error) {
	return n, db.One(ctx, r, forgottenSoFar, nil, &n)
}

// forgetIn has every room forget a person; identity, which is first in the list,
// last: others may need the person's row until then.
func (s *Service) forgetIn(ctx context.Context, tx *db.Tx, person string) error {
	for i := len(s.Holders) - 1; i >= 0; i-- {
		h := s.Holders[i]
		for _, part := range h.Parts {
			if part.Forget.Name() == "" {
				continue
			}
			if _, err := tx.Exec(ctx, part.Forget, person); err != nil {
				return err
			}
		}
		if h.Forget != nil {
			if err := h.Forget(ctx, tx, person); err != nil {
				return err
			}
		}
	}
	return nil
}

// ForgetLost has every room forget people of whom a restored database has no key
// any more: they were forgotten after the backup was made.
func (s *Service) ForgetLost(ctx context.Context, tx *db.Tx, people []string) error {
	for _, id := range people {
		if err := s.forgetIn(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}

// Coming counts what would be ended before somebody is forgotten, such as
// bookings to come.
func (s *Service) Coming(ctx context.Context, person string) (all int, err error) {
	for _, h := range s.Holders {
		if h.Coming != nil {
			n, err := h.Coming(ctx, person)
			if all += n; err != nil {
				return all, err
			}
		}
	}
	return all, nil
}
