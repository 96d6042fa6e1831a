package reserve

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"polis/internal/agenda"
)

// days is a booking of desk 5 for an hour on each of some days, due a quarter
// of an hour after its start.
func days(person string, starts ...float64) Plan {
	p := Plan{
		Person: person, By: person, To: Confirmed, Due: at(starts[0] + .25),
		Uses: []Use{{Key: "coming:" + person, Amount: 1, While: WhileAlive, Limit: 1}},
	}
	for _, from := range starts {
		p.Demands = append(p.Demands, Demand{Site: "s", Kind: "desk", From: at(from), To: at(from + 1), Turnover: 1, Units: []int64{5}})
	}
	return p
}

func (b *bench) now(id string) Booking {
	b.t.Helper()
	got, err := b.Get(context.Background(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	return got
}

func (b *bench) sweep(moved int) {
	b.t.Helper()
	if n, err := b.Sweep(context.Background()); err != nil || n != moved {
		b.t.Fatalf("sweep moved %d bookings, %v; want %d", n, err, moved)
	}
}

func arrive(b Booking) Plan {
	return Plan{Booking: b.ID, When: []Status{Confirmed}, To: CheckedIn, Due: b.Ends}
}

func TestMissedDayIsReleasedAlone(t *testing.T) {
	each(t, func(b *bench) {
		made := b.ok(days("a", 0, 24, 48))
		b.clock.Set(at(.25))
		b.sweep(1)
		left := b.now(made.ID)
		if left.Status != Confirmed || !left.Starts.Equal(at(24)) || !left.Due.Equal(at(24.25)) || !left.Ends.Equal(at(49)) {
			t.Errorf("goes on as %+v", left)
		}
		if p := left.Parts[0]; len(p.Units) > 0 || !slices.Equal(p.Missed, []int64{5}) || len(left.Parts) != 3 {
			t.Errorf("parts %+v", left.Parts)
		}
		if got := b.told(made.ID)[1]; got.Kind != Released || len(got.Facts.Was) != 1 || got.Facts.Was[0].Part != 0 || got.Facts.Rev != left.Rev {
			t.Errorf("told %+v", got)
		}
		b.ok(want("b", .5, 1.25, 5)) // the turnover is free too
		b.taken(want("c", 24, 25, 5))
		b.taken(want("c", 25, 25.25, 5))
		b.sweep(0)

		b.clock.Set(at(24.1))
		if came := b.ok(arrive(left)); came.Status != CheckedIn || len(came.Parts[0].Missed) != 1 {
			t.Errorf("came: %+v", came)
		}
		b.clock.Set(at(48.5))
		b.taken(want("c", 48, 49, 5)) // who came keeps the later days
		b.clock.Set(at(50))
		b.sweep(2)
		if got := b.now(made.ID).Status; got != Completed {
			t.Errorf("ended as %s", got)
		}
	})
}

func TestMissedToTheLast(t *testing.T) {
	each(t, func(b *bench) {
		made := b.ok(days("a", 0, 24))
		b.clock.Set(at(.25))
		b.sweep(1)
		b.clock.Set(at(24.25))
		b.sweep(1)
		if got := b.now(made.ID); got.Status != NoShow || got.Rev != 3 {
			t.Errorf("ended as %+v", got)
		}
		late := b.ok(days("a", 48, 72, 96)) // nobody sweeps for long
		b.clock.Set(at(100))
		b.sweep(1)
		if got := b.now(late.ID); got.Status != NoShow || len(got.Parts[0].Units) != 1 {
			t.Errorf("ended as %+v", got)
		}
	})
}

// Nobody swept: what was missed stands in the way of nobody, and the booking
// itself can be changed as it stands.
func TestMissedDayInTheWay(t *testing.T) {
	each(t, func(b *bench) {
		made := b.ok(days("a", 0, 24))
		b.clock.Set(at(.25))
		if got := made.Standing(at(.25)); got.Status != Confirmed || !got.Starts.Equal(at(24)) {
			t.Errorf("stands as %+v", got)
		}
		b.ok(want("b", .25, 1, 5))
		if got := b.now(made.ID); !got.Due.Equal(at(24.25)) {
			t.Errorf("goes on as %+v", got)
		}
		b.clock.Set(at(24.25))
		b.taken(want("c", .5, 1, 5))

		other := b.ok(days("d", 48, 72))
		b.clock.Set(at(71.9))
		came := arrive(other)
		came.NotDue = b.clock.Now()
		if got := b.ok(came); got.Status != CheckedIn || len(got.Parts[0].Missed) != 1 || got.Rev != 3 {
			t.Errorf("came: %+v", got)
		}
		third := b.ok(days("e", 96, 120))
		b.clock.Set(at(96.5))
		came = arrive(third)
		came.NotDue, came.Rev = b.clock.Now(), third.Rev
		if _, err := b.Do(context.Background(), came); !errors.Is(err, ErrStale) {
			t.Errorf("a visit to the first day: %v", err)
		}
	})
}

// A booking that was missed in part and moves keeps what it missed in its place.
func TestMissedPartStaysInItsPlace(t *testing.T) {
	each(t, func(b *bench) {
		made := b.ok(days("a", 0, 24, 48))
		b.clock.Set(at(.25))
		b.sweep(1)
		p := days("a", 30, 48)
		p.Booking, p.When = made.ID, []Status{Confirmed}
		got := b.ok(p)
		if len(got.Parts) != 3 || len(got.Parts[0].Missed) != 1 || !got.Parts[1].From.Equal(at(30)) || !got.Starts.Equal(at(30)) {
			t.Errorf("moved: %+v", got)
		}
	})
}

// missing is the model: a booking as a list of parts that have it or not.
type missing struct {
	id     string
	status Status
	delay  time.Duration
	parts  []Demand
	gone   []bool
	asked  bool // check-in is asked for: it is not over by itself
	came   bool
	made   Booking // as it was at first
}

// settle does naively what time does to a booking.
func (m *missing) settle(now time.Time) {
	for m.status == Confirmed || m.status == CheckedIn {
		var starts, ends time.Time
		for i, p := range m.parts {
			if m.gone[i] {
				continue
			}
			if starts.IsZero() || p.From.Before(starts) {
				starts = p.From
			}
			if p.To.After(ends) {
				ends = p.To
			}
		}
		if m.status == CheckedIn || !m.asked {
			if !now.Before(ends) {
				m.status = Completed
			}
			return
		}
		due := starts.Add(m.delay)
		if last := ends.Add(-time.Microsecond); due.After(last) {
			due = last
		}
		if now.Before(due) {
			return
		}
		left := false
		next := slices.Clone(m.gone)
		for i, p := range m.parts {
			next[i] = m.gone[i] || !p.From.Add(due.Sub(starts)).After(now)
			left = left || !next[i]
		}
		if !left {
			m.status = NoShow
			return
		}
		m.gone = next
	}
}

// has tells whether a booking has an atom at a quarter-hour.
func (m *missing) has(atom int64, q time.Time) bool {
	for i, p := range m.parts {
		if end := p.To.Add(time.Duration(p.Turnover) * agenda.Quarter); m.status.Holds() && !m.gone[i] && !q.Before(p.From) && q.Before(end) {
			for _, u := range p.Units {
				if slices.Contains((layout{}).Atoms(u), atom) {
					return true
				}
			}
		}
	}
	return false
}

// TestMissedAgainstAModel lets bookings of several parts be missed, come to and
// contested, and compares every quarter-hour of every atom with a naive model.
func TestMissedAgainstAModel(t *testing.T) {
	each(t, func(b *bench) {
		released, inBetween := 0, 0
		for n := range scale(25, 400) {
			r := rand.New(rand.NewPCG(7, uint64(n)))
			base := at(float64(24 * 4 * n))
			b.clock.Set(base)
			hour := func() time.Time { return base.Add(time.Duration(4+r.IntN(60)) * agenda.Quarter) }
			var model []*missing
			for k := range 3 {
				m := &missing{id: fmt.Sprintf("%d-%d", n, k), status: Confirmed, delay: time.Duration(1+r.IntN(3)) * agenda.Quarter}
				for range 1 + r.IntN(4) {
					from := hour()
					m.parts = append(m.parts, Demand{
						Site: "s", Kind: "desk", From: from, To: from.Add(time.Duration(1+r.IntN(8)) * agenda.Quarter),
						Turnover: r.IntN(3), Units: shuffled(r, 1, 2, 5, 100, 102)[:1],
					})
				}
				starts := slices.MinFunc(m.parts, func(x, y Demand) int { return x.From.Compare(y.From) }).From
				ends := slices.MaxFunc(m.parts, func(x, y Demand) int { return x.To.Compare(y.To) }).To
				due := starts.Add(m.delay)
				if due.After(ends) {
					due = ends
				}
				m.gone, m.asked = make([]bool, len(m.parts)), due.Before(ends)
				var err error
				if m.made, err = b.Do(context.Background(), Plan{Booking: m.id, Person: "p", To: Confirmed, Due: due, Demands: m.parts}); err == nil {
					model = append(model, m)
				}
			}
			for now := base; now.Before(base.Add(76 * agenda.Quarter)); now = now.Add(time.Duration(1+r.IntN(6)) * agenda.Quarter) {
				b.clock.Set(now)
				switch r.IntN(3) {
				case 0:
					if _, err := b.Sweep(context.Background()); err != nil {
						t.Fatal(err)
					}
				case 1:
					if len(model) > 0 && r.IntN(3) == 0 {
						m := model[r.IntN(len(model))]
						m.settle(now)
						got, err := b.Do(context.Background(), Plan{Booking: m.id, When: []Status{Confirmed}, To: CheckedIn, Due: b.now(m.id).Standing(now).Ends, NotDue: now})
						if (err == nil) != (m.status == Confirmed) {
							t.Fatalf("run %d: check-in at %v of %+v: %v", n, now, m, err)
						}
						if err == nil {
							m.status, m.came = got.Status, true
						}
					}
				default: // somebody wants a quarter-hour of a place and lets it go again
					q, unit := hour(), shuffled(r, 1, 2, 5, 100, 102)[0]
					busy := false
					for _, m := range model {
						m.settle(now)
						for _, a := range (layout{}).Atoms(unit) {
							busy = busy || m.has(a, q)
						}
					}
					got, err := b.Do(context.Background(), Plan{Person: "x", To: Confirmed, Due: q.Add(agenda.Quarter), Demands: []Demand{{From: q, To: q.Add(agenda.Quarter), Units: []int64{unit}}}})
					if (err != nil) != busy {
						t.Fatalf("run %d: %d at %v wanted at %v: %v, the model says %v", n, unit, q, now, err, busy)
					}
					if err == nil {
						if _, err := b.Do(context.Background(), Plan{Booking: got.ID, When: []Status{Confirmed, Completed}, To: Cancelled}); err != nil {
							t.Fatal(err)
						}
					}
				}
				for _, m := range model {
					m.settle(now)
					got := b.now(m.id).Standing(now)
					if got.Status != m.status {
						t.Fatalf("run %d: %s at %v stands at %s, the model says %s", n, m.id, now, got.Status, m.status)
					}
					for i := range m.parts {
						if gone := len(got.Parts[i].Missed) > 0; gone != m.gone[i] {
							t.Fatalf("run %d: part %d of %s at %v missed %v, the model says %v", n, i, m.id, now, gone, m.gone[i])
						} else if gone {
							released++
						}
					}
				}
				// What is written down settles at the same instants as the model: of what is
				// looked at later, several parts missed at once are not told apart.
				if _, err := b.Sweep(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
			over := base.Add(24 * 3 * time.Hour)
			b.clock.Set(over)
			if _, err := b.Sweep(context.Background()); err != nil {
				t.Fatal(err)
			}
			for _, m := range model { // however often somebody looked, it ends the same
				if came := b.now(m.id); came.Rev > 1 && slices.ContainsFunc(came.Parts, func(p Part) bool { return len(p.Missed) > 0 }) && came.Status == NoShow {
					inBetween++
				}
				if got, want := b.now(m.id).Status, m.made.Standing(over).Status; got != want && !m.came {
					t.Fatalf("run %d: %s ended as %s, and as %s where nobody looked", n, m.id, got, want)
				}
			}
			b.check()
		}
		if inBetween == 0 {
			t.Error("nothing was ever missed one after the other")
		}
		if released == 0 {
			t.Error("nothing was ever missed in part")
		}
	})
}

// TestMissedRaces lets the sweep, the person at the door, the person who gives
// the booking back and another who wants the place meet at the instant at which
// a day is missed.
func TestMissedRaces(t *testing.T) {
	houses(t, func(h *house) {
		ctx := context.Background()
		ends := map[Status]int{}
		for n := range scale(40, 600) {
			base := 24 * 3 * float64(n)
			made, err := h.engines[0].Do(ctx, days(fmt.Sprint("a", n), base, base+24))
			if err != nil {
				h.t.Fatal(err)
			}
			h.clock.Set(at(base + .25).Add(-time.Microsecond))
			var wg sync.WaitGroup
			var got Booking
			var lost error
			wg.Go(func() { // at the very end of the time
				p := arrive(made)
				p.NotDue, p.Rev = h.clock.Now(), made.Rev
				if _, err := h.engines[n%len(h.engines)].Do(ctx, p); err != nil && !IsRefusal(err) {
					h.t.Error(err)
				}
			})
			wg.Go(func() { h.clock.Set(at(base + .25)) })
			wg.Go(func() {
				if _, err := h.engines[0].Sweep(ctx); err != nil {
					h.t.Error(err)
				}
			})
			wg.Go(func() { got, lost = h.engines[len(h.engines)-1].Do(ctx, want("b", base+.25, base+1, 5)) })
			if n%4 == 0 {
				wg.Go(func() {
					_, err := h.engines[0].Do(ctx, Plan{Booking: made.ID, When: []Status{Confirmed}, To: Cancelled})
					if err != nil && !IsRefusal(err) {
						h.t.Error(err)
					}
				})
			}
			wg.Wait()
			b, err := h.engines[0].Get(ctx, made.ID)
			if err != nil {
				h.t.Fatal(err)
			}
			b = b.Standing(h.clock.Now())
			ends[b.Status]++
			whole := len(b.Parts[0].Units) == 1 && b.Status.Holds()
			if lost == nil && whole {
				h.t.Errorf("round %d: %s and %s have the place", n, b.ID, got.ID)
			}
			if lost != nil && !IsRefusal(lost) {
				h.t.Error(lost)
			}
			if b.Status.Alive() && len(b.Parts[1].Units) != 1 {
				h.t.Errorf("round %d: the second day is lost: %+v", n, b)
			}
		}
		h.t.Logf("ended as %v", ends)
		h.check()
		h.noDeadlocks()
	})
}
