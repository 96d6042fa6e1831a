package sheet

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Options say what is read.
type Options struct {
	Columns []Column
	// Near names what was probably meant where a column is not known, and says
	// once that there is no header where none is. Else columns that are not known
	// are passed over in silence.
	Near      bool
	MaxFaults int   // after so many the reading ends; 100
	MaxField  int   // characters; 8,000
	MaxRows   int   // 500,000
	MaxBytes  int64 // 100 MiB
}

func (o Options) filled() Options {
	if o.MaxFaults == 0 {
		o.MaxFaults = 100
	}
	if o.MaxField == 0 {
		o.MaxField = 8000
	}
	if o.MaxRows == 0 {
		o.MaxRows = 500_000
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = 100 << 20
	}
	return o
}

// Summary is what a reading met.
type Summary struct {
	Rows   int
	Faults []Fault  // in the order of the lines
	More   bool     // the reading ended early: there may be more faults
	Passed []string // columns of the file that the list does not have

	header map[string]string // name of a Column → its name in the file
}

// Has tells whether the file has a column.
func (s *Summary) Has(column string) bool {
	_, ok := s.header[column]
	return ok
}

// Read reads a list and calls each for every row. The columns are separated by
// commas, semicolons or tabs, as in the header. A byte order mark, CRLF, blank
// lines and Excel's line "sep=;" are taken. What is wrong with the file is in
// the Summary, to which each adds by Row.Wrong; the error is the reader's own.
func Read(r io.Reader, o Options, each func(*Row)) (Summary, error) {
	o = o.filled()
	s := &reading{Options: o, line: 1}
	in := bufio.NewReaderSize(&bounded{r, o.MaxBytes}, 64<<10)
	start, err := in.Peek(64 << 10)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, errTooLarge) {
		return s.Summary, fmt.Errorf("sheet: %w", err)
	}
	if reason := foreign(start); reason != "" {
		s.wrong("", "", reason, nil)
		return s.Summary, nil
	}
	if bytes.HasPrefix(start, mark) {
		_, _ = in.Discard(len(mark))
		start = start[len(mark):]
	}
	skip, comma := separator(start)
	if skip > 0 {
		_, _ = in.Discard(skip)
		s.skipped = bytes.Count(start[:skip], []byte("\n"))
	}
	records := csv.NewReader(in)
	records.Comma, records.FieldsPerRecord, records.ReuseRecord = comma, -1, true
	s.comma = string(comma)
	err = s.rows(records, each)
	if err == nil && len(s.Faults) == 0 && s.Rows == 0 {
		if s.names == nil {
			s.wrong("", "", ReasonEmptyFile, nil)
		} else {
			s.wrong("", "", ReasonNoRows, nil)
		}
	}
	return s.Summary, err
}

var mark = []byte("\uFEFF")

// foreign tells a file that is no CSV in UTF-8 by its first bytes.
func foreign(start []byte) string {
	for _, f := range []struct{ magic, reason string }{
		{"PK\x03\x04", ReasonSpreadsheet},                       // xlsx, ods
		{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ReasonSpreadsheet}, // xls
		{"%PDF", ReasonNotText},
		{"\x1f\x8b", ReasonNotText}, // gzip
		{"\xff\xfe", ReasonUTF16},
		{"\xfe\xff", ReasonUTF16},
	} {
		if bytes.HasPrefix(start, []byte(f.magic)) {
			return f.reason
		}
	}
	head := bytes.ToLower(bytes.TrimSpace(start[:min(len(start), 64)]))
	if bytes.HasPrefix(head, []byte("<!doctype")) || bytes.HasPrefix(head, []byte("<html")) || bytes.HasPrefix(head, []byte("<?xml")) || bytes.HasPrefix(head, []byte("{")) {
		return ReasonNotText
	}
	if len(head) >= 4 && (head[1] == 0 && head[3] == 0 || head[0] == 0 && head[2] == 0) { // without its mark
		return ReasonUTF16
	}
	return ""
}

// separator finds what separates the columns of the header, and how many bytes
// stand before it that say so.
func separator(start []byte) (skip int, comma rune) {
	line := start
	if i := bytes.IndexByte(start, '\n'); i >= 0 {
		if say := strings.TrimRight(string(start[:i]), "\r"); len(say) == 5 && strings.EqualFold(say[:4], "sep=") && strings.Contains(",;\t", say[4:]) {
			return i + 1, rune(say[4])
		}
	}
	count := map[rune]int{}
	inside, text := false, false
	for _, r := range string(line) {
		switch {
		case r == '"':
			inside = !inside
		case r == '\n' && !inside && text:
			return 0, most(count)
		case !inside && (r == ',' || r == ';' || r == '\t'):
			count[r]++
		}
		text = text || !unicode.IsSpace(r)
	}
	return 0, most(count)
}

