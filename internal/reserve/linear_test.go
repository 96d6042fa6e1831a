package reserve

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"polis/internal/agenda"
)

// The naive model: what people would agree on who speak one after the other.

// atomsOf are the atoms 1-3 of a unit as bits 0-2.
func atomsOf(unit int64) (set uint8) {
	for _, a := range (layout{}).Atoms(unit) {
		set |= 1 << (a - 1)
	}
	return set
}

// call is one request: book or move (units or a pool, quarters), cancel or
// confirm. The clock may tick during a call, which sees it at some moment.
type call struct {
	what          byte // b, m, x, c
	id            int
	units         []int64
	pool          bool
	count         int
	quarters      uint16
	due           int8 // tick; 0: never
	before, after int8 // ticks when it began and when it ended
}

type answer struct {
	refused string // "", "taken", "status", "unknown"
	units   []int64
}

// entry is a booking in the model.
type entry struct {
	atoms    uint8 // 0: not there
	quarters uint16
	due      int8
	ended    bool
	held     bool
}

func (e entry) overdue(now int8) bool { return e.held && e.due <= now }

const people, acts = 6, 8

type state [people * acts]entry

// free are the atoms free over some quarters at a tick, without a booking
// itself.
func (s *state) free(quarters uint16, but int, now int8) uint8 {
	free := uint8(7)
	for id, e := range s {
		if id != but && !e.ended && !e.overdue(now) && e.quarters&quarters != 0 {
			free &^= e.atoms
		}
	}
	return free
}

func union(units []int64) (set uint8, clash bool) {
	for _, u := range units {
		clash = clash || set&atomsOf(u) != 0
		set |= atomsOf(u)
	}
	return set, clash
}

// possible tells whether a request for places can be met: exactly these, or
// some choice of the pool.
func (c *call) possible(free uint8) bool {
	if !c.pool {
		set, _ := union(c.units)
		return set&^free == 0
	}
	for choice := range 1 << len(c.units) {
		if bits.OnesCount(uint(choice)) != c.count {
			continue
		}
		var list []int64
		for i, u := range c.units {
			if choice>>i&1 == 1 {
				list = append(list, u)
			}
		}
		if set, clash := union(list); !clash && set&^free == 0 {
			return true
		}
	}
	return false
}

// step tells whether an answer is right in a state, and the state afterwards.
func (s state) step(c call, a answer) (bool, state) {
	e := &s[c.id]
	if c.what != 'b' {
		switch {
		case e.atoms == 0:
			return a.refused == "unknown", s
		case e.ended, c.what == 'c' && !e.held:
			return a.refused == "status", s
		case a.refused == "status":
			return e.overdue(c.after), s // somebody ended it
		case c.what == 'x':
			e.ended = true
			return a.refused == "", s
		case e.overdue(c.before):
			return false, s // it was asked for too late
		case c.what == 'c':
			e.held = false
			return a.refused == "" && e.atoms&^s.free(e.quarters, c.id, c.after) == 0, s
		}
	}
	if a.refused == "taken" {
		return !c.possible(s.free(c.quarters, c.id, c.before)), s
	}
	got, clash := union(a.units)
	if a.refused != "" || clash || got&^s.free(c.quarters, c.id, c.after) != 0 {
		return false, s
	}
	*e = entry{atoms: got, quarters: c.quarters, due: c.due, held: c.due > 0}
	return true, s
}

var bookings = porcupine.Model{
	Init: func() interface{} { return state{} },
	Step: func(s, in, out interface{}) (bool, interface{}) { return s.(state).step(in.(call), out.(answer)) },
}

