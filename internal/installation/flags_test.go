package installation_test

import (
	"strings"
	"testing"

	"polis/internal/installation"
	"polis/internal/platform/db/dbtest"
)

func TestFlagsWin(t *testing.T) {
	t.Parallel()
	flags := installation.Flags{
		PublicURL: "https://flag.example.it", Owner: "Flag", SMTP: "smtps://user:secret@mail.example.it:4650", MailFrom: "Flag Name <flag@example.it>",
	}
	if err := flags.Check(); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, dbtest.SQLite(t), flags)
	for _, part := range []installation.Part{installation.PartOwner, installation.PartMail} {
		if err := w.save(part, func(s *installation.Settings) { *s = good(); s.Mail.From = "" }); err != nil { // the flag has a sender
			t.Fatal(err)
		}
	}
	now := w.Live.Now()
	if now.Address.URL != flags.PublicURL || now.Owner.Name != "Flag" || now.Owner.Email != "a@example.it" {
		t.Errorf("%+v %+v", now.Address, now.Owner)
	}
	if m := now.Mail; m.Address() != flags.SMTP || m.From != "flag@example.it" || m.FromName != "Flag Name" || m.Bounces != "b@example.it" {
		t.Errorf("%+v", m)
	}
	if seen, _ := w.Seen(installation.PartMail); seen.Mail.Host != "smtp.example.it" {
		t.Errorf("a flag changed what is saved: %+v", seen.Mail)
	}
	fixed := flags.Fixed()
	for field, flag := range map[string]string{"indirizzo": "--public-url", "titolare": "--owner", "password": "--smtp", "mittente": "--mail-from", "ritorni": "", "email": ""} {
		if fixed[field] != flag {
			t.Errorf("%s is said by %q, want %q", field, fixed[field], flag)
		}
	}
}

// The server of a flag is the same after it was taken apart.
func TestServerOfAFlag(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"smtp://mail.example.it", "smtp://u:p%40%3A%2F@mail.example.it:2525", "smtps://mail.example.it", "smtp://10.0.0.1?starttls=never",
		"smtp://[::1]:2525?starttls=never", "smtp://localhost:1025",
	} {
		flags := installation.Flags{SMTP: address, MailFrom: "a@example.it"}
		if err := flags.Check(); err != nil {
			t.Errorf("%s: %v", address, err)
		}
		if got := newWorld(t, dbtest.SQLite(t), flags).Live.Now().Mail.Address(); got != address {
			t.Errorf("%s becomes %s", address, got)
		}
	}
}

func TestWrongFlags(t *testing.T) {
	t.Parallel()
	for _, flags := range []installation.Flags{
		{SMTP: "mail.example.it"},
		{SMTP: "https://mail.example.it"},
		{MailFrom: "nobody"},
		{MailFrom: "a@example.it", MailBounces: "x"},
		{OwnerURL: "javascript:alert(1)"},
		{AccessibilityURL: "ftp://x"},
		{OwnerCode: "a b"},
		{PublicURL: "polis.example.it"},
		{PublicURL: "https://x/y"},
		{SMTP: "smtp://mail.example.it", MailBounces: "x"},
	} {
		if err := flags.Check(); err == nil || !strings.HasPrefix(err.Error(), "--") {
			t.Errorf("%+v: %v", flags, err)
		}
	}
}
