package identity

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"strings"

	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/territory"
)

var (
	storedPerson = db.Q("identity.person.stored", `SELECT key, data FROM person WHERE id = $1`)
	updatePerson = db.Q("identity.person.update", `
		UPDATE person SET fiscal = $2, name_birth = $3, contact = $4, data = $5, language = $6,
			contact_verified = CASE WHEN contact IS NOT DISTINCT FROM $4 THEN contact_verified END
		WHERE id = $1 AND data = $7 AND NOT EXISTS (SELECT 1 FROM person other WHERE other.fiscal = $2 AND other.id <> $1)`)
)

// Update changes what is known of a person, who is named by p.ID: all of it,
// what is empty in p is forgotten. Another address is not verified any more.
// It returns the person as stored, but for the instants. The errors are Invalid
// (naming the field), NotFound "identity.unknown", and Conflict: "identity.known"
// where the fiscal number is another's, "identity.changed" where somebody has
// changed the person since p was read.
func (s *People) Update(ctx context.Context, p Person) (updated Person, err error) {
	return updated, s.db.Write(ctx, func(tx *db.Tx) error {
		updated, err = s.UpdateIn(ctx, tx, p)
		return err
	})
}

// UpdateIn is Update inside a transaction of the caller.
func (s *People) UpdateIn(ctx context.Context, tx *db.Tx, p Person) (_ Person, err error) {
	defer errs.Wrap(&err, "identity.UpdateIn(%q)", p.ID)
	if p, err = p.normalised(); err != nil {
		return Person{}, err
	}
	wrapped, stored, err := s.stored(ctx, tx, p.ID)
	if err != nil {
		return Person{}, err
	}
	if p.Rev != "" && p.Rev != revOf(stored) {
		return Person{}, errChanged()
	}
	key, err := s.keys.openPersonKey(p.ID, wrapped)
	if err != nil {
		return Person{}, err
	}
	plain, err := p.marshal()
	if err != nil {
		return Person{}, err
	}
	sealed, err := key.seal(placeOfData(p.ID), plain)
	if err != nil {
		return Person{}, err
	}
	n, err := tx.Exec(ctx, updatePerson, p.ID, orNull(s.keys.index("fiscal", p.FiscalNumber)),
		orNull(s.keys.index("name", indexedName(p.FamilyName, p.BirthDate))),
		orNull(s.keys.index("contact", indexedContact(p.Email))), sealed, p.Language, stored)
	known := errs.New(errs.Conflict, "identity.known", nil).On("fiscal_number")
	if db.IsUnique(err) { // the second where both came at once
		return Person{}, known
	}
	if err == nil && n == 0 {
		if _, now, err := s.stored(ctx, tx, p.ID); err != nil || !bytes.Equal(now, stored) {
			return Person{}, cmp.Or(err, error(errChanged()))
		}
		return Person{}, known
	}
	p.Rev = revOf(sealed)
	return p, err
}

func errChanged() *errs.Error { return errs.New(errs.Conflict, "identity.changed", nil) }

// stored is the key and what is sealed with it; NotFound "identity.unknown".
func (s *People) stored(ctx context.Context, r db.Reader, person string) (wrapped, data []byte, err error) {
	err = db.One(ctx, r, storedPerson, []any{person}, &wrapped, &data)
	if errors.Is(err, db.ErrNoRow) {
		err = errs.New(errs.NotFound, "identity.unknown", nil)
	}
	return wrapped, data, err
}

// changeIn reads somebody and changes them, once more where others did meanwhile.
func (s *People) changeIn(ctx context.Context, tx *db.Tx, person string, change func(*Person)) (before Person, err error) {
	for range 3 {
		if before, err = s.getIn(ctx, tx, person); err != nil {
			return before, err
		}
		after := before
		change(&after)
		if _, err = s.UpdateIn(ctx, tx, after); !errs.HasKey(err, "identity.changed") {
			break
		}
	}
	return before, err
}

// Match finds whom a line of a list is about: the person with its fiscal
// number, or else the one with its e-mail address and names, if nothing known
// of them says another fiscal number or birth date. The errors are NotFound
// "identity.unknown" and Conflict "identity.several" where more than one fits.
// r may be a transaction, which sees whom it has made itself.
func (s *People) Match(ctx context.Context, r db.Reader, p Person) (_ Person, err error) {
	defer errs.Wrap(&err, "identity.Match")
	if p, err = p.normalised(); err != nil {
		return Person{}, err
	}
	if p.FiscalNumber != "" {
		found, err := db.All(ctx, r, personByFiscal, s.scan, s.keys.index("fiscal", p.FiscalNumber))
		if err != nil || len(found) > 0 {
			return append(found, Person{})[0], err
		}
	}
	unknown := errs.New(errs.NotFound, "identity.unknown", nil)
	if p.Email == "" {
		return Person{}, unknown
	}
	found, err := db.All(ctx, r, peopleByContact, s.scan, s.keys.index("contact", indexedContact(p.Email)))
	if err != nil {
		return Person{}, err
	}
	var match []Person
	for _, q := range found {
		if sameName(p, q) && p.MayBe(q) {
			match = append(match, q)
		}
	}
	switch len(match) {
	case 0:
		return Person{}, unknown
	case 1:
		return match[0], nil
	}
	return Person{}, errs.New(errs.Conflict, "identity.several", nil)
}

// Tidy is the person as they would be stored; the error is Invalid, naming the
// field.
func (p Person) Tidy() (Person, error) { return p.normalised() }

// ListKey is what people in a list without fiscal numbers are told apart by: the
// address and the names, however they are spelled; "" without them.
func (p Person) ListKey() string {
	contact := indexedContact(p.Email)
	if contact == "" || p.GivenName+p.FamilyName == "" {
		return ""
	}
	return contact + "|" + foldedName(p.GivenName) + "|" + foldedName(p.FamilyName)
}

// MayBe tells whether two lines of a list, or a line and somebody known, that
// have the same ListKey can be one person: nothing known says otherwise.
func (p Person) MayBe(q Person) bool {
	return agree(p.FiscalNumber, q.FiscalNumber) && agree(p.BirthDate, q.BirthDate)
}

func foldedName(s string) string { return strings.ReplaceAll(territory.Fold(s), " ", "") }

// sameName tells whether two people have the same names, however they are
// spelled.
func sameName(a, b Person) bool {
	return foldedName(a.GivenName) == foldedName(b.GivenName) && foldedName(a.FamilyName) == foldedName(b.FamilyName)
}

// agree tells whether two facts can be of one person: the same, or one unknown.
func agree(a, b string) bool { return a == b || a == "" || b == "" }
