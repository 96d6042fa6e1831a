package coworking_test

import (
	"strings"
	"testing"

	"polis/internal/coworking/coworkingtest"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
)

// Who misses the first of two days loses that day alone, is told so, sees its
// entry leave the calendar, and may come on the second.
func TestMissedDay(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := coworkingtest.New(t, d)
		b := book(t, w, w.Maria, places(w, "molo", 1, 2, "D-01"), places(w, "molo", 25, 26, "D-01"))
		w.Mails(t)
		w.Clock.Set(at(1.25)) // nobody has swept
		if _, err := w.Service.CheckIn(t.Context(), w.Maria.Actor, b.ID); !errs.Is(err, errs.Rule) {
			t.Errorf("check-in for a day that is over: %v", err)
		}
		w.Sweep(t)
		got, err := w.Service.Get(t.Context(), w.Maria.Actor, b.ID)
		if err != nil || got.Status != reserve.Confirmed || len(got.Places) != 1 || len(got.Missed) != 1 || !got.Starts.Equal(at(25)) {
			t.Fatalf("%+v %v", got, err)
		}
		mails := w.Mails(t)
		if len(mails) != 1 || !strings.HasPrefix(mails[0].Subject, "Un orario è tornato libero") || len(mails[0].Calendars) != 2 {
			t.Fatalf("%v", subjects(mails))
		}
		readable(t, mails[0], "Il resto della prenotazione vale ancora.")
		cancelled := 0
		for _, c := range mails[0].Calendars {
			if c.Method == "CANCEL" {
				cancelled++
			}
		}
		if cancelled != 1 {
			t.Errorf("%d entries are cancelled", cancelled)
		}
		w.Clock.Set(at(25))
		if came, err := w.Service.CheckIn(t.Context(), w.Maria.Actor, b.ID); err != nil || came.Status != reserve.CheckedIn {
			t.Errorf("on the second day: %s %v", came.Status, err)
		}
	})
}
