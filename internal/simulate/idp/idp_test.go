package idp_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"polis/internal/platform/clock"
	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/simulate/idp"
)

// world is a provider on a loopback port, with a client of each profile, and one
// that has all it needs to follow the rules, or to break them.
type world struct {
	t        *testing.T
	p        *idp.Provider
	srv      *httptest.Server
	issuer   string
	clk      *clock.Manual
	browser  *http.Client
	sig, enc *rsa.PrivateKey
	waited   int
}

const (
	italian  = "https://rp.example.it/"
	generic  = "generic-client"
	secret   = "a secret : with & signs"
	callback = "https://rp.example.it/oidc/callback"
	codeText = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // of RFC 7636
)

// testKeys are made once: 2048 bits take a while.
var testSig, testEnc, testFed = newKey(), newKey(), newKey()

func newKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

func public(key *rsa.PrivateKey, use string) jose.JSONWebKey {
	return jose.JSONWebKey{Key: key.Public(), KeyID: idp.Thumbprint(key.Public()), Use: use, Algorithm: map[string]string{"sig": "RS256", "enc": "RSA-OAEP-256"}[use]}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clk: clock.NewManual(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)), sig: testSig, enc: testEnc}
	mux := http.NewServeMux()
	w.srv = httptest.NewServer(mux)
	t.Cleanup(w.srv.Close)
	w.issuer = w.srv.URL + "/demo/idp"
	words := i18n.NewBundle()
	if err := words.Add(idp.Words); err != nil {
		t.Fatal(err)
	}
	ui, err := web.New(words, web.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w.p = idp.New(idp.Options{
		Issuer: w.issuer, Clock: w.clk, Wait: func(context.Context) { w.waited++ },
		Clients: []idp.Client{
			{
				ID: italian, Profile: idp.SPIDCIE, RedirectURIs: []string{callback},
				Keys: &jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public(w.sig, "sig"), public(w.enc, "enc")}},
			},
			{ID: generic, Profile: idp.Generic, Secret: secret, RedirectURIs: []string{callback, w.srv.URL + "/back"}, LogoutURIs: []string{"https://rp.example.it/"}},
		},
	})
	pages := http.NewServeMux()
	ui.Files(pages)
	if err := w.p.Register(pages, ui); err != nil {
		t.Fatal(err)
	}
	mux.Handle("/", web.Wrap(ui.Mux(pages), ui.Chain()...))
	w.browser = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return w
}

// signed is a JWS of claims by a key of the client.
func signed(t *testing.T, alg jose.SignatureAlgorithm, key any, kid, typ string, claims any) string {
	t.Helper()
	o := (&jose.SignerOptions{}).WithType(jose.ContentType(typ))
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, o)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := s.Sign(data)
	if err != nil {
		t.Fatal(err)
	}
	text, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (w *world) sign(claims any) string {
	return signed(w.t, jose.RS256, w.sig, idp.Thumbprint(w.sig.Public()), "JWT", claims)
}

func challenge() string {
	sum := sha256.Sum256([]byte(codeText))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

const (
	state = "abcdefghijklmnopqrstuvwxyz0123456789"
	nonce = "0123456789abcdefghijklmnopqrstuvwxyz"
)

// object is a request object that follows the rules.
func (w *world) object() map[string]any {
	now := w.clk.Now().Unix()
	return map[string]any{
		"iss": italian, "aud": []string{w.issuer}, "iat": now, "exp": now + 180, "client_id": italian, "response_type": "code",
		"redirect_uri": callback, "scope": "openid", "nonce": nonce, "state": state, "prompt": "consent login", "ui_locales": "it",
		"acr_values": idp.ACR(2), "code_challenge": challenge(), "code_challenge_method": "S256",
		"claims": map[string]any{"userinfo": map[string]any{
			"given_name": nil, "family_name": nil, "email": nil, "https://attributes.eid.gov.it/fiscal_number": map[string]bool{"essential": true},
		}},
	}
}

// beside are the parameters beside a request object.
func beside(object string) url.Values {
	return url.Values{
		"client_id": {italian}, "response_type": {"code"}, "scope": {"openid"}, "code_challenge": {challenge()}, "code_challenge_method": {"S256"}, "request": {object},
	}
}

// plain is a request of the generic client.
func plain() url.Values {
	return url.Values{
		"client_id": {generic}, "response_type": {"code"}, "redirect_uri": {callback}, "scope": {"openid profile email"}, "state": {"s"}, "nonce": {"n"},
		"code_challenge": {challenge()}, "code_challenge_method": {"S256"},
	}
}

// ask sends a request for which somebody was chosen already, and returns where
// the browser is led.
func (w *world) ask(q url.Values, person, fault string) *url.URL {
	w.t.Helper()
	q = maps.Clone(q)
	q.Set(idp.FieldPerson, person)
	q.Set(idp.FieldFault, fault)
	res, err := w.browser.Get(w.issuer + "/authorize?" + q.Encode())
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	to, err := res.Location()
	if err != nil {
		body, _ := io.ReadAll(res.Body)
		w.t.Fatalf("%d without a way back: %s", res.StatusCode, body)
	}
	return to
}

// assertion is a client_assertion with its type and what is exchanged.
func (w *world) assertion(change map[string]any) string {
	now := w.clk.Now().Unix()
	claims := map[string]any{"iss": italian, "sub": italian, "aud": w.issuer + "/token", "iat": now, "exp": now + 60, "jti": rand.Text()}
	maps.Copy(claims, change)
	return w.sign(claims)
}

func (w *world) exchange(code, assertion string) url.Values {
	return url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "code_verifier": {codeText}, "client_id": {italian},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": {assertion},
	}
}

