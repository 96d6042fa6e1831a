package appointment

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"polis/internal/agenda"
)

// date is the day of the tables below; the clocks of the house stand on Rome.
var date = agenda.Date{Year: 2026, Month: time.November, Day: 24}

func at(clock string) time.Time {
	c, err := agenda.ParseClock(clock)
	if err != nil {
		panic(err)
	}
	t, _, err := agenda.Instant(date, c, agenda.Rome)
	if err != nil {
		panic(err)
	}
	return t
}

func interval(from, to string) agenda.Interval { return agenda.Interval{From: at(from), To: at(to)} }

func can(services ...string) func(string) bool {
	return func(s string) bool { return slices.Contains(services, s) }
}

func clocks(slots []Slot) []string {
	var out []string
	for _, s := range slots {
		out = append(out, s.From.In(agenda.Rome).Format("15:04"))
	}
	return out
}

// small is a small office: 08:20-13:35, one desk, all its time for appointments.
func small() *Day {
	return &Day{
		Now: at("07:00"), Opening: []agenda.Interval{interval("08:20", "13:35")},
		Desks: []Desk{{ID: "1", Shifts: []Shift{{interval("08:00", "14:00"), can("card", "slip")}}}},
		Rules: Rules{Public: 100, Internal: 100, Days: 60},
	}
}

func TestSlots(t *testing.T) {
	for _, c := range []struct {
		name string
		day  func(*Day)
		ask  Request
		want string
	}{
		{"short work until the last whole quarter", func(d *Day) { d.Opening[0] = interval("08:20", "09:20") }, Request{Service: "slip", Minutes: 6}, "[08:30 08:45 09:00]"},
		{"a family is never past closing", func(d *Day) { d.Opening[0] = interval("08:30", "09:45") }, Request{Service: "card", Minutes: 80}, "[]"},
		{"a family that just fits", func(d *Day) { d.Opening[0] = interval("08:30", "10:00") }, Request{Service: "card", Minutes: 60}, "[08:30 08:45 09:00]"},
		{"the margin before closing", func(d *Day) {
			d.Opening[0], d.Rules.Margin = interval("08:30", "09:30"), 5*time.Minute
		}, Request{Service: "card", Minutes: 20}, "[08:30 08:45]"},
		{"no work over the lunch break", func(d *Day) {
			d.Opening = []agenda.Interval{interval("12:30", "13:00"), interval("15:00", "15:30")}
			d.Desks[0].Shifts[0].To = at("16:00")
		}, Request{Service: "card", Minutes: 20}, "[12:30 15:00]"},
		{"short pieces share a quarter", func(d *Day) {
			d.Opening[0] = interval("08:30", "09:00")
			d.Taken = []Taken{{"a", "1", at("08:30"), 6, true, time.Time{}}}
		}, Request{Service: "slip", Minutes: 6}, "[08:30 08:45]"},
		{"as many as fit, no more", func(d *Day) {
			d.Opening[0] = interval("08:30", "09:00")
			d.Taken = []Taken{{"a", "1", at("08:30"), 6, true, time.Time{}}, {"b", "1", at("08:30"), 6, true, time.Time{}}}
		}, Request{Service: "slip", Minutes: 6}, "[08:45]"},
		{"a short piece after the end of a long one", func(d *Day) {
			d.Opening[0] = interval("08:30", "09:00")
			d.Taken = []Taken{{"a", "1", at("08:30"), 20, true, time.Time{}}}
		}, Request{Service: "slip", Minutes: 6}, "[08:45]"},
		{"what was given back waits", func(d *Day) {
			d.Opening[0] = interval("08:30", "09:00")
			d.Taken = []Taken{{"a", "1", at("08:30"), 15, true, at("07:01")}}
		}, Request{Service: "slip", Minutes: 6}, "[08:45]"},
		{"and comes back", func(d *Day) {
			d.Opening[0] = interval("08:30", "09:00")
			d.Taken = []Taken{{"a", "1", at("08:30"), 15, true, at("07:00")}}
		}, Request{Service: "slip", Minutes: 6}, "[08:30 08:45]"},
		{"one's own time is no obstacle", func(d *Day) {
			d.Opening[0] = interval("08:30", "09:00")
			d.Taken = []Taken{{"a", "1", at("08:30"), 20, true, time.Time{}}}
		}, Request{Service: "card", Minutes: 30, Except: "a"}, "[08:30]"},
		{"nobody there who can", func(d *Day) { d.Desks[0].Shifts[0].Can = can("slip") }, Request{Service: "card", Minutes: 20}, "[]"},
		{"the desk closes at noon", func(d *Day) {
			d.Opening[0] = interval("11:30", "13:35")
			d.Desks[0].Closed = []agenda.Interval{interval("12:00", "14:00")}
		}, Request{Service: "card", Minutes: 20}, "[11:30]"},
		{"too late to come", func(d *Day) {
			d.Opening[0], d.Now, d.Rules.Lead = interval("08:30", "10:00"), at("08:10"), time.Hour
		}, Request{Service: "slip", Minutes: 6, Public: true}, "[09:15 09:30 09:45]"},
		{"but not for the staff", func(d *Day) {
			d.Opening[0], d.Now, d.Rules.Lead = interval("08:30", "09:00"), at("08:31"), time.Hour
		}, Request{Service: "slip", Minutes: 6}, "[08:45]"},
		{"what the public may take is taken", func(d *Day) {
			d.Opening[0], d.Rules.Public = interval("08:30", "09:30"), 50
			d.Taken = []Taken{{"a", "1", at("08:30"), 20, true, time.Time{}}}
		}, Request{Service: "slip", Minutes: 11, Public: true}, "[]"},
		{"the staff has the rest", func(d *Day) {
			d.Opening[0], d.Rules.Public = interval("08:30", "09:30"), 50
			d.Taken = []Taken{{"a", "1", at("08:30"), 30, true, time.Time{}}}
		}, Request{Service: "slip", Minutes: 11}, "[09:00 09:15]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := small()
			c.day(d)
			if got := fmt.Sprint(clocks(d.Slots(c.ask))); got != c.want {
				t.Errorf("slots %s, want %s", got, c.want)
			}
		})
	}
}

