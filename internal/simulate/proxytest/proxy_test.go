package proxytest_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"polis/internal/simulate/proxytest"
)

const (
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	callback = "https://rp.example.it/back"
)

// way walks from the client through the proxy to the identity provider and back,
// as a browser does, and returns what the client is told.
func way(t *testing.T, p *proxytest.Proxy) url.Values {
	t.Helper()
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{
		"client_id": {"polis"}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid profile"}, "state": {"s"}, "nonce": {"n"},
		"acr_values": {"https://www.spid.gov.it/SpidL2"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	browser := &http.Client{CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), callback) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	res, err := browser.Get(p.Issuer + "/authorize?" + q.Encode())
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%d %s, %v", res.StatusCode, data, err)
	}
	form := proxytest.Form(string(data))
	if res, err = browser.PostForm(form.Action, form.Fields); err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	to, err := res.Location()
	if err != nil {
		t.Fatalf("%d from the proxy: %v", res.StatusCode, err)
	}
	return to.Query()
}

// A SAML assertion becomes claims; what is refused or forged becomes an error.
func TestProxy(t *testing.T) {
	t.Parallel()
	p := proxytest.New(t, "polis", "secret", map[string]string{"fiscalNumber": "fiscal_number", "name": "given_name"})
	p.Redirect = callback
	p.Answer(proxytest.Identity{Attributes: map[string]string{"fiscalNumber": "TINIT-BNCMRA90D52H501S", "name": "Maria", "gender": "F"}, Level: "https://www.spid.gov.it/SpidL2"})
	back := way(t, p)
	form := url.Values{"code": {back.Get("code")}, "code_verifier": {verifier}, "redirect_uri": {callback}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.Issuer+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth("polis", "secret")
	var tokens struct {
		Access string `json:"access_token"`
		ID     string `json:"id_token"`
	}
	get(t, req, &tokens)
	var claims, about map[string]any
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(tokens.ID, ".")[1])
	if err != nil || json.Unmarshal(payload, &claims) != nil || claims["acr"] != "https://www.spid.gov.it/SpidL2" || claims["nonce"] != "n" {
		t.Fatalf("ID token %v, %v", claims, err)
	}
	if req, err = http.NewRequestWithContext(t.Context(), http.MethodGet, p.Issuer+"/userinfo", nil); err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+tokens.Access)
	get(t, req, &about)
	if about["fiscal_number"] != "TINIT-BNCMRA90D52H501S" || about["given_name"] != "Maria" || about["gender"] != nil || about["sub"] != claims["sub"] {
		t.Errorf("userinfo %v", about)
	}
	asked := p.Asked()
	if len(asked) != 1 || asked[0].ForceAuthn == nil || !*asked[0].ForceAuthn || asked[0].RequestedAuthnContext.AuthnContextClassRef != "https://www.spid.gov.it/SpidL2" {
		t.Errorf("the identity provider was asked %+v", asked)
	}
	p.Answer(proxytest.Identity{Refusal: "ErrorCode nr25"})
	if back := way(t, p); back.Get("error") != "access_denied" || back.Get("error_description") != "ErrorCode nr25" || back.Has("code") {
		t.Errorf("refused: %v", back)
	}
	p.Answer(proxytest.Identity{Attributes: map[string]string{"fiscalNumber": "TINIT-BNCMRA90D52H501S"}, Level: "https://www.spid.gov.it/SpidL3", Forged: true})
	if back := way(t, p); back.Get("error") == "" || back.Has("code") {
		t.Errorf("forged: %v", back)
	}
}

func get(t *testing.T, req *http.Request, v any) {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(v); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%d, %v", res.StatusCode, err)
	}
}
