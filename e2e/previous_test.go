package e2e

import (
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// previous is the last commit of the release before this one.
const previous = "a5ac425"

// buildPrevious builds the program of the previous release from the history of
// this checkout. Where the history is not there the test is skipped, loudly.
func buildPrevious(t *testing.T) string {
	t.Helper()
	if !full {
		t.Skip("builds a program: with POLIS_TEST_FULL=1")
	}
	dir := t.TempDir()
	tar := filepath.Join(dir, "source.tar")
	if out, err := exec.Command("git", "-C", "..", "archive", "-o", tar, previous).CombinedOutput(); err != nil {
		t.Skipf("THE PROGRAM OF THE PREVIOUS RELEASE WAS NOT TRIED: its commit %s is not in this checkout: %s", previous, out)
	}
	if out, err := exec.Command("tar", "-xf", tar, "-C", dir).CombinedOutput(); err != nil {
		t.Fatalf("tar: %v: %s", err, out)
	}
	path := filepath.Join(dir, "polis-previous")
	build := exec.Command("go", "build", "-trimpath", "-o", path, "./cmd/polis")
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build of %s: %v\n%s", previous, err, out)
	}
	return path
}

// While servers are brought to this version one after the other, the program of
// the release before works on the tables of this one, on PostgreSQL beside it:
// it books, moves and cancels, and each sees what the other did; what either
// seals holds. Going back is the same.
func TestPreviousProgramOnTheseTables(t *testing.T) {
	old := buildPrevious(t)
	onEach(t, func(t *testing.T, e engine) {
		s := newDemo(t, e)
		if e == sqlite {
			serve(t, s, "--demo").stop() // the tables are of this version
		}
		p, err := launch(old, s, "--demo")
		before := watch(t, p, err)
		after := before
		if e == postgres {
			after = serve(t, s, "--demo")
		}
		desk := before.placesOf(before.spaces("small")[0].ID, "desk")[0]
		days := before.quietDays(desk.ID, 2)
		for i, srv := range []*server{before, after} {
			made := decode[booking](t, srv.want(t, http.StatusCreated, "POST", "/api/v1/bookings", s.tokens[i],
				wanted{Resources: []string{desk.ID}, From: at(days[i], 9, 0), To: at(days[i], 10, 0)}))
			other := []*server{after, before}[i]
			eventually(t, 15*time.Second, "the other program sees the booking", func() bool { return !other.isFree(desk.ID, days[i], 9) })
			other.want(t, http.StatusConflict, "POST", "/api/v1/bookings", s.tokens[2], wanted{Resources: []string{desk.ID}, From: at(days[i], 9, 0), To: at(days[i], 10, 0)})
			other.want(t, http.StatusOK, "PATCH", "/api/v1/bookings/"+made.ID, s.tokens[i], wanted{From: at(days[i], 11, 0), To: at(days[i], 12, 0)})
			other.want(t, http.StatusOK, "GET", "/api/v1/bookings/"+made.ID+"/pass", s.tokens[i], nil)
			srv.want(t, http.StatusOK, "DELETE", "/api/v1/bookings/"+made.ID, s.tokens[i], nil)
		}
		for _, path := range []string{"/", "/spazi", "/spazi/gavirate", "/sedi", "/readyz"} {
			before.want(t, http.StatusOK, "GET", path, "", nil)
		}
		before.stop()
		if e == postgres {
			after.stop()
		}
		s.check(t)
		s.do(t, "journal", "verify") // whichever of the two sealed
		s.healthy(t)
	})
}
