package identity_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"polis/internal/identity"
	"polis/internal/journal"
)

// What is done in the context of an actor is recorded as theirs: who really
// acts, and for whom.
func TestActorInTheJournal(t *testing.T) {
	web := identity.Actor{Person: "p", Role: identity.Citizen, Channel: identity.ChannelWeb, Level: identity.LevelLow}
	child, firm, kiosk := web, web, web
	child.By, child.ByRole = "parent", identity.Citizen
	firm.For = identity.Scope{Kind: "organisation", ID: "o"}
	kiosk.Device = "d"
	for _, c := range []struct {
		name  string
		actor identity.Actor
		want  journal.By
	}{
		{"oneself", web, journal.By{Person: "p", Role: "citizen", Channel: "web", Level: 1}},
		{"for a person", child, journal.By{Person: "parent", For: "p", Role: "citizen", Channel: "web", Level: 1}},
		{"for an organisation", firm, journal.By{Person: "p", For: "o", Role: "citizen", Channel: "web", Level: 1}},
		{"at a device", kiosk, journal.By{Person: "p", Desk: "d", Role: "citizen", Channel: "web", Level: 1}},
		{"nobody", identity.Anonymous, journal.By{Role: "visitor"}},
	} {
		if d := cmp.Diff(c.want, journal.ByFrom(identity.WithActor(t.Context(), c.actor))); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}
