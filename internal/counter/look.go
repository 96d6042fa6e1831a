package counter

import (
	"context"
	"fmt"
	"slices"
	"time"

	"polis/internal/counter/forecast"
	"polis/internal/counter/queue"
	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/platform/db"
	"polis/internal/site"
)

// noteOffice writes an act about an office.
func (c *change) noteOffice(kind, person, about, state string) error {
	return journal.Append(c.ctx, c.tx, journal.Act{
		ID: c.IDs(), At: c.now, Kind: kind, Subject: c.office.ID, Person: person, Data: fmt.Sprintf(`{"about":%q,"state":%q}`, about, state),
	})
}

// situation is what the forecast needs to know of an office at an instant.
// Everything is read by r: within a change no second connection is taken.
func (s *Service) situation(ctx context.Context, r db.Reader, st *site.Site, now time.Time, desks []Desk, alive []*Ticket) (forecast.Situation, error) {
	times, err := s.Forecast.Times(ctx, r, st.ID, now)
	if err != nil {
		return forecast.Situation{}, err
	}
	expected, err := s.Expected(ctx, r, st.ID, now)
	if err != nil {
		return forecast.Situation{}, err
	}
	sit := forecast.Situation{Office: st.ID, Now: now, Closes: s.closes(st, now), Times: times, Expected: expected}
	day := s.today(st, now)
	busy := map[string]*Ticket{}
	for _, t := range alive {
		switch {
		case t.State == Waiting && t.Day == day:
			sit.Waiting = append(sit.Waiting, t.entry())
		case t.State.AtDesk():
			busy[t.Desk] = t
		}
	}
	roster, err := s.RosterOf(ctx, r, st.ID, now)
	if err != nil {
		return forecast.Situation{}, err
	}
	sit.Desks = s.working(st, now, desks, &roster, busy)
	return sit, nil
}

// Wait is how long somebody who comes now for a service would wait.
type Wait struct {
	Service string
	Range   forecast.Range
}

// Overview is an office as everybody may see it.
type Overview struct {
	Office  *site.Site
	Open    bool      // now
	Closes  time.Time // zero where it does not open any more today
	Waiting int
	Desks   int    // at which somebody works
	Waits   []Wait // by active service, in the order of the catalogue
	Seq     int64
}

// Waiting is how many wait in an office, and how long somebody who comes now would.
func (s *Service) Waiting(ctx context.Context, actor identity.Actor, office string) (o Overview, err error) {
	if err := actor.Check(identity.QueueTake, identity.Network); err != nil {
		return o, err
	}
	st, err := s.Office(office)
	if err != nil {
		return o, err
	}
	now := s.Clock.Now()
	o = Overview{Office: st, Open: s.open(st, now), Closes: s.closes(st, now)}
	err = s.DB.Snapshot(ctx, func(tx *db.Tx) error {
		if o.Seq, err = seqOf(ctx, tx, st.ID); err != nil {
			return err
		}
		alive, err := s.read(ctx, tx, readAlive, readItemsAlive, st.ID)
		if err != nil {
			return err
		}
		desks, err := s.desks(ctx, tx, st, now)
		if err != nil {
			return err
		}
		sit, err := s.situation(ctx, tx, st, now, desks, alive)
		if err != nil {
			return err
		}
		o.Waiting = len(sit.Waiting)
		for _, d := range desks {
			if d.Open() {
				o.Desks++
			}
		}
		if !o.Open {
			return nil
		}
		offers, err := s.offers(ctx, tx, st, now)
		if err != nil {
			return err
		}
		known := map[string]forecast.Range{} // who may go to the same desks waits as long
		for _, of := range offers {
			if !of.Active {
				continue
			}
			where := desksFor(&sit, of.Service.ID)
			if _, ok := known[where]; !ok {
				known[where] = ifCame(sit, of.Service.ID)
			}
			o.Waits = append(o.Waits, Wait{of.Service.ID, known[where]})
		}
		return nil
	})
	return o, err
}

// desksFor says at which desks of a situation a service can be done.
func desksFor(sit *forecast.Situation, service string) string {
	where := make([]byte, len(sit.Desks))
	for i, d := range sit.Desks {
		if d.Can(service) {
			where[i] = 1
		}
	}
	return string(where)
}

// ifCame is how long somebody would wait who came now for a service.
func ifCame(sit forecast.Situation, service string) forecast.Range {
	const newcomer = "\xff" // after everybody who came at the same moment
	sit.Waiting = append(slices.Clone(sit.Waiting), queue.Entry{ID: newcomer, Services: []string{service}, Taken: sit.Now, Arrived: true})
	return forecast.Foresee(sit, newcomer)
}

// Standing is a ticket as its holder sees it.
type Standing struct {
	Ticket *Ticket
	Office *site.Site
	Desk   int             // that calls or serves them; 0 none
	Ahead  int             // how many are called before, as it looks now
	Range  *forecast.Range // of the wait from now on; nil where they do not wait
}

// Standing is where a ticket stands, for who has its id. NotFound.
func (s *Service) Standing(ctx context.Context, _ identity.Actor, id string) (x Standing, err error) {
	t, st, err := s.find(ctx, id)
	if err != nil {
		return x, err
	}
	x = Standing{Ticket: t, Office: st}
	if t.State.AtDesk() {
		x.Desk = s.DeskNumber(t.Office, t.Desk)
	}
	now := s.Clock.Now()
	if t.State != Waiting || t.Day != s.today(st, now) {
		return x, nil
	}
	return x, s.DB.Snapshot(ctx, func(tx *db.Tx) error {
		alive, err := s.read(ctx, tx, readAlive, readItemsAlive, st.ID)
		if err != nil {
			return err
		}
		desks, err := s.desks(ctx, tx, st, now)
		if err != nil {
			return err
		}
		sit, err := s.situation(ctx, tx, st, now, desks, alive)
		if err != nil {
			return err
		}
		for i, e := range queue.Order(sit.Waiting, now) {
			if e.ID == id {
				x.Ahead = i
				r := forecast.Foresee(sit, id)
				x.Range = &r
			}
		}
		return nil
	})
}

