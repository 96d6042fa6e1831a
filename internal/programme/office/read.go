package office

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"polis/internal/agenda"
	"polis/internal/platform/i18n"
	"polis/internal/programme"
	"polis/internal/programme/account"
	"polis/internal/sheet"
	"polis/internal/site"
)

// mostFaults is how many faults, and how many warnings, of a file are listed.
const mostFaults = 200

// mostRows is how many rows a file may have.
const mostRows = 200_000

// File is what a file says. Where it has faults it says nothing.
type File struct {
	Rows     []Line
	Faults   []sheet.Fault
	More     bool          // there may be more faults
	Warnings []sheet.Fault // what is unusual and taken all the same
	Warned   int           // how many there are in all
	Passed   []string      // columns that are not read
	Recoded  bool          // it was in Windows-1252 and was read as that
	Others   int           // rows of other projects, which are passed over
	New      int
	Changed  int
	Same     int
}

// Line is a row with where it stands in the file.
type Line struct {
	Row    any
	Number int
	New    bool
	Same   bool // as the account has it already
}

// World is what a row is held against.
type World struct {
	Account *account.Account
	Site    func(code string) bool // whether there is a house of that code
	Today   agenda.Date
}

// reader reads one file.
type reader struct {
	World
	kind    *account.Kind
	layout  *layout
	italian bool
	sum     sheet.Summary
	out     File
	found   map[string]int // key → index in out.Rows
	late    []sheet.Fault  // found once the file was read
	odd     []note
}

// Read reads the rows of a kind from a file: with our columns, which are those of
// the open data, or with those of Italia Domani. A column that is missing leaves
// what is published.
func Read(w World, kind *account.Kind, file []byte) File {
	rd := &reader{World: w, kind: kind, found: map[string]int{}}
	file, rd.out.Recoded = sheet.UTF8(file)
	header, separator := headerOf(file)
	rd.italian = separator == ';'
	columns := kind.Sheet()
	for i, c := range columns {
		columns[i].Aliases = aliases(kind.Name)[c.Name]
	}
	for i := range layouts[kind.Name] {
		if l := &layouts[kind.Name][i]; slices.Contains(header, bare(l.mark)) {
			rd.layout = l
			columns = l.columns(columns)
			break
		}
	}
	o := sheet.Options{Columns: columns, Near: rd.layout == nil, MaxFaults: mostFaults, MaxField: account.MostText, MaxRows: mostRows, MaxBytes: MostBytes}
	var err error
	var rows []pending
	rd.sum, err = sheet.Read(bytes.NewReader(file), o, func(r *sheet.Row) {
		if p, ok := rd.take(r, columns); ok {
			rows = append(rows, p...)
		}
	})
	if err != nil {
		panic(err) // the bytes are here
	}
	for _, p := range rows {
		rd.put(p)
	}
	return rd.done()
}

// MostBytes is the largest file that is read.
const MostBytes = 128 << 20

// pending is a row of ours by its cells, as they stand in the file.
type pending struct {
	at    sheet.Where
	cells map[string]string
}

// take reads the cells of a row.
func (rd *reader) take(r *sheet.Row, columns []sheet.Column) (rows []pending, ok bool) {
	cells := map[string]string{}
	for _, c := range columns {
		if text, ok := r.Text(c.Name); ok {
			cells[c.Name] = text
		}
	}
	if r.Faulty() {
		return nil, false
	}
	if rd.layout == nil {
		return []pending{{r.Where(), cells}}, true
	}
	l := &theirs{
		Account: rd.Account, layout: rd.layout, italian: rd.italian, cell: func(column string) string { return cells[column] }, wrong: r.Wrong,
		warn: func(column, reason string, args ...any) { rd.warn(r.Where(), column, reason, args...) },
	}
	list, skip := rd.layout.rows(l)
	switch skip {
	case otherProject:
		rd.out.Others++
	case withoutCIG:
		rd.warn(r.Where(), "cig", skip)
	}
	for _, row := range list {
		rows = append(rows, pending{r.Where(), row})
	}
	return rows, !r.Faulty()
}

// note is something unusual.
type note struct {
	at             sheet.Where
	column, reason string
	args           []any
}

func (rd *reader) warn(at sheet.Where, column, reason string, args ...any) {
	if rd.out.Warned++; len(rd.odd) < mostFaults {
		rd.odd = append(rd.odd, note{at, column, reason, args})
	}
}

