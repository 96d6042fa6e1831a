package proxytest_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"polis/internal/simulate/proxytest"
)

const (
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	callback = "https://rp.example.it/back"
)

// way walks from the client through the proxy to the identity provider and back,
// as a browser does, and returns what the client is told.
//
// changes are what somebody in between makes of the SAML answer.
func way(t *testing.T, p *proxytest.Proxy, changes ...func(answer string) string) url.Values {
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
	for _, change := range changes {
		answer, err := base64.StdEncoding.DecodeString(form.Fields.Get("SAMLResponse"))
		if err != nil {
			t.Fatal(err)
		}
		form.Fields.Set("SAMLResponse", base64.StdEncoding.EncodeToString([]byte(change(string(answer)))))
	}
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

// A signature counts for what it signs and for nothing that is put around it (XML
// signature wrapping): who is in between brings nobody else in.
func TestSignatureWrapping(t *testing.T) {
	t.Parallel()
	p := proxytest.New(t, "polis", "secret", map[string]string{"fiscalNumber": "fiscal_number"})
	p.Redirect = callback
	const good, evil = "TINIT-BNCMRA90D52H501S", "TINIT-RSSMRA85T10A562S"
	p.Answer(proxytest.Identity{Attributes: map[string]string{"fiscalNumber": good}, Level: "https://www.spid.gov.it/SpidL2"})
	signature := regexp.MustCompile(`(?s)<ds:Signature .*</ds:Signature>(<samlp:Status>)`)
	sealed := regexp.MustCompile(`(?s)<saml:EncryptedAssertion.*</saml:EncryptedAssertion>`)
	id := regexp.MustCompile(` ID="([^"]*)"`)
	// forged is the answer with another's number in clear, under another id.
	forged := func(signed string) string {
		asked, to := regexp.MustCompile(`InResponseTo="([^"]*)"`).FindStringSubmatch(signed)[1], regexp.MustCompile(`Destination="([^"]*)"`).FindStringSubmatch(signed)[1]
		issuer := regexp.MustCompile(`<saml:Issuer.*?</saml:Issuer>`).FindString(signed)
		now := time.Now().UTC()
		until, since := now.Add(time.Minute).Format(time.RFC3339), now.Add(-time.Minute).Format(time.RFC3339)
		claim := `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="id-claim" Version="2.0" IssueInstant="` + since + `">` + issuer +
			`<saml:Subject><saml:NameID>x</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="` +
			asked + `" Recipient="` + to + `" NotOnOrAfter="` + until + `"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="` + since + `" NotOnOrAfter="` + until +
			`"><saml:AudienceRestriction><saml:Audience>` + p.Issuer + `/metadata</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="` + since +
			`"><saml:AuthnContext><saml:AuthnContextClassRef>https://www.spid.gov.it/SpidL3</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>` +
			`<saml:AttributeStatement><saml:Attribute Name="fiscalNumber"><saml:AttributeValue>` + evil + `</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion>`
		return strings.Replace(sealed.ReplaceAllString(signature.ReplaceAllString(signed, "$1"), claim), id.FindString(signed), ` ID="id-forged"`, 1)
	}
	wrap := func(around func(signed, forged string) string) func(string) string {
		return func(answer string) string {
			if !signature.MatchString(answer) || !sealed.MatchString(answer) || !strings.Contains(forged(answer), evil) {
				t.Fatalf("not the answer that it is taken for: %s", answer)
			}
			return around(answer, forged(answer))
		}
	}
	into := func(outer, inner string) string {
		return strings.Replace(outer, "<samlp:Status>", inner+"<samlp:Status>", 1)
	}
	seal := func(signed string) string { return strings.TrimSuffix(signature.FindString(signed), "<samlp:Status>") }
	if back := way(t, p, wrap(func(signed, _ string) string { return signed })); !back.Has("code") {
		t.Fatalf("nobody changed it: %v", back)
	}
	for name, around := range map[string]func(signed, forged string) string{
		"without the signature": func(_, forged string) string { return forged },
		"around the signed": func(signed, forged string) string {
			return into(forged, "<samlp:Extensions>"+signed+"</samlp:Extensions>")
		},
		"inside the signed": func(signed, forged string) string {
			return into(signed, "<samlp:Extensions>"+forged+"</samlp:Extensions>")
		},
		"signature of the other": func(signed, forged string) string { return into(forged, seal(signed)) },
		"signed inside its object": func(signed, forged string) string {
			object := "<ds:Object>" + signature.ReplaceAllString(signed, "$1") + "</ds:Object></ds:Signature>"
			return into(forged, strings.Replace(seal(signed), "</ds:Signature>", object, 1))
		},
		"under the id of the signed": func(signed, forged string) string {
			return into(strings.Replace(forged, ` ID="id-forged"`, id.FindString(signed), 1), seal(signed))
		},
		"beside what is sealed": func(signed, forged string) string {
			claim := regexp.MustCompile(`(?s)<saml:Assertion .*</saml:Assertion>`).FindString(forged)
			return strings.Replace(signed, "<saml:EncryptedAssertion", claim+"<saml:EncryptedAssertion", 1)
		},
	} {
		back := way(t, p, wrap(around))
		if back.Get("error") != "" && !back.Has("code") {
			continue
		}
		if got := about(t, p, back); got["fiscal_number"] != good {
			t.Errorf("%s: lets in %v", name, got["fiscal_number"])
		}
	}
}

// about is what the proxy says of whom a code is.
func about(t *testing.T, p *proxytest.Proxy, back url.Values) (claims map[string]any) {
	t.Helper()
	var tokens struct {
		Access string `json:"access_token"`
	}
	form := url.Values{"code": {back.Get("code")}, "code_verifier": {verifier}, "redirect_uri": {callback}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.Issuer+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth("polis", "secret")
	get(t, req, &tokens)
	if req, err = http.NewRequestWithContext(t.Context(), http.MethodGet, p.Issuer+"/userinfo", nil); err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+tokens.Access)
	get(t, req, &claims)
	return claims
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
