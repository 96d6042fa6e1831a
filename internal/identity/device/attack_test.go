package device_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"polis/internal/identity/device"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
)

// What is known against JWTs is tried here: each is one and the same refusal.
func TestProofsThatProveNothing(t *testing.T) {
	run(t, func(t *testing.T, y *yard) {
		m, other := y.enrol(t, device.Door, ours, jose.ES256), y.enrol(t, device.Door, ours, jose.EdDSA)
		now := y.clk.Now()
		with := func(change func(c *jwt.Claims)) string {
			c := y.claims()
			change(&c)
			return m.sign(t, c)
		}
		swapped := machine{m.Device, other.key, other.alg}
		stranger := machine{m.Device, newKey(t, jose.ES256), jose.ES256}
		pub := must[[]byte](t)(x509.MarshalPKIXPublicKey(m.key.Public()))
		hs := must[jose.Signer](t)(jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: pub}, (&jose.SignerOptions{}).WithType("device+jwt").WithHeader("kid", m.ID)))
		good := m.sign(t, y.claims())
		parts := strings.Split(good, ".")
		b64 := func(v any) string {
			return base64.RawURLEncoding.EncodeToString(must[[]byte](t)(json.Marshal(v)))
		}
		used := m.sign(t, y.claims())
		if _, err := y.Prove(t.Context(), used); err != nil {
			t.Fatal(err)
		}
		for name, proof := range map[string]string{
			"nothing":                   "",
			"no token":                  "abc",
			"alg none":                  b64(map[string]any{"alg": "none", "typ": "device+jwt", "kid": m.ID}) + "." + parts[1] + ".",
			"alg none, signature kept":  b64(map[string]any{"alg": "none", "typ": "device+jwt", "kid": m.ID}) + "." + parts[1] + "." + parts[2],
			"HS256 with the public key": must[string](t)(jwt.Signed(hs).Claims(y.claims()).Serialize()),
			"another typ":               m.sign(t, y.claims(), map[jose.HeaderKey]any{"typ": "JWT"}),
			"another's kid":             m.sign(t, y.claims(), map[jose.HeaderKey]any{"kid": other.ID}),
			"a kid of nobody":           m.sign(t, y.claims(), map[jose.HeaderKey]any{"kid": "../../etc/passwd"}),
			"a kid that is SQL":         m.sign(t, y.claims(), map[jose.HeaderKey]any{"kid": m.ID + "' OR '1'='1"}),
			"no kid":                    m.sign(t, y.claims(), map[jose.HeaderKey]any{"kid": ""}),
			"a key of its own":          stranger.sign(t, y.claims(), map[jose.HeaderKey]any{"jwk": jose.JSONWebKey{Key: stranger.key.Public()}}),
			"the key of another device": swapped.sign(t, y.claims()),
			"a strange key":             stranger.sign(t, y.claims()),
			"a strange extension":       m.sign(t, y.claims(), map[jose.HeaderKey]any{"crit": []string{"exp"}, "exp": 1}),
			"claims changed":            parts[0] + "." + b64(map[string]any{"aud": public, "iat": now.Unix(), "exp": now.Unix() + 60, "jti": "other"}) + "." + parts[2],
			"for somebody else":         with(func(c *jwt.Claims) { c.Audience = jwt.Audience{"https://polis.example.com"} }),
			"for us and somebody else":  with(func(c *jwt.Claims) { c.Audience = append(c.Audience, "https://polis.example.com") }),
			"for nobody":                with(func(c *jwt.Claims) { c.Audience = nil }),
			"expired":                   with(func(c *jwt.Claims) { at(c, now.Add(-91*time.Second), time.Minute) }),
			"of the future":             with(func(c *jwt.Claims) { at(c, now.Add(31*time.Second), time.Minute) }),
			"too long":                  with(func(c *jwt.Claims) { at(c, now, 61*time.Second) }),
			"ends before it begins":     with(func(c *jwt.Claims) { at(c, now, -time.Second) }),
			"not yet":                   with(func(c *jwt.Claims) { c.NotBefore = jwt.NewNumericDate(now.Add(31 * time.Second)) }),
			"without iat":               with(func(c *jwt.Claims) { c.IssuedAt = nil }),
			"without exp":               with(func(c *jwt.Claims) { c.Expiry = nil }),
			"without jti":               with(func(c *jwt.Claims) { c.ID = "" }),
			"used":                      used,
			"too large":                 with(func(c *jwt.Claims) { c.Subject = strings.Repeat("x", 5000) }),
		} {
			if session, err := y.other.Prove(t.Context(), proof); !errs.HasKey(err, "device.proof") || session.Token != "" {
				t.Errorf("%s: %v", name, err)
			}
		}
		// A clock that is a little wrong is let through, in both directions.
		for _, off := range []time.Duration{-89 * time.Second, 29 * time.Second} {
			if _, err := y.Prove(t.Context(), with(func(c *jwt.Claims) { at(c, now.Add(off), time.Minute) })); err != nil {
				t.Errorf("a clock that is %v off: %v", off, err)
			}
		}
		if _, err := y.Prove(t.Context(), good); err != nil {
			t.Errorf("the good one: %v", err)
		}
		if _, err := y.Authenticate(t.Context(), "polisdev_"+strings.Repeat("A", 43)); !errs.HasKey(err, "device.proof") {
			t.Errorf("a token of nobody: %v", err)
		}
	})
}

func at(c *jwt.Claims, from time.Time, life time.Duration) {
	c.IssuedAt, c.Expiry = jwt.NewNumericDate(from), jwt.NewNumericDate(from.Add(life))
}

