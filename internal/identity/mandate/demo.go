package mandate

import (
	"context"

	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// The child of the demonstration, and the mandate of her mother.
const (
	demoChild   = "01900000-0000-7000-8000-000000000901"
	demoMandate = "01900000-0000-7000-8000-000000000902"
)

// PrepareDemo gives one of the test people a child, for whom they may act, where
// that is not there yet.
func (s *Service) PrepareDemo(ctx context.Context, parent string) (err error) {
	defer errs.Wrap(&err, "mandate.PrepareDemo")
	if _, err := s.get(ctx, s.DB, demoMandate); !errs.Is(err, errs.NotFound) {
		return err
	}
	child := identity.Person{
		ID: demoChild, FiscalNumber: "BNCSFO16E54H501I", GivenName: "Sofia", FamilyName: "Bianchi", BirthDate: "2016-05-14", Language: "it",
	}
	if _, err := s.People.Create(ctx, child); err != nil && !errs.Is(err, errs.Conflict) {
		return err
	}
	now := s.Clock.Now()
	ends, _ := adulthood(child.BirthDate, zone)
	m := Mandate{
		ID: demoMandate, Kind: Parent, Principal: demoChild, Agent: parent, State: Active, Created: now, Starts: now, Ends: ends,
		Document: Document{Kind: "family-record", Number: "DEMO-2026", Date: "2026-01-12"},
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error { return s.insert(ctx, tx, m, "mandate.recorded") })
	if db.IsUnique(err) { // another replica was first
		return nil
	}
	return err
}
