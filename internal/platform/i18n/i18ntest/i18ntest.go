// Package i18ntest proves that the words of the program are whole: the same
// keys and variables in both languages, none missing, none unused, and
// written with the typography and the manners of the interface.
package i18ntest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"polis/internal/platform/i18n"
)

// Check reports everything wrong with the words of a bundle that the sources
// use: trees with .go and .gohtml files, tests and testdata left out.
//
// A key is used when it stands in a string of the sources; a string that ends
// with a point ("site.state.") uses every key that begins with it.
func Check(t testing.TB, bundle *i18n.Bundle, sources ...fs.FS) {
	t.Helper()
	for _, problem := range Problems(bundle, sources...) {
		t.Error(problem)
	}
}

// Problems are the faults that Check reports.
func Problems(bundle *i18n.Bundle, sources ...fs.FS) (list []string) {
	say := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	u := uses{strings: map[string]bool{}, keys: map[string]string{}}
	for _, fsys := range sources {
		if err := u.scan(fsys); err != nil {
			say("%v", err)
		}
	}
	it, en := bundle.Words(i18n.IT), bundle.Words(i18n.EN)
	for _, key := range slices.Sorted(maps.Keys(en)) {
		if _, ok := it[key]; !ok {
			say("%s: no Italian", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(it)) {
		m, ok := en[key]
		if !ok {
			say("%s: no English", key)
			continue
		}
		if a, b := variables(it[key].Other), variables(m.Other); !slices.Equal(a, b) {
			say("%s: variables %v in Italian, %v in English", key, a, b)
		}
		if (it[key].One == "") != (m.One == "") {
			say("%s: counts in one language only", key)
		}
		if len(sources) > 0 && !u.uses(key) {
			say("%s: unused", key)
		}
		for _, text := range []string{it[key].One, it[key].Many, it[key].Other, m.One, m.Many, m.Other} {
			if fault := manners(text); fault != "" {
				say("%s: %s: %q", key, fault, text)
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(u.keys)) {
		if !bundle.Has(key) {
			say("%s: missing, used in %s", key, u.keys[key])
		}
	}
	return list
}

var variable = regexp.MustCompile(`\{\{\s*\.(\w+)\s*\}\}`)

func variables(text string) []string {
	var names []string
	for _, m := range variable.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// manners is what is wrong with the way a text is written, if anything.
func manners(text string) string {
	switch {
	case strings.Contains(text, "'"):
		return "straight apostrophe"
	case strings.Contains(text, "!"):
		return "exclamation mark"
	case strings.Contains(text, "..."):
		return "three points for an ellipsis"
	case strings.TrimSpace(text) != text:
		return "space at an end"
	case strings.ContainsAny(text, "<>"):
		return "markup"
	}
	return ""
}

// uses are the strings of the sources.
type uses struct {
	strings map[string]bool
	keys    map[string]string // strings that stand where a message key must, with their place
}

func (u *uses) uses(key string) bool {
	if u.strings[key] {
		return true
	}
	for i := range key {
		if key[i] == '.' && u.strings[key[:i+1]] {
			return true
		}
	}
	return false
}

func (u *uses) scan(fsys fs.FS) error {
	return fs.WalkDir(fsys, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == "testdata" || d.Name() == "node_modules" || d.Name() == "dist" {
				return fs.SkipDir
			}
			return nil
		}
		isGo := strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go")
		isPage := strings.HasSuffix(path, ".gohtml")
		if !isGo && !isPage {
			return nil
		}
		data, err := fs.ReadFile(fsys, path)
		if err != nil {
			return err
		}
		if isPage {
			u.page(path, string(data))
			return nil
		}
		return u.code(path, data)
	})
}

var (
	action  = regexp.MustCompile(`\{\{[^}]*\}\}`)
	quoted  = regexp.MustCompile(`"([^"\n]*)"`)
	printed = regexp.MustCompile(`\bt "([^"\n]*)"`)
)

func (u *uses) page(path, text string) {
	for _, a := range action.FindAllString(text, -1) {
		for _, m := range quoted.FindAllStringSubmatch(a, -1) {
			u.strings[m[1]] = true
		}
		for _, m := range printed.FindAllStringSubmatch(a, -1) {
			u.keys[m[1]] = path
		}
	}
}

// keyArgument is the place of the message key among the arguments of a
// function or method, by its name.
var keyArgument = map[string]int{
	"T": 0, "Says": 0, "Done": 3,
	"String": 1, "Int": 1, "Decimal": 1, "Date": 1, "Time": 1, "Choice": 1, "Bool": 1,
}

func (u *uses) code(path string, data []byte) error {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, data, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.BasicLit:
			if s, ok := text(n); ok {
				u.strings[s] = true
			}
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); ok {
				at, known := keyArgument[f.Sel.Name]
				if pkg, ok := f.X.(*ast.Ident); ok && pkg.Name == "errs" && f.Sel.Name == "New" {
					at, known = 1, true
				}
				if pkg, ok := f.X.(*ast.Ident); ok && pkg.Name == "flag" {
					known = false // arguments of commands
				}
				if known && at < len(n.Args) {
					u.key(files, n.Args[at])
				}
			}
		case *ast.KeyValueExpr:
			if name, ok := n.Key.(*ast.Ident); ok && name.Name == "Key" {
				u.key(files, n.Value)
			}
		}
		return true
	})
	return nil
}

func (u *uses) key(files *token.FileSet, e ast.Expr) {
	if s, ok := text(e); ok && strings.Contains(s, ".") && !strings.HasSuffix(s, ".") && !strings.ContainsAny(s, " /") {
		u.keys[s] = files.Position(e.Pos()).String()
	}
}

func text(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}
