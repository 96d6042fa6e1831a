package mandate

import (
	"context"

	"polis/internal/identity"
	"polis/internal/identity/privacy"
	"polis/internal/platform/db"
)

var (
	mandatesHeld = db.Q("mandate.held", `
		SELECT kind, principal, agent, state, starts, ends FROM mandate WHERE principal = $1 OR agent = $1 ORDER BY id`)
	organisationsAsked = db.Q("mandate.organisations-asked", `
		SELECT id, state, created FROM organisation WHERE asked_by = $1 ORDER BY id`)
	endOfAgent = db.Q("mandate.end-of-agent", `
		UPDATE mandate SET state = 'ended' WHERE agent = $1 AND state = 'active'`)
)

// Holder says what is held of people here, of who acts for whom and of what they
// wish; with the row of a person goes all that is theirs.
func (s *Service) Holder() privacy.Holder {
	return privacy.Holder{
		Name: "mandate", Tables: []string{"mandate", "organisation", "organisation_invitation", "contact_way", "person_wish"},
		Parts: []privacy.Part{
			{Name: "mandates", Columns: []string{"act", "subject", "agent", "state", "starts@", "ends@"}, Rows: mandatesHeld},
			{Name: "organisations", Columns: []string{"id", "state", "created@"}, Rows: organisationsAsked},
		},
		Export: s.exportWishes,
		Forget: func(ctx context.Context, tx *db.Tx, person string) error {
			_, err := tx.Exec(ctx, endOfAgent, person)
			return err
		},
	}
}

// exportWishes tells how somebody is reached and what they wish.
func (s *Service) exportWishes(ctx context.Context, person string) ([]privacy.Sheet, error) {
	contacts := privacy.Sheet{Name: "contacts", Columns: []string{"code", "text", "verified"}}
	list, err := s.People.Contacts(ctx, s.DB, person)
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		var verified any
		if !c.Verified.IsZero() {
			verified = c.Verified
		}
		contacts.Rows = append(contacts.Rows, []any{string(c.Kind), c.Value, verified})
	}
	w, err := s.People.Wishes(ctx, person)
	if err != nil {
		return nil, err
	}
	wishes := privacy.Sheet{Name: "wishes", Columns: []string{"code", "text"}}
	for _, n := range w.Needs {
		wishes.Rows = append(wishes.Rows, []any{"need", string(n)})
	}
	for _, kind := range w.Mute {
		wishes.Rows = append(wishes.Rows, []any{"mute", kind})
	}
	if w.Place != "" {
		wishes.Rows = append(wishes.Rows, []any{"birth-place", w.Place})
	}
	return []privacy.Sheet{contacts, wishes}, nil
}

var _ identity.Acting = (*Service)(nil)