// A proof is remembered for as long as it could be shown again.
func TestAProofIsNotForgottenTooEarly(t *testing.T) {
	run(t, func(t *testing.T, y *yard) {
		m := y.enrol(t, device.Door, ours, jose.EdDSA)
		proof := m.sign(t, y.claims())
		if _, err := y.Prove(t.Context(), proof); err != nil {
			t.Fatal(err)
		}
		for range 9 {
			y.clk.Advance(10 * time.Second)
			if err := y.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := y.other.Prove(t.Context(), proof); !errs.HasKey(err, "device.proof") {
				t.Fatalf("shown again: %v", err)
			}
		}
	})
}

// Of many who come with one proof, or one code, at the same time one is let in.
func TestAtTheSameTime(t *testing.T) {
	run(t, func(t *testing.T, y *yard) {
		m := y.enrol(t, device.Door, ours, jose.EdDSA)
		proof := m.sign(t, y.claims())
		_, code := y.make(t, device.Kiosk, ours)
		key := jwkOf(t, newKey(t, jose.EdDSA).Public())
		var wg sync.WaitGroup
		var mu sync.Mutex
		proved, enrolled := 0, 0
		for i := range 6 {
			replica := []*device.Service{y.Service, y.other}[i%2]
			wg.Go(func() {
				_, err := replica.Prove(t.Context(), proof)
				_, enrolErr := replica.Enrol(t.Context(), device.Enrolment{Code: code, Kinds: device.Kinds, Key: key, Client: client})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					proved++
				}
				if enrolErr == nil {
					enrolled++
				}
			})
		}
		wg.Wait()
		if proved != 1 || enrolled != 1 {
			t.Errorf("%d proved, %d enrolled", proved, enrolled)
		}
	})
}

// A device that is enrolled anew has another key: the one before is worth nothing.
func TestANewKeyEndsTheOneBefore(t *testing.T) {
	run(t, func(t *testing.T, y *yard) {
		m := y.enrol(t, device.Door, ours, jose.EdDSA)
		session := must[device.Session](t)(y.Prove(t.Context(), m.sign(t, y.claims())))
		_, code, err := y.NewCode(t.Context(), manager(ours), m.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := y.Authenticate(t.Context(), session.Token); err != nil {
			t.Errorf("a code alone ends nothing: %v", err)
		}
		fresh := machine{m.Device, newKey(t, jose.ES256), jose.ES256}
		must[device.Device](t)(y.Enrol(t.Context(), device.Enrolment{Code: code.Text, Kinds: device.Kinds, Key: jwkOf(t, fresh.key.Public()), Client: client}))
		if _, err := y.Authenticate(t.Context(), session.Token); !errs.HasKey(err, "device.proof") {
			t.Errorf("a session of the key before: %v", err)
		}
		if _, err := y.Prove(t.Context(), m.sign(t, y.claims())); !errs.HasKey(err, "device.proof") {
			t.Errorf("the key before: %v", err)
		}
		must[device.Session](t)(y.Prove(t.Context(), fresh.sign(t, y.claims())))
	})
}

// Keys that are none, too weak, or private.
func TestKeysThatAreRefused(t *testing.T) {
	y := newYard(t, dbtest.SQLite(t))
	_, code := y.make(t, device.Kiosk, ours)
	p384 := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	weak := must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 2048))
	_, private, _ := ed25519.GenerateKey(rand.Reader)
	for name, key := range map[string]string{
		"nothing": "", "no JSON": "x", "no key": "{}", "P-384": string(jwkOf(t, p384.Public())), "RSA": string(jwkOf(t, weak.Public())), "private": string(jwkOf(t, private)),
		"symmetric": `{"kty":"oct","k":"c2VjcmV0"}`, "off the curve": `{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ"}`, "short": `{"kty":"OKP","crv":"Ed25519","x":"AQ"}`,
	} {
		if _, err := y.Enrol(t.Context(), device.Enrolment{Code: code, Kinds: device.Kinds, Key: []byte(key), Client: client}); !errs.HasKey(err, "device.invalid.key") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Proofs that prove nothing are counted for the client that sends them, on all
// replicas together; a right one, and other clients, are not held up by it.
func TestWrongProofsAreCounted(t *testing.T) {
	run(t, func(t *testing.T, y *yard) {
		m := y.enrol(t, device.Door, ours, jose.EdDSA)
		other := netip.MustParseAddr("2001:db8:1::7")
		for i := range 60 {
			if _, err := []*device.Service{y.Service, y.other}[i%2].ProveFrom(t.Context(), client, "x.y.z"); !errs.HasKey(err, "device.proof") {
				t.Fatalf("the %d: %v", i, err)
			}
		}
		if _, err := y.other.ProveFrom(t.Context(), client, "x.y.z"); !errs.Is(err, errs.TooMany) {
			t.Errorf("one too many: %v", err)
		}
		if _, err := y.ProveFrom(t.Context(), other, "x.y.z"); !errs.HasKey(err, "device.proof") {
			t.Errorf("of another client: %v", err)
		}
		if _, err := y.ProveFrom(t.Context(), client, m.sign(t, y.claims())); err != nil {
			t.Errorf("a right one: %v", err)
		}
		y.clk.Advance(10 * time.Second)
		if _, err := y.ProveFrom(t.Context(), client, "x.y.z"); !errs.HasKey(err, "device.proof") {
			t.Errorf("later: %v", err)
		}
	})
}
