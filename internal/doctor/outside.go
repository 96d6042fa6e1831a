package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"polis/internal/notify"
	"polis/internal/platform/mail"
)

// patient is how long others may take to answer.
const patient = 15 * time.Second

func (d *doctor) checkMail(ctx context.Context) {
	if d.SMTP == "" {
		d.say("mail", warning, "mail.off")
		return
	}
	server, err := mail.NewSMTP(d.SMTP)
	if err != nil {
		d.say("mail", wrong, "mail.setting", "why", err.Error())
		return
	}
	from, err := mail.ParseSender(d.MailFrom, d.MailBounces)
	if err != nil {
		d.say("mail", wrong, "mail.setting", "why", err.Error())
		return
	}
	if _, domain, _ := strings.Cut(from.Address, "@"); !publicDomain(domain) {
		d.say("mail", wrong, "mail.domain", "domain", domain)
	}
	ctx, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	var trouble *mail.Trouble
	switch err := server.Probe(ctx, from); {
	case errors.As(err, &trouble):
		d.say("mail", wrong, "mail."+trouble.Step, "why", trouble.Why)
	case err != nil:
		d.failed("mail", err)
	default:
		d.say("mail", fine, "mail.takes")
	}
	if d.db != nil {
		d.checkOutcomes(ctx)
	}
}

var domainName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$`)

// publicDomain tells whether others can answer to a domain.
func publicDomain(domain string) bool {
	domain = strings.ToLower(domain)
	last := domain[strings.LastIndexByte(domain, '.')+1:]
	switch last {
	case "example", "invalid", "localhost", "local", "test", "internal", "localdomain":
		return false
	}
	return domainName.MatchString(domain)
}

// Of the messages of a week so many may come back: one in so many, and some.
const (
	oneIn = 20
	some  = 5
)

func (d *doctor) checkOutcomes(ctx context.Context) {
	count, err := notify.Outcomes(ctx, d.db, d.now.AddDate(0, 0, -7))
	if err != nil {
		d.failed("mail", err)
		return
	}
	came, lost := count[notify.StateSent], count[notify.StateBounced]+count[notify.StateFailed]
	if lost >= some && lost*oneIn >= came+lost {
		d.say("mail", warning, "mail.bounces", "count", lost, "sent", came)
	}
}

// Before a certificate ends.
const (
	renewSoon = 21 * 24 * time.Hour
	renewNow  = 3 * 24 * time.Hour
)

func (d *doctor) checkCertificate() {
	if d.TLSCert == "" {
		return
	}
	pair, err := tls.LoadX509KeyPair(d.TLSCert, d.TLSKey)
	if err != nil {
		d.say("certificate", wrong, "certificate.unread", "file", d.TLSCert, "why", err.Error())
		return
	}
	u, err := url.Parse(d.PublicURL)
	if err == nil && u.Hostname() != "" && pair.Leaf.VerifyHostname(u.Hostname()) != nil {
		d.say("certificate", wrong, "certificate.name", "file", d.TLSCert, "host", u.Hostname())
	}
	d.judgeCertificate(pair.Leaf)
}

func (d *doctor) judgeCertificate(c *x509.Certificate) {
	switch left := c.NotAfter.Sub(d.now); {
	case left < renewNow, d.now.Before(c.NotBefore):
		d.say("certificate", wrong, "certificate.ends", "from", c.NotBefore, "until", c.NotAfter)
	case left < renewSoon:
		d.say("certificate", warning, "certificate.ends", "from", c.NotBefore, "until", c.NotAfter)
	default:
		d.say("certificate", fine, "certificate.good", "until", c.NotAfter)
	}
}

// checkAddress asks the public address for what it shows to monitors: that it is
// this program, and ready.
func (d *doctor) checkAddress(ctx context.Context) {
	if d.PublicURL == "" {
		return
	}
	bad := wrong
	if d.db != nil && !d.serves {
		bad = warning // nobody is there to answer, as work.nobody says
	}
	ctx, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(d.PublicURL, "/")+"/status", nil)
	if err != nil {
		d.say("address", wrong, "address.away", "url", d.PublicURL, "why", err.Error())
		return
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		d.say("address", bad, "address.away", "url", d.PublicURL, "why", err.Error())
		return
	}
	defer answer.Body.Close()
	var said struct{ Status int }
	err = json.NewDecoder(io.LimitReader(answer.Body, 1<<16)).Decode(&said)
	switch {
	case err != nil || said.Status != answer.StatusCode:
		d.say("address", bad, "address.other", "url", d.PublicURL)
	case said.Status != http.StatusOK:
		d.say("address", wrong, "address.unready", "url", d.PublicURL)
	default:
		d.say("address", fine, "address.answers", "url", d.PublicURL)
	}
	if answer.TLS != nil && d.TLSCert == "" {
		d.judgeCertificate(answer.TLS.PeerCertificates[0])
	}
}
