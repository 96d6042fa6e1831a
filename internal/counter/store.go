package counter

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter/forecast"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
)

const ticketColumns = `id, office, day, letter, number, state, priority, origin, language, person, appointment, due, taken, since,
	first_call, closed, desk, operator, only_desk, calls, low, high, rev`

var (
	readTicket  = db.Q("counter.ticket", `SELECT `+ticketColumns+` FROM ticket WHERE id = $1`)
	readRequest = db.Q("counter.ticket-of-request", `SELECT `+ticketColumns+` FROM ticket WHERE request = $1`)
	readAlive   = db.Q("counter.tickets-alive", `
		SELECT `+ticketColumns+` FROM ticket
		WHERE office = $1 AND state IN ('waiting', 'called', 'serving', 'parked', 'missed') ORDER BY taken, id`)
	readOfPerson = db.Q("counter.tickets-of-person", `
		SELECT `+ticketColumns+` FROM ticket WHERE person = $1 AND person <> '' ORDER BY taken DESC, id DESC LIMIT $2`)
	readOfDay = db.Q("counter.tickets-of-day", `
		SELECT `+ticketColumns+` FROM ticket WHERE office = $1 AND day = $2 ORDER BY taken, id`)
	readItems = db.Q("counter.items", `
		SELECT ticket, service, state, steps, started, ended FROM ticket_item WHERE ticket = $1 ORDER BY n`)
	readItemsAlive = db.Q("counter.items-alive", `
		SELECT i.ticket, i.service, i.state, i.steps, i.started, i.ended FROM ticket t JOIN ticket_item i ON i.ticket = t.id
		WHERE t.office = $1 AND t.state IN ('waiting', 'called', 'serving', 'parked', 'missed') ORDER BY i.ticket, i.n`)
	readItemsOfDay = db.Q("counter.items-of-day", `
		SELECT i.ticket, i.service, i.state, i.steps, i.started, i.ended FROM ticket t JOIN ticket_item i ON i.ticket = t.id
		WHERE t.office = $1 AND t.day = $2 ORDER BY i.ticket, i.n`)
	readPeriods = db.Q("counter.periods", `
		SELECT kind, desk, operator, service, starts, ends FROM ticket_period WHERE ticket = $1 ORDER BY n`)

	insertTicket = db.Q("counter.ticket-insert", `
		INSERT INTO ticket (id, office, day, letter, number, state, priority, origin, language, person, appointment, due, taken, since,
			first_call, closed, desk, operator, only_desk, calls, low, high, request, rev)
		VALUES ($1, $2, $3, $4, $5, 'waiting', $6, $7, $8, $9, $10, $11, $12, $12, 0, 0, '', '', '', 0, -1, -1, $13, 1)
		ON CONFLICT DO NOTHING`)
	insertItem = db.Q("counter.item-insert", `
		INSERT INTO ticket_item (ticket, n, service, state, steps, started, ended) VALUES ($1, $2, $3, 'open', '[]', 0, 0)`)
	updateItem = db.Q("counter.item-update", `
		UPDATE ticket_item SET state = $3, steps = $4, started = $5, ended = $6 WHERE ticket = $1 AND n = $2`)
	beginPeriod = db.Q("counter.period-begin", `
		INSERT INTO ticket_period (ticket, n, kind, desk, operator, service, starts, ends)
		SELECT $1, COUNT(*), $2, $3, $4, $5, $6, 0 FROM ticket_period WHERE ticket = $1`)
	endPeriod = db.Q("counter.period-end", `UPDATE ticket_period SET ends = $2 WHERE ticket = $1 AND ends = 0`)
	setTold   = db.Q("counter.ticket-told", `UPDATE ticket SET low = $2, high = $3 WHERE id = $1`)
)

