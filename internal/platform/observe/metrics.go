package observe

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"polis/internal/platform/clock"
)

// Metrics are the numbers of the program, in Prometheus' form.
type Metrics struct {
	*prometheus.Registry

	newID    clock.IDs
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	running  prometheus.Gauge

	mu     sync.RWMutex
	series map[seriesKey]series // found without hashing labels
}

type seriesKey struct {
	pattern, method string
	status          int
}

type series struct {
	requests prometheus.Counter
	seconds  prometheus.Observer
}

// NewMetrics returns a registry with the numbers of the process, the Go
// runtime, the build, and the HTTP server.
func NewMetrics(b Build, newID clock.IDs) *Metrics {
	m := &Metrics{
		Registry: prometheus.NewRegistry(),
		newID:    newID,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "polis_http_requests_total", Help: "Requests answered.",
		}, []string{"route", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "polis_http_request_seconds", Help: "Time from a request's headers to the end of its answer.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route", "method"}),
		running: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "polis_http_requests_running", Help: "Requests being answered.",
		}),
		series: map[seriesKey]series{},
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "polis_build_info", Help: "Which program this is; always 1.",
		ConstLabels: prometheus.Labels{"version": b.Version, "commit": b.Commit, "go": b.Go},
	})
	build.Set(1)
	m.MustRegister(m.requests, m.seconds, m.running, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler serves /metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.Registry, promhttp.HandlerOpts{Registry: m.Registry})
}

// exchange is a request and its answer as they are seen from outside; also the
// writer through which the answer passes.
type exchange struct {
	http.ResponseWriter
	id, route string
	status    int
}

func (x *exchange) WriteHeader(status int) {
	if x.status == 0 && status >= 200 {
		x.status = status
	}
	x.ResponseWriter.WriteHeader(status)
}

func (x *exchange) Write(b []byte) (int, error) {
	if x.status == 0 {
		x.status = http.StatusOK
	}
	return x.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// Flush sends what is buffered.
func (x *exchange) Flush() {
	if x.status == 0 {
		x.status = http.StatusOK
	}
	_ = http.NewResponseController(x.ResponseWriter).Flush()
}

// Middleware gives each request an id and counts it under its route.
func (m *Metrics) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		x := &exchange{ResponseWriter: w, id: m.newID()}
		w.Header()["X-Request-Id"] = []string{x.id}
		m.running.Inc()
		r = r.WithContext(context.WithValue(r.Context(), contextKey{}, x))
		defer func() { // also when the answer is cut by a panic
			m.running.Dec()
			if x.route == "" {
				x.route = r.Pattern
			}
			if x.status == 0 {
				x.status = http.StatusOK
			}
			s := m.find(seriesKey{x.route, r.Method, x.status})
			s.requests.Inc()
			s.seconds.Observe(time.Since(begin).Seconds())
		}()
		next.ServeHTTP(x, r)
	})
}

func (m *Metrics) find(key seriesKey) series {
	m.mu.RLock()
	s, ok := m.series[key]
	m.mu.RUnlock()
	if ok {
		return s
	}
	// Methods and statuses come from outside too; the labels do not grow with them.
	method := "other"
	switch key.method {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
		method = key.method
	}
	route := key.pattern
	if _, path, ok := strings.Cut(route, " "); ok {
		route = path
	}
	if route == "" {
		route = "none"
	}
	s = series{
		requests: m.requests.WithLabelValues(route, method, strconv.Itoa(key.status)),
		seconds:  m.seconds.WithLabelValues(route, method),
	}
	if method != "other" {
		m.mu.Lock()
		m.series[key] = s
		m.mu.Unlock()
	}
	return s
}
