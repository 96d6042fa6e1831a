package installation

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"strconv"

	mailer "polis/internal/platform/mail"
)

// Flags are what the command line says of the installation. They win over what
// is saved.
type Flags struct {
	PublicURL, Owner, OwnerURL, ContactEmail, ContactPhone, AccessibilityURL, OwnerCode string
	SMTP, MailFrom, MailBounces                                                         string
}

// wanted is what flags want of whom runs the program, who reads no pages.
var wanted = map[string]string{
	"indirizzo": "an address such as https://polis.example.it", "titolare": "a name on one line, not too long",
	"sito": "an address such as https://www.example.it", "dichiarazione": "an address such as https://form.agid.gov.it/view/…",
	"email": "an address such as spazi@example.it", "telefono": "a number such as +39 0332 123456",
	"codice": "a code of the index of public bodies such as c_d946, or a partita IVA",
}

// Check tells which flag is wrong.
func (f Flags) Check() error {
	if f.SMTP != "" {
		if _, err := mailer.NewSMTP(f.SMTP); err != nil {
			return fmt.Errorf("--smtp: %w", err)
		}
	}
	if f.MailFrom != "" {
		if _, err := mailer.ParseSender(f.MailFrom, f.MailBounces); err != nil {
			return fmt.Errorf("--mail-from: %w", err)
		}
	}
	if f.MailBounces != "" && !mailer.IsAddress(f.MailBounces) {
		return errors.New("--mail-bounces wants an address such as bounce@example.it")
	}
	over := f.over(Settings{})
	for part, flags := range map[Part]map[string]string{PartAddress: f.Fixed(), PartOwner: f.Fixed()} {
		var all faults
		over.check(part, &all)
		for i := range all {
			if flag := flags[all[i].Field]; flag != "" {
				return fmt.Errorf("%s wants %s", flag, wanted[all[i].Field])
			}
		}
	}
	return nil
}

// Fixed are the fields that flags say, each with its flag.
func (f Flags) Fixed() map[string]string {
	fixed := map[string]string{}
	for _, given := range []struct {
		value, flag string
		fields      []string
	}{
		{f.PublicURL, "--public-url", []string{"indirizzo"}},
		{f.Owner, "--owner", []string{"titolare"}},
		{f.OwnerURL, "--owner-url", []string{"sito"}},
		{f.ContactEmail, "--contact-email", []string{"email"}},
		{f.ContactPhone, "--contact-phone", []string{"telefono"}},
		{f.AccessibilityURL, "--accessibility-url", []string{"dichiarazione"}},
		{f.OwnerCode, "--owner-code", []string{"codice"}},
		{f.SMTP, "--smtp", []string{"server", "porta", "sicurezza", "utente", "password"}},
		{f.MailFrom, "--mail-from", []string{"mittente", "mittente_nome"}},
		{f.MailBounces, "--mail-bounces", []string{"ritorni"}},
	} {
		for _, field := range given.fields {
			if given.value != "" {
				fixed[field] = given.flag
			}
		}
	}
	return fixed
}

// over puts the flags over settings.
func (f Flags) over(s Settings) Settings {
	put := func(to *string, value string) {
		if value != "" {
			*to = value
		}
	}
	put(&s.Address.URL, f.PublicURL)
	put(&s.Owner.Name, f.Owner)
	put(&s.Owner.URL, f.OwnerURL)
	put(&s.Owner.Email, f.ContactEmail)
	put(&s.Owner.Phone, f.ContactPhone)
	put(&s.Owner.Statement, f.AccessibilityURL)
	put(&s.Owner.Code, f.OwnerCode)
	put(&s.Mail.Bounces, f.MailBounces)
	if f.SMTP != "" {
		s.Mail.server(f.SMTP)
	}
	if a, err := mail.ParseAddress(f.MailFrom); err == nil {
		s.Mail.FromName, s.Mail.From = a.Name, a.Address
	}
	return s
}

// server takes a mail server apart that is written as mail.NewSMTP wants it.
func (m *Mail) server(address string) {
	u, err := url.Parse(address)
	if err != nil {
		return
	}
	m.Host, m.Port, m.User, m.Password = u.Hostname(), 0, "", ""
	if port, err := strconv.Atoi(u.Port()); err == nil {
		m.Port = port
	}
	m.Security = StartTLS
	switch {
	case u.Scheme == "smtps":
		m.Security = TLS
	case u.Query().Get("starttls") == "never":
		m.Security = Plain
	}
	if u.User != nil {
		password, _ := u.User.Password()
		m.User, m.Password = u.User.Username(), Secret(password)
	}
}

// checkOver tells what is wrong with a part once the flags are over it, as far
// as it is not the flags.
func (f Flags) checkOver(part Part, s Settings) error {
	var all, ours faults
	over, fixed := f.over(s), f.Fixed()
	over.check(part, &all)
	for _, fault := range all {
		if fixed[fault.Field] == "" {
			ours = append(ours, fault)
		}
	}
	return ours.err()
}
