package doctor

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"polis/internal/journal"
	"polis/internal/platform/backup"
	"polis/internal/platform/machine"
)

// outside is what the doctor asks the operating system; a test brings its own.
type outside struct {
	synced func() (synced, known bool)
	volume func(dir string) (machine.Volume, error)
}

// What clocks may differ before it is noted, and before /readyz complains.
const (
	skewNoted = 500 * time.Millisecond
	skewLimit = 2 * time.Second
)

func (d *doctor) checkClock(ctx context.Context) {
	if d.db != nil {
		skew, err := d.db.Skew(ctx, d.clock)
		last, acted, lerr := journal.Newest(ctx, d.db)
		switch {
		case err != nil:
			d.failed("clock", err)
			return
		case skew.Abs() > skewLimit:
			d.say("clock", wrong, "clock.skew", "skew", skew.Abs().Round(time.Millisecond).String())
			return
		case skew.Abs() > skewNoted:
			d.say("clock", warning, "clock.skew", "skew", skew.Abs().Round(time.Millisecond).String())
			return
		case lerr == nil && acted && last.Sub(d.now) > time.Minute:
			d.say("clock", wrong, "clock.back", "last", last, "now", d.now)
			return
		}
	}
	synced, known := d.outside.synced()
	switch {
	case known && !synced:
		d.say("clock", warning, "clock.alone")
	case known:
		d.say("clock", fine, "clock.synced")
	default:
		d.say("clock", fine, "clock.unknown")
	}
}

// Least room on a disk, whatever the size of what is kept.
const (
	leastRoom = backup.Reserve
	goodRoom  = 1 << 30
)

func (d *doctor) checkDisks() {
	var data machine.Volume
	hasData := d.Database == ""
	if hasData {
		need := d.facts.Size
		data = d.checkDisk("disk.data", d.Data, leastRoom+need/20, goodRoom+need/2)
		switch data.Kind {
		case "network":
			d.say("disk.data", wrong, "disk.network", "dir", d.Data)
		case "memory":
			d.say("disk.data", warning, "disk.memory", "dir", d.Data)
		}
	}
	if d.BackupDir == "" {
		return
	}
	size := d.facts.Size / 4
	if newest, ok := backup.Newest(d.BackupDir); ok {
		size = newest.Size
	}
	backups := d.checkDisk("disk.backups", d.BackupDir, backup.Needs(size), goodRoom+3*size)
	if backups.Kind == "memory" {
		d.say("disk.backups", warning, "disk.memory", "dir", d.BackupDir)
	}
	if hasData && backups.Device != 0 && backups.Device == data.Device {
		d.say("disk.backups", warning, "disk.same", "dir", d.BackupDir)
	}
}

// checkDisk looks whether a folder takes what is written and has room for more.
func (d *doctor) checkDisk(check, dir string, least, good int64) machine.Volume {
	v, err := d.outside.volume(dir)
	if err != nil {
		d.say(check, wrong, "disk.missing", "dir", dir, "why", err.Error())
		return v
	}
	if v.Free < least { // which is why it may refuse
		d.say(check, wrong, "disk.full", "dir", dir, "free", megabytes(v.Free), "least", megabytes(least))
		return v
	}
	if err := tryWriting(dir); err != nil {
		d.say(check, wrong, "disk.refuses", "dir", dir, "why", err.Error())
		return v
	}
	switch {
	case v.Free < good:
		d.say(check, warning, "disk.full", "dir", dir, "free", megabytes(v.Free), "least", megabytes(good))
	default:
		d.say(check, fine, "disk.good", "dir", dir, "free", megabytes(v.Free))
	}
	return v
}

// tryWriting writes a block and waits until the disk has it.
func tryWriting(dir string) error {
	f, err := os.CreateTemp(dir, ".polis-doctor-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if _, err := f.Write(make([]byte, 4096)); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(f.Name()))
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}
