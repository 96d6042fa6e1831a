package app

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"polis/internal/agenda"
	"polis/internal/identity/privacy"
	"polis/internal/platform/backup"
	"polis/internal/platform/machine"
)

// backupFlags say where the daily backups are.
type backupFlags struct {
	BackupDir  string `help:"Folder for a backup each day; without it none is written." placeholder:"DIR"`
	BackupAt   string `help:"When it is written, local time of Europe/Rome." default:"02:30" placeholder:"HH:MM"`
	BackupKeys string `help:"Folder for the keys of people, which are in no backup; by default the folder keys in that of the backups. Keep only the newest copy." placeholder:"DIR"`
	BackupKeep int    `help:"How many stay." default:"14" placeholder:"N"`
}

// keysFolder is where the keys of people are, in the folder of the backups.
const keysFolder = "keys"

// keys is the folder of the keys of people; "" where no backups are written.
func (f *backupFlags) keys() string {
	if f.BackupKeys != "" || f.BackupDir == "" {
		return f.BackupKeys
	}
	return filepath.Join(f.BackupDir, keysFolder)
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
	b.chores.At(dailyBackup, daily.Next, func(ctx context.Context) error {
		if err := daily.Make(ctx); err != nil {
			return err
		}
		return b.copyKeys(ctx) // afterwards: it opens all that is in the backup
	})
	b.chores.Every("backup.person-keys", 5*time.Minute, b.renewKeys)
	return nil
}

// copyKeys writes the keys of people anew, where backups are written here.
func (b *base) copyKeys(ctx context.Context) error {
	dir := b.cmd.keys()
	if dir == "" {
		return nil
	}
	_, _, err := privacy.CopyKeys(ctx, b.db, b.env.clock.Now(), dir)
	return err
}

// renewKeys writes them anew where somebody was forgotten since, so that no copy
// of that key stays.
func (b *base) renewKeys(ctx context.Context) error {
	now, err := privacy.Forgotten(ctx, b.db)
	if err != nil || now == b.forgotten {
		return err
	}
	if err := b.copyKeys(ctx); err != nil {
		return err
	}
	b.forgotten = now
	return nil
}
