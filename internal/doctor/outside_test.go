package doctor

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// postOffice is a mail server that refuses what it is told to.
type postOffice struct{ atMail, atRcpt, atData error }

func (o *postOffice) NewSession(*smtp.Conn) (smtp.Session, error) { return o, nil }
func (o *postOffice) Mail(string, *smtp.MailOptions) error        { return o.atMail }
func (o *postOffice) Rcpt(string, *smtp.RcptOptions) error        { return o.atRcpt }
func (o *postOffice) Data(io.Reader) error                        { return o.atData }
func (o *postOffice) Reset()                                      {}
func (o *postOffice) Logout() error                               { return nil }

// mails lets the patient use a mail server.
func (x *patientOf) mails(o *postOffice) {
	x.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	x.must(err)
	srv := smtp.NewServer(o)
	srv.Domain = "localhost"
	done := make(chan error)
	go func() { done <- srv.Serve(ln) }()
	x.Cleanup(func() {
		srv.Close()
		<-done
	})
	x.SMTP, x.MailFrom = "smtp://"+ln.Addr().String(), "Polis <polis@comune.gavirate.va.it>"
}

// certifies gives the patient a certificate for a host and a time from now.
func (x *patientOf) certifies(host string, from, until time.Duration) {
	x.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	x.must(err)
	now := time.Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{host}, NotBefore: now.Add(from), NotAfter: now.Add(until)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	x.must(err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	x.must(err)
	dir := x.TempDir()
	x.TLSCert = x.write(filepath.Join(dir, "cert.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})))
	x.TLSKey = x.write(filepath.Join(dir, "key.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
}

// answers lets something answer at the public address.
func (x *patientOf) answers(status int, body string) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/status" {
			http.NotFound(w, r)
			return
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	x.Cleanup(srv.Close)
	x.PublicURL = srv.URL + "/"
}

func TestDoctorLooksOutside(t *testing.T) {
	const day = 24 * time.Hour
	no := &smtp.SMTPError{Code: 550, Message: "no such maria@example.org"}
	for _, c := range []struct {
		name  string
		level level
		spoil func(x *patientOf)
	}{
		{"mail.off", warning, func(*patientOf) {}},
		{"mail.takes", fine, func(x *patientOf) { x.mails(&postOffice{atData: no}) }},
		{"mail.setting", wrong, func(x *patientOf) { x.SMTP = "mail.example.it" }},
		{"mail.setting", wrong, func(x *patientOf) { x.SMTP, x.MailFrom = "smtp://127.0.0.1:1", "nobody" }},
		{"mail.connect", wrong, func(x *patientOf) {
			x.mails(&postOffice{})
			x.SMTP = "smtp://127.0.0.1:1"
		}},
		{"mail.domain", wrong, func(x *patientOf) {
			x.mails(&postOffice{})
			x.MailFrom = "polis@polis.example"
		}},
		{"mail.sign", wrong, func(x *patientOf) {
			x.mails(&postOffice{})
			x.SMTP = "smtp://user:secret@" + x.SMTP[len("smtp://"):]
		}},
		{"mail.sender", wrong, func(x *patientOf) { x.mails(&postOffice{atMail: no}) }},
		{"mail.recipient", wrong, func(x *patientOf) { x.mails(&postOffice{atRcpt: no}) }},
		{"mail.bounces", warning, func(x *patientOf) {
			x.mails(&postOffice{})
			for _, id := range []string{"1", "2", "3", "4", "5"} {
				x.exec(`INSERT INTO message (id, person, kind, about, data, state, reason, created, changed) VALUES ($1, '', 'x', '', '{}', 'bounced', '5.1.1', 1, $2)`,
					id, time.Now().UnixMicro())
			}
		}},
		{"certificate.good", fine, func(x *patientOf) { x.certifies("127.0.0.1", -day, 60*day) }},
		{"certificate.ends", warning, func(x *patientOf) { x.certifies("localhost", -day, 10*day) }},
		{"certificate.ends", wrong, func(x *patientOf) { x.certifies("localhost", -10*day, -day) }},
		{"certificate.ends", wrong, func(x *patientOf) { x.certifies("localhost", day, 60*day) }},
		{"certificate.name", wrong, func(x *patientOf) {
			x.answers(200, `{"status": 200}`)
			x.certifies("polis.example.it", -day, 60*day)
		}},
		{"certificate.unread", wrong, func(x *patientOf) { x.TLSCert = filepath.Join(x.Data, "nowhere.pem") }},
		{"address.answers", fine, func(x *patientOf) { x.answers(200, `{"status": 200}`) }},
		{"address.unready", wrong, func(x *patientOf) { x.answers(503, `{"status": 503}`) }},
		{"address.other", warning, func(x *patientOf) { x.answers(200, "<p>It works") }},
		{"address.other", wrong, func(x *patientOf) {
			x.answers(404, "<p>Not here")
			x.serving()
		}},
		{"address.away", warning, func(x *patientOf) { x.PublicURL = "http://127.0.0.1:1" }},
		{"address.away", wrong, func(x *patientOf) {
			x.PublicURL = "http://127.0.0.1:1"
			x.serving()
		}},
	} {
		t.Run(c.name+"-"+string(c.level), func(t *testing.T) {
			t.Parallel()
			x := newPatient(t)
			c.spoil(x)
			x.finds(c.level, c.name)
			for _, f := range x.doctor.found {
				for _, secret := range []string{"secret", "maria"} {
					if strings.Contains(f.Text+f.Mend, secret) {
						t.Errorf("it tells too much: %s", f.Text)
					}
				}
			}
		})
	}
}

func TestPublicDomain(t *testing.T) {
	t.Parallel()
	for domain, good := range map[string]bool{
		"comune.gavirate.va.it": true, "example.it": true, "posta.gov.it": true, "xn--citt-7qa.it": true,
		"localhost": false, "polis.example": false, "polis.invalid": false, "polis": false, "": false, "-a.it": false, "a..it": false, "10.0.0.1": false, "server.local": false,
	} {
		if publicDomain(domain) != good {
			t.Errorf("%q: %v", domain, !good)
		}
	}
}
