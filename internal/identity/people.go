package identity

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"polis/internal/fiscal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// People keeps the people.
type People struct {
	db   *db.DB
	keys *Keys
	clk  clock.Clock
	ids  clock.IDs
	read lately
}

// NewPeople returns the people of a database.
func NewPeople(d *db.DB, keys *Keys, clk clock.Clock, ids clock.IDs) *People {
	return &People{db: d, keys: keys, clk: clk, ids: ids}
}

const personColumns = 8

// insertText inserts n people. It does not use db.Rows, whose casts have no
// type name for bytes that both engines know.
func insertText(n int) string {
	var b strings.Builder
	b.WriteString("INSERT INTO person (id, key, fiscal, name_birth, contact, data, language, created) VALUES ")
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		p := i * personColumns
		fmt.Fprintf(&b, "($%d, $%d, $%d, $%d, $%d, $%d, $%d, $%d)", p+1, p+2, p+3, p+4, p+5, p+6, p+7, p+8)
	}
	return b.String() + " ON CONFLICT DO NOTHING"
}

const manyPeople = 64

var (
	insertPerson = db.Q("identity.person.insert", insertText(1))
	insertPeople = db.Q("identity.person.insert-many", insertText(manyPeople))

	getPerson = db.Q("identity.person.get", `
		SELECT id, key, data, language, created, contact_verified FROM person WHERE id = $1`)
	personByFiscal = db.Q("identity.person.by-fiscal", `
		SELECT id, key, data, language, created, contact_verified FROM person WHERE fiscal = $1`)
	peopleByName = db.Q("identity.person.by-name", `
		SELECT id, key, data, language, created, contact_verified FROM person WHERE name_birth = $1 ORDER BY id`)
	peopleByContact = db.Q("identity.person.by-contact", `
		SELECT id, key, data, language, created, contact_verified FROM person WHERE contact = $1
			OR id IN (SELECT person FROM contact_way WHERE value = $1 AND kind = 'email' AND verified IS NOT NULL) ORDER BY id`)
	peopleByID = db.Rows("identity.person.by-id", `
		SELECT p.id, p.key, p.data, p.language, p.created, p.contact_verified FROM {rows} JOIN person p ON p.id = given.column1
		WHERE given.column1 IS NOT NULL`, "TEXT")
	peopleWithContact = db.Rows("identity.person.with-contact", `
		SELECT p.id FROM {rows} JOIN person p ON p.id = given.column1
		WHERE given.column1 IS NOT NULL AND p.contact IS NOT NULL`, "TEXT")
)

// Create adds a person and returns it as stored. ID and Created may be left
// empty. The errors are Invalid (naming the field) and Conflict
// "identity.known" where the fiscal number or id is there already.
func (s *People) Create(ctx context.Context, p Person) (Person, error) {
	made, err := s.CreateMany(ctx, []Person{p})
	if err != nil {
		return Person{}, err
	}
	return made[0], nil
}

// CreateMany adds many people in one transaction, all or none; as Create.
func (s *People) CreateMany(ctx context.Context, people []Person) (made []Person, err error) {
	defer errs.Wrap(&err, "identity.CreateMany(%d people)", len(people))
	now := s.clk.Now()
	made = make([]Person, len(people))
	args := make([]any, 0, len(people)*personColumns)
	for i, p := range people {
		if p, err = p.normalised(); err != nil {
			return nil, err
		}
		if p.ID == "" {
			p.ID = s.ids()
		}
		if p.Created.IsZero() {
			p.Created = now
		}
		if args, err = s.row(args, &p); err != nil {
			return nil, err
		}
		made[i] = p
	}
	return made, s.db.Write(ctx, func(tx *db.Tx) error { return insertAll(ctx, tx, args) })
}

// CreateIn is Create inside a transaction of the caller.
func (s *People) CreateIn(ctx context.Context, tx *db.Tx, p Person) (_ Person, err error) {
	defer errs.Wrap(&err, "identity.CreateIn")
	if p, err = p.normalised(); err != nil {
		return Person{}, err
	}
	if p.ID == "" {
		p.ID = s.ids()
	}
	if p.Created.IsZero() {
		p.Created = s.clk.Now()
	}
	args, err := s.row(nil, &p)
	if err != nil {
		return Person{}, err
	}
	return p, insertAll(ctx, tx, args)
}

