package identity_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"polis/internal/identity"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// The houses of the model: where each lies, narrowest first.
var somewhere = map[string][]identity.Scope{
	"a": {identity.Site("a"), identity.Lot("l1"), identity.Territory("012072"), identity.Territory("VA"), identity.Territory("Lombardia"), identity.Network},
	"b": {identity.Site("b"), identity.Lot("l2"), identity.Territory("012133"), identity.Territory("VA"), identity.Territory("Lombardia"), identity.Network},
	"c": {identity.Site("c"), identity.Lot("l1"), identity.Territory("046017"), identity.Territory("LU"), identity.Territory("Toscana"), identity.Network},
	"d": {identity.Site("d"), identity.Territory("046005"), identity.Territory("LU"), identity.Territory("Toscana"), identity.Network},
}

// insideModel is identity.Inside for them.
func insideModel(_ context.Context, outer identity.Scope) (func(identity.Scope) bool, error) {
	return func(at identity.Scope) bool {
		return at.Kind == identity.KindSite && slices.Contains(somewhere[at.ID], outer)
	}, nil
}

// anyGrant is some role for some scope for which it can be given, now, before or
// later.
func anyGrant(t *rapid.T, label string) identity.Grant {
	g := identity.Grant{Role: rapid.SampledFrom(identity.Roles[1:]).Draw(t, label)}
	kind := rapid.SampledFrom(g.Role.Kinds()).Draw(t, label+" kind")
	ids := map[string][]string{
		identity.KindNetwork: {""}, identity.KindSite: {"a", "b", "c", "d"}, identity.KindLot: {"l1", "l2"}, identity.KindOrganisation: {"o1", "o2"}, identity.KindService: {"s"},
		identity.KindTerritory: {"012072", "VA", "LU", "Lombardia", "Toscana"},
	}
	g.Scope = identity.Scope{Kind: kind, ID: rapid.SampledFrom(ids[kind]).Draw(t, label+" id")}
	g.Starts = noon.Add(time.Duration(rapid.IntRange(-3, 3).Draw(t, label+" starts")) * time.Minute)
	if hours := rapid.IntRange(0, 3).Draw(t, label+" ends"); hours > 0 {
		g.Ends = g.Starts.Add(time.Duration(hours) * time.Minute)
	}
	return g
}

// What somebody may is what a naive look at their grants says: some role that they
// have at this minute has the permission, and its scope is among those in which
// the house lies.
func TestMayAgainstAModel(t *testing.T) {
	h := newHouse(t, sqlite(t))
	h.grants.Know(insideModel)
	_, permissions, of := rightsTable(t)
	rapid.Check(t, func(rt *rapid.T) {
		p, err := h.people.Create(t.Context(), identity.Person{GivenName: "Maria", FamilyName: "Prova"})
		if err != nil {
			rt.Fatal(err)
		}
		grants := map[identity.Held]identity.Grant{} // the same again has the new times
		for range rapid.IntRange(0, 4).Draw(rt, "grants") {
			g := anyGrant(rt, "role")
			g.Person = p.ID
			if err := h.grants.Give(t.Context(), g); err != nil {
				rt.Fatal(err)
			}
			grants[identity.Held{Role: g.Role, Scope: g.Scope}] = g
		}
		now := noon.Add(time.Duration(rapid.IntRange(-4, 7).Draw(rt, "now")) * time.Minute)
		h.clk.Set(now)
		actor, err := h.grants.Acting(t.Context(), p.ID)
		if err != nil {
			rt.Fatal(err)
		}
		for house, lies := range somewhere {
			for _, permission := range permissions {
				want := of[identity.Citizen][permission] == "*"
				for _, g := range grants {
					holds := !g.Starts.After(now) && (g.Ends.IsZero() || g.Ends.After(now))
					want = want || holds && of[g.Role][permission] == "h" && slices.Contains(lies, g.Scope)
				}
				if got := actor.May(permission, identity.Site(house)); got != want {
					rt.Fatalf("%s at %s: %v, with %v", permission, house, got, grants)
				}
			}
		}
		for _, permission := range permissions {
			own := of[identity.Citizen][permission] != "-" && of[identity.Citizen][permission] != ""
			if actor.May(permission, identity.Of(p.ID)) != own || actor.May(permission, identity.Of("another")) != (of[identity.Citizen][permission] == "*") {
				rt.Fatalf("%s of one's own", permission)
			}
		}
	})
}

