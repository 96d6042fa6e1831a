// Package programme keeps the public account of the programme: what it is to
// reach, what was done and what was spent, each row with its source.
//
// Rows come in batches, of one row that somebody writes or of a whole list.
// Somebody proposes a batch, and somebody else publishes it. What is published
// lies over the facts that the program knows by itself: of each key the row that
// was published last is the account, the earlier ones are its history. Package
// account says what the rows are and what they come to.
package programme

import (
	"embed"
	"time"

	"polis/internal/identity"
	"polis/internal/programme/account"
)

// Words are the texts, in Italian and English.
//
//go:embed words/*.json
var Words embed.FS

// State is where a batch stands.
type State string

// The states.
const (
	Proposed  State = "proposed"
	Published State = "published"
	Refused   State = "refused"
	Withdrawn State = "withdrawn"
)

// States are all of them.
var States = []State{Proposed, Published, Refused, Withdrawn}

// ByCommand is the Channel of a batch that a command brought in: who runs it on
// the database may do all, and publishes at once.
const ByCommand = "command"

// Batch is some rows of one kind that were entered together.
type Batch struct {
	ID        string
	Kind      *account.Kind
	Title     string // of the list, or what the row says
	Source    string
	State     State
	Lines     int
	Channel   string // "web", "api", ByCommand
	EnteredBy string // id of a person; "" for a command
	Entered   time.Time
	DecidedBy string
	Decided   time.Time
	Reason    string // why it was refused
}

// Entry is what is proposed: rows of a kind to lay over what is published, and
// keys of rows to take away.
type Entry struct {
	Kind   *account.Kind
	Title  string
	Source string
	Rows   []any
	Drop   []string
}

// Meta says of a published row when and with what it was published; the zero
// Meta is a fact of the program.
type Meta struct {
	Batch string
	At    time.Time
	Rev   int64
}

// ofHouses are the kinds whose rows are about one house, in their first column.
func ofHouses(kind *account.Kind) bool {
	switch kind.Name {
	case "works", "costs", "documents":
		return true
	}
	return false
}

// Permission is what somebody needs to propose rows of a kind: of a house, at it.
func Permission(kind *account.Kind) identity.Permission {
	if ofHouses(kind) {
		return identity.WorksWrite
	}
	return identity.ProgrammeWrite
}
