package installation

import (
	"net/url"
	"strconv"
	"strings"

	"polis/internal/platform/i18n"
	"polis/internal/platform/web"
	"polis/internal/platform/web/form"
)

// section is a page about a part of the settings: the same fields in the set-up
// and at the desk.
type section struct {
	slug   string // in addresses
	part   Part
	title  string // message keys
	lead   string
	fields []string
	// fill shows settings in the fields; read declares the fields and takes what
	// they hold into settings.
	fill func(s Settings, v url.Values)
	read func(f *form.Form, s *Settings)
}

// sections are all of them, in the order of the desk.
var sections = []section{
	{
		slug: "nome", part: PartName, title: "installation.name.title", lead: "installation.name.lead",
		fields: []string{"nome", "motto_it", "motto_en"},
		fill: func(s Settings, v url.Values) {
			v.Set("nome", s.Name.Name)
			fillTexts(v, "motto", s.Name.Tagline)
		},
		read: func(f *form.Form, s *Settings) {
			s.Name.Name = f.String("nome", "installation.name.name").Required().Max(maxName).Value
			s.Name.Tagline = readTexts(f, "motto", "installation.name.tagline-it", "installation.name.tagline-en", maxTagline)
		},
	},
	{
		slug: "lingue", part: PartLanguages, title: "installation.languages.title", lead: "installation.languages.lead",
		fields: []string{"lingue"},
		fill: func(s Settings, v url.Values) {
			var list []string
			for _, lang := range s.Languages.Offered() {
				list = append(list, string(lang))
			}
			v.Set("lingue", strings.Join(list, ","))
		},
		read: func(f *form.Form, s *Settings) {
			s.Languages = nil
			for lang := range strings.SplitSeq(f.Choice("lingue", "installation.languages.which", "it,en", "en,it", "it", "en").Required().Value, ",") {
				if lang != "" {
					s.Languages = append(s.Languages, i18n.Lang(lang))
				}
			}
		},
	},
	{
		slug: "aspetto", part: PartLook, title: "installation.look.title", lead: "installation.look.lead",
		fields: []string{"colore", "logo", "senza_logo", "alt_it", "alt_en"},
		fill: func(s Settings, v url.Values) {
			v.Set("colore", s.Look.Tint().String())
			fillTexts(v, "alt", s.Look.Logo.Alt)
		},
		read: func(f *form.Form, s *Settings) {
			s.Look.Color = strings.ToLower(f.String("colore", "installation.look.colour").Required().Max(7).Value)
			if c, ok := web.ParseColor(s.Look.Color); ok {
				s.Look.Color = c.String()
			}
			if f.Bool("senza_logo", "installation.look.no-logo") {
				s.Look.Logo = Logo{}
			}
			s.Look.Logo.Alt = readTexts(f, "alt", "installation.look.alt-it", "installation.look.alt-en", maxAlt)
		},
	},
	{
		slug: "indirizzo", part: PartAddress, title: "installation.address.title", lead: "installation.address.lead",
		fields: []string{"indirizzo"},
		fill:   func(s Settings, v url.Values) { v.Set("indirizzo", s.Address.URL) },
		read: func(f *form.Form, s *Settings) {
			s.Address.URL = strings.TrimRight(f.String("indirizzo", "installation.address.url").Required().Max(maxAddress).Value, "/")
		},
	},
	{
		slug: "titolare", part: PartOwner, title: "installation.owner.title", lead: "installation.owner.lead",
		fields: []string{"titolare", "sito", "email", "telefono", "dichiarazione", "codice"},
		fill: func(s Settings, v url.Values) {
			v.Set("titolare", s.Owner.Name)
			v.Set("sito", s.Owner.URL)
			v.Set("email", s.Owner.Email)
			v.Set("telefono", s.Owner.Phone)
			v.Set("dichiarazione", s.Owner.Statement)
			v.Set("codice", s.Owner.Code)
		},
		read: func(f *form.Form, s *Settings) {
			s.Owner = Owner{
				Name:      f.String("titolare", "installation.owner.name").Value,
				URL:       f.String("sito", "installation.owner.url").Value,
				Email:     f.String("email", "installation.owner.email").Value,
				Phone:     f.String("telefono", "installation.owner.phone").Value,
				Statement: f.String("dichiarazione", "installation.owner.statement").Value,
				Code:      f.String("codice", "installation.owner.code").Value,
			}
		},
	},
	{
		slug: "posta", part: PartMail, title: "installation.mail.title", lead: "installation.mail.lead",
		fields: []string{"server", "porta", "sicurezza", "utente", "password", "mittente_nome", "mittente", "ritorni"},
		fill: func(s Settings, v url.Values) {
			v.Set("server", s.Mail.Host)
			if s.Mail.Port != 0 {
				v.Set("porta", strconv.Itoa(s.Mail.Port))
			}
			v.Set("sicurezza", string(s.Mail.Security))
			if s.Mail.Security == "" {
				v.Set("sicurezza", string(StartTLS))
			}
			v.Set("utente", s.Mail.User)
			v.Set("mittente_nome", s.Mail.FromName)
			v.Set("mittente", s.Mail.From)
			v.Set("ritorni", s.Mail.Bounces)
		},
		read: readMail,
	},
	law("privacy", PartPrivacy, "installation.law.privacy", "installation.law.privacy-lead", func(s *Settings) *Text { return &s.Privacy }),
	law("cookie", PartCookies, "installation.law.cookies", "installation.law.cookies-lead", func(s *Settings) *Text { return &s.Cookies }),
	law("note-legali", PartLegal, "installation.law.legal", "installation.law.legal-lead", func(s *Settings) *Text { return &s.Legal }),
	law("accessibilita", PartAccessibility, "installation.law.accessibility", "installation.law.accessibility-lead", func(s *Settings) *Text { return &s.Accessibility }),
}

