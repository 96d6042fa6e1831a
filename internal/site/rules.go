package site

import (
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/errs"
)

// Rules say how a kind of place may be booked. All lengths are minutes. No
// zero means "without limit": where it is allowed it says what it forbids.
type Rules struct {
	Turnover  int `json:"turnover"`   // kept free after a booking, a multiple of 15
	MinLength int `json:"min_length"` // shortest booking
	MaxLength int `json:"max_length"` // longest booking
	Lead      int `json:"lead"`       // how long before its start it must be booked; 0 = up to the start
	LateStart int `json:"late_start"` // how long ago, but today, it may have started; 0 = it may not
	Grain     int `json:"grain"`      // starts are multiples of it after the site's midnight; 15 at least

	CheckInEarly  int `json:"check_in_early"`   // check-in opens so long before the start
	Release       int `json:"release"`          // free again so long after the start without check-in; 0 = never
	NoCheckInFrom int `json:"no_check_in_from"` // a booking so long needs no check-in; 0 = all need it

	HorizonDays int `json:"horizon_days"` // days after today, in the site's zone, on which a booking may end
	Coming      int `json:"coming"`       // coming bookings of a person
	WeekHours   int `json:"week_hours"`   // hours a week of a person, times the places taken; a room is one place
	Holds       int `json:"holds"`        // open holds of a person
	NoShows     int `json:"no_shows"`     // missed visits after which a person is suspended
	NoShowDays  int `json:"no_show_days"` // days over which missed visits are counted
	SuspendDays int `json:"suspend_days"` // how long; 0 = nobody is suspended
}

const (
	hour = 60
	day  = 24 * hour
)

// DefaultRules are the rules of a kind for which nobody has set others.
func DefaultRules(kind ResourceKind) Rules {
	r := Rules{
		MinLength: 30, MaxLength: 12 * hour, LateStart: 12 * hour, Grain: 15,
		CheckInEarly: 30, Release: 15,
		HorizonDays: 90, Coming: 5, WeekHours: 40, Holds: 3, NoShows: 3, NoShowDays: 30, SuspendDays: 7,
	}
	switch kind {
	case Meeting:
		r.MinLength, r.MaxLength, r.Turnover, r.LateStart, r.HorizonDays = 15, 10*hour, 15, 15, 180
	case Private:
		r.MinLength, r.MaxLength, r.HorizonDays, r.WeekHours = hour, 30*day, 180, 7*24
		r.NoCheckInFrom = day
	case Training, Hall, Outdoor:
		r.MinLength, r.MaxLength, r.Turnover, r.LateStart = hour, 5*day, 30, 15
		r.HorizonDays, r.WeekHours, r.NoCheckInFrom = 400, 5*24, day
	case Counter:
		r.MinLength, r.MaxLength, r.LateStart, r.HorizonDays = 15, hour, 15, 60
	}
	return r
}

// maxLength is the longest booking any rule allows: a year.
const maxLength = 366 * day

