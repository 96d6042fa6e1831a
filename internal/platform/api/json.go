package api

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"polis/internal/platform/errs"
)

// maxDepth is how deep JSON may be nested.
const maxDepth = 32

// checkJSON refuses, in one pass, what a decoder would let through: broken
// UTF-8, NUL also as \u0000, deep nesting, and a member named twice in one
// object (RFC 8259 §4 leaves open which one counts). It looks for nothing
// else: that the text is JSON at all is the decoder's to say.
func checkJSON(b []byte) error {
	if !utf8.Valid(b) || bytes.IndexByte(b, 0) >= 0 {
		return errs.New(errs.Invalid, "api.not_text", nil)
	}
	var room [maxDepth]object
	open := room[:0]
	var names [32][]byte
	known := names[:0] // names of all open objects, the innermost last
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '{', '[':
			if len(open) == maxDepth {
				return errs.New(errs.Invalid, "api.depth", errs.Args{"limit": maxDepth})
			}
			open = append(open, object{array: b[i] == '[', start: len(known)})
		case '}', ']':
			if len(open) > 0 {
				known = known[:open[len(open)-1].start]
				open = open[:len(open)-1]
			}
		case '"':
			end, escaped, nul := scanString(b, i)
			if nul {
				return errs.New(errs.Invalid, "api.not_text", nil)
			}
			if len(open) > 0 && !open[len(open)-1].array && nameEnds(b, end) {
				name := b[i+1 : end-1]
				if escaped {
					name = unescape(b[i:end])
				}
				if open[len(open)-1].has(known, name) {
					return errs.New(errs.Invalid, "api.same_name", nil)
				}
				known = append(known, name)
			}
			i = end - 1
		}
	}
	return nil
}

// object is an object or array that is open.
type object struct {
	array bool
	start int                 // its first name among the known ones
	large map[string]struct{} // its names, once they are many
}

// has tells whether the object has the name already.
func (o *object) has(known [][]byte, name []byte) bool {
	own := known[o.start:]
	if len(own) < 16 {
		for _, k := range own {
			if bytes.Equal(k, name) {
				return true
			}
		}
		return false
	}
	if o.large == nil {
		o.large = make(map[string]struct{}, 2*len(own))
		for _, k := range own {
			o.large[string(k)] = struct{}{}
		}
	}
	_, twice := o.large[string(name)]
	o.large[string(name)] = struct{}{}
	return twice
}

// scanString finds the end of the string that begins at b[i], just behind its
// closing quote, or of b.
func scanString(b []byte, i int) (end int, escaped, nul bool) {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '"':
			return i + 1, escaped, nul
		case '\\':
			escaped = true
			nul = nul || bytes.HasPrefix(b[i+1:], []byte("u0000"))
			i++
		}
	}
	return len(b), escaped, nul
}

// nameEnds tells whether the string that ends at b[i] is a member's name.
func nameEnds(b []byte, i int) bool {
	for ; i < len(b); i++ {
		switch b[i] {
		case ' ', '\t', '\r', '\n':
		default:
			return b[i] == ':'
		}
	}
	return false
}

func unescape(quoted []byte) []byte {
	var s string
	if json.Unmarshal(quoted, &s) != nil {
		return quoted // not JSON; the decoder will say so
	}
	return []byte(s)
}
