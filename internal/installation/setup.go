package installation

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"time"

	"polis/internal/identity"
	"polis/internal/journal"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
)

// setUpRow and secretRow are the rows of the set-up.
const (
	setUpRow  = "set-up"
	secretRow = "set-up.secret"
)

// setUpState is how far the set-up has come.
type setUpState struct {
	Begun    bool        `json:"begun,omitempty"`    // somebody was admitted
	Admitted []admission `json:"admitted,omitempty"` // since the last secret, the latest last
	Passed   []string    `json:"passed,omitempty"`   // steps that were seen to the end
	Admin    []byte      `json:"admin,omitempty"`    // the first administrator, sealed until there is one
	Done     int64       `json:"done,omitempty"`     // µs; 0 while it goes on
	// Ticket is of earlier programs: it admits nobody any more, and says that
	// somebody was admitted.
	Ticket string `json:"ticket,omitempty"`
}

// admission is a browser that was admitted, by the hash of its ticket.
type admission struct {
	Hash  []byte `json:"hash"`
	Until int64  `json:"until"` // µs
}

// admittedFor is how long a browser is admitted, and mostAdmitted how many are
// at once.
const (
	admittedFor  = 12 * time.Hour
	mostAdmitted = 8
)

// oneTime is the secret that admits to the set-up, as it is kept.
type oneTime struct {
	Hash []byte `json:"hash"`
}

// SetUp leads whoever knows the secret through the first settings of an empty
// store.
type SetUp struct {
	*Service
}

// NewSetUp returns the set-up of an installation.
func NewSetUp(s *Service) *SetUp {
	return &SetUp{Service: s}
}

// Begun tells whether somebody has been admitted, and Done whether the set-up
// is over.
func (u *SetUp) Begun() bool {
	s := u.Live.current.Load().setUp
	return s.Begun || s.Ticket != ""
}

// Done tells whether the set-up is over, for ever.
func (u *SetUp) Done() bool { return u.Live.current.Load().setUp.Done != 0 }

// letters are those of the secret: none is taken for another. 32 of them, so
// each is five bits.
const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// The secret is groups of letters, 100 bits.
const (
	groups    = 5
	groupSize = 4
)

// newSecret makes a secret as it is shown: "K7QX-93MD-…".
func newSecret() string {
	var raw [groups * groupSize]byte
	rand.Read(raw[:]) // never fails
	var b strings.Builder
	for i, r := range raw {
		if i > 0 && i%groupSize == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(letters[r%32])
	}
	return b.String()
}

// plainSecret is a secret as people type it: without regard to case, spaces and
// dashes, and with the letters that look like others read as these.
func plainSecret(s string) string {
	return strings.NewReplacer(" ", "", "-", "", "\t", "", "\u2011", "", "\u2013", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(s))
}

func hashSecret(s string) []byte {
	sum := sha256.Sum256([]byte(plainSecret(s)))
	return sum[:]
}

// Secret makes a new secret, which alone admits from now on, on all replicas:
// who was admitted by one before is so no more.
func (u *SetUp) Secret(ctx context.Context) (secret string, err error) {
	defer errs.Wrap(&err, "installation.Secret")
	secret = newSecret()
	return secret, u.change(ctx, func(tx *db.Tx, s *setUpState) error {
		s.Begun, s.Ticket, s.Admitted = s.Begun || s.Ticket != "", "", nil
		return u.keepSecret(ctx, tx, oneTime{hashSecret(secret)})
	})
}

func (u *SetUp) keepSecret(ctx context.Context, tx *db.Tx, secret oneTime) error {
	var before oneTime
	rev, err := u.store.row(ctx, tx, secretRow, &before)
	if err != nil {
		return err
	}
	return u.store.put(ctx, tx, secretRow, secret, rev)
}

