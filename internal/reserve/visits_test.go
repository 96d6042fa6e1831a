package reserve

import (
	"context"
	"slices"
	"testing"
)

// Visits are who is expected, who came and who has left; not who gave the
// place back, and nobody twice.
func TestVisits(t *testing.T) {
	each(t, func(b *bench) {
		expected := b.ok(want("a", 1, 2, 5))
		hall := b.ok(want("b", 1, 3, 102)) // three atoms
		given := b.ok(want("c", 3, 4, 5))
		b.ok(Plan{Booking: given.ID, Person: "c", By: "c", When: []Status{Confirmed}, To: Cancelled})
		came := b.ok(want("d", 2, 3, 6))
		b.ok(Plan{Booking: came.ID, Person: "d", By: "d", When: []Status{Confirmed}, To: CheckedIn, Due: came.Ends})
		left := b.ok(want("e", 0, 1, 6))
		b.ok(Plan{Booking: left.ID, Person: "e", By: "e", When: []Status{Confirmed}, To: Completed})
		b.ok(want("f", 1, 2, 7))        // another house
		b.ok(want("g", 24, 25, 5))      // tomorrow
		held := want("h", 5, 6, 5)      // not confirmed yet
		held.To, held.Due = Held, at(1) // as Hold does
		kept := b.ok(held)
		list, err := b.Visits(context.Background(), []int64{5, 6, 102}, at(0), at(15))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, x := range list {
			got = append(got, x.Person+" "+string(x.Status))
		}
		if want := []string{"e completed", "a confirmed", "b confirmed", "d checked-in", "h held"}; !slices.Equal(got, want) {
			t.Errorf("visits %v, want %v (%s %s %s)", got, want, expected.ID, hall.ID, kept.ID)
		}
		if _, err := b.Visits(context.Background(), []int64{5}, at(2), at(1)); err == nil {
			t.Error("a time that ends before it begins")
		}
	})
}
