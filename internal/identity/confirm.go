package identity

import (
	"context"

	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// ConfirmPath is the address of the page on which somebody who is signed in proves
// anew who they are.
const ConfirmPath = SignInPath + "/conferma"

// AskConfirm mails a code to the address of a person who is signed in, with which
// they prove anew who they are. The errors are those of Ask, and Rule
// "identity.confirm.no-address" where they have none that was verified.
func (a *Access) AskConfirm(ctx context.Context, person string, in Asking) (id string, err error) {
	defer errs.Wrap(&err, "identity.AskConfirm(%q)", person)
	p, err := a.People.Get(ctx, person)
	if err != nil {
		return "", err
	}
	if p.Email == "" || p.Verified.IsZero() {
		return "", errs.New(errs.Rule, "identity.confirm.no-address", nil)
	}
	in.Address, in.Person, in.confirms = p.Email, "", person
	return a.Ask(ctx, in)
}

// Confirm ends a code that was answered rightly, and returns what it proves of the
// person; Rule "identity.code.over" where it was for somebody or something else, or
// where their address is another by now.
func (a *Access) Confirm(ctx context.Context, person, id string) (p Proof, err error) {
	defer errs.Wrap(&err, "identity.Confirm(%q)", person)
	return Proof{Person: person, Method: "code", Level: LevelLow, At: a.clk.Now()}, a.db.Write(ctx, func(tx *db.Tx) error {
		c, err := a.takeProof(ctx, tx, id)
		if err != nil {
			return err
		}
		now, err := a.People.getIn(ctx, tx, person)
		if err != nil {
			return err
		}
		if c.Confirms != person || c.Address != indexedContact(now.Email) {
			return errCodeOver()
		}
		return nil
	})
}
