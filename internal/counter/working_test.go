package counter_test

import (
	"testing"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter"
	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
)

// The wait that is told knows the roster and the closures of the day.
func TestWaitsKnowTheRoster(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		boss := operator("carla")
		boss.Role, boss.Held = identity.SiteManager, []identity.Held{{Role: identity.SiteManager, Scope: identity.Site(office)}}
		told := func(name string, low, high time.Duration) {
			t.Helper()
			if r := w.take("certificati").Told; r.Low < low || r.High > high || r.Today < 0.9 {
				t.Errorf("%s: %+v", name, r)
			}
		}
		told("as many as the office has", 0, 3*time.Minute)
		clock := func(text string) agenda.Clock { return must[agenda.Clock](t)(agenda.ParseClock(text)) }
		at := func(text string) time.Time {
			first, _, err := agenda.Instant(agenda.DateOf(monday.In(agenda.Rome)), clock(text), agenda.Rome)
			if err != nil {
				t.Fatal(err)
			}
			return first
		}
		err := w.SaveShifts(ctx, boss, office, 1, []counter.Shift{{Weekday: time.Monday, From: clock("10:30"), To: clock("13:00")}})
		if err != nil {
			t.Fatal(err)
		}
		told("somebody comes at half past ten", 90*time.Minute, 3*time.Hour)
		if _, err := w.CloseFor(ctx, boss, office, 1, at("10:00"), at("11:30"), "Lavori", nil); err != nil {
			t.Fatal(err)
		}
		told("closed until half past eleven", 150*time.Minute, 4*time.Hour)
		if _, err := w.OpenDesk(ctx, bruno, office, 3); err != nil {
			t.Fatal(err)
		}
		told("somebody sat down whom nobody planned", 4*time.Minute, 80*time.Minute)
		w.clock.Set(at("19:10")) // closed, and some still wait
		x, err := w.Standing(ctx, identity.Anonymous, w.alive()[0])
		if err != nil || x.Range == nil || x.Range.High > 5*time.Minute {
			t.Errorf("after closing: %+v, %v", x.Range, err)
		}
	})
}

// alive are the ids of who waits, the next first.
func (w *world) alive() (ids []string) {
	work, err := w.Work(w.t.Context(), anna, office)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, t := range work.Line {
		ids = append(ids, t.ID)
	}
	return ids
}
