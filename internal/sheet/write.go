package sheet

import (
	"encoding/csv"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Writer writes a list.
type Writer struct {
	out  *csv.Writer
	cell []string
}

// Style is how a list is written; it is read in any.
type Style struct {
	Separator rune   // between columns
	Decimal   string // sign of numbers
}

// The styles: Plain is for programs, Italian is what spreadsheets in Italy open
// at once.
var (
	Plain   = Style{',', "."}
	Italian = Style{';', ","}
)

// Number is a number, written with a point, in the style.
func (s Style) Number(n string) string { return strings.Replace(n, ".", s.Decimal, 1) }

// NewWriter begins a list with its header.
func NewWriter(w io.Writer, style Style, columns ...string) *Writer {
	out := &Writer{out: csv.NewWriter(w)}
	out.out.Comma = style.Separator
	_ = out.out.Write(columns) // the error stays and comes with Close
	return out
}

// Row writes one line.
func (w *Writer) Row(fields ...string) {
	w.cell = w.cell[:0]
	for i, f := range fields {
		w.cell = append(w.cell, guarded(f, i == 0))
	}
	_ = w.out.Write(w.cell) // the error stays and comes with Close
}

// Close writes what waits and tells whether all was written.
func (w *Writer) Close() error {
	w.out.Flush()
	return w.out.Error()
}

// A cell that begins with one of these is a formula to a spreadsheet.
const formula = "=+-@＝＋－＠"

// Where a text is cut into cells or lines by a spreadsheet that takes another
// separator than the file has: it then passes over the quotes around the text.
const cuts = ",;\t\r\n"

// active tells whether a cell would be taken for a formula, once what
// spreadsheets pass over is gone: quotes, blanks, what is not seen.
func active(s string) bool {
	s = strings.TrimLeft(s, "'")
	if s != "" && (s[0] == '\t' || s[0] == '\r') {
		return true
	}
	s = strings.TrimLeftFunc(s, func(r rune) bool {
		return r == '\'' || r == '"' || unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf)
	})
	sign, _ := utf8.DecodeRuneInString(s)
	return s != "" && strings.ContainsRune(formula, sign)
}

// guarded puts a quote before whatever would be taken for a formula, at the
// beginning and after each cut. Numbers stay numbers, but for the first of a
// line: with another separator the line goes on in its cell. unguarded takes the
// quotes off again.
func guarded(s string, first bool) string {
	if !strings.ContainsAny(s, formula+"\t\r") || !first && number(s) {
		return s
	}
	return pieces(s, func(b *strings.Builder, rest string) int {
		if active(rest) {
			b.WriteByte('\'')
		}
		return 0
	})
}

func unguarded(s string) string {
	if !strings.Contains(s, "'") {
		return s
	}
	return pieces(s, func(_ *strings.Builder, rest string) int {
		if rest[0] == '\'' && active(rest) {
			return 1
		}
		return 0
	})
}

// pieces writes a text anew. At the beginning and after each cut it calls at
// with what is left, which may write something and says how many bytes to leave
// out.
func pieces(s string, at func(b *strings.Builder, rest string) (skip int)) string {
	var b strings.Builder
	for s != "" {
		s = s[at(&b, s):]
		n := strings.IndexAny(s, cuts) + 1
		if n == 0 {
			n = len(s)
		}
		b.WriteString(s[:n])
		s = s[n:]
	}
	return b.String()
}

// number: an optional minus, digits, and perhaps a point and digits.
func number(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole, part, point := strings.Cut(s, ".")
	return digits(whole) && (!point || digits(part))
}

func digits(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}
