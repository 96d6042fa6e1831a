// Package backup writes a whole database to one stream and reads it back, into
// an empty database of either engine: it is also the way from SQLite to
// PostgreSQL.
//
// The stream is gzipped lines of JSON: a header; for each table a line with
// its columns, then a line per row; at the end the number of rows. A value is
// a text, a number, true, false, null, or {"b": base64} for bytes. The rows
// are those of one snapshot, whatever is written meanwhile.
package backup

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"polis/internal/platform/db"
)

// header is the first line of a stream.
type header struct {
	Format string `json:"format"` // "polis-backup"
	Schema int64  `json:"schema"` // of the tables
	Taken  string `json:"taken"`  // RFC 3339
}

const format = "polis-backup"

// table is the line before the rows of a table.
type table struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
}

// end is the last line; without it the stream was cut.
type end struct {
	Rows int64 `json:"rows"`
}

// What a stream, or a database, can be refused for.
var (
	ErrFormat   = errors.New("backup: this is not a complete Polis backup")
	ErrNotEmpty = errors.New("backup: the database is not empty; restore into a new one")
	ErrNewer    = errors.New("backup: the backup was made by a newer version of Polis")

	ErrNewerDatabase = errors.New("backup: the database is of a newer version of Polis; back it up with that one")
)

// incomplete is ErrFormat with what was met. It does not wrap that: a stream that
// ends too early is no broken connection to the database.
func incomplete(err error) error {
	if err == nil {
		return ErrFormat
	}
	return fmt.Errorf("%w: %s", ErrFormat, err.Error())
}

var createTable = regexp.MustCompile(`(?m)^CREATE TABLE (?:IF NOT EXISTS )?([a-z_]+)`)

// Tables lists the tables of a schema in the order of their making, so that
// rows that others refer to come first.
func Tables(schema fs.FS) ([]string, error) { return tablesUpTo(schema, math.MaxInt64) }

// tablesUpTo lists those that a version of the schema has.
func tablesUpTo(schema fs.FS, version int64) (names []string, err error) {
	files, err := fs.Glob(schema, "sqlite/*.sql")
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	for _, f := range files {
		number, _, _ := strings.Cut(path.Base(f), "_")
		if n, err := strconv.ParseInt(number, 10, 64); err != nil || n > version {
			continue
		}
		text, err := fs.ReadFile(schema, f)
		if err != nil {
			return nil, err
		}
		up, _, _ := strings.Cut(string(text), "-- +goose Down")
		for _, m := range createTable.FindAllStringSubmatch(up, -1) {
			names = append(names, m[1])
		}
	}
	return names, nil
}

// Source is a database that a stream is written from.
type Source struct {
	DB     *db.DB
	Schema fs.FS
	// MayGoOn, where it is not nil, is asked now and then while a file is written.
	MayGoOn func() error
	// Without are tables that are left out: what is in them is worth nothing to
	// another database.
	Without []string
	// Blank are columns of bytes, by their table, that are written empty: what is in
	// them is kept elsewhere, or not at all.
	Blank map[string][]string
}

// Write streams the database to w and returns how many rows were written.
// progress hears of each table and the rows so far.
func (s Source) Write(ctx context.Context, now time.Time, w io.Writer, pace Pace, progress func(table string, rows int64)) (rows int64, err error) {
	version, newest, err := s.DB.SchemaVersion(ctx, s.Schema)
	if err != nil {
		return 0, err
	}
	if version > newest { // with tables that are not known here
		return 0, ErrNewerDatabase
	}
	names, err := tablesUpTo(s.Schema, version)
	if err != nil {
		return 0, err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(s.Without, name) })
	zip, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return 0, err
	}
	out := &lines{out: bufio.NewWriterSize(zip, 1<<16)}
	stretch := begin(pace)
	if err := out.object(header{format, version, now.UTC().Format(time.RFC3339)}); err != nil {
		return 0, err
	}
	err = s.DB.Snapshot(ctx, func(tx *db.Tx) error {
		for _, name := range names {
			var blank []int
			columns, err := tx.Dump(ctx, name, func(columns []string) error {
				for _, c := range s.Blank[name] {
					blank = append(blank, slices.Index(columns, c))
				}
				return out.object(table{name, columns})
			}, func(values []any) error {
				rows++
				for _, i := range blank {
					values[i] = []byte{}
				}
				if err := stretch.rest(ctx, rows); err != nil {
					return err
				}
				return out.row(values)
			})
			if err != nil {
				return fmt.Errorf("backup of %s (%d columns): %w", name, columns, err)
			}
			progress(name, rows)
		}
		return nil
	})
	if err != nil {
		return rows, err
	}
	if err := out.object(end{rows}); err != nil {
		return rows, err
	}
	if err := out.out.Flush(); err != nil {
		return rows, err
	}
	return rows, zip.Close()
}

// Target is a migrated database that a stream is read into.
type Target struct {
	DB     *db.DB
	Schema fs.FS
	// Own are the tables that a program fills by itself when it starts: rows in
	// them do not make a database one that is in use, and give way.
	Own []string
	// Then, if not nil, runs behind the last row in the same transaction.
	Then func(ctx context.Context, tx *db.Tx) error
}

