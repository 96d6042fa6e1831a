package demo

import (
	"context"
	"testing"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/reserve"
	"polis/internal/site"
	"polis/internal/territory"
)

// laidOut is the demonstration network in a database.
func laidOut(t testing.TB, d *db.DB, now time.Time) *site.Network {
	t.Helper()
	store := site.NewStore(d, clock.NewManual(now), clock.NewID)
	if _, err := LayOut(t.Context(), store, territory.Embedded(), now, func(string, int, int) {}); err != nil {
		t.Fatal(err)
	}
	net, err := store.LoadNetwork(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return net
}

func TestBookingsFillTwoFifthsOfWorkingHours(t *testing.T) {
	now := time.Date(2026, 11, 23, 11, 7, 0, 0, time.UTC)
	d := dbtest.SQLite(t)
	net := laidOut(t, d, now)
	made, scores, err := Bookings(t.Context(), d, net, []string{"a", "b"}, now, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	if made < 20_000 {
		t.Errorf("only %d bookings", made)
	}
	if sum, n := 0, len(scores); n < 1000 {
		t.Errorf("only %d visits are rated", n)
	} else {
		for _, s := range scores {
			sum += s.Score
		}
		if mean := float64(sum) / float64(n); mean < 3.5 || mean > 4.8 {
			t.Errorf("visits are rated %.1f in the mean", mean)
		}
	}
	if _, err := reserve.Check(context.Background(), d, func(s string) { t.Error(s) }); err != nil {
		t.Fatal(err)
	}
	if share := takenShare(t, d, net, agenda.Date{Year: 2026, Month: 11, Day: 25}); share < 0.35 || share > 0.45 {
		t.Errorf("%.0f %% of the desks' time from 9 to 18 is taken", 100*share)
	}
}

// takenShare is how much of the desks' time from 9 to 18 is taken on a date.
func takenShare(t testing.TB, d *db.DB, net *site.Network, on agenda.Date) float64 {
	t.Helper()
	e := reserve.New(d, net, clock.NewManual(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)), clock.NewID)
	if err := e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer e.Stop()
	from, _, _ := agenda.Instant(on, 9*60, agenda.Rome)
	to, _, _ := agenda.Instant(on, 18*60, agenda.Rome)
	cells, err := agenda.Cells(from, to)
	if err != nil {
		t.Fatal(err)
	}
	var taken, all int
	for _, h := range net.Sites(site.Filter{Kind: site.Space, State: site.Open}) {
		for _, r := range net.OfKind(h.Site.ID, site.Desk) {
			for _, c := range cells {
				all += c.Mask.Count()
				taken += e.Index.Taken([]int64{r.Ordinal}, c.Day).And(c.Mask).Count()
			}
		}
	}
	return float64(taken) / float64(all)
}
