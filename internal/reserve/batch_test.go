package reserve

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
)

// together runs plans as one batch.
func (b *bench) together(plans ...Plan) []result {
	b.t.Helper()
	requests := make([]*request, len(plans))
	for i := range plans {
		if plans[i].Booking == "" {
			plans[i].Booking = clock.NewID()
		}
		requests[i] = &request{ctx: context.Background(), plan: &plans[i], result: make(chan result, 1)}
	}
	b.carryOut(context.Background(), requests)
	results := make([]result, len(plans))
	for i, r := range requests {
		results[i] = <-r.result
	}
	return results
}

func TestOnePlanThatTheDatabaseRefusesCostsNobodyElse(t *testing.T) {
	each(t, func(b *bench) {
		t := b.t
		hostile := want("a\x00b", 0, 1, 6)
		brokenKey := want("c", 0, 1, 7)
		brokenKey.Key = Key{"c", "\xff\xfe", "h"}
		got := b.together(want("a", 0, 1, 5), hostile, brokenKey, want("b", 0, 1, 5), want("b", 0, 1, 8))
		var taken *Taken
		if got[0].err != nil || !errors.As(got[3].err, &taken) || got[4].err != nil {
			t.Errorf("the good plans: %v, %v, %v", got[0].err, got[3].err, got[4].err)
		}
		if b.db.Engine == db.Postgres {
			if got[1].err == nil || got[2].err == nil || b.Metrics.Singly.Load() != 5 {
				t.Errorf("the bad plans: %v, %v; %d ran one by one", got[1].err, got[2].err, b.Metrics.Singly.Load())
			}
		}
		b.taken(want("d", 0, 1, 8))
	})
}

func TestImpossiblePlansAreRefusedAtTheDoor(t *testing.T) {
	each(t, func(b *bench) {
		t := b.t
		wide := make([]int64, 2000)
		for i := range wide {
			wide[i] = int64(1000 + i)
		}
		far := nine.AddDate(7000, 0, 0)
		turnover := func(p Plan, quarters int) Plan {
			p.Demands[0].Turnover = quarters
			return p
		}
		for name, p := range map[string]Plan{
			"off the quarter-hour":      want("a", 0, 1.1, 5),
			"reversed":                  want("a", 2, 1, 5),
			"empty":                     want("a", 1, 1, 5),
			"empty with turnover":       turnover(want("a", 1, 1, 5), 2),
			"reversed, with turnover":   turnover(want("a", 1, 0.75, 5), 2),
			"far":                       want("a", 0, far.Sub(nine).Hours(), 5),
			"too many places":           want("a", 0, 24, wide...),
			"too long":                  want("a", 0, 24*2500, 5),
			"too many of a pool":        pool("a", 0, 24, 1500, wide...),
			"beyond count":              pool("a", 0, 1, 1<<62, 1, 2, 3),
			"fewer than none of a pool": pool("a", 0, 1, -100, 1, 2, 3),
		} {
			if got, err := b.Do(context.Background(), p); err == nil {
				t.Errorf("%s: accepted as %+v", name, got)
			}
		}
		if n := b.Metrics.Plans.Load(); n != 0 {
			t.Errorf("%d plans reached the writer", n)
		}
		b.taken(pool("a", 0, 1, 4, 1, 2, 3))
	})
}

func TestCallerWhoGivesUpCostsNobodyElse(t *testing.T) {
	each(t, func(b *bench) {
		t := b.t
		var wg sync.WaitGroup
		var kept atomic.Int64
		for i := range 64 {
			wg.Go(func() {
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				if i%2 == 1 {
					p := want("quitter", 0, 1, int64(80_000+i))
					gone := make(chan struct{})
					go func() { defer close(gone); b.Do(ctx, p) }()
					cancel()
					<-gone
					return
				}
				if _, err := b.Do(ctx, want("stays", 0, 1, int64(80_000+i))); err != nil {
					t.Error(err)
					return
				}
				kept.Add(1)
			})
		}
		wg.Wait()
		if kept.Load() != 32 {
			t.Errorf("%d of 32 were booked", kept.Load())
		}
	})
}

// rebuilt is a house in which a wall comes down and goes up again at every
// look: 200 is {1} or {1,2}.
type rebuilt struct {
	layout
	looks atomic.Int64
}

func (r *rebuilt) Atoms(u int64) []int64 {
	if u == 200 {
		return []int64{1, 2}[:1+r.looks.Add(1)%2]
	}
	return r.layout.Atoms(u)
}

