package coworking

import (
	"context"
	"slices"
	"strconv"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
	"polis/internal/site"
)

// maxHold is how long places are kept in all while a person adds to them.
const maxHold = 30 * time.Minute

// Extend adds parts to a hold: afterwards all of it is held, or it stays as it
// was. Its ten minutes begin anew, up to half an hour in all. Errors as Book,
// and Conflict for what is not held any more.
func (s *Service) Extend(ctx context.Context, actor identity.Actor, id string, rev int64, req Request) (Booking, error) {
	key := reserve.Key{Person: actor.Person, Key: req.Key, Hash: req.Hash}
	if req.Key == "" { // so that an answer that is lost on the way is not a second part
		key.Key = "extend:" + clock.NewID()
	}
	return s.change(ctx, actor, id, rev, s.mine, func(b reserve.Booking) (Booking, error) {
		ws, err := s.extended(ctx, actor, b, req)
		if err != nil {
			return s.asBefore(ctx, actor, key, err)
		}
		due := s.clock.Now().Add(holdFor)
		if last := b.Created.Add(maxHold); due.After(last) {
			due = last
		}
		return s.replan(ctx, actor, b, ws, key, due)
	})
}

// extended are the parts of a hold and those to be added.
func (s *Service) extended(ctx context.Context, actor identity.Actor, b reserve.Booking, req Request) ([]wish, error) {
	if b.Status != reserve.Held {
		return nil, statusError(b.Status)
	}
	have, err := s.catalog().kept(b.Parts)
	if err != nil {
		return nil, err
	}
	more, err := s.wishes(actor, req)
	if err != nil {
		return nil, err
	}
	if len(have)+len(more) > maxParts {
		return nil, errs.New(errs.Invalid, "booking.parts", errs.Args{"max": maxParts}).On("parts")
	}
	all := append(have, more...)
	slices.SortStableFunc(all, func(a, b wish) int { return a.from.Compare(b.from) })
	return all, s.checkSuspended(ctx, actor, more)
}

// Drop gives one part of a hold back, by its place in the list of parts. A
// second time changes nothing. Errors: NotFound; Stale; Rule for the last part;
// Conflict for what is not held any more.
func (s *Service) Drop(ctx context.Context, actor identity.Actor, id string, part int, rev int64) (Booking, error) {
	b, err := s.mine(ctx, actor, id)
	if err != nil {
		return Booking{}, err
	}
	// A revision is seen once: the same part of the same one is the same request.
	key := reserve.Key{Person: actor.Person, Key: "drop:" + id + ":" + strconv.FormatInt(rev, 10) + ":" + strconv.Itoa(part)}
	switch {
	case rev != b.Rev:
		err = errs.New(errs.Stale, "booking.changed", nil)
	case b.Status != reserve.Held:
		err = statusError(b.Status)
	case part < 0 || part >= len(b.Parts) || len(b.Parts[part].Units) == 0:
		err = errs.New(errs.NotFound, "booking.unknown-part", nil)
	}
	if err != nil {
		return s.asBefore(ctx, actor, key, err)
	}
	ws, err := s.catalog().kept(slices.Delete(slices.Clone(b.Parts), part, part+1))
	if err != nil {
		return Booking{}, err
	}
	if len(ws) == 0 {
		return Booking{}, errs.New(errs.Rule, "booking.last-part", nil)
	}
	return s.replan(ctx, actor, b, ws, key, b.Due)
}

// HoldAgain holds once more what a person held until it expired. Errors as Book,
// and Conflict for what did not expire.
func (s *Service) HoldAgain(ctx context.Context, actor identity.Actor, id, key string) (Booking, error) {
	b, err := s.mine(ctx, actor, id)
	if err != nil {
		return Booking{}, err
	}
	if status := standing(b, s.clock.Now()); status != reserve.Expired {
		return Booking{}, statusError(status)
	}
	if actor.For = (identity.Scope{}); b.For != "" { // for whom it was
		actor.For = identity.Organisation(b.For)
	}
	req := Request{Key: key, Hash: "again:" + id}
	for _, p := range b.Parts {
		if len(p.Units) > 0 {
			req.Parts = append(req.Parts, PartRequest{Resources: s.ids(p.Units), From: p.From, To: p.To})
		}
	}
	return s.Hold(ctx, actor, req)
}

