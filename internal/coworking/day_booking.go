package coworking

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
	"polis/internal/site"
)

// Visit is a booking as the people of a house see it, with what they can do
// about it now.
type Visit struct {
	Booking
	Name      string          // short form
	Guest     bool            // entered at a desk, without an account
	Reachable bool            // there is an address to write to
	Arrive    bool            // can be checked in
	Miss      bool            // can be noted as missed
	Return    bool            // was missed today, and can be let in after all
	Change    bool            // can be moved or cancelled
	Undo      bool            // was just taken in without a booking, and can be taken out again
	Needs     []identity.Need // of the house
}

// Visit reads a booking for the people of one of its houses: what of it lies where
// they see bookings. Errors: Unauthenticated, NotFound.
func (s *Service) Visit(ctx context.Context, actor identity.Actor, id string) (Visit, error) {
	b, err := s.atHouse(ctx, actor, id, identity.BookingRead)
	if err != nil {
		return Visit{}, err
	}
	now := s.clock.Now()
	stands := b.Standing(now)
	v := Visit{Booking: s.view(where(actor, identity.BookingRead, stands))}
	person, err := s.people.Get(ctx, b.Person)
	switch {
	case err == nil:
		v.Name, v.Reachable = person.DisplayName(), person.Email != ""
	case !errs.Is(err, errs.NotFound): // forgotten since: the visit stays
		return v, err
	}
	if err := s.noteRead(ctx, actor, "booking", b); err != nil {
		return v, err
	}
	if stands.Status.Alive() { // what is to be prepared
		wishes, err := s.people.Wishes(ctx, b.Person)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return v, err
		}
		v.Needs = wishes.Of(identity.HouseNeeds)
	}
	if v.Guest, err = s.isGuest(ctx, b.Person); err != nil {
		return v, err
	}
	checks, writes := where(actor, identity.BookingCheck, stands), where(actor, identity.BookingWrite, stands)
	opens := s.checkInOpens(checks, now)
	v.Arrive = stands.Status == reserve.Confirmed && !opens.IsZero() && !now.Before(opens)
	v.Undo = s.undoable(actor, stands, now)
	if !has(writes) {
		return v, nil
	}
	switch stands.Status {
	case reserve.Confirmed:
		v.Change, v.Miss = true, missable(writes, now)
	case reserve.CheckedIn:
		v.Change = true
	case reserve.NoShow:
		v.Return = returnable(writes, now)
	}
	return v, nil
}

// where is what of a booking lies in houses at which the actor may do something.
// It is for looking at: plans are about the whole.
func where(actor identity.Actor, p identity.Permission, b reserve.Booking) reserve.Booking {
	return b.Within(func(siteID string) bool { return actor.May(p, identity.Site(siteID)) })
}

// has tells whether a booking has any places.
func has(b reserve.Booking) bool {
	return slices.ContainsFunc(b.Parts, func(p reserve.Part) bool { return len(p.Units) > 0 })
}

// checkInOpens is when check-in opens for the first of what a booking has that is
// not over; zero where there is nothing.
func (s *Service) checkInOpens(b reserve.Booking, now time.Time) (opens time.Time) {
	for _, x := range s.stays(b) {
		at := x.from.Add(-time.Duration(x.rules.CheckInEarly) * time.Minute)
		if x.to.After(now) && (opens.IsZero() || at.Before(opens)) {
			opens = at
		}
	}
	return opens
}

// missable tells whether a visit can be noted as missed: it has begun, and has no
// other day to come.
func missable(b reserve.Booking, now time.Time) bool {
	return has(b) && !now.Before(b.Starts) && now.Before(b.Ends) &&
		!slices.ContainsFunc(b.Parts, func(p reserve.Part) bool { return len(p.Units) > 0 && p.From.After(now) })
}

// returnable tells whether somebody who was missed can still come: on the same
// day, before the end.
func returnable(b reserve.Booking, now time.Time) bool {
	return has(b) && now.Before(b.Ends) && !now.Before(b.Starts)
}

// atHouse reads a booking for who has a permission at one of its houses, their
// own bookings too; others do not exist for them.
func (s *Service) atHouse(ctx context.Context, actor identity.Actor, id string, p identity.Permission) (reserve.Booking, error) {
	if !actor.SignedIn() {
		return reserve.Booking{}, actor.Check(p, identity.Network)
	}
	b, err := s.engine.Get(ctx, id)
	if err != nil {
		return b, s.explain(actor, nil, err)
	}
	if !s.mayAt(actor, p, b) {
		return reserve.Booking{}, errs.New(errs.NotFound, "booking.unknown", nil)
	}
	return b, nil
}

