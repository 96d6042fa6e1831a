// Package machine asks the operating system what the program stands on: its
// disks, its clock, its place beside other programs.
package machine

// Volume is the file system under a folder.
type Volume struct {
	Free   int64  // for this user, in bytes
	Kind   string // "network", "memory" or "" for a disk
	Device uint64
}
