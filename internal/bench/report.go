package bench

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"polis/internal/platform/observe"
)

// report is what was measured, and where.
type report struct {
	machine machine
	rows    []row
}

// row is one measurement beside its floor and its budget.
type row struct {
	what, measured, floor, ratio, budget, met string
	detail                                    string
}

func newReport(version string) *report {
	b := observe.ReadBuild(version)
	m := machine{cores: runtime.NumCPU(), at: time.Now(), go_: b.Go, cpu: lineOf("/proc/cpuinfo", "model name")}
	m.memory = kilobytes("/proc/meminfo", "MemTotal") << 10
	m.version = b.Version
	if b.Commit != "" {
		m.version += " " + b.Commit[:min(12, len(b.Commit))]
	}
	if b.Modified {
		m.version += ", with changes not committed"
	}
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		release, _, _ := strings.Cut(strings.TrimSpace(string(text)), "-")
		m.system = "Linux " + release
	}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.load = strings.Fields(string(text))[0]
	}
	return &report{machine: m}
}

// machine is where it was measured.
type machine struct {
	cores    int
	cpu      string
	memory   int64
	system   string
	load     string // of others, at the start
	go_      string
	postgres string
	sync     time.Duration // middle time of an fsync of 4 KB
	version  string
	at       time.Time
}

// disk measures what it costs in a folder to be sure that 4 KB are kept.
func (m *machine) disk(dir string) {
	f, err := os.CreateTemp(dir, "sync")
	if err != nil {
		return
	}
	defer os.Remove(f.Name())
	defer f.Close()
	block, took := make([]byte, 4096), make([]time.Duration, 0, 200)
	for range cap(took) {
		begin := time.Now()
		if _, err := f.Write(block); err != nil {
			return
		}
		if err := f.Sync(); err != nil {
			return
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	m.sync = took[len(took)/2]
}

func (m *machine) lines() [][2]string {
	return [][2]string{
		{"machine", fmt.Sprintf("%d cores (%s), %s memory, %s", m.cores, cmp.Or(m.cpu, runtime.GOARCH), megabytes(m.memory), cmp.Or(m.system, runtime.GOOS))},
		{"load at the start", cmp.Or(m.load, "unknown")},
		{"disk", fmt.Sprintf("an fsync of 4 KB takes %s (middle of 200)", micros(m.sync))},
		{"Go", m.go_},
		{"SQLite", "WAL, synchronous = FULL"},
		{"PostgreSQL", cmp.Or(m.postgres, "not used")},
		{"polis", m.version},
		{"date", m.at.Format("2006-01-02 15:04 MST")},
	}
}

func (r *report) add(rows ...row) { r.rows = append(r.rows, rows...) }

// text writes the report for a terminal.
func (r *report) text(out io.Writer) error {
	for _, l := range r.machine.lines() {
		fmt.Fprintf(out, "%-18s %s\n", l[0], l[1])
	}
	fmt.Fprintln(out)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "what\tmeasured\tfloor\tratio\tbudget\tmet")
	for _, w := range r.rows {
		fmt.Fprintln(t, strings.Join(w.cells(), "\t"))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out)
	for _, w := range r.rows {
		if w.detail != "" {
			fmt.Fprintf(out, "%s:\n    %s\n", w.what, w.detail)
		}
	}
	return nil
}

// markdown writes the report for docs/performance.md.
func (r *report) markdown(out io.Writer) error {
	for _, l := range r.machine.lines() {
		fmt.Fprintf(out, "- %s: %s\n", l[0], l[1])
	}
	fmt.Fprint(out, "\n| what | measured | floor | ratio | budget | met |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, w := range r.rows {
		fmt.Fprintf(out, "| %s |\n", strings.Join(w.cells(), " | "))
	}
	fmt.Fprintln(out)
	for _, w := range r.rows {
		if w.detail != "" {
			fmt.Fprintf(out, "- %s: %s.\n", w.what, w.detail)
		}
	}
	return nil
}

func (w *row) cells() []string {
	cells := []string{w.what, w.measured, w.floor, w.ratio, w.budget, w.met}
	for i := range cells {
		cells[i] = cmp.Or(cells[i], "-")
	}
	return cells
}

func yes(met bool) string {
	if met {
		return "yes"
	}
	return "no"
}

func perSecond(rate float64) string { return thousands(int64(math.Round(rate))) + "/s" }

func thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func ratio(x float64) string { return fmt.Sprintf("%.2f", x) }

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

func millis(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
}

func micros(d time.Duration) string {
	if d >= 2*time.Millisecond {
		return millis(d)
	}
	if d < 20*time.Microsecond {
		return fmt.Sprintf("%.1f µs", float64(d)/float64(time.Microsecond))
	}
	return fmt.Sprintf("%d µs", d.Round(time.Microsecond).Microseconds())
}

func megabytes(n int64) string { return thousands(n>>20) + " MB" }

func kb(n int) string { return fmt.Sprintf("%.1f KB", float64(n)/1024) }

// percentile of sorted times.
func percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(float64(len(sorted))*p/100))]
}

func spread(sorted []time.Duration) string {
	return fmt.Sprintf("p50 %s, p95 %s, p99 %s", millis(percentile(sorted, 50)), millis(percentile(sorted, 95)), millis(percentile(sorted, 99)))
}

func folderSize(dir string) (n int64) {
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, f := range files {
		if info, err := os.Stat(f); err == nil {
			n += info.Size()
		}
	}
	return n
}