// mayAt tells whether the actor may do something at a house of a booking.
func (s *Service) mayAt(actor identity.Actor, p identity.Permission, b reserve.Booking) bool {
	return slices.ContainsFunc(b.Parts, func(part reserve.Part) bool { return actor.May(p, identity.Site(part.Site)) })
}

// forHouse reads a booking that somebody is about to change for a house: who may
// only look is refused.
func (s *Service) forHouse(ctx context.Context, actor identity.Actor, id string) (reserve.Booking, error) {
	b, err := s.atHouse(ctx, actor, id, identity.BookingRead)
	if err == nil && !s.mayAt(actor, identity.BookingWrite, b) {
		err = errs.New(errs.Forbidden, "identity.forbidden", nil)
	}
	return b, err
}

// NoteMissed notes that nobody came, before the time at which the place would be
// released; a second time changes nothing. Of a booking that is in several houses
// only what lies where the actor may is missed. Errors: NotFound, Forbidden; Rule
// "day.not-missable" before the start or where other days are to come; Conflict.
func (s *Service) NoteMissed(ctx context.Context, actor identity.Actor, id string) error {
	b, err := s.forHouse(ctx, actor, id)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	stands := b.Standing(now)
	mine := where(actor, identity.BookingWrite, stands)
	switch {
	case stands.Status == reserve.NoShow, stands.Status == reserve.Confirmed && !has(mine):
		return nil
	case stands.Status != reserve.Confirmed:
		return statusError(stands.Status)
	case !missable(mine, now):
		return errs.New(errs.Rule, "day.not-missable", nil)
	}
	plan := reserve.Plan{Booking: id, Person: b.Person, By: actor.Person, Rev: b.Rev, When: []reserve.Status{reserve.Confirmed}, To: reserve.NoShow}
	for i, p := range mine.Parts {
		if len(p.Units)+len(p.Hidden) > 0 {
			plan.Missed = append(plan.Missed, i)
		}
	}
	_, err = s.engine.Do(ctx, plan)
	return s.explain(actor, nil, err)
}

// ComeAfterAll lets somebody in who was missed, before the end of their time:
// at the same places where they are still free, else at others of the house
// from now on; what they had elsewhere stays missed. A second time changes
// nothing. Errors: NotFound, Forbidden; Rule "day.too-late"; Conflict where
// nothing is free.
func (s *Service) ComeAfterAll(ctx context.Context, actor identity.Actor, id string) (Booking, error) {
	b, err := s.forHouse(ctx, actor, id)
	if err != nil {
		return Booking{}, err
	}
	now := s.clock.Now()
	switch stands := b.Standing(now); {
	case stands.Status == reserve.CheckedIn:
		return s.seen(actor, b), nil
	case stands.Status != reserve.NoShow:
		return Booking{}, statusError(stands.Status)
	case !returnable(where(actor, identity.BookingWrite, stands), now):
		return Booking{}, errs.New(errs.Rule, "day.too-late", nil)
	case b.Status != reserve.NoShow: // it is due, and nobody has written it down yet
		if _, err = s.engine.Sweep(ctx); err == nil {
			b, err = s.engine.Get(ctx, id)
		}
		if err != nil {
			return Booking{}, s.explain(actor, nil, err)
		}
	}
	mine := where(actor, identity.BookingWrite, b)
	ws, err := s.catalog().kept(mine.Parts)
	if err != nil {
		return Booking{}, err
	}
	var missed []int // elsewhere, or over
	for i, p := range b.Parts {
		if len(mine.Parts[i].Units)+len(mine.Parts[i].Hidden) == 0 || !p.To.After(now) {
			missed = append(missed, i)
		}
	}
	from := now.Truncate(agenda.Quarter)
	same := onTime(ws, from)
	tries := [][]wish{same}
	var late []wish // any place of the kind
	for _, w := range same {
		if w.count, w.pool, w.units = len(w.units), w.roomy(w.units), nil; len(w.pool) >= w.count {
			late = append(late, w)
		}
	}
	if len(late) == len(same) {
		tries = append(tries, late)
	}
	for _, try := range tries {
		var done reserve.Booking
		done, err = s.engine.Do(ctx, reserve.Plan{
			Booking: id, Person: b.Person, By: actor.Person, Rev: b.Rev,
			When: []reserve.Status{reserve.NoShow}, To: reserve.CheckedIn, Due: mine.Ends, Demands: demands(try), Missed: missed,
		})
		if err == nil {
			return s.seen(actor, done), nil
		}
	}
	return Booking{}, s.explain(actor, same, err)
}

