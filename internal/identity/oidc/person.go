package oidc

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"

	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

var (
	getLink = db.Q("oidc.link.get", `SELECT person FROM oidc_link WHERE issuer = $1 AND subject = $2`)
	putLink = db.Q("oidc.link.put", `
		INSERT INTO oidc_link (issuer, subject, person, provider, created, used) VALUES ($1, $2, $3, $4, $5, $5)
		ON CONFLICT (issuer, subject) DO UPDATE SET person = excluded.person, provider = excluded.provider, used = excluded.used`)
	linksOf   = db.Q("oidc.link.of", `SELECT issuer, provider, created, used FROM oidc_link WHERE person = $1 ORDER BY created, issuer`)
	dropLinks = db.Q("oidc.link.drop", `DELETE FROM oidc_link WHERE person = $1 AND provider = $2`)
)

// pendingLife is how long an answer waits for a mailed code.
const pendingLife = 20 * time.Minute

// recognise finds who an answer is about, or makes them. Of two that make the same
// person at once the second finds whom the first has made.
func (s *Service) recognise(ctx context.Context, p *provider, f flow, a answer, out *Outcome) (err error) {
	for range 3 {
		err = s.DB.Write(ctx, func(tx *db.Tx) error {
			if err := s.takeOnce(ctx, tx, a.Assertion, a.Until); err != nil {
				return err
			}
			return s.recogniseIn(ctx, tx, p, f, a, out)
		})
		if !errs.HasKey(err, "identity.known") && !db.IsUnique(err) {
			return err
		}
	}
	return err
}

func (s *Service) recogniseIn(ctx context.Context, tx *db.Tx, p *provider, f flow, a answer, out *Outcome) error {
	person, err := s.whose(ctx, tx, p, a)
	if err != nil {
		return err
	}
	switch {
	case f.Connect && person != "" && person != f.Person:
		return errs.New(errs.Conflict, "oidc.connect.other", errs.Args{"provider": p.label()})
	case f.Person != "" && !f.Connect && person != f.Person:
		return errs.New(errs.Forbidden, "oidc.level.other", errs.Args{"provider": p.label()})
	case f.Connect:
		person = f.Person
	case person == "":
		known, err := s.maybeKnown(ctx, tx, a)
		if err != nil {
			return err
		}
		if known {
			out.Confirm, out.Email = newSecret(), a.Facts.Email
			return s.keep(ctx, tx, ticketPending, out.Confirm, pendingLife, pending{f, a})
		}
		if person, err = s.create(ctx, tx, f, a, a.Verified); err != nil {
			return err
		}
	}
	out.Proof = p.proof(person, a)
	return s.join(ctx, tx, p, person, a)
}

func (p *provider) proof(person string, a answer) identity.Proof {
	return identity.Proof{Person: person, Method: p.method(), Level: a.Level, At: a.Proved}
}

// whose is the id of the person of an answer; "" where it is of nobody known. Who
// has a fiscal number is that number, whatever the provider calls them; others are
// what the provider calls them. A name that belongs to another fiscal number is
// Unauthenticated "oidc.answer.bad".
func (s *Service) whose(ctx context.Context, tx *db.Tx, p *provider, a answer) (string, error) {
	number := a.Facts.FiscalNumber
	if number != "" {
		found, err := s.People.Match(ctx, tx, identity.Person{FiscalNumber: number})
		if !errs.Is(err, errs.NotFound) {
			return found.ID, err
		}
	}
	var person string
	err := db.One(ctx, tx, getLink, []any{a.Issuer, s.subject(a)}, &person)
	if errors.Is(err, db.ErrNoRow) {
		return "", nil
	}
	if err != nil || number == "" {
		return person, err
	}
	known, err := s.People.GetIn(ctx, tx, person)
	if err == nil && known.FiscalNumber != "" {
		return "", bad("the subject belongs to another fiscal number")
	}
	return person, err
}

// subject is what a provider calls a person, as it is kept.
func (s *Service) subject(a answer) []byte {
	return s.Keys.Index("oidc.subject", a.Issuer+" "+a.Subject)
}

// maybeKnown tells whether somebody known has the address of an answer, and can be
// asked with a code whether it is them.
func (s *Service) maybeKnown(ctx context.Context, tx *db.Tx, a answer) (bool, error) {
	if !a.Verified || !s.Access.Mails() {
		return false, nil
	}
	people, err := s.People.ByContactIn(ctx, tx, a.Facts.Email)
	return len(people) > 0, err
}

// create makes the person of an answer. An address is theirs only if withEmail.
func (s *Service) create(ctx context.Context, tx *db.Tx, f flow, a answer, withEmail bool) (string, error) {
	facts := a.Facts
	facts.Language = cmp.Or(facts.Language, f.Lang)
	if !withEmail {
		facts.Email = ""
	}
	made, err := s.People.CreateIn(ctx, tx, facts)
	if err == nil && withEmail {
		err = s.People.VerifyContactIn(ctx, tx, made.ID)
	}
	return made.ID, err
}

