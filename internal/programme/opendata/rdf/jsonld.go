package rdf

import (
	"encoding/json"
	"io"
)

// WriteJSONLD writes the graph as JSON-LD 1.1, with its context inside: no reader
// has to fetch anything.
func (g *Graph) WriteJSONLD(w io.Writer) error {
	context := map[string]string{}
	for _, p := range g.Prefixes {
		context[p.Name] = p.Base
	}
	nodes := []map[string]any{}
	for _, s := range g.subjects() {
		node := map[string]any{"@id": g.compact(s.address)}
		for _, p := range s.properties {
			if p.address == Type {
				node["@type"] = g.names(p.objects)
				continue
			}
			node[g.compact(p.address)] = g.values(p.objects)
		}
		nodes = append(nodes, node)
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(map[string]any{"@context": context, "@graph": nodes})
}

func (g *Graph) compact(address string) string {
	if short, ok := g.short(address); ok {
		return short
	}
	return address
}

func (g *Graph) names(objects []Term) []string {
	list := make([]string, len(objects))
	for i, o := range objects {
		list[i] = g.compact(o.IRI)
	}
	return list
}

func (g *Graph) values(objects []Term) []any {
	list := make([]any, len(objects))
	for i, o := range objects {
		switch {
		case o.IRI != "":
			list[i] = map[string]string{"@id": g.compact(o.IRI)}
		case o.Lang != "":
			list[i] = map[string]string{"@value": o.Text, "@language": o.Lang}
		case o.Kind != "":
			list[i] = map[string]string{"@value": o.Text, "@type": g.compact(o.Kind)}
		default:
			list[i] = o.Text
		}
	}
	return list
}
