package appointment

import (
	"slices"
	"time"

	"polis/internal/agenda"
)

// quarter is the grid of appointments: each begins on a quarter-hour.
const quarter = 15 * time.Minute

// quarterMinutes is how much work fits into a quarter-hour of a desk.
const quarterMinutes = int(quarter / time.Minute)

// Rules are what an office sets for its appointments.
type Rules struct {
	Public   int           // percent of the staffed time of a day that people may book themselves
	Internal int           // percent that appointments may take in all, with those that the staff books
	Lead     time.Duration // people book themselves at least so long before
	Days     int           // how far ahead an appointment may be, in days
	Margin   time.Duration // work ends so long before the office closes
	Hold     time.Duration // a slot is kept so long while somebody confirms
	Delay    time.Duration // what was given back is offered again only after so long
}

// DefaultRules hold where an office has none of its own. What appointments leave
// is for who comes without one.
var DefaultRules = Rules{
	Public: 60, Internal: 90, Lead: time.Hour, Days: 60, Margin: 5 * time.Minute,
	Hold: 10 * time.Minute, Delay: 30 * time.Minute,
}

// Day is all that decides which slots an office has on a day.
type Day struct {
	Now     time.Time
	Opening []agenda.Interval // of the office, in order
	Desks   []Desk            // in the order in which they are given out
	Taken   []Taken
	Rules   Rules
}

// Desk is one desk of the office on that day.
type Desk struct {
	ID     string
	Shifts []Shift
	Closed []agenda.Interval
}

// Shift is when somebody works at a desk, and what can be done there then: by
// their skills, the permissions of the office and the equipment of the desk.
type Shift struct {
	agenda.Interval
	Can func(service string) bool
}

// Taken is time of a desk that is given: an appointment, a hold, or what was given
// back and is not offered again yet.
type Taken struct {
	ID      string // of the appointment
	Desk    string
	From    time.Time
	Minutes int
	Public  bool      // booked by people themselves
	Until   time.Time // from when it takes nothing any more; zero: it stands
}

// Request is what an appointment is wanted for.
type Request struct {
	Service string
	Minutes int    // people × minutes of the service
	Public  bool   // who asks is no member of the staff
	Except  string // id of the appointment that would be moved: its own time is no obstacle
}

// Slot is a time that can be booked.
type Slot struct {
	From time.Time
	To   time.Time // when the work is done by plan
	Desk string    // that would be given
}

// Slots are the times of the day that can be booked, in order. It is the one
// judge: what it does not say is neither offered nor accepted.
//
// The rule: a desk that is open, staffed and able all the while has at most 15
// minutes of work in each quarter-hour. So long work takes whole quarters, and
// several short pieces share one. In all, appointments take no more of the day
// than the rules of the office leave them.
func (d *Day) Slots(r Request) []Slot {
	if r.Minutes <= 0 {
		return nil
	}
	g := d.grid(r)
	if !g.affords(d.Rules, r) {
		return nil
	}
	var slots []Slot
	for _, q := range g.starts() {
		from := time.Unix(q*int64(quarter/time.Second), 0)
		if !d.inTime(from, r.Public) {
			continue
		}
		if desk := g.desk(q, r.Minutes); desk != "" {
			slots = append(slots, Slot{from, from.Add(time.Duration(r.Minutes) * time.Minute), desk})
		}
	}
	return slots
}

// At is the slot of an instant.
func (d *Day) At(r Request, from time.Time) (Slot, bool) {
	slots := d.Slots(r)
	i := slices.IndexFunc(slots, func(s Slot) bool { return s.From.Equal(from) })
	if i < 0 {
		return Slot{}, false
	}
	return slots[i], true
}

// inTime tells whether a start is neither too near nor too far away.
func (d *Day) inTime(from time.Time, public bool) bool {
	first := d.Now
	if public {
		first = first.Add(d.Rules.Lead)
	}
	return !from.Before(first) && !from.After(d.Now.AddDate(0, 0, d.Rules.Days))
}

