package appointment

import (
	"context"
	"crypto/hmac"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/site"
)

// mayChange tells whether somebody may see and change an appointment as its own:
// its person, or who brings the key of its link.
func (s *Service) mayChange(actor identity.Actor, a *Appointment, link string) bool {
	return hmac.Equal([]byte(link), []byte(s.LinkKey(a.ID))) ||
		a.Person != "" && actor.May(identity.AppointmentOwn, identity.Of(a.Person))
}

// staffOf tells whether somebody looks after the appointments of its office.
func staffOf(actor identity.Actor, a *Appointment) bool {
	return actor.May(identity.AppointmentWrite, identity.Site(a.Office))
}

// Get returns an appointment to its person, to who brings the key of its link, and
// to who looks after its office. To all others it does not exist. Who reads
// another's is noted.
func (s *Service) Get(ctx context.Context, actor identity.Actor, id, link string) (a Appointment, err error) {
	defer errs.Wrap(&err, "appointment.Get(%q)", id)
	if a, err = one(ctx, s.DB, getAppointment, id); err != nil {
		return Appointment{}, err
	}
	if s.mayChange(actor, &a, link) {
		return a, nil
	}
	if !staffOf(actor, &a) {
		return Appointment{}, errUnknown()
	}
	return a, s.noteRead(ctx, actor, a)
}

// noteRead notes that the staff looks at somebody's appointments in an office.
func (s *Service) noteRead(ctx context.Context, actor identity.Actor, list ...Appointment) error {
	r := identity.Reading{Page: "appointments"}
	for _, a := range list {
		if r.Site = a.Office; a.Person != "" {
			r.Of = append(r.Of, identity.Seen{Person: a.Person})
		}
	}
	return s.People.NoteRead(ctx, actor, r)
}

// List are one's own appointments before a place in the list, the latest first.
func (s *Service) List(ctx context.Context, actor identity.Actor, before time.Time, id string, most int) (_ []Appointment, err error) {
	defer errs.Wrap(&err, "appointment.List")
	if err := actor.Check(identity.AppointmentOwn, identity.Of(actor.Person)); err != nil {
		return nil, err
	}
	return db.All(ctx, s.DB, ofPerson, scan, actor.Person, before.UnixMicro(), id, most)
}

// Last is the place before which the whole list is.
var Last = time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC)

// On are the appointments that an office expects on a day, in their order, for who
// looks after them.
func (s *Service) On(ctx context.Context, actor identity.Actor, office string, day agenda.Date) (list []Appointment, err error) {
	defer errs.Wrap(&err, "appointment.On(%q)", day)
	st, err := s.Office(office)
	if err == nil {
		err = actor.Check(identity.AppointmentWrite, identity.Site(st.ID))
	}
	if err != nil {
		return nil, err
	}
	all, err := db.All(ctx, s.DB, onDays, scan, st.ID, day.String(), day.String())
	if err != nil {
		return nil, err
	}
	for _, a := range all {
		if a.State != Held {
			list = append(list, a)
		}
	}
	return list, s.noteRead(ctx, actor, list...)
}

// changing is an appointment under change, behind the locks of its days.
type changing struct {
	*Appointment
	st   *site.Site
	now  time.Time
	link bool   // who acts is its person, or brings its key
	days []*Day // that of the appointment, then the others that were asked for
}

// change changes an appointment in the revision that was seen, 0 for any. NotFound
// for who may not see it, Stale.
func (s *Service) change(ctx context.Context, actor identity.Actor, id, link string, rev int64, more []agenda.Date, fn func(tx *db.Tx, c *changing) error) (a Appointment, err error) {
	seen, err := one(ctx, s.DB, getAppointment, id)
	if err != nil {
		return a, err
	}
	own := s.mayChange(actor, &seen, link)
	if !own && !staffOf(actor, &seen) {
		return a, errUnknown()
	}
	st, err := s.Live.Network().Site(seen.Office)
	if err != nil {
		return a, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		c := &changing{Appointment: &a, st: st, now: s.Clock.Now(), link: own}
		if c.days, err = s.lock(ctx, tx, st, c.now, append([]agenda.Date{seen.Day}, more...)...); err != nil {
			return err
		}
		if a, err = one(ctx, tx, getAppointment, id); err != nil {
			return err
		}
		if a.Day != seen.Day || rev != 0 && a.Rev != rev {
			return errs.New(errs.Stale, "appointment.changed", nil)
		}
		return fn(tx, c)
	})
	return a, err
}

