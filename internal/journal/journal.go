// Package journal keeps every act, appended in the transaction of its change.
// It carries opaque ids only, never personal data. Consumers follow it and do,
// exactly once, what an act asks of them.
//
// Who acts travels in the context (By). Every act is sealed soon after its
// commit: it gets a place in a Merkle tree whose root is signed and published
// (Sealer), so that nobody can change, remove or slip in an act unnoticed
// (Verify), and anybody can prove one of theirs (Receipt). docs/journal.md has
// the bytes.
package journal

import (
	"context"
	"slices"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

// Act is something that was done.
type Act struct {
	ID      string    // UUIDv7, made inside the transaction
	At      time.Time // when
	Kind    string    // "booking.confirmed", "site.changed", …
	Subject string    // id of what it was done to
	Person  string    // id of who did it; "" for the program itself
	Data    string    // JSON of opaque facts, "{}" if none

	// How it was done; Append takes it from the By of the context.
	Role, Desk, Channel string
	Level               int
	For                 string
}

var insert = db.Rows("journal.insert", `
	INSERT INTO act (id, at, kind, subject, person, data, role, desk, channel, level, for_whom)
	SELECT column1, column2, column3, column4, column5, column6, column7, column8, column9, column10, column11 FROM {rows}
	WHERE column1 IS NOT NULL`,
	"TEXT", "BIGINT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "BIGINT", "TEXT")

// Append writes acts in the transaction of the change they tell of. An act
// without an ID is given one. Who gives it must do so inside the transaction:
// sealing relies on no act being older than its transaction. Who acts in ctx is
// recorded.
func Append(ctx context.Context, tx *db.Tx, acts ...Act) error {
	if len(acts) == 0 {
		return nil
	}
	by := ByFrom(ctx)
	args := make([]any, 0, 11*len(acts))
	for _, a := range acts {
		by.Stamp(&a)
		if a.ID == "" {
			a.ID = clock.NewID()
		}
		if a.Data == "" {
			a.Data = "{}"
		}
		args = append(args, a.ID, clock.Micros(a.At), a.Kind, a.Subject, a.Person, a.Data,
			a.Role, a.Desk, a.Channel, int64(a.Level), a.For)
	}
	return insert.Later(ctx, tx, args)
}

// Queries are the statements to prepare before they run on the writer.
func Queries() []db.Query {
	return slices.Concat(insert.Queries(), insertLeaves.Queries(), []db.Query{unsealed, newestID, holdSealer, insertCheckpoint, thinCheckpoints})
}
