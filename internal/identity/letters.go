package identity

import (
	"context"
	"errors"
	"time"

	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/letter"
	"polis/internal/platform/mail"
)

// Letter begins a letter of the rooms below, in a language; name is whom it
// greets, "" for nobody.
func (a *Access) Letter(lang, name string) letter.Letter { return a.letter(lang, name) }

// Post sends such a letter; an address that does not take it is no error.
func (a *Access) Post(ctx context.Context, id, to, name string, l letter.Letter) error {
	err := a.post(ctx, id, to, name, l)
	var rejected *mail.Rejected
	if errors.As(err, &rejected) {
		a.Log.Info("a letter was rejected", "letter", id, "code", rejected.Code, "status", rejected.Status)
		return nil
	}
	return err
}

// Address is an address as letters go to it and as people are found by it; Invalid
// on "email".
func Address(text string) (string, error) { return mailable(text) }

// Host is the address of the pages as people read it.
func (a *Access) Host() string { return a.host() }

// lookupsOfPerson is how often somebody at a desk looks for people: more than
// come, far fewer than who wants to know who has an account.
var lookupsOfPerson = Limit{"lookups.person", 60, time.Minute}

// CountLookup counts that somebody looks for a person; TooMany
// "identity.too-many".
func (a *Access) CountLookup(ctx context.Context, who string) error {
	return a.db.Write(ctx, func(tx *db.Tx) error { return a.Limits.takeIn(ctx, tx, lookupsOfPerson, who) })
}

// CountLetter counts a letter to an address that somebody has typed; TooMany on
// "email".
func (a *Access) CountLetter(ctx context.Context, tx *db.Tx, by, address string) error {
	return a.mayMail(ctx, tx, by, address)
}

// AskOf mails a code to a person, who says it to whom they want to act for them.
// It proves nothing else. The errors are those of Ask, and Rule
// "identity.assist.no-address" where they have no verified address.
func (a *Access) AskOf(ctx context.Context, p Person, in Asking) (id string, err error) {
	defer errs.Wrap(&err, "identity.AskOf(%q)", p.ID)
	if p.Email == "" || p.Verified.IsZero() {
		return "", errs.New(errs.Rule, "identity.assist.no-address", nil)
	}
	in.Address, in.Person, in.assist = p.Email, p.ID, true
	return a.Ask(ctx, in)
}

// TakeAskedOf ends a code of AskOf that was answered rightly; Rule
// "identity.code.over" where it is none of this person.
func (a *Access) TakeAskedOf(ctx context.Context, tx *db.Tx, id, person string) error {
	c, err := a.takeProof(ctx, tx, id)
	if err == nil && (!c.Assist || c.Person != person) {
		err = errCodeOver()
	}
	return err
}
