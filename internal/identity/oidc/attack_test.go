package oidc_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"polis/internal/identity/oidc"
	"polis/internal/platform/errs"
)

// refuses proves that an answer which an attacker has changed lets nobody in, and
// that the same without the change does.
func refuses(t *testing.T, w *world, o *op, name string, change func()) {
	t.Helper()
	before := w.population()
	o.set(change)
	if out, err := w.in(o, name); !errs.HasKey(err, "oidc.answer.bad") && !errs.HasKey(err, "oidc.down") || out.Proof.Person != "" {
		t.Errorf("in as %q: %v", out.Proof.Person, err)
	}
	if w.population() != before {
		t.Error("it made somebody")
	}
	o.set(func() {
		o.alter, o.signAs, o.alterInfo, o.infoAs, o.alterMeta, o.alterResponse = nil, nil, nil, nil, nil, nil
		o.keys = []jose.JSONWebKey{o.signing.Public()}
	})
	if _, err := w.in(o, name); err != nil {
		t.Errorf("and without the change: %v", err)
	}
}

// onBoth runs an attack on a provider of each profile.
func onBoth(t *testing.T, attack func(o *op)) {
	t.Helper()
	t.Parallel()
	w, o := generic(t)
	refuses(t, w, o, "one", func() { attack(o) })
	w, o = spid(t)
	refuses(t, w, o, "spid", func() { attack(o) })
}

func TestAlgNoneIsRefused(t *testing.T) {
	onBoth(t, func(o *op) {
		o.signAs = func(c claims) string { return raw(claims{"alg": "none", "typ": "JWT"}, c, "") }
	})
}

// HS256 with the text of the public key as the secret: the key is known to all.
func TestHS256WithThePublicKeyIsRefused(t *testing.T) {
	onBoth(t, func(o *op) {
		o.signAs = func(c claims) string {
			der, _ := x509.MarshalPKIXPublicKey(testKeys()[3].Public())
			unsigned, _, _ := strings.Cut(raw(claims{"alg": "HS256", "kid": "k1"}, c, "x"), ".eA")
			mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
			mac.Write([]byte(unsigned))
			return unsigned + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
		}
	})
}

func TestWrongTypIsRefused(t *testing.T) {
	onBoth(t, func(o *op) {
		o.signAs = func(c claims) string {
			return signed(o.t, o.signing, c, map[jose.HeaderKey]any{jose.HeaderType: "at+jwt"})
		}
	})
}

// A key id is a name and nothing else: no path, no SQL, no address.
func TestKidInjectionIsRefused(t *testing.T) {
	for name, kid := range map[string]string{"path": "../../../../dev/null", "sql": "k1' OR '1'='1", "url": "https://evil.example/keys"} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(o *op) {
				o.signAs = func(c claims) string {
					return signed(o.t, jose.JSONWebKey{Key: testKeys()[2], KeyID: kid, Algorithm: "RS256"}, c, nil)
				}
			})
		})
	}
}

// Keys that a token brings along, or says where to find, are not looked at.
func TestKeysOfTheTokenAreIgnored(t *testing.T) {
	called := false
	evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	t.Cleanup(func() {
		evil.Close()
		if called {
			t.Error("the address in the token was called")
		}
	})
	own := jose.JSONWebKey{Key: testKeys()[2], KeyID: "k1", Algorithm: "RS256"}
	for name, header := range map[string]map[jose.HeaderKey]any{
		"jwk": {"jwk": own.Public()}, "jku": {"jku": evil.URL}, "x5u": {"x5u": evil.URL},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(o *op) { o.signAs = func(c claims) string { return signed(o.t, own, c, header) } })
		})
	}
}

