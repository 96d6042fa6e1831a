package idp_test

import (
	"crypto/rand"
	"crypto/rsa"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"polis/internal/simulate/idp"
)

// A request that does not follow the rules is answered with the error that they
// name, at the registered address where there is one.
func TestRequestsByTheRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := newKey()
	kid := idp.Thumbprint(w.sig.Public())
	object := func(change map[string]any) url.Values {
		claims := w.object()
		maps.Copy(claims, change)
		return beside(w.sign(claims))
	}
	with := func(q url.Values, name string, values ...string) url.Values {
		q[name] = values
		return q
	}
	for name, c := range map[string]struct {
		q    url.Values
		code string
	}{
		"good":                   {object(nil), ""},
		"good generic":           {plain(), ""},
		"unknown client":         {with(object(nil), "client_id", "https://nobody.example/"), "unauthorized_client"},
		"parameter twice":        {with(object(nil), "scope", "openid", "openid"), "invalid_request"},
		"by reference":           {with(object(nil), "request_uri", "https://rp.example.it/r"), "request_uri_not_supported"},
		"no object":              {with(object(nil), "request", ""), "invalid_request"},
		"no JWS":                 {beside("x.y.z"), "invalid_request_object"},
		"alg none":               {beside("eyJhbGciOiJub25lIn0.e30."), "invalid_request_object"},
		"HS256 with public key":  {beside(signed(t, jose.HS256, []byte(strings.Repeat("k", 64)), kid, "JWT", w.object())), "invalid_request_object"},
		"another key":            {beside(signed(t, jose.RS256, other, kid, "JWT", w.object())), "invalid_request_object"},
		"unknown kid":            {beside(signed(t, jose.RS256, w.sig, "x", "JWT", w.object())), "invalid_request_object"},
		"no kid":                 {beside(signed(t, jose.RS256, w.sig, "", "JWT", w.object())), "invalid_request_object"},
		"another typ":            {beside(signed(t, jose.RS256, w.sig, kid, "entity-statement+jwt", w.object())), "invalid_request_object"},
		"another iss":            {object(map[string]any{"iss": "x"}), "invalid_request_object"},
		"another aud":            {object(map[string]any{"aud": "https://op.example/"}), "invalid_request_object"},
		"another client inside":  {object(map[string]any{"client_id": generic}), "invalid_request_object"},
		"over":                   {object(map[string]any{"exp": w.clk.Now().Add(-2 * time.Minute).Unix()}), "invalid_request_object"},
		"ahead":                  {object(map[string]any{"iat": w.clk.Now().Add(2 * time.Minute).Unix()}), "invalid_request_object"},
		"too long":               {object(map[string]any{"exp": w.clk.Now().Add(time.Hour).Unix()}), "invalid_request_object"},
		"no exp":                 {object(map[string]any{"exp": nil}), "invalid_request_object"},
		"scope differs":          {with(object(nil), "scope", "openid profile"), "invalid_request"},
		"challenge differs":      {with(object(nil), "code_challenge", strings.Repeat("A", 43)), "invalid_request"},
		"no response_type":       {with(object(nil), "response_type", ""), "invalid_request"},
		"implicit":               {with(object(map[string]any{"response_type": "id_token"}), "response_type", "id_token"), "unsupported_response_type"},
		"open redirect":          {object(map[string]any{"redirect_uri": "https://evil.example/"}), "invalid_request"},
		"redirect with more":     {object(map[string]any{"redirect_uri": callback + "?x=1"}), "invalid_request"},
		"short state":            {object(map[string]any{"state": "short"}), "invalid_request"},
		"short nonce":            {object(map[string]any{"nonce": "short"}), "invalid_request"},
		"signs in nonce":         {object(map[string]any{"nonce": strings.Repeat("-", 32)}), "invalid_request"},
		"no acr":                 {object(map[string]any{"acr_values": ""}), "invalid_request"},
		"unknown acr":            {object(map[string]any{"acr_values": "https://www.spid.gov.it/SpidL4"}), "invalid_request"},
		"no prompt":              {object(map[string]any{"prompt": ""}), "invalid_request"},
		"silent":                 {object(map[string]any{"prompt": "none"}), "login_required"},
		"plain PKCE":             {with(object(map[string]any{"code_challenge_method": "plain"}), "code_challenge_method", "plain"), "invalid_request"},
		"generic without PKCE":   {with(plain(), "code_challenge", ""), "invalid_request"},
		"generic without openid": {with(plain(), "scope", "profile"), "invalid_scope"},
		"generic open redirect":  {with(plain(), "redirect_uri", "https://evil.example/"), "invalid_request"},
		"claims in ID token":     {object(map[string]any{"claims": map[string]any{"id_token": map[string]any{"email": nil}}}), "invalid_request"},
	} {
		q := maps.Clone(c.q)
		q.Set(idp.FieldPerson, "maria")
		res, err := w.browser.Get(w.issuer + "/authorize?" + q.Encode())
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if to, err := res.Location(); err == nil {
			if got := to.Query().Get("error"); got != c.code || !strings.HasPrefix(to.String(), callback+"?") {
				t.Errorf("%s: %q at %s, want %q", name, got, to, c.code)
			}
		} else if c.code == "" || res.StatusCode != http.StatusBadRequest || !strings.Contains(string(body), "<code>"+c.code+"</code>") {
			t.Errorf("%s: %d, want %q", name, res.StatusCode, c.code)
		}
	}
}

