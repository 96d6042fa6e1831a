package identity

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// SomebodyNew is the choice of who is none of the people with an address.
const SomebodyNew = "new"

var (
	oneByOne = db.Q("identity.enter.alone", `
		INSERT INTO signin_limit (id, free) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET free = excluded.free`)
	verifyContact = db.Q("identity.person.verify-contact", `UPDATE person SET contact_verified = $2 WHERE id = $1`)
	putLink       = db.Q("identity.link.put", `INSERT INTO signin_link (hash, person, expires) VALUES ($1, $2, $3)`)
	getLink       = db.Q("identity.link.get", `SELECT person FROM signin_link WHERE hash = $1 AND expires > $2`)
	takeLink      = db.Q("identity.link.take", `DELETE FROM signin_link WHERE hash = $1 AND expires > $2 RETURNING person`)
)

// known are the people who can come in by an address: those of whom a name or a
// fiscal number is known, or who did before. Where somebody only once wrote from
// there, it is the first of these.
func (a *Access) known(ctx context.Context, r db.Reader, address string) ([]Person, error) {
	all, err := a.People.ByContactIn(ctx, r, address)
	if err != nil {
		return nil, err
	}
	named := slices.DeleteFunc(slices.Clone(all), func(p Person) bool {
		return p.GivenName+p.FamilyName+p.FiscalNumber == "" && p.Verified.IsZero()
	})
	if len(named) == 0 {
		return all[:min(1, len(all))], nil
	}
	return named, nil
}

// alone lets one transaction after the other make somebody of an address: who
// comes at the same time waits, and then finds whom the first has made.
func (a *Access) alone(ctx context.Context, tx *db.Tx, address string) error {
	_, err := tx.Exec(ctx, oneByOne, a.keys.index("limit.enter", address), clock.Micros(a.clk.Now()))
	return err
}

// Enter makes of a code that was answered rightly the person who comes in: the
// one with its address, or somebody new. The code is worth nothing afterwards.
// choice is "" or, after Conflict "identity.choose" where several share the
// address, the id of one of Choices or SomebodyNew. An id of somebody else is
// NotFound "identity.unknown"; a code that is not there is Rule
// "identity.code.over".
func (a *Access) Enter(ctx context.Context, id, choice string) (p Person, err error) {
	defer errs.Wrap(&err, "identity.Enter")
	return p, a.db.Write(ctx, func(tx *db.Tx) error {
		c, err := a.takeProof(ctx, tx, id)
		if err != nil {
			return err
		}
		if c.Person != "" || c.Confirms != "" { // it was asked for something else
			return errCodeOver()
		}
		if err := a.alone(ctx, tx, c.Address); err != nil {
			return err
		}
		people, err := a.known(ctx, tx, c.Address)
		if err != nil {
			return err
		}
		p, err = a.choose(ctx, tx, people, choice, Person{Email: c.Address, Language: c.Language})
		if err != nil {
			return err
		}
		if indexedContact(p.Email) != c.Address { // they came by another of theirs
			return nil
		}
		_, err = tx.Exec(ctx, verifyContact, p.ID, clock.Micros(a.clk.Now()))
		return err
	})
}

// choose is one of some people, or fresh made where there is none or that is
// the choice.
func (a *Access) choose(ctx context.Context, tx *db.Tx, people []Person, choice string, fresh Person) (Person, error) {
	switch {
	case choice == "" && len(people) > 1:
		return Person{}, errs.New(errs.Conflict, "identity.choose", nil)
	case choice == SomebodyNew || choice == "" && len(people) == 0:
		return a.People.CreateIn(ctx, tx, fresh)
	case choice == "":
		return people[0], nil
	}
	if i := slices.IndexFunc(people, func(p Person) bool { return p.ID == choice }); i >= 0 {
		return people[i], nil
	}
	return Person{}, errs.New(errs.NotFound, "identity.unknown", nil)
}

var provedCode = db.Q("identity.code.proved", `SELECT data FROM signin_code WHERE id = $1 AND expires > $2 AND proved IS NOT NULL`)

// Choices are the people who share the address of a code that was answered
// rightly; Rule "identity.code.over".
func (a *Access) Choices(ctx context.Context, id string) (_ []Person, err error) {
	defer errs.Wrap(&err, "identity.Choices")
	var data []byte
	err = db.One(ctx, a.db, provedCode, []any{id, clock.Micros(a.clk.Now())}, &data)
	if errors.Is(err, db.ErrNoRow) {
		return nil, errCodeOver()
	}
	if err != nil {
		return nil, err
	}
	c, err := a.openChallenge(id, data)
	if err != nil {
		return nil, err
	}
	return a.known(ctx, a.db, c.Address)
}

