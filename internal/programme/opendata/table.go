package opendata

import (
	"bytes"
	"encoding/json"
	"io"
	"regexp"

	"polis/internal/programme/account"
	"polis/internal/sheet"
)

// Column is one of a Table.
type Column struct {
	Name string
	Type account.Type
}

// typeDecimal is a number with decimals; typeValue is a number
// where it can be one, else a text.
const (
	typeDecimal account.Type = "decimal"
	typeValue   account.Type = "value"
)

// Table is a data set as rows of texts, one for each column. The same texts are
// in its CSV and, as typed values, in its JSON.
type Table struct {
	Columns []Column
	Rows    [][]string
}

// names are the names of the columns.
func (t *Table) names() []string {
	list := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		list[i] = c.Name
	}
	return list
}

// WriteCSV writes the table as RFC 4180 has it: a header, commas, lines that end
// with CRLF. No cell is a formula to a spreadsheet; what import reads is what
// stood there.
func (t *Table) WriteCSV(w io.Writer) error {
	out := sheet.NewWriter(crlf{w}, sheet.Plain, t.names()...)
	for _, row := range t.Rows {
		out.Row(row...)
	}
	return out.Close()
}

// crlf ends lines as RFC 4180 has it. Cells have no line ends: import takes none.
type crlf struct{ w io.Writer }

func (c crlf) Write(b []byte) (int, error) {
	if _, err := c.w.Write(bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n"))); err != nil {
		return 0, err
	}
	return len(b), nil
}

// WriteJSON writes the table as an array of objects, with the columns in their
// order in each; what is not known is null.
func (t *Table) WriteJSON(w io.Writer) error {
	var b bytes.Buffer
	b.WriteByte('[')
	for i, row := range t.Rows {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n")
		t.writeObject(&b, row)
	}
	b.WriteString("\n]\n")
	_, err := w.Write(b.Bytes())
	return err
}

func (t *Table) writeObject(b *bytes.Buffer, row []string) {
	b.WriteByte('{')
	for i, c := range t.Columns {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(quoted(c.Name))
		b.WriteByte(':')
		b.Write(typed(c.Type, row[i]))
	}
	b.WriteByte('}')
}

// Object is a row as JSON has it.
func (t *Table) Object(row []string) json.RawMessage {
	var b bytes.Buffer
	t.writeObject(&b, row)
	return b.Bytes()
}

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,12})?$`)

// typed is a cell as a value of JSON.
func typed(kind account.Type, text string) []byte {
	if text == "" {
		return []byte("null")
	}
	switch kind {
	case account.TypeNumber, account.TypeMoney, typeDecimal, typeValue:
		if jsonNumber.MatchString(text) {
			return []byte(text)
		}
	case account.TypeAnswer:
		if text == string(account.Yes) {
			return []byte("true")
		}
		return []byte("false")
	}
	return quoted(text)
}

func quoted(text string) []byte {
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	out.SetEscapeHTML(false)
	_ = out.Encode(text) // a text can always be written
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// kindTable are the rows of a kind of the account.
func kindTable(a *account.Account, kind *account.Kind) *Table {
	t := &Table{Columns: kindColumns(kind)}
	for _, row := range a.Rows(kind) {
		t.Rows = append(t.Rows, kind.Cells(row))
	}
	return t
}

func kindColumns(kind *account.Kind) []Column {
	list := make([]Column, len(kind.Columns))
	for i, c := range kind.Columns {
		list[i] = Column{c.Name, kind.TypeOf(c)}
		if kind.Name == "declarations" && c.Name == "value" {
			list[i].Type = typeValue
		}
	}
	return list
}
