package reserve

import (
	"context"
	"time"

	"polis/internal/platform/db"
	"polis/internal/platform/jobs"
)

// SweepTurn is the name of the work that a server does each second.
const SweepTurn = "reserve.sweep"

// Serving tells whether a server works on a database now.
func Serving(ctx context.Context, r db.Reader, now time.Time) (bool, error) {
	next, ok, err := jobs.Next(ctx, r, SweepTurn)
	return ok && now.Sub(next) < 3*time.Second, err
}
