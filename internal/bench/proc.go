package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of CPU times in /proc.
const tick = 10 * time.Millisecond

// cpuOf is the CPU time, user and system, that a process and the children it
// has waited for have taken; 0 where there is no /proc.
func cpuOf(pid int) time.Duration {
	fields := stat(pid)
	if fields == nil {
		return 0
	}
	var sum int64
	for _, f := range fields[11:15] { // utime, stime, cutime, cstime
		n, _ := strconv.ParseInt(f, 10, 64)
		sum += n
	}
	return time.Duration(sum) * tick
}

// cpuOfFamily is that of a process and its present children.
func cpuOfFamily(pid int) time.Duration {
	sum := cpuOf(pid)
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, d := range dirs {
		child, _ := strconv.Atoi(filepath.Base(d))
		if f := stat(child); f != nil && f[1] == strconv.Itoa(pid) {
			sum += cpuOf(child)
		}
	}
	return sum
}

// stat are the fields of /proc/PID/stat behind the name, from the state on.
func stat(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	if f := strings.Fields(rest); len(f) > 15 {
		return f
	}
	return nil
}

// residentBytes is the memory of a process; 0 where there is no /proc.
func residentBytes(pid int) int64 {
	return kilobytes(fmt.Sprintf("/proc/%d/status", pid), "VmRSS") << 10
}

// kilobytes reads a line "name: N kB" of a file; 0 if there is none.
func kilobytes(path, name string) int64 {
	n, _ := strconv.ParseInt(strings.TrimSuffix(lineOf(path, name), " kB"), 10, 64)
	return n
}

// lineOf is what follows "name:" in a file.
func lineOf(path, name string) string {
	text, _ := os.ReadFile(path)
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
