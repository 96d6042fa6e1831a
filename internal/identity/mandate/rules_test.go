package mandate_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"polis/internal/identity"
	"polis/internal/identity/mandate"
)

var noon = time.Date(2026, 11, 16, 12, 0, 0, 0, time.UTC)

// sample are the people, sites and permissions of the properties.
var (
	people      = []string{"anna", "bruno", "carla"}
	sites       = []string{"", "here", "there"}
	permissions = []identity.Permission{
		identity.NetworkRead, identity.BookingOwn, identity.AccountOwn, identity.BookingRead, identity.BookingWrite, identity.ReportOwn,
		identity.GrantWrite, identity.AccountWrite, identity.MandateOwn, identity.MandateWrite, identity.PersonAssist, identity.OrganisationWrite, identity.Installation,
	}
	roles = []identity.Role{identity.Citizen, identity.CounterOperator, identity.NetworkManager, identity.Administrator}
)

func scopes() (all []identity.Scope) {
	all = []identity.Scope{{}, identity.Network, identity.Organisation("firm")}
	for _, p := range people {
		all = append(all, identity.Of(p))
	}
	return append(all, identity.Site("here"), identity.Site("there"))
}

func drawActor(t *rapid.T, name string) identity.Actor {
	a := identity.Actor{
		Person: rapid.SampledFrom(append([]string{""}, people...)).Draw(t, name), Role: rapid.SampledFrom(roles).Draw(t, name+" role"),
		Scope: rapid.SampledFrom([]identity.Scope{identity.Network, identity.Site("here"), identity.Site("there")}).Draw(t, name+" scope"),
	}
	switch rapid.IntRange(0, 5).Draw(t, name+" acts") {
	case 0:
		a.By = rapid.SampledFrom(people).Draw(t, name+" by")
	case 1:
		a.For = identity.Organisation("firm")
	}
	return a
}

func drawMandate(t *rapid.T) mandate.Mandate {
	return mandate.Mandate{
		ID: "m", Kind: rapid.SampledFrom([]mandate.Kind{mandate.Parent, mandate.Guardian, mandate.Delegate, mandate.Counter, "none such"}).Draw(t, "kind"),
		Principal: rapid.SampledFrom(people).Draw(t, "principal"), Agent: rapid.SampledFrom(append([]string{""}, people...)).Draw(t, "agent"),
		Site:   rapid.SampledFrom(sites).Draw(t, "site"),
		State:  rapid.SampledFrom([]mandate.State{mandate.Offered, mandate.Active, mandate.Active, mandate.Active, mandate.Ended, mandate.Declined}).Draw(t, "state"),
		Starts: noon.Add(time.Duration(rapid.IntRange(-2, 1).Draw(t, "starts")) * time.Hour),
		Ends:   noon.Add(time.Duration(rapid.IntRange(-1, 2).Draw(t, "ends")) * time.Hour),
	}
}

// Whoever acts by a mandate has nothing that the principal has not as a citizen,
// and nothing of an account; nobody acts through a third, for themselves, or by
// what does not hold. Where nothing stands against it, they act.
func TestNobodyGainsByAMandate(t *testing.T) {
	t.Parallel()
	acted := 0
	rapid.Check(t, func(t *rapid.T) {
		self, m := drawActor(t, "self"), drawMandate(t)
		principal := identity.Actor{Person: m.Principal, Role: identity.Citizen, Name: "P."}
		got, ok := mandate.Admit(self, principal, m, noon)
		known := m.Kind != "none such"
		desk := m.Kind != mandate.Counter || m.Site != "" && self.May(identity.PersonAssist, identity.Site(m.Site))
		holds := m.State == mandate.Active && !noon.Before(m.Starts) && noon.Before(m.Ends)
		alone := self.By == "" && self.For == identity.Scope{}
		want := known && desk && holds && alone && self.Person != "" && self.Person == m.Agent && m.Agent != m.Principal
		if ok != want {
			t.Fatalf("admitted %v, want %v: %+v by %+v", ok, want, self, m)
		}
		if !ok {
			if got.SignedIn() {
				t.Fatalf("refused, and yet %+v", got)
			}
			return
		}
		acted++
		if got.Person != m.Principal || got.By != self.Person || got.Agent() != self.Person {
			t.Fatalf("%+v acts for %s", got, m.Principal)
		}
		for _, p := range permissions {
			for _, at := range scopes() {
				if got.May(p, at) && !principal.May(p, at) {
					t.Errorf("%s gained %s at %v", m.Kind, p, at)
				}
			}
			never := []identity.Permission{identity.AccountOwn, identity.MandateOwn, identity.GrantWrite, identity.AccountWrite, identity.PersonAssist}
			if slices.Contains(never, p) && got.MaySomewhere(p) {
				t.Errorf("%s lets an agent %s", m.Kind, p)
			}
		}
		if m.Site != "" && (got.Within("elsewhere") || !got.Within(m.Site)) {
			t.Errorf("a mandate for %s holds elsewhere, or not there", m.Site)
		}
		again := m
		again.Agent, again.Principal = m.Principal, people[(slices.Index(people, m.Principal)+1)%3]
		if _, chained := mandate.Admit(got, identity.Actor{Person: again.Principal, Role: identity.Citizen}, again, noon); chained {
			t.Errorf("%+v through %+v", again, m)
		}
	})
	if acted == 0 {
		t.Skip("nobody acted in this run") // of rapid's short runs
	}
}

// What each kind admits, said as a table: a change of the rules is a change here.
func TestWhatAKindAdmits(t *testing.T) {
	t.Parallel()
	want := []identity.Permission{identity.NetworkRead, identity.BookingOwn, identity.ReportOwn}
	for _, kind := range []mandate.Kind{mandate.Parent, mandate.Guardian, mandate.Delegate, mandate.Counter} {
		m := mandate.Mandate{ID: "m", Kind: kind, Principal: "anna", Agent: "bruno", State: mandate.Active, Starts: noon.Add(-time.Hour), Ends: noon.Add(time.Hour), Site: "here"}
		self := identity.Actor{Person: "bruno", Role: identity.CounterOperator, Scope: identity.Site("here"), Channel: identity.ChannelWeb}
		a, ok := mandate.Admit(self, identity.Actor{Person: "anna", Role: identity.Citizen}, m, noon)
		if !ok {
			t.Errorf("%s: refused", kind)
			continue
		}
		var got []identity.Permission
		for _, p := range permissions {
			if a.May(p, identity.Of("anna")) || a.May(p, identity.Site("here")) {
				got = append(got, p)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s admits %v, want %v", kind, got, want)
		}
	}
}
