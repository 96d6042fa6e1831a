// Package webtest reads pages in tests: as a tree, never by substrings, with
// the checks that hold for every page.
package webtest

import (
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// Node is an element of a page.
type Node struct {
	Tag    string
	Attr   map[string]string
	Kids   []*Node
	Parent *Node
	text   strings.Builder
}

// Parse reads a page as our templates write it: every element closed but the
// void ones. What a browser would have to mend is an error.
func Parse(page string) (*Node, error) {
	dec := xml.NewDecoder(strings.NewReader(page))
	dec.Strict = false
	dec.AutoClose = xml.HTMLAutoClose
	dec.Entity = xml.HTMLEntity
	root := &Node{Tag: "#root"}
	at := root
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			if at != root {
				return nil, fmt.Errorf("<%s> is not closed", at.Tag)
			}
			return root, nil
		}
		if err != nil {
			return nil, err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			n := &Node{Tag: tok.Name.Local, Attr: map[string]string{}, Parent: at}
			for _, a := range tok.Attr {
				if _, twice := n.Attr[a.Name.Local]; twice {
					return nil, fmt.Errorf("<%s> has %s twice", n.Tag, a.Name.Local)
				}
				n.Attr[a.Name.Local] = a.Value
			}
			at.Kids = append(at.Kids, n)
			at = n
		case xml.EndElement:
			if at.Tag != tok.Name.Local {
				return nil, fmt.Errorf("</%s> closes <%s>", tok.Name.Local, at.Tag)
			}
			at = at.Parent
		case xml.CharData:
			for n := at; n != nil; n = n.Parent {
				n.text.Write(tok)
			}
		}
	}
}

// Text is all the text inside, spaces folded.
func (n *Node) Text() string { return strings.Join(strings.Fields(n.text.String()), " ") }

// Raw is all the text inside, spaces as they are.
func (n *Node) Raw() string { return n.text.String() }

// All finds the elements inside by a small selector: "tag", ".class", "#id",
// "[attr]", "[attr=value]" or several of them together, as in "a.btn[href=/]".
func (n *Node) All(selector string) []*Node {
	want := parts(selector)
	var found []*Node
	var walk func(*Node)
	walk = func(n *Node) {
		for _, k := range n.Kids {
			if k.matches(want) {
				found = append(found, k)
			}
			walk(k)
		}
	}
	walk(n)
	return found
}

// One finds the only element of a selector; another number ends the test.
func (n *Node) One(t testing.TB, selector string) *Node {
	t.Helper()
	found := n.All(selector)
	if len(found) != 1 {
		t.Fatalf("%d elements match %q, want 1", len(found), selector)
	}
	return found[0]
}

// Has tells whether an element carries a class.
func (n *Node) Has(class string) bool { return slices.Contains(strings.Fields(n.Attr["class"]), class) }

func parts(selector string) (list []string) {
	start, inside := 0, false
	for i, c := range selector {
		switch {
		case c == '[':
			inside = true
		case c == ']':
			inside = false
			continue
		case inside || c != '.' && c != '#':
			continue
		}
		if i > start {
			list = append(list, selector[start:i])
		}
		start = i
	}
	return append(list, selector[start:])
}

func (n *Node) matches(want []string) bool {
	for _, p := range want {
		ok := false
		switch p[0] {
		case '.':
			ok = n.Has(p[1:])
		case '#':
			ok = n.Attr["id"] == p[1:]
		case '[':
			name, value, valued := strings.Cut(strings.Trim(p, "[]"), "=")
			got, has := n.Attr[name]
			ok = has && (!valued || got == value)
		default:
			ok = n.Tag == p
		}
		if !ok {
			return false
		}
	}
	return true
}

// Fields are what a form sends as it stands, its buttons left alone; changes are
// pairs of a name and a value.
func Fields(form *Node, changes ...string) url.Values {
	body := url.Values{}
	for _, in := range append(form.All("input"), form.All("textarea")...) {
		_, checked := in.Attr["checked"]
		kind, value := in.Attr["type"], in.Attr["value"]
		if (kind == "checkbox" || kind == "radio") && !checked {
			continue
		}
		if in.Tag == "textarea" {
			value = in.Raw()
		}
		body.Add(in.Attr["name"], value)
	}
	for i := 0; i+1 < len(changes); i += 2 {
		body.Set(changes[i], changes[i+1])
	}
	return body
}

