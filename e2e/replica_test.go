package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// seenWithin is how long the change of one program may take to show in another
// on a busy machine.
const seenWithin = 5 * time.Second

// Two programs that start together on an empty database lay the demonstration
// out once, and are one service.
func TestReplicasStartTogether(t *testing.T) {
	everyDay(t)
	t.Parallel()
	s := newEmpty(t, postgres)
	servers := make([]*process, 2)
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i := range servers {
		wg.Go(func() { servers[i], errs[i] = launch(binary(t), s, "--demo") })
	}
	wg.Wait()
	laidOut := 0
	for i, p := range servers {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		laidOut += strings.Count(p.said, "laid out in")
	}
	if laidOut != 1 {
		t.Errorf("laid out %d times", laidOut)
	}
	if n := s.number(t, "SELECT count(*) FROM site"); n != 7160 {
		t.Errorf("%d sites", n)
	}
	if n := s.number(t, "SELECT count(*) FROM (SELECT person, starts, parts FROM booking GROUP BY person, starts, parts HAVING count(*) > 1) x"); n != 0 {
		t.Errorf("%d bookings are there twice", n)
	}
	for _, p := range servers {
		if err := p.terminate(); err != nil {
			t.Error(err)
		}
		for _, line := range p.log.errors() {
			t.Error(line)
		}
	}
	s.check(t)
}

// pair is two programs on one database.
func pair(t *testing.T) (*store, *server, *server) {
	s := newDemo(t, postgres)
	return s, serve(t, s, "--demo"), serve(t, s, "--demo")
}

// isFree tells what a program's index says of a place.
func (s *server) isFree(place string, day time.Time, hour int) bool {
	s.t.Helper()
	for _, d := range s.calendar(place, day, day) {
		for _, f := range d.Free {
			if !f.From.After(day.Add(time.Duration(hour)*time.Hour)) && f.To.After(day.Add(time.Duration(hour)*time.Hour)) {
				return true
			}
		}
	}
	return false
}

