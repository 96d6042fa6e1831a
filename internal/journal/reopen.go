package journal

import (
	"context"
	"encoding/json"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// KindContinued is the first act of a log that goes on from a restored backup: it
// says where the log before ended in this copy.
const KindContinued = "journal.continued"

// Continued is what the act says.
type Continued struct {
	Origin string `json:"origin"` // of the log before
	Size   uint64 `json:"size"`
	Root   []byte `json:"root"`
}

var dropEmptyLog = db.Q("journal.log-drop-empty", `DELETE FROM journal_log WHERE first = $1`)

// Reopen lets a restored copy go on in a log of its own, whose first entry is the
// newest checkpoint that the copy has: what its origin has sealed since under the
// old name is nothing that the copy could extend. Old checkpoints and receipts
// keep what they prove.
func Reopen(ctx context.Context, tx *db.Tx, now time.Time) (err error) {
	defer errs.Wrap(&err, "journal.Reopen()")
	logs, err := readLogs(ctx, tx)
	if err != nil || len(logs) == 0 {
		return err
	}
	next, err := sealedSeq(ctx, tx)
	if err != nil {
		return err
	}
	at, err := Latest(ctx, tx)
	if errs.Is(err, errs.NotFound) {
		at, err = Published{}, nil
	}
	if err != nil {
		return err
	}
	data, err := json.Marshal(Continued{at.Origin, at.Size, at.Root})
	if err != nil {
		return err
	}
	opening := Act{ID: clock.NewID(), At: now, Kind: KindContinued, Data: string(data)}
	if _, err := tx.Exec(ctx, dropEmptyLog, next); err != nil { // it was never used
		return err
	}
	if _, err := tx.Exec(ctx, insertLog, next, newOrigin(), "", clock.Micros(now), opening.ID); err != nil {
		return err
	}
	return Append(ctx, tx, opening)
}
