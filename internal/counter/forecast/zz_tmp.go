// Package forecast stands in until the forecast lands: who lands it deletes this file.
package forecast

import (
	"context"
	"time"

	"polis/internal/counter/queue"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

type Times struct{}
type Situation struct {
	Office   string
	Now      time.Time
	Waiting  []queue.Entry
	Expected []queue.Entry
	Desks    []Desk
	Closes   time.Time
	Times    Times
	Seed     uint64
}
type Desk struct {
	ID       string
	Can      func(service string) bool
	Busy     []string
	Since    time.Time
	From, To time.Time
}
type Range struct{ Low, High time.Duration }

func Foresee(s Situation, id string) Range { return Range{} }

type Book struct{}

func New(d *db.DB, c clock.Clock) *Book { return &Book{} }

type Served struct {
	Service string
	At      time.Time
	Took    time.Duration
}

func (b *Book) Learn(ctx context.Context, tx *db.Tx, office string, served ...Served) error {
	return nil
}
func (b *Book) Times(ctx context.Context, office string, at time.Time) (Times, error) {
	return Times{}, nil
}
func (b *Book) Said(ctx context.Context, tx *db.Tx, office, ticket string, r Range, at time.Time) error {
	return nil
}
func (b *Book) Came(ctx context.Context, tx *db.Tx, office, ticket string, waited time.Duration) error {
	return nil
}
