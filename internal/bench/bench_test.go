package bench

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"polis/internal/agenda"
	"polis/internal/site"
)

func TestCallerReadsWholeAnswers(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100_000)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/chunked":
			for part := range slices.Chunk([]byte(long), 999) {
				_, _ = w.Write(part)
				_ = http.NewResponseController(w).Flush()
			}
		case "/none":
			w.WriteHeader(http.StatusNoContent)
		case "/echo":
			w.WriteHeader(http.StatusCreated)
			_, _ = io.Copy(w, r.Body)
		}
	}))
	defer srv.Close()
	c := &caller{addr: strings.TrimPrefix(srv.URL, "http://")}
	defer c.close()
	for range 2 { // on the same connection
		for _, want := range []struct {
			request string
			status  int
			body    string
		}{
			{"GET /chunked HTTP/1.1\r\nHost: x\r\n\r\n", 200, long},
			{"GET /none HTTP/1.1\r\nHost: x\r\n\r\n", 204, ""},
			{"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", 201, "hello"},
		} {
			status, body, err := c.do([]byte(want.request))
			if err != nil || status != want.status || string(body) != want.body {
				t.Fatalf("%.12q: %d, %d bytes, %v", want.request, status, len(body), err)
			}
		}
	}
}

func TestLoadCountsWhatIsWantedAndSaysWhatIsNot(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bad" {
			http.Error(w, "no", http.StatusConflict)
		}
	}))
	defer srv.Close()
	l := load{addr: strings.TrimPrefix(srv.URL, "http://"), callers: 2, length: 50 * time.Millisecond, want: 200}
	var sent atomic.Int64
	l.next = func(_ int, buf []byte) []byte {
		path := "/"
		if sent.Add(1)%2 == 0 { // of one caller too, where the other has no turn in that time
			path = "/bad"
		}
		return append(buf, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"...)
	}
	sum, err := l.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if sum.count == 0 || int64(len(sum.times)) != sum.count || !slices.IsSorted(sum.times) || sum.other[409] == 0 || sum.broken != 0 {
		t.Errorf("%d wanted, %d times, %v, %d broken", sum.count, len(sum.times), sum.other, sum.broken)
	}
	if c := sum.complaint(); !strings.Contains(c, "409") {
		t.Errorf("it says %q", c)
	}
}

func TestDelayPassesEverythingOn(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = io.Copy(c, c)
	}()
	d, err := newDelay(l.Addr().String(), time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	c, err := net.Dial("tcp", d.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	sent := bytes.Repeat([]byte("0123456789"), 50_000)
	go func() { _, _ = c.Write(sent) }()
	got := make([]byte, len(sent))
	if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, sent) {
		t.Errorf("what came back differs: %v", err)
	}
}

// The world of the kernel is as it claims: two fifths taken, and nothing free
// when it is full.
func TestWorld(t *testing.T) {
	t.Parallel()
	w, err := newWorld(20, 50, 3)
	if err != nil {
		t.Fatal(err)
	}
	w.fill()
	_, found, err := w.search(context.Background(), 1, site.Filter{}, []agenda.Interval{w.full}, 250)
	if err != nil || found.Searched != 1000 || len(found.Hits) != 0 {
		t.Errorf("full: %d of %d, %v", len(found.Hits), found.Searched, err)
	}
	for _, at := range w.times {
		_, found, err := w.search(context.Background(), 1, site.Filter{}, []agenda.Interval{at}, 250)
		free := 0
		for _, h := range found.Hits {
			free += h.Free
		}
		if err != nil || free < 500 || free > 700 {
			t.Errorf("%v: %d of 1000 free, %v", at, free, err)
		}
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	r := newReport("1.2.3")
	r.add(row{what: "a thing", measured: perSecond(12345.6), floor: perSecond(50000), ratio: ratio(0.25), budget: "≥ 0.2", met: yes(true), detail: "as it was"})
	var text, md bytes.Buffer
	if err := r.text(&text); err != nil {
		t.Fatal(err)
	}
	if err := r.markdown(&md); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"1.2.3", "a thing", "12,346/s", "0.25", "as it was"} {
		if !strings.Contains(text.String(), want) || !strings.Contains(md.String(), want) {
			t.Errorf("%q is missing:\n%s\n%s", want, &text, &md)
		}
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1234: "-1,234"} {
		if got := thousands(n); got != want {
			t.Errorf("%d is %s", n, got)
		}
	}
	for d, want := range map[time.Duration]string{
		1500: "1.5 µs", 150 * time.Microsecond: "150 µs", 12 * time.Millisecond: "12.00 ms",
	} {
		if got := micros(d); got != want {
			t.Errorf("%v is %s, want %s", d, got, want)
		}
	}
}
