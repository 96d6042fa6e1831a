// Package journal keeps every act, appended in the transaction of its change.
// It carries opaque ids only, never personal data. Consumers follow it and do,
// exactly once, what an act asks of them.
package journal

import (
	"context"
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
}

var insert = db.Rows("journal.insert", `
	INSERT INTO act (id, at, kind, subject, person, data)
	SELECT column1, column2, column3, column4, column5, column6 FROM {rows}
	WHERE column1 IS NOT NULL`,
	"TEXT", "BIGINT", "TEXT", "TEXT", "TEXT", "TEXT")

// Append writes acts in the transaction of the change they tell of. An act
// without an ID is given one. Who gives it must do so inside the transaction:
// consumers rely on no act being older than its transaction.
func Append(ctx context.Context, tx *db.Tx, acts ...Act) error {
	if len(acts) == 0 {
		return nil
	}
	args := make([]any, 0, 6*len(acts))
	for _, a := range acts {
		if a.ID == "" {
			a.ID = clock.NewID()
		}
		if a.Data == "" {
			a.Data = "{}"
		}
		args = append(args, a.ID, clock.Micros(a.At), a.Kind, a.Subject, a.Person, a.Data)
	}
	return insert.Later(ctx, tx, args)
}

// Queries are the statements to prepare before they run on the writer.
func Queries() []db.Query { return insert.Queries() }