// law is the section of one of the owner's own texts.
func law(slug string, part Part, title, lead string, in func(*Settings) *Text) section {
	return section{
		slug: slug, part: part, title: title, lead: lead, fields: []string{"testo_it", "testo_en"},
		fill: func(s Settings, v url.Values) { fillTexts(v, "testo", *in(&s)) },
		read: func(f *form.Form, s *Settings) {
			*in(s) = readTexts(f, "testo", "installation.law.text-it", "installation.law.text-en", maxLaw)
		},
	}
}

// ofLaw tells whether the section is one of the owner's own texts.
func (s section) ofLaw() bool {
	switch s.part {
	case PartPrivacy, PartCookies, PartLegal, PartAccessibility:
		return true
	}
	return false
}

func sectionOf(slug string) (section, bool) {
	for _, s := range sections {
		if s.slug == slug {
			return s, true
		}
	}
	return section{}, false
}

func readMail(f *form.Form, s *Settings) {
	kept := s.Mail
	s.Mail = Mail{
		Host:     f.String("server", "installation.mail.host").Value,
		Port:     f.Int("porta", "installation.mail.port").Between(1, 65535).Value,
		Security: Security(f.Choice("sicurezza", "installation.mail.security", string(StartTLS), string(TLS), string(Plain)).Value),
		User:     f.String("utente", "installation.mail.user").Value,
		Password: Secret(f.String("password", "installation.mail.password").Value),
		FromName: f.String("mittente_nome", "installation.mail.from-name").Value,
		From:     f.String("mittente", "installation.mail.from").Value,
		Bounces:  f.String("ritorni", "installation.mail.bounces").Value,
	}
	if s.Mail.Host == "" {
		s.Mail.Security = ""
	}
	// A password that was not typed anew stays, but goes to nobody else: with
	// another server or user it is asked for again.
	if s.Mail.Password == "" && s.Mail.User == kept.User && s.Mail.Host == kept.Host {
		s.Mail.Password = kept.Password
	}
	f.Set("password", "") // never shown again, not even to who has just typed it
}

func fillTexts(v url.Values, field string, t Text) {
	for _, lang := range i18n.Langs {
		v.Set(field+"_"+string(lang), t[lang])
	}
}

// readTexts reads a text in each language.
func readTexts(f *form.Form, field, labelIT, labelEN string, most int) Text {
	t := Text{}
	for lang, label := range map[i18n.Lang]string{i18n.IT: labelIT, i18n.EN: labelEN} {
		name := field + "_" + string(lang)
		if value := strings.ReplaceAll(f.Long(name, label, most).Value, "\r\n", "\n"); value != "" {
			t[lang] = value
		}
	}
	return t
}