// A code is given to its client only, once, for the right verifier, and in time;
// a client is who signs with its key, each assertion once.
func TestTokensByTheRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := func() string { return w.ask(beside(w.sign(w.object())), "maria", "").Query().Get("code") }
	with := func(name, value string) url.Values {
		form := w.exchange(code(), w.assertion(nil))
		form.Set(name, value)
		return form
	}
	says := func(change map[string]any) url.Values { return w.exchange(code(), w.assertion(change)) }
	used := w.exchange(code(), w.assertion(nil))
	if a := w.post("/token", used, "", ""); a.status != http.StatusOK {
		t.Fatal(a.body)
	}
	again := maps.Clone(used)
	again.Set("client_assertion", w.assertion(nil))
	spied := plain()
	generics := w.ask(spied, "maria", "").Query().Get("code")
	foreign := signed(t, jose.RS256, newKey(), idp.Thumbprint(w.sig.Public()), "JWT", map[string]any{})
	for name, c := range map[string]struct {
		form url.Values
		code string
	}{
		"code twice":              {again, "invalid_grant"},
		"assertion twice":         {with("client_assertion", used.Get("client_assertion")), "invalid_client"},
		"unknown code":            {with("code", "x"), "invalid_grant"},
		"another client's code":   {with("code", generics), "invalid_grant"},
		"wrong verifier":          {with("code_verifier", strings.Repeat("a", 43)), "invalid_grant"},
		"no verifier":             {with("code_verifier", ""), "invalid_grant"},
		"another redirect":        {with("redirect_uri", "https://rp.example.it/other"), "invalid_grant"},
		"another grant":           {with("grant_type", "password"), "unsupported_grant_type"},
		"no assertion":            {with("client_assertion", ""), "invalid_client"},
		"another key":             {with("client_assertion", foreign), "invalid_client"},
		"alg none":                {with("client_assertion", "eyJhbGciOiJub25lIn0.e30."), "invalid_client"},
		"another type":            {with("client_assertion_type", "urn:x"), "invalid_client"},
		"another aud":             {says(map[string]any{"aud": "https://other.example/token"}), "invalid_client"},
		"issuer for aud":          {says(map[string]any{"aud": w.issuer}), "invalid_client"},
		"another sub":             {says(map[string]any{"sub": "x"}), "invalid_client"},
		"another iss":             {says(map[string]any{"iss": "x"}), "invalid_client"},
		"no jti":                  {says(map[string]any{"jti": ""}), "invalid_client"},
		"over":                    {says(map[string]any{"exp": w.clk.Now().Add(-2 * time.Minute).Unix()}), "invalid_client"},
		"ahead":                   {says(map[string]any{"iat": w.clk.Now().Add(2 * time.Minute).Unix()}), "invalid_client"},
		"too long":                {says(map[string]any{"exp": w.clk.Now().Add(time.Hour).Unix()}), "invalid_client"},
		"unknown client":          {with("client_id", "nobody"), "invalid_client"},
		"generic, wrong secret":   {url.Values{"client_id": {generic}, "client_secret": {"x"}}, "invalid_client"},
		"generic, no secret":      {url.Values{"client_id": {generic}}, "invalid_client"},
		"Italian, with a secret":  {url.Values{"client_id": {italian}, "client_secret": {""}}, "invalid_client"},
		"generic, without a code": {url.Values{"client_id": {generic}, "client_secret": {secret}, "grant_type": {"authorization_code"}}, "invalid_grant"},
	} {
		if a := w.post("/token", c.form, "", ""); a.json["error"] != c.code || a.status >= 500 {
			t.Errorf("%s: %d %s, want %q", name, a.status, a.body, c.code)
		}
	}
	late := w.exchange(code(), "")
	w.clk.Advance(2 * time.Minute)
	late.Set("client_assertion", w.assertion(nil))
	if a := w.post("/token", late, "", ""); a.json["error"] != "invalid_grant" {
		t.Errorf("a code after two minutes: %s", a.body)
	}
}

