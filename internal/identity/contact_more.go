package identity

import (
	"context"
	"database/sql"
	"regexp"
	"strings"
	"time"

	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// ContactKind is by what somebody is reached.
type ContactKind string

// The kinds. An e-mail address and a certified one are proved by a code; there is
// no way to prove a telephone yet, and the pages say so.
const (
	ContactEmail ContactKind = "email"
	ContactPEC   ContactKind = "pec" // certified electronic mail: DPR 68/2005
	ContactPhone ContactKind = "phone"
)

// Label is the message key of the kind's name.
func (k ContactKind) Label() string { return "identity.contact.kind." + string(k) }

// Contact is one way to reach a person, beside the address in their row, to which
// messages go.
type Contact struct {
	ID       string
	Kind     ContactKind
	Value    string
	Verified time.Time // zero where nothing proved it
}

// mostContacts is how many ways somebody has beside the first.
const mostContacts = 10

var (
	listContacts = db.Q("identity.contact.list", `
		SELECT id, kind, data, verified FROM contact_way WHERE person = $1 ORDER BY id`)
	getContact = db.Q("identity.contact.get", `
		SELECT id, kind, data, verified FROM contact_way WHERE person = $1 AND id = $2`)
	countContacts = db.Q("identity.contact.count", `SELECT COUNT(*) FROM contact_way WHERE person = $1`)
	putContact    = db.Q("identity.contact.put", `
		INSERT INTO contact_way (id, person, kind, value, data, verified, created) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (person, kind, value) DO NOTHING`)
	dropContact = db.Q("identity.contact.drop", `DELETE FROM contact_way WHERE person = $1 AND id = $2`)
)

func placeOfContact(person, id string) string { return "contact_way:" + person + ":" + id }

var phoneForm = regexp.MustCompile(`^\+?[0-9]{6,15}$`)

// indexedPhone is a telephone number without what people write between digits, and
// with the code of the country, Italy's where there is none; "" for none.
func indexedPhone(s string) string {
	plain := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" .-/()", r) {
			return -1
		}
		return r
	}, s)
	if strings.HasPrefix(plain, "00") {
		plain = "+" + plain[2:]
	}
	if !phoneForm.MatchString(plain) {
		return ""
	}
	if !strings.HasPrefix(plain, "+") {
		plain = "+39" + plain
	}
	return plain
}

func (s *People) scanContact(person string, key personKey) func(rows *sql.Rows) (Contact, error) {
	return func(rows *sql.Rows) (c Contact, err error) {
		var data []byte
		var verified sql.NullInt64
		if err := rows.Scan(&c.ID, &c.Kind, &data, &verified); err != nil {
			return c, err
		}
		value, err := key.open(placeOfContact(person, c.ID), data)
		c.Value, c.Verified = string(value), timeOrZero(verified)
		return c, err
	}
}

// Contacts are the ways to reach a person beside the address in their row.
func (s *People) Contacts(ctx context.Context, r db.Reader, person string) (_ []Contact, err error) {
	defer errs.Wrap(&err, "identity.Contacts(%q)", person)
	key, err := s.key(ctx, r, person)
	if err != nil {
		return nil, err
	}
	return db.All(ctx, r, listContacts, s.scanContact(person, key), person)
}

// AddPhone adds a telephone number of the actor. The errors are those of
// Actor.Check, Invalid "identity.invalid.phone" on "phone", and Rule
// "identity.contact.many".
func (a *Access) AddPhone(ctx context.Context, actor Actor, number string) (err error) {
	defer errs.Wrap(&err, "identity.AddPhone(%q)", actor.Person)
	if err := actor.Check(AccountOwn, Of(actor.Person)); err != nil {
		return err
	}
	plain := indexedPhone(number)
	if plain == "" {
		return errs.New(errs.Invalid, "identity.invalid.phone", nil).On("phone")
	}
	return a.db.Write(ctx, func(tx *db.Tx) error {
		return a.addContact(ctx, tx, actor.Person, Contact{Kind: ContactPhone, Value: plain})
	})
}

func (a *Access) addContact(ctx context.Context, tx *db.Tx, person string, c Contact) error {
	n := 0
	if err := db.One(ctx, tx, countContacts, []any{person}, &n); err != nil {
		return err
	}
	if n >= mostContacts {
		return errs.New(errs.Rule, "identity.contact.many", errs.Args{"count": mostContacts})
	}
	c.ID = a.ids()
	sealed, err := a.People.SealIn(ctx, tx, person, placeOfContact(person, c.ID), []byte(c.Value))
	if err != nil {
		return err
	}
	now := a.clk.Now()
	// An address has one index, whatever finds somebody by it.
	field := map[ContactKind]string{ContactEmail: "contact", ContactPEC: "pec", ContactPhone: "phone"}[c.Kind]
	if _, err := tx.Exec(ctx, putContact, c.ID, person, string(c.Kind), a.keys.index(field, indexedContact(c.Value)), sealed, microsOrNull(c.Verified), clock.Micros(now)); err != nil {
		return err
	}
	return journal.Append(ctx, tx, journal.Act{At: now, Kind: "person.contact-added", Subject: person, Person: person})
}

