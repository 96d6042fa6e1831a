package app

import (
	"testing"
	"time"

	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

var (
	plantReport = db.Q("app.test-plant-report", `
		INSERT INTO report (id, number, kind, site, resource, person, body, owner, state, due, request, created)
		VALUES ($1, $1, 'other', '', '', $1, $2, '', 'open', 0, $1, 0)`)
	plantContact = db.Q("app.test-verify", `UPDATE person SET contact_verified = 1 WHERE id = $1`)
)

// Who once wrote from an address and never came in is kept as long as anything of
// them is, and for two years; everybody else stays.
func TestStrangersAreNotKeptForEver(t *testing.T) {
	flags, e := emptyStore(t)
	ctx, now := t.Context(), time.Now()
	s, p, stop, err := flags.openPrivacy(ctx, e)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	old := now.AddDate(0, -24, -1)
	people := map[string]identity.Person{
		"gone":     {Email: "a@example.org", Created: old},
		"young":    {Email: "a@example.org", Created: now.AddDate(0, -23, 0)},
		"named":    {Email: "a@example.org", GivenName: "Ada", Created: old},
		"number":   {Email: "a@example.org", FiscalNumber: "RSSMRA85T10A562S", Created: old},
		"wrote":    {Email: "a@example.org", Created: old},
		"works":    {Email: "a@example.org", Created: old},
		"came":     {Email: "a@example.org", Created: old},
		"gone too": {Created: old},
	}
	ids := map[string]string{}
	for name, x := range people {
		made, err := s.people.Create(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		ids[name] = made.ID
	}
	if err := s.grants.Give(ctx, identity.Grant{Person: ids["works"], Role: identity.Auditor, Scope: identity.Network}); err != nil {
		t.Fatal(err)
	}
	if err := s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, plantContact, ids["came"]); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, plantReport, ids["wrote"], []byte{})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := p.Retain(ctx); err != nil {
		t.Fatal(err)
	}
	for name, id := range ids {
		_, err := s.people.Get(ctx, id)
		if gone := errs.Is(err, errs.NotFound); gone != (people[name].Email == "" || name == "gone") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
