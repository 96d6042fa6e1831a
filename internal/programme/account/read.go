package account

import (
	"io"

	"polis/internal/sheet"
)

// Read reads the rows of a kind from a list with its own columns. What cannot be
// read is in the faults; the error is the reader's.
func Read(kind *Kind, r io.Reader, each func(row any)) ([]sheet.Fault, error) {
	sum, err := sheet.Read(r, sheet.Options{Columns: kind.Sheet(), Near: true, MaxField: MostText}, func(line *sheet.Row) {
		cells := map[string]string{}
		for _, c := range kind.Columns {
			cells[c.Name], _ = line.Text(c.Name)
		}
		if line.Faulty() {
			return
		}
		row, faults := kind.Parse(func(column string) string { return cells[column] })
		for _, f := range faults {
			line.Wrong(f.Column, f.Reason)
		}
		if row != nil {
			each(row)
		}
	})
	return sum.Faults, err
}

// Write writes rows of a kind as a list, in a style.
func Write(kind *Kind, w io.Writer, style sheet.Style, rows func(yield func(row any) bool)) error {
	out := sheet.NewWriter(w, style, kind.Names()...)
	for row := range rows {
		cells := kind.Cells(row)
		for i, c := range kind.Columns {
			if c.Number {
				cells[i] = style.Number(cells[i])
			}
		}
		out.Row(cells...)
	}
	return out.Close()
}