// What one program does shows in the other: bookings, their changes, tokens,
// sessions, closures, the list of municipalities.
func TestReplicasAreOneService(t *testing.T) {
	everyDay(t)
	s, a, b := pair(t)
	home := a.spaces("medium")[0]
	desk := a.placesOf(home.ID, "desk")[0]
	day := a.quietDays(desk.ID, 1)[0]
	token := s.tokens[3]

	made := decode[booking](t, a.want(t, http.StatusCreated, "POST", "/api/v1/bookings", token,
		wanted{Resources: []string{desk.ID}, From: at(day, 9, 0), To: at(day, 11, 0)}, "Idempotency-Key", "one"))
	eventually(t, seenWithin, "a booking shows in the other program", func() bool { return !b.isFree(desk.ID, day, 9) })
	if again := decode[booking](t, b.want(t, http.StatusCreated, "POST", "/api/v1/bookings", token,
		wanted{Resources: []string{desk.ID}, From: at(day, 9, 0), To: at(day, 11, 0)}, "Idempotency-Key", "one")); again.ID != made.ID {
		t.Errorf("the key of one program means nothing to the other")
	}
	b.want(t, http.StatusOK, "PATCH", "/api/v1/bookings/"+made.ID, token, wanted{From: at(day, 14, 0), To: at(day, 15, 0)})
	eventually(t, seenWithin, "a move shows", func() bool { return a.isFree(desk.ID, day, 9) && !a.isFree(desk.ID, day, 14) })
	pass := a.want(t, http.StatusOK, "GET", "/api/v1/bookings/"+made.ID+"/pass", token, nil)
	if key := b.want(t, http.StatusOK, "GET", "/api/v1/pass-key", "", nil); !verifies(t, key.body, string(pass.body), at(day, 14, 30)) {
		t.Error("the pass of one program does not verify with the key of the other")
	}
	a.want(t, http.StatusOK, "DELETE", "/api/v1/bookings/"+made.ID, token, nil)
	eventually(t, seenWithin, "a cancellation shows", func() bool { return b.isFree(desk.ID, day, 14) })

	fresh := s.token(t, "--person", person(20))
	b.want(t, http.StatusOK, "GET", "/api/v1/me", fresh, nil)
	maria := a.visitor()
	maria.signIn("maria")
	maria.server = b
	if _, at := maria.page("GET", "/prenotazioni", nil); at != "/prenotazioni" {
		t.Errorf("signed in at one program, the other sends to %s", at)
	}
	elsewhere := a.visitor()
	elsewhere.signIn("maria")
	elsewhere.page("POST", "/profilo/sessioni/altri/fine", nil)
	if _, at := maria.page("GET", "/prenotazioni", nil); !strings.HasPrefix(at, "/accedi") { // at once, not within a while
		t.Errorf("ended at one program, the other shows %s", at)
	}
	elsewhere.server = b
	elsewhere.page("POST", "/esci", nil)
	elsewhere.server = a
	if _, at := elsewhere.page("GET", "/prenotazioni", nil); !strings.HasPrefix(at, "/accedi") {
		t.Errorf("signed out at one program, the other shows %s", at)
	}

	manager := s.token(t, "--person", person(21), "--role", "manager")
	closure := decode[struct{ ID string }](t, a.want(t, http.StatusCreated, "POST", "/api/v1/sites/"+home.ID+"/closures", manager,
		map[string]any{"reason": "Manutenzione", "from": at(day, 8, 0), "to": at(day, 20, 0)}))
	eventually(t, seenWithin, "a closure shows", func() bool { return !b.isFree(desk.ID, day, 9) })
	refused := b.want(t, http.StatusConflict, "POST", "/api/v1/bookings", token, wanted{Resources: []string{desk.ID}, From: at(day, 9, 0), To: at(day, 11, 0)})
	if decode[problem](t, refused).Code != "booking.shut" {
		t.Errorf("a closed place is refused with %s", refused.body)
	}
	b.want(t, http.StatusNoContent, "DELETE", "/api/v1/sites/"+home.ID+"/closures/"+closure.ID, manager, nil)
	eventually(t, seenWithin, "the end of a closure shows", func() bool { return a.isFree(desk.ID, day, 9) })

	s.do(t, "import", "municipalities", renamed(t, "Gavirate", "Gavirate Nuova"))
	for _, srv := range []*server{a, b} {
		eventually(t, seenWithin, "a new list of municipalities shows", func() bool {
			found := get[list[struct{ Name string }]](t, srv.process, "/api/v1/municipalities?q="+url.QueryEscape("Gavirate Nuova"), "")
			return len(found.Items) == 1 && found.Items[0].Name == "Gavirate Nuova"
		})
	}
	s.limited(t, a, b)
	s.check(t)
	s.noDeadlocks(t)
}

// limited proves that codes asked for are counted by two programs together, and by
// one that starts after both are gone.
func (s *store) limited(t *testing.T, a, b *server) {
	ask := func(srv *server) int {
		answer, _ := srv.visitor().visit("POST", "/accedi", url.Values{"email": {"limite@example.org"}, "next": {"/"}})
		return answer.status
	}
	for i := range 5 {
		if status := ask([]*server{a, b}[i%2]); status != http.StatusOK {
			t.Errorf("code %d: %d", i, status)
		}
	}
	if one, other := ask(a), ask(b); one != http.StatusTooManyRequests || other != http.StatusTooManyRequests {
		t.Errorf("the sixth code: %d and %d", one, other)
	}
	a.stop()
	b.stop()
	again := serve(t, s, "--demo")
	if status := ask(again); status != http.StatusTooManyRequests {
		t.Errorf("the sixth code after a new start: %d", status)
	}
	again.stop()
}

