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

// Moving are the codes of somebody who changes their address: an open session
// alone takes it from nobody.
type Moving struct {
	New string // id of the code for the new address
	Old string // and for the one so far; "" where that was never verified
}

// AskContact mails the codes for a new address of the actor; before are those
// that this browser asked for before. The errors are those of Ask, and Invalid
// "identity.contact.same" on "email".
func (a *Access) AskContact(ctx context.Context, actor Actor, in Asking, before Moving) (m Moving, err error) {
	defer errs.Wrap(&err, "identity.AskContact(%q)", actor.Person)
	if err := actor.Check(AccountOwn, Of(actor.Person)); err != nil {
		return m, err
	}
	if err := a.danger(actor, DangerContact); err != nil {
		return m, err
	}
	p, err := a.People.Get(ctx, actor.Person)
	if err != nil {
		return m, err
	}
	in.Person, in.Before = actor.Person, before.New
	askNew, id, err := a.asking(ctx, in)
	if err != nil {
		return m, err
	}
	m.New = id
	askOld := func(*db.Tx) error { return nil }
	if !p.Verified.IsZero() {
		if indexedContact(p.Email) == indexedContact(in.Address) {
			return Moving{}, errs.New(errs.Invalid, "identity.contact.same", nil).On("email")
		}
		in.Address, in.Before, in.leaving = p.Email, before.Old, true
		if askOld, m.Old, err = a.asking(ctx, in); err != nil {
			return Moving{}, err
		}
	}
	return m, a.db.Write(ctx, func(tx *db.Tx) error {
		if err := askNew(tx); err != nil {
			return err
		}
		return askOld(tx)
	})
}

// Proved tells whether a code was answered rightly and is alive.
func (a *Access) Proved(ctx context.Context, id string) (bool, error) {
	var data []byte
	err := db.One(ctx, a.db, provedCode, []any{id, clock.Micros(a.clk.Now())}, &data)
	if errors.Is(err, db.ErrNoRow) {
		return false, nil
	}
	return err == nil, err
}

// TakeContact makes the address that a code of the person has proved theirs, if
// another has proved the one so far where that is verified, and tells the address
// before; Rule "identity.code.over".
func (a *Access) TakeContact(ctx context.Context, actor Actor, m Moving) (err error) {
	defer errs.Wrap(&err, "identity.TakeContact(%q)", actor.Person)
	if err := actor.Check(AccountOwn, Of(actor.Person)); err != nil {
		return err
	}
	return a.db.Write(ctx, func(tx *db.Tx) error {
		c, err := a.takeProof(ctx, tx, m.New)
		if err != nil {
			return err
		}
		if c.Person != actor.Person || c.Leaving || c.Assist {
			return errCodeOver()
		}
		before, err := a.People.changeIn(ctx, tx, actor.Person, func(p *Person) { p.Email = c.Address })
		if err != nil {
			return err
		}
		if err := a.provesOld(ctx, tx, before, m.Old); err != nil {
			return err
		}
		now := a.clk.Now()
		if _, err := tx.Exec(ctx, verifyContact, actor.Person, clock.Micros(now)); err != nil {
			return err
		}
		if err := a.tellBefore(ctx, tx, actor.Person, before.Email, c.Address); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Act{At: now, Kind: "person.contact-changed", Subject: actor.Person, Person: actor.Person})
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
	for _, kind := range []string{codeMail{}.Kind(), invitationMail{}.Kind(), movedMail{}.Kind(), newBrowserMail{}.Kind()} {
		dropped, err := jobs.Drop(ctx, tx, kind, now)
		if err != nil {
			return n, err
		}
		n += len(dropped)
	}
	return n, nil
}
