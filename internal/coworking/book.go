package coworking

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
	"polis/internal/site"
)

// holdFor is how long places are kept while a person confirms.
const holdFor = 10 * time.Minute

// Book books all that is asked for, or nothing. Errors: Unauthenticated;
// Invalid, NotFound, Forbidden and Rule for what may not be; Conflict
// "booking.taken" with Alternatives for what is not free.
func (s *Service) Book(ctx context.Context, actor identity.Actor, req Request) (Booking, error) {
	return s.book(ctx, actor, req, false)
}

// Hold keeps what is asked for ten minutes; Confirm books it. Errors as Book.
func (s *Service) Hold(ctx context.Context, actor identity.Actor, req Request) (Booking, error) {
	return s.book(ctx, actor, req, true)
}

func (s *Service) book(ctx context.Context, actor identity.Actor, req Request, hold bool) (Booking, error) {
	if err := actor.Check(identity.BookingOwn, identity.Of(actor.Person)); err != nil {
		return Booking{}, err
	}
	var key reserve.Key
	if req.Key != "" {
		key = reserve.Key{Person: actor.Person, Key: req.Key, Hash: req.Hash}
	}
	ws, err := s.wishes(actor, req)
	if err == nil {
		err = s.checkSuspended(ctx, actor, ws)
	}
	if err != nil {
		return s.asBefore(ctx, actor, key, err)
	}
	p := reserve.Plan{
		Key: key, Person: actor.Person, By: actor.Person, For: party(actor), To: reserve.Confirmed, Due: s.due(ws),
		Demands: demands(ws), Uses: uses(actor, actor.Person, ws, hold),
	}
	if hold {
		p.To, p.Due = reserve.Held, s.clock.Now().Add(holdFor)
	}
	b, err := s.engine.Do(ctx, p)
	if err != nil {
		return Booking{}, s.explain(actor, ws, err)
	}
	return s.view(b), nil
}

// asBefore answers a request that the rules refuse: one that is sent again is
// answered as it was, whatever the rules say by now. One that they allow asks
// the engine, which knows the key.
func (s *Service) asBefore(ctx context.Context, actor identity.Actor, key reserve.Key, refused error) (Booking, error) {
	if key == (reserve.Key{}) {
		return Booking{}, refused
	}
	b, err := s.engine.Granted(ctx, key)
	if err != nil {
		return Booking{}, s.explain(actor, nil, err)
	}
	if b.ID == "" {
		return Booking{}, refused
	}
	return s.view(b), nil
}

// due is when a booking of these places moves on by itself: when nobody came,
// or at its end if nobody needs to check in.
func (s *Service) due(ws []wish) time.Time {
	list := make([]stay, len(ws))
	for i, w := range ws {
		list[i] = stay{w.rules, w.from, w.to}
	}
	return dueOf(list, s.clock.Now())
}

// stay is a part of a visit with the rules of its place.
type stay struct {
	rules    *site.Rules
	from, to time.Time
}

// dueOf is when the place of somebody who does not come is released: some time
// after the start, unless one stay is so long that no check-in is asked, or that
// time was over when the booking was made. The engine releases later parts as
// long after their own start.
func dueOf(list []stay, now time.Time) time.Time {
	first, ends, long := list[0], list[0].to, false
	for _, x := range list {
		if x.from.Before(first.from) {
			first = x
		}
		if x.to.After(ends) {
			ends = x.to
		}
		most := time.Duration(x.rules.NoCheckInFrom) * time.Minute
		long = long || most > 0 && x.to.Sub(x.from) >= most
	}
	release := first.from.Add(time.Duration(first.rules.Release) * time.Minute)
	if first.rules.Release == 0 || long || !now.Before(release) || !release.Before(ends) {
		return ends
	}
	return release
}

// stays are the parts of a booking with their rules.
func (s *Service) stays(b reserve.Booking) (list []stay) {
	net := s.live.Network()
	for _, p := range b.Parts {
		if len(p.Units) > 0 {
			r := net.Rules(p.Site, site.ResourceKind(p.Kind))
			list = append(list, stay{&r, p.From, p.To})
		}
	}
	return list
}

// Confirm books what is held. Errors: NotFound; Conflict "booking.expired"
// when the ten minutes are over.
func (s *Service) Confirm(ctx context.Context, actor identity.Actor, id string) (Booking, error) {
	b, err := s.mine(ctx, actor, id)
	if err != nil {
		return Booking{}, err
	}
	if b.Status == reserve.Confirmed {
		return s.view(b), nil // a second tap
	}
	now := s.clock.Now()
	b, err = s.engine.Do(ctx, reserve.Plan{
		Booking: id, Person: actor.Person, By: actor.Person, When: []reserve.Status{reserve.Held},
		To: reserve.Confirmed, Due: dueOf(s.stays(b), now), NotDue: now,
	})
	if err != nil {
		if b, again := s.mine(ctx, actor, id); again == nil && b.Status == reserve.Confirmed {
			return s.view(b), nil // a second tap at the same moment
		}
		return Booking{}, s.explain(actor, nil, err)
	}
	return s.view(b), nil
}

