package reserve

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// layout is a small house: atoms 1-99; 100 = {1,2}, 101 = {2,3}, 102 = {1,2,3}.
type layout struct{}

func (layout) Atoms(u int64) []int64 {
	switch u {
	case 100:
		return []int64{1, 2}
	case 101:
		return []int64{2, 3}
	case 102:
		return []int64{1, 2, 3}
	}
	return []int64{u}
}

// nine is a Monday morning.
var nine = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

type bench struct {
	t testing.TB
	*Engine
	clock *clock.Manual
}

func start(t testing.TB, d *db.DB) *bench {
	t.Helper()
	c := clock.NewManual(nine.Add(-time.Hour))
	e := New(d, layout{}, c, clock.NewID)
	if err := e.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Stop)
	return &bench{t, e, c}
}

func at(hours float64) time.Time { return nine.Add(time.Duration(hours * float64(time.Hour))) }

// want is a confirmed booking of units from and to hours after nine.
func want(person string, from, to float64, units ...int64) Plan {
	return Plan{
		Person: person, By: person, To: Confirmed, Due: at(to),
		Demands: []Demand{{Site: "s", Kind: "desk", From: at(from), To: at(to), Units: units}},
	}
}

func (b *bench) ok(p Plan) Booking {
	b.t.Helper()
	got, err := b.Do(context.Background(), p)
	if err != nil {
		b.t.Fatalf("refused: %v", err)
	}
	return got
}

func (b *bench) taken(p Plan) {
	b.t.Helper()
	var taken *Taken
	if got, err := b.Do(context.Background(), p); !errors.As(err, &taken) {
		b.t.Fatalf("got %v, %v; want a refusal because it is taken", got, err)
	}
}

func (b *bench) check() {
	b.t.Helper()
	if _, err := Check(context.Background(), b.db, func(s string) { b.t.Error(s) }); err != nil {
		b.t.Fatal(err)
	}
}

func each(t *testing.T, test func(*bench)) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		b := start(t, d)
		test(b)
		b.check()
	})
}

func TestEdge01_BackToBack(t *testing.T) {
	each(t, func(b *bench) {
		b.ok(want("a", 1, 2, 5))
		b.ok(want("b", 2, 3, 5))
		b.taken(want("c", 1.75, 2.25, 5))
	})
}

func TestEdge02_OverlapsOfEveryShape(t *testing.T) {
	each(t, func(b *bench) {
		b.ok(want("a", 2, 4, 5))
		for _, w := range [][2]float64{{2.5, 3}, {1, 5}, {1, 2.25}, {3.75, 5}, {2, 4}} {
			b.taken(want("b", w[0], w[1], 5))
		}
	})
}

func TestEdge03_ZeroAndNegativeLength(t *testing.T) {
	each(t, func(b *bench) {
		for _, w := range [][2]float64{{1, 1}, {2, 1}} {
			if _, err := b.Do(context.Background(), want("a", w[0], w[1], 5)); err == nil {
				t.Error("accepted")
			}
		}
	})
}

func move(b Booking, from, to float64, units ...int64) Plan {
	p := want(b.Person, from, to, units...)
	p.Booking, p.When = b.ID, []Status{Confirmed}
	return p
}

func TestEdge04_MoveOverItselfAndOverAnother(t *testing.T) {
	each(t, func(b *bench) {
		mine := b.ok(want("a", 1, 3, 5))
		b.ok(want("b", 4, 6, 5))
		moved := b.ok(move(mine, 2, 4, 5))
		if moved.Rev != mine.Rev+1 || !moved.Starts.Equal(at(2)) {
			t.Errorf("moved to %+v", moved)
		}
		b.taken(move(mine, 3, 5, 5))
		b.ok(want("c", 1, 2, 5)) // the old time is free again
		b.taken(want("c", 3, 4, 5))
	})
}

