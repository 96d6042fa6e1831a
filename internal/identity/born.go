package identity

import (
	"context"
	"time"

	"polis/internal/fiscal"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
)

// bornFacts are what the fiscal number of somebody says of their birth.
func bornFacts(p *i18n.Printer, person Person, now time.Time) []web.Fact {
	facts := []web.Fact{{Name: p.T("identity.profile.fiscal"), Value: person.FiscalNumber}}
	cf, err := fiscal.Parse(person.FiscalNumber, now)
	if err != nil { // of an organisation
		return facts
	}
	born := time.Date(cf.BirthDate.Year, time.Month(cf.BirthDate.Month), cf.BirthDate.Day, 0, 0, 0, 0, time.UTC)
	if day, err := time.Parse(time.DateOnly, person.BirthDate); err == nil { // the number has two digits of the year
		born = day
	}
	facts = append(facts, web.Fact{Name: p.T("identity.profile.birth"), Value: p.DateShort(born)})
	place := p.T("identity.birth.abroad", "code", cf.Place)
	if cf.Place[0] != 'Z' {
		place = placeName(cf.Place)
	}
	facts = append(facts, web.Fact{Name: p.T("identity.birth.place"), Value: place})
	if cf.Omocodia {
		facts = append(facts, web.Fact{Name: p.T("identity.birth.omocodia"), Value: p.T("identity.birth.omocodia-text", "number", fiscal.Base(person.FiscalNumber))})
	}
	return facts
}

// Alike are the people whose fiscal number the rules would give to the same
// person: with letters for digits (omocodia), where two people had the same. They
// may be one person who is known twice, or two; nothing is ever merged by it.
func (s *People) Alike(ctx context.Context, p Person) (_ []Person, err error) {
	defer errs.Wrap(&err, "identity.Alike(%q)", p.ID)
	var found []Person
	for _, number := range fiscal.Variants(p.FiscalNumber) {
		if number == fiscal.Normalize(p.FiscalNumber) {
			continue
		}
		some, err := db.All(ctx, s.db, personByFiscal, s.scan, s.keys.index("fiscal", number))
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
	}
	return found, nil
}
