package db

import (
	"database/sql/driver"
	"fmt"
	"strconv"
	"strings"
)

// A list of rows goes to SQLite as VALUES, one parameter for each value, and to
// PostgreSQL as one array for each column: parsing, binding and planning a few
// arrays costs the server and us less than half of hundreds of parameters, and
// one text serves lists of any length.

// list is what PostgreSQL must know of the list in a statement.
type list struct {
	types []string // SQL types of the columns
	more  int      // parameters after the list
}

// arrayText puts arrays in the place of a list.
func arrayText(text string, l *list) string {
	var b strings.Builder
	b.WriteString("unnest(")
	for i, typ := range l.types {
		fmt.Fprintf(&b, "%sCAST($%d AS %s[])", comma(i), i+1, typ)
	}
	b.WriteString(") AS given (")
	for i := range l.types {
		fmt.Fprintf(&b, "%scolumn%d", comma(i), i+1)
	}
	b.WriteString(")")
	text = strings.Replace(text, "{rows}", b.String(), 1)
	for i := range l.more {
		text = strings.ReplaceAll(text, mark(i+1), "$"+strconv.Itoa(len(l.types)+i+1))
	}
	return text
}

func comma(i int) string {
	if i == 0 {
		return ""
	}
	return ", "
}

// arrays turns the rows at the beginning of args into an array for each column
// and leaves out the padding.
func (l *list) arrays(args []any) ([]any, error) {
	cols := len(l.types)
	rows, more := args[:len(args)-l.more], args[len(args)-l.more:]
	n := len(rows) / cols
	for n > 0 && rows[(n-1)*cols] == nil {
		n--
	}
	out := make([]any, 0, cols+len(more))
	for j, typ := range l.types {
		var a any
		var err error
		switch typ {
		case "TEXT":
			a, err = array[string](rows[j:], cols, n)
		case "BIGINT":
			a, err = array[int64](rows[j:], cols, n)
		case "DOUBLE PRECISION":
			a, err = array[float64](rows[j:], cols, n)
		case "BOOLEAN":
			a, err = array[bool](rows[j:], cols, n)
		case "BYTEA":
			a, err = array[[]byte](rows[j:], cols, n)
		default:
			err = fmt.Errorf("db: no lists of %s", typ)
		}
		if err != nil {
			return nil, fmt.Errorf("column %d: %w", j+1, err)
		}
		out = append(out, a)
	}
	return append(out, more...), nil
}

// array is every step-th of some values: a []T, or []*T where some are NULL.
func array[T any](values []any, step, n int) (any, error) {
	full := make([]T, n)
	var gaps []*T
	for i := range full {
		v := values[i*step]
		x, ok := v.(T)
		if !ok && v != nil { // what database/sql would do
			plain, err := driver.DefaultParameterConverter.ConvertValue(v)
			if err != nil {
				return nil, err
			}
			if x, ok = plain.(T); !ok && plain != nil {
				return nil, fmt.Errorf("a list of %T has a %T", x, v)
			}
			v = plain
		}
		if v == nil && gaps == nil {
			gaps = make([]*T, n)
			for k := range i {
				gaps[k] = &full[k]
			}
		}
		if full[i] = x; v != nil && gaps != nil {
			gaps[i] = &full[i]
		}
	}
	if gaps != nil {
		return gaps, nil
	}
	return full, nil
}
