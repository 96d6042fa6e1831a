package repo

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// root is the root of the repository.
const root = "../.."

// files lists the files of the repository that people write, by slash path
// from the root; without what is built, fetched or generated.
func files(t *testing.T) (list []string) {
	t.Helper()
	skip := []string{".git", "bin", "data", ".cache", "web/node_modules", "internal/platform/web/dist"}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if d.IsDir() {
			if slices.Contains(skip, name) || path.Base(name) == "rapid" {
				return filepath.SkipDir
			}
			return nil
		}
		if name != ".git" { // a file in a second checkout
			list = append(list, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// source is a parsed Go file.
type source struct {
	name string // from the root
	text string
	test bool
	ast  *ast.File
	pos  *token.FileSet
}

func (s *source) folder() string { return path.Dir(s.name) }

// at is where a node stands, for people.
func (s *source) line(n ast.Node) int { return s.pos.Position(n.Pos()).Line }

// sources parses the Go files of the program; those of tools are not ours.
func sources(t *testing.T) (list []*source) {
	t.Helper()
	for _, name := range files(t) {
		if !strings.HasSuffix(name, ".go") || strings.HasPrefix(name, "tools/") {
			continue
		}
		s := &source{name: name, text: read(t, name), test: strings.HasSuffix(name, "_test.go"), pos: token.NewFileSet()}
		var err error
		if s.ast, err = parser.ParseFile(s.pos, name, s.text, parser.ParseComments|parser.SkipObjectResolution); err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	return list
}
