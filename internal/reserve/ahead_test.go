package reserve

import (
	"slices"
	"testing"

	"polis/internal/agenda"
)

func TestAheadFindsWhatIsToCome(t *testing.T) {
	t.Parallel()
	each(t, func(b *bench) {
		today := agenda.DayOf(nine)
		soon, late := b.ok(want("a", 0, 2, 1)), b.ok(want("b", 24*40, 24*40+2, 2))
		gone := b.ok(want("c", 0, 2, 3))
		if _, err := b.Do(b.t.Context(), Plan{Booking: gone.ID, To: Cancelled, When: []Status{Confirmed}}); err != nil {
			b.t.Fatal(err)
		}
		for name, c := range map[string]struct {
			atoms []int64
			from  agenda.Day
			want  []string
		}{
			"all":       {[]int64{1, 2, 3, 500}, today, []string{soon.ID, late.ID}},
			"one":       {[]int64{2}, today, []string{late.ID}},
			"later":     {[]int64{1, 2}, today + 1, []string{late.ID}},
			"cancelled": {[]int64{3}, today, nil},
			"none":      {nil, today, nil},
		} {
			list, err := Ahead(b.t.Context(), b.db, c.atoms, c.from)
			var got []string
			for _, x := range list {
				got = append(got, x.ID)
			}
			if err != nil || !slices.Equal(got, c.want) {
				b.t.Errorf("%s: %v, %v; want %v", name, got, err, c.want)
			}
		}
	})
}

func TestRuns(t *testing.T) {
	t.Parallel()
	got := runs([]int64{1, 2, 30, 62, 95, 1000})
	if want := [][2]int64{{1, 62}, {95, 95}, {1000, 1000}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
