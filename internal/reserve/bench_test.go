package reserve

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
)

// BenchmarkDo books one place per plan, by several callers at once.
func BenchmarkDo(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		for _, callers := range []int{1, 16, 64} {
			b.Run(fmt.Sprintf("%s/callers=%d", engine, callers), func(b *testing.B) {
				var d *db.DB
				if engine == "sqlite" {
					d = dbtest.SQLite(b)
				} else {
					d = dbtest.Postgres(b)
				}
				e := New(d, layout{}, clock.NewManual(nine), clock.NewID)
				if err := e.Start(context.Background()); err != nil {
					b.Fatal(err)
				}
				defer e.Stop()
				work := make(chan struct{})
				var wg sync.WaitGroup
				for range callers {
					wg.Go(func() {
						for range work {
							day := nine.AddDate(0, 0, rand.IntN(60))
							from := day.Add(time.Duration(rand.IntN(36)) * 15 * time.Minute)
							e.Do(context.Background(), Plan{Person: "p", To: Confirmed, Due: from.Add(time.Hour), Demands: []Demand{{
								Site: "s", Kind: "desk", From: from, To: from.Add(time.Hour), Units: []int64{1000 + rand.Int64N(10000)},
							}}})
						}
					})
				}
				b.ResetTimer()
				for range b.N {
					work <- struct{}{}
				}
				close(work)
				wg.Wait()
				b.ReportMetric(float64(e.Metrics.Plans.Load())/float64(e.Metrics.Batches.Load()), "plans/batch")
			})
		}
	}
}
