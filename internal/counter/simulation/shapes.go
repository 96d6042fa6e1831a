// Package simulation plays days of offices against the real service of the counters,
// on a scratch database and with a clock of its own: people come, wait, lose patience,
// are called, have forgotten a paper; desks open, pause and close. It tells what they
// waited, how often the ranges held that they were told, and whether anybody was lost
// or served twice.
//
// What happens in it is made otherwise than the forecast believes: offices, days,
// operators and hours have their own pace, times have other tails, and nothing of it
// is told to the forecast but what the service records.
package simulation

import (
	"math"
	"time"

	"polis/internal/agenda"
)

// shape is a kind of office and of day.
type shape struct {
	name, hours string
	desks       int
	load        float64                   // of what the desks can do
	dates       func(d agenda.Date) bool  // which days of the calendar are played; nil: all
	crowd       func(d agenda.Date) crowd // who comes
	linkDown    bool                      // of the kiosk, two hours of each day
	noon        bool                      // the last desk closes at noon, and nobody knew
}

// crowd is how many come on a day and what for.
type crowd struct {
	factor float64
	mix    map[string]float64
}

// everyday is what people come for, as shares.
var everyday = map[string]float64{
	"bollettini": 0.25, "spedizioni": 0.22, "ritiri": 0.15, "pensioni": 0.08, "certificati": 0.10, "cedolino": 0.08,
	"carta-identita": 0.07, "passaporto": 0.05,
}

// payday is what they come for when pensions are paid.
var payday = map[string]float64{
	"pensioni": 0.55, "bollettini": 0.18, "spedizioni": 0.08, "ritiri": 0.06, "cedolino": 0.07, "certificati": 0.03, "carta-identita": 0.03,
}

func ordinary(agenda.Date) crowd { return crowd{1, everyday} }

// shapes are all that are played.
var shapes = []*shape{
	{name: "one desk", hours: "Mo-Fr 08:20-13:35; Sa 08:20-12:35; PH off", desks: 1, load: 0.75, crowd: ordinary},
	{name: "lunch break", hours: "Mo-Fr 08:30-13:00,14:30-18:00; PH off", desks: 2, load: 0.8, crowd: ordinary},
	{name: "alternate opening", hours: "Mo,We,Fr 08:20-13:35; PH off", desks: 1, load: 0.85, crowd: ordinary},
	{name: "pension rush", hours: "Mo-Fr 08:20-13:35; Sa 08:20-12:35; PH off", desks: 3, load: 0.65, dates: firstDays, crowd: rush},
	{name: "link down", hours: "Mo-Fr 08:20-13:35; Sa 08:20-12:35; PH off", desks: 2, load: 0.75, crowd: ordinary, linkDown: true},
	{name: "desk closed at noon", hours: "Mo-Fr 08:20-16:00; PH off", desks: 3, load: 0.7, crowd: ordinary, noon: true},
	{name: "clock change", hours: "Mo-Su 00:30-06:30", desks: 1, load: 0.75, dates: aroundClockChange, crowd: ordinary},
}

// firstDays are the first of the month, which is the rush, and the days after it.
func firstDays(d agenda.Date) bool { return d.Day <= 4 }

func rush(d agenda.Date) crowd {
	if d.Day <= 2 {
		return crowd{1.9, payday}
	}
	return crowd{1, everyday}
}

// aroundClockChange are the days on which clocks change, before and after.
func aroundClockChange(d agenda.Date) bool {
	for n := -1; n <= 1; n++ {
		x := d.AddDays(n)
		if noonOf(x.AddDays(1)).Sub(noonOf(x)) != 24*time.Hour {
			return true
		}
	}
	return false
}

func noonOf(d agenda.Date) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, agenda.Rome)
}

// come is how many people come at a part of an opening (0 to 1), against its mean.
func come(part float64) float64 { return 1.25 - 0.5*math.Min(1, math.Max(0, part)) }
