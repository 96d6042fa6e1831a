package app

import (
	"database/sql"
	"path/filepath"
	"slices"
	"testing"

	"polis/internal/identity"
	"polis/internal/identity/organisation"
	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
)

var actsOfLeaving = db.Q("app.test-acts-of-leaving", `SELECT kind, subject, data FROM act ORDER BY id`)

// The flow understands the acts that organisations write when somebody leaves, and
// follows no others.
func TestActsOfLeaving(t *testing.T) {
	t.Parallel()
	d, ctx := dbtest.SQLite(t), t.Context()
	keys, err := identity.OpenKeys(ctx, d, identity.KeyFile{Path: filepath.Join(t.TempDir(), "kek.json")})
	if err != nil {
		t.Fatal(err)
	}
	people, grants := identity.NewPeople(d, keys, clock.System{}, clock.NewID), identity.NewGrants(d, clock.System{})
	parties := organisation.New(organisation.Options{DB: d, Keys: keys, People: people, Grants: grants, Clock: clock.System{}, IDs: clock.NewID})
	runs := identity.Actor{Person: clock.NewID(), Role: identity.NetworkManager, Scope: identity.Network}
	o, err := parties.Create(ctx, runs, organisation.Organisation{Kind: "company", Name: "Prova", Fiscal: "00743110157"})
	if err != nil {
		t.Fatal(err)
	}
	member, err := people.Create(ctx, identity.Person{GivenName: "Ugo", FamilyName: "Fo"})
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []identity.Scope{identity.Organisation(o.ID), identity.Group("soci")} {
		if err := grants.HandOver(ctx, identity.Grant{Person: member.ID, Role: identity.Member, Scope: at}); err != nil {
			t.Fatal(err)
		}
	}
	if err := parties.Remove(ctx, runs, o.ID, member.ID); err != nil {
		t.Fatal(err)
	}
	if err := parties.Archive(ctx, runs, o.ID); err != nil {
		t.Fatal(err)
	}
	acts, err := db.All(ctx, d, actsOfLeaving, func(rows *sql.Rows) (a journal.Act, err error) {
		return a, rows.Scan(&a.Kind, &a.Subject, &a.Data)
	})
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, a := range acts {
		if !slices.Contains(leave(clock.System{}).Kinds, a.Kind) {
			continue
		}
		if id, err := organisationLeft(a); err != nil || id != o.ID {
			t.Errorf("%s means %q, %v", a.Kind, id, err)
		}
		found++
	}
	if found != 2 {
		t.Errorf("%d acts of leaving among %v", found, acts)
	}
	group := journal.Act{Kind: "role.taken", Data: `{"role":"member","kind":"group","scope":"soci"}`}
	if id, err := organisationLeft(group); err != nil || id != "" {
		t.Errorf("a group is an organisation: %q, %v", id, err)
	}
}