// Admit admits who knows the secret: the ticket is for the browser to keep. The
// errors are Invalid "installation.secret.wrong" and TooMany
// "installation.secret.too-many".
func (u *SetUp) Admit(ctx context.Context, secret string, client netip.Addr) (ticket string, err error) {
	defer errs.Wrap(&err, "installation.Admit")
	who := identity.ClientName(client)
	wait, err := u.limits.Count(ctx, wrongSecrets, who)
	if err == nil {
		err = tooMany("installation.secret.too-many", wait)
	}
	if err != nil {
		return "", err
	}
	var kept oneTime
	if _, err := u.store.row(ctx, u.DB, secretRow, &kept); err != nil {
		return "", err
	}
	if subtle.ConstantTimeCompare(hashSecret(secret), kept.Hash) != 1 {
		return "", errs.New(errs.Invalid, "installation.secret.wrong", nil).On("segreto")
	}
	if err := u.limits.GiveBack(ctx, wrongSecrets, who); err != nil { // what is right is not counted
		return "", err
	}
	ticket = rand.Text()
	return ticket, u.change(ctx, func(_ *db.Tx, s *setUpState) error {
		s.Begun, s.Ticket = true, ""
		s.Admitted = append(s.Admitted, admission{hashTicket(ticket), clock.Micros(u.Clock.Now().Add(admittedFor))})
		s.Admitted = s.Admitted[max(0, len(s.Admitted)-mostAdmitted):]
		return nil
	})
}

func hashTicket(ticket string) []byte {
	sum := sha256.Sum256([]byte(ticket))
	return sum[:]
}

// Admitted tells whether a ticket admits: every step asks.
func (u *SetUp) Admitted(ticket string) bool {
	s, hash, now := u.Live.current.Load().setUp, hashTicket(ticket), clock.Micros(u.Clock.Now())
	return s.Done == 0 && slices.ContainsFunc(s.Admitted, func(a admission) bool {
		return now < a.Until && subtle.ConstantTimeCompare(hash, a.Hash) == 1
	})
}

// Overtaken tells whether somebody has become administrator by another way, as
// by a command: that ends the set-up.
func (u *SetUp) Overtaken(ctx context.Context) (_ bool, err error) {
	defer errs.Wrap(&err, "installation.Overtaken")
	if u.Done() {
		return true, nil
	}
	held, err := u.Grants.Held(ctx, identity.Administrator)
	if err != nil || !held {
		return false, err
	}
	err = u.change(ctx, func(tx *db.Tx, s *setUpState) error { return u.end(ctx, tx, s, "") })
	if errs.Is(err, errs.NotFound) { // another replica was faster
		err = u.Live.Reload(ctx)
	}
	return err == nil, err
}

// end ends the set-up for ever, with all that admits to it.
func (u *SetUp) end(ctx context.Context, tx *db.Tx, s *setUpState, person string) error {
	now := u.Clock.Now()
	*s = setUpState{Passed: s.Passed, Done: clock.Micros(now)}
	if err := u.keepSecret(ctx, tx, oneTime{}); err != nil {
		return err
	}
	return journal.Append(ctx, tx, journal.Act{At: now, Kind: "installation.set-up", Subject: setUpRow, Person: person})
}

func (u *SetUp) check(ticket string) error {
	if !u.Admitted(ticket) {
		return errs.New(errs.Unauthenticated, "installation.secret.first", nil)
	}
	return nil
}

// Save saves a part of the settings, as Service.Save does for an administrator.
func (u *SetUp) Save(ctx context.Context, ticket string, c Change) error {
	if err := u.check(ticket); err != nil {
		return err
	}
	return u.save(ctx, "", c)
}

// change changes the state of the set-up in a transaction; NotFound once it is
// over.
func (u *SetUp) change(ctx context.Context, fn func(tx *db.Tx, s *setUpState) error) error {
	err := u.DB.Write(ctx, func(tx *db.Tx) error {
		if err := u.store.lock(ctx, tx, setUpRow); err != nil {
			return err
		}
		var s setUpState
		rev, err := u.store.row(ctx, tx, setUpRow, &s)
		if err != nil {
			return err
		}
		if s.Done != 0 {
			return errs.New(errs.NotFound, "error.not_found", nil)
		}
		before, err := json.Marshal(s)
		if err != nil {
			return err
		}
		if err := fn(tx, &s); err != nil {
			return err
		}
		if after, err := json.Marshal(s); err != nil || string(after) == string(before) {
			return err
		}
		return u.store.put(ctx, tx, setUpRow, s, rev)
	})
	if err != nil {
		return err
	}
	return u.Live.Reload(ctx)
}