// renamed writes the list of municipalities with one name changed.
func renamed(t *testing.T, from, to string) string {
	t.Helper()
	text, err := os.ReadFile("../internal/territory/municipalities.csv")
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), ","+from+",", ","+to+",", 1)
	if changed == string(text) {
		t.Fatalf("no municipality %q", from)
	}
	file := filepath.Join(t.TempDir(), "municipalities.csv")
	if err := os.WriteFile(file, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// The connections to PostgreSQL break under load, again and again: both
// programs come back by themselves, lose nothing they answered, and their
// indexes are right.
func TestReplicasSurviveBrokenConnections(t *testing.T) {
	s, a, b := pair(t)
	a.faulty, b.faulty = true, true
	home := a.spaces("large")[0]
	desks := a.placesOf(home.ID, "desk")
	days := a.quietDays(desks[0].ID, scaled(2, 10))
	servers := []*server{a, b}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	var mu sync.Mutex
	made := map[string]string{} // token by booking
	var faults []string
	for i := range callers {
		wg.Go(func() {
			for n := i; ; n += callers {
				select {
				case <-stop:
					return
				default:
				}
				slot := n / len(desks) % 18
				day := days[n/len(desks)/18%len(days)]
				r, err := servers[i%2].call("POST", "/api/v1/bookings", s.tokens[i],
					wanted{Resources: []string{desks[n%len(desks)].ID}, From: at(day, 9, 30*slot), To: at(day, 9, 30*slot+30)})
				if err != nil {
					t.Errorf("no answer: %v", err)
					return
				}
				switch r.status {
				case http.StatusCreated:
					mu.Lock()
					made[decode[booking](t, r).ID] = s.tokens[i]
					mu.Unlock()
				case http.StatusConflict: // the one whose answer was lost has it
				case http.StatusServiceUnavailable: // try again, as the answer says
					mu.Lock()
					faults = append(faults, fmt.Sprint(r.status, decode[problem](t, r).Code))
					mu.Unlock()
				default:
					t.Errorf("%d %.300s", r.status, r.body)
				}
			}
		})
	}
	breaks := scaled(3, 20)
	goesOn := func() {
		mu.Lock()
		enough := len(made) + 100
		mu.Unlock()
		eventually(t, 20*time.Second, "booking goes on", func() bool {
			mu.Lock()
			defer mu.Unlock()
			return len(made) >= enough
		})
	}
	for range breaks {
		goesOn()
		sql(t, s.database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	}
	goesOn()
	close(stop)
	wg.Wait()
	for _, srv := range servers {
		eventually(t, 10*time.Second, "the program is ready again", func() bool {
			r, err := srv.call("GET", "/readyz", "", nil)
			return err == nil && r.status == http.StatusOK
		})
	}
	for id, token := range made {
		if r := b.want(t, http.StatusOK, "GET", "/api/v1/bookings/"+id, token, nil); decode[booking](t, r).Status != "confirmed" {
			t.Errorf("an answered booking is %s", r.body)
		}
	}
	offered := func(srv *server) string {
		text := ""
		for _, d := range desks {
			text += fmt.Sprint(srv.calendar(d.ID, days[0], days[len(days)-1]))
		}
		return text
	}
	eventually(t, 15*time.Second, "both programs offer the same again", func() bool { return offered(a) == offered(b) })
	// And they hear of each other again.
	last := desks[len(desks)-1].ID
	day := a.quietDays(last, len(days)+1)[len(days)]
	for i, srv := range servers {
		srv.want(t, http.StatusCreated, "POST", "/api/v1/bookings", s.tokens[0], wanted{Resources: []string{last}, From: at(day, 9+i, 0), To: at(day, 10+i, 0)})
		eventually(t, 15*time.Second, "a booking shows in the other program", func() bool { return !servers[1-i].isFree(last, day, 9+i) })
	}
	// A program that starts now reads the database: the others know no less.
	if offered(serve(t, s, "--demo")) != offered(a) {
		t.Error("the index of a program is not what the database says")
	}
	t.Logf("%d breaks: %d bookings answered, %d requests met the break: %v", breaks, len(made), len(faults), faults)
	a.stop()
	b.stop()
	s.check(t)
}
