package sheet

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var columns = []Column{
	{Name: "code", Aliases: []string{"codice", "frazionario"}, Needed: true},
	{Name: "given_name", Aliases: []string{"nome"}},
	{Name: "lat"},
}

// cells are the rows of a file, each as "line: code|given_name|lat".
func cells(t testing.TB, r io.Reader, o Options) (rows []string, sum Summary) {
	t.Helper()
	o.Columns = columns
	sum, err := Read(r, o, func(row *Row) {
		list := []string{}
		for _, c := range columns {
			text, _ := row.Text(c.Name)
			list = append(list, text)
		}
		rows = append(rows, fmt.Sprintf("%d: %s", row.Line, strings.Join(list, "|")))
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows, sum
}

// A file in Windows-1252 becomes UTF-8; one that is half and half stays.
func TestUTF8(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file, want string
		recoded    bool
	}{
		"letters alone":     {"code\nx\n", "code\nx\n", false},
		"UTF-8":             {"Agli\u00e8", "Agli\u00e8", false},
		"Windows-1252":      {"Agli\xe8 \x96 dell\x92Et\xe0", "Agli\u00e8 \u2013 dell\u2019Et\u00e0", true},
		"both":              {"Agli\xe8 Agli\u00e8", "Agli\xe8 Agli\u00e8", false},
		"no such letter":    {"Agli\x81", "Agli\x81", false},
		"with the mark":     {"\uFEFFAgli\xe8", "\uFEFFAgli\xe8", false},
		"UTF-16":            {"\xff\xfec\x00o\x00", "\xff\xfec\x00o\x00", false},
		"an old workbook":   {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", false},
		"binary with zeros": {"abc\xe8\x00", "abc\xe8\x00", false},
	} {
		if got, recoded := UTF8([]byte(c.file)); string(got) != c.want || recoded != c.recoded {
			t.Errorf("%s: %q, %v", name, got, recoded)
		}
	}
}

func TestReadTakesManyForms(t *testing.T) {
	t.Parallel()
	want := []string{"2: a|Anna, detta Nina|45.8", "3: b||"}
	for name, c := range map[string]struct {
		file string
		want []string
	}{
		"plain":                 {"code,given_name,lat\na,\"Anna, detta Nina\",45.8\nb,,\n", want},
		"semicolons":            {"code;given_name;lat\na;Anna, detta Nina;45.8\nb;;\n", want},
		"tabs":                  {"code\tgiven_name\tlat\na\tAnna, detta Nina\t45.8\nb\t\t\n", want},
		"a mark and CRLF":       {"\uFEFFcode;given_name;lat\r\na;Anna, detta Nina;45.8\r\nb;;\r\n", want},
		"another order, others": {"lat;x;nome;codice\n45.8;?;Anna, detta Nina;a\n;;;b\n", want},
		"other ways to write":   {"\" FRAZIONARIO \",\"Given Name\",LAT\na,\"Anna, detta Nina\", 45.8 \nb,,\n", want},
		"no last line end":      {"code,given_name,lat\na,\"Anna, detta Nina\",45.8\nb,,", want},
		"blank lines":           {"\n\ncode,given_name,lat\n\na,\"Anna, detta Nina\",45.8\n,,\n \nb,,\n", []string{"5: a|Anna, detta Nina|45.8", "8: b||"}},
		"Excel's first line":    {"sep=;\r\ncode;given_name;lat\r\na;Anna, detta Nina;45.8\r\nb;;\r\n", []string{"3: a|Anna, detta Nina|45.8", "4: b||"}},
		"guarded cells":         {"code,given_name,lat\n'=1+1,'''@x,-5\n'a,'-5,'5\n", []string{"2: =1+1|''@x|-5", "3: 'a|-5|'5"}},
	} {
		if name == "blank lines" { // a line of a blank alone has one field
			c.file = strings.Replace(c.file, " \n", "\n", 1)
			c.want = []string{"5: a|Anna, detta Nina|45.8", "8: b||"}
		}
		rows, sum := cells(t, strings.NewReader(c.file), Options{Near: true})
		if diff := cmp.Diff(c.want, rows); diff != "" || len(sum.Faults) > 0 {
			t.Errorf("%s: %s%v", name, diff, sum.Faults)
		}
		if again, _ := cells(t, iotest.OneByteReader(strings.NewReader(c.file)), Options{Near: true}); !cmp.Equal(rows, again) {
			t.Errorf("%s: byte by byte: %v", name, again)
		}
	}
}

func TestColumnsThatAreNotKnown(t *testing.T) {
	t.Parallel()
	file := "code,latt,remarks\na,1,x\n"
	_, sum := cells(t, strings.NewReader(file), Options{})
	if diff := cmp.Diff([]string{"latt", "remarks"}, sum.Passed); diff != "" || len(sum.Faults) > 0 || sum.Has("lat") || !sum.Has("code") {
		t.Errorf("%s%v", diff, sum.Faults)
	}
	_, sum = cells(t, strings.NewReader(file), Options{Near: true})
	if len(sum.Faults) != 1 || sum.Faults[0].Error() != "line 1, latt: column near (near lat)" {
		t.Error(sum.Faults)
	}
}

// What is read is bounded: bytes, rows, fields, faults.
func TestBounds(t *testing.T) {
	t.Parallel()
	endless := func(start, then string) io.Reader {
		return io.MultiReader(strings.NewReader(start), &forever{text: then})
	}
	for name, c := range map[string]struct {
		file   io.Reader
		o      Options
		reason string
		line   int
	}{
		"a file without end":       {endless("code\n", "abc\n"), Options{MaxBytes: 1 << 20}, ReasonTooLarge, 262143},
		"a quote without end":      {endless("code\n\"", "abc\n"), Options{MaxBytes: 1 << 20}, ReasonTooLarge, 1},
		"a header without end":     {endless("code,", "abc,"), Options{MaxBytes: 1 << 20}, ReasonTooLarge, 1},
		"rows without end":         {endless("code\n", "abc\n"), Options{MaxRows: 10}, ReasonTooMany, 12},
		"a long field":             {strings.NewReader("code\n" + strings.Repeat("è", 11) + "\n"), Options{MaxField: 10}, ReasonTooLong, 2},
		"broken UTF-8":             {strings.NewReader("code\n\xe8\n"), Options{}, ReasonEncoding, 2},
		"a control character":      {strings.NewReader("code\na\x01b\n"), Options{}, ReasonControl, 2},
		"a quote, blank lines off": {strings.NewReader("sep=,\ncode\n\nab\"\n"), Options{}, ReasonQuotes, 4},
	} {
		_, sum := cells(t, c.file, c.o)
		if len(sum.Faults) != 1 || sum.Faults[0].Reason != c.reason || sum.Faults[0].Line != c.line {
			t.Errorf("%s: %v", name, sum.Faults)
		}
	}
	_, sum := cells(t, strings.NewReader("code\n"+strings.Repeat("\x01\n", 50)), Options{MaxFaults: 7})
	if len(sum.Faults) != 7 || !sum.More {
		t.Errorf("%d faults, %v", len(sum.Faults), sum.More)
	}
	long := "code,lat\n\"" + strings.Repeat("x", 1000) + "\",\x01\n"
	if _, sum = cells(t, strings.NewReader(long), Options{}); len([]rune(sum.Faults[0].Text)) != longestLine+1 {
		t.Errorf("a line is shown with %d characters", len(sum.Faults[0].Text))
	}
}

// forever repeats a text.
type forever struct {
	text string
	at   int
}

func (f *forever) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = f.text[f.at%len(f.text)]
		f.at++
	}
	return len(p), nil
}

func TestReaderFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken pipe")
	for name, r := range map[string]io.Reader{
		"at once": iotest.ErrReader(broken),
		"later":   io.MultiReader(strings.NewReader("code\n"+strings.Repeat("abc\n", 100_000)), iotest.ErrReader(broken)),
	} {
		if _, err := Read(r, Options{Columns: columns}, func(*Row) {}); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNear(t *testing.T) {
	t.Parallel()
	list := []string{"name", "given_name", "lat", "municipality"}
	for word, want := range map[string]string{
		"nmae": "name", "Given-name": "", "givenname": "", "givn_name": "given_name", "lta": "lat", "lon": "", "munnicipallity": "municipality",
		"latitude": "", "nome": "name", "": "", "x": "", strings.Repeat("m", 10_000): "",
	} {
		if got, ok := Near(word, list); got != want || ok != (want != "") {
			t.Errorf("%.20q is near %q", word, got)
		}
	}
}

// Where a spreadsheet sees a cell begin, be it at home in commas, in semicolons
// as in Italy, or in tabs.
func begins(line string) (cells []string) {
	for _, comma := range []rune{',', ';', '\t'} {
		r := csv.NewReader(strings.NewReader(line))
		r.Comma, r.LazyQuotes, r.FieldsPerRecord = comma, true, -1
		for {
			fields, err := r.Read()
			if err != nil {
				break
			}
			cells = append(cells, fields...)
		}
	}
	// A spreadsheet that passes over the quotes of another separator.
	cells = append(cells, strings.FieldsFunc(line, func(r rune) bool { return r == ';' || r == '\n' || r == '\r' || r == '\t' })...)
	return cells
}

var plainNumber = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// formulaic tells whether a spreadsheet may compute a cell.
func formulaic(cell string) bool {
	if cell != "" && strings.ContainsAny(cell[:1], "\t\r") {
		return true
	}
	cell = strings.TrimLeft(cell, " \u00a0\"\n\t\r")
	if plainNumber.MatchString(cell) {
		return false
	}
	sign, _ := utf8.DecodeRuneInString(cell)
	return strings.ContainsRune("=+-@＝＋－＠", sign)
}

// unsafe finds the cells of a file that begin like a formula.
func unsafe(t interface{ Errorf(string, ...any) }, file string) {
	for _, cell := range begins(file) {
		if formulaic(cell) {
			t.Errorf("%q of %q is a formula", cell, file)
		}
	}
}

func TestCellsThatAreNoFormula(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"":                        "",
		"Sala A":                  "Sala A",
		"=1+1":                    "'=1+1",
		"'=1+1":                   "''=1+1",
		"x;=cmd|'/C calc'!A0":     "x;'=cmd|'/C calc'!A0",
		"x; =1":                   "x;' =1",
		`x;"=1"`:                  `x;'"=1"`,
		"x;'=1":                   "x;''=1",
		"x;-5":                    "x;'-5",
		"a\n=1\r@b\t+c":           "a\n'=1\r'@b\t'+c",
		"\t=1":                    "'\t'=1",
		"\rx":                     "'\rx",
		"＝1":                      "'＝1",
		"＋1":                      "'＋1",
		"－1":                      "'－1",
		"＠x":                      "'＠x",
		"\u00a0=1":                "'\u00a0=1",
		"\u200b=1":                "'\u200b=1",
		"-5":                      "-5",
		"-5.25":                   "-5.25",
		"-5e3":                    "'-5e3",
		"--5":                     "'--5",
		"-":                       "'-",
		"+39 0332 1234":           "'+39 0332 1234",
		"Mo-Fr 08:00-19:00; -off": "Mo-Fr 08:00-19:00;' -off",
		"Mo 08:00-19:00; PH off":  "Mo 08:00-19:00; PH off",
		"l'ora;d'aria":            "l'ora;d'aria",
	} {
		if got := guarded(cell, false); got != want || unguarded(got) != cell {
			t.Errorf("%q is written %q, want %q; read back %q", cell, got, want, unguarded(got))
		}
	}
	if got := guarded("-5", true); got != "'-5" {
		t.Errorf("a number that begins a line is written %q", got) // with semicolons the line is one cell
	}
}

