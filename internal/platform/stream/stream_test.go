package stream_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"polis/internal/platform/errs"
	"polis/internal/platform/stream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// book keeps the events of topics, as a database does.
type book struct {
	hub *stream.Hub

	mu     sync.Mutex
	events map[string][]stream.Event
	seq    map[string]int64
	broken bool
}

func newBook() *book {
	return &book{events: map[string][]stream.Event{}, seq: map[string]int64{}}
}

// add makes events happen.
func (b *book) add(topic string, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for range n {
		b.seq[topic]++
		b.events[topic] = append(b.events[topic], stream.Event{Seq: b.seq[topic], Kind: "called", Data: fmt.Appendf(nil, `{"n":%d}`, b.seq[topic])})
	}
	b.hub.Wake(topic)
}

// forget drops the events up to one.
func (b *book) forget(topic string, upTo int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events[topic] = slices.DeleteFunc(b.events[topic], func(e stream.Event) bool { return e.Seq <= upTo })
}

func (b *book) options() stream.Options {
	return stream.Options{
		Read: func(_ context.Context, topic string, after int64, most int) (list []stream.Event, err error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.broken {
				b.broken = false
				return nil, io.ErrUnexpectedEOF
			}
			for _, e := range b.events[topic] {
				if e.Seq > after && len(list) < most {
					list = append(list, e)
				}
			}
			return list, nil
		},
		Last: func(_ context.Context, topic string) (int64, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			if topic == "nowhere" {
				return 0, errs.New(errs.NotFound, "api.not_found", nil)
			}
			return b.seq[topic], nil
		},
		Beat: time.Hour,
	}
}

// world is a server whose paths are topics.
type world struct {
	*book
	srv *httptest.Server
}

func newWorld(t *testing.T, o func(*stream.Options), h2 bool) *world {
	return timedWorld(t, 0, o, h2)
}

// timedWorld is one whose server cuts answers off after a time.
func timedWorld(t *testing.T, timeout time.Duration, o func(*stream.Options), h2 bool) *world {
	t.Helper()
	w := &world{book: newBook()}
	opts := w.options()
	if o != nil {
		o(&opts)
	}
	w.hub = stream.New(opts)
	w.srv = httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("X-Request-Id", "7")
		if err := w.hub.Serve(rw, r, strings.Trim(r.URL.Path, "/"), r.URL.Query().Get("client"), r.Header.Get("Last-Event-ID")); err != nil {
			rw.WriteHeader(errs.Status(errs.As(err).Kind))
		}
	}))
	w.srv.Config.WriteTimeout = timeout
	if h2 {
		w.srv.EnableHTTP2 = true
		w.srv.StartTLS()
	} else {
		w.srv.Start()
	}
	t.Cleanup(func() {
		w.hub.Stop()
		w.srv.Close()
	})
	return w
}

// reader reads one stream.
type reader struct {
	*http.Response
	in *bufio.Scanner
}

func (w *world) open(t *testing.T, path, lastID string) *reader {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.srv.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	res, err := w.srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return &reader{res, bufio.NewScanner(res.Body)}
}

// next is the next event, "kind id"; "end" where the stream ends.
func (r *reader) next() string {
	var id, kind string
	for r.in.Scan() {
		switch line := r.in.Text(); {
		case strings.HasPrefix(line, "id: "):
			id = line[4:]
		case strings.HasPrefix(line, "event: "):
			kind = line[7:]
		case line == ":":
			return "beat"
		case line == "" && kind != "":
			return kind + " " + id
		}
	}
	return "end"
}

func (r *reader) want(t *testing.T, events ...string) {
	t.Helper()
	for _, want := range events {
		if got := r.next(); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(10 * time.Second); !is(); <-tick.C {
		if time.Now().After(end) {
			t.Fatal("never: " + what)
		}
	}
}

func TestEventsReachWhoWatchesAndNobodyElse(t *testing.T) {
	for name, h2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil, h2)
			w.add("a", 3)
			one, two, other := w.open(t, "/a", ""), w.open(t, "/a", ""), w.open(t, "/b", "")
			if h2 != (one.ProtoMajor == 2) || one.Header.Get("Content-Type") != "text/event-stream" || one.Header.Get("X-Request-Id") != "7" {
				t.Errorf("%s %v", one.Proto, one.Header)
			}
			one.want(t, "ready 3")
			two.want(t, "ready 3")
			other.want(t, "ready 0")
			for i := range 5 {
				w.add("a", 1)
				one.want(t, fmt.Sprintf("called %d", 4+i))
			}
			two.want(t, "called 4", "called 5", "called 6", "called 7", "called 8")
			w.add("b", 1)
			other.want(t, "called 1")
			if n := w.hub.Open(); n != 3 {
				t.Errorf("%d streams", n)
			}
			w.hub.Stop()
			one.want(t, "end")
			if late := w.open(t, "/a", ""); late.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("%d after the end", late.StatusCode)
			}
			if w.hub.Open() != 0 {
				t.Errorf("%d streams", w.hub.Open())
			}
		})
	}
}

