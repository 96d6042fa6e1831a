package coworking

import (
	"cmp"
	"context"
	"slices"

	"polis/internal/identity"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
)

// What somebody books while they act for an organisation is the organisation's too:
// all who act for it see it, and its administrators change it and give it back. Who
// made it comes with it: the pass, the mails and fair use are theirs, as long as
// they belong to the organisation.

// party is the organisation for which the actor acts; "" where they act for none.
func party(actor identity.Actor) string {
	if actor.For.Kind == identity.KindOrganisation && actor.Belongs(actor.For.ID) {
		return actor.For.ID
	}
	return ""
}

// owns tells whether a booking is the actor's own: made for themselves, or for an
// organisation to which they still belong.
func owns(actor identity.Actor, b reserve.Booking) bool {
	return b.Person == actor.Person && actor.May(identity.BookingOwn, identity.Of(b.Person)) && reached(actor, b) &&
		(b.For == "" || actor.Belongs(b.For))
}

// ofParty tells whether a booking is of the organisation for which the actor acts.
func ofParty(actor identity.Actor, b reserve.Booking) bool {
	return b.For != "" && b.For == party(actor)
}

// MayChange tells whether the actor may give a booking back or change its time:
// their own, or as an administrator those of the organisation for which they act.
func MayChange(actor identity.Actor, b Booking) bool { return mayChange(actor, b.Booking) }

func mayChange(actor identity.Actor, b reserve.Booking) bool {
	return owns(actor, b) || ofParty(actor, b) && slices.Contains(actor.Held, identity.Held{Role: identity.OrganisationAdmin, Scope: actor.For})
}

// ofAnother tells whether a booking of the actor's organisation was made by a
// colleague, for whom nobody else arrives.
func ofAnother(actor identity.Actor, b Booking) bool {
	return b.Person != actor.Person && ofParty(actor, b.Booking)
}

// changeable reads a booking that the actor may change; NotFound for all others.
func (s *Service) changeable(ctx context.Context, actor identity.Actor, id string) (reserve.Booking, error) {
	b, err := s.engine.Get(ctx, id)
	if err != nil || !mayChange(actor, b) {
		return s.mine(ctx, actor, id) // which says why not
	}
	return b, nil
}

// bookingsOf reads a page of the bookings that stand in the actor's list: those of
// the organisation for which they act, else their own.
func (s *Service) bookingsOf(ctx context.Context, actor identity.Actor, after reserve.Position, limit int) (out []reserve.Booking, err error) {
	for {
		var list []reserve.Booking
		if id := party(actor); id != "" {
			list, err = s.engine.ListFor(ctx, id, after, limit)
		} else {
			list, err = s.engine.List(ctx, actor.Person, after, limit)
		}
		for _, b := range list {
			after = reserve.Position{Starts: b.Starts, ID: b.ID}
			if owns(actor, b) || ofParty(actor, b) {
				out = append(out, b)
			}
			if len(out) == limit {
				return out, nil
			}
		}
		if err != nil || len(list) < limit {
			return out, err
		}
	}
}

// comingOf reads what is to come of the list that bookingsOf reads.
func (s *Service) comingOf(ctx context.Context, actor identity.Actor) (list []reserve.Booking, err error) {
	if id := party(actor); id != "" {
		list, err = s.engine.ComingFor(ctx, id, most)
	} else {
		list, err = s.engine.Coming(ctx, actor.Person, most)
	}
	return slices.DeleteFunc(list, func(b reserve.Booking) bool { return !owns(actor, b) && !ofParty(actor, b) }), err
}

// notePartyRead notes that bookings which others made for their organisation are
// shown to a colleague.
func (s *Service) notePartyRead(ctx context.Context, actor identity.Actor, list []reserve.Booking) error {
	if party(actor) == "" {
		return nil
	}
	read := identity.Reading{Page: "party"}
	for _, b := range list {
		read.Of = append(read.Of, identity.Seen{Person: b.Person, About: identity.ForBooking(b.ID)})
	}
	actor.Role, actor.Scope = identity.Member, actor.For // as what they saw it
	if slices.Contains(actor.Held, identity.Held{Role: identity.OrganisationAdmin, Scope: actor.For}) {
		actor.Role = identity.OrganisationAdmin
	}
	return s.people.NoteRead(ctx, actor, read)
}

// Belonging says of bookings for whom they were made, and by whom.
type Belonging struct {
	organisations map[string]string // names by id
	people        map[string]identity.Person
}

// For is the name of the organisation of a booking; "" where it is of none.
func (x Belonging) For(b Booking) string {
	if b.For == "" {
		return ""
	}
	return cmp.Or(x.organisations[b.For], "—")
}

// By is the short name of who made a booking.
func (x Belonging) By(b Booking) string { return x.people[b.Person].DisplayName() }

// Belongings tells of bookings that the actor sees to whom they belong.
func (s *Service) Belongings(ctx context.Context, list []Booking) (x Belonging, err error) {
	var parties, people []string
	for _, b := range list {
		if b.For != "" {
			parties, people = append(parties, b.For), append(people, b.Person)
		}
	}
	if len(parties) == 0 {
		return x, nil
	}
	if x.people, err = s.people.Many(ctx, people); err != nil || s.parties == nil {
		return x, err
	}
	slices.Sort(parties)
	x.organisations, err = s.parties(ctx, slices.Compact(parties))
	return x, err
}

// stillFor tells whether who made a booking still belongs to the organisation for
// which they did: if not, it is not theirs any more, and they are told nothing of it.
func (s *Service) stillFor(ctx context.Context, b reserve.Booking) (bool, error) {
	if b.For == "" {
		return true, nil
	}
	who, err := s.grants.Acting(ctx, b.Person)
	return who.Belongs(b.For), err
}

// GiveBack cancels what is still to come of what was booked for an organisation by
// those who do not belong to it any more: nobody will come. What is going on stays.
func (s *Service) GiveBack(ctx context.Context, organisation string) (err error) {
	defer errs.Wrap(&err, "coworking.GiveBack(%q)", organisation)
	list, err := s.engine.ComingFor(ctx, organisation, atOnce)
	if err != nil {
		return err
	}
	for _, b := range list {
		stays, err := s.stillFor(ctx, b)
		if err != nil {
			return err
		}
		if status := b.Standing(s.clock.Now()).Status; stays || status != reserve.Held && status != reserve.Confirmed {
			continue
		}
		_, err = s.engine.Do(ctx, reserve.Plan{Booking: b.ID, Person: b.Person, When: []reserve.Status{b.Status}, To: reserve.Cancelled})
		if err != nil && !reserve.IsRefusal(err) {
			return err
		}
	}
	return nil
}

// atOnce is how many coming bookings of an organisation are looked through.
const atOnce = 10_000
