package identity

import (
	"context"
	"errors"
	"time"

	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/jobs"
	"polis/internal/platform/mail"
)

// TakeContact makes the address that a code of the person has proved theirs,
// and tells the address before; Rule "identity.code.over".
func (a *Access) TakeContact(ctx context.Context, actor Actor, id string) (err error) {
	defer errs.Wrap(&err, "identity.TakeContact(%q)", actor.Person)
	if err := actor.Check(AccountOwn, Of(actor.Person)); err != nil {
		return err
	}
	return a.db.Write(ctx, func(tx *db.Tx) error {
		c, err := a.takeProof(ctx, tx, id)
		if err != nil {
			return err
		}
		if c.Person != actor.Person {
			return errCodeOver()
		}
		p, err := a.People.getIn(ctx, tx, actor.Person)
		if err != nil {
			return err
		}
		before := p.Email
		p.Email = c.Address
		if _, err := a.People.UpdateIn(ctx, tx, p); err != nil {
			return err
		}
		now := a.clk.Now()
		if _, err := tx.Exec(ctx, verifyContact, p.ID, clock.Micros(now)); err != nil {
			return err
		}
		if err := a.tellBefore(ctx, tx, p.ID, before, c.Address); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Act{At: now, Kind: "person.contact-changed", Subject: p.ID, Person: actor.Person})
	})
}

// movedMail is the job that tells an address that it is somebody's no more. The
// address is encrypted with the key of the person.
type movedMail struct {
	ID     string
	Person string
	Before []byte
}

func (movedMail) Kind() string { return "identity.moved" }

func placeOfBefore(person string) string { return "person.before:" + person }

// tellBefore writes to the address that a person had, so that who did not change
// it hears of it.
func (a *Access) tellBefore(ctx context.Context, tx *db.Tx, person, before, now string) error {
	if before == "" || indexedContact(before) == now || !a.Mails() {
		return nil
	}
	sealed, err := a.People.SealIn(ctx, tx, person, placeOfBefore(person), []byte(before))
	if err != nil {
		return err
	}
	tx.After(a.wake)
	return jobs.Enqueue(ctx, tx, movedMail{a.ids(), person, sealed}, a.clk.Now())
}

func (a *Access) sendMoved(ctx context.Context, m movedMail) error {
	p, err := a.People.Get(ctx, m.Person)
	if errs.Is(err, errs.NotFound) { // forgotten since
		return nil
	}
	if err != nil {
		return err
	}
	before, err := a.People.Open(ctx, m.Person, placeOfBefore(m.Person), m.Before)
	if err != nil {
		return err
	}
	l := a.letter(p.Language, "")
	l.Subject = l.T("identity.mail.moved.subject")
	l.Title = l.Subject
	l.Lead = []string{l.T("identity.mail.moved.text", "address", a.host()), l.T("identity.mail.moved.not-you")}
	err = a.post(ctx, m.ID, string(before), "", l)
	var rejected *mail.Rejected
	if errors.As(err, &rejected) { // the address is gone
		return nil
	}
	return err
}

// ForgetMails gives up, in a copy of an installation, the messages that were due
// by now: the installation that it is a copy of has sent them. It returns how
// many it gave up.
func ForgetMails(ctx context.Context, tx *db.Tx, now time.Time) (n int, err error) {
	for _, kind := range []string{codeMail{}.Kind(), invitationMail{}.Kind(), movedMail{}.Kind()} {
		dropped, err := jobs.Drop(ctx, tx, kind, now)
		if err != nil {
			return n, err
		}
		n += len(dropped)
	}
	return n, nil
}
