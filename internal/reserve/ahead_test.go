package reserve

import (
	"context"
	"slices"
	"testing"
)

// Ahead are those that still come, of the units asked for, however far away,
// and nobody twice.
func TestAhead(t *testing.T) {
	each(t, func(b *bench) {
		b.ok(want("a", 1, 2, 5))
		b.ok(want("b", 400*24, 400*24+3, 102)) // three atoms, far away
		given := b.ok(want("c", 3, 4, 5))
		b.ok(Plan{Booking: given.ID, Person: "c", By: "c", When: []Status{Confirmed}, To: Cancelled})
		came := b.ok(want("d", 2, 3, 6))
		b.ok(Plan{Booking: came.ID, Person: "d", By: "d", When: []Status{Confirmed}, To: CheckedIn, Due: came.Ends})
		left := b.ok(want("e", 0, 1, 6))
		b.ok(Plan{Booking: left.ID, Person: "e", By: "e", When: []Status{Confirmed}, To: Completed})
		b.ok(want("f", 1, 2, 7)) // another place
		over := want("g", 5, 6, 5)
		over.To, over.Due = Held, at(-1) // a hold that ran out, and nobody came by
		b.ok(over)
		list, err := b.Ahead(context.Background(), []int64{6, 5, 102})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, x := range list {
			got = append(got, x.Person+" "+string(x.Status))
		}
		if want := []string{"a confirmed", "d checked-in", "b confirmed"}; !slices.Equal(got, want) {
			t.Errorf("ahead %v, want %v", got, want)
		}
		if list, err := b.Ahead(context.Background(), nil); err != nil || len(list) > 0 {
			t.Errorf("of no units: %v, %v", list, err)
		}
	})
}
