package bench

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// The load generator speaks HTTP/1.1 by hand: two cores are shared with the
// server, and the client of net/http would take as much of them as the server.
// It runs in the process of the bench, which does nothing else meanwhile.

// caller is one connection that is kept open.
type caller struct {
	addr string
	conn net.Conn
	in   *bufio.Reader
	body []byte
}

// do sends a request and reads the whole answer; the body is valid until the
// next one.
func (c *caller) do(request []byte) (status int, body []byte, err error) {
	if c.conn == nil {
		if c.conn, err = net.Dial("tcp", c.addr); err != nil {
			return 0, nil, err
		}
		c.in = bufio.NewReaderSize(c.conn, 64<<10)
	}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	if _, err := c.conn.Write(request); err != nil {
		return 0, nil, err
	}
	return c.answer()
}

func (c *caller) close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

var (
	lengthHeader  = []byte("content-length:")
	chunkedHeader = []byte("transfer-encoding: chunked")
)

func (c *caller) answer() (status int, body []byte, err error) {
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return 0, nil, err
	}
	if len(line) < 12 {
		return 0, nil, fmt.Errorf("not an answer: %q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, nil, fmt.Errorf("not an answer: %q", line)
	}
	length, chunked := 0, false
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return 0, nil, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		switch {
		case hasPrefixFold(line, lengthHeader):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(line[len(lengthHeader):]))); err != nil {
				return 0, nil, err
			}
		case hasPrefixFold(line, chunkedHeader):
			chunked = true
		}
	}
	c.body = c.body[:0]
	if !chunked {
		return status, c.body, c.read(length)
	}
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return 0, nil, err
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 64)
		if err != nil {
			return 0, nil, err
		}
		if err := c.read(int(n)); err != nil {
			return 0, nil, err
		}
		if _, err := c.in.Discard(2); err != nil {
			return 0, nil, err
		}
		if n == 0 {
			return status, c.body, nil
		}
	}
}

func hasPrefixFold(line, prefix []byte) bool {
	return len(line) >= len(prefix) && bytes.EqualFold(line[:len(prefix)], prefix)
}

func (c *caller) read(n int) error {
	at := len(c.body)
	c.body = slices.Grow(c.body, n)[:at+n]
	_, err := io.ReadFull(c.in, c.body[at:])
	return err
}

// load is requests to send by some callers at once.
type load struct {
	addr    string
	callers int
	length  time.Duration
	want    int                                 // status that counts
	rate    float64                             // arrivals per second; 0: each caller sends as soon as it is answered
	next    func(caller int, buf []byte) []byte // the next request
	measure func() []time.Duration              // CPU times of whom it may concern
}

// tally is what came of a load.
type tally struct {
	count   int64           // answers with the wanted status
	other   map[int]int64   // other answers
	broken  int64           // connections that failed
	times   []time.Duration // of the wanted ones, sorted
	length  time.Duration
	cpu     []time.Duration // taken meanwhile, as measure gives them
	example string          // of an unwanted answer
}

func (t *tally) rate() float64 { return float64(t.count) / t.length.Seconds() }

// each is the CPU time per wanted answer of the i-th that was measured.
func (t *tally) each(i int) time.Duration {
	if t.count == 0 {
		return 0
	}
	return t.cpu[i] / time.Duration(t.count)
}

func (t *tally) failed() (n int64) {
	for _, k := range t.other {
		n += k
	}
	return n + t.broken
}

// complaint names what was not as wanted; "" if all was.
func (t *tally) complaint() string {
	if t.failed() == 0 {
		return ""
	}
	return fmt.Sprintf("%d other answers %v, %d broken connections; %s", t.failed(), t.other, t.broken, t.example)
}

// phases of a load.
const (
	warming = iota
	measuring
	over
)

// run sends the load: a moment to warm up, then its length measured.
func (l *load) run(ctx context.Context) (*tally, error) {
	var phase atomic.Int32
	var wg sync.WaitGroup
	results := make([]tally, l.callers)
	arrivals := make(chan time.Time, 1<<16)
	if l.rate > 0 {
		wg.Go(func() { l.pace(&phase, arrivals) })
	} else {
		close(arrivals)
	}
	for i := range l.callers {
		wg.Go(func() { results[i] = l.call(ctx, i, &phase, arrivals) })
	}
	warm := min(l.length/3, time.Second)
	wait(ctx, warm)
	before := l.cpu()
	phase.Store(measuring)
	begin := time.Now()
	wait(ctx, l.length)
	phase.Store(over)
	took, after := time.Since(begin), l.cpu()
	wg.Wait()
	sum := &tally{length: took, other: map[int]int64{}}
	for i := range after {
		sum.cpu = append(sum.cpu, after[i]-before[i])
	}
	for i := range results {
		sum.merge(&results[i])
	}
	slices.Sort(sum.times)
	return sum, ctx.Err()
}

// pace lets requests arrive at a constant rate, whatever becomes of those
// before. Some arrive together, a twentieth of a millisecond apart at most: to
// wake up for each would cost as much as the request.
func (l *load) pace(phase *atomic.Int32, arrivals chan<- time.Time) {
	defer close(arrivals)
	defer punctual()()
	start := time.Now()
	for n := 0.0; phase.Load() != over; pause(50 * time.Microsecond) {
		for due := time.Since(start).Seconds() * l.rate; n < due; n++ {
			arrivals <- start.Add(time.Duration(n / l.rate * float64(time.Second)))
		}
	}
}

// call is what one caller does.
func (l *load) call(ctx context.Context, i int, phase *atomic.Int32, arrivals <-chan time.Time) (t tally) {
	c := &caller{addr: l.addr}
	defer c.close()
	t.other = map[int]int64{}
	var buf []byte
	for {
		begin, paced := <-arrivals // it counts from when it should have been sent
		if !paced {
			begin = time.Now()
		}
		now := phase.Load()
		if now == over || ctx.Err() != nil {
			break
		}
		buf = l.next(i, buf[:0])
		status, body, err := c.do(buf)
		if now == measuring && phase.Load() == measuring {
			t.note(l, status, body, err, time.Since(begin))
		}
		if err != nil {
			time.Sleep(time.Millisecond)
		}
	}
	for range arrivals { // nobody is to wait for us
	}
	return t
}

func (l *load) cpu() []time.Duration {
	if l.measure == nil {
		return nil
	}
	return l.measure()
}

func (t *tally) note(l *load, status int, body []byte, err error, took time.Duration) {
	switch {
	case err != nil:
		t.broken++
		t.example = err.Error()
	case status == l.want:
		t.count++
		t.times = append(t.times, took)
	default:
		if t.example == "" {
			t.example = fmt.Sprintf("%d %.300s", status, body)
		}
		t.other[status]++
	}
}

func (t *tally) merge(o *tally) {
	t.count += o.count
	t.broken += o.broken
	t.times = append(t.times, o.times...)
	for k, n := range o.other {
		t.other[k] += n
	}
	if t.example == "" {
		t.example = o.example
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
