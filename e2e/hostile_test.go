package e2e

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// Hostile together with good: whatever others send at the same moment, into the
// same batches, sixteen good callers who book distinct places have them all.
func TestHostileTogetherWithGood(t *testing.T) {
	onEach(t, func(t *testing.T, e engine) {
		s := newDemo(t, e)
		srv := serve(t, s, "--demo")
		g := newTarget(t, s, srv)
		home := srv.spaces("large")[0]
		desks := srv.placesOf(home.ID, "desk")
		days := srv.quietDays(desks[0].ID, scaled(5, 30))
		stop := make(chan struct{})
		var wg sync.WaitGroup
		sent := make([]int, len(attacks))
		for i, attack := range attacks {
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), uint64(i)))
				for {
					select {
					case <-stop:
						return
					default:
						attack(g, rng, stop)
						sent[i]++
					}
				}
			})
		}
		booked, begin := 0, time.Now()
		var mu sync.Mutex
		var good sync.WaitGroup
		for i := range callers {
			good.Go(func() {
				for _, day := range days {
					for hour := 9; hour < 18; hour++ {
						for d := i; d < len(desks); d += callers {
							a, err := srv.call("POST", "/api/v1/bookings", s.tokens[i],
								wanted{Resources: []string{desks[d].ID}, From: at(day, hour, 0), To: at(day, hour+1, 0)})
							if err != nil || a.status != http.StatusCreated {
								t.Errorf("a good caller had %v %d %.300s", err, a.status, a.body)
								return
							}
							mu.Lock()
							booked++
							mu.Unlock()
						}
					}
				}
			})
		}
		good.Wait()
		took := time.Since(begin)
		close(stop)
		wg.Wait()
		for i, n := range sent {
			if n == 0 {
				t.Errorf("attack %d never came", i)
			}
		}
		t.Logf("%d good bookings in %v beside attacks %v", booked, took.Round(time.Millisecond), sent)
		begin = time.Now()
		srv.stop()
		t.Logf("stopped in %v", time.Since(begin).Round(time.Millisecond))
		s.check(t)
		s.noDeadlocks(t)
	})
}

// attacks are what hostile callers do, again and again until stop.
var attacks = []func(g *target, rng *rand.Rand, stop <-chan struct{}){
	func(g *target, rng *rand.Rand, _ <-chan struct{}) { // NUL, broken UTF-8 and worse, in a booking
		member := []string{"resources", "site", "kind", "from", "parts"}[rng.IntN(5)]
		v := nastyJSON[rng.IntN(len(nastyJSON))]
		g.mustBeSound("POST", "/api/v1/bookings", with(map[string]any{"from": at(g.day, 9, 0), "to": at(g.day, 10, 0)}, member, v))
	},
	func(g *target, rng *rand.Rand, _ <-chan struct{}) { // the same in what comes with a booking that is right
		w := g.wire()
		defer w.close()
		key := nasty[rng.IntN(len(nasty))]
		if strings.ContainsAny(key, "\r\n\x00") {
			return
		}
		_, _ = w.do("POST", "/api/v1/bookings", g.fits(rng), append(g.jsonHeaders(), header{"Idempotency-Key", key})...)
	},
	func(g *target, _ *rand.Rand, _ <-chan struct{}) { // three megabytes
		g.mustBeSound("POST", "/api/v1/bookings", []byte(`{"site":"`+strings.Repeat("a", 3<<20)+`"}`))
	},
	func(g *target, rng *rand.Rand, _ <-chan struct{}) { // gone before the body is
		g.hangUp(rng, g.fits(rng), 0.5)
	},
	func(g *target, rng *rand.Rand, _ <-chan struct{}) { // gone while the batch runs
		g.hangUp(rng, g.fits(rng), 1)
	},
	func(g *target, _ *rand.Rand, stop <-chan struct{}) { // a head that never ends
		conn, err := net.Dial("tcp", strings.TrimPrefix(g.url, "http://"))
		if err != nil {
			return
		}
		defer conn.Close()
		for _, c := range "POST /api/v1/bookings HTTP/1.1\r\nHost: x\r\nX-Slow: aaaaaaaaaaaaaaaaaa" {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
			if _, err := conn.Write([]byte{byte(c)}); err != nil {
				return
			}
		}
	},
	func(g *target, rng *rand.Rand, _ <-chan struct{}) { // impossible wishes
		wishes := []string{
			`{"resources":["` + g.place + `"],"from":"` + at(g.day, 12, 0) + `","to":"` + at(g.day, 11, 0) + `"}`,
			`{"resources":["` + g.place + `"],"from":"` + at(g.day, 11, 7) + `","to":"` + at(g.day, 12, 0) + `"}`,
			`{"resources":["` + g.place + `"],"from":"9999-01-01T09:00:00Z","to":"9999-01-01T10:00:00Z"}`,
			`{"resources":["` + g.place + `"],"from":"2026-01-01T09:00:00Z","to":"2199-01-01T10:00:00Z"}`,
			`{"site":"` + g.code + `","kind":"desk","count":10000,"from":"` + at(g.day, 11, 0) + `","to":"` + at(g.day, 12, 0) + `"}`,
			`{"resources":[` + strings.Repeat(`"`+g.place+`",`, 9999) + `"` + g.place + `"],"from":"` + at(g.day, 11, 0) + `","to":"` + at(g.day, 12, 0) + `"}`,
			`{"resources":["00000000-0000-0000-0000-000000000000"],"from":"` + at(g.day, 11, 0) + `","to":"` + at(g.day, 12, 0) + `"}`,
		}
		g.mustBeSound("POST", "/api/v1/bookings", []byte(wishes[rng.IntN(len(wishes))]))
	},
	func(g *target, rng *rand.Rand, _ <-chan struct{}) { // other people's bookings
		g.mustBeSound([]string{"GET", "DELETE"}[rng.IntN(2)], "/api/v1/bookings/"+escape(nasty[rng.IntN(len(nasty))]), nil)
	},
}

func (g *target) jsonHeaders() []header {
	return []header{{"Authorization", "Bearer " + g.token}, {"Content-Type", "application/json"}}
}

// fits is a booking that is right, at the house that the good callers leave alone.
func (g *target) fits(rng *rand.Rand) []byte {
	hour := 10 + rng.IntN(7)
	return fmt.Appendf(nil, `{"resources":[%q],"from":%q,"to":%q}`, g.place, at(g.day, hour, 0), at(g.day, hour+1, 0))
}

// mustBeSound reports an answer that is our fault.
func (g *target) mustBeSound(method, path string, body []byte) {
	w := g.wire()
	defer w.close()
	a, err := w.do(method, path, body, g.jsonHeaders()...)
	if err == nil {
		err = sound(method, a)
	}
	if err != nil {
		g.t.Errorf("%s %.100s %.200q: %v", method, path, body, err)
	}
}

// hangUp sends a part of a request and resets the connection.
func (g *target) hangUp(rng *rand.Rand, body []byte, part float64) {
	w := g.wire()
	if w.dial() != nil {
		return
	}
	defer w.close()
	_, _ = io.WriteString(w.conn, w.head("POST", "/api/v1/bookings", len(body), g.jsonHeaders()...))
	_, _ = w.conn.Write(body[:int(float64(len(body))*part)])
	if rng.IntN(2) == 0 { // a moment later, when the server is at it
		_, _ = g.call("GET", "/healthz", "", nil)
	}
	_ = w.conn.(*net.TCPConn).SetLinger(0)
}