// The clock of a provider may be a minute off, and no more.
func TestTimesAreBound(t *testing.T) {
	t.Parallel()
	w, o := generic(t)
	for name, c := range map[string]struct {
		claim string
		by    time.Duration
		good  bool
	}{
		"expired":              {"exp", -60 * time.Second, false},
		"just not expired":     {"exp", -59 * time.Second, true},
		"of the future":        {"iat", 61 * time.Second, false},
		"a minute ahead":       {"iat", 60 * time.Second, true},
		"not yet":              {"nbf", 61 * time.Second, false},
		"proved tomorrow":      {"auth_time", 24 * time.Hour, false},
		"from before we asked": {"iat", -61 * time.Second, false},
		"never":                {"exp", -noon.Sub(time.Unix(0, 0)), false},
	} {
		o.set(func() { o.alter = func(x claims) { x[c.claim] = noon.Add(c.by).Unix() } })
		if _, err := w.in(o, "one"); c.good && err != nil || !c.good && !errs.HasKey(err, "oidc.answer.bad") {
			t.Errorf("%s: %v", name, err)
		}
	}
	o.set(func() { o.alter = func(x claims) { delete(x, "exp") } })
	if _, err := w.in(o, "one"); !errs.HasKey(err, "oidc.answer.bad") {
		t.Errorf("without end: %v", err)
	}
}

