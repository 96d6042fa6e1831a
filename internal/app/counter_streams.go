package app

import (
	"syscall"

	"github.com/prometheus/client_golang/prometheus"

	"polis/internal/platform/stream"
)

// How many streams of events there are at once, and how many of one client who is no
// device of a house. Streams end with the program; who watched comes again.
const (
	mostStreams      = 40_000
	streamsPerClient = 10_000
)

// startStreams readies the streams of events. They know nothing of the settings.
func (b *base) startStreams() {
	o := stream.Options{Most: min(mostStreams, openFiles()*3/4), PerClient: streamsPerClient, Log: b.env.log}
	if b.demo { // a demonstration is there to be tried hard
		o.PerClient = 0
	}
	b.streams = b.counter.Streams(o)
	b.end = append(b.end, b.streams.Stop)
	b.numbers = append(b.numbers, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "polis_event_streams", Help: "Streams of events that are open.",
	}, func() float64 { return float64(b.streams.Open()) }))
}

// openFiles is how many files and connections the system lets the program have.
func openFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur > 1<<20 {
		return 1 << 20
	}
	return int(limit.Cur)
}
