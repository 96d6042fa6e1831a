package privacy

import (
	"context"
	"database/sql"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

// A stranger is somebody of whom there is but an address: they wrote once, and never
// came in.
var (
	strangers = db.Q("privacy.strangers", `
	SELECT id FROM person WHERE created < $1 AND id > $2 AND fiscal IS NULL AND name_birth IS NULL AND contact_verified IS NULL AND proved IS NULL
		AND id NOT IN (SELECT person FROM role_grant) AND id NOT IN (SELECT person FROM token)
		AND id NOT IN (SELECT person FROM oidc_link) AND id NOT IN (SELECT person FROM passkey)
	ORDER BY id LIMIT $3`)
	lockStranger = db.Q("privacy.stranger-lock", `
		UPDATE person SET created = created WHERE id = $1 AND fiscal IS NULL AND contact_verified IS NULL AND proved IS NULL`)
)

// sweepStrangers forgets those who were made before an instant and of whom no room
// has anything any more, at most so many.
func (s *Service) sweepStrangers(ctx context.Context, before time.Time, most int) (ended int, err error) {
	for after := ""; ended < most; {
		ids, err := db.All(ctx, s.DB, strangers, func(rows *sql.Rows) (id string, err error) {
			return id, rows.Scan(&id)
		}, clock.Micros(before), after, sweepStep)
		if err != nil || len(ids) == 0 {
			return ended, err
		}
		for _, id := range ids {
			after = id
			held, err := s.isHeld(ctx, id)
			if err != nil {
				return ended, err
			}
			if held || ended == most {
				continue
			}
			if err := s.DB.Write(ctx, func(tx *db.Tx) error {
				n, err := tx.Exec(ctx, lockStranger, id)
				if err != nil || n == 0 { // they come in just now
					return err
				}
				return s.forgetIn(ctx, tx, id)
			}); err != nil {
				return ended, err
			}
			ended++
		}
	}
	return ended, nil
}

// isHeld tells whether somebody has a name, or any room something of them beside
// what the journal says.
func (s *Service) isHeld(ctx context.Context, person string) (bool, error) {
	p, err := s.People.Get(ctx, person)
	if err != nil || p.GivenName+p.FamilyName != "" {
		return true, err
	}
	for _, h := range s.Holders {
		if h.Holds != nil {
			if held, err := h.Holds(ctx, person); held || err != nil {
				return true, err
			}
		}
		for _, part := range h.Parts {
			if part.Name == actsPart {
				continue
			}
			rows := 0
			if err := db.Each(ctx, s.DB, part.Rows, func(*sql.Rows) error { rows++; return nil }, person); err != nil || rows > 0 {
				return true, err
			}
		}
	}
	return false, nil
}
