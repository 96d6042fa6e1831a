// Package organisation knows the companies, administrations, universities,
// associations and contractors for which people act: what each is, who belongs to
// it, who is asked to.
//
// Who belongs to one has the role Member or OrganisationAdmin for it
// (identity.Grant). Names of legal entities are public and lie as they are; a sole
// trader is a person, so that their name lies sealed, as do all addresses.
package organisation

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"polis/internal/fiscal"
	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/jobs"
	"polis/internal/platform/mail"
	"polis/internal/territory"
)

// Words are the texts of organisations, in Italian and English.
//
//go:embed words/*.json
var Words embed.FS

// Kind is what an organisation is.
type Kind string

// Kinds are the kinds, in the order in which they are offered.
var Kinds = []Kind{"company", "administration", "university", "association", "contractor"}

// Administration has a code in the index of public administrations.
const Administration Kind = "administration"

// Label is the message key of the kind's name.
func (k Kind) Label() string { return "organisation.kind." + string(k) }

// State of an organisation.
type State string

// The states.
const (
	Asked    State = "asked"    // waits for somebody to approve it
	Active   State = "active"   // people may act for it
	Archived State = "archived" // kept, and nobody acts for it
)

// Organisation is what is known of one.
type Organisation struct {
	ID      string
	Kind    Kind
	Name    string
	Code    string // in the index of public administrations (IPA); "" for others
	Fiscal  string // codice fiscale or partita IVA
	Email   string
	Phone   string
	State   State
	AskedBy string // id of who asked for it; "" where it was made at the desk
	Created time.Time
	Rev     int64
}

// Options are what a Service works with.
type Options struct {
	DB     *db.DB
	Keys   *identity.Keys
	People *identity.People
	Grants *identity.Grants
	Access *identity.Access
	Clock  clock.Clock
	IDs    clock.IDs
}

// Service keeps the organisations.
type Service struct {
	Options
	wake func()
}

// New returns the organisations of a database.
func New(o Options) *Service { return &Service{Options: o, wake: func() {}} }

// Register lets a worker send the letters and remove invitations that are over.
func (s *Service) Register(w *jobs.Worker) {
	jobs.Register(w, s.sendInvitation)
	w.Every("organisation.invitations", time.Hour, s.Sweep)
	s.wake = w.Wake
}

const columns = `id, kind, name, code, data, state, asked_by, created, rev`

var (
	insertOrganisation = db.Q("organisation.insert", `
		INSERT INTO organisation (id, kind, name, folded, code, fiscal, data, state, asked_by, created, changed, rev)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, 1)`)
	updateOrganisation = db.Q("organisation.update", `
		UPDATE organisation SET kind = $2, name = $3, folded = $4, code = $5, fiscal = $6, data = $7, changed = $8, rev = rev + 1
		WHERE id = $1 AND rev = $9`)
	getOrganisation = db.Q("organisation.get", `SELECT `+columns+` FROM organisation WHERE id = $1`)
	setState        = db.Q("organisation.state", `
		UPDATE organisation SET state = $2, changed = $3, rev = rev + 1 WHERE id = $1 AND state <> $2`)
	listAll = db.Q("organisation.list", `
		SELECT `+columns+`, folded FROM organisation WHERE state = $1 AND (folded, id) > ($2, $3) ORDER BY folded, id LIMIT $4`)
	listNamed = db.Q("organisation.list-named", `
		SELECT `+columns+`, folded FROM organisation WHERE folded >= $1 AND folded < $2 ORDER BY folded, id LIMIT $3`)
	listCoded = db.Q("organisation.list-coded", `
		SELECT `+columns+`, folded FROM organisation WHERE fiscal = $1 OR code = $2 AND code <> '' ORDER BY folded, id LIMIT $3`)
	ofMany = db.Rows("organisation.of-many", `
		SELECT `+"o.id, o.kind, o.name, o.code, o.data, o.state, o.asked_by, o.created, o.rev"+` FROM {rows} JOIN organisation o ON o.id = given.column1
		WHERE given.column1 IS NOT NULL`, "TEXT")
)

// sealed is what lies sealed of an organisation.
type sealed struct {
	Name   string `json:"name,omitempty"` // of a sole trader
	Fiscal string `json:"fiscal,omitempty"`
	Email  string `json:"email,omitempty"`
	Phone  string `json:"phone,omitempty"`
}

func placeOf(id string) string { return "organisation:" + id }

