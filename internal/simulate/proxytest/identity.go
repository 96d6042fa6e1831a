package proxytest

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"html/template"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/crewjam/saml"
)

// identityProvider speaks SAML as SPID does: attributes by their basic names, the
// level in the context of the authentication, errors in StatusMessage.
type identityProvider struct {
	saml.IdentityProvider

	sp     func() *saml.EntityDescriptor
	mu     sync.Mutex
	answer Identity
	forger crypto.Signer
}

func newIdentityProvider(t testing.TB) *identityProvider {
	t.Helper()
	p := &identityProvider{forger: newKey(t)}
	mux := http.NewServeMux()
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	key := newKey(t)
	p.IdentityProvider = saml.IdentityProvider{
		Key: key, Certificate: certificate(t, key, srv.URL), Logger: log.New(io.Discard, "", 0),
		MetadataURL: at(t, srv.URL+"/metadata"), SSOURL: at(t, srv.URL+"/sso"),
		ServiceProviderProvider: p, SessionProvider: p, AssertionMaker: p,
	}
	mux.HandleFunc("/sso", func(w http.ResponseWriter, r *http.Request) {
		provider := p.IdentityProvider
		if p.now().Forged {
			provider.Key = p.forger
		}
		provider.ServeSSO(w, r)
	})
	return p
}

// certificate is a self-signed one.
func certificate(t testing.TB, key crypto.Signer, name string) *x509.Certificate {
	t.Helper()
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func (p *identityProvider) now() Identity {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.answer
}

// GetServiceProvider knows the proxy alone.
func (p *identityProvider) GetServiceProvider(*http.Request, string) (*saml.EntityDescriptor, error) {
	return p.sp(), nil
}

// GetSession is whoever was set; a refusal is answered at once.
func (p *identityProvider) GetSession(w http.ResponseWriter, _ *http.Request, req *saml.IdpAuthnRequest) *saml.Session {
	x := p.now()
	if x.Refusal != "" {
		p.refuse(w, req, x.Refusal)
		return nil
	}
	s := &saml.Session{ID: rand.Text(), CreateTime: time.Now(), ExpireTime: time.Now().Add(time.Hour), Index: rand.Text(), NameID: rand.Text(), NameIDFormat: string(saml.TransientNameIDFormat)}
	for name, value := range x.Attributes {
		s.CustomAttributes = append(s.CustomAttributes, saml.Attribute{
			Name: name, NameFormat: "urn:oasis:names:tc:SAML:2.0:attrname-format:basic", Values: []saml.AttributeValue{{Type: "xs:string", Value: value}},
		})
	}
	slices.SortFunc(s.CustomAttributes, func(a, b saml.Attribute) int { return bytes.Compare([]byte(a.Name), []byte(b.Name)) })
	return s
}

// MakeAssertion says the level of the identity.
func (p *identityProvider) MakeAssertion(req *saml.IdpAuthnRequest, session *saml.Session) error {
	if err := (saml.DefaultAssertionMaker{}).MakeAssertion(req, session); err != nil {
		return err
	}
	for i := range req.Assertion.AuthnStatements {
		req.Assertion.AuthnStatements[i].AuthnContext.AuthnContextClassRef = &saml.AuthnContextClassRef{Value: p.now().Level}
	}
	return nil
}

var postForm = template.Must(template.New("").Parse(`<!doctype html><form method="post" action="{{.Action}}">` +
	`<input name="SAMLResponse" value="{{.Response}}"><input name="RelayState" value="{{.Relay}}"></form>`))

// refuse answers with an error, as SPID words it.
func (p *identityProvider) refuse(w http.ResponseWriter, req *saml.IdpAuthnRequest, message string) {
	acs := req.ACSEndpoint.Location
	data, err := xml.Marshal(&saml.Response{
		ID: "id-" + rand.Text(), InResponseTo: req.Request.ID, Version: "2.0", IssueInstant: time.Now(), Destination: acs,
		Issuer: &saml.Issuer{Value: p.MetadataURL.String()},
		Status: saml.Status{
			StatusCode:    saml.StatusCode{Value: saml.StatusResponder, StatusCode: &saml.StatusCode{Value: saml.StatusAuthnFailed}},
			StatusMessage: &saml.StatusMessage{Value: message},
		},
	})
	if err == nil {
		err = postForm.Execute(w, map[string]string{"Action": acs, "Response": base64.StdEncoding.EncodeToString(data), "Relay": req.RelayState})
	}
	if err != nil {
		http.Error(w, "no answer", http.StatusInternalServerError)
	}
}

func decoded(text string) []byte {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return data
}

// pseudonym is a subject that says nothing of a fiscal number.
func pseudonym(fiscalNumber string) string {
	sum := sha256.Sum256([]byte("secret of the proxy" + fiscalNumber))
	return hex.EncodeToString(sum[:])
}
