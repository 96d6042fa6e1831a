package observe

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"polis/internal/platform/db"
)

// Check tells whether something the program needs is well: a short fact to
// show ("schema 5"), or why not.
type Check func(ctx context.Context) (fact string, err error)

// Health answers the three questions about the program: does it live
// (/healthz), can it serve (/readyz), and how is the service (/status).
type Health struct {
	timeout  time.Duration
	names    []string
	checks   []Check
	stopping atomic.Bool
}

// NewHealth returns a Health whose checks together take at most timeout.
func NewHealth(timeout time.Duration) *Health { return &Health{timeout: timeout} }

// Add adds a named check; all before the first request.
func (h *Health) Add(name string, c Check) {
	h.names, h.checks = append(h.names, name), append(h.checks, c)
}

// Stopping makes the program no longer ready, so that no new work is sent to it.
func (h *Health) Stopping() { h.stopping.Store(true) }

// Result is what a check found.
type Result struct {
	OK   bool   `json:"ok"`
	Fact string `json:"fact,omitempty"`
	Why  string `json:"why,omitempty"` // not well
}

// Run runs all checks at once.
func (h *Health) Run(ctx context.Context) (ready bool, results map[string]Result) {
	ctx, cancel := context.WithTimeout(ctx, h.timeout)
	defer cancel()
	found := make([]Result, len(h.checks))
	var wg sync.WaitGroup
	for i, check := range h.checks {
		wg.Go(func() {
			fact, err := check(ctx)
			found[i] = Result{OK: err == nil, Fact: fact}
			if err != nil {
				found[i].Why = fiscalNumber.ReplaceAllString(err.Error(), redacted)
			}
		})
	}
	wg.Wait()
	ready, results = true, map[string]Result{}
	for i, r := range found {
		results[h.names[i]] = r
		ready = ready && r.OK
	}
	if h.stopping.Load() {
		ready, results["stopping"] = false, Result{Why: "the program is stopping"}
	}
	return ready, results
}

// Live serves /healthz: the process is alive and answers.
func (h *Health) Live(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, "application/json", map[string]bool{"ok": true})
}

// Ready serves /readyz: 200 with each check, or 503.
func (h *Health) Ready(w http.ResponseWriter, r *http.Request) {
	ready, results := h.Run(r.Context())
	status := http.StatusOK
	if !ready {
		status = http.StatusServiceUnavailable
	}
	answer(w, status, "application/json", map[string]any{"ready": ready, "checks": results})
}

// Status serves /status as the Italian interoperability model (ModI) wants it:
// a problem document (RFC 9457) of status 200 or 503, without details.
func (h *Health) Status(w http.ResponseWriter, r *http.Request) {
	status := http.StatusOK
	if ready, _ := h.Run(r.Context()); !ready {
		status = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "10")
	}
	answer(w, status, "application/problem+json", map[string]any{
		"type": "about:blank", "title": http.StatusText(status), "status": status,
	})
}

func answer(w http.ResponseWriter, status int, contentType string, v any) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client may be gone; nothing to do about it
}

// DatabaseCheck tells whether the database answers, and takes changes.
func DatabaseCheck(d *db.DB) Check {
	return func(ctx context.Context) (string, error) {
		if err := d.Ping(ctx); err != nil {
			return "", err
		}
		return string(d.Engine), d.TakesChanges(ctx)
	}
}

// SchemaCheck tells whether the database has at least the schema this program
// was built with; a newer one is the next release's, on which this one works.
func SchemaCheck(d *db.DB, files fs.FS) Check {
	return func(ctx context.Context) (string, error) {
		at, newest, err := d.SchemaVersion(ctx, files)
		if err != nil {
			return "", err
		}
		if at < newest {
			return "", fmt.Errorf("the database has schema %d, this program needs %d", at, newest)
		}
		return fmt.Sprintf("schema %d", at), nil
	}
}

// SkewCheck tells whether the clocks of the replicas agree within limit. skew
// is how far the farthest is from ours.
func SkewCheck(limit time.Duration, skew func(ctx context.Context) (time.Duration, error)) Check {
	return func(ctx context.Context) (string, error) {
		d, err := skew(ctx)
		if err != nil {
			return "", err
		}
		if d.Abs() > limit {
			return "", fmt.Errorf("the clocks of the replicas differ by %v, more than %v", d, limit)
		}
		return d.String(), nil
	}
}
