package counter

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"polis/internal/agenda"
	"polis/internal/counter/catalog"
	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/site"
)

// Shift is when somebody works at a desk, each week.
type Shift struct {
	ID       string
	Desk     string // id of its resource
	Weekday  time.Weekday
	Person   string // id; "" anybody
	From, To agenda.Clock
}

// Closure is when a desk is closed although its office is open.
type Closure struct {
	ID       string
	Desk     string // id of its resource
	From, To time.Time
	Reason   string
	Made     time.Time
	Author   string // id
}

// Roster is how an office is staffed: an office without shifts has all its desks
// staffed while it is open.
type Roster struct {
	Shifts   []Shift
	Closures []Closure // those that end after the instant that was asked for
	Staff    map[string]*Staff
}

const (
	mostShifts    = 200 // of an office
	mostClosures  = 200 // to come, of an office
	longestReason = 200 // characters
	mostClosed    = 60 * 24 * time.Hour
)

var (
	readShifts = db.Q("counter.shifts", `
		SELECT id, desk, weekday, person, starts, ends FROM desk_shift WHERE office = $1 ORDER BY desk, weekday, starts, id`)
	dropShifts  = db.Q("counter.shifts-drop", `DELETE FROM desk_shift WHERE office = $1 AND desk = $2`)
	insertShift = db.Q("counter.shift-insert", `
		INSERT INTO desk_shift (id, office, desk, weekday, person, starts, ends) VALUES ($1, $2, $3, $4, $5, $6, $7)`)
	readClosures = db.Q("counter.closures", `
		SELECT id, desk, starts, ends, reason, made, author FROM desk_closure WHERE office = $1 AND ends > $2 ORDER BY starts, id`)
	insertClosure = db.Q("counter.closure-insert", `
		INSERT INTO desk_closure (id, office, desk, starts, ends, reason, made, author) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`)
	endClosure = db.Q("counter.closure-end", `UPDATE desk_closure SET ends = $3 WHERE id = $1 AND office = $2 AND ends > $3`)
	saveStaff  = db.Q("counter.staff-save", `
		INSERT INTO desk_staff (office, person, skills, permissions, rev) VALUES ($1, $2, $3, $4, 1)
		ON CONFLICT (office, person) DO UPDATE SET skills = excluded.skills, permissions = excluded.permissions, rev = desk_staff.rev + 1`)
	dropStaff = db.Q("counter.staff-drop", `DELETE FROM desk_staff WHERE office = $1 AND person = $2`)
)

// RosterOf reads the roster of an office, with the closures that end after an
// instant.
func (s *Service) RosterOf(ctx context.Context, r db.Reader, office string, after time.Time) (o Roster, err error) {
	defer errs.Wrap(&err, "counter.RosterOf")
	o.Shifts, err = db.All(ctx, r, readShifts, func(rows *sql.Rows) (x Shift, err error) {
		err = rows.Scan(&x.ID, &x.Desk, &x.Weekday, &x.Person, &x.From, &x.To)
		return x, err
	}, office)
	if err != nil {
		return o, err
	}
	o.Closures, err = db.All(ctx, r, readClosures, func(rows *sql.Rows) (x Closure, err error) {
		var from, to, made int64
		err = rows.Scan(&x.ID, &x.Desk, &from, &to, &x.Reason, &made, &x.Author)
		x.From, x.To, x.Made = clock.FromMicros(from), clock.FromMicros(to), clock.FromMicros(made)
		return x, err
	}, office, clock.Micros(after))
	if err != nil {
		return o, err
	}
	o.Staff, err = s.staff(ctx, r, office)
	return o, err
}

// Roster is RosterOf for who works at the office.
func (s *Service) Roster(ctx context.Context, actor identity.Actor, office string) (Roster, error) {
	st, err := s.worksAt(actor, office)
	if err != nil {
		return Roster{}, err
	}
	return s.RosterOf(ctx, s.DB, st.ID, s.Clock.Now())
}

// runs finds an office whose desks the actor manages.
func (s *Service) runs(actor identity.Actor, office string) (*site.Site, error) {
	st, err := s.Office(office)
	if err != nil {
		return nil, err
	}
	return st, actor.Check(identity.DeskWrite, identity.Site(st.ID))
}

