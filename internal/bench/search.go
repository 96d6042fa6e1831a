package bench

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"polis/internal/agenda"
	"polis/internal/coworking"
	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/reserve"
	"polis/internal/site"
	"polis/internal/territory"
)

// searches measures the search over the whole network: in memory, then over
// HTTP with a long past in the store.
func (b *bench) searches(ctx context.Context) error {
	if err := b.kernel(ctx, 250, 40, "10,000", 100*time.Microsecond, 0); err != nil {
		return err
	}
	dir, err := b.store(ctx, "search")
	if err != nil {
		return err
	}
	p := sqlitePlace(dir)
	b.say("writing %s past bookings", thousands(int64(b.Past)))
	if err := b.addPast(ctx, p, b.Past); err != nil {
		return err
	}
	s, err := b.serve(ctx, nil, append([]string{"--demo"}, p.flags...)...)
	if err != nil {
		return err
	}
	defer s.stop() //nolint:errcheck // it has nothing to lose
	b.report.add(row{
		what: fmt.Sprintf("start with %s past bookings", thousands(int64(b.Past))), measured: seconds(s.took),
		budget: "≤ 1 s", met: yes(s.took <= time.Second),
		detail: fmt.Sprintf("%s resident; the store has %s", megabytes(residentBytes(s.pid())), megabytes(folderSize(dir))),
	})
	tokens, err := p.tokens(ctx)
	if err != nil {
		return err
	}
	for _, near := range []bool{false, true} {
		if err := b.searchOverHTTP(ctx, s, tokens, near); err != nil {
			return err
		}
	}
	return nil
}

// searchCallers saturate two cores.
const searchCallers = 16

// searchOverHTTP measures one kind of search beside a bare handler that gives
// the same bytes.
func (b *bench) searchOverHTTP(ctx context.Context, s *server, tokens []string, near bool) error {
	title := "search over HTTP, whole network"
	if near {
		title = "search over HTTP, whole network, nearest first"
	}
	b.say("%s", title)
	requests := searchRequests(tokens, near)
	var turn atomic.Int64
	l := load{
		addr: s.addr, callers: searchCallers, length: b.Length, want: http.StatusOK,
		next:    func(_ int, buf []byte) []byte { return append(buf, requests[int(turn.Add(1))%len(requests)]...) },
		measure: func() []time.Duration { return []time.Duration{cpuOf(s.pid()), cpuOf(self())} },
	}
	full, err := l.run(ctx)
	if err != nil {
		return err
	}
	if full.count == 0 {
		return fmt.Errorf("no search succeeded: %s", full.complaint())
	}
	half := l
	half.rate, half.callers = full.rate()/2, 4*searchCallers
	open, err := half.run(ctx)
	if err != nil {
		return err
	}
	bare, answer, err := b.bare(ctx, l, requests[0])
	if err != nil {
		return err
	}
	added := full.each(0) - bare.each(0)
	detail := fmt.Sprintf("%d callers; %s places looked at; the same %d bytes; CPU of the server per request %s, of the bare handler %s, of the generator %s; closed loop %s",
		searchCallers, searched.FindSubmatch(answer)[1], len(answer), micros(full.each(0)), micros(bare.each(0)), micros(full.each(1)), spread(full.times))
	if c := full.complaint() + open.complaint(); c != "" {
		detail += "; " + c
	}
	p95 := percentile(open.times, 95)
	b.report.add(
		row{what: title + ", at saturation", measured: perSecond(full.rate()), floor: perSecond(bare.rate()), ratio: ratio(full.rate() / bare.rate()), detail: detail},
		row{what: title + ", CPU added to a bare handler", measured: micros(added), budget: "≤ 150 µs", met: yes(added <= 150*time.Microsecond)},
		row{
			what: title + ", p95 at half of saturation", measured: millis(p95), budget: "≤ 5 ms", met: yes(p95 <= 5*time.Millisecond),
			detail: fmt.Sprintf("arrivals at a constant %s, %s came through, counted from when they should have been sent; %s; CPU of the server per request %s, of the generator %s",
				perSecond(half.rate), perSecond(open.rate()), spread(open.times), micros(open.each(0)), micros(open.each(1))),
		})
	return nil
}

// searchRequests are searches at all working times of the coming weeks.
func searchRequests(tokens []string, near bool) (all [][]byte) {
	rng := rand.New(rand.NewPCG(3, 4))
	towns := territory.Embedded().All()
	for i, t := range workTimes(time.Now()) {
		q := url.Values{"kind": {"desk"}, "from": {t.From.UTC().Format(time.RFC3339)}, "to": {t.To.UTC().Format(time.RFC3339)}}
		if near {
			m := towns[rng.IntN(len(towns))]
			q.Set("near", strconv.FormatFloat(m.Lat, 'f', 4, 64)+","+strconv.FormatFloat(m.Lon, 'f', 4, 64))
		}
		all = append(all, []byte("GET /api/v1/availability?"+q.Encode()+" HTTP/1.1\r\nHost: bench\r\n"+bearer(tokens[i%len(tokens)])+"\r\n"))
	}
	return all
}

// searched is how many places an answer says were looked at.
var searched = regexp.MustCompile(`"searched":(\d+)`)

// bare runs the same load against a handler of net/http that gives the bytes
// of one answer.
func (b *bench) bare(ctx context.Context, l load, request []byte) (*tally, []byte, error) {
	c := &caller{addr: l.addr}
	defer c.close()
	status, body, err := c.do(request)
	if err != nil || status != http.StatusOK || !searched.Match(body) {
		return nil, nil, fmt.Errorf("no answer to copy: %d %w", status, err)
	}
	s, err := b.child(ctx, strings.NewReader(string(body)), "bench", Bare)
	if err != nil {
		return nil, nil, err
	}
	defer s.stop() //nolint:errcheck // it has nothing to lose
	l.addr = s.addr
	l.measure = func() []time.Duration { return []time.Duration{cpuOf(s.pid()), cpuOf(self())} }
	sum, err := l.run(ctx)
	return sum, body, err
}