func errUnknown() error { return errs.New(errs.NotFound, "organisation.unknown", nil) }

// ipa is the form of a code in the index of public administrations (AgID).
var ipa = regexp.MustCompile(`^[a-z0-9][a-z0-9_]{1,19}$`)

// normalised is an organisation as it is stored, or the first thing that is wrong
// with it: Invalid, on its field.
func (o Organisation) normalised() (Organisation, error) {
	invalid := func(field string) error { return errs.New(errs.Invalid, "organisation.invalid."+field, nil).On(field) }
	o.Name = strings.Join(strings.Fields(o.Name), " ")
	o.Code, o.Fiscal = strings.ToLower(strings.TrimSpace(o.Code)), fiscal.Normalize(o.Fiscal)
	o.Email, o.Phone = strings.ToLower(strings.TrimSpace(o.Email)), strings.Join(strings.Fields(o.Phone), " ")
	known := false
	for _, k := range Kinds {
		known = known || k == o.Kind
	}
	unseen := func(r rune) bool { return !unicode.IsPrint(r) }
	switch {
	case !known:
		return o, invalid("kind")
	case territory.Fold(o.Name) == "" || utf8.RuneCountInString(o.Name) > 200 || !utf8.ValidString(o.Name) || strings.ContainsFunc(o.Name, unseen):
		return o, invalid("name")
	case fiscal.Check(o.Fiscal) != nil:
		return o, invalid("fiscal")
	case o.Kind == Administration && !ipa.MatchString(o.Code):
		return o, invalid("code")
	case o.Email != "" && !mail.IsAddress(o.Email):
		return o, invalid("email")
	case o.Phone != "" && !GoodPhone(o.Phone):
		return o, invalid("phone")
	}
	if o.Kind != Administration {
		o.Code = ""
	}
	return o, nil
}

var phone = regexp.MustCompile(`^\+?[0-9][0-9 /.-]{4,24}$`)

// GoodPhone is a rough look at a telephone number.
func GoodPhone(s string) bool { return phone.MatchString(s) }

// person tells whether an organisation is a person: a sole trader, whose fiscal
// number is that of people.
func (o Organisation) person() bool { return len(o.Fiscal) == 16 }

// row are the columns that are written of an organisation.
func (s *Service) row(o Organisation) (name, folded string, index, data []byte, err error) {
	x := sealed{Fiscal: o.Fiscal, Email: o.Email, Phone: o.Phone}
	name, folded = o.Name, territory.Fold(o.Name)
	if o.person() {
		x.Name, name, folded = o.Name, "", ""
	}
	plain, err := json.Marshal(x)
	if err != nil {
		return "", "", nil, nil, err
	}
	data, err = s.Keys.Seal(placeOf(o.ID), plain)
	return name, folded, s.Keys.Index("organisation", o.Fiscal), data, err
}

// Create makes an organisation: active where the actor runs the network,
// otherwise asked for, to be approved. The errors are those of Actor.Check,
// Invalid on the fields, and Conflict "organisation.known" on "fiscal".
func (s *Service) Create(ctx context.Context, actor identity.Actor, o Organisation) (_ Organisation, err error) {
	defer errs.Wrap(&err, "organisation.Create")
	if err := actor.Check(identity.AccountOwn, identity.Of(actor.Person)); err != nil {
		return o, err
	}
	if o, err = o.normalised(); err != nil {
		return o, err
	}
	o.ID, o.Created, o.Rev, o.State, o.AskedBy = s.IDs(), s.Clock.Now(), 1, Asked, actor.Person
	kind := "organisation.asked"
	if actor.May(identity.OrganisationWrite, identity.Network) {
		o.State, o.AskedBy, kind = Active, "", "organisation.made"
	}
	name, folded, index, data, err := s.row(o)
	if err != nil {
		return o, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, insertOrganisation, o.ID, string(o.Kind), name, folded, o.Code, index, data, string(o.State), o.AskedBy, clock.Micros(o.Created))
		if err != nil {
			return err
		}
		return s.note(ctx, tx, kind, o.ID, actor.Person)
	})
	if db.IsUnique(err) {
		err = errKnown()
	}
	return o, err
}

func errKnown() error { return errs.New(errs.Conflict, "organisation.known", nil).On("fiscal") }

func (s *Service) note(ctx context.Context, tx *db.Tx, kind, id, by string) error {
	return journal.Append(ctx, tx, journal.Act{At: s.Clock.Now(), Kind: kind, Subject: id, Person: by})
}