func TestEdge06_OverMidnightMonthAndYear(t *testing.T) {
	each(t, func(b *bench) {
		newYear := time.Date(2026, 12, 31, 22, 0, 0, 0, time.UTC)
		p := want("a", 0, 0, 5)
		p.Demands[0].From, p.Demands[0].To = newYear, newYear.Add(50*time.Hour)
		b.ok(p)
		p.Booking, p.Demands[0].From, p.Demands[0].To = "", newYear.Add(49*time.Hour), newYear.Add(51*time.Hour)
		b.taken(p)
		p.Booking, p.Demands[0].From = "", newYear.Add(50*time.Hour)
		b.ok(p)
	})
}

func pool(person string, from, to float64, n int, units ...int64) Plan {
	p := want(person, from, to)
	p.Demands[0].Pool, p.Demands[0].Count = units, n
	return p
}

func TestEdge30_PoolOfNWithStaggeredPeak(t *testing.T) {
	each(t, func(b *bench) {
		units := []int64{11, 12, 13}
		b.ok(pool("a", 0, 1, 1, units...))
		b.ok(pool("b", 1, 2, 1, units...)) // same place: back to back
		b.ok(pool("c", 0, 2, 1, units...))
		b.ok(pool("d", 0, 2, 1, units...)) // the peak is 3, though 4 touch the window
		b.taken(pool("e", 0.5, 1.5, 1, units...))
	})
}

func TestEdge32_CompositesOnThreeLevels(t *testing.T) {
	each(t, func(b *bench) {
		whole := b.ok(want("a", 0, 1, 102))
		for _, u := range []int64{1, 2, 3, 100, 101} {
			b.taken(want("b", 0, 1, u))
		}
		b.ok(want("b", 0, 1, 4)) // a sibling outside
		b.ok(Plan{Booking: whole.ID, When: []Status{Confirmed}, To: Cancelled})
		b.ok(want("b", 0, 1, 1))
		b.taken(want("c", 0, 1, 100))
		b.taken(want("c", 0, 1, 102))
		b.ok(want("c", 0, 1, 101)) // 2 and 3 are free
	})
}

func TestEdge33_SeveralPlacesAllOrNothing(t *testing.T) {
	each(t, func(b *bench) {
		b.ok(want("a", 0, 1, 6))
		b.taken(want("b", 0, 1, 5, 6, 7))
		b.ok(want("c", 0, 1, 5, 7))
		two := want("d", 1, 2, 5)
		two.Demands = append(two.Demands, want("d", 26, 28, 5).Demands...)
		if got := b.ok(two); len(got.Parts) != 2 || !got.Ends.Equal(at(28)) {
			t.Errorf("got %+v", got)
		}
	})
}

func TestPoolOfOverlappingHalls(t *testing.T) {
	each(t, func(b *bench) {
		// 101 = {2,3} must not be given first: then nothing else is left.
		got := b.ok(pool("a", 0, 1, 2, 101, 100, 3))
		if len(got.Parts[0].Units) != 2 {
			t.Errorf("got %v", got.Parts)
		}
		b.taken(pool("b", 0, 1, 1, 100, 101, 102))
	})
}

func TestEdge41_QuotaUnderParallelRequests(t *testing.T) {
	each(t, func(b *bench) {
		const k = 5
		var granted, limited int
		var mu sync.Mutex
		var wg sync.WaitGroup
		for i := range k + 10 {
			wg.Go(func() {
				p := want("a", 0, 1, int64(20+i))
				p.Uses = []Use{{Key: "coming:a", Amount: 1, While: WhileAlive, Limit: k}}
				_, err := b.Do(context.Background(), p)
				mu.Lock()
				defer mu.Unlock()
				var l *Limit
				if err == nil {
					granted++
				} else if errors.As(err, &l) && l.Limit == k {
					limited++
				}
			})
		}
		wg.Wait()
		if granted != k || limited != 10 {
			t.Errorf("%d granted, %d limited", granted, limited)
		}
	})
}