func TestResume(t *testing.T) {
	w := newWorld(t, nil, false)
	w.add("a", 600)
	w.open(t, "/a", "597").want(t, "called 598", "called 599", "called 600")
	current := w.open(t, "/a", "600")
	for _, id := range []string{"601", "-1", "0", "x", "99999999999999999999", "5"} { // the last is too far behind
		w.open(t, "/a", id).want(t, "reset 600")
	}
	w.forget("a", 590)
	w.open(t, "/a", "590").want(t, "reset 600")
	behind := w.open(t, "/a", "591")
	w.add("a", 1)
	behind.want(t, "called 592", "called 593", "called 594", "called 595", "called 596", "called 597", "called 598", "called 599", "called 600", "called 601")
	current.want(t, "called 601")
	many := w.open(t, "/a", "601")
	w.add("a", 350) // more than are read at once
	for i := range 350 {
		many.want(t, fmt.Sprintf("called %d", 602+i))
	}
}

// Whatever happens while readers come, go and come back, each sees every event once
// and in order.
func TestNothingIsLostBetweenBreaks(t *testing.T) {
	w := newWorld(t, nil, false)
	w.add("a", 1)
	const last = 300
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for seen := 1; seen < last; {
				r := w.open(t, "/a", fmt.Sprint(seen))
				for range 1 + seen%7 {
					if seen == last {
						break
					}
					if got, want := r.next(), fmt.Sprintf("called %d", seen+1); got != want {
						t.Errorf("got %q, want %q", got, want)
						return
					}
					seen++
				}
				r.Body.Close()
			}
		})
	}
	for range last - 1 {
		w.add("a", 1)
	}
	wg.Wait()
}

func TestReadsAreTriedAgain(t *testing.T) {
	w := newWorld(t, nil, false)
	r := w.open(t, "/a", "")
	r.want(t, "ready 0")
	w.mu.Lock()
	w.broken = true
	w.mu.Unlock()
	w.add("a", 1)
	r.want(t, "called 1")
}

func TestLimits(t *testing.T) {
	w := newWorld(t, func(o *stream.Options) { o.Most, o.PerClient, o.Beat = 3, 1, 16*time.Millisecond }, false)
	first := w.open(t, "/a?client=x", "")
	if r := w.open(t, "/b?client=x", ""); r.StatusCode != http.StatusTooManyRequests {
		t.Errorf("%d: a second one of the same client", r.StatusCode)
	}
	w.open(t, "/a?client=y", "")
	w.open(t, "/a", "")
	if r := w.open(t, "/a?client=z", ""); r.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("%d: more than all", r.StatusCode)
	}
	if r := w.open(t, "/nowhere", ""); r.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("%d", r.StatusCode)
	}
	first.Body.Close() // its going is noticed by the beat
	eventually(t, "a place is free", func() bool { return w.hub.Open() == 2 })
	w.open(t, "/a?client=x", "").want(t, "ready 0", "beat")
	w.hub.Stop()
	if r, err := http.Head(w.srv.URL + "/a"); err != nil || r.StatusCode != 200 {
		t.Errorf("%v %v", r, err)
	}
}

func TestAStreamOutlivesTheTimeoutOfTheServer(t *testing.T) {
	w := timedWorld(t, 20*time.Millisecond, func(o *stream.Options) { o.Beat = 80 * time.Millisecond }, false)
	r := w.open(t, "/a", "")
	r.want(t, "ready 0", "beat", "beat", "beat")
	w.add("a", 1)
	for next := r.next(); next != "called 1"; next = r.next() {
		if next != "beat" {
			t.Fatal(next)
		}
	}
}

func TestUnknownTopicLeavesNothing(t *testing.T) {
	w := newWorld(t, nil, false)
	if r := w.open(t, "/nowhere", ""); r.StatusCode != http.StatusNotFound || w.hub.Open() != 0 {
		t.Errorf("%d, %d streams", r.StatusCode, w.hub.Open())
	}
}

// Who does not read is cut off, and the others do not wait for them.
func TestSlowReaderIsCutOff(t *testing.T) {
	w := newWorld(t, func(o *stream.Options) { o.Patience = 200 * time.Millisecond }, false)
	conn, err := net.Dial("tcp", w.srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.(*net.TCPConn).SetReadBuffer(4096)
	fmt.Fprint(conn, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
	quick := w.open(t, "/a", "")
	quick.want(t, "ready 0")
	eventually(t, "both are there", func() bool { return w.hub.Open() == 2 })
	for seq := 0; w.hub.Open() == 2; {
		if seq > 1_000_000 {
			t.Fatal("it is still there")
		}
		w.add("a", 1000)
		for range 1000 {
			seq++
			quick.want(t, fmt.Sprintf("called %d", seq))
		}
	}
}