// Get is an organisation, for who belongs to it, asked for it, or runs the
// network; NotFound "organisation.unknown" for all others.
func (s *Service) Get(ctx context.Context, actor identity.Actor, id string) (o Organisation, err error) {
	defer errs.Wrap(&err, "organisation.Get(%q)", id)
	if o, err = s.get(ctx, s.DB, id); err != nil {
		return o, err
	}
	if actor.By != "" || !actor.Belongs(id) && !(o.AskedBy == actor.Person && actor.SignedIn() && o.State == Asked) && !actor.May(identity.OrganisationWrite, identity.Organisation(id)) {
		return Organisation{}, errUnknown()
	}
	return o, nil
}

func (s *Service) get(ctx context.Context, r db.Reader, id string) (Organisation, error) {
	found, err := db.All(ctx, r, getOrganisation, func(rows *sql.Rows) (Organisation, error) { return s.scan(rows) }, id)
	if err == nil && len(found) == 0 {
		err = errUnknown()
	}
	if err != nil {
		return Organisation{}, err
	}
	return found[0], nil
}

func (s *Service) scan(rows *sql.Rows, more ...any) (o Organisation, err error) {
	var data []byte
	var created int64
	if err := rows.Scan(append([]any{&o.ID, &o.Kind, &o.Name, &o.Code, &data, &o.State, &o.AskedBy, &created, &o.Rev}, more...)...); err != nil {
		return o, err
	}
	o.Created = clock.FromMicros(created)
	plain, err := s.Keys.Open(placeOf(o.ID), data)
	if err != nil {
		return o, err
	}
	var x sealed
	if err := json.Unmarshal(plain, &x); err != nil {
		return o, err
	}
	o.Fiscal, o.Email, o.Phone = x.Fiscal, x.Email, x.Phone
	if x.Name != "" {
		o.Name = x.Name
	}
	return o, nil
}

// Update changes what an organisation is; o.Rev is that of what the actor saw.
// The errors are those of Actor.Check, Invalid on the fields, and Conflict
// "organisation.changed" and "organisation.known".
func (s *Service) Update(ctx context.Context, actor identity.Actor, o Organisation) (err error) {
	defer errs.Wrap(&err, "organisation.Update(%q)", o.ID)
	if err := s.check(actor, o.ID); err != nil {
		return err
	}
	if o, err = o.normalised(); err != nil {
		return err
	}
	name, folded, index, data, err := s.row(o)
	if err != nil {
		return err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, updateOrganisation, o.ID, string(o.Kind), name, folded, o.Code, index, data, clock.Micros(s.Clock.Now()), o.Rev)
		if err == nil && n == 0 {
			err = errs.New(errs.Conflict, "organisation.changed", nil)
		}
		if err != nil {
			return err
		}
		return s.note(ctx, tx, "organisation.changed", o.ID, actor.Person)
	})
	if db.IsUnique(err) {
		err = errKnown()
	}
	return err
}

// check lets through who may change an organisation; for all others it is not
// there.
func (s *Service) check(actor identity.Actor, id string) error {
	if actor.May(identity.OrganisationWrite, identity.Organisation(id)) {
		return nil
	}
	if !actor.SignedIn() {
		return actor.Check(identity.OrganisationWrite, identity.Organisation(id))
	}
	return errUnknown()
}

// Approve makes an organisation that was asked for active, and who asked for it
// its administrator; NotFound where none such waits, Forbidden
// "identity.own-role" for who asked themselves.
func (s *Service) Approve(ctx context.Context, actor identity.Actor, id string) (err error) {
	defer errs.Wrap(&err, "organisation.Approve(%q)", id)
	return s.settle(ctx, actor, id, Asked, Active, "organisation.approved", func(tx *db.Tx, o Organisation) error {
		if o.AskedBy == "" {
			return nil
		}
		return s.Grants.HandIn(ctx, tx, actor.Person, identity.Grant{Person: o.AskedBy, Role: identity.OrganisationAdmin, Scope: identity.Organisation(id)})
	})
}

// Refuse archives an organisation that was asked for.
func (s *Service) Refuse(ctx context.Context, actor identity.Actor, id string) (err error) {
	defer errs.Wrap(&err, "organisation.Refuse(%q)", id)
	return s.settle(ctx, actor, id, Asked, Archived, "organisation.refused", func(*db.Tx, Organisation) error { return nil })
}