// join makes an answer a person's: what it proves of them, and what the provider
// calls them. Another fiscal number than theirs is Conflict "oidc.connect.fiscal".
func (s *Service) join(ctx context.Context, tx *db.Tx, p *provider, person string, a answer) error {
	known, err := s.People.GetIn(ctx, tx, person)
	if err != nil {
		return err
	}
	if a.Facts.FiscalNumber != "" && known.FiscalNumber != "" && known.FiscalNumber != a.Facts.FiscalNumber {
		return errs.New(errs.Conflict, "oidc.connect.fiscal", errs.Args{"provider": p.label()})
	}
	if p.profile.Proves {
		if err := s.People.ProveIn(ctx, tx, person, a.Facts); err != nil {
			return err
		}
	}
	var before string
	err = db.One(ctx, tx, getLink, []any{a.Issuer, s.subject(a)}, &before)
	if err != nil && !errors.Is(err, db.ErrNoRow) {
		return err
	}
	now := s.Clock.Now()
	if _, err := tx.Exec(ctx, putLink, a.Issuer, s.subject(a), person, p.Name, clock.Micros(now)); err != nil || before == person {
		return err
	}
	return journal.Append(ctx, tx, journal.Act{At: now, Kind: "person.provider-connected", Subject: person, Person: person})
}

// Waiting is the address that an answer which waits for a code is about; Rule
// "oidc.confirm.over".
func (s *Service) Waiting(ctx context.Context, confirm string) (email string, err error) {
	var w pending
	found, err := s.look(ctx, ticketPending, confirm, &w)
	if err == nil && !found {
		return "", errConfirmOver()
	}
	return w.Answer.Facts.Email, err
}

func errConfirmOver() error { return errs.New(errs.Rule, "oidc.confirm.over", nil) }

// Confirm ends the waiting of an answer: it is of the person, who has just answered
// a code that was mailed to its address, or of somebody new where person is "". The
// errors are Rule "oidc.confirm.over" and Conflict "oidc.connect.fiscal".
func (s *Service) Confirm(ctx context.Context, confirm, person string) (out Outcome, err error) {
	defer errs.Wrap(&err, "oidc.Confirm")
	return out, s.DB.Write(ctx, func(tx *db.Tx) error {
		var w pending
		found, err := s.take(ctx, tx, ticketPending, confirm, &w)
		if err != nil {
			return err
		}
		if !found {
			return errConfirmOver()
		}
		p, err := s.provider(w.Flow.Provider)
		if err != nil {
			return err
		}
		who := person
		if who == "" {
			if who, err = s.create(ctx, tx, w.Flow, w.Answer, false); err != nil {
				return err
			}
		}
		out = Outcome{Proof: p.proof(who, w.Answer), Next: w.Flow.Next}
		return s.join(ctx, tx, p, who, w.Answer)
	})
}

// Link is a provider by which a person can come in.
type Link struct {
	Provider, Label string
	Known           bool // the provider is still there
	Created, Used   time.Time
}

// Connected are those of a person, the oldest first.
func (s *Service) Connected(ctx context.Context, person string) (_ []Link, err error) {
	defer errs.Wrap(&err, "oidc.Connected(%q)", person)
	return db.All(ctx, s.DB, linksOf, func(rows *sql.Rows) (l Link, err error) {
		var issuer string
		var created, used int64
		err = rows.Scan(&issuer, &l.Provider, &created, &used)
		l.Label, l.Created, l.Used = l.Provider, clock.FromMicros(created), clock.FromMicros(used)
		if p, bad := s.provider(l.Provider); bad == nil && p.Issuer == issuer {
			l.Known, l.Label = true, p.label()
		}
		return l, err
	}, person)
}

// Disconnect makes a person unknown to a provider: who comes by it again is
// somebody new, unless a fiscal number says who they are. Rule "oidc.link.last"
// where they would have no other way in.
func (s *Service) Disconnect(ctx context.Context, person, name string) (err error) {
	defer errs.Wrap(&err, "oidc.Disconnect(%q, %q)", person, name)
	links, err := s.Connected(ctx, person)
	if err != nil {
		return err
	}
	p, err := s.People.Get(ctx, person)
	if err != nil {
		return err
	}
	if len(links) < 2 && p.FiscalNumber == "" && (p.Verified.IsZero() || !s.Access.Mails()) {
		return errs.New(errs.Rule, "oidc.link.last", nil)
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, dropLinks, person, name)
		if err != nil || n == 0 { // a second tap
			return err
		}
		return journal.Append(ctx, tx, journal.Act{At: s.Clock.Now(), Kind: "person.provider-disconnected", Subject: person, Person: person})
	})
}
