package demo

import (
	"slices"
	"testing"

	"polis/internal/identity"
)

// There is a test person of every role, each with an id of their own, and those
// who had ids before keep them.
func TestPeopleOfEveryRole(t *testing.T) {
	t.Parallel()
	people := TestPeople("house")
	for _, role := range identity.Roles {
		if role == identity.OrganisationAdmin { // by an organisation, which is made when the program starts
			continue
		}
		if !slices.ContainsFunc(people, func(p identity.TestPerson) bool { return p.Role == role }) {
			t.Errorf("nobody is %s", role)
		}
	}
	ids := map[string]string{}
	for _, p := range people {
		if other := ids[p.Person.ID]; other != "" {
			t.Errorf("%s and %s have one id", other, p.Key)
		}
		ids[p.Person.ID] = p.Key
		if err := p.Person.Check(); err != nil {
			t.Errorf("%s: %v", p.Key, err)
		}
	}
	if ids["01900000-0000-7000-8000-000000000001"] != "maria" || ids["01900000-0000-7000-8000-000000000006"] != "paola" {
		t.Errorf("ids have moved: %v", ids)
	}
	for key := range testRoles("house") {
		if !slices.ContainsFunc(people, func(p identity.TestPerson) bool { return p.Key == key }) {
			t.Errorf("%s has a role and is nobody", key)
		}
	}
}