// Bare is the part that only serves: the floor of the search, in a process of
// its own.
const Bare = "bare"

// ServeBare answers every request with what it reads first, until ctx ends.
func ServeBare(ctx context.Context, listen string, in io.Reader, out io.Writer) error {
	body, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	srv := &http.Server{Addr: listen, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body) // the generator may be gone
	})}
	context.AfterFunc(ctx, func() { _ = srv.Close() })
	go func() {
		for ctx.Err() == nil {
			if resp, err := http.Get("http://" + listen); err == nil {
				resp.Body.Close()
				fmt.Fprintln(out, "ready")
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	if err := srv.ListenAndServe(); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// self is our own process.
func self() int { return os.Getpid() }

// world is a network in memory with an index, and the service on both.
type world struct {
	*coworking.Service
	index *reserve.Index
	net   *site.Network
	times []agenda.Interval // with visits
	full  agenda.Interval   // everything is taken
}

// newWorld makes a network of so many sites with so many desks each, all open,
// of which in the coming days two fifths are taken in working hours.
func newWorld(sites, desks, days int) (*world, error) {
	net, err := site.NewNetwork(synthetic(sites, desks))
	if err != nil {
		return nil, err
	}
	engine := reserve.New(nil, net, clock.System{}, clock.NewID)
	w := &world{net: net, index: engine.Index}
	w.Service = coworking.New(coworking.Options{Live: site.Still(net), Engine: engine, Clock: clock.System{}})
	today := agenda.DateOf(time.Now().In(agenda.Rome))
	rng := rand.New(rand.NewPCG(5, 6))
	for d := 1; d <= days; d++ {
		date := today.AddDays(d)
		halves := [2]agenda.Interval{between(date, 9, 13), between(date, 14, 18)}
		var masks [2]agenda.Cell
		for i, h := range halves {
			cells, err := agenda.Cells(h.From, h.To)
			if err != nil {
				return nil, err
			}
			masks[i] = cells[0]
		}
		w.apply(masks[0].Day, func() (m agenda.Mask) {
			for _, c := range masks {
				if rng.IntN(100) < 40 {
					m = m.Or(c.Mask)
				}
			}
			return m
		})
		if date.Weekday() != time.Saturday && date.Weekday() != time.Sunday {
			w.times = append(w.times, agenda.Interval{From: halves[0].From, To: halves[0].From.Add(2 * time.Hour)}, halves[1])
		}
	}
	w.full = between(today.AddDays(days+1), 10, 12)
	return w, nil
}

// fill takes all places on the day of w.full.
func (w *world) fill() {
	w.apply(agenda.DayOf(w.full.From), func() agenda.Mask { return agenda.Quarters(0, agenda.QuartersPerDay) })
}

func (w *world) apply(day agenda.Day, busy func() agenda.Mask) {
	changes := make([]reserve.Change, 0, 4096)
	for r := int64(1); r <= w.net.LastOrdinal(); r++ {
		changes = append(changes, reserve.Change{Day: day, Resource: r, Busy: busy(), Rev: 1})
		if len(changes) == cap(changes) || r == w.net.LastOrdinal() {
			w.index.Apply(changes)
			changes = changes[:0]
		}
	}
}

func between(d agenda.Date, from, to int) agenda.Interval {
	start, _, _ := agenda.Instant(d, agenda.Clock(from*60), agenda.Rome) // hours that every day has
	end, _, _ := agenda.Instant(d, agenda.Clock(to*60), agenda.Rome)
	return agenda.Interval{From: start, To: end}
}

// synthetic is a network of equal sites, spread over the municipalities.
func synthetic(sites, desks int) site.Data {
	terr := territory.Embedded()
	towns := terr.All()
	d := site.Data{Territory: terr, Sites: make([]site.Site, sites), Resources: make([]site.Resource, 0, sites*desks)}
	hours := agenda.MustHours("Mo-Su 08:00-20:00")
	for i := range d.Sites {
		town := towns[i%len(towns)]
		d.Sites[i] = site.Site{
			ID: clock.NewID(), Code: fmt.Sprintf("space-%d", i), Kind: site.Space, Name: fmt.Sprintf("%s %d", town.Name, i/len(towns)+1),
			Municipality: town.ISTAT, Lat: town.Lat, Lon: town.Lon, State: site.Open, Hours: hours,
		}
		for n := range desks {
			d.Resources = append(d.Resources, site.Resource{
				Ordinal: int64(len(d.Resources) + 1), ID: clock.NewID(), Site: d.Sites[i].ID, Kind: site.Desk,
				Code: fmt.Sprintf("D-%03d", n+1), Seats: 1, Active: true,
			})
		}
	}
	return d
}

// search is the middle time of a search, over all times of the world.
func (w *world) search(ctx context.Context, rounds int, where site.Filter, times []agenda.Interval, limit int) (middle time.Duration, found coworking.Found, err error) {
	took := make([]time.Duration, 0, rounds)
	for i := range rounds {
		t := times[i%len(times)]
		begin := time.Now()
		found, err = w.Search(ctx, identity.Anonymous, coworking.Query{Where: where, Kind: site.Desk, From: t.From, To: t.To, Limit: limit})
		if err != nil {
			return 0, found, err
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	return took[len(took)/2], found, nil
}
