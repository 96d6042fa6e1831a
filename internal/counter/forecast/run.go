package forecast

import (
	"cmp"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"polis/internal/counter/queue"
)

const (
	never = math.MaxFloat64 // somebody who is not called

	// Somebody comes to an appointment about so long before it, give or take.
	early, punctuality = 5 * 60.0, 5 * 60.0
	// Shares of people: with an appointment who do not come; called who do not come;
	// of calls that somebody gets who came later and goes before.
	noShow, absent, overtaking = 0.08, 0.03, 0.03
	// A desk waits so long for who was called and does not come.
	patience = 90.0
	// A desk that opens opens about so late.
	lateness = 90.0
	// What all services of one day have in common, and those of one operator: as
	// deviations of a logarithm.
	common, personal = 0.1, 0.15

	work                   = 7000 // people served in all samples of one forecast, about
	fewSamples, allSamples = 120, 400
	manyDesks              = 64
)

// person is an entry of the line. Times are in seconds from now.
type person struct {
	id      string
	service spread
	desks   uint64 // a bit for each window that may call them
	due     float64
	late    int // where they stand if they come late for an appointment, in ranks; 0: they are there
	plain   bool
}

// window is a stretch of time in which a desk calls.
type window struct {
	desk     int
	from, to float64
}

// run is a situation made ready to be served again and again.
type run struct {
	line    []person
	windows []window
	busy    []spread  // by desk: what is under way
	since   []float64 // by desk: for how long; negative: nobody is at it
	turns   []float64 // instants at which the order changes: appointments fall due
	ranks   [][]int32 // after each of them: the place of each in the line
	horizon float64
	calling spread
	chance  *rand.Rand
	sampled
}

// sampled is what one sample changes.
type sampled struct {
	pace    []float64 // how slow each desk is: its operator, and the day
	free    []float64 // when each desk is free
	from    []float64 // when each window begins
	done    []bool    // windows that are over
	arrival []float64 // when each person comes; never: not, or called already
	rank    []int     // which of their ranks is theirs
}

func newRun(s *Situation) *run {
	h := fnv.New64a()
	h.Write([]byte(s.Office))
	r := &run{calling: s.Times.of(Calling), chance: rand.New(rand.NewPCG(s.Seed, h.Sum64())), horizon: 12 * 3600}
	r.addDesks(s)
	entries := r.addLine(s)
	r.order(s, entries)
	r.sampled = sampled{
		pace: make([]float64, len(r.busy)), free: make([]float64, len(r.busy)), from: make([]float64, len(r.windows)), done: make([]bool, len(r.windows)),
		arrival: make([]float64, len(r.line)), rank: make([]int, len(r.line)),
	}
	return r
}

func (s *Situation) offset(t time.Time) float64 { return t.Sub(s.Now).Seconds() }

func (r *run) addDesks(s *Situation) {
	index, last := map[string]int{}, 0.0
	for _, d := range s.Desks[:min(len(s.Desks), manyDesks)] {
		i, known := index[d.ID]
		if !known {
			i = len(r.busy)
			index[d.ID] = i
			r.busy, r.since = append(r.busy, spread{}), append(r.since, -1)
		}
		if len(d.Busy) > 0 {
			r.busy[i], r.since[i] = s.Times.sum(d.Busy), max(0, -s.offset(d.Since))
		}
		w := window{desk: i, from: 0, to: never}
		if !d.From.IsZero() {
			w.from = max(0, s.offset(d.From))
		}
		if !d.To.IsZero() {
			last = max(last, s.offset(d.To))
			if s.Closes.IsZero() || d.To.Before(s.Closes) {
				w.to = s.offset(d.To)
			}
		}
		r.windows = append(r.windows, w)
	}
	if !s.Closes.IsZero() {
		last = max(last, s.offset(s.Closes))
	}
	if last > 0 {
		r.horizon = last
	}
}

// addLine adds who waits and who is expected; the entries it returns stand in the
// order of ranks: all of the line, and once more who may come late.
func (r *run) addLine(s *Situation) []queue.Entry {
	entries := slices.Concat(s.Waiting, s.Expected)
	for i, e := range entries {
		p := person{id: e.ID, service: s.Times.sum(e.Services), plain: e.Priority == queue.Ordinary && e.Due.IsZero()}
		for k := range r.windows {
			if d := &s.Desks[k]; (e.Desk == "" || e.Desk == d.ID) && (d.Can == nil || e.ForDesk(d.Can)) {
				p.desks |= 1 << k
			}
		}
		if i >= len(s.Waiting) {
			p.due, p.late = s.offset(e.Due), len(entries)+i-len(s.Waiting)
		}
		r.line = append(r.line, p)
	}
	for i := range s.Expected { // once as punctual, once as late
		e := &entries[len(s.Waiting)+i]
		e.Taken = e.Due
		l := *e
		l.Taken = e.Due.Add(queue.Grace + time.Minute)
		entries = append(entries, l)
	}
	return entries
}

