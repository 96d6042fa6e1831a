package repo

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// layer is one storey of the house. A folder may use its own storey's lower
// neighbours (see apart) and every storey below.
type layer struct {
	name    string
	folders []string // from internal/; each with all that is under it
	apart   bool     // its folders do not use each other; else each uses those named before it
}

// layers from the ground up: docs/ARCHITECTURE.md shows them as a map.
var layers = []layer{
	{"kernel", []string{"sheet", "agenda", "territory", "fiscal", "money"}, false},
	{"platform", []string{"platform"}, false},
	{"shared services", []string{"journal", "identity", "register", "installation", "site", "reserve", "pass", "record", "notify", "payment"}, false},
	{"capabilities", []string{"home", "coworking", "feedback", "manage", "counter", "facility", "programme"}, true},
	{"stand-ins for outside parties", []string{"simulate"}, false},
	{"demonstration and care", []string{"demo", "bench", "doctor"}, true},
	{"app", []string{"app"}, false},
	{"proofs", []string{"repo"}, false},
}

// place finds the storey of a folder and its place in it.
func place(folder string) (storey, position int, found bool) {
	for i, l := range layers {
		for j, f := range l.folders {
			if folder == f || strings.HasPrefix(folder, f+"/") {
				return i, j, true
			}
		}
	}
	return 0, 0, false
}

// mayUse tells whether one folder may import another, both from internal/.
func mayUse(from, to string) bool {
	if to == "schema" {
		return from == "platform/db/dbtest" || from == "app" || from == "bench" || from == "doctor" || from == "repo"
	}
	i, a, ok := place(from)
	j, b, known := place(to)
	switch {
	case !ok || !known:
		return false
	case i != j:
		return i > j
	case a == b: // one folder with all that is under it
		return true
	}
	return !layers[i].apart && a > b
}

// Arrows between folders run one way. Tests are outsiders and may use all.
func TestArrows(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		folder, inside := strings.CutPrefix(s.folder(), "internal/")
		if s.test || !inside {
			continue
		}
		if _, _, ok := place(folder); !ok && folder != "schema" {
			t.Errorf("%s: the folder %s has no storey; give it one in internal/repo/arrows_test.go and docs/ARCHITECTURE.md", s.name, folder)
			continue
		}
		for _, spec := range s.ast.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			to, ours := strings.CutPrefix(imported, "polis/internal/")
			if ours && !mayUse(folder, to) {
				t.Errorf("%s:%d: %s may not use %s", s.name, s.line(spec), folder, to)
			}
		}
	}
}

// A stand-in is an outside party: it knows protocols, and nothing of what we make
// of them.
func TestStandInsKnowNothingOfUs(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		folder, inside := strings.CutPrefix(s.folder(), "internal/simulate/")
		if s.test || !inside {
			continue
		}
		for _, spec := range s.ast.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			to, ours := strings.CutPrefix(imported, "polis/internal/")
			if storey, _, _ := place(to); ours && storey > 1 && !strings.HasPrefix(to, "simulate/") {
				t.Errorf("%s: the stand-in %s may not use %s", s.name, folder, to)
			}
		}
	}
}

// outside are packages through which a program touches the world.
var outside = []string{"os", "os/exec", "net", "net/http", "database/sql", "context", "log/slog", "math/rand", "math/rand/v2", "crypto/rand"}

// The kernel is pure: what it says depends on what it is given.
func TestKernelIsPure(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		folder, inside := strings.CutPrefix(s.folder(), "internal/")
		if storey, _, ok := place(folder); s.test || !inside || !ok || storey != 0 || s.ast.Name.Name == "main" {
			continue
		}
		for _, spec := range s.ast.Imports {
			if name, _ := strconv.Unquote(spec.Path.Value); slices.Contains(outside, name) {
				t.Errorf("%s:%d: the kernel does not use %s", s.name, s.line(spec), name)
			}
		}
	}
}

// Packages that serve tests are not in the program.
func TestProgramHasNoTestPackages(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.test || forTests(s.folder()) {
			continue
		}
		for _, spec := range s.ast.Imports {
			name, _ := strconv.Unquote(spec.Path.Value)
			if name == "testing" || forTests(name) && !(s.folder() == "internal/bench" && strings.HasSuffix(name, "/pgserver")) {
				t.Errorf("%s:%d: %s is for tests", s.name, s.line(spec), name)
			}
		}
	}
}

// forTests tells whether a folder serves tests alone.
func forTests(folder string) bool {
	for part := range strings.SplitSeq(folder, "/") {
		if strings.HasSuffix(part, "test") || part == "pgserver" || part == "e2e" {
			return true
		}
	}
	return false
}

// Packages outside of platform/db speak to the database through it alone, so
// that every statement is registered and proved.
func TestOneWayToTheDatabase(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.test || strings.HasPrefix(s.name, "internal/platform/db/") {
			continue
		}
		for _, call := range []string{".ExecContext(", ".QueryContext(", ".QueryRowContext(", "sql.Open(", "pgx.Connect("} {
			if strings.Contains(s.text, call) && s.folder() != "internal/bench" {
				t.Errorf("%s: %s…) goes past platform/db", s.name, call)
			}
		}
	}
}

func TestMayUse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to string
		may      bool
	}{
		{"app", "coworking", true},
		{"coworking", "reserve", true},
		{"coworking", "home", false},
		{"reserve", "coworking", false},
		{"reserve", "journal", true},
		{"journal", "reserve", false},
		{"platform/web", "platform/i18n", true},
		{"platform/web", "site", false},
		{"agenda", "platform/errs", false},
		{"fiscal", "territory", true},
		{"site", "schema", false},
		{"simulate/idp", "platform/web", true},
		{"demo", "simulate/idp", true},
		{"identity", "simulate/idp", false},
		{"nowhere", "agenda", false},
	} {
		if got := mayUse(c.from, c.to); got != c.may {
			t.Errorf("mayUse(%s, %s) = %v", c.from, c.to, got)
		}
	}
}
