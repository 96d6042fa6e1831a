package counter

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"polis/internal/counter/catalog"
	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/site"
)

// Desk is a desk of an office, with who works at it.
type Desk struct {
	ID        string // of its resource
	Office    string
	Number    int // in the office, from 1
	Name      string
	Equipment []string
	Operator  string // id of who works at it now; "" nobody
	Opened    time.Time
	Staff     *Staff // what the operator can do; nil: all that needs no permission of their own
}

// Staff is what an operator can do in an office, and is permitted to.
type Staff struct {
	Person              string
	Skills, Permissions []string
	Rev                 int64
}

// Open tells whether somebody works at the desk.
func (d *Desk) Open() bool { return d.Operator != "" }

// Can tells whether a service can be done at the desk as it is equipped, by its
// operator if there is one.
func (d *Desk) Can(service string) bool {
	sv, ok := catalog.Find(service)
	return ok && d.Equipped(sv) && Able(d.Staff, sv)
}

// Equipped tells whether the desk has what a service needs.
func (d *Desk) Equipped(sv *catalog.Service) bool {
	for _, e := range sv.Equipment {
		if !slices.Contains(d.Equipment, e) {
			return false
		}
	}
	return true
}

// Able tells whether an operator can do a service and is permitted to. Of whom
// nothing is written down is expected that they were put there because they can.
func Able(s *Staff, sv *catalog.Service) bool {
	if s == nil {
		return true
	}
	return (sv.Skill == "" || slices.Contains(s.Skills, sv.Skill)) &&
		(sv.Permission == "" || slices.Contains(s.Permissions, sv.Permission))
}

var (
	readSessions = db.Q("counter.desk-sessions", `SELECT desk, person, opened FROM desk_session WHERE office = $1`)
	openSession  = db.Q("counter.desk-open", `
		INSERT INTO desk_session (desk, office, person, opened, seen) VALUES ($1, $2, $3, $4, $4)
		ON CONFLICT (desk) DO UPDATE SET person = excluded.person, opened = excluded.opened, seen = excluded.seen`)
	closeSession = db.Q("counter.desk-close", `DELETE FROM desk_session WHERE desk = $1`)
	readStaff    = db.Q("counter.staff", `
		SELECT person, skills, permissions, rev FROM desk_staff WHERE office = $1 ORDER BY person`)
)

// Plain are the active desks of an office, without who works at them.
func (s *Service) plainDesks(office string) []Desk {
	var list []Desk
	for _, r := range s.Live.Network().OfKind(office, site.Counter) {
		if r.Active {
			list = append(list, Desk{ID: r.ID, Office: office, Number: len(list) + 1, Name: r.Name, Equipment: r.Features})
		}
	}
	return list
}

// desks are the desks of an office with who works at them today.
func (s *Service) desks(ctx context.Context, r db.Reader, st *site.Site, now time.Time) ([]Desk, error) {
	list := s.plainDesks(st.ID)
	staff, err := s.staff(ctx, r, st.ID)
	if err != nil {
		return nil, err
	}
	day := s.today(st, now)
	return list, db.Each(ctx, r, readSessions, func(rows *sql.Rows) error {
		var desk, person string
		var opened int64
		if err := rows.Scan(&desk, &person, &opened); err != nil {
			return err
		}
		at := clock.FromMicros(opened)
		if s.today(st, at) != day { // somebody forgot to leave
			return nil
		}
		for i := range list {
			if d := &list[i]; d.ID == desk {
				d.Operator, d.Opened, d.Staff = person, at, staff[person]
			}
		}
		return nil
	}, st.ID)
}

// staff are the operators of an office of whom something is written down.
func (s *Service) staff(ctx context.Context, r db.Reader, office string) (map[string]*Staff, error) {
	list := map[string]*Staff{}
	return list, db.Each(ctx, r, readStaff, func(rows *sql.Rows) error {
		var x Staff
		var skills, permissions string
		if err := rows.Scan(&x.Person, &skills, &permissions, &x.Rev); err != nil {
			return err
		}
		x.Skills, x.Permissions = unquote(skills), unquote(permissions)
		list[x.Person] = &x
		return nil
	}, office)
}

