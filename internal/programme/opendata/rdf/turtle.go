package rdf

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// WriteTurtle writes the graph as RDF 1.1 Turtle.
func (g *Graph) WriteTurtle(w io.Writer) error {
	out := bufio.NewWriter(w)
	for _, p := range g.Prefixes {
		fmt.Fprintf(out, "@prefix %s: <%s> .\n", p.Name, p.Base)
	}
	for _, s := range g.subjects() {
		fmt.Fprintf(out, "\n%s\n", g.name(s.address))
		for i, p := range s.properties {
			name := g.name(p.address)
			if p.address == Type {
				name = "a"
			}
			end := " ;"
			if i == len(s.properties)-1 {
				end = " ."
			}
			texts := make([]string, len(p.objects))
			for j, o := range p.objects {
				texts[j] = g.term(o)
			}
			fmt.Fprintf(out, "    %s %s%s\n", name, strings.Join(texts, " , "), end)
		}
	}
	return out.Flush() // keeps the first error
}

// name is an address as Turtle has it.
func (g *Graph) name(address string) string {
	if short, ok := g.short(address); ok {
		return short
	}
	return "<" + address + ">"
}

func (g *Graph) term(t Term) string {
	switch {
	case t.IRI != "":
		return g.name(t.IRI)
	case t.Lang != "":
		return quoted(t.Text) + "@" + t.Lang
	case t.Kind != "":
		return quoted(t.Text) + "^^" + g.name(t.Kind)
	}
	return quoted(t.Text)
}

// quoted is a text between quotes, on one line.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		case r == utf8.RuneError:
			b.WriteString("\uFFFD")
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
