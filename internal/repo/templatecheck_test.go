package repo

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"text/template/parse"
)

// templateSet are parsed templates by name.
type templateSet struct{ trees map[string]*parse.Tree }

func (s *templateSet) with(more *templateSet) *templateSet {
	out := &templateSet{maps.Clone(s.trees)}
	maps.Copy(out.trees, more.trees)
	return out
}

func parseTemplates(t *testing.T, folder, pattern string) *templateSet {
	t.Helper()
	set := &templateSet{map[string]*parse.Tree{}}
	names, err := filepath.Glob(filepath.Join(folder, pattern))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		tree := parse.New(name)
		tree.Mode = parse.SkipFuncCheck
		if _, err := tree.Parse(string(data), "", "", set.trees); err != nil {
			t.Error(err)
		}
	}
	return set
}

// templateCheck walks templates with the type of their dot, as the engine does
// with its value. What it cannot know (nil) it lets pass.
type templateCheck struct {
	say   func(format string, args ...any)
	trees *templateSet
	funcs map[string]types.Type
	seen  map[string]bool // template and type
}

// scope is what names mean at a place of a template.
type scope struct {
	c    *templateCheck
	tree *parse.Tree
	dot  types.Type
	vars map[string]types.Type
}

// template checks a template with a type of dot. from says who asks.
func (c *templateCheck) template(name string, dot types.Type, from string) {
	tree := c.trees.trees[name]
	if tree == nil {
		if name != "main" || from != "layout" && from != "layout-body" { // each page brings its own
			c.say("%s: no template %q", from, name)
		}
		return
	}
	key := name + " "
	if dot != nil {
		key += dot.String()
	}
	if c.seen[key] {
		return
	}
	c.seen[key] = true
	s := &scope{c: c, tree: tree, dot: dot, vars: map[string]types.Type{"$": dot}}
	s.list(tree.Root)
}

func (s *scope) list(l *parse.ListNode) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		s.node(n)
	}
}

// inner is a scope within, with its own dot.
func (s *scope) inner(dot types.Type) *scope {
	return &scope{s.c, s.tree, dot, maps.Clone(s.vars)}
}

func (s *scope) node(n parse.Node) {
	switch n := n.(type) {
	case *parse.ActionNode:
		s.pipe(n.Pipe)
	case *parse.IfNode:
		in := s.inner(s.dot)
		in.pipe(n.Pipe)
		in.list(n.List)
		in.list(n.ElseList)
	case *parse.WithNode:
		in := s.inner(s.dot)
		in.dot = in.pipe(n.Pipe)
		in.list(n.List)
		in.dot = s.dot
		in.list(n.ElseList)
	case *parse.RangeNode:
		in := s.inner(s.dot)
		key, elem := elements(in.pipe(n.Pipe))
		switch decl := n.Pipe.Decl; len(decl) {
		case 1:
			in.vars[decl[0].Ident[0]] = elem
		case 2:
			in.vars[decl[0].Ident[0]], in.vars[decl[1].Ident[0]] = key, elem
		}
		in.dot = elem
		in.list(n.List)
		in.dot = s.dot
		in.list(n.ElseList)
	case *parse.TemplateNode:
		var dot types.Type
		if n.Pipe != nil {
			dot = s.pipe(n.Pipe)
		}
		s.c.template(n.Name, dot, s.tree.Name)
	}
}

// pipe is the type of a pipeline's value.
func (s *scope) pipe(p *parse.PipeNode) (value types.Type) {
	for _, c := range p.Cmds {
		value = s.command(c)
	}
	for _, v := range p.Decl {
		s.vars[v.Ident[0]] = value
	}
	return value
}

func (s *scope) command(c *parse.CommandNode) types.Type {
	args := make([]types.Type, len(c.Args))
	for i, a := range c.Args {
		args[i] = s.value(a)
	}
	f, ok := c.Args[0].(*parse.IdentifierNode)
	if !ok {
		return args[0]
	}
	switch {
	case f.Ident == "index" && len(args) == 3:
		_, elem := elements(args[1])
		return elem
	case f.Ident == "len":
		return types.Typ[types.Int]
	}
	return s.c.funcs[f.Ident]
}

