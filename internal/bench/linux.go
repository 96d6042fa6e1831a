//go:build linux

package bench

import (
	"runtime"
	"syscall"
	"time"
)

func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// punctual makes pause exact to some microseconds in this goroutine, until end:
// Go's own timers are only exact to a millisecond when nothing else happens. A
// goroutine must not take its thread with it when it ends, because our children
// die with the thread that started them.
func punctual() (end func()) {
	const setTimerSlack = 29 // PR_SET_TIMERSLACK, nanoseconds
	runtime.LockOSThread()
	syscall.RawSyscall(syscall.SYS_PRCTL, setTimerSlack, 1000, 0) //nolint:errcheck // a little less exact then
	return runtime.UnlockOSThread
}

func pause(d time.Duration) {
	ts := syscall.NsecToTimespec(int64(d))
	for syscall.Nanosleep(&ts, &ts) == syscall.EINTR {
	}
}
