//go:build !linux

package app

// stepAside lets other programs of the machine go first, where it is known how.
func stepAside() {}
