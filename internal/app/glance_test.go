package app

import (
	"context"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"polis/internal/platform/clock"
)

// However many ask at once or one after the other, the database is asked once in
// some seconds; also where the clock is set back.
func TestGlanceIsTakenOnceForAll(t *testing.T) {
	t.Parallel()
	c := clock.NewManual(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	var looks atomic.Int64
	g := &glance[int64]{clock: c, look: func(context.Context) int64 { return looks.Add(1) }}
	for i, step := range []time.Duration{0, glanceHolds - 1, 1, -time.Hour, glanceHolds} {
		c.Advance(step)
		want := []int64{1, 1, 2, 3, 4}[i]
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if got := g.now(); got != want {
					t.Errorf("look %d, want %d", got, want)
				}
			})
		}
		all.Wait()
	}
}

var inRules = regexp.MustCompile(`\bpolis_[a-z_]+\b`)

// Every number that an alert is made of is at /metrics, once somebody has used
// the program.
func TestAlertsAreMadeOfWhatThereIs(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir(), func(c *serveCmd) { c.BackupDir = t.TempDir(); c.BackupAt = "02:30"; c.BackupKeep = 1 })
	s.visitor().send("/")
	text := bodyOf(t, s.url+"/metrics")
	for _, name := range inRules.FindAllString(rules(t), -1) {
		if !strings.Contains(text, "\n"+name+"{") && !strings.Contains(text, "\n"+name+" ") {
			t.Errorf("/metrics has no %s", name)
		}
	}
}

func rules(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../packaging/prometheus/alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func bodyOf(t *testing.T, address string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", address, answer.StatusCode, err)
	}
	return string(text)
}
