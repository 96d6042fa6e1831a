package app

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// progress shows long work at the terminal: a bar that moves, or where nobody
// watches a line per step.
type progress struct {
	out   io.Writer
	moves bool
	name  string
	began time.Time
	start time.Time
}

func newProgress(out io.Writer) *progress {
	p := &progress{out: out, start: time.Now()}
	if f, ok := out.(*os.File); ok {
		info, err := f.Stat()
		p.moves = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

const barWidth = 30

// step says how far a named step is.
func (p *progress) step(name string, done, total int) {
	if name != p.name {
		p.name, p.began = name, time.Now()
	}
	if p.moves {
		full := barWidth
		if total > 0 {
			full = barWidth * done / total
		}
		fmt.Fprintf(p.out, "\r%-12s [%s%s] %d/%d  ", name, strings.Repeat("=", full), strings.Repeat(" ", barWidth-full), done, total)
	}
	if done == total {
		line := fmt.Sprintf("%-12s %7d  %5.1f s", name, total, time.Since(p.began).Seconds())
		if p.moves {
			line = "\r" + line + strings.Repeat(" ", barWidth)
		}
		fmt.Fprintln(p.out, line)
	}
}

// done says what the whole work made.
func (p *progress) done(what string) {
	fmt.Fprintf(p.out, "laid out in %.1f s: %s\n", time.Since(p.start).Seconds(), what)
}

// tally shows how many rows a backup or a restore has come to.
type tally struct{ *progress }

func newTally(out io.Writer) tally { return tally{newProgress(out)} }

func (c tally) table(name string, rows int64) {
	if c.moves {
		fmt.Fprintf(c.out, "\r%-20s %10d rows  ", name, rows)
	}
}
