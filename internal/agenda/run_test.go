package agenda

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// line is the quarters of consecutive days in a row.
func line(free []Mask) []bool {
	var all []bool
	for _, m := range free {
		for q := range QuartersPerDay {
			all = append(all, bit(m, q))
		}
	}
	return all
}

func allFree(all []bool, at, n int) bool {
	return at >= 0 && at+n <= len(all) && !slices.Contains(all[at:at+n], false)
}

func drawDays(t *rapid.T) []Mask {
	days := make([]Mask, rapid.IntRange(0, 4).Draw(t, "days"))
	for i := range days {
		days[i] = drawMask(t, "day")
		if rapid.IntRange(0, 3).Draw(t, "whole") == 0 {
			days[i] = Quarters(0, 96)
		}
	}
	return days
}

func TestRunsQuarterByQuarter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		days := drawDays(t)
		all := line(days)
		n := rapid.IntRange(1, 200).Draw(t, "n")
		if rapid.Bool().Draw(t, "short") {
			n = (n-1)%12 + 1
		}
		from := rapid.IntRange(-1, len(all)+1).Draw(t, "from")

		first := -1
		var starts []int
		for at := range all {
			if allFree(all, at, n) {
				starts = append(starts, at)
				if at >= from && first < 0 {
					first = at
				}
			}
		}
		if got := FirstRun(days, from, n); got != first {
			t.Fatalf("FirstRun(%v, %d, %d) = %d, want %d", days, from, n, got, first)
		}
		if diff := cmp.Diff(starts, slices.Collect(Runs(days, n))); diff != "" {
			t.Fatalf("Runs(%v, %d): -want +got\n%s", days, n, diff)
		}
	})
}

func TestGapQuarterByQuarter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		days := drawDays(t)
		all := line(days)
		n := rapid.IntRange(1, 16).Draw(t, "n")
		at := rapid.IntRange(-1, len(all)+1).Draw(t, "at")
		want := 0
		if allFree(all, at, n) {
			from, to := at, at+n
			for from > 0 && all[from-1] {
				from--
			}
			for to < len(all) && all[to] {
				to++
			}
			want = to - from
		}
		if got := Gap(days, at, n); got != want {
			t.Fatalf("Gap(%v, %d, %d) = %d, want %d", days, at, n, got, want)
		}
	})
}

func TestRunsStopWhenAsked(t *testing.T) {
	t.Parallel()
	seen := 0
	for range Runs([]Mask{Quarters(0, 96)}, 4) {
		if seen++; seen == 3 {
			break
		}
	}
	if seen != 3 {
		t.Errorf("saw %d", seen)
	}
}

func TestEdge06_RunPassesMidnight(t *testing.T) {
	t.Parallel()
	days := []Mask{Quarters(90, 96), Quarters(0, 96), Quarters(0, 2)}
	if got := FirstRun(days, 0, 6+96+2); got != 90 {
		t.Errorf("FirstRun = %d, want 90", got)
	}
	if got := FirstRun(days, 0, 6+96+3); got != -1 {
		t.Errorf("FirstRun one quarter too long = %d", got)
	}
	if got := Gap(days, 96, 4); got != 104 {
		t.Errorf("Gap = %d, want 104", got)
	}
}

func BenchmarkFirstRun(b *testing.B) {
	for _, bench := range []struct {
		name string
		days []Mask
	}{
		{"one day", []Mask{Quarters(36, 40).Or(Quarters(44, 50)).Or(Quarters(54, 72))}},
		{"one day, not found", []Mask{Quarters(36, 40).Or(Quarters(44, 50)).Or(Quarters(54, 60))}},
		{"over midnight", []Mask{Quarters(36, 40).Or(Quarters(90, 96)), Quarters(0, 8)}},
		{"ninety days taken", make([]Mask, 90)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			var sum int
			for b.Loop() {
				sum += FirstRun(bench.days, 36, 8)
			}
			_ = sum
		})
	}
}

// The whole network: 10,000 places, a few bookings on each, two free hours after nine.
func BenchmarkFirstRunOfNetwork(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	free := make([]Mask, 10_000)
	for i := range free {
		free[i] = Quarters(30, 72)
		for range random.IntN(5) {
			from := 30 + random.IntN(40)
			free[i] = free[i].AndNot(Quarters(from, from+2+random.IntN(8)))
		}
	}
	for b.Loop() {
		found := 0
		for i := range free {
			if FirstRun(free[i:i+1], 36, 8) >= 0 {
				found++
			}
		}
		if found == 0 {
			b.Fatal("nothing free")
		}
	}
}