// Nobody gives anything to themselves, nor a role that may what they may not, nor
// one outside their own scope.
func TestNobodyGivesAboveThemselves(t *testing.T) {
	w := newWayIn(t, newHouse(t, sqlite(t)))
	w.grants.Know(insideModel)
	_, permissions, of := rightsTable(t)
	rapid.Check(t, func(rt *rapid.T) {
		p, err := w.people.Create(t.Context(), identity.Person{GivenName: "Maria", FamilyName: "Prova"})
		if err != nil {
			rt.Fatal(err)
		}
		for range rapid.IntRange(1, 3).Draw(rt, "grants") {
			g := anyGrant(rt, "role")
			g.Person, g.Starts, g.Ends = p.ID, time.Time{}, time.Time{}
			if err := w.grants.Give(t.Context(), g); err != nil {
				rt.Fatal(err)
			}
		}
		actor, err := w.grants.Acting(t.Context(), p.ID)
		if err != nil {
			rt.Fatal(err)
		}
		given := anyGrant(rt, "given")
		given.Person, given.Starts, given.Ends = p.ID, time.Time{}, time.Time{}
		if err := w.Give(t.Context(), actor, given); !errs.Is(err, errs.Forbidden) {
			rt.Fatalf("%v gives %s to themselves: %v", actor.Held, given.Role, err)
		}
		if !actor.MayGive(given.Role, given.Scope) {
			return
		}
		for house, lies := range somewhere {
			for _, permission := range permissions {
				if of[given.Role][permission] == "h" && slices.Contains(lies, given.Scope) && !actor.May(permission, identity.Site(house)) {
					rt.Fatalf("%v gives %s for %v, which may %s at %s", actor.Held, given.Role, given.Scope, permission, house)
				}
			}
		}
		if given.Scope == identity.Network && !slices.ContainsFunc(actor.Held, func(h identity.Held) bool { return h.Scope == identity.Network }) {
			rt.Fatalf("%v gives %s for the network", actor.Held, given.Role)
		}
	})
}

// Who runs a house gives roles there, sees whom they gave them, and nobody else.
func TestAHouseGivesItsRoles(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		ctx := t.Context()
		acting := func(role identity.Role, at identity.Scope, name string) identity.Actor {
			return must[identity.Actor](t)(w.grants.Acting(ctx, w.actor(t, role, at, name).Person))
		}
		bruno := acting(identity.SiteManager, identity.Site("aurora"), "Bruno")
		luca := acting(identity.NetworkManager, identity.Network, "Luca")
		anna := acting(identity.CounterOperator, identity.Site("aurora"), "Anna")
		far := acting(identity.CounterOperator, identity.Site("borgo"), "Eva")
		give := func(by identity.Actor, person string, role identity.Role, at identity.Scope) error {
			return w.Give(ctx, by, identity.Grant{Person: person, Role: role, Scope: at})
		}
		if err := give(bruno, anna.Person, identity.Maintainer, identity.Site("aurora")); err != nil {
			t.Error(err)
		}
		for what, err := range map[string]error{
			"a manager":            give(bruno, anna.Person, identity.SiteManager, identity.Site("aurora")),
			"at another house":     give(bruno, anna.Person, identity.CounterOperator, identity.Site("borgo")),
			"of the network":       give(bruno, anna.Person, identity.CounterOperator, identity.Network),
			"to themselves":        give(bruno, bruno.Person, identity.CounterOperator, identity.Site("aurora")),
			"an administrator":     give(luca, anna.Person, identity.Administrator, identity.Network),
			"by who gives nothing": give(anna, far.Person, identity.CounterOperator, identity.Site("aurora")),
			"taken elsewhere":      w.End(ctx, bruno, far.Person, identity.CounterOperator, identity.Site("borgo")),
			"an own manager taken": w.End(ctx, bruno, bruno.Person, identity.SiteManager, identity.Site("aurora")),
		} {
			if !errs.Is(err, errs.Forbidden) {
				t.Errorf("a role %s: %v", what, err)
			}
		}
		if err := give(bruno, far.Person, identity.CounterOperator, identity.Site("aurora")); !errs.HasKey(err, "identity.unknown") {
			t.Errorf("to somebody whom they have nothing to do with: %v", err)
		}
		list, total, err := w.Staff(ctx, bruno, "", "", "", 10)
		if err != nil || total != 2 || len(list) != 2 {
			t.Errorf("sees %d of %d, %v", len(list), total, err)
		}
		if all, _, err := w.Staff(ctx, luca, "", "", "", 10); err != nil || len(all) != 4 {
			t.Errorf("who runs the network sees %d, %v", len(all), err)
		}
		if _, err := w.Member(ctx, bruno, far.Person); !errs.Is(err, errs.NotFound) {
			t.Errorf("reads who works elsewhere: %v", err)
		}
		if m := must[identity.Record](t)(w.Member(ctx, bruno, anna.Person)); len(m.Grants) != 2 || m.Sessions != 0 {
			t.Errorf("%+v", m.Grants)
		}
		if _, _, err := w.Find(ctx, bruno, identity.Search{Exact: "eva@example.org"}); !errs.Is(err, errs.Forbidden) {
			t.Errorf("looks for anybody: %v", err)
		}
		if found, _, err := w.Find(ctx, bruno, identity.Search{Name: "eva"}); err != nil || len(found) != 0 {
			t.Errorf("finds %d by name, %v", len(found), err)
		}
		in := must[identity.Invitation](t)(w.Invite(ctx, bruno, identity.Invitation{Email: "nuovo@example.org", Role: identity.CounterOperator, Scope: identity.Site("aurora")}))
		must[identity.Invitation](t)(w.Invite(ctx, luca, identity.Invitation{Email: "altro@example.org", Role: identity.SiteManager, Scope: identity.Site("borgo")}))
		if mine := must[[]identity.Invitation](t)(w.Invitations(ctx, bruno, "", 10)); len(mine) != 1 || mine[0].ID != in.ID {
			t.Errorf("%d invitations", len(mine))
		}
		if n := must[int](t)(w.Waiting(ctx, bruno)); n != 1 {
			t.Errorf("%d wait", n)
		}
		// Who may not give the role any more has invited nobody.
		secret := w.secret(t, in)
		if err := w.End(ctx, luca, bruno.Person, identity.SiteManager, identity.Site("aurora")); err != nil {
			t.Fatal(err)
		}
		if _, err := w.accept(t, identity.Anonymous, secret); !errs.HasKey(err, "identity.invitation.over") {
			t.Errorf("accepted: %v", err)
		}
		if acts := kindsOfActs(t, w); !strings.Contains(acts, "role.given") || !strings.Contains(acts, "role.taken") {
			t.Errorf("acts %s", acts)
		}
	})
}

