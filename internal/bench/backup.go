package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"polis/internal/platform/backup"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

// backups measures booking while the server writes its daily backup, on both
// engines.
func (b *bench) backups(ctx context.Context) error {
	return b.onBoth(ctx, "backup", func(t *booking) error {
		if t.pg != nil { // that of SQLite is laid out already
			s, err := b.serve(ctx, nil, append([]string{"--demo"}, t.place.flags...)...)
			if err != nil {
				return err
			}
			if err := s.stop(); err != nil {
				return err
			}
		}
		return b.backUpOn(ctx, t)
	})
}

// backUpOn books with 64 callers without a backup, while one is written, and
// without once more; then it restores the backup and checks the copy.
func (b *bench) backUpOn(ctx context.Context, t *booking) error {
	const callers = 64
	past := min(b.Past, 1_000_000)
	b.say("backup on %s: %s past bookings", t.title, thousands(int64(past)))
	if err := b.addPast(ctx, t.place, past); err != nil {
		return err
	}
	folder := filepath.Join(b.dir, "backups-"+t.title)
	s, err := b.serve(ctx, nil, append([]string{"--demo", "--backup-dir", folder, "--backup-keep", "1000"}, t.place.flags...)...)
	if err != nil {
		return err
	}
	defer s.stop() //nolint:errcheck // where it matters it is stopped below
	if t.tokens, err = t.place.tokens(ctx); err != nil {
		return err
	}
	net, err := t.place.network(ctx)
	if err != nil {
		return err
	}
	t.slots = slots(net, time.Now())
	return t.place.open(ctx, func(d *db.DB) error {
		k := &keeper{d: d, folder: folder}
		alone, err := k.wait(ctx) // the first one comes with the start
		if err != nil {
			return err
		}
		var rates [3]*tally
		for i := range rates {
			stop := func() error { return nil }
			if i == 1 {
				stop = k.keepGoing(ctx)
			}
			if rates[i], err = t.run(ctx, s, callers, b.Length*(1+time.Duration(i%2))); err != nil {
				return err
			}
			if err := stop(); err != nil {
				return err
			}
		}
		without := (rates[0].rate() + rates[2].rate()) / 2
		with := rates[1].rate()
		info, err := k.verified(ctx)
		if err != nil {
			return err
		}
		b.report.add(row{
			what: "booking over HTTP, " + t.title + ", 64 callers, while a backup is written", measured: perSecond(with), floor: perSecond(without),
			ratio: ratio(with / without), budget: "≥ 0.67 of without", met: yes(with >= without*2/3),
			detail: fmt.Sprintf("%s before and %s after; %d backups begun meanwhile, one after the other, the last of %s rows and %s; one takes %s with nobody booking; %s",
				perSecond(rates[0].rate()), perSecond(rates[2].rate()), k.begun, thousands(info.Rows), megabytes(info.Size), seconds(alone), t.describe(rates[1])),
		})
		return b.restored(ctx, t, s, info)
	})
}

// keeper sees to it that the server writes backups.
type keeper struct {
	d      *db.DB
	folder string
	begun  int
}

var (
	makeDue = db.Q("bench.backup-due", `UPDATE job_turn SET next = 0 WHERE name = 'backup.daily' AND next > $1`)
	isDue   = db.Q("bench.backup-next", `SELECT MAX(next) FROM job_turn WHERE name = 'backup.daily'`)
)

// underLease is longer than a lease of work that runs.
const underLease = 6 * time.Minute

// wait waits until no backup is being written and returns how long that was.
func (k *keeper) wait(ctx context.Context) (time.Duration, error) {
	for begin := time.Now(); ; wait(ctx, 20*time.Millisecond) {
		var next *int64
		if err := db.One(ctx, k.d, isDue, nil, &next); err != nil || ctx.Err() != nil {
			return 0, errors.Join(err, ctx.Err())
		}
		if next != nil && *next > clock.Micros(time.Now().Add(underLease)) {
			return time.Since(begin), nil
		}
	}
}

// keepGoing makes a backup due whenever none is being written, until stop, which
// waits for the last one.
func (k *keeper) keepGoing(ctx context.Context) (stop func() error) {
	going, cancel := context.WithCancel(ctx)
	done := make(chan error)
	go func() {
		var failed error
		for going.Err() == nil && failed == nil {
			failed = k.d.Write(ctx, func(tx *db.Tx) error {
				n, err := tx.Exec(ctx, makeDue, clock.Micros(time.Now().Add(underLease)))
				k.begun += int(n)
				return err
			})
			wait(going, 100*time.Millisecond)
		}
		done <- failed
	}()
	return func() error {
		cancel()
		err := <-done
		_, late := k.wait(ctx)
		return errors.Join(err, late)
	}
}

// verified reads the newest backup to its end.
func (k *keeper) verified(ctx context.Context) (backup.Info, error) {
	paths, err := backup.List(k.folder)
	if err != nil || len(paths) == 0 {
		return backup.Info{}, fmt.Errorf("no backup was written: %w", err)
	}
	return backup.VerifyFile(ctx, paths[len(paths)-1], 0, backup.Pace{})
}

// restored asks whether anything went wrong in the store, and in the copy that a
// backup makes of it.
func (b *bench) restored(ctx context.Context, t *booking, s *server, info backup.Info) error {
	if err := b.unharmed(ctx, t, s); err != nil {
		return err
	}
	copied := filepath.Join(b.dir, "restored-"+t.title)
	begin := time.Now()
	if _, err := b.command(ctx, "restore", info.Path, "--data", copied); err != nil {
		return err
	}
	took := time.Since(begin)
	found, err := b.check(ctx, "--data", copied)
	if err != nil {
		return err
	}
	w := row{
		what: "a backup of " + t.title + " taken under that load, restored on SQLite", measured: "polis check is silent", budget: "silent", met: yes(found == ""),
		detail: "restored in " + seconds(took),
	}
	if found != "" {
		w.measured, w.detail = "polis check finds differences", fmt.Sprintf("%.500s", found)
	}
	b.report.add(w)
	return os.RemoveAll(copied)
}
