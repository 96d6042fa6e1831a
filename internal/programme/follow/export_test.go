package follow

import (
	"context"

	"polis/internal/platform/db"
)

// Plant lets an address follow without its mailbox.
func (s *Service) Plant(ctx context.Context, tx *db.Tx, address string, t Topic, r Rhythm) error {
	_, err := s.add(ctx, tx, address, "it", t, r)
	return err
}
