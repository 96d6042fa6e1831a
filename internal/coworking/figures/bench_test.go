package figures_test

import (
	"fmt"
	"testing"
	"time"

	"polis/internal/agenda"
	"polis/internal/coworking/figures"
	"polis/internal/demo"
	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/reserve"
	"polis/internal/site"
	"polis/internal/territory"
)

// BenchmarkYear counts a year of the demonstration, about a million bookings:
// how long a look takes before any day is kept and after, and how long the
// keeping takes. It takes some minutes.
func BenchmarkYear(b *testing.B) {
	for _, engine := range []struct {
		name string
		open func(testing.TB) *db.DB
	}{{"sqlite", dbtest.SQLite}, {"postgres", dbtest.Postgres}} {
		b.Run(engine.name, func(b *testing.B) {
			ctx, d := b.Context(), engine.open(b)
			now := time.Date(2026, time.November, 22, 12, 0, 0, 0, agenda.Rome)
			store := site.NewStore(d, clock.System{}, clock.NewID)
			if _, err := demo.LayOut(ctx, store, territory.Embedded(), now, func(string, int, int) {}); err != nil {
				b.Fatal(err)
			}
			live, err := site.NewLive(ctx, store)
			if err != nil {
				b.Fatal(err)
			}
			made := 0
			for weeks := 2; weeks < 2+52; weeks += 6 { // four weeks before and two after
				n, _, err := demo.Bookings(ctx, d, live.Network(), []string{"p1", "p2", "p3"}, now.AddDate(0, 0, -7*weeks), func(int, int) {})
				if err != nil {
					b.Fatal(err)
				}
				made += n
			}
			s := figures.New(figures.Options{DB: d, Live: live, Engine: reserve.New(d, live, clock.NewManual(now), clock.NewID), Clock: clock.NewManual(now)})
			luca := identity.Actor{Person: "luca", Role: identity.NetworkManager, Scope: identity.Network}
			spaces := live.Network().Sites(site.Filter{Kind: site.Space, State: site.Open})
			yesterday := agenda.DateOf(now).AddDays(-1)
			look := func(name string, q figures.Query, days int) {
				b.Run(fmt.Sprintf("%s, %d days, %d bookings", name, days, made), func(b *testing.B) {
					q.From, q.To = yesterday.AddDays(1-days), yesterday
					for b.Loop() {
						if f, err := s.Figures(ctx, luca, q); err != nil || f.Bookings == 0 {
							b.Fatal(f.Bookings, err)
						}
					}
				})
			}
			look("not kept", figures.Query{}, 28)
			begin := time.Now()
			if err := s.CatchUp(ctx, time.Hour); err != nil {
				b.Fatal(err)
			}
			keeping := time.Since(begin)
			b.Run("keeping", func(b *testing.B) {
				for b.Loop() { // it was done once, above
				}
				b.ReportMetric(float64(keeping.Milliseconds())/372, "ms/day")
			})
			for _, days := range []int{28, 365} {
				look("network", figures.Query{}, days)
				look("network, desks", figures.Query{Kind: site.Desk}, days)
				look("house", figures.Query{Site: spaces[0].Site.ID}, days)
			}
		})
	}
}
