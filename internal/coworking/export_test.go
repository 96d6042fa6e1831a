package coworking

import "context"

// Carry does what the job of a closure does.
func (s *Service) Carry(ctx context.Context, id string) error { return s.clear(ctx, id) }
