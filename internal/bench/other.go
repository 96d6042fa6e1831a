//go:build !linux

package bench

import (
	"syscall"
	"time"
)

func dieWithParent() *syscall.SysProcAttr { return nil }

func punctual() (end func()) { return func() {} }

func pause(d time.Duration) { time.Sleep(d) }
