package installation_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"polis/internal/installation"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
)

// good are settings with nothing wrong.
func good() installation.Settings {
	return installation.Settings{
		Name:      installation.Name{Name: "Spazi del Verbano", Tagline: installation.Text{i18n.IT: "Vicino a casa"}},
		Languages: installation.Languages{i18n.EN, i18n.IT},
		Look:      installation.Look{Color: "#00764a"},
		Address:   installation.Address{URL: "https://spazi.example.it"},
		Owner:     installation.Owner{Name: "Ente", URL: "https://www.example.it/x?y=1", Email: "a@example.it", Phone: "+39 0332 12.34-56", Statement: "https://form.agid.gov.it/view/x", Code: "r_lazio"},
		Mail:      installation.Mail{Host: "smtp.example.it", Port: 587, Security: installation.StartTLS, User: "u", Password: "p", FromName: "Spazi", From: "noreply@example.it", Bounces: "b@example.it"},
		Privacy:   installation.Text{i18n.IT: "Uno\n\n\tDue"},
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	if err := good().Validate(); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("è", 20_001)
	for name, c := range map[string]struct {
		change func(*installation.Settings)
		fields string // at fault, sorted
	}{
		"no name":              {func(s *installation.Settings) { s.Name.Name = "" }, "nome"},
		"long name":            {func(s *installation.Settings) { s.Name.Name = long[:122+2] }, "nome"},
		"two lines":            {func(s *installation.Settings) { s.Name.Name = "a\nb" }, "nome"},
		"tagline with NUL":     {func(s *installation.Settings) { s.Name.Tagline = installation.Text{i18n.EN: "a\x00"} }, "motto_en"},
		"no language":          {func(s *installation.Settings) { s.Languages = nil }, "lingue"},
		"twice a language":     {func(s *installation.Settings) { s.Languages = installation.Languages{i18n.IT, i18n.IT} }, "lingue"},
		"another language":     {func(s *installation.Settings) { s.Languages = installation.Languages{"de"} }, "lingue"},
		"no colour":            {func(s *installation.Settings) { s.Look.Color = "blue" }, "colore"},
		"pale colour":          {func(s *installation.Settings) { s.Look.Color = "#777777" }, "colore"},
		"readable colour":      {func(s *installation.Settings) { s.Look.Color = "#767676" }, ""},
		"colour of the rest":   {func(s *installation.Settings) { s.Look.Color = "" }, ""},
		"long description":     {func(s *installation.Settings) { s.Look.Logo.Alt = installation.Text{i18n.IT: long[:500]} }, "alt_it"},
		"address without http": {func(s *installation.Settings) { s.Address.URL = "spazi.example.it" }, "indirizzo"},
		"address of a script":  {func(s *installation.Settings) { s.Address.URL = "javascript:alert(1)" }, "indirizzo"},
		"address with a path":  {func(s *installation.Settings) { s.Address.URL = "https://example.it/polis" }, "indirizzo"},
		"address with a query": {func(s *installation.Settings) { s.Address.URL = "https://example.it/?x" }, "indirizzo"},
		"address with a user":  {func(s *installation.Settings) { s.Address.URL = "https://u:p@example.it" }, "indirizzo"},
		"address with a slash": {func(s *installation.Settings) { s.Address.URL = "https://example.it:8443/" }, ""},
		"owner in four ways": {func(s *installation.Settings) {
			s.Owner = installation.Owner{URL: "ftp://x", Email: "no", Phone: "call me", Statement: "x", Code: "12345678901"}
		}, "codice dichiarazione email sito telefono"},
		"no mail":             {func(s *installation.Settings) { s.Mail = installation.Mail{} }, ""},
		"mail without sender": {func(s *installation.Settings) { s.Mail.From = "" }, "mittente"},
		"user without server": {func(s *installation.Settings) { s.Mail = installation.Mail{User: "u"} }, "server"},
		"server as address":   {func(s *installation.Settings) { s.Mail.Host = "smtp://x" }, "server"},
		"server with a port":  {func(s *installation.Settings) { s.Mail.Host = "x:25" }, "server"},
		"server of IPv6":      {func(s *installation.Settings) { s.Mail.Host = "2001:db8::1" }, ""},
		"port too high":       {func(s *installation.Settings) { s.Mail.Port = 65536 }, "porta"},
		"no such protection":  {func(s *installation.Settings) { s.Mail.Security = "x" }, "sicurezza"},
		"password alone":      {func(s *installation.Settings) { s.Mail.User = "" }, "utente"},
		"sender with a name":  {func(s *installation.Settings) { s.Mail.From = "A <a@example.it>" }, "mittente"},
		"bounces":             {func(s *installation.Settings) { s.Mail.Bounces = "x" }, "ritorni"},
		"long text":           {func(s *installation.Settings) { s.Legal = installation.Text{i18n.EN: long} }, "testo_en"},
		"text with a bell":    {func(s *installation.Settings) { s.Cookies = installation.Text{i18n.IT: "a\a"} }, "testo_it"},
		"all at once":         {func(s *installation.Settings) { *s = installation.Settings{Look: installation.Look{Color: "x"}} }, "colore lingue nome"},
	} {
		s := good()
		c.change(&s)
		err := s.Validate()
		var fields []string
		if err != nil {
			e := errs.As(err)
			if e.Kind != errs.Invalid {
				t.Errorf("%s: %v", name, err)
			}
			if e.Field != "" {
				fields = append(fields, e.Field)
			}
			for _, f := range e.Fields {
				fields = append(fields, f.Field)
			}
		}
		slices.Sort(fields)
		if got := strings.Join(slices.Compact(fields), " "); got != c.fields {
			t.Errorf("%s: at fault %q, want %q", name, got, c.fields)
		}
	}
}

// The error of a pale colour tells its contrast, cut and never rounded up to
// what is needed, and a colour that will do.
func TestPaleColourIsToldWhatWillDo(t *testing.T) {
	t.Parallel()
	s := good()
	s.Look.Color = "#777777" // 4.478
	e := errs.As(s.Validate())
	if e.Args["ratio"] != 4.47 || e.Args["better"] != "#767676" {
		t.Errorf("%v", e.Args)
	}
}

func TestPasswordIsShownToNobody(t *testing.T) {
	t.Parallel()
	m := good().Mail
	m.Password = "hunter2"
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "mail", m, "password", m.Password)
	for _, text := range []string{fmt.Sprint(m), fmt.Sprintf("%+v", m), fmt.Sprintf("%#v", m), fmt.Sprintf("%s %v %q", m.Password, m.Password, m.Password), log.String()} {
		if strings.Contains(text, "hunter2") {
			t.Errorf("the password is in %s", text)
		}
	}
	if got := m.Address(); got != "smtp://u:hunter2@smtp.example.it:587" {
		t.Errorf("for the mail server: %s", got)
	}
}
