package app

import (
	"context"
	"fmt"

	"polis/internal/identity/passkey"
	"polis/internal/platform/db"
)

type personPasskeysCmd struct {
	storeFlags

	Email string `arg:"" help:"Address of the person."`
}

// Run removes the passkeys of each person with the address.
func (c *personPasskeysCmd) Run(ctx context.Context, e *env) error {
	s, err := c.openStore(ctx, e)
	if err != nil {
		return err
	}
	defer s.close()
	people, err := s.people.ByContact(ctx, c.Email)
	if err != nil {
		return err
	}
	if len(people) == 0 {
		return fmt.Errorf("nobody has this address")
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		for _, p := range people {
			if err := passkey.RemoveAllIn(ctx, tx, p.ID, "", e.clock.Now()); err != nil {
				return err
			}
			fmt.Fprintf(e.Stdout, "%s has no passkeys now\n", p.DisplayName())
		}
		return nil
	})
}
