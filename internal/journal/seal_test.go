package journal

import (
	"crypto/ed25519"
	"log/slog"
	"testing"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

var testKey = ed25519.NewKeyFromSeed([]byte("polis test seed, thirty-two byte"))

var allActs = db.Q("journal.test-acts", `SELECT id, at, kind, subject, person, data, role, desk, channel, level, for_whom FROM act ORDER BY id`)

func newSealer(t testing.TB, d *db.DB) *Sealer {
	return &Sealer{DB: d, Clock: clock.System{}, Key: testKey, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
}

// sealAll seals what there is with a sealer of its own, which gives the lease
// back.
func sealAll(t testing.TB, d *db.DB) (sealed int) {
	t.Helper()
	s := newSealer(t, d)
	defer s.release(t.Context())
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
