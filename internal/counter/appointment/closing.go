package appointment

import (
	"context"
	"time"

	"polis/internal/agenda"
	"polis/internal/counter/queue"
	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/site"
)

// Fate is what becomes of an appointment when its desk is closed.
type Fate struct {
	Appointment Appointment // as it was
	Desk        string      // id of the desk that takes it at the same time; "" none can
	Next        []Slot      // where none can: the next free times
}

// Closure is a desk that is closed for some time.
type Closure struct {
	Office string // id or code
	Desk   string // id
	agenda.Interval
}

// mostNext is how many free times are offered instead of one that is lost.
const mostNext = 3

// IfClosed tells what would become of the appointments of a desk that were closed:
// those that another desk can take at the same time stay, the others are offered the
// next slots. Nothing is changed. The errors are those of Actor.Check.
func (s *Service) IfClosed(ctx context.Context, actor identity.Actor, c Closure) (list []Fate, err error) {
	defer errs.Wrap(&err, "appointment.IfClosed")
	st, err := s.Live.Network().ByCode(c.Office)
	if err != nil {
		return nil, err
	}
	if err := actor.Check(identity.AppointmentWrite, identity.Site(st.ID)); err != nil {
		return nil, err
	}
	for _, day := range s.daysOf(st, c) {
		days, err := s.days(ctx, s.DB, st, day, day, s.Clock.Now())
		if err != nil {
			return nil, err
		}
		fates, err := s.fates(ctx, s.DB, days[0], c, st, day)
		if err != nil {
			return nil, err
		}
		list = append(list, fates...)
	}
	return list, nil
}

// CloseIn does what IfClosed told, in the transaction that closes the desk: who keeps
// the time is told nothing, who lost it is written to with the next free times. Who
// may close a desk is the caller's to check.
func (s *Service) CloseIn(ctx context.Context, tx *db.Tx, c Closure) (list []Fate, err error) {
	defer errs.Wrap(&err, "appointment.CloseIn")
	st, err := s.Live.Network().ByCode(c.Office)
	if err != nil {
		return nil, err
	}
	now, dates := s.Clock.Now(), s.daysOf(st, c)
	if len(dates) == 0 {
		return nil, nil
	}
	days, err := s.lock(ctx, tx, st, now, dates...)
	if err != nil {
		return nil, err
	}
	for i, day := range dates {
		fates, err := s.fates(ctx, tx, days[i], c, st, day)
		if err != nil {
			return nil, err
		}
		for _, f := range fates {
			if err := s.settle(ctx, tx, f, now); err != nil {
				return nil, err
			}
		}
		list = append(list, fates...)
	}
	return list, nil
}

// settle writes what becomes of one appointment.
func (s *Service) settle(ctx context.Context, tx *db.Tx, f Fate, now time.Time) error {
	a := f.Appointment
	if f.Desk != "" {
		a.Desk = f.Desk
		return a.moveDesk(ctx, tx)
	}
	if a.State == Displaced {
		return nil
	}
	a.State = Displaced
	if err := a.update(ctx, tx, now); err != nil {
		return err
	}
	return s.booked(ctx, tx, &a, "appointment.displaced", noteDisplaced, now)
}

var moveDesk = db.Q("appointment.move-desk", `UPDATE appointment SET desk = $2, state = 'booked' WHERE id = $1`)

// moveDesk gives the time of another desk: its person need not know, so what they
// have seen of the appointment is as it was.
func (a *Appointment) moveDesk(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, moveDesk, a.ID, a.Desk)
	return err
}

// mostClosedDays is how many days of a closure are looked at: more than an
// appointment can be ahead.
const mostClosedDays = 92

// daysOf are the days of a closure that are still to come.
func (s *Service) daysOf(st *site.Site, c Closure) (list []agenda.Date) {
	zone := s.Live.Network().Zone(st)
	last := agenda.DateOf(c.To.In(zone))
	for day := agenda.DateOf(latest(c.From, s.Clock.Now()).In(zone)); !last.Before(day) && len(list) < mostClosedDays; day = day.AddDays(1) {
		list = append(list, day)
	}
	return list
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// fates works out what becomes of the appointments of a desk on a day on which it is
// closed. They are taken in the order of their times; what the office leaves to
// appointments does not bind them, since they were given already.
func (s *Service) fates(ctx context.Context, r db.Reader, d *Day, c Closure, st *site.Site, day agenda.Date) (list []Fate, err error) {
	rules := d.Rules
	d.Rules.Internal = 1 << 20
	defer func() { d.Rules = rules }()
	for i := range d.Desks {
		if d.Desks[i].ID == c.Desk {
			d.Desks[i].Closed = append(d.Desks[i].Closed, c.Interval)
		}
	}
	all, err := db.All(ctx, r, onDays, scan, st.ID, day.String(), day.String())
	if err != nil {
		return nil, err
	}
	for _, a := range all {
		if a.Desk != c.Desk || !a.Stands(d.Now) || a.From.Before(d.Now) || !a.From.Before(c.To) || !c.From.Before(a.To()) {
			continue
		}
		f := Fate{Appointment: a}
		if slot, ok := d.At(Request{Service: a.Service, Minutes: a.Minutes, Except: a.ID}, a.From); ok {
			f.Desk = slot.Desk
			for i := range d.Taken {
				if d.Taken[i].ID == a.ID && d.Taken[i].From.Equal(a.From) {
					d.Taken[i].Desk = slot.Desk
				}
			}
		} else if f.Next, err = s.nextIn(ctx, r, st, &a, &c, mostNext); err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	return list, nil
}

// next are the first free times for an appointment that lost its own, from its time on.
func (s *Service) next(ctx context.Context, r db.Reader, a *Appointment, most int) ([]Slot, error) {
	st, err := s.Live.Network().Site(a.Office)
	if err != nil {
		return nil, err
	}
	return s.nextIn(ctx, r, st, a, nil, most)
}

// nextIn is next as if a desk were closed.
func (s *Service) nextIn(ctx context.Context, r db.Reader, st *site.Site, a *Appointment, closed *Closure, most int) (list []Slot, err error) {
	now := s.Clock.Now()
	first := latest(now, a.From)
	from := dayOf(s.Live, a.Office, first)
	days, err := s.days(ctx, r, st, from, from.AddDays(13), now)
	if err != nil {
		return nil, err
	}
	for _, d := range days {
		for i := range d.Desks {
			if closed != nil && d.Desks[i].ID == closed.Desk {
				d.Desks[i].Closed = append(d.Desks[i].Closed, closed.Interval)
			}
		}
		for _, slot := range d.Slots(Request{Service: a.Service, Minutes: a.Minutes, Except: a.ID}) {
			if slot.From.Before(first) {
				continue
			}
			if list = append(list, slot); len(list) == most {
				return list, nil
			}
		}
	}
	return list, nil
}

// expected are the appointments of an office that are still to come on the day of an
// instant, as the line sees them.
func expected(ctx context.Context, r db.Reader, live *site.Live, office string, from time.Time) (list []queue.Entry, err error) {
	defer errs.Wrap(&err, "appointment.expected")
	day := dayOf(live, office, from).String()
	all, err := db.All(ctx, r, onDays, scan, office, day, day)
	for _, a := range all {
		if a.Stands(from) && a.From.After(from.Add(-queue.Grace)) {
			list = append(list, queue.Entry{ID: a.ID, Services: a.services(), Taken: a.From, Due: a.From})
		}
	}
	return list, err
}

// services is what there is to do: the service, once for each of the people.
func (a *Appointment) services() []string {
	list := make([]string, a.People)
	for i := range list {
		list[i] = a.Service
	}
	return list
}
