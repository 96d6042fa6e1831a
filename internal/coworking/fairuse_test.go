package coworking

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"polis/internal/agenda"
)

func TestSuspendedUntil(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC).AddDate(0, 0, n) }
	for name, c := range map[string]struct {
		missed []int // days
		until  int   // day, -1: never
	}{
		"nothing missed":           {nil, -1},
		"two":                      {[]int{0, 1}, -1},
		"three in a month":         {[]int{0, 10, 29}, 29 + 7},
		"three on the thirtieth":   {[]int{0, 10, 30}, 30 + 7},
		"three, too far apart":     {[]int{0, 10, 31}, -1},
		"the fourth prolongs it":   {[]int{0, 1, 2, 5}, 5 + 7},
		"an old three, then quiet": {[]int{0, 1, 2, 60}, 2 + 7},
	} {
		var missed []time.Time
		for _, n := range c.missed {
			missed = append(missed, day(n))
		}
		got := suspendedUntil(missed, 3, 30, 7)
		if c.until < 0 && !got.IsZero() || c.until >= 0 && !got.Equal(day(c.until)) {
			t.Errorf("%s: until %v", name, got)
		}
	}
}

// Each quarter-hour counts in the week in which it lies on the site's clocks.
func TestWeeksAgainstAModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := agenda.Rome
		from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 2*365*96).Draw(t, "from")) * agenda.Quarter)
		to := from.Add(time.Duration(rapid.IntRange(1, 20*96).Draw(t, "length")) * agenda.Quarter)
		want := map[[2]int]int64{}
		for q := from; q.Before(to); q = q.Add(agenda.Quarter) {
			year, week := q.In(zone).ISOWeek()
			want[[2]int{year, week}]++
		}
		got := weeks(from, to, zone)
		if len(got) != len(want) {
			t.Fatalf("%v in weeks %v", got, want)
		}
		var sum, all int64
		for _, n := range got {
			sum += n
		}
		for _, n := range want {
			all += n
		}
		if sum != all {
			t.Fatalf("%d quarter-hours of %d", sum, all)
		}
	})
}
