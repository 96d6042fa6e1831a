package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// takenOverWithin is how long nobody may seal after the program that did was
// killed: its lease and a look, on a busy machine.
const takenOverWithin = 20 * time.Second

const (
	whoSeals  = "SELECT fence FROM sealer"
	notSealed = "SELECT count(*) FROM act WHERE id NOT IN (SELECT entry FROM leaf)"
)

// note is the newest checkpoint as a witness keeps it.
func (s *server) note() string {
	s.t.Helper()
	var text string
	eventually(s.t, seenWithin, "there is a checkpoint", func() bool {
		a, err := s.call("GET", "/api/v1/journal/checkpoint", "", nil, "Accept", "text/plain")
		text = string(a.body)
		return err == nil && a.status == http.StatusOK
	})
	return text
}

// Of two programs one seals. When it is killed the other takes over within
// seconds, and the log goes on as one; so says whoever kept a checkpoint.
func TestSealingIsTakenOver(t *testing.T) {
	everyDay(t)
	t.Parallel()
	s := newDemo(t, postgres)
	first := serve(t, s, "--demo")
	eventually(t, takenOverWithin, "all is sealed", func() bool { return s.number(t, notSealed) == 0 })
	old := filepath.Join(t.TempDir(), "checkpoint.txt")
	if err := os.WriteFile(old, []byte(first.note()), 0o600); err != nil {
		t.Fatal(err)
	}
	fence, other := s.number(t, whoSeals), serve(t, s, "--demo")
	first.kill()
	desk := other.placesOf(other.spaces("medium")[0].ID, "desk")[0]
	day := other.quietDays(desk.ID, 1)[0]
	other.want(t, http.StatusCreated, "POST", "/api/v1/bookings", s.tokens[3], wanted{Resources: []string{desk.ID}, From: at(day, 9, 0), To: at(day, 11, 0)})
	eventually(t, takenOverWithin, "all is sealed again", func() bool { return s.number(t, notSealed) == 0 })
	if now := s.number(t, whoSeals); now <= fence {
		t.Errorf("lease %d after %d", now, fence)
	}
	if out := s.do(t, "journal", "verify", "--checkpoint", old); !strings.Contains(out, "the log extends the given checkpoint") || !strings.Contains(out, "Nothing was changed") {
		t.Error(out)
	}
	other.stop()
}

// What was sealed before a backup and what is sealed in its copy are two logs;
// a checkpoint from between is of the first alone.
func TestACopyHasALogOfItsOwn(t *testing.T) {
	everyDay(t)
	t.Parallel()
	s := newDemo(t, sqlite)
	srv := serve(t, s, "--demo")
	eventually(t, takenOverWithin, "all is sealed", func() bool { return s.number(t, notSealed) == 0 })
	dir := t.TempDir()
	file, before, between := filepath.Join(dir, "backup"), filepath.Join(dir, "before.txt"), filepath.Join(dir, "between.txt")
	if err := os.WriteFile(before, []byte(srv.note()), 0o600); err != nil {
		t.Fatal(err)
	}
	s.do(t, "backup", file)
	desk := srv.placesOf(srv.spaces("medium")[0].ID, "desk")[0]
	day := srv.quietDays(desk.ID, 1)[0]
	made := decode[booking](t, srv.want(t, http.StatusCreated, "POST", "/api/v1/bookings", s.tokens[3], wanted{Resources: []string{desk.ID}, From: at(day, 9, 0), To: at(day, 11, 0)}))
	eventually(t, takenOverWithin, "all is sealed", func() bool { return s.number(t, notSealed) == 0 })
	if err := os.WriteFile(between, []byte(srv.note()), 0o600); err != nil {
		t.Fatal(err)
	}
	act := s.text(t, "SELECT id FROM act WHERE subject = '"+made.ID+"'")
	proved := decode[struct{ Receipt any }](t, srv.want(t, http.StatusOK, "GET", "/api/v1/journal/proofs/"+act, s.tokens[3], nil))
	if proved.Receipt == nil {
		t.Error("no receipt for whom the act concerns")
	}
	if other := decode[struct{ Receipt any }](t, srv.want(t, http.StatusOK, "GET", "/api/v1/journal/proofs/"+act, s.tokens[4], nil)); other.Receipt != nil {
		t.Error("a receipt for somebody else")
	}
	srv.stop()
	s.do(t, "journal", "verify", "--checkpoint", before, "--checkpoint", between)

	copied := newEmpty(t, sqlite)
	copied.do(t, "restore", file)
	copyFile(t, s.kek, copied.kek)
	twin := serve(t, copied, "--demo")
	eventually(t, takenOverWithin, "all is sealed", func() bool { return copied.number(t, notSealed) == 0 })
	if n := copied.number(t, "SELECT count(*) FROM journal_log"); n != 2 {
		t.Errorf("%d logs", n)
	}
	twin.stop()
	copied.do(t, "journal", "verify", "--checkpoint", before)
	out, _, err := run(t, binary(t), append([]string{"journal", "verify", "--checkpoint", between}, copied.flags()...)...)
	if exitCode(err) != 1 || !strings.Contains(out, "the log ends before") {
		t.Errorf("exit %d: %s", exitCode(err), out)
	}
}
