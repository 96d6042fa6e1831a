package bench

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"time"
)

// pages measures what a person waits for: the time of the server and the
// bytes of the first load.
func (b *bench) pages(ctx context.Context) error {
	dir, err := b.store(ctx, "page")
	if err != nil {
		return err
	}
	p := sqlitePlace(dir)
	s, err := b.serve(ctx, nil, append([]string{"--demo"}, p.flags...)...)
	if err != nil {
		return err
	}
	defer s.stop() //nolint:errcheck // it has nothing to lose
	times := workTimes(time.Now())
	day := times[len(times)/2].From.Format("2006-01-02")
	when := "tipo=desk&giorno=" + day + "&dalle=09%3A00&alle=13%3A00"
	for _, page := range []struct{ name, path string }{
		{"first page", "/"},
		{"spaces", "/spazi"},
		{"search", "/spazi?q=Milano&" + when},
		{"search over the whole network", "/spazi?" + when},
		{"space", "/spazi/gavirate?" + when},
		{"large space", "/spazi/bologna?" + when},
		{"week of a place", "/spazi/gavirate/posti/D-001"},
		{"houses", "/sedi"},
		{"report a problem", "/segnala?sede=gavirate"},
	} {
		if err := b.page(ctx, s.addr, page.name, page.path); err != nil {
			return err
		}
		if err := b.pageUnderLoad(ctx, s, page.name, page.path); err != nil {
			return err
		}
	}
	return nil
}

// pageUnderLoad measures a page while many ask for it: at saturation, and at
// half of it, where what a person waits for is the work and no queue.
func (b *bench) pageUnderLoad(ctx context.Context, s *server, name, path string) error {
	b.say("page under load: %s", name)
	request := get(path)
	l := load{
		addr: s.addr, callers: searchCallers, length: b.Length, want: http.StatusOK,
		next:    func(_ int, buf []byte) []byte { return append(buf, request...) },
		measure: func() []time.Duration { return []time.Duration{cpuOf(s.pid()), cpuOf(self())} },
	}
	full, err := l.run(ctx)
	if err != nil {
		return err
	}
	if full.count == 0 {
		return fmt.Errorf("%s was never answered: %s", path, full.complaint())
	}
	l.rate, l.callers = full.rate()/2, 4*searchCallers
	half, err := l.run(ctx)
	if err != nil {
		return err
	}
	p99 := percentile(half.times, 99)
	detail := fmt.Sprintf("arrivals at a constant %s, half of what %d callers got through; counted from when they should have been sent; %s; CPU of the server per request %s, of the generator %s",
		perSecond(l.rate), searchCallers, spread(half.times), micros(half.each(0)), micros(half.each(1)))
	if c := full.complaint() + half.complaint(); c != "" {
		detail += "; " + c
	}
	b.report.add(row{
		what: "page: " + name + ", p99 under load", measured: millis(p99), budget: "≤ 10 ms", met: yes(p99 <= 10*time.Millisecond), detail: detail,
	})
	return nil
}

var (
	stylesheet = regexp.MustCompile(`<link[^>]+rel="stylesheet"[^>]*>`)
	script     = regexp.MustCompile(`<script[^>]+>`)
	address    = regexp.MustCompile(`(?:href|src)="([^"]+)"`)
)

func (b *bench) page(ctx context.Context, addr, name, path string) error {
	c := &caller{addr: addr}
	defer c.close()
	var took []time.Duration
	var html []byte
	for i := range b.Rounds + b.Rounds/10 {
		begin := time.Now()
		status, body, err := c.do(get(path))
		if err != nil {
			return err
		}
		if status != 200 {
			return fmt.Errorf("%s answers %d", path, status)
		}
		if i >= b.Rounds/10 { // after some to warm up
			took = append(took, time.Since(begin))
		}
		html = body
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	slices.Sort(took)
	size, html := len(html), plain(html)
	p99 := percentile(took, 99)
	b.report.add(row{
		what: "page: " + name + ", p99 of the server", measured: millis(p99), budget: "≤ 10 ms", met: yes(p99 <= 10*time.Millisecond),
		detail: fmt.Sprintf("one caller, %d times, seen from outside, compressing included; %s", len(took), spread(took)),
	})
	css, err := sizes(c, stylesheet, html)
	if err != nil {
		return err
	}
	js, err := sizes(c, script, html)
	if err != nil {
		return err
	}
	b.report.add(row{
		what: "page: " + name + ", HTML, CSS, scripts", measured: fmt.Sprintf("%s, %s, %s", kb(size), kb(css), kb(js)),
		budget: "≤ 30, 25, 45 KB", met: yes(size <= 30<<10 && css <= 25<<10 && js <= 45<<10), detail: "compressed, as sent",
	})
	return nil
}

// get is a request as a browser makes it.
func get(path string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: bench\r\nAccept: text/html\r\nAccept-Language: it\r\nAccept-Encoding: gzip\r\n\r\n")
}

// plain undoes the compression, where there is one.
func plain(body []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return bytes.Clone(body)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return bytes.Clone(body)
	}
	return text
}

// sizes adds up what the tags of a page load.
func sizes(c *caller, tag *regexp.Regexp, html []byte) (sum int, err error) {
	for _, t := range tag.FindAll(html, -1) {
		m := address.FindSubmatch(t)
		if m == nil {
			continue
		}
		status, body, err := c.do(get(string(m[1])))
		if err != nil {
			return 0, err
		}
		if status != 200 {
			return 0, fmt.Errorf("%s answers %d", m[1], status)
		}
		sum += len(body)
	}
	return sum, nil
}
