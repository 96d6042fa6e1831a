package identity

import (
	"context"
	"strings"

	"polis/internal/fiscal"
	"polis/internal/platform/errs"
	"polis/internal/territory"
)

// Search is whom somebody at the desk looks for: by a part of the name among
// those whose roles they see, or, with the right to look for anybody, by exactly
// an e-mail address or a fiscal number (Exact), or a family name and a birth date.
type Search struct{ Name, Exact, Family, Birth string }

// mostFound is how many people a search tells.
const mostFound = 50

// Find are the people whom a search is for; more tells that there are others.
// Showing them is an act. The error is Invalid "identity.search" where it says
// nothing.
func (a *Access) Find(ctx context.Context, actor Actor, s Search) (list []StaffMember, more bool, err error) {
	defer errs.Wrap(&err, "identity.Find")
	if err := actor.CheckSomewhere(GrantWrite); err != nil {
		return nil, false, err
	}
	var people []Person
	words := wordsOf(s.Name)
	exactly := indexedContact(s.Exact) != "" || indexedName(s.Family, s.Birth) != ""
	switch {
	case exactly && !actor.May(PersonRead, Network):
		return nil, false, actor.Check(PersonRead, Network)
	case fiscal.Check(fiscal.Normalize(s.Exact)) == nil:
		people, err = a.People.called(ctx, s.Exact)
	case indexedContact(s.Exact) != "":
		people, err = a.People.ByContact(ctx, s.Exact)
	case indexedName(s.Family, s.Birth) != "":
		people, err = a.People.FindByNameAndBirth(ctx, s.Family, s.Birth)
	case len(words) > 0:
		people, err = a.staffCalled(ctx, actor, words)
	default:
		return nil, false, errs.New(errs.Invalid, "identity.search", nil)
	}
	if err != nil {
		return nil, false, err
	}
	if more = len(people) > mostFound; more {
		people = people[:mostFound]
	}
	for _, p := range people {
		list = append(list, StaffMember{Person: p})
	}
	if err := a.addGrants(ctx, actor, list); err != nil {
		return nil, false, err
	}
	return list, more, a.noteRead(ctx, actor, "found", list...)
}

// called is whoever has a fiscal number; nobody where nobody has it.
func (s *People) called(ctx context.Context, number string) ([]Person, error) {
	p, err := s.ByFiscalNumber(ctx, number)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	return []Person{p}, err
}

// wordsOf are the words of a text, however they are written.
func wordsOf(text string) []string { return strings.Fields(territory.Fold(text)) }

// called tells whether each word begins one of somebody's names, or stands in
// their address.
func called(words []string, name, email string) bool {
	names, address := wordsOf(name), indexedContact(email)
	for _, w := range words {
		begins := strings.Contains(address, w)
		for _, n := range names {
			begins = begins || strings.HasPrefix(n, w)
		}
		if !begins {
			return false
		}
	}
	return true
}

// atOnce is how many people or invitations are opened at once by a search.
const atOnce = 500

// staffCalled are people with a role who are called so, one more than are told.
// Names lie encrypted: each is opened and looked at.
func (a *Access) staffCalled(ctx context.Context, actor Actor, words []string) (found []Person, err error) {
	for after := ""; ; {
		ids, _, err := a.staffIDs(ctx, actor, "", "", after, atOnce)
		if err != nil || len(ids) == 0 {
			return found, err
		}
		people, err := a.People.Many(ctx, ids)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			if p, ok := people[id]; ok && called(words, p.FullName(), p.Email) {
				if found = append(found, p); len(found) > mostFound {
					return found, nil
				}
			}
		}
		after = ids[len(ids)-1]
	}
}

// FindInvitations are the open invitations to somebody who is called so, or has
// such an address; more tells that there are others.
func (a *Access) FindInvitations(ctx context.Context, actor Actor, text string) (found []Invitation, more bool, err error) {
	defer errs.Wrap(&err, "identity.FindInvitations")
	words := wordsOf(text)
	for after := ""; ; {
		list, err := a.Invitations(ctx, actor, after, atOnce)
		if err != nil || len(list) == 0 {
			return found, false, err
		}
		for _, in := range list {
			if called(words, in.GivenName+" "+in.FamilyName, in.Email) {
				if len(found) == mostFound {
					return found, true, nil
				}
				found = append(found, in)
			}
		}
		after = list[len(list)-1].ID
	}
}
