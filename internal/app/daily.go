package app

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"polis/internal/agenda"
	"polis/internal/platform/backup"
	"polis/internal/platform/machine"
)

// backupFlags say where the daily backups are.
type backupFlags struct {
	BackupDir  string `help:"Folder for a backup each day; without it none is written." placeholder:"DIR"`
	BackupAt   string `help:"When it is written, local time of Europe/Rome." default:"02:30" placeholder:"HH:MM"`
	BackupKeep int    `help:"How many stay." default:"14" placeholder:"N"`
}

// dailyBackup is the name under which replicas lease it.
const dailyBackup = "backup.daily"

// daily is the backup that the flags ask for; nil where they ask for none.
func (f *backupFlags) daily(e *env, s *store) (*backup.Daily, error) {
	if f.BackupDir == "" {
		return nil, nil //nolint:nilnil // none is a setting
	}
	at, err := agenda.ParseClock(f.BackupAt)
	if err != nil || at == agenda.Midnight24 {
		return nil, fmt.Errorf("--backup-at wants a time such as 02:30")
	}
	if f.BackupKeep < 1 {
		return nil, fmt.Errorf("--backup-keep wants a number from 1 on")
	}
	return &backup.Daily{Source: sourceOf(s.db), Dir: f.BackupDir, At: at, Keep: f.BackupKeep, Clock: e.clock, Log: e.log, Free: freeAt}, nil
}

func freeAt(dir string) (int64, error) {
	v, err := machine.VolumeOf(dir)
	return v.Free, err
}

// startBackups lets the worker write a backup each day, and counts.
func (b *base) startBackups(f *backupFlags) error {
	daily, err := f.daily(b.env, b.store)
	if err != nil || daily == nil {
		return err
	}
	gauge := func(o prometheus.GaugeOpts) prometheus.Gauge {
		g := prometheus.NewGauge(o)
		b.numbers = append(b.numbers, g)
		return g
	}
	newest := gauge(prometheus.GaugeOpts{Name: "polis_backup_newest_timestamp_seconds", Help: "When the newest backup in the folder was taken; 0 while there is none."})
	size := gauge(prometheus.GaugeOpts{Name: "polis_backup_newest_bytes", Help: "Its size."})
	needed := gauge(prometheus.GaugeOpts{Name: "polis_backup_needed_bytes", Help: "Room that the next one wants; with less none is written."})
	seconds := gauge(prometheus.GaugeOpts{Name: "polis_backup_seconds", Help: "How long the last one took, reading it back included."})
	failures := prometheus.NewCounter(prometheus.CounterOpts{Name: "polis_backup_failures_total", Help: "Backups that could not be written."})
	b.numbers = append(b.numbers, failures)
	tell := func(info backup.Info) {
		newest.Set(float64(info.Taken.Unix()))
		size.Set(float64(info.Size))
		needed.Set(float64(backup.Needs(info.Size)))
	}
	needed.Set(float64(backup.Needs(0)))
	if info, ok := backup.Newest(f.BackupDir); ok {
		tell(info)
	}
	daily.Done = func(info backup.Info, took time.Duration, err error) {
		seconds.Set(took.Seconds())
		if err != nil {
			failures.Inc()
			return
		}
		tell(info)
	}
	b.chores.At(dailyBackup, daily.Next, daily.Make)
	return nil
}