// row appends the columns of a person, encrypted with a new key, and notes the
// revision.
func (s *People) row(args []any, p *Person) ([]any, error) {
	key, wrapped, err := s.keys.newPersonKey(p.ID)
	if err != nil {
		return nil, err
	}
	plain, err := p.marshal()
	if err != nil {
		return nil, err
	}
	sealed, err := key.seal(placeOfData(p.ID), plain)
	if err != nil {
		return nil, err
	}
	p.Rev = revOf(sealed)
	return append(args, p.ID, wrapped,
		orNull(s.keys.index("fiscal", p.FiscalNumber)),
		orNull(s.keys.index("name", indexedName(p.FamilyName, p.BirthDate))),
		orNull(s.keys.index("contact", indexedContact(p.Email))),
		sealed, p.Language, clock.Micros(p.Created)), nil
}

func placeOfData(person string) string { return "person.data:" + person }

func orNull(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}

func insertAll(ctx context.Context, tx *db.Tx, args []any) error {
	insert := func(q db.Query, args []any) error {
		n, err := tx.Exec(ctx, q, args...)
		if err == nil && n != int64(len(args)/personColumns) {
			return errs.New(errs.Conflict, "identity.known", nil)
		}
		return err
	}
	for len(args) >= manyPeople*personColumns {
		if err := insert(insertPeople, args[:manyPeople*personColumns]); err != nil {
			return err
		}
		args = args[manyPeople*personColumns:]
	}
	for one := range slices.Chunk(args, personColumns) {
		if err := insert(insertPerson, one); err != nil {
			return err
		}
	}
	return nil
}

// Get returns a person by id; NotFound "identity.unknown".
func (s *People) Get(ctx context.Context, id string) (_ Person, err error) {
	defer errs.Wrap(&err, "identity.Get(%q)", id)
	return s.getIn(ctx, s.db, id)
}

// GetIn is Get inside a transaction of the caller.
func (s *People) GetIn(ctx context.Context, r db.Reader, id string) (_ Person, err error) {
	defer errs.Wrap(&err, "identity.GetIn(%q)", id)
	return s.getIn(ctx, r, id)
}

func (s *People) getIn(ctx context.Context, r db.Reader, id string) (Person, error) {
	return s.one(ctx, r, getPerson, id)
}

// ByFiscalNumber returns the person with a fiscal number, however it is
// written; NotFound "identity.unknown".
func (s *People) ByFiscalNumber(ctx context.Context, number string) (_ Person, err error) {
	defer errs.Wrap(&err, "identity.ByFiscalNumber")
	return s.one(ctx, s.db, personByFiscal, s.keys.index("fiscal", fiscal.Normalize(number)))
}

// FindByNameAndBirth returns everyone with a family name, however it is
// spelled, and a birth date; none is no error.
func (s *People) FindByNameAndBirth(ctx context.Context, family, birth string) (_ []Person, err error) {
	defer errs.Wrap(&err, "identity.FindByNameAndBirth")
	return db.All(ctx, s.db, peopleByName, s.scan, s.keys.index("name", indexedName(family, birth)))
}

// ByContact returns everyone with an e-mail address: a family may share one.
// None is no error.
func (s *People) ByContact(ctx context.Context, contact string) ([]Person, error) {
	return s.ByContactIn(ctx, s.db, contact)
}

// ByContactIn is ByContact inside a transaction of the caller.
func (s *People) ByContactIn(ctx context.Context, r db.Reader, contact string) (_ []Person, err error) {
	defer errs.Wrap(&err, "identity.ByContact")
	return db.All(ctx, r, peopleByContact, s.scan, s.keys.index("contact", indexedContact(contact)))
}

// Many returns people by id; ids that are not known are left out.
func (s *People) Many(ctx context.Context, ids []string) (_ map[string]Person, err error) {
	defer errs.Wrap(&err, "identity.Many(%d ids)", len(ids))
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	out := make(map[string]Person, len(ids))
	return out, peopleByID.Each(ctx, s.db, args, func(rows *sql.Rows) error {
		p, err := s.scan(rows)
		out[p.ID] = p
		return err
	})
}