// Page reads a page and reports everything that no page may have: inline
// style or script, ids twice, labels and descriptions that lead nowhere,
// fields, links and buttons without a name, no single h1, no language.
func Page(t testing.TB, html string) *Node {
	t.Helper()
	root, err := Parse(html)
	if err != nil {
		t.Fatalf("page does not parse: %v\n%s", err, html)
	}
	for _, problem := range Problems(root) {
		t.Error(problem)
	}
	return root
}

// Problems are the faults of a whole page that Page reports.
func Problems(root *Node) (list []string) {
	say := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	ids := map[string]bool{}
	for _, n := range root.All("[id]") {
		if id := n.Attr["id"]; ids[id] || id == "" {
			say("id %q comes twice or is empty", id)
		} else {
			ids[id] = true
		}
	}
	labelled, inLabel := map[string]bool{}, map[*Node]bool{}
	for _, l := range root.All("label") {
		var held []*Node
		for _, tag := range []string{"input", "select", "textarea"} {
			held = append(held, l.All(tag)...)
		}
		if len(held) == 1 && l.Attr["for"] == "" {
			inLabel[held[0]] = l.Text() != ""
			continue
		}
		if !ids[l.Attr["for"]] || l.Text() == "" {
			say("label %q is for no field", l.Text())
		}
		labelled[l.Attr["for"]] = true
	}
	var walk func(*Node)
	walk = func(n *Node) {
		for name, value := range n.Attr {
			switch {
			case name == "style" || strings.HasPrefix(name, "on"):
				say("<%s> has inline %s", n.Tag, name)
			case name == "aria-describedby" || name == "aria-labelledby" || name == "list":
				for id := range strings.FieldsSeq(value) {
					if !ids[id] {
						say("<%s> %s leads to no element %q", n.Tag, name, id)
					}
				}
			case name == "href" && n.Tag == "a" && len(value) > 1 && value[0] == '#' && !ids[value[1:]]:
				say("link %q leads to no element", value)
			}
		}
		switch n.Tag {
		case "style":
			say("inline <style>")
		case "script":
			if n.Attr["src"] == "" {
				say("inline <script>")
			}
		case "input", "select", "textarea":
			if n.Attr["type"] != "hidden" && !labelled[n.Attr["id"]] && !inLabel[n] && n.Attr["aria-label"] == "" && (n.Attr["type"] != "image" || n.Attr["alt"] == "") {
				say("field %q has no label", n.Attr["name"])
			}
		case "a", "button":
			if n.Text() == "" && n.Attr["aria-label"] == "" {
				say("<%s href=%q> has no name", n.Tag, n.Attr["href"])
			}
		case "img":
			if _, ok := n.Attr["alt"]; !ok {
				say("image %q has no alt", n.Attr["src"])
			}
		case "table":
			if len(n.All("caption")) != 1 {
				say("table without caption")
			}
		case "fieldset":
			if len(n.All("legend")) != 1 {
				say("fieldset without legend")
			}
		}
		for _, k := range n.Kids {
			walk(k)
		}
	}
	walk(root)
	if html := root.All("html"); len(html) != 1 || html[0].Attr["lang"] == "" {
		say("page without language")
	}
	if n := len(root.All("h1")); n != 1 {
		say("%d h1 in the page", n)
	}
	if titles := root.All("title"); len(titles) == 0 || titles[0].Text() == "" {
		say("page without title")
	}
	return list
}

// Get asks a handler for a page, reads it with Page and weighs it. Headers are pairs.
func Get(t testing.TB, h http.Handler, path string, headers ...string) (*http.Response, *Node) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	res := w.Result()
	if kind := res.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/html") {
		t.Fatalf("GET %s: %d %s, not a page: %s", path, res.StatusCode, kind, w.Body)
	}
	if n := packed(w.Body.Bytes()); n > budget {
		t.Errorf("GET %s: %d bytes packed, the budget of a page is %d", path, n, budget)
	}
	return res, Page(t, w.Body.String())
}

// budget is how many bytes a page may weigh, packed.
const budget = 30 << 10

func packed(page []byte) int {
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	_, _ = z.Write(page) // a buffer takes everything
	_ = z.Close()
	return buf.Len()
}
