// Package installation knows what an installation is: its name and looks, its
// languages and address, who runs it, its mail server, its legal texts. An
// administrator says so on the pages under /gestione/impostazioni; the first one
// on the set-up page of an empty store, which asks for a secret that the
// program prints in the terminal.
//
// Settings are kept in parts, each saved as a whole. Flags of the command line
// win over what is saved. Live has both as one value:
//
//	now := live.Now()
//	web.Config{Name: now.Called(), Color: now.Look.Tint()}
//
// and calls back when anybody, on any replica, has changed something: the
// program then starts its rooms anew with the settings as they are.
package installation

import (
	"embed"
	"log/slog"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"polis/internal/platform/blob"
	"polis/internal/platform/i18n"
	"polis/internal/platform/mail"
	"polis/internal/platform/web"
)

// Pages are the templates, Words the texts in Italian and English.
var (
	//go:embed pages/*.gohtml
	Pages embed.FS
	//go:embed words/*.json
	Words embed.FS
)

// Settings are what an installation is. What is empty was not said.
type Settings struct {
	Name      Name
	Languages Languages
	Look      Look
	Address   Address
	Owner     Owner
	Mail      Mail

	// The owner's own texts, in the place of those of the program.
	Privacy, Cookies, Legal, Accessibility Text
}

// Text is a text by language.
type Text map[i18n.Lang]string

// Name is how the installation is called.
type Name struct {
	Name    string `json:"name,omitempty"`
	Tagline Text   `json:"tagline,omitempty"`
}

// Languages are those offered, the first to who says nothing.
type Languages []i18n.Lang

// Look is how the pages look.
type Look struct {
	Color string `json:"color,omitempty"` // "#0066cc"
	Logo  Logo   `json:"logo,omitzero"`
}

