package device

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"polis/internal/identity"
	"polis/internal/platform/clock"
	"polis/internal/platform/db"
	"polis/internal/platform/errs"
)

// A proof is a JWT that a device signs with its key: typ "device+jwt", kid its id,
// aud the address of the installation, iat, exp and a jti that it uses once.
const (
	proofType = "device+jwt"
	proofLife = time.Minute      // from iat to exp, at the most
	skew      = 30 * time.Second // by which the clock of a device may be wrong
	maxProof  = 4096             // bytes
)

// How long a device may act on one proof. A browser asks anew by itself while it is
// open.
const (
	sessionLife = 10 * time.Minute
	browserLife = time.Hour
)

// algorithms are those of the keys that a device can have.
var algorithms = []jose.SignatureAlgorithm{jose.EdDSA, jose.ES256}

// tokenPrefix is how the token of a device's session begins.
const tokenPrefix = "polisdev_"

// Session is what a device acts with for a while.
type Session struct {
	Token  string
	Ends   time.Time
	Device Device
}

func errBadKey() error { return errs.New(errs.Invalid, "device.invalid.key", nil).On("key") }

func errNoProof() error { return errs.New(errs.Unauthenticated, "device.proof", nil) }

// parseKey reads the JWK of a public key, Ed25519 or P-256, and returns it as PKIX;
// Invalid "device.invalid.key".
func parseKey(text []byte) ([]byte, error) {
	var jwk jose.JSONWebKey
	if err := jwk.UnmarshalJSON(text); err != nil || !jwk.Valid() || !jwk.IsPublic() {
		return nil, errBadKey()
	}
	switch key := jwk.Key.(type) {
	case ed25519.PublicKey:
		if again, err := jwk.MarshalJSON(); err != nil || !sameX(text, again) { // short ones are filled up with zeros
			return nil, errBadKey()
		}
	case *ecdsa.PublicKey:
		if key.Curve != elliptic.P256() {
			return nil, errBadKey()
		}
	default:
		return nil, errBadKey()
	}
	return x509.MarshalPKIXPublicKey(jwk.Key)
}

// sameX tells whether two JWKs write their x alike.
func sameX(a, b []byte) bool {
	var one, other WantedDeviceKey
	return json.Unmarshal(a, &one) == nil && json.Unmarshal(b, &other) == nil && one.X == other.X
}

// algorithmOf is the one algorithm with which a key signs.
func algorithmOf(key any) jose.SignatureAlgorithm {
	if _, is := key.(ed25519.PublicKey); is {
		return jose.EdDSA
	}
	return jose.ES256
}

var (
	keyOfDevice = db.Q("device.key", `SELECT key FROM device WHERE id = $1 AND key IS NOT NULL AND revoked IS NULL`)
	useProof    = db.Q("device.proof.use", `INSERT INTO device_proof (hash, expires) VALUES ($1, $2) ON CONFLICT DO NOTHING`)
	putSession  = db.Q("device.session.put", `INSERT INTO device_session (hash, device, expires) VALUES ($1, $2, $3)`)
	seeDevice   = db.Q("device.see", `UPDATE device SET seen = $2 WHERE id = $1 AND revoked IS NULL`)
)

// proofs is how many proofs that prove nothing one client may come with. A right one
// is let through also then: nobody guesses a signature, and who shares the address
// of a client is not locked out by it.
var proofs = identity.Limit{Name: "device.proofs", Burst: 60, Each: 10 * time.Second}

// ProveFrom is Prove for a client, whose wrong proofs are counted; TooMany
// "identity.too-many".
func (s *Service) ProveFrom(ctx context.Context, client netip.Addr, proof string) (Session, error) {
	session, err := s.Prove(ctx, proof)
	if errs.HasKey(err, "device.proof") {
		err = cmp.Or(s.Limits.Take(ctx, proofs, identity.ClientName(client)), err)
	}
	return session, err
}

