package mandate

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"polis/internal/agenda"
	"polis/internal/fiscal"
	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// Documents are the kinds of document that can be shown.
var Documents = []string{"identity-card", "passport", "licence", "family-record", "court-order"}

// check tells the first thing that is wrong with a document: Invalid, on
// "document", "number" or "date".
func (d Document) check(now time.Time, dated bool) error {
	known := false
	for _, k := range Documents {
		known = known || k == d.Kind
	}
	day, err := time.Parse(time.DateOnly, d.Date)
	switch number := strings.TrimSpace(d.Number); {
	case !known:
		return errs.New(errs.Invalid, "mandate.document", nil).On("document")
	case utf8.RuneCountInString(number) < 3 || utf8.RuneCountInString(number) > 60:
		return errs.New(errs.Invalid, "mandate.number", nil).On("number")
	case dated && (err != nil || day.After(now)):
		return errs.New(errs.Invalid, "mandate.date", nil).On("date")
	}
	return nil
}

// Recording is a mandate that somebody writes down after seeing a document.
type Recording struct {
	Kind      Kind // Parent or Guardian
	Principal string
	Agent     string
	Document  Document
	Until     agenda.Date // zero for Parent: until they are of age
}

// Record writes down who may act for whom. site is where the actor works. The
// errors are those of Actor.Check, NotFound "identity.unknown", Invalid on the
// fields of the document, "kind" and "until", and Rule "mandate.own" where it is
// about the actor, "mandate.self", "mandate.no-birth" and "mandate.of-age".
func (s *Service) Record(ctx context.Context, actor identity.Actor, site string, in Recording) (m Mandate, err error) {
	defer errs.Wrap(&err, "mandate.Record(%q)", in.Kind)
	if err := actor.Check(identity.MandateWrite, identity.Site(site)); err != nil {
		return m, err
	}
	now := s.Clock.Now()
	if err := actor.CheckDanger(identity.DangerMandates, now); err != nil {
		return m, err
	}
	switch {
	case in.Kind != Parent && in.Kind != Guardian:
		return m, errs.New(errs.Invalid, "mandate.kind", nil).On("kind")
	case in.Principal == actor.Person || in.Agent == actor.Person:
		return m, errs.New(errs.Rule, "mandate.own", nil)
	case in.Principal == in.Agent:
		return m, errs.New(errs.Rule, "mandate.self", nil).On("target")
	}
	if err := in.Document.check(now, true); err != nil {
		return m, err
	}
	return m, s.DB.Write(ctx, func(tx *db.Tx) error {
		principal, err := s.People.GetIn(ctx, tx, in.Principal)
		if err != nil {
			return err
		}
		if _, err := s.People.GetIn(ctx, tx, in.Agent); err != nil {
			return err
		}
		ends, err := endOf(in, principal, now)
		if err != nil {
			return err
		}
		m = Mandate{
			ID: s.IDs(), Kind: in.Kind, Principal: in.Principal, Agent: in.Agent, State: Active, Document: in.Document,
			GivenBy: actor.Person, Created: now, Starts: now, Ends: ends,
		}
		return s.insert(ctx, tx, m, "mandate.recorded")
	})
}

// endOf is when a mandate that is written down ends: as asked, and of a parent at
// the latest when the child is of age.
func endOf(in Recording, principal identity.Person, now time.Time) (ends time.Time, err error) {
	r := kinds[in.Kind]
	if in.Until != (agenda.Date{}) {
		ends = dayAfter(in.Until)
	}
	if r.minors {
		adult, known := adulthood(principal.BirthDate, zone)
		switch {
		case !known:
			return ends, errs.New(errs.Rule, "mandate.no-birth", nil)
		case !now.Before(adult):
			return ends, errs.New(errs.Rule, "mandate.of-age", nil)
		case ends.IsZero() || ends.After(adult):
			ends = adult
		}
	}
	if !ends.After(now) || r.most > 0 && ends.After(now.Add(r.most)) {
		return ends, errs.New(errs.Invalid, "mandate.until", nil).On("until")
	}
	return ends, nil
}

// Find is the citizen in front of somebody who works at a site: by exactly their
// fiscal number, or by a pass of theirs. Looking is an act, and counted. NotFound
// "identity.unknown"; TooMany "identity.too-many".
func (s *Service) Find(ctx context.Context, actor identity.Actor, site, text string) (p identity.Person, err error) {
	defer errs.Wrap(&err, "mandate.Find")
	if err := actor.Check(identity.PersonAssist, identity.Site(site)); err != nil {
		return p, err
	}
	if err := s.Access.CountLookup(ctx, actor.Person); err != nil {
		return p, err
	}
	if p, err = s.find(ctx, actor, site, text); err != nil {
		return p, err
	}
	return p, s.People.NoteRead(ctx, actor, identity.Reading{Page: "assist", Site: site, Of: []identity.Seen{{Person: p.ID}}})
}

func (s *Service) find(ctx context.Context, actor identity.Actor, site, text string) (identity.Person, error) {
	p, err := s.People.ByFiscalNumber(ctx, text)
	if !errs.Is(err, errs.NotFound) || s.ByPass == nil || !strings.HasPrefix(strings.TrimSpace(text), "POLIS") {
		return p, err
	}
	id, err := s.ByPass(ctx, actor, site, strings.TrimSpace(text))
	if err != nil {
		return identity.Person{}, errs.New(errs.NotFound, "identity.unknown", nil)
	}
	return s.People.Get(ctx, id)
}

