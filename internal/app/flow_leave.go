package app

import (
	"context"
	"encoding/json"

	"polis/internal/coworking"
	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/jobs"
)

// Who leaves an organisation, or is put out, or belongs to one that is closed, will
// not come for it: what they booked for it and is still to come is given back.

// leaving is the job that gives it back: the engine has transactions of its own.
type leaving struct{ Organisation string }

func (leaving) Kind() string { return "flow.leave" }

// leave is the consumer that asks for the job.
func leave(clk clock.Clock) journal.Consumer {
	return journal.Consumer{
		Name: "flow.leave", Kinds: []string{"role.ended", "role.taken", "organisation.archived"},
		Do: func(ctx context.Context, tx *db.Tx, acts []journal.Act) error {
			asked := map[string]bool{}
			for _, a := range acts {
				id, err := organisationLeft(a)
				if err != nil {
					return err
				}
				if id == "" || asked[id] {
					continue
				}
				asked[id] = true
				if err := jobs.Enqueue(ctx, tx, leaving{id}, clk.Now()); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// organisationLeft is the organisation that somebody left by an act; "" for none.
func organisationLeft(a journal.Act) (id string, err error) {
	if a.Kind == "organisation.archived" {
		return a.Subject, nil
	}
	var facts struct{ Kind, Scope string }
	if err := json.Unmarshal([]byte(a.Data), &facts); err != nil {
		return "", errs.As(err)
	}
	if facts.Kind == identity.KindOrganisation {
		id = facts.Scope
	}
	return id, nil
}

// followLeaving lets a worker do both.
func followLeaving(w *jobs.Worker, d *db.DB, clk clock.Clock, s *coworking.Service) {
	journal.Follow(w, d, leave(clk))
	jobs.Register(w, func(ctx context.Context, job leaving) error { return s.GiveBack(ctx, job.Organisation) })
}