// change changes a booking as it stands. Where somebody changed it between the
// look and the act, and the caller asked for no revision, it looks anew.
func (s *Service) change(ctx context.Context, actor identity.Actor, id string, rev int64,
	read func(context.Context, identity.Actor, string) (reserve.Booking, error), act func(reserve.Booking) (Booking, error),
) (Booking, error) {
	for {
		b, err := read(ctx, actor, id)
		if err != nil {
			return Booking{}, err
		}
		if rev != 0 && rev != b.Rev {
			return Booking{}, errs.New(errs.Stale, "booking.changed", nil)
		}
		done, err := act(b)
		if rev != 0 || !errs.Is(err, errs.Stale) {
			return done, err
		}
	}
}

// replan gives a booking other parts: what it has is released and everything
// taken anew in one plan, so that it gets all of them or keeps what it has.
func (s *Service) replan(ctx context.Context, actor identity.Actor, b reserve.Booking, ws []wish, key reserve.Key, due time.Time) (Booking, error) {
	now := s.clock.Now()
	b, err := s.engine.Do(ctx, reserve.Plan{
		Key: key, Booking: b.ID, Person: b.Person, By: actor.Person, Rev: b.Rev,
		When: []reserve.Status{b.Status}, To: b.Status, Due: due, NotDue: now,
		Demands: demands(ws), Uses: uses(actor, b.Person, append(slices.Clip(ws), s.catalog().missed(b.Parts)...), b.Status == reserve.Held),
	})
	if err != nil {
		return Booking{}, s.explain(actor, ws, err)
	}
	return s.view(b), nil
}

// kept are the parts of a booking as wishes for exactly what it has. The rules
// were asked when it was made.
func (c *catalog) kept(parts []reserve.Part) ([]wish, error) {
	var ws []wish
	for _, p := range parts {
		if len(p.Units) == 0 {
			continue
		}
		w := wish{shelf: c.shelves[site.ResourceKind(p.Kind)][p.Site], from: p.From, to: p.To}
		for _, o := range p.Units {
			r, err := c.net.ByOrdinal(o)
			if err != nil || w.shelf == nil {
				return nil, errs.New(errs.NotFound, "resource.unknown", nil)
			}
			w.units = append(w.units, r)
		}
		ws = append(ws, w)
	}
	return ws, nil
}

// missed are the parts that were missed, as wishes: they count for fair use like
// those that a booking has. What has left the network counts no more.
func (c *catalog) missed(parts []reserve.Part) (ws []wish) {
	for _, p := range parts {
		if len(p.Missed) == 0 || p.Kind == string(site.Admission) {
			continue
		}
		p.Units = p.Missed
		if w, err := c.kept([]reserve.Part{p}); err == nil {
			ws = append(ws, w...)
		}
	}
	return ws
}

// OtherDay is another day on which the like of a hold can be had.
type OtherDay struct {
	Date  agenda.Date
	State DayState
	Parts []PartRequest // what to ask for; none where nothing can be had
	Why   error         // of a day that cannot be booked
}

// DayState is how another day stands.
type DayState string

// The states of a day.
const (
	DayFree   DayState = "free"   // the same places are free
	DayOther  DayState = "other"  // other places of the kind are
	DayTaken  DayState = "taken"  // nothing is
	DayClosed DayState = "closed" // the house or its rules do not allow it
	DayLimit  DayState = "limit"  // fair use does not allow so many hours in its week
	DayHad    DayState = "had"    // the hold has it already
)

// otherDays is how many working days after a hold are looked at.
const otherDays = 10

