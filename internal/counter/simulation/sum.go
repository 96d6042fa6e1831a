package simulation

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"polis/internal/counter"
	"polis/internal/counter/catalog"
	"polis/internal/identity"
)

// Sum is what the days of one shape come to.
type Sum struct {
	Shape         string
	Offices, Days int
	Tickets       int             // numbers given
	Waits         []time.Duration // to the first call
	Told, Held    int             // ranges told to who was called, and those that held
	Width         time.Duration   // of all of them
	Early         Share           // of waits told to be at most five minutes
	Long          Share           // of waits told to be more than twenty
	TypedHeld     int             // of as many ranges from a typed mean
	TypedWidth    time.Duration
	typed         []estimate
	Faults        []string // what must not be
}

// Share is how many of some held.
type Share struct{ Held, Of int }

func (s *Share) add(held bool) {
	s.Of++
	if held {
		s.Held++
	}
}

// Percent is how often they held.
func (s Share) Percent() float64 { return 100 * float64(s.Held) / float64(max(1, s.Of)) }

// Ranges is how often the ranges held.
func (s *Sum) Ranges() Share { return Share{s.Held, s.Told} }

// Typed is how often those from a typed mean held.
func (s *Sum) Typed() Share { return Share{s.TypedHeld, s.Told} }

// estimate is a wait that was told as one number of minutes, and what came.
type estimate struct{ told, came float64 }

// TypedAsOften is how wide a typed mean must be made, by one factor up and down that is
// found afterwards, to hold as often as the ranges did; on average.
func (s *Sum) TypedAsOften() time.Duration {
	if len(s.typed) == 0 {
		return 0
	}
	const soft = 1 // minute, so that nobody ahead is no division by nothing
	off := make([]float64, len(s.typed))
	for i, e := range s.typed {
		off[i] = math.Abs(math.Log((e.came + soft) / (e.told + soft)))
	}
	slices.Sort(off)
	factor := math.Exp(off[max(0, min(len(off)-1, s.Held-1))])
	width := 0.0
	for _, e := range s.typed {
		width += (e.told+soft)*factor - max(soft, (e.told+soft)/factor)
	}
	return time.Duration(width / float64(len(s.typed)) * float64(time.Minute))
}

// minutes is a range in whole minutes, as peers show them.
type minutes struct{ low, high int }

// typed is what the best of the peers would tell who comes now: everybody ahead takes
// a mean that an administrator has typed, shared by the desks at which somebody works;
// the optimistic end takes four fifths of it, and nothing for the first of each desk.
func (y *day) typed() minutes {
	mean, at := 0.0, 0
	for service, share := range y.office.shape.crowd(y.date).mix {
		s, _ := catalog.Find(service)
		mean += share * float64(s.Minutes)
	}
	for _, d := range y.office.desks {
		if d.there {
			at++
		}
	}
	each := mean / float64(max(1, at))
	return minutes{low: int(0.8 * each * float64(max(0, y.ahead-at))), high: int(each * float64(y.ahead))}
}

// add counts somebody who was called.
func (s *Sum) add(v *visitor, waited time.Duration) {
	s.Waits = append(s.Waits, waited)
	r := v.ticket.Told
	if r == nil {
		return
	}
	held := r.Holds(waited)
	s.Told++
	if held {
		s.Held++
	}
	s.Width += r.High - r.Low
	switch {
	case r.High <= 5*time.Minute:
		s.Early.add(held)
	case r.High > 20*time.Minute:
		s.Long.add(held)
	}
	if m := int(waited / time.Minute); m >= v.typed.low && m <= v.typed.high {
		s.TypedHeld++
	}
	s.typed = append(s.typed, estimate{float64(v.typed.high), waited.Minutes()})
	s.TypedWidth += time.Duration(v.typed.high-v.typed.low) * time.Minute
}

// fault notes what must not be.
func (y *day) fault(format string, args ...any) {
	y.sum.Faults = append(y.sum.Faults, fmt.Sprintf("%s, %s: ", y.office.name, y.date)+fmt.Sprintf(format, args...))
}

