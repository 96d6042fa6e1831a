package app

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Every address that a page has written out, in code or template, is one that
// the program answers: who renames a route finds here who leads to it.
func TestAddressesLeadSomewhere(t *testing.T) {
	mux, found := demonstration(t, slog.DiscardHandler).everyPage(t), 0
	for place, address := range addressesOf(t) {
		found++
		if !answered(mux, address) {
			t.Errorf("%s leads to %s, which is no page", place, address)
		}
	}
	if found < 100 {
		t.Errorf("%d addresses: are all found?", found)
	}
}

func answered(mux *http.ServeMux, address string) bool {
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		if _, pattern := mux.Handler(httptest.NewRequest(method, address, nil)); pattern != "" && pattern != "/" {
			return true
		}
	}
	return false
}

// linked are the addresses in a template: of links, forms and suggestions.
var (
	linked = regexp.MustCompile(`(?:href|action|hx-get|data-locate)="(/[a-z][^"]*)"|"suggest" "(/[a-z][^"]*)"`)
	action = regexp.MustCompile(`\{\{.*?\}\}`)
)

// addressesOf are the addresses that the capabilities have written out, by where
// they stand; what is put in when the page is shown is "x".
func addressesOf(t *testing.T) map[string]string {
	t.Helper()
	list := map[string]string{}
	note := func(file string, line int, address string) {
		address, _, _ = strings.Cut(address, "?")
		address, _, _ = strings.Cut(address, "#")
		if strings.HasSuffix(address, "/") {
			address += "x"
		}
		list[file+":"+strconv.Itoa(line)+" "+address] = address
	}
	for _, room := range []string{"home", "coworking", "feedback", "manage", "installation", "identity", "notify"} {
		err := filepath.WalkDir(filepath.Join("..", room), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			switch name := d.Name(); {
			case strings.HasSuffix(name, ".gohtml"):
				text, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				for i, line := range strings.Split(string(text), "\n") {
					for _, m := range linked.FindAllStringSubmatch(action.ReplaceAllString(line, "x"), -1) {
						note(path, i+1, m[1]+m[2])
					}
				}
			case name == "pages_setup.go" || strings.HasPrefix(name, "api"): // the set-up stands alone, and programs have addresses of their own
			case strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go"):
				files := token.NewFileSet()
				file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
				if err != nil {
					return err
				}
				ast.Inspect(file, func(n ast.Node) bool {
					text, ok := textOf(n)
					if ok && len(text) > 1 && text[0] == '/' && text[1] >= 'a' && text[1] <= 'z' {
						note(path, files.Position(n.Pos()).Line, text)
					}
					return !ok
				})
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return list
}

// textOf is a text of the code, alone or put together of several.
func textOf(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(n.Value)
		return text, n.Kind == token.STRING && err == nil
	case *ast.BinaryExpr:
		if n.Op != token.ADD {
			return "", false
		}
		left, known := textOf(n.X)
		right, alsoKnown := textOf(n.Y)
		if !known {
			left = "x"
		}
		if !alsoKnown {
			right = "x"
		}
		return left + right, known || alsoKnown
	}
	return "", false
}