// entity is an entity configuration that follows the rules.
func (w *world) entity() map[string]any {
	now := w.clk.Now().Unix()
	id, mark := w.p.TrustMark(italian)
	return map[string]any{
		"iss": italian, "sub": italian, "iat": now, "exp": now + 3600, "jwks": jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public(testFed, "")}},
		"authority_hints": []string{w.p.Anchor()}, "trust_marks": []any{map[string]string{"id": id, "trust_mark": mark}},
		"metadata": map[string]any{
			"federation_entity": map[string]any{
				"organization_name": "Prova", "homepage_uri": "https://rp.example.it", "policy_uri": "https://rp.example.it/privacy", "logo_uri": "https://rp.example.it/logo.svg",
				"contacts": []string{"ente@pec.example.it"}, "federation_resolve_endpoint": "https://rp.example.it/resolve",
			},
			"openid_relying_party": map[string]any{
				"client_id": italian, "application_type": "web", "client_name": "Prova", "redirect_uris": []string{callback}, "response_types": []string{"code"},
				"grant_types": []string{"authorization_code"}, "client_registration_types": []string{"automatic"}, "token_endpoint_auth_method": "private_key_jwt",
				"id_token_signed_response_alg": "RS256", "userinfo_signed_response_alg": "RS256", "userinfo_encrypted_response_alg": "RSA-OAEP-256",
				"userinfo_encrypted_response_enc": "A256CBC-HS512", "jwks": jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public(w.sig, "sig"), public(w.enc, "enc")}},
			},
		},
	}
}

// What a client says of itself is held against the rules of the federation.
func TestEntityConfigurationByTheRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var anchor struct {
		Keys jose.JSONWebKeySet `json:"jwks"`
	}
	statement := w.get("/anchor/.well-known/openid-federation", "")
	jws, err := jose.ParseSignedCompact(statement.body, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil || statement.kind != "application/entity-statement+jwt" {
		t.Fatalf("the anchor says %q: %v", statement.kind, err)
	}
	decode(t, jws.UnsafePayloadWithoutVerification(), &anchor)
	if _, err := jws.Verify(anchor.Keys.Keys[0]); err != nil {
		t.Fatal(err)
	}
	check := func(change func(e, org, rp map[string]any), key *rsa.PrivateKey, typ string) error {
		e := w.entity()
		m := e["metadata"].(map[string]any)
		change(e, m["federation_entity"].(map[string]any), m["openid_relying_party"].(map[string]any))
		text := signed(t, jose.RS256, key, idp.Thumbprint(testFed.Public()), typ, e)
		_, err := idp.ReadEntity(text, italian, w.p.Anchor(), anchor.Keys.Keys[0], w.clk.Now())
		return err
	}
	const typ = "entity-statement+jwt"
	if err := check(func(_, _, _ map[string]any) {}, testFed, typ); err != nil {
		t.Fatalf("a good one: %v", err)
	}
	for want, change := range map[string]func(e, org, rp map[string]any){
		"iss and sub":               func(e, _, _ map[string]any) { e["sub"] = strings.TrimSuffix(italian, "/") },
		"iat is missing":            func(e, _, _ map[string]any) { e["iat"] = 0 },
		"exp is missing":            func(e, _, _ map[string]any) { e["exp"] = 5 },
		"authority_hints":           func(e, _, _ map[string]any) { e["authority_hints"] = []string{w.issuer} },
		"trust_marks":               func(e, _, _ map[string]any) { delete(e, "trust_marks") },
		"organization_name":         func(_, org, _ map[string]any) { delete(org, "organization_name") },
		"policy_uri":                func(_, org, _ map[string]any) { org["policy_uri"] = "http://rp.example.it/" },
		"contacts":                  func(_, org, _ map[string]any) { org["contacts"] = []string{} },
		"client_id must be":         func(_, _, rp map[string]any) { rp["client_id"] = "x" },
		"application_type":          func(_, _, rp map[string]any) { rp["application_type"] = "native" },
		"client_name":               func(_, _, rp map[string]any) { delete(rp, "client_name") },
		"redirect_uris":             func(_, _, rp map[string]any) { rp["redirect_uris"] = []string{"http://rp.example.it/cb"} },
		"response_types":            func(_, _, rp map[string]any) { rp["response_types"] = []string{"code", "token"} },
		"grant_types":               func(_, _, rp map[string]any) { rp["grant_types"] = []string{"implicit"} },
		"client_registration_types": func(_, _, rp map[string]any) { rp["client_registration_types"] = []string{"explicit"} },
		"token_endpoint_auth":       func(_, _, rp map[string]any) { rp["token_endpoint_auth_method"] = "client_secret_basic" },
		"id_token_signed":           func(_, _, rp map[string]any) { rp["id_token_signed_response_alg"] = "HS256" },
		"userinfo_encrypted_response_alg": func(_, _, rp map[string]any) {
			rp["userinfo_encrypted_response_alg"] = "RSA1_5"
		},
		"userinfo_encrypted_response_enc": func(_, _, rp map[string]any) { rp["userinfo_encrypted_response_enc"] = "A128GCM" },
		"others than those": func(_, _, rp map[string]any) {
			rp["jwks"] = jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public(testFed, "sig"), public(w.enc, "enc")}}
		},
		"with use sig": func(_, _, rp map[string]any) {
			rp["jwks"] = jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public(w.sig, "sig")}}
		},
		"every key must be public": func(_, _, rp map[string]any) {
			rp["jwks"] = jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: w.sig, Use: "sig", KeyID: idp.Thumbprint(w.sig.Public())}, public(w.enc, "enc")}}
		},
	} {
		if err := check(change, testFed, typ); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if err := check(func(_, _, _ map[string]any) {}, testSig, typ); err == nil {
		t.Error("signed with another key, it is taken")
	}
	if err := check(func(_, _, _ map[string]any) {}, testFed, "JWT"); err == nil {
		t.Error("with another typ it is taken")
	}
}