// account holds the day against what the service wrote down: everybody who came has
// one number and was served once, left, or is known to be missing; all periods add up;
// no desk had two people at once.
func (y *day) account() error {
	boss := actor("manager", identity.SiteManager, y.office.id)
	list, err := y.w.OfDay(y.ctx, boss, y.office.id, y.date.String())
	if err != nil {
		return err
	}
	y.overbooked()
	y.sum.Days++
	y.sum.Tickets += len(list)
	if len(list) != len(y.people) {
		y.fault("%d came, %d have a number", len(y.people), len(list))
	}
	at := map[string][]counter.Period{}
	for _, t := range list {
		switch t.State {
		case counter.Finished, counter.Left, counter.Missed:
		case counter.Parked:
			if !t.Fetches() {
				y.fault("%s is on hold for ever", t.Name())
			}
		default:
			y.fault("%s is %s at the end of the day", t.Name(), t.State)
		}
		_, periods, err := y.w.Ticket(y.ctx, actor("operator", identity.CounterOperator, y.office.id), t.ID)
		if err != nil {
			return err
		}
		y.periods(t, periods, at)
	}
	for desk, list := range at {
		slices.SortFunc(list, func(a, b counter.Period) int { return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To)) })
		for i := 1; i < len(list); i++ {
			if list[i].From.Before(list[i-1].To) {
				y.fault("desk %s has two people at %s", desk, list[i].From)
			}
		}
	}
	return nil
}

// periods tells whether those of a ticket leave no gap and serve each thing once.
func (y *day) periods(t *counter.Ticket, list []counter.Period, desks map[string][]counter.Period) {
	from := t.Taken
	for i, p := range list {
		open := i == len(list)-1 && t.State.Alive()
		if !p.From.Equal(from) || !open && p.To.Before(p.From) || open != p.To.IsZero() {
			y.fault("%s: %s from %s to %s, after %s", t.Name(), p.Kind, p.From, p.To, from)
		}
		if p.Kind == counter.PeriodInvited || p.Kind == counter.PeriodServed {
			desks[p.Desk] = append(desks[p.Desk], p)
		}
		from = p.To
	}
	if !t.State.Alive() && !from.Equal(t.Closed) {
		y.fault("%s: the periods end at %s, it does at %s", t.Name(), from, t.Closed)
	}
	for _, it := range t.Items {
		if t.State == counter.Finished && it.State != counter.ItemDone {
			y.fault("%s: %s is %s", t.Name(), it.Service, it.State)
		}
	}
}

// MeanWait is what people waited on average.
func (s *Sum) MeanWait() time.Duration {
	total := time.Duration(0)
	for _, w := range s.Waits {
		total += w
	}
	return total / time.Duration(max(1, len(s.Waits)))
}

// LongWait is what nine of ten waited at most.
func (s *Sum) LongWait() time.Duration {
	if len(s.Waits) == 0 {
		return 0
	}
	list := slices.Sorted(slices.Values(s.Waits))
	return list[min(len(list)-1, len(list)*9/10)]
}

// Print writes sums as a table.
func Print(out io.Writer, sums []*Sum) {
	const line = "%-20s %5s %5s %7s | %6s %6s | %6s %6s %6s %6s | %6s %6s %8s | %s\n"
	fmt.Fprintf(out, line, "", "", "", "", "wait", "", "range", "", "held", "held", "typed", "", "as often", "")
	fmt.Fprintf(out, line, "shape", "days", "offic", "numbers", "mean", "90 %", "held", "width", "<= 5'", "> 20'", "held", "width", "width", "faults")
	for _, s := range sums {
		n := time.Duration(max(1, s.Told))
		fmt.Fprintf(out, line, s.Shape, fmt.Sprint(s.Days), fmt.Sprint(s.Offices), fmt.Sprint(s.Tickets), mins(s.MeanWait()), mins(s.LongWait()),
			percent(s.Ranges()), mins(s.Width/n), percent(s.Early), percent(s.Long), percent(s.Typed()), mins(s.TypedWidth/n), mins(s.TypedAsOften()),
			fmt.Sprint(len(s.Faults)))
	}
}

// Legend says what the columns are.
const Legend = `
Waits and widths are in minutes, from the number to the first call.
range   what is told with the number, in which nine waits of ten should end: how often it held,
        how wide it is; <=5' and >20': how often where at most five minutes were told, and more than twenty
typed   the same people told by the method of others: those ahead times a mean that somebody has
        typed, shared by the desks; from four fifths of it to all of it, in whole minutes;
        as often: how wide it must be made afterwards to hold as often as the ranges
faults  people lost or served twice, times that do not add up, desks with two people or overbooked
`

func percent(s Share) string {
	if s.Of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", s.Percent())
}

func mins(d time.Duration) string { return fmt.Sprintf("%.1f'", math.Round(d.Minutes()*10)/10) }
