package installation_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"polis/internal/installation"
	"polis/internal/platform/db"
	"polis/internal/platform/db/dbtest"
	"polis/internal/platform/i18n"
	"polis/internal/platform/mail"
)

var putRaw = db.Q("installation-test.put-raw", `
	INSERT INTO setting (name, value, rev, changed) VALUES ($1, $2, 1, 1) ON CONFLICT (name) DO UPDATE SET value = excluded.value`)

// What is saved and wrong keeps nothing from starting: the part does not hold,
// is named, and can be saved anew.
func TestWrongSettingsDoNotHold(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, installation.Flags{})
		p := words(t).Printer(i18n.EN, i18n.Rome)
		for part, c := range map[installation.Part][]struct{ raw, why string }{
			installation.PartMail: {
				{`{"host":"smtp.example.it","security":"starttls"}`, "form.required"}, // --mail-from said the rest
				{`{"host":"a b","security":"starttls","from":"a@example.it"}`, "such as smtp.example.org"},
				{`{"host":"x","security":"later","from":"a@example.it"}`, "form.not_a_choice"},
				{`{"host":"x","security":"tls","from":"a@example.it","user":"u","password":"AAAA"}`, "cannot be read"}, // of another key
				{`{"host":`, "cannot be read"},
			},
			installation.PartAddress:   {{`{"url":"https://example.it/polis"}`, "only"}, {`{"url":"::"}`, "such as"}},
			installation.PartLanguages: {{`["de"]`, "form.not_a_choice"}, {`"it"`, "cannot be read"}},
			installation.PartName:      {{`{"name":7}`, "cannot be read"}},
		} {
			for _, bad := range c {
				if err := d.Write(t.Context(), func(tx *db.Tx) error {
					_, err := tx.Exec(t.Context(), putRaw, string(part), bad.raw)
					return err
				}); err != nil {
					t.Fatal(err)
				}
				if err := w.Live.Reload(t.Context()); err != nil {
					t.Fatalf("%s: %v", bad.raw, err)
				}
				faults, now := w.Live.Faults(), w.Live.Now()
				if len(faults) != 1 || faults[0].Part != part {
					t.Fatalf("%s: %+v", bad.raw, faults)
				}
				if now.Mail.Host != "" || now.Address.URL != "" || part == installation.PartName && now.Name.Name != "" || len(now.Languages.Offered()) != 2 {
					t.Errorf("%s holds: %+v", bad.raw, now)
				}
				if title, why := faults[0].Explain(p); title == "" || !strings.Contains(why, bad.why) {
					t.Errorf("%s: %s: %s", bad.raw, title, why)
				}
			}
			if err := w.save(part, func(s *installation.Settings) { *s = good() }); err != nil {
				t.Fatal(err)
			}
			if faults := w.Live.Faults(); len(faults) != 0 {
				t.Errorf("saved anew: %+v", faults)
			}
			if err := w.save(part, func(s *installation.Settings) { // and away again
				*s = installation.Settings{Languages: installation.Languages{i18n.IT, i18n.EN}}
			}); err != nil && part != installation.PartName {
				t.Fatal(err)
			}
		}
	})
}

// Every mail server that the pages take is one that messages can go to, and
// comes back from its address as it was.
func TestMailServersThatAreTaken(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := good()
		s.Mail.Host = rapid.SampledFrom([]string{"smtp.example.it", "10.0.0.1", "::1", "2001:db8::1", "fe80::1%eth0", "::ffff:10.0.0.1", "a"}).Draw(t, "host")
		s.Mail.Port = rapid.SampledFrom([]int{0, 1, 25, 65535}).Draw(t, "port")
		s.Mail.Security = rapid.SampledFrom([]installation.Security{installation.StartTLS, installation.TLS, installation.Plain}).Draw(t, "security")
		s.Mail.User = rapid.SampledFrom([]string{"", "u", "u@example.it", "a:b/c?d#e%f", "è"}).Draw(t, "user")
		if s.Mail.Password = ""; s.Mail.User != "" {
			s.Mail.Password = installation.Secret(rapid.SampledFrom([]string{"p", "a:b@c/d?e#f%g", "è "}).Draw(t, "password"))
		}
		if err := s.Validate(); err != nil {
			if !strings.Contains(s.Mail.Host, "%") {
				t.Fatalf("%+v is not taken: %v", s.Mail, err)
			}
			return
		}
		address := s.Mail.Address()
		if _, err := mail.NewSMTP(address); err != nil {
			t.Fatalf("%s: %v", address, err)
		}
		u, err := url.Parse(address)
		if err != nil || u.Hostname() != s.Mail.Host || !slices.Contains([]string{"smtp", "smtps"}, u.Scheme) {
			t.Fatalf("%s is of %s, %v", address, u.Hostname(), err)
		}
		if password, _ := u.User.Password(); u.User.Username() != s.Mail.User || password != string(s.Mail.Password) {
			t.Fatalf("%s is of another user", address)
		}
	})
}
