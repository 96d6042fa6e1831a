package demo

import (
	"fmt"

	"polis/internal/identity"
	"polis/internal/simulate/idp"
)

// testRoles are what the test people are here, beside citizens; house is the one
// at which some of them work. Carla is what she is by her organisation.
func testRoles(house string) map[string]identity.Held {
	return map[string]identity.Held{
		"anna":   {Role: identity.CounterOperator, Scope: identity.Site(house)},
		"bruno":  {Role: identity.ContactOperator, Scope: identity.Network},
		"marta":  {Role: identity.SiteManager, Scope: identity.Site(house)},
		"dario":  {Role: identity.Contractor, Scope: identity.Lot(lots[1].Code)},
		"elisa":  {Role: identity.AuthorityClerk, Scope: identity.Territory("Lombardia")},
		"luca":   {Role: identity.NetworkManager, Scope: identity.Network},
		"piero":  {Role: identity.Maintainer, Scope: identity.Network},
		"renata": {Role: identity.ProgrammeOfficer, Scope: identity.Network},
		"aldo":   {Role: identity.Auditor, Scope: identity.Network},
		"paola":  {Role: identity.Administrator, Scope: identity.Network},
	}
}

// OfficeStaff are the ids of those who work at the office that is shown, in the
// order of its desks.
func OfficeStaff() (ids []string) {
	for _, key := range []string{"anna", "marta"} {
		for _, p := range TestPeople("") {
			if p.Key == key {
				ids = append(ids, p.Person.ID)
			}
		}
	}
	return ids
}

// first are those who had their ids before the others came.
var first = []string{"maria", "giuseppe", "ines", "anna", "luca", "paola"}

// officeRoles are what some of them are at a post office beside that.
func officeRoles(office string) map[string]identity.Held {
	return map[string]identity.Held{
		"anna":  {Role: identity.CounterOperator, Scope: identity.Site(office)},
		"marta": {Role: identity.SiteManager, Scope: identity.Site(office)},
	}
}

// TestPeople are the people as whom anybody may sign in to a demonstration: those
// of its identity provider, with what they are here, and at some offices. They have the same ids on
// every machine.
func TestPeople(house string, offices ...string) (out []identity.TestPerson) {
	roles, ids := testRoles(house), map[string]int{}
	for _, key := range first {
		ids[key] = len(ids) + 1
	}
	for _, x := range idp.People() {
		if ids[x.Key] == 0 {
			ids[x.Key] = len(ids) + 1
		}
		p := identity.TestPerson{
			Key: x.Key, Role: identity.Citizen, Group: "idp.group." + x.Group, About: "idp.person." + x.Key,
			Person: identity.Person{
				ID: fmt.Sprintf("01900000-0000-7000-8000-%012d", ids[x.Key]), FiscalNumber: x.FiscalNumber, GivenName: x.Given, FamilyName: x.Family,
				BirthDate: x.BirthDate(), Email: x.Email, Language: "it",
			},
		}
		if x.Key == "ines" {
			p.Person.Language = "en"
		}
		if held, ok := roles[x.Key]; ok {
			p.Role, p.Scope = held.Role, held.Scope
		}
		for _, office := range offices {
			if held, ok := officeRoles(office)[x.Key]; ok {
				p.Also = append(p.Also, held)
			}
		}
		out = append(out, p)
	}
	return out
}
