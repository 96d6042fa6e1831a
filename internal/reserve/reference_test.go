package reserve

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"polis/internal/agenda"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
)

func TestReferenceIsReadAsPeopleWriteIt(t *testing.T) {
	t.Parallel()
	const id = "019b76da-be98-7160-9210-cdb45e4b6099"
	ref := Reference(id)
	if len(ref) != 9 || ref[4] != '-' || strings.ContainsAny(ref, "ILOU") {
		t.Fatalf("reference %q", ref)
	}
	for _, text := range []string{ref, strings.ToLower(ref), strings.ReplaceAll(ref, "-", ""), " " + ref[:4] + "  " + ref[5:], strings.ReplaceAll(ref, "0", "o"), strings.ReplaceAll(ref, "1", "l")} {
		if got, ok := ReadReference(text); !ok || got != ref {
			t.Errorf("%q is read as %q, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "ABC", ref + "0", "AAAA-AAAU", "àaaa-aaaa", "2026-000001"} {
		if got, ok := ReadReference(text); ok {
			t.Errorf("%q is read as %q", text, got)
		}
	}
	for _, id := range []string{"", "b1", "zzzzzzzz-be98-7160-9210-cdb45e4b6099", "019b76da-be98-7160-9210-cdb45e4b609g"} {
		if got := Reference(id); got != "" {
			t.Errorf("%q has the reference %q", id, got)
		}
	}
}

// Each booking is found by its reference, whenever it was made, and nothing else.
func TestByReference(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		b := start(t, d)
		for i, id := range []string{
			firstID(int64(agenda.DayOf(at(0))))[:14] + "7160-9210-cdb45e4b6099",
			firstID(int64(agenda.DayOf(at(0))) + 1)[:14] + "7160-9210-cdb45e4b6099", // the same, a day later
		} {
			p := want("anna", float64(2*i), float64(2*i+1), 1)
			p.Booking = id
			booking := b.ok(p)
			for _, later := range []time.Duration{0, 24 * time.Hour, 3650 * 24 * time.Hour} {
				b.clock.Set(at(0).Add(later))
				got, err := b.ByReference(t.Context(), Reference(booking.ID))
				if err != nil || len(got) != 1 || got[0].ID != booking.ID {
					t.Errorf("after %s %s finds %v, %v", later, Reference(booking.ID), got, err)
				}
			}
		}
		for _, text := range []string{"0000-0000", "nonsense", ""} {
			if got, err := b.ByReference(t.Context(), text); err != nil || len(got) != 0 {
				t.Errorf("%q finds %v, %v", text, got, err)
			}
		}
	})
}

// An id's reference names its day: the bounds hold the id, and the letters come
// back as they were.
func TestReferenceNamesTheDay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.Int64Range(0, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()).Draw(t, "ms")
		full := fmt.Sprintf("%08x-%04x-", ms>>16, ms&0xffff) + rapid.StringMatching(`7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`).Draw(t, "rest")
		day := ms / (24 * time.Hour.Milliseconds())
		if full < firstID(day) || full >= firstID(day+1) {
			t.Fatalf("%s is not between %s and %s", full, firstID(day), firstID(day+1))
		}
		ref := Reference(full)
		if back, ok := ReadReference(strings.ToLower(ref)); !ok || back != ref {
			t.Fatalf("%s comes back as %s", ref, back)
		}
	})
}