func TestEdge42_SameKeyTwice(t *testing.T) {
	each(t, func(b *bench) {
		p := want("a", 0, 1, 5)
		p.Key = Key{"a", "k1", "body"}
		var ids [8]string
		var wg sync.WaitGroup
		for i := range ids {
			wg.Go(func() { ids[i] = b.ok(p).ID })
		}
		wg.Wait()
		for _, id := range ids {
			if id != ids[0] {
				t.Fatalf("several bookings: %v", ids)
			}
		}
		p.Key.Hash = "another body"
		if _, err := b.Do(context.Background(), p); !errors.Is(err, ErrKeyReuse) {
			t.Errorf("got %v", err)
		}
		p.Key.Person = "b" // another person's key is another key
		b.taken(p)
	})
}

// A key also guards a change of a booking that is there: sent twice, also in
// one batch, it happens once.
func TestSameKeyTwiceForAChange(t *testing.T) {
	each(t, func(b *bench) {
		made := b.ok(hold("a", 0, 1, at(0), 5))
		add := func(key string, units ...int64) Plan {
			p := hold("a", 0, 1, at(0), units...)
			p.Key, p.Booking, p.When = Key{"a", key, "body"}, made.ID, []Status{Held}
			return p
		}
		first := b.ok(add("k", 5, 6))
		if again := b.ok(add("k", 5, 6)); again.Rev != first.Rev {
			t.Errorf("revision %d, then %d", first.Rev, again.Rev)
		}
		for _, r := range b.together(add("l", 5, 6, 7), add("l", 5, 6, 7)) {
			if r.err != nil || r.booking.Rev != first.Rev+1 {
				t.Errorf("revision %d, want %d: %v", r.booking.Rev, first.Rev+1, r.err)
			}
		}
		b.check()
	})
}

func hold(person string, from, to float64, until time.Time, units ...int64) Plan {
	p := want(person, from, to, units...)
	p.To, p.Due = Held, until
	p.Uses = []Use{{Key: "holds:" + person, Amount: 1, While: WhileHeld, Limit: 3}, {Key: "coming:" + person, Amount: 1, While: WhileAlive, Limit: 3}}
	return p
}

func TestEdge44_HoldExpiresWhilePaying(t *testing.T) {
	each(t, func(b *bench) {
		held := b.ok(hold("a", 0, 1, at(-0.5), 5))
		confirm := Plan{Booking: held.ID, When: []Status{Held}, To: Confirmed, Due: at(1)}
		b.taken(want("b", 0, 1, 5))
		b.clock.Set(at(-0.5))
		confirm.NotDue = b.clock.Now()
		var status *WrongStatus
		if _, err := b.Do(context.Background(), confirm); !errors.As(err, &status) || status.Status != Expired {
			t.Errorf("confirmed too late: %v", err)
		}
		b.ok(want("b", 0, 1, 5)) // nobody swept, yet it is not refused
		if got, err := b.Get(context.Background(), held.ID); err != nil || got.Status != Expired || len(got.Uses) != 0 {
			t.Errorf("the hold is %+v, %v", got, err)
		}
	})
}

func TestHoldIsConfirmed(t *testing.T) {
	each(t, func(b *bench) {
		for i := range 3 {
			held := b.ok(hold("a", 0, 1, at(-0.5), int64(30+i)))
			got := b.ok(Plan{Booking: held.ID, When: []Status{Held}, To: Confirmed, Due: at(1), NotDue: b.clock.Now()})
			if len(got.Uses) != 1 {
				t.Errorf("counts as %v", got.Uses)
			}
		}
		var limit *Limit
		if _, err := b.Do(context.Background(), hold("a", 0, 1, at(-0.5), 40)); !errors.As(err, &limit) || limit.Key != "coming:a" {
			t.Errorf("got %v", err)
		}
	})
}

