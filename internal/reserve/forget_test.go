package reserve

import (
	"context"
	"testing"

	"polis/internal/platform/db"
)

var countersLike = db.Q("reserve.test-counters", `SELECT COUNT(*) FROM counter WHERE key LIKE $1`)

// Past bookings of who is forgotten, or whose time is over, count for nobody any
// more, and the counters stay the sum of what is left.
func TestNothingIsCountedForNobody(t *testing.T) {
	each(t, func(b *bench) {
		ctx := context.Background()
		for i, person := range []string{"a", "a", "b", "c"} {
			p := want(person, float64(i), float64(i+1), int64(5+i))
			p.Uses = []Use{{Key: "coming:" + person, Amount: 1, While: WhileAlive}, {Key: "week:" + person + ":1", Amount: 4}, {Key: "all", Amount: 1}}
			b.ok(p)
		}
		b.clock.Set(at(30))
		if _, err := b.Sweep(ctx); err != nil {
			b.t.Fatal(err)
		}
		p := want("a", 40, 41, 9)
		p.Uses = []Use{{Key: "week:a:2", Amount: 4}}
		b.ok(p)
		counters := func(like string) (n int) {
			if err := db.One(ctx, b.db, countersLike, []any{like}, &n); err != nil {
				b.t.Fatal(err)
			}
			return n
		}
		if counters("week:%:1") != 3 {
			b.t.Fatalf("%d weeks are counted", counters("week:%:1"))
		}
		if err := b.db.Write(ctx, func(tx *db.Tx) error { return Forget(ctx, tx, "a") }); err != nil {
			b.t.Fatal(err)
		}
		if counters("week:a:1") != 0 || counters("week:a:2") != 1 || counters("week:b:1") != 1 {
			b.t.Error("forgotten: what is past counts, or more is gone than that")
		}
		b.check()
		for _, want := range []int{2, 2, 0} {
			if n, err := b.MakeNameless(ctx, at(30), 2); err != nil || n != want {
				b.t.Errorf("%d made nameless, not %d: %v", n, want, err)
			}
		}
		if counters("week:b:%")+counters("week:c:%") != 0 {
			b.t.Error("nameless, and counted by name")
		}
		b.check()
	})
}