// Confirm books what is on hold, for the caller or for a guest. A second time
// changes nothing. A hold that is over is booked where its time is still free;
// Conflict "appointment.hold-over" where it is not.
func (s *Service) Confirm(ctx context.Context, actor identity.Actor, id, link string, guest Guest) (a Appointment, err error) {
	defer errs.Wrap(&err, "appointment.Confirm(%q)", id)
	return s.change(ctx, actor, id, link, 0, nil, func(tx *db.Tx, c *changing) error {
		if c.State == Booked {
			return nil
		}
		if c.State != Held {
			return errs.New(errs.Conflict, "appointment.over", nil)
		}
		slot, err := c.days[0].grant(Request{Service: c.Service, Minutes: c.Minutes, Public: c.Public, Except: c.ID}, c.From)
		if c.StateAt(c.now) == Expired {
			if err != nil {
				return errs.New(errs.Conflict, "appointment.hold-over", nil).Because(err)
			}
			c.Desk = slot.Desk
		}
		if c.Person == "" && actor.SignedIn() && c.Public {
			c.Person = actor.Person
		}
		if c.Person == "" {
			if err := guest.check(c.Public); err != nil {
				return err
			}
			if c.Person, err = s.guest(ctx, tx, guest, c.Language); err != nil {
				return err
			}
		}
		if c.Public && !actor.Unlimited {
			if err := s.few(ctx, tx, c.Appointment, c.now); err != nil {
				return err
			}
		}
		c.State = Booked
		if err := c.update(ctx, tx, c.now); err != nil {
			return err
		}
		return s.booked(ctx, tx, c.Appointment, "appointment.booked", noteBooked, c.now)
	})
}

// Change is what shall be otherwise of an appointment; zero leaves it.
type Change struct {
	From   time.Time
	People int
}

// Move gives an appointment another time, another number of people, or both. All of
// it happens or nothing: until the new time is theirs the old one is.
func (s *Service) Move(ctx context.Context, actor identity.Actor, id, link string, rev int64, to Change) (a Appointment, err error) {
	defer errs.Wrap(&err, "appointment.Move(%q)", id)
	seen, err := s.Get(ctx, actor, id, link)
	if err != nil {
		return a, err
	}
	if to.From.IsZero() {
		to.From = seen.From
	}
	if to.People == 0 {
		to.People = seen.People
	}
	sv, err := serviceOf(seen.Service)
	if err == nil {
		err = checkPeople(to.People)
	}
	if err != nil {
		return a, err
	}
	st, err := s.Office(seen.Office)
	if err != nil {
		return a, err
	}
	if y := to.From.Year(); y < 2000 || y > 2200 {
		return a, errs.New(errs.Invalid, "appointment.from", nil).On("from")
	}
	day := agenda.DateOf(to.From.In(s.Live.Network().Zone(st)))
	return s.change(ctx, actor, id, link, rev, []agenda.Date{day}, func(tx *db.Tx, c *changing) error {
		if err := c.alive(); err != nil {
			return err
		}
		if to.From.Equal(c.From) && to.People == c.People && c.State == Booked {
			return nil
		}
		public := c.Public && c.link && c.State != Displaced // who was displaced may have what is kept
		slot, err := c.days[1].grant(Request{Service: c.Service, Minutes: to.People * sv.Minutes, Public: public, Except: c.ID}, to.From)
		if err != nil {
			return err
		}
		if err := s.free(ctx, tx, c.Appointment, c.now.Add(c.days[0].Rules.Delay)); err != nil {
			return err
		}
		c.Day, c.From, c.Desk, c.People, c.Minutes, c.State = day, to.From.UTC(), slot.Desk, to.People, to.People*sv.Minutes, Booked
		if _, err := tx.Exec(ctx, retake, c.ID, c.Desk, c.To().Add(quarter).UnixMicro(), c.From.UnixMicro()); err != nil {
			return err
		}
		if err := c.update(ctx, tx, c.now); err != nil {
			return err
		}
		return s.booked(ctx, tx, c.Appointment, "appointment.moved", noteMoved, c.now)
	})
}

