package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is a running `polis serve`.
type process struct {
	url   string
	cmd   *exec.Cmd
	log   *journal // what it wrote to standard error
	said  string   // what it wrote to standard output before it was ready
	ended chan struct{}
	err   error // of its end
}

// journal keeps what a process writes.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// errors are the lines that tell of a fault of the program's own.
func (j *journal) errors() (lines []string) {
	for line := range strings.Lines(j.String()) {
		if strings.Contains(line, `"level":"ERROR"`) || strings.Contains(line, "panic") || strings.Contains(line, "goroutine ") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// readyWithin is how long a start may take, lay-out included, on a machine that
// does other things.
const readyWithin = 90 * time.Second

// launch starts a server on a free port and waits until it is ready.
func launch(binary string, s *store, args ...string) (*process, error) {
	for range 5 {
		address, err := freeAddress()
		if err != nil {
			return nil, err
		}
		p, err := launchAt(address, binary, s, args)
		if err == nil || p == nil || !strings.Contains(p.log.String(), "address already in use") {
			return p, err
		}
	}
	return nil, fmt.Errorf("no free port")
}

// launchAt is launch at an address of one's own choice.
func launchAt(address, binary string, s *store, args []string) (*process, error) {
	p := &process{url: "http://" + address, log: &journal{}, ended: make(chan struct{})}
	p.cmd = exec.Command(binary, append(append([]string{"serve", "--listen", address}, s.flags()...), args...)...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.cmd.Env = cleanEnv()
	p.cmd.Stderr = p.log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	ready := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		var said strings.Builder
		for lines.Scan() {
			said.WriteString(lines.Text() + "\n")
			if strings.HasPrefix(lines.Text(), "ready ") {
				ready <- said.String()
				break
			}
		}
		_, _ = io.Copy(io.Discard, out)
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	select {
	case p.said = <-ready:
		return p, nil
	case <-p.ended:
		return p, fmt.Errorf("the server ended before it was ready: %w\n%s", p.err, p.log)
	case <-time.After(readyWithin):
		_ = p.cmd.Process.Kill()
		return p, fmt.Errorf("the server is not ready after %v\n%s", readyWithin, p.log)
	}
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// stopsWithin is what the program promises.
const stopsWithin = 10 * time.Second

// terminate ends the process as an operator does.
func (p *process) terminate() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // an ended process is told below
	select {
	case <-p.ended:
	case <-time.After(stopsWithin):
		_ = p.cmd.Process.Kill()
		return fmt.Errorf("still running %v after SIGTERM\n%s", stopsWithin, p.log)
	}
	if p.err != nil {
		return fmt.Errorf("after SIGTERM: %w\n%s", p.err, p.log)
	}
	return nil
}

// server is a running program of a test.
type server struct {
	*process
	t      testing.TB
	over   bool
	faulty bool // a test breaks what it stands on, so that it may log errors
}

// serve starts a server that ends with the test. A fault in its log fails the
// test.
func serve(t testing.TB, s *store, args ...string) *server {
	t.Helper()
	p, err := launch(binary(t), s, args...)
	return watch(t, p, err)
}

// serveAt is serve at an address, where a server was before.
func serveAt(t testing.TB, address string, s *store, args ...string) *server {
	t.Helper()
	p, err := launchAt(address, binary(t), s, args)
	return watch(t, p, err)
}

// watch ends a process with the test, and looks at its log.
func watch(t testing.TB, p *process, err error) *server {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	srv := &server{process: p, t: t}
	t.Cleanup(func() {
		if !srv.over {
			srv.stop()
		}
		srv.faultless()
		if t.Failed() && os.Getenv("POLIS_TEST_LOG") != "" {
			t.Log(srv.log)
		}
	})
	return srv
}

// stop ends the server as an operator does; it must obey in time.
func (s *server) stop() {
	s.t.Helper()
	s.over = true
	if err := s.terminate(); err != nil {
		s.t.Error(err)
	}
}

// kill ends the server as a power cut does.
func (s *server) kill() {
	s.over = true
	_ = s.cmd.Process.Kill() // an ended process is dead too
	<-s.ended
}

// faultless reports the faults that the server logged.
func (s *server) faultless() {
	s.t.Helper()
	if s.faulty {
		return
	}
	lines := s.log.errors()
	for _, line := range lines[:min(len(lines), 5)] {
		s.t.Errorf("the server's log: %.1500s", line)
	}
}
