package demo

import (
	"testing"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/site"
	"polis/internal/territory"
)

func BenchmarkMakeUp(b *testing.B) {
	territory.Embedded()
	for b.Loop() {
		Network(territory.Embedded(), Seed, today)
	}
}

func BenchmarkSites(b *testing.B) {
	n, err := site.NewNetwork(national(b))
	if err != nil {
		b.Fatal(err)
	}
	rome := &site.Point{Lat: 41.9, Lon: 12.5}
	for name, f := range map[string]site.Filter{
		"all by name":     {},
		"all by distance": {Near: rome},
		"open spaces":     {Kind: site.Space, State: site.Open},
		"50 km of Rome":   {Near: rome, RadiusKm: 50},
		"words":           {Query: "spazio roma"},
		"nothing":         {Query: "zzz"},
		"region":          {Region: "Lombardia"},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			found := 0
			for b.Loop() {
				found = len(n.Sites(f))
			}
			b.ReportMetric(float64(found), "sites")
		})
	}
}

func BenchmarkLayOutAndLoad(b *testing.B) {
	for _, engine := range []struct {
		name string
		open func(testing.TB) *db.DB
	}{{"sqlite", dbtest.SQLite}, {"postgres", dbtest.Postgres}} {
		b.Run(engine.name, func(b *testing.B) {
			store := site.NewStore(engine.open(b), clock.System{}, clock.NewID)
			now := time.Date(today.Year, today.Month, today.Day, 12, 0, 0, 0, agenda.Rome)
			started := time.Now()
			if _, err := LayOut(b.Context(), store, territory.Embedded(), now, func(string, int, int) {}); err != nil {
				b.Fatal(err)
			}
			laidOut := time.Since(started)
			for b.Loop() {
				if _, err := store.LoadNetwork(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(laidOut.Seconds(), "s/layout")
		})
	}
}
