package oidc_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	jose "github.com/go-jose/go-jose/v4"

	"polis/internal/platform/clock"
)

// testKeys are keys that all tests share: making them takes a while.
var testKeys = sync.OnceValue(func() (list [4]*rsa.PrivateKey) {
	for i := range list {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		list[i] = key
	}
	return list
})

// claims are those of a token.
type claims = map[string]any

// op is a provider on this machine that does as it should, unless a test tells it
// otherwise.
type op struct {
	t     *testing.T
	clk   *clock.Manual
	spid  bool
	url   string
	close func()

	mu        sync.Mutex
	sub       string
	about     claims // of the person, for the ID token (generic) or userinfo (spid-cie)
	acr       string
	amr       []string
	keys      []jose.JSONWebKey // that it publishes
	signing   jose.JSONWebKey
	encryptTo jose.JSONWebKey // of the relying party
	asked     map[string]claims
	last      claims // the last request
	revoked   []string
	calls     map[string]int

	alter         func(c claims)                              // the claims of the ID token
	signAs        func(c claims) string                       // instead of signing it well
	alterInfo     func(c claims)                              // the claims of userinfo
	infoAs        func(jws string) (kind string, body string) // instead of encrypting it well
	alterMeta     func(c claims)
	alterResponse func(c claims)
	noInfo        bool
}

func newOP(t *testing.T, clk *clock.Manual, spid bool) *op {
	t.Helper()
	o := &op{t: t, clk: clk, spid: spid, sub: "s-1", asked: map[string]claims{}, calls: map[string]int{}, signing: jose.JSONWebKey{Key: testKeys()[3], KeyID: "k1", Algorithm: "RS256", Use: "sig"}}
	o.keys = []jose.JSONWebKey{o.signing.Public()}
	srv := httptest.NewServer(http.HandlerFunc(o.serve))
	o.url, o.close = srv.URL, srv.Close
	t.Cleanup(srv.Close)
	if spid {
		o.acr = "https://www.spid.gov.it/SpidL2"
		o.about = claims{"given_name": "Maria", "family_name": "Rossi", "birthdate": "1980-01-01", "https://attributes.eid.gov.it/fiscal_number": "TINIT-" + rossiNumber}
	} else {
		o.about = claims{"given_name": "Maria", "family_name": "Rossi", "email": "maria@example.org", "email_verified": true, "locale": "en-GB"}
	}
	return o
}

func (o *op) serve(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls[r.URL.Path]++
	answer := func(v any) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(v)
	}
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		m := claims{
			"issuer": o.url, "authorization_endpoint": o.url + "/authorize", "token_endpoint": o.url + "/token", "jwks_uri": o.url + "/jwks", "userinfo_endpoint": o.url + "/userinfo",
			"revocation_endpoint": o.url + "/revoke", "end_session_endpoint": o.url + "/end", "authorization_response_iss_parameter_supported": true,
		}
		if o.noInfo {
			delete(m, "userinfo_endpoint")
		}
		if o.alterMeta != nil {
			o.alterMeta(m)
		}
		answer(m)
	case "/jwks":
		answer(jose.JSONWebKeySet{Keys: o.keys})
	case "/token":
		o.token(w, r, answer)
	case "/userinfo":
		o.userinfo(w, answer)
	case "/revoke":
		o.revoked = append(o.revoked, r.FormValue("token")+" "+r.FormValue("client_assertion_type"))
	default:
		http.NotFound(w, r)
	}
}

