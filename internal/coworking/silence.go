package coworking

import (
	"context"
	"time"

	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

var (
	silenceSaved    = db.Q("coworking.saved-silence", `UPDATE saved_search SET told = $1 WHERE alert = TRUE AND told IS NULL`)
	silenceBookings = db.Q("coworking.clearing-silence-bookings", `
		UPDATE clearing_booking SET outcome = 'left' WHERE outcome = '' AND clearing IN (SELECT id FROM clearing WHERE done IS NULL)`)
	silenceClearings = db.Q("coworking.clearing-silence", `UPDATE clearing SET done = $1 WHERE done IS NULL`)
)

// Silence keeps a copy of an installation from doing again what its origin has
// done since, or may have: it tells nobody of acts of before, nor that something
// fits a saved search, and moves nobody out of the way of a closure; who is in
// the way stays listed with it.
func Silence(ctx context.Context, tx *db.Tx, now time.Time) error {
	if err := journal.Skip(ctx, tx, MailFollower, now); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, silenceSaved, clock.Micros(now)); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, silenceBookings); err != nil { // while their clearings go on
		return err
	}
	_, err := tx.Exec(ctx, silenceClearings, clock.Micros(now))
	return err
}