func most(count map[rune]int) rune {
	best := ','
	for _, r := range []rune{';', '\t'} {
		if count[r] > count[best] {
			best = r
		}
	}
	return best
}

// reading is what one reading has met so far.
type reading struct {
	Options
	Summary
	names   []string       // of the file's columns, as the file has them; nil before the header
	at      map[string]int // name of a Column → place in the file
	skipped int            // lines before what the reader of records sees
	line    int
	comma   string
	fields  []string
}

func (s *reading) wrong(column, name, reason string, args map[string]any) {
	if len(s.Faults) >= s.MaxFaults {
		s.More = true
		return
	}
	s.Faults = append(s.Faults, Fault{s.line, column, name, reason, args, s.shown()})
}

// shown is the line as it stands in the file, or nearly so.
func (s *reading) shown() string {
	var b strings.Builder
	for i, f := range s.fields {
		if i > 0 {
			b.WriteString(s.comma)
		}
		if strings.Contains(f, s.comma) || strings.Contains(f, `"`) {
			f = `"` + strings.ReplaceAll(f, `"`, `""`) + `"`
		}
		if b.WriteString(f); b.Len() > 8*longestLine {
			break
		}
	}
	return cut(b.String())
}

// longestLine is how much of a line a Fault shows, in characters.
const longestLine = 240

// cut makes a text fit for one line of a page.
func cut(s string) string {
	s = strings.ToValidUTF8(s[:min(len(s), 8*longestLine)], "\uFFFD")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) <= longestLine {
		return s
	}
	return string([]rune(s)[:longestLine]) + "…"
}

func (s *reading) rows(records *csv.Reader, each func(*Row)) error {
	for {
		fields, err := records.Read()
		var syntax *csv.ParseError
		switch {
		case errors.Is(err, errTooLarge):
			s.wrong("", "", ReasonTooLarge, map[string]any{"max": s.MaxBytes >> 20})
			return nil
		case err == io.EOF:
			return nil
		case errors.As(err, &syntax):
			s.line, s.fields = syntax.StartLine+s.skipped, nil
			s.wrong("", "", ReasonQuotes, nil)
		case err != nil:
			return fmt.Errorf("sheet: %w", err)
		default:
			at, _ := records.FieldPos(0)
			s.line, s.fields = at+s.skipped, fields
			s.record(each)
		}
		if len(s.Faults) >= s.MaxFaults {
			s.More = true
			return nil
		}
		if s.names == nil && len(s.Faults) > 0 { // the header is wrong
			return nil
		}
	}
}

// record takes the header first and then a row a call.
func (s *reading) record(each func(*Row)) {
	if !slices.ContainsFunc(s.fields, func(f string) bool { return strings.TrimSpace(f) != "" }) {
		return // blank, or what a spreadsheet writes for a blank line
	}
	if s.names == nil {
		s.columns()
		return
	}
	s.Rows++
	if s.Rows > s.MaxRows {
		s.wrong("", "", ReasonTooMany, map[string]any{"max": s.MaxRows})
		s.MaxFaults = len(s.Faults) // no more
		return
	}
	for n := len(s.fields); n > len(s.names) && s.fields[n-1] == ""; n-- { // what spreadsheets write beyond the last column
		s.fields = s.fields[:n-1]
	}
	if len(s.fields) != len(s.names) {
		s.wrong("", "", ReasonFieldCount, map[string]any{"has": len(s.fields), "wants": len(s.names)})
		return
	}
	each(&Row{Line: s.line, s: s, before: len(s.Faults)})
}

// maxStrange is how many unknown columns are looked at.
const maxStrange = 200

