package forecast

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

var (
	sayRange = db.Q("forecast.say", `
		INSERT INTO forecast_told (ticket, office, at, low, high, guess_low, guess_high) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (ticket) DO NOTHING`)
	forgetRanges = db.Q("forecast.forget", `DELETE FROM forecast_told WHERE office = $1 AND at < $2`)
	takeRange    = db.Q("forecast.take", `DELETE FROM forecast_told WHERE ticket = $1 RETURNING at, low, high, guess_low, guess_high`)
	oneMargin    = db.Q("forecast.margin", `SELECT low, high, seen FROM forecast_margin WHERE office = $1 AND band = $2`)
	keepMargin   = db.Q("forecast.keep-margin", `
		INSERT INTO forecast_margin (office, band, low, high, seen) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (office, band) DO UPDATE SET low = excluded.low, high = excluded.high, seen = excluded.seen`)
	countHeld = db.Q("forecast.count", `
		INSERT INTO forecast_held (office, day, told, sooner, later, width) VALUES ($1, $2, 1, $3, $4, $5)
		ON CONFLICT (office, day) DO UPDATE SET told = forecast_held.told + 1, sooner = forecast_held.sooner + excluded.sooner,
			later = forecast_held.later + excluded.later, width = forecast_held.width + excluded.width`)
	heldOfOffice = db.Q("forecast.held-of-office", `
		SELECT office, day, told, sooner, later, width FROM forecast_held WHERE office = $1 AND day >= $2 AND day <= $3 ORDER BY day`)
)

// outdated is how long a range is kept of somebody who was never called.
const outdated = 36 * time.Hour

// Said notes the range that was told with a new number. One in which nobody is ever
// called was no promise.
func (b *Book) Said(ctx context.Context, tx *db.Tx, office, ticket string, r Range, at time.Time) error {
	if r.Today == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, forgetRanges, office, clock.Micros(at.Add(-outdated))); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, sayRange, ticket, office, clock.Micros(at), r.Low.Seconds(), r.High.Seconds(), r.raw.low, r.raw.high)
	return err
}

// Came holds what was told against what came, at the first call. Of somebody to whom
// nothing was told it notes nothing.
func (b *Book) Came(ctx context.Context, tx *db.Tx, office, ticket string, waited time.Duration) error {
	told, err := take(ctx, tx, ticket)
	if errors.Is(err, db.ErrNoRow) {
		return nil
	}
	if err != nil {
		return err
	}
	return b.hold(ctx, tx, office, told, waited)
}

// Left says that somebody went away without having been called. Who waited longer
// than they were told counts as if called then; of the others nobody knows.
func (b *Book) Left(ctx context.Context, tx *db.Tx, office, ticket string, waited time.Duration) error {
	told, err := take(ctx, tx, ticket)
	if errors.Is(err, db.ErrNoRow) || err == nil && waited.Seconds() <= told.high {
		return nil
	}
	if err != nil {
		return err
	}
	return b.hold(ctx, tx, office, told, waited)
}

// promise is a range that was told, in seconds.
type promise struct {
	at        time.Time
	low, high float64
	guess     guess
}

func take(ctx context.Context, tx *db.Tx, ticket string) (p promise, err error) {
	var at int64
	err = db.One(ctx, tx, takeRange, []any{ticket}, &at, &p.low, &p.high, &p.guess.low, &p.guess.high)
	p.at = clock.FromMicros(at)
	return p, err
}

func (b *Book) hold(ctx context.Context, tx *db.Tx, office string, p promise, waited time.Duration) error {
	w := waited.Seconds()
	sooner, later := int64(hit(w < p.low)), int64(hit(w > p.high))
	if _, err := tx.Exec(ctx, countHeld, office, dayOf(agenda.DateOf(p.at.In(agenda.Rome))), sooner, later, int64(p.high-p.low)); err != nil {
		return err
	}
	band := bandOf(p.guess)
	var m Margin
	err := db.One(ctx, tx, oneMargin, []any{office, band}, &m.low, &m.high, &m.seen)
	if errors.Is(err, db.ErrNoRow) { // the first of its kind here: it goes on from the network
		if m = beginning[band]; b.lastNetwork() != nil && b.lastNetwork().margins[band].seen > 0 {
			m = b.lastNetwork().margins[band]
		}
	} else if err != nil {
		return err
	}
	m.learn(p.guess, w)
	_, err = tx.Exec(ctx, keepMargin, office, band, m.low, m.high, m.seen)
	return err
}

// lastNetwork is what the network last said; nil before it was asked.
func (b *Book) lastNetwork() *network {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.network
}

// dayOf is how a civil day is kept: days since 1970-01-01.
func dayOf(d agenda.Date) int64 {
	return int64(agenda.DayOf(time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)))
}

// Held is how often the ranges held that were told in an office.
type Held struct {
	Office        string
	Day           agenda.Date
	Told          int           // waits that have ended
	Sooner, Later int           // that ended before and after what was told
	Width         time.Duration // of a range, on average
}

// Share is how often they held, from 0 to 1.
func (h Held) Share() float64 {
	return float64(h.Told-h.Sooner-h.Later) / float64(max(1, h.Told))
}

// HeldOf says day by day how often ranges held in an office, from one day to another,
// both included.
func (b *Book) HeldOf(ctx context.Context, office string, from, to agenda.Date) ([]Held, error) {
	return db.All(ctx, b.db, heldOfOffice, scanHeld, office, dayOf(from), dayOf(to))
}

func scanHeld(rows *sql.Rows) (h Held, err error) {
	var day, width int64
	err = rows.Scan(&h.Office, &day, &h.Told, &h.Sooner, &h.Later, &width)
	h.Day = agenda.DateOf(agenda.Day(day).Start())
	h.Width = time.Duration(width) * time.Second / time.Duration(max(1, h.Told))
	return h, err
}
