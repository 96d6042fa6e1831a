package counter

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// Spread is how long something took.
type Spread struct {
	Count  int
	Middle time.Duration // half took less
	Nine   time.Duration // nine of ten took less
}

func spreadOf(list []time.Duration) Spread {
	slices.Sort(list)
	if len(list) == 0 {
		return Spread{}
	}
	return Spread{Count: len(list), Middle: list[(len(list)-1)/2], Nine: list[(len(list)*9+9)/10-1]}
}

// Sum is what became of some tickets.
type Sum struct {
	Taken  int
	Served int
	Left   int // gave the number back, did not come when called, or were there when the day ended
	Now    int // with whom somebody still has to do
	Wait   Spread
}

// DaySum is that of a day, HourSum of the hour in which numbers were taken,
// ServiceSum of a service that was done.
type (
	DaySum struct {
		Day agenda.Date
		Sum
	}
	HourSum struct {
		Hour int
		Sum
	}
	ServiceSum struct {
		Service string
		Took    Spread // at the desk
	}
	DeskSum struct {
		Number int // 0: a desk that is no more
		Took   Spread
	}
)

// Report is what came of some days of an office. It names nobody.
type Report struct {
	From, To agenda.Date
	All      Sum
	Days     []DaySum // those with tickets
	Hours    []HourSum
	Services []ServiceSum
	Desks    []DeskSum
}

// MostDays is the longest report.
const MostDays = 92

var (
	reportTickets = db.Q("counter.report-tickets", `
		SELECT day, state, taken, first_call FROM ticket WHERE office = $1 AND day >= $2 AND day <= $3 ORDER BY day, taken`)
	reportServed = db.Q("counter.report-served", `
		SELECT p.service, p.desk, p.starts, p.ends FROM ticket t JOIN ticket_period p ON p.ticket = t.id
		WHERE t.office = $1 AND t.day >= $2 AND t.day <= $3 AND p.kind = 'served' AND p.ends > 0`)
)

// tally gathers what a Sum is made of.
type tally struct {
	Sum
	waits []time.Duration
}

func (t *tally) add(state State, wait time.Duration, called bool) {
	t.Taken++
	switch {
	case state == Finished:
		t.Served++
	case state.Alive():
		t.Now++
	default:
		t.Left++
	}
	if called {
		t.waits = append(t.waits, max(wait, 0))
	}
}

func (t *tally) sum() Sum {
	t.Wait = spreadOf(t.waits)
	return t.Sum
}

// Report counts some days of an office, the last included. Errors: Invalid on "to".
func (s *Service) Report(ctx context.Context, actor identity.Actor, office string, from, to agenda.Date) (rep Report, err error) {
	defer errs.Wrap(&err, "counter.Report(%s, %s)", from, to)
	st, err := s.Office(office)
	if err != nil {
		return rep, err
	}
	if err := actor.Check(identity.QueueRead, identity.Site(st.ID)); err != nil {
		return rep, err
	}
	if to.Before(from) || from.AddDays(MostDays).Before(to) {
		return rep, errs.New(errs.Invalid, "counter.report.days", errs.Args{"max": MostDays}).On("to")
	}
	rep.From, rep.To = from, to
	zone := s.Live.Network().Zone(st)
	var all tally
	days, hours := map[string]*tally{}, map[int]*tally{}
	err = db.Each(ctx, s.DB, reportTickets, func(rows *sql.Rows) error {
		var day string
		var state State
		var taken, first int64
		if err := rows.Scan(&day, &state, &taken, &first); err != nil {
			return err
		}
		at := instant(taken)
		for _, t := range []*tally{&all, of(days, day), of(hours, at.In(zone).Hour())} {
			t.add(state, instant(first).Sub(at), first != 0)
		}
		return nil
	}, st.ID, from.String(), to.String())
	if err != nil {
		return rep, err
	}
	rep.All = all.sum()
	for d := from; !to.Before(d); d = d.AddDays(1) {
		if t := days[d.String()]; t != nil {
			rep.Days = append(rep.Days, DaySum{d, t.sum()})
		}
	}
	for hour := range 24 {
		if t := hours[hour]; t != nil {
			rep.Hours = append(rep.Hours, HourSum{hour, t.sum()})
		}
	}
	return rep, s.reportServed(ctx, st.ID, &rep)
}

func of[K comparable](all map[K]*tally, key K) *tally {
	if all[key] == nil {
		all[key] = &tally{}
	}
	return all[key]
}

// reportServed adds how long services took, and at which desks.
func (s *Service) reportServed(ctx context.Context, office string, rep *Report) error {
	services, desks := map[string][]time.Duration{}, map[string][]time.Duration{}
	err := db.Each(ctx, s.DB, reportServed, func(rows *sql.Rows) error {
		var service, desk string
		var from, to int64
		if err := rows.Scan(&service, &desk, &from, &to); err != nil {
			return err
		}
		took := instant(to).Sub(instant(from))
		services[service], desks[desk] = append(services[service], took), append(desks[desk], took)
		return nil
	}, office, rep.From.String(), rep.To.String())
	if err != nil {
		return err
	}
	for service, list := range services {
		rep.Services = append(rep.Services, ServiceSum{service, spreadOf(list)})
	}
	slices.SortFunc(rep.Services, func(a, b ServiceSum) int {
		return cmp.Or(cmp.Compare(b.Took.Count, a.Took.Count), cmp.Compare(a.Service, b.Service))
	})
	numbers := map[int][]time.Duration{}
	for desk, list := range desks {
		n := s.DeskNumber(office, desk)
		numbers[n] = append(numbers[n], list...)
	}
	for n, list := range numbers {
		rep.Desks = append(rep.Desks, DeskSum{n, spreadOf(list)})
	}
	slices.SortFunc(rep.Desks, func(a, b DeskSum) int { return cmp.Compare(a.Number, b.Number) })
	return nil
}