// answer is what the provider says to a client.
type answer struct {
	status int
	kind   string
	body   string
	json   map[string]any
}

func (w *world) send(req *http.Request) answer {
	w.t.Helper()
	res, err := w.browser.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	a := answer{status: res.StatusCode, kind: res.Header.Get("Content-Type"), body: string(data)}
	_ = json.Unmarshal(data, &a.json) // not all answers are JSON
	return a
}

func (w *world) post(path string, form url.Values, user, password string) answer {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.issuer+path, strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if user != "" {
		req.SetBasicAuth(url.QueryEscape(user), url.QueryEscape(password))
	}
	return w.send(req)
}

func (w *world) get(path, bearer string) answer {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.issuer+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	return w.send(req)
}

// claims reads a token with the published keys; ok tells whether one fits.
func (w *world) claims(token string) (claims map[string]any, ok bool) {
	w.t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		w.t.Fatalf("no JWS: %d parts", len(parts))
	}
	data, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(data, &claims) != nil {
		w.t.Fatalf("no claims: %v", err)
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(w.get("/jwks", "").body), &set); err != nil {
		w.t.Fatal(err)
	}
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return claims, false
	}
	for _, key := range set.Key(jws.Signatures[0].Protected.KeyID) {
		if _, err := jws.Verify(key); err == nil {
			return claims, true
		}
	}
	return claims, false
}

// signIn is the whole way of the Italian client.
func (w *world) signIn(person string, fault idp.Fault) (id, access string) {
	w.t.Helper()
	back := w.ask(beside(w.sign(w.object())), person, string(fault)).Query()
	if back.Get("error") != "" || back.Get("state") != state || back.Get("iss") != w.issuer {
		w.t.Fatalf("led back with %v", back)
	}
	a := w.post("/token", w.exchange(back.Get("code"), w.assertion(nil)), "", "")
	if a.status != http.StatusOK {
		w.t.Fatalf("token: %d %s", a.status, a.body)
	}
	return a.json["id_token"].(string), a.json["access_token"].(string)
}

// open reads encrypted userinfo.
func (w *world) open(a answer) map[string]any {
	w.t.Helper()
	if a.status != http.StatusOK || a.kind != "application/jwt" {
		w.t.Fatalf("userinfo: %d %s %s", a.status, a.kind, a.body)
	}
	jwe, err := jose.ParseEncryptedCompact(a.body, []jose.KeyAlgorithm{jose.RSA_OAEP_256}, []jose.ContentEncryption{jose.A256CBC_HS512})
	if err != nil {
		w.t.Fatal(err)
	}
	data, err := jwe.Decrypt(w.enc)
	if err != nil {
		w.t.Fatal(err)
	}
	if cty, _ := jwe.Header.ExtraHeaders[jose.HeaderContentType].(string); cty != "JWT" {
		w.t.Errorf("cty %q", cty)
	}
	claims, ok := w.claims(string(data))
	if !ok {
		w.t.Error("userinfo is not signed with a published key")
	}
	return claims
}

const fiscalNumber = "https://attributes.eid.gov.it/fiscal_number"

// The good way, with the rules of SPID and CIE.
func TestItalianSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token, access := w.signIn("maria", idp.None)
	claims, ok := w.claims(token)
	sum := sha256.Sum256([]byte(access))
	want := map[string]any{
		"iss": w.issuer, "aud": italian, "nonce": nonce, "acr": idp.ACR(2), "at_hash": base64.RawURLEncoding.EncodeToString(sum[:16]),
		"exp": float64(w.clk.Now().Add(5 * time.Minute).Unix()),
	}
	for name, value := range want {
		if claims[name] != value {
			t.Errorf("%s: %v, want %v", name, claims[name], value)
		}
	}
	if !ok || claims["jti"] == "" || claims["email"] != nil {
		t.Errorf("signed %v, claims %v", ok, claims)
	}
	info := w.open(w.get("/userinfo", access))
	if info["sub"] != claims["sub"] || info[fiscalNumber] != "TINIT-BNCMRA90D52H501S" || info["given_name"] != "Maria" || info["email"] != "maria@example.org" || info["aud"] != italian {
		t.Errorf("userinfo %v", info)
	}
	if info["birthdate"] != nil {
		t.Error("it gives what nobody asked for")
	}
	again := w.post("/revoke", url.Values{
		"token": {access}, "client_id": {italian}, "client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": {w.assertion(nil)},
	}, "", "")
	if after := w.get("/userinfo", access); again.status != http.StatusOK || after.status != http.StatusUnauthorized {
		t.Errorf("revoked %d, then %d", again.status, after.status)
	}
}

