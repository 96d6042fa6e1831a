package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
)

// fields on which races run: each engine alone, and two programs on one
// PostgreSQL with one key file.
func onEachField(t *testing.T, test func(t *testing.T, s *store, servers []*server)) {
	onEach(t, func(t *testing.T, e engine) {
		s := newDemo(t, e)
		test(t, s, []*server{serve(t, s, "--demo")})
	})
	t.Run("replicas", func(t *testing.T) {
		s := newDemo(t, postgres)
		test(t, s, []*server{serve(t, s, "--demo"), serve(t, s, "--demo")})
	})
}

// Of 64 who want one place at once one has it, and each of the
// others learns what was taken.
func TestEdge36_OnePlaceForMany(t *testing.T) {
	const many = 64
	onEachField(t, func(t *testing.T, s *store, servers []*server) {
		rounds := scaled(40, 500)
		home := servers[0].spaces("large")[0]
		desks := servers[0].placesOf(home.ID, "desk")
		days := servers[0].quietDays(desks[0].ID, 20)
		failures := 0
		for round := range rounds {
			desk := desks[round%len(desks)].ID
			day := days[round/len(desks)]
			want := wanted{Resources: []string{desk}, From: at(day, 9, 0), To: at(day, 13, 0)}
			answers := atOnce(many, func(i int) (answer, error) {
				return servers[i%len(servers)].call("POST", "/api/v1/bookings", s.tokens[i%len(s.tokens)], want)
			})
			made, refused := 0, 0
			for i, a := range answers {
				switch {
				case a.err != nil:
					t.Errorf("round %d, caller %d: %v", round, i, a.err)
				case a.status == http.StatusCreated:
					made++
				case a.status == http.StatusConflict:
					refused++
					var p problem
					if err := json.Unmarshal(a.body, &p); err != nil || len(p.Taken) != 1 || p.Taken[0] != desk {
						t.Errorf("round %d: the refusal does not name %s: %.300s", round, desk, a.body)
					}
				default:
					t.Errorf("round %d, caller %d: %d %.300s", round, i, a.status, a.body)
				}
			}
			if made != 1 || refused != many-1 {
				t.Errorf("round %d: %d have the place, %d were refused", round, made, refused)
				if failures++; failures > 3 {
					t.FailNow()
				}
			}
		}
		for _, srv := range servers {
			srv.stop()
		}
		s.check(t)
		s.noDeadlocks(t)
		t.Logf("%d rounds of %d callers", rounds, many)
	})
}

// outcome is what a caller had.
type outcome struct {
	answer
	err error
}

// atOnce lets n callers go at the same moment and waits for all.
func atOnce(n int, call func(i int) (answer, error)) []outcome {
	out := make([]outcome, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			out[i].answer, out[i].err = call(i)
		})
	}
	close(start)
	wg.Wait()
	return out
}

// The last of a pool, and the whole against its parts, taken by many at once:
// never more than there are, never fewer.
func TestPoolsAndWholesForMany(t *testing.T) {
	t.Parallel()
	const many = 32
	onEachField(t, func(t *testing.T, s *store, servers []*server) {
		home := servers[0].spaces("medium")[0]
		rooms := servers[0].placesOf(home.ID, "meeting")
		office := servers[0].placesOf(home.ID, "private")[0]
		days := servers[0].quietDays(office.ID, scaled(6, 20))
		for round, day := range days {
			answers := atOnce(many, func(i int) (answer, error) {
				return servers[i%len(servers)].call("POST", "/api/v1/bookings", s.tokens[i%len(s.tokens)],
					wanted{Site: home.ID, Kind: "meeting", Count: 1, From: at(day, 9, 0), To: at(day, 10, 0)})
			})
			if made := count(t, answers); made != len(rooms) {
				t.Errorf("round %d: %d of %d rooms are taken", round, made, len(rooms))
			}
			answers = atOnce(many, func(i int) (answer, error) {
				unit := office.ID
				if i%2 == 1 {
					unit = office.Parts[i/2%len(office.Parts)]
				}
				return servers[i%len(servers)].call("POST", "/api/v1/bookings", s.tokens[i%len(s.tokens)],
					wanted{Resources: []string{unit}, From: at(day, 14, 0), To: at(day, 16, 0)})
			})
			wholes, parts := 0, map[string]bool{}
			for _, a := range answers {
				if a.status != http.StatusCreated {
					continue
				}
				if b := decode[booking](t, a.answer); b.Resources[0] == office.ID {
					wholes++
				} else if parts[b.Resources[0]] {
					t.Errorf("round %d: %s is taken twice", round, b.Resources[0])
				} else {
					parts[b.Resources[0]] = true
				}
			}
			count(t, answers)
			if !(wholes == 1 && len(parts) == 0 || wholes == 0 && len(parts) == len(office.Parts)) {
				t.Errorf("round %d: the office is taken %d times and %d of its %d desks", round, wholes, len(parts), len(office.Parts))
			}
		}
		for _, srv := range servers {
			srv.stop()
		}
		s.check(t)
		s.noDeadlocks(t)
	})
}

// count counts those who have what they wanted; any other answer than 201 and
// 409 is an error.
func count(t *testing.T, answers []outcome) (made int) {
	t.Helper()
	for i, a := range answers {
		switch {
		case a.err == nil && a.status == http.StatusCreated:
			made++
		case a.err == nil && a.status == http.StatusConflict:
		default:
			t.Errorf("caller %d: %v", i, fmt.Sprint(a.err, a.status, " ", string(a.body[:min(len(a.body), 300)])))
		}
	}
	return made
}
