package account

import (
	"slices"

	"polis/internal/agenda"
)

// The two numbers of the programme, after the method of OpenPNRR
// (openpnrr.it/faq), whose weights are not published; ours are, beside them.
//
//	milestone index  actual(t)   = Σ w·[completed by t]   Σw = 1
//	                 expected(t) = Σ w·[due ≤ t]
//	quantity index   of a target: reached(t) / target, and on its expected path

// Index is a part of a whole, exactly: Part of All.
type Index struct{ Part, All int64 }

// Value is the index as a number from 0 to 1; 0 of nothing.
func (i Index) Value() float64 {
	if i.All == 0 {
		return 0
	}
	return float64(i.Part) / float64(i.All)
}

// Percent is the index rounded to a whole percent.
func (i Index) Percent() int {
	if i.All == 0 {
		return 0
	}
	return int((200*i.Part + i.All) / (2 * i.All))
}

// State is how a milestone stands on a day: the six of OpenPNRR.
type State string

// The states.
const (
	ToStart       State = "to-start"       // da avviare
	InProgress    State = "in-progress"    // in corso
	WellUnderWay  State = "well-under-way" // a buon punto
	Late          State = "late"           // in ritardo
	Done          State = "completed"      // completata
	CompletedLate State = "completed-late" // completata in ritardo
)

// States are all of them, in their order.
var States = []State{ToStart, InProgress, WellUnderWay, Late, Done, CompletedLate}

// Standing is how a milestone stands on a day, and since when.
type Standing struct {
	State     State
	Since     When     // of the source, or the end of the quarter in which it was due
	Last      Progress // the last that a source says of it; zero if none
	Completed When     // "" unless it is
}

// StandingOf is how a milestone stands on a day. What is not completed is late
// from the day after the end of its quarter; what is completed by a day in that
// quarter or before is so in time.
func (a *Account) StandingOf(m Milestone, on agenda.Date) (s Standing) {
	for _, p := range a.ProgressOf(m.ID) {
		if on.Before(p.Date.End()) {
			break
		}
		if p.Stage == Completed && s.Last.Stage != Completed {
			s.Completed = p.Date
		} else if p.Stage != Completed {
			s.Completed = ""
		}
		s.Last = p
	}
	due := m.Due().End()
	s.Since = s.Last.Date
	switch {
	case s.Completed != "" && due.Before(s.Completed.End()):
		s.State, s.Since = CompletedLate, s.Completed
	case s.Completed != "":
		s.State, s.Since = Done, s.Completed
	case due.Before(on):
		s.State = Late
		s.Since = When(due.AddDays(1).String())
	case s.Last.Stage == Near:
		s.State = WellUnderWay
	case s.Last.Stage == Started:
		s.State = InProgress
	default:
		s.State = ToStart
	}
	return s
}

// Weights are other weights of milestones or targets than those of their rows,
// by id; nil takes those.
type Weights map[string]int64

func (w Weights) of(id string, usual int64) int64 {
	if n, ok := w[id]; ok {
		return max(n, 0)
	}
	return usual
}

// MilestonesOn is the milestone index on a day: what is completed by it and what
// is due by it.
func (a *Account) MilestonesOn(on agenda.Date, weights Weights) (actual, expected Index) {
	for _, m := range All[Milestone](a) {
		w := weights.of(m.ID, m.weight())
		actual.All += w
		if a.StandingOf(m, on).Completed != "" {
			actual.Part += w
		}
		if !on.Before(m.Due().End()) {
			expected.Part += w
		}
	}
	expected.All = actual.All
	return actual, expected
}

// Quarters are those from the first in which something is due or happened to
// the last in which something is due.
func (a *Account) Quarters() (list []Quarter) {
	var first, last Quarter
	reach := func(q Quarter, due bool) {
		if first == (Quarter{}) || q.Before(first) {
			first = q
		}
		if due && last.Before(q) {
			last = q
		}
	}
	for _, m := range All[Milestone](a) {
		reach(m.Due(), true)
	}
	for _, s := range All[Step](a) {
		reach(QuarterOf(s.Date.Date), true)
	}
	if last == (Quarter{}) {
		return nil
	}
	for q := first; !last.Before(q); q = q.Next() {
		list = append(list, q)
	}
	return list
}

// Reached is what of a target was declared to be there by a day: the largest of
// the last figures of each word that says so. false where nothing was declared.
func (a *Account) Reached(target string, on agenda.Date) (d Declaration, ok bool) {
	last := map[string]Declaration{}
	for _, x := range a.DeclarationsOf(target) {
		end := x.AsOf.End()
		if _, number := x.Number(); number && x.Reached() && end != zero && !on.Before(end) {
			last[x.Word] = x
		}
	}
	best := -1.0
	for _, word := range []string{WordTested, WordDone, WordInstalled} {
		if x, has := last[word]; has {
			if n, _ := x.Number(); n > best {
				best, d, ok = n, x, true
			}
		}
	}
	return d, ok
}

// Expected is what of a target is to be there by a day, after its path.
func (a *Account) Expected(target string, on agenda.Date) float64 {
	steps := a.StepsOf(target)
	i := slices.IndexFunc(steps, func(s Step) bool { return on.Before(s.Date.Date) })
	switch {
	case len(steps) == 0 || i == 0:
		return 0
	case i < 0:
		return float64(steps[len(steps)-1].Value)
	}
	from, to := steps[i-1], steps[i]
	gone, all := days(from.Date.Date, on), days(from.Date.Date, to.Date.Date)
	return float64(from.Value) + float64(to.Value-from.Value)*float64(gone)/float64(all)
}

func days(from, to agenda.Date) int {
	return int(agenda.DayOf(to.UTC()) - agenda.DayOf(from.UTC()))
}

// perUnit is how finely quantities are counted.
const perUnit = 1_000_000

// part is a number of a target, from 0 to the whole of it.
func part(n float64, t Target) Index {
	if t.Value <= 0 {
		return Index{}
	}
	share := min(max(n/float64(t.Value), 0), 1)
	return Index{int64(share*perUnit + 0.5), perUnit}
}

// TargetOn is the quantity index of a target on a day: what is declared to be
// there, and what is expected.
func (a *Account) TargetOn(t Target, on agenda.Date) (actual, expected Index) {
	n := 0.0
	if d, ok := a.Reached(t.ID, on); ok {
		n, _ = d.Number()
	}
	return part(n, t), part(a.Expected(t.ID, on), t)
}

// TargetsOn is the quantity index of all targets together: the mean of theirs,
// by their weights.
func (a *Account) TargetsOn(on agenda.Date, weights Weights) (actual, expected Index) {
	for _, t := range All[Target](a) {
		w := weights.of(t.ID, t.weight())
		got, due := a.TargetOn(t, on)
		actual.Part += w * got.Part
		expected.Part += w * due.Part
		actual.All += w * perUnit
	}
	expected.All = actual.All
	return actual, expected
}
