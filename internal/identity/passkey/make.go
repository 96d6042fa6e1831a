package passkey

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// Passkey is one as its owner sees it.
type Passkey struct {
	ID      string
	Name    string // as its owner calls it
	Created time.Time
	Used    time.Time // last; zero where never
	Synced  bool      // it is copied to other devices of its owner
	Domain  string    // at which it works
}

// mostPasskeys is how many somebody can have.
const mostPasskeys = 20

// maxName is the most characters of a name.
const maxName = 60

// key is a row.
type key struct {
	id, person string
	domain     string
	name       []byte
	created    int64
	used       sql.NullInt64
	credential webauthn.Credential
}

const columns = `id, person, domain, credential, public_key, counter, eligible, saved, transports, name, created, used`

var (
	insertKey = db.Q("passkey.insert", `
		INSERT INTO passkey (id, person, domain, credential, public_key, counter, eligible, saved, transports, name, created, used)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, NULL) ON CONFLICT DO NOTHING`)
	keysOf       = db.Q("passkey.of", `SELECT `+columns+` FROM passkey WHERE person = $1 ORDER BY id`)
	byCredential = db.Q("passkey.by-credential", `SELECT `+columns+` FROM passkey WHERE credential = $1`)
	renameKey    = db.Q("passkey.rename", `UPDATE passkey SET name = $3 WHERE id = $1 AND person = $2`)
	removeKey    = db.Q("passkey.remove", `DELETE FROM passkey WHERE id = $1 AND person = $2`)
	removeKeys   = db.Q("passkey.remove-all", `DELETE FROM passkey WHERE person = $1`)
)

func scanKey(rows *sql.Rows) (k key, err error) {
	var counter int64
	var transports string
	c := &k.credential
	err = rows.Scan(&k.id, &k.person, &k.domain, &c.ID, &c.PublicKey, &counter, &c.Flags.BackupEligible, &c.Flags.BackupState, &transports, &k.name, &k.created, &k.used)
	c.Authenticator.SignCount = uint32(counter) //nolint:gosec // it was one when it was stored
	for name := range strings.FieldsSeq(transports) {
		c.Transport = append(c.Transport, protocol.AuthenticatorTransport(name))
	}
	return k, err
}

func placeOfName(id string) string { return "passkey.name:" + id }

// owner is a person as the library wants them. Devices show the names to their
// owner.
type owner struct {
	person identity.Person
	keys   []webauthn.Credential
}

func (o owner) WebAuthnID() []byte                         { return []byte(o.person.ID) }
func (o owner) WebAuthnCredentials() []webauthn.Credential { return o.keys }
func (o owner) WebAuthnDisplayName() string                { return o.person.FullName() }

func (o owner) WebAuthnName() string {
	if o.person.Email != "" {
		return o.person.Email
	}
	return o.person.FullName()
}

// owner reads a person with those of their passkeys that work here; NotFound "identity.unknown".
func (s *Service) owner(ctx context.Context, person string) (o owner, err error) {
	if o.person, err = s.People.Get(ctx, person); err != nil {
		return o, err
	}
	keys, err := db.All(ctx, s.DB, keysOf, scanKey, person)
	for _, k := range keys {
		if s.party != nil && k.domain == s.party.Config.RPID {
			o.keys = append(o.keys, k.credential)
		}
	}
	return o, err
}

// check tells whether the actor may have passkeys here.
func (s *Service) check(actor identity.Actor, person string) error {
	if err := actor.Check(identity.AccountOwn, identity.Of(person)); err != nil {
		return err
	}
	if s.party == nil {
		return errs.New(errs.Rule, "passkey.impossible", nil)
	}
	return nil
}

// algorithms are those of which passkeys are taken, the best liked first.
func algorithms() []protocol.CredentialParameter { return webauthn.CredentialParametersRecommendedL3() }