// TestTwoDesksMakeOneOffer: a time is offered once, and work that can share a
// quarter leaves the other desk whole.
func TestTwoDesksMakeOneOffer(t *testing.T) {
	d := small()
	d.Opening[0] = interval("08:30", "08:45")
	d.Desks = append(d.Desks, Desk{ID: "2", Shifts: []Shift{{interval("08:00", "14:00"), can("slip")}}})
	d.Taken = []Taken{{"a", "2", at("08:30"), 6, true, time.Time{}}}
	if got := d.Slots(Request{Service: "slip", Minutes: 6}); len(got) != 1 || got[0].Desk != "2" {
		t.Errorf("offered %v, want one on desk 2", got)
	}
	if got := d.Slots(Request{Service: "slip", Minutes: 10}); len(got) != 1 || got[0].Desk != "1" {
		t.Errorf("offered %v, want one on desk 1", got)
	}
}

// TestClockChange: on the day on which an hour comes twice, an office that is open
// all night offers every quarter once.
func TestClockChange(t *testing.T) {
	open := agenda.Opening{Hours: agenda.MustHours("24/7")}
	night := agenda.Date{Year: 2026, Month: time.October, Day: 25}
	hours := open.On(night)
	d := &Day{
		Now: hours[0].From.Add(-time.Hour), Opening: hours,
		Desks: []Desk{{ID: "1", Shifts: []Shift{{hours[0], can("slip")}}}}, Rules: Rules{Public: 100, Internal: 100, Days: 9},
	}
	slots := d.Slots(Request{Service: "slip", Minutes: 6, Public: true})
	if len(slots) != 100 {
		t.Errorf("%d slots on a day of 25 hours, want 100", len(slots))
	}
}

// TestAgainstModel lets random people book, move, give back and let holds lapse in
// random offices, and asks a model that only counts minutes what was possible.
func TestAgainstModel(t *testing.T) {
	for seed := range uint64(150) {
		rnd := rand.New(rand.NewPCG(seed, 6))
		d := randomDay(rnd)
		for i := range 60 {
			ask := Request{Service: pick(rnd, "card", "slip", "form"), Minutes: pick(rnd, 3, 6, 8, 12, 15, 16, 20, 40, 80), Public: rnd.IntN(3) > 0}
			old := -1
			if len(d.Taken) > 0 && rnd.IntN(4) == 0 {
				old = rnd.IntN(len(d.Taken))
				ask.Except = d.Taken[old].ID
			}
			slots := d.Slots(ask)
			if want := modelSlots(d, ask); !slices.Equal(clocks(slots), want) {
				t.Fatalf("seed %d, step %d, %+v: slots\n%v, the model says\n%v", seed, i, ask, clocks(slots), want)
			}
			d.Now = d.Now.Add(time.Duration(rnd.IntN(8)) * time.Minute)
			if old >= 0 && rnd.IntN(2) == 0 { // given back, if there still is something to give
				if d.Taken[old].Until.IsZero() {
					d.Taken[old].Until = d.Now.Add(d.Rules.Delay)
				}
				continue
			}
			slots = d.Slots(ask)
			if len(slots) == 0 {
				continue
			}
			s := slots[rnd.IntN(len(slots))]
			made := Taken{fmt.Sprint(seed, i), s.Desk, s.From, ask.Minutes, ask.Public, time.Time{}}
			if rnd.IntN(4) == 0 {
				made.Until = d.Now.Add(10 * time.Minute) // a hold that nobody confirms
			}
			if old >= 0 { // moved
				d.Taken = slices.Delete(d.Taken, old, old+1)
			}
			d.Taken = append(d.Taken, made)
			if fault := overbooked(d); fault != "" {
				t.Fatalf("seed %d, step %d: %s", seed, i, fault)
			}
		}
	}
}