func TestSweepEndsWhatIsDue(t *testing.T) {
	each(t, func(b *bench) {
		held := b.ok(hold("a", 0, 1, at(-0.5), 5))
		absent := want("a", 0, 2, 6)
		absent.Due = at(0.25)
		late := b.ok(absent)
		visit := b.ok(want("a", 0, 1, 7))
		for _, c := range []struct {
			now  time.Time
			want [3]Status
		}{
			{at(-0.6), [3]Status{Held, Confirmed, Confirmed}},
			{at(-0.5), [3]Status{Expired, Confirmed, Confirmed}},
			{at(0.25), [3]Status{Expired, NoShow, Confirmed}},
			{at(1), [3]Status{Expired, NoShow, Completed}},
		} {
			b.clock.Set(c.now)
			if _, err := b.Sweep(context.Background()); err != nil {
				t.Fatal(err)
			}
			for i, id := range []string{held.ID, late.ID, visit.ID} {
				if got, _ := b.Get(context.Background(), id); got.Status != c.want[i] {
					t.Errorf("at %v booking %d is %s, want %s", c.now, i, got.Status, c.want[i])
				}
			}
		}
		b.ok(want("b", 0.25, 2, 6)) // the place nobody came to
		b.taken(want("b", 0, 1, 7)) // history stays
	})
}

func TestEdge40_CancelRacesWithCheckInAndRelease(t *testing.T) {
	each(t, func(b *bench) {
		for round := range 30 {
			p := want("a", float64(round), float64(round)+1, 5)
			p.Due = p.Demands[0].From.Add(15 * time.Minute)
			mine := b.ok(p)
			b.clock.Set(p.Due)
			ends := []Plan{
				{Booking: mine.ID, When: []Status{Confirmed}, To: Cancelled},
				{Booking: mine.ID, When: []Status{Confirmed}, To: CheckedIn, Due: mine.Ends},
				{Booking: mine.ID, When: []Status{Confirmed}, To: NoShow, DueBy: p.Due},
				{Booking: mine.ID, When: []Status{Confirmed}, To: Cancelled},
			}
			won := make(chan Status, len(ends))
			var wg sync.WaitGroup
			for _, p := range ends {
				wg.Go(func() {
					if got, err := b.Do(context.Background(), p); err == nil {
						won <- got.Status
					}
				})
			}
			wg.Go(func() { b.Do(context.Background(), want("b", float64(round), float64(round)+1, 5)) })
			wg.Wait()
			// Whoever wants the place of a person who did not come may also have it
			// released.
			got, err := b.Get(context.Background(), mine.ID)
			if err != nil || len(won) > 1 || (len(won) == 0 && got.Status != NoShow) {
				b.t.Fatalf("round %d: %d of them won, it is %s, %v", round, len(won), got.Status, err)
			}
		}
	})
}

func TestClosureListsBookingsAndKeepsOthersOut(t *testing.T) {
	each(t, func(b *bench) {
		ctx := context.Background()
		mine := b.ok(want("a", 1, 2, 5))
		b.ok(want("a", 1, 2, 9)) // elsewhere
		c1, affected, err := b.Close(ctx, Closure{Site: "s", Reason: "works", Starts: at(0), Ends: at(8), Units: []int64{5, 102}}, "m")
		if err != nil || len(affected) != 1 || affected[0].ID != mine.ID {
			t.Fatalf("in the way: %v, %v", affected, err)
		}
		c2, _, err := b.Close(ctx, Closure{Site: "s", Reason: "holiday", Starts: at(4), Ends: at(10), Units: []int64{5}}, "m")
		if err != nil {
			t.Fatal(err)
		}
		var taken *Taken
		if _, err := b.Do(ctx, want("b", 3, 4, 5)); !errors.As(err, &taken) || !taken.Shut {
			t.Errorf("got %v", err)
		}
		b.taken(pool("b", 3, 4, 1, 100, 101))
		if list, err := b.Closures(ctx, "s"); err != nil || len(list) != 2 {
			t.Errorf("closures: %v, %v", list, err)
		}
		if err := b.Reopen(ctx, c1.ID, "m"); err != nil {
			t.Fatal(err)
		}
		b.ok(want("b", 3, 4, 5))
		b.taken(want("b", 4, 5, 5)) // the second closure stands
		if err := b.Reopen(ctx, c2.ID, "m"); err != nil {
			t.Fatal(err)
		}
		b.ok(want("b", 4, 5, 5))
		if err := b.Reopen(ctx, c2.ID, "m"); !errors.Is(err, ErrUnknown) {
			t.Errorf("twice: %v", err)
		}
	})
}

