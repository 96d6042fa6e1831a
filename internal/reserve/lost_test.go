package reserve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"polis/internal/platform/clock"
	"polis/internal/platform/db/dbtest"
)

// wire stands between an engine and PostgreSQL. Once armed, it lets the next
// commit through and cuts the connection before the answer.
type wire struct {
	url    string
	armed  atomic.Bool
	cut    atomic.Int64
	listen net.Listener
	wg     sync.WaitGroup
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listen: l}
	server := u.Host
	u.Host = l.Addr().String()
	w.url = u.String()
	w.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s, err := net.Dial("tcp", server)
			if err != nil {
				c.Close()
				return
			}
			var deaf atomic.Bool
			w.wg.Go(func() { w.pass(s, c, &deaf) })
			w.wg.Go(func() { w.back(c, s, &deaf) })
		}
	})
	t.Cleanup(func() { l.Close(); w.wg.Wait() })
	return w
}

// pass carries what the engine says to the server.
func (w *wire) pass(server, engine net.Conn, deaf *atomic.Bool) {
	defer server.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := engine.Read(buf)
		if bytes.Contains(buf[:n], []byte("commit\x00")) && w.armed.CompareAndSwap(true, false) {
			deaf.Store(true)
		}
		if _, e := server.Write(buf[:n]); e != nil || err != nil {
			return
		}
	}
}

// back carries what the server says to the engine.
func (w *wire) back(engine, server net.Conn, deaf *atomic.Bool) {
	defer engine.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := server.Read(buf)
		if deaf.Load() {
			w.cut.Add(1)
			return
		}
		if _, e := engine.Write(buf[:n]); e != nil || err != nil {
			return
		}
	}
}

// The answer to a commit is lost: what was booked is booked, and its callers
// hear so instead of finding their places taken by themselves.
func TestAnswerToACommitIsLost(t *testing.T) {
	w := newWire(t, dbtest.PostgresURL(t))
	b := start(t, openURL(t, w.url))
	for round := range 10 {
		from := float64(round)
		w.armed.Store(true)
		var got []result
		if round%2 == 0 {
			p := want("a", from, from+1, 5)
			booking, err := b.Do(context.Background(), p)
			got = []result{{booking: booking, err: err}}
		} else {
			got = b.together(want("a", from, from+1, 5), want("b", from, from+1, 6), want("c", from, from+1, 7))
		}
		for i, r := range got {
			if r.err != nil {
				t.Errorf("round %d, plan %d: %v", round, i, r.err)
			} else if _, err := b.Get(context.Background(), r.booking.ID); err != nil {
				t.Errorf("round %d, plan %d: %v", round, i, err)
			}
		}
		if w.cut.Load() != int64(round+1) {
			t.Fatalf("%d answers were lost", w.cut.Load())
		}
	}
	b.check()
}

// The server ends all connections again and again while people book: nobody
// finds a place taken that only they wanted, and what was promised is there.
func TestConnectionsAreCut(t *testing.T) {
	h := replicas(t, 2)
	ctx := context.Background()
	killer, err := pgx.Connect(ctx, h.url)
	if err != nil {
		t.Fatal(err)
	}
	defer killer.Close(ctx)
	var wg sync.WaitGroup
	var failed, made atomic.Int64
	for i := range 16 {
		wg.Go(func() {
			for n := range scale(40, 400) {
				p := want(fmt.Sprint(i), float64(n), float64(n)+1, int64(200+i))
				p.Booking = clock.NewID()
				p.Key = Key{p.Person, fmt.Sprint(n), "h"}
				for { // a caller with a key asks again
					got, err := h.engines[i%2].Do(ctx, p)
					if err == nil {
						if _, err := h.engines[(i+1)%2].Get(ctx, got.ID); errors.Is(err, ErrUnknown) {
							t.Errorf("booking %d of %d is not there", n, i)
						}
						made.Add(1)
						break
					}
					if IsRefusal(err) {
						t.Errorf("booking %d of %d: %v", n, i, err)
						return
					}
					failed.Add(1)
				}
				if i == 0 && n%8 == 4 {
					if _, err := killer.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%d made; %d times a caller had to ask again", made.Load(), failed.Load())
	for _, e := range h.engines {
		e.Metrics.Singly.Store(0) // as it must be here
	}
	h.check()
}
