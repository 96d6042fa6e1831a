package mandate

import (
	"context"
	"time"

	"polis/internal/agenda"
	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/jobs"
	"polis/internal/platform/web"
)

// mostOffers is how many mandates somebody may have waiting for an answer.
const mostOffers = 10

// Offer is a mandate that a principal gives.
type Offer struct {
	To    string // e-mail address or fiscal number of who is to act
	Until agenda.Date
}

// Offer gives somebody a mandate, who then accepts it: found by an address that
// they have proved, or by their fiscal number. Nothing tells whether they are
// known. The errors are Invalid "identity.target" on "target" and "mandate.until"
// on "until", Rule "mandate.self" on "target" and "mandate.many", and those of
// Actor.Check and of letters.
func (s *Service) Offer(ctx context.Context, actor identity.Actor, in Offer) (id string, err error) {
	defer errs.Wrap(&err, "mandate.Offer(%q)", actor.Person)
	if err := actor.Check(identity.MandateOwn, identity.Of(actor.Person)); err != nil {
		return "", err
	}
	if err := actor.CheckDanger(identity.DangerMandates, s.Clock.Now()); err != nil {
		return "", err
	}
	to, err := s.People.Target(in.To)
	if err != nil {
		return "", err
	}
	now := s.Clock.Now()
	ends := dayAfter(in.Until)
	if !ends.After(now) || ends.After(now.Add(kinds[Delegate].most)) {
		return "", errs.New(errs.Invalid, "mandate.until", nil).On("until")
	}
	m := Mandate{
		ID: s.IDs(), Kind: Delegate, Principal: actor.Person, State: Offered, To: to.Text, target: to.Index,
		GivenBy: actor.Person, Created: now, Starts: now, Ends: ends,
	}
	return m.ID, s.DB.Write(ctx, func(tx *db.Tx) error {
		self, err := s.People.IsTarget(ctx, tx, actor.Person, to.Index)
		if err != nil {
			return err
		}
		if self {
			return errs.New(errs.Rule, "mandate.self", nil).On("target")
		}
		waiting := 0
		if err := db.One(ctx, tx, countOffers, []any{actor.Person, clock.Micros(now)}, &waiting); err != nil {
			return err
		}
		if waiting >= mostOffers {
			return errs.New(errs.Rule, "mandate.many", errs.Args{"count": mostOffers})
		}
		if err := s.insert(ctx, tx, m, "mandate.offered"); err != nil {
			return err
		}
		return s.announce(ctx, tx, m, to)
	})
}

// announce has a letter written to who is to act, where they can be reached.
func (s *Service) announce(ctx context.Context, tx *db.Tx, m Mandate, to identity.Target) error {
	if !to.Email || !s.Access.Mails() {
		return nil
	}
	if err := s.Access.CountLetter(ctx, tx, m.Principal, to.Text); err != nil {
		return err
	}
	tx.After(s.wake)
	return jobs.Enqueue(ctx, tx, offerMail{m.ID}, s.Clock.Now())
}

// dayAfter is the instant at which a day is over.
func dayAfter(day agenda.Date) time.Time {
	return time.Date(day.Year, day.Month, day.Day+1, 0, 0, 0, 0, zone)
}

// offeredTo is a mandate that waits for the actor; NotFound "mandate.unknown".
func (s *Service) offeredTo(ctx context.Context, tx *db.Tx, actor identity.Actor, id string) (Mandate, error) {
	m, err := s.get(ctx, tx, id)
	if err != nil {
		return m, err
	}
	mine, err := s.People.IsTarget(ctx, tx, actor.Person, m.target)
	if err == nil && (!mine || m.State != Offered || m.Principal == actor.Person || m.Kind == Counter || !s.Clock.Now().Before(m.Ends)) {
		err = errUnknown()
	}
	return m, err
}

// Accept takes a mandate that waits for the actor, who may act from then on.
// NotFound "mandate.unknown".
func (s *Service) Accept(ctx context.Context, actor identity.Actor, id string) error {
	return s.answer(ctx, actor, id, "mandate.accepted", acceptMandate, actor.Person, clock.Micros(s.Clock.Now()))
}

// Decline refuses a mandate that waits for the actor. NotFound "mandate.unknown".
func (s *Service) Decline(ctx context.Context, actor identity.Actor, id string) error {
	return s.answer(ctx, actor, id, "mandate.declined", declineMandate)
}

func (s *Service) answer(ctx context.Context, actor identity.Actor, id, kind string, q db.Query, args ...any) (err error) {
	defer errs.Wrap(&err, "mandate.answer(%q)", id)
	if err := actor.Check(identity.MandateOwn, identity.Of(actor.Person)); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		m, err := s.offeredTo(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, q, append([]any{id}, args...)...)
		if err == nil && n == 0 {
			err = errUnknown()
		}
		if err != nil {
			return err
		}
		m.Agent = actor.Person
		return s.note(ctx, tx, kind, m, actor.Person)
	})
}

// offerMail is the job that tells somebody that a mandate waits for them.
type offerMail struct{ Mandate string }

func (offerMail) Kind() string { return "mandate.offer" }

func (s *Service) sendOffer(ctx context.Context, job offerMail) error {
	m, err := s.get(ctx, s.DB, job.Mandate)
	if errs.Is(err, errs.NotFound) || err == nil && m.State != Offered {
		return nil
	}
	if err != nil {
		return err
	}
	principal, err := s.People.Get(ctx, m.Principal)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	to, err := s.toOf(ctx, m)
	if err != nil {
		return err
	}
	l := s.Access.Letter(principal.Language, "")
	l.Subject = l.T("mandate.mail.offer.subject")
	l.Title = l.Subject
	l.Lead = []string{l.T("mandate.mail.offer.text", "name", principal.DisplayName(), "day", l.DateShort(m.Ends.Add(-time.Second).In(zone)))}
	l.NextTitle = l.T("mandate.mail.next")
	l.Next = []string{l.T("mandate.mail.offer.how"), l.T("mandate.mail.offer.unexpected")}
	l.Links = []web.Link{{Href: s.Access.URL + Path, Text: l.T("mandate.mail.open")}}
	return s.Access.Post(ctx, "mandate-"+m.ID, to, "", l)
}

// begunMail is the job that tells a principal that somebody acts for them.
type begunMail struct{ ID, Mandate string }

func (begunMail) Kind() string { return "mandate.begun" }

func (s *Service) sendBegun(ctx context.Context, job begunMail) error {
	m, err := s.get(ctx, s.DB, job.Mandate)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	both, err := s.People.Many(ctx, []string{m.Principal, m.Agent})
	principal, known := both[m.Principal]
	if err != nil || !known || principal.Email == "" {
		return err
	}
	l := s.Access.Letter(principal.Language, principal.FullName())
	l.Subject = l.T("mandate.mail.begun.subject")
	l.Title = l.Subject
	l.Lead = []string{l.T("mandate.mail.begun.text", "name", both[m.Agent].DisplayName(), "kind", l.T(m.Kind.Label()), "when", l.DateTime(m.Begun.In(zone)))}
	l.NextTitle = l.T("mandate.mail.next")
	l.Next = []string{l.T("mandate.mail.begun.what"), l.T("mandate.mail.begun.end")}
	l.Links = []web.Link{{Href: s.Access.URL + Path, Text: l.T("mandate.mail.see")}}
	return s.Access.Post(ctx, job.ID, principal.Email, principal.FullName(), l)
}
