package observe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/schema"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestLogHidesFiscalNumbers(t *testing.T) {
	var out bytes.Buffer
	log := NewLogger(&out, slog.LevelInfo)
	const cf = "RSSMRA80A01H501U"
	log.With("who", cf).Info("person "+strings.ToLower(cf)+" came",
		"err", errors.New("no such person: "+cf+" at the door"),
		slog.Group("in", "list", []string{"x", cf}, "omocodia", "RSSMRAULALMHRLMU"),
		"id", "0193a1c0-0000-7000-8000-000000000000", "n", 7, "nothing", nil)
	log.Debug("not shown")
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	if strings.Contains(strings.ToUpper(out.String()), cf) || strings.Contains(out.String(), "RSSMRAULALMHRLMU") {
		t.Errorf("a fiscal number reached the log: %s", out.String())
	}
	for key, want := range map[string]any{
		"msg": "person [redacted] came", "who": redacted, "err": "no such person: [redacted] at the door",
		"id": "0193a1c0-0000-7000-8000-000000000000", "n": 7.0, "nothing": nil,
	} {
		if line[key] != want {
			t.Errorf("%s is %v, want %v", key, line[key], want)
		}
	}
	if at, _ := line["time"].(string); !strings.HasSuffix(at, "Z") {
		t.Errorf("time %q is not UTC", at)
	}
}

func TestParseLevel(t *testing.T) {
	if l, err := ParseLevel("warn"); err != nil || l != slog.LevelWarn {
		t.Error(l, err)
	}
	if _, err := ParseLevel("loud"); err == nil {
		t.Error("took any word")
	}
}

func TestRequestsAreCountedByRoute(t *testing.T) {
	m := NewMetrics(ReadBuild("1.2.3"), clock.NewID)
	inner := http.NewServeMux()
	inner.HandleFunc("GET /api/things/{id}", func(w http.ResponseWriter, r *http.Request) {
		SetRoute(r.Context(), r.Pattern)
		if RequestID(r.Context()) == "" {
			t.Error("no id")
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		w.WriteHeader(http.StatusTeapot)
	})
	outer := http.NewServeMux()
	outer.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) { inner.ServeHTTP(w, r.Clone(r.Context())) })
	outer.HandleFunc("GET /page", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	outer.HandleFunc("GET /cut", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	copied := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r.Clone(r.Context())) })
	}
	h := m.Middleware(copied(routed(outer)))
	for _, r := range []struct{ method, path string }{
		{"GET", "/api/things/secret"}, {"GET", "/page"}, {"GET", "/page"}, {"BREW", "/page"}, {"GET", "/nowhere"}, {"GET", "/cut"},
	} {
		func() {
			defer func() { _ = recover() }()
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(r.method, r.path, nil))
			if w.Header().Get("X-Request-Id") == "" {
				t.Error("no X-Request-Id")
			}
		}()
	}
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	text := w.Body.String()
	for _, want := range []string{
		`polis_http_requests_total{method="GET",route="/api/things/{id}",status="200"} 1`, // flushed before its status
		`polis_http_requests_total{method="GET",route="/page",status="200"} 2`,
		`polis_http_requests_total{method="other",route="none",status="405"} 1`,
		`polis_http_requests_total{method="GET",route="none",status="404"} 1`,
		`polis_http_request_seconds_count{method="GET",route="/page"} 2`,
		`polis_http_requests_running 0`,
		`version="1.2.3"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("/metrics has no %s", want)
		}
	}
	if strings.Contains(text, "secret") || strings.Contains(text, "nowhere") {
		t.Error("a path became a label")
	}
}

func get(h http.HandlerFunc) (*httptest.ResponseRecorder, map[string]any) {
	w := httptest.NewRecorder()
	h(w, httptest.NewRequest("GET", "/", nil))
	var body map[string]any
	_ = json.Unmarshal(w.Body.Bytes(), &body)
	return w, body
}

func TestHealth(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := NewHealth(time.Minute)
		skew := 10 * time.Millisecond
		h.Add("database", DatabaseCheck(d))
		h.Add("schema", SchemaCheck(d, schema.Files))
		h.Add("clocks", SkewCheck(time.Second, func(context.Context) (time.Duration, error) { return skew, nil }))
		if w, body := get(h.Live); w.Code != 200 || body["ok"] != true {
			t.Error(w.Code, body)
		}
		if w, body := get(h.Ready); w.Code != 200 || body["ready"] != true {
			t.Error(w.Code, body)
		}
		w, body := get(h.Status)
		if w.Code != 200 || body["status"] != 200.0 || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Error(w.Code, body, w.Header())
		}
		skew = -2 * time.Second
		w, body = get(h.Ready)
		checks, _ := body["checks"].(map[string]any)
		clocks, _ := checks["clocks"].(map[string]any)
		if w.Code != 503 || clocks["ok"] != false || !strings.Contains(clocks["why"].(string), "-2s") {
			t.Error(w.Code, body)
		}
		skew = 0
		h.Stopping()
		if w, body := get(h.Status); w.Code != 503 || body["status"] != 503.0 || w.Header().Get("Retry-After") == "" {
			t.Error(w.Code, body)
		}
		if w, body := get(h.Live); w.Code != 200 || body["ok"] != true {
			t.Error(w.Code, body)
		}
		d.Close()
		if ready, results := h.Run(t.Context()); ready || results["database"].OK || results["schema"].OK {
			t.Error(results)
		}
	})
}

func BenchmarkMiddleware(b *testing.B) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /x/{id}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200) })
	m := NewMetrics(Build{}, clock.NewID)
	r := httptest.NewRequest("GET", "/x/1", nil)
	for name, h := range map[string]http.Handler{"without": mux, "with": m.Middleware(mux)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			w := &nothing{h: http.Header{}}
			for b.Loop() {
				h.ServeHTTP(w, r)
			}
		})
	}
}

// routed is a mux that tells which pattern matched, as pages and operations do.
func routed(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r)
		SetRoute(r.Context(), r.Pattern)
	})
}

type nothing struct{ h http.Header }

func (n *nothing) Header() http.Header         { return n.h }
func (n *nothing) Write(b []byte) (int, error) { return len(b), nil }
func (n *nothing) WriteHeader(int)             {}
