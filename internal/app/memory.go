package app

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
)

// modest is how much memory the program takes before the collector works as often as
// it does by itself: with thousands of streams open there is no room for garbage.
const modest = 272 << 20

// relaxGC lets the garbage collector come half as often as it would by itself.
// The network and its index stay in memory and are looked through each time,
// while what a request leaves behind is little. Beyond a modest size, or twice what
// lives, memory counts for more. GOGC and GOMEMLIMIT have the last word.
func relaxGC() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		debug.SetMemoryLimit(max(modest, 2*int64(live[0].Value.Uint64())))
	}
}
