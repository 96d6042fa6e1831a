package coworking

import (
	"context"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
)

// undoFor is how long somebody who was taken in can be taken out again, as if they
// had not come.
const undoFor = 15 * time.Minute

// firstRev is the revision of a booking that nobody changed since it was made.
const firstRev = 1

// undoable tells whether the actor may undo a walk-in: only that makes a booking
// whose person is in from its first revision on.
func (s *Service) undoable(actor identity.Actor, b reserve.Booking, now time.Time) bool {
	return b.Status == reserve.CheckedIn && b.Rev == firstRev && now.Before(b.Created.Add(undoFor)) && s.mayAt(actor, identity.BookingTake, b)
}

// UndoWalkIn takes somebody out again who was just taken in without a booking: the
// places are free at once. A second time changes nothing. Errors: NotFound; Rule
// "day.not-undoable" later, or once somebody changed the booking.
func (s *Service) UndoWalkIn(ctx context.Context, actor identity.Actor, id string) (Booking, error) {
	b, err := s.atHouse(ctx, actor, id, identity.BookingTake)
	if err != nil {
		return Booking{}, err
	}
	switch now := s.clock.Now(); {
	case b.Status == reserve.Cancelled:
		return s.seen(actor, b), nil
	case !s.undoable(actor, b.Standing(now), now):
		return Booking{}, errs.New(errs.Rule, "day.not-undoable", nil)
	}
	if _, err := s.engine.Do(ctx, reserve.Plan{
		Booking: id, Person: b.Person, By: actor.Person, Rev: b.Rev, When: []reserve.Status{reserve.CheckedIn}, To: reserve.Cancelled,
	}); err != nil {
		return Booking{}, s.explain(actor, nil, err)
	}
	return s.seen(actor, b), nil
}