// TakeMore adds the address that a code of the actor has proved, if another has
// proved the one so far where that is verified: whoever finds an open session
// does not come in by an address of their own later. Rule "identity.code.over".
func (a *Access) TakeMore(ctx context.Context, actor Actor, m Moving, kind ContactKind) (err error) {
	defer errs.Wrap(&err, "identity.TakeMore(%q)", actor.Person)
	if err := actor.Check(AccountOwn, Of(actor.Person)); err != nil {
		return err
	}
	if kind != ContactEmail && kind != ContactPEC {
		return errs.New(errs.Invalid, "identity.invalid.email", nil).On("email")
	}
	return a.db.Write(ctx, func(tx *db.Tx) error {
		c, err := a.takeProof(ctx, tx, m.New)
		if err == nil && (c.Person != actor.Person || c.Leaving || c.Assist) {
			err = errCodeOver()
		}
		if err != nil {
			return err
		}
		p, err := a.People.getIn(ctx, tx, actor.Person)
		if err != nil {
			return err
		}
		if err := a.provesOld(ctx, tx, p, m.Old); err != nil {
			return err
		}
		return a.addContact(ctx, tx, actor.Person, Contact{Kind: kind, Value: c.Address, Verified: a.clk.Now()})
	})
}

// provesOld ends the code that proves the address so far, where that is verified.
func (a *Access) provesOld(ctx context.Context, tx *db.Tx, p Person, code string) error {
	if p.Verified.IsZero() {
		return nil
	}
	old, err := a.takeProof(ctx, tx, code)
	if err == nil && (old.Person != p.ID || !old.Leaving || old.Address != indexedContact(p.Email)) {
		err = errCodeOver()
	}
	return err
}

// Prefer makes a verified e-mail address of the actor the one to which messages
// go; the one so far stays beside it, where it was verified. NotFound
// "identity.contact.unknown".
func (a *Access) Prefer(ctx context.Context, actor Actor, id string) (err error) {
	defer errs.Wrap(&err, "identity.Prefer(%q)", id)
	if err := actor.Check(AccountOwn, Of(actor.Person)); err != nil {
		return err
	}
	return a.db.Write(ctx, func(tx *db.Tx) error {
		c, err := a.contact(ctx, tx, actor.Person, id)
		if err == nil && (c.Kind != ContactEmail || c.Verified.IsZero()) {
			err = errNoContact()
		}
		if err != nil {
			return err
		}
		before, err := a.People.changeIn(ctx, tx, actor.Person, func(p *Person) { p.Email = c.Value })
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, verifyContact, actor.Person, clock.Micros(c.Verified)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, dropContact, actor.Person, id); err != nil {
			return err
		}
		if before.Email == "" || before.Verified.IsZero() {
			return nil
		}
		if err := a.tellBefore(ctx, tx, actor.Person, before.Email, c.Value); err != nil {
			return err
		}
		return a.addContact(ctx, tx, actor.Person, Contact{Kind: ContactEmail, Value: before.Email, Verified: before.Verified})
	})
}

// DropContact forgets a way to reach the actor; a second time changes nothing.
func (a *Access) DropContact(ctx context.Context, actor Actor, id string) (err error) {
	defer errs.Wrap(&err, "identity.DropContact(%q)", id)
	if err := actor.Check(AccountOwn, Of(actor.Person)); err != nil {
		return err
	}
	return a.db.Write(ctx, func(tx *db.Tx) error {
		c, err := a.contact(ctx, tx, actor.Person, id)
		if errs.HasKey(err, "identity.contact.unknown") {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, dropContact, actor.Person, id); err != nil {
			return err
		}
		if c.Kind == ContactEmail && !c.Verified.IsZero() {
			if err := a.tellBefore(ctx, tx, actor.Person, c.Value, ""); err != nil {
				return err
			}
		}
		return journal.Append(ctx, tx, journal.Act{At: a.clk.Now(), Kind: "person.contact-removed", Subject: actor.Person, Person: actor.Person})
	})
}

func errNoContact() error { return errs.New(errs.NotFound, "identity.contact.unknown", nil) }

func (a *Access) contact(ctx context.Context, tx *db.Tx, person, id string) (Contact, error) {
	key, err := a.People.key(ctx, tx, person)
	if err != nil {
		return Contact{}, err
	}
	found, err := db.All(ctx, tx, getContact, a.People.scanContact(person, key), person, id)
	if err == nil && len(found) == 0 {
		err = errNoContact()
	}
	if err != nil {
		return Contact{}, err
	}
	return found[0], nil
}
