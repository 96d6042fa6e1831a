package notify

import (
	"polis/internal/identity"
	"polis/internal/platform/i18n"
	"polis/internal/platform/letter"
)

// What a Composer has to say is a letter.
type (
	Letter = letter.Letter
	Part   = letter.Part
	Quote  = letter.Quote
)

// Letter is a letter that greets a person.
func (s *Service) Letter(p *i18n.Printer, to identity.Person) Letter {
	name := ""
	if to.GivenName+to.FamilyName != "" {
		name = to.FullName()
	}
	return letter.New(p, s.Look, name)
}
