package counter

import (
	"context"

	"polis/internal/counter/queue"
	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/site"
)

// CallNext calls whoever is next for a desk. A desk has one person at a time: while
// somebody is called or served there, they are the answer, so that a second click
// calls nobody. None waiting is no error: the ticket is nil. The actor sits down at
// the desk by calling.
//
// Errors: NotFound for a desk that is none; Forbidden.
func (s *Service) CallNext(ctx context.Context, actor identity.Actor, office string, n int) (t *Ticket, err error) {
	defer errs.Wrap(&err, "counter.CallNext(%d)", n)
	st, err := s.worksAt(actor, office)
	if err != nil {
		return nil, err
	}
	err = s.change(ctx, st, func(c *change) (string, EventFacts, error) {
		d, seated, err := c.seat(actor, n)
		if err != nil {
			return "", EventFacts{}, err
		}
		if t = c.at(d.ID); t != nil {
			return "", EventFacts{}, errNothing
		}
		next, ok := queue.Next(c.line(), c.now, d.ID, d.Can)
		if !ok && !seated {
			return "", EventFacts{}, errNothing
		}
		if !ok {
			return "desk", EventFacts{Desk: n}, nil
		}
		t = c.ticket(next.ID)
		return "called", EventFacts{Number: t.Name(), Desk: n}, c.call(actor, t, d)
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// line is who waits today.
func (c *change) line() (list []queue.Entry) {
	for _, t := range c.alive {
		if t.State == Waiting && t.Day == c.day {
			list = append(list, t.entry())
		}
	}
	return list
}

// call invites a ticket to a desk.
func (c *change) call(actor identity.Actor, t *Ticket, d *Desk) error {
	first := t.FirstCall.IsZero()
	waited := c.now.Sub(t.Taken)
	if err := c.learnCalling(t, d); err != nil {
		return err
	}
	err := c.to(t, Called, func(t *Ticket) {
		t.Desk, t.Operator, t.OnlyDesk = d.ID, actor.Agent(), ""
		t.Calls++
		if first {
			t.FirstCall = t.Since
		}
	})
	if err != nil {
		return err
	}
	if first && t.Told != nil {
		if err := c.Forecast.Came(c.ctx, c.tx, t.Office, t.ID, waited); err != nil {
			return err
		}
	}
	return c.note("ticket.called", t, actor.Agent(), deskFacts(t.Office, d.Number))
}

// Call invites one ticket to a desk, whoever else waits: "this one". Errors: Conflict
// "counter.desk.busy" where the desk has somebody, "counter.ticket.elsewhere" where
// another desk has the ticket, "counter.ticket.closed".
func (s *Service) Call(ctx context.Context, actor identity.Actor, id string, n int) (t *Ticket, err error) {
	defer errs.Wrap(&err, "counter.Call(%d)", n)
	return s.act(ctx, actor, id, func(c *change, t *Ticket) (string, EventFacts, error) {
		d, _, err := c.seat(actor, n)
		if err != nil {
			return "", EventFacts{}, err
		}
		if t.State.AtDesk() && t.Desk == d.ID {
			return "", EventFacts{}, errNothing
		}
		if t.State.AtDesk() {
			return "", EventFacts{}, errs.New(errs.Conflict, "counter.ticket.elsewhere", nil)
		}
		if there := c.at(d.ID); there != nil {
			return "", EventFacts{}, errs.New(errs.Conflict, "counter.desk.busy", errs.Args{"number": there.Name()})
		}
		if err := c.renumber(t); err != nil {
			return "", EventFacts{}, err
		}
		return "called", EventFacts{Number: t.Name(), Desk: n}, c.call(actor, t, d)
	})
}

// Recall calls a ticket once more: one that does not come, or one that was missed.
// Errors as Call, and Conflict "counter.ticket.waiting" for one that was not called.
func (s *Service) Recall(ctx context.Context, actor identity.Actor, id string) (t *Ticket, err error) {
	defer errs.Wrap(&err, "counter.Recall")
	return s.act(ctx, actor, id, func(c *change, t *Ticket) (string, EventFacts, error) {
		n := c.DeskNumber(t.Office, t.Desk)
		facts := EventFacts{Number: t.Name(), Desk: n}
		switch t.State {
		case Called:
			return "recalled", facts, c.to(t, Called, func(t *Ticket) { t.Calls++ })
		case Serving:
			return "", facts, errNothing
		case Missed:
		default:
			return "", facts, errs.New(errs.Conflict, "counter.ticket.waiting", nil)
		}
		list, err := c.desks(c.ctx, c.tx, c.office, c.now)
		if err != nil {
			return "", facts, err
		}
		d, err := deskOf(list, n)
		if err != nil {
			return "", facts, err
		}
		if there := c.at(d.ID); there != nil {
			return "", facts, errs.New(errs.Conflict, "counter.desk.busy", errs.Args{"number": there.Name()})
		}
		return "recalled", facts, c.call(actor, t, d)
	})
}

// act does something with a ticket for who works at its office. Once a ticket is
// over it stays as it is: Conflict "counter.ticket.closed".
func (s *Service) act(ctx context.Context, actor identity.Actor, id string, fn func(c *change, t *Ticket) (string, EventFacts, error)) (*Ticket, error) {
	t, st, err := s.find(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := actor.Check(identity.QueueWork, identity.Site(st.ID)); err != nil {
		return nil, err
	}
	return s.actOn(ctx, st, t, fn)
}

// actOn does something with a ticket of an office.
func (s *Service) actOn(ctx context.Context, st *site.Site, t *Ticket, fn func(c *change, t *Ticket) (string, EventFacts, error)) (*Ticket, error) {
	var now *Ticket
	err := s.change(ctx, st, func(c *change) (string, EventFacts, error) {
		if now = c.ticket(t.ID); now == nil {
			over, err := s.one(ctx, c.tx, readTicket, t.ID)
			if err != nil {
				return "", EventFacts{}, err
			}
			now = over
		}
		return fn(c, now)
	})
	if err != nil {
		return nil, err
	}
	return now, nil
}

// find finds a ticket with its office.
func (s *Service) find(ctx context.Context, id string) (*Ticket, *site.Site, error) {
	t, err := s.one(ctx, s.DB, readTicket, id)
	if err != nil {
		return nil, nil, err
	}
	st, err := s.Live.Network().Site(t.Office)
	return t, st, err
}

// over refuses what can be done no more.
func over(t *Ticket) error {
	if t.State.Alive() {
		return nil
	}
	return errs.New(errs.Conflict, "counter.ticket.closed", nil)
}