// Desks are the desks of an office with who works at them. NotFound for who does not
// work there.
func (s *Service) Desks(ctx context.Context, actor identity.Actor, office string) ([]Desk, error) {
	st, err := s.worksAt(actor, office)
	if err != nil {
		return nil, err
	}
	return s.desks(ctx, s.DB, st, s.Clock.Now())
}

// worksAt finds an office where the actor works.
func (s *Service) worksAt(actor identity.Actor, office string) (*site.Site, error) {
	st, err := s.Office(office)
	if err != nil {
		return nil, err
	}
	return st, actor.Check(identity.QueueWork, identity.Site(st.ID))
}

// deskOf finds a desk of an office by its number.
func deskOf(list []Desk, n int) (*Desk, error) {
	for i := range list {
		if list[i].Number == n {
			return &list[i], nil
		}
	}
	return nil, errs.New(errs.NotFound, "counter.desk.unknown", nil).On("desk")
}

// OpenDesk seats the actor at a desk, in place of who sat there: people change desks
// without saying so. A second time changes nothing.
func (s *Service) OpenDesk(ctx context.Context, actor identity.Actor, office string, n int) (d Desk, err error) {
	defer errs.Wrap(&err, "counter.OpenDesk(%d)", n)
	st, err := s.worksAt(actor, office)
	if err != nil {
		return Desk{}, err
	}
	err = s.change(ctx, st, func(c *change) (string, EventFacts, error) {
		desk, seated, err := c.seat(actor, n)
		if err != nil {
			return "", EventFacts{}, err
		}
		d = *desk
		if !seated {
			return "", EventFacts{}, errNothing
		}
		return "desk", EventFacts{Desk: n}, nil
	})
	return d, err
}

// seat puts the actor at a desk; false where they sit there already.
func (c *change) seat(actor identity.Actor, n int) (*Desk, bool, error) {
	list, err := c.desks(c.ctx, c.tx, c.office, c.now)
	if err != nil {
		return nil, false, err
	}
	d, err := deskOf(list, n)
	if err != nil {
		return nil, false, err
	}
	if who := actor.Agent(); d.Operator != who {
		staff, err := c.staff(c.ctx, c.tx, c.office.ID)
		if err != nil {
			return nil, false, err
		}
		d.Operator, d.Opened, d.Staff = who, c.now, staff[who]
		return d, true, c.tx.Later(c.ctx, openSession, d.ID, c.office.ID, who, clock.Micros(c.now))
	}
	return d, false, nil
}

// CloseDesk ends work at a desk. Conflict "counter.desk.busy" while somebody is at
// it. A second time changes nothing.
func (s *Service) CloseDesk(ctx context.Context, actor identity.Actor, office string, n int) (err error) {
	defer errs.Wrap(&err, "counter.CloseDesk(%d)", n)
	st, err := s.worksAt(actor, office)
	if err != nil {
		return err
	}
	return s.change(ctx, st, func(c *change) (string, EventFacts, error) {
		list, err := c.desks(c.ctx, c.tx, st, c.now)
		if err != nil {
			return "", EventFacts{}, err
		}
		d, err := deskOf(list, n)
		switch {
		case err != nil:
			return "", EventFacts{}, err
		case !d.Open():
			return "", EventFacts{}, errNothing
		case c.at(d.ID) != nil:
			return "", EventFacts{}, errs.New(errs.Conflict, "counter.desk.busy", errs.Args{"number": c.at(d.ID).Name()})
		}
		return "desk", EventFacts{Desk: n}, c.tx.Later(c.ctx, closeSession, d.ID)
	})
}

// DeskNumber is the number of a desk of an office; 0 where it is none any more.
func (s *Service) DeskNumber(office, id string) int {
	for _, d := range s.plainDesks(office) {
		if d.ID == id {
			return d.Number
		}
	}
	return 0
}

// Office finds an office by its id or code; NotFound for a house that is none.
func (s *Service) Office(name string) (*site.Site, error) {
	st, err := s.Live.Network().ByCode(name)
	if err != nil {
		return nil, err
	}
	if st.Kind != site.Office {
		return nil, errs.New(errs.NotFound, "counter.office.none", nil)
	}
	return st, nil
}

// deskFacts says which desk an act was done at.
func deskFacts(office string, n int) string { return fmt.Sprintf(`{"office":%q,"desk":%d}`, office, n) }