// Validate refuses rules that contradict themselves; the error is Invalid and
// names every field at fault.
func (r Rules) Validate() error {
	var bad []errs.Error
	check := func(field string, ok bool, key string, limit int) {
		if !ok {
			bad = append(bad, *errs.New(errs.Invalid, key, errs.Args{"limit": limit}).On(field))
		}
	}
	least := func(field string, value, limit int) { check(field, value >= limit, "rules.too-small", limit) }
	most := func(field string, value, limit int) { check(field, value <= limit, "rules.too-large", limit) }
	quarters := func(field string, value int) { check(field, value%15 == 0, "rules.not-quarters", 15) }

	least("turnover", r.Turnover, 0)
	most("turnover", r.Turnover, day)
	quarters("turnover", r.Turnover)
	least("min_length", r.MinLength, 15)
	quarters("min_length", r.MinLength)
	least("max_length", r.MaxLength, max(r.MinLength, 15))
	most("max_length", r.MaxLength, maxLength)
	least("lead", r.Lead, 0)
	most("lead", r.Lead, maxLength)
	least("late_start", r.LateStart, 0)
	most("late_start", r.LateStart, day)
	check("late_start", r.LateStart == 0 || r.Lead == 0, "rules.lead-and-late", 0)
	least("grain", r.Grain, 15)
	most("grain", r.Grain, day)
	quarters("grain", r.Grain)
	least("check_in_early", r.CheckInEarly, 0)
	most("check_in_early", r.CheckInEarly, day)
	least("release", r.Release, 0)
	most("release", r.Release, day)
	least("no_check_in_from", r.NoCheckInFrom, 0)
	least("horizon_days", r.HorizonDays, 1)
	most("horizon_days", r.HorizonDays, 800)
	least("coming", r.Coming, 0)
	least("week_hours", r.WeekHours, 0)
	least("holds", r.Holds, 0)
	least("no_shows", r.NoShows, 1)
	least("no_show_days", r.NoShowDays, 1)
	least("suspend_days", r.SuspendDays, 0)
	if len(bad) == 0 {
		return nil
	}
	err := errs.New(errs.Invalid, "rules.invalid", nil)
	err.Fields = bad
	return err
}

// Refusal is the machine-readable part of a broken rule.
type Refusal struct {
	Rule  string `json:"rule"`  // name of the field of Rules
	Limit int    `json:"limit"` // what it allows
	Unit  string `json:"unit"`  // "minutes" or "days"
}

// Check tells whether a booking from up to, not including, to may be made at
// now in a site whose zone is loc. The error is of kind Rule, with a Refusal
// and the limit as a variable of its message: limit, a time.Duration, or count,
// a number of days. Days and "today" are those of the site.
//
// Where the clocks change between start and end, what passes and what the
// clocks show differ; a length within the limits by either count is allowed,
// so that a whole day can be booked on the day of 23 and on that of 25 hours.
func (r Rules) Check(now, from, to time.Time, loc *time.Location) error {
	length := agenda.Interval{From: from, To: to}
	elapsed, wall := length.Elapsed(), length.Wall(loc)
	today := agenda.DateOf(now.In(loc))
	start, last := from.In(loc), to.Add(-time.Nanosecond).In(loc)

	switch {
	case !onGrain(start, r.Grain):
		return broken("rule.grain", "grain", r.Grain)
	case elapsed <= 0 || max(elapsed, wall) < minutes(r.MinLength):
		return broken("rule.too-short", "min_length", r.MinLength)
	case min(elapsed, wall) > minutes(r.MaxLength):
		return broken("rule.too-long", "max_length", r.MaxLength)
	case from.Before(now):
		if now.Sub(from) > minutes(r.LateStart) || agenda.DateOf(start).Before(today) || !to.After(now) {
			return broken("rule.past", "late_start", r.LateStart)
		}
	case from.Before(now.Add(minutes(r.Lead))):
		return broken("rule.lead", "lead", r.Lead)
	}
	if today.AddDays(r.HorizonDays).Before(agenda.DateOf(last)) {
		return errs.New(errs.Rule, "rule.horizon", errs.Args{"count": r.HorizonDays}).
			With(Refusal{"horizon_days", r.HorizonDays, "days"})
	}
	return nil
}

// onGrain tells whether the clock of t stands on a multiple of grain minutes
// after midnight.
func onGrain(t time.Time, grain int) bool {
	h, m, s := t.Clock()
	return (h*hour+m)%max(grain, 15) == 0 && s == 0 && t.Nanosecond() == 0
}

func broken(key, rule string, limit int) error {
	return errs.New(errs.Rule, key, errs.Args{"limit": minutes(limit)}).With(Refusal{rule, limit, "minutes"})
}

func minutes(n int) time.Duration { return time.Duration(n) * time.Minute }