func written(rows [][]string) string {
	var out strings.Builder
	w := NewWriter(&out, Plain, "code", "given_name", "lat")
	for _, row := range rows {
		w.Row(row...)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.String()
}

// No cell that is written is a formula to a spreadsheet, and each is read back
// as it was.
func TestWriteAndReadBack(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(
		rapid.StringMatching(`'{0,3}[=+\-@0-9a-z]{0,6}`), rapid.StringMatching(`-?[0-9]{1,4}(\.[0-9]{1,3})?`),
		rapid.StringMatching(`[;'" \n=+\-@＝,a1]{0,10}`),
		rapid.String().Filter(func(s string) bool {
			return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 })
		}),
	)
	rapid.Check(t, func(t *rapid.T) {
		var rows [][]string
		for i := range rapid.IntRange(1, 5).Draw(t, "rows") {
			row := []string{fmt.Sprintf("k%d", i)}
			for range 2 {
				row = append(row, strings.TrimSpace(text.Draw(t, "cell")))
			}
			rows = append(rows, row)
		}
		file := written(rows)
		unsafe(t, file)
		var got [][]string
		sum, err := Read(strings.NewReader(file), Options{Columns: columns}, func(r *Row) {
			a, _ := r.Text("code")
			b, _ := r.Lines("given_name")
			c, _ := r.Lines("lat")
			got = append(got, []string{a, b, c})
		})
		if diff := cmp.Diff(rows, got); err != nil || len(sum.Faults) > 0 || diff != "" {
			t.Fatalf("%v %v\n%s", err, sum.Faults, diff)
		}
	})
}

