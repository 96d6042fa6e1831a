package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const unsealed = "SELECT count(*) FROM act WHERE NOT EXISTS (SELECT 1 FROM leaf WHERE leaf.entry = act.id)"

// checkpoint keeps the newest checkpoint that a server publishes in a file.
func (s *server) checkpoint() string {
	s.t.Helper()
	note := s.want(s.t, http.StatusOK, "GET", "/api/v1/journal/checkpoint", "", nil, "Accept", "text/plain")
	file := filepath.Join(s.t.TempDir(), "checkpoint.txt")
	if err := os.WriteFile(file, note.body, 0o600); err != nil {
		s.t.Fatal(err)
	}
	return file
}

// Of two programs one seals the acts of both. When it is killed the other goes
// on, whichever of them it was, and the log extends what it was before.
func TestSealingOutlivesAProgram(t *testing.T) {
	everyDay(t)
	t.Parallel()
	s := newDemo(t, postgres)
	servers := [2]*server{serve(t, s, "--demo"), serve(t, s, "--demo")}
	sealed := func(what string) {
		t.Helper()
		eventually(t, time.Minute, what, func() bool { return s.number(t, unsealed) == 0 })
	}
	sealed("the acts of the demonstration are sealed")
	desk := servers[0].placesOf(servers[0].spaces("medium")[0].ID, "desk")[0]
	days := servers[0].quietDays(desk.ID, 4)
	book := func(srv *server, day time.Time) {
		t.Helper()
		srv.want(t, http.StatusCreated, "POST", "/api/v1/bookings", s.tokens[5],
			wanted{Resources: []string{desk.ID}, From: at(day, 9, 0), To: at(day, 10, 0)}, "Idempotency-Key", fmt.Sprint("sealing-", day.Unix()))
	}
	for i := range servers {
		killed, other := servers[i], servers[1-i]
		book(killed, days[2*i])
		sealed("what the one did is sealed")
		before := killed.checkpoint()
		book(killed, days[2*i+1])
		killed.kill()
		sealed("what it did last is sealed without it")
		said := s.do(t, "journal", "verify", "--checkpoint", before)
		if !strings.Contains(said, "extends the given checkpoint") {
			t.Errorf("journal verify says: %s", said)
		}
		other.want(t, http.StatusOK, "GET", "/readyz", "", nil)
		servers[i] = serve(t, s, "--demo")
	}
}
