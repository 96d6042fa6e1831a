package coworking

import (
	"context"
	"crypto/ed25519"
	"slices"
	"time"

	"polis/internal/identity"
	"polis/internal/pass"
	"polis/internal/reserve"
	"polis/internal/site"
)

// Booking is a booking as people see it: with the places it names.
type Booking struct {
	reserve.Booking
	Places []PlacePart
	Missed []PlacePart // that were released because nobody came, while the others stayed
}

// PlacePart is a part of a booking with its site and places.
type PlacePart struct {
	N        int // its place in the list of parts
	Site     *site.Site
	Where    string // "Gavirate (VA)"
	Zone     *time.Location
	Kind     site.ResourceKind
	Units    []*site.Resource
	From, To time.Time
}

// view names the places of a booking, those it has apart from those it missed. What is no longer in the network is left
// out.
func (s *Service) view(b reserve.Booking) Booking {
	net := s.live.Network()
	v := Booking{Booking: b}
	for n, p := range b.Parts {
		st, err := net.Site(p.Site)
		units := append(slices.Clip(p.Units), p.Missed...)
		if err != nil || len(units) == 0 || p.Kind == string(site.Admission) {
			continue
		}
		part := PlacePart{
			N: n, Site: st, Where: net.Place(st), Zone: net.Zone(st), Kind: site.ResourceKind(p.Kind),
			From: p.From, To: p.To,
		}
		for _, o := range units {
			if r, err := net.ByOrdinal(o); err == nil {
				part.Units = append(part.Units, r)
			}
		}
		if len(p.Missed) > 0 {
			v.Missed = append(v.Missed, part)
		} else {
			v.Places = append(v.Places, part)
		}
	}
	return v
}

// ids are the public ids of units.
func (s *Service) ids(units []int64) []string {
	net := s.live.Network()
	out := make([]string, 0, len(units))
	for _, o := range units {
		if r, err := net.ByOrdinal(o); err == nil {
			out = append(out, r.ID)
		}
	}
	return out
}

// Get reads a booking: one's own, or at reception one of the site. NotFound
// for all others. Another's is noted.
func (s *Service) Get(ctx context.Context, actor identity.Actor, id string) (Booking, error) {
	b, err := s.visible(ctx, actor, id, identity.BookingRead)
	if err != nil {
		return Booking{}, err
	}
	return s.seen(actor, b), s.noteRead(ctx, actor, "booking", b)
}

// noteRead notes that the booking of somebody is shown to somebody else.
func (s *Service) noteRead(ctx context.Context, actor identity.Actor, page string, b reserve.Booking) error {
	read := identity.Reading{Page: page, Of: []identity.Seen{{Person: b.Person, About: identity.ForBooking(b.ID)}}}
	if len(b.Parts) > 0 {
		read.Site = b.Parts[0].Site
	}
	return s.people.NoteRead(ctx, actor, read)
}

// seen is a booking as the actor sees it: all of their own, of another's what lies
// in the houses whose bookings they see.
func (s *Service) seen(actor identity.Actor, b reserve.Booking) Booking {
	if b.Person != actor.Person && !ofParty(actor, b) {
		b = where(actor, identity.BookingRead, b)
	}
	return s.view(b)
}

// List reads one's own bookings, or those of the organisation for which one acts,
// newest start first, after a position. Those of others are noted.
func (s *Service) List(ctx context.Context, actor identity.Actor, after reserve.Position, limit int) ([]Booking, error) {
	if err := actor.Check(identity.BookingOwn, identity.Of(actor.Person)); err != nil {
		return nil, err
	}
	list, err := s.bookingsOf(ctx, actor, after, limit)
	if err != nil {
		return nil, err
	}
	out := make([]Booking, len(list))
	for i, b := range list {
		out[i] = s.view(b)
	}
	return out, s.notePartyRead(ctx, actor, list)
}

// maxOnPass is how many places a pass names; more would not fit its code.
const maxOnPass = 12

// Pass signs the pass of a booking: it opens the doors of its sites from the
// opening of check-in to the end. Errors: NotFound; Conflict where the booking
// is not to come or going on.
func (s *Service) Pass(ctx context.Context, actor identity.Actor, id string) (string, error) {
	b, err := s.mine(ctx, actor, id)
	if err != nil {
		return "", err
	}
	if b.Status != reserve.Confirmed && b.Status != reserve.CheckedIn {
		return "", statusError(b.Status)
	}
	person, err := s.people.Get(ctx, b.Person)
	if err != nil {
		return "", err
	}
	p := pass.Pass{
		ID: b.ID, Holder: pass.Text(person.DisplayName()), Issuer: s.issuer,
		NotBefore: b.Starts.Add(-time.Duration(s.rulesOf(b).CheckInEarly) * time.Minute), Expires: b.Ends,
	}
	seen := map[string]bool{}
	for _, part := range s.view(b).Places {
		if door := door(part.Site); !seen[door] {
			seen[door] = true
			p.Doors = append(p.Doors, door)
		}
		for _, u := range part.Units {
			if len(p.Places) < maxOnPass {
				p.Places = append(p.Places, pass.Text(u.Code))
			}
		}
	}
	return pass.Sign(s.passKey, p)
}

// PassKey is the public key that the passes are checked with.
func (s *Service) PassKey() ed25519.PublicKey { return s.passKey.Public().(ed25519.PublicKey) }
