//go:build linux

package machine

import (
	"os"
	"strconv"
	"syscall"
)

// StepAside lets other programs of the machine go first. Each thread has a
// priority of its own, which those that it makes inherit.
func StepAside() {
	const modest = 10
	threads, _ := os.ReadDir("/proc/self/task")
	for _, t := range threads {
		if id, err := strconv.Atoi(t.Name()); err == nil {
			_ = syscall.Setpriority(syscall.PRIO_PROCESS, id, modest) // it works without
		}
	}
}

// ClockSynced tells whether the clock follows others, as the kernel knows it;
// false, false where that cannot be known.
func ClockSynced() (synced, known bool) {
	const unsynced = 0x40 // STA_UNSYNC
	var t syscall.Timex
	if _, err := syscall.Adjtimex(&t); err != nil {
		return false, false
	}
	return t.Status&unsynced == 0, true
}

// fileSystems are those of statfs(2) on which a database is not at home. On FUSE
// may be a disk as well.
var fileSystems = map[int64]string{
	0x6969: "network", 0xff534d42: "network", 0xfe534d42: "network", 0x517b: "network", 0x01021997: "network", 0x5346414f: "network",
	0x00c36400: "network", 0x0bd00bd0: "network", 0x01021994: "memory", 0x858458f6: "memory",
}

// VolumeOf tells of the file system under a folder.
func VolumeOf(dir string) (Volume, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return Volume{}, &os.PathError{Op: "statfs", Path: dir, Err: err}
	}
	kind := int64(fs.Type) & 0xffffffff //nolint:unconvert // it is 32 bits wide on some machines
	v := Volume{Free: int64(fs.Bavail) * fs.Bsize, Kind: fileSystems[kind]}
	var s syscall.Stat_t
	if err := syscall.Stat(dir, &s); err == nil {
		v.Device = s.Dev
	}
	return v, nil
}

// Writable is nil where this program may write to a file. It opens nothing.
func Writable(path string) error {
	const write = 2
	if err := syscall.Access(path, write); err != nil {
		return &os.PathError{Op: "access", Path: path, Err: err}
	}
	return nil
}
