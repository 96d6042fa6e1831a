package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Query is a registered statement.
type Query struct {
	name, written string // as its author wrote it
	text          string
	lite          string // for SQLite where it differs
	list          *list  // nil where it takes none
}

// Name is what the statement is registered as.
func (q Query) Name() string { return q.name }

// Text is its SQL.
func (q Query) Text(e Engine) string {
	if e == SQLite && q.lite != "" {
		return q.lite
	}
	return q.text
}

// Written is its SQL as it stands in the source.
func (q Query) Written() string { return q.written }

// bind makes the parameters of the statement for PostgreSQL.
func (q Query) bind(args []any) ([]any, error) {
	if q.list == nil {
		return args, nil
	}
	args, err := q.list.arrays(args)
	return args, q.wrap(err)
}

func (q Query) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", q.name, err)
}

var registry = struct {
	sync.Mutex
	all map[string]Query
}{all: map[string]Query{}}

// Q registers a statement under a unique name, "room.verb"; a package-level
// variable of the file that uses it.
func Q(name, text string) Query {
	q := Query{name: name, written: text, text: text}
	register(q)
	return q
}

func register(q Query) {
	registry.Lock()
	defer registry.Unlock()
	if _, twice := registry.all[q.name]; twice {
		panic("db: two statements named " + q.name)
	}
	registry.all[q.name] = q
}

// Registered lists all statements by name; those of Rows with one size each.
func Registered() []Query {
	registry.Lock()
	defer registry.Unlock()
	out := make([]Query, 0, len(registry.all))
	for _, q := range registry.all {
		out = append(out, q)
	}
	slices.SortFunc(out, func(a, b Query) int { return strings.Compare(a.name, b.name) })
	return out
}

// sizes are the numbers of rows for which a multi-row statement is made on
// SQLite, so that few texts are prepared; rows that are not there are NULL and
// filtered.
var sizes = []int{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024}

// MultiRow is a statement over a table of values of varying length.
type MultiRow struct {
	name   string
	cols   int
	bySize []Query
}

// Rows registers a statement with a list of rows in it. The text has the mark
// "{rows}" where a table with columns column1, column2, … stands; types names
// the SQL type of each column. The statement filters "column1 IS NOT NULL",
// because a list is padded with empty rows:
//
//	INSERT INTO seat (id, day) SELECT column1, column2 FROM {rows}
//	WHERE column1 IS NOT NULL ORDER BY column1 ON CONFLICT (id) DO NOTHING
//
// Parameters of the text itself stand after the rows, once each and in order,
// and are written {1}, {2}.
func Rows(name, text string, types ...string) MultiRow {
	if before, _, ok := strings.Cut(text, "{rows}"); !ok || strings.Contains(before, "{") {
		panic("db: parameters stand after {rows}: " + text)
	}
	m := MultiRow{name: name, cols: len(types)}
	l := &list{types: types}
	for strings.Contains(text, mark(l.more+1)) {
		l.more++
	}
	arrays := arrayText(text, l)
	for _, n := range sizes {
		q := Query{name: name, written: text, text: arrays, lite: valuesText(text, n, l), list: l}
		if n == 2 {
			register(q)
		}
		m.bySize = append(m.bySize, q)
	}
	return m
}

// mark is where the k-th parameter after the list stands.
func mark(k int) string { return "{" + strconv.Itoa(k) + "}" }

// valuesText puts n rows in the place of a list. SQLite takes $1 for a name and
// looks names up one after the other, so that thousands of them cost their
// square; plain question marks cost nothing. They go by their order: the list
// stands before all others.
func valuesText(text string, n int, l *list) string {
	row := "(?" + strings.Repeat(",?", len(l.types)-1) + ")"
	text = strings.Replace(text, "{rows}", "(VALUES "+row+strings.Repeat(","+row, n-1)+") AS given", 1)
	for k := range l.more {
		text = strings.ReplaceAll(text, mark(k+1), "?")
	}
	return text
}

// MaxRows is the longest list one call of a MultiRow takes; longer ones are
// cut by the caller (Chunks).
func MaxRows() int { return sizes[len(sizes)-1] }

// For returns the statement for the rows in args (a multiple of the columns)
// and args padded to its size, followed by more.
func (m MultiRow) For(args []any, more ...any) (Query, []any) {
	n := len(args) / m.cols
	i := slices.IndexFunc(sizes, func(s int) bool { return s >= n })
	if i < 0 {
		panic(fmt.Sprintf("db: %s: %d rows in one statement", m.name, n))
	}
	for len(args) < sizes[i]*m.cols {
		args = append(args, nil)
	}
	return m.bySize[i], append(args, more...)
}

// preparedRows is the longest list whose statement is prepared: longer ones are
// rare and would keep much memory.
const preparedRows = 64

// Queries are the statement's texts of the common sizes, to prepare them.
func (m MultiRow) Queries() []Query { return m.bySize[:slices.Index(sizes, preparedRows)+1] }

// Exec runs a multi-row statement over any number of rows, in pieces.
func (m MultiRow) Exec(ctx context.Context, tx *Tx, args []any) error {
	for piece := range slices.Chunk(args, MaxRows()*m.cols) {
		q, padded := m.For(slices.Clip(piece))
		if _, err := tx.Exec(ctx, q, padded...); err != nil {
			return err
		}
	}
	return nil
}

// Each runs a multi-row statement that returns rows, in pieces, and calls scan
// for each row. more are the parameters of the text itself.
func (m MultiRow) Each(ctx context.Context, tx Reader, args []any, scan func(*sql.Rows) error, more ...any) error {
	for piece := range slices.Chunk(args, MaxRows()*m.cols) {
		q, padded := m.For(slices.Clip(piece), more...)
		if err := Each(ctx, tx, q, scan, padded...); err != nil {
			return err
		}
	}
	return nil
}

// Each runs a statement and calls scan for every row.
func Each(ctx context.Context, r Reader, q Query, scan func(*sql.Rows) error, args ...any) error {
	rows, err := r.Query(ctx, q, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return q.wrap(err)
		}
	}
	return meant(q.wrap(rows.Err()))
}

// All runs a statement and collects its rows.
func All[T any](ctx context.Context, r Reader, q Query, scan func(*sql.Rows) (T, error), args ...any) ([]T, error) {
	var out []T
	err := Each(ctx, r, q, func(rows *sql.Rows) error {
		v, err := scan(rows)
		out = append(out, v)
		return err
	}, args...)
	return out, err
}

// ErrNoRow says that a statement found nothing.
var ErrNoRow = sql.ErrNoRows

// One runs a statement and scans its only row into dest; ErrNoRow if there is
// none.
func One(ctx context.Context, r Reader, q Query, args []any, dest ...any) error {
	found := false
	err := Each(ctx, r, q, func(rows *sql.Rows) error {
		if found {
			return errors.New("more than one row")
		}
		found = true
		return rows.Scan(dest...)
	}, args...)
	if err == nil && !found {
		return q.wrap(ErrNoRow)
	}
	return err
}