func (rd *reader) wrong(at sheet.Where, column, reason string, args ...any) {
	if len(rd.sum.Faults)+len(rd.late) >= mostFaults {
		rd.out.More = true
		return
	}
	rd.late = append(rd.late, rd.sum.Fault(at, column, reason, args...))
}

// put makes a row of cells and lays it over what is published.
func (rd *reader) put(p pending) {
	cells, ok := rd.plain(p)
	if !ok {
		return
	}
	given := func(column string) (string, bool) {
		text, has := cells[column]
		return text, has && (rd.layout != nil || rd.sum.Has(column))
	}
	key := make([]string, len(rd.kind.Key))
	for i, at := range rd.kind.Key {
		key[i], _ = given(rd.kind.Columns[at].Name)
	}
	was, published := rd.Account.Row(rd.kind, account.JoinKey(key...))
	before := map[string]string{}
	if published {
		for i, text := range rd.kind.Cells(was) {
			before[rd.kind.Columns[i].Name] = text
		}
	}
	row, faults := rd.kind.Parse(func(column string) string {
		if text, has := given(column); has {
			return text
		}
		return before[column]
	})
	if row != nil {
		faults = rd.check(rd.kind, row)
	}
	for _, f := range faults {
		rd.wrong(p.at, f.Column, f.Reason, "text", cells[f.Column])
	}
	if len(faults) > 0 {
		return
	}
	rd.add(p.at, row, published && slices.Equal(rd.kind.Cells(row), rd.kind.Cells(was)), !published)
	for _, f := range odd(row) {
		rd.warn(p.at, f.Column, f.Reason)
	}
}

// add takes a row, each key once.
func (rd *reader) add(at sheet.Where, row any, same, isNew bool) {
	key := rd.kind.KeyOf(row)
	if i, twice := rd.found[key]; twice {
		first := rd.out.Rows[i]
		if slices.Equal(rd.kind.Cells(first.Row), rd.kind.Cells(row)) {
			rd.warn(at, "", "line_again", "first", first.Number)
		} else {
			rd.wrong(at, rd.kind.Columns[rd.kind.Key[0]].Name, "duplicate", "text", KeyText(key), "first", first.Number)
		}
		return
	}
	rd.found[key] = len(rd.out.Rows)
	rd.out.Rows = append(rd.out.Rows, Line{Row: row, Number: at.Line, New: isNew, Same: same})
	switch {
	case isNew:
		rd.out.New++
	case same:
		rd.out.Same++
	default:
		rd.out.Changed++
	}
}

// KeyText is a key as people read it.
func KeyText(key string) string {
	return strings.Join(slices.DeleteFunc(account.SplitKey(key), func(s string) bool { return s == "" }), " · ")
}

// plain writes the cells as the codec of the account reads them.
func (rd *reader) plain(p pending) (cells map[string]string, ok bool) {
	cells, ok = map[string]string{}, true
	for _, c := range rd.kind.Columns {
		text, has := p.cells[c.Name]
		if !has {
			continue
		}
		reason := ""
		if cells[c.Name], reason = plainCell(rd.kind, c, text, rd.italian, rd.layout != nil); reason != "" {
			rd.wrong(p.at, c.Name, reason, "text", text)
			ok = false
		}
	}
	return cells, ok
}

// plainCell writes a cell as the codec reads it.
func plainCell(kind *account.Kind, c account.Column, text string, italian, foreign bool) (cell, reason string) {
	switch c.Type {
	case "Cents", "int":
		if foreign && nothing(text) {
			return "", ""
		}
		if text == "" {
			return "", ""
		}
		n, ok := amount(text, italian)
		switch {
		case !ok && italian && doubtful.MatchString(text):
			return text, "doubtful_number"
		case !ok:
			return text, "not_a_number"
		}
		return strings.TrimPrefix(n, "+"), ""
	case "Date", "When":
		if foreign && nothing(text) {
			return "", ""
		}
		if d, ok := day(text); ok {
			return d, ""
		}
	case "Term", "Stage", "Answer":
	default:
		if kind.Name == "declarations" && c.Name == "value" {
			if n, ok := amount(text, italian); ok {
				if strings.Contains(n, ".") {
					n = strings.TrimRight(strings.TrimRight(n, "0"), ".")
				}
				return n, ""
			} else if italian && doubtful.MatchString(text) {
				return text, "doubtful_number"
			}
		}
		if c.Name == "cig" || c.Name == "cup" {
			return strings.ToUpper(text), ""
		}
	}
	return text, ""
}

