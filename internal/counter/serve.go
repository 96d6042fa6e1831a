package counter

import (
	"context"
	"fmt"
	"slices"
	"time"

	"polis/internal/counter/catalog"
	"polis/internal/counter/forecast"
	"polis/internal/counter/queue"
	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// Start says that the called person is there. A second time changes nothing.
func (s *Service) Start(ctx context.Context, actor identity.Actor, id string) (t *Ticket, err error) {
	defer errs.Wrap(&err, "counter.Start")
	return s.act(ctx, actor, id, func(c *change, t *Ticket) (string, EventFacts, error) {
		switch t.State {
		case Serving:
			return "", EventFacts{}, errNothing
		case Called:
			return "started", c.facts(t), c.serve(t)
		}
		return "", EventFacts{}, notCalled(t)
	})
}

// notCalled explains why something needs a ticket that is at a desk.
func notCalled(t *Ticket) error {
	if err := over(t); err != nil {
		return err
	}
	return errs.New(errs.Conflict, "counter.ticket.waiting", nil)
}

// facts are those of an event of a ticket.
func (c *change) facts(t *Ticket) EventFacts {
	return EventFacts{Number: t.Name(), Desk: c.DeskNumber(t.Office, t.Desk)}
}

// serve begins to serve who is at a desk.
func (c *change) serve(t *Ticket) error {
	for i := range t.Items {
		if it := &t.Items[i]; it.State == ItemOpen {
			if it.Started.IsZero() {
				it.Started = c.now
				if err := saveItem(c.ctx, c.tx, t.ID, i, it); err != nil {
					return err
				}
			}
			break
		}
	}
	return c.to(t, Serving, nil)
}

// Missed says that nobody came. They can be recalled, and come back by themselves.
func (s *Service) Missed(ctx context.Context, actor identity.Actor, id string) (t *Ticket, err error) {
	defer errs.Wrap(&err, "counter.Missed")
	return s.act(ctx, actor, id, func(c *change, t *Ticket) (string, EventFacts, error) {
		switch t.State {
		case Missed:
			return "", EventFacts{}, errNothing
		case Called:
			return "missed", c.facts(t), c.to(t, Missed, nil)
		}
		return "", EventFacts{}, notCalled(t)
	})
}

// Park puts who is at a desk on hold, and frees the desk. toFetch: they go for a
// paper and come back, today or within thirty days, without queueing again.
func (s *Service) Park(ctx context.Context, actor identity.Actor, id string, toFetch bool) (t *Ticket, err error) {
	defer errs.Wrap(&err, "counter.Park")
	return s.act(ctx, actor, id, func(c *change, t *Ticket) (string, EventFacts, error) {
		switch t.State {
		case Parked:
			return "", EventFacts{}, errNothing
		case Called, Serving:
			return "parked", c.facts(t), c.to(t, Parked, func(t *Ticket) {
				if toFetch {
					t.Priority = queue.Returning
				}
			})
		}
		return "", EventFacts{}, notCalled(t)
	})
}

// Fetches tells whether a parked person went for a paper.
func (t *Ticket) Fetches() bool { return t.State == Parked && t.Priority == queue.Returning }

// Return brings who was missed, or comes back with the paper, into the line again.
// Who has the id of the ticket may do it: the person at the kiosk or telephone, or the operator.
func (s *Service) Return(ctx context.Context, actor identity.Actor, id string) (t *Ticket, err error) {
	defer errs.Wrap(&err, "counter.Return")
	t, st, err := s.mine(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	return s.actOn(ctx, st, t, func(c *change, t *Ticket) (string, EventFacts, error) {
		if t.State == Waiting {
			return "", EventFacts{}, errNothing
		}
		if t.State != Missed && t.State != Parked {
			return "", EventFacts{}, errs.New(errs.Conflict, "counter.ticket.changed", nil)
		}
		if err := c.renumber(t); err != nil {
			return "", EventFacts{}, err
		}
		return "returned", EventFacts{Number: t.Name()}, c.to(t, Waiting, nil)
	})
}

// renumber gives a ticket of an earlier day a number of today.
func (c *change) renumber(t *Ticket) error {
	if err := over(t); err != nil || t.Day == c.day {
		return err
	}
	t.Day = c.day
	return c.number(identity.Actor{}, t, TakeRequest{})
}

// Transfer hands who is at a desk to another desk of the office, or with desk 0 to
// whichever can do what is still open. They are the next there: they queued already.
func (s *Service) Transfer(ctx context.Context, actor identity.Actor, id string, desk int) (t *Ticket, err error) {
	defer errs.Wrap(&err, "counter.Transfer(%d)", desk)
	return s.act(ctx, actor, id, func(c *change, t *Ticket) (string, EventFacts, error) {
		only := ""
		if desk != 0 {
			d, err := deskOf(c.plainDesks(t.Office), desk)
			if err != nil {
				return "", EventFacts{}, err
			}
			only = d.ID
		}
		if t.State == Waiting && t.Priority == queue.Returning && t.OnlyDesk == only {
			return "", EventFacts{}, errNothing
		}
		if !t.State.AtDesk() {
			return "", EventFacts{}, notCalled(t)
		}
		if only == t.Desk {
			return "", EventFacts{}, errs.New(errs.Invalid, "counter.transfer.same", nil).On("desk")
		}
		return "transferred", EventFacts{Number: t.Name(), Desk: desk}, c.to(t, Waiting, func(t *Ticket) {
			t.OnlyDesk, t.Priority = only, queue.Returning
		})
	})
}

// Finish ends a ticket: what was begun is done. A second time changes nothing.
func (s *Service) Finish(ctx context.Context, actor identity.Actor, id string) (t *Ticket, err error) {
	defer errs.Wrap(&err, "counter.Finish")
	return s.act(ctx, actor, id, func(c *change, t *Ticket) (string, EventFacts, error) {
		if t.State == Finished {
			return "", EventFacts{}, errNothing
		}
		if !t.State.AtDesk() {
			return "", EventFacts{}, notCalled(t)
		}
		facts := c.facts(t)
		var served []forecast.Served
		for i := range t.Items {
			if t.Items[i].State == ItemOpen {
				sv, err := c.done(t, i)
				if err != nil {
					return "", facts, err
				}
				served = append(served, sv...)
			}
		}
		if err := c.to(t, Finished, nil); err != nil {
			return "", facts, err
		}
		if err := c.learn(t, served); err != nil {
			return "", facts, err
		}
		return "finished", facts, c.note("ticket.finished", t, actor.Agent(), deskFacts(t.Office, facts.Desk))
	})
}

// Done ends the item that is being served, and begins the next, here if the desk can
// do it; else the person waits for one that can, first in line. After the last one
// the ticket is finished. n is the index of the item: one that is done already
// changes nothing.
func (s *Service) Done(ctx context.Context, actor identity.Actor, id string, n int) (t *Ticket, err error) {
	defer errs.Wrap(&err, "counter.Done(%d)", n)
	return s.act(ctx, actor, id, func(c *change, t *Ticket) (string, EventFacts, error) {
		switch {
		case n < 0 || n >= len(t.Items):
			return "", EventFacts{}, errs.New(errs.NotFound, "counter.item.unknown", nil)
		case t.Items[n].State != ItemOpen:
			return "", EventFacts{}, errNothing
		case !t.State.AtDesk():
			return "", EventFacts{}, notCalled(t)
		}
		facts := c.facts(t)
		served, err := c.done(t, n)
		if err != nil {
			return "", facts, err
		}
		kind, err := c.goOn(t)
		if err != nil {
			return "", facts, err
		}
		return kind, facts, c.learn(t, served)
	})
}

// goOn moves a ticket of which an item was done.
func (c *change) goOn(t *Ticket) (kind string, err error) {
	open := t.Open()
	if len(open) == 0 {
		return "finished", c.to(t, Finished, nil)
	}
	list, err := c.desks(c.ctx, c.tx, c.office, c.now)
	if err != nil {
		return "", err
	}
	for i := range list {
		if list[i].ID == t.Desk && list[i].Can(open[0]) {
			return "started", c.serve(t)
		}
	}
	return "transferred", c.to(t, Waiting, func(t *Ticket) { t.Priority = queue.Returning })
}

// done ends an item, and says how long the desk was taken by it if it was that.
func (c *change) done(t *Ticket, n int) ([]forecast.Served, error) {
	it := &t.Items[n]
	current := len(t.Open()) > 0 && t.Open()[0] == it.Service
	began := c.now
	if it.Started.IsZero() {
		it.Started = c.now
	} else {
		began = it.Started
	}
	it.State, it.Ended = ItemDone, c.now
	if err := saveItem(c.ctx, c.tx, t.ID, n, it); err != nil {
		return nil, err
	}
	if !current {
		return nil, nil
	}
	return []forecast.Served{{Service: it.Service, At: began}}, nil
}

var deskTime = db.Q("counter.desk-time", `
	SELECT COALESCE(SUM(CASE WHEN ends = 0 THEN CAST($3 AS BIGINT) ELSE ends END - starts), 0) FROM ticket_period
	WHERE ticket = $1 AND service = $2 AND kind IN ('invited', 'served')`)

// learn teaches the forecast how long a desk was taken by what was served: where
// several people came with one number for the same, when the last of them is done,
// by equal parts.
func (c *change) learn(t *Ticket, served []forecast.Served) error {
	known := map[string]bool{}
	for _, x := range served {
		if known[x.Service] || slices.Contains(t.Open(), x.Service) {
			continue
		}
		known[x.Service] = true
		var us int64
		if err := db.One(c.ctx, c.tx, deskTime, []any{t.ID, x.Service, micros(c.now)}, &us); err != nil {
			return err
		}
		people := 0
		for _, it := range t.Items {
			if it.Service == x.Service && it.State == ItemDone {
				people++
			}
		}
		x.Took = time.Duration(us) * time.Microsecond / time.Duration(people)
		if x.Took <= 0 {
			continue
		}
		if err := c.Forecast.Learn(c.ctx, c.tx, t.Office, slices.Repeat([]forecast.Served{x}, people)...); err != nil {
			return err
		}
	}
	return nil
}

var deskFreeSince = db.Q("counter.desk-free-since", `
	SELECT COALESCE(MAX(CASE WHEN closed > 0 THEN closed ELSE since END), 0) FROM ticket
	WHERE office = $1 AND day = $2 AND desk = $3 AND state NOT IN ('waiting', 'called', 'serving')`)

// longPause is what is no way of calling the next any more, but a pause.
const longPause = 10 * time.Minute

// learnCalling teaches the forecast how soon a desk that is free calls who waits.
func (c *change) learnCalling(t *Ticket, d *Desk) error {
	var free int64
	if err := db.One(c.ctx, c.tx, deskFreeSince, []any{t.Office, t.Day.String(), d.ID}, &free); err != nil {
		return err
	}
	since := slices.MaxFunc([]time.Time{instant(free), t.Taken, t.Due.Add(-queue.Lead), d.Opened}, time.Time.Compare)
	took := c.now.Sub(since)
	if t.State != Waiting || took <= 0 || took > longPause {
		return nil
	}
	return c.Forecast.Learn(c.ctx, c.tx, t.Office, forecast.Served{Service: forecast.Calling, At: since, Took: took})
}

// Tick ticks or unticks a step of an item. A second time changes nothing.
func (s *Service) Tick(ctx context.Context, actor identity.Actor, id string, n, step int, on bool) (t *Ticket, err error) {
	defer errs.Wrap(&err, "counter.Tick(%d, %d)", n, step)
	return s.act(ctx, actor, id, func(c *change, t *Ticket) (string, EventFacts, error) {
		if n < 0 || n >= len(t.Items) {
			return "", EventFacts{}, errs.New(errs.NotFound, "counter.item.unknown", nil)
		}
		it := &t.Items[n]
		sv, ok := catalog.Find(it.Service)
		if !ok || step < 0 || step >= len(sv.In("it").Steps) {
			return "", EventFacts{}, errs.New(errs.NotFound, "counter.step.unknown", nil)
		}
		if !t.State.AtDesk() {
			return "", EventFacts{}, notCalled(t)
		}
		i, has := slices.BinarySearch(it.Steps, step)
		if has == on {
			return "", EventFacts{}, errNothing
		}
		if on {
			it.Steps = slices.Insert(slices.Clone(it.Steps), i, step)
		} else {
			it.Steps = slices.Delete(slices.Clone(it.Steps), i, i+1)
		}
		return "office", EventFacts{}, saveItem(c.ctx, c.tx, t.ID, n, it)
	})
}

// Add adds something that the person at the desk wants too.
func (s *Service) Add(ctx context.Context, actor identity.Actor, id, service string) (t *Ticket, err error) {
	defer errs.Wrap(&err, "counter.Add(%q)", service)
	return s.act(ctx, actor, id, func(c *change, t *Ticket) (string, EventFacts, error) {
		if _, ok := catalog.Find(service); !ok {
			return "", EventFacts{}, errs.New(errs.Invalid, "counter.service.unknown", nil).On("service")
		}
		if err := over(t); err != nil {
			return "", EventFacts{}, err
		}
		if slices.Contains(t.Open(), service) {
			return "", EventFacts{}, errNothing
		}
		if len(t.Items) >= 2*mostItems {
			return "", EventFacts{}, errs.New(errs.Rule, "counter.services.some", errs.Args{"max": mostItems})
		}
		t.Items = append(t.Items, Item{Service: service, State: ItemOpen})
		return "office", EventFacts{}, c.tx.Later(c.ctx, insertItem, t.ID, len(t.Items)-1, service)
	})
}

// Identify says who is at the desk, once for all that they came for.
func (s *Service) Identify(ctx context.Context, actor identity.Actor, id, person string) (t *Ticket, err error) {
	defer errs.Wrap(&err, "counter.Identify")
	return s.act(ctx, actor, id, func(c *change, t *Ticket) (string, EventFacts, error) {
		switch {
		case t.Person == person:
			return "", EventFacts{}, errNothing
		case !t.State.AtDesk():
			return "", EventFacts{}, notCalled(t)
		}
		if _, err := c.tx.Exec(c.ctx, setPerson, t.ID, person); err != nil {
			return "", EventFacts{}, err
		}
		t.Person = person
		t.Rev++
		return "office", EventFacts{}, c.note("ticket.identified", t, actor.Agent(), fmt.Sprintf(`{"office":%q}`, t.Office))
	})
}

var setPerson = db.Q("counter.ticket-person", `UPDATE ticket SET person = $2, rev = rev + 1 WHERE id = $1`)

// Leave gives a number back. Who has the id of the ticket may do it.
func (s *Service) Leave(ctx context.Context, actor identity.Actor, id string) (t *Ticket, err error) {
	defer errs.Wrap(&err, "counter.Leave")
	t, st, err := s.mine(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	return s.actOn(ctx, st, t, func(c *change, t *Ticket) (string, EventFacts, error) {
		switch t.State {
		case Left:
			return "", EventFacts{}, errNothing
		case Serving:
			return "", EventFacts{}, errs.New(errs.Conflict, "counter.ticket.serving", nil)
		}
		if err := over(t); err != nil {
			return "", EventFacts{}, err
		}
		if err := c.Forecast.Left(c.ctx, c.tx, t.Office, t.ID, c.now.Sub(t.Taken)); err != nil {
			return "", EventFacts{}, err
		}
		return "left", EventFacts{Number: t.Name()}, c.to(t, Left, nil)
	})
}
