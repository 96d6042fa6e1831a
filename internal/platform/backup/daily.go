package backup

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/clock"
)

// Daily keeps a folder with the backups of the last days.
type Daily struct {
	Source

	Dir   string
	At    agenda.Clock // local time of Europe/Rome
	Keep  int          // how many stay
	Clock clock.Clock
	Log   *slog.Logger
	Free  func(dir string) (int64, error)                // room on the disk of a folder
	Done  func(info Info, took time.Duration, err error) // hears how each ended
}

// Next is when the next backup is due. Where clocks are put forward past its
// time, that is the moment at which they are.
func (b *Daily) Next(after time.Time) time.Time {
	for d := agenda.DateOf(after.In(agenda.Rome)); ; d = d.AddDays(1) {
		at, _, err := agenda.Instant(d, b.At, agenda.Rome)
		if errors.Is(err, agenda.ErrNoSuchTime) {
			at = time.Date(d.Year, d.Month, d.Day, 0, int(b.At), 0, 0, agenda.Rome)
		}
		if at.After(after) {
			return at.UTC()
		}
	}
}

// Make writes the backup of this day and then removes what is too old.
func (b *Daily) Make(ctx context.Context) error {
	began := time.Now()
	info, err := b.make(ctx)
	took := time.Since(began)
	if b.Done != nil {
		b.Done(info, took, err)
	}
	if err == nil {
		b.Log.Info("a backup was written and read back", "file", info.Path, "rows", info.Rows, "bytes", info.Size, "seconds", took.Seconds())
	}
	return err
}

func (b *Daily) make(ctx context.Context) (Info, error) {
	if err := os.MkdirAll(b.Dir, 0o700); err != nil {
		return Info{}, err
	}
	now := b.Clock.Now()
	if err := b.sweep(now); err != nil {
		return Info{}, err
	}
	last, _ := Newest(b.Dir)
	if err := b.room(Needs(last.Size)); err != nil {
		return Info{}, err
	}
	b.MayGoOn = func() error { return b.room(Reserve) }
	info, err := b.WriteFile(ctx, now, filepath.Join(b.Dir, now.In(agenda.Rome).Format(named)), Gently, func(string, int64) {})
	if err != nil {
		return info, err
	}
	return info, b.prune()
}

// room refuses to fill the disk, on which others may live: bookings, with SQLite.
func (b *Daily) room(needed int64) error {
	free, err := b.Free(b.Dir)
	if err != nil {
		return err
	}
	return room(b.Dir, free, needed)
}

// named is what a backup is called, by the local time at which it was begun.
const named = "polis-2006-01-02-1504.jsonl.gz"

var dated = regexp.MustCompile(`^polis-\d{4}-\d{2}-\d{2}-\d{4}\.jsonl\.gz$`)

// List lists the daily backups of a folder, oldest first. A folder that is not
// there has none.
func List(dir string) (paths []string, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		if dated.MatchString(e.Name()) && e.Type().IsRegular() {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	slices.Sort(paths)
	return paths, err
}

// Newest is the newest daily backup of a folder as its first line tells, without
// reading it; false where there is none that begins as a backup does.
func Newest(dir string) (info Info, ok bool) {
	paths, err := List(dir)
	if err != nil || len(paths) == 0 {
		return info, false
	}
	info, err = Look(paths[len(paths)-1])
	return info, err == nil
}

// Look is a backup as its first line tells, without reading it.
func Look(path string) (info Info, err error) {
	f, err := os.Open(path)
	if err != nil {
		return info, err
	}
	defer f.Close()
	_, h, err := open(f)
	if err != nil {
		return info, err
	}
	info = Info{Path: f.Name(), Schema: h.Schema}
	if info.Taken, err = time.Parse(time.RFC3339, h.Taken); err != nil {
		return info, ErrFormat
	}
	if stat, err := f.Stat(); err == nil {
		info.Size = stat.Size()
	}
	return info, nil
}

// stale is the age at which nobody is writing an unfinished file any more.
const stale = 24 * time.Hour

// prune removes all but the newest backups. Files of other names stay.
func (b *Daily) prune() error {
	paths, err := List(b.Dir)
	if err != nil {
		return err
	}
	for _, old := range paths[:max(0, len(paths)-b.Keep)] {
		err = errors.Join(err, os.Remove(old))
	}
	return err
}

// sweep removes what was cut short long ago.
func (b *Daily) sweep(now time.Time) error {
	entries, err := os.ReadDir(b.Dir)
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), unfinished) {
			continue
		}
		if info, more := e.Info(); more == nil && now.Sub(info.ModTime()) > stale {
			err = errors.Join(err, os.Remove(filepath.Join(b.Dir, e.Name())))
		}
	}
	return err
}