// columns finds the columns by their names.
func (s *reading) columns() {
	names, at := make([]string, len(s.fields)), map[string]int{}
	known := map[string]string{}
	var ours []string
	for _, c := range s.Columns {
		ours = append(ours, c.Name)
		for _, name := range append(c.Aliases, c.Name) {
			known[plain(name)] = c.Name
		}
	}
	var strange []string
	for i, f := range s.fields {
		names[i] = cut(strings.TrimSpace(f))
		column, ok := known[plain(strings.TrimSpace(f))]
		if !ok {
			if names[i] != "" && len(strange) < maxStrange {
				strange = append(strange, names[i])
			}
			continue
		}
		if other, twice := at[column]; twice {
			s.wrong(names[i], column, ReasonColumnTwice, map[string]any{"other": names[other]})
		}
		at[column] = i
	}
	if s.Near && len(at) == 0 {
		s.wrong("", "", ReasonHeader, map[string]any{"columns": strings.Join(s.needed(), ", ")})
		return
	}
	s.missing(at, strange)
	for _, name := range strange {
		near, ok := Near(name, ours)
		if _, has := at[near]; s.Near && ok && !has {
			if !slices.ContainsFunc(s.Faults, func(f Fault) bool { return f.Name == near }) {
				s.wrong(name, near, ReasonColumnNear, map[string]any{"near": near})
			}
			continue
		}
		s.Passed = append(s.Passed, name)
	}
	if len(s.Faults) == 0 {
		s.names, s.at, s.Summary.header = names, at, map[string]string{}
		for column, i := range at {
			s.Summary.header[column] = names[i]
		}
	}
}

func (s *reading) needed() (list []string) {
	for _, c := range s.Columns {
		if c.Needed {
			list = append(list, c.Name)
		}
	}
	return list
}

// missing complains of needed columns that the file does not have.
func (s *reading) missing(at map[string]int, strange []string) {
	for _, name := range s.needed() {
		if _, ok := at[name]; ok {
			continue
		}
		var args map[string]any
		if near, ok := Near(name, strange); ok && s.Near {
			args = map[string]any{"near": near}
		}
		s.wrong(name, name, ReasonColumn, args)
	}
}

// Row is one line of a list, below the header. It is of use only while each is
// called.
type Row struct {
	Line   int
	s      *reading
	before int // faults before it
}

// Text is what stands in a column, without the spaces around it; "" where the
// file does not have the column. It is not ok where a fault was noted.
func (r *Row) Text(column string) (text string, ok bool) { return r.text(column, false) }

// Lines is Text for a column with texts of several lines.
func (r *Row) Lines(column string) (text string, ok bool) { return r.text(column, true) }

func (r *Row) text(column string, lines bool) (string, bool) {
	i, has := r.s.at[column]
	if !has {
		return "", true
	}
	text := strings.TrimSpace(r.s.fields[i])
	strange := func(c rune) bool { return unicode.IsControl(c) && !(lines && c == '\n') }
	switch {
	case !utf8.ValidString(text):
		r.Wrong(column, ReasonEncoding)
	case strings.ContainsFunc(text, strange):
		r.Wrong(column, ReasonControl)
	case len(text) > r.s.MaxField && utf8.RuneCountInString(text) > r.s.MaxField:
		r.Wrong(column, ReasonTooLong, "max", r.s.MaxField)
	default:
		return unguarded(text), true
	}
	return "", false
}

// Wrong notes a fault of a column, or of the whole line where column is "".
// args are pairs of a name and a value.
func (r *Row) Wrong(column, reason string, args ...any) {
	name := column
	if i, ok := r.s.at[column]; ok {
		name = r.s.names[i]
	}
	r.s.line = r.Line
	r.s.wrong(name, column, reason, pairs(args))
}

// Faulty tells whether something of the row was found wrong.
func (r *Row) Faulty() bool { return len(r.s.Faults) > r.before || r.s.More }

// Where is the place of the row, for a fault that is found only once the whole
// file is read.
func (r *Row) Where() Where { return Where{r.Line, r.s.shown()} }

// Where is the place of a row.
type Where struct {
	Line int
	text string
}

// Fault is one of a row that is read already; as Row.Wrong. It does not count
// among the Faults of the summary.
func (s *Summary) Fault(at Where, column, reason string, args ...any) Fault {
	name := column
	if file, ok := s.header[column]; ok {
		name = file
	}
	return Fault{at.Line, name, column, reason, pairs(args), at.text}
}

func pairs(args []any) map[string]any {
	var with map[string]any
	for i := 0; i+1 < len(args); i += 2 {
		if with == nil {
			with = map[string]any{}
		}
		with[args[i].(string)] = args[i+1] //nolint:forcetypeassert // written in the program
	}
	return with
}

// bounded reads at most so many bytes; the next one is an error.
type bounded struct {
	r    io.Reader
	left int64
}

var errTooLarge = errors.New("more than may be read")

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errTooLarge
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n - 1, errTooLarge
	}
	return n, err
}
