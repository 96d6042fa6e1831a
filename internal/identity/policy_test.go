package identity_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"polis/internal/identity"
	"polis/internal/platform/errs"
)

// The whole policy, spelled out a second time: what each role may everywhere (*),
// with what is its own (o) or at the house it is for (h).
const rights = `
                    visitor citizen organisation-admin authority-clerk contractor maintainer auditor programme-officer contact-operator counter-operator site-manager network-manager administrator
network.read        *       *       *                  *               *          *          *       *                 *                *                *            *               *
report.make         *       *       *                  *               *          *          *       *                 *                *                *            *               *
booking.own         -       o       o                  o               o          o          o       o                 o                o                o            o               o
report.own          -       o       o                  o               o          o          o       o                 o                o                o            o               o
mandate.own         -       o       o                  o               o          o          o       o                 o                o                o            o               o
account.own         -       o       o                  o               o          o          o       o                 o                o                o            o               o
booking.read-site   -       -       -                  -               -          -          -       -                 h                h                h            h               h
booking.check-in    -       -       -                  -               -          -          -       -                 -                h                h            h               h
booking.walk-in     -       -       -                  -               -          -          -       -                 -                h                h            h               h
booking.write-site  -       -       -                  -               -          -          -       -                 h                -                h            h               h
closure.write       -       -       -                  -               -          -          -       -                 -                -                h            h               h
report.read         -       -       -                  -               -          h          -       -                 h                h                h            h               h
report.answer       -       -       -                  -               -          -          -       -                 h                -                h            h               h
figures.read        -       -       -                  h               -          -          h       h                 -                h                h            h               h
site.read           -       -       -                  -               h          h          h       h                 -                -                h            h               h
site.write          -       -       -                  -               -          -          -       -                 -                -                h            h               h
grant.write         -       -       -                  -               -          -          -       -                 -                -                h            h               h
device.write        -       -       -                  -               -          -          -       -                 -                -                h            h               h
mandate.write       -       -       -                  -               -          -          -       -                 -                h                h            h               h
person.assist       -       -       -                  -               -          -          -       -                 -                h                h            h               h
organisation.write  -       -       h                  -               -          -          -       -                 -                -                -            h               h
person.read         -       -       -                  -               -          -          -       -                 -                -                -            -               h
people.write        -       -       -                  -               -          -          -       -                 -                -                -            -               h
account.write       -       -       -                  -               -          -          -       -                 -                -                -            -               h
journal.read        -       -       -                  -               -          -          h       -                 -                -                -            -               h
installation.write  -       -       -                  -               -          -          -       -                 -                -                -            -               h
unheard-of          -       -       -                  -               -          -          -       -                 -                -                -            -               -
`

// rightsTable reads rights: by role and permission "*", "o", "h" or "-".
func rightsTable(t testing.TB) (roles []identity.Role, permissions []identity.Permission, of map[identity.Role]map[identity.Permission]string) {
	t.Helper()
	of = map[identity.Role]map[identity.Permission]string{}
	for i, line := range strings.Split(strings.TrimSpace(rights), "\n") {
		words := strings.Fields(line)
		if i == 0 {
			for _, w := range words {
				roles = append(roles, identity.Role(w))
				of[identity.Role(w)] = map[identity.Permission]string{}
			}
			continue
		}
		permissions = append(permissions, identity.Permission(words[0]))
		if len(words) != len(roles)+1 {
			t.Fatalf("%q has %d columns of %d", words[0], len(words)-1, len(roles))
		}
		for j, reach := range words[1:] {
			of[roles[j]][identity.Permission(words[0])] = reach
		}
	}
	return roles, permissions, of
}

