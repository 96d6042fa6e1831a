package app

import (
	"context"
	"io"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"polis/internal/coworking/figures"
	"polis/internal/platform/clock"
	"polis/internal/platform/db/dbtest"
)

// model is the folder of a demonstration that is laid out once, its figures counted,
// for tests to start copies of.
var (
	model    = sync.OnceValues(newModel)
	modelDir string
)

func newModel() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "polis-demonstration"); err != nil {
		return "", err
	}
	modelDir = dir
	ctx, e, c := context.Background(), quiet(slog.DiscardHandler), demoIn(dir)
	s, err := c.openStore(ctx, e)
	if err != nil {
		return dir, err
	}
	defer s.close()
	if err := layOut(ctx, e, s, newProgress(io.Discard)); err != nil {
		return dir, err
	}
	b, err := c.found(ctx, e, s)
	if err != nil {
		return dir, err
	}
	defer b.stop()
	return dir, figures.New(figures.Options{DB: b.db, Live: b.live, Engine: b.engine, Clock: e.clock}).CatchUp(ctx, time.Minute)
}

func demoIn(data string) serveCmd {
	return serveCmd{storeFlags: storeFlags{Data: data}, Listen: "127.0.0.1:1", Demo: true}
}

func TestMain(m *testing.M) {
	dbtest.Main(m, func() {
		if modelDir != "" {
			_ = os.RemoveAll(modelDir)
		}
	})
}

func quiet(log slog.Handler) *env {
	return &env{Process: Process{Stdout: io.Discard, Stderr: io.Discard}, clock: clock.System{}, ids: clock.NewID, log: slog.New(log)}
}

// layOutIn puts a copy of the demonstration into an empty folder.
func layOutIn(t *testing.T, data string) {
	t.Helper()
	from, err := model()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(data, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	c := demoIn(data)
	if err := os.Chmod(c.kek(), 0o600); err != nil { // CopyFS widens modes
		t.Fatal(err)
	}
}

// demonstration is a started program on a copy of the demonstration.
func demonstration(t *testing.T, log slog.Handler) *program {
	t.Helper()
	c := demoIn(t.TempDir())
	layOutIn(t, c.Data)
	return started(t, c, quiet(log))
}

// started is a program that runs until the test ends.
func started(t *testing.T, c serveCmd, e *env) *program {
	t.Helper()
	s, err := c.openStore(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.close() })
	p, err := c.start(t.Context(), e, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.stop)
	return p
}