// done ends the reading.
func (rd *reader) done() File {
	out := rd.out
	out.Passed = rd.sum.Passed
	for _, n := range rd.odd {
		out.Warnings = append(out.Warnings, rd.sum.Fault(n.at, n.column, n.reason, n.args...))
	}
	out.Faults = append(slices.Clone(rd.sum.Faults), rd.late...)
	out.More = out.More || rd.sum.More
	slices.SortStableFunc(out.Faults, func(a, b sheet.Fault) int { return a.Line - b.Line })
	slices.SortStableFunc(out.Warnings, func(a, b sheet.Fault) int { return a.Line - b.Line })
	if len(out.Faults) > 0 {
		out.Rows, out.New, out.Changed, out.Same = nil, 0, 0, 0
	}
	return out
}

// columns are those that are read of a file in another form: ours, of which none
// is needed, and its own.
func (l *layout) columns(ours []sheet.Column) (list []sheet.Column) {
	for _, c := range ours {
		c.Needed = false
		c.Aliases = slices.DeleteFunc(slices.Clone(c.Aliases), func(a string) bool {
			return slices.ContainsFunc(l.extra, func(e string) bool { return bare(e) == bare(a) })
		})
		list = append(list, c)
	}
	for _, e := range l.extra {
		list = append(list, sheet.Column{Name: e})
	}
	return list
}

// headerOf are the names of the first line of a file as names are compared, and
// what separates them.
func headerOf(file []byte) (names []string, separator byte) {
	file = bytes.TrimPrefix(file, []byte("\uFEFF"))
	for line := range bytes.Lines(file[:min(len(file), 64<<10)]) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || bytes.HasPrefix(bytes.ToLower(line), []byte("sep=")) {
			continue
		}
		separator = ','
		for _, s := range []byte(";\t") {
			if bytes.Count(line, []byte{s}) > bytes.Count(line, []byte{separator}) {
				separator = s
			}
		}
		for _, name := range strings.Split(string(line), string(separator)) {
			names = append(names, bare(name))
		}
		break
	}
	return names, separator
}

// bare is a name as names of columns are compared.
func bare(name string) string {
	return strings.NewReplacer(" ", "", "_", "", "-", "", ".", "", `"`, "", "\u00a0", "").Replace(strings.ToLower(strings.TrimSpace(name)))
}

// WorldOf is what rows are held against today.
func WorldOf(s *programme.Service, sites *site.Live, today agenda.Date) World {
	net := sites.Network()
	return World{Account: s.Account(), Today: today, Site: func(code string) bool {
		_, err := net.ByCode(code)
		return err == nil
	}}
}

// Report says line by line what is wrong or unusual, for a terminal.
func (f *File) Report(p *i18n.Printer) (lines []string) {
	for _, x := range f.Faults {
		lines = append(lines, FaultPlace(p, x)+": "+FaultText(p, x))
	}
	if f.More {
		lines = append(lines, p.T("office.import.more"))
	}
	for _, x := range f.Warnings {
		lines = append(lines, FaultPlace(p, x)+": "+FaultText(p, x))
	}
	return append(lines, f.Notes(p)...)
}

// Notes say what of the file as a whole is to be known.
func (f *File) Notes(p *i18n.Printer) (lines []string) {
	if n := f.Warned - len(f.Warnings); n > 0 {
		lines = append(lines, p.T("office.import.warnings-more", "count", n))
	}
	if f.Others > 0 {
		lines = append(lines, p.T("office.import.others", "count", f.Others))
	}
	if f.Recoded {
		lines = append(lines, p.T("office.import.recoded"))
	}
	for _, c := range f.Passed {
		lines = append(lines, p.T("office.import.passed", "column", c))
	}
	return lines
}

// Entry is what the rows of the file are proposed as.
func (f *File) Entry(kind *account.Kind, name, source string) programme.Entry {
	e := programme.Entry{Kind: kind, Title: name, Source: cmp.Or(source, name)}
	for _, l := range f.Rows {
		if !l.Same {
			e.Rows = append(e.Rows, l.Row)
		}
	}
	return e
}