// plainDesk finds a desk of an office by its number.
func (s *Service) plainDesk(office string, n int) (*Desk, error) {
	return deskOf(s.plainDesks(office), n)
}

// SaveShifts replaces the week of a desk. Invalid "counter.shift.hours" and
// "counter.shift.overlap" on "shifts": nobody sits on another's chair.
func (s *Service) SaveShifts(ctx context.Context, actor identity.Actor, office string, n int, week []Shift) (err error) {
	defer errs.Wrap(&err, "counter.SaveShifts(%d)", n)
	st, err := s.runs(actor, office)
	if err != nil {
		return err
	}
	desk, err := s.plainDesk(st.ID, n)
	if err != nil {
		return err
	}
	if err := checkWeek(week); err != nil {
		return err
	}
	return s.change(ctx, st, func(c *change) (string, EventFacts, error) {
		if _, err := c.tx.Exec(ctx, dropShifts, st.ID, desk.ID); err != nil {
			return "", EventFacts{}, err
		}
		for _, x := range week {
			if err := c.tx.Later(ctx, insertShift, c.IDs(), st.ID, desk.ID, int(x.Weekday), x.Person, int(x.From), int(x.To)); err != nil {
				return "", EventFacts{}, err
			}
		}
		return "office", EventFacts{}, c.act("desk.shifts", desk.ID, actor, deskFacts(st.ID, n))
	})
}

func checkWeek(week []Shift) error {
	if len(week) > mostShifts {
		return errs.New(errs.Invalid, "counter.shift.many", errs.Args{"max": mostShifts}).On("shifts")
	}
	for i, x := range week {
		if x.From < 0 || x.To > agenda.Midnight24 || x.From >= x.To || x.Weekday < time.Sunday || x.Weekday > time.Saturday {
			return errs.New(errs.Invalid, "counter.shift.hours", nil).On("shifts")
		}
		if slices.ContainsFunc(week[:i], func(y Shift) bool { return x.Weekday == y.Weekday && x.From < y.To && y.From < x.To }) {
			return errs.New(errs.Invalid, "counter.shift.overlap", nil).On("shifts")
		}
	}
	return nil
}

// act notes what was done with a desk or an office.
func (c *change) act(kind, subject string, actor identity.Actor, data string) error {
	return c.note(kind, &Ticket{ID: subject}, actor.Agent(), data)
}

// SaveStaff writes down what an operator can do in an office and is permitted to.
// Invalid on "skills" or "permissions".
func (s *Service) SaveStaff(ctx context.Context, actor identity.Actor, office string, x Staff) (err error) {
	defer errs.Wrap(&err, "counter.SaveStaff")
	st, err := s.runs(actor, office)
	if err != nil {
		return err
	}
	if x.Person == "" {
		return errs.New(errs.NotFound, "identity.unknown", nil)
	}
	for field, given := range map[string]struct{ has, known []string }{
		"skills": {x.Skills, catalog.Skills()}, "permissions": {x.Permissions, catalog.Permissions()},
	} {
		for _, word := range given.has {
			if !slices.Contains(given.known, word) {
				return errs.New(errs.Invalid, "counter.staff.word", nil).On(field)
			}
		}
	}
	return s.change(ctx, st, func(c *change) (string, EventFacts, error) {
		if err := c.tx.Later(ctx, saveStaff, st.ID, x.Person, quote(x.Skills), quote(x.Permissions)); err != nil {
			return "", EventFacts{}, err
		}
		return "office", EventFacts{}, c.act("desk.staff", x.Person, actor, fmt.Sprintf(`{"office":%q}`, st.ID))
	})
}

// DropStaff forgets what was written down of an operator.
func (s *Service) DropStaff(ctx context.Context, actor identity.Actor, office, person string) (err error) {
	defer errs.Wrap(&err, "counter.DropStaff")
	st, err := s.runs(actor, office)
	if err != nil {
		return err
	}
	return s.change(ctx, st, func(c *change) (string, EventFacts, error) {
		n, err := c.tx.Exec(ctx, dropStaff, st.ID, person)
		if err == nil && n == 0 {
			err = errNothing
		}
		if err != nil {
			return "", EventFacts{}, err
		}
		return "office", EventFacts{}, c.act("desk.staff", person, actor, fmt.Sprintf(`{"office":%q}`, st.ID))
	})
}

