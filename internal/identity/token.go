package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base32"
	"strings"
	"time"

	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// A token is a prefix, by which scanners of leaked secrets know it, and 256
// random bits. Of so much chance a plain SHA-256 is kept: there is nothing to
// guess, and a slow hash would only slow down the bookings.
const tokenPrefix = "polis_"

var tokenText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// TokenSpec is what a new token is to be.
type TokenSpec struct {
	Person    string    // id of whose token it is
	Name      string    // what the person calls it; encrypted with their key
	Role      Role      // in which it acts; "" means Citizen
	Scope     Scope     // of the role
	Unlimited bool      // lifts fair use; refused outside a demonstration
	Expires   time.Time // zero = no end
}

// Token is a token as it is listed.
type Token struct {
	ID      string
	Created time.Time
	Revoked time.Time // zero where it is not
	TokenSpec
}

// Tokens keeps the tokens of programs and tells who comes with one.
type Tokens struct {
	people *People
	grants *Grants
	demo   bool
	cache  *actorCache[[sha256.Size]byte]
}

// NewTokens returns the tokens of a database. Only in a demonstration may a
// token lift fair use.
func NewTokens(people *People, grants *Grants, demo bool) *Tokens {
	return &Tokens{people: people, grants: grants, demo: demo, cache: newActorCache[[sha256.Size]byte](people.clk)}
}

var (
	insertToken = db.Q("identity.token.insert", `
		INSERT INTO token (id, hash, person, name, role, scope_kind, scope, unlimited, created, expires)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`)
	tokenByHash = db.Q("identity.token.by-hash", `
		SELECT id, person, role, scope_kind, scope, unlimited, expires FROM token
		WHERE hash = $1 AND revoked IS NULL AND (expires IS NULL OR expires > $2)`)
	tokensOf = db.Q("identity.token.of", `
		SELECT id, name, role, scope_kind, scope, unlimited, created, expires, revoked FROM token
		WHERE person = $1 ORDER BY id`)
	revokeToken = db.Q("identity.token.revoke", `
		UPDATE token SET revoked = $3 WHERE id = $1 AND person = $2 AND revoked IS NULL`)
	endTokensOf = db.Q("identity.token.end-role", `
		UPDATE token SET revoked = $5 WHERE person = $1 AND role = $2 AND scope_kind = $3 AND scope = $4 AND revoked IS NULL`)
)

// Create makes a token and returns its text, which is shown this once and kept
// nowhere. The errors are NotFound "identity.unknown" for the person, Invalid
// for role, scope, name or end, and Forbidden "identity.unlimited".
func (s *Tokens) Create(ctx context.Context, spec TokenSpec) (text string, err error) {
	defer errs.Wrap(&err, "identity.CreateToken(%q)", spec.Person)
	now := s.people.clk.Now()
	if spec.Role == "" {
		spec.Role = Citizen
	}
	if spec.Role == Member {
		return "", errs.New(errs.Invalid, "identity.role", nil).On("role")
	}
	if err := checkRole(spec.Role, spec.Scope); err != nil {
		return "", err
	}
	if spec.Name = normalName(spec.Name); !goodName(spec.Name) {
		return "", errs.New(errs.Invalid, "identity.invalid.name", nil).On("name")
	}
	if !spec.Expires.IsZero() && !spec.Expires.After(now) {
		return "", errs.New(errs.Invalid, "identity.invalid.expires", nil).On("expires")
	}
	if spec.Unlimited && !s.demo {
		return "", errs.New(errs.Forbidden, "identity.unlimited", nil)
	}
	key, err := s.people.key(ctx, s.people.db, spec.Person)
	if err != nil {
		return "", err
	}
	id := s.people.ids()
	name, err := key.seal(placeOfTokenName(id), []byte(spec.Name))
	if err != nil {
		return "", err
	}
	var secret [32]byte
	rand.Read(secret[:]) // never fails
	text = tokenPrefix + tokenText.EncodeToString(secret[:])
	hash := sha256.Sum256([]byte(text))
	err = s.people.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, insertToken, id, hash[:], spec.Person, name, string(spec.Role), spec.Scope.Kind, spec.Scope.ID,
			spec.Unlimited, clock.Micros(now), microsOrNull(spec.Expires))
		return err
	})
	return text, err
}

