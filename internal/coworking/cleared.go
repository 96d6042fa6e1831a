package coworking

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"

	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/reserve"
)

// Cleared is how far a clearing is, with the bookings that somebody must look
// after.
type Cleared struct {
	Clearing
	Moved, Cancelled, Waiting int
	Left                      []AffectedBooking // they are where they were
	Call                      []AffectedBooking // changed, and nobody can write to the person, or the person is in the house
}

// Clearing reads a clearing, without names, for who may close places of its house. NotFound for
// others.
func (s *Service) Clearing(ctx context.Context, actor identity.Actor, id string) (Cleared, error) {
	var out Cleared
	c, err := s.clearing(ctx, id)
	if err == nil && !actor.May(identity.ClosureWrite, identity.Site(c.Site)) {
		err = errs.New(errs.NotFound, "closure.unknown", nil)
	}
	if out.Clearing = c; err != nil {
		return out, err
	}
	ids := make([]string, len(c.Items))
	for i, x := range c.Items {
		ids[i] = x.Booking
	}
	found, err := s.engine.GetMany(ctx, s.db, ids)
	if err != nil {
		return out, err
	}
	people := make([]string, 0, len(found))
	for _, b := range found {
		people = append(people, b.Person)
	}
	reached, err := s.people.WithContact(ctx, s.db, people)
	if err != nil {
		return out, err
	}
	before, err := s.before(ctx, c.ID)
	if err != nil {
		return out, err
	}
	for _, x := range c.Items {
		b, known := found[x.Booking]
		if !known {
			continue
		}
		changed := x.Outcome == OutcomeMoved || x.Outcome == OutcomeCancelled
		switch x.Outcome {
		case "":
			out.Waiting++
		case OutcomeMoved:
			out.Moved++
		case OutcomeCancelled:
			out.Cancelled++
		case OutcomeLeft:
			out.Left = append(out.Left, AffectedBooking{Booking: s.seen(actor, b)})
		}
		if changed && (!reached[b.Person] || b.Status == reserve.CheckedIn || b.Status == reserve.Completed) {
			out.Call = append(out.Call, AffectedBooking{Booking: cameFrom(s.view(b), before[b.ID], c.Site)})
		}
	}
	for _, list := range [][]AffectedBooking{out.Left, out.Call} {
		slices.SortStableFunc(list, func(a, b AffectedBooking) int { return a.Starts.Compare(b.Starts) })
	}
	return out, nil
}

var changesOfReason = db.Q("coworking.changes-of-reason", `SELECT booking, was FROM house_change WHERE id = $1`)

// before are the parts that bookings had before they were changed for a reason.
func (s *Service) before(ctx context.Context, id string) (map[string][]reserve.Part, error) {
	out := map[string][]reserve.Part{}
	return out, db.Each(ctx, s.db, changesOfReason, func(rows *sql.Rows) error {
		var booking, text string
		if err := rows.Scan(&booking, &text); err != nil {
			return err
		}
		var parts []reserve.Part
		err := json.Unmarshal([]byte(text), &parts)
		out[booking] = parts
		return err
	}, id)
}

// cameFrom is what of a booking a house may see that sent parts of it elsewhere:
// where those are now, and what stayed. Parts that are moved keep their order; of
// one that was cut down only what lies in the house is shown.
func cameFrom(b Booking, was []reserve.Part, siteID string) Booking {
	var from []string // the houses of the places that it had
	for _, p := range was {
		if len(p.Units) > 0 {
			from = append(from, p.Site)
		}
	}
	var shown []PlacePart
	for i, p := range b.Places {
		if p.Site.ID == siteID || len(from) == len(b.Places) && from[i] == siteID {
			shown = append(shown, p)
		}
	}
	b.Places = shown
	for i, p := range shown {
		if i == 0 || p.From.Before(b.Starts) {
			b.Starts = p.From
		}
		if i == 0 || p.To.After(b.Ends) {
			b.Ends = p.To
		}
	}
	return b
}
