package sheet

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

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

// No cell that is written is a formula to a spreadsheet, and each is read back
// as it was.
func TestWriteAndReadBack(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(
		rapid.StringMatching(`'{0,3}[=+\-@0-9a-z]{0,6}`), rapid.StringMatching(`-?[0-9]{1,4}(\.[0-9]{1,3})?`),
		rapid.String().Filter(func(s string) bool {
			return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 })
		}),
	)
	rapid.Check(t, func(t *rapid.T) {
		var rows [][]string
		var want []string
		for i := range rapid.IntRange(1, 5).Draw(t, "rows") {
			row := []string{fmt.Sprintf("k%d", i)}
			for range 2 {
				row = append(row, strings.TrimSpace(text.Draw(t, "cell")))
			}
			rows, want = append(rows, row), append(want, fmt.Sprintf("%d: %s", i+2, strings.Join(row, "|")))
		}
		var out strings.Builder
		w := NewWriter(&out, "code", "given_name", "lat")
		for _, row := range rows {
			w.Row(row...)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			for _, cell := range row {
				if g := guarded(cell); g != "" && strings.IndexByte("=+-@\t\r", g[0]) >= 0 && !number(g) {
					t.Errorf("%q is a formula", g)
				}
			}
		}
		var got []string
		sum, err := Read(strings.NewReader(out.String()), Options{Columns: columns}, func(r *Row) {
			a, _ := r.Text("code")
			b, _ := r.Text("given_name")
			c, _ := r.Text("lat")
			got = append(got, fmt.Sprintf("%d: %s|%s|%s", r.Line, a, b, c))
		})
		if diff := cmp.Diff(want, got); err != nil || len(sum.Faults) > 0 || diff != "" {
			t.Fatalf("%v %v\n%s", err, sum.Faults, diff)
		}
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
