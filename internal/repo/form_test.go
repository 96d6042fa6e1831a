package repo

import (
	"encoding/json"
	"go/ast"
	"os"
	"os/exec"
	"path"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// Every package says what it is for.
func TestPackageComments(t *testing.T) {
	t.Parallel()
	name, doc := map[string]string{}, map[string]string{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		name[s.folder()] = s.ast.Name.Name
		if s.ast.Doc == nil {
			continue
		}
		if doc[s.folder()] != "" {
			t.Errorf("%s: a second comment on the package", s.name)
		}
		doc[s.folder()] = s.ast.Doc.Text()
	}
	for folder, n := range name {
		switch text := doc[folder]; {
		case text == "":
			t.Errorf("%s: the package has no comment", folder)
		case n != "main" && !strings.HasPrefix(text, "Package "+n+" "):
			t.Errorf("%s: the comment begins otherwise than with Package %s", folder, n)
		}
	}
}

// maxLines is how long a file may be that tells one story; a test tells several.
const (
	maxLines     = 500
	maxTestLines = 700
)

func TestFilesAreShort(t *testing.T) {
	t.Parallel()
	for _, name := range files(t) {
		switch path.Ext(name) {
		case ".go", ".gohtml", ".js", ".mjs", ".css", ".sql":
			most := maxLines
			if strings.HasSuffix(name, "_test.go") {
				most = maxTestLines
			}
			if n := strings.Count(read(t, name), "\n"); n > most {
				t.Errorf("%s: %d lines, more than %d", name, n, most)
			}
		}
	}
}

// A test that sleeps is slow on a fast machine and wrong on a slow one: it
// waits for what happens, or moves an injected clock.
func TestTestsDoNotSleep(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if !s.test && !forTests(s.folder()) || strings.HasSuffix(s.folder(), "/pgserver") {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if call, ok := n.(*ast.SelectorExpr); ok && call.Sel.Name == "Sleep" {
				if pkg, ok := call.X.(*ast.Ident); ok && pkg.Name == "time" && !inSynctest(s) {
					t.Errorf("%s:%d: time.Sleep", s.name, s.line(n))
				}
			}
			return true
		})
	}
}

// inSynctest tells whether the file's time is that of a bubble, in which
// sleeping takes none.
func inSynctest(s *source) bool { return strings.Contains(s.text, `"testing/synctest"`) }

// The repository stands alone: it names no package host and no folder of
// somebody's machine. The words are cut here so that this file passes.
func TestNoHostsAndNoMachines(t *testing.T) {
	t.Parallel()
	banned := regexp.MustCompile(`proxy\.golang|sum\.golang|registry\.npm|npmjs\.(?:org|com)|unpkg\.com|jsdelivr|` +
		`deb\.debian\.org|pypi\.org|(?:^|[\s"'` + "`" + `(=:])/(?:root|work|home/[a-z]+)/`)
	for _, name := range files(t) {
		if name == "internal/repo/form_test.go" || path.Ext(name) == ".png" {
			continue
		}
		for i, line := range strings.Split(read(t, name), "\n") {
			if found := banned.FindString(line); found != "" && !strings.Contains(line, "polis/internal/home/") {
				t.Errorf("%s:%d: names %q", name, i+1, strings.TrimSpace(found))
			}
		}
	}
}

// Marks that somebody will come back are for the issue tracker.
func TestNothingIsLeftForLater(t *testing.T) {
	t.Parallel()
	later := regexp.MustCompile(`\b(?:TODO|FIXME|XXX|HACK)\b`)
	for _, s := range sources(t) {
		if strings.HasPrefix(s.name, "internal/repo/") {
			continue
		}
		for _, group := range s.ast.Comments {
			if later.MatchString(group.Text()) {
				t.Errorf("%s:%d: left for later", s.name, s.line(group))
			}
		}
	}
}

func goMod(t *testing.T) *modfile.File {
	t.Helper()
	f, err := modfile.Parse("go.mod", []byte(read(t, "go.mod")), nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestNoReplace(t *testing.T) {
	t.Parallel()
	for _, r := range goMod(t).Replace {
		t.Errorf("go.mod replaces %s: whoever imports this module would not", r.Old.Path)
	}
}

// modernc.org/sqlite works with exactly the libc it was made with.
func TestLibcIsSQLites(t *testing.T) {
	t.Parallel()
	var m struct{ GoMod string }
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-json", "modernc.org/sqlite").Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &m); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(m.GoMod)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := modfile.Parse(m.GoMod, data, nil)
	if err != nil {
		t.Fatal(err)
	}
	version := func(f *modfile.File) string {
		for _, r := range f.Require {
			if r.Mod.Path == "modernc.org/libc" {
				return r.Mod.Version
			}
		}
		return "none"
	}
	if want, got := version(theirs), version(goMod(t)); got != want {
		t.Errorf("go.mod has modernc.org/libc %s; modernc.org/sqlite asks for %s", got, want)
	}
}