// order ranks the line at now and whenever an appointment falls due.
func (r *run) order(s *Situation, entries []queue.Entry) {
	at := []time.Time{s.Now}
	for _, e := range entries {
		if turn := e.Due.Add(-queue.Lead); !e.Due.IsZero() && turn.After(s.Now) && s.offset(turn) < r.horizon {
			at = append(at, turn)
		}
	}
	slices.SortFunc(at, time.Time.Compare)
	at = slices.CompactFunc(at, time.Time.Equal)
	list := make([]int, len(entries))
	for i := range list {
		list[i] = i
	}
	for _, t := range at {
		slices.SortFunc(list, func(a, b int) int {
			return cmp.Or(queue.Compare(&entries[a], &entries[b], t), cmp.Compare(a, b))
		})
		ranks := make([]int32, len(entries))
		for place, i := range list {
			ranks[i] = int32(place)
		}
		r.turns, r.ranks = append(r.turns, s.offset(t)), append(r.ranks, ranks)
	}
}

// waits serves the line again and again, each time until the target is called, and
// returns when that was.
func (r *run) waits(target int) []float64 {
	n := min(max(work/len(r.line), fewSamples), allSamples)
	out := make([]float64, n)
	for i := range out {
		out[i] = r.sample(target)
	}
	return out
}

// sample serves the line once, until the target is called.
func (r *run) sample(target int) float64 {
	r.begin()
	if r.arrival[target] == never { // they do come: it is asked for them
		r.arrival[target], r.rank[target] = max(0, r.line[target].due), target
	}
	for {
		k, at := r.nextDesk()
		if k < 0 {
			return never
		}
		desk := r.windows[k].desk
		i, comes := r.nextPerson(k, at)
		switch {
		case i < 0 && comes >= r.windows[k].to:
			r.done[k] = true
			continue
		case i < 0:
			r.free[desk] = comes
			continue
		}
		called := at + r.calling.draw(r.chance)
		p := &r.line[i]
		overtaken := p.plain && at > 60 && r.chance.Float64() < overtaking
		if !overtaken && i == target {
			return called
		}
		took := patience
		if overtaken || r.chance.Float64() >= absent {
			took = r.pace[desk] * p.service.draw(r.chance)
		}
		if !overtaken {
			r.arrival[i] = never
		}
		r.free[desk] = called + took
	}
}

// begin draws how quick the day is, when desks are free and when people come.
func (r *run) begin() {
	clear(r.done)
	today := common * r.chance.NormFloat64()
	for i, b := range r.busy {
		pace := math.Exp(today + personal*r.chance.NormFloat64())
		r.free[i], r.pace[i] = 0, pace
		if r.since[i] >= 0 {
			r.free[i] = b.drawRest(r.chance, r.since[i]/pace) * pace
		}
	}
	for k := range r.windows {
		if w := &r.windows[k]; w.from > 0 {
			r.from[k] = w.from + lateness*r.chance.ExpFloat64()
		}
	}
	for i := range r.line {
		p := &r.line[i]
		r.arrival[i], r.rank[i] = 0, i
		if p.late > 0 {
			r.arrival[i] = r.comes(p.due)
			if r.arrival[i] > p.due+queue.Grace.Seconds() {
				r.rank[i] = p.late
			}
		}
	}
}

// comes draws when somebody comes who has an appointment and is not there now.
func (r *run) comes(due float64) float64 {
	for range 4 {
		if r.chance.Float64() < noShow {
			break
		}
		if at := due - early + punctuality*r.chance.NormFloat64(); at >= 0 {
			return at
		}
	}
	return never
}

// nextDesk is the window that may call first, and when; -1 when all are over.
func (r *run) nextDesk() (first int, at float64) {
	first, at = -1, never
	for k := range r.windows {
		if r.done[k] {
			continue
		}
		w := &r.windows[k]
		ready := max(r.free[w.desk], r.from[k])
		if ready >= w.to {
			r.done[k] = true
			continue
		}
		if ready < at {
			first, at = k, ready
		}
	}
	return first, at
}

// nextPerson is whom a window calls at an instant; -1 when nobody is there, and
// then when somebody comes.
func (r *run) nextPerson(window int, at float64) (next int, comes float64) {
	turn := len(r.turns) - 1
	for turn > 0 && r.turns[turn] > at {
		turn--
	}
	ranks, bit := r.ranks[turn], uint64(1)<<window
	next, comes = -1, never
	best := int32(math.MaxInt32)
	for i, a := range r.arrival {
		if a == never || r.line[i].desks&bit == 0 {
			continue
		}
		if a > at {
			comes = min(comes, a)
		} else if rank := ranks[r.rank[i]]; rank < best {
			next, best = i, rank
		}
	}
	return next, comes
}
