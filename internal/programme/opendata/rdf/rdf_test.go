package rdf_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"polis/internal/programme/opendata/rdf"
	"polis/internal/programme/opendata/rdf/rdftest"
)

func graph() *rdf.Graph {
	return &rdf.Graph{Prefixes: []rdf.Prefix{
		{Name: "dct", Base: "http://purl.org/dc/terms/"},
		{Name: "dcat", Base: "http://www.w3.org/ns/dcat#"},
		{Name: "xsd", Base: "http://www.w3.org/2001/XMLSchema#"},
	}}
}

// two readings of one graph by readers that are not ours.
func read(t *testing.T, g *rdf.Graph) (turtle, jsonld []string) {
	t.Helper()
	var ttl, ld bytes.Buffer
	if err := g.WriteTurtle(&ttl); err != nil {
		t.Fatal(err)
	}
	if err := g.WriteJSONLD(&ld); err != nil {
		t.Fatal(err)
	}
	return rdftest.Turtle(t, ttl.Bytes()), rdftest.JSONLD(t, ld.Bytes())
}

func TestBothFormsSayTheSame(t *testing.T) {
	t.Parallel()
	g := graph()
	g.Add("https://example.it/a b", rdf.Type, g.Named("dcat:Dataset"))
	g.Add("https://example.it/a b", "dct:title", rdf.Text("Le \"scadenze\" \\ è così\n\tpoi\r\u0001", "it"), rdf.Text("Deadlines 🏛", "en"))
	g.Add("https://example.it/a b", "dct:modified", rdf.Value("2026-03-02", rdf.Date))
	g.Add("https://example.it/a b", "dct:source", rdf.IRI("https://example.it/x?q=<1>&y=`"), rdf.IRI("http://www.w3.org/ns/dcat#9"), g.Named("dct:format"))
	g.Add("https://example.it/a b", "dct:identifier", rdf.Text("dct:format", ""), rdf.Text("https://example.it/", ""), rdf.Text("", ""))
	g.Add("https://example.it/a b", "dct:identifier", rdf.Text("dct:format", "")) // said twice
	g.Add("mailto:a+b@example.it", "dct:title", rdf.Text("x", ""))
	turtle, jsonld := read(t, g)
	if diff := cmp.Diff(turtle, jsonld); diff != "" {
		t.Error(diff)
	}
	if len(turtle) != 11 {
		t.Errorf("%d triples: %s", len(turtle), strings.Join(turtle, "\n"))
	}
	for _, want := range []string{
		`<https://example.it/a%20b> <http://purl.org/dc/terms/modified> "2026-03-02"^^<http://www.w3.org/2001/XMLSchema#date> .`,
		`<https://example.it/a%20b> <http://purl.org/dc/terms/source> <https://example.it/x?q=%3C1%3E&y=%60> .`,
		`<https://example.it/a%20b> <http://purl.org/dc/terms/source> <http://www.w3.org/ns/dcat#9> .`,
		`<https://example.it/a%20b> <http://purl.org/dc/terms/title> "Deadlines 🏛"@en .`,
	} {
		if !slices.Contains(turtle, want) {
			t.Errorf("missing: %s\nof %s", want, strings.Join(turtle, "\n"))
		}
	}
}

// Whatever the texts, both forms are read as the same list of what was said.
func TestAnyTextIsReadBack(t *testing.T) {
	t.Parallel()
	g := graph()
	var want []string
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.ReplaceAll(rapid.String().Draw(t, "text"), "\x00", "") // no reader of lines would take it
	})
	for i := range 300 { // one reading of all: a reader is a process
		s := text.Example(i)
		g.Add("https://example.it/s", "dct:description", rdf.Text(s, "it"))
		if s = strings.ToValidUTF8(s, "\uFFFD"); !slices.Contains(want, s) {
			want = append(want, s)
		}
	}
	turtle, jsonld := read(t, g)
	if diff := cmp.Diff(turtle, jsonld); diff != "" {
		t.Error(diff)
	}
	if len(turtle) != len(want) {
		t.Errorf("%d texts were written, %d read", len(want), len(turtle))
	}
}

func FuzzAddress(f *testing.F) {
	for _, s := range []string{"https://example.it/è?a=1#b", "<>", "a b", "\xff", "%41"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a := rdf.Address(s)
		if rdf.Address(a) != a || !utf8.ValidString(a) || strings.ContainsAny(a, "<>\"{}|^`\\ \n\t") {
			t.Fatalf("%q became %q", s, a)
		}
		if _, err := json.Marshal(a); err != nil {
			t.Fatal(err)
		}
	})
}