var storeGrant = db.Q("identity.test.store-grant", `
	INSERT INTO role_grant (person, role, scope_kind, scope, starts, given_by) VALUES ($1, $2, $3, $4, 0, '')`)

// stored puts a role into the database as an earlier version did.
func (w *wayIn) stored(t *testing.T, person, role string, at identity.Scope) {
	t.Helper()
	if err := w.db.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), storeGrant, person, role, at.Kind, at.ID)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// What an earlier version stored holds, is listed, given anew and taken.
func TestGrantsOfBefore(t *testing.T) {
	runWayIn(t, func(t *testing.T, w *wayIn) {
		ctx := t.Context()
		paola := w.actor(t, identity.Administrator, identity.Network, "Paola")
		eva := w.actor(t, identity.Citizen, identity.Scope{}, "Eva")
		w.stored(t, eva.Person, "receptionist", identity.Site("aurora"))
		w.stored(t, eva.Person, "manager", identity.Site("borgo"))
		w.stored(t, eva.Person, "manager", identity.Network)
		want := []identity.Role{identity.NetworkManager, identity.SiteManager, identity.CounterOperator}
		got := must[identity.Actor](t)(w.grants.Acting(ctx, eva.Person))
		for _, r := range want {
			if !slices.ContainsFunc(got.Held, func(h identity.Held) bool { return h.Role == r }) {
				t.Errorf("%s is not among %v", r, got.Held)
			}
			if _, total, err := w.Staff(ctx, paola, r, "", "", 10); err != nil || total != 1 {
				t.Errorf("%d with the role %s, %v", total, r, err)
			}
		}
		if err := w.Give(ctx, paola, identity.Grant{Person: eva.Person, Role: identity.CounterOperator, Scope: identity.Site("aurora"), Ends: noon.Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		if roles := w.roles(t, eva.Person); len(roles) != 3 {
			t.Errorf("given anew: %v", roles)
		}
		if err := w.End(ctx, paola, eva.Person, identity.NetworkManager, identity.Network); err != nil || len(w.roles(t, eva.Person)) != 2 {
			t.Errorf("taken: %v, %v", w.roles(t, eva.Person), err)
		}
	})
}