// Read fills an empty database from a stream: all of it or nothing.
func Read(ctx context.Context, to Target, r io.Reader, progress func(table string, rows int64)) (rows int64, err error) {
	names, err := Tables(to.Schema)
	if err != nil {
		return 0, err
	}
	in, h, err := open(r)
	if err != nil {
		return 0, err
	}
	at, _, err := to.DB.SchemaVersion(ctx, to.Schema)
	if err != nil {
		return 0, err
	}
	if h.Schema > at {
		return 0, ErrNewer
	}
	err = to.DB.Write(ctx, func(tx *db.Tx) error {
		if err := to.empty(ctx, tx, names); err != nil {
			return err
		}
		if rows, err = in.fill(ctx, tx, names, progress); err != nil {
			return err
		}
		if err := tx.CatchUp(ctx, to.Schema, h.Schema); err != nil || to.Then == nil {
			return err
		}
		return to.Then(ctx, tx)
	})
	return rows, err
}

// empty refuses a database in use, and clears what a program has put there by
// itself.
func (to *Target) empty(ctx context.Context, tx *db.Tx, names []string) error {
	for _, name := range names {
		empty, err := tx.Empty(ctx, name)
		if err != nil {
			return err
		}
		if !empty && !slices.Contains(to.Own, name) {
			return ErrNotEmpty
		}
	}
	for _, name := range to.Own {
		if err := tx.Clear(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// reader reads the lines of a stream.
type reader struct{ lines *json.Decoder }

// open reads the first line of a stream.
func open(r io.Reader) (*reader, header, error) {
	var h header
	zip, err := gzip.NewReader(bufio.NewReaderSize(r, 1<<16))
	if err != nil {
		return nil, h, incomplete(err)
	}
	in := &reader{json.NewDecoder(bufio.NewReaderSize(zip, 1<<16))}
	in.lines.UseNumber()
	if err := in.lines.Decode(&h); err != nil || h.Format != format {
		return nil, h, ErrFormat
	}
	return in, h, nil
}

// piece is how many rows go into one statement, and weight how many bytes, so
// that large files do not fill the memory.
const (
	piece  = 200
	weight = 4 << 20
)

func (in *reader) fill(ctx context.Context, tx *db.Tx, names []string, progress func(string, int64)) (rows int64, err error) {
	var cur table
	var waiting [][]any
	var bytes int
	flush := func() error {
		if len(waiting) == 0 {
			return nil
		}
		err := tx.Load(ctx, cur.Table, cur.Columns, waiting)
		waiting, bytes = waiting[:0], 0
		return err
	}
	for {
		var line json.RawMessage
		if err := in.lines.Decode(&line); err != nil {
			return rows, incomplete(err)
		}
		if line[0] == '[' {
			values, err := row(line)
			if err != nil || len(values) != len(cur.Columns) {
				return rows, incomplete(err)
			}
			waiting = append(waiting, values)
			rows, bytes = rows+1, bytes+len(line)
			if len(waiting) == piece || bytes > weight {
				if err := flush(); err != nil {
					return rows, err
				}
			}
			continue
		}
		if err := flush(); err != nil {
			return rows, err
		}
		if cur.Table != "" {
			progress(cur.Table, rows)
		}
		var next struct {
			table
			end
		}
		if err := json.Unmarshal(line, &next); err != nil {
			return rows, incomplete(err)
		}
		if next.Table == "" {
			if next.Rows != rows {
				return rows, ErrFormat
			}
			return rows, in.ended()
		}
		if !slices.Contains(names, next.Table) || slices.ContainsFunc(next.Columns, func(c string) bool { return !column.MatchString(c) }) {
			return rows, ErrFormat
		}
		cur = next.table
	}
}

// ended reads to the very end of the stream, where gzip keeps the sum of all
// that it holds: until then nothing is proved whole.
func (in *reader) ended() error {
	var more json.RawMessage
	if err := in.lines.Decode(&more); err != io.EOF {
		return incomplete(err)
	}
	return nil
}

var column = regexp.MustCompile(`^[a-z_]+$`)

// row reads the values of a line.
func row(line json.RawMessage) ([]any, error) {
	var raw []json.RawMessage
	if err := json.Unmarshal(line, &raw); err != nil {
		return nil, err
	}
	values := make([]any, len(raw))
	for i, text := range raw {
		var err error
		if values[i], err = value(text); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func value(text json.RawMessage) (any, error) {
	switch text[0] {
	case '{':
		var b struct{ B []byte }
		err := json.Unmarshal(text, &b)
		if b.B == nil {
			b.B = []byte{}
		}
		return b.B, err
	case '"':
		var s string
		err := json.Unmarshal(text, &s)
		return s, err
	case 't', 'f', 'n':
		var v any
		err := json.Unmarshal(text, &v)
		return v, err
	}
	return json.Number(text), nil
}
