package account

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind is one kind of row, with the columns of its list.
type Kind struct {
	Name    string
	Columns []Column
	Key     []int // columns that tell a row from the others of its kind
	typ     reflect.Type
	phases  int // that its works have
}

// Column is one of a Kind.
type Column struct {
	Name   string
	Key    bool // part of what tells rows apart; may be empty but for the first
	Needed bool
	Number bool   // holds numbers
	Type   string // what its cells are: string, int, Cents, Date, When, Term, Stage or Answer
	field  int    // of the struct
	phase  int    // of the phases, for a field of dates; -1 for others
	actual bool
}

// keyEnd separates the parts of a key.
const keyEnd = "\x1f"

// Fault is a cell that cannot be read.
type Fault struct{ Column, Reason string }

// Phases are the phases of works, in their order.
var Phases = readPhases()

func readPhases() (list []Phase) {
	kind := kindOf("phases", Phase{})
	_ = readFacts(kind, func(row any) {
		list = append(list, row.(Phase)) //nolint:forcetypeassert // what kind makes
	})
	return list
}

// Kinds are all kinds of rows, in the order in which they are told.
var Kinds = []*Kind{
	kindOf("measure", Measure{}), kindOf("acts", Act{}), kindOf("projects", Project{}), kindOf("funding", Funding{}),
	kindOf("milestones", Milestone{}), kindOf("progress", Progress{}),
	kindOf("targets", Target{}), kindOf("steps", Step{}), kindOf("declarations", Declaration{}),
	kindOf("linked", Linked{}), kindOf("calls", Call{}), kindOf("lots", Lot{}),
	kindOf("tenders", Tender{}), kindOf("payments", Payment{}),
	kindOf("phases", Phase{}), kindOf("works", Works{}, Phases...), kindOf("costs", Cost{}), kindOf("documents", Document{}),
	kindOf("areas", Area{}),
}

// KindOf finds a kind by its name.
func KindOf(name string) (*Kind, bool) {
	i := slices.IndexFunc(Kinds, func(k *Kind) bool { return k.Name == name })
	if i < 0 {
		return nil, false
	}
	return Kinds[i], true
}

// kindOf reads the columns of a kind from the tags of its struct; dates have two
// for each of some phases.
func kindOf(name string, zero any, phases ...Phase) *Kind {
	k := &Kind{Name: name, typ: reflect.TypeOf(zero), phases: len(phases)}
	for i := range k.typ.NumField() {
		f := k.typ.Field(i)
		column, flags, _ := strings.Cut(f.Tag.Get("row"), ",")
		c := Column{Name: column, Type: f.Type.Name(), field: i, phase: -1, Key: flags == "key", Needed: flags == "needed"}
		switch f.Type {
		case reflect.TypeFor[[]Dates]():
			for n, p := range phases {
				k.Columns = append(k.Columns,
					Column{Name: p.ID + "_planned", Type: "Date", field: i, phase: n}, Column{Name: p.ID + "_actual", Type: "Date", field: i, phase: n, actual: true})
			}
			continue
		case reflect.TypeFor[int](), reflect.TypeFor[Cents]():
			c.Number = true
		}
		if c.Key {
			c.Needed = len(k.Key) == 0
			k.Key = append(k.Key, len(k.Columns))
		}
		k.Columns = append(k.Columns, c)
	}
	return k
}

// Names are the names of the columns.
func (k *Kind) Names() []string {
	names := make([]string, len(k.Columns))
	for i, c := range k.Columns {
		names[i] = c.Name
	}
	return names
}

// MostText is how long a cell may be, in characters.
const MostText = 4000

// oneLine makes one line of several: a list has a row on each.
var oneLine = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "\t", " ")

// Parse makes a row, a struct of its kind, of its cells by the name of their
// column. The faults are all that is wrong with it.
func (k *Kind) Parse(cell func(column string) string) (row any, faults []Fault) {
	cells := make([]string, len(k.Columns))
	for i, c := range k.Columns {
		cells[i] = strings.TrimSpace(oneLine.Replace(cell(c.Name)))
	}
	return k.parse(cells)
}