func pick[T any](rnd *rand.Rand, list ...T) T { return list[rnd.IntN(len(list))] }

func randomDay(rnd *rand.Rand) *Day {
	d := &Day{
		Now: at("06:00").Add(time.Duration(rnd.IntN(300)) * time.Minute),
		Rules: Rules{
			Public: 20 + rnd.IntN(81), Internal: 40 + rnd.IntN(61), Lead: time.Duration(rnd.IntN(90)) * time.Minute,
			Days: 1, Margin: time.Duration(rnd.IntN(20)) * time.Minute, Delay: time.Duration(rnd.IntN(40)) * time.Minute,
		},
	}
	d.Opening = pick(rnd,
		[]agenda.Interval{interval("08:20", "13:35")},
		[]agenda.Interval{interval("08:20", "12:00"), interval("14:10", "18:05")},
		[]agenda.Interval{interval("09:00", "09:40")}, nil)
	for n := range 1 + rnd.IntN(3) {
		desk := Desk{ID: fmt.Sprint(n + 1)}
		for range 1 + rnd.IntN(2) {
			from := at("08:00").Add(time.Duration(rnd.IntN(240)) * time.Minute)
			desk.Shifts = append(desk.Shifts, Shift{
				agenda.Interval{From: from, To: from.Add(time.Duration(60+rnd.IntN(400)) * time.Minute)},
				can(pick(rnd, "card", "slip"), pick(rnd, "slip", "form")),
			})
		}
		if rnd.IntN(3) == 0 {
			desk.Closed = []agenda.Interval{interval("12:00", "19:00")}
		}
		d.Desks = append(d.Desks, desk)
	}
	return d
}

// model tells of each minute of a day what the rules leave.
type model struct {
	day      *Day
	standing []Taken
}

func (m model) staffed(desk Desk, quarter time.Time, service string) bool {
	return slices.ContainsFunc(desk.Shifts, func(s Shift) bool {
		if service != "" && !s.Can(service) {
			return false
		}
		return slices.ContainsFunc(m.day.Opening, func(o agenda.Interval) bool {
			for minute := range 15 {
				t := quarter.Add(time.Duration(minute) * time.Minute)
				end := t.Add(time.Minute)
				if t.Before(s.From) || end.After(s.To) || t.Before(o.From) || end.After(o.To.Add(-m.day.Rules.Margin)) ||
					slices.ContainsFunc(desk.Closed, func(c agenda.Interval) bool { return t.Before(c.To) && c.From.Before(end) }) {
					return false
				}
			}
			return true
		})
	})
}

// load is the work of a desk in a quarter, each piece on the clock from its start.
func (m model) load(desk string, quarter time.Time) (n int) {
	for _, a := range m.standing {
		for minute := range a.Minutes {
			if t := a.From.Add(time.Duration(minute) * time.Minute); a.Desk == desk && t.Truncate(15*time.Minute).Equal(quarter) {
				n++
			}
		}
	}
	return n
}

func modelSlots(d *Day, ask Request) []string {
	m := model{day: d}
	all, public, staffed := ask.Minutes, 0, 0
	if ask.Public {
		public = ask.Minutes
	}
	for _, a := range d.Taken {
		if a.ID == ask.Except || !a.Until.IsZero() && !a.Until.After(d.Now) {
			continue
		}
		m.standing = append(m.standing, a)
		all += a.Minutes
		if a.Public {
			public += a.Minutes
		}
	}
	var possible []string
	for q := at("00:00"); q.Before(at("23:45")); q = q.Add(15 * time.Minute) {
		some := false
		for _, desk := range d.Desks {
			if m.staffed(desk, q, "") {
				staffed += 15
			}
			fits := true
			for left, t := ask.Minutes, q; left > 0; left, t = left-15, t.Add(15*time.Minute) {
				fits = fits && m.staffed(desk, t, ask.Service) && m.load(desk.ID, t)+min(left, 15) <= 15
			}
			some = some || fits
		}
		lead := d.Rules.Lead
		if !ask.Public {
			lead = 0
		}
		if some && q.Sub(d.Now) >= lead {
			possible = append(possible, q.In(agenda.Rome).Format("15:04"))
		}
	}
	if all*100 > staffed*d.Rules.Internal || ask.Public && public*100 > staffed*d.Rules.Public {
		return nil
	}
	return possible
}

// overbooked tells what of a day breaks the promise: two at once where one fits.
func overbooked(d *Day) string {
	m := model{day: d}
	for _, a := range d.Taken {
		if a.Until.IsZero() || a.Until.After(d.Now) {
			m.standing = append(m.standing, a)
		}
	}
	for q := at("00:00"); q.Before(at("23:45")); q = q.Add(15 * time.Minute) {
		for _, desk := range d.Desks {
			if n := m.load(desk.ID, q); n > 15 {
				return fmt.Sprintf("desk %s has %d minutes of work at %s", desk.ID, n, q.In(agenda.Rome).Format("15:04"))
			}
		}
	}
	return ""
}
