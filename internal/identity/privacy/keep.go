package privacy

import (
	"context"
	"time"
)

// Retention says how long records of a kind are kept, and why.
type Retention struct {
	Kind  string // "privacy.kind." and this is its name, with "-why" the reason and "-law" its source
	Term  Term
	Fate  Fate
	Sweep Sweep // nil where another work of the room does it
}

// Sweep ends at most so many records that are older than an instant; more tells
// that there may be others.
type Sweep func(ctx context.Context, before time.Time, most int) (ended int, err error)

// Term is how long something is kept.
type Term struct{ Years, Months, Days int }

// Before is the instant before which a record's time is over.
func (t Term) Before(now time.Time) time.Time { return now.AddDate(-t.Years, -t.Months, -t.Days) }

// Fate is what becomes of a record in the end.
type Fate string

// The fates.
const (
	Deleted  Fate = "deleted"
	Nameless Fate = "nameless" // it stays for figures, and nobody can tell whose it was
)
