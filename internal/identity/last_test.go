package identity_test

import (
	"sync"
	"testing"
	"time"

	"polis/internal/identity"
	"polis/internal/identity/mandate"
	"polis/internal/identity/organisation"
	"polis/internal/platform/errs"
)

// company is an organisation that some people administer.
func (w *others) company(t *testing.T, fiscal string, admins ...identity.Person) (id string) {
	t.Helper()
	runs := citizen(w.colleague)
	runs.Role, runs.Scope = identity.NetworkManager, identity.Network
	o := must[organisation.Organisation](t)(w.parties.Create(t.Context(), runs, organisation.Organisation{Kind: "company", Name: "Verdi", Fiscal: fiscal}))
	for _, p := range admins {
		if err := w.grants.Give(t.Context(), identity.Grant{Person: p.ID, Role: identity.OrganisationAdmin, Scope: identity.Organisation(o.ID)}); err != nil {
			t.Fatal(err)
		}
	}
	return o.ID
}

func adminOf(p identity.Person, id string) identity.Actor {
	a := citizen(p)
	a.Held = []identity.Held{{Role: identity.OrganisationAdmin, Scope: identity.Organisation(id)}}
	return a
}

// Of two administrators who leave at once, or demote each other, or end by a role of
// less or by the desk, one stays, on every round.
func TestOneAdministratorStays(t *testing.T) {
	runOthers(t, func(t *testing.T, w *others) {
		ctx := t.Context()
		a, b := w.parent, w.friend
		id := w.company(t, "00743110157", a, b)
		paola := citizen(w.clerk)
		paola.Role, paola.Scope = identity.Administrator, identity.Network
		for name, leave := range map[string]func(who, other identity.Person) error{
			"leave": func(who, _ identity.Person) error { return w.parties.Remove(ctx, adminOf(who, id), id, who.ID) },
			"put each other out": func(who, other identity.Person) error {
				return w.parties.Remove(ctx, adminOf(who, id), id, other.ID)
			},
			"demote each other": func(who, other identity.Person) error {
				return w.parties.SetRole(ctx, adminOf(who, id), id, other.ID, identity.Member)
			},
			"are ended at the desk": func(who, _ identity.Person) error {
				return w.End(ctx, paola, who.ID, identity.OrganisationAdmin, identity.Organisation(id))
			},
			"get an end": func(who, _ identity.Person) error {
				return w.grants.HandOver(ctx, identity.Grant{Person: who.ID, Role: identity.OrganisationAdmin, Scope: identity.Organisation(id), Ends: w.clk.Now().Add(time.Hour)})
			},
		} {
			for range 5 {
				errsOf := make([]error, 2)
				var wait sync.WaitGroup
				for i, who := range []identity.Person{a, b} {
					other := b
					if i == 1 {
						other = a
					}
					wait.Go(func() { errsOf[i] = leave(who, other) })
				}
				wait.Wait()
				refused := 0
				for _, err := range errsOf {
					if errs.HasKey(err, "identity.last-admin") {
						refused++
					} else if err != nil {
						t.Fatalf("two who %s: %v", name, err)
					}
				}
				if refused != 1 {
					t.Fatalf("two who %s at once: %d refused, %v", name, refused, errsOf)
				}
				for _, p := range []identity.Person{a, b} {
					if err := w.grants.Give(ctx, identity.Grant{Person: p.ID, Role: identity.OrganisationAdmin, Scope: identity.Organisation(id)}); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	})
}

// Who is asked to be a member, and is the last administrator by the time they
// answer, stays one.
func TestInvitationDoesNotDemoteTheLast(t *testing.T) {
	runOthers(t, func(t *testing.T, w *others) {
		ctx := t.Context()
		id := w.company(t, "00743110157", w.parent)
		if err := w.parties.Invite(ctx, adminOf(w.parent, id), organisation.Invitation{Organisation: id, Email: "ugo@example.org", Role: identity.Member}); err != nil {
			t.Fatal(err)
		}
		if err := w.grants.Give(ctx, identity.Grant{Person: w.friend.ID, Role: identity.OrganisationAdmin, Scope: identity.Organisation(id)}); err != nil {
			t.Fatal(err)
		}
		if err := w.parties.Remove(ctx, adminOf(w.parent, id), id, w.parent.ID); err != nil {
			t.Fatal(err)
		}
		waiting, _, err := w.parties.Waiting(ctx, citizen(w.friend))
		if err != nil || len(waiting) != 1 {
			t.Fatalf("%v, %v", waiting, err)
		}
		if err := w.parties.Accept(ctx, citizen(w.friend), waiting[0].ID); !errs.HasKey(err, "identity.last-admin") {
			t.Errorf("the last one becomes a member: %v", err)
		}
	})
}

// Who has a role for an organisation without belonging to it (a clerk of an authority)
// is not among its members, and cannot act for it.
func TestAClerkIsNoMember(t *testing.T) {
	runOthers(t, func(t *testing.T, w *others) {
		ctx := t.Context()
		id := w.company(t, "00743110157", w.parent)
		clerk := identity.Held{Role: identity.AuthorityClerk, Scope: identity.Organisation(id)}
		if err := w.grants.Give(ctx, identity.Grant{Person: w.friend.ID, Role: clerk.Role, Scope: clerk.Scope}); err != nil {
			t.Fatal(err)
		}
		friend := citizen(w.friend)
		friend.Held = []identity.Held{clerk}
		if mine := must[[]organisation.Organisation](t)(w.parties.Mine(ctx, friend)); len(mine) != 0 {
			t.Errorf("a clerk belongs to %v", mine)
		}
		admin := adminOf(w.parent, id)
		if list := must[[]organisation.Member](t)(w.parties.Members(ctx, admin, id, "", 10)); len(list) != 1 || list[0].Person.ID != w.parent.ID {
			t.Errorf("members %+v", list)
		}
		if err := w.parties.Remove(ctx, admin, id, w.friend.ID); !errs.HasKey(err, "identity.grant") {
			t.Errorf("an organisation puts a clerk out: %v", err)
		}
	})
}

// What would hurt is asked of nobody who proved who they are too long ago.
func TestDangersOfActingForOthers(t *testing.T) {
	runOthers(t, func(t *testing.T, w *others) {
		ctx := t.Context()
		id := w.company(t, "00743110157", w.parent)
		stale := func(a identity.Actor) identity.Actor {
			a.Proved = w.clk.Now().Add(-11 * time.Minute)
			return a
		}
		admin, runs := stale(adminOf(w.parent, id)), stale(citizen(w.colleague))
		runs.Role, runs.Scope = identity.NetworkManager, identity.Network
		for name, do := range map[string]func() error{
			"invites": func() error {
				return w.parties.Invite(ctx, admin, organisation.Invitation{Organisation: id, Email: "ugo@example.org", Role: identity.Member})
			},
			"makes an administrator": func() error { return w.parties.SetRole(ctx, admin, id, w.friend.ID, identity.OrganisationAdmin) },
			"puts somebody out":      func() error { return w.parties.Remove(ctx, admin, id, w.friend.ID) },
			"approves":               func() error { return w.parties.Approve(ctx, runs, id) },
			"closes":                 func() error { return w.parties.Archive(ctx, runs, id) },
			"gives a mandate": func() error {
				_, err := w.mandates.Offer(ctx, stale(citizen(w.parent)), mandate.Offer{To: "ugo@example.org"})
				return err
			},
			"writes one down": func() error {
				_, err := w.mandates.Record(ctx, stale(w.desk(w.clerk)), "aurora", mandate.Recording{Kind: mandate.Parent, Principal: w.child.ID, Agent: w.parent.ID, Document: seen})
				return err
			},
		} {
			if err := do(); !errs.HasKey(err, "identity.step-up") {
				t.Errorf("%s without a proof: %v", name, err)
			}
		}
		if err := w.parties.Remove(ctx, admin, id, w.parent.ID); !errs.HasKey(err, "identity.last-admin") {
			t.Errorf("who leaves is asked for a proof: %v", err)
		}
	})
}
