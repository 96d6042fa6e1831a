package reserve

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"polis/internal/agenda"
)

// differences are what Check says.
func (b *bench) differences() (list []string) {
	b.t.Helper()
	if _, err := Check(context.Background(), b.db, func(s string) { list = append(list, s) }); err != nil {
		b.t.Fatal(err)
	}
	return list
}

func TestCheckNamesDamageAndRebuildMendsIt(t *testing.T) {
	for _, c := range []struct {
		name, damage string
		names        []string // one of each must be named
		mended       int
		stays        bool // for a person to settle
	}{
		{"nothing", `SELECT 1`, nil, 0, false},
		{"a place shown free", `UPDATE occupancy SET am = 0 WHERE resource = 5`, []string{"place 5 on 2026-11-23: allocated but shown free: 09:00-10:00"}, 1, false},
		{"a place shown taken", `UPDATE occupancy SET pm = 1 WHERE resource = 6`, []string{"place 6 on 2026-11-23: shown taken but allocated to nobody: 12:00-12:15"}, 1, false},
		{"a row that is gone", `DELETE FROM occupancy WHERE resource = 6`, []string{"place 6 on 2026-11-23: allocated but shown free"}, 1, false},
		{"a closure not shown", `UPDATE occupancy SET shut_am = 0, shut_pm = 0 WHERE resource = 7`, []string{"place 7 on 2026-11-23: closures differ: - kept, 08:00-09:00 closed"}, 1, false},
		{"a closure shown that is not", `UPDATE occupancy SET shut_am = 1 WHERE resource = 5`, []string{"place 5 on 2026-11-23: closures differ"}, 1, false},
		{"a counter too high", `UPDATE counter SET value = 9 WHERE key = 'coming:a'`, []string{"counter coming:a is 9, its uses are 2"}, 1, false},
		{"a counter that is gone", `DELETE FROM counter WHERE key = 'coming:a'`, []string{"counter coming:a is 0, its uses are 2"}, 1, false},
		{
			"both halves of everything", `UPDATE occupancy SET am = 0, pm = 0, shut_am = 0, shut_pm = 0`,
			[]string{"place 5 on", "place 6 on", "place 7 on"},
			3, false,
		},
		{
			"allocations that are gone", `DELETE FROM allocation WHERE resource = 5`,
			[]string{"place 5 on 2026-11-23: shown taken but allocated to nobody: 09:00-10:00", "is alive but has no places"},
			1, true,
		},
		{
			"a booking that is gone", `DELETE FROM booking WHERE uses LIKE '%amount":2%'`,
			[]string{"has places but does not hold any", "counter coming:a is 2, its uses are 0"},
			1, true,
		},
		{
			"a booking that ended on paper only", `UPDATE booking SET status = 'cancelled' WHERE uses LIKE '%amount":2%'`,
			[]string{"has places but does not hold any"},
			0, true,
		},
		{
			"a place sold twice", `INSERT INTO allocation (booking, resource, day, am, pm)
			SELECT b.id, a.resource, a.day, a.am, a.pm FROM allocation a, booking b WHERE a.resource = 5 AND b.id <> a.booking`,
			[]string{"place 5 on 2026-11-23: sold twice, also to booking "},
			0, true,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			damaged(t, func(b *bench) {
				ctx := context.Background()
				first := want("a", 1, 2, 5)
				first.Uses = []Use{{Key: "coming:a", Amount: 2, While: WhileAlive}}
				b.ok(first)
				b.ok(want("b", 1, 2, 6))
				if _, _, err := b.Close(ctx, Closure{Site: "s", Starts: at(0), Ends: at(1), Units: []int64{7}}, "m"); err != nil {
					b.t.Fatal(err)
				}
				raw(b.t, b.db, c.damage)
				named := b.differences()
				for _, want := range c.names {
					if !slices.ContainsFunc(named, func(s string) bool { return strings.Contains(s, want) }) {
						b.t.Errorf("%q is not named in %q", want, named)
					}
				}
				if len(c.names) == 0 && len(named) > 0 {
					b.t.Errorf("named: %q", named)
				}
				if n, err := Rebuild(ctx, b.db); err != nil || n != c.mended {
					b.t.Errorf("%d mended, want %d, %v", n, c.mended, err)
				}
				if left := b.differences(); (len(left) > 0) != c.stays {
					b.t.Errorf("left: %q", left)
				}
				if n, err := Rebuild(ctx, b.db); err != nil || n != 0 {
					b.t.Errorf("the second time %d mended, %v", n, err)
				}
			})
		})
	}
}

// A mended cell is heard by the engines that are running.
func TestReplicasHearOfARebuild(t *testing.T) {
	h := replicas(t, 2)
	if _, err := h.engines[0].Do(t.Context(), want("a", 1, 2, 5)); err != nil {
		t.Fatal(err)
	}
	raw(t, h.engines[0].db, `UPDATE occupancy SET pm = 1 WHERE resource = 5`)
	raw(t, h.engines[0].db, `INSERT INTO occupancy (day, resource, am, rev) VALUES (20780, 6, 255, 1)`)
	cells, _ := agenda.Cells(at(1), at(2))
	for _, e := range h.engines { // the index believes that 6 is taken, too
		e.Index.Apply([]Change{{Day: 20780, Resource: 6, Busy: agenda.Mask{AM: 255}, Rev: 1}})
		if e.Free(5, cells) {
			t.Error("place 5 is shown free")
		}
	}
	if n, err := Rebuild(t.Context(), h.engines[0].db); err != nil || n != 2 {
		t.Fatalf("%d mended, %v", n, err)
	}
	h.check()
}

// Rebuild beside traffic takes nothing from anybody.
func TestRebuildBesideTraffic(t *testing.T) {
	h := replicas(t, 2)
	ctx := context.Background()
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(7, uint64(i)))
			for range scale(60, 600) {
				e := h.engines[r.IntN(2)]
				from := float64(r.IntN(8)) / 4
				p := want("a", from, from+0.25, int64(1+r.IntN(4)))
				p.Uses = []Use{{Key: "visits", Amount: 1, While: WhileAlive}}
				b, err := e.Do(ctx, p)
				if err == nil && r.IntN(4) > 0 {
					_, err = e.Do(ctx, Plan{Booking: b.ID, When: []Status{Confirmed}, To: Cancelled})
				}
				if err != nil && !IsRefusal(err) {
					t.Error(err)
				}
				if i == 0 {
					// quarters that nobody asks for stand in the way, a counter is off;
					// one row at a time, to lock none out of order
					raw(t, e.db, fmt.Sprintf(`UPDATE occupancy SET pm = pm + 4096 WHERE resource = %d AND pm < 4096`, 1+r.IntN(4)))
					raw(t, e.db, `UPDATE counter SET value = value + 1`)
				}
				if i < 2 {
					if _, err := Rebuild(ctx, e.db); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	if _, err := Rebuild(ctx, h.engines[0].db); err != nil {
		t.Error(err)
	}
	h.check()
	(&crowd{h: h}).audit()
	h.noDeadlocks()
}
