package sheet

import (
	"encoding/csv"
	"io"
	"strings"
)

// Writer writes a list.
type Writer struct {
	out  *csv.Writer
	cell []string
}

// NewWriter begins a list with its header.
func NewWriter(w io.Writer, columns ...string) *Writer {
	out := &Writer{out: csv.NewWriter(w)}
	_ = out.out.Write(columns) // the error stays and comes with Close
	return out
}

// Row writes one line.
func (w *Writer) Row(fields ...string) {
	w.cell = w.cell[:0]
	for _, f := range fields {
		w.cell = append(w.cell, guarded(f))
	}
	_ = w.out.Write(w.cell) // the error stays and comes with Close
}

// Close writes what waits and tells whether all was written.
func (w *Writer) Close() error {
	w.out.Flush()
	return w.out.Error()
}

// A cell that begins with one of these is a formula to a spreadsheet.
const formula = "=+-@\t\r"

// active tells whether a cell would be taken for a formula once the quotes
// before it are gone.
func active(s string) bool {
	s = strings.TrimLeft(s, "'")
	return s != "" && strings.IndexByte(formula, s[0]) >= 0
}

// guarded puts a quote before what would be taken for a formula; numbers stay
// numbers. unguarded takes it off again.
func guarded(s string) string {
	if active(s) && !number(s) {
		return "'" + s
	}
	return s
}

func unguarded(s string) string {
	if strings.HasPrefix(s, "'") && active(s) {
		return s[1:]
	}
	return s
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