// Prove begins a session of the device that made a proof. Whatever is wrong with it
// is one error, Unauthenticated "device.proof".
func (s *Service) Prove(ctx context.Context, proof string) (out Session, err error) {
	defer errs.Wrap(&err, "device.Prove")
	id, jti, expires, err := s.verify(ctx, proof)
	if err != nil {
		return Session{}, err
	}
	var secret [32]byte
	rand.Read(secret[:]) // never fails
	token := tokenPrefix + base64.RawURLEncoding.EncodeToString(secret[:])
	used := sha256.Sum256([]byte(id + "\x00" + jti))
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, useProof, used[:], clock.Micros(expires.Add(skew)))
		if err == nil && n == 0 {
			return errNoProof()
		}
		if err != nil {
			return err
		}
		now := s.Clock.Now()
		if n, err := tx.Exec(ctx, seeDevice, id, clock.Micros(now)); err != nil || n == 0 {
			return orNoProof(err) // revoked meanwhile
		}
		found, err := db.All(ctx, tx, anyDevice, scanDevice, id)
		if err != nil || len(found) == 0 {
			return orNoProof(err)
		}
		out = Session{token, now.Add(sessionLife), found[0]}
		if out.Device.Kind.browser() {
			out.Ends = now.Add(browserLife)
		}
		_, err = tx.Exec(ctx, putSession, tokenHash(token), id, clock.Micros(out.Ends))
		return err
	})
	if err != nil {
		return Session{}, err
	}
	return out, nil
}

func orNoProof(err error) error {
	if err == nil {
		return errNoProof()
	}
	return err
}

// verify is whose proof it is, what it calls itself and when it ends.
func (s *Service) verify(ctx context.Context, proof string) (id, jti string, expires time.Time, err error) {
	fail := func() (string, string, time.Time, error) { return "", "", time.Time{}, errNoProof() }
	if len(proof) > maxProof {
		return fail()
	}
	token, err := jwt.ParseSigned(proof, algorithms)
	if err != nil || len(token.Headers) != 1 {
		return fail()
	}
	head := token.Headers[0]
	if head.ExtraHeaders[jose.HeaderType] != proofType || head.KeyID == "" || head.JSONWebKey != nil {
		return fail()
	}
	var der []byte
	err = db.One(ctx, s.DB, keyOfDevice, []any{head.KeyID}, &der)
	if errors.Is(err, db.ErrNoRow) {
		return fail()
	}
	if err != nil {
		return "", "", expires, err
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return "", "", expires, err
	}
	var claims jwt.Claims
	if head.Algorithm != string(algorithmOf(key)) || token.Claims(key, &claims) != nil || !s.holds(claims) {
		return fail()
	}
	return head.KeyID, claims.ID, claims.Expiry.Time(), nil
}

// holds tells whether a proof was made for us and now.
func (s *Service) holds(c jwt.Claims) bool {
	if c.IssuedAt == nil || c.Expiry == nil || c.ID == "" || !slices.Equal(c.Audience, jwt.Audience{s.URL}) {
		return false
	}
	now, from, until := s.Clock.Now(), c.IssuedAt.Time(), c.Expiry.Time()
	return until.After(from) && until.Sub(from) <= proofLife && !from.After(now.Add(skew)) && now.Before(until.Add(skew)) &&
		(c.NotBefore == nil || !c.NotBefore.Time().After(now.Add(skew)))
}

func tokenHash(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// IsToken tells whether a text looks like the token of a device's session.
func IsToken(text string) bool { return strings.HasPrefix(text, tokenPrefix) }

// seenAfter is how long a device is used before that is written down.
const seenAfter = time.Minute

var sessionOf = db.Q("device.session.of", `
	SELECT d.id, d.kind, d.site, d.name, d.by, d.made, d.enrolled, d.seen, d.revoked, s.expires FROM device_session s JOIN device d ON d.id = s.device
	WHERE s.hash = $1 AND s.expires > $2 AND d.revoked IS NULL`)

// Of is the session with a token; Unauthenticated "device.proof". It is read anew
// each time, so that a revoked device is one at once and everywhere.
func (s *Service) Of(ctx context.Context, token string) (_ Session, err error) {
	defer errs.Wrap(&err, "device.Of")
	now := s.Clock.Now()
	found, err := db.All(ctx, s.DB, sessionOf, scanSession, tokenHash(token), clock.Micros(now))
	if err != nil {
		return Session{}, err
	}
	if len(found) == 0 {
		return Session{}, errNoProof()
	}
	out := found[0]
	out.Token = token
	if now.Sub(out.Device.Seen) >= seenAfter {
		err = s.DB.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, seeDevice, out.Device.ID, clock.Micros(now))
			return err
		})
	}
	return out, err
}

// Authenticate is the actor of a program that comes with the token of a device;
// Unauthenticated "device.proof".
func (s *Service) Authenticate(ctx context.Context, token string) (identity.Actor, error) {
	session, err := s.Of(ctx, token)
	if err != nil {
		return identity.Anonymous, err
	}
	return session.Device.Actor(identity.ChannelAPI), nil
}