func (s *scope) value(n parse.Node) types.Type {
	switch n := n.(type) {
	case *parse.DotNode:
		return s.dot
	case *parse.FieldNode:
		return s.fields(n, s.dot, n.Ident)
	case *parse.VariableNode:
		return s.fields(n, s.vars[n.Ident[0]], n.Ident[1:])
	case *parse.ChainNode:
		return s.fields(n, s.value(n.Node), n.Field)
	case *parse.PipeNode:
		return s.pipe(n)
	case *parse.StringNode:
		return types.Typ[types.String]
	case *parse.BoolNode:
		return types.Typ[types.Bool]
	}
	return nil
}

func (s *scope) fields(n parse.Node, of types.Type, names []string) types.Type {
	for _, name := range names {
		if of == nil {
			return nil
		}
		var known bool
		if of, known = member(of, name); !known {
			at, context := s.tree.ErrorContext(n)
			s.c.say("%s: %s: no %s", at, context, name)
			return nil
		}
	}
	return of
}

// member is the type of a field, of a method's result or of a map's element.
func member(of types.Type, name string) (types.Type, bool) {
	obj, _, _ := types.LookupFieldOrMethod(of, true, nil, name)
	switch obj := obj.(type) {
	case *types.Var:
		return obj.Type(), obj.Exported()
	case *types.Func:
		return obj.Signature().Results().At(0).Type(), obj.Exported()
	}
	if p, ok := of.Underlying().(*types.Pointer); ok {
		of = p.Elem()
	}
	switch u := of.Underlying().(type) {
	case *types.Map:
		return u.Elem(), true
	case *types.Interface:
		return nil, u.Empty()
	}
	return nil, false
}

// elements are what range gives of a type.
func elements(of types.Type) (key, elem types.Type) {
	if of == nil {
		return nil, nil
	}
	if p, ok := of.Underlying().(*types.Pointer); ok {
		of = p.Elem()
	}
	switch u := of.Underlying().(type) {
	case *types.Slice:
		return types.Typ[types.Int], u.Elem()
	case *types.Array:
		return types.Typ[types.Int], u.Elem()
	case *types.Map:
		return u.Key(), u.Elem()
	}
	return nil, nil
}

// The check finds what it is there for, and only that.
func TestTemplateCheck(t *testing.T) {
	t.Parallel()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "p.go", `package p
		type Head struct{ Title string }
		func (Head) Long() string { return "" }
		type Row struct{ Name string; Tags map[string]string }
		type page struct{ *Head; Rows []Row; Any any }`, 0)
	if err != nil {
		t.Fatal(err)
	}
	pkg, err := new(types.Config).Check("p", fset, []*ast.File{file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	page := pkg.Scope().Lookup("page").Type()
	for text, faults := range map[string]int{
		`{{.Title}} {{.Long}} {{.Head.Title}} {{.Any.What}} {{len .Rows}}`:                               0,
		`{{range .Rows}}{{.Name}} {{.Tags.x}} {{$.Title}}{{else}}{{.Title}}{{end}}`:                      0,
		`{{range $i, $r := .Rows}}{{$r.Name}} {{$r.Nome}}{{end}}`:                                        1,
		`{{.Titel}} {{if .Rows}}{{.Rows.Name}}{{end}}`:                                                   2,
		`{{with index .Rows 0}}{{.Name}} {{.Title}}{{end}}`:                                              1,
		`{{define "row"}}{{.Name}}{{end}}{{range .Rows}}{{template "row" .}}{{end}}{{template "row" .}}`: 1,
		`{{template "gone" .}}`: 1,
	} {
		set := &templateSet{map[string]*parse.Tree{}}
		tree := parse.New("main")
		tree.Mode = parse.SkipFuncCheck
		if _, err := tree.Parse(text, "", "", set.trees); err != nil {
			t.Fatal(err)
		}
		var found []string
		c := &templateCheck{trees: set, seen: map[string]bool{}, say: func(format string, args ...any) {
			found = append(found, fmt.Sprintf(format, args...))
		}}
		c.template("main", page, "test")
		if len(found) != faults {
			t.Errorf("%s: %d faults, want %d: %q", text, len(found), faults, found)
		}
	}
}