// Logo is a picture, kept as a blob.
type Logo struct {
	ID     string `json:"id"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Light  bool   `json:"light,omitempty"` // is read on a dark ground
	Alt    Text   `json:"alt,omitempty"`
}

// Address is where the world finds the installation.
type Address struct {
	URL string `json:"url,omitempty"`
}

// Owner is who runs the installation and answers for it.
type Owner struct {
	Name      string `json:"name,omitempty"`
	URL       string `json:"url,omitempty"`
	Email     string `json:"email,omitempty"`
	Phone     string `json:"phone,omitempty"`
	Statement string `json:"statement,omitempty"` // address of their declaration of accessibility
	Code      string `json:"code,omitempty"`      // in the index of public bodies (IPA), or their partita IVA
}

// Security is how the conversation with the mail server is protected.
type Security string

// The ways.
const (
	StartTLS Security = "starttls"
	TLS      Security = "tls"
	Plain    Security = "none"
)

// Mail is the server that takes messages to people, and their sender. Without a
// host none are sent.
type Mail struct {
	Host     string   `json:"host,omitempty"`
	Port     int      `json:"port,omitempty"` // 0: the usual one
	Security Security `json:"security,omitempty"`
	User     string   `json:"user,omitempty"`
	Password Secret   `json:"-"`
	Sealed   []byte   `json:"password,omitempty"` // the password as it is kept
	FromName string   `json:"from_name,omitempty"`
	From     string   `json:"from,omitempty"`
	Bounces  string   `json:"bounces,omitempty"`
}

// Secret is shown to nobody.
type Secret string

const hidden = "(secret)"

func (Secret) String() string { return hidden }

// GoString hides the secret from %#v too.
func (Secret) GoString() string { return hidden }

// LogValue hides the secret from logs.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// equal tells whether two settings of the mail server say the same.
func (m Mail) equal(o Mail) bool {
	return m.Host == o.Host && m.Port == o.Port && m.Security == o.Security && m.User == o.User && m.Password == o.Password &&
		m.FromName == o.FromName && m.From == o.From && m.Bounces == o.Bounces
}

// Address is the server as mail.NewSMTP wants it; it holds the password. "" is
// none.
func (m Mail) Address() string {
	if m.Host == "" {
		return ""
	}
	u := url.URL{Scheme: "smtp", Host: m.Host}
	if strings.Contains(m.Host, ":") { // of IPv6
		u.Host = "[" + m.Host + "]"
	}
	if m.Port != 0 {
		u.Host = net.JoinHostPort(m.Host, strconv.Itoa(m.Port))
	}
	switch m.Security {
	case TLS:
		u.Scheme = "smtps"
	case Plain:
		u.RawQuery = "starttls=never"
	}
	if m.User != "" {
		u.User = url.UserPassword(m.User, string(m.Password))
	}
	return u.String()
}

// Offered are the languages; all where nothing was said.
func (l Languages) Offered() []i18n.Lang {
	if len(l) == 0 {
		return i18n.Langs
	}
	return l
}

// Tint is the colour of the pages.
func (l Look) Tint() web.Color {
	if c, ok := web.ParseColor(l.Color); ok {
		return c
	}
	return web.Accent
}

// Shown is the logo as the layout takes it.
func (l Logo) Shown() web.Logo {
	if l.ID == "" {
		return web.Logo{}
	}
	return web.Logo{Href: blob.Path + l.ID, Width: l.Width, Height: l.Height, Light: l.Light, Alt: l.Alt}
}

func (l Logo) equal(o Logo) bool {
	return l.ID == o.ID && maps.Equal(l.Alt, o.Alt)
}

// Part is a part of the settings that is saved as a whole, by the name of its
// row.
type Part string

// The parts.
const (
	PartName          Part = "name"
	PartLanguages     Part = "languages"
	PartLook          Part = "look"
	PartAddress       Part = "address"
	PartOwner         Part = "owner"
	PartMail          Part = "mail"
	PartPrivacy       Part = "privacy"
	PartCookies       Part = "cookies"
	PartLegal         Part = "legal"
	PartAccessibility Part = "accessibility"
)

// parts are all parts, each with where it lies in the settings and what tells
// whether two settings agree on it.
var parts = map[Part]struct {
	in   func(*Settings) any
	same func(a, b *Settings) bool
}{
	PartName: {func(s *Settings) any { return &s.Name }, func(a, b *Settings) bool {
		return a.Name.Name == b.Name.Name && maps.Equal(a.Name.Tagline, b.Name.Tagline)
	}},
	PartLanguages: {func(s *Settings) any { return &s.Languages }, func(a, b *Settings) bool { return slices.Equal(a.Languages, b.Languages) }},
	PartLook: {func(s *Settings) any { return &s.Look }, func(a, b *Settings) bool {
		return a.Look.Color == b.Look.Color && a.Look.Logo.equal(b.Look.Logo)
	}},
	PartAddress:       {func(s *Settings) any { return &s.Address }, func(a, b *Settings) bool { return a.Address == b.Address }},
	PartOwner:         {func(s *Settings) any { return &s.Owner }, func(a, b *Settings) bool { return a.Owner == b.Owner }},
	PartMail:          {func(s *Settings) any { return &s.Mail }, func(a, b *Settings) bool { return a.Mail.equal(b.Mail) }},
	PartPrivacy:       {func(s *Settings) any { return &s.Privacy }, func(a, b *Settings) bool { return maps.Equal(a.Privacy, b.Privacy) }},
	PartCookies:       {func(s *Settings) any { return &s.Cookies }, func(a, b *Settings) bool { return maps.Equal(a.Cookies, b.Cookies) }},
	PartLegal:         {func(s *Settings) any { return &s.Legal }, func(a, b *Settings) bool { return maps.Equal(a.Legal, b.Legal) }},
	PartAccessibility: {func(s *Settings) any { return &s.Accessibility }, func(a, b *Settings) bool { return maps.Equal(a.Accessibility, b.Accessibility) }},
}

// Called is the name of the installation, "Polis" where it has none.
func (s Settings) Called() string {
	if s.Name.Name == "" {
		return "Polis"
	}
	return s.Name.Name
}

// Sender is who messages come from.
func (s Settings) Sender() mail.Sender {
	from := mail.Sender{Name: s.Mail.FromName, Address: s.Mail.From, Bounces: s.Mail.Bounces}
	if from.Name == "" {
		from.Name = s.Called()
	}
	return from
}
