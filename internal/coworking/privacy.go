package coworking

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"polis/internal/identity"
	"polis/internal/identity/privacy"
	"polis/internal/platform/db"
	"polis/internal/reserve"
)

var (
	savedHeld = db.Q("coworking.privacy-saved", `
		SELECT query, alert, ends, told, created FROM saved_search WHERE person = $1 ORDER BY created`)
	savedForget = db.Q("coworking.privacy-saved-forget", `DELETE FROM saved_search WHERE person = $1`)
	feedHeld    = db.Q("coworking.privacy-feed", `SELECT created FROM calendar_feed WHERE person = $1`)
	feedForget  = db.Q("coworking.privacy-feed-forget", `DELETE FROM calendar_feed WHERE person = $1`)
	rulesHeld   = db.Q("coworking.privacy-rules", `
		SELECT site, version, at FROM rules_acceptance WHERE person = $1 ORDER BY at`)
	rulesForget = db.Q("coworking.privacy-rules-forget", `DELETE FROM rules_acceptance WHERE person = $1`)
	guestHeld   = db.Q("coworking.privacy-guest", `SELECT site, created FROM desk_guest WHERE person = $1`)
	guestForget = db.Q("coworking.privacy-guest-forget", `DELETE FROM desk_guest WHERE person = $1`)
	ratingsHeld = db.Q("coworking.privacy-ratings", `
		SELECT r.booking, r.score, r.at FROM rating r JOIN booking b ON b.id = r.booking WHERE b.person = $1 ORDER BY r.at`)
)

// Holder says what of people is in bookings and what belongs to them. A booking
// and its rating stay when its person is forgotten, for the figures; nobody can
// tell any more whose they were.
func (s *Service) Holder() privacy.Holder {
	return privacy.Holder{
		Name: "coworking",
		Tables: []string{
			"booking", "request_key", "counter", "rating", "saved_search", "calendar_feed", "rules_acceptance", "desk_guest", "clearing",
		},
		Parts: []privacy.Part{
			{Name: "ratings", Columns: []string{"booking", "score", "at@"}, Rows: ratingsHeld},
			{Name: "searches", Columns: []string{"query", "alert", "ends@", "told@", "created@"}, Rows: savedHeld, Forget: savedForget},
			{Name: "calendar", Columns: []string{"created@"}, Rows: feedHeld, Forget: feedForget},
			{Name: "rules", Columns: []string{"site-id", "version", "at@"}, Rows: rulesHeld, Forget: rulesForget},
			{Name: "guest", Columns: []string{"site-id", "created@"}, Rows: guestHeld, Forget: guestForget},
		},
		Export: s.exportBookings,
		Holds: func(ctx context.Context, person string) (bool, error) {
			list, err := s.engine.List(ctx, person, reserve.Last, 1)
			return len(list) > 0, err
		},
		Coming: func(ctx context.Context, person string) (int, error) {
			list, err := s.coming(ctx, person)
			return len(list), err
		},
		Before: s.cancelComing,
		Forget: func(ctx context.Context, tx *db.Tx, person string) error {
			if err := reserve.Forget(ctx, tx, person); err != nil {
				return err
			}
			return forgetCounters(ctx, tx, person)
		},
		Keeps: []privacy.Retention{
			{Kind: "bookings", Term: privacy.Term{Months: 24}, Fate: privacy.Nameless, Stays: true, Sweep: s.engine.MakeNameless},
			{Kind: "guests", Term: privacy.Term{Days: int(GuestTerm / (24 * time.Hour))}, Fate: privacy.Deleted},
			{Kind: "searches", Term: privacy.Term{}, Fate: privacy.Deleted},
		},
	}
}

// exportBookings tells all bookings with their times and places.
func (s *Service) exportBookings(ctx context.Context, person string) ([]privacy.Sheet, error) {
	out := privacy.Sheet{Name: "bookings", Columns: []string{"booking", "code", "state", "from", "to", "site", "places", "created", "changed"}}
	for after := reserve.Last; ; {
		list, err := s.engine.List(ctx, person, after, 200)
		if err != nil {
			return nil, err
		}
		for _, b := range list {
			after = reserve.Position{Starts: b.Starts, ID: b.ID}
			row := []any{b.ID, reserve.Reference(b.ID), string(b.Status), b.Starts, b.Ends, "", "", b.Created, b.Changed}
			v := s.view(b)
			parts := append(v.Places, v.Missed...)
			if len(parts) == 0 {
				out.Rows = append(out.Rows, row)
			}
			for _, part := range parts { // each time and house of it on its line
				line := append([]any(nil), row...)
				line[3], line[4], line[5], line[6] = part.From.UTC(), part.To.UTC(), part.Site.Name, strings.Join(namesOf(part), ", ")
				out.Rows = append(out.Rows, line)
			}
		}
		if len(list) < 200 {
			return []privacy.Sheet{out}, nil
		}
	}
}

// coming is what somebody has still to come and can be cancelled. Who is in a
// house now stays in the books until their visit ends.
func (s *Service) coming(ctx context.Context, person string) ([]reserve.Booking, error) {
	list, err := s.engine.Coming(ctx, person, 1000)
	now := s.clock.Now()
	return slices.DeleteFunc(list, func(b reserve.Booking) bool {
		status := b.Standing(now).Status
		return status != reserve.Held && status != reserve.Confirmed && status != reserve.Waiting
	}), err
}

// cancelComing cancels what somebody has still to come.
func (s *Service) cancelComing(ctx context.Context, person string) error {
	list, err := s.coming(ctx, person)
	if err != nil {
		return err
	}
	by := identity.ActorFrom(ctx).Person
	for _, b := range list {
		_, err := s.engine.Do(ctx, reserve.Plan{
			Booking: b.ID, Person: person, By: by, When: []reserve.Status{b.Status}, To: reserve.Cancelled,
		})
		if err != nil && !errors.Is(err, reserve.ErrUnknown) {
			return err
		}
	}
	return nil
}