// onTime are the same places from now on.
func onTime(ws []wish, from time.Time) (out []wish) {
	for _, w := range ws {
		if w.to.After(from) {
			if w.from.Before(from) {
				w.from = from
			}
			out = append(out, w)
		}
	}
	return out
}

// roomy are the units of a shelf with as many seats as any of some.
func (sh *shelf) roomy(units []*site.Resource) (out []*site.Resource) {
	least := 0
	for _, u := range units {
		least = max(least, u.Seats)
	}
	for _, u := range sh.units {
		if u.Seats >= least && len(u.Groups) == 0 {
			out = append(out, u)
		}
	}
	return out
}

// CancelForHouse cancels a booking for the house, with a reason that the person
// is told; of one that is in several houses only what lies where the actor may.
// A second time changes nothing. Errors: NotFound, Forbidden; Invalid for the
// reason; Conflict.
func (s *Service) CancelForHouse(ctx context.Context, actor identity.Actor, id, reason string, rev int64) error {
	b, err := s.forHouse(ctx, actor, id)
	if err != nil {
		return err
	}
	if b.Status == reserve.Cancelled {
		return nil
	}
	if reason, err = checkReason(reason); err != nil {
		return err
	}
	if rev != 0 && rev != b.Rev {
		return errs.New(errs.Stale, "booking.changed", nil)
	}
	c := change{id: clock.NewID(), by: actor, reason: reason, leaves: s.partsAt(actor, b)}
	if len(c.leaves) == 0 { // what it had here was missed
		return errs.New(errs.NotFound, "booking.unknown-part", nil)
	}
	_, err = s.giveUp(ctx, c, b)
	return err
}

// MoveForHouse moves parts of a booking to where there is room, with a reason
// that the person may be told. Errors: as Book without fair use; NotFound,
// Forbidden, Stale.
func (s *Service) MoveForHouse(ctx context.Context, actor identity.Actor, id string, relocation Relocation, reason string, rev int64) (Booking, error) {
	b, err := s.forHouse(ctx, actor, id)
	if err != nil {
		return Booking{}, err
	}
	if reason != "" {
		if reason, err = checkReason(reason); err != nil {
			return Booking{}, err
		}
	}
	if rev != 0 && rev != b.Rev {
		return Booking{}, errs.New(errs.Stale, "booking.changed", nil)
	}
	if err := s.checkRelocation(actor, b, relocation, s.partsAt(actor, b)); err != nil {
		return Booking{}, err
	}
	done, err := s.relocate(ctx, change{id: clock.NewID(), by: actor, reason: reason}, b, relocation)
	if err != nil {
		return Booking{}, err
	}
	return s.seen(actor, done), nil
}

// checkRelocation tells whether somebody may relocate some parts of a booking, which
// comes from a form: to as many places of the same kind; at another time only
// in the house of the part, or where they may change bookings too. Errors:
// NotFound, Invalid.
func (s *Service) checkRelocation(actor identity.Actor, b reserve.Booking, relocation Relocation, parts []int) error {
	net := s.live.Network()
	for _, spot := range relocation.Spots {
		if !slices.Contains(parts, spot.Part) {
			return errs.New(errs.NotFound, "booking.unknown-part", nil)
		}
		p := b.Parts[spot.Part]
		was, err := net.ByOrdinal(p.Units[0])
		if err != nil {
			return err
		}
		sameTime := spot.From.Equal(p.From) && spot.To.Equal(p.To)
		for _, u := range spot.Units {
			here := u.Site == p.Site || actor.May(identity.BookingWrite, identity.Site(u.Site))
			if len(spot.Units) != len(p.Units) || u.Kind != was.Kind || !here && !sameTime {
				return errs.New(errs.Invalid, "day.bad-choice", nil)
			}
		}
	}
	return nil
}

// partsAt are the parts of a booking with places in houses where the actor may
// change bookings.
func (s *Service) partsAt(actor identity.Actor, b reserve.Booking) (out []int) {
	for i, p := range b.Parts {
		if len(p.Units) > 0 && actor.May(identity.BookingWrite, identity.Site(p.Site)) {
			out = append(out, i)
		}
	}
	return out
}

func checkReason(reason string) (string, error) {
	reason = strings.TrimSpace(reason)
	if reason == "" || utf8.RuneCountInString(reason) > maxReason {
		return "", errs.New(errs.Invalid, "closure.reason", errs.Args{"max": maxReason}).On("reason")
	}
	return reason, nil
}
