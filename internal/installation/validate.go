package installation

import (
	"math"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"polis/internal/fiscal"
	"polis/internal/platform/errs"
	"polis/internal/platform/i18n"
	"polis/internal/platform/mail"
	"polis/internal/platform/web"
)

// How long texts may be, in characters.
const (
	maxName    = 60
	maxTagline = 120
	maxAlt     = 200
	maxLaw     = 20_000
	maxAddress = 254
)

// faults gathers what is wrong, by field.
type faults []errs.Error

func (f *faults) say(field, key string, args errs.Args) {
	*f = append(*f, *errs.New(errs.Invalid, key, args).On(field))
}

// Validate tells all that is wrong with the settings: Invalid, naming each
// field.
func (s Settings) Validate() error {
	var all faults
	for part := range parts {
		s.check(part, &all)
	}
	return all.err()
}

func (f faults) err() error {
	switch len(f) {
	case 0:
		return nil
	case 1:
		return &f[0]
	}
	return &errs.Error{Kind: errs.Invalid, Key: "form.invalid", Fields: f}
}

// check tells what is wrong with one part.
func (s Settings) check(part Part, f *faults) {
	switch part {
	case PartName:
		s.Name.check(f)
	case PartLanguages:
		s.Languages.check(f)
	case PartLook:
		s.Look.check(f)
	case PartAddress:
		f.address("indirizzo", s.Address.URL, true)
	case PartOwner:
		s.Owner.check(f)
	case PartMail:
		s.Mail.check(f)
	case PartPrivacy:
		f.texts("testo", s.Privacy, maxLaw, true)
	case PartCookies:
		f.texts("testo", s.Cookies, maxLaw, true)
	case PartLegal:
		f.texts("testo", s.Legal, maxLaw, true)
	case PartAccessibility:
		f.texts("testo", s.Accessibility, maxLaw, true)
	}
}

// text refuses what is too long or holds what nobody can see.
func (f *faults) text(field, s string, most int, lines bool) {
	switch {
	case utf8.RuneCountInString(s) > most:
		f.say(field, "form.too_long", errs.Args{"max": most})
	case !web.Clean(s) || strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && !(lines && (r == '\n' || r == '\t'))
	}):
		f.say(field, "installation.invalid.text", nil)
	}
}

func (f *faults) texts(field string, t Text, most int, lines bool) {
	for _, lang := range i18n.Langs {
		f.text(field+"_"+string(lang), t[lang], most, lines)
	}
}

// address wants a web address; bare means one without a path.
func (f *faults) address(field, s string, bare bool) {
	u, err := url.Parse(s)
	switch {
	case s == "":
	case len(s) > maxAddress, err != nil, u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "", u.User != nil, !web.Clean(s):
		f.say(field, "installation.invalid.address", nil)
	case bare && (strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(s, "?#")):
		f.say(field, "installation.invalid.bare", nil)
	}
}

func (f *faults) email(field, s string) {
	if s != "" && (len(s) > maxAddress || !mail.IsAddress(s)) {
		f.say(field, "installation.invalid.email", nil)
	}
}

func (n Name) check(f *faults) {
	if n.Name == "" {
		f.say("nome", "form.required", nil)
	}
	f.text("nome", n.Name, maxName, false)
	f.texts("motto", n.Tagline, maxTagline, false)
}

func (l Languages) check(f *faults) {
	met := map[i18n.Lang]bool{}
	for _, lang := range l {
		if lang != i18n.IT && lang != i18n.EN || met[lang] {
			f.say("lingue", "form.not_a_choice", nil)
			return
		}
		met[lang] = true
	}
	if len(l) == 0 {
		f.say("lingue", "form.required", nil)
	}
}

// Proposal is the contrast of a colour with white, cut to two decimals, and the
// nearest darker colour that can be read on white and carries white text.
func Proposal(c web.Color) (ratio float64, readable web.Color) {
	return math.Floor(c.OnWhite()*100) / 100, c.Darkened(web.White, web.Readable)
}

func (l Look) check(f *faults) {
	f.texts("alt", l.Logo.Alt, maxAlt, false)
	if l.Color == "" {
		return
	}
	c, ok := web.ParseColor(l.Color)
	if !ok {
		f.say("colore", "installation.invalid.colour", nil)
		return
	}
	if c.OnWhite() < web.Readable {
		ratio, better := Proposal(c)
		f.say("colore", "installation.invalid.contrast", errs.Args{"ratio": ratio, "needed": web.Readable, "better": better.String()})
	}
}

var phoneShape = regexp.MustCompile(`^\+?[0-9][0-9 ./-]{2,30}$`)

func (o Owner) check(f *faults) {
	f.text("titolare", o.Name, 2*maxName, false)
	f.address("sito", o.URL, false)
	f.email("email", o.Email)
	if o.Phone != "" && !phoneShape.MatchString(o.Phone) {
		f.say("telefono", "installation.invalid.phone", nil)
	}
	f.address("dichiarazione", o.Statement, false)
	if o.Code != "" && !codeShape.MatchString(o.Code) && fiscal.CheckPartitaIVA(o.Code) != nil {
		f.say("codice", "installation.invalid.code", nil)
	}
}

// codeShape is that of a code in the index of public bodies, such as "agid" or
// "r_lazio"; digits alone are a partita IVA.
var codeShape = regexp.MustCompile(`^[A-Za-z0-9_]{0,20}[A-Za-z_][A-Za-z0-9_]{0,20}$`)

var hostShape = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$`)

func goodHost(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil || hostShape.MatchString(s) && !strings.Contains(s, "..")
}

func (m Mail) check(f *faults) {
	before := len(*f)
	f.text("mittente_nome", m.FromName, maxName, false)
	f.email("mittente", m.From)
	f.email("ritorni", m.Bounces)
	f.text("utente", m.User, maxAddress, false)
	f.text("password", string(m.Password), maxAddress, false)
	if m.Host == "" {
		if m.User != "" || m.Port != 0 {
			f.say("server", "form.required", nil)
		}
		return
	}
	if !goodHost(m.Host) {
		f.say("server", "installation.invalid.host", nil)
	}
	if m.Port < 0 || m.Port > 65535 {
		f.say("porta", "form.out_of_range", errs.Args{"min": 1, "max": 65535})
	}
	if m.Security != StartTLS && m.Security != TLS && m.Security != Plain {
		f.say("sicurezza", "form.not_a_choice", nil)
	}
	if m.From == "" {
		f.say("mittente", "form.required", nil)
	}
	if m.User == "" && m.Password != "" {
		f.say("utente", "form.required", nil)
	}
	if _, err := mail.NewSMTP(m.Address()); err != nil && len(*f) == before {
		f.say("server", "installation.invalid.host", nil)
	}
}