// mine finds a ticket for who may give it back: its holder, by the id alone, who it
// belongs to, or who works at the office.
func (s *Service) mine(ctx context.Context, actor identity.Actor, id string) (*Ticket, *site.Site, error) {
	t, st, err := s.find(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	return t, st, actor.Check(identity.QueueTake, identity.Network)
}

// Work is an office as those see it who work there.
type Work struct {
	Office *site.Site
	Now    time.Time
	Desks  []Desk
	Line   []*Ticket // who waits, in the order in which they will be called
	At     map[string]*Ticket
	Parked []*Ticket // on hold, oldest first
	Missed []*Ticket
	Seq    int64
}

// Work is the office for who works there.
func (s *Service) Work(ctx context.Context, actor identity.Actor, office string) (w Work, err error) {
	st, err := s.worksAt(actor, office)
	if err != nil {
		return w, err
	}
	now := s.Clock.Now()
	w = Work{Office: st, Now: now, At: map[string]*Ticket{}}
	day := s.today(st, now)
	return w, s.DB.Snapshot(ctx, func(tx *db.Tx) error {
		if w.Seq, err = seqOf(ctx, tx, st.ID); err != nil {
			return err
		}
		if w.Desks, err = s.desks(ctx, tx, st, now); err != nil {
			return err
		}
		alive, err := s.read(ctx, tx, readAlive, readItemsAlive, st.ID)
		if err != nil {
			return err
		}
		for _, t := range alive {
			switch {
			case t.State == Parked:
				w.Parked = append(w.Parked, t)
			case t.Day != day:
			case t.State == Missed:
				w.Missed = append(w.Missed, t)
			case t.State == Waiting:
				w.Line = append(w.Line, t)
			case t.State.AtDesk():
				w.At[t.Desk] = t
			}
		}
		slices.SortFunc(w.Line, func(a, b *Ticket) int {
			x, y := a.entry(), b.entry()
			return queue.Compare(&x, &y, now)
		})
		return nil
	})
}

// Ticket is a ticket for who works at its office, with how its time was spent.
func (s *Service) Ticket(ctx context.Context, actor identity.Actor, id string) (*Ticket, []Period, error) {
	t, st, err := s.find(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	if !actor.May(identity.QueueWork, identity.Site(st.ID)) {
		return nil, nil, errUnknown()
	}
	list, err := s.periods(ctx, s.DB, id)
	return t, list, err
}

// Shown is a number on the board.
type Shown struct {
	Number string
	Desk   int
	At     time.Time // of the last call
	Calls  int
	Served bool // they are there
}

// Board is what the board of an office shows: nobody's name, no reason for coming.
type Board struct {
	Office  *site.Site
	Called  []Shown // at the desks, the last called first
	Next    []string
	Missed  []string
	Waiting int
	Seq     int64
}

// Board is what hangs on the wall of an office: everybody may look.
func (s *Service) Board(ctx context.Context, actor identity.Actor, office string) (b Board, err error) {
	if err := actor.Check(identity.QueueTake, identity.Network); err != nil {
		return b, err
	}
	st, err := s.Office(office)
	if err != nil {
		return b, err
	}
	now := s.Clock.Now()
	b.Office = st
	return b, s.DB.Snapshot(ctx, func(tx *db.Tx) error {
		if b.Seq, err = seqOf(ctx, tx, st.ID); err != nil {
			return err
		}
		alive, err := s.read(ctx, tx, readAlive, readItemsAlive, st.ID)
		if err != nil {
			return err
		}
		b.fill(s, alive, now)
		return nil
	})
}

func (b *Board) fill(s *Service, alive []*Ticket, now time.Time) {
	day := s.today(b.Office, now)
	var line []queue.Entry
	names := map[string]string{}
	for _, t := range alive {
		switch {
		case t.Day != day:
		case t.State.AtDesk():
			b.Called = append(b.Called, Shown{t.Name(), s.DeskNumber(t.Office, t.Desk), t.Since, t.Calls, t.State == Serving})
		case t.State == Missed:
			b.Missed = append(b.Missed, t.Name())
		case t.State == Waiting:
			line, names[t.ID] = append(line, t.entry()), t.Name()
		}
	}
	slices.SortFunc(b.Called, func(x, y Shown) int { return y.At.Compare(x.At) })
	b.Waiting = len(line)
	for _, e := range queue.Order(line, now)[:min(len(line), 6)] {
		b.Next = append(b.Next, names[e.ID])
	}
}

// Of are the tickets of the actor, the newest first.
func (s *Service) Of(ctx context.Context, actor identity.Actor, most int) ([]*Ticket, error) {
	if !actor.SignedIn() {
		return nil, nil
	}
	return db.All(ctx, s.DB, readOfPerson, scanTicket, actor.Person, most)
}

// OfDay are all tickets of an office's day with their items: for reports.
func (s *Service) OfDay(ctx context.Context, actor identity.Actor, office, day string) ([]*Ticket, error) {
	st, err := s.Office(office)
	if err != nil {
		return nil, err
	}
	if err := actor.Check(identity.QueueRead, identity.Site(st.ID)); err != nil {
		return nil, err
	}
	return s.read(ctx, s.DB, readOfDay, readItemsOfDay, st.ID, day)
}
