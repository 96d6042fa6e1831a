package appointment

import (
	"context"
	"database/sql"
	"time"

	"polis/internal/agenda"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

const columns = `id, office, day, service, people, minutes, person, desk, starts, public, state, hold, origin, language, ticket, created, changed, rev`

var (
	lockDay = db.Q("appointment.lock", `
		INSERT INTO appointment_day (office, day, rev) VALUES ($1, $2, 1)
		ON CONFLICT (office, day) DO UPDATE SET rev = appointment_day.rev + 1`)
	insertAppointment = db.Q("appointment.insert", `
		INSERT INTO appointment (`+columns+`, code, request, asked)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, '', $15, $15, 1, $16, $17, $18) ON CONFLICT (request) DO NOTHING`)
	updateAppointment = db.Q("appointment.update", `
		UPDATE appointment SET day = $3, people = $4, minutes = $5, person = $6, desk = $7, starts = $8, public = $9, state = $10,
			language = $11, ticket = $12, changed = $13, rev = rev + 1
		WHERE id = $1 AND rev = $2`)
	getAppointment = db.Q("appointment.get", `SELECT `+columns+` FROM appointment WHERE id = $1`)
	byCode         = db.Q("appointment.by-code", `SELECT `+columns+` FROM appointment WHERE code = $1`)
	byRequest      = db.Q("appointment.by-request", `SELECT `+columns+` FROM appointment WHERE request = $1 AND asked = $2`)
	ofPerson       = db.Q("appointment.of-person", `
		SELECT `+columns+` FROM appointment WHERE person = $1 AND (starts, id) < ($2, $3) ORDER BY starts DESC, id DESC LIMIT $4`)
	onDays = db.Q("appointment.on-days", `
		SELECT `+columns+` FROM appointment WHERE office = $1 AND day BETWEEN $2 AND $3 AND state <> 'cancelled' ORDER BY day, starts, id`)
	freedOnDays = db.Q("appointment.freed-on-days", `
		SELECT appointment, day, desk, starts, minutes, public, until FROM appointment_freed
		WHERE office = $1 AND day BETWEEN $2 AND $3 AND until > $4`)
	insertFreed = db.Q("appointment.free", `
		INSERT INTO appointment_freed (id, appointment, office, day, desk, starts, minutes, public, until)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`)
	dropFreed = db.Q("appointment.drop-freed", `DELETE FROM appointment_freed WHERE office = $1 AND day = $2 AND until <= $3`)
	retake    = db.Q("appointment.retake", `
		DELETE FROM appointment_freed WHERE appointment = $1 AND desk = $2 AND starts < $3 AND starts + (minutes + 15) * CAST(60000000 AS BIGINT) > $4`)
	comingOf = db.Q("appointment.coming-of", `
		SELECT `+columns+` FROM appointment WHERE person = $1 AND starts > $2 AND (state = 'booked' OR state = 'displaced') ORDER BY starts, id`)
	letGo = db.Q("appointment.let-go", `UPDATE appointment SET state = 'cancelled', rev = rev + 1 WHERE person = $1 AND state = 'held'`)
)

func scan(rows *sql.Rows) (a Appointment, err error) {
	var day string
	var starts, hold, created, changed int64
	err = rows.Scan(&a.ID, &a.Office, &day, &a.Service, &a.People, &a.Minutes, &a.Person, &a.Desk, &starts, &a.Public, &a.State,
		&hold, &a.Origin, &a.Language, &a.Ticket, &created, &changed, &a.Rev)
	if err != nil {
		return a, err
	}
	a.From, a.Hold, a.Created, a.Changed = clock.FromMicros(starts), clock.FromMicros(hold), clock.FromMicros(created), clock.FromMicros(changed)
	a.Day, err = agenda.ParseDate(day)
	return a, err
}

func errUnknown() error { return errs.New(errs.NotFound, "appointment.unknown", nil) }

// one reads an appointment; NotFound where there is none.
func one(ctx context.Context, r db.Reader, q db.Query, args ...any) (Appointment, error) {
	list, err := db.All(ctx, r, q, scan, args...)
	if err == nil && len(list) == 0 {
		err = errUnknown()
	}
	if err != nil {
		return Appointment{}, err
	}
	return list[0], nil
}

// insert writes a new appointment; false where its request was made before.
func (a *Appointment) insert(ctx context.Context, tx *db.Tx, code, request, asked string) (bool, error) {
	n, err := tx.Exec(ctx, insertAppointment, a.ID, a.Office, a.Day.String(), a.Service, a.People, a.Minutes, a.Person, a.Desk,
		clock.Micros(a.From), a.Public, string(a.State), micros(a.Hold), string(a.Origin), a.Language, clock.Micros(a.Created), code, request, asked)
	return n > 0, err
}

// update writes an appointment as it is now over the revision that was read.
func (a *Appointment) update(ctx context.Context, tx *db.Tx, now time.Time) error {
	n, err := tx.Exec(ctx, updateAppointment, a.ID, a.Rev, a.Day.String(), a.People, a.Minutes, a.Person, a.Desk,
		clock.Micros(a.From), a.Public, string(a.State), a.Language, a.Ticket, clock.Micros(now))
	if err == nil && n == 0 {
		err = errs.New(errs.Stale, "appointment.changed", nil)
	}
	a.Changed, a.Rev = now, a.Rev+1
	return err
}

// free keeps the time that an appointment gives back from being offered at once.
func (s *Service) free(ctx context.Context, tx *db.Tx, a *Appointment, until time.Time) error {
	_, err := tx.Exec(ctx, insertFreed, s.IDs(), a.ID, a.Office, a.Day.String(), a.Desk, clock.Micros(a.From), a.Minutes, a.Public, clock.Micros(until))
	return err
}

// takenOn is what is taken of an office's days, by day.
func takenOn(ctx context.Context, r db.Reader, office string, from, to agenda.Date, now time.Time) (map[agenda.Date][]Taken, error) {
	taken := map[agenda.Date][]Taken{}
	list, err := db.All(ctx, r, onDays, scan, office, from.String(), to.String())
	if err != nil {
		return nil, err
	}
	for _, a := range list {
		taken[a.Day] = append(taken[a.Day], a.taken())
	}
	return taken, db.Each(ctx, r, freedOnDays, func(rows *sql.Rows) error {
		var t Taken
		var day string
		var starts, until int64
		if err := rows.Scan(&t.ID, &day, &t.Desk, &starts, &t.Minutes, &t.Public, &until); err != nil {
			return err
		}
		t.From, t.Until = clock.FromMicros(starts), clock.FromMicros(until)
		d, err := agenda.ParseDate(day)
		taken[d] = append(taken[d], t)
		return err
	}, office, from.String(), to.String(), clock.Micros(now))
}

// micros is an instant as it is kept, 0 for none.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return clock.Micros(t)
}