func TestLayoutChangesWhileABatchRuns(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		e := New(d, &rebuilt{}, clock.NewManual(nine), clock.NewID)
		if err := e.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer e.Stop()
		for i := range 20 {
			if _, err := e.Do(t.Context(), want("a", float64(i), float64(i)+1, 200)); err != nil {
				t.Error(err)
			}
		}
		if _, err := Check(t.Context(), d, func(s string) { t.Error(s) }); err != nil {
			t.Fatal(err)
		}
	})
}

func TestPartsOfOnePlanDoNotStandInEachOthersWay(t *testing.T) {
	each(t, func(b *bench) {
		t := b.t
		// A pool must not be given what another part asks for by name …
		p := pool("a", 0, 1, 1, 1, 2)
		p.Demands = append(p.Demands, want("a", 0, 1, 1).Demands...)
		if got := b.ok(p); got.Parts[0].Units[0] != 2 || got.Parts[1].Units[0] != 1 {
			t.Errorf("got %v", got.Parts)
		}
		// … nor the only place that suits a later part.
		b.ok(want("x", 4, 6, 12))                                            // 12 is free until 4 …
		b.ok(want("x", 5, 6, 11))                                            // … and 11 until 5,
		p = pool("b", 2, 4, 1, 11, 12)                                       // so one of both from 2 to 4
		p.Demands = append(p.Demands, pool("b", 3, 5, 1, 11, 12).Demands...) // leaves 11 for 3 to 5
		if got := b.ok(p); got.Parts[0].Units[0] != 12 || got.Parts[1].Units[0] != 11 {
			t.Errorf("got %v", got.Parts)
		}
		b.ok(want("x", 26, 28, 13)) // the tightest gap for the first part is what the second needs
		b.ok(want("x", 23, 24, 13))
		b.ok(want("x", 22, 22.5, 14))
		b.ok(want("x", 25.5, 27, 14))
		p = pool("c", 24, 25, 1, 13, 14)
		p.Demands = append(p.Demands, pool("c", 24.5, 26, 1, 13, 14).Demands...)
		if got := b.ok(p); got.Parts[0].Units[0] != 14 || got.Parts[1].Units[0] != 13 {
			t.Errorf("got %v", got.Parts)
		}
	})
}

func TestWhatIsOverIsNeverDue(t *testing.T) {
	each(t, func(b *bench) {
		t := b.t
		mine := b.ok(want("a", 0, 1, 5))
		got := b.ok(Plan{Booking: mine.ID, When: []Status{Confirmed}, To: Cancelled, Due: at(1)})
		if !got.Due.IsZero() {
			t.Errorf("a cancelled booking is due at %v", got.Due)
		}
		b.clock.Set(at(2))
		if n, err := b.Sweep(context.Background()); n != 0 || err != nil {
			t.Errorf("swept %d, %v", n, err)
		}
	})
}

func TestKeyOfABookingThatIsGone(t *testing.T) {
	each(t, func(b *bench) {
		t := b.t
		p := want("a", 0, 1, 5)
		p.Key = Key{"a", "k", "h"}
		mine := b.ok(p)
		b.ok(Plan{Booking: mine.ID, When: []Status{Confirmed}, To: Cancelled})
		raw(t, b.db, `DELETE FROM booking WHERE id = '`+mine.ID+`'`)
		if _, err := b.Do(context.Background(), p); !errors.Is(err, ErrUnknown) {
			t.Errorf("got %v", err)
		}
	})
}

func TestEdge36_OneWinsOfSixtyFour(t *testing.T) {
	houses(t, func(h *house) {
		for round := range scale(20, 500) {
			from := nine.Add(time.Duration(round) * time.Hour)
			var won, lost atomic.Int64
			var wg sync.WaitGroup
			for i := range 64 {
				wg.Go(func() {
					p := Plan{Person: "p", To: Confirmed, Due: from.Add(time.Hour), Demands: []Demand{{
						Site: "s", Kind: "desk", From: from, To: from.Add(time.Hour), Units: []int64{5},
					}}}
					var taken *Taken
					switch _, err := h.engines[i%len(h.engines)].Do(context.Background(), p); {
					case err == nil:
						won.Add(1)
					case errors.As(err, &taken):
						lost.Add(1)
					default:
						h.t.Error(err)
					}
				})
			}
			wg.Wait()
			if won.Load() != 1 || lost.Load() != 63 {
				h.t.Fatalf("round %d: %d won, %d lost", round, won.Load(), lost.Load())
			}
		}
		h.check()
	})
}
