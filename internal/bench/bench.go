// Package bench measures the budgets of docs/performance.md on the machine it
// runs on: booking and search over HTTP against the program itself as a child
// process, search in memory, pages, start and laying out. It prints what it
// measured beside a floor of the same minute, and never judges by exit status.
package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Options say what to measure.
type Options struct {
	What       string        // one of Parts, or "all"
	Length     time.Duration // of each load
	Past       int           // past bookings in the store for the search
	Rounds     int           // samples of what is measured one at a time
	Markdown   bool
	Executable string // of polis
	Version    string
	Out        io.Writer // the report
	Log        io.Writer // how far it is
}

// Parts are what can be measured, in the order in which "all" does it. The
// order matters: bookings come last, since they change the store.
var Parts = []string{"layout", "start", "page", "search", "million", "journal", "streams", "booking", "backup"}

// bench is one run.
type bench struct {
	Options
	report  *report
	dir     string // of the stores
	laidOut string // data folder with the demonstration, made once
	layout  time.Duration
}

// Run measures and writes the report.
func Run(ctx context.Context, o Options) (err error) {
	b := &bench{Options: o, report: newReport(o.Version)}
	if b.dir, err = os.MkdirTemp("", "polis-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	b.report.machine.disk(b.dir)
	parts := map[string]func(context.Context) error{
		"layout": b.layingOut, "start": b.starts, "page": b.pages, "search": b.searches,
		"million": b.million, "journal": b.journals, "streams": b.streams, "booking": b.bookings, "backup": b.backups,
	}
	for _, name := range Parts {
		if o.What != "all" && o.What != name {
			continue
		}
		b.say("measuring: %s", name)
		if err := parts[name](ctx); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if o.Markdown {
		return b.report.markdown(o.Out)
	}
	return b.report.text(o.Out)
}

// Known tells whether there is such a part.
func Known(what string) bool { return what == "all" || slices.Contains(Parts, what) }

func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.Log, "%s  %s\n", time.Now().Format("15:04:05"), fmt.Sprintf(format, args...))
}

// store is a data folder with the demonstration for a part's own use.
func (b *bench) store(ctx context.Context, name string) (string, error) {
	if err := b.layOut(ctx); err != nil {
		return "", err
	}
	to := filepath.Join(b.dir, name)
	return to, copyFolder(to, b.laidOut)
}

// copyFolder copies a folder with all that is in it, for nobody else to read: keys are
// among them.
func copyFolder(to, from string) error {
	if err := os.Mkdir(to, 0o700); err != nil {
		return err
	}
	files, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, f := range files {
		if f.IsDir() {
			if err := copyFolder(filepath.Join(to, f.Name()), filepath.Join(from, f.Name())); err != nil {
				return err
			}
			continue
		}
		data, err := os.ReadFile(filepath.Join(from, f.Name()))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, f.Name()), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// layOut makes the demonstration, once.
func (b *bench) layOut(ctx context.Context) error {
	if b.laidOut != "" {
		return nil
	}
	dir := filepath.Join(b.dir, "laid-out")
	b.say("laying out the demonstration")
	s, err := b.serve(ctx, nil, "--demo", "--data", dir)
	if err != nil {
		return err
	}
	b.layout = s.took
	if err := s.stop(); err != nil {
		return err
	}
	b.laidOut = dir
	return nil
}

func (b *bench) layingOut(ctx context.Context) error {
	if err := b.layOut(ctx); err != nil {
		return err
	}
	b.report.add(row{
		what: "laying out the national demonstration, SQLite", measured: seconds(b.layout), budget: "≤ 10 s",
		met: yes(b.layout <= 10*time.Second), detail: "from the start of the program on an empty folder to \"ready\"",
	})
	return nil
}

// starts measures the start of the program on a store that is there.
func (b *bench) starts(ctx context.Context) error {
	dir, err := b.store(ctx, "start")
	if err != nil {
		return err
	}
	var took []time.Duration
	var memory int64
	for range max(3, b.Rounds/100) {
		s, err := b.serve(ctx, nil, "--demo", "--data", dir)
		if err != nil {
			return err
		}
		took = append(took, s.took)
		memory = max(memory, residentBytes(s.pid()))
		if err := s.stop(); err != nil {
			return err
		}
	}
	slices.Sort(took)
	middle := took[len(took)/2]
	b.report.add(row{
		what: "start with the national network, SQLite", measured: seconds(middle), budget: "≤ 1 s", met: yes(middle <= time.Second),
		detail: fmt.Sprintf("middle of %d, from %s to %s; from the start of the process to \"ready\"", len(took), seconds(took[0]), seconds(took[len(took)-1])),
	})
	b.report.add(row{
		what: "its memory when ready", measured: megabytes(memory), budget: "≤ 200 MB", met: yes(memory <= 200<<20),
		detail: "resident, the most of these starts",
	})
	return nil
}

// check runs polis check on a store; "" when it is silent.
func (b *bench) check(ctx context.Context, store ...string) (string, error) {
	out, err := b.command(ctx, append([]string{"check"}, store...)...)
	if err != nil && out == "" {
		return "", err
	}
	return strings.TrimSpace(out), nil
}
