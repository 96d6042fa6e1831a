//go:build linux

package app

import (
	"os"
	"strconv"
	"syscall"
)

// stepAside lets other programs of the machine go first. Each thread has a
// priority of its own, which those that it makes inherit.
func stepAside() {
	const modest = 10
	threads, _ := os.ReadDir("/proc/self/task")
	for _, t := range threads {
		if id, err := strconv.Atoi(t.Name()); err == nil {
			_ = syscall.Setpriority(syscall.PRIO_PROCESS, id, modest) // it works without
		}
	}
}
