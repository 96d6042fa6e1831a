// Package rdf writes a list of triples as Turtle and as JSON-LD. Both say the
// same, triple by triple. Every thing has an address: there are no blank nodes, so
// that two readings are compared as sets.
package rdf

import (
	"fmt"
	"slices"
	"strings"
)

// Type is the property that says what a thing is.
const Type = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

// Date is the datatype of "2026-03-02".
const Date = "http://www.w3.org/2001/XMLSchema#date"

// Decimal is the datatype of "1024".
const Decimal = "http://www.w3.org/2001/XMLSchema#decimal"

// Term is what a triple says of its subject: an address, or a text in a
// language, of a datatype, or neither.
type Term struct {
	IRI        string
	Text       string
	Lang, Kind string // of Text; at most one of them
}

// IRI is a thing by its address.
func IRI(address string) Term { return Term{IRI: Address(address)} }

// Text is a text in a language, "" where it has none.
func Text(text, lang string) Term { return Term{Text: text, Lang: lang} }

// Value is a text of a datatype.
func Value(text, kind string) Term { return Term{Text: text, Kind: kind} }

// Triple is one statement.
type Triple struct {
	Subject, Property string // addresses
	Object            Term
}

// Prefix is a short name for the beginning of addresses; Base ends with # or /.
type Prefix struct{ Name, Base string }

// Graph is a list of statements. Those of one subject are written together, in
// the order in which they were added.
type Graph struct {
	Prefixes []Prefix
	Triples  []Triple
}

// Add says one thing of a subject, once for each object.
func (g *Graph) Add(subject, property string, objects ...Term) {
	for _, o := range objects {
		g.Triples = append(g.Triples, Triple{Address(subject), g.full(property), o})
	}
}

// full is the address of a name such as "dct:title".
func (g *Graph) full(name string) string {
	if prefix, local, ok := strings.Cut(name, ":"); ok {
		for _, p := range g.Prefixes {
			if p.Name == prefix {
				return p.Base + local
			}
		}
	}
	return name
}

// Named is a thing by a name with a prefix, such as "dcat:Dataset".
func (g *Graph) Named(name string) Term { return IRI(g.full(name)) }

// short is an address by its prefix, where the rest is a plain word.
func (g *Graph) short(address string) (string, bool) {
	for _, p := range g.Prefixes {
		if local, ok := strings.CutPrefix(address, p.Base); ok && word(local) {
			return p.Name + ":" + local, true
		}
	}
	return "", false
}

// word tells whether a name needs no escapes in Turtle: a letter, then letters,
// digits, _ and -.
func word(s string) bool {
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r != '_' && r != '-' && (r < '0' || r > '9')) {
			return false
		}
	}
	return s != ""
}

// Address is a text with all that may not stand in an address percent-encoded,
// as RFC 3987 has it; what is encoded already stays.
func Address(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c == 0x7f || strings.IndexByte("<>\"{}|^`\\", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return strings.ToValidUTF8(b.String(), "%EF%BF%BD")
}

// subject is one thing with all that is said of it, property by property.
type subject struct {
	address    string
	properties []property
}

type property struct {
	address string
	objects []Term
}

// subjects puts together what is said of each thing.
func (g *Graph) subjects() []subject {
	var list []subject
	at := map[string]int{}
	for _, t := range g.Triples {
		i, ok := at[t.Subject]
		if !ok {
			i = len(list)
			at[t.Subject], list = i, append(list, subject{address: t.Subject})
		}
		list[i].add(t.Property, t.Object)
	}
	return list
}

func (s *subject) add(name string, o Term) {
	for i := range s.properties {
		if p := &s.properties[i]; p.address == name {
			if !slices.Contains(p.objects, o) { // a set has each once
				p.objects = append(p.objects, o)
			}
			return
		}
	}
	s.properties = append(s.properties, property{name, []Term{o}})
}
