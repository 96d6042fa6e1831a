//go:build !linux

package pgserver

import "syscall"

// credential is that of who runs us; the server outlives us if we are killed.
func credential(string) (*syscall.SysProcAttr, error) { return nil, nil }

func memory() string { return "" }
