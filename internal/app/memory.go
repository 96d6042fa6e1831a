package app

import (
	"os"
	"runtime/debug"
)

// relaxGC lets the garbage collector come half as often as it would by itself.
// The network and its index stay in memory and are looked through each time,
// while what a request leaves behind is little. GOGC has the last word.
func relaxGC() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
	}
}
