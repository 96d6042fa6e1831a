package app

import (
	"context"
	"fmt"
	"os"
	"time"

	"polis/internal/bench"
)

type benchCmd struct {
	What     string `arg:"" optional:"" help:"all, layout, start, page, search, million, journal, streams, booking or backup." default:"all"`
	Seconds  int    `help:"Length of each load." default:"5"`
	Quick    bool   `help:"One second each, and a short past: to see that it works, not to quote."`
	Markdown bool   `help:"Write for docs/performance.md."`
	Listen   string `hidden:"" help:"Address of the part that only serves."`
}

// Run measures this very program as a child process. What it finds is for
// people to read: the exit status only says whether it could be measured.
func (c *benchCmd) Run(ctx context.Context, e *env) error {
	if c.What == bench.Bare {
		return bench.ServeBare(ctx, c.Listen, e.Stdin, e.Stdout)
	}
	if !bench.Known(c.What) {
		return fmt.Errorf("bench: there is no part %q; there are all, %s", c.What, bench.Parts)
	}
	executable, err := os.Executable()
	if err != nil {
		return err
	}
	o := bench.Options{
		What: c.What, Length: time.Duration(max(1, c.Seconds)) * time.Second, Past: 5_000_000, Rounds: 1000, Markdown: c.Markdown,
		Executable: executable, Version: e.Version, Out: e.Stdout, Log: e.Stderr,
	}
	if c.Quick {
		o.Length, o.Past, o.Rounds = time.Second, 200_000, 200
	}
	return bench.Run(ctx, o)
}
