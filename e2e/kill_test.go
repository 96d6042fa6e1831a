package e2e

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"
)

// order is a request with what became of it.
type order struct {
	token, key string
	want       wanted
	id         string // of the booking, where the answer came
	cancelled  bool   // whether the answer to its cancellation came
	leaving    bool   // whether a cancellation was sent
}

// load is callers that book distinct places without pause until the server is
// gone, and cancel some of it.
type load struct {
	t       *testing.T
	store   *store
	server  *server
	mu      sync.Mutex
	orders  []*order
	answers int
	strange []string
}

// run books until every caller has met a broken connection, and returns then.
// It calls after once so many bookings are answered.
func (l *load) run(desks []place, days []time.Time, prefix string, answers int, after func()) {
	var wg sync.WaitGroup
	var once sync.Once
	slots := make(chan wanted)
	done := make(chan struct{})
	go func() {
		defer close(slots)
		for _, day := range days {
			for hour := 9; hour < 17; hour++ {
				for i := 0; i+1 < len(desks); i += 2 {
					w := wanted{Parts: []wanted{ // two places: half of it would show
						{Resources: []string{desks[i].ID}, From: at(day, hour, 0), To: at(day, hour, 30)},
						{Resources: []string{desks[i+1].ID}, From: at(day, hour, 30), To: at(day, hour+1, 0)},
					}}
					select {
					case slots <- w:
					case <-done:
						return
					}
				}
			}
		}
	}()
	for i := range callers {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(i), 7))
			n := 0
			for w := range slots {
				n++
				o := &order{token: l.store.tokens[i], key: fmt.Sprintf("%s-%d-%d", prefix, i, n), want: w}
				l.mu.Lock()
				l.orders = append(l.orders, o)
				l.mu.Unlock()
				a, err := l.server.call("POST", "/api/v1/bookings", o.token, o.want, "Idempotency-Key", o.key)
				if err != nil {
					return
				}
				l.mu.Lock()
				if a.status != http.StatusCreated {
					l.strange = append(l.strange, fmt.Sprintf("%d %.200s", a.status, a.body))
				} else {
					o.id = decode[booking](l.t, a).ID
				}
				l.answers++
				enough := l.answers >= answers
				l.mu.Unlock()
				if enough {
					once.Do(after)
				}
				if o.id != "" && rng.IntN(5) == 0 {
					o.leaving = true
					a, err := l.server.call("DELETE", "/api/v1/bookings/"+o.id, o.token, nil)
					if err != nil {
						return
					}
					o.cancelled = a.status == http.StatusOK
				}
			}
		})
	}
	wg.Wait()
	close(done)
	for _, s := range l.strange {
		l.t.Errorf("a free place was not given: %s", s)
	}
}

// verify looks at every order on a new server: what was answered is there,
// whole; what was not is there whole or not at all, and can be sent again.
func (l *load) verify(srv *server) (lost int) {
	var wg sync.WaitGroup
	room := make(chan struct{}, callers)
	var mu sync.Mutex
	for _, o := range l.orders {
		room <- struct{}{}
		wg.Go(func() {
			defer func() { <-room }()
			if o.id != "" {
				a, err := srv.call("GET", "/api/v1/bookings/"+o.id, o.token, nil)
				if err != nil || a.status != http.StatusOK {
					l.t.Errorf("booking %s was answered and is lost: %v %d", o.id, err, a.status)
					return
				}
				b := decode[booking](l.t, a)
				switch {
				case len(b.Resources) != 2:
					l.t.Errorf("booking %s has %d places", o.id, len(b.Resources))
				case o.cancelled && b.Status != "cancelled", !o.leaving && b.Status != "confirmed":
					l.t.Errorf("booking %s is %s; cancelled %v", o.id, b.Status, o.cancelled)
				}
			}
			if o.leaving {
				return
			}
			a, err := srv.call("POST", "/api/v1/bookings", o.token, o.want, "Idempotency-Key", o.key)
			if err != nil || a.status != http.StatusCreated {
				l.t.Errorf("sent again: %v %d %.300s", err, a.status, a.body)
				return
			}
			b := decode[booking](l.t, a)
			if o.id != "" && b.ID != o.id {
				l.t.Errorf("sent again, %s became %s", o.id, b.ID)
			}
			if o.id == "" {
				mu.Lock()
				lost++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return lost
}

// kill -9 under load: all that was answered is there after the restart,
// nothing is half there.
func TestKill(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		s := newDemo(t, e)
		srv := serve(t, s, "--demo")
		home := srv.spaces("large")[0]
		desks := srv.placesOf(home.ID, "desk")
		times := scaled(3, 20)
		days := srv.quietDays(desks[0].ID, times)
		rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
		for i := range times {
			l := &load{t: t, store: s, server: srv}
			l.run(desks, days[i:i+1], fmt.Sprint("kill-", i), 20+rng.IntN(200), srv.kill)
			s.check(t)
			srv = serve(t, s, "--demo")
			unknown := l.verify(srv)
			t.Logf("kill %d: %d answered, %d not", i, l.answers, unknown)
			if t.Failed() {
				return
			}
		}
		srv.stop()
		s.check(t)
		s.do(t, "journal", "verify")
	})
}

// SIGTERM under load: the program ends in time, and has answered whatever it
// did: as many bookings are there as were answered.
func TestStopUnderLoad(t *testing.T) {
	everyDay(t)
	onEach(t, func(t *testing.T, e engine) {
		s := newDemo(t, e)
		srv := serve(t, s, "--demo")
		home := srv.spaces("large")[0]
		desks := srv.placesOf(home.ID, "desk")
		days := srv.quietDays(desks[0].ID, 1)
		before := s.number(t, "SELECT count(*) FROM booking")
		l := &load{t: t, store: s, server: srv}
		var took time.Duration
		stopped := make(chan struct{})
		l.run(desks, days, "stop", 100, func() {
			go func() {
				defer close(stopped)
				begin := time.Now()
				srv.stop()
				took = time.Since(begin)
			}()
		})
		<-stopped
		made := s.number(t, "SELECT count(*) FROM booking") - before
		if int(made) != l.answers {
			t.Errorf("%d bookings are there, %d were answered", made, l.answers)
		}
		s.check(t)
		l.verify(serve(t, s, "--demo"))
		t.Logf("%d answered, ended after %v", l.answers, took.Round(time.Millisecond))
	})
}