// parse makes a row of the texts of its columns.
func (k *Kind) parse(cells []string) (row any, faults []Fault) {
	v := reflect.New(k.typ).Elem()
	for i, c := range k.Columns {
		text := cells[i]
		switch {
		case text == "" && c.Needed:
			faults = append(faults, Fault{c.Name, "needed"})
		case utf8.RuneCountInString(text) > MostText:
			faults = append(faults, Fault{c.Name, "too_long"})
		case strings.ContainsFunc(text, unicode.IsControl) || !utf8.ValidString(text):
			faults = append(faults, Fault{c.Name, "control_character"})
		case text != "":
			if c.phase >= 0 && v.Field(c.field).IsNil() {
				v.Field(c.field).Set(reflect.ValueOf(make([]Dates, k.phases)))
			}
			if reason := set(c.in(v), text); reason != "" {
				faults = append(faults, Fault{c.Name, reason})
			}
		}
	}
	row = v.Interface()
	if c, ok := row.(checked); ok && len(faults) == 0 {
		faults = c.check()
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return row, nil
}

// checked is a row that says what is wrong with it as a whole.
type checked interface{ check() []Fault }

// The years in which something can be due: an index has a row for each of their
// quarters, and pages a column.
const (
	firstYear = 2000
	lastYear  = 2099
)

// in finds the value of the column in a row.
func (c Column) in(row reflect.Value) reflect.Value {
	v := row.Field(c.field)
	if c.phase < 0 {
		return v
	}
	dates := v.Index(c.phase)
	if c.actual {
		return dates.Field(1)
	}
	return dates.Field(0)
}

// set writes the value of a cell; the reason says why it cannot.
func set(to reflect.Value, text string) (reason string) {
	if u, ok := to.Addr().Interface().(encoding.TextUnmarshaler); ok {
		var bad *ValueError
		if err := u.UnmarshalText([]byte(text)); errors.As(err, &bad) {
			return bad.Reason
		}
		return ""
	}
	if to.Kind() == reflect.Int {
		n, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			return "not_number"
		}
		to.SetInt(int64(n)) //nolint:gosec // 31 bits
		return ""
	}
	to.SetString(text)
	return ""
}

// text is the value of a cell; "" for none.
func text(v reflect.Value) string {
	if m, ok := v.Interface().(encoding.TextMarshaler); ok {
		out, _ := m.MarshalText() // ours never fail
		return string(out)
	}
	if v.Kind() == reflect.Int {
		if v.IsZero() {
			return ""
		}
		return strconv.FormatInt(v.Int(), 10)
	}
	return v.String()
}

// Text is a row as it is kept: a line for each cell that has something, with the
// name of its column, a tab and its text. A cell has no control characters, and
// names outlive the order of columns.
func (k *Kind) Text(row any) string {
	var b strings.Builder
	for i, cell := range k.Cells(row) {
		if cell != "" {
			b.WriteString(k.Columns[i].Name)
			b.WriteByte('\t')
			b.WriteString(oneLine.Replace(cell))
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// FromText makes a row of its Text. Columns that the kind does not have are
// passed over: they are of another version of the program.
func (k *Kind) FromText(text string) (row any, err error) {
	cells := make([]string, len(k.Columns))
	at := 0 // columns come in their order, but for those of other versions
	for line := range strings.Lines(text) {
		name, cell, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		for range k.Columns {
			if at == len(k.Columns) {
				at = 0
			}
			if k.Columns[at].Name == name {
				cells[at] = cell
				at++
				break
			}
			at++
		}
	}
	row, faults := k.parse(cells)
	if len(faults) > 0 {
		return nil, fmt.Errorf("a row of %s: %s %s", k.Name, faults[0].Column, faults[0].Reason)
	}
	return row, nil
}

// Cells are the texts of a row, one for each column.
func (k *Kind) Cells(row any) []string {
	v := reflect.ValueOf(row)
	cells := make([]string, len(k.Columns))
	for i, c := range k.Columns {
		if c.phase < 0 || v.Field(c.field).Len() > c.phase {
			cells[i] = text(c.in(v))
		}
		if c.Number && c.Needed && cells[i] == "" { // a number that must be there is 0, not unknown
			cells[i] = "0"
		}
	}
	return cells
}

// JoinKey makes a key of its parts.
func JoinKey(parts ...string) string { return strings.Join(parts, keyEnd) }

// SplitKey takes a key apart.
func SplitKey(key string) []string { return strings.Split(key, keyEnd) }

// slice makes a slice of the type of the kind of its rows.
func (k *Kind) slice(rows []any) any {
	list := reflect.MakeSlice(reflect.SliceOf(k.typ), len(rows), len(rows))
	for i, row := range rows {
		list.Index(i).Set(reflect.ValueOf(row))
	}
	return list.Interface()
}

// KeyOf is what tells a row from the others of its kind.
func (k *Kind) KeyOf(row any) string {
	v := reflect.ValueOf(row)
	parts := make([]string, len(k.Key))
	for i, at := range k.Key {
		parts[i] = text(k.Columns[at].in(v))
	}
	return JoinKey(parts...)
}
