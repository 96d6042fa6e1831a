package journal

import (
	"context"
	"testing"
	"time"

	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
)

// A copy passes over what its origin has done since; a bookmark never goes back,
// and a consumer that is not known stays so.
func TestSkip(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		if _, ok, err := Newest(t.Context(), d); ok || err != nil {
			t.Errorf("an empty journal has a newest act, %v", err)
		}
		var got []string
		c := Consumer{Name: "test", Kinds: []string{"a"}, All: true, Do: func(_ context.Context, _ *db.Tx, acts []Act) error {
			for _, a := range acts {
				got = append(got, a.Subject)
			}
			return nil
		}}
		take := func() {
			t.Helper()
			if err := allOf(t, d, c); err != nil {
				t.Fatal(err)
			}
		}
		skip := func(consumer string, now time.Time) {
			t.Helper()
			if err := d.Write(t.Context(), func(tx *db.Tx) error { return Skip(t.Context(), tx, consumer, now) }); err != nil {
				t.Fatal(err)
			}
		}
		// The bookmark stands at the beginning, as a backup has it.
		if err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), seen, c.Name)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		write(t, d, actAt(past, 0, "a"), actAt(past, 1, "a"))
		skip(c.Name, past.Add(time.Second))
		skip(c.Name, past.Add(-time.Hour))
		skip("nobody", past)
		write(t, d, actAt(past.Add(2*time.Second), 7, "a"))
		take()
		if len(got) != 1 || got[0] != "s7" {
			t.Errorf("taken: %v", got)
		}
		if at, ok, err := Newest(t.Context(), d); err != nil || !ok || !at.Equal(past.Add(2*time.Second)) {
			t.Errorf("newest %v, %v, %v", at, ok, err)
		}
	})
}
