package reserve

import (
	"cmp"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"polis/internal/agenda"
)

// some draws a few changes of a few cells.
var some = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Change {
	mask := func(name string) agenda.Mask {
		from := rapid.IntRange(0, 95).Draw(t, name)
		return agenda.Quarters(from, from+rapid.IntRange(0, 30).Draw(t, name+" length"))
	}
	return Change{
		Day:      agenda.Day(rapid.IntRange(20780, 20782).Draw(t, "day")),
		Resource: int64(rapid.SampledFrom([]int{0, 1, 2, 63, 64, 65, 200, 100_000}).Draw(t, "resource")),
		Busy:     mask("busy"), Shut: mask("shut"),
		Rev: int64(rapid.IntRange(1, 9).Draw(t, "rev")),
	}
}), 0, 40)

// latest is the naive index: of each cell the change of the highest revision.
func latest(changes []Change) map[cellKey]Change {
	out := map[cellKey]Change{}
	for _, c := range changes {
		k := cellKey{c.Day, c.Resource}
		if have, ok := out[k]; !ok || c.Rev > have.Rev {
			out[k] = c
		}
	}
	return out
}

func taken(m map[cellKey]Change) map[cellKey]agenda.Mask {
	out := map[cellKey]agenda.Mask{}
	for k, c := range m {
		if t := c.Busy.Or(c.Shut); !t.IsZero() {
			out[k] = t
		}
	}
	return out
}

func TestIndexEndsEqualWhateverTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// one change per revision of a cell, as the database makes them
		changes := slices.CompactFunc(slices.SortedFunc(slices.Values(some.Draw(t, "changes")), func(a, b Change) int {
			return cmp.Or(cellKey{a.Day, a.Resource}.compare(cellKey{b.Day, b.Resource}), cmp.Compare(a.Rev, b.Rev))
		}), func(a, b Change) bool { return a.Day == b.Day && a.Resource == b.Resource && a.Rev == b.Rev })
		want := taken(latest(changes))
		x := NewIndex()
		heard := append(rapid.Permutation(changes).Draw(t, "heard"), rapid.Permutation(changes).Draw(t, "heard again")...)
		for len(heard) > 0 {
			n := rapid.IntRange(1, len(heard)).Draw(t, "at once")
			x.Apply(heard[:n])
			heard = heard[n:]
		}
		if diff := gocmp.Diff(want, shown(x)); diff != "" {
			t.Fatal(diff)
		}
		for k, c := range latest(changes) {
			quarter := rapid.IntRange(0, 95).Draw(t, "quarter")
			at := agenda.Quarters(quarter, quarter+1)
			view := x.View([]agenda.Cell{{Day: k.day, Mask: at}})
			if x.ShutLocked([]int64{k.resource, -1}, k.day) != c.Shut || view.Shut([]int64{-1, k.resource}) != c.Shut.Overlaps(at) {
				t.Fatalf("%v is shut %v", k, c.Shut)
			}
		}
		before := agenda.Day(rapid.IntRange(20779, 20784).Draw(t, "before"))
		x.Forget(before)
		for k := range want {
			if k.day < before {
				delete(want, k)
			}
		}
		if diff := gocmp.Diff(want, shown(x)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestIndexOffersWhatIsFreeTheTightestFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := NewIndex()
		changes := some.Draw(t, "changes")
		for i := range changes {
			changes[i].Resource %= 7
		}
		x.Apply(changes)
		busy := shown(x)
		from := agenda.Day(20780).Start().Add(time.Duration(rapid.IntRange(0, 250).Draw(t, "from")) * agenda.Quarter)
		to := from.Add(time.Duration(rapid.IntRange(1, 120).Draw(t, "length")) * agenda.Quarter)
		cells, err := agenda.Cells(from, to)
		if err != nil {
			t.Fatal(err)
		}
		free := func(a int64, at time.Time) bool {
			q := int(at.Sub(agenda.DayOf(at).Start()) / agenda.Quarter)
			return !busy[cellKey{agenda.DayOf(at), a}].Overlaps(agenda.Quarters(q, q+1))
		}
		// gap is the free run around the time, within the days it touches.
		first, last := cells[0].Day.Start(), (cells[len(cells)-1].Day + 1).Start()
		gap := func(a int64) (n int) {
			for at := from; at.Before(to); at = at.Add(agenda.Quarter) {
				if !free(a, at) {
					return -1
				}
				n++
			}
			for at := from.Add(-agenda.Quarter); !at.Before(first) && free(a, at); at = at.Add(-agenda.Quarter) {
				n++
			}
			for at := to; at.Before(last) && free(a, at); at = at.Add(agenda.Quarter) {
				n++
			}
			return n
		}
		pool := rapid.Permutation([]int64{0, 1, 2, 3, 4, 5, 6, 100, 101, 102, -1}).Draw(t, "pool")
		var want []int64
		size, gaps := map[int64]int{}, map[int64]int{}
		for _, u := range pool {
			ok := true
			for _, a := range (layout{}).Atoms(u) {
				g := gap(a)
				ok = ok && g >= 0
				size[u]++
				gaps[u] += g
			}
			if ok {
				want = append(want, u)
			}
			if x.Free(layout{}.Atoms(u), cells) != ok {
				t.Fatalf("free %d: want %t", u, ok)
			}
		}
		slices.SortStableFunc(want, func(a, b int64) int {
			return cmp.Or(cmp.Compare(size[a], size[b]), cmp.Compare(gaps[a], gaps[b]))
		})
		got := x.Rank(pool, cells, layout{}.Atoms)
		if !slices.Equal(got, want) {
			t.Fatalf("offered %v, want %v", got, want)
		}
	})
}

func TestNoticesAreCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		changes := some.Draw(t, "changes")
		limit := rapid.IntRange(110, 400).Draw(t, "limit") // one change takes at most 96 bytes
		var got []Change
		for rest := changes; len(rest) > 0; {
			text, n := encodeChanges(rest, limit)
			if n == 0 || len(text) > limit {
				t.Fatalf("%d changes in %d bytes", n, len(text))
			}
			part, err := decodeChanges(text)
			if err != nil {
				t.Fatal(err)
			}
			got, rest = append(got, part...), rest[n:]
		}
		if diff := gocmp.Diff(changes, got); diff != "" && len(changes) > 0 {
			t.Fatal(diff)
		}
	})
}

// A closure of many places and days is told in several notices, each of which
// PostgreSQL takes.
func TestLargeChangesReachTheOtherReplica(t *testing.T) {
	h := replicas(t, 2)
	units := make([]int64, 150)
	for i := range units {
		units[i] = int64(1000 + i)
	}
	c, _, err := h.engines[0].Close(t.Context(), Closure{Site: "s", Starts: at(0), Ends: at(24 * 20), Units: units}, "m")
	if err != nil {
		t.Fatal(err)
	}
	h.check()
	if n := len(shown(h.engines[1].Index)); n < 150*20 {
		t.Errorf("the other replica heard of %d cells", n)
	}
	if err := h.engines[1].Reopen(t.Context(), c.ID, "m"); err != nil {
		t.Fatal(err)
	}
	h.check()
	for k := range shown(h.engines[0].Index) {
		if k.resource < far {
			t.Errorf("place %d on %v is still taken", k.resource, k.day)
		}
	}
}
