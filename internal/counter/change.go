package counter

import (
	"context"
	"errors"
	"time"

	"polis/internal/agenda"
	"polis/internal/journal"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/site"
)

var lockOffice = db.Q("counter.office-lock", `
	INSERT INTO queue_office (office, seq) VALUES ($1, 1)
	ON CONFLICT (office) DO UPDATE SET seq = queue_office.seq + 1 RETURNING seq`)

// errNothing ends a change that would change nothing: what was asked has happened
// already.
var errNothing = errors.New("counter: nothing to change")

func errUnknown() error { return errs.New(errs.NotFound, "counter.ticket.unknown", nil) }

// change is one change of an office, in its transaction and with its lock held.
type change struct {
	*Service
	ctx    context.Context
	tx     *db.Tx
	office *site.Site
	now    time.Time
	day    agenda.Date
	seq    int64
	alive  []*Ticket // those of the office with which somebody still has to do, as the change leaves them
}

// change does something in an office, in one transaction, behind the office's lock.
// fn says what happened; errNothing takes it back without an error.
func (s *Service) change(ctx context.Context, st *site.Site, fn func(c *change) (kind string, facts EventFacts, err error)) error {
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		c := &change{Service: s, ctx: ctx, tx: tx, office: st}
		if err := db.One(ctx, tx, lockOffice, []any{st.ID}, &c.seq); err != nil {
			return err
		}
		c.now = s.Clock.Now()
		c.day = s.today(st, c.now)
		var err error
		if c.alive, err = s.read(ctx, tx, readAlive, readItemsAlive, st.ID); err != nil {
			return err
		}
		kind, facts, err := fn(c)
		if err != nil {
			return err
		}
		facts.Waiting = c.waiting()
		return s.tell(ctx, tx, Event{Office: st.ID, Seq: c.seq, At: c.now, Kind: kind, Facts: facts})
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}

// today is the civil date of an office at an instant.
func (s *Service) today(st *site.Site, now time.Time) agenda.Date {
	return agenda.DateOf(now.In(s.Live.Network().Zone(st)))
}

// ticket is an alive ticket of the office; nil where it is none.
func (c *change) ticket(id string) *Ticket {
	for _, t := range c.alive {
		if t.ID == id {
			return t
		}
	}
	return nil
}

// at is the ticket that is at a desk; nil where it is free.
func (c *change) at(desk string) *Ticket {
	for _, t := range c.alive {
		if t.Desk == desk && t.State.AtDesk() {
			return t
		}
	}
	return nil
}

// waiting is how many wait in the office today.
func (c *change) waiting() (n int) {
	for _, t := range c.alive {
		if t.State == Waiting && t.Day == c.day {
			n++
		}
	}
	return n
}

// note writes an act about a ticket.
func (c *change) note(kind string, t *Ticket, person, data string) error {
	return journal.Append(c.ctx, c.tx, journal.Act{
		ID: c.IDs(), At: c.now, Kind: kind, Subject: t.ID, Person: person, Data: data,
	})
}

var moveTicket = db.Q("counter.ticket-move", `
	UPDATE ticket SET state = $3, since = $4, first_call = $5, closed = $6, desk = $7, operator = $8, only_desk = $9, calls = $10,
		priority = $11, day = $12, number = $13, person = $14, rev = rev + 1
	WHERE id = $1 AND state = $2`)

// to moves a ticket to a state, changes it as asked and begins its next period. The
// update is conditional: where the ticket does not stand as it was read, nothing
// happens and Conflict "counter.ticket.changed" is returned.
func (c *change) to(t *Ticket, state State, as func(t *Ticket)) error {
	before := t.State
	now := c.now
	if now.Before(t.Since) { // another server's clock was ahead
		now = t.Since
	}
	t.State, t.Since = state, now
	if !state.Alive() {
		t.Closed = now
	}
	if as != nil {
		as(t)
	}
	n, err := c.tx.Exec(c.ctx, moveTicket, t.ID, string(before), string(state), micros(t.Since), micros(t.FirstCall), micros(t.Closed),
		t.Desk, t.Operator, t.OnlyDesk, t.Calls, string(t.Priority), t.Day.String(), t.Number, t.Person)
	if err != nil {
		return err
	}
	if n == 0 {
		return errs.New(errs.Conflict, "counter.ticket.changed", nil)
	}
	t.Rev++
	return c.period(t, now)
}

// period ends the open period of a ticket and begins that of its state.
func (c *change) period(t *Ticket, now time.Time) error {
	if err := c.tx.Later(c.ctx, endPeriod, t.ID, micros(now)); err != nil || !t.State.Alive() {
		return err
	}
	desk, operator, service := "", "", ""
	if t.State.AtDesk() {
		desk, operator = t.Desk, t.Operator
	}
	if open := t.Open(); t.State.AtDesk() && len(open) > 0 {
		service = open[0]
	}
	return c.tx.Later(c.ctx, beginPeriod, t.ID, string(periodOf[t.State]), desk, operator, service, micros(now))
}
