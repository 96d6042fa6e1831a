package bench

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"polis/internal/agenda"
	"polis/internal/site"
)

// million measures the search over a hundred times the network.
func (b *bench) million(ctx context.Context) error {
	return b.kernel(ctx, 25_000, 40, "1,000,000", 10*time.Millisecond, 1<<30)
}

// indexDays is for how many days the index of the kernel is filled.
const indexDays = 30

// kernel measures the search in memory, without HTTP, in a network of sites
// with so many desks each. memory is its budget, 0 for none.
func (b *bench) kernel(ctx context.Context, sites, desks int, title string, budget time.Duration, memory int64) error {
	b.say("search in memory, %s places", title)
	before := heap()
	w, err := newWorld(sites, desks, indexDays)
	if err != nil {
		return err
	}
	if _, _, err := w.search(ctx, 1, site.Filter{}, w.times, 20); err != nil { // what is made on first use
		return err
	}
	used := heap() - before
	w.fill()
	rounds := max(10, b.Rounds*250/sites)
	measure := func(what string, where site.Filter, times []agenda.Interval, limit int, budget time.Duration) error {
		rounds := rounds
		if where != (site.Filter{}) {
			rounds = max(rounds, 100)
		}
		middle, found, err := w.search(ctx, rounds, where, times, limit)
		if err != nil {
			return err
		}
		b.report.add(row{
			what: fmt.Sprintf("search in memory, %s places, %s", title, what), measured: micros(middle),
			budget: "≤ " + micros(budget), met: yes(middle <= budget),
			detail: fmt.Sprintf("middle of %d; %s places looked at, %d sites found", rounds, thousands(int64(found.Searched)), len(found.Hits)),
		})
		return nil
	}
	full, milan := []agenda.Interval{w.full}, site.Point{Lat: 45.4642, Lon: 9.19}
	steps := []struct {
		what   string
		where  site.Filter
		times  []agenda.Interval
		limit  int
		budget time.Duration
	}{
		{"whole network", site.Filter{}, w.times, 20, budget},
		{"whole network, nearest first", site.Filter{Near: &milan}, w.times, 20, budget},
		{"whole network, nothing free", site.Filter{}, full, 20, budget},
	}
	if memory > 0 {
		near := site.Filter{Near: &milan, RadiusKm: 10}
		steps = append(steps, steps[0], steps[0])
		steps[3].what, steps[3].where, steps[3].budget = "within 10 km", near, 200*time.Microsecond
		steps[4].what, steps[4].where, steps[4].budget = "in a municipality", site.Filter{Municipality: w.net.Sites(near)[0].Site.Municipality}, 200*time.Microsecond
	}
	for _, s := range steps {
		if err := measure(s.what, s.where, s.times, s.limit, s.budget); err != nil {
			return err
		}
	}
	if memory > 0 {
		b.report.add(row{
			what: fmt.Sprintf("memory of %s places and %d days of the index", title, indexDays), measured: megabytes(used),
			budget: "≤ " + megabytes(memory), met: yes(used <= memory), detail: "heap in use after a collection: network, index and what the search makes on first use",
		})
	}
	runtime.KeepAlive(w)
	return nil
}

// heap is the memory in use after a collection.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what had a finaliser
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
