package bench

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// server is a child process that serves.
type server struct {
	cmd  *exec.Cmd
	addr string        // host:port
	took time.Duration // from its start to "ready"
	errs bytes.Buffer
	out  io.ReadCloser
}

// serve starts polis serve with some arguments and waits until it is ready.
func (b *bench) serve(ctx context.Context, stdin io.Reader, args ...string) (*server, error) {
	return b.child(ctx, stdin, append([]string{"serve"}, args...)...)
}

// child starts a command that takes --listen and says "ready".
func (b *bench) child(ctx context.Context, stdin io.Reader, args ...string) (*server, error) {
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	s := &server{addr: addr}
	s.cmd = b.process(ctx, append(args, "--listen", addr)...)
	s.cmd.Stdin, s.cmd.Stderr = stdin, &s.errs
	if s.out, err = s.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	begin := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(s.out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "ready") {
			s.took = time.Since(begin)
			go io.Copy(io.Discard, s.out) //nolint:errcheck // nobody reads on
			return s, nil
		}
	}
	s.cmd.Wait() //nolint:errcheck // what it wrote says more
	return nil, fmt.Errorf("%s ended before it was ready: %s", args[0], s.errs.String())
}

// process is polis with some arguments, free of the settings of this shell.
func (b *bench) process(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, b.Executable, args...)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "POLIS_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.SysProcAttr = dieWithParent()
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 15 * time.Second
	return cmd
}

// command runs polis to its end and returns what it printed.
func (b *bench) command(ctx context.Context, args ...string) (string, error) {
	cmd := b.process(ctx, args...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("polis %s: %w: %s", args[0], err, errs.String())
	}
	return string(out), err
}

func (s *server) pid() int { return s.cmd.Process.Pid }

func (s *server) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("the server ended badly: %w: %s", err, s.errs.String())
	}
	return nil
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}