// The good way of any other client.
func TestGenericSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, basic := range []bool{true, false} {
		code := w.ask(plain(), "giuseppe", "").Query().Get("code")
		form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "code_verifier": {codeText}, "redirect_uri": {callback}}
		user, password := generic, secret
		if !basic {
			user, password = "", ""
			form.Set("client_id", generic)
			form.Set("client_secret", secret)
		}
		a := w.post("/token", form, user, password)
		access, _ := a.json["access_token"].(string)
		info := w.get("/userinfo", access)
		if a.status != http.StatusOK || info.json["name"] != "Giuseppe Verdi" || info.json["email"] != "giuseppe@example.org" || info.json["fiscal_number"] != "TINIT-VRDGPP56C19A345Y" {
			t.Errorf("basic %v: %d %s, %s", basic, a.status, a.body, info.body)
		}
	}
}

// What a fault is about is in the answer, and what it is not about is as it
// should be.
func TestFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn("anna", idp.None) // to be replayed
	for _, f := range idp.Faults {
		if strings.HasPrefix(string(f), "nr") {
			if q := w.ask(beside(w.sign(w.object())), "maria", string(f)).Query(); q.Get("error") != "access_denied" || q.Get("error_description") != "ErrorCode "+string(f) || q.Get("state") != state {
				t.Errorf("%s: %v", f, q)
			}
			continue
		}
		if err := w.seen(f); err != nil {
			t.Errorf("%s: %v", f, err)
		}
	}
}

// seen walks the whole way and tells where a fault does not show.
func (w *world) seen(f idp.Fault) error {
	keys := w.get("/jwks", "").body
	back := w.ask(beside(w.sign(w.object())), "maria", string(f)).Query()
	a := w.post("/token", w.exchange(back.Get("code"), w.assertion(nil)), "", "")
	switch f {
	case idp.WrongState:
		return must(back.Get("state") != state)
	case idp.MixedUpIssuer:
		return must(back.Get("iss") != w.issuer)
	case idp.TokenError:
		return must(a.status == http.StatusInternalServerError)
	}
	token, _ := a.json["id_token"].(string)
	access, _ := a.json["access_token"].(string)
	claims, good := w.claims(token)
	info := w.get("/userinfo", access)
	sum := sha256.Sum256([]byte(access))
	now := float64(w.clk.Now().Unix())
	switch f {
	case idp.WrongAudience:
		return must(good && claims["aud"] != italian)
	case idp.WrongIssuer:
		return must(good && claims["iss"] != w.issuer)
	case idp.WrongNonce:
		return must(good && claims["nonce"] != nonce)
	case idp.WrongAccessHash:
		return must(good && claims["at_hash"] != base64.RawURLEncoding.EncodeToString(sum[:16]))
	case idp.Replayed:
		return must(good && claims["at_hash"] != base64.RawURLEncoding.EncodeToString(sum[:16]))
	case idp.Unsigned:
		return must(!good && strings.HasSuffix(token, "."))
	case idp.PublicKeyHMAC, idp.UnknownKey, idp.EmbeddedKey:
		return must(!good && claims["nonce"] == nonce)
	case idp.Expired, idp.ClockBehind:
		return must(good && claims["exp"].(float64) < now)
	case idp.ClockAhead:
		return must(good && claims["iat"].(float64) > now)
	case idp.LowLevel:
		return must(good && claims["acr"] == idp.ACR(1))
	case idp.Slow:
		return must(good && w.waited == 1)
	case idp.UserinfoError:
		return must(good && info.status == http.StatusInternalServerError)
	case idp.PlainUserinfo:
		return must(strings.Count(info.body, ".") == 2)
	case idp.KeyRotated:
		return must(good && w.get("/jwks", "").body != keys)
	}
	open := w.open(info)
	number, _ := open[fiscalNumber].(string)
	switch f {
	case idp.OtherSubject:
		return must(open["sub"] != claims["sub"])
	case idp.UserinfoOfOthers:
		return must(open["aud"] != italian)
	case idp.NoEmail:
		return must(open["email"] == nil && number != "")
	case idp.NoFiscalNumber:
		return must(number == "" && open["email"] != nil)
	case idp.BadFiscalNumber:
		return must(number != "" && number != "TINIT-BNCMRA90D52H501S")
	}
	return fmt.Errorf("no test of it")
}

func must(shown bool) error {
	if !shown {
		return fmt.Errorf("it does not show")
	}
	return nil
}

func decode(t *testing.T, data []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatal(err)
	}
}
