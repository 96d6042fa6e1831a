package bench

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/site"
)

// How many streams are open at once, and how many things happen a second meanwhile.
const (
	openStreams   = 7000
	streamEvents  = 50
	oneOfficeRuns = 10
)

// boards are streams of events as boards keep them open.
type boards struct {
	addr, token string
	conns       []net.Conn
	reading     sync.WaitGroup
	began       []atomic.Int64 // when something was last asked for in an office, nanoseconds
	seated      []bool         // somebody sits at the desk of an office

	mu      sync.Mutex
	ready   int
	times   []time.Duration // from asking for it until a board has it
	changed *sync.Cond
}

// streams measures many open streams: what they cost and how soon an event is there.
func (b *bench) streams(ctx context.Context) error {
	dir, err := b.store(ctx, "streams")
	if err != nil {
		return err
	}
	p := sqlitePlace(dir)
	token, err := p.operator(ctx)
	if err != nil {
		return err
	}
	network, err := p.network(ctx)
	if err != nil {
		return err
	}
	var offices []string
	for _, hit := range network.Sites(site.Filter{Kind: site.Office}) {
		if len(network.OfKind(hit.Site.ID, site.Counter)) > 0 {
			offices = append(offices, hit.Site.ID)
		}
	}
	s, err := b.serve(ctx, nil, append([]string{"--demo"}, p.flags...)...)
	if err != nil {
		return err
	}
	defer s.stop() //nolint:errcheck // it has nothing to lose
	before := residentBytes(s.pid())
	if err := b.spreadOut(ctx, s, token, offices, before); err != nil {
		return err
	}
	return b.oneOffice(ctx, s, token, offices[0])
}

// operator makes a token of somebody who works at all offices.
func (p place) operator(ctx context.Context) (token string, err error) {
	return token, p.open(ctx, func(d *db.DB) error {
		keys, err := identity.OpenKeys(ctx, d, identity.KeyFile{Path: p.kek})
		if err != nil {
			return err
		}
		grants, who := identity.NewGrants(d, clock.System{}), identity.Crowd(1)[0].ID
		if err := grants.Give(ctx, identity.Grant{Person: who, Role: identity.NetworkManager, Scope: identity.Network}); err != nil {
			return err
		}
		token, err = identity.NewTokens(identity.NewPeople(d, keys, clock.System{}, clock.NewID), grants, true).Create(ctx, identity.TokenSpec{
			Person: who, Name: "bench", Role: identity.NetworkManager, Scope: identity.Network, Unlimited: true,
		})
		return err
	})
}