// rulesOf are the rules of the first part of a booking that was not missed.
func (s *Service) rulesOf(b reserve.Booking) *site.Rules {
	return slices.MinFunc(s.stays(b), func(x, y stay) int { return x.from.Compare(y.from) }).rules
}

// zoneOf is the zone of the first part of a booking.
func (s *Service) zoneOf(b reserve.Booking) *time.Location {
	for _, p := range b.Parts {
		if st, err := s.live.Network().Site(p.Site); err == nil && len(p.Units)+len(p.Missed) > 0 {
			return s.live.Network().Zone(st)
		}
	}
	return agenda.Rome
}

// Cancel gives a booking back; a second time changes nothing. Errors: NotFound;
// Conflict for what has begun or is over.
func (s *Service) Cancel(ctx context.Context, actor identity.Actor, id string, rev int64) (Booking, error) {
	b, err := s.changeable(ctx, actor, id)
	if err != nil {
		return Booking{}, err
	}
	if b.Status == reserve.Cancelled {
		return s.view(b), nil
	}
	b, err = s.engine.Do(ctx, reserve.Plan{
		Booking: id, Person: b.Person, By: actor.Person, Rev: rev,
		When: []reserve.Status{reserve.Held, reserve.Confirmed}, To: reserve.Cancelled,
	})
	if err != nil {
		return Booking{}, s.explain(actor, nil, err)
	}
	return s.view(b), nil
}

// Move changes the time of a booking; its places stay. Errors as Book, and
// Rule "booking.several-times" where its parts have different times.
func (s *Service) Move(ctx context.Context, actor identity.Actor, id string, from, to time.Time, rev int64) (Booking, error) {
	return s.move(ctx, actor, id, rev, from, to, func(b reserve.Booking, i int) (bool, error) {
		if p := b.Parts[i]; !p.From.Equal(b.Starts) || !p.To.Equal(b.Ends) {
			return false, errs.New(errs.Rule, "booking.several-times", nil)
		}
		return true, nil
	})
}

// MovePart changes the time of one part of a booking, by its place in the list
// of parts; the others stay. Errors as Book, and NotFound for no such part.
func (s *Service) MovePart(ctx context.Context, actor identity.Actor, id string, part int, from, to time.Time, rev int64) (Booking, error) {
	return s.move(ctx, actor, id, rev, from, to, func(b reserve.Booking, i int) (bool, error) {
		if part < 0 || part >= len(b.Parts) || len(b.Parts[part].Units) == 0 {
			return false, errs.New(errs.NotFound, "booking.unknown-part", nil)
		}
		return i == part, nil
	})
}

// move gives some parts of a booking another time.
func (s *Service) move(ctx context.Context, actor identity.Actor, id string, rev int64, from, to time.Time,
	moves func(b reserve.Booking, part int) (bool, error),
) (Booking, error) {
	return s.change(ctx, actor, id, rev, s.changeable, func(b reserve.Booking) (Booking, error) {
		if !b.Status.Alive() || b.Status == reserve.CheckedIn {
			return Booking{}, statusError(b.Status)
		}
		var ws []wish
		for i, p := range b.Parts { // each stays in its place, by which calendars know it
			if len(p.Units) == 0 {
				continue
			}
			moved, err := moves(b, i)
			if err != nil {
				return Booking{}, err
			}
			part, err := s.catalog().kept(b.Parts[i : i+1])
			if moved && err == nil {
				part, err = s.wishes(actor, Request{Parts: []PartRequest{{Resources: s.ids(p.Units), From: from, To: to}}})
			}
			if err != nil {
				return Booking{}, err
			}
			ws = append(ws, part...)
		}
		due := b.Due
		if b.Status != reserve.Held {
			due = s.due(ws)
		}
		return s.replan(ctx, actor, b, ws, reserve.Key{}, due)
	})
}

// CheckIn says that the person came, for all days that are left of a booking; a
// second time changes nothing. The person does it, or somebody at reception of
// the site. Errors: NotFound; Rule "check-in.early", also where the day was
// missed and another is to come, and "check-in.elsewhere" where that is not in a
// house of the actor; Conflict when the place was released.
func (s *Service) CheckIn(ctx context.Context, actor identity.Actor, id string) (Booking, error) {
	for {
		b, err := s.checkIn(ctx, actor, id)
		if !errs.Is(err, errs.Stale) { // else a day was released meanwhile: it may be early for the next
			return b, err
		}
	}
}