func (o *op) token(w http.ResponseWriter, r *http.Request, answer func(any)) {
	request := o.asked[r.FormValue("code")]
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if request == nil || base64.RawURLEncoding.EncodeToString(sum[:]) != request["code_challenge"] || r.FormValue("redirect_uri") != request["redirect_uri"] {
		w.WriteHeader(http.StatusBadRequest)
		answer(claims{"error": "invalid_grant", "error_description": "personal data of Maria"})
		return
	}
	delete(o.asked, r.FormValue("code"))
	if o.spid && r.FormValue("client_assertion") == "" {
		w.WriteHeader(http.StatusUnauthorized)
		answer(claims{"error": "invalid_client"})
		return
	}
	hash := sha256.Sum256([]byte("access"))
	now := o.clk.Now().Unix()
	c := claims{
		"iss": o.url, "sub": o.sub, "aud": request["client_id"], "iat": now, "exp": now + 300, "nonce": request["nonce"], "auth_time": now, "jti": rand.Text(),
		"at_hash": base64.RawURLEncoding.EncodeToString(hash[:16]),
	}
	if o.acr != "" {
		c["acr"] = o.acr
	}
	if o.amr != nil {
		c["amr"] = o.amr
	}
	if !o.spid {
		for k, v := range o.about {
			c[k] = v
		}
	}
	if o.alter != nil {
		o.alter(c)
	}
	sign := func(c claims) string { return signed(o.t, o.signing, c, nil) }
	if o.signAs != nil {
		sign = o.signAs
	}
	response := claims{"access_token": "access", "token_type": "Bearer", "expires_in": 300, "id_token": sign(c)}
	if o.alterResponse != nil {
		o.alterResponse(response)
	}
	answer(response)
}

func (o *op) userinfo(w http.ResponseWriter, answer func(any)) {
	c := claims{"sub": o.sub}
	for k, v := range o.about {
		c[k] = v
	}
	if o.spid || o.infoAs != nil {
		c["iss"], c["aud"] = o.url, o.last["client_id"]
	}
	if o.alterInfo != nil {
		o.alterInfo(c)
	}
	if !o.spid && o.infoAs == nil {
		answer(c)
		return
	}
	jws := signed(o.t, o.signing, c, nil)
	kind, body := "application/jwt", ""
	if o.infoAs != nil {
		kind, body = o.infoAs(jws)
	} else {
		body = o.encrypted(jws, jose.RSA_OAEP_256, jose.A256CBC_HS512)
	}
	w.Header().Set("Content-Type", kind)
	w.Write([]byte(body))
}

func (o *op) encrypted(text string, wrap jose.KeyAlgorithm, enc jose.ContentEncryption) string {
	e, err := jose.NewEncrypter(enc, jose.Recipient{Algorithm: wrap, Key: o.encryptTo.Key, KeyID: o.encryptTo.KeyID}, (&jose.EncrypterOptions{}).WithContentType("JWT"))
	if err != nil {
		o.t.Error(err)
		return ""
	}
	jwe, err := e.Encrypt([]byte(text))
	if err != nil {
		o.t.Error(err)
		return ""
	}
	out, err := jwe.CompactSerialize()
	if err != nil {
		o.t.Error(err)
	}
	return out
}

// authorize is the person at the provider: they agree, and their browser comes
// back with these values.
func (o *op) authorize(address string) url.Values {
	o.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		o.t.Fatal(err)
	}
	q := u.Query()
	request := claims{}
	for k := range q {
		request[k] = q.Get(k)
	}
	if text := q.Get("request"); text != "" {
		jws, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.RS256})
		if err != nil {
			o.t.Fatal(err)
		}
		payload, err := jws.Verify(testKeys()[0].Public())
		if err != nil {
			o.t.Fatal(err)
		}
		request = claims{}
		if err := json.Unmarshal(payload, &request); err != nil {
			o.t.Fatal(err)
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last = request
	code := rand.Text()
	o.asked[code] = request
	return url.Values{"code": {code}, "state": {request["state"].(string)}, "iss": {o.url}}
}

// set changes what the provider does.
func (o *op) set(change func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change()
}

// signed is a compact JWS; header is put over its own.
func signed(t *testing.T, key jose.JSONWebKey, c claims, header map[jose.HeaderKey]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(key.Algorithm), Key: key}, &jose.SignerOptions{ExtraHeaders: header})
	if err != nil {
		t.Error(err)
		return ""
	}
	payload, err := json.Marshal(c)
	if err != nil {
		t.Error(err)
		return ""
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		t.Error(err)
		return ""
	}
	text, err := jws.CompactSerialize()
	if err != nil {
		t.Error(err)
	}
	return text
}

// raw is a compact JWS with any header and signature.
func raw(header, c claims, signature string) string {
	h, _ := json.Marshal(header)
	p, _ := json.Marshal(c)
	b := base64.RawURLEncoding
	return strings.Join([]string{b.EncodeToString(h), b.EncodeToString(p), b.EncodeToString([]byte(signature))}, ".")
}