// spreadOut opens the streams over all offices, while things happen in some.
func (b *bench) spreadOut(ctx context.Context, s *server, token string, offices []string, before int64) error {
	b.say("opening %s streams", thousands(openStreams))
	w := newBoards(s.addr, token, len(offices))
	defer w.close()
	begin := time.Now()
	if err := w.open(ctx, offices, openStreams); err != nil {
		return err
	}
	opened, idle := time.Since(begin), residentBytes(s.pid())
	most, cpu := idle, cpuOf(s.pid())
	begin = time.Now()
	c := &caller{addr: s.addr}
	defer c.close()
	rng := rand.New(rand.NewPCG(5, 6))
	for n := 0; time.Since(begin) < 2*b.Length; n++ {
		wait(ctx, time.Until(begin.Add(time.Duration(n)*time.Second/streamEvents)))
		if err := w.happen(c, rng.IntN(len(offices)), offices); err != nil {
			return err
		}
		most = max(most, residentBytes(s.pid()))
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if err := w.await(ctx, 0); err != nil {
		return err
	}
	times := w.sorted()
	cpu = cpuOf(s.pid()) - cpu
	last := times[len(times)-1]
	b.report.add(row{
		what: thousands(openStreams) + " streams open, memory of the whole server", measured: megabytes(most), budget: "≤ 400 MB", met: yes(most <= 400<<20),
		detail: fmt.Sprintf("resident, the most while things happen; %s before, %s with all open and silent: %.1f KB a stream; opened in %s over all %s offices with desks",
			megabytes(before), megabytes(idle), float64(idle-before)/openStreams/1024, seconds(opened), thousands(int64(len(offices)))),
	}, row{
		what: "from asking an operator's act to its event at the board, " + thousands(openStreams) + " streams open", measured: fmt.Sprintf("p50 %s, p99 %s, max %s", millis(percentile(times, 50)), millis(percentile(times, 99)), millis(last)),
		budget: "≤ 1 s", met: yes(last <= time.Second),
		detail: fmt.Sprintf("%s events at offices taken at random, each sent as a request, committed, and read again at every stream of the office; CPU of the server meanwhile %s of %s",
			thousands(int64(len(times))), seconds(cpu), seconds(time.Since(begin))),
	})
	return nil
}

// oneOffice lets all streams watch the same office.
func (b *bench) oneOffice(ctx context.Context, s *server, token, office string) error {
	b.say("opening %s streams of one office", thousands(openStreams))
	w := newBoards(s.addr, token, 1)
	defer w.close()
	if err := w.open(ctx, []string{office}, openStreams); err != nil {
		return err
	}
	c := &caller{addr: s.addr}
	defer c.close()
	var last []time.Duration
	for range oneOfficeRuns {
		seen := w.count()
		if err := w.happen(c, 0, []string{office}); err != nil {
			return err
		}
		if err := w.await(ctx, seen+openStreams); err != nil {
			return err
		}
		last = append(last, slices.Max(w.all()[seen:]))
	}
	slices.Sort(last)
	worst := last[len(last)-1]
	b.report.add(row{
		what: "one event to " + thousands(openStreams) + " streams of one office, until the last has it", measured: fmt.Sprintf("p50 %s, max %s", millis(percentile(last, 50)), millis(worst)),
		budget: "≤ 1 s", met: yes(worst <= time.Second), detail: fmt.Sprintf("of %d events; the readers are on the same two cores; %s resident afterwards", oneOfficeRuns, megabytes(residentBytes(s.pid()))),
	})
	return nil
}

func newBoards(addr, token string, offices int) *boards {
	w := &boards{addr: addr, token: token, began: make([]atomic.Int64, offices), seated: make([]bool, offices)}
	w.changed = sync.NewCond(&w.mu)
	return w
}

// open opens n streams, office after office, and waits until all have begun.
func (w *boards) open(ctx context.Context, offices []string, n int) error {
	var dialer net.Dialer
	for i := range n {
		conn, err := dialer.DialContext(ctx, "tcp", w.addr)
		if err != nil {
			return err
		}
		w.conns = append(w.conns, conn)
		office := i % len(offices)
		if _, err := fmt.Fprintf(conn, "GET /api/v1/offices/%s/events HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n\r\n", offices[office]); err != nil {
			return err
		}
		w.reading.Go(func() { w.read(conn, office) })
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	defer context.AfterFunc(ctx, w.changed.Broadcast)()
	for w.ready < n && ctx.Err() == nil {
		w.changed.Wait()
	}
	return ctx.Err()
}

// read notes when each event of a stream is there.
func (w *boards) read(conn net.Conn, office int) {
	lines := bufio.NewScanner(conn)
	lines.Buffer(make([]byte, 0, 512), 4096)
	for lines.Scan() {
		kind, is := strings.CutPrefix(lines.Text(), "event: ")
		if !is {
			continue
		}
		now := time.Now().UnixNano()
		w.mu.Lock()
		if kind == "ready" {
			w.ready++
		} else {
			w.times = append(w.times, time.Duration(now-w.began[office].Load()))
		}
		w.mu.Unlock()
		w.changed.Broadcast()
	}
}

// happen lets an operator sit down at a desk of an office or leave it again, which
// can happen at any hour of the day, and waits until some stream has the event.
func (w *boards) happen(c *caller, office int, offices []string) error {
	method := "PUT"
	if w.seated[office] {
		method = "DELETE"
	}
	w.seated[office] = !w.seated[office]
	seen := w.count()
	w.began[office].Store(time.Now().UnixNano())
	status, body, err := c.do(fmt.Appendf(nil, "%s /api/v1/offices/%s/desks/1/session HTTP/1.1\r\nHost: bench\r\n%sContent-Length: 0\r\n\r\n", method, offices[office], bearer(w.token)))
	if err != nil {
		return err
	}
	if status != http.StatusNoContent {
		return fmt.Errorf("%s: %d %s", method, status, body)
	}
	return w.await(context.Background(), seen+1)
}

// await waits until so many events have arrived.
func (w *boards) await(ctx context.Context, n int) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	w.mu.Lock()
	defer w.mu.Unlock()
	defer context.AfterFunc(ctx, w.changed.Broadcast)()
	for len(w.times) < n && ctx.Err() == nil {
		w.changed.Wait()
	}
	if len(w.times) < n {
		return fmt.Errorf("%d of %d events arrived: %w", len(w.times), n, ctx.Err())
	}
	return nil
}

func (w *boards) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.times)
}

func (w *boards) all() []time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.times)
}

func (w *boards) sorted() []time.Duration {
	list := w.all()
	slices.Sort(list)
	return list
}

func (w *boards) close() {
	for _, c := range w.conns {
		c.Close()
	}
	w.reading.Wait()
}