func TestEdge31_LoweringBelowWhatIsBooked(t *testing.T) {
	each(t, func(b *bench) {
		mine := b.ok(want("a", 1, 2, 5))
		affected, err := b.Affected(context.Background(), []int64{5, 6}, at(0), at(24*30))
		if err != nil || len(affected) != 1 || affected[0].ID != mine.ID {
			t.Errorf("in the way: %v, %v", affected, err)
		}
	})
}

func TestEdge34_SiteWithAdmissionLimit(t *testing.T) {
	each(t, func(b *bench) {
		admitted := func(person string, from, to float64, seats int, unit int64) Plan {
			p := want(person, from, to, unit)
			p.Demands = append(p.Demands, Demand{Site: "s", Kind: "admission", From: at(from), To: at(to), Pool: []int64{51, 52, 53}, Count: seats, Hidden: true})
			return p
		}
		mine := b.ok(admitted("a", 0, 1, 2, 5))
		b.taken(admitted("b", 0, 1, 2, 6))
		b.ok(admitted("b", 0, 1, 1, 6))
		again := admitted("a", 0.5, 1, 2, 5)
		again.Booking, again.When = mine.ID, []Status{Confirmed}
		b.ok(again) // a change within the limit
	})
}

func TestEdge35_EventSeatsByCounter(t *testing.T) {
	each(t, func(b *bench) {
		seats := func(person string, n int64) Plan {
			return Plan{Person: person, To: Confirmed, Due: at(1), Uses: []Use{{Key: "event", Amount: n, While: WhileAlive, Limit: 3}}}
		}
		one := b.ok(seats("a", 1))
		var limit *Limit
		if _, err := b.Do(context.Background(), seats("b", 3)); !errors.As(err, &limit) || limit.Value != 1 {
			t.Errorf("a party of 3 with 2 seats left: %v", err)
		}
		var won int
		var mu sync.Mutex
		var wg sync.WaitGroup
		b.ok(seats("c", 1))
		for i := range 2 { // the last seat, by two people
			wg.Go(func() {
				if _, err := b.Do(context.Background(), seats(fmt.Sprint("d", i), 1)); err == nil {
					mu.Lock()
					won++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if won != 1 {
			t.Errorf("%d got the last seat", won)
		}
		wait := func(person string, n int64) Booking {
			p := seats(person, n)
			p.To, p.Due, p.Wait = Waiting, time.Time{}, "event"
			return b.ok(p)
		}
		first, gone, party, last := wait("e", 1), wait("f", 1), wait("g", 2), wait("h", 1)
		b.ok(Plan{Booking: gone.ID, When: []Status{Waiting}, To: Cancelled})
		if got, err := b.Promote(context.Background(), "event", 3, at(1)); err != nil || len(got) != 0 {
			t.Errorf("promoted without a free seat: %v, %v", got, err)
		}
		b.ok(Plan{Booking: one.ID, When: []Status{Confirmed}, To: Cancelled}) // one seat free
		var ids []string
		for range 4 {
			wg.Go(func() {
				got, err := b.Promote(context.Background(), "event", 3, at(1))
				mu.Lock()
				defer mu.Unlock()
				for _, p := range got {
					ids = append(ids, p.ID)
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(ids) != 1 || ids[0] != first.ID {
			t.Errorf("promoted %v, want %s once", ids, first.ID)
		}
		b.ok(Plan{Booking: first.ID, When: []Status{Confirmed}, To: Cancelled}) // one seat: the party of 2 is next and does not fit
		if got, err := b.Promote(context.Background(), "event", 3, at(1)); err != nil || len(got) != 0 {
			t.Errorf("%s was passed over for %s: %v, %v", party.ID, last.ID, got, err)
		}
	})
}

// damaged is each for tests that leave the database damaged.
func damaged(t *testing.T, test func(*bench)) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) { test(start(t, d)) })
}