// WithContact tells who of some people can be written to, without opening what
// is encrypted.
func (s *People) WithContact(ctx context.Context, r db.Reader, ids []string) (_ map[string]bool, err error) {
	defer errs.Wrap(&err, "identity.People.WithContact")
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	out := make(map[string]bool, len(ids))
	return out, peopleWithContact.Each(ctx, r, args, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		out[id] = true
		return err
	})
}

// Ensure returns the person with a fiscal number, made where new. Their name
// is then not known until they sign in.
func (s *People) Ensure(ctx context.Context, number string) (_ Person, err error) {
	defer errs.Wrap(&err, "identity.Ensure")
	p, err := s.ByFiscalNumber(ctx, number)
	if !errs.Is(err, errs.NotFound) {
		return p, err
	}
	if fiscal.Normalize(number) == "" {
		return Person{}, errs.New(errs.Invalid, "identity.invalid.fiscal_number", nil).On("fiscal_number")
	}
	p, err = s.Create(ctx, Person{FiscalNumber: number})
	if errs.Is(err, errs.Conflict) { // somebody else was first
		return s.ByFiscalNumber(ctx, number)
	}
	return p, err
}

func (s *People) one(ctx context.Context, r db.Reader, q db.Query, arg any) (Person, error) {
	found, err := db.All(ctx, r, q, s.scan, arg)
	if err != nil {
		return Person{}, err
	}
	if len(found) == 0 {
		return Person{}, errs.New(errs.NotFound, "identity.unknown", nil)
	}
	return found[0], nil
}

func (s *People) scan(rows *sql.Rows) (Person, error) {
	var p Person
	var wrapped, data []byte
	var created int64
	var verified sql.NullInt64
	if err := rows.Scan(&p.ID, &wrapped, &data, &p.Language, &created, &verified); err != nil {
		return p, err
	}
	p.Created, p.Verified, p.Rev = clock.FromMicros(created), timeOrZero(verified), revOf(data)
	key, err := s.keys.openPersonKey(p.ID, wrapped)
	if err != nil {
		return p, err
	}
	plain, err := key.open(placeOfData(p.ID), data)
	if err != nil {
		return p, err
	}
	return p, p.unmarshal(plain)
}

var keyOfPerson = db.Q("identity.person.key", `SELECT key FROM person WHERE id = $1`)

// Seal encrypts a personal text of another room with the key of the person it
// belongs to. place names where it will lie ("report.body:" with the id of the
// row): it opens nowhere else. NotFound "identity.unknown".
func (s *People) Seal(ctx context.Context, person, place string, value []byte) ([]byte, error) {
	return s.SealIn(ctx, s.db, person, place, value)
}

// SealIn is Seal for a person who was made in a transaction of the caller.
func (s *People) SealIn(ctx context.Context, r db.Reader, person, place string, value []byte) (_ []byte, err error) {
	defer errs.Wrap(&err, "identity.Seal(%q, %q)", person, place)
	key, err := s.key(ctx, r, person)
	if err != nil {
		return nil, err
	}
	return key.seal(place, value)
}

// Open decrypts what Seal encrypted for the same person and place; NotFound
// "identity.unknown" where the person was forgotten since, and the text with
// them.
func (s *People) Open(ctx context.Context, person, place string, sealed []byte) (_ []byte, err error) {
	defer errs.Wrap(&err, "identity.Open(%q, %q)", person, place)
	key, err := s.key(ctx, s.db, person)
	if err != nil {
		return nil, err
	}
	return key.open(place, sealed)
}

// key opens the data key of a person; NotFound "identity.unknown".
func (s *People) key(ctx context.Context, r db.Reader, person string) (personKey, error) {
	var wrapped []byte
	err := db.One(ctx, r, keyOfPerson, []any{person}, &wrapped)
	if errors.Is(err, db.ErrNoRow) {
		return personKey{}, errs.New(errs.NotFound, "identity.unknown", nil)
	}
	if err != nil {
		return personKey{}, err
	}
	return s.keys.openPersonKey(person, wrapped)
}