func TestPolicy(t *testing.T) {
	roles, permissions, of := rightsTable(t)
	for _, unknown := range []identity.Role{identity.Member, "unheard-of", ""} {
		roles, of[unknown] = append(roles, unknown), map[identity.Permission]string{}
	}
	for _, role := range roles {
		for _, p := range permissions {
			reach := of[role][p]
			a := identity.Actor{Person: "me", Role: role, Scope: identity.Site("a")}
			for _, c := range []struct {
				at  identity.Scope
				may bool
			}{
				{identity.Site("a"), reach == "*" || reach == "h"},
				{identity.Site("b"), reach == "*"},
				{identity.Network, reach == "*"},
				{identity.Group("a"), reach == "*"},
				{identity.Of("me"), reach == "*" || reach == "o"},
				{identity.Of("you"), reach == "*"},
				{identity.Of(""), reach == "*"},
				{identity.Scope{}, reach == "*"},
			} {
				if got := a.May(p, c.at); got != c.may {
					t.Errorf("%s, %s at %v: %v", role, p, c.at, got)
				}
			}
			if got := a.MaySomewhere(p); got != (reach == "*" || reach == "h" || reach == "o") {
				t.Errorf("%s, %s somewhere: %v", role, p, got)
			}
			wide := identity.Actor{Person: "me", Role: role, Scope: identity.Network}
			if got := wide.May(p, identity.Site("b")); got != (reach == "*" || reach == "h") {
				t.Errorf("%s of the network, %s: %v", role, p, got)
			}
			if nobody := (identity.Actor{Role: role}); nobody.May(p, identity.Of("")) != (reach == "*") || nobody.May(p, identity.Scope{}) != (reach == "*") {
				t.Errorf("%s without a person may %s", role, p)
			}
		}
	}
	if len(identity.Roles) != len(roles)-4 { // without visitor, member and the two that there are not
		t.Errorf("%d roles, %d in the table", len(identity.Roles), len(roles))
	}
}

// What an earlier version called a receptionist or a manager is read as what it is
// today, wherever it is written.
func TestRolesOfBefore(t *testing.T) {
	for _, c := range []struct {
		text string
		at   identity.Scope
		want identity.Role
	}{
		{"receptionist", identity.Site("a"), identity.CounterOperator},
		{"receptionist", identity.Network, identity.CounterOperator},
		{"manager", identity.Site("a"), identity.SiteManager},
		{"manager", identity.Network, identity.NetworkManager},
		{"administrator", identity.Network, identity.Administrator},
		{"site-manager", identity.Site("a"), identity.SiteManager},
		{"king", identity.Network, "king"},
	} {
		if got := identity.ReadRole(c.text, c.at); got != c.want {
			t.Errorf("%q for %v is read as %q", c.text, c.at, got)
		}
	}
}

// Asking what somebody may costs no memory: it happens for each house of a page.
func TestAskingIsCheap(t *testing.T) {
	a := identity.Actor{Person: "me", Role: identity.SiteManager, Scope: identity.Site("a"), Held: []identity.Held{
		{Role: identity.SiteManager, Scope: identity.Site("a")}, {Role: identity.CounterOperator, Scope: identity.Site("b")}, {Role: identity.Auditor, Scope: identity.Network},
	}}
	at := identity.Site("z")
	if n := testing.AllocsPerRun(100, func() { a.May(identity.SiteWrite, at) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// Several roles act together, each where it is for.
func TestRolesActTogether(t *testing.T) {
	a := identity.Actor{Person: "me", Role: identity.SiteManager, Scope: identity.Site("a"), Held: []identity.Held{
		{Role: identity.CounterOperator, Scope: identity.Site("b")}, {Role: identity.SiteManager, Scope: identity.Site("a")},
	}}
	for site, want := range map[string][3]bool{"a": {true, true, true}, "b": {true, true, false}, "c": {}} {
		at := identity.Site(site)
		if got := [3]bool{a.May(identity.BookingRead, at), a.May(identity.BookingTake, at), a.May(identity.SiteWrite, at)}; got != want {
			t.Errorf("at %s: %v", site, got)
		}
	}
	if got := a.Scopes(identity.BookingRead); !slices.Equal(got, []identity.Scope{identity.Site("a"), identity.Site("b")}) {
		t.Errorf("houses %v", got)
	}
	if id, only := a.OnlySite(identity.SiteWrite); id != "a" || !only {
		t.Errorf("changes %q, %v", id, only)
	}
	if _, only := a.OnlySite(identity.BookingRead); only {
		t.Error("one house of two")
	}
}

func TestCheck(t *testing.T) {
	site := identity.Site("a")
	citizen := identity.Actor{Person: "me", Role: identity.Citizen}
	if err := citizen.Check(identity.NetworkRead, site); err != nil {
		t.Error(err)
	}
	if err := citizen.Check(identity.SiteWrite, site); !errs.Is(err, errs.Forbidden) {
		t.Error(err)
	}
	if err := identity.Anonymous.Check(identity.SiteWrite, site); !errs.Is(err, errs.Unauthenticated) {
		t.Error(err)
	}
}

func TestActorInContext(t *testing.T) {
	if a := identity.ActorFrom(context.Background()); a.SignedIn() || a.Role != identity.Visitor {
		t.Errorf("got %+v", a)
	}
	ctx := identity.WithActor(context.Background(), identity.Actor{Person: "me"})
	if a := identity.ActorFrom(ctx); a.Person != "me" {
		t.Errorf("got %+v", a)
	}
}
