package appointment_test

import (
	"fmt"
	"testing"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter"
	"polis/internal/counter/appointment"
	"polis/internal/counter/forecast"
	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/site"
	"polis/internal/territory"
)

// TestRosterOfTheCounters: a slot needs a desk with the equipment, somebody there who
// is trained and permitted, a service that has begun, and no closing.
func TestRosterOfTheCounters(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		data := site.Data{Territory: territory.Embedded(), Sites: []site.Site{{
			ID: office, Code: "gavirate", Kind: site.Office, Name: "Gavirate", Municipality: "012072", State: site.Open, Hours: agenda.MustHours("Mo-Fr 08:20-13:35"),
		}}}
		for n := range 2 {
			data.Resources = append(data.Resources, site.Resource{
				Ordinal: int64(n + 1), ID: fmt.Sprint("desk-", n+1), Site: office, Kind: site.Counter, Code: fmt.Sprint("S-", n+1), Name: "Sportello", Active: true,
			})
		}
		data.Resources[0].Features = []string{"biometric-kit", "cash"}
		net, err := site.NewNetwork(data)
		if err != nil {
			t.Fatal(err)
		}
		clk := clock.NewManual(now)
		core := counter.New(counter.Options{DB: d, Live: site.Still(net), Clock: clk, IDs: clock.NewID, Forecast: forecast.New(d, clk)})
		st, err := net.Site(office)
		if err != nil {
			t.Fatal(err)
		}
		chief := identity.Actor{Person: "chief", Role: identity.SiteManager, Scope: identity.Site(office)}
		day := agenda.Date{Year: 2026, Month: time.November, Day: 24}
		// what says at what times, first and last, a service is done at the desks.
		what := func(service string) string {
			t.Helper()
			roster, err := appointment.RosterOf(core)(ctx, d, st, day, day)
			if err != nil {
				t.Fatal(err)
			}
			plan := appointment.Day{Now: now, Opening: net.Opening(office).On(day), Desks: roster(day), Rules: appointment.Rules{Public: 100, Internal: 100, Days: 60}}
			slots := plan.Slots(appointment.Request{Service: service, Minutes: 15})
			if len(slots) == 0 {
				return "none"
			}
			return clockOf(slots[0].From) + "-" + clockOf(slots[len(slots)-1].To) + " " + slots[0].Desk
		}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		want := func(service, times string) {
			t.Helper()
			if got := what(service); got != times {
				t.Errorf("%s: %s, want %s", service, got, times)
			}
		}
		want("cedolino", "08:30-13:30 desk-1") // without a roster all desks are staffed
		want("passaporto", "none")             // its ministry has not allowed it here
		must(core.SetOffer(ctx, chief, office, "passaporto", counter.OfferActive, day, counter.ReasonNone))
		want("passaporto", "08:30-13:30 desk-1")
		must(core.SetOffer(ctx, chief, office, "passaporto", counter.OfferActive, day.AddDays(1), counter.ReasonNone))
		want("passaporto", "none") // not before the day on which it begins
		must(core.SetOffer(ctx, chief, office, "passaporto", counter.OfferActive, day, counter.ReasonNone))
		must(core.SaveShifts(ctx, chief, office, 1, []counter.Shift{{Weekday: time.Tuesday, Person: "ada", From: 9 * 60, To: 12 * 60}}))
		want("cedolino", "09:00-12:00 desk-1")
		must(core.SaveStaff(ctx, chief, office, counter.Staff{Person: "ada"}))
		want("passaporto", "none") // ada is not permitted
		must(core.SaveStaff(ctx, chief, office, counter.Staff{Person: "ada", Permissions: []string{"passaporto"}}))
		want("passaporto", "09:00-12:00 desk-1")
		_, err = core.CloseFor(ctx, chief, office, 1, tomorrow("10:00"), tomorrow("14:00"), "Guasto", nil)
		must(err)
		want("cedolino", "09:00-10:00 desk-1")
	})
}

func clockOf(t time.Time) string { return t.In(agenda.Rome).Format("15:04") }
