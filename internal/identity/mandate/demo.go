package mandate

import (
	"context"

	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// demoMandate is the one of the demonstration, of a child for a parent.
const demoMandate = "01900000-0000-7000-8000-000000000902"

// PrepareDemo lets one of the test people act for another, their child, where
// that is not there yet.
func (s *Service) PrepareDemo(ctx context.Context, parent, child identity.Person) (err error) {
	defer errs.Wrap(&err, "mandate.PrepareDemo")
	if _, err := s.get(ctx, s.DB, demoMandate); !errs.Is(err, errs.NotFound) {
		return err
	}
	now := s.Clock.Now()
	ends, _ := adulthood(child.BirthDate, zone)
	m := Mandate{
		ID: demoMandate, Kind: Parent, Principal: child.ID, Agent: parent.ID, State: Active, Created: now, Starts: now, Ends: ends,
		Document: Document{Kind: "family-record", Number: "DEMO-2026", Date: "2026-01-12"},
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error { return s.insert(ctx, tx, m, "mandate.recorded") })
	if db.IsUnique(err) { // another replica was first
		return nil
	}
	return err
}