// Assist begins to act for the citizen in front of the actor: proved by a
// document that the actor has seen and attests, or (an empty document) by the code
// that AskOf of Access has mailed to them, which Confirm takes. It holds for a
// quarter of an hour, at one site. The errors are those of Actor.Check, NotFound
// "identity.unknown", Rule "mandate.own", and Invalid on the fields of the document.
func (s *Service) Assist(ctx context.Context, actor identity.Actor, site, citizen string, seen Document) (m Mandate, err error) {
	defer errs.Wrap(&err, "mandate.Assist(%q)", citizen)
	if err := actor.Check(identity.PersonAssist, identity.Site(site)); err != nil {
		return m, err
	}
	if citizen == actor.Person {
		return m, errs.New(errs.Rule, "mandate.own", nil)
	}
	now := s.Clock.Now()
	m = Mandate{
		ID: s.IDs(), Kind: Counter, Principal: citizen, Agent: actor.Person, Site: site, State: Active, Document: seen,
		GivenBy: actor.Person, Created: now, Starts: now, Ends: now.Add(kinds[Counter].most),
	}
	if seen == (Document{}) {
		m.State = Offered
	} else if err := seen.check(now, false); err != nil {
		return m, err
	}
	return m, s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.People.GetIn(ctx, tx, citizen); err != nil {
			return err
		}
		return s.insert(ctx, tx, m, "mandate.assisted")
	})
}

// Confirm lets a mandate at a counter hold, once the citizen has said the code of
// which id is what the actor's browser remembers: for a quarter of an hour from
// now. Rule "identity.code.over"; NotFound "mandate.unknown".
func (s *Service) Confirm(ctx context.Context, actor identity.Actor, mandate, code string) (err error) {
	defer errs.Wrap(&err, "mandate.Confirm(%q)", mandate)
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		m, err := s.get(ctx, tx, mandate)
		if err == nil && (m.Kind != Counter || m.Agent != actor.Person || m.State != Offered || !s.Clock.Now().Before(m.Ends)) {
			err = errUnknown()
		}
		if err != nil {
			return err
		}
		if err := actor.Check(identity.PersonAssist, identity.Site(m.Site)); err != nil {
			return err
		}
		if err := s.Access.TakeAskedOf(ctx, tx, code, m.Principal); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, acceptMandate, mandate, actor.Person, clock.Micros(s.Clock.Now()))
		if err == nil && n == 0 {
			err = errUnknown()
		}
		if err != nil {
			return err
		}
		return s.note(ctx, tx, "mandate.confirmed", m, actor.Person)
	})
}

// toOf is the address to which a mandate was offered.
func (s *Service) toOf(ctx context.Context, m Mandate) (string, error) {
	var data []byte
	if err := db.One(ctx, s.DB, dataOf, []any{m.ID}, &data); err != nil {
		return "", err
	}
	plain, err := s.People.Open(ctx, m.Principal, placeOf(m.ID), data)
	if err != nil {
		return "", err
	}
	var x sealed
	err = json.Unmarshal(plain, &x)
	return x.To, err
}

var dataOf = db.Q("mandate.data", `SELECT data FROM mandate WHERE id = $1`)

// Enrol makes a person of whom nothing is known yet but what a document says:
// fiscal number and names, which must agree. The birth date is that of the fiscal
// number. The errors are those of Actor.Check, Invalid on the fields, and Conflict
// "identity.known".
func (s *Service) Enrol(ctx context.Context, actor identity.Actor, site string, p identity.Person, seen Document) (_ identity.Person, err error) {
	defer errs.Wrap(&err, "mandate.Enrol")
	if err := actor.Check(identity.PersonAssist, identity.Site(site)); err != nil {
		return p, err
	}
	now := s.Clock.Now()
	if err := seen.check(now, false); err != nil {
		return p, err
	}
	number, err := fiscal.Parse(p.FiscalNumber, now)
	if err != nil {
		return p, errs.New(errs.Invalid, "identity.invalid.fiscal_number", nil).On("fiscal_number")
	}
	for field, value := range map[string]string{"given_name": p.GivenName, "family_name": p.FamilyName} {
		if strings.TrimSpace(value) == "" {
			return p, errs.New(errs.Invalid, "identity.invalid."+field, nil).On(field)
		}
	}
	if !number.Fits(p.FamilyName, p.GivenName) {
		return p, errs.New(errs.Rule, "mandate.names-differ", nil).On("family_name")
	}
	b := number.BirthDate
	p.BirthDate = fmt.Sprintf("%04d-%02d-%02d", b.Year, b.Month, b.Day)
	return p, s.DB.Write(ctx, func(tx *db.Tx) error {
		if p, err = s.People.CreateIn(ctx, tx, p); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Act{At: now, Kind: "person.enrolled", Subject: p.ID, Person: actor.Person})
	})
}

// Leave ends a mandate at a counter whose citizen goes.
func (s *Service) Leave(ctx context.Context, actor identity.Actor) (err error) {
	defer errs.Wrap(&err, "mandate.Leave(%q)", actor.Under.ID)
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		m, err := s.get(ctx, tx, actor.Under.ID)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, endMandate, m.ID, clock.Micros(s.Clock.Now()), actor.By)
		if err != nil || n == 0 {
			return err
		}
		return s.note(ctx, tx, "mandate.ended", m, actor.By)
	})
}

// parseDay reads a civil date.
func parseDay(text string) (agenda.Date, error) {
	t, err := time.Parse(time.DateOnly, text)
	return agenda.DateOf(t), err
}