func (s *Service) checkIn(ctx context.Context, actor identity.Actor, id string) (Booking, error) {
	b, err := s.visible(ctx, actor, id, identity.BookingCheck)
	if err != nil {
		return Booking{}, err
	}
	if b.Status == reserve.CheckedIn {
		return s.seen(actor, b), nil
	}
	now := s.clock.Now()
	b = b.Standing(now)
	if b.Status == reserve.Confirmed {
		if err := s.checkEarly(actor, b, now); err != nil {
			return Booking{}, err
		}
	}
	b, err = s.engine.Do(ctx, reserve.Plan{
		Booking: id, Person: b.Person, By: actor.Person, When: []reserve.Status{reserve.Confirmed}, Rev: b.Rev,
		To: reserve.CheckedIn, Due: b.Ends, NotDue: now,
	})
	if err != nil {
		return Booking{}, s.explain(actor, nil, err)
	}
	return s.seen(actor, b), nil
}

// checkEarly refuses who comes before check-in opens: the person for the first of
// what they have, a house for the first of what it gives them.
func (s *Service) checkEarly(actor identity.Actor, b reserve.Booking, now time.Time) error {
	here := b
	if b.Person != actor.Person {
		here = where(actor, identity.BookingCheck, b)
	}
	opens := s.checkInOpens(here, now)
	if opens.IsZero() {
		return errs.New(errs.Rule, "check-in.elsewhere", nil)
	}
	if !now.Before(opens) {
		return nil
	}
	opens = opens.In(s.zoneOf(here))
	return errs.New(errs.Rule, "check-in.early", errs.Args{"from": opens}).
		With(Early{"check_in_early", s.rulesOf(here).CheckInEarly, opens})
}

// Early says when check-in opens.
type Early struct {
	Rule  string    `json:"rule"`
	Limit int       `json:"limit"`
	From  time.Time `json:"from"`
}

// mine reads a booking of the actor; NotFound for all others.
func (s *Service) mine(ctx context.Context, actor identity.Actor, id string) (reserve.Booking, error) {
	return s.visible(ctx, actor, id, "")
}

// visible reads a booking that the actor may see: their own, with a permission
// those of a site, and to look at those of the organisation for which they act. What they may not see does not exist for them.
func (s *Service) visible(ctx context.Context, actor identity.Actor, id string, p identity.Permission) (reserve.Booking, error) {
	if !actor.SignedIn() && actor.Device == "" {
		return reserve.Booking{}, actor.Check(identity.BookingOwn, identity.Of(actor.Person))
	}
	b, err := s.engine.Get(ctx, id)
	if err != nil {
		return b, s.explain(actor, nil, err)
	}
	if owns(actor, b) || p == identity.BookingRead && ofParty(actor, b) {
		return b, nil
	}
	for _, part := range b.Parts {
		if p != "" && actor.May(p, identity.Site(part.Site)) {
			return b, nil
		}
	}
	return reserve.Booking{}, errs.New(errs.NotFound, "booking.unknown", nil)
}

// reached tells whether a booking lies where the actor may act: all of it, where
// they act for somebody at one house.
func reached(actor identity.Actor, b reserve.Booking) bool {
	return !slices.ContainsFunc(b.Parts, func(p reserve.Part) bool { return !actor.Within(p.Site) })
}

// explain turns the engine's refusals into errors for people.
func (s *Service) explain(actor identity.Actor, ws []wish, err error) error {
	var taken *reserve.Taken
	var limit *reserve.Limit
	var status *reserve.WrongStatus
	switch {
	case errors.As(err, &taken):
		return s.takenError(actor, ws, taken)
	case errors.As(err, &limit):
		return limitError(limit)
	case errors.As(err, &status):
		return statusError(status.Status)
	case errors.Is(err, reserve.ErrUnknown):
		return errs.New(errs.NotFound, "booking.unknown", nil)
	case errors.Is(err, reserve.ErrStale):
		return errs.New(errs.Stale, "booking.changed", nil)
	case errors.Is(err, reserve.ErrKeyReuse):
		return errs.New(errs.Rule, "booking.key-reused", nil)
	case errors.Is(err, reserve.ErrTooLarge):
		return errs.New(errs.Rule, "booking.too-large", nil)
	case errors.Is(err, reserve.ErrClosed):
		return errs.New(errs.Unavailable, "error.unavailable", nil).Because(err)
	}
	if e := timeError(err); e != nil {
		return e
	}
	if err == nil {
		return nil
	}
	return fmt.Errorf("coworking: %w", err)
}

// timeError explains a time that cannot be; nil for another error.
func timeError(err error) error {
	switch {
	case errors.Is(err, agenda.ErrGrain):
		return errs.New(errs.Rule, "time.grain", nil).On("from").With(Rule{"grain", 15})
	case errors.Is(err, agenda.ErrReversed):
		return errs.New(errs.Invalid, "time.reversed", nil).On("to")
	case errors.Is(err, agenda.ErrFar):
		return errs.New(errs.Invalid, "time.far", nil).On("from")
	}
	return nil
}

// Rule names a rule and its limit.
type Rule struct {
	Rule  string `json:"rule"`
	Limit int    `json:"limit"`
}

// statusError says why a booking cannot be changed where it stands.
func statusError(st reserve.Status) error {
	return errs.New(errs.Conflict, "booking."+string(st), nil).With(struct {
		Status reserve.Status `json:"status"`
	}{st})
}
