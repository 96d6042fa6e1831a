package oidc_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"polis/internal/identity/oidc"
	"polis/internal/platform/clock"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/errs"
)

// keyFor is a key of a provider for an algorithm.
func keyFor(t *testing.T, alg jose.SignatureAlgorithm) jose.JSONWebKey {
	t.Helper()
	out := jose.JSONWebKey{Key: testKeys()[3], KeyID: string(alg), Algorithm: string(alg), Use: "sig"}
	switch alg {
	case jose.ES256:
		out.Key = must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	case jose.EdDSA:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		out.Key = key
	}
	return out
}

// Providers differ where the standard lets them, and all of them let people in.
func TestWhatProvidersMayDoDifferently(t *testing.T) {
	t.Parallel()
	clk := clock.NewManual(noon)
	o := newOP(t, clk, false)
	settings, yes := o.settings("one"), true
	settings.Keyed = &yes
	w := newWorld(t, dbtest.SQLite(t), clk, settings)
	o.encryptTo = jose.JSONWebKey{Key: testKeys()[1].Public()}
	signs := func(alg jose.SignatureAlgorithm) func() {
		key := keyFor(t, alg)
		return func() {
			o.signAs, o.keys = func(c claims) string { return signed(t, key, c, nil) }, []jose.JSONWebKey{key.Public()}
		}
	}
	for name, change := range map[string]func(){
		"fields of discovery that nobody knows": func() {
			o.alterMeta = func(c claims) {
				c["check_session_iframe"], c["mtls_endpoint_aliases"], c["x"] = "https://elsewhere.example/x", claims{"token_endpoint": "https://elsewhere.example/t"}, []any{1, nil, claims{}}
			}
		},
		"ES256": signs(jose.ES256), "PS256": signs(jose.PS256), "RS512": func() { signs(jose.RS512)(); o.alter = func(c claims) { delete(c, "at_hash") } },
		"EdDSA": func() { signs(jose.EdDSA)(); o.alter = func(c claims) { delete(c, "at_hash") } },
		"an audience of several, and the party that we are": func() {
			o.alter = func(c claims) { c["azp"], c["aud"] = c["aud"], []any{c["aud"], "another"} }
		},
		"an audience of one in a list": func() { o.alter = func(c claims) { c["aud"] = []any{c["aud"]} } },
		"times with fractions": func() {
			o.alter = func(c claims) {
				c["exp"], c["iat"] = float64(w.clk.Now().Unix())+300.75, float64(w.clk.Now().Unix())+0.5
			}
		},
		"userinfo as a signed token": func() { o.infoAs = func(jws string) (string, string) { return "application/jwt", jws } },
		"userinfo signed and encrypted": func() {
			o.infoAs = func(jws string) (string, string) {
				return "application/jwt", o.encrypted(jws, jose.RSA_OAEP, jose.A256GCM)
			}
		},
		"userinfo with its character set": func() {
			o.infoAs = func(string) (string, string) {
				return "application/json; charset=utf-8", `{"sub":"s-1","email":"maria@example.org"}`
			}
		},
		"a large token": func() { o.alter = func(c claims) { c["groups"] = strings.Repeat("g", 8<<10) } },
	} {
		w.clk.Advance(2 * time.Hour) // all is asked anew
		o.set(change)
		if _, err := w.in(o, "one"); err != nil {
			t.Errorf("%s: %v\n%s", name, err, w.log)
		}
		o.set(func() {
			o.alter, o.signAs, o.infoAs, o.alterMeta = nil, nil, nil, nil
			o.keys = []jose.JSONWebKey{o.signing.Public()}
		})
	}
}

// What is encrypted for us is believed as little as what is not: it is signed by
// the provider, or it is nothing.
func TestEncryptedIsNotSigned(t *testing.T) {
	t.Parallel()
	clk := clock.NewManual(noon)
	o := newOP(t, clk, false)
	settings, yes := o.settings("one"), true
	settings.Keyed = &yes
	w := newWorld(t, dbtest.SQLite(t), clk, settings)
	o.encryptTo = jose.JSONWebKey{Key: testKeys()[1].Public()}
	refuses(t, w, o, "one", func() {
		o.infoAs = func(string) (string, string) {
			return "application/jwt", o.encrypted(`{"sub":"s-1","email":"director@example.org"}`, jose.RSA_OAEP, jose.A256GCM)
		}
	})
}

