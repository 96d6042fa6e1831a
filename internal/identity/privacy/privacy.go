// Package privacy is what somebody can do with all that is held about them: see
// who has looked at it, take it with them, have it forgotten. And what the
// installation does by itself: to forget each kind of record when its time is
// over.
//
// Its one idea is the Holder: each room says once what it holds of a person, how
// that is told, what is left of it when they are forgotten, and how long it is
// kept. A table of the schema that no holder claims fails a test.
package privacy

import (
	"context"
	"database/sql"
	"embed"
	"log/slog"

	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
)

// Pages are the templates, Words the texts in Italian and English.
var (
	//go:embed pages/*.gohtml
	Pages embed.FS
	//go:embed words/*.json
	Words embed.FS
)

// Holder is a room that holds something of people.
type Holder struct {
	Name   string   // the room's
	Tables []string // that it answers for
	Parts  []Part   // what lies open, told as it stands
	// Export tells what must be opened first, or put together; nil where Parts say
	// all.
	Export func(ctx context.Context, person string) ([]Sheet, error)
	// Holds tells whether the room has something of somebody that no Part tells: who
	// never came in is kept no longer than that.
	Holds func(ctx context.Context, person string) (bool, error)
	// Refuse says why somebody cannot be forgotten yet (Rule); nil where nothing
	// stands against it.
	Refuse func(ctx context.Context, person string) error
	// Coming counts what Before would end; nil where it ends nothing.
	Coming func(ctx context.Context, person string) (int, error)
	// Before ends what goes on, such as bookings to come; it may run again.
	Before func(ctx context.Context, person string) error
	// Forget takes away what need not stay; the person's key goes by itself.
	Forget func(ctx context.Context, tx *db.Tx, person string) error
	// Keeps says how long the room's kinds of record are kept.
	Keeps []Retention
}

// Part is rows of a table that are told as they stand. Rows takes the id of the
// person and gives the columns, of which those that end in "@" are instants.
type Part struct {
	Name    string // of the sheet
	Columns []string
	Rows    db.Query
	Forget  db.Query // takes the id too; the zero Query where the rows stay
}

// Sheet is a table of what is held about somebody: its name and columns are keys
// of words, "privacy.sheet." and "privacy.column.", and values are string, int64,
// bool, time.Time or nil.
type Sheet struct {
	Name    string
	Columns []string
	Rows    [][]any
}

// Options are what the Service stands on.
type Options struct {
	DB       *db.DB
	People   *identity.People
	Access   *identity.Access
	Sessions *identity.Sessions
	Clock    clock.Clock
	IDs      clock.IDs
	Words    *i18n.Bundle
	Log      *slog.Logger
	Holders  []Holder
	// About leads to the booking or case for which a record was read: see
	// identity.Seen.
	About func(p *i18n.Printer, about string) web.Link
}

// Service is what can be done; its methods check who acts.
type Service struct {
	Options
	wake func()
}

// New returns the service. What is held in the tables of identity it answers
// for itself.
func New(o Options) *Service {
	s := &Service{Options: o, wake: func() {}}
	s.Holders = append([]Holder{s.self()}, o.Holders...)
	return s
}

// sheet reads a part.
func (s *Service) sheet(ctx context.Context, p Part, person string) (out Sheet, err error) {
	out = Sheet{Name: p.Name, Columns: make([]string, len(p.Columns))}
	instants := make([]bool, len(p.Columns))
	for i, c := range p.Columns {
		if n := len(c) - 1; c[n] == '@' {
			instants[i], c = true, c[:n]
		}
		out.Columns[i] = c
	}
	return out, db.Each(ctx, s.DB, p.Rows, func(rows *sql.Rows) error {
		values := make([]any, len(p.Columns))
		into := make([]any, len(values))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, v := range values {
			values[i] = shown(v, instants[i])
		}
		out.Rows = append(out.Rows, values)
		return nil
	}, person)
}

// shown is a value of the database as a sheet has it.
func shown(v any, instant bool) any {
	switch v := v.(type) {
	case int64:
		if instant {
			return clock.FromMicros(v)
		}
	case []byte:
		return string(v)
	}
	return v
}

// self is what somebody may do with their own; the error is Unauthenticated.
func checkOwn(actor identity.Actor) error {
	return actor.Check(identity.AccountOwn, identity.Of(actor.Person))
}

// checkFresh lets through who has just proved who they are; they act for
// themselves.
func (s *Service) checkFresh(actor identity.Actor) error {
	if err := checkOwn(actor); err != nil {
		return err
	}
	if actor.By != "" {
		return errs.New(errs.Forbidden, "privacy.own-only", nil)
	}
	return actor.CheckDanger(identity.DangerPersonal, s.Clock.Now())
}