func placeOfTokenName(token string) string { return "token.name:" + token }

// Authenticate returns the actor who comes with the text of a token. Unknown,
// expired and revoked are one error, Unauthenticated "identity.token". The
// answer may be up to 5 seconds old.
func (s *Tokens) Authenticate(ctx context.Context, text string) (Actor, error) {
	if !looksLikeToken(text) {
		return Anonymous, errBadToken()
	}
	hash := sha256.Sum256([]byte(text))
	if a, ok := s.cache.get(hash); ok {
		return a, nil
	}
	return s.lookUp(ctx, hash)
}

func looksLikeToken(text string) bool {
	return strings.HasPrefix(text, tokenPrefix) && len(text) == len(tokenPrefix)+tokenText.EncodedLen(32)
}

func errBadToken() error { return errs.New(errs.Unauthenticated, "identity.token", nil) }

func (s *Tokens) lookUp(ctx context.Context, hash [sha256.Size]byte) (_ Actor, err error) {
	defer errs.Wrap(&err, "identity.Authenticate")
	read := s.people.clk.Now()
	a := Actor{Channel: ChannelAPI}
	var expires sql.NullInt64
	found := false
	if err := db.Each(ctx, s.people.db, tokenByHash, func(rows *sql.Rows) error {
		found = true
		return rows.Scan(&a.Token, &a.Person, &a.Role, &a.Scope.Kind, &a.Scope.ID, &a.Unlimited, &expires)
	}, hash[:], clock.Micros(read)); err != nil {
		return Anonymous, err
	}
	if !found {
		return Anonymous, errBadToken()
	}
	p, err := s.people.Get(ctx, a.Person)
	if errs.Is(err, errs.NotFound) { // forgotten between the two statements
		return Anonymous, errBadToken()
	}
	if err != nil {
		return Anonymous, err
	}
	grants, err := s.grants.Of(ctx, a.Person)
	if err != nil {
		return Anonymous, err
	}
	a.Name, a.Language, a.Groups = p.DisplayName(), p.Language, groupsIn(grants)
	a.Unlimited = a.Unlimited && s.demo // a demonstration's database may be served for real
	s.cache.put(hash, a, read, timeOrZero(expires))
	return a, nil
}

// Revoke ends a token of a person: here at once, on other replicas within 5
// seconds. NotFound "identity.token-unknown" where the person has none such.
func (s *Tokens) Revoke(ctx context.Context, person, id string) (err error) {
	defer errs.Wrap(&err, "identity.RevokeToken(%q, %q)", person, id)
	return s.people.db.Write(ctx, func(tx *db.Tx) error { return s.revokeIn(ctx, tx, person, id) })
}

func (s *Tokens) revokeIn(ctx context.Context, tx *db.Tx, person, id string) error {
	n, err := tx.Exec(ctx, revokeToken, id, person, clock.Micros(s.people.clk.Now()))
	if err == nil && n == 0 {
		return errs.New(errs.NotFound, "identity.token-unknown", nil)
	}
	tx.After(func() { s.cache.forget(func(a Actor) bool { return a.Token == id }) })
	return err
}

// List returns all tokens of a person, oldest first, the ended ones too.
func (s *Tokens) List(ctx context.Context, person string) (_ []Token, err error) {
	defer errs.Wrap(&err, "identity.Tokens(%q)", person)
	key, err := s.people.key(ctx, s.people.db, person)
	if err != nil {
		return nil, err
	}
	return db.All(ctx, s.people.db, tokensOf, func(rows *sql.Rows) (Token, error) {
		var t Token
		var name []byte
		var created int64
		var expires, revoked sql.NullInt64
		if err := rows.Scan(&t.ID, &name, &t.Role, &t.Scope.Kind, &t.Scope.ID, &t.Unlimited, &created, &expires, &revoked); err != nil {
			return t, err
		}
		plain, err := key.open(placeOfTokenName(t.ID), name)
		t.Person, t.Name, t.Created = person, string(plain), clock.FromMicros(created)
		t.Expires, t.Revoked = timeOrZero(expires), timeOrZero(revoked)
		return t, err
	}, person)
}