// Whatever the cells, none begins a formula, whatever separates them; and the
// guard comes off again.
func FuzzWrite(f *testing.F) {
	for _, s := range []string{"", "x;=cmd|' /C calc'!A0", "-1", "\"=1", "a\n;\t'=", "＝1", "-5,x", "\r\n@"} {
		f.Add(s, "5*HYPERLINK(A1)", s)
	}
	f.Fuzz(func(t *testing.T, a, b, c string) {
		for _, s := range []string{a, b, c} {
			for _, first := range []bool{true, false} {
				if got := unguarded(guarded(s, first)); got != s {
					t.Fatalf("%q comes back as %q", s, got)
				}
			}
		}
		unsafe(t, written([][]string{{a, b, c}, {b, c, a}}))
	})
}

// Whatever the bytes, what is read is text and what is wrong has a line.
func FuzzRead(f *testing.F) {
	for _, file := range []string{
		"", "code,lat\na,1\n", "\uFEFFcodice;nome\r\n\"a;\"\"b\";x\r\n", "sep=;\ncode\n", "code\n\"a", "PK\x03\x04", "c\x00o\x00d\x00e\x00", "code,,\n,,\n", "code,code\n",
	} {
		f.Add([]byte(file))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		last := 0
		sum, err := Read(strings.NewReader(string(file)), Options{Columns: columns, Near: true, MaxFaults: 5, MaxField: 50}, func(r *Row) {
			if r.Line <= last {
				t.Fatalf("line %d after %d", r.Line, last)
			}
			last = r.Line
			for _, c := range columns {
				text, ok := r.Text(c.Name)
				if !ok && text != "" || len([]rune(text)) > 50 || strings.ContainsAny(text, "\x00\n") {
					t.Fatalf("%q, %v", text, ok)
				}
			}
		})
		if err != nil || len(sum.Faults) > 5 || sum.Rows == 0 && len(sum.Faults) == 0 {
			t.Fatalf("%+v, %v", sum, err)
		}
		lines := strings.Count(string(file), "\n") + 1
		for _, f := range sum.Faults {
			if f.Line < 1 || f.Line > lines || f.Reason == "" || f.Error() == "" || len([]rune(f.Text)) > longestLine+1 {
				t.Fatalf("%+v of %d lines", f, lines)
			}
		}
	})
}
