package identity

import (
	"context"
	"database/sql"

	"polis/internal/fiscal"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// Target names somebody who may not be known yet: by an e-mail address or by a
// fiscal number. Index is blind.
type Target struct {
	Text  string // as it is shown to who typed it
	Email bool
	Index []byte
}

// Target reads an address or a fiscal number; Invalid "identity.target" on
// "target".
func (s *People) Target(text string) (Target, error) {
	if number := fiscal.Normalize(text); len(number) == 16 && fiscal.Check(number) == nil {
		return Target{number, false, s.keys.index("fiscal", number)}, nil
	}
	address, err := mailable(text)
	if err != nil {
		return Target{}, errs.New(errs.Invalid, "identity.target", nil).On("target")
	}
	return Target{address, true, s.keys.index("contact", address)}, nil
}

var targetsOf = db.Q("identity.person.targets", `
	SELECT fiscal FROM person WHERE id = $1 AND fiscal IS NOT NULL
	UNION SELECT contact FROM person WHERE id = $1 AND contact IS NOT NULL AND contact_verified IS NOT NULL
	UNION SELECT value FROM contact_way WHERE person = $1 AND kind = 'email' AND verified IS NOT NULL`)

// Targets are the indexes by which a person is a Target: their fiscal number and
// the addresses that they have proved.
func (s *People) Targets(ctx context.Context, r db.Reader, person string) (_ [][]byte, err error) {
	defer errs.Wrap(&err, "identity.Targets(%q)", person)
	return db.All(ctx, r, targetsOf, func(rows *sql.Rows) (index []byte, err error) {
		err = rows.Scan(&index)
		return index, err
	}, person)
}

// IsTarget tells whether a target is a person.
func (s *People) IsTarget(ctx context.Context, r db.Reader, person string, index []byte) (bool, error) {
	all, err := s.Targets(ctx, r, person)
	for _, x := range all {
		if string(x) == string(index) {
			return true, err
		}
	}
	return false, err
}