// Two tabs, the way back after signing in, an answer twice: who is in stays in, and
// is told of no fault.
func TestTwoTabsAndTheWayBack(t *testing.T) {
	t.Parallel()
	w, o := generic(t)
	open := w.serve()
	s, other := open(), open()
	address := func(answer url.Values) string { return "/accedi/oidc/one/ritorno?" + answer.Encode() }
	first, second := s.post("/accedi/oidc/one", "next", "/spazi").refresh, s.post("/accedi/oidc/one", "next", "/sedi").refresh
	one, two := address(o.authorize(first)), address(o.authorize(second))
	if p := s.get(one); p.who != "Maria R." || p.at != "/spazi" {
		t.Fatalf("in as %q at %s", p.who, p.at)
	}
	for name, again := range map[string]string{"the other tab": two, "the way back": one} {
		if p := s.get(again); p.who != "Maria R." || p.at != "/" {
			t.Errorf("%s: %q at %s %s", name, p.who, p.at, p.Text())
		}
	}
	if w.population() != 1 {
		t.Errorf("%d people", w.population())
	}
	// An answer that is posted (form_post) was not asked for.
	answer := o.authorize(other.post("/accedi/oidc/one").refresh)
	if p := other.post("/accedi/oidc/one/ritorno", "code", answer.Get("code"), "state", answer.Get("state"), "iss", answer.Get("iss")); p.who != "" || other.get("/who").who != "" {
		t.Errorf("a posted answer: %d", p.status)
	}
}

// Keys of our own that are made anew are published beside those of before, and sign
// once everybody can know them; what was encrypted for either is read.
func TestOurKeysAreMadeAnew(t *testing.T) {
	t.Parallel()
	w, o := spid(t)
	ctx := t.Context()
	pages := w.handler()
	published := func() []jose.JSONWebKey {
		r := httptest.NewRecorder()
		pages.ServeHTTP(r, httptest.NewRequestWithContext(ctx, http.MethodGet, "/accedi/oidc/jwks.json", nil))
		var set jose.JSONWebKeySet
		if err := json.Unmarshal(r.Body.Bytes(), &set); err != nil {
			t.Fatal(err)
		}
		return set.Keys
	}
	signer := func() string {
		address := must[*url.URL](t)(url.Parse(must[string](t)(w.Start(ctx, "spid", oidc.Wish{Browser: "browser"}))))
		return must[*jose.JSONWebSignature](t)(jose.ParseSignedCompact(address.Query().Get("request"), []jose.SignatureAlgorithm{jose.RS256})).Signatures[0].Header.KeyID
	}
	before := published()
	if len(before) != 2 || signer() != before[0].KeyID {
		t.Fatalf("published %d, signed by %s", len(before), signer())
	}
	if err := w.Rotate(ctx, false); err != nil {
		t.Fatal(err)
	}
	after := published()
	ids := map[string]bool{}
	for _, k := range after {
		if !k.IsPublic() {
			t.Error("a private key is published")
		}
		ids[k.KeyID+k.Use] = true
	}
	if len(after) != 4 || len(ids) != 4 || signer() != before[0].KeyID {
		t.Errorf("published %v, signed by %s", slices.Collect(maps.Keys(ids)), signer())
	}
	if err := w.Rotate(ctx, false); !errs.HasKey(err, "oidc.rotate.soon") {
		t.Errorf("once more at once: %v", err)
	}
	for _, to := range after[2:] { // the key of before, and the new one
		o.set(func() { o.encryptTo = to })
		if _, err := w.in(o, "spid"); err != nil {
			t.Errorf("encrypted for %s: %v", to.KeyID, err)
		}
	}
	w.clk.Advance(48 * time.Hour)
	if signer() != after[1].KeyID {
		t.Errorf("two days later %s signs", signer())
	}
	if err := w.Rotate(ctx, true); err != nil {
		t.Fatal(err)
	}
	if lost := published(); len(lost) != 2 || ids[lost[0].KeyID+"sig"] || signer() != lost[0].KeyID {
		t.Errorf("the keys in wrong hands are still there: %d", len(lost))
	}
}