// AskToMake begins to make a passkey for the actor: options go to the browser,
// which makes it; the session keeps the ticket. The errors are those of
// Actor.Check and of Actor.CheckDanger, and Rule "passkey.impossible" or
// "passkey.many".
func (s *Service) AskToMake(ctx context.Context, actor identity.Actor) (options []byte, ticket string, err error) {
	defer errs.Wrap(&err, "passkey.AskToMake(%q)", actor.Person)
	if err := s.check(actor, actor.Person); err != nil {
		return nil, "", err
	}
	if err := actor.CheckDanger(identity.DangerPasskeys, s.Clock.Now()); err != nil {
		return nil, "", err
	}
	o, err := s.owner(ctx, actor.Person)
	if err != nil {
		return nil, "", err
	}
	if len(o.keys) >= mostPasskeys {
		return nil, "", errs.New(errs.Rule, "passkey.many", errs.Args{"count": mostPasskeys})
	}
	creation, session, err := s.party.BeginRegistration(o,
		webauthn.WithExclusions(webauthn.Credentials(o.keys).CredentialDescriptors()), webauthn.WithCredentialParameters(algorithms()))
	if err != nil {
		return nil, "", err
	}
	if options, err = json.Marshal(creation.Response); err != nil {
		return nil, "", err
	}
	ticket, err = s.put(ctx, asked{toMake, actor.Person, *session})
	return options, ticket, err
}

// Make keeps the passkey that the actor's browser made. The errors are those of
// AskToMake; Invalid "passkey.invalid.name" on "name"; and Rule: "passkey.over",
// "passkey.refused" where the answer proves nothing, and "passkey.known" where
// it is there already.
func (s *Service) Make(ctx context.Context, actor identity.Actor, ticket, answer, name string) (err error) {
	defer errs.Wrap(&err, "passkey.Make(%q)", actor.Person)
	if err := s.check(actor, actor.Person); err != nil {
		return err
	}
	if name, err = goodName(name); err != nil {
		return err
	}
	a, err := s.take(ctx, ticket, toMake, actor.Person)
	if err != nil {
		return err
	}
	if err := actor.CheckDanger(identity.DangerPasskeys, s.Clock.Now()); err != nil {
		return err
	}
	o, err := s.owner(ctx, actor.Person)
	if err != nil {
		return err
	}
	if len(answer) > maxAnswer {
		return s.refused(errTooLong)
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return s.refused(err)
	}
	made, err := s.party.CreateCredential(o, a.Session, parsed)
	if err != nil {
		return s.refused(err)
	}
	return s.keep(ctx, actor.Person, made, name)
}

// keep stores a new passkey.
func (s *Service) keep(ctx context.Context, person string, made *webauthn.Credential, name string) error {
	id, now := s.IDs(), s.Clock.Now()
	sealed, err := s.People.Seal(ctx, person, placeOfName(id), []byte(name))
	if err != nil {
		return err
	}
	var transports []string
	for _, t := range made.Transport {
		if len(transports) < 8 && len(t) < 20 && !strings.ContainsAny(string(t), " \x00") && utf8.ValidString(string(t)) {
			transports = append(transports, string(t))
		}
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, insertKey, id, person, s.party.Config.RPID, made.ID, made.PublicKey, int64(made.Authenticator.SignCount),
			made.Flags.BackupEligible, made.Flags.BackupState, strings.Join(transports, " "), sealed, clock.Micros(now))
		if err == nil && n == 0 {
			return errs.New(errs.Rule, "passkey.known", nil)
		}
		if err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Act{At: now, Kind: "passkey.made", Subject: person, Person: person, Data: factsOf(id)})
	})
}

// factsOf names a passkey in an act.
func factsOf(id string) string { return `{"passkey":"` + id + `"}` }

// refused is the one answer to whatever proves nothing; why is for the log, and
// names nobody.
func (s *Service) refused(why error) error {
	s.Log.Info("a passkey was refused", "why", why)
	return errs.New(errs.Rule, "passkey.refused", nil)
}

// goodName is a name as it is kept; Invalid on "name".
func goodName(name string) (string, error) {
	name = strings.Join(strings.Fields(name), " ")
	if name == "" || utf8.RuneCountInString(name) > maxName || !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }) {
		return "", errs.New(errs.Invalid, "passkey.invalid.name", errs.Args{"max": maxName}).On("name")
	}
	return name, nil
}