// grid is a day in quarter-hours, by their number since 1970.
type grid struct {
	desks       []string
	able        map[string]map[int64]bool // desk → quarters in which it can do the service
	work        map[string]map[int64]int  // desk → minutes of work in a quarter
	staffed     int                       // minutes of all desks
	all, public int                       // minutes of appointments
}

func (d *Day) grid(r Request) *grid {
	g := &grid{able: map[string]map[int64]bool{}, work: map[string]map[int64]int{}}
	for _, desk := range d.Desks {
		g.desks = append(g.desks, desk.ID)
		g.able[desk.ID], g.work[desk.ID] = map[int64]bool{}, map[int64]int{}
		staffed := map[int64]bool{}
		for _, shift := range desk.Shifts {
			can := shift.Can(r.Service)
			for _, open := range d.Opening {
				open.To = open.To.Add(-d.Rules.Margin)
				for q := range wholeQuarters(open, shift.Interval) {
					if desk.closedIn(q) {
						continue
					}
					staffed[q] = true
					if can {
						g.able[desk.ID][q] = true
					}
				}
			}
		}
		g.staffed += len(staffed) * quarterMinutes
	}
	for _, t := range d.Taken {
		if t.ID != "" && t.ID == r.Except || !t.Until.IsZero() && !d.Now.Before(t.Until) {
			continue
		}
		g.take(t)
	}
	return g
}

func (g *grid) take(t Taken) {
	g.all += t.Minutes
	if t.Public {
		g.public += t.Minutes
	}
	work := g.work[t.Desk]
	if work == nil { // a desk that is no more
		return
	}
	for q, load := range loads(numberOf(t.From), t.Minutes) {
		work[q] += load
	}
}

// affords tells whether the rules leave appointments so much of the day.
func (g *grid) affords(rules Rules, r Request) bool {
	return (g.all+r.Minutes)*100 <= g.staffed*rules.Internal &&
		(!r.Public || (g.public+r.Minutes)*100 <= g.staffed*rules.Public)
}

// starts are the quarters in which some desk can do the service, in order.
func (g *grid) starts() []int64 {
	set := map[int64]bool{}
	for _, able := range g.able {
		for q := range able {
			set[q] = true
		}
	}
	list := make([]int64, 0, len(set))
	for q := range set {
		list = append(list, q)
	}
	slices.Sort(list)
	return list
}

// desk chooses the desk for some work: the one that has most to do in that
// quarter already, so that others stay whole; then the first. "" where none can.
func (g *grid) desk(q int64, minutes int) string {
	best, most := "", -1
	for _, id := range g.desks {
		if g.fits(id, q, minutes) && g.work[id][q] > most {
			best, most = id, g.work[id][q]
		}
	}
	return best
}

func (g *grid) fits(desk string, q int64, minutes int) bool {
	for k, load := range loads(q, minutes) {
		if !g.able[desk][k] || g.work[desk][k]+load > quarterMinutes {
			return false
		}
	}
	return true
}

// loads are the minutes of each quarter that some work takes from a quarter on.
func loads(q int64, minutes int) func(yield func(int64, int) bool) {
	return func(yield func(int64, int) bool) {
		for ; minutes > 0; minutes, q = minutes-quarterMinutes, q+1 {
			if !yield(q, min(minutes, quarterMinutes)) {
				return
			}
		}
	}
}

func numberOf(t time.Time) int64 { return t.Unix() / int64(quarter/time.Second) }

// wholeQuarters are the numbers of the quarters that lie wholly inside both.
func wholeQuarters(a, b agenda.Interval) func(yield func(int64) bool) {
	from := max(a.From.Unix(), b.From.Unix())
	to := min(a.To.Unix(), b.To.Unix())
	const seconds = int64(quarter / time.Second)
	return func(yield func(int64) bool) {
		for q := (from + seconds - 1) / seconds; (q+1)*seconds <= to; q++ {
			if !yield(q) {
				return
			}
		}
	}
}

// closedIn tells whether the desk is closed in some part of a quarter.
func (d *Desk) closedIn(q int64) bool {
	from := time.Unix(q*int64(quarter/time.Second), 0)
	return slices.ContainsFunc(d.Closed, func(c agenda.Interval) bool {
		return c.From.Before(from.Add(quarter)) && from.Before(c.To)
	})
}