// CheckClosure says what is wrong with a closure of a desk before it is made:
// Invalid on "from", "to" or "reason"; NotFound for no such desk.
func (s *Service) CheckClosure(actor identity.Actor, office string, n int, from, to time.Time, reason string) (Closure, error) {
	st, err := s.runs(actor, office)
	if err != nil {
		return Closure{}, err
	}
	desk, err := s.plainDesk(st.ID, n)
	if err != nil {
		return Closure{}, err
	}
	reason = strings.TrimSpace(reason)
	switch {
	case !to.After(from):
		return Closure{}, errs.New(errs.Invalid, "counter.closure.order", nil).On("to")
	case !to.After(s.Clock.Now()):
		return Closure{}, errs.New(errs.Invalid, "counter.closure.over", nil).On("to")
	case to.Sub(from) > mostClosed:
		return Closure{}, errs.New(errs.Invalid, "counter.closure.long", nil).On("to")
	case reason == "" || utf8.RuneCountInString(reason) > longestReason:
		return Closure{}, errs.New(errs.Invalid, "counter.closure.reason", errs.Args{"max": longestReason}).On("reason")
	}
	return Closure{Desk: desk.ID, From: from, To: to, Reason: reason, Author: actor.Agent()}, nil
}

// CloseFor closes a desk from one instant to another. settle does, in the same
// transaction, what has to be done about the appointments in its way; it may be nil.
// The errors are those of CheckClosure and of settle; Rule "counter.closure.many".
func (s *Service) CloseFor(ctx context.Context, actor identity.Actor, office string, n int, from, to time.Time, reason string,
	settle func(ctx context.Context, tx *db.Tx, office string, x Closure) error,
) (x Closure, err error) {
	defer errs.Wrap(&err, "counter.CloseFor(%d)", n)
	x, err = s.CheckClosure(actor, office, n, from, to, reason)
	if err != nil {
		return x, err
	}
	st, err := s.Office(office)
	if err != nil {
		return x, err
	}
	return x, s.change(ctx, st, func(c *change) (string, EventFacts, error) {
		x.ID, x.Made = c.IDs(), c.now
		has, err := s.RosterOf(ctx, c.tx, st.ID, c.now)
		if err == nil && len(has.Closures) >= mostClosures {
			err = errs.New(errs.Rule, "counter.closure.many", nil)
		}
		if err != nil {
			return "", EventFacts{}, err
		}
		_, err = c.tx.Exec(ctx, insertClosure, x.ID, st.ID, x.Desk, clock.Micros(x.From), clock.Micros(x.To), x.Reason, clock.Micros(x.Made), x.Author)
		if err != nil {
			return "", EventFacts{}, err
		}
		if settle != nil {
			if err := settle(ctx, c.tx, st.ID, x); err != nil {
				return "", EventFacts{}, err
			}
		}
		return "desk", EventFacts{Desk: n}, c.act("desk.closed", x.Desk, actor, deskFacts(st.ID, n))
	})
}

// Reopen ends a closure now, or takes it back before it began. A second time changes
// nothing.
func (s *Service) Reopen(ctx context.Context, actor identity.Actor, office, closure string) (err error) {
	defer errs.Wrap(&err, "counter.Reopen")
	st, err := s.runs(actor, office)
	if err != nil {
		return err
	}
	return s.change(ctx, st, func(c *change) (string, EventFacts, error) {
		n, err := c.tx.Exec(ctx, endClosure, closure, st.ID, clock.Micros(c.now))
		if err == nil && n == 0 {
			err = errNothing
		}
		if err != nil {
			return "", EventFacts{}, err
		}
		return "desk", EventFacts{}, c.act("desk.reopened", closure, actor, fmt.Sprintf(`{"office":%q}`, st.ID))
	})
}
