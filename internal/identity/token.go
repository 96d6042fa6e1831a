package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base32"
	"errors"
	"strings"
	"time"

	"polis/internal/journal"
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
	Person    string       // id of whose token it is
	Name      string       // what the person calls it; encrypted with their key
	Role      Role         // in which it acts, one that the person has; "" means Citizen
	Scope     Scope        // of the role
	Only      []Permission // of those of the role; none means all
	Unlimited bool         // lifts fair use; refused outside a demonstration
	Expires   time.Time    // at most TokenLife from now, which zero means
	MadeBy    string       // id of who makes it, "" for who has the program in their hands
}

// TokenLife is the longest that a token lives.
const TokenLife = 366 * 24 * time.Hour

// mostTokens is how many living tokens a person may have.
const mostTokens = 100

// Token is a token as it is listed.
type Token struct {
	ID      string
	Created time.Time
	Used    time.Time // last, to the minute; zero where it was not yet
	Revoked time.Time // zero where it is not
	TokenSpec
}

// Alive tells whether a token still lets a program in, as far as the token goes.
func (t Token) Alive(now time.Time) bool {
	return t.Revoked.IsZero() && (t.Expires.IsZero() || t.Expires.After(now))
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
		INSERT INTO token (id, hash, person, name, role, scope_kind, scope, permissions, unlimited, created, expires)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`)
	tokenByHash = db.Q("identity.token.by-hash", `
		SELECT id, person, role, scope_kind, scope, permissions, unlimited, expires, used FROM token
		WHERE hash = $1 AND revoked IS NULL AND (expires IS NULL OR expires > $2)`)
	useToken = db.Q("identity.token.use", `
		UPDATE token SET used = $2 WHERE id = $1 AND (used IS NULL OR used <= $3)`)
	tokensOf = db.Q("identity.token.of", `
		SELECT id, name, role, scope_kind, scope, permissions, unlimited, created, expires, used, revoked FROM token
		WHERE person = $1 ORDER BY id`)
	tokensAlive = db.Q("identity.token.alive", `
		SELECT COUNT(*) FROM token WHERE person = $1 AND revoked IS NULL AND (expires IS NULL OR expires > $2)`)
	tokenPerson = db.Q("identity.token.person", `SELECT person FROM token WHERE id = $1`)
	revokeToken = db.Q("identity.token.revoke", `
		UPDATE token SET revoked = $3 WHERE id = $1 AND person = $2 AND revoked IS NULL`)
	// An earlier version may have stored the role by another name ($6).
	endTokensOf = db.Q("identity.token.end-role", `
		UPDATE token SET revoked = $5 WHERE person = $1 AND role IN ($2, $6) AND scope_kind = $3 AND scope = $4 AND revoked IS NULL`)
)

// Create makes a token and returns its text, which is shown this once and kept
// nowhere. The errors are NotFound "identity.unknown" for the person, Rule
// "identity.token-role" for a role that they do not have and
// "identity.token-many", Invalid for role, scope, permissions, name or end, and
// Forbidden "identity.unlimited".
func (s *Tokens) Create(ctx context.Context, spec TokenSpec) (text string, err error) {
	defer errs.Wrap(&err, "identity.CreateToken(%q)", spec.Person)
	now := s.people.clk.Now()
	if err := s.complete(&spec, now); err != nil {
		return "", err
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
	return text, s.people.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.mayHave(ctx, tx, spec, now); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, insertToken, id, hash[:], spec.Person, name, string(spec.Role), spec.Scope.Kind, spec.Scope.ID,
			permissionText(spec.Only), spec.Unlimited, clock.Micros(now), microsOrNull(spec.Expires)); err != nil {
			return err
		}
		return journal.Append(ctx, tx, journal.Act{At: now, Kind: "token.made", Subject: id, Person: spec.MadeBy, Data: tokenFacts(spec)})
	})
}

// Check tells what of a token cannot be, whosever it is: the errors Invalid and
// Forbidden of Create.
func (s *Tokens) Check(spec TokenSpec) error { return s.complete(&spec, s.people.clk.Now()) }

// complete checks what a token is to be, and says what was left out.
func (s *Tokens) complete(spec *TokenSpec, now time.Time) error {
	if spec.Role == "" {
		spec.Role = Citizen
	}
	if spec.Role == Member {
		return errs.New(errs.Invalid, "identity.role", nil).On("role")
	}
	if err := checkRole(spec.Role, spec.Scope); err != nil {
		return err
	}
	for _, p := range spec.Only {
		if reaches[spec.Role][p] == none {
			return errs.New(errs.Invalid, "identity.token-permission", errs.Args{"permission": string(p)}).On("permissions")
		}
	}
	if spec.Name = normalName(spec.Name); !goodName(spec.Name) {
		return errs.New(errs.Invalid, "identity.invalid.name", nil).On("name")
	}
	if spec.Expires.IsZero() {
		spec.Expires = now.Add(TokenLife)
	}
	switch {
	case !spec.Expires.After(now):
		return errs.New(errs.Invalid, "identity.invalid.expires", nil).On("expires")
	case spec.Expires.After(now.Add(TokenLife)):
		return errs.New(errs.Invalid, "identity.token-long", nil).On("expires")
	case spec.Unlimited && !s.demo:
		return errs.New(errs.Forbidden, "identity.unlimited", nil)
	}
	return nil
}

// mayHave tells whether the person of a token may have it.
func (s *Tokens) mayHave(ctx context.Context, r db.Reader, spec TokenSpec, now time.Time) error {
	holder, err := s.grants.actingIn(ctx, r, spec.Person)
	if err != nil {
		return err
	}
	if !holder.has(spec.Role, spec.Scope) {
		return errs.New(errs.Rule, "identity.token-role", nil).On("role")
	}
	n := 0
	if err := db.One(ctx, r, tokensAlive, []any{spec.Person, clock.Micros(now)}, &n); err != nil {
		return err
	}
	if n >= mostTokens {
		return errs.New(errs.Rule, "identity.token-many", errs.Args{"max": mostTokens})
	}
	return nil
}

// permissionText is a list of permissions as it is stored.
func permissionText(list []Permission) string {
	texts := make([]string, len(list))
	for i, p := range list {
		texts[i] = string(p)
	}
	return strings.Join(texts, " ")
}

func permissionsOf(text string) (list []Permission) {
	for _, p := range strings.Fields(text) {
		list = append(list, Permission(p))
	}
	return list
}

// tokenFacts are what the act of making a token says of it: nothing that names
// somebody.
func tokenFacts(spec TokenSpec) string {
	return facts(map[string]string{
		"person": spec.Person, "role": string(spec.Role), "kind": spec.Scope.Kind, "scope": spec.Scope.ID, "permissions": permissionText(spec.Only),
		"ends": spec.Expires.UTC().Format(time.RFC3339),
	})
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

// usedAfter is how long a token is used before that is written down.
const usedAfter = time.Minute

func (s *Tokens) lookUp(ctx context.Context, hash [sha256.Size]byte) (_ Actor, err error) {
	defer errs.Wrap(&err, "identity.Authenticate")
	read := s.people.clk.Now()
	var t Token
	var role, only string
	var expires, used sql.NullInt64
	if err := db.Each(ctx, s.people.db, tokenByHash, func(rows *sql.Rows) error {
		return rows.Scan(&t.ID, &t.Person, &role, &t.Scope.Kind, &t.Scope.ID, &only, &t.Unlimited, &expires, &used)
	}, hash[:], clock.Micros(read)); err != nil {
		return Anonymous, err
	}
	if t.ID == "" {
		return Anonymous, errBadToken()
	}
	t.Role, t.Only, t.Expires = ReadRole(role, t.Scope), permissionsOf(only), timeOrZero(expires)
	a, err := s.actor(ctx, t)
	if err != nil {
		return Anonymous, err
	}
	if read.Sub(timeOrZero(used)) >= usedAfter {
		if err := s.people.db.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, useToken, t.ID, clock.Micros(read), clock.Micros(read.Add(-usedAfter)))
			return err
		}); err != nil {
			return Anonymous, err
		}
	}
	s.cache.put(hash, a, read, t.Expires)
	return a, nil
}

// actor is who comes with a token: its person in one role, as long as they have
// it themselves.
func (s *Tokens) actor(ctx context.Context, t Token) (Actor, error) {
	p, err := s.people.Get(ctx, t.Person)
	if errs.Is(err, errs.NotFound) { // forgotten between the two statements
		return Anonymous, errBadToken()
	}
	if err != nil {
		return Anonymous, err
	}
	a, err := s.grants.Acting(ctx, t.Person)
	if err != nil {
		return Anonymous, err
	}
	if !a.has(t.Role, t.Scope) {
		return Anonymous, errBadToken()
	}
	a.Role, a.Scope, a.Held = t.Role, t.Scope, nil
	if t.Role != Citizen {
		a.Held = []Held{{t.Role, t.Scope}}
	}
	if a.inside, err = s.grants.insides(ctx, a.Held); err != nil {
		return Anonymous, err
	}
	if t.Scope.Kind == KindOrganisation && a.Belongs(t.Scope.ID) { // a program of the organisation
		a.For = t.Scope
	}
	a.only = t.Only
	a.Name, a.Language, a.Channel, a.Token = p.DisplayName(), p.Language, ChannelAPI, t.ID
	a.Unlimited = t.Unlimited && s.demo // a demonstration's database may be served for real
	return a, nil
}

// has tells whether the actor holds a role for a scope, or one that may more.
func (a Actor) has(r Role, at Scope) bool {
	return r == Citizen || a.anyHeld(func(h heldRole) bool { return h.Role.is(r) && h.covers(at) })
}

// Revoke ends a token of a person: here at once, on other replicas within 5
// seconds. by is who does it, "" for who has the program in their hands.
// NotFound "identity.token-unknown" where the person has none such.
func (s *Tokens) Revoke(ctx context.Context, by, person, id string) (err error) {
	defer errs.Wrap(&err, "identity.RevokeToken(%q, %q)", person, id)
	return s.people.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, revokeToken, id, person, clock.Micros(s.people.clk.Now()))
		if err == nil && n == 0 {
			return errs.New(errs.NotFound, "identity.token-unknown", nil)
		}
		if err != nil {
			return err
		}
		tx.After(func() { s.cache.forget(func(a Actor) bool { return a.Token == id }) })
		return journal.Append(ctx, tx, journal.Act{At: s.people.clk.Now(), Kind: "token.revoked", Subject: id, Person: by})
	})
}

// Whose is the id of the person who has a token; NotFound
// "identity.token-unknown".
func (s *Tokens) Whose(ctx context.Context, id string) (person string, err error) {
	defer errs.Wrap(&err, "identity.Whose(%q)", id)
	err = db.One(ctx, s.people.db, tokenPerson, []any{id}, &person)
	if errors.Is(err, db.ErrNoRow) {
		err = errs.New(errs.NotFound, "identity.token-unknown", nil)
	}
	return person, err
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
		var role, only string
		var created int64
		var expires, used, revoked sql.NullInt64
		if err := rows.Scan(&t.ID, &name, &role, &t.Scope.Kind, &t.Scope.ID, &only, &t.Unlimited, &created, &expires, &used, &revoked); err != nil {
			return t, err
		}
		plain, err := key.open(placeOfTokenName(t.ID), name)
		t.Person, t.Name, t.Role, t.Only, t.Created = person, string(plain), ReadRole(role, t.Scope), permissionsOf(only), clock.FromMicros(created)
		t.Expires, t.Used, t.Revoked = timeOrZero(expires), timeOrZero(used), timeOrZero(revoked)
		return t, err
	}, person)
}
