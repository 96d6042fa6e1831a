package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// The statements of a backup are made for whatever tables there are. Names of
// tables and columns come from the schema, never from a user.

// Dump reads a whole table: head hears the columns, then each every row. It
// returns how many columns there are.
func (t *Tx) Dump(ctx context.Context, table string, head func([]string) error, each func([]any) error) (int, error) {
	rows, err := t.tx.QueryContext(ctx, "SELECT * FROM "+table)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return 0, err
	}
	if err := head(columns); err != nil {
		return len(columns), err
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return len(columns), err
		}
		if err := each(values); err != nil {
			return len(columns), err
		}
	}
	return len(columns), rows.Err()
}

// Empty tells whether a table has no rows.
func (t *Tx) Empty(ctx context.Context, table string) (bool, error) {
	var one int
	err := t.tx.QueryRowContext(ctx, "SELECT 1 FROM "+table+" LIMIT 1").Scan(&one)
	if err == sql.ErrNoRows {
		return true, nil
	}
	return false, err
}

// Clear removes all rows of a table.
func (t *Tx) Clear(ctx context.Context, table string) error {
	_, err := t.tx.ExecContext(ctx, "DELETE FROM "+table)
	return err
}

// Load inserts rows into a table. Numbers are json.Number; a truth value may
// come as 0 or 1 from the other engine.
func (t *Tx) Load(ctx context.Context, table string, columns []string, rows [][]any) error {
	types, err := t.types(ctx, table)
	if err != nil {
		return err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "INSERT INTO %s (%s) VALUES ", table, strings.Join(columns, ", "))
	args := make([]any, 0, len(rows)*len(columns))
	for i, row := range rows {
		if i > 0 {
			text.WriteByte(',')
		}
		text.WriteByte('(')
		for j, v := range row {
			if j > 0 {
				text.WriteByte(',')
			}
			if t.eng == Postgres {
				text.WriteString("$" + strconv.Itoa(len(args)+1))
			} else {
				text.WriteByte('?')
			}
			if v, err = convert(v, types[columns[j]]); err != nil {
				return fmt.Errorf("%s.%s: %w", table, columns[j], err)
			}
			args = append(args, v)
		}
		text.WriteByte(')')
	}
	_, err = t.tx.ExecContext(ctx, text.String(), args...)
	return err
}

// types are the data types of a table's columns, where the engine is strict
// about what it takes for them.
func (t *Tx) types(ctx context.Context, table string) (map[string]string, error) {
	out := map[string]string{}
	if t.eng != Postgres {
		return out, nil
	}
	rows, err := t.tx.QueryContext(ctx, `SELECT column_name, data_type FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name = $1`, table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name, typ string
		if err := rows.Scan(&name, &typ); err != nil {
			return nil, err
		}
		out[name] = typ
	}
	return out, rows.Err()
}

func convert(v any, typ string) (any, error) {
	n, ok := v.(json.Number)
	if !ok {
		return v, nil
	}
	if typ == "double precision" {
		return n.Float64()
	}
	i, err := n.Int64()
	if err != nil {
		return n.Float64()
	}
	if typ == "boolean" {
		return i != 0, nil
	}
	return i, nil
}
