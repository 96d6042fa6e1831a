package api_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"polis/internal/platform/api"
)

// FuzzRequests sends raw bytes to a real server: whatever they are, the answer
// is never a fault of ours, and an error of the API is a problem document.
func FuzzRequests(f *testing.F) {
	f.Add("POST", "/api/v1/bookings", "Content-Type: application/json\r\nIdempotency-Key: k", good)
	f.Add("GET", "/api/v1/things?must=1&kind=a&kind=b&near=1e3&from=2026-03-02T09:00:00Z", "X: y", "")
	f.Add("GET", "/api/v1/things/%00%ff", "If-None-Match: W/\"7", "")
	f.Add("PUT", "/api/v1/mine", "Authorization: Bearer good", `{"a":{"b":[1,"\u0000"]}}`)
	f.Add("GET", "/api/v1/numbers/1e999", "Authorization: bearer  x", "")
	f.Add("HEAD", "/api/v1/openapi.json", "Accept: */*;q=0", "")
	f.Add("POST", "/api//v1/../bookings", "Content-Type: application/json;;", `{"parts":[{}],"share":-0.0e-9}`)
	mux, _ := world(api.Options{Limit: api.Quota{PerSecond: 1e6, Burst: 1e6}})
	srv := httptest.NewServer(mux)
	f.Cleanup(srv.Close)
	f.Fuzz(func(t *testing.T, method, target, headers, body string) {
		conn, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		head := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n%s\r\n\r\n", method, target, len(body), headers)
		if _, err := io.WriteString(conn, head+body); err != nil {
			return // refused before the end
		}
		_ = conn.(*net.TCPConn).CloseWrite() // a body that was promised longer ends here
		resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
		if err != nil {
			return // so broken that the server gave it up
		}
		defer resp.Body.Close()
		if resp.Header.Get("X-RateLimit-Limit") == "" {
			return // net/http's own answer; it did not reach us
		}
		text, _ := io.ReadAll(resp.Body)
		if resp.StatusCode >= 500 {
			t.Errorf("%d to %q %q\n%s", resp.StatusCode, head, body, text)
		}
		if ct := resp.Header.Get("Content-Type"); resp.StatusCode >= 400 && ct != "application/problem+json" {
			t.Errorf("%d is %q, to %q\n%s", resp.StatusCode, ct, head, text)
		}
	})
}

// A client that stops half way costs nobody anything.
func TestClientThatHangsUp(t *testing.T) {
	mux, _ := world(api.Options{})
	srv := httptest.NewServer(mux)
	defer srv.Close()
	for range 20 {
		conn, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, "POST /api/v1/bookings HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"from\"")
		conn.Close()
	}
	c := srv.Client()
	defer c.CloseIdleConnections()
	resp, err := c.Post(srv.URL+"/api/v1/bookings", "application/json", strings.NewReader(good))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 201 {
		t.Errorf("%d", resp.StatusCode)
	}
}

type sink struct{ h http.Header }

func (s *sink) Header() http.Header         { return s.h }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(int)             {}

// BenchmarkOperation is what an operation costs beside a bare handler that
// reads the same body and writes the same answer.
func BenchmarkOperation(b *testing.B) {
	mux := http.NewServeMux()
	a := api.New(mux, "Bench", "1", api.Options{
		Authenticate: func(ctx context.Context, _ string) (context.Context, error) {
			return context.WithValue(ctx, secret{}, "x"), nil
		},
		Limit: api.Quota{PerSecond: 1e8, Burst: 1e8},
	})
	type answer struct {
		Body struct {
			ID string `json:"id"`
		}
	}
	op := func(method, path string) huma.Operation {
		return huma.Operation{OperationID: method, Method: method, Path: path, Security: api.SignedIn}
	}
	api.Register(a, op("GET", "/api/v1/get/{id}"), func(_ context.Context, in *struct {
		ID string `path:"id"`
	},
	) (*answer, error) {
		var o answer
		o.Body.ID = in.ID
		return &o, nil
	})
	api.Register(a, op("POST", "/api/v1/post"), func(_ context.Context, in *bookInput) (*answer, error) {
		var o answer
		o.Body.ID = in.Body.Parts[0].Resource
		return &o, nil
	})
	mux.HandleFunc("GET /bare/{id}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"id":"`+r.PathValue("id")+`"}`)
	})
	mux.HandleFunc("POST /bare", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"id":"r1"}`)
	})
	for _, c := range []struct{ name, method, bare, path, body string }{
		{"get", "GET", "/bare/1", "/api/v1/get/1", ""},
		{"post", "POST", "/bare", "/api/v1/post", good},
	} {
		run := func(path string, n int) {
			r := httptest.NewRequest(c.method, path, nil)
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer 0123456789abcdef")
			r.Header.Set("Idempotency-Key", "0193a1c0-0000-7000-8000-000000000000")
			body := strings.NewReader(c.body)
			for range n {
				body.Reset(c.body)
				r.Body, r.ContentLength = io.NopCloser(body), int64(len(c.body))
				mux.ServeHTTP(&sink{http.Header{}}, r)
			}
		}
		b.Run(c.name, func(b *testing.B) {
			cost := func(path string) (ns, allocs float64) {
				run(path, 100)
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				begin := time.Now()
				run(path, b.N)
				took := time.Since(begin)
				runtime.ReadMemStats(&after)
				n := float64(b.N)
				return float64(took.Nanoseconds()) / n, float64(after.Mallocs-before.Mallocs) / n
			}
			bareNS, bareAllocs := cost(c.bare)
			ns, allocs := cost(c.path)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(ns-bareNS, "added-ns/op")
			b.ReportMetric(allocs-bareAllocs, "added-allocs/op")
		})
	}
}
