package app

import (
	"context"
	"encoding/json"
	"fmt"

	"polis/internal/agenda"
	"polis/internal/journal"
	"polis/internal/platform/db"
	"polis/internal/platform/jobs"
	"polis/internal/programme/works"
	"polis/internal/reserve"
	"polis/internal/site"
)

// That people come to a house verifies it, whatever is declared of its works: the
// account of the programme keeps for each house how many visits the journal
// tells of, the first and the last day.

// verified is the consumer that counts them, from the first act ever.
func verified(engine *reserve.Engine, live *site.Live) journal.Consumer {
	return journal.Consumer{
		Name: "flow.verified", Kinds: []string{"booking." + string(reserve.CheckedIn), "booking." + string(reserve.Completed)}, All: true,
		Do: func(ctx context.Context, tx *db.Tx, acts []journal.Act) error {
			var ids []string
			visits := map[string]journal.Act{}
			for _, a := range acts {
				first, err := isVisit(a)
				if err != nil {
					return err
				}
				if _, twice := visits[a.Subject]; first && !twice {
					visits[a.Subject] = a
					ids = append(ids, a.Subject)
				}
			}
			bookings, err := engine.GetMany(ctx, tx, ids)
			if err != nil {
				return err
			}
			return works.NoteOperation(ctx, tx, visited(live.Network(), visits, bookings))
		},
	}
}

// isVisit tells whether an act says for the first time that somebody came: the
// end of a visit says it only where nobody noted its beginning.
func isVisit(a journal.Act) (bool, error) {
	var facts reserve.Facts
	if err := json.Unmarshal([]byte(a.Data), &facts); err != nil {
		return false, fmt.Errorf("act %s: %w", a.ID, err)
	}
	return facts.From != reserve.CheckedIn, nil
}

// visited are the visits by the id of their house.
func visited(net *site.Network, visits map[string]journal.Act, bookings map[string]reserve.Booking) map[string]works.Operation {
	seen := map[string]works.Operation{}
	for id, b := range bookings {
		met := map[string]bool{}
		for _, part := range b.Parts {
			st, err := net.Site(part.Site)
			if err != nil || met[part.Site] {
				continue
			}
			met[part.Site] = true
			seen[part.Site] = seen[part.Site].Add(agenda.DateOf(visits[id].At.In(net.Zone(st))))
		}
	}
	return seen
}

// followVisits lets a worker count them.
func followVisits(w *jobs.Worker, d *db.DB, engine *reserve.Engine, live *site.Live) {
	journal.Follow(w, d, verified(engine, live))
}
