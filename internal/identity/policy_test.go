package identity_test

import (
	"context"
	"testing"

	"polis/internal/identity"
	"polis/internal/platform/errs"
)

// The whole policy, spelled out a second time: every role, every permission, at
// one's own site, another site, one's own things and somebody else's.
func TestPolicy(t *testing.T) {
	const none, everywhere, mine, here = "", "everywhere", "mine", "here"
	roles := []identity.Role{identity.Visitor, identity.Citizen, identity.CounterOperator, identity.SiteManager, identity.Administrator, identity.Member, "unheard-of", ""}
	want := map[identity.Permission][]string{
		identity.NetworkRead:  {everywhere, everywhere, everywhere, everywhere, everywhere, none, none, none},
		identity.ReportMake:   {everywhere, everywhere, everywhere, everywhere, everywhere, none, none, none},
		identity.ReportOwn:    {none, mine, mine, mine, mine, none, none, none},
		identity.ReportRead:   {none, none, here, here, here, none, none, none},
		identity.ReportAnswer: {none, none, none, here, here, none, none, none},
		identity.BookingOwn:   {none, mine, mine, mine, mine, none, none, none},
		identity.AccountOwn:   {none, mine, mine, mine, mine, none, none, none},
		identity.BookingRead:  {none, none, here, here, here, none, none, none},
		identity.BookingCheck: {none, none, here, here, here, none, none, none},
		identity.BookingWrite: {none, none, none, here, here, none, none, none},
		identity.ClosureWrite: {none, none, none, here, here, none, none, none},
		identity.SiteWrite:    {none, none, none, here, here, none, none, none},
		identity.GrantWrite:   {none, none, none, none, here, none, none, none},
		identity.TokenWrite:   {none, none, none, none, here, none, none, none},
		"unheard-of":          {none, none, none, none, none, none, none, none},
	}
	for p, reaches := range want {
		for i, role := range roles {
			a := identity.Actor{Person: "me", Role: role, Scope: identity.Site("a")}
			for _, c := range []struct {
				at  identity.Scope
				may bool
			}{
				{identity.Site("a"), reaches[i] == everywhere || reaches[i] == here},
				{identity.Site("b"), reaches[i] == everywhere},
				{identity.Network, reaches[i] == everywhere},
				{identity.Group("a"), reaches[i] == everywhere},
				{identity.Of("me"), reaches[i] == everywhere || reaches[i] == mine},
				{identity.Of("you"), reaches[i] == everywhere},
				{identity.Of(""), reaches[i] == everywhere},
				{identity.Scope{}, reaches[i] == everywhere},
			} {
				if got := a.May(p, c.at); got != c.may {
					t.Errorf("%s, %s at %v: %v", role, p, c.at, got)
				}
			}
			wide := identity.Actor{Person: "me", Role: role, Scope: identity.Network}
			if got := wide.May(p, identity.Site("b")); got != (reaches[i] == everywhere || reaches[i] == here) {
				t.Errorf("%s of the network, %s: %v", role, p, got)
			}
			if nobody := (identity.Actor{Role: role}); nobody.May(p, identity.Of("")) != (reaches[i] == everywhere) || nobody.May(p, identity.Scope{}) != (reaches[i] == everywhere) {
				t.Errorf("%s without a person may %s", role, p)
			}
		}
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
