package app

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"polis/internal/doctor"
	"polis/internal/platform/jobs"
	"polis/internal/platform/machine"
)

// signals are those that alerts are made of and the database tells.
type signals struct{ ready, dead, late float64 }

// signalsNow asks the database; -1 is what it does not say.
func (b *base) signalsNow(ctx context.Context) (f signals) {
	if ready, _ := b.health.Run(ctx); ready {
		f.ready = 1
	}
	o, err := jobs.Look(ctx, b.db, b.env.clock.Now().Add(-doctor.Late))
	if err != nil {
		f.dead, f.late = -1, -1
		return f
	}
	f.dead, f.late = float64(o.Dead), float64(o.Late)
	return f
}

// numbersToWatch are those that alerts are made of: each is found out when it is
// asked for, those of the database once for some seconds.
func (b *base) numbersToWatch() {
	seen := &glance[signals]{clock: b.env.clock, look: b.signalsNow}
	b.metrics.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "polis_ready", Help: "Whether /readyz answers 200."},
			func() float64 { return seen.now().ready }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "polis_jobs_dead", Help: "Work given up after its last attempt; -1 where the database does not say."},
			func() float64 { return seen.now().dead }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "polis_jobs_late", Help: "Work that has been due for a quarter of an hour; -1 where the database does not say."},
			func() float64 { return seen.now().late }),
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
			v, err := machine.VolumeOf(dir)
			if err != nil {
				return -1
			}
			return float64(v.Free)
		}))
	}
}