// What anybody may send is bounded.
func TestBounds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	long := plain()
	long.Set("state", strings.Repeat("x", 20_000))
	for _, q := range []url.Values{long, {"client_id": {strings.Repeat("x", 20_000)}}} {
		if a := w.get("/authorize?"+q.Encode(), ""); a.status != http.StatusRequestEntityTooLarge {
			t.Errorf("a long request: %d", a.status)
		}
	}
	form := w.exchange("x", strings.Repeat("x", 100_000))
	if a := w.post("/token", form, "", ""); a.status != http.StatusBadRequest {
		t.Errorf("a long form: %d %s", a.status, a.body)
	}
	for _, change := range []func(url.Values){
		func(q url.Values) { q.Set(idp.FieldPerson, "nobody") },
		func(q url.Values) { q.Set(idp.FieldFault, "nothing") },
		func(q url.Values) { q.Set(idp.FieldLevel, "0") },
		func(q url.Values) { q.Set(idp.FieldLevel, "4") },
		func(q url.Values) { q.Set(idp.FieldLevel, "-1\x00") },
	} {
		q := plain()
		q.Set(idp.FieldPerson, "maria")
		change(q)
		if a := w.get("/authorize?"+q.Encode(), ""); a.status < 400 || a.status >= 500 {
			t.Errorf("%v: %d", q, a.status)
		}
	}
	for _, q := range []string{"?post_logout_redirect_uri=https://evil.example/", "?post_logout_redirect_uri=//evil.example", ""} {
		if a := w.get("/logout"+q, ""); a.status != http.StatusOK {
			t.Errorf("/logout%s: %d", q, a.status)
		}
	}
	if a := w.get("/logout?state=x&post_logout_redirect_uri="+url.QueryEscape("https://rp.example.it/"), ""); a.status != http.StatusSeeOther {
		t.Errorf("a registered address after signing out: %d", a.status)
	}
	if a := w.get("/userinfo", rand.Text()); a.status != http.StatusUnauthorized {
		t.Errorf("an unknown access token: %d", a.status)
	}
	if a := w.get("/anchor/fetch?sub=http://127.0.0.1:1/", ""); a.status != http.StatusNotFound {
		t.Errorf("somebody unknown at the anchor: %d", a.status)
	}
}