// OtherDays are the next working days after the first part of a hold, with what
// of it can be had at the same hours. It offers what Extend accepts for each of
// them alone: several may be more hours than a week allows.
func (s *Service) OtherDays(ctx context.Context, actor identity.Actor, id string) ([]OtherDay, error) {
	b, err := s.mine(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	var days []OtherDay
	first := slices.MinFunc(b.Parts, func(x, y reserve.Part) int { return x.From.Compare(y.From) })
	zone := s.zoneOf(b)
	date := agenda.DateOf(first.From.In(zone))
	for len(days) < otherDays {
		if date = date.AddDays(1); isWorkday(date) {
			days = append(days, s.otherDay(actor, b, first, date, zone))
		}
	}
	return days, s.limitDays(ctx, actor, b, days)
}

// limitDays takes back what fair use does not allow.
func (s *Service) limitDays(ctx context.Context, actor identity.Actor, b reserve.Booking, days []OtherDay) error {
	added := make([][]reserve.Use, len(days))
	var keys []string
	for i, day := range days {
		if len(day.Parts) == 0 {
			continue
		}
		ws, err := s.wishes(actor, Request{Parts: day.Parts})
		if err != nil { // the rules have changed since the look
			continue
		}
		added[i] = uses(actor, b.Person, ws, false)
		for _, u := range added[i] {
			keys = append(keys, u.Key)
		}
	}
	values, err := s.engine.Counters(ctx, keys)
	if err != nil {
		return err
	}
	for i, list := range added {
		for _, u := range list {
			if u.While == reserve.Forever && values[u.Key]+u.Amount > u.Limit { // a booking counts once, its hours every day
				limit := limitError(&reserve.Limit{Key: u.Key, Value: values[u.Key], Limit: u.Limit})
				days[i] = OtherDay{Date: days[i].Date, State: DayLimit, Why: limit}
			}
		}
	}
	return nil
}

// otherDay looks at one day for the parts of a booking that lie like the first.
func (s *Service) otherDay(actor identity.Actor, b reserve.Booking, first reserve.Part, date agenda.Date, zone *time.Location) OtherDay {
	day := OtherDay{Date: date, State: DayFree}
	from, to, err := sameHours(first.From.In(zone), first.To.In(zone), date)
	if err != nil {
		return OtherDay{Date: date, State: DayClosed, Why: err}
	}
	for _, p := range b.Parts {
		if len(p.Units) > 0 && p.From.Equal(from) && p.To.Equal(to) {
			return OtherDay{Date: date, State: DayHad}
		}
	}
	for _, p := range b.Parts {
		if len(p.Units) == 0 || !p.From.Equal(first.From) || !p.To.Equal(first.To) {
			continue
		}
		part := PartRequest{Resources: s.ids(p.Units), From: from, To: to}
		state, err := s.stateOf(actor, part)
		if state == DayTaken {
			part = PartRequest{Site: p.Site, Kind: site.ResourceKind(p.Kind), Count: len(p.Units), From: from, To: to}
			if state, err = s.stateOf(actor, part); state == DayFree {
				state = DayOther
			}
		}
		if state == DayTaken || state == DayClosed {
			return OtherDay{Date: date, State: state, Why: err}
		}
		if state == DayOther {
			day.State = DayOther
		}
		day.Parts = append(day.Parts, part)
	}
	return day
}

// stateOf tells, as the index knows it, whether a part can be had: free, taken
// or closed.
func (s *Service) stateOf(actor identity.Actor, part PartRequest) (DayState, error) {
	ws, err := s.wishes(actor, Request{Parts: []PartRequest{part}})
	if err != nil {
		return DayClosed, err
	}
	state := DayFree
	for i := range ws {
		w := &ws[i]
		l := &look{
			catalog: s.catalog(), engine: s.engine, actor: actor, now: s.clock.Now(),
			from: w.from, to: w.to, count: w.places(), padded: map[int][]agenda.Cell{},
		}
		if l.cells, err = checkTimes(w.from, w.to); err != nil {
			return DayClosed, err
		}
		s.engine.Index.Read(func() {
			if w.pool != nil {
				if _, ok := l.on(w.shelf); !ok {
					state = DayTaken
				}
				return
			}
			view := s.engine.Index.View(l.withTurnover(w.rules.Turnover))
			for _, u := range w.units {
				if !view.Free(l.net.Atoms(u.Ordinal)) {
					state = DayTaken
				}
			}
			if !l.admitsSeats(w.shelf, w.seats()) {
				state = DayTaken
			}
		})
	}
	return state, nil
}

// sameHours is a time with the hours of another one, on the clocks of its zone,
// beginning on a date.
func sameHours(from, to time.Time, date agenda.Date) (time.Time, time.Time, error) {
	zone := from.Location()
	start, _, err := agenda.Instant(date, clockOf(from), zone)
	if err != nil {
		return start, start, err
	}
	last := agenda.DateOf(to)
	days := 0
	for d := agenda.DateOf(from); d.Before(last); d = d.AddDays(1) {
		days++
	}
	end, _, err := agenda.Instant(date.AddDays(days), clockOf(to), zone)
	return start, end, err
}
