// Package journaltest seals the journal of a test's database.
package journaltest

import (
	"crypto/ed25519"
	"log/slog"
	"testing"

	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

// Key is the signing key of tests.
var Key = ed25519.NewKeyFromSeed([]byte("polis test seed, thirty-two byte"))

// Sealer seals a database with the Key.
func Sealer(t testing.TB, d *db.DB) *journal.Sealer {
	return &journal.Sealer{DB: d, Clock: clock.System{}, Key: Key, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
}

// Seal seals what there is to seal.
func Seal(t testing.TB, s *journal.Sealer) (sealed int) {
	t.Helper()
	for {
		n, err := s.Turn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if sealed += n; n == 0 {
			return sealed
		}
	}
}