// Archive ends an organisation: nobody belongs to it or acts for it any more,
// what was done for it stays.
func (s *Service) Archive(ctx context.Context, actor identity.Actor, id string) (err error) {
	defer errs.Wrap(&err, "organisation.Archive(%q)", id)
	return s.settle(ctx, actor, id, Active, Archived, "organisation.archived", func(tx *db.Tx, _ Organisation) error {
		for _, q := range []db.Query{dropMembers, dropInvitations} {
			if _, err := tx.Exec(ctx, q, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// settle changes the state of an organisation, for who runs the network.
func (s *Service) settle(ctx context.Context, actor identity.Actor, id string, from, to State, kind string, also func(*db.Tx, Organisation) error) error {
	if err := actor.Check(identity.OrganisationWrite, identity.Network); err != nil {
		return err
	}
	if err := actor.CheckDanger(identity.DangerRoles, s.Clock.Now()); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		o, err := s.get(ctx, tx, id)
		if err == nil && o.State != from {
			err = errUnknown()
		}
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, setState, id, string(to), clock.Micros(s.Clock.Now()))
		if err == nil && n == 0 { // somebody was first
			err = errUnknown()
		}
		if err != nil {
			return err
		}
		if err := also(tx, o); err != nil {
			return err
		}
		return s.note(ctx, tx, kind, id, actor.Person)
	})
}

// Query is what the desk looks for: by name or by exactly a code, "" for all of a
// state, after an organisation by its key.
type Query struct {
	Text  string
	State State
	After string
}

// Key is where an organisation stands in a list.
func Key(o Organisation) string {
	folded := territory.Fold(o.Name)
	if o.person() {
		folded = ""
	}
	return folded + "|" + o.ID
}

// List are organisations for who runs the network, at most so many: those of a
// state by name, or those that a text is the code or the beginning of the name
// of. The name of a sole trader is not searched.
func (s *Service) List(ctx context.Context, actor identity.Actor, q Query, most int) (_ []Organisation, err error) {
	defer errs.Wrap(&err, "organisation.List")
	if err := actor.Check(identity.OrganisationWrite, identity.Network); err != nil {
		return nil, err
	}
	scan := func(rows *sql.Rows) (Organisation, error) {
		var folded string
		return s.scan(rows, &folded)
	}
	if text := strings.TrimSpace(q.Text); text != "" {
		found, err := db.All(ctx, s.DB, listCoded, scan, s.Keys.Index("organisation", fiscal.Normalize(text)), strings.ToLower(text), most)
		folded := territory.Fold(text)
		if err != nil || len(found) > 0 || folded == "" {
			return found, err
		}
		return db.All(ctx, s.DB, listNamed, scan, folded, folded+"\U0010ffff", most)
	}
	cut := strings.LastIndexByte(q.After, '|')
	return db.All(ctx, s.DB, listAll, scan, string(q.State), q.After[:max(0, cut)], q.After[cut+1:], most)
}

// Names are the names of organisations by their ids, whatever became of them: for
// rooms that say for whom something was done.
func (s *Service) Names(ctx context.Context, ids []string) (_ map[string]string, err error) {
	defer errs.Wrap(&err, "organisation.Names(%d ids)", len(ids))
	names, args := make(map[string]string, len(ids)), make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	return names, ofMany.Each(ctx, s.DB, args, func(rows *sql.Rows) error {
		o, err := s.scan(rows)
		names[o.ID] = o.Name
		return err
	})
}

// Mine are the organisations to which the actor belongs, by name.
func (s *Service) Mine(ctx context.Context, actor identity.Actor) (list []Organisation, err error) {
	defer errs.Wrap(&err, "organisation.Mine")
	var ids []any
	for _, h := range actor.Held {
		if h.Scope.Kind == identity.KindOrganisation && actor.Belongs(h.Scope.ID) && !slices.Contains(ids, any(h.Scope.ID)) {
			ids = append(ids, h.Scope.ID)
		}
	}
	if actor.By != "" || len(ids) == 0 {
		return nil, nil
	}
	err = ofMany.Each(ctx, s.DB, ids, func(rows *sql.Rows) error {
		o, err := s.scan(rows)
		if err == nil && o.State == Active {
			list = append(list, o)
		}
		return err
	})
	slices.SortFunc(list, func(a, b Organisation) int {
		return cmp.Or(strings.Compare(territory.Fold(a.Name), territory.Fold(b.Name)), strings.Compare(a.ID, b.ID))
	})
	return list, err
}
