package repo

import (
	"regexp"
	"strings"
	"testing"
)

// Every test that docs/security.md names is there, and every line of its tables
// names one or says in words why there is none.
func TestSecurityNamesTestsThatExist(t *testing.T) {
	t.Parallel()
	have := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	for _, s := range sources(t) {
		if s.test {
			for _, m := range declared.FindAllStringSubmatch(s.text, -1) {
				have[s.name+" "+m[1]] = true
			}
		}
	}
	named, lines := regexp.MustCompile("`([^` ]+_test\\.go Test\\w+)`"), 0
	for line := range strings.SplitSeq(read(t, "docs/security.md"), "\n") {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| ---") || strings.HasPrefix(line, "| what ") {
			continue
		}
		lines++
		tests := named.FindAllStringSubmatch(line, -1)
		for _, m := range tests {
			if !have[m[1]] {
				t.Errorf("docs/security.md names %s, which is not there", m[1])
			}
		}
		if len(tests) == 0 && !strings.Contains(line, "Not met") && !strings.Contains(line, "Does not apply") && !strings.Contains(line, "no test") {
			t.Errorf("docs/security.md proves nothing: %s", line)
		}
	}
	if lines < 30 {
		t.Errorf("docs/security.md has %d lines of proof", lines)
	}
}
