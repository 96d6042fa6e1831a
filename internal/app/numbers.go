package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"polis/internal/platform/jobs"
)

// numbersToWatch are those that alerts are made of: each is found out when it is
// asked for.
func (b *base) numbersToWatch() {
	ask := func(fn func(ctx context.Context) float64) func() float64 {
		return func() float64 {
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			defer cancel()
			return fn(ctx)
		}
	}
	work := func(of func(jobs.Overview) int) func() float64 {
		return ask(func(ctx context.Context) float64 {
			o, err := jobs.Look(ctx, b.db, b.env.clock.Now().Add(-late))
			if err != nil {
				return -1
			}
			return float64(of(o))
		})
	}
	b.metrics.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "polis_ready", Help: "Whether /readyz answers 200."}, ask(func(ctx context.Context) float64 {
			if ready, _ := b.health.Run(ctx); ready {
				return 1
			}
			return 0
		})),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "polis_jobs_dead", Help: "Work given up after its last attempt; -1 where the database does not say."},
			work(func(o jobs.Overview) int { return o.Dead })),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "polis_jobs_late", Help: "Work that has been due for a quarter of an hour; -1 where the database does not say."},
			work(func(o jobs.Overview) int { return o.Late })),
	)
	folders := map[string]string{"backups": b.cmd.BackupDir}
	if b.cmd.Database == "" {
		folders["data"] = b.cmd.Data
	}
	for name, dir := range folders {
		if dir == "" {
			continue
		}
		b.metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "polis_disk_free_bytes", Help: "Room on the disk of a folder; -1 where it cannot be told.",
			ConstLabels: prometheus.Labels{"folder": name},
		}, func() float64 {
			v, err := thisMachine.volume(dir)
			if err != nil {
				return -1
			}
			return float64(v.free)
		}))
	}
}