// Pass notes that a step was seen to its end.
func (u *SetUp) Pass(ctx context.Context, ticket, step string) (err error) {
	defer errs.Wrap(&err, "installation.Pass(%q)", step)
	if err := u.check(ticket); err != nil {
		return err
	}
	return u.change(ctx, func(_ *db.Tx, s *setUpState) error {
		if !slices.Contains(s.Passed, step) {
			s.Passed = append(s.Passed, step)
		}
		return nil
	})
}

// Passed tells whether a step was seen to its end.
func (u *SetUp) Passed(step string) bool {
	return slices.Contains(u.Live.current.Load().setUp.Passed, step)
}

const placeOfAdmin = "setting:set-up.admin"

// admin is the first administrator, before there is one.
type admin struct {
	Given    string `json:"given"`
	Family   string `json:"family"`
	Email    string `json:"email"`
	Fiscal   string `json:"fiscal,omitempty"`
	Language string `json:"language"`
}

// Admin is the first administrator as they were named; empty before.
func (u *SetUp) Admin(ctx context.Context, ticket string) (p identity.Person, err error) {
	defer errs.Wrap(&err, "installation.Admin")
	if err := u.check(ticket); err != nil {
		return p, err
	}
	return u.openAdmin(u.Live.current.Load().setUp.Admin)
}

func (u *SetUp) openAdmin(sealed []byte) (p identity.Person, err error) {
	if len(sealed) == 0 {
		return p, nil
	}
	plain, err := u.Keys.Open(placeOfAdmin, sealed)
	if err != nil {
		return p, err
	}
	var a admin
	err = json.Unmarshal(plain, &a)
	return identity.Person{GivenName: a.Given, FamilyName: a.Family, Email: a.Email, FiscalNumber: a.Fiscal, Language: a.Language}, err
}

// NameAdmin says who the first administrator is. The errors are Invalid, naming
// the field.
func (u *SetUp) NameAdmin(ctx context.Context, ticket string, p identity.Person) (err error) {
	defer errs.Wrap(&err, "installation.NameAdmin")
	if err := u.check(ticket); err != nil {
		return err
	}
	if err := p.Check(); err != nil {
		return err
	}
	if p.FiscalNumber != "" {
		if _, err := u.People.ByFiscalNumber(ctx, p.FiscalNumber); !errs.Is(err, errs.NotFound) {
			if err == nil {
				err = errs.New(errs.Conflict, "identity.known", nil).On("fiscal_number")
			}
			return err
		}
	}
	plain, err := json.Marshal(admin{p.GivenName, p.FamilyName, p.Email, p.FiscalNumber, p.Language})
	if err != nil {
		return err
	}
	sealed, err := u.Keys.Seal(placeOfAdmin, plain)
	if err != nil {
		return err
	}
	return u.change(ctx, func(_ *db.Tx, s *setUpState) error { s.Admin = sealed; return nil })
}

// Finish ends the set-up: the first administrator is made, and what was said
// holds. It returns their id. NotFound where somebody else has ended it; Rule
// "installation.set-up.no-admin" where nobody was named.
func (u *SetUp) Finish(ctx context.Context, ticket string) (person string, err error) {
	defer errs.Wrap(&err, "installation.Finish")
	if err := u.check(ticket); err != nil {
		return "", err
	}
	return person, u.change(ctx, func(tx *db.Tx, s *setUpState) error {
		if len(s.Admin) == 0 {
			return errs.New(errs.Rule, "installation.set-up.no-admin", nil)
		}
		p, err := u.openAdmin(s.Admin)
		if err != nil {
			return err
		}
		if p, err = u.People.CreateIn(ctx, tx, p); err != nil {
			return err
		}
		person = p.ID
		if err := u.end(ctx, tx, s, p.ID); err != nil {
			return err
		}
		return u.Grants.GiveIn(ctx, tx, identity.Grant{Person: p.ID, Role: identity.Administrator, Scope: identity.Network})
	})
}

// TryMail is Service.TryMail for who was admitted.
func (u *SetUp) TryMail(ctx context.Context, ticket string, p *i18n.Printer, to string) error {
	if err := u.check(ticket); err != nil {
		return err
	}
	return u.tryMail(ctx, setUpRow, p, to)
}
