package works

import (
	"context"
	"database/sql"

	"polis/internal/agenda"
	"polis/internal/platform/db"
)

// Operation is that a house is used, as the journal tells: visits on which
// people came, the first and the last day.
type Operation struct {
	Visits      int
	First, Last agenda.Date
}

var (
	noteVisits = db.Rows("programme.note-operation", `
		INSERT INTO programme_operation (site, first_day, last_day, visits)
		SELECT column1, column2, column3, column4 FROM {rows} WHERE column1 IS NOT NULL
		ON CONFLICT (site) DO UPDATE SET
			first_day = CASE WHEN excluded.first_day < programme_operation.first_day THEN excluded.first_day ELSE programme_operation.first_day END,
			last_day = CASE WHEN excluded.last_day > programme_operation.last_day THEN excluded.last_day ELSE programme_operation.last_day END,
			visits = programme_operation.visits + excluded.visits`, "TEXT", "TEXT", "TEXT", "BIGINT")
	listVisits = db.Q("programme.list-operation", `SELECT site, first_day, last_day, visits FROM programme_operation ORDER BY site`)
)

// NoteOperation adds visits to what is known of houses, by the id of each.
func NoteOperation(ctx context.Context, tx *db.Tx, seen map[string]Operation) error {
	var rows []any
	for _, id := range sortedKeys(seen) {
		o := seen[id]
		rows = append(rows, id, o.First.String(), o.Last.String(), int64(o.Visits))
	}
	return noteVisits.Exec(ctx, tx, rows)
}

// Operations is what is known of all houses, by the id of each.
func Operations(ctx context.Context, r db.Reader) (map[string]Operation, error) {
	out := map[string]Operation{}
	err := db.Each(ctx, r, listVisits, func(rows *sql.Rows) error {
		var id, first, last string
		var o Operation
		if err := rows.Scan(&id, &first, &last, &o.Visits); err != nil {
			return err
		}
		var err error
		if o.First, err = agenda.ParseDate(first); err != nil {
			return err
		}
		if o.Last, err = agenda.ParseDate(last); err != nil {
			return err
		}
		out[id] = o
		return nil
	})
	return out, err
}

// Add counts a visit on a day.
func (o Operation) Add(day agenda.Date) Operation {
	if o.Visits == 0 || day.Before(o.First) {
		o.First = day
	}
	if o.Visits == 0 || o.Last.Before(day) {
		o.Last = day
	}
	o.Visits++
	return o
}