// alive refuses to change what is over. Conflict.
func (c *changing) alive() error {
	switch c.StateAt(c.now) {
	case Booked, Displaced:
		return nil
	case Held:
		return errs.New(errs.Conflict, "appointment.held", nil)
	}
	return errs.New(errs.Conflict, "appointment.over", nil)
}

// Cancel gives an appointment up; its time is offered again only after a while. A
// hold is simply let go. A second time changes nothing. Conflict for who has come.
func (s *Service) Cancel(ctx context.Context, actor identity.Actor, id, link string, rev int64) (a Appointment, err error) {
	defer errs.Wrap(&err, "appointment.Cancel(%q)", id)
	return s.change(ctx, actor, id, link, rev, nil, func(tx *db.Tx, c *changing) error {
		hold := c.State == Held
		switch c.StateAt(c.now) {
		case Cancelled:
			return nil
		case Arrived, Missed:
			return errs.New(errs.Conflict, "appointment.over", nil)
		}
		c.State = Cancelled
		if !hold {
			if err := s.free(ctx, tx, c.Appointment, c.now.Add(c.days[0].Rules.Delay)); err != nil {
				return err
			}
		}
		if err := c.update(ctx, tx, c.now); err != nil || hold {
			return err
		}
		return s.booked(ctx, tx, c.Appointment, "appointment.cancelled", noteCancelled, c.now)
	})
}

// Arrive gives who comes for an appointment a number: by its code, at the office, on
// its day. A second time it is the same number. NotFound where the office has no such
// appointment, Rule "appointment.not-today", Conflict "appointment.over".
func (s *Service) Arrive(ctx context.Context, actor identity.Actor, office, code string) (a Appointment, err error) {
	defer errs.Wrap(&err, "appointment.Arrive")
	st, err := s.Office(office)
	if err != nil {
		return a, err
	}
	if err := actor.Check(identity.QueueTake, identity.Network); err != nil {
		return a, err
	}
	if a, err = one(ctx, s.DB, byCode, s.codeHash(code)); err != nil {
		return a, err
	}
	if a.Office != st.ID {
		return Appointment{}, errs.New(errs.NotFound, "appointment.elsewhere", nil)
	}
	return s.admit(ctx, actor, a)
}

// ArriveBy is Arrive for who is signed in, brings the key of the link, or works at
// the office.
func (s *Service) ArriveBy(ctx context.Context, actor identity.Actor, id, link string) (a Appointment, err error) {
	defer errs.Wrap(&err, "appointment.ArriveBy(%q)", id)
	if a, err = s.Get(ctx, actor, id, link); err != nil {
		return a, err
	}
	return s.admit(ctx, actor, a)
}

func (s *Service) admit(ctx context.Context, actor identity.Actor, a Appointment) (Appointment, error) {
	now := s.Clock.Now()
	st, err := s.Live.Network().Site(a.Office)
	if err != nil {
		return a, err
	}
	switch state := a.StateAt(now); {
	case state == Arrived:
		return a, nil
	case state != Booked && state != Displaced:
		return a, errs.New(errs.Conflict, "appointment.over", nil)
	case agenda.DateOf(now.In(s.Live.Network().Zone(st))) != a.Day:
		return a, errs.New(errs.Rule, "appointment.not-today", nil).With(map[string]any{"from": a.From})
	}
	ticket, err := s.Admit(ctx, actor, a)
	if err != nil {
		return a, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		b, err := one(ctx, tx, getAppointment, a.ID)
		if err != nil || b.State == Arrived {
			a = b
			return err
		}
		b.State, b.Ticket = Arrived, ticket
		err = b.update(ctx, tx, now)
		a = b
		return err
	})
	return a, err
}
