package reserve

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"polis/internal/agenda"
	"polis/internal/platform/db"
)

// crowd is people who act at random on a few places over a few days.
type crowd struct {
	h    *house
	mu   sync.Mutex
	made []Booking
	shut []string // closures
	seen map[string]int
}

// TestCrowd lets many people do everything at once on a hot set of places:
// then nothing is oversold and nothing differs.
func TestCrowd(t *testing.T) {
	for _, people := range []int{16, 64} {
		t.Run(fmt.Sprint(people), func(t *testing.T) {
			houses(t, func(h *house) {
				c := &crowd{h: h, seen: map[string]int{}}
				var wg sync.WaitGroup
				for i := range people {
					wg.Go(func() {
						r := rand.New(rand.NewPCG(uint64(people), uint64(i)))
						for range scale(2400, 40_000) / people {
							c.act(r, h.engines[r.IntN(len(h.engines))])
						}
					})
				}
				wg.Wait()
				h.check()
				c.audit()
				h.noDeadlocks()
				var plans, batches, refused int64
				for _, e := range h.engines {
					plans += e.Metrics.Plans.Load()
					batches += e.Metrics.Batches.Load()
					refused += e.Metrics.Refused.Load()
				}
				t := h.t.(*testing.T)
				t.Logf("%d plans in %d batches, %d refused; done: %v", plans, batches, refused, c.seen)
				for _, what := range []string{"book", "pool", "hold", "move", "cancel", "check-in", "confirm", "close", "reopen", "again", "refused"} {
					if c.seen[what] == 0 {
						t.Errorf("nobody could do: %s", what)
					}
				}
			})
		})
	}
}

// act is one act of one person.
func (c *crowd) act(r *rand.Rand, e *Engine) {
	ctx := context.Background()
	person := fmt.Sprintf("p%d", r.IntN(10))
	switch n := r.IntN(100); {
	case n < 20:
		c.do(e, "book", c.plan(r, person))
	case n < 32:
		p := c.plan(r, person)
		for i := range p.Demands {
			p.Demands[i].Units, p.Demands[i].Pool, p.Demands[i].Count = nil, shuffled(r, 1, 2, 3, 4, 5, 6, 100, 101), 1+r.IntN(3)
		}
		c.do(e, "pool", p)
	case n < 42:
		p := c.plan(r, person)
		p.To, p.Due = Held, e.clock.Now().Add(10*time.Minute)
		p.Uses = append(p.Uses, Use{Key: "holds:" + person, Amount: 1, While: WhileHeld, Limit: 3})
		c.do(e, "hold", p)
	case n < 50: // the same request several times at once
		p := c.plan(r, person)
		p.Key = Key{person, fmt.Sprint(r.IntN(1000)), fmt.Sprint(r.IntN(2))}
		var wg sync.WaitGroup
		var ids [3]string
		for i := range ids {
			wg.Go(func() { ids[i] = c.do(c.h.engines[i%len(c.h.engines)], "again", p).ID })
		}
		wg.Wait()
		ids2 := slices.DeleteFunc(ids[:], func(s string) bool { return s == "" })
		if len(slices.Compact(ids2)) > 1 {
			c.h.t.Errorf("one key made %v", ids)
		}
	case n < 60:
		if b, ok := c.one(r, Confirmed, CheckedIn); ok {
			p := c.plan(r, b.Person)
			p.Booking, p.When, p.NotDue = b.ID, []Status{Confirmed, CheckedIn}, e.clock.Now()
			if r.IntN(2) == 0 {
				p.Rev = b.Rev
			}
			c.do(e, "move", p)
		}
	case n < 78:
		if b, ok := c.one(r, Held, Confirmed); ok {
			c.do(e, "cancel", Plan{Booking: b.ID, When: []Status{Held, Confirmed}, To: Cancelled})
		}
	case n < 84:
		if b, ok := c.one(r, Confirmed); ok {
			c.do(e, "check-in", Plan{Booking: b.ID, When: []Status{Confirmed}, To: CheckedIn, Due: b.Ends, NotDue: e.clock.Now()})
		}
	case n < 91:
		if b, ok := c.one(r, Held); ok {
			c.do(e, "confirm", Plan{Booking: b.ID, When: []Status{Held}, To: Confirmed, Due: b.Ends, NotDue: e.clock.Now()})
		}
	case n < 93:
		from := c.h.clock.Now().Truncate(agenda.Quarter).Add(time.Duration(r.IntN(300)) * agenda.Quarter)
		cl, _, err := e.Close(ctx, Closure{Site: "s", Starts: from, Ends: from.Add(time.Duration(1+r.IntN(8)) * agenda.Quarter), Units: shuffled(r, 1, 2, 3, 4, 5, 6, 102)[:2]}, "m")
		if err != nil {
			c.h.t.Error(err)
		}
		c.mu.Lock()
		c.shut = append(c.shut, cl.ID)
		c.seen["close"]++
		c.mu.Unlock()
	case n < 96:
		c.mu.Lock()
		id := "none"
		if len(c.shut) > 0 {
			id = c.shut[0]
			if r.IntN(4) > 0 {
				c.shut = c.shut[1:]
			}
		}
		c.mu.Unlock()
		err := e.Reopen(ctx, id, "m")
		c.note("reopen", err)
	case n < 98:
		_, err := e.Sweep(ctx)
		c.note("sweep", err)
	default:
		c.h.clock.Advance(2 * time.Minute)
	}
}

