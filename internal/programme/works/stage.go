package works

import (
	"time"

	"polis/internal/agenda"
	"polis/internal/programme/account"
	"polis/internal/site"
)

// Stage is how far the works of a house are.
type Stage string

// The stages, in the order of the way; a house is at one of them.
const (
	Planned  Stage = "planned" // no phase has ended
	Design   Stage = "design"  // survey, design or permits are under way
	Building Stage = "works"
	Testing  Stage = "testing" // built, and not yet accepted and open
	Open     Stage = "open"
	Unfiled  Stage = "unfiled" // nobody has published anything
)

// Stages are all of them, what is finished first.
var Stages = []Stage{Open, Testing, Building, Design, Planned, Unfiled}

func (s Stage) number() int {
	for i, other := range Stages {
		if s == other {
			return i
		}
	}
	return len(Stages) - 1
}

// after is the stage that follows the end of a phase.
var after = map[string]Stage{"survey": Design, "design": Design, "permits": Building, "works": Testing, "test": Testing, "open": Open}

// State is how the works of a house stand on a day.
type State struct {
	Stage Stage
	Late  bool // what comes next is past its planned end
	// Delay is by how many days: of what comes next where that is late, else of
	// what ended last; negative where it ended early. Known where both dates are.
	Delay int
	Known bool
}

// StateAt is how works stand at the end of a day. A phase that ended says that
// those before it did too, whether their dates are known or not. What is dated
// after the day has not happened.
func StateAt(w account.Works, day agenda.Date) State {
	last := -1
	for i, d := range w.Dates {
		if ended(d, day) {
			last = i
		}
	}
	s := State{Stage: Planned}
	if last >= 0 {
		s.Stage = after[account.Phases[last].ID]
		if d := w.Dates[last]; !d.Planned.IsZero() {
			s.Delay, s.Known = days(d.Planned.Date, d.Actual.Date), true
		}
	}
	for _, d := range w.Dates[last+1:] {
		if !d.Planned.IsZero() {
			if s.Late = d.Planned.Before(day); s.Late {
				s.Delay, s.Known = days(d.Planned.Date, day), true
			}
			break
		}
	}
	return s
}

func ended(d account.Dates, day agenda.Date) bool {
	return !d.Actual.IsZero() && !day.Before(d.Actual.Date)
}

// days are how many days lie between two dates.
func days(from, to agenda.Date) int {
	at := func(d agenda.Date) time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }
	return int(at(to).Sub(at(from)) / (24 * time.Hour))
}

// unfiled is how works stand of which nobody has published anything: a space is
// as far as the house says, of an office that was open all the time it says
// nothing.
func unfiled(st *site.Site) State {
	if st.Kind == site.Space {
		switch st.State {
		case site.Planned:
			return State{Stage: Planned}
		case site.Works:
			return State{Stage: Building}
		case site.Testing:
			return State{Stage: Testing}
		case site.Open, site.Suspended:
			return State{Stage: Open}
		}
	}
	return State{Stage: Unfiled}
}