// Profile is what a person says of themselves.
type Profile struct{ GivenName, FamilyName, Language string }

func profileOf(p Person) Profile { return Profile{p.GivenName, p.FamilyName, p.Language} }

// Rev is another for another profile: a form carries the one that it was filled
// from.
func (p Profile) Rev() string {
	return revOf([]byte(strings.Join([]string{p.GivenName, p.FamilyName, p.Language}, "\x00")))
}

// SaveProfile changes name and language of the actor; rev is that of the profile
// that they saw. Names that are proved stay as they are. The errors are Invalid, on "given_name", "family_name" or
// "language", and Conflict "identity.changed" where it is another by now.
func (a *Access) SaveProfile(ctx context.Context, actor Actor, in Profile, rev string) (err error) {
	defer errs.Wrap(&err, "identity.SaveProfile(%q)", actor.Person)
	if err := actor.Check(AccountOwn, Of(actor.Person)); err != nil {
		return err
	}
	proved, err := a.People.Proved(ctx, actor.Person)
	if err != nil {
		return err
	}
	for field, value := range map[string]string{"given_name": in.GivenName, "family_name": in.FamilyName} {
		if normalName(value) == "" && proved.IsZero() {
			return errs.New(errs.Invalid, "identity.invalid."+field, nil).On(field)
		}
	}
	return a.db.Write(ctx, func(tx *db.Tx) error {
		p, err := a.People.getIn(ctx, tx, actor.Person)
		if err != nil {
			return err
		}
		now := profileOf(p)
		if p.Language = in.Language; proved.IsZero() {
			p.GivenName, p.FamilyName = in.GivenName, in.FamilyName
		}
		if p, err = p.normalised(); err != nil || profileOf(p) == now { // a second tap
			return err
		}
		if now.Rev() != rev {
			return errChanged()
		}
		if _, err = a.People.UpdateIn(ctx, tx, p); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Act{At: a.clk.Now(), Kind: "person.changed", Subject: p.ID, Person: actor.Person})
	})
}

// linkLife is how long a link to sign in can be used.
const linkLife = time.Hour

// linkPath is the address of the page on which a link is used.
const linkPath = SignInPath + "/link"

// Link makes an address with which a person signs in once, within an hour: for
// who runs the program and whose mail does not arrive. NotFound
// "identity.unknown".
func (a *Access) Link(ctx context.Context, person string) (address string, err error) {
	defer errs.Wrap(&err, "identity.Link(%q)", person)
	if _, err := a.People.Get(ctx, person); err != nil {
		return "", err
	}
	secret, now := newSecret(), a.clk.Now()
	return a.URL + linkPath + "#" + secret, a.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, putLink, secretHash(secret), person, clock.Micros(now.Add(linkLife))); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Act{At: now, Kind: "person.link-made", Subject: person})
	})
}

func errLinkOver() error { return errs.New(errs.NotFound, "identity.link.over", nil) }

// OpenLink is what a browser keeps of the secret of a link; NotFound
// "identity.link.over".
func (a *Access) OpenLink(ctx context.Context, secret string) (opened string, err error) {
	opened = openedBy(secret)
	_, err = a.Linked(ctx, opened)
	return opened, err
}

// Linked is whom a link that was opened lets in, who is not in by that; NotFound
// "identity.link.over".
func (a *Access) Linked(ctx context.Context, opened string) (p Person, err error) {
	defer errs.Wrap(&err, "identity.Linked")
	var person string
	err = db.One(ctx, a.db, getLink, []any{hashOf(opened), clock.Micros(a.clk.Now())}, &person)
	if errors.Is(err, db.ErrNoRow) {
		return p, errLinkOver()
	}
	if err != nil {
		return p, err
	}
	return a.People.Get(ctx, person)
}

// UseLink ends a link that was opened and returns the id of whom it lets in;
// NotFound "identity.link.over".
func (a *Access) UseLink(ctx context.Context, opened string) (person string, err error) {
	defer errs.Wrap(&err, "identity.UseLink")
	return person, a.db.Write(ctx, func(tx *db.Tx) error {
		err := db.One(ctx, tx, takeLink, []any{hashOf(opened), clock.Micros(a.clk.Now())}, &person)
		if errors.Is(err, db.ErrNoRow) {
			return errLinkOver()
		}
		if err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Act{At: a.clk.Now(), Kind: "person.link-used", Subject: person, Person: person})
	})
}