func scanTicket(rows *sql.Rows) (*Ticket, error) {
	var t Ticket
	var day string
	var due, taken, since, first, closed, low, high int64
	err := rows.Scan(&t.ID, &t.Office, &day, &t.Letter, &t.Number, &t.State, &t.Priority, &t.Origin, &t.Language, &t.Person, &t.Appointment,
		&due, &taken, &since, &first, &closed, &t.Desk, &t.Operator, &t.OnlyDesk, &t.Calls, &low, &high, &t.Rev)
	if err != nil {
		return nil, err
	}
	if t.Day, err = agenda.ParseDate(day); err != nil {
		return nil, err
	}
	t.Due, t.Taken, t.Since, t.FirstCall, t.Closed = instant(due), instant(taken), instant(since), instant(first), instant(closed)
	if low >= 0 {
		t.Told = &forecast.Range{Low: time.Duration(low) * time.Second, High: time.Duration(high) * time.Second, Today: 1}
	}
	return &t, nil
}

// instant is a stored moment; 0 is none.
func instant(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return clock.FromMicros(us)
}

// micros is a moment as it is stored; none is 0.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return clock.Micros(t)
}

// read reads tickets with their items.
func (s *Service) read(ctx context.Context, r db.Reader, tickets, items db.Query, args ...any) ([]*Ticket, error) {
	list, err := db.All(ctx, r, tickets, scanTicket, args...)
	if err != nil || len(list) == 0 {
		return list, err
	}
	byID := make(map[string]*Ticket, len(list))
	for _, t := range list {
		byID[t.ID] = t
	}
	return list, db.Each(ctx, r, items, func(rows *sql.Rows) error {
		id, it, err := scanItem(rows)
		if t := byID[id]; t != nil {
			t.Items = append(t.Items, it)
		}
		return err
	}, args...)
}

func scanItem(rows *sql.Rows) (ticket string, it Item, err error) {
	var steps string
	var started, ended int64
	if err = rows.Scan(&ticket, &it.Service, &it.State, &steps, &started, &ended); err != nil {
		return "", it, err
	}
	it.Started, it.Ended = instant(started), instant(ended)
	return ticket, it, json.Unmarshal([]byte(steps), &it.Steps)
}

// one reads one ticket with its items; errUnknown where there is none.
func (s *Service) one(ctx context.Context, r db.Reader, q db.Query, key string) (*Ticket, error) {
	list, err := db.All(ctx, r, q, scanTicket, key)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errUnknown()
	}
	t := list[0]
	err = db.Each(ctx, r, readItems, func(rows *sql.Rows) error {
		_, it, err := scanItem(rows)
		t.Items = append(t.Items, it)
		return err
	}, t.ID)
	return t, err
}

// Periods are how the time of a ticket was spent, in order and without gaps.
func (s *Service) periods(ctx context.Context, r db.Reader, ticket string) ([]Period, error) {
	return db.All(ctx, r, readPeriods, func(rows *sql.Rows) (p Period, err error) {
		var from, to int64
		err = rows.Scan(&p.Kind, &p.Desk, &p.Operator, &p.Service, &from, &to)
		p.From, p.To = instant(from), instant(to)
		return p, err
	}, ticket)
}

// insert writes a new ticket with its items and its first period; false where its
// number was given before.
func (s *Service) insert(ctx context.Context, tx *db.Tx, t *Ticket, request string) (bool, error) {
	var key any
	if request != "" {
		key = request
	}
	n, err := tx.Exec(ctx, insertTicket, t.ID, t.Office, t.Day.String(), t.Letter, t.Number, string(t.Priority), string(t.Origin), t.Language,
		t.Person, t.Appointment, micros(t.Due), micros(t.Taken), key)
	if err != nil || n == 0 {
		return false, err
	}
	for i, it := range t.Items {
		if err := tx.Later(ctx, insertItem, t.ID, i, it.Service); err != nil {
			return false, err
		}
	}
	return true, tx.Later(ctx, beginPeriod, t.ID, string(PeriodWaiting), "", "", "", micros(t.Taken))
}

// saveItem writes an item as it is now.
func saveItem(ctx context.Context, tx *db.Tx, ticket string, n int, it *Item) error {
	steps, err := json.Marshal(it.Steps)
	if err != nil {
		return err
	}
	if it.Steps == nil {
		steps = []byte("[]")
	}
	return tx.Later(ctx, updateItem, ticket, n, string(it.State), string(steps), micros(it.Started), micros(it.Ended))
}

// numberName is a number as people read it.
func numberName(letter string, number int) string { return fmt.Sprintf("%s%03d", letter, number) }
