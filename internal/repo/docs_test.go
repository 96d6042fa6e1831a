package repo

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"polis/internal/app"
	"polis/internal/manage/lists"
)

// help is what a command says with --help.
func help(t *testing.T, command ...string) string {
	t.Helper()
	var out bytes.Buffer
	code := app.Run(t.Context(), app.Process{
		Args: append(command, "--help"), Stdin: strings.NewReader(""), Stdout: &out, Stderr: io.Discard,
	})
	if code != 0 {
		t.Fatalf("polis %s --help: exit %d", strings.Join(command, " "), code)
	}
	return out.String()
}

var (
	commandLine = regexp.MustCompile(`(?m)^  ([a-z]+(?: [a-z]+)*)(?:  +.*|)$`)
	flagLine    = regexp.MustCompile(`(?m)^ +(?:-\w, +)?(--[a-z-]+)`)
)

// docs/operations.md tells of every command and every flag, the variables of
// the environment among them by their rule, and of every number at /metrics.
func TestOperationsTellOfEverything(t *testing.T) {
	t.Parallel()
	text := read(t, "docs/operations.md")
	_, list, ok := strings.Cut(help(t), "Commands:\n")
	if !ok {
		t.Fatal("polis --help lists no commands")
	}
	commands := commandLine.FindAllStringSubmatch(list, -1)
	if len(commands) < 10 {
		t.Fatalf("only %d commands found in:\n%s", len(commands), list)
	}
	for _, c := range commands {
		if !strings.Contains(text, "`polis "+c[1]) {
			t.Errorf("docs/operations.md does not tell of polis %s", c[1])
		}
		for _, f := range flagLine.FindAllStringSubmatch(help(t, strings.Fields(c[1])...), -1) {
			if !strings.Contains(text, "`"+f[1]) {
				t.Errorf("docs/operations.md does not tell of %s (polis %s)", f[1], c[1])
			}
		}
	}
	metric := regexp.MustCompile(`"(polis_[a-z_]+)", Help:`)
	for _, s := range sources(t) {
		for _, m := range metric.FindAllStringSubmatch(s.text, -1) {
			if !s.test && !strings.Contains(text, m[1]) {
				t.Errorf("docs/operations.md does not tell of the metric %s", m[1])
			}
		}
	}
}

// docs/ARCHITECTURE.md shows every folder under internal, and every flow
// between capabilities.
func TestArchitectureShowsEveryFolder(t *testing.T) {
	t.Parallel()
	text := read(t, "docs/ARCHITECTURE.md")
	var seen []string
	for _, s := range sources(t) {
		folder, ok := strings.CutPrefix(s.folder(), "internal/")
		if !ok || slices.Contains(seen, folder) {
			continue
		}
		seen = append(seen, folder)
		name, rest, deep := strings.Cut(folder, "/")
		if deep && name == "platform" && !strings.Contains(rest, "/") {
			name = rest
		} else if deep {
			continue
		}
		if !strings.Contains(text, name+"/") && !strings.Contains(text, "`"+name+"`") {
			t.Errorf("docs/ARCHITECTURE.md does not show %s", folder)
		}
	}
	for _, name := range files(t) {
		if path.Dir(name) == "internal/app" && strings.HasPrefix(path.Base(name), "flow_") && !strings.Contains(text, path.Base(name)) {
			t.Errorf("docs/ARCHITECTURE.md does not list the flow %s", name)
		}
	}
}

// docs/import.md names every column of the lists, and of that of municipalities.
func TestImportTellsOfEveryColumn(t *testing.T) {
	t.Parallel()
	text := read(t, "docs/import.md")
	header, _, _ := strings.Cut(read(t, "internal/territory/municipalities.csv"), "\n")
	for column := range strings.SplitSeq(strings.TrimSpace(header), ",") {
		if !strings.Contains(text, "`"+column+"`") {
			t.Errorf("docs/import.md does not tell of the column %s", column)
		}
	}
	for _, l := range lists.Lists {
		for _, c := range l.Columns() {
			if !strings.Contains(text, "`"+c.Name+"`") {
				t.Errorf("docs/import.md does not tell of the column %s of %s", c.Name, l)
			}
		}
	}
}

// Every command of make that a document names is there.
func TestMakeHasWhatDocumentsName(t *testing.T) {
	t.Parallel()
	makefile := read(t, "Makefile")
	named := regexp.MustCompile("`make ([a-z-]+)")
	for _, name := range files(t) {
		if path.Ext(name) != ".md" {
			continue
		}
		for _, m := range named.FindAllStringSubmatch(read(t, name), -1) {
			if !strings.Contains(makefile, "\n"+m[1]+":") {
				t.Errorf("%s names make %s", name, m[1])
			}
		}
	}
}

// Links between documents lead somewhere.
func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)#]+)(?:#[^)]*)?\)`)
	for _, name := range files(t) {
		if path.Ext(name) != ".md" || name == "THIRD_PARTY.md" {
			continue
		}
		for _, m := range link.FindAllStringSubmatch(read(t, name), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			if _, err := os.Stat(filepath.Join(root, path.Dir(name), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", name, m[1])
			}
		}
	}
}

// Decisions are numbered from 1 without a gap or a number twice, and their index
// lists each.
func TestDecisionsAreNumbered(t *testing.T) {
	t.Parallel()
	index := read(t, "docs/adr/README.md")
	next := 1
	for _, name := range files(t) {
		base := path.Base(name)
		if path.Dir(name) != "docs/adr" || base == "README.md" {
			continue
		}
		if want := regexp.MustCompile(`^\d{4}-[a-z0-9-]+\.md$`); !want.MatchString(base) {
			t.Errorf("%s: not NNNN-words.md", name)
		}
		if want := fmt.Sprintf("%04d-", next); !strings.HasPrefix(base, want) {
			t.Errorf("%s: its number should be %s", name, want[:4])
		}
		next++
		if !strings.Contains(index, "("+base+")") {
			t.Errorf("docs/adr/README.md does not list %s", base)
		}
	}
}