// An assertion counts once, whoever brings it again; on another replica too.
func TestReplayedAssertionIsRefused(t *testing.T) {
	t.Parallel()
	w, o := generic(t)
	o.set(func() { o.alter = func(c claims) { c["jti"] = "the same" } })
	if _, err := w.in(o, "one"); err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]*world{"here": w, "on the other replica": w.replica(o.settings("one"))} {
		if _, err := x.in(o, "one"); !errs.HasKey(err, "oidc.answer.bad") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// State and code count once; two at the same time too.
func TestReplayedAnswerIsRefused(t *testing.T) {
	t.Parallel()
	w, o := generic(t)
	answer := w.begin(o, "one", oidc.Wish{})
	results := make(chan error, 2)
	for _, x := range []*world{w, w.replica(o.settings("one"))} {
		go func() {
			_, err := x.Finish(t.Context(), "one", "browser", answer)
			results <- err
		}()
	}
	good := 0
	for range 2 {
		if err := <-results; err == nil {
			good++
		} else if !errs.HasKey(err, "oidc.answer.over") {
			t.Error(err)
		}
	}
	if good != 1 {
		t.Errorf("%d of two let in", good)
	}
	if _, err := w.Finish(t.Context(), "one", "browser", answer); !errs.HasKey(err, "oidc.answer.over") {
		t.Errorf("later: %v", err)
	}
	// A state that is new does not make a used code good.
	again := w.begin(o, "one", oidc.Wish{})
	again.Set("code", answer.Get("code"))
	if _, err := w.Finish(t.Context(), "one", "browser", again); !errs.HasKey(err, "oidc.answer.bad") {
		t.Errorf("a code again: %v", err)
	}
}

// A sign-in that nobody ends in time is over.
func TestOldStateIsRefused(t *testing.T) {
	t.Parallel()
	w, o := generic(t)
	answer := w.begin(o, "one", oidc.Wish{})
	w.clk.Advance(15 * time.Minute)
	if _, err := w.Finish(t.Context(), "one", "browser", answer); !errs.HasKey(err, "oidc.answer.over") {
		t.Error(err)
	}
}

// The answer of one provider does not count as that of another (RFC 9207): by the
// issuer it names, by its address, by the issuer of the token.
func TestMixedUpIssuerIsRefused(t *testing.T) {
	t.Parallel()
	w, o := generic(t)
	evil := newOP(t, w.clk, false)
	w = w.replica(o.settings("one"), evil.settings("evil"))
	ctx := t.Context()
	for name, change := range map[string]func(url.Values){
		"another": func(v url.Values) { v.Set("iss", evil.url) },
		"none":    func(v url.Values) { v.Del("iss") },
	} {
		answer := w.begin(o, "one", oidc.Wish{})
		change(answer)
		if _, err := w.Finish(ctx, "one", "browser", answer); !errs.HasKey(err, "oidc.answer.bad") {
			t.Errorf("iss %s: %v", name, err)
		}
	}
	if _, err := w.Finish(ctx, "evil", "browser", w.begin(o, "one", oidc.Wish{})); !errs.HasKey(err, "oidc.answer.over") {
		t.Errorf("at the address of another: %v", err)
	}
	refuses(t, w, o, "one", func() { o.alter = func(c claims) { c["iss"] = evil.url } })
	refuses(t, w, evil, "evil", func() { evil.alter = func(c claims) { c["iss"] = o.url } })
}

func TestWrongAudienceIsRefused(t *testing.T) {
	onBoth(t, func(o *op) { o.alter = func(c claims) { c["aud"] = "somebody-else" } })
}

func TestWrongPartyIsRefused(t *testing.T) {
	t.Run("another", func(t *testing.T) {
		onBoth(t, func(o *op) { o.alter = func(c claims) { c["azp"] = "somebody-else" } })
	})
	t.Run("none of several", func(t *testing.T) {
		onBoth(t, func(o *op) { o.alter = func(c claims) { c["aud"] = []any{c["aud"], "somebody-else"} } })
	})
}

func TestWrongNonceIsRefused(t *testing.T) {
	t.Run("another", func(t *testing.T) { onBoth(t, func(o *op) { o.alter = func(c claims) { c["nonce"] = "x" } }) })
	t.Run("none", func(t *testing.T) { onBoth(t, func(o *op) { o.alter = func(c claims) { delete(c, "nonce") } }) })
}

func TestWrongAccessTokenHashIsRefused(t *testing.T) {
	onBoth(t, func(o *op) { o.alter = func(c claims) { c["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA" } })
}

// What SPID and CIE must say is missed.
func TestMissingClaimsAreRefused(t *testing.T) {
	t.Parallel()
	for _, claim := range []string{"at_hash", "jti", "sub", "iat"} {
		w, o := spid(t)
		refuses(t, w, o, "spid", func() { o.alter = func(c claims) { delete(c, claim) } })
	}
}

func TestUserinfoOfSomebodyElseIsRefused(t *testing.T) {
	onBoth(t, func(o *op) { o.alterInfo = func(c claims) { c["sub"] = "somebody-else" } })
}

// What SPID and CIE say of a person counts signed by them and encrypted for us,
// with the algorithms of the rules.
func TestUserinfoMustBeSignedAndEncrypted(t *testing.T) {
	t.Parallel()
	w, o := spid(t)
	other := jose.JSONWebKey{Key: testKeys()[2], KeyID: "k1", Algorithm: "RS256"}
	for name, change := range map[string]func(jws string) (kind, body string){
		"not encrypted": func(jws string) (string, string) { return "application/jwt", jws },
		"not signed": func(string) (string, string) {
			return "application/jwt", o.encrypted(`{"sub":"s-1"}`, jose.RSA_OAEP_256, jose.A256CBC_HS512)
		},
		"plain": func(string) (string, string) { return "application/json", `{"sub":"s-1"}` },
		"RSA1_5": func(jws string) (string, string) {
			return "application/jwt", o.encrypted(jws, jose.RSA1_5, jose.A256CBC_HS512)
		},
		"GCM": func(jws string) (string, string) {
			return "application/jwt", o.encrypted(jws, jose.RSA_OAEP_256, jose.A256GCM)
		},
		"by nobody's key": func(string) (string, string) {
			return "application/jwt", o.encrypted(signed(t, other, claims{"sub": "s-1", "iss": o.url, "aud": clientID}, nil), jose.RSA_OAEP_256, jose.A256CBC_HS512)
		},
		"alg none": func(string) (string, string) {
			return "application/jwt", o.encrypted(raw(claims{"alg": "none"}, claims{"sub": "s-1", "iss": o.url, "aud": clientID}, ""), jose.RSA_OAEP_256, jose.A256CBC_HS512)
		},
		"for somebody else": func(string) (string, string) {
			return "application/jwt", o.encrypted(signed(t, o.signing, claims{"sub": "s-1", "iss": o.url, "aud": "x"}, nil), jose.RSA_OAEP_256, jose.A256CBC_HS512)
		},
		"of nobody": func(string) (string, string) {
			return "application/jwt", o.encrypted(signed(t, o.signing, claims{"sub": "s-1", "aud": clientID}, nil), jose.RSA_OAEP_256, jose.A256CBC_HS512)
		},
		"of another kind": func(jws string) (string, string) {
			return "text/html", o.encrypted(jws, jose.RSA_OAEP_256, jose.A256CBC_HS512)
		},
		"rubbish":   func(string) (string, string) { return "application/jwt", "a.b.c.d.e" },
		"too large": func(string) (string, string) { return "application/jwt", strings.Repeat("a", 300<<10) },
	} {
		t.Run(name, func(t *testing.T) { refuses(t, w, o, "spid", func() { o.infoAs = change }) })
	}
	o.set(func() {
		o.infoAs = func(jws string) (string, string) {
			return "application/jose", o.encrypted(jws, jose.RSA_OAEP, jose.A128CBC_HS256)
		}
	})
	if _, err := w.in(o, "spid"); err != nil {
		t.Errorf("the other good way: %v", err)
	}
}

// Answers that are too large are not read.
func TestOversizedAnswersAreRefused(t *testing.T) {
	t.Run("ID token", func(t *testing.T) {
		onBoth(t, func(o *op) { o.alter = func(c claims) { c["x"] = strings.Repeat("a", 20<<10) } })
	})
	t.Run("token endpoint", func(t *testing.T) {
		onBoth(t, func(o *op) { o.alterResponse = func(c claims) { c["x"] = strings.Repeat("a", 300<<10) } })
	})
	t.Run("answer in the address", func(t *testing.T) {
		t.Parallel()
		w, o := generic(t)
		answer := w.begin(o, "one", oidc.Wish{})
		answer.Set("code", strings.Repeat("a", 5000))
		if _, err := w.Finish(t.Context(), "one", "browser", answer); !errs.HasKey(err, "oidc.answer.bad") {
			t.Error(err)
		}
	})
	t.Run("parameters twice", func(t *testing.T) {
		t.Parallel()
		w, o := generic(t)
		answer := w.begin(o, "one", oidc.Wish{})
		answer.Add("state", answer.Get("state"))
		if _, err := w.Finish(t.Context(), "one", "browser", answer); !errs.HasKey(err, "oidc.answer.bad") {
			t.Error(err)
		}
	})
	t.Run("what the provider says of itself", func(t *testing.T) {
		t.Parallel()
		w, o := generic(t)
		o.set(func() { o.alterMeta = func(c claims) { c["x"] = strings.Repeat("a", 300<<10) } })
		if _, err := w.Start(t.Context(), "one", oidc.Wish{Browser: "b"}); !errs.Is(err, errs.Unavailable) {
			t.Error(err)
		}
	})
}

// A provider cannot send us elsewhere: by what it says of itself, or by leading on.
func TestOtherHostsAreNotCalled(t *testing.T) {
	t.Parallel()
	called := false
	evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	defer evil.Close()
	for _, name := range []string{"token_endpoint", "jwks_uri", "userinfo_endpoint", "authorization_endpoint", "revocation_endpoint", "end_session_endpoint"} {
		for _, address := range []string{evil.URL, "http://provider.example/x", "file:///etc/passwd", "javascript:alert(1)"} {
			w, o := generic(t)
			o.set(func() { o.alterMeta = func(c claims) { c[name] = address } })
			if _, err := w.Start(t.Context(), "one", oidc.Wish{Browser: "b"}); !errs.Is(err, errs.Unavailable) {
				t.Errorf("%s at %s: %v", name, address, err)
			}
		}
	}
	w, o := generic(t)
	lead := httptest.NewServer(http.RedirectHandler(evil.URL, http.StatusFound))
	defer lead.Close()
	o.url = lead.URL
	w = w.replica(o.settings("one"))
	if _, err := w.Start(t.Context(), "one", oidc.Wish{Browser: "b"}); !errs.Is(err, errs.Unavailable) {
		t.Error(err)
	}
	if called {
		t.Error("the other host was called")
	}
}
