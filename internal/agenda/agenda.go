// Package agenda is the time of the houses: quarter-hours of a UTC day as the
// bits of two words, civil dates and clock times of a place, opening hours,
// holidays, and runs of free quarters. It is pure: no clock, no database.
//
// Two kinds of time meet here and are kept apart. What is booked is an
// interval of instants, half-open, on whole quarter-hours, and is kept as
// masks of UTC days (Cells). What people say is the civil time of a place
// (Date, Clock), which on two days of the year skips or repeats an hour; it
// becomes an instant only through Instant, ParseLocal and Opening.
package agenda

import (
	"errors"
	"time"
	_ "time/tzdata" // the zones come with the program, not with the machine
)

// Why a time is refused. Errors of this package wrap one of these or are a *HoursError.
var (
	ErrInvalid    = errors.New("agenda: not a date or time")
	ErrGrain      = errors.New("agenda: not on a quarter-hour")
	ErrReversed   = errors.New("agenda: the end is not after the start")
	ErrFar        = errors.New("agenda: before 2000 or after 2200")
	ErrNoSuchTime = errors.New("agenda: the clocks skip this local time")
	ErrAmbiguous  = errors.New("agenda: this local time comes twice, give its offset")
)

// Rome is the zone of a place that names none.
var Rome = mustLoad("Europe/Rome")

func mustLoad(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err) // the zones are embedded
	}
	return loc
}

// Interval is the time from From up to, not including, To.
type Interval struct{ From, To time.Time }

// Elapsed is how much time really passes: what is billed.
func (i Interval) Elapsed() time.Duration { return i.To.Sub(i.From) }

// Wall is the difference of what the clocks of loc show at both ends: what is
// displayed. It differs from Elapsed when the clocks change in between.
func (i Interval) Wall(loc *time.Location) time.Duration {
	return time.Duration(wallSeconds(i.To, loc)-wallSeconds(i.From, loc)) * time.Second
}