// plan is a booking of one or two parts, also over midnight, at a time that is
// still to come.
func (c *crowd) plan(r *rand.Rand, person string) Plan {
	p := Plan{Person: person, By: person, To: Confirmed, Uses: []Use{
		{Key: "coming:" + person, Amount: 1, While: WhileAlive, Limit: 30},
		{Key: "all", Amount: int64(1 + r.IntN(3)), While: WhileAlive, Limit: 600},
	}}
	for range 1 + r.IntN(5)/4 {
		from := c.h.clock.Now().Truncate(agenda.Quarter).Add(time.Duration(1+r.IntN(300)) * agenda.Quarter) // within three days
		to := from.Add(time.Duration(1+r.IntN(6)) * agenda.Quarter)
		p.Demands = append(p.Demands, Demand{
			Site: "s", Kind: "desk", From: from, To: to, Turnover: r.IntN(2),
			Units: shuffled(r, 1, 2, 3, 4, 5, 6, 100, 101, 102)[:1+r.IntN(5)/4],
		})
		if p.Due.IsZero() || from.Before(p.Due) {
			p.Due = from.Add(agenda.Quarter)
		}
	}
	if r.IntN(8) == 0 {
		p.Demands = append(p.Demands, Demand{Site: "s", Kind: "admission", From: p.Demands[0].From, To: p.Demands[0].To, Pool: []int64{51, 52, 53}, Count: 1, Hidden: true})
	}
	return p
}

func shuffled(r *rand.Rand, list ...int64) []int64 {
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

func (c *crowd) do(e *Engine, what string, p Plan) Booking {
	b, err := e.Do(context.Background(), p)
	c.note(what, err)
	if err == nil {
		c.mu.Lock()
		c.made = slices.DeleteFunc(c.made, func(o Booking) bool { return o.ID == b.ID })
		if b.Status.Alive() {
			c.made = append(c.made, b)
		}
		if len(c.made) > 100 {
			c.made = c.made[20:]
		}
		c.mu.Unlock()
	}
	return b
}

// note counts what was done; whatever is neither done nor refused is an error.
func (c *crowd) note(what string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err == nil:
		c.seen[what]++
	case IsRefusal(err):
		c.seen["refused"]++
	default:
		c.h.t.Errorf("%s: %v", what, err)
	}
}

// one is one of the last bookings that stood so when last heard of.
func (c *crowd) one(r *rand.Rand, is ...Status) (Booking, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for range 10 {
		if len(c.made) == 0 {
			break
		}
		if b := c.made[r.IntN(len(c.made))]; slices.Contains(is, b.Status) {
			return b, true
		}
	}
	return Booking{}, false
}

var allBookings = db.Q("test.all-bookings", `SELECT `+bookingColumns+` FROM booking ORDER BY id`)

// audit looks at the bookings alone, as people would: no quarter-hour of an
// atom belongs to two of them, and no limit is passed.
func (c *crowd) audit() {
	t := c.h.t
	list, err := db.All(context.Background(), c.h.engines[0].db, allBookings, scanBooking)
	if err != nil {
		t.Fatal(err)
	}
	owner := map[string]string{}
	count := map[string]int64{}
	for _, b := range list {
		for _, u := range b.Uses {
			count[u.Key] += u.Amount
		}
		if !b.Status.Alive() && !b.Due.IsZero() {
			t.Errorf("booking %s is %s and due", b.ID, b.Status)
		}
		if !b.Status.Holds() {
			continue
		}
		for _, p := range b.Parts {
			for _, u := range append(slices.Clone(p.Units), p.Hidden...) {
				for _, a := range (layout{}).Atoms(u) {
					for q := p.From; q.Before(p.To); q = q.Add(agenda.Quarter) {
						at := fmt.Sprint(a, q)
						if owner[at] != "" {
							t.Errorf("oversold: place %d at %v to %s and %s", a, q, owner[at], b.ID)
						}
						owner[at] = b.ID
					}
				}
			}
		}
	}
	for key, n := range count {
		if limit, ok := map[byte]int64{'c': 30, 'h': 3, 'a': 600}[key[0]]; ok && n > limit {
			t.Errorf("%s is %d, its limit is %d", key, n, limit)
		}
	}
	if err := db.Each(context.Background(), c.h.engines[0].db, countersRead, func(rows *sql.Rows) error {
		var key string
		var n int64
		err := rows.Scan(&key, &n)
		if n != count[key] {
			t.Errorf("counter %s is %d, its uses are %d", key, n, count[key])
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// noDeadlocks stops the engines and asks PostgreSQL itself.
func (h *house) noDeadlocks() {
	if h.url == "" {
		return
	}
	for _, e := range h.engines { // their connections report when they end
		e.db.Close()
	}
	c, err := pgx.Connect(h.t.Context(), h.url)
	if err != nil {
		h.t.Fatal(err)
	}
	defer c.Close(context.Background())
	h.until("the connections to end", func() bool {
		var n int
		err := c.QueryRow(h.t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query NOT LIKE 'LISTEN%'`).Scan(&n)
		return err == nil && n == 0
	})
	var n int
	if err := c.QueryRow(h.t.Context(), `SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`).Scan(&n); err != nil || n > 0 {
		h.t.Errorf("PostgreSQL saw %d deadlocks, %v", n, err)
	}
}