// history lets some people act at once on three atoms, one day, and records
// when each act began, ended and how.
func history(h *house, n int, seed uint64) []porcupine.Operation {
	day := nine.AddDate(0, 0, n)
	tick := func(t int8) time.Time { return day.Add(-10*time.Hour + time.Duration(t)*time.Minute) }
	ticks := func() int8 { return int8(h.clock.Now().Sub(tick(0)) / time.Minute) }
	h.clock.Set(tick(0))
	start := time.Now()
	var mu sync.Mutex
	var ops []porcupine.Operation
	var wg sync.WaitGroup
	for person := range people {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(person)))
			for i := range acts {
				e := h.engines[r.IntN(len(h.engines))]
				c := call{what: "bbbbbbxxmc"[r.IntN(10)], id: person*acts + i}
				if c.what != 'b' {
					if c.id = r.IntN(people * acts); r.IntN(3) > 0 {
						c.id -= c.id % acts // somebody's first: it is probably there
					}
				}
				from, length := r.IntN(5), 1+r.IntN(3)
				c.quarters = (1<<length - 1) << from
				c.units = []int64{[]int64{1, 2, 3, 100, 101, 102}[r.IntN(6)]}
				if r.IntN(3) == 0 {
					c.pool, c.count = true, 1+r.IntN(2)
					c.units = shuffled(r, 1, 2, 3, 100)[:2+r.IntN(3)]
				}
				if r.IntN(2) == 0 {
					c.due = ticks() + 1
				}
				plan := c.plan(day, fmt.Sprintf("%d-%d", n, c.id), tick)
				began := time.Since(start)
				c.before = ticks()
				if plan.When != nil && c.what != 'x' {
					plan.NotDue = tick(c.before)
				}
				a := do(h, e, plan)
				c.after = ticks()
				ended := time.Since(start)
				mu.Lock()
				ops = append(ops, porcupine.Operation{ClientId: person, Input: c, Output: a, Call: int64(began), Return: int64(ended)})
				mu.Unlock()
				switch k := r.IntN(16); {
				case k == 0 && person == 0:
					h.clock.Advance(time.Minute)
				case k == 1:
					if _, err := e.Sweep(context.Background()); err != nil {
						h.t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	return ops
}

// plan is the call as the engine is asked.
func (c *call) plan(day time.Time, id string, tick func(int8) time.Time) Plan {
	p := Plan{Booking: id, To: Confirmed, Due: day.Add(20 * time.Hour)}
	switch c.what {
	case 'm':
		p.When = []Status{Held, Confirmed}
	case 'x':
		p.When, p.To = []Status{Held, Confirmed}, Cancelled
		return p
	case 'c':
		p.When = []Status{Held}
		return p
	}
	if c.due > 0 {
		p.To, p.Due = Held, tick(c.due)
	}
	first := bits.TrailingZeros16(c.quarters)
	d := Demand{From: day.Add(time.Duration(first) * agenda.Quarter), Units: c.units}
	d.To = d.From.Add(time.Duration(bits.OnesCount16(c.quarters)) * agenda.Quarter)
	if c.pool {
		d.Pool, d.Units, d.Count = c.units, nil, c.count
	}
	p.Demands = []Demand{d}
	return p
}

func do(h *house, e *Engine, p Plan) (a answer) {
	b, err := e.Do(context.Background(), p)
	var taken *Taken
	var status *WrongStatus
	switch {
	case errors.As(err, &taken):
		a.refused = "taken"
	case errors.As(err, &status):
		a.refused = "status"
	case errors.Is(err, ErrUnknown):
		a.refused = "unknown"
	case err != nil:
		h.t.Error(err)
	case len(p.Demands) > 0:
		a.units = b.Parts[0].Units
	}
	return a
}

// TestNothingIsRefusedThatIsFree checks many short histories: there is an order
// of the acts, each within the time it took, in which the naive model gives the
// same answers. So nothing is sold twice and nothing is refused that was free
// all the while; an overdue hold counts as free.
func TestNothingIsRefusedThatIsFree(t *testing.T) {
	houses(t, func(h *house) {
		refused, granted := 0, 0
		for n := range scale(60, 1500) {
			ops := history(h, n, uint64(n))
			switch porcupine.CheckOperationsTimeout(bookings, ops, 20*time.Second) {
			case porcupine.Illegal:
				for _, o := range ops {
					h.t.Logf("%d: %8d-%8d µs %c %+v -> %+v", o.ClientId, o.Call/1000, o.Return/1000, o.Input.(call).what, o.Input, o.Output)
				}
				h.t.Fatalf("history %d has no order that explains it", n)
			case porcupine.Unknown:
				h.t.Errorf("history %d was not decided in time", n)
			}
			for _, o := range ops {
				switch a := o.Output.(answer); {
				case a.refused == "taken":
					refused++
				case a.refused == "":
					granted++
				}
			}
		}
		h.t.Logf("%d granted, %d refused as taken", granted, refused)
		h.check()
	})
}
