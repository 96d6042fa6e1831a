package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/i18n"
	"polis/internal/platform/jobs"
	"polis/internal/platform/letter"
	"polis/internal/platform/mail"
)

// AccessOptions are what an Access works with.
type AccessOptions struct {
	People *People
	Grants *Grants
	Tokens *Tokens
	Words  *i18n.Bundle
	Scopes Scopes
	Log    *slog.Logger
	// Transport is how messages leave, From their sender; nil where none do.
	Transport mail.Transport
	From      mail.Sender
	Look      letter.Look
	URL       string // address by which the world reaches the pages: "https://…"
}

// Scopes are the houses, lots and territories for which a role can be given.
type Scopes interface {
	// ScopeName is the name of a scope, of a house with its town; "" where there
	// is none such.
	ScopeName(s Scope) string
	// FindScopes are the scopes of a kind that words fit, a few of them; more
	// tells that there are others.
	FindScopes(kind, words string) (found []NamedScope, more bool)
}

// NamedScope is a scope as somebody chooses it.
type NamedScope struct{ ID, Name, About string }

// Access is how people come in: by a code that is mailed to them, by a link,
// by an invitation to a role; and who has which role.
type Access struct {
	AccessOptions
	Limits *Limits

	db   *db.DB
	keys *Keys
	clk  clock.Clock
	ids  clock.IDs
	wake func()
}

// NewAccess returns the access to an installation.
func NewAccess(o AccessOptions) *Access {
	return &Access{AccessOptions: o, Limits: NewLimits(o.People.db, o.People.keys, o.People.clk), db: o.People.db, keys: o.People.keys, clk: o.People.clk, ids: o.People.ids, wake: func() {}}
}

// Register lets a worker send the messages and remove what is over.
func (a *Access) Register(w *jobs.Worker) {
	jobs.Register(w, a.sendCode)
	jobs.Register(w, a.sendInvitation)
	jobs.Register(w, a.sendMoved)
	jobs.Register(w, a.sendNewBrowser)
	w.Every("identity.access", 10*time.Minute, a.Sweep)
	a.wake = w.Wake
}

// Mails tells whether messages leave at all.
func (a *Access) Mails() bool { return a.Transport != nil }

var (
	sweepCodes       = db.Q("identity.code.sweep", `DELETE FROM signin_code WHERE expires <= $1`)
	sweepLimits      = db.Q("identity.limit.sweep", `DELETE FROM signin_limit WHERE free <= $1`)
	sweepLinks       = db.Q("identity.link.sweep", `DELETE FROM signin_link WHERE expires <= $1`)
	sweepInvitations = db.Q("identity.invitation.sweep", `DELETE FROM invitation WHERE expires <= $1`)
)

// invitationKept is how long an invitation is shown after its time, so that it
// can be sent again.
const invitationKept = 30 * 24 * time.Hour

// Sweep removes what is over; to be run now and then.
func (a *Access) Sweep(ctx context.Context) error {
	now := a.clk.Now()
	return a.db.Write(ctx, func(tx *db.Tx) error {
		for _, s := range []struct {
			q     db.Query
			until time.Time
		}{{sweepCodes, now}, {sweepLimits, now}, {sweepLinks, now}, {sweepInvitations, now.Add(-invitationKept)}} {
			if _, err := tx.Exec(ctx, s.q, clock.Micros(s.until)); err != nil {
				return err
			}
		}
		return nil
	})
}

// GuessedToken counts that a client came with the text of a token that is none;
// TooMany "identity.too-many" where it does so too often.
func (a *Access) GuessedToken(ctx context.Context, client netip.Addr) error {
	return a.Limits.Take(ctx, wrongTokens, ClientName(client))
}

// newSecret is a text that cannot be guessed (160 bits), for an address or a
// session.
func newSecret() string {
	var b [20]byte
	rand.Read(b[:]) // never fails
	return tokenText.EncodeToString(b[:])
}

func secretHash(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// letter begins a letter in a language.
func (a *Access) letter(lang, name string) letter.Letter {
	l := letter.New(a.Words.Printer(i18n.Lang(lang), nil), a.Look, name)
	l.Footer = []string{l.T("identity.mail.sent-by", "name", a.Look.Called(), "address", a.host()), l.T("identity.mail.no-reply")}
	return l
}

// host is the address of the pages as people read it.
func (a *Access) host() string {
	_, host, _ := strings.Cut(a.URL, "://")
	return host
}

// post sends a letter.
func (a *Access) post(ctx context.Context, id, to, name string, l letter.Letter) error {
	if !a.Mails() {
		return errNoMail()
	}
	m, err := l.Message()
	if err != nil {
		return err
	}
	m.ID, m.Date, m.From, m.To, m.ToName = id, a.clk.Now(), a.From, to, name
	return a.Transport.Send(ctx, m)
}
