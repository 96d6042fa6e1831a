package counter_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter"
	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
)

// marta manages the office.
var marta = identity.Actor{
	Person: "marta", Role: identity.SiteManager, Scope: identity.Site(office),
	Held: []identity.Held{{Role: identity.SiteManager, Scope: identity.Site(office)}},
}

func TestTheWeekOfADesk(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		shift := func(from, to agenda.Clock) counter.Shift {
			return counter.Shift{Weekday: time.Monday, Person: "anna", From: from, To: to}
		}
		if err := w.SaveShifts(ctx, anna, office, 1, nil); !errs.Is(err, errs.Forbidden) {
			t.Errorf("an operator writes the roster: %v", err)
		}
		if err := w.SaveShifts(ctx, marta, office, 9, nil); !errs.Is(err, errs.NotFound) {
			t.Errorf("the week of no desk: %v", err)
		}
		for name, week := range map[string][]counter.Shift{
			"counter.shift.hours":   {shift(600, 600)},
			"counter.shift.overlap": {shift(500, 700), shift(699, 800)},
		} {
			if err := w.SaveShifts(ctx, marta, office, 1, week); !errs.HasKey(err, name) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for range 2 { // what is saved replaces what was there
			if err := w.SaveShifts(ctx, marta, office, 1, []counter.Shift{shift(500, 700), shift(700, 800)}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.SaveShifts(ctx, marta, office, 2, []counter.Shift{shift(500, 700)}); err != nil {
			t.Fatal(err)
		}
		roster := must[counter.Roster](t)(w.Roster(ctx, anna, office))
		if len(roster.Shifts) != 3 || roster.Shifts[1].From != 700 {
			t.Errorf("roster = %+v", roster.Shifts)
		}
	})
}

func TestWhoCanDoWhat(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		if err := w.SaveStaff(ctx, marta, office, counter.Staff{Person: "anna", Skills: []string{"magic"}}); !errs.HasKey(err, "counter.staff.word") {
			t.Errorf("a skill that there is not: %v", err)
		}
		if err := w.SetOffer(ctx, marta, office, "passaporto", counter.OfferActive, agenda.Date{}, counter.ReasonNone); err != nil {
			t.Fatal(err)
		}
		passport := w.take("passaporto")
		if err := w.SaveStaff(ctx, marta, office, counter.Staff{Person: "anna"}); err != nil {
			t.Fatal(err)
		}
		if got, err := w.CallNext(ctx, anna, office, 1); err != nil || got != nil {
			t.Errorf("anna, who is not permitted, calls %+v, %v", got, err)
		}
		if err := w.SaveStaff(ctx, marta, office, counter.Staff{Person: "anna", Permissions: []string{"passaporto"}}); err != nil {
			t.Fatal(err)
		}
		if got, err := w.CallNext(ctx, anna, office, 1); err != nil || got == nil || got.ID != passport.ID {
			t.Errorf("anna, who is permitted, calls %+v, %v", got, err)
		}
	})
}

func TestADeskIsClosedWithWhatItSettles(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx := newWorld(t, d), t.Context()
		from, to := monday.Add(time.Hour), monday.Add(3*time.Hour)
		for key, bad := range map[string]func() (counter.Closure, error){
			"counter.closure.order": func() (counter.Closure, error) { return w.CheckClosure(marta, office, 1, to, from, "x") },
			"counter.closure.over": func() (counter.Closure, error) {
				return w.CheckClosure(marta, office, 1, monday.Add(-time.Hour), monday, "x")
			},
			"counter.closure.long": func() (counter.Closure, error) {
				return w.CheckClosure(marta, office, 1, from, from.AddDate(0, 3, 0), "x")
			},
			"counter.closure.reason": func() (counter.Closure, error) { return w.CheckClosure(marta, office, 1, from, to, "  ") },
			"identity.forbidden":     func() (counter.Closure, error) { return w.CheckClosure(anna, office, 1, from, to, "x") },
		} {
			if _, err := bad(); !errs.HasKey(err, key) {
				t.Errorf("%s: %v", key, err)
			}
		}
		broken := errors.New("the appointments cannot be settled")
		_, err := w.CloseFor(ctx, marta, office, 1, from, to, "Kit rotto", func(context.Context, *db.Tx, string, counter.Closure) error { return broken })
		if !errors.Is(err, broken) {
			t.Errorf("what is not settled: %v", err)
		}
		if roster := must[counter.Roster](t)(w.Roster(ctx, anna, office)); len(roster.Closures) != 0 {
			t.Errorf("closed though nothing was settled: %+v", roster.Closures)
		}
		settled := 0
		c, err := w.CloseFor(ctx, marta, office, 1, from, to, "Kit rotto", func(_ context.Context, _ *db.Tx, at string, x counter.Closure) error {
			if at == office && x.From.Equal(from) && x.Desk != "" {
				settled++
			}
			return nil
		})
		if err != nil || settled != 1 {
			t.Fatalf("CloseFor: %v, settled %d", err, settled)
		}
		roster := must[counter.Roster](t)(w.Roster(ctx, anna, office))
		if len(roster.Closures) != 1 || roster.Closures[0].Reason != "Kit rotto" || roster.Closures[0].Author != "marta" {
			t.Errorf("roster = %+v", roster.Closures)
		}
		for range 2 {
			if err := w.Reopen(ctx, marta, office, c.ID); err != nil {
				t.Fatal(err)
			}
		}
		if roster := must[counter.Roster](t)(w.Roster(ctx, anna, office)); len(roster.Closures) != 0 {
			t.Errorf("still closed: %+v", roster.Closures)
		}
	})
}

func TestAReportCountsWhatHappened(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w, ctx, ok := newWorld(t, d), t.Context(), must[*counter.Ticket](t)
		a, b, c := w.take("spedizioni"), w.take("spedizioni"), w.take("bollettini")
		w.clock.Advance(10 * time.Minute)
		ok(w.CallNext(ctx, anna, office, 1))
		ok(w.Start(ctx, anna, a.ID))
		w.clock.Advance(4 * time.Minute)
		ok(w.Finish(ctx, anna, a.ID))
		ok(w.Leave(ctx, identity.Anonymous, b.ID))
		day := agenda.DateOf(monday)
		rep := must[counter.Report](t)(w.Report(ctx, anna, office, day, day))
		want := counter.Sum{Taken: 3, Served: 1, Left: 1, Now: 1, Wait: counter.Spread{Count: 1, Middle: 10 * time.Minute, Nine: 10 * time.Minute}}
		if rep.All != want || len(rep.Days) != 1 || rep.Days[0].Sum != want || len(rep.Hours) != 1 || rep.Hours[0].Hour != 9 {
			t.Errorf("report = %+v", rep)
		}
		if len(rep.Services) != 1 || rep.Services[0].Service != "spedizioni" || rep.Services[0].Took.Middle != 4*time.Minute {
			t.Errorf("services = %+v", rep.Services)
		}
		if len(rep.Desks) != 1 || rep.Desks[0].Number != 1 {
			t.Errorf("desks = %+v", rep.Desks)
		}
		if _, err := w.Report(ctx, anna, office, day, day.AddDays(-1)); !errs.HasKey(err, "counter.report.days") {
			t.Errorf("days backwards: %v", err)
		}
		if _, err := w.Report(ctx, identity.Anonymous, office, day, day); err == nil {
			t.Error("everybody reads reports")
		}
		if _, _, err := w.Ticket(ctx, anna, c.ID); err != nil {
			t.Error(err)
		}
	})
}
