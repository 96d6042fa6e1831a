package repo

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
)

// Every page's template fits its struct: each field and method that it names is
// there, in every branch, also those that no test has walked.
func TestTemplatesFitTheirPages(t *testing.T) {
	t.Parallel()
	fset := token.NewFileSet()
	pkgs, err := packages.Load(&packages.Config{
		Context: t.Context(), Dir: root, Fset: fset,
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports | packages.NeedExportFile,
	}, "./internal/...")
	if err != nil {
		t.Fatal(err)
	}
	var ground *packages.Package
	for _, p := range pkgs {
		if p.PkgPath == "polis/internal/platform/web" {
			ground = p
		}
	}
	base := parseTemplates(t, filepath.Join(root, "internal/platform/web/templates"), "*.gohtml")
	funcs := functionsOf(ground)
	if len(funcs) < 10 {
		t.Fatalf("only %d functions of the templates found in platform/web", len(funcs))
	}
	checker := func(set *templateSet) *templateCheck {
		return &templateCheck{say: t.Errorf, trees: set, funcs: funcs, seen: map[string]bool{}}
	}
	checker(base).template("layout", ground.Types.Scope().Lookup("layout").Type(), "platform/web")
	checker(base).template("error-page", ground.Types.Scope().Lookup("errorPage").Type(), "platform/web")
	for _, p := range pkgs {
		if len(p.GoFiles) == 0 {
			continue
		}
		folder := filepath.Join(filepath.Dir(p.GoFiles[0]), "pages")
		names, err := filepath.Glob(filepath.Join(folder, "[^_]*.gohtml"))
		if err != nil {
			t.Fatal(err)
		}
		if len(names) == 0 {
			continue
		}
		for _, e := range p.Errors {
			t.Error(e)
		}
		set := path.Base(p.PkgPath)
		shared := base.with(parseTemplates(t, folder, "_*.gohtml"))
		structs := pageStructs(p)
		for _, file := range names {
			name := strings.TrimSuffix(filepath.Base(file), ".gohtml")
			of := structs[set+"/"+name]
			if of == nil {
				of = structs[set+"/"] // one struct for several plain pages
			}
			if of == nil {
				t.Errorf("%s: no page struct returns %q as its Template", file, set+"/"+name)
				continue
			}
			checker(shared.with(parseTemplates(t, folder, name+".gohtml"))).template("main", of, set+"/"+name)
		}
	}
}

// Every set of pages is taken by the renderer: it parses, with the functions
// that there are, in both languages.
func TestTemplatesParse(t *testing.T) {
	t.Parallel()
	ui, err := web.New(i18n.NewBundle(), web.Config{})
	if err != nil {
		t.Fatal(err)
	}
	var sets []string
	for _, name := range files(t) {
		folder := path.Dir(name)
		if path.Ext(name) == ".gohtml" && path.Base(folder) == "pages" && !slices.Contains(sets, folder) {
			sets = append(sets, folder)
			if err := ui.Add(path.Base(path.Dir(folder)), os.DirFS(filepath.Join(root, folder))); err != nil {
				t.Error(err)
			}
		}
	}
	if len(sets) == 0 {
		t.Error("no pages found")
	}
}

// pageStructs are the types with a method Template, by the name it returns; by
// its beginning where the rest is computed.
func pageStructs(p *packages.Package) map[string]types.Type {
	out := map[string]types.Type{}
	for _, file := range p.Syntax {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil || f.Name.Name != "Template" || len(f.Body.List) != 1 {
				continue
			}
			ret, ok := f.Body.List[0].(*ast.ReturnStmt)
			if !ok || len(ret.Results) != 1 {
				continue
			}
			value := ret.Results[0]
			if sum, ok := value.(*ast.BinaryExpr); ok {
				value = sum.X
			}
			if v := p.TypesInfo.Types[value].Value; v != nil && v.Kind() == constant.String {
				out[constant.StringVal(v)] = p.TypesInfo.TypeOf(f.Recv.List[0].Type)
			}
		}
	}
	return out
}

// functionsOf are the functions of the templates, with what they return, read
// from the map literals of type template.FuncMap in platform/web.
func functionsOf(p *packages.Package) map[string]types.Type {
	out := map[string]types.Type{}
	for _, file := range p.Syntax {
		ast.Inspect(file, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok || !strings.HasSuffix(types.TypeString(p.TypesInfo.TypeOf(lit), nil), "template.FuncMap") {
				return true
			}
			for _, e := range lit.Elts {
				pair := e.(*ast.KeyValueExpr)
				name, err := strconv.Unquote(pair.Key.(*ast.BasicLit).Value)
				sig, ok := p.TypesInfo.TypeOf(pair.Value).Underlying().(*types.Signature)
				if err == nil && ok && sig.Results().Len() > 0 {
					out[name] = sig.Results().At(0).Type()
				}
			}
			return false
		})
	}
	return out
}
